//! Bounds without a discount: approximate, certify, tighten.
//!
//! On a core (see [`core`](super::core)) two facts carry the bounds, for any vectors `u`, `w` that are 0 at the end:
//! ```text
//! T w ≤ w                          ⟹   v* ≤ w
//! T_π u ≥ u  and  π proper         ⟹   v* ≥ v_π ≥ u
//! ```
//! since `w ≥ T_πⁿ w → v_π` for every proper `π`, the others being worth `−∞`, and `u ≤ T_πⁿ u → v_π`. Both are checked by
//! a sweep each: the swept numbers must keep a distance of `η`, the rounding of a sweep
//! ([`bounds`](crate::planning::bounds)), so that the inequalities hold for the exact real numbers; that `π` is proper is read off its graph.
//!
//! **Where `u` and `w` come from.** Let `|T v − v| ≤ δ/3`, `π` be greedy in `v` and `g ≥ 3/4 + P_π g` its expected number of
//! steps, roughly. Then `u = v − δ g` has `T_π u ≥ u`, and `w = v + δ g` satisfies `T_π w ≤ w`; that `T w ≤ w` can fail only
//! at choices about as good as those of `π` with longer ways to go. Then the problem with rewards `r + δ`, whose optimum
//! makes the right choice among them, is solved from `w` on to a residual of `δ/3`, which gives `T w ≤ w − 2δ/3`. The gap is
//! `2 δ max g`, so `δ = ε / (3 max g)` is what is aimed for. Where all rewards are negative, `g = −v / min |r|` does for all
//! policies at once, at no cost.
//!
//! **Row sums.** What is certified are the equations with the numbers as stored: mass missing from a row ends with value 0. A
//! row may exceed one by 1e-9. The policy returned is then covered as stored all the same, for `d = w − u > 0` satisfies
//! `P_π d < d`, so that its series converges; the upper bound covers every policy whose series converges, which a policy
//! that leaves with a smaller probability than its rows exceed one would not do.

use crate::mdp::{Mdp, NO_CHOICE};
use crate::numeric::magnitude;
use crate::planning::approximate::{Approximator, DENSE, approximator, evaluate, solve};
use crate::planning::bellman::Sweeper;
use crate::planning::bounds::Certifier;
use crate::planning::graph::{Predecessors, attraction, membership, prob1_some};
use crate::planning::progress::{Progress, finite};
use crate::planning::{Method, SolveOptions, Status};
use crate::{Error, Result};

/// Bounds of every state of a core, and a policy worth at least the lower one.
#[derive(Debug)]
pub(super) struct Bounded {
    pub lower: Vec<f64>,
    pub upper: Vec<f64>,
    pub policy: Vec<u32>,
    pub status: Status,
}

/// Checks bounds of one core.
pub(super) struct Judge<'a> {
    pub sweeper: Sweeper<'a>,
    certifier: Certifier,
    predecessors: Predecessors,
    end: Vec<bool>,
    scratch: Vec<f64>,
}

