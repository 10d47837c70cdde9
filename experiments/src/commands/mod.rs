//! The commands: each turns raw arguments into a checked configuration, and runs it.

pub mod export;
pub mod horizon;
pub mod learn;
pub mod list;
pub mod merge;
pub mod problem;
pub mod reproduce;
pub mod show;
pub mod solve;
mod solve_answer;
