//! What is computed for one environment.

use serde::{Deserialize, Serialize};
use tabrl::horizon::{BoundAtK, HorizonOptions, Process, QTable, RandomOccupancy, StochasticHorizon, analyse};
use tabrl::mdp::{GridMap, Mdp};
use tabrl_envs::EnvTable;

use super::Config;
use crate::Result;
use crate::runner::real;

/// How many k of the bound and the gaps are kept.
const KEPT: usize = 3;

/// One row: an environment, deterministic or sticky, plain or shaped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Non-terminal states.
    pub states: usize,
    /// Reachable pairs of a state and the last executed action, if sticky.
    pub sticky_states: Option<usize>,
    /// Number of actions.
    pub actions: usize,
    /// Least k that solves.
    pub k_min: Option<usize>,
    /// Least k that earns 95 % of the range of returns.
    pub k_return95: Option<usize>,
    /// Effective planning window.
    pub epw: usize,
    /// Steps of the shortest way to a reward (deterministic tables; `None` if there is none).
    pub shortest: Option<usize>,
    /// Closed bound on the effective horizon.
    pub h_simple: Option<f64>,
    /// `J*`.
    pub j_optimal: f64,
    /// Return of random play.
    pub j_random: f64,
    /// Least return.
    pub j_worst: f64,
    /// Greedy returns for k = 1, 2, ...
    pub greedy_returns: Vec<f64>,
    /// `Q¹` at the start, by action.
    pub start_values: Vec<f64>,
    /// Exact GORP at k = 1.
    pub gorp: Option<Gorp>,
    /// The closed bound for the first few k.
    pub bounds: Vec<Bound>,
    /// The gaps for the first few k.
    pub gaps: Vec<Gap>,
    /// Smallest occupancies: state, state-action, and the same summed over time.
    pub occupancy: [f64; 4],
    /// Bound on the covering length, in episodes.
    #[serde(with = "real")]
    pub covering_length: f64,
}

/// Exact GORP(1, m).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Gorp {
    /// Least m with success probability at least 1/2.
    pub m: u64,
    /// That probability.
    pub probability: f64,
    /// The probability with m - 1.
    pub probability_below: Option<f64>,
    /// `1 + log_A m`.
    pub effective_horizon: f64,
}

/// The closed bound at one k.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bound {
    /// k.
    pub k: usize,
    /// `m_k`.
    pub m: f64,
    /// The gap that needs it.
    #[serde(with = "real")]
    pub gap: f64,
    /// `k + log_A m_k`.
    pub effective_horizon: f64,
}

/// The smallest gaps at one k, and the stochastic effective horizons they give.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Gap {
    /// k.
    pub k: usize,
    /// Over all visitable states.
    #[serde(with = "real")]
    pub visitable: f64,
    /// Over states visited by greedy policies.
    #[serde(with = "real")]
    pub greedy: f64,
    /// `H̄_k` with the first.
    pub h_visitable: Option<f64>,
    /// `H̄_k` with the second.
    pub h_greedy: Option<f64>,
}

impl From<&BoundAtK> for Bound {
    fn from(at: &BoundAtK) -> Bound {
        Bound { k: at.k, m: at.m, gap: at.gap, effective_horizon: at.effective_horizon }
    }
}

impl From<&StochasticHorizon> for Gap {
    fn from(at: &StochasticHorizon) -> Gap {
        let (visitable, greedy) = (at.gap_visitable, at.gap_greedy);
        Gap { k: at.k, visitable, greedy, h_visitable: at.h_visitable, h_greedy: at.h_greedy }
    }
}

/// The table of a MiniGrid environment.
pub(super) fn table(config: &Config, environment: &str, given: &[(&str, &str)]) -> Result<EnvTable> {
    Ok(tabrl_envs::make(&format!("minigrid/{environment}"), given)?.table(config.state_limit)?)
}

