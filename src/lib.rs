//! Exact tabular reinforcement learning.
//!
//! A claim about learning is checked here on problems small enough to be solved exactly: everything that can be computed
//! is computed with a certified error, and everything that is sampled is tested against its exact counterpart.
//!
//! The rooms, from the ground up (an arrow only ever points down):
//!
//! | room | what is in it |
//! |---|---|
//! | [`exploration`], [`horizon`], [`learning`], [`reward`] | theory: provably efficient exploration; the effective horizon; learning agents; where rewards come from |
//! | [`bandits`], [`submodular`] | theory: bandits, exact Bayes values and indices; returns with diminishing returns |
//! | [`simulation`] | many copies of an environment stepping at once |
//! | [`planning`] | exact solution of a known model, with bounds |
//! | [`mdp`] | models, the sparse table, policies, occupancies, files |
//! | [`stats`], [`numeric`], [`rng`] | ground: no reinforcement learning in here |
//!
//! # Example
//!
//! Two states; in state 0 one may stay (reward 0) or leave (reward 1) for the terminal state 1.
//!
//! ```
//! use tabrl::mdp::MdpBuilder;
//!
//! let mut builder = MdpBuilder::new(2);
//! builder.choice(0, 0, &[(1.0, 0, 0.0)]);
//! builder.choice(0, 1, &[(1.0, 1, 1.0)]);
//! builder.terminal(1);
//! let mdp = builder.build()?;
//! assert_eq!((mdp.num_states(), mdp.num_choices()), (2, 2));
//! # Ok::<(), tabrl::Error>(())
//! ```

#[doc = include_str!("../README.md")]
#[cfg(doctest)]
struct ReadmeExamples;

pub mod bandits;
mod error;
pub mod exploration;
pub mod horizon;
pub mod learning;
pub mod mdp;
pub mod numeric;
pub mod planning;
pub mod reward;
pub mod rng;
pub mod simulation;
pub mod stats;
pub mod submodular;
#[cfg(test)]
mod testing;

pub use error::{Error, Result};
