//! Learning agents on tabular problems, trained by sampled steps and judged by exact evaluation.
//!
//! | agent | idea | source |
//! |---|---|---|
//! | [`q_learning`] | one-step off-policy control | Watkins 1989 |
//! | [`sarsa`] | one-step on-policy control | Rummery and Niranjan 1994 |
//! | [`expected_sarsa`] | the same, averaged over the next choice | van Seijen et al. 2009 |
//! | [`n_step_sarsa`] | between one step and Monte Carlo | Sutton and Barto 2018, 7.2 |
//! | [`monte_carlo`] | control by whole returns | Sutton and Barto 2018, 5.4 |
//! | [`double_q`] | two tables against overestimation | van Hasselt 2010 |
//! | [`sqirl`] | random exploration, regression, a few steps of lookahead | Laidlaw et al. 2024 |
//! | [`optimistic_model`] | R-max and UCB value iteration | Brafman and Tennenholtz 2002, Azar et al. 2017 |
//! | [`minimax_q`] | Q-learning for two-player zero-sum games | Littman 1994 |
//! | [`reinforce`] | sampled policy gradient, baselines | Williams 1992 |
//! | [`policy_gradient`] | exact and natural policy gradient of the softmax policy | Sutton et al. 2000, Kakade 2001 |
//!
//! An [`Agent`] sees state indices and choices of a table, rewards and **true successors** only. A termination is worth 0 from
//! there on; a time limit is not the end of the world, so agents bootstrap from the state it interrupted. [`train`] drives
//! an agent and evaluates its policy exactly along the way; [`registry`] lists the agents and [`make`] builds one by name.

mod agent;
pub mod conformance;
pub mod double_q;
pub mod expected_sarsa;
mod explore;
pub mod minimax_q;
pub mod monte_carlo;
pub mod n_step_sarsa;
pub mod optimistic_model;
mod oracle;
pub(crate) mod params;
pub mod policy_gradient;
pub mod q_learning;
mod registry;
pub mod reinforce;
pub mod sarsa;
mod softmax;
pub mod sqirl;
mod td;
#[cfg(test)]
mod tests;
mod train;

pub use agent::{Agent, Experience, Setup};
pub use explore::{EpsilonGreedy, StepSize};
pub use oracle::{FeatureKind, OracleKind, OracleParams};
pub use params::{Param, Value};
pub use registry::{AgentSpec, make, registry};
pub use td::TdParams;
pub use train::{Curve, CurvePoint, EvaluationPoints, TrainOptions, Trainer, check_training, train};
