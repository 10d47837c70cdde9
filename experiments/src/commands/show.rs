//! `tabrl show`: an environment with its optimal value and policy, drawn.

use std::path::{Path, PathBuf};

use serde::Serialize;
use tabrl::mdp::DecisionRule;
use tabrl::planning::{Criterion, Solution, SolveOptions, Status, solve};
use tabrl_envs::EnvTable;

use super::problem::{CriterionArguments, ParameterArguments, load_environment};
use crate::cli::Finish;
use crate::output::{self, Format};
use crate::plot::{Drawing, show};
use crate::runner::write_atomically;
use crate::{Error, Result};

/// The discount that values are drawn with unless another criterion is given.
const DISCOUNT: f64 = 0.99;

/// Shows an environment: its map, sizes, optimal value and policy.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// An environment (see `tabrl list environments`).
    #[arg(value_name = "ENV")]
    environment: String,
    #[command(flatten)]
    parameters: ParameterArguments,
    #[command(flatten)]
    criterion: CriterionArguments,
    /// Also draw a picture, as an .svg or .png file.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// How to answer.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Serialize)]
struct Answer<'a> {
    environment: &'a str,
    states: usize,
    choices: usize,
    branches: usize,
    criterion: Criterion,
    value_initial: f64,
    /// The rows of the map, if there is one.
    map: Option<Vec<String>>,
    state_names: &'a [String],
    values: &'a [f64],
    /// The greedy action of each state (at the first step), `None` where the state is terminal.
    actions: Vec<Option<&'a str>>,
}

/// Solves, prints, and draws.
///
/// # Errors
/// An environment that cannot be built or drawn, or a picture that cannot be written.
pub fn run(arguments: &Arguments) -> Result<Finish> {
    let criterion = arguments.criterion.check(Some(Criterion::Discounted { gamma: DISCOUNT }))?;
    if let Some(path) = &arguments.out {
        Picture::of(path)?;
    }
    let table = load_environment(&arguments.environment, &arguments.parameters)?;
    let solution = solve(&table.mdp, criterion, &SolveOptions::default())?;
    let set = arguments.parameters.set.join(" ");
    let name = if set.is_empty() { arguments.environment.clone() } else { format!("{} {set}", arguments.environment) };
    match arguments.format {
        Format::Json => output::json(&answer(&arguments.environment, &table, &solution))?,
        Format::Text => output::text(&show(&name, &table, &solution, terminal_width())?.text)?,
    }
    if let Some(path) = &arguments.out {
        write_picture(path, &show(&name, &table, &solution, terminal_width())?.figure)?;
    }
    Ok(if solution.status == Status::Certified { Finish::Done } else { Finish::Negative })
}

/// What kind of picture a file name asks for.
enum Picture {
    Svg,
    Png,
}

impl Picture {
    fn of(path: &Path) -> Result<Picture> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("svg") => Ok(Picture::Svg),
            Some("png") => Ok(Picture::Png),
            _ => Err(Error::Config {
                place: format!("--out {}", path.display()),
                problem: "the file name must end in .svg or .png".into(),
            }),
        }
    }
}

fn write_picture(path: &Path, figure: &Drawing) -> Result<()> {
    match Picture::of(path)? {
        Picture::Svg => write_atomically(path, figure.svg().as_bytes()),
        Picture::Png => write_atomically(path, &figure.png()?),
    }
}

/// The width of the terminal as the shell tells it, else 100 characters.
fn terminal_width() -> usize {
    std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok()).unwrap_or(100)
}

fn answer<'a>(name: &'a str, table: &'a EnvTable, solution: &'a Solution) -> Answer<'a> {
    let mdp = &table.mdp;
    let rule = solution.policy.rule(0);
    let action = |s: usize| {
        let choice = match rule {
            DecisionRule::Deterministic(choices) => (!mdp.is_terminal(s)).then(|| choices[s] as usize),
            DecisionRule::Stochastic(probability) => {
                mdp.choices(s).max_by(|&a, &b| probability[a].total_cmp(&probability[b]))
            }
        };
        choice.map(|c| table.action_names[mdp.action_of(s, c)].as_str())
    };
    Answer {
        environment: name,
        states: mdp.num_states(),
        choices: mdp.num_choices(),
        branches: mdp.num_branches(),
        criterion: solution.criterion,
        value_initial: mdp.initial_value(&solution.values),
        map: table.map.as_ref().map(|map| map.rows.iter().map(|row| row.iter().collect()).collect()),
        state_names: &table.state_names,
        values: &solution.values,
        actions: (0..mdp.num_states()).map(action).collect(),
    }
}
