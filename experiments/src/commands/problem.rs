//! The problem a command works on: an environment by name with its parameters, or a table from a file.

use std::path::Path;
use std::time::Instant;

use tabrl::mdp::{Mdp, files};
use tabrl::planning::graph::{Predecessors, membership, prob0_all};
use tabrl::planning::{Criterion, Objective};
use tabrl_envs::EnvTable;

use super::numbers::whole;
use crate::runner::split_settings;
use crate::{Error, Result};

/// Options that name a problem.
#[derive(Debug, clap::Args)]
pub struct ProblemArguments {
    /// An environment (see `tabrl list environments`), or a table in a file (.npz, .json, .drn, .umb, .tra).
    #[arg(value_name = "ENV|FILE")]
    pub problem: String,
    /// What the environment takes.
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
    #[arg(
        long, value_name = "N", default_value_t = 10_000_000,
        allow_negative_numbers = true, value_parser = whole::<usize>(1..=u64::MAX)
    )]
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

/// Whether a problem is a file: a name of the registry is an environment; anything else that exists, or ends as
/// files of tables do ([`files::EXTENSIONS`]), is a file.
pub fn names_a_file(name: &str) -> bool {
    let path = Path::new(name);
    let known = tabrl_envs::registry().iter().any(|spec| spec.name == name);
    !known && (path.is_file() || files::Format::of_path(path).is_ok())
}

/// Builds or reads the problem, see [`names_a_file`].
///
/// # Errors
/// An unknown environment or parameter, a value out of range, more states than the limit, or a file that holds no MDP.
pub fn load(arguments: &ProblemArguments) -> Result<Problem> {
    let started = Instant::now();
    let mdp = load_table(arguments, false)?.mdp;
    Ok(Problem { name: arguments.problem.clone(), mdp, load_seconds: started.elapsed().as_secs_f64() })
}

/// The problem's table with what is known of its states: for a file, nothing; for an environment, with what is seen of each
/// state if `observe` says so.
///
/// # Errors
/// As [`load`].
pub fn load_table(arguments: &ProblemArguments, observe: bool) -> Result<EnvTable> {
    let name = &arguments.problem;
    if arguments.parameters.state_limit == 0 {
        return Err(Error::Usage("--state-limit 0: it must be at least 1".into()));
    }
    if Path::new(name).is_dir() {
        let endings: Vec<&str> = files::EXTENSIONS.iter().map(|(ending, _)| *ending).collect();
        return Err(Error::Usage(format!(
            "{name} is a folder; give an environment (`tabrl list environments`) or a file that ends in {}",
            endings.join(", ")
        )));
    }
    if names_a_file(name) {
        if let Some(text) = arguments.parameters.set.first() {
            return Err(Error::Usage(format!("--set {text}: a file has no parameters; {name} is no environment")));
        }
        return Ok(EnvTable::bare(files::read(Path::new(name))?));
    }
    if observe {
        let environment = tabrl_envs::make(name, &split_settings(&arguments.parameters.set)?)?;
        return Ok(environment.observed_table(arguments.parameters.state_limit)?);
    }
    load_environment(name, &arguments.parameters)
}

/// Builds an environment's table.
///
/// # Errors
/// An unknown environment or parameter, a value out of range, or more states than the limit.
pub fn load_environment(name: &str, arguments: &ParameterArguments) -> Result<EnvTable> {
    Ok(tabrl_envs::make(name, &split_settings(&arguments.set)?)?.table(arguments.state_limit)?)
}

/// Options that say what is optimised.
#[derive(Debug, clap::Args)]
pub struct CriterionArguments {
    /// What is optimised: `discounted` (--discount), `finite` (--horizon), `total` (undiscounted, for ever or until --goal),
    /// `reach` (probability of --goal), `average` (reward a step in the long run).
    #[arg(long, value_name = "NAME")]
    pub criterion: Option<String>,
    /// Discount factor, strictly between 0 and 1.
    #[arg(long, value_name = "G", allow_negative_numbers = true)]
    pub discount: Option<f64>,
    /// Number of steps, undiscounted.
    #[arg(long, value_name = "H", allow_negative_numbers = true, value_parser = whole::<usize>(1..=u64::MAX))]
    pub horizon: Option<usize>,
    /// The goal of `total` and `reach`: labels of the table, `terminal`, or numbers of states, separated by commas. `total`
    /// counts until the goal; it is infinite where the goal is not reached with probability one.
    #[arg(long, value_name = "LABEL|STATE", value_delimiter = ',')]
    pub goal: Vec<String>,
    /// Find the smallest value instead of the largest: rewards are costs.
    #[arg(long)]
    pub minimise: bool,
}

/// A criterion whose goal is not looked up yet.
pub struct Aim<'a> {
    criterion: Criterion,
    goal: &'a [String],
}

