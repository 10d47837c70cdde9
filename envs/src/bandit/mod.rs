//! Bandits as MDPs over beliefs, played for a fixed number of pulls.
//!
//! | name | arms | belief |
//! |---|---|---|
//! | `bandit/blocks` | two Bernoulli arms of unknown mean, drawn anew at the end of a block | counts of the current block |
//! | `bandit/safe-arm` | a Bernoulli arm of known mean and an unknown one | counts of the unknown arm |
//! | `bandit/doors` | a safe door, and N doors of which one pays 1 | closed doors, or found |
//!
//! An optimal policy of the table is an optimal policy of the bandit that remembers everything.

mod blocks;
mod doors;
mod safe_arm;
#[cfg(test)]
mod tests;

use crate::Spec;

pub use blocks::BlockBandit;
pub use doors::Doors;
pub use safe_arm::SafeArm;

/// The registry's entries.
pub fn specs() -> Vec<Spec> {
    vec![blocks::spec(), safe_arm::spec(), doors::spec()]
}
