//! Numbers and linear algebra: nothing here knows about reinforcement learning.

pub mod directed;
mod linear;

pub use linear::{Convergence, bicgstab, solve_dense};
