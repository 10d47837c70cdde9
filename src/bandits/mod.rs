//! Bandits: problems where exploring is all there is to learn.
//!
//! | room | what is in it |
//! |---|---|
//! | [`problem`] | arms, priors of their means, blocks |
//! | [`policy`] | policies for Bernoulli bandits, by name |
//! | [`agent`] | agents that learn from reward alone: Q-learning with limited memory, a recurrent network |
//! | [`exact`] | optimal Bayes values, exact Bayes values of policies, Gittins indices, limited memory, safe arms |
//!
//! An agent that maximises nothing but expected reward, over a problem that recurs, with memory, and with credit that reaches beyond the
//! present pull, explores: the optimal policy over beliefs is such an agent, and [`exact`] computes it.

pub mod agent;
mod counts;
pub mod exact;
pub mod policy;
pub mod problem;
mod simulate;

pub use counts::{CountPolicy, Counts, TIE, share_maximisers};
pub use simulate::{policy_regret, pseudo_regret};