impl CriterionArguments {
    /// The criterion, checked as far as that is possible without the table; `default` if none is given.
    ///
    /// # Errors
    /// Options that are missing or do not fit together, or numbers out of range.
    pub fn check(&self, default: Option<Criterion>) -> Result<Aim<'_>> {
        let usage = |text: &str| Err(Error::Usage(text.into()));
        if self.goal.iter().any(|word| word.trim().is_empty()) {
            let problem =
                "there is an empty word; give labels of the table, `terminal`, or states, such as --goal terminal,3";
            return Err(Error::Config { place: format!("--goal {}", self.goal.join(",")), problem: problem.into() });
        }
        let given = (self.discount, self.horizon, !self.goal.is_empty());
        let criterion = match (self.criterion.as_deref(), given) {
            (None | Some("discounted"), (Some(gamma), None, false)) => Criterion::Discounted { gamma },
            (None | Some("finite"), (None, Some(horizon), false)) => Criterion::FiniteHorizon { horizon },
            (Some("total"), (None, None, _)) => Criterion::TotalReward { goal: None },
            (Some("reach"), (None, None, true)) => Criterion::Reachability { goal: Vec::new() },
            (Some("average"), (None, None, false)) => Criterion::AverageReward,
            (None, (None, None, false)) => match default {
                Some(criterion) => criterion,
                None => {
                    return usage(
                        "what is to be optimised? give --discount G, or --criterion finite --horizon H, total [--goal X], \
                         reach --goal X, or average",
                    );
                }
            },
            (Some("discounted"), (None, _, _)) => return usage("--criterion discounted needs --discount G"),
            (Some("finite"), (_, None, _)) => return usage("--criterion finite needs --horizon H"),
            (Some("reach"), (_, _, false)) => {
                return usage("--criterion reach needs --goal X: a label of the table, `terminal`, or a state");
            }
            (None, (None, None, true)) => {
                return usage("--goal belongs to --criterion total (reward until the goal) or reach (its probability)");
            }
            (None | Some("discounted" | "finite"), (Some(_), Some(_), _)) => {
                return usage(
                    "--discount and --horizon are different criteria: give --discount G for an infinite horizon, or \
                     --horizon H for the undiscounted sum over H steps",
                );
            }
            (Some(other), _) if !Criterion::NAMES.contains(&other) => {
                return Err(tabrl::Error::unknown("criterion", other, Criterion::NAMES).into());
            }
            (name, (discount, horizon, _)) => {
                let alien = match (discount, horizon) {
                    (Some(_), _) => "--discount",
                    (_, Some(_)) => "--horizon",
                    _ => "--goal",
                };
                return usage(&format!("{alien} does not belong to --criterion {}", name.unwrap_or("discounted")));
            }
        };
        criterion.validate()?;
        Ok(Aim { criterion, goal: &self.goal })
    }

    /// Whether more is better.
    pub fn objective(&self) -> Objective {
        if self.minimise { Objective::Minimise } else { Objective::Maximise }
    }
}

impl Aim<'_> {
    /// The criterion, with the goal looked up in a table.
    ///
    /// # Errors
    /// A goal that is neither a label nor a state of the table, or that no policy can reach from the start.
    pub fn criterion(self, mdp: &Mdp) -> Result<Criterion> {
        let mut members = Vec::new();
        for word in self.goal {
            members.extend(states_of(mdp, word)?);
        }
        members.sort_unstable();
        members.dedup();
        if !self.goal.is_empty() {
            check_reachable(mdp, &members, &self.goal.join(","))?;
        }
        let criterion = match self.criterion {
            Criterion::TotalReward { .. } if !self.goal.is_empty() => Criterion::TotalReward { goal: Some(members) },
            Criterion::Reachability { .. } => Criterion::Reachability { goal: members },
            other => other,
        };
        Ok(criterion)
    }
}

/// Refuses a goal that no policy can reach from the start: its probability is 0 and the total reward until it infinite, which is
/// hardly what was meant.
fn check_reachable(mdp: &Mdp, goal: &[u32], words: &str) -> Result<()> {
    let never = prob0_all(&Predecessors::new(mdp), &membership(mdp.num_states(), goal));
    if mdp.initial().iter().any(|&(s, _)| !never[s as usize]) {
        return Ok(());
    }
    let able = never.iter().filter(|&&never| !never).count();
    let start: Vec<String> = mdp.initial().iter().take(5).map(|(s, _)| s.to_string()).collect();
    Err(Error::Usage(format!(
        "--goal {words}: no policy reaches it from the start (state {}); {able} of {} states can reach it",
        start.join(", "),
        mdp.num_states()
    )))
}

/// The states that a word stands for: a label, `terminal` (states without choices), or the number of a state.
fn states_of(mdp: &Mdp, word: &str) -> Result<Vec<u32>> {
    if let Some(members) = mdp.labels().get(word) {
        if members.is_empty() {
            return Err(Error::Usage(format!("--goal {word}: no state has this label")));
        }
        return Ok(members.clone());
    }
    let states = mdp.num_states();
    if word == TERMINAL {
        let members: Vec<u32> = (0..states as u32).filter(|&s| mdp.is_terminal(s as usize)).collect();
        if members.is_empty() {
            return Err(Error::Usage("--goal terminal: no state of this table is terminal".into()));
        }
        return Ok(members);
    }
    match word.parse::<usize>() {
        Ok(state) if state < states => Ok(vec![state as u32]),
        Ok(state) => Err(tabrl::Error::StateIndex { what: "--goal", state, states }.into()),
        Err(_) => {
            let known = mdp.labels().keys().map(String::as_str).chain([TERMINAL]);
            Err(tabrl::Error::unknown("label", word, known).into())
        }
    }
}

/// The word that stands for the states without choices.
const TERMINAL: &str = "terminal";
