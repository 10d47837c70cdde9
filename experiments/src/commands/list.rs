//! `tabrl list`: what there is, with sizes and parameters.

use std::fmt::Write;

use rayon::prelude::*;
use serde::Serialize;
use tabrl::bandits::policy::RULES;
use tabrl::exploration;
use tabrl::learning;
use tabrl::planning::{MethodInfo, methods};
use tabrl_envs::games::GameSpec;
use tabrl_envs::submodular::WalkSpec;
use tabrl_envs::{COMMON_PARAMS, Param};

use super::numbers::whole;
use crate::cli::Finish;
use crate::output::{self, Format};
use crate::{Result, registry};

/// Lists environments (with their sizes and parameters), games, submodular problems, solvers, agents, policies of bandits and experiments.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// What to list; everything by default.
    #[arg(value_enum)]
    what: Option<What>,
    /// Environments with more states than this are listed without their sizes.
    #[arg(
        long, value_name = "N", default_value_t = 20_000,
        allow_negative_numbers = true, value_parser = whole::<usize>(1..=u64::MAX)
    )]
    state_limit: usize,
    /// How to answer.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum What {
    Environments,
    Games,
    Submodular,
    Solvers,
    Agents,
    BanditPolicies,
    Experiments,
}

#[derive(Serialize)]
struct EnvironmentEntry {
    name: String,
    summary: String,
    source: &'static str,
    /// `None`: more than the limit.
    states: Option<usize>,
    choices: Option<usize>,
    branches: Option<usize>,
    actions: usize,
    parameters: Vec<ParameterEntry>,
}

#[derive(PartialEq, Serialize)]
struct ParameterEntry {
    name: &'static str,
    default: String,
    doc: String,
}

#[derive(Serialize)]
struct GameEntry {
    name: &'static str,
    summary: &'static str,
    source: &'static str,
    states: usize,
    joint_choices: usize,
}

#[derive(Serialize)]
struct WalkEntry {
    name: &'static str,
    summary: &'static str,
    /// Number of states of a walk.
    horizon: usize,
}

#[derive(Serialize)]
struct SolverEntry {
    name: &'static str,
    summary: &'static str,
    criteria: &'static str,
}

#[derive(Serialize)]
struct AgentEntry {
    name: &'static str,
    summary: &'static str,
    source: &'static str,
    /// What `tabrl learn` measures it by: `value`, or `regret` for episodic agents.
    metric: &'static str,
    parameters: Vec<ParameterEntry>,
}

#[derive(Serialize)]
struct RuleEntry {
    name: &'static str,
    summary: &'static str,
}

#[derive(Serialize)]
struct ExperimentEntry {
    name: &'static str,
    title: &'static str,
    source: &'static str,
}

#[derive(Serialize)]
struct Listing {
    #[serde(skip_serializing_if = "Option::is_none")]
    environments: Option<Vec<EnvironmentEntry>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    common_parameters: Option<Vec<ParameterEntry>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    games: Option<Vec<GameEntry>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    submodular: Option<Vec<WalkEntry>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    solvers: Option<Vec<SolverEntry>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agents: Option<Vec<AgentEntry>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bandit_policies: Option<Vec<RuleEntry>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    experiments: Option<Vec<ExperimentEntry>>,
}

/// Prints the list.
///
/// # Errors
/// An environment that cannot be built with its defaults.
pub fn run(arguments: &Arguments) -> Result<Finish> {
    let wanted = |what| arguments.what.is_none_or(|only| only == what);
    let environments = wanted(What::Environments).then(|| environments(arguments.state_limit)).transpose()?;
    let listing = Listing {
        common_parameters: environments.as_ref().map(|_| parameters(&COMMON_PARAMS)),
        environments,
        games: wanted(What::Games).then(games).transpose()?,
        submodular: wanted(What::Submodular).then(walks),
        solvers: wanted(What::Solvers).then(solvers),
        agents: wanted(What::Agents).then(agents),
        bandit_policies: wanted(What::BanditPolicies)
            .then(|| RULES.iter().map(|&(name, summary)| RuleEntry { name, summary }).collect()),
        experiments: wanted(What::Experiments).then(experiments),
    };
    match arguments.format {
        Format::Json => output::json(&listing)?,
        Format::Text => output::text(&in_text(&listing, arguments.state_limit))?,
    }
    Ok(Finish::Done)
}

fn parameters(params: &[Param]) -> Vec<ParameterEntry> {
    params.iter().map(|p| ParameterEntry { name: p.name, default: p.default.into(), doc: p.doc.into() }).collect()
}

fn environments(limit: usize) -> Result<Vec<EnvironmentEntry>> {
    let entry = |spec: tabrl_envs::Spec| {
        let environment = tabrl_envs::make(&spec.name, &[])?;
        let table = match environment.table(limit) {
            Ok(table) => Some(table.mdp),
            Err(tabrl_envs::EnvError::Library(tabrl::Error::StateLimit { .. })) => None,
            Err(error) => return Err(error.into()),
        };
        Ok(EnvironmentEntry {
            states: table.as_ref().map(|mdp| mdp.num_states()),
            choices: table.as_ref().map(|mdp| mdp.num_choices()),
            branches: table.as_ref().map(|mdp| mdp.num_branches()),
            actions: environment.num_actions(),
            parameters: parameters(&spec.params),
            name: spec.name,
            summary: spec.summary,
            source: spec.source,
        })
    };
    tabrl_envs::registry().into_par_iter().map(entry).collect()
}

