//! Exploration in two-player zero-sum games whose law is not known, by self-play.
//!
//! An episode has `H` steps. Before episode `k` an agent commits to a staged strategy `μ_k` of the row player; what it
//! then plays for both players is its own affair. It is judged by what `μ_k` would lose to its worst opponent,
//!
//! ```text
//! Reg(K) = Σ_{k ≤ K} [ V*_0 − min_ν V_0^{μ_k, ν} ]
//! ```
//! and [`run_game`] computes every term by dynamic programming in the true game: no sampled return enters it.

mod mex_game;
mod mex_matrix;
mod nash_vi;
mod regret;
mod setup;
#[cfg(test)]
mod tests;

pub use mex_game::{MexGame, MexGameParams};
pub use mex_matrix::{MexMatrix, MexMatrixParams};
pub use nash_vi::{NashVi, NashViParams};
pub use regret::{GameCurve, run_game};
pub use setup::{GameAgent, GameSetup};
