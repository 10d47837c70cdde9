//! Policies for Bernoulli bandits. All but two look at counts alone, so that their Bayes value can be computed exactly.
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
//! | `thompson-normal:σ` | largest of one draw from each N(p̂, σ²/n) |
//! | `perturbed-myopic:c` | posterior mean + c · posterior deviation · a fresh normal draw |
//! | `explore-then-commit:m` | each arm m times (⌈T^{2/3}/K⌉ without a number), then the best of then for ever |
//! | `linucb:α` | (s + α √(n + 1))/(n + 1): [`LinUcb`] with a unit vector for each arm (Li et al. 2010) |
//! | `ids`, `v-ids` | least (expected regret)² / information, see [`Ids`] (Russo and Van Roy 2014) |
//! | `knowledge-gradient` | posterior mean + (T - t) · expected gain of the largest posterior mean by one pull |
//! | `gittins` | largest undiscounted index for the steps that are left |
//! | `gittins:γ` | largest Gittins index at discount γ |
//! | `exp3`, `tsallis-inf` | probabilities from estimated losses, see [`Weighting`]; they look at more than counts |

mod commit;
mod index;
mod information;
mod linear;
mod normal;
mod order;
mod registry;
#[cfg(test)]
mod tests;
mod thompson;
mod weights;

pub use commit::ExploreThenCommit;
pub use index::{BayesUcb, EpsilonGreedy, KlUcb, LinearUcb, Moss, Myopic, Ucb, Uniform};
pub use information::{Ids, Information, KnowledgeGradient};
pub use linear::{LinUcb, linear_regret};
pub use normal::NormalDraws;
pub use registry::{NAMES, Policy, RULES, make};
pub use thompson::Thompson;
pub use weights::{Weighted, Weighting};
