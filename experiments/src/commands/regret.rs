//! `tabrl learn --metric regret`: regret of episodic agents on a problem, with bands over seeds.

use serde::Serialize;

use super::learn::{Arguments, Keys, sort_settings};
use super::problem::names_a_file;
use crate::cli::Finish;
use crate::learn::Aggregation;
use crate::output::{self, Format};
use crate::regret::{self, Config, End, Regret};
use crate::runner::{self, Stored, split_settings};
use crate::{Error, Result};

/// The answer; the field names are the keys of the JSON. What needs all shares is null until they are joined.
#[derive(Serialize)]
struct Answer {
    problem: String,
    horizon: u64,
    episodes: u64,
    seeds: u64,
    /// Value of the optimal policy over an episode.
    optimal: Option<f64>,
    agents: Option<Vec<AgentAnswer>>,
    #[serde(flatten)]
    stored: Stored,
}

#[derive(Serialize)]
struct AgentAnswer {
    agent: String,
    regret_mean: f64,
    regret_ci95: Option<(f64, f64)>,
    stuck_fraction: f64,
    /// Least of the value believed minus the optimum less its penalty; null if the agent states none.
    least_optimism: Option<f64>,
}

/// Plays every agent with every seed that is not stored yet, then draws and prints.
///
/// # Errors
/// Unknown names and keys, numbers out of range, or a folder that cannot be written.
pub fn run(arguments: &Arguments) -> Result<Finish> {
    let spec = regret::spec();
    let settings = config(arguments)?.settings(spec.name, spec.config)?;
    let regret = Regret::new(&settings)?;
    let run = runner::carry_out(&spec, &settings, &regret, &arguments.options())?;
    let summary = run.results.as_ref().map(|results| regret.summary(results)).transpose()?;
    let ends = summary.as_ref().map(|summary| summary.ends()).transpose()?;
    let agent = |end: End| AgentAnswer {
        agent: end.agent,
        regret_mean: end.regret.value,
        regret_ci95: end.regret.interval,
        stuck_fraction: end.stuck,
        least_optimism: end.least_optimism.is_finite().then_some(end.least_optimism),
    };
    let config = regret.config();
    let answer = Answer {
        problem: config.problem.clone(),
        horizon: config.horizon,
        episodes: config.episodes,
        seeds: config.seeds,
        optimal: summary.as_ref().map(|summary| summary.optimal()),
        agents: ends.map(|ends| ends.into_iter().map(agent).collect()),
        stored: run.stored("regret"),
    };
    match arguments.format {
        Format::Json => output::json(&answer)?,
        Format::Text => output::text(&in_text(&answer))?,
    }
    Ok(Finish::Done)
}

fn config(arguments: &Arguments) -> Result<Config> {
    let usage = |text: &str| Error::Usage(text.to_owned());
    let specs = tabrl::exploration::registry();
    if arguments.steps.is_some() || arguments.discount.is_some() {
        return Err(usage(
            "--steps and --discount belong to --metric value; regret is counted over --episodes, undiscounted",
        ));
    }
    if arguments.aggregate != Aggregation::Mean {
        return Err(usage("--aggregate belongs to --metric value; regret is averaged over the seeds"));
    }
    for name in &arguments.agent {
        if specs.iter().all(|spec| spec.name != name)
            && tabrl::learning::registry().iter().any(|spec| spec.name == name)
        {
            return Err(usage(&format!("{name} commits to no policy an episode; measure it with --metric value")));
        }
    }
    let reward_range = match arguments.reward_range[..] {
        [] => [0.0, 1.0],
        [low, high] => [low, high],
        _ => return Err(usage("--reward-range takes two numbers, such as 0,1")),
    };
    let known: Vec<Keys> = specs.iter().map(|spec| (spec.name, &spec.params[..])).collect();
    let (parameters, agents) = sort_settings(arguments, &known)?;
    let horizon = match arguments.horizon {
        Some(horizon) => horizon,
        None => customary(arguments, &parameters)?,
    };
    Ok(Config {
        problem: arguments.env.clone(),
        parameters,
        checksum: String::new(),
        state_limit: arguments.state_limit,
        horizon,
        episodes: arguments.episodes.unwrap_or(1000),
        reward_range,
        points: arguments.points,
        spacing: arguments.spacing(),
        seeds: arguments.seeds,
        first_seed: arguments.seed,
        agents,
    })
}

/// The steps of an episode that are customary for the environment.
fn customary(arguments: &Arguments, parameters: &[String]) -> Result<u64> {
    let none = || {
        Error::Usage(format!(
            "{} has no customary length of an episode, which episodic agents need; give --horizon T",
            arguments.env
        ))
    };
    if names_a_file(&arguments.env) {
        return Err(none());
    }
    let table = tabrl_envs::make(&arguments.env, &split_settings(parameters)?)?.table(arguments.state_limit)?;
    table.episode_length.map(|length| length as u64).ok_or_else(none)
}

fn in_text(answer: &Answer) -> String {
    let Some(agents) = &answer.agents else {
        return answer.stored.partial();
    };
    let mut text = format!(
        "{}: mean regret and 95 % bootstrap interval over {} seeds after {} episodes of {} steps\n",
        answer.problem, answer.seeds, answer.episodes, answer.horizon
    );
    for agent in agents {
        let interval =
            agent.regret_ci95.map_or("one seed, no interval".to_owned(), |(a, b)| format!("[{a:.3}, {b:.3}]"));
        let stuck = 100.0 * agent.stuck_fraction;
        text.push_str(&format!("  {:<26}{:>14.3}  {interval}  {stuck:.0} % stuck\n", agent.agent, agent.regret_mean));
    }
    if let Some(optimal) = answer.optimal {
        text.push_str(&format!("  {:<26}{optimal:>14.6}  an episode\n", "optimal"));
    }
    text + &answer.stored.listing()
}
