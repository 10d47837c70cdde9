//! Two-player zero-sum games of a known model: one step ([`solve_matrix`]), for ever ([`solve_game`]), over a horizon
//! ([`solve_game_finite`]), and what a strategy loses to its worst opponent ([`exploitability`]).
//!
//! ```text
//! val(M) = max_x min_y xᵀ M y                               the row player maximises, the column player pays
//! V(s)   = val[ r(s, i, j) + γ Σ_s' p(s'|s, i, j) V(s') ]   a γ-contraction (Shapley 1953)
//! ```
//! Every answer carries bounds that hold for the exact real numbers, rounding included, and the strategies that prove
//! them: the row player's wins at least the lower bound, the column player's pays at most the upper one.
//!
//! ```
//! use ndarray::arr2;
//! use tabrl::planning::games::solve_matrix;
//!
//! let pennies = solve_matrix(arr2(&[[3.0, -1.0], [-2.0, 1.0]]).view())?;
//! assert!((pennies.value - 1.0 / 7.0).abs() < 1e-12 && pennies.duality_gap() <= 1e-9);
//! assert!((pennies.row_strategy[0] - 3.0 / 7.0).abs() < 1e-12);
//! # Ok::<(), tabrl::Error>(())
//! ```

mod finite;
mod markov;
mod matrix;
mod response;
mod shapley;
mod simplex;
#[cfg(test)]
pub(crate) mod tests;

pub use finite::{FiniteGameSolution, solve_game_finite, staged_response};
pub use markov::{MarkovGame, Player};
pub use matrix::{MatrixSolution, MatrixSolver, MatrixValue, solve_matrix};
pub use response::{Exploitability, best_response, exploitability, response_mdp};
pub use shapley::{GameMethod, GameOptions, GameSolution, solve_game};
