//! Identities that hold for every MDP, checked on real ones.

use serde::{Deserialize, Serialize};
use tabrl::horizon::{HorizonOptions, Process, QTable, analyse, greedy_return, is_solvable};
use tabrl::mdp::Mdp;

use super::Config;
use super::measure::table;
use crate::Result;

/// What was found in one environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IdentityRecord {
    /// Values of `Q^T` that differ from `Q*` in any bit.
    pub different_at_the_end: usize,
    /// Largest amount by which `Q^k` exceeds `Q^{k+1}` or `Q*`.
    pub largest_fall: f64,
    /// Whether `Q^T` solves, and its greedy policy earns `J*`.
    pub last_solves: bool,
    /// Whether stickiness 0 gives the deterministic report, to the last bit.
    pub zero_is_none: bool,
    /// Largest difference of `J*`, `J_rand`, `J_worst` between the sticky recursion and the table of the sticky process
    /// written out state by state.
    pub written_out: f64,
    /// `J*` under distance shaping minus `1 + 0.1 d`, `d` the distance at the start as its shaping counts it.
    pub shaped_excess: Option<f64>,
}

/// Checks all identities.
///
/// # Errors
/// As [`super::measure::analyse_environment`].
pub fn check(config: &Config, environment: &str) -> Result<IdentityRecord> {
    let mdp = table(config, environment, &[])?.mdp;
    let process = Process::new(&mdp, config.horizon, None)?;
    let q_star = QTable::optimal(&process);
    let mut q = QTable::exploration(&process, None)?;
    let mut largest_fall = f64::NEG_INFINITY;
    for _ in 1..config.horizon {
        let before = q.clone();
        q.qvi_step(&process);
        for t in 0..config.horizon {
            let falls = before.layer(t).iter().zip(q.layer(t)).zip(q_star.layer(t));
            largest_fall = falls.fold(largest_fall, |fall, ((old, new), best)| fall.max(old - new).max(new - best));
        }
    }
    let layers = 0..config.horizon;
    let different = layers.flat_map(|t| q.layer(t).iter().zip(q_star.layer(t))).filter(|(a, b)| a != b).count();
    let j_optimal = q_star.initial_max(&process);

    let options = HorizonOptions { gorp_ks: 0, ..HorizonOptions::new(config.horizon) };
    let plain = analyse(&mdp, &options)?;
    let mut zero = analyse(&mdp, &HorizonOptions { sticky: Some(0.0), ..options.clone() })?;
    (zero.sticky, zero.sticky_states) = (None, None);

    let sticky = analyse(&mdp, &HorizonOptions { sticky: Some(config.sticky), ..options.clone() })?;
    let probability = config.sticky.to_string();
    let wide: Mdp = table(config, environment, &[("sticky", &probability)])?.mdp;
    let wide = analyse(&wide, &options)?;
    let pairs = [(sticky.j_optimal, wide.j_optimal), (sticky.j_random, wide.j_random), (sticky.j_worst, wide.j_worst)];

    Ok(IdentityRecord {
        different_at_the_end: different,
        largest_fall,
        last_solves: is_solvable(&process, &q, &q_star) && greedy_return(&process, &q) == j_optimal,
        zero_is_none: plain == zero,
        written_out: pairs.iter().map(|(a, b)| (a - b).abs()).fold(0.0, f64::max),
        shaped_excess: shaped_excess(config, environment)?,
    })
}

/// `None` where the environment has no target to be near to.
fn shaped_excess(config: &Config, environment: &str) -> Result<Option<f64>> {
    let layout = tabrl_envs::minigrid::layout(environment);
    let distance = layout
        .as_ref()
        .and_then(|layout| tabrl_envs::minigrid::shaping::distance(layout, tabrl_envs::minigrid::State::start(layout)));
    let Some(distance) = distance else { return Ok(None) };
    let mdp = table(config, environment, &[("shaping", "distance")])?.mdp;
    let process = Process::new(&mdp, config.horizon, None)?;
    Ok(Some(QTable::optimal(&process).initial_max(&process) - (1.0 + 0.1 * distance as f64)))
}
