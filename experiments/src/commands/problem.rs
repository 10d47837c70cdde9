//! The problem a command works on: an environment by name with its parameters, or a table from a file.

use std::path::Path;
use std::time::Instant;

use tabrl::mdp::{Mdp, files};
use tabrl::planning::Criterion;
use tabrl_envs::EnvTable;

use crate::runner::split_setting;
use crate::{Error, Result};

/// Options that name a problem.
#[derive(Debug, clap::Args)]
pub struct ProblemArguments {
    /// An environment (see `tabrl list environments`), or a table in a file (.npz, .json).
    #[arg(value_name = "ENV|FILE")]
    pub problem: String,
    #[command(flatten)]
    pub parameters: ParameterArguments,
}

/// Options that an environment takes.
#[derive(Debug, clap::Args)]
pub struct ParameterArguments {
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
    /// The table.
    pub mdp: Mdp,
    /// How long it took to build or read.
    pub load_seconds: f64,
}

/// Builds or reads the problem. A name of the registry is an environment; anything else that exists, or ends in `.npz` or
/// `.json`, is a file.
///
/// # Errors
/// An unknown environment or parameter, a value out of range, more states than the limit, or a file that holds no MDP.
pub fn load(arguments: &ProblemArguments) -> Result<Problem> {
    let started = Instant::now();
    let name = &arguments.problem;
    let path = Path::new(name);
    let known = tabrl_envs::registry().iter().any(|spec| spec.name == *name);
    let file = !known && (path.is_file() || path.extension().is_some_and(|e| e == "npz" || e == "json"));
    let mdp = if file {
        if let Some(text) = arguments.parameters.set.first() {
            return Err(Error::Usage(format!("--set {text}: a file has no parameters; {name} is no environment")));
        }
        files::read(path)?
    } else {
        load_environment(name, &arguments.parameters)?.mdp
    };
    Ok(Problem { name: name.clone(), mdp, load_seconds: started.elapsed().as_secs_f64() })
}

/// Builds an environment's table.
///
/// # Errors
/// An unknown environment or parameter, a value out of range, or more states than the limit.
pub fn load_environment(name: &str, arguments: &ParameterArguments) -> Result<EnvTable> {
    Ok(tabrl_envs::make(name, &split_all(&arguments.set)?)?.table(arguments.state_limit)?)
}

/// Splits every `key=value`.
pub fn split_all(settings: &[String]) -> Result<Vec<(&str, &str)>> {
    settings.iter().map(|text| split_setting(text)).collect()
}

/// Options that say what is maximised.
#[derive(Debug, clap::Args)]
pub struct CriterionArguments {
    /// What is maximised: `discounted` needs --discount, `finite` needs --horizon.
    #[arg(long, value_name = "NAME")]
    pub criterion: Option<String>,
    /// Discount factor, strictly between 0 and 1.
    #[arg(long, value_name = "G", allow_negative_numbers = true)]
    pub discount: Option<f64>,
    /// Number of steps, undiscounted.
    #[arg(long, value_name = "H")]
    pub horizon: Option<usize>,
}

impl CriterionArguments {
    /// The criterion, checked; `default` if none is given.
    ///
    /// # Errors
    /// Options that are missing or do not fit together, or numbers out of range.
    pub fn check(&self, default: Option<Criterion>) -> Result<Criterion> {
        let usage = |text: &str| Err(Error::Usage(text.into()));
        let criterion = match (self.criterion.as_deref(), self.discount, self.horizon) {
            (None | Some("discounted"), Some(gamma), None) => Criterion::Discounted { gamma },
            (None | Some("finite"), None, Some(horizon)) => Criterion::FiniteHorizon { horizon },
            (None, None, None) => match default {
                Some(criterion) => criterion,
                None => return usage("what is to be maximised? give --discount G, or --criterion finite --horizon H"),
            },
            (Some("discounted"), None, _) => return usage("--criterion discounted needs --discount G"),
            (Some("finite"), _, None) => return usage("--criterion finite needs --horizon H"),
            (None | Some("discounted" | "finite"), Some(_), Some(_)) => {
                return usage(
                    "--discount and --horizon are different criteria: give --discount G for an infinite horizon, or \
                     --horizon H for the undiscounted sum over H steps",
                );
            }
            (Some(other), _, _) => {
                return Err(tabrl::Error::unknown("criterion", other, ["discounted", "finite"]).into());
            }
        };
        criterion.validate()?;
        Ok(criterion)
    }
}
