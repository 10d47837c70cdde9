//! Agents that learn to act in blocks of pulls from reward alone: no bonus, no model, no posterior.
//!
//! What is trained explores (ε); what is deployed is greedy. The value of the deployed policy is computed exactly, by expanding the tree
//! of rewards.
//!
//! | agent | memory |
//! |---|---|
//! | [`tabular`] | Q-learning on counts, on the last k pulls, or on nothing |
//! | [`recurrent`] | a recurrent network, trained by deep Q-learning |
//!
//! Source: Rentschler and Roberts, "Exploitation is all you need... for exploration" (arXiv 2508.01287), for the question; the agents are
//! small counterparts of theirs.

mod gru;
pub mod recurrent;
pub mod tabular;
mod task;
#[cfg(test)]
mod tests;

pub use gru::Gru;
pub use task::{ArmLaw, Greedy, Task, exact_value};
