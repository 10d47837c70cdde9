//! Numbers and linear algebra: nothing here knows about reinforcement learning.

mod adam;
pub(crate) mod beta;
pub mod directed;
mod incomplete_lu;
mod linear;
mod spectrum;

pub use adam::Adam;
pub use incomplete_lu::IncompleteLu;
pub use linear::{Convergence, bicgstab, preconditioned_bicgstab, solve_dense, stationary_dense};
pub use spectrum::{Spectrum, spectrum};

/// The largest absolute entry.
pub(crate) fn magnitude(v: &[f64]) -> f64 {
    v.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()))
}
