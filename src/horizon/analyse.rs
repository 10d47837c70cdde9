//! Everything about the effective horizon of one process, in one pass over k.

use serde::Serialize;

use super::bound::{BoundAtK, BoundSequence};
use super::gaps::smallest_gaps;
use super::gorp::{ExactGorp, GorpSearch};
use super::greedy::greedy_return;
use super::log_base;
use super::occupancy::{RandomOccupancy, random_occupancy};
use super::process::Process;
use super::q_values::{QTable, worst_return};
use super::solvability::{explore, is_solvable, planning_window};
use crate::Result;
use crate::mdp::{Mdp, Policy};

/// The share of the range of returns that a greedy policy must reach to count as good.
const GOOD_SHARE: f64 = 0.95;

/// What to analyse.
#[derive(Debug, Clone)]
pub struct HorizonOptions {
    /// Number of steps `T`.
    pub horizon: usize,
    /// Probability that the last executed action is repeated; `None` for none.
    pub sticky: Option<f64>,
    /// Largest k that is tested for solvability; `None` for `T`, which always solves.
    pub max_k: Option<usize>,
    /// Greedy returns are computed for `k = 1..=greedy_ks`.
    pub greedy_ks: usize,
    /// Gaps of the stochastic effective horizon are computed for `k = 1..=gap_ks`.
    pub gap_ks: usize,
    /// GORP is analysed for `k = 1..=gorp_ks`, where it applies; 0 leaves it out.
    pub gorp_ks: usize,
    /// Most environment steps that GORP may take, which limits m.
    pub gorp_max_steps: f64,
    /// The policy whose values are `Q¹`; `None` for uniformly random.
    pub exploration: Option<Policy>,
}

impl HorizonOptions {
    /// The published settings for a horizon: five greedy returns, gaps for k up to 3, GORP(1) within 10⁸ steps.
    pub fn new(horizon: usize) -> HorizonOptions {
        HorizonOptions {
            horizon,
            sticky: None,
            max_k: None,
            greedy_ks: 5,
            gap_ks: 3,
            gorp_ks: 1,
            gorp_max_steps: 1e8,
            exploration: None,
        }
    }
}

/// The stochastic effective horizon at one k: `k + log_A(1/Δ_k²)`, rewards scaled so that returns lie in `[0, 1]`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct StochasticHorizon {
    /// Number of lookahead steps.
    pub k: usize,
    /// Whether the process is k-QVI-solvable; if not, the effective horizon is infinite (`None`).
    pub solvable: bool,
    /// `Δ_k` over all states that can be visited at their stage.
    pub gap_visitable: f64,
    /// `Δ_k` over the states that acting greedily visits.
    pub gap_greedy: f64,
    /// The effective horizon with the first reading of `Δ_k`.
    pub h_visitable: Option<f64>,
    /// The effective horizon with the second reading of `Δ_k`.
    pub h_greedy: Option<f64>,
}

/// The analysis of one process. Field names are the keys of the JSON report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HorizonReport {
    /// Non-terminal states of the table.
    pub states: usize,
    /// With sticky actions: reachable pairs of a state and the last executed action, terminal states taken as one.
    pub sticky_states: Option<usize>,
    /// Number of actions `A`.
    pub actions: usize,
    /// Number of steps `T`.
    pub horizon: usize,
    /// Probability that the last executed action is repeated.
    pub sticky: Option<f64>,
    /// Least k for which the process is k-QVI-solvable (`None`: none up to the limit asked for).
    pub k_min: Option<usize>,
    /// Least k whose greedy policy, worst tie, earns 95 % of the range from the worst to the best return.
    pub k_return95: Option<usize>,
    /// Effective planning window `W`.
    pub epw: usize,
    /// Closed bound on the effective horizon (deterministic processes).
    pub h_simple: Option<f64>,
    /// Largest expected return `J*`.
    pub j_optimal: f64,
    /// Expected return of the exploration policy.
    pub j_random: f64,
    /// Smallest expected return.
    pub j_worst: f64,
    /// Returns of acting greedily on `Q^k`, worst tie, for k = 1, 2, ...
    pub greedy_returns: Vec<f64>,
    /// Least m with which GORP(1, m) succeeds with probability at least 1/2 (deterministic, rewards in
    /// multiples of one unit, limited steps).
    pub gorp_m1: Option<u64>,
    /// That probability.
    pub gorp_p: Option<f64>,
    /// The effective horizon at k = 1, `1 + log_A m_1`.
    pub gorp_h1: Option<f64>,
    /// GORP for every k asked for.
    pub gorp: Vec<GorpSearch>,
    /// The closed bound at every k tried.
    pub bounds: Vec<BoundAtK>,
    /// Smallest occupancies of the exploration policy and the covering length, of the table without stickiness.
    pub occupancy: RandomOccupancy,
    /// Stochastic effective horizons for k = 1, 2, ...
    pub stochastic: Vec<StochasticHorizon>,
}

