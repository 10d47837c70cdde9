//! Bandit problems: arms, where their means come from, and how long they stay.
//!
//! | item | what it is |
//! |---|---|
//! | [`Bernoulli`], [`Gaussian`], [`Linear`] | arms with fixed means |
//! | [`MeanPrior`] | where a mean is drawn from; a known mean makes a safe arm |
//! | [`Task`], [`Blocks`] | independent means that recur for a block of pulls, and the block's length |
//!
//! Problems that are finite once beliefs are counted (safe arm, doors, blocks, hidden goal) are environments too.

mod arms;
mod blocks;
#[cfg(test)]
mod tests;

pub use arms::{Arms, Bernoulli, Gaussian, Linear};
pub use blocks::{BlockLaw, Blocks, MeanPrior, Task};
