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
//!
//! Most bonuses come in two sizes: a practical one, and that of a theorem. The source of each is named with its formula. The
//! numerical constants of theory have not been compared with the text of the papers in these cases: the 7 of UCBVI, the 8, 14/3
//! and 100² of its Bernstein bonus, EULER's, the forms of UCB-B, delayed Q-learning, E³ and NORA, the 3, 14, 6 and 36 of BPI-UCBVI,
//! the radius of KL-UCRL, and the variance of RLSVI's noise. That they are optimistic on small tables is tested where an agent
//! claims to be; the guarantee of the paper itself should be read there. PSRL, ε-greedy and certainty equivalence have no bonus.

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
