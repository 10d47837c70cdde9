//! Regularised total reward until a goal: bounds without a discount.
//!
//! ```text
//! v*(s) = sup over policies that reach G with probability one of E_π[ Σ_{t < T_G} (r_t − τ ln(π(a_t|s_t) / μ(a_t|s_t))) ]
//! ```
//! Reward and entropy together have both signs, so the goal must be reached, as for a total reward of both signs
//! ([`Criterion::TotalReward`](crate::planning::Criterion)): states from which no policy reaches it with probability one are
//! worth `−∞` (`+∞` if we minimise). The others, with the choices that stay among them, are the core. From each of its states
//! each other choice and so the goal can be reached, and a softmax policy takes every choice.
//!
//! **Bounds.** For any `u`, `w` that are 0 at the goal, with `T` the soft operator of the core and `π` the softmax policy of `u`,
//! ```text
//! T w ≤ w            ⟹   v* ≤ w
//! T_π u = T u > u    ⟹   v* ≥ v_π ≥ u,   if there is such a `w`
//! ```
//! For `T_π'` is monotone and at most `T`, so `n` steps of any policy `π'` and then `w` are worth at most `w`. If `π'`
//! reaches the goal the rest vanishes, and `v_π' ≤ w`. If it did not, and `T_π' u ≥ u + m` with `m > 0`, its first `n` steps
//! would earn `n m` times the probability of going on, less a constant, without limit: but `w`, less a constant, is a limit.
//! So `π` is proper, and `u ≤ T_πⁿ u → v_π`. Both are checked by a sweep each, which must keep a distance of the rounding.
//!
//! **Where they come from.** `T` is convex, and its derivative at `v` is `P_π`. With `|T v − v| ≤ c/4` and `z = 1 + P_π z`,
//! ```text
//! T(v − c z) ≥ T v − c P_π z ≥ v − c z + 3c/4        T(v + c z) ≤ v + c z − 3c/4 + c² max z² / τ
//! ```
//! so `v ± c z` do for `c ≤ τ / (4 max z²)`; for larger ones (low temperatures), the solution with `r + c` for `r` is tried
//! above. `v` comes from Newton's method, which is soft policy iteration: from the value of a policy that heads for the goal
//! it rises to `v*`.
//!
//! **When there is no solution.** If no policy can stay away from the goal for ever, `T` is a contraction in a weighted norm
//! and all is well. Otherwise the value is infinite if staying in an end component, for its reward and its entropy, earns `m >
//! 0` a step: staying long enough and then leaving is worth as much as one likes. That is looked for where Newton's method
//! does not settle, and proven by one sweep of the component, `min (T v − v) = m`, as for a gain.

use super::operator::SoftSweeper;
use crate::mdp::{DecisionRule, Mdp, NO_CHOICE, Policy, expected_total};
use crate::numeric::directed::add_up;
use crate::numeric::magnitude;
use crate::planning::bounds::Certifier;
use crate::planning::graph::{EndComponents, Predecessors, end_components, membership, prob1_some};
use crate::planning::progress::{Outcome, Progress, finite};
use crate::planning::{SolveOptions, Status};
use crate::{Error, Result};

/// Newton steps before it is looked whether there is a solution at all; then twice as many, and so on.
const FIRST_LOOK: usize = 16;

/// Most Newton steps in a row: they converge quadratically in the end.
const MOST_NEWTON: usize = 200;

/// Most sweeps that look for an end component that pays.
const MOST_LOOKING: usize = 2000;

/// Solves for [`Criterion::TotalReward`](crate::planning::Criterion::TotalReward) with a goal, rewards to be maximised.
pub(super) fn run(
    mdp: &Mdp,
    goal: &[u32],
    temperature: f64,
    reference: Option<&DecisionRule>,
    options: &SolveOptions,
) -> Result<Outcome> {
    let core = Core::new(mdp, &membership(mdp.num_states(), goal), reference);
    let mut progress = Progress::new(options, None);
    let found = if core.states.is_empty() {
        Found { lower: vec![], upper: vec![], policy: DecisionRule::Stochastic(vec![]), status: Status::Certified }
    } else {
        core.solve(temperature, options.epsilon, &mut progress)?
    };
    let policy = core.lift(mdp, reference, &found.policy)?;
    let spread = |bounds: &[f64]| {
        let mut all: Vec<f64> = core.sure.iter().map(|&sure| if sure { 0.0 } else { f64::NEG_INFINITY }).collect();
        core.states.iter().zip(bounds).for_each(|(&s, &x)| all[s as usize] = x);
        all
    };
    let (lower, upper) = (spread(&found.lower), spread(&found.upper));
    Ok(Outcome { lower, upper, bias: None, policy, status: found.status, work: progress.into_work() })
}

