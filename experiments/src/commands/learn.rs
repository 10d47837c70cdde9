//! `tabrl learn`: learning curves of one or more agents on a problem, with bands over seeds.
//!
//! The options become the configuration of a run of [`crate::learn`], which the runner carries out like a paper's.

use std::path::PathBuf;

use serde::Serialize;
use tabrl::learning::Param;

use super::numbers::whole;
use super::reproduce::default_jobs;
use crate::cli::Finish;
use crate::learn::{self, AgentConfig, Aggregation, Config, End, LearningCurves, MAX_POINTS, MAX_SEEDS, Spacing};
use crate::output::{self, Format};
use crate::runner::{self, Options, Shard, Stored, set_twice, split_settings};
use crate::{Error, Result};

/// Draws learning curves: agents on a problem, judged by the exact value of their policies.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// An environment (see `tabrl list environments`), or a table in a file (.npz, .json, .drn, .umb, .tra).
    #[arg(long, value_name = "ENV|FILE")]
    pub(super) env: String,
    /// Agents (see `tabrl list agents`), separated by commas.
    #[arg(long, value_name = "AGENT", value_delimiter = ',', required = true)]
    pub(super) agent: Vec<String>,
    /// Number of seeds.
    #[arg(
        long, value_name = "N", default_value_t = 10,
        allow_negative_numbers = true, value_parser = whole::<u64>(1..=MAX_SEEDS)
    )]
    pub(super) seeds: u64,
    /// First seed; the others follow it.
    #[arg(
        long, value_name = "SEED", default_value_t = 0,
        allow_negative_numbers = true, value_parser = whole::<u64>(0..=LARGEST)
    )]
    pub(super) seed: u64,
    /// What is measured: the value of the policy as agents learn, or the regret of episodic agents, summed over episodes.
    #[arg(long, value_enum, default_value_t)]
    metric: Metric,
    /// Environment steps of each run; default 20000 [metric value].
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u64>(1..=LARGEST))]
    pub(super) steps: Option<u64>,
    /// Discount factor, above 0 and at most 1, default 0.99; 1 needs --horizon [metric value].
    #[arg(long, value_name = "G", allow_negative_numbers = true)]
    pub(super) discount: Option<f64>,
    /// Episodes of each run; default 1000 [metric regret].
    #[arg(long, value_name = "K", allow_negative_numbers = true, value_parser = whole::<u64>(1..=LARGEST))]
    pub(super) episodes: Option<u64>,
    /// The range in which agents assume rewards to lie; default 0,1 [metric regret].
    #[arg(long, value_name = "LOW,HIGH", value_delimiter = ',', allow_negative_numbers = true)]
    pub(super) reward_range: Vec<f64>,
    /// Steps after which an episode is interrupted (agents bootstrap there), or for regret the steps of an episode (default:
    /// what is customary for the environment).
    #[arg(long, value_name = "T", allow_negative_numbers = true, value_parser = whole::<u64>(1..=LARGEST))]
    pub(super) horizon: Option<u64>,
    /// Number of points at which the policy is evaluated.
    #[arg(
        long, value_name = "N", default_value_t = 40,
        allow_negative_numbers = true, value_parser = whole::<u16>(1..=u64::from(MAX_POINTS))
    )]
    pub(super) points: u16,
    /// Space the points evenly on a logarithmic axis.
    #[arg(long)]
    log: bool,
    /// What is drawn over the seeds at each point.
    #[arg(long, value_enum, default_value_t)]
    pub(super) aggregate: Aggregation,
    /// Parameters, separated by commas: env.key=value of the environment, agent.key=value of all agents, NAME.key=value of
    /// one; key=value of the environment if it has that parameter, else of the agents that have it.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Most states that are enumerated.
    #[arg(
        long, value_name = "N", default_value_t = 1_000_000,
        allow_negative_numbers = true, value_parser = whole::<usize>(1..=u64::MAX)
    )]
    pub(super) state_limit: usize,
    /// Number of threads; changes no result. Default: all processors.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u16>(1..=super::MOST_THREADS))]
    jobs: Option<u16>,
    /// Train only this share of the agents and seeds, such as 1/3; `tabrl merge` joins the shares.
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Where the results go: the run is a folder in learn/ in it.
    #[arg(long, value_name = "DIR", default_value = "results")]
    out: PathBuf,
    /// How to answer.
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

