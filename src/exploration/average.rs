//! UCRL2 and KL-UCRL as they were meant: one endless run, judged by the long-run average reward.
//!
//! ```text
//! Δ(T) = T g* − Σ_{t ≤ T} r(s_t, a_t)          g*: optimal gain;  r: the mean reward of what was taken
//!
//! extended value iteration   u_{i+1}(s) = max_a [ r̃(s, a) + max { p · u_i : p near p̂(· | s, a) } ]
//!                            until span(u_{i+1} − u_i) < R / √t_k          (plans at t_k, see [`ucrl2`](super::ucrl2))
//! ```
//! UCRL2's theorem: `Δ(T) ≤ 34 R D S √(A T ln(T / δ))` with probability `1 − δ`, `D` the diameter. Unlike the episodic regret this one
//! has the randomness of the states that were visited; rewards enter by their mean.
//!
//! Source: Jaksch, Ortner and Auer 2010, figure 1; Filippi, Cappé and Garivier 2010.

use rand::Rng;

use super::confidence::{Confidence, order_by_value};
use super::inner::Outcome;
use super::optimism::greedy;
use super::ucrl2::Ucrl2Params;
use super::{Counting, Counts, Setup};
use crate::learning::EvaluationPoints;
use crate::planning::{Criterion, SolveOptions, solve};
use crate::rng::{self, Purpose};
use crate::simulation::{Dynamics, TableDynamics};
use crate::{Error, Result};

/// Most sweeps of an extended value iteration; on a communicating table it stops long before.
const SWEEPS: usize = 1_000_000;

/// One run.
#[derive(Debug, Clone, PartialEq)]
pub struct AverageRun {
    /// `(t, Δ(t))`, by ascending number of steps.
    pub points: Vec<(u64, f64)>,
    /// `g*`.
    pub gain: f64,
    /// Number of plans.
    pub plans: u64,
    /// The least upper bound on the optimistic gain at any plan, less `g*`: not negative if all were optimistic.
    pub least_optimism: f64,
}

/// Runs UCRL2 (or KL-UCRL, by `params.region`) for `steps` steps from the initial distribution.
///
/// # Errors
/// A table with terminal states, whose optimal gain depends on the start, or with rewards outside the range; a parameter out of
/// range; no step.
pub fn run(
    mdp: &crate::mdp::Mdp,
    reward_range: (f64, f64),
    steps: u64,
    seed: u64,
    params: &Ucrl2Params,
    points: EvaluationPoints,
) -> Result<AverageRun> {
    params.validate()?;
    let setup = Setup { mdp, horizon: 1, episodes: steps, reward_range, seed };
    setup.validate()?;
    let refused = |reason: &str| Error::NotApplicable { method: "average-reward exploration", reason: reason.into() };
    if mdp.num_terminal() > 0 {
        return Err(refused("the table has terminal states, and the run never ends; use an episodic agent"));
    }
    let accurate = SolveOptions { epsilon: 1e-9, ..SolveOptions::default() };
    let gains = solve(mdp, Criterion::AverageReward, &accurate)?.values;
    let gain = mdp.initial_value(&gains);
    if gains.iter().any(|g| (g - gain).abs() > 1e-6 * (1.0 + gain.abs())) {
        return Err(refused("the optimal gain depends on the state, so that one mistake may cost for ever"));
    }

    let dynamics = TableDynamics::new(mdp)?;
    let (mut environment, mut ties) = (rng::fast(seed, Purpose::Environment, 0), rng::fast(seed, Purpose::Policy, 0));
    let mut counts = Counts::new(Counting::Pooled, mdp.num_choices(), 1);
    let mut planner = Planner::new(mdp.num_states(), mdp.num_choices());
    let mut before = vec![0u32; mdp.num_choices()];
    let mut curve = AverageRun { points: vec![(0, 0.0)], gain, plans: 0, least_optimism: f64::INFINITY };
    let wanted = points.steps(steps);
    let mut wanted = wanted.iter().filter(|&&t| t > 0).peekable();
    let (mut state, mut stale, mut regret) = (dynamics.reset(environment.next_u64()), true, 0.0);
    for t in 1..=steps {
        if std::mem::take(&mut stale) {
            let Ucrl2Params { region, scale, delta } = *params;
            let believed =
                planner.plan(&setup, &counts, &Confidence { region, scale, delta, time: t as f64 }, &mut ties);
            curve.least_optimism = curve.least_optimism.min(believed - gain);
            curve.plans += 1;
            before.iter_mut().enumerate().for_each(|(c, before)| *before = counts.visits(c));
        }
        let choice = planner.rule[state as usize];
        let outcome = dynamics.step(state, choice, environment.next_u64(), &mut ());
        let choice = choice as usize;
        counts.add(choice, outcome.reward, outcome.next as usize);
        stale = counts.visits(choice) - before[choice] >= before[choice].max(1);
        regret += gain - mdp.rewards()[choice];
        state = outcome.next;
        if wanted.next_if_eq(&&t).is_some() {
            curve.points.push((t, regret));
        }
    }
    Ok(curve)
}

