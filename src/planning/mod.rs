//! Exact solution of a known model, with certified bounds.
//!
//! [`solve`] is the entrance; [`methods`] lists what it can use. Every method returns a [`Solution`] whose `lower` and
//! `upper` are proven bounds of the optimal value in every state, rounding included (see [`bounds`]).
//!
//! ```
//! use tabrl::mdp::MdpBuilder;
//! use tabrl::planning::{Criterion, SolveOptions, solve};
//!
//! // Stay for 1 a step, for ever: v = 1 / (1 − γ).
//! let mut builder = MdpBuilder::new(1);
//! builder.choice(0, 0, &[(1.0, 0, 1.0)]);
//! let mdp = builder.build()?;
//! let solution = solve(&mdp, Criterion::Discounted { gamma: 0.9 }, &SolveOptions::default())?;
//! assert!(solution.lower[0] <= 10.0 && 10.0 <= solution.upper[0] && solution.max_gap() <= 1e-6);
//! # Ok::<(), tabrl::Error>(())
//! ```

pub mod analysis;
mod approximate;
mod average;
mod backward_induction;
pub mod bellman;
pub mod bounds;
pub mod constrained;
mod criterion;
mod discounted;
pub mod exact;
pub mod games;
pub mod graph;
pub mod linear_program;
mod methods;
mod policy_rows;
mod progress;
pub mod regularised;
mod runs;
mod selection;
mod solution;
#[cfg(test)]
mod tests;
mod total;
mod uniform_rows;

pub use criterion::{Criterion, Objective};
pub use linear_program::occupancy_lp;
pub use methods::{MethodInfo, methods, solve};
pub use regularised::{solve_kl_regularised, solve_regularised};
pub use solution::{InitialValue, Method, Solution, SolveOptions, Status, TracePoint};
