//! Monotone block ascent on the model-based objective, from one start: a lower bound on its maximum.
//!
//! ```text
//! repeat   π, V ← optimal in P          d ← how likely π reaches each row
//!          h = H−1 … 0:   P_h(s, a) ← block solution with w = d_h(s, a), v = V_{h+1} of the new P     (w = 0 off π)
//! until J gains less than the tolerance
//! ```
//! `V^π_0` is linear in each row given the others, and `d_h` depends on earlier rows only, so every update is exact and `J` never
//! decreases. It needs a law for each step: staged counts. The maximum is not concave, so the start matters (`bracket`).
//! Source: `mex.md` section 2.3 (B).

use super::super::optimism::Plan;
use super::block::Worths;
use super::objective::{Law, Objective};
use crate::rng::Fast;

/// When an ascent ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AscentOptions {
    /// It gains less than this in an iteration.
    pub tolerance: f64,
    /// So many iterations.
    pub iterations: usize,
}

impl Default for AscentOptions {
    fn default() -> Self {
        AscentOptions { tolerance: 1e-10, iterations: 200 }
    }
}

/// Ascends from `law` and returns `J` before the first and after each iteration, ascending.
///
/// # Panics
/// Debug builds check that counts are staged.
pub fn ascend(objective: &Objective, law: &mut Law, options: &AscentOptions, rng: &mut Fast) -> Vec<f64> {
    debug_assert_eq!(objective.counts.num_rows(), objective.setup.horizon * objective.setup.mdp.num_choices());
    let mdp = objective.setup.mdp;
    let (states, horizon) = (mdp.num_states(), objective.setup.horizon);
    let mut plan = Plan::new(objective.setup);
    let mut reach = vec![0.0; horizon * states];
    objective.plan(law, &mut plan, rng);
    let mut values = vec![plan.initial_value(objective.setup) - objective.penalty(law)];
    for _ in 0..options.iterations {
        objective.reach(law, &plan, &mut reach);
        for stage in (0..horizon).rev() {
            let next = Worths::new(plan.values(stage + 1));
            for s in 0..states {
                let taken = plan.rules[stage * states + s] as usize;
                for c in mdp.choices(s) {
                    let weight = if c == taken { reach[stage * states + s] } else { 0.0 };
                    objective.solve_row(law, objective.counts.row(stage, c), c, weight, next);
                }
            }
            objective.plan_step(law, stage, &mut plan, rng);
        }
        let value = plan.initial_value(objective.setup) - objective.penalty(law);
        let gain = value - values[values.len() - 1];
        values.push(value);
        if gain < options.tolerance {
            break;
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::super::super::{Counting, Counts, Setup};
    use super::super::objective::Rewards;
    use super::super::testing::{explore, random_mdp};
    use super::*;
    use crate::rng::{self, Purpose};

    #[test]
    fn no_iteration_of_the_block_ascent_loses() {
        for seed in 0..20 {
            for rewards in [Rewards::Known, Rewards::Learnt] {
                let mdp = random_mdp(4, 2, seed);
                let setup = Setup { mdp: &mdp, horizon: 4, episodes: 1, reward_range: (0.0, 1.0), seed };
                let mut rng = rng::fast(seed, Purpose::Generation, 6);
                let mut counts = Counts::new(Counting::Staged, 8, 4);
                explore(&setup, &mut counts, 8, &mut rng);
                let objective = Objective { setup: &setup, counts: &counts, eta: 0.1, rewards };
                let mut law = objective.truth(&mdp);
                let start = objective.value(&law, &mut rng);
                // J(truth) is V* less the price of what the data say against it.
                let optimal = super::super::super::certificate::Truth::solve(&mdp, 4).optimal();
                assert!((start - (optimal - objective.penalty_of_table(&mdp))).abs() < 1e-12);
                let values = ascend(&objective, &mut law, &AscentOptions::default(), &mut rng);
                assert!((values[0] - start).abs() < 1e-12 && values.len() > 2);
                assert!(values.windows(2).all(|pair| pair[1] > pair[0] - 1e-12), "{values:?}");
                assert!((objective.value(&law, &mut rng) - values[values.len() - 1]).abs() < 1e-10);
            }
        }
    }
}
