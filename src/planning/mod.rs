//! Exact solution of a known model, with certified bounds.

mod criterion;
mod solution;

pub use criterion::Criterion;
pub use solution::{Method, Solution, SolveOptions, Status};
