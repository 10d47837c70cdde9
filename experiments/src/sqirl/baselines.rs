//! Other learners on the same problems, under the same budget and with the same observations (the state alone).

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use tabrl::horizon::sqirl::{Pooled, PooledOptions};
use tabrl::horizon::{Player, Process, QTable, evaluate};
use tabrl::learning::{Agent, Experience, Setup, make};
use tabrl::mdp::{DecisionRule, View};
use tabrl::rng::{self, Purpose};

use super::summary::{least, search};
use super::{Config, fault, pooled, seen_table, table};
use crate::Result;
use crate::runner::split_setting;

/// A learner by name, with its settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Baseline {
    /// What it is called in tables and figures.
    pub name: String,
    agent: String,
    given: Vec<(String, String)>,
}

impl Baseline {
    /// Reads `name: agent key=value ...`.
    ///
    /// # Errors
    /// Text of another form; an unknown agent or setting.
    pub fn parse(text: &str) -> Result<Baseline> {
        let Some((name, rest)) = text.split_once(':') else {
            return fault(format!("baselines = [\"{text}\"]: it must read `name: agent key=value ...`"));
        };
        let mut words = rest.split_whitespace();
        let agent = words.next().unwrap_or("").to_owned();
        let pair = |word| split_setting(word).map(|(key, value)| (key.to_owned(), value.to_owned()));
        let baseline = Baseline { name: name.trim().into(), agent, given: words.map(pair).collect::<Result<_>>()? };
        let mut builder = tabrl::mdp::MdpBuilder::new(1);
        builder.choice(0, 0, &[(1.0, 0, 0.0)]);
        baseline.make(&Setup::new(&builder.build()?, 0.5, 0))?;
        Ok(baseline)
    }

    fn make(&self, setup: &Setup) -> Result<Box<dyn Agent>> {
        let given: Vec<(&str, &str)> = self.given.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        Ok(make(&self.agent, &given, setup)?)
    }
}

/// A learner on an environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BaselineRecord {
    /// The environment.
    pub environment: String,
    /// The learner.
    pub learner: String,
    /// The first evaluation at which its policy is near-optimal, in environment steps, by seed; `None` beyond the budget.
    pub steps: Vec<Option<u64>>,
    /// Largest return of an evaluated policy, by seed.
    pub best: Vec<f64>,
    /// Largest return with sticky actions.
    pub j_optimal: f64,
}

impl BaselineRecord {
    /// The median over the seeds of the first near-optimal evaluation; infinite if that is beyond the budget.
    pub fn median_steps(&self) -> f64 {
        let mut steps: Vec<f64> = self.steps.iter().map(|n| n.map_or(f64::INFINITY, |n| n as f64)).collect();
        steps.sort_by(f64::total_cmp);
        // The upper median: solved means that at least half of the runs are, as for SQIRL.
        steps[(steps.len() - 1) / 2]
    }
}

/// Trains a learner with every seed until it is near-optimal or out of steps.
///
/// # Errors
/// An unknown environment, or settings out of range.
pub fn measure(config: &Config, environment: &str, baseline: &Baseline) -> Result<BaselineRecord> {
    let mdp = table(config, environment, &[])?;
    let process = Process::new(&mdp, config.horizon, Some(config.sticky))?;
    let j_optimal = QTable::optimal(&process).initial_max(&process);
    let threshold = config.share * j_optimal;
    let one = |seed: u64| -> Result<(Option<u64>, f64)> {
        let mut best = f64::NEG_INFINITY;
        let points = train(config, &process, baseline, seed, |value| {
            best = best.max(value);
            value < threshold
        })?;
        let solved = points.last().filter(|&&(_, value)| value >= threshold).map(|&(step, _)| step);
        Ok((solved, best))
    };
    let runs: Vec<(Option<u64>, f64)> = (0..config.seeds).into_par_iter().map(one).collect::<Result<_>>()?;
    let (steps, best) = runs.into_iter().unzip();
    Ok(BaselineRecord { environment: environment.into(), learner: baseline.name.clone(), steps, best, j_optimal })
}

/// When learners are evaluated: evenly spaced on a logarithmic axis, from the length of an episode to the budget.
fn points_of_time(config: &Config) -> Vec<u64> {
    let (first, last) = (config.horizon as f64, config.budget as f64);
    let share = |i: usize| i as f64 / (config.points.max(2) - 1) as f64;
    let mut points: Vec<u64> =
        (0..config.points.max(2)).map(|i| (first * (last / first).powf(share(i))).round() as u64).collect();
    points.dedup();
    points
}

