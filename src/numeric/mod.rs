//! Numbers and linear algebra: nothing here knows about reinforcement learning.

mod linear;

pub use linear::{Convergence, bicgstab, solve_dense};
