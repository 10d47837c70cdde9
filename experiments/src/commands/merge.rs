//! `tabrl merge`: joins the shares of several machines.

use std::path::PathBuf;

use crate::cli::Finish;
use crate::output::Format;
use crate::{Result, runner};

use super::reproduce::answer;

/// Joins the results of shards into exactly what one machine would have produced.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Result folders of the shards.
    #[arg(required = true, value_name = "DIR")]
    folders: Vec<PathBuf>,
    /// Where the joined results go.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// How to answer.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Joins the shares.
///
/// # Errors
/// See [`runner::merge`].
pub fn run(arguments: &Arguments) -> Result<Finish> {
    answer(&runner::merge(&arguments.folders, &arguments.out)?, arguments.format)
}
