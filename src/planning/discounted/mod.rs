//! Methods for discounted problems.

mod approximated;
mod elimination;
mod policy_iteration;
mod sweeping;

use super::progress::Outcome;
use super::{Method, SolveOptions};
use crate::Result;
use crate::mdp::Mdp;

/// Solves for [`Criterion::Discounted`](super::Criterion::Discounted), rewards to be maximised.
pub(super) fn run(mdp: &Mdp, gamma: f64, options: &SolveOptions, method: Method) -> Result<Outcome> {
    match method {
        Method::ValueIteration | Method::ModifiedPolicyIteration => sweeping::run(mdp, gamma, options, method),
        Method::PolicyIteration => policy_iteration::run(mdp, gamma, options),
        Method::ActionElimination => elimination::run(mdp, gamma, options),
        _ => approximated::run(mdp, gamma, options, method),
    }
}
