//! GORP by sampling: against its exact law, with shaped rewards, and with sticky actions.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use tabrl::horizon::{
    Estimate, ExactGorp, GorpSearch, HorizonOptions, Process, QTable, SampledGorp, SearchOptions, analyse,
    open_loop_return,
};
use tabrl::mdp::Mdp;
use tabrl::rng::{self, Purpose};

use super::{Config, reference, table};
use crate::Result;

/// How far below the optimum a return may be and still count as optimal.
pub const OPTIMAL: f64 = 1e-4;
/// Largest m that the exact law is computed for, where returns take more than two values.
pub const EXACT_M: u64 = 256;

/// Root of the random streams of the search, which are other runs than those at the exact `m_k`.
const SEARCH_SEED: u64 = 2304;
/// Most environment steps of GORP up to which the exact `m_k` is looked for, as in the papers.
const EXACT_STEPS: f64 = 1e8;

/// GORP(k, m) at the exact `m_k`, many times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GorpRecord {
    /// The environment.
    pub environment: String,
    /// Length of the sequences.
    pub k: usize,
    /// Number of actions.
    pub actions: usize,
    /// The exact `m_k`; `None` if it needs more than 10⁸ steps.
    pub exact: Option<GorpSearch>,
    /// Runs with it, unless it needs more steps than allowed.
    pub sample: Option<GorpSample>,
    /// The least m as a search by sampling finds it, if it needs few enough steps.
    pub found: Option<AtM>,
    /// The least m that the reference found by sampling.
    pub reference: Option<AtM>,
}

/// What the exact law says of a least m that was found by sampling.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AtM {
    /// Episodes for each sequence.
    pub m: u64,
    /// Exact probability of success with it.
    pub probability: f64,
    /// Exact probability of success with one less (0 if there is none).
    pub below: f64,
}

impl AtM {
    fn new(exact: &ExactGorp, k: usize, m: u64) -> AtM {
        let below = if m > 1 { exact.success(k, m - 1).probability } else { 0.0 };
        AtM { m, probability: exact.success(k, m).probability, below }
    }

    /// Whether `runs` runs for each m may well have ended here: the law crosses 1/2 between `m - 1` and `m` up to three
    /// standard errors of a share of 1/2.
    pub fn is_plausible(&self, runs: u64) -> bool {
        let noise = 1.5 / (runs as f64).sqrt();
        self.probability >= 0.5 - noise && self.below <= 0.5 + noise
    }
}

/// Runs of GORP at the exact `m_k`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GorpSample {
    /// Runs.
    pub runs: u64,
    /// Those that learned an optimal sequence.
    pub successes: u64,
    /// Steps of the longest run.
    pub most_steps: u64,
    /// Mean number of steps of those that succeeded.
    pub mean_steps: Option<f64>,
}

/// Samples GORP at the least m with which it succeeds more often than not, and searches for that m by sampling.
///
/// # Errors
/// An unknown environment, or settings out of range.
pub fn sampled(config: &Config, environment: &str, k: usize) -> Result<GorpRecord> {
    let mdp = table(config, environment, &[])?;
    let process = Process::new(&mdp, config.horizon, None)?;
    let q_star = QTable::optimal(&process);
    let law = ExactGorp::new(process, &q_star, None)?;
    let exact = law.search(k, EXACT_STEPS);
    let sequences = (config.horizon as f64).powi(2) * (mdp.num_actions() as f64).powi(k as i32);
    let within = |limit: f64| exact.filter(|search| sequences * search.m as f64 <= limit);
    let sample = within(config.gorp_max_steps).map(|search| -> Result<GorpSample> {
        let (successes, most_steps, mean_steps) = successes(&process, &q_star, k, search.m, config.gorp_runs)?;
        Ok(GorpSample { runs: config.gorp_runs, successes, most_steps, mean_steps })
    });
    let found = within(config.gorp_search_steps).map(|search| -> Result<Option<AtM>> {
        let gorp = SampledGorp::new(process, k, search.m, Estimate::Mean, u64::MAX)?;
        let options = SearchOptions {
            runs: config.gorp_runs,
            seed: SEARCH_SEED,
            max_steps: EXACT_STEPS,
            threshold: q_star.initial_max(&process) - OPTIMAL,
        };
        Ok(gorp.search(&options)?.map(|found| AtM::new(&law, k, found.m)))
    });
    let reference = if config.horizon == reference::HORIZON { reference::gorp(environment, k) } else { None };
    Ok(GorpRecord {
        environment: environment.into(),
        k,
        actions: mdp.num_actions(),
        exact,
        sample: sample.transpose()?,
        found: found.transpose()?.flatten(),
        reference: reference.map(|m| AtM::new(&law, k, m)),
    })
}

