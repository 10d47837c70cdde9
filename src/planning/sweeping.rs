//! Value iteration and modified policy iteration: sweeps until the bounds are close enough.
//!
//! One iteration takes `T v` and the greedy policy `π`, reads the bounds off the residual, and stops if they are no further
//! apart than asked for. Value iteration continues from `T v`; modified policy iteration (Puterman and Shin 1978) applies
//! `T_π` to it until the span of `T_π v − v` has fallen to a tenth of the span of `T v − v` (at most 200 times), which costs
//! a fraction `1/A` of a full sweep each time.
//!
//! Guarantee: the bounds of [`super::bellman`]; the gap after `n` sweeps of value iteration is at most
//! `γⁿ/(1−γ) · span(T v₀ − v₀)` where no state is terminal, and twice the sup-norm rate otherwise.

use std::time::Instant;

use super::bellman::{Precision, greedy_sweep, max_abs, policy_sweep};
use super::{Criterion, Method, Solution, SolveOptions, Status};
use crate::Result;
use crate::mdp::{DecisionRule, Mdp, NO_CHOICE, Policy};

/// Most applications of `T_π` between two improvements.
const MOST_EVALUATIONS: usize = 200;

/// Runs one of the two methods from `start` (zeros where it is `None`).
pub(super) fn run(
    mdp: &Mdp,
    gamma: f64,
    options: &SolveOptions,
    method: Method,
    start: Option<Vec<f64>>,
    began: Instant,
) -> Result<Solution> {
    let states = mdp.num_states();
    let mut v = start.unwrap_or_else(|| vec![0.0; states]);
    let mut next = vec![0.0; states];
    let mut greedy = vec![NO_CHOICE; states];
    let precision = Precision::new(mdp);
    let evaluates = method == Method::ModifiedPolicyIteration;
    let (mut iterations, mut sweeps) = (0, 0);
    loop {
        let residual = greedy_sweep(mdp, gamma, &v, &mut next, &mut greedy);
        iterations += 1;
        sweeps += 1;
        let scale = max_abs(&v);
        let (below, above) = precision.shifts(gamma, residual, scale);
        let floor = precision.backup_error(scale);
        let status = if above - below <= options.epsilon {
            Some(Status::Certified)
        } else if residual.span() <= 2.0 * floor {
            Some(Status::RoundingLimit)
        } else if iterations >= options.max_iterations {
            Some(Status::IterationLimit)
        } else {
            None
        };
        if let Some(status) = status {
            let mut lower = v;
            let mut upper = vec![0.0; states];
            for s in 0..states {
                let live = !mdp.is_terminal(s);
                (lower[s], upper[s]) = if live { (next[s] + below, next[s] + above) } else { (0.0, 0.0) };
                next[s] = 0.5 * (lower[s] + upper[s]);
            }
            return Ok(Solution {
                criterion: Criterion::Discounted { gamma },
                method,
                reason: String::new(),
                values: next,
                lower,
                upper,
                policy: Policy::stationary(mdp, DecisionRule::Deterministic(greedy))?,
                status,
                iterations,
                sweeps,
                seconds: began.elapsed().as_secs_f64(),
            });
        }
        std::mem::swap(&mut v, &mut next);
        if evaluates {
            let enough = (0.1 * residual.span()).max(floor);
            for _ in 0..MOST_EVALUATIONS {
                let change = policy_sweep(mdp, gamma, &greedy, &v, &mut next);
                std::mem::swap(&mut v, &mut next);
                sweeps += 1;
                if change.span() <= enough {
                    break;
                }
            }
        }
    }
}
