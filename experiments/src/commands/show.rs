//! `tabrl show`: an environment with its optimal value and policy, drawn.

use std::path::PathBuf;

use serde::Serialize;
use tabrl::mdp::DecisionRule;
use tabrl::planning::{Criterion, Solution, SolveOptions, Status, solve};
use tabrl_envs::EnvTable;

use super::problem::{CriterionArguments, ParameterArguments, load_environment};
use crate::Result;
use crate::cli::Finish;
use crate::output::{self, Format};
use crate::plot::{SavedFigure, show};
use crate::runner::real::{self, Real};

/// The discount that values are drawn with unless another criterion is given.
const DISCOUNT: f64 = 0.99;

/// Shows an environment: its map, sizes, optimal value and policy, as text, SVG and PNG.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// An environment (see `tabrl list environments`).
    #[arg(value_name = "ENV")]
    environment: String,
    #[command(flatten)]
    parameters: ParameterArguments,
    #[command(flatten)]
    criterion: CriterionArguments,
    /// Folder for the pictures.
    #[arg(long, value_name = "DIR", default_value = "results/show")]
    out: PathBuf,
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
    #[serde(with = "real")]
    value_initial: f64,
    svg: PathBuf,
    png: PathBuf,
    /// The rows of the map, if there is one.
    map: Option<Vec<String>>,
    state_names: &'a [String],
    values: Vec<Real>,
    /// The greedy action of each state (at the first step), `None` where the state is terminal.
    actions: Vec<Option<&'a str>>,
}

/// Solves, prints, and draws.
///
/// # Errors
/// An environment that cannot be built or drawn, or a picture that cannot be written.
pub fn run(arguments: &Arguments) -> Result<Finish> {
    let aim = arguments.criterion.check(Some(Criterion::Discounted { gamma: DISCOUNT }))?;
    let table = load_environment(&arguments.environment, &arguments.parameters)?;
    let options = SolveOptions { objective: arguments.criterion.objective(), ..SolveOptions::default() };
    let solution = solve(&table.mdp, aim.criterion(&table.mdp)?, &options)?;
    let set = &arguments.parameters.set;
    let name = &arguments.environment;
    let title = if set.is_empty() { name.clone() } else { format!("{name} ({})", set.join(", ")) };
    let shown = show(&title, &table, &solution, terminal_width())?;
    let saved = shown.figure.save(&arguments.out.join(file_name(&title)))?;
    match arguments.format {
        Format::Json => output::json(&answer(name, &table, &solution, saved))?,
        Format::Text => {
            let (svg, png) = (saved.svg.display(), saved.png.display());
            output::text(&format!("{}\ndrawn as {svg}\n     and {png}\n", shown.text))?;
        }
    }
    Ok(if solution.status == Status::Certified { Finish::Done } else { Finish::Negative })
}

/// A title as the name of a file: what is not a letter, a digit or one of `. = _` becomes a hyphen. The title holds the
/// parameters that were set, so two settings do not share a picture.
fn file_name(title: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._=".contains(c) { c } else { ' ' };
    title.chars().map(plain).collect::<String>().split_whitespace().collect::<Vec<_>>().join("-")
}

/// The width of the terminal as the shell tells it, else 100 characters.
fn terminal_width() -> usize {
    std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok()).unwrap_or(100)
}

fn answer<'a>(name: &'a str, table: &'a EnvTable, solution: &'a Solution, saved: SavedFigure) -> Answer<'a> {
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
        criterion: solution.criterion.clone(),
        value_initial: solution.initial(mdp).value,
        svg: saved.svg,
        png: saved.png,
        map: table.map.as_ref().map(|map| map.rows.iter().map(|row| row.iter().collect()).collect()),
        state_names: &table.state_names,
        values: solution.values.iter().copied().map(Real).collect(),
        actions: (0..mdp.num_states()).map(action).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_become_names_of_files() {
        assert_eq!(file_name("minigrid/DoorKey-5x5 (slip=0.1, n=3)"), "minigrid-DoorKey-5x5-slip=0.1-n=3");
        assert_eq!(file_name("../x"), "..-x");
    }
}
