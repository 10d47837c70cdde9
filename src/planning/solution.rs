//! What a solver returns, and how it says that it is done.

use serde::{Deserialize, Serialize};

use super::Criterion;
use crate::mdp::Policy;

/// How to solve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Method {
    /// Picks by structure, and says why.
    Auto,
    /// Jacobi sweeps of the optimality operator with MacQueen-Porteus bounds.
    ValueIteration,
    /// Greedy improvement followed by a few evaluation sweeps (Puterman and Shin 1978).
    ModifiedPolicyIteration,
    /// Howard's policy iteration.
    PolicyIteration,
    /// Dynamic programming backwards from the horizon.
    BackwardInduction,
}

/// How a solver ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Status {
    /// The optimal value lies between the bounds, and they are no further apart than was asked for.
    Certified,
    /// The bounds are valid, but the iteration limit came before the accuracy asked for.
    IterationLimit,
    /// The bounds are valid, but the accuracy asked for is finer than 64-bit numbers can certify on this problem.
    RoundingLimit,
}

/// What to aim for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SolveOptions {
    /// Largest `upper - lower` over the states that is accepted.
    pub epsilon: f64,
    /// The method.
    pub method: Method,
    /// Most improvement steps (sweeps of the optimality operator).
    pub max_iterations: usize,
}

impl Default for SolveOptions {
    fn default() -> Self {
        SolveOptions { epsilon: 1e-6, method: Method::Auto, max_iterations: 1_000_000 }
    }
}

/// Values, a policy, and the proof of how good they are.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Solution {
    /// What was maximised.
    pub criterion: Criterion,
    /// What was used (never [`Method::Auto`]).
    pub method: Method,
    /// Why this method, in words.
    pub reason: String,
    /// Value of each state (midpoint of the bounds), `[S]`; at the first stage for a finite horizon.
    pub values: Vec<f64>,
    /// Certified lower bound of the optimal value, `[S]`; the policy attains it.
    pub lower: Vec<f64>,
    /// Certified upper bound of the optimal value, `[S]`.
    pub upper: Vec<f64>,
    /// A policy worth at least `lower` in every state.
    pub policy: Policy,
    /// How the solver ended.
    pub status: Status,
    /// Improvement steps.
    pub iterations: usize,
    /// Sweeps over the table, evaluations included (each reads every branch, or every branch of the policy).
    pub sweeps: usize,
    /// Wall time in seconds.
    pub seconds: f64,
}

impl Solution {
    /// The largest `upper - lower` over the states.
    pub fn max_gap(&self) -> f64 {
        self.lower.iter().zip(&self.upper).map(|(lo, hi)| hi - lo).fold(0.0, f64::max)
    }
}
