//! Numbers and linear algebra: nothing here knows about reinforcement learning.

pub mod directed;
mod linear;
mod spectrum;

pub use linear::{Convergence, bicgstab, solve_dense, stationary_dense};
pub use spectrum::{Spectrum, spectrum};