/// The states whose value is finite if there is a solution, and the end.
struct Core {
    /// Its last state is the end.
    mdp: Mdp,
    /// `μ` of each of its choices.
    reference: Option<DecisionRule>,
    /// Which states its states are.
    states: Vec<u32>,
    /// Which choices its choices are.
    choices: Vec<u32>,
    /// Whether some policy surely reaches the goal, of each state of the original table.
    sure: Vec<bool>,
    /// A choice of its own for each state, that gets nearer to the end.
    nearer: Vec<u32>,
}

/// Bounds of the states of the core, and a policy of it.
struct Found {
    lower: Vec<f64>,
    upper: Vec<f64>,
    policy: DecisionRule,
    status: Status,
}

impl Core {
    /// Cost `O(S + B)` a round of [`prob1_some`].
    fn new(mdp: &Mdp, goal: &[bool], reference: Option<&DecisionRule>) -> Core {
        let weight = |s: usize, c: usize| reference.map_or(1.0, |rule| rule.probability(s, c));
        let taken = |s: usize| mdp.choices(s).filter(move |&c| weight(s, c) > 0.0).map(|c| c as u32);
        let kept: Vec<u32> = (0..goal.len()).filter(|&s| !goal[s]).flat_map(taken).collect();
        let table = mdp.keeping(&kept);
        let (sure, nearest) = prob1_some(&table, &Predecessors::new(&table), goal);
        let states: Vec<u32> = (0..goal.len()).filter(|&s| sure[s] && !goal[s]).map(|s| s as u32).collect();
        let mut of = vec![states.len() as u32; goal.len()];
        states.iter().zip(0..).for_each(|(&s, number)| of[s as usize] = number);
        let (mut choice_start, mut branch_start) = (vec![0], vec![0]);
        let (mut next, mut probability, mut reward) = (Vec::new(), Vec::new(), Vec::new());
        let (mut choices, mut weights) = (Vec::new(), Vec::new());
        let mut nearer = vec![NO_CHOICE; states.len() + 1];
        for (i, &s) in states.iter().enumerate() {
            for c in table.choices(s as usize) {
                if table.branches(c).any(|(t, p)| p > 0.0 && !sure[t]) {
                    continue;
                }
                if nearest[s as usize] as usize == c {
                    nearer[i] = choices.len() as u32;
                }
                for (t, p) in table.branches(c).filter(|&(_, p)| p > 0.0) {
                    next.push(of[t]);
                    probability.push(p);
                }
                branch_start.push(next.len() as u32);
                reward.push(table.rewards()[c]);
                choices.push(kept[c]);
                weights.push(weight(s as usize, kept[c] as usize));
            }
            choice_start.push(choices.len() as u32);
        }
        choice_start.push(choices.len() as u32);
        let mdp = Mdp::of_valid_rows(choice_start, branch_start, next, probability, reward);
        Core { mdp, reference: reference.map(|_| DecisionRule::Stochastic(weights)), states, choices, sure, nearer }
    }

    /// Bounds no further apart than `epsilon`.
    fn solve(&self, temperature: f64, epsilon: f64, progress: &mut Progress) -> Result<Found> {
        let soft = Soft::new(&self.mdp, temperature, self.reference.as_ref());
        let mut v = self.start(&soft);
        let counting = self.mdp.clone().with_rewards(vec![1.0; self.mdp.num_choices()])?;
        let mut target = epsilon;
        let mut share = 1.0;
        let mut best: Option<Found> = None;
        loop {
            let settled = soft.approach(&mut v, target, progress)?;
            let swept = soft.sweep(&v, progress)?;
            let z = expected_total(&counting, &soft.sweeper.policy(&swept.q));
            let most = magnitude(&z).max(1.0);
            let wanted = share * epsilon / (2.5 * most);
            let least = 8.0 * add_up(swept.residual, swept.rounding);
            if settled && least > wanted && wanted > 64.0 * swept.rounding && !progress.exhausted() {
                target = (wanted / 16.0).min(0.5 * target);
                continue;
            }
            let c = wanted.max(least);
            let found = soft.enclose(&v, &z, c, progress)?;
            let gap = found.as_ref().map_or(f64::INFINITY, |found| widest(&found.lower, &found.upper));
            if gap.is_finite() {
                progress.step(gap);
            }
            if let Some(found) = found
                && best.as_ref().is_none_or(|best| gap < widest(&best.lower, &best.upper))
            {
                best = Some(found);
            }
            let status = if gap <= epsilon {
                Status::Certified
            } else if progress.exhausted() {
                Status::IterationLimit
            } else if !settled || c > wanted {
                Status::RoundingLimit
            } else {
                share *= if gap.is_finite() { (0.9 * epsilon / gap).min(0.5) } else { 0.25 };
                continue;
            };
            return Ok(match best {
                Some(found) => Found { status, ..found },
                None => Found {
                    lower: vec![f64::NEG_INFINITY; self.states.len()],
                    upper: vec![f64::INFINITY; self.states.len()],
                    policy: soft.sweeper.policy(&swept.q),
                    status,
                },
            });
        }
    }

