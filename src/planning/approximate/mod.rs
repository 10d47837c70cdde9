//! Methods as approximators: each brings `v` close to the fixed point of `T`, and proves nothing.
//!
//! ```text
//! until   max_N |T v − v| ≤ target        N: the states that are not terminal
//! ```
//! The criteria turn what comes out into bounds by sweeps of their own: the discounted one by those of
//! [`bounds`](super::bounds), the undiscounted ones on their reduced tables, where every policy ends or is worth `−∞`.
//! So a method is one file here and serves them all, with the discount of its [`Sweeper`].
//!
//! An approximator stops early at the iteration limit of its [`Progress`], or where it makes no more headway; it counts
//! an improvement step for each sweep of `T`, or for as much work. It allocates its vectors once, before the first sweep.

mod anderson;
mod evaluation;
mod gauss_seidel;
mod howard;
mod inexact;
mod jacobi;
mod linear;
mod order;
mod prioritised;
#[cfg(test)]
mod tests;
mod topological;

pub(in crate::planning) use evaluation::{DENSE, alive_index, dense, evaluate, krylov, solve};
pub(in crate::planning) use order::from_the_end;

use super::Method;
use super::bellman::{Change, Sweeper};
use super::progress::{Progress, finite};
use crate::Result;
use crate::mdp::NO_CHOICE;

/// Brings the residual of `v` `[S]` to `target`.
pub(in crate::planning) type Approximator = fn(&Sweeper, &mut [f64], f64, &mut Progress) -> Result<()>;

/// The approximator that a method is, if it is one.
pub(in crate::planning) fn approximator(method: Method) -> Option<Approximator> {
    match method {
        Method::ValueIteration => Some(jacobi::run),
        // In place, modified policy iteration is what Gauss-Seidel does between full sweeps.
        Method::GaussSeidel | Method::ModifiedPolicyIteration => Some(gauss_seidel::run),
        Method::Topological => Some(topological::run),
        Method::PrioritisedSweeping => Some(prioritised::run),
        Method::Anderson => Some(anderson::run),
        Method::InexactPolicyIteration => Some(inexact::run),
        Method::PolicyIteration => Some(howard::run),
        Method::LinearProgramming => Some(linear::run),
        _ => None,
    }
}

/// A Jacobi sweep and where it goes.
struct Improvement {
    swept: Vec<f64>,
    greedy: Vec<u32>,
}

impl Improvement {
    fn new(states: usize) -> Improvement {
        Improvement { swept: vec![0.0; states], greedy: vec![NO_CHOICE; states] }
    }

    /// Sweeps: `T v` to `swept`, the choices to `greedy`.
    fn sweep(&mut self, sweeper: &Sweeper, v: &[f64], progress: &mut Progress) -> Result<Change> {
        let change = sweeper.improve(v, &mut self.swept, &mut self.greedy);
        progress.count(1, sweeper.bytes());
        finite(change.magnitude)?;
        Ok(change)
    }

    /// The same, for `max |T v − v|` alone; 0 if every state is terminal.
    fn residual(&mut self, sweeper: &Sweeper, v: &[f64], progress: &mut Progress) -> Result<f64> {
        let change = self.sweep(sweeper, v, progress)?;
        Ok(change.max.max(-change.min).max(0.0))
    }
}
