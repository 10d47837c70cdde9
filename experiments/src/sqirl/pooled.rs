//! Pooled SQIRL, with a table unless another oracle is asked for, sticky actions and a long horizon.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use tabrl::horizon::sqirl::{Pooled, PooledOptions};
use tabrl::horizon::{ExactGorp, Process, QTable};
use tabrl::mdp::View;
use tabrl::rng::{self, Purpose};

use super::summary::{Attempt, least, search};
use super::{Config, fault, reference, seen_table};
use crate::Result;

/// A row: an environment at one k.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PooledRecord {
    /// The environment.
    pub environment: String,
    /// Steps of lookahead.
    pub k: usize,
    /// Number of actions.
    pub actions: usize,
    /// Largest return with sticky actions.
    pub j_optimal: f64,
    /// What came out at each m, ascending, up to two beyond the first that is solved.
    pub attempts: Vec<Attempt>,
    /// `H_1` of GORP without stickiness, exactly (only for the first k; `None` if it is unsolved within 10⁸ steps).
    pub gorp_h1: Option<f64>,
}

impl PooledRecord {
    /// The attempt with the least m that is solved.
    pub fn solved(&self, config: &Config) -> Option<&Attempt> {
        least(&self.attempts, config.share * self.j_optimal)
    }
}

/// Runs pooled SQIRL for m = 1, 2, 4, ...
///
/// # Errors
/// An unknown environment, or settings out of range.
pub fn measure(config: &Config, environment: &str, k: usize) -> Result<PooledRecord> {
    let table = seen_table(config, environment)?;
    let mdp = &table.mdp;
    let process = Process::new(mdp, config.horizon, Some(config.sticky))?;
    let j_optimal = QTable::optimal(&process).initial_max(&process);
    let affordable = |m: u64| m <= config.m_max && m * config.horizon as u64 <= config.budget;
    let with = |m| attempt(config, &process, table.view(), k, m, config.seeds);
    let attempts = search(config.share * j_optimal, affordable, with)?;
    let first = config.ks.first() == Some(&k);
    let gorp_h1 = if first { exact_horizon(&Process::new(mdp, config.horizon, None)?)? } else { None };
    let actions = mdp.num_actions();
    Ok(PooledRecord { environment: environment.into(), k, actions, j_optimal, attempts, gorp_h1 })
}

fn exact_horizon(process: &Process) -> Result<Option<f64>> {
    let q_star = QTable::optimal(process);
    Ok(ExactGorp::new(*process, &q_star, None)?.search(1, 1e8).map(|search| search.effective_horizon))
}

/// A row again, up to the m of the reference, with many seeds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CloserRecord {
    /// The environment.
    pub environment: String,
    /// Steps of lookahead.
    pub k: usize,
    /// Largest return with sticky actions.
    pub j_optimal: f64,
    /// The m of the reference.
    pub reference: u64,
    /// All m up to it, which are powers of two.
    pub attempts: Vec<Attempt>,
}

/// Looks at a row of the table with many seeds.
///
/// # Errors
/// An unknown environment, one without a reference, or settings out of range.
pub fn closer(config: &Config, environment: &str, k: usize, seeds: u64) -> Result<CloserRecord> {
    let Some(Some(reference)) = reference::pooled(environment, k) else {
        return fault(format!("closer = [\"{environment} {k}\"]: the reference has no m for it"));
    };
    let table = seen_table(config, environment)?;
    let process = Process::new(&table.mdp, config.horizon, Some(config.sticky))?;
    let j_optimal = QTable::optimal(&process).initial_max(&process);
    let powers = (0..=reference.ilog2()).map(|i| 1 << i);
    let with = |m| attempt(config, &process, table.view(), k, m, seeds);
    let attempts = powers.map(with).collect::<Result<_>>()?;
    Ok(CloserRecord { environment: environment.into(), k, j_optimal, reference, attempts })
}

/// All seeds at one m.
///
/// # Errors
/// Settings out of range.
pub fn attempt(config: &Config, process: &Process, view: View, k: usize, m: u64, seeds: u64) -> Result<Attempt> {
    let options = PooledOptions { k, m, discount: config.discount, budget: config.budget };
    let pooled = Pooled::new(*process, options)?;
    let regression = config.regression()?;
    let one = |seed: u64| -> Result<(f64, u64)> {
        let mut oracle = regression.build(process.mdp(), view, seed)?;
        let run = pooled.run(oracle.as_mut(), &mut rng::fast(seed, Purpose::Environment, 0))?;
        Ok((run.exact_return(process, run.rules.len()), run.total_steps()))
    };
    let runs: Vec<(f64, u64)> = (0..seeds).into_par_iter().map(one).collect::<Result<_>>()?;
    Ok(Attempt::new(m, runs))
}