    /// The value of a policy that heads for the goal: no more than the optimum, and it rises from there.
    fn start(&self, soft: &Soft) -> Vec<f64> {
        let owners = (0..self.states.len()).flat_map(|s| self.mdp.choices(s).map(move |c| (s, c)));
        let worth = |(s, c): (usize, usize)| {
            let cost = self.reference.as_ref().map_or(0.0, |rule| soft.temperature * rule.probability(s, c).ln());
            self.mdp.rewards()[c] + cost
        };
        let table = self.mdp.clone().with_rewards(owners.map(worth).collect());
        let value = table.map(|table| expected_total(&table, &DecisionRule::Deterministic(self.nearer.clone())));
        value.ok().filter(|v| v.iter().all(|x| x.is_finite())).unwrap_or_else(|| vec![0.0; self.nearer.len()])
    }

    /// `rule` of the core as a policy of the original table; elsewhere that of the reference, or every choice alike.
    fn lift(&self, mdp: &Mdp, reference: Option<&DecisionRule>, rule: &DecisionRule) -> Result<Policy> {
        let mut probability = vec![0.0; mdp.num_choices()];
        for s in 0..mdp.num_states() {
            let count = mdp.choices(s).len() as f64;
            mdp.choices(s).for_each(|c| probability[c] = reference.map_or(1.0 / count, |rule| rule.probability(s, c)));
        }
        for (i, &s) in self.states.iter().enumerate() {
            probability[mdp.choices(s as usize)].fill(0.0);
            self.mdp.choices(i).for_each(|c| probability[self.choices[c] as usize] = rule.probability(i, c));
        }
        Policy::stationary(mdp, DecisionRule::Stochastic(probability))
    }
}

/// The soft operator without a discount.
struct Soft<'a> {
    sweeper: SoftSweeper<'a>,
    certifier: Certifier,
    temperature: f64,
    reference: Option<&'a DecisionRule>,
}

/// What a sweep found.
struct Swept {
    values: Vec<f64>,
    q: Vec<f64>,
    /// `min (T v − v)` and `max (T v − v)` as computed.
    change: (f64, f64),
    /// `max |T v − v|`.
    residual: f64,
    /// Bound on the error of each entry.
    rounding: f64,
}

