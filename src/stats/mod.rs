//! Statistics of runs: aggregates, intervals, tests. Scores are matrices `[runs, tasks]`.
//!
//! | function | what it computes |
//! |---|---|
//! | [`Aggregate`] | mean, median, interquartile mean, optimality gap |
//! | [`Bootstrap`] | stratified percentile intervals of aggregates and of performance profiles |
//! | [`probability_of_improvement`], [`spearman`], [`wilson_interval`] | comparisons |
//! | [`chi_square()`] | goodness of fit |

mod aggregate;
mod bootstrap;
mod chi_square;
mod comparison;

pub use aggregate::{Aggregate, interquartile_mean, mean, median, quantile};
pub use bootstrap::{AGGREGATE_REPETITIONS, Bootstrap, Estimate, PROFILE_REPETITIONS};
pub use chi_square::{ChiSquare, chi_square};
pub use comparison::{probability_of_improvement, spearman, wilson_interval};
