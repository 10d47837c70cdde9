//! The effective horizon, exactly: how far a learner must look ahead before acting greedily on random play is optimal.
//!
//! Setting: `T` steps, undiscounted, values 0 in terminal states. `Q¹` is the action value of an exploration policy
//! (uniformly random unless another is given), and one step of Q-value iteration (QVI) gives
//! `Q^{k+1}_t(s, a) = r(s, a) + E[max_b Q^k_{t+1}(s', b)]`, so that `Q^T = Q*`.
//!
//! | function | what it computes |
//! |---|---|
//! | [`QTable`] | `Q¹`, QVI steps, `Q*` at every stage |
//! | [`is_solvable`], [`planning_window`] | k-QVI-solvability, the effective planning window |
//! | [`greedy_return`] | the return of acting greedily on `Q^k`, worst tie |
//! | [`BoundSequence`] | the closed bound on the effective horizon of a deterministic MDP |
//! | [`smallest_gaps`] | the gaps of the stochastic effective horizon |
//! | [`ExactGorp`] | the success probability of GORP, and of literal SQIRL with k = 1, without sampling |
//! | [`SampledGorp`], [`open_loop_return`] | GORP by sampling, and the exact return of an action sequence |
//! | [`sqirl`] | SQIRL: fitted Q-iteration on random rollouts, literal and pooled |
//! | [`random_occupancy`] | smallest occupancies, covering length |
//! | [`analyse`] | all of it, as one [`HorizonReport`] |
//!
//! Sticky actions never multiply the state space, see [`Process`].
//!
//! References: C. Laidlaw, S. Russell, A. Dragan, "Bridging RL theory and practice with the effective horizon" (NeurIPS
//! 2023); C. Laidlaw, B. Zhu, S. Russell, A. Dragan, "The effective horizon explains deep RL performance in stochastic
//! environments" (ICLR 2024).

mod analyse;
mod argmax;
mod bound;
mod gaps;
mod gorp;
mod greedy;
mod literal_law;
mod occupancy;
mod player;
mod process;
mod q_values;
mod returns;
mod sampled_gorp;
mod solvability;
pub mod sqirl;
#[cfg(test)]
mod tests;

pub use analyse::{HorizonOptions, HorizonReport, StochasticHorizon, analyse};
pub use argmax::Ties;
pub use bound::{BoundAtK, BoundSequence};
pub use gaps::{SmallestGaps, smallest_gaps};
pub use gorp::{ExactGorp, GorpSearch, GorpSuccess};
pub use greedy::greedy_return;
pub use occupancy::{RandomOccupancy, random_occupancy};
pub use player::{Place, Player, Step};
pub use process::Process;
pub use q_values::{QTable, evaluate, worst_return};
pub use sampled_gorp::{Estimate, GorpRun, SampledGorp, SampledSearch, SearchOptions, open_loop_return};
pub use solvability::{OPTIMALITY_TOLERANCE, is_solvable, planning_window};

/// Relative difference below which two action values count as equal when the gaps of the stochastic effective horizon are
/// measured. Values as small as 1e-18 occur and are meaningful, so no absolute tolerance would do.
pub const TIE_TOLERANCE: f64 = 1e-9;

/// Relative difference below which a gap of the closed bound counts as 0. It only absorbs the rounding of a sum over the
/// stages: a shaped reward of size 1 leaves true gaps of 1e-11 beside it.
pub const ROUNDING_TOLERANCE: f64 = 1e-13;

/// `log_A(x)`, at least 0; a single action never needs to be told apart from another.
pub(crate) fn log_base(actions: usize, x: f64) -> f64 {
    if x <= 1.0 { 0.0 } else { x.ln() / (actions as f64).ln() }
}
