//! The commands: each turns raw arguments into a checked configuration, and runs it.

/// Most threads that may be asked for: more only wait for each other.
const MOST_THREADS: u64 = 512;

pub mod bandit;
pub mod export;
pub mod game;
pub mod horizon;
pub mod learn;
pub mod list;
pub mod merge;
mod numbers;
pub mod problem;
pub mod regret;
pub mod reproduce;
pub mod show;
pub mod solve;
mod solve_answer;
mod solve_constrained;
pub mod submodular;
