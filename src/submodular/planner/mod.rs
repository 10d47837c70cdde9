//! What learning is compared with.
//!
//! | planner | guarantee |
//! |---|---|
//! | [`greedy`] | none for walks: it can be trapped |
//! | [`Modular`] | for monotone submodular functions of curvature c (time being part of the ground set) at least (1 - c) of the best; its own optimum bounds every policy from above if the function is submodular |
//! | [`beam`] | a plan, so a lower bound of the optimum |
//! | [`recursive_greedy`] | at least 1/(1 + ⌈log₂ k⌉) of the best walk between two states (Chekuri and Pál 2005) |
//! | [`semi_gradient`], [`semi_gradient_policy`] | each step maximises a modular lower bound that is tight at a walk: so a walk never gets worse, and a policy is kept only if it is better |
//! | [`EpsilonBandit`] | of monotone submodular functions continuous greedy reaches 1 - 1/e of the best as its steps get shorter |
//!
//! [`crate::submodular::Lattice`] has the optimum where it can be computed.

mod bandit;
mod beam;
mod greedy;
mod modular;
mod recursive;
mod semi_gradient;
#[cfg(test)]
mod tests;

pub use bandit::EpsilonBandit;
pub use beam::{Plan, beam};
pub use greedy::{Sampled, Ties, greedy, greedy_sampled, rollout, uniform_sampled};
pub use modular::Modular;
pub use recursive::{RecursiveGreedy, recursive_greedy};
pub use semi_gradient::{semi_gradient, semi_gradient_policy};