fn games() -> Result<Vec<GameEntry>> {
    let entry = |spec: GameSpec| {
        let game = tabrl_envs::games::make(spec.name)?.game;
        let GameSpec { name, summary, source, .. } = spec;
        Ok(GameEntry { name, summary, source, states: game.num_states(), joint_choices: game.joint().num_choices() })
    };
    tabrl_envs::games::registry().into_iter().map(entry).collect()
}

fn walks() -> Vec<WalkEntry> {
    let entry = |spec: WalkSpec| WalkEntry { name: spec.name, summary: spec.summary, horizon: spec.horizon };
    tabrl_envs::submodular::registry().into_iter().map(entry).collect()
}

fn solvers() -> Vec<SolverEntry> {
    let entry = |info: &MethodInfo| SolverEntry { name: info.name, summary: info.summary, criteria: info.criteria };
    methods().iter().map(entry).collect()
}

fn agents() -> Vec<AgentEntry> {
    let parameter = |p: learning::Param| ParameterEntry {
        name: p.name,
        default: p.default,
        doc: format!("{}, {}", p.doc, p.expected),
    };
    let entry = |name, summary, source, metric, params: Vec<learning::Param>| AgentEntry {
        name,
        summary,
        source,
        metric,
        parameters: params.into_iter().map(parameter).collect(),
    };
    let learners = learning::registry().into_iter().map(|s| entry(s.name, s.summary, s.source, "value", s.params));
    let explorers = exploration::registry().into_iter().map(|s| entry(s.name, s.summary, s.source, "regret", s.params));
    learners.chain(explorers).collect()
}

fn experiments() -> Vec<ExperimentEntry> {
    let entry = |spec: crate::runner::Spec| ExperimentEntry { name: spec.name, title: spec.title, source: spec.source };
    registry::experiments().into_iter().map(entry).collect()
}

fn in_text(listing: &Listing, limit: usize) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    if let Some(environments) = &listing.environments {
        let width = environments.iter().map(|e| e.name.len()).max().unwrap_or(0);
        let _ = writeln!(text, "environments\n  {:<width$} {:>9} {:>9} {:>9}", "", "states", "choices", "branches");
        let mut shown: &[ParameterEntry] = &[];
        for e in environments {
            let size = |n: Option<usize>| n.map_or(format!(">{limit}"), |n| n.to_string());
            let (states, rest) = (size(e.states), |n: Option<usize>| n.map_or("–".to_owned(), |n| n.to_string()));
            let (choices, branches) = (rest(e.choices), rest(e.branches));
            let _ = writeln!(text, "  {:<width$} {states:>9} {choices:>9} {branches:>9}  {}", e.name, e.summary);
            // A family shares its parameters; once is enough.
            if e.parameters != shown {
                in_text_parameters(&mut text, &e.parameters, width + 4);
            }
            shown = &e.parameters;
        }
        text.push_str("  every environment\n");
        in_text_parameters(&mut text, listing.common_parameters.as_deref().unwrap_or_default(), width + 4);
    }
    if let Some(games) = &listing.games {
        text.push_str("games\n");
        for game in games {
            let size = format!("{} states, {} joint choices; {}", game.states, game.joint_choices, game.source);
            let _ = writeln!(text, "  {:<26} {} ({size})", game.name, game.summary);
        }
    }
    if let Some(walks) = &listing.submodular {
        text.push_str("submodular problems (tabrl submodular)\n");
        for walk in walks {
            let _ = writeln!(text, "  {:<26} {} (H = {})", walk.name, walk.summary, walk.horizon);
        }
    }
    if let Some(solvers) = &listing.solvers {
        text.push_str("solvers\n");
        for solver in solvers {
            let _ = writeln!(text, "  {:<26} {} ({})", solver.name, solver.summary, solver.criteria);
        }
    }
    if let Some(agents) = &listing.agents {
        let mut metric = "";
        for agent in agents {
            if agent.metric != metric {
                metric = agent.metric;
                let _ = writeln!(text, "agents measured by {metric} (tabrl learn --metric {metric})");
            }
            let _ = writeln!(text, "  {:<26} {} ({})", agent.name, agent.summary, agent.source);
            in_text_parameters(&mut text, &agent.parameters, 29);
        }
    }
    if let Some(rules) = &listing.bandit_policies {
        text.push_str("bandit policies (tabrl bandit)\n");
        for rule in rules {
            let _ = writeln!(text, "  {:<26} {}", rule.name, rule.summary);
        }
    }
    if let Some(experiments) = &listing.experiments {
        text.push_str("experiments\n");
        for e in experiments {
            let _ = writeln!(text, "  {:<26} {} ({})", e.name, e.title, e.source);
        }
    }
    text
}

fn in_text_parameters(text: &mut String, parameters: &[ParameterEntry], indent: usize) {
    for p in parameters {
        let _ = writeln!(text, "{:indent$}{}={}: {}", "", p.name, p.default, p.doc);
    }
}
