//! Policy iteration: solve the equations of the policy, then improve it.
//!
//! (Howard 1960; without a discount, Bertsekas and Tsitsiklis 1991.) A choice is switched only for one that is better by
//! more than rounding, so that ties never cycle. Where a policy's equations have no finite solution, or one
//! whose rounding is more than what is asked for, a sweep of `T` takes the place of its evaluation.

use super::Improvement;
use super::evaluation::solve;
use crate::Result;
use crate::numeric::magnitude;
use crate::planning::bellman::Sweeper;
use crate::planning::progress::Progress;

/// Iterates over policies.
pub(super) fn run(sweeper: &Sweeper, v: &mut [f64], target: f64, progress: &mut Progress) -> Result<()> {
    let mut step = Improvement::new(v.len());
    let mut current: Option<Vec<u32>> = None;
    loop {
        if step.residual(sweeper, v, progress)? <= target || progress.exhausted() {
            return Ok(());
        }
        progress.advance();
        let margin = (1e-14 * magnitude(&step.swept)).max(0.01 * target);
        let policy = current.get_or_insert_with(|| step.greedy.clone());
        let mut switched = false;
        for s in 0..v.len() {
            if policy[s] != step.greedy[s] && step.swept[s] > v[s] + margin {
                policy[s] = step.greedy[s];
                switched = true;
            }
        }
        if !switched {
            policy.copy_from_slice(&step.greedy);
        }
        // Values so large that rounding hides the target do not help to choose.
        if !solve(sweeper, policy, v, 0.1 * target, progress) || f64::EPSILON * magnitude(v) > target {
            v.copy_from_slice(&step.swept);
        }
    }
}
