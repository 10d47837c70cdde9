//! The papers' experiments, the runner, the figures and the command line of tabrl.

mod error;
pub mod plot;

pub use error::{Error, Result};
