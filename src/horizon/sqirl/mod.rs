//! SQIRL (shallow Q-iteration via reinforcement learning): explore at random, regress, look a few steps ahead.
//!
//! For `i = 1..T`, `m` episodes follow `π_1, ..., π_{i-1}` up to step `i` and the exploration policy from there on. A
//! regression oracle fits `Q̂¹` to returns `k - 1` steps further on, then `k - 1` steps of fitted Q-iteration
//! `Q̂ ← r + max_a Q̂(s', a)` lead back to step `i`, and `π_i` is greedy.
//!
//! | what | where |
//! |---|---|
//! | [`literal`] | the algorithm as analysed: fresh data and a regression for every step of time |
//! | [`Pooled`] | the practical one: one function of the state for all times, all data kept, a discount, a snapshot a step |
//! | [`RegressionOracle`] | what both regress with: [`TableOracle`], [`Ridge`], [`NearestNeighbours`], [`Trees`]; a neural network with the feature `network` |
//! | [`Features`] | what all but the table see of a state |
//! | [`SampleBound`] | how many steps suffice, for one instance |
//!
//! Least squares depends on the data of a pair `(s, a)` only through their number and mean, so that is all that is kept and
//! all that an oracle is given: [`Data`] has one row for each pair that was seen.
//!
//! Reference: C. Laidlaw, B. Zhu, S. Russell, A. Dragan, "The effective horizon explains deep RL performance in stochastic
//! environments" (ICLR 2024), algorithm 1 and section 4.

mod bound;
mod features;
mod literal;
mod neighbours;
#[cfg(feature = "network")]
mod network;
mod oracle;
mod pool;
mod pooled;
mod ridge;
mod tally;
#[cfg(test)]
mod tests;
mod trees;

pub use bound::SampleBound;
pub use features::Features;
pub use literal::{LiteralOptions, LiteralRun, literal};
pub use neighbours::NearestNeighbours;
#[cfg(feature = "network")]
pub use network::{Network, NetworkOptions};
pub use oracle::{Data, RegressionOracle, TableOracle};
pub use pool::Pool;
pub(crate) use pool::state_values;
pub use pooled::{Pooled, PooledOptions, PooledRun};
pub use ridge::Ridge;
pub use trees::Trees;

use crate::mdp::{Mdp, NO_CHOICE};
use crate::rng::{self, Fast};

/// The greedy choice of every state for values `q` `[C]`, ties drawn uniformly; [`NO_CHOICE`] for terminal states. State `s` has
/// the choices `starts[s]..starts[s + 1]`.
pub(crate) fn greedy(starts: &[u32], q: &[f64], rng: &mut Fast) -> Vec<u32> {
    let pick = |row: &[u32]| {
        let (mut best, mut value, mut ties) = (NO_CHOICE, f64::NEG_INFINITY, 0);
        for c in row[0] as usize..row[1] as usize {
            if q[c] > value {
                (best, value, ties) = (c as u32, q[c], 1);
            } else if q[c] == value {
                // The n-th of equals replaces the one held with probability 1/n, which leaves each with the same chance.
                ties += 1;
                if rng::below(rng, ties) == 0 {
                    best = c as u32;
                }
            }
        }
        best
    };
    starts.windows(2).map(pick).collect()
}

/// Fails where no choice has a reward: every policy is optimal there, and nothing can be learned.
pub(crate) fn require_reward(mdp: &Mdp, method: &'static str) -> crate::Result<()> {
    let per_branch = mdp.branch_rewards().is_some_and(|r| r.iter().any(|&r| r != 0.0));
    if per_branch || mdp.rewards().iter().any(|&r| r != 0.0) {
        return Ok(());
    }
    let reason = "every reward is 0, so every policy is optimal; give the problem a reward".into();
    Err(crate::Error::NotApplicable { method, reason })
}
