//! `tabrl learn`: learning curves of one or more agents on a problem, with bands over seeds.
//!
//! All agents meet the same environment randomness at the same seed (common random numbers), and the value at each point is
//! the exact value of the agent's policy, not a sampled return.

use std::path::PathBuf;

use ndarray::Array2;
use rayon::prelude::*;
use serde::Serialize;
use tabrl::learning::{Curve, EvaluationPoints, Setup, TrainOptions, make, train};
use tabrl::mdp::Mdp;
use tabrl::planning::{Criterion, SolveOptions, solve};
use tabrl::stats::{Aggregate, Bootstrap, Estimate};

use super::problem::{ParameterArguments, ProblemArguments, load, split_all};
use crate::cli::Finish;
use crate::output::{self, Format};
use crate::plot::{self, AgentRuns, LearningCurves, Unit};
use crate::runner::{Progress, Table};
use crate::{Error, Result};

/// Draws learning curves: agents on a problem, judged by the exact value of their policies.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// An environment (see `tabrl list environments`), or a table in a file (.npz, .json).
    #[arg(long, value_name = "ENV|FILE")]
    env: String,
    /// Agents (see `tabrl list agents`), separated by commas.
    #[arg(long, value_name = "AGENT", value_delimiter = ',', required = true)]
    agent: Vec<String>,
    /// Number of seeds.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    seeds: u64,
    /// First seed; the others follow it.
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    seed: u64,
    /// Environment steps of each run.
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..))]
    steps: u64,
    /// Discount factor, above 0 and at most 1; 1 needs --horizon.
    #[arg(long, value_name = "G", default_value_t = 0.99, allow_negative_numbers = true)]
    discount: f64,
    /// Steps after which an episode is interrupted; agents bootstrap there.
    #[arg(long, value_name = "T", value_parser = clap::value_parser!(u64).range(1..))]
    horizon: Option<u64>,
    /// Number of points at which the policy is evaluated.
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    points: u16,
    /// Space the points evenly on a logarithmic axis.
    #[arg(long)]
    log: bool,
    /// What is drawn over the seeds at each point.
    #[arg(long, value_enum, default_value_t)]
    aggregate: Summary,
    /// A parameter: key=value or env.key=value of the environment, agent.key=value of all agents, NAME.key=value of one.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Most states that are enumerated.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    state_limit: usize,
    /// Number of threads; changes no result. Default: all processors.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Folder for curves.csv and the figure.
    #[arg(long, value_name = "DIR", default_value = "results/learn")]
    out: PathBuf,
    /// How to answer.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// The number drawn at each point.
#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Summary {
    #[default]
    Mean,
    Median,
    /// The interquartile mean.
    Iqm,
}

impl Summary {
    fn aggregate(self) -> (Aggregate, &'static str) {
        match self {
            Summary::Mean => (Aggregate::Mean, "mean and 95 % bootstrap interval"),
            Summary::Median => (Aggregate::PooledMedian, "median and 95 % bootstrap interval"),
            Summary::Iqm => (Aggregate::InterquartileMean, "interquartile mean and 95 % bootstrap interval"),
        }
    }
}

/// The answer; the field names are the keys of the JSON.
#[derive(Serialize)]
struct Answer {
    problem: String,
    discount: f64,
    horizon: Option<u64>,
    steps: u64,
    seeds: u64,
    /// Value of the optimal policy; with a discount of 1, over `horizon` steps.
    optimal: f64,
    agents: Vec<AgentAnswer>,
    csv: PathBuf,
    svg: PathBuf,
    png: PathBuf,
}

#[derive(Serialize)]
struct AgentAnswer {
    agent: String,
    final_value: f64,
    final_ci95: Option<(f64, f64)>,
}

/// Settings of the environment, and of each agent in order.
type Settings = (Vec<String>, Vec<Vec<(String, String)>>);

