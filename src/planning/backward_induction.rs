//! Dynamic programming backwards from the horizon: `v_T = 0`, `v_t = T v_{t+1}` with `γ = 1`.
//!
//! One sweep a stage; two value vectors and one choice a state and stage. The result is exact but for rounding: each stage
//! adds at most one backup's error (see [`super::bellman`]) to what it received, so the bounds are the value plus and minus
//! the sum of those errors (grown by the row sums, which may exceed one by 1e-9).

use std::time::Instant;

use super::bellman::{Precision, greedy_sweep, max_abs};
use super::{Criterion, Method, Solution, SolveOptions, Status};
use crate::Result;
use crate::mdp::{DecisionRule, Mdp, NO_CHOICE, Policy};

/// Solves over `horizon` stages.
pub(super) fn run(mdp: &Mdp, horizon: usize, options: &SolveOptions, began: Instant) -> Result<Solution> {
    let states = mdp.num_states();
    let precision = Precision::new(mdp);
    let mut values = vec![0.0; states];
    let mut next = vec![0.0; states];
    let mut rules = Vec::with_capacity(horizon);
    let mut error = 0.0;
    for _ in 0..horizon {
        let mut greedy = vec![NO_CHOICE; states];
        greedy_sweep(mdp, 1.0, &values, &mut next, &mut greedy);
        error = precision.row_sum_limit() * error + precision.backup_error(max_abs(&values));
        std::mem::swap(&mut values, &mut next);
        rules.push(DecisionRule::Deterministic(greedy));
    }
    rules.reverse();
    let bound = |sign: f64| -> Vec<f64> {
        (0..states).map(|s| if mdp.is_terminal(s) { 0.0 } else { values[s] + sign * error }).collect()
    };
    // The same recursion bounds what the policy is worth: every stage's value is a computed backup of its choice.
    let (lower, upper) = (bound(-1.0), bound(1.0));
    Ok(Solution {
        criterion: Criterion::FiniteHorizon { horizon },
        method: Method::BackwardInduction,
        reason: String::new(),
        values,
        lower,
        upper,
        policy: Policy::time_indexed(mdp, rules)?,
        status: if 2.0 * error <= options.epsilon { Status::Certified } else { Status::RoundingLimit },
        iterations: horizon,
        sweeps: horizon,
        seconds: began.elapsed().as_secs_f64(),
    })
}
