//! The problem a command works on: an environment by name, with its parameters.

use tabrl::mdp::Mdp;
use tabrl_envs::EnvTable;

use crate::Result;
use crate::runner::split_setting;

/// Options that name a problem.
#[derive(Debug, clap::Args)]
pub struct ProblemArguments {
    /// An environment (see `tabrl list environments`).
    #[arg(value_name = "ENV")]
    pub problem: String,
    /// A parameter of the environment, as key=value (repeatable).
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Most states that are enumerated.
    #[arg(long, value_name = "N", default_value_t = 10_000_000)]
    pub state_limit: usize,
}

/// A problem in memory.
pub struct Problem {
    /// The name or file given.
    pub name: String,
    /// The table and what is needed to draw it.
    pub table: EnvTable,
}

impl Problem {
    /// The table.
    pub fn mdp(&self) -> &Mdp {
        &self.table.mdp
    }
}

/// Builds the problem.
///
/// # Errors
/// An unknown environment or parameter, a value out of range, or more states than the limit.
pub fn load(arguments: &ProblemArguments) -> Result<Problem> {
    let settings = split_all(&arguments.set)?;
    let table = tabrl_envs::make(&arguments.problem, &settings)?.table(arguments.state_limit)?;
    Ok(Problem { name: arguments.problem.clone(), table })
}

/// Splits every `key=value`.
pub fn split_all(settings: &[String]) -> Result<Vec<(&str, &str)>> {
    settings.iter().map(|text| split_setting(text)).collect()
}