impl<'a> Soft<'a> {
    fn new(mdp: &'a Mdp, temperature: f64, reference: Option<&'a DecisionRule>) -> Soft<'a> {
        let sweeper = SoftSweeper::new(mdp, 1.0, temperature, reference);
        Soft { sweeper, certifier: Certifier::undiscounted(mdp, 1.0), temperature, reference }
    }

    fn sweep(&self, v: &[f64], progress: &mut Progress) -> Result<Swept> {
        let (mut values, mut q) = (vec![0.0; v.len()], vec![0.0; self.sweeper.mdp().num_choices()]);
        let change = self.sweeper.sweep(v, &mut values, &mut q);
        progress.count(1, self.sweeper.bytes());
        finite(change.magnitude)?;
        let rounding = self.sweeper.rounding(&self.certifier, magnitude(v));
        let residual = change.max.max(-change.min).max(0.0);
        Ok(Swept { values, q, change: (change.min.next_down(), change.max.next_up()), residual, rounding })
    }

    /// Brings the residual of `v` to `target`, or to what rounding leaves, by Newton's method; `false` if it does not get there.
    ///
    /// # Errors
    /// [`Error::NotApplicable`] if the problem has no solution.
    fn approach(&self, v: &mut Vec<f64>, target: f64, progress: &mut Progress) -> Result<bool> {
        let mdp = self.sweeper.mdp();
        let mut look = FIRST_LOOK;
        for step in 0..MOST_NEWTON {
            let swept = match self.sweep(v, progress) {
                Ok(swept) => swept,
                Err(error) => return Err(self.unbounded().unwrap_or(error)),
            };
            if swept.residual.max(4.0 * swept.rounding) <= target {
                return Ok(true);
            }
            if progress.exhausted() {
                return Ok(false);
            }
            // Values without limit end in rounding, too.
            let rounded_out = swept.residual <= 4.0 * swept.rounding;
            if step == look || rounded_out {
                look *= 2;
                if let Some(error) = self.unbounded() {
                    return Err(error);
                }
            }
            if rounded_out {
                return Ok(true);
            }
            progress.advance();
            // (I − P_π) x = T v − v, with the right side as a reward of all choices of a state alike.
            let mut rewards = Vec::with_capacity(mdp.num_choices());
            for s in 0..v.len() {
                rewards.extend(mdp.choices(s).map(|_| swept.values[s] - v[s]));
            }
            let x = expected_total(&mdp.clone().with_rewards(rewards)?, &self.sweeper.policy(&swept.q));
            if x.iter().all(|x| x.is_finite()) {
                v.iter_mut().zip(&x).for_each(|(v, x)| *v += x);
            } else {
                *v = swept.values;
            }
        }
        match self.unbounded() {
            Some(error) => Err(error),
            None => Ok(false),
        }
    }

    /// Proven bounds at a distance of about `c z` from `v`.
    fn enclose(&self, v: &[f64], z: &[f64], c: f64, progress: &mut Progress) -> Result<Option<Found>> {
        let at = |c: f64| -> Vec<f64> { v.iter().zip(z).map(|(v, z)| v + c * z).collect() };
        let mut upper = at(c);
        let is_above = |w: &[f64], progress: &mut Progress| -> Result<bool> {
            let swept = self.sweep(w, progress)?;
            Ok(swept.change.1 <= -swept.rounding)
        };
        if !is_above(&upper, progress)? {
            upper = v.to_vec();
            let mdp = self.sweeper.mdp();
            let dearer = mdp.clone().with_rewards(mdp.rewards().iter().map(|r| r + c).collect())?;
            let mut attempt = progress.attempt(MOST_NEWTON);
            let settled =
                Soft::new(&dearer, self.temperature, self.reference).approach(&mut upper, 0.25 * c, &mut attempt);
            progress.absorb(attempt);
            if !settled.unwrap_or(false) || !is_above(&upper, progress)? {
                return Ok(None);
            }
        }
        let lower = at(-c);
        let swept = self.sweep(&lower, progress)?;
        // Twice, since the probabilities stored are rounded too.
        let status = Status::Certified;
        Ok((swept.change.0 >= 2.0 * swept.rounding).then(|| Found {
            policy: self.sweeper.policy(&swept.q),
            lower,
            upper,
            status,
        }))
    }

    /// Looks for an end component in which staying pays, and says so.
    fn unbounded(&self) -> Option<Error> {
        let mdp = self.sweeper.mdp();
        let components = end_components(mdp, &Predecessors::new(mdp), vec![true; mdp.num_choices()]);
        if components.is_empty() {
            return None;
        }
        let (component, gain) = self.paying(&components)?;
        let states = components.states(component);
        Some(Error::NotApplicable {
            method: "regularised total reward",
            reason: format!(
                "at temperature {} the value is infinite: a policy that stays among {} states before it goes to the goal gains \
                 {gain:.3e} a step at least, entropy included; lower the temperature, or let every step cost more",
                self.temperature,
                states.len()
            ),
        })
    }

    /// The first end component found to gain at least so much a step.
    fn paying(&self, components: &EndComponents) -> Option<(usize, f64)> {
        let mdp = self.sweeper.mdp();
        let staying: Vec<u32> = (0..mdp.num_choices() as u32).filter(|&c| components.stays[c as usize]).collect();
        let weights = self.reference.map(|rule| {
            let of = |s: usize| mdp.choices(s).filter(|&c| components.stays[c]).map(move |c| rule.probability(s, c));
            DecisionRule::Stochastic((0..mdp.num_states()).flat_map(of).collect())
        });
        let table = mdp.keeping(&staying);
        let soft = Soft::new(&table, self.temperature, weights.as_ref());
        let mut v = vec![0.0; table.num_states()];
        let (mut swept, mut q) = (v.clone(), vec![0.0; table.num_choices()]);
        for _ in 0..MOST_LOOKING {
            if !soft.sweeper.sweep(&v, &mut swept, &mut q).magnitude.is_finite() {
                return None;
            }
            let rounding = soft.sweeper.rounding(&soft.certifier, magnitude(&v));
            let mut all_lose = true;
            for i in 0..components.len() {
                let changes = || components.states(i).iter().map(|&s| swept[s as usize] - v[s as usize]);
                let least = changes().fold(f64::INFINITY, f64::min).next_down() - 2.0 * rounding;
                if least > 0.0 {
                    return Some((i, least));
                }
                all_lose &= changes().fold(f64::NEG_INFINITY, f64::max) < -2.0 * rounding;
            }
            if all_lose {
                return None;
            }
            // Half steps converge where chains are periodic, too; a constant for each component keeps the numbers small.
            for i in 0..components.len() {
                let states = components.states(i);
                let first = states[0] as usize;
                let shift = 0.5 * (v[first] + swept[first]);
                states.iter().for_each(|&s| v[s as usize] = 0.5 * (v[s as usize] + swept[s as usize]) - shift);
            }
        }
        None
    }
}

/// The largest `upper − lower`, rounded up.
fn widest(lower: &[f64], upper: &[f64]) -> f64 {
    lower.iter().zip(upper).map(|(low, high)| (high - low).next_up()).fold(0.0, f64::max)
}
