//! MEX: maximise to explore (Liu et al. 2023, arXiv 2305.18258). One objective, estimation minus planning, and no confidence set.
//!
//! ```text
//! f_k = argmax_f  V*_f(x_0) − η L(f; data so far)          play the optimal policy of f_k
//! ```
//!
//! | where | what |
//! |---|---|
//! | [`block`](Block) | one choice: the most optimistic law of its successors at a price, in closed form |
//! | [`Objective`] | the model-based objective `J`, its relaxation by dynamic programming (an upper bound) |
//! | [`ascend`], [`grow`], [`bracket()`] | monotone ascents on `J` (lower bounds), and `max J` between certified bounds |
//! | [`MexModelBased`], [`MexModelFree`] | the agents `mex-mb` and `mex-mf` |
//! | [`Residuals`] | the model-free objective in closed form, with its local ascent |
//! | [`FiniteMex`] | finite classes of models, where the argmax is exact |
//! | [`LinearMex`], [`MixtureMex`] | linear action values; linear mixtures of models |
//!
//! The price `η` is that of a nat of the whole log-likelihood (half of what it is where half the log-likelihood is charged).

mod ascent;
mod block;
mod bracket;
mod finite;
mod finite_classes;
mod growth;
mod layers;
mod linear;
mod mixture;
mod model_based;
mod model_free;
mod objective;
mod price;
mod relaxation;
mod residuals;
mod sweep;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use ascent::{AscentOptions, ascend};
pub use block::{Block, Worths};
pub use bracket::{Bracket, STARTS, Start, bracket};
pub use finite::{FiniteMex, Selection};
pub use finite_classes::{bandit, guessing, locks, pair};
pub use growth::{grow, grow_discounted};
pub use layers::Successors;
pub use linear::LinearMex;
pub use mixture::{MixtureMex, grow_mixture, mixture_law};
pub use model_based::{MexModelBased, MexModelBasedParams, Solver};
pub use model_free::{MexModelFree, MexModelFreeParams};
pub use objective::{Law, Objective, Rewards};
pub use price::{PriceParams, Schedule, model_based_theory, model_free_theory};
pub use residuals::Residuals;