/// Runs that learn an optimal sequence on a deterministic process, the most steps of a run, and the mean over the
/// successful ones. A run stops at its first action that is not optimal.
fn successes(process: &Process, q_star: &QTable, k: usize, m: u64, runs: u64) -> Result<(u64, u64, Option<f64>)> {
    let gorp = SampledGorp::new(*process, k, m, Estimate::Mean, u64::MAX)?;
    let mdp = process.mdp();
    let outcome = |seed: u64| {
        let mut state = mdp.initial()[0].0 as usize;
        let mut optimal = true;
        let run = gorp.run(&mut rng::fast(seed, Purpose::Environment, 0), |t, action| {
            if !mdp.is_terminal(state) {
                let row = mdp.choices(state);
                let q = &q_star.layer(t)[row.clone()];
                let best = q.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                optimal = q[action] >= best - OPTIMAL;
                state = mdp.successors()[row.start + action] as usize;
            }
            optimal
        });
        (optimal, run.steps)
    };
    let outcomes: Vec<(bool, u64)> = (0..runs).into_par_iter().map(outcome).collect();
    let won: Vec<u64> = outcomes.iter().filter(|o| o.0).map(|o| o.1).collect();
    let most = outcomes.iter().map(|o| o.1).max().unwrap_or(0);
    let mean = (!won.is_empty()).then(|| won.iter().sum::<u64>() as f64 / won.len() as f64);
    Ok((won.len() as u64, most, mean))
}

/// GORP(1, m) with shaped rewards.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShapedRecord {
    /// The environment.
    pub environment: String,
    /// The shaping.
    pub shaping: String,
    /// Number of actions.
    pub actions: usize,
    /// Largest return.
    pub j_optimal: f64,
    /// Return of random play.
    pub j_random: f64,
    /// Least k that solves.
    pub k_min: Option<usize>,
    /// Planning window.
    pub epw: usize,
    /// Exact `m_1`; `None` if there is none up to [`EXACT_M`].
    pub m_1: Option<u64>,
    /// Exact probability of success at the `m` sampled.
    pub probability: f64,
    /// The `m` sampled.
    pub m: u64,
    /// Runs.
    pub runs: u64,
    /// Those that learned an optimal sequence.
    pub successes: u64,
}

/// Analyses GORP with shaped rewards, and samples it.
///
/// # Errors
/// An unknown environment or shaping, or settings out of range.
pub fn shaped(config: &Config, environment: &str, shaping: &str) -> Result<ShapedRecord> {
    let mdp: Mdp = table(config, environment, &[("shaping", shaping)])?;
    let process = Process::new(&mdp, config.horizon, None)?;
    let options = HorizonOptions { gorp_ks: 0, ..HorizonOptions::new(config.horizon) };
    let report = analyse(&mdp, &options)?;
    let q_star = QTable::optimal(&process);
    let exact = ExactGorp::new(process, &q_star, None)?;
    let most_steps = EXACT_M as f64 * (config.horizon as f64).powi(2) * mdp.num_actions() as f64;
    let search = exact.search(1, most_steps);
    let m = search.map_or(config.shaped_m, |search| search.m);
    let probability = search.map_or_else(|| exact.success(1, m).probability, |search| search.probability);
    let (successes, ..) = successes(&process, &q_star, 1, m, config.gorp_runs)?;
    Ok(ShapedRecord {
        environment: environment.into(),
        shaping: shaping.into(),
        actions: mdp.num_actions(),
        j_optimal: report.j_optimal,
        j_random: report.j_random,
        k_min: report.k_min,
        epw: report.epw,
        m_1: search.map(|search| search.m),
        probability,
        m,
        runs: config.gorp_runs,
        successes,
    })
}

/// GORP with as many episodes as the budget allows, deterministic and sticky.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OpenLoopRecord {
    /// The environment.
    pub environment: String,
    /// Length of the sequences.
    pub k: usize,
    /// Episodes for each sequence.
    pub m: u64,
    /// Exact return of the sequence learned without stickiness, by seed.
    pub deterministic: Vec<f64>,
    /// The exact probability that it is optimal.
    pub probability: f64,
    /// The return with sticky actions, by seed.
    pub sticky: Vec<f64>,
    /// Largest return without stickiness.
    pub j_deterministic: f64,
    /// Largest return with sticky actions (of a policy, which may react).
    pub j_sticky: f64,
}

/// Runs GORP with and without sticky actions.
///
/// # Errors
/// An unknown environment, or a budget that does not suffice for one episode a sequence.
pub fn open_loop(config: &Config, environment: &str, k: usize) -> Result<OpenLoopRecord> {
    let mdp = table(config, environment, &[])?;
    let sequences = (config.horizon as f64).powi(2) * (mdp.num_actions() as f64).powi(k as i32);
    let m = ((config.open_loop_budget as f64 / sequences).floor() as u64).max(1);
    let learned = |sticky: Option<f64>| -> Result<(f64, Vec<f64>)> {
        let process = Process::new(&mdp, config.horizon, sticky)?;
        let gorp = SampledGorp::new(process, k, m, Estimate::Mean, u64::MAX)?;
        let one = |seed: u64| {
            let run = gorp.run(&mut rng::fast(seed, Purpose::Environment, 0), |_, _| true);
            open_loop_return(&process, &run.actions)
        };
        let returns = (0..config.seeds).into_par_iter().map(one).collect::<tabrl::Result<_>>()?;
        Ok((QTable::optimal(&process).initial_max(&process), returns))
    };
    let (j_deterministic, deterministic) = learned(None)?;
    let (j_sticky, sticky) = learned(Some(config.sticky))?;
    let process = Process::new(&mdp, config.horizon, None)?;
    let q_star = QTable::optimal(&process);
    let probability = ExactGorp::new(process, &q_star, None)?.success(k, m).probability;
    Ok(OpenLoopRecord {
        environment: environment.into(),
        k,
        m,
        deterministic,
        probability,
        sticky,
        j_deterministic,
        j_sticky,
    })
}
