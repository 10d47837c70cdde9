//! Howard's policy iteration: exact evaluation, then improvement, until no choice is better.
//!
//! Evaluation solves `(I − γ P_π) v = r_π` (dense LU up to 400 states, BiCGSTAB above). A state changes its choice only if
//! another one is better by more than the rounding of a backup, so tied choices cannot make the iteration cycle. The final
//! values go through the sweeps of modified policy iteration, which certify them (usually in one) or polish them.

use std::time::Instant;

use super::bellman::{Precision, backup, max_abs};
use super::{Method, Solution, SolveOptions, sweeping};
use crate::Result;
use crate::mdp::{DecisionRule, Mdp, NO_CHOICE, Policy, evaluate_discounted, greedy_choice};

/// Runs policy iteration from the choices that are best for one step.
pub(super) fn run(mdp: &Mdp, gamma: f64, options: &SolveOptions, began: Instant) -> Result<Solution> {
    let states = mdp.num_states();
    let precision = Precision::new(mdp);
    let mut choice: Vec<u32> = (0..states).map(|s| greedy_choice(mdp, mdp.rewards(), s)).collect();
    let (mut iterations, mut values) = (0, Vec::new());
    while iterations < options.max_iterations {
        let policy = Policy::stationary(mdp, DecisionRule::Deterministic(choice.clone()))?;
        let evaluation = evaluate_discounted(mdp, &policy, gamma)?;
        values = evaluation.values;
        iterations += 1;
        let tolerance = 4.0 * precision.backup_error(max_abs(&values)) + 2.0 * evaluation.error_bound;
        let mut stable = true;
        for s in 0..states {
            if choice[s] == NO_CHOICE {
                continue;
            }
            let mut best = backup(mdp, gamma, &values, choice[s] as usize) + tolerance;
            for c in mdp.choices(s) {
                let q = backup(mdp, gamma, &values, c);
                if q > best {
                    (best, choice[s]) = (q, c as u32);
                    stable = false;
                }
            }
        }
        if stable {
            break;
        }
    }
    let mut solution = sweeping::run(mdp, gamma, options, Method::ModifiedPolicyIteration, Some(values), began)?;
    solution.method = Method::PolicyIteration;
    solution.iterations = iterations;
    Ok(solution)
}
