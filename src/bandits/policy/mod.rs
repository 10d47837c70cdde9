//! Policies for Bernoulli bandits that look at counts alone.
//!
//! Notation: n pulls of an arm, s of them paid, p̂ = s/n, t the 1-based step, T the horizon, K the number of arms, Beta(a, b) the prior.
//! Arms without pulls come first in the rules without a prior; equal scores share evenly.
//!
//! | name | rule |
//! |---|---|
//! | `uniform` | every arm alike |
//! | `myopic` | largest posterior mean |
//! | `greedy` | largest p̂ |
//! | `epsilon-greedy:e` | uniform with probability e, else largest p̂ |
//! | `ucb1` | p̂ + √(2 ln t / n) (Auer, Cesa-Bianchi and Fischer 2002) |
//! | `ucb:α` | p̂ + √(α ln t / (2 n)); α = 4 is `ucb1` |
//! | `kl-ucb` | largest q with n kl(p̂, q) <= ln t (Garivier and Cappé 2011) |
//! | `moss` | p̂ + √(max(0, ln(T/(K n)))/n) (Audibert and Bubeck 2009) |
//! | `bayes-ucb` | quantile 1 - 1/t of the posterior (Kaufmann, Cappé and Garivier 2012) |
//! | `thompson` | largest of one draw from each posterior (Thompson 1933) |
//! | `ids`, `v-ids` | least (expected regret)² / information, see [`Ids`] (Russo and Van Roy 2014) |
//! | `knowledge-gradient` | posterior mean + (T - t) · expected gain of the largest posterior mean by one pull |
//! | `gittins` | largest undiscounted index for the steps that are left |
//! | `gittins:γ` | largest Gittins index at discount γ |

mod index;
mod information;
mod registry;
#[cfg(test)]
mod tests;
mod thompson;

pub use index::{BayesUcb, EpsilonGreedy, KlUcb, Moss, Myopic, Ucb, Uniform};
pub use information::{Ids, Information, KnowledgeGradient};
pub use registry::{NAMES, make};
pub use thompson::Thompson;