/// What is measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Metric {
    /// The exact value of the policy.
    #[default]
    Value,
    /// The exact regret over episodes.
    Regret,
}

/// The largest whole number that a configuration file can hold.
const LARGEST: u64 = i64::MAX as u64;

/// The answer; the field names are the keys of the JSON. What needs all shares is null until they are joined.
#[derive(Serialize)]
struct Answer {
    problem: String,
    discount: f64,
    horizon: Option<u64>,
    steps: u64,
    seeds: u64,
    /// Value of the optimal policy; with a discount of 1, over `horizon` steps.
    optimal: f64,
    agents: Option<Vec<AgentAnswer>>,
    #[serde(flatten)]
    stored: Stored,
}

#[derive(Serialize)]
struct AgentAnswer {
    agent: String,
    final_value: f64,
    final_ci95: Option<(f64, f64)>,
}

/// Trains every agent with every seed that is not stored yet, then draws and prints.
///
/// # Errors
/// Unknown names and keys, numbers out of range, an agent that does not apply, or a folder that cannot be written.
pub fn run(arguments: &Arguments) -> Result<Finish> {
    match arguments.metric {
        Metric::Value => values(arguments),
        Metric::Regret => super::regret::run(arguments),
    }
}

fn values(arguments: &Arguments) -> Result<Finish> {
    if arguments.episodes.is_some() || !arguments.reward_range.is_empty() {
        return Err(Error::Usage("--episodes and --reward-range belong to --metric regret".into()));
    }
    let (learners, explorers) = (tabrl::learning::registry(), tabrl::exploration::registry());
    let only_explores = |name: &&String| {
        explorers.iter().any(|spec| spec.name == **name) && learners.iter().all(|spec| spec.name != **name)
    };
    if let Some(name) = arguments.agent.iter().find(only_explores) {
        return Err(Error::Usage(format!("{name} is an episodic agent; measure it with --metric regret")));
    }
    let spec = learn::spec();
    let settings = config(arguments)?.settings(spec.name, spec.config)?;
    let curves = LearningCurves::new(&settings)?;
    let run = runner::carry_out(&spec, &settings, &curves, &arguments.options())?;
    let ends = run.results.as_ref().map(|results| curves.summary(results)?.ends()).transpose()?;
    let agent = |End { agent, value }| AgentAnswer { agent, final_value: value.value, final_ci95: value.interval };
    let config = curves.config();
    let answer = Answer {
        problem: config.problem.clone(),
        discount: config.discount,
        horizon: config.time_limit(),
        steps: config.steps,
        seeds: config.seeds,
        optimal: curves.optimal(),
        agents: ends.map(|ends| ends.into_iter().map(agent).collect()),
        stored: run.stored("curves"),
    };
    match arguments.format {
        Format::Json => output::json(&answer)?,
        Format::Text => output::text(&in_text(&answer, config.aggregate))?,
    }
    Ok(Finish::Done)
}

impl Arguments {
    /// How the run is carried out.
    pub(super) fn options(&self) -> Options {
        Options { out: self.out.clone(), jobs: self.jobs.map_or_else(default_jobs, usize::from), shard: self.shard }
    }

    /// How the points are spaced.
    pub(super) fn spacing(&self) -> Spacing {
        if self.log { Spacing::Log } else { Spacing::Even }
    }
}

fn config(arguments: &Arguments) -> Result<Config> {
    let specs = tabrl::learning::registry();
    let known: Vec<Keys> = specs.iter().map(|spec| (spec.name, &spec.params[..])).collect();
    let (parameters, agents) = sort_settings(arguments, &known)?;
    Ok(Config {
        problem: arguments.env.clone(),
        parameters,
        checksum: String::new(),
        state_limit: arguments.state_limit,
        discount: arguments.discount.unwrap_or(0.99),
        horizon: arguments.horizon.unwrap_or(0),
        steps: arguments.steps.unwrap_or(20_000),
        points: arguments.points,
        spacing: arguments.spacing(),
        aggregate: arguments.aggregate,
        seeds: arguments.seeds,
        first_seed: arguments.seed,
        agents,
    })
}