/// Trains every agent with every seed, then draws and prints.
///
/// # Errors
/// Unknown names and keys, numbers out of range, an agent that does not apply, or a folder that cannot be written.
pub fn run(arguments: &Arguments) -> Result<Finish> {
    let (env_settings, agent_settings) = sort_settings(arguments)?;
    let problem = load(&ProblemArguments {
        problem: arguments.env.clone(),
        parameters: ParameterArguments { set: env_settings, state_limit: arguments.state_limit },
    })?;
    let optimal = optimum(&problem.mdp, arguments)?;
    std::fs::create_dir_all(&arguments.out).map_err(|e| tabrl::Error::io(&arguments.out, e))?;
    let curves = in_pool(arguments.jobs, || train_all(&problem.mdp, arguments, &agent_settings))??;
    let table = table(arguments, &curves);
    table.write(&arguments.out)?;
    let (aggregate, says) = arguments.aggregate.aggregate();
    let bootstrap =
        Bootstrap { repetitions: tabrl::stats::PROFILE_REPETITIONS, seed: arguments.seed, ..Bootstrap::default() };
    let summary =
        |column: ndarray::ArrayView1<f64>| -> Result<Estimate> { Ok(bootstrap.estimate_column(column, aggregate)?) };
    let picture = pictured(arguments, &problem.name, &curves, optimal);
    let figure = picture.figure(says, |column| {
        let Estimate { value, interval } = summary(column)?;
        Ok(plot::Estimate { value, interval })
    })?;
    let stem = arguments.out.join("curves");
    figure.draw()?.save(&stem)?;
    let ends = |(name, agent): (&String, &AgentRuns)| -> Result<AgentAnswer> {
        let last = agent.runs.ncols() - 1;
        let Estimate { value, interval } = summary(agent.runs.column(last))?;
        Ok(AgentAnswer { agent: name.clone(), final_value: value, final_ci95: interval })
    };
    let answer = Answer {
        problem: problem.name,
        discount: arguments.discount,
        horizon: arguments.horizon,
        steps: arguments.steps,
        seeds: arguments.seeds,
        optimal,
        agents: arguments.agent.iter().zip(&picture.agents).map(ends).collect::<Result<_>>()?,
        csv: stem.with_extension("csv"),
        svg: stem.with_extension("svg"),
        png: stem.with_extension("png"),
    };
    match arguments.format {
        Format::Json => output::json(&answer)?,
        Format::Text => output::text(&in_text(&answer, says))?,
    }
    Ok(Finish::Done)
}

/// Deals the `--set` options out: `agent.` goes to all agents, an agent's name to that one, the rest to the environment.
fn sort_settings(arguments: &Arguments) -> Result<Settings> {
    let mut env = Vec::new();
    let mut agents = vec![Vec::new(); arguments.agent.len()];
    for (key, value) in split_all(&arguments.set)? {
        match key.split_once('.') {
            None => env.push(format!("{key}={value}")),
            Some(("env", key)) => env.push(format!("{key}={value}")),
            Some((owner, key)) => {
                let mut found = false;
                for (settings, name) in agents.iter_mut().zip(&arguments.agent) {
                    if owner == "agent" || owner == name {
                        settings.push((key.to_owned(), value.to_owned()));
                        found = true;
                    }
                }
                if !found {
                    let known = ["env", "agent"].into_iter().chain(arguments.agent.iter().map(String::as_str));
                    return Err(tabrl::Error::unknown("owner of a parameter", owner, known).into());
                }
            }
        }
    }
    Ok((env, agents))
}

fn optimum(mdp: &Mdp, arguments: &Arguments) -> Result<f64> {
    let criterion = match (arguments.discount == 1.0, arguments.horizon) {
        (true, Some(horizon)) => Criterion::FiniteHorizon { horizon: horizon as usize },
        (true, None) => {
            return Err(Error::Usage("--discount 1 needs --horizon T: the undiscounted value over T steps".into()));
        }
        (false, _) => Criterion::Discounted { gamma: arguments.discount },
    };
    criterion.validate()?;
    let solution = solve(mdp, criterion, &SolveOptions::default())?;
    Ok(mdp.initial_value(&solution.values))
}

