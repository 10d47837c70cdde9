//! `tabrl export`: a table as a file, and between file formats.

use std::path::PathBuf;

use serde::Serialize;
use tabrl::mdp::files;

use super::problem::{ProblemArguments, load};
use crate::Result;
use crate::cli::Finish;
use crate::output::{self, Format};

/// Writes a problem's table to a file.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    problem: ProblemArguments,
    /// The file: .npz (sparse arrays), .json (Gymnasium's P), .drn (Storm's text), .umb (unified
    /// Markov binary), both also with .gz, or .tra (PRISM's).
    #[arg(value_name = "OUT")]
    out: PathBuf,
    /// The file format, where the extension does not tell: npz, npz-dense, gymnasium, drn, umb, prism.
    #[arg(long, value_name = "FORMAT")]
    to: Option<files::Format>,
    /// How to answer.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Serialize)]
struct Answer {
    file: String,
    file_format: String,
    states: usize,
    choices: usize,
    branches: usize,
}

/// Builds the problem and writes it.
///
/// # Errors
/// A problem that cannot be built, a format that cannot hold it, or a file that cannot be written.
pub fn run(arguments: &Arguments) -> Result<Finish> {
    let to = arguments.to.map_or_else(|| files::Format::of_path(&arguments.out), Ok)?;
    let mdp = load(&arguments.problem)?.mdp;
    files::write(&arguments.out, &mdp, to)?;
    let answer = Answer {
        file: arguments.out.display().to_string(),
        file_format: to.to_string(),
        states: mdp.num_states(),
        choices: mdp.num_choices(),
        branches: mdp.num_branches(),
    };
    match arguments.format {
        Format::Json => output::json(&answer)?,
        Format::Text => {
            let sizes = format!("{} states, {} choices, {} branches", answer.states, answer.choices, answer.branches);
            output::text(&format!("{} ({}): {sizes}\n", answer.file, answer.file_format))?;
        }
    }
    Ok(Finish::Done)
}