/// Trains a learner and evaluates its policy exactly at the points of time; stops where `go_on` says so.
fn train(
    config: &Config,
    process: &Process,
    baseline: &Baseline,
    seed: u64,
    mut go_on: impl FnMut(f64) -> bool,
) -> Result<Vec<(u64, f64)>> {
    let player = Player::new(*process)?;
    let mut agent = baseline.make(&Setup::new(process.mdp(), config.discount, seed))?;
    let mut rng = rng::fast(seed, Purpose::Environment, 0);
    let (mut place, mut elapsed, mut step) = (player.start(&mut rng), 0, 0);
    let mut points = Vec::new();
    for point in points_of_time(config) {
        while step < point {
            let choice = agent.act(place.state);
            let taken = player.step(&mut place, choice, &mut rng);
            (step, elapsed) = (step + 1, elapsed + 1);
            let truncated = !taken.terminal && elapsed == config.horizon;
            let (state, next, reward) = (taken.state, taken.next, taken.reward);
            agent.observe(&Experience { state, choice, reward, next, terminated: taken.terminal, truncated });
            if taken.terminal || truncated {
                (place, elapsed) = (player.start(&mut rng), 0);
            }
        }
        let value = value_of(process, &agent.rule());
        points.push((step, value));
        if !go_on(value) {
            break;
        }
    }
    Ok(points)
}

/// The exact undiscounted return of a stationary rule.
fn value_of(process: &Process, rule: &DecisionRule) -> f64 {
    match rule {
        DecisionRule::Deterministic(choice) => evaluate(process, |_, s, _, x| x[choice[s] as usize], |_, _, _| {}),
        DecisionRule::Stochastic(p) => evaluate(process, |_, _, row, x| row.map(|c| p[c] * x[c]).sum(), |_, _, _| {}),
    }
}

/// A learning curve: exact returns at common points of time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CurveRecord {
    /// The environment.
    pub environment: String,
    /// The learner.
    pub learner: String,
    /// Environment steps, `[points]`.
    pub steps: Vec<u64>,
    /// Exact returns, `[seeds][points]`.
    pub returns: Vec<Vec<f64>>,
    /// Largest return with sticky actions.
    pub j_optimal: f64,
}

/// The learning curve of a learner, or of pooled SQIRL with the largest k and its least solved m (the largest, if none is).
///
/// # Errors
/// An unknown environment, or settings out of range.
pub fn curve(config: &Config, environment: &str, learner: Option<&Baseline>) -> Result<CurveRecord> {
    let table = seen_table(config, environment)?;
    let process = Process::new(&table.mdp, config.horizon, Some(config.sticky))?;
    let j_optimal = QTable::optimal(&process).initial_max(&process);
    let steps = points_of_time(config);
    let (name, returns) = match learner {
        Some(baseline) => {
            let one = |seed| Ok(train(config, &process, baseline, seed, |_| true)?.iter().map(|p| p.1).collect());
            (baseline.name.clone(), (0..config.seeds).into_par_iter().map(one).collect::<Result<Vec<Vec<f64>>>>()?)
        }
        None => sqirl_curve(config, &process, table.view(), config.share * j_optimal, &steps)?,
    };
    Ok(CurveRecord { environment: environment.into(), learner: name, steps, returns, j_optimal })
}

/// The policy at a point of time is that of the iterations finished by then; before the first, random play.
fn sqirl_curve(
    config: &Config,
    process: &Process,
    view: View,
    threshold: f64,
    steps: &[u64],
) -> Result<(String, Vec<Vec<f64>>)> {
    let k = config.ks.iter().copied().max().unwrap_or(1);
    let affordable = |m: u64| m <= config.m_max && m * config.horizon as u64 <= config.budget;
    let with = |m| pooled::attempt(config, process, view, k, m, config.seeds);
    let attempts = search(threshold, affordable, with)?;
    let m = least(&attempts, threshold).or(attempts.last()).map_or(1, |attempt| attempt.m);
    let options = PooledOptions { k, m, discount: config.discount, budget: config.budget };
    let pooled = Pooled::new(*process, options)?;
    let random = QTable::exploration(process, None)?.initial_average(process, None);
    let regression = config.regression()?;
    let one = |seed: u64| -> Result<Vec<f64>> {
        let mut oracle = regression.build(process.mdp(), view, seed)?;
        let run = pooled.run(oracle.as_mut(), &mut rng::fast(seed, Purpose::Environment, 0))?;
        let mut known = (0, random);
        let mut value = |&point: &u64| {
            let finished = run.steps.iter().filter(|&&n| n <= point).count();
            if finished != known.0 {
                known = (finished, run.exact_return(process, finished));
            }
            known.1
        };
        Ok(steps.iter().map(&mut value).collect())
    };
    let returns = (0..config.seeds).into_par_iter().map(one).collect::<Result<_>>()?;
    Ok((format!("SQIRL k={k} m={m}"), returns))
}
