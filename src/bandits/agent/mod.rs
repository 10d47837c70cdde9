//! Agents that learn to act in blocks of pulls from reward alone: no bonus, no model, no posterior.
//!
//! What is trained explores (ε); what is deployed is greedy. The value of the deployed policy is computed exactly, by expanding the tree
//! of rewards.
//!
//! | agent | memory |
//! |---|---|
//! | [`tabular`] | Q-learning on counts, on the last k pulls, or on nothing |
//! | [`episodes`] | Q-learning on blocks of episodes, with a discount within and one across them |
//! | [`deep`] | a recurrent network, or one that attends to the last X pulls, trained by deep Q-learning |
//!
//! Source: Rentschler and Roberts, "Exploitation is all you need... for exploration" (arXiv 2508.01287), for the question; the agents are
//! small counterparts of theirs.

mod attention;
pub mod deep;
pub mod episodes;
mod gru;
pub mod tabular;
mod task;
#[cfg(test)]
mod tests;

pub use attention::Attention;
pub use gru::{Gru, Recurrent};
pub use task::{ArmLaw, Deployed, Greedy, Task, exact_value};
