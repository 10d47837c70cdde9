//! SubPO: policy gradients for submodular returns, with Markovian and history-dependent policies.
//!
//! ```text
//! ∇J(π) = E[ Σ_i ∇log π(a_i | ·) ( Σ_{j>=i} F(s_{j+1} | τ_{0:j}) - b(τ_{0:i}) ) ]          (Prajapat et al., theorem 2)
//! ```
//! One loop ([`train`]) serves every combination of memory ([`Memory`]), parameters ([`Parameters`]), estimator ([`Estimator`]) and
//! return ([`Pay`]; the modular one makes it ModPO). A run is a function of its seed; it uses one thread.
//!
//! | file | what is in it |
//! |---|---|
//! | [`Estimator`] | the weights of ∇log π, by name |
//! | [`exact`] | their expectations, the exact gradient and natural gradient ascent |
//! | [`Parameters`] | a table of logits, or a small network |
//! | [`train`] | the loop |

mod actor;
mod estimator;
pub mod exact;
mod network;
#[cfg(test)]
mod tests;
mod train;

pub use actor::{Memory, Parameters};
pub use estimator::{ESTIMATORS, Estimator};
pub use network::{Inputs, Network};
pub use train::{Options, Pay, Run, train, variance};
