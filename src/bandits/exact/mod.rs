//! What can be computed exactly about bandits and small search problems.
//!
//! Arms are Bernoulli, independent, with a common Beta(a, b) prior on their means; a belief is then the [`Counts`](super::Counts) of each arm.
//!
//! ```text
//! Q_m(b, i) = p_i (1 + V_{m-1}(b + success of i)) + (1 - p_i) V_{m-1}(b + failure of i),     V_m = max_i Q_m,   V_0 = 0
//! p_i       = (a + s_i) / (a + b + s_i + f_i)
//! ```
//! The same recursion with the policy's probabilities in place of the maximum gives the exact Bayes value of every
//! [`CountPolicy`](super::CountPolicy).
//!
//! | item | what it computes |
//! |---|---|
//! | [`BetaBernoulli`] | optimal Bayes value, Bayes value and regret of a policy, for K arms over T steps |
//! | [`BlockBandit`] | the same for blocks of geometric length with a signalled reset |
//! | [`gittins_index`], [`GittinsTable`], [`gaussian_index`], ... | Gittins indices and their bounds |
//! | [`SafeArm`] | one arm of known mean beside an unknown one: optimal and myopic values, when exploring pays |
//! | [`best_window`] | the best policy that remembers the last k pulls |
//! | [`doors_value`], [`GridSearch`] | needle in a haystack behind doors; a hidden goal in a grid |
//! | [`RunLengthFilter`] | the belief when switches are not signalled |
//! | [`lai_robbins`] | the constant of the lower bound on regret |

mod blocks;
mod change_point;
mod doors;
mod gaussian;
mod gittins;
mod gittins_table;
mod grid_search;
mod index_table;
mod lower_bound;
mod many_arms;
mod quadrature;
mod safe_arm;
mod size;
#[cfg(test)]
mod tests;
mod two_arms;
mod value;
mod window;

pub use blocks::BlockBandit;
pub use change_point::RunLengthFilter;
pub use doors::{doors_value, myopic_doors_value};
pub use gaussian::{gaussian_index, gaussian_index_lower, gaussian_index_upper};
pub use gittins::{IndexBracket, finite_gittins_index, gittins_index, gittins_index_lower, gittins_index_upper};
pub use gittins_table::{GittinsPolicy, GittinsTable};
pub use grid_search::{GridSearch, SafeExit, SearchValues};
pub use lower_bound::{bernoulli_divergence, lai_robbins};
pub use quadrature::{expected_maximum, gauss_legendre};
pub use safe_arm::{SafeArm, exploration_horizon, exploration_pays};
pub use size::{MOST_STATES, num_states};
pub(in crate::bandits) use size::{check_prior, check_probability};
pub use value::BetaBernoulli;
pub use window::{BestWindow, WindowRule, best_window, window_value};