impl<'a> Judge<'a> {
    pub fn new(core: &'a Mdp) -> Judge<'a> {
        let states = core.num_states();
        Judge {
            sweeper: Sweeper::new(core, 1.0),
            certifier: Certifier::undiscounted(core, 1.0),
            predecessors: Predecessors::new(core),
            end: membership(states, &[states as u32 - 1]),
            scratch: vec![0.0; states],
        }
    }

    /// The rounding `η` of a sweep from `v`.
    pub fn rounding(&self, v: &[f64]) -> f64 {
        self.rounding_at(magnitude(v))
    }

    /// The same for numbers up to `size` in magnitude.
    pub fn rounding_at(&self, size: f64) -> f64 {
        self.certifier.rounding(size)
    }

    /// How large values are, roughly: those of a proper policy.
    pub fn size(&self, progress: &mut Progress) -> f64 {
        let mut v = vec![0.0; self.scratch.len()];
        evaluate(&self.sweeper, &self.proper_policy(), &mut v, 1e-3, 100, progress);
        magnitude(&v)
    }

    /// The smallest number of steps to the end that is possible, of each state.
    fn distances(&self) -> Vec<f64> {
        let mdp = self.sweeper.mdp();
        let mut distance = vec![u32::MAX; self.end.len()];
        distance[self.end.len() - 1] = 0;
        let found = |s: usize, c: u32| {
            let nearest = mdp.branches(c as usize).map(|(t, _)| distance[t]).min().unwrap_or(0);
            distance[s] = nearest.saturating_add(1);
        };
        attraction(&self.predecessors, &self.end, |_| true, found);
        distance.into_iter().map(f64::from).collect()
    }

    /// A policy that ends with probability one from everywhere: the one whose next state is nearest to the end on average, in
    /// steps at best, if that is proper.
    pub fn proper_policy(&self) -> Vec<u32> {
        let mdp = self.sweeper.mdp();
        let distance = self.distances();
        let nearest = |s: usize| {
            let (mut best, mut choice) = (f64::INFINITY, NO_CHOICE);
            for c in mdp.choices(s) {
                let mean = mdp.expect(c, &distance);
                if mean < best {
                    (best, choice) = (mean, c as u32);
                }
            }
            choice
        };
        let policy: Vec<u32> = (0..distance.len()).map(nearest).collect();
        if self.is_proper(&policy) { policy } else { prob1_some(mdp, &self.predecessors, &self.end).1 }
    }

    /// Whether a policy ends with probability one from everywhere.
    pub fn is_proper(&self, policy: &[u32]) -> bool {
        let taken = |c: usize| policy[self.predecessors.owner(c)] as usize == c;
        attraction(&self.predecessors, &self.end, taken, |_, _| ()).into_iter().all(|reached| reached)
    }

    /// Whether `T w ≤ w` for certain.
    pub fn is_above(&mut self, w: &[f64], progress: &mut Progress) -> bool {
        let mut policy = vec![NO_CHOICE; w.len()];
        let change = self.sweeper.improve(w, &mut self.scratch, &mut policy);
        progress.count(1, self.sweeper.bytes());
        change.min > change.max || change.max.next_up() <= -self.rounding(w)
    }

    /// A proper policy with `T_π u ≥ u` for certain, if the greedy one is.
    pub fn below(&mut self, u: &[f64], progress: &mut Progress) -> Option<Vec<u32>> {
        let mut policy = vec![NO_CHOICE; u.len()];
        let change = self.sweeper.improve(u, &mut self.scratch, &mut policy);
        progress.count(1, self.sweeper.bytes());
        let below = change.min > change.max || change.min.next_down() >= self.rounding(u);
        (below && self.is_proper(&policy)).then_some(policy)
    }
}

/// Solves a core to `options.epsilon`.
pub(super) fn run(core: &Mdp, method: Method, options: &SolveOptions, progress: &mut Progress) -> Result<Bounded> {
    let Some(approximate) = approximator(method) else {
        return Err(Error::NotApplicable { method: "the undiscounted solver", reason: format!("{method}") });
    };
    let mut judge = Judge::new(core);
    let states = core.num_states();
    let steps = Steps::new(core)?;
    let proper = judge.proper_policy();
    let mut greedy = proper.clone();
    let mut v = start(&judge, method, &proper, options.epsilon, progress);
    let mut g = vec![0.0; states];
    let mut swept = v.clone();
    let mut target = options.epsilon;
    // The share of δ aimed for that is taken: less where the gap came out wider than 2 δ max g.
    let mut share = 1.0;
    loop {
        approximate(&judge.sweeper, &mut v, target, progress)?;
        let change = judge.sweeper.improve(&v, &mut swept, &mut greedy);
        progress.count(1, judge.sweeper.bytes());
        let residual = change.max.max(-change.min).max(0.0);
        let rounding = judge.rounding(&v);
        let exhausted = progress.exhausted();
        let counted = steps.count(&judge, &greedy, &v, residual, &mut g, progress)?;
        let most = magnitude(&g).max(1.0);
        let wanted = share * options.epsilon / (3.0 * most);
        let delta = wanted.max(8.0 * rounding);
        if (residual > delta / 3.0 || !counted) && !exhausted {
            target = if counted { (delta / 3.0).min(0.5 * target) } else { 0.1 * target };
            if target >= rounding {
                continue;
            }
        }
        let delta = delta.max(3.0 * residual);
        let found = enclose(&mut judge, approximate, &v, &g, delta, progress)?;
        let gap = found.as_ref().map_or(f64::INFINITY, |(lower, upper, _)| widest(lower, upper));
        if gap.is_finite() {
            progress.step(gap);
        } else {
            progress.advance();
        }
        let status = if gap <= options.epsilon {
            Status::Certified
        } else if exhausted || progress.exhausted() {
            Status::IterationLimit
        } else if delta > wanted || target < rounding {
            Status::RoundingLimit
        } else {
            share *= if found.is_some() { (0.9 * options.epsilon / gap).min(0.5) } else { 0.25 };
            continue;
        };
        return Ok(match found {
            Some((lower, upper, policy)) => Bounded { lower, upper, policy, status },
            None => Bounded {
                lower: vec![f64::NEG_INFINITY; states],
                upper: vec![f64::INFINITY; states],
                policy: proper,
                status,
            },
        });
    }
}

/// Where to begin. With a cost at every step, twice the cheapest conceivable way: pessimistic, so that states not reached by
/// a sweep yet attract no policy, and of the right shape. With rewards only, 0. Otherwise the value of a proper policy.
fn start(judge: &Judge, method: Method, proper: &[u32], epsilon: f64, progress: &mut Progress) -> Vec<f64> {
    let mut v = vec![0.0; proper.len()];
    let (lowest, highest) = judge.sweeper.mdp().reward_range();
    if method == Method::PolicyIteration {
        solve(&judge.sweeper, proper, &mut v, 0.1 * epsilon, progress);
    } else if highest < 0.0 {
        v = judge.distances().into_iter().map(|steps| 2.0 * lowest * steps).collect();
    } else if lowest < 0.0 {
        evaluate(&judge.sweeper, proper, &mut v, epsilon, 100, progress);
    }
    v
}

type Enclosure = (Vec<f64>, Vec<f64>, Vec<u32>);

/// Bounds around `v` at a distance of about `δ g`, and the policy of the lower one.
fn enclose(
    judge: &mut Judge,
    approximate: Approximator,
    v: &[f64],
    g: &[f64],
    delta: f64,
    progress: &mut Progress,
) -> Result<Option<Enclosure>> {
    let mut upper: Vec<f64> = v.iter().zip(g).map(|(v, g)| v + delta * g).collect();
    let above = judge.is_above(&upper, progress)
        || (settle(judge, approximate, &mut upper, delta, progress)? && judge.is_above(&upper, progress));
    if !above {
        return Ok(None);
    }
    let mut lower: Vec<f64> = v.iter().zip(g).map(|(v, g)| v - delta * g).collect();
    let mut policy = judge.below(&lower, progress);
    if policy.is_none() && settle(judge, approximate, &mut lower, -delta, progress)? {
        policy = judge.below(&lower, progress);
    }
    Ok(policy.map(|policy| (lower, upper, policy)))
}

/// Solves the problem with `δ` added to every reward, from `v` on, with about as many steps as were taken so far. If `δ`
/// makes going round for ever worth it, that problem has no solution, and `false` comes back.
fn settle(
    judge: &Judge,
    approximate: Approximator,
    v: &mut [f64],
    delta: f64,
    progress: &mut Progress,
) -> Result<bool> {
    let core = judge.sweeper.mdp();
    let table = core.clone().with_rewards(core.rewards().iter().map(|r| r + delta).collect())?;
    let mut attempt = progress.attempt(100 + progress.iterations());
    let end = approximate(&Sweeper::new(&table, 1.0), v, delta.abs() / 3.0, &mut attempt);
    let settled = end.is_ok() && !attempt.exhausted();
    progress.absorb(attempt);
    Ok(settled)
}

/// The expected number of steps of a policy, roughly.
struct Steps {
    /// The core with a reward of one a step.
    counting: Mdp,
    /// `min |r|`, where all rewards are negative and of about the same size.
    cost: Option<f64>,
}

/// Gauss-Seidel sweeps for the number of steps, at most.
const MOST_COUNTING: usize = 20_000;

impl Steps {
    fn new(core: &Mdp) -> Result<Steps> {
        let counting = core.clone().with_rewards(vec![1.0; core.num_choices()])?;
        let (lowest, highest) = core.reward_range();
        Ok(Steps { counting, cost: (highest < 0.0 && lowest >= 4.0 * highest).then_some(-highest) })
    }

