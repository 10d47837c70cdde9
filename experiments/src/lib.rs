//! The papers' experiments, the runner that carries them out, and the command line.
//!
//! A paper's room is the only place where one algorithm meets one environment with one set of numbers. It implements
//! [`runner::Experiment`] and takes one line in [`registry`]; the runner does the rest: units of work in parallel, resume,
//! shards, claims, tables, figures, the report.

pub mod barfi;
pub mod cli;
pub mod commands;
pub mod effective_horizon;
pub mod emergent;
mod error;
pub mod known_answers;
pub mod learn;
pub mod mex;
pub mod output;
pub mod plot;
pub mod registry;
pub mod regret;
pub mod runner;
pub mod shaping;
pub mod sqirl;
pub mod subpo;

pub use error::{Error, Result};
