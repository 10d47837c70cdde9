//! Submodular reinforcement learning: returns with diminishing returns along a trajectory.
//!
//! | room | what is in it |
//! |---|---|
//! | [`function`] | set functions by marginal gains: coverage, items, information, design |
//! | [`Problem`], [`Lattice`] | a walk paid by a set function, and everything exact about a small one |
//! | [`planner`] | what learning is compared with: greedy, modular planning, beam search, recursive greedy, continuous greedy, semi-gradients |
//! | [`subpo`] | policy gradients: Markovian and history-dependent policies, and the estimators by name |
//!
//! Source: Prajapat, Mutný, Zeilinger and Krause, "Submodular reinforcement learning" (ICLR 2024).

pub mod function;
mod lattice;
pub mod planner;
mod problem;
pub mod subpo;
#[cfg(test)]
pub(crate) mod testing;

pub use function::SetFunction;
pub use lattice::{Lattice, MarkovPolicy, MarkovTables, Node, Optimum};
pub use problem::Problem;
