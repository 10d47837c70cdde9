//! Many copies of an environment stepping at once.
//!
//! A [`Batch`] holds `N` copies as a struct of arrays. It reads either a table ([`TableBatch`]: packed rows, cumulative or
//! alias) or the law of one step itself ([`ModelBatch`], for state spaces too large to enumerate). A step gives, per copy, the
//! **true successor**, the reward, `terminated` and `truncated`, and separately the state after the automatic reset. Learners
//! look at the successor: a time limit (`truncated`) bootstraps from it, a termination does not.
//!
//! Randomness: copy `i` owns the stream `(seed, Environment, i)` for its transitions and resets, and `(seed, Policy, i)` for a
//! policy that is sampled with it. Copies are worked on in fixed chunks, so every byte is independent of the number of
//! threads. No step allocates.
//!

mod batch;
pub mod conformance;
mod dynamics;
mod policy;
mod rollout;
mod rows;
mod simulator;
mod statistics;

pub use batch::{Batch, CHUNK, ModelBatch, TableBatch};
pub use dynamics::{Dynamics, ModelDynamics, Outcome, TableDynamics};
pub use policy::PolicySampler;
pub use rollout::{RolloutOptions, Rollouts, rollout};
pub(crate) use rows::Rows;
pub use simulator::Simulator;
pub use statistics::EpisodeStatistics;
