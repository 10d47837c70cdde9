//! What theory asks of a model that is known: how far choices are from optimal, how a value depends on each number, how fast
//! states are reached and forgotten, how well one distribution covers another, and how many dimensions there are.
//!
//! | question | function | cost |
//! |---|---|---|
//! | how much a choice loses, with certified bounds | [`gap_table`] | `O(B)` |
//! | how the value depends on each probability, reward and on the discount | [`sensitivity`] | two linear systems |
//! | how long until a policy's chain is near its stationary distribution | [`mixing_time`] | `O(S³ log t)` |
//! | fewest expected steps to a state; between any two states | [`hitting_times`], [`diameter`] | total cost to a goal, for each goal |
//! | how much values or biases differ | [`span`] | `O(S)` |
//! | how a policy's occupancy is covered by a distribution | [`distribution_mismatch`], [`policy_concentrability`] | a linear system |
//! | how any policy's is | [`transition_concentrability`], [`concentrability`] | `O(B)`; `O(S T B)` |
//! | rank of the average Bellman errors of a class | [`bellman_errors`] | `O(T (F B + F² S))` and SVDs |
//! | rank of the transition law | [`transition_rank`] | an SVD, `O(C S²)` |
//!
//! Nothing here is sampled. Terminal states stay where they are for ever and earn nothing.

mod bellman_rank;
mod concentrability;
mod diameter;
mod gaps;
mod mismatch;
mod mixing;
mod sensitivity;
mod span;
#[cfg(test)]
mod testing;
mod transition_rank;

pub use bellman_rank::{BellmanErrors, StageErrors, bellman_errors, deterministic_class};
pub use concentrability::{concentrability, policy_concentrability, transition_concentrability};
pub use diameter::{Diameter, diameter, hitting_times};
pub use gaps::{GapTable, gap_table};
pub use mismatch::{distribution_mismatch, normalised_occupancy};
pub use mixing::{MixingTime, mixing_time};
pub use sensitivity::{Sensitivity, sensitivity};
pub use span::span;
pub use transition_rank::{TransitionRank, transition_rank};