/// Analyses a table. Quantities that do not apply (the bound and GORP to stochastic processes, GORP to rewards
/// that are not multiples of one unit)
/// are `None`; everything else is exact up to rounding.
///
/// Memory: two tables of `8 T C` bytes and one of `8 T S`. Time: a few tens of sweeps of `O(T · branches)`.
///
/// # Errors
/// Settings out of range ([`Process::new`]), a state that lacks an action (logarithms are to base `A`), or an exploration
/// policy that is too short.
pub fn analyse(mdp: &Mdp, options: &HorizonOptions) -> Result<HorizonReport> {
    let process = Process::new(mdp, options.horizon, options.sticky)?;
    process.require_uniform_actions("the effective horizon")?;
    let policy = options.exploration.as_ref();
    let horizon = options.horizon;
    let (actions, max_k) = (mdp.num_actions(), options.max_k.unwrap_or(horizon).min(horizon));

    let q_star = QTable::optimal(&process);
    let mut q_k = QTable::exploration(&process, policy)?;
    let j_optimal = q_star.initial_max(&process);
    let j_worst = worst_return(&process);
    let range = return_range(&process);
    let mut report = HorizonReport {
        states: mdp.num_states() - mdp.num_terminal(),
        sticky_states: options.sticky.map(|_| sticky_states(&process)),
        actions,
        horizon,
        sticky: options.sticky,
        k_min: None,
        k_return95: None,
        epw: planning_window(&process, &q_star),
        h_simple: None,
        j_optimal,
        j_random: q_k.initial_average(&process, policy),
        j_worst,
        greedy_returns: Vec::new(),
        gorp_m1: None,
        gorp_p: None,
        gorp_h1: None,
        gorp: Vec::new(),
        bounds: Vec::new(),
        occupancy: random_occupancy(&process, policy),
        stochastic: Vec::new(),
    };
    if options.gorp_ks > 0
        && let Ok(gorp) = ExactGorp::new(process, &q_star, policy)
    {
        report.gorp = (1..=options.gorp_ks).filter_map(|k| gorp.search(k, options.gorp_max_steps)).collect();
        if let Some(first) = report.gorp.first().filter(|first| first.k == 1) {
            (report.gorp_m1, report.gorp_p) = (Some(first.m), Some(first.probability));
            report.gorp_h1 = Some(first.effective_horizon);
        }
    }

    let mut bound = BoundSequence::new(process, &q_k, &q_star).ok();
    let mut best_bound = horizon as f64;
    for k in 1..=horizon {
        let bounded = bound.is_some() && (k as f64) < best_bound;
        let searching = report.k_min.is_none() && k <= max_k;
        if !(bounded || searching || k <= options.greedy_ks || k <= options.gap_ks) {
            break;
        }
        if k > 1 {
            q_k.qvi_step(&process);
        }
        let solvable = (searching || k <= options.gap_ks) && is_solvable(&process, &q_k, &q_star);
        if searching && solvable {
            report.k_min = Some(k);
        }
        if k <= options.greedy_ks {
            let earned = greedy_return(&process, &q_k);
            report.greedy_returns.push(earned);
            if report.k_return95.is_none() && earned - j_worst >= GOOD_SHARE * (j_optimal - j_worst) {
                report.k_return95 = Some(k);
            }
        }
        if k <= options.gap_ks {
            let gaps = smallest_gaps(&process, &q_k);
            let scale = if range > 0.0 { 1.0 / range } else { 1.0 };
            let effective = |gap: f64| solvable.then(|| k as f64 + log_base(actions, 1.0 / (gap * gap)));
            let (gap_visitable, gap_greedy) = (scale * gaps.visitable, scale * gaps.greedy);
            let (h_visitable, h_greedy) = (effective(gap_visitable), effective(gap_greedy));
            report.stochastic.push(StochasticHorizon { k, solvable, gap_visitable, gap_greedy, h_visitable, h_greedy });
        }
        if let Some(sequence) = bound.as_mut().filter(|_| bounded) {
            if let Some(at) = sequence.at(&q_k, &q_star) {
                best_bound = best_bound.min(at.effective_horizon);
                report.bounds.push(at);
            }
            sequence.advance();
        }
    }
    report.h_simple = bound.map(|_| best_bound);
    Ok(report)
}

/// The difference between the largest and the smallest return that any course of events can have.
fn return_range(process: &Process) -> f64 {
    let mdp = process.mdp();
    // Outcomes are as free as actions here, so a layer is a maximum (minimum) over actions and outcomes alike.
    let extreme = |sign: f64| {
        let mut value = vec![0.0; mdp.num_states()];
        let mut next = value.clone();
        for _ in 0..process.horizon() {
            std::mem::swap(&mut value, &mut next);
            process.aggregate(&mut value, |_, row| {
                let outcomes = row.flat_map(|c| mdp.branch_range(c).map(move |b| (c, b)));
                let returns = outcomes
                    .filter(|&(_, b)| mdp.probabilities()[b] > 0.0)
                    .map(|(c, b)| sign * mdp.branch_reward(c, b) + next[mdp.successors()[b] as usize]);
                returns.fold(f64::NEG_INFINITY, f64::max)
            });
        }
        mdp.initial().iter().map(|&(s, _)| value[s as usize]).fold(f64::NEG_INFINITY, f64::max)
    };
    extreme(1.0) + extreme(-1.0)
}

/// Pairs of a state and the last executed action that can be visited at some stage, terminal states taken as one that
/// absorbs; the initial states count with action 0.
fn sticky_states(process: &Process) -> usize {
    let (mdp, horizon) = (process.mdp(), process.horizon());
    let actions = mdp.num_actions();
    let mut pairs = vec![false; mdp.num_states() * actions];
    let mut ends = vec![false; actions];
    mdp.initial().iter().for_each(|&(s, _)| pairs[s as usize * actions] = true);
    explore(&process.without_stickiness(), |t, s, taken| {
        for (a, c) in mdp.choices(s).enumerate().filter(|_| t + 1 < horizon) {
            for (successor, _) in mdp.branches(c).filter(|&(_, p)| p > 0.0) {
                if !mdp.is_terminal(successor) {
                    pairs[successor * actions + a] = true;
                } else if t + 2 < horizon {
                    ends.fill(true); // every action follows in the absorbing state
                } else {
                    ends[a] = true;
                }
            }
            taken.push(c);
        }
        true
    });
    pairs.iter().chain(&ends).filter(|&&reached| reached).count()
}