/// The settings of all `--set` options. A comma separates two of them where a `key=` follows; any other belongs to a value.
fn split_commas(options: &[String]) -> Vec<String> {
    let mut settings: Vec<String> = Vec::new();
    for option in options {
        for (i, part) in option.split(',').enumerate() {
            match settings.last_mut().filter(|_| i > 0 && !part.contains('=')) {
                Some(before) => *before = format!("{before},{part}"),
                None => settings.push(part.to_owned()),
            }
        }
    }
    settings
}

/// Whether the environment `name` has a parameter `key`.
fn environment_has(name: &str, key: &str) -> bool {
    let own = tabrl_envs::registry().into_iter().find(|spec| spec.name == name);
    let Some(own) = own else { return false };
    own.params.iter().map(|param| param.name).chain(tabrl_envs::COMMON_PARAMS.iter().map(|p| p.name)).any(|n| n == key)
}

/// An agent's name and its parameters.
pub(super) type Keys<'a> = (&'a str, &'a [Param]);

/// Deals the `--set` options out: `env.` goes to the environment, `agent.` to all agents, an agent's name to that one, which
/// wins over what all agents get; a key alone to the environment if it knows it, else to the agents that do, else to the
/// environment, which says what it knows.
pub(super) fn sort_settings(arguments: &Arguments, specs: &[Keys]) -> Result<(Vec<String>, Vec<AgentConfig>)> {
    let mut env = Vec::new();
    let agent = |name: &String| AgentConfig { name: name.clone(), set: Vec::new() };
    let mut agents: Vec<AgentConfig> = arguments.agent.iter().map(agent).collect();
    let takes = |agent: &AgentConfig, key: &str| {
        specs.iter().any(|(name, params)| *name == agent.name && params.iter().any(|param| param.name == key))
    };
    let texts = split_commas(&arguments.set);
    let mut own = Vec::new();
    for (key, value) in split_settings(&texts)? {
        match key.split_once('.') {
            None if !environment_has(&arguments.env, key) && agents.iter().any(|agent| takes(agent, key)) => {
                for agent in agents.iter_mut().filter(|agent| takes(agent, key)) {
                    put(&mut agent.set, key, value)?;
                }
            }
            None | Some(("env", _)) => put(&mut env, key.strip_prefix("env.").unwrap_or(key), value)?,
            Some(("agent", key)) => agents.iter_mut().try_for_each(|agent| put(&mut agent.set, key, value))?,
            Some((owner, key)) => own.push((owner, key, value)),
        }
    }
    for (owner, key, value) in own {
        let mut found = false;
        for agent in agents.iter_mut().filter(|agent| owner == agent.name) {
            agent.set.retain(|text| text.split_once('=').is_none_or(|(known, _)| known != key));
            agent.set.push(format!("{key}={value}"));
            found = true;
        }
        if !found {
            let known = ["env", "agent"].into_iter().chain(arguments.agent.iter().map(String::as_str));
            return Err(tabrl::Error::unknown("owner of a parameter", owner, known).into());
        }
    }
    Ok((env, agents))
}

/// Adds a setting whose key is not there yet.
fn put(settings: &mut Vec<String>, key: &str, value: &str) -> Result<()> {
    let before = settings.iter().find_map(|text| text.split_once('=').filter(|(known, _)| *known == key));
    match before {
        Some((_, before)) => Err(set_twice(key, before, value)),
        None => {
            settings.push(format!("{key}={value}"));
            Ok(())
        }
    }
}

fn in_text(answer: &Answer, aggregate: Aggregation) -> String {
    let Some(agents) = &answer.agents else {
        return answer.stored.partial();
    };
    let says = aggregate.says();
    let mut text = format!("{}: {says} over {} seeds after {} steps\n", answer.problem, answer.seeds, answer.steps);
    for agent in agents {
        let interval =
            agent.final_ci95.map_or("one seed, no interval".to_owned(), |(a, b)| format!("[{a:.6}, {b:.6}]"));
        text.push_str(&format!("  {:<26}{:>14.6}  {interval}\n", agent.agent, agent.final_value));
    }
    text.push_str(&format!("  {:<26}{:>14.6}\n", "optimal", answer.optimal));
    text + &answer.stored.listing()
}
