//! Provably efficient exploration in episodic MDPs, with the regret computed exactly.
//!
//! An episode has `H` steps `h = 0 … H−1` in a finite MDP whose law an agent does not know. Before episode `k` an
//! [`EpisodicAgent`] commits to a policy `π_k`, one rule a step; it is then shown the steps that the policy took. Its regret is
//!
//! ```text
//! Reg(K) = Σ_{k ≤ K} [ V*_0 − V_0^{π_k} ]        V_0: expected value of the initial state, undiscounted over H steps
//! ```
//! and [`run`] computes each difference by dynamic programming in the true table: no sampled return enters it.
//!
//! Agents assume that rewards lie in a range they are told ([`Setup::reward_range`]); [`Setup::validate`] checks it.
//! [`registry`] lists them and [`make`] builds one by name.

mod agent;
pub mod average;
pub mod bpi_ucbvi;
pub mod certainty_equivalence;
mod certificate;
mod confidence;
pub mod conformance;
mod counts;
pub mod delayed_q;
pub mod e3;
pub mod epsilon_greedy;
pub mod euler;
pub mod games;
pub mod inner;
pub mod lsvi_ucb;
pub mod mbie_eb;
pub mod mex;
pub mod nora;
mod optimism;
mod posterior;
pub mod psrl;
pub mod r_max;
mod registry;
mod regret;
pub mod rf_ucrl;
pub mod rlsvi;
mod rules;
mod scaling;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
pub mod ucb_q;
pub mod ucb_q_bernstein;
pub mod ucbvi;
pub mod ucbvi_bernstein;
pub mod ucrl2;

pub use agent::{EpisodicAgent, Setup, Step};
pub use certificate::Truth;
pub use counts::{Counting, Counts};
pub use registry::{ExplorerSpec, make, registry};
pub use regret::{RegretCurve, RegretOptions, RegretPoint, run};
pub use rules::{StageRules, evaluate};
pub use scaling::Scaling;