    /// Brings `g` to `3/4 + P_π g ≤ g ≤ 5/4 + P_π g`, or the same for all policies at once; `false` if it seems to have no
    /// end.
    fn count(
        &self,
        judge: &Judge,
        policy: &[u32],
        v: &[f64],
        residual: f64,
        g: &mut [f64],
        progress: &mut Progress,
    ) -> Result<bool> {
        if let Some(cost) = self.cost {
            g.iter_mut().zip(v).for_each(|(g, v)| *g = (-v / cost).max(0.0));
            return Ok(residual <= 0.25 * cost);
        }
        if !judge.is_proper(policy) {
            return Ok(false);
        }
        let sweeper = Sweeper::new(&self.counting, 1.0);
        if g.len() <= DENSE && solve(&sweeper, policy, g, 0.1, progress) {
            let lowest = g.iter().copied().fold(0.0, f64::min);
            return Ok(lowest >= 0.0);
        }
        let change = evaluate(&sweeper, policy, g, 0.25, MOST_COUNTING, progress);
        finite(magnitude(g))?;
        Ok(change <= 0.25)
    }
}

/// The largest `upper − lower`, rounded up.
pub(super) fn widest(lower: &[f64], upper: &[f64]) -> f64 {
    let widest = lower.iter().zip(upper).map(|(&low, &high)| high - low).fold(0.0, f64::max);
    if widest > 0.0 { widest.next_up() } else { 0.0 }
}