/// Every agent with every seed; `[agent][seed]`.
fn train_all(mdp: &Mdp, arguments: &Arguments, settings: &[Vec<(String, String)>]) -> Result<Vec<Vec<Curve>>> {
    let seeds = arguments.seeds as usize;
    let points = usize::from(arguments.points);
    let options = |seed| TrainOptions {
        discount: arguments.discount,
        time_limit: arguments.horizon,
        steps: arguments.steps,
        points: if arguments.log { EvaluationPoints::Log(points) } else { EvaluationPoints::Even(points) },
        seed,
    };
    // Names, parameters and ranges are checked before any work starts.
    let agent = |index: usize, seed: u64| {
        let given: Vec<(&str, &str)> = settings[index].iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        make(&arguments.agent[index], &given, &Setup { mdp, discount: arguments.discount, seed })
    };
    for index in 0..arguments.agent.len() {
        agent(index, arguments.seed)?;
    }
    let progress = Progress::new("learn", 0, arguments.agent.len() * seeds);
    let curves: Result<Vec<Curve>> = (0..arguments.agent.len() * seeds)
        .into_par_iter()
        .map(|job| {
            let seed = arguments.seed.wrapping_add((job % seeds) as u64);
            let curve = train(mdp, agent(job / seeds, seed)?.as_mut(), &options(seed))?;
            progress.done(&format!("{} seed {seed}", arguments.agent[job / seeds]));
            Ok(curve)
        })
        .collect();
    progress.finish();
    Ok(curves?.chunks(seeds).map(<[Curve]>::to_vec).collect())
}

fn in_pool<T: Send>(jobs: Option<u16>, work: impl FnOnce() -> T + Send) -> Result<T> {
    let Some(jobs) = jobs else { return Ok(work()) };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs.into()).build();
    Ok(pool.map_err(|error| Error::Usage(format!("--jobs {jobs}: {error}")))?.install(work))
}

fn table(arguments: &Arguments, curves: &[Vec<Curve>]) -> Table {
    let columns = [
        ("agent", "", "name of the agent"),
        ("seed", "", "seed of the environment and of the agent"),
        ("step", "steps", "environment steps so far"),
        ("episodes", "", "episodes finished so far"),
        ("value", "", "exact value of the agent's policy from the start"),
        ("reward_sum", "", "sum of the rewards received while training"),
    ];
    let mut table = Table::new("curves", "One row an agent, seed and evaluation.", &columns);
    for (name, curves) in arguments.agent.iter().zip(curves) {
        for (index, curve) in curves.iter().enumerate() {
            for p in &curve.points {
                let seed = arguments.seed.wrapping_add(index as u64);
                table.row(vec![
                    name.as_str().into(),
                    seed.into(),
                    p.step.into(),
                    p.episodes.into(),
                    p.value.into(),
                    p.reward_sum.into(),
                ]);
            }
        }
    }
    table
}

fn pictured(arguments: &Arguments, problem: &str, curves: &[Vec<Curve>], optimal: f64) -> LearningCurves {
    let points: Vec<f64> = curves[0][0].points.iter().map(|p| p.step as f64).collect();
    let runs =
        |curves: &Vec<Curve>| Array2::from_shape_fn((curves.len(), points.len()), |(i, j)| curves[i].points[j].value);
    let measure = match arguments.horizon {
        Some(horizon) if arguments.discount == 1.0 => format!("value of the policy [reward over {horizon} steps]"),
        _ => format!("value of the policy [reward discounted by {}]", arguments.discount),
    };
    LearningCurves {
        title: format!("Learning {problem}"),
        unit: Unit::EnvironmentSteps,
        measure,
        agents: arguments
            .agent
            .iter()
            .zip(curves)
            .map(|(name, c)| AgentRuns { name: name.clone(), runs: runs(c) })
            .collect(),
        points,
        optimum: Some(optimal),
    }
}

fn in_text(answer: &Answer, says: &str) -> String {
    let mut text = format!("{}: {says} over {} seeds after {} steps\n", answer.problem, answer.seeds, answer.steps);
    for agent in &answer.agents {
        let interval =
            agent.final_ci95.map_or("one seed, no interval".to_owned(), |(a, b)| format!("[{a:.6}, {b:.6}]"));
        text.push_str(&format!("  {:<26}{:>14.6}  {interval}\n", agent.agent, agent.final_value));
    }
    text.push_str(&format!("  {:<26}{:>14.6}\n", "optimal", answer.optimal));
    text.push_str(&format!("{}\n{}\n{}\n", answer.csv.display(), answer.svg.display(), answer.png.display()));
    text
}
