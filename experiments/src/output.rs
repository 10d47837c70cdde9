//! Standard output: answers only. Progress and messages go to standard error.

use std::io::Write;

use serde::Serialize;

use crate::{Error, Result};

/// How a command answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON value with stable keys and numbers in full precision.
    Json,
}

/// Writes a line to standard error, for notes, warnings and progress. Where that cannot be written to there is nobody to tell, and
/// the work goes on.
pub fn note(text: &str) {
    let mut err = std::io::stderr().lock();
    let _ = writeln!(err, "{text}");
}

/// Writes text to standard output.
///
/// # Errors
/// [`Error::Stdout`], a closed pipe included (which ends the program quietly, see [`crate::cli::main`]).
pub fn text(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Error::Stdout)
}

/// Writes one JSON value and a newline to standard output.
///
/// # Errors
/// [`Error::Stdout`].
pub fn json(value: &impl Serialize) -> Result<()> {
    let body = serde_json::to_string_pretty(value).map_err(|e| Error::Stdout(e.into()))?;
    text(&(body + "\n"))
}