/// Room for extended value iteration.
struct Planner {
    u: Vec<f64>,
    next: Vec<f64>,
    q: Vec<f64>,
    order: Vec<u32>,
    room: Vec<Outcome>,
    rule: Vec<u32>,
}

impl Planner {
    fn new(states: usize, choices: usize) -> Planner {
        let zeros = || vec![0.0; states];
        let order = (0..states as u32).collect();
        Planner { u: zeros(), next: zeros(), q: vec![0.0; choices], order, room: Vec::new(), rule: vec![0; states] }
    }

    /// Extended value iteration, started from the last one's values; returns an upper bound of the optimistic gain,
    /// at most `R / √t` above it.
    fn plan(&mut self, setup: &Setup, counts: &Counts, confidence: &Confidence, ties: &mut rng::Fast) -> f64 {
        let limit = setup.reward_width() / confidence.time.sqrt();
        let mut bound = f64::INFINITY;
        for _ in 0..SWEEPS {
            order_by_value(&self.u, &mut self.order);
            let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
            for s in 0..self.u.len() {
                let row = setup.choices(s);
                for c in row.clone() {
                    self.q[c] = confidence.worth(setup, counts, c, &self.u, &self.order, &mut self.room);
                }
                let best = greedy(row, &self.q, ties);
                (self.next[s], self.rule[s]) = (self.q[best], best as u32);
                (least, most) = (least.min(self.next[s] - self.u[s]), most.max(self.next[s] - self.u[s]));
            }
            // Only differences matter: keep the least value at 0.
            let base = self.next.iter().copied().fold(f64::INFINITY, f64::min);
            self.u.iter_mut().zip(&self.next).for_each(|(u, next)| *u = next - base);
            bound = most;
            if most - least < limit {
                break;
            }
        }
        bound
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::random_table;
    use super::super::ucrl2::Region;
    use super::*;
    use crate::mdp::MdpBuilder;
    use crate::planning::analysis::diameter;

    fn run_all(mdp: &crate::mdp::Mdp, steps: u64, region: Region, scale: f64) -> Vec<AverageRun> {
        let params = Ucrl2Params { region, scale, ..Ucrl2Params::default() };
        (0..3).map(|seed| run(mdp, (0.0, 1.0), steps, seed, &params, EvaluationPoints::Even(10)).unwrap()).collect()
    }

    /// `Δ(T) ≤ 34 D S √(A T ln(T / δ))` and at most `S A log₂(8 T / (S A))` plans, at all points of all runs.
    #[test]
    fn the_theorem_is_never_violated() {
        for seed in 0..2 {
            let mdp = random_table(seed, 4, 2);
            let d = diameter(&mdp, &SolveOptions::default()).unwrap().upper;
            for region in [Region::L1, Region::Bernstein, Region::Kl] {
                for curve in run_all(&mdp, 5000, region, 1.0) {
                    for &(t, regret) in &curve.points[1..] {
                        let t = t as f64;
                        assert!(
                            regret <= 34.0 * d * 4.0 * (2.0 * t * (t / 0.1).ln()).sqrt(),
                            "{region:?} {t} {regret}"
                        );
                    }
                    assert!(curve.plans as f64 <= 8.0 * (8.0 * 5000.0 / 8.0f64).log2(), "{}", curve.plans);
                    assert!(curve.least_optimism >= -1e-6, "{region:?} {}", curve.least_optimism);
                }
            }
        }
    }

    /// Smaller sets learn sooner; with them the average regret falls.
    #[test]
    fn it_learns() {
        let mdp = random_table(7, 4, 3);
        for region in [Region::L1, Region::Kl] {
            let late = |scale: f64| -> f64 {
                let runs = run_all(&mdp, 20_000, region, scale);
                runs.iter().map(|run| run.points[10].1 - run.points[9].1).sum::<f64>() / (3.0 * 2000.0)
            };
            let (cautious, bold) = (late(1.0), late(0.05));
            assert!(bold < 0.02 && bold < cautious, "{region:?}: {bold} {cautious}");
        }
    }

    #[test]
    fn what_ends_or_cannot_be_undone_is_refused() {
        let mut ending = MdpBuilder::new(2);
        ending.choice(0, 0, &[(1.0, 1, 0.0)]).terminal(1);
        let mut trap = MdpBuilder::new(2);
        trap.choice(0, 0, &[(1.0, 0, 1.0)]).choice(0, 1, &[(1.0, 1, 0.0)]).choice(1, 0, &[(1.0, 1, 0.0)]);
        for (builder, words) in [(ending, "terminal states"), (trap, "depends on the state")] {
            let mdp = builder.build().unwrap();
            let error = run(&mdp, (0.0, 1.0), 10, 0, &Ucrl2Params::default(), EvaluationPoints::Even(1)).unwrap_err();
            assert!(error.to_string().contains(words), "{error}");
        }
    }
}