/// Analyses an environment, with shaped rewards or sticky actions if asked for.
///
/// # Errors
/// An unknown environment or shaping, more states than the limit, settings out of range.
pub fn analyse_environment(
    config: &Config,
    environment: &str,
    shaping: Option<&str>,
    sticky: Option<f64>,
) -> Result<Record> {
    let given: Vec<(&str, &str)> = shaping.map(|words| ("shaping", words)).into_iter().collect();
    let mdp = table(config, environment, &given)?.mdp;
    let states = mdp.num_states() - mdp.num_terminal();
    let options = HorizonOptions {
        sticky,
        gorp_ks: usize::from(states <= config.gorp_max_states),
        gorp_max_steps: config.gorp_max_steps,
        ..HorizonOptions::new(config.horizon)
    };
    let report = analyse(&mdp, &options)?;
    let process = Process::new(&mdp, config.horizon, sticky)?;
    let start = mdp.initial()[0].0 as usize;
    let RandomOccupancy { min_state, min_state_action, min_state_sum, min_state_action_sum, covering_length } =
        report.occupancy;
    Ok(Record {
        states: report.states,
        sticky_states: report.sticky_states,
        actions: report.actions,
        k_min: report.k_min,
        k_return95: report.k_return95,
        epw: report.epw,
        shortest: shortest_solution(&mdp),
        h_simple: report.h_simple,
        j_optimal: report.j_optimal,
        j_random: report.j_random,
        j_worst: report.j_worst,
        greedy_returns: report.greedy_returns,
        start_values: QTable::exploration(&process, None)?.layer(0)[mdp.choices(start)].to_vec(),
        gorp: report.gorp.first().map(|search| Gorp {
            m: search.m,
            probability: search.probability,
            probability_below: search.probability_below,
            effective_horizon: search.effective_horizon,
        }),
        bounds: report.bounds.iter().filter(|at| at.k <= KEPT).map(Bound::from).collect(),
        gaps: report.stochastic.iter().filter(|at| at.k <= KEPT).map(Gap::from).collect(),
        occupancy: [min_state, min_state_action, min_state_sum, min_state_action_sum],
        covering_length,
    })
}

/// Steps of the shortest way from the start to a positive reward, breadth first. It shares no code with the values.
fn shortest_solution(mdp: &Mdp) -> Option<usize> {
    let mut seen = vec![false; mdp.num_states()];
    let mut frontier: Vec<usize> = mdp.initial().iter().map(|&(s, _)| s as usize).collect();
    let mut steps = 1;
    while !frontier.is_empty() {
        let mut next = Vec::new();
        for s in frontier {
            for c in mdp.choices(s) {
                if mdp.rewards()[c] > 0.0 {
                    return Some(steps);
                }
                next.extend(mdp.branches(c).map(|(t, _)| t).filter(|&t| !std::mem::replace(&mut seen[t], true)));
            }
        }
        frontier = next;
        steps += 1;
    }
    None
}

/// Values on a map; a cell holds those of its best state (over headings, doors and objects).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapRecord {
    /// The map.
    pub rows: Vec<String>,
    /// `V*` with sticky actions and as many steps to go as the planning window from the start; row by row.
    pub optimal: Vec<Vec<Option<f64>>>,
    /// `max_a Q¹` at the first step, without stickiness.
    pub random: Vec<Vec<Option<f64>>>,
    /// Steps to go in `optimal`.
    pub window: usize,
}

/// Computes [`MapRecord`].
///
/// # Errors
/// As [`analyse_environment`]; an environment without a map.
pub fn values_on_map(config: &Config, environment: &str) -> Result<MapRecord> {
    let table = table(config, environment, &[])?;
    let no_map = || crate::Error::Figure {
        name: format!("map-{environment}"),
        problem: format!("minigrid/{environment} has no map"),
    };
    let map: &GridMap = table.map.as_ref().ok_or_else(no_map)?;
    let plain = Process::new(&table.mdp, config.horizon, None)?;
    let sticky = Process::new(&table.mdp, config.horizon, Some(config.sticky))?;
    let window = shortest_solution(&table.mdp).unwrap_or(config.horizon).min(config.horizon);
    let optimal = QTable::optimal(&sticky);
    let random = QTable::exploration(&plain, None)?;
    let best = |layer: &[f64]| {
        let mut cells: Vec<Vec<Option<f64>>> = map.rows.iter().map(|row| vec![None; row.len()]).collect();
        for s in (0..table.mdp.num_states()).filter(|&s| !table.mdp.is_terminal(s)) {
            let value = table.mdp.choices(s).map(|c| layer[c]).fold(f64::NEG_INFINITY, f64::max);
            if let Some(at) = table.cells[s] {
                let cell = &mut cells[at.row][at.column];
                *cell = Some(cell.map_or(value, |held| held.max(value)));
            }
        }
        cells
    };
    Ok(MapRecord {
        rows: map.rows.iter().map(|row| row.iter().collect()).collect(),
        optimal: best(optimal.layer(config.horizon - window)),
        random: best(random.layer(0)),
        window,
    })
}
