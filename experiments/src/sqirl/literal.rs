//! Literal SQIRL with a table: a power-of-two grid of m, short horizons.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use tabrl::horizon::sqirl::{LiteralOptions, SampleBound, TableOracle, literal};
use tabrl::horizon::{ExactGorp, HorizonOptions, Process, QTable, Ties, analyse};
use tabrl::mdp::{Mdp, evaluate_finite};
use tabrl::rng::{self, Purpose};

use super::summary::{Attempt, search};
use super::{Config, table};
use crate::Result;

/// A row: an environment with a horizon, deterministic or sticky, at one k.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LiteralRecord {
    /// The environment.
    pub environment: String,
    /// Steps of an episode.
    pub horizon: usize,
    /// Whether actions stick.
    pub sticky: bool,
    /// Steps of lookahead.
    pub k: usize,
    /// Number of actions.
    pub actions: usize,
    /// Largest return.
    pub j_optimal: f64,
    /// What came out at each m, ascending, up to two beyond the first that is solved.
    pub attempts: Vec<Attempt>,
    /// Exact `m_1` of GORP with sequences of length 1 and ties drawn, where the process is deterministic and k is 1.
    pub gorp_m: Option<u64>,
    /// Exact probability of success with the m of each attempt, where it can be computed (deterministic, k = 1, small m).
    pub exact: Vec<(u64, f64)>,
    /// The sample-complexity bound with gaps over the states that acting greedily visits, if k solves.
    pub bound: Option<SampleBound>,
}

/// Runs literal SQIRL for m = 1, 2, 4, ...
///
/// # Errors
/// An unknown environment, or settings out of range.
pub fn measure(config: &Config, environment: &str, horizon: usize, sticky: bool, k: usize) -> Result<LiteralRecord> {
    let base = table(config, environment, &[])?;
    let probability = sticky.then_some(config.sticky);
    let process = Process::new(&base, horizon, probability)?;
    let j_optimal = QTable::optimal(&process).initial_max(&process);
    // The algorithm sees the last executed action too, so stickiness becomes part of the table.
    let written = config.sticky.to_string();
    let given = [("sticky", written.as_str())];
    let mdp = if sticky { table(config, environment, &given)? } else { base.clone() };
    let k = k.min(horizon);
    let affordable = |m: u64| m.saturating_mul((horizon * horizon) as u64) <= config.literal_budget;
    let attempts =
        search(config.share * j_optimal, affordable, |m| attempt(&mdp, horizon, k, m, config.literal_seeds))?;
    let (mut gorp_m, mut exact) = (None, Vec::new());
    if !sticky && k == 1 {
        let q_star = QTable::optimal(&process);
        let law = ExactGorp::new(process, &q_star, None)?.with_ties(Ties::Drawn);
        gorp_m = law.search(1, 1e9).map(|search| search.m);
        // Beyond some m the law is refused, and so is what lies above.
        let known = attempts.iter().map_while(|at| Some((at.m, law.literal_success(at.m).ok()?.probability)));
        exact = known.collect();
    }
    let options = HorizonOptions { sticky: probability, gorp_ks: 0, gap_ks: k, ..HorizonOptions::new(horizon) };
    let report = analyse(&base, &options)?;
    let gap = report.stochastic.iter().find(|row| row.k == k && row.solvable).map(|row| row.gap_greedy);
    let states = report.sticky_states.unwrap_or(report.states);
    let epsilon = 1.0 - config.share;
    let bound = gap.filter(|gap| *gap > 0.0 && gap.is_finite());
    let bound = bound.map(|gap| SampleBound::new(k, horizon, report.actions, states, gap, epsilon)).transpose()?;
    let actions = report.actions;
    Ok(LiteralRecord {
        environment: environment.into(),
        horizon,
        sticky,
        k,
        actions,
        j_optimal,
        attempts,
        gorp_m,
        exact,
        bound,
    })
}

/// The room of claim `short-room`: many seeds at one m, and the exact law around it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShortRoom {
    /// The runs with m = 16.
    pub attempt: Attempt,
    /// Exact probability of success with m = 1, 2, 4, ..., 64.
    pub exact: Vec<(u64, f64)>,
}

/// The room of claim `short-room`: deterministic Empty-5x5, T = 8, k = 1.
///
/// # Errors
/// Settings out of range.
pub fn short_room(config: &Config) -> Result<ShortRoom> {
    let mdp = table(config, "Empty-5x5", &[])?;
    let process = Process::new(&mdp, 8, None)?;
    let q_star = QTable::optimal(&process);
    let law = ExactGorp::new(process, &q_star, None)?;
    let exact = |i: u32| Ok((1 << i, law.literal_success(1 << i)?.probability));
    Ok(ShortRoom {
        attempt: attempt(&mdp, 8, 1, 16, config.short_room_seeds)?,
        exact: (0..=6).map(exact).collect::<Result<_>>()?,
    })
}

fn attempt(mdp: &Mdp, horizon: usize, k: usize, m: u64, seeds: u64) -> Result<Attempt> {
    let options = LiteralOptions { horizon, k, m, budget: u64::MAX, exploration: None };
    let one = |seed: u64| -> Result<(f64, u64)> {
        let mut rng = rng::fast(seed, Purpose::Environment, 0);
        let run = literal(mdp, &options, &mut TableOracle::default(), &mut rng)?;
        let value = match run.policy(mdp, horizon)? {
            Some(policy) => mdp.initial_value(&evaluate_finite(mdp, &policy, horizon)?.values),
            None => f64::NAN,
        };
        Ok((value, run.steps))
    };
    let runs: Vec<(f64, u64)> = (0..seeds).into_par_iter().map(one).collect::<Result<_>>()?;
    Ok(Attempt::new(m, runs))
}
