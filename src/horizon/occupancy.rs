//! How often random play visits what is hardest to visit, and the covering length.
//!
//! With `μ_t(s)` the probability that the exploration policy is in `s` at stage `t`, the covering length is
//! `L ≤ ln(2 S A) / min_{s,a} max_t μ_t(s) π_t(a|s)` episodes: after that many, every state-action pair has been seen with
//! probability at least 1/2. Only states that can be visited within the horizon count, terminal ones do not.

use serde::Serialize;

use super::process::Process;
use super::solvability::explore;
use crate::mdp::Policy;

/// The smallest occupancies of the exploration policy.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RandomOccupancy {
    /// `min_s max_t μ_t(s)`.
    pub min_state: f64,
    /// `min_{s,a} max_t μ_t(s) π_t(a|s)`.
    pub min_state_action: f64,
    /// `min_s Σ_t μ_t(s)`.
    pub min_state_sum: f64,
    /// `min_{s,a} Σ_t μ_t(s) π_t(a|s)`.
    pub min_state_action_sum: f64,
    /// The bound on the covering length, in episodes (times `T`: in steps).
    pub covering_length: f64,
}

/// Follows the exploration policy (uniformly random if none is given) forwards in time. Stickiness is ignored: the
/// occupancies are those of the table itself.
///
/// # Panics
/// If the policy has fewer stages than the horizon (checked by [`super::QTable::exploration`]).
pub fn random_occupancy(process: &Process, policy: Option<&Policy>) -> RandomOccupancy {
    let (mdp, horizon) = (process.mdp(), process.horizon());
    let (states, choices) = (mdp.num_states(), mdp.num_choices());
    let mut now = vec![0.0; states];
    mdp.initial().iter().for_each(|&(s, p)| now[s as usize] = p);
    let mut next = vec![0.0; states];
    let (mut state_max, mut state_sum) = (vec![0.0f64; states], vec![0.0; states]);
    let (mut pair_max, mut pair_sum) = (vec![0.0f64; choices], vec![0.0; choices]);
    for t in 0..horizon {
        next.fill(0.0);
        for s in (0..states).filter(|&s| now[s] > 0.0 && !mdp.is_terminal(s)) {
            state_max[s] = state_max[s].max(now[s]);
            state_sum[s] += now[s];
            let row = mdp.choices(s);
            let share = 1.0 / row.len() as f64;
            for c in row {
                let mass = now[s] * policy.map_or(share, |policy| policy.rule(t).probability(s, c));
                pair_max[c] = pair_max[c].max(mass);
                pair_sum[c] += mass;
                mdp.branches(c).for_each(|(successor, p)| next[successor] += mass * p);
            }
        }
        std::mem::swap(&mut now, &mut next);
    }
    let mut visited = vec![false; states];
    explore(&process.without_stickiness(), |_, s, taken| {
        visited[s] = true;
        taken.extend(mdp.choices(s));
        true
    });
    let visited = || (0..states).filter(|&s| visited[s]);
    let least = |values: &[f64]| visited().map(|s| values[s]).fold(f64::INFINITY, f64::min);
    let least_pair =
        |values: &[f64]| visited().flat_map(|s| mdp.choices(s)).map(|c| values[c]).fold(f64::INFINITY, f64::min);
    let pairs = visited().count() * mdp.num_actions();
    let min_state_action = least_pair(&pair_max);
    RandomOccupancy {
        min_state: least(&state_max),
        min_state_action,
        min_state_sum: least(&state_sum),
        min_state_action_sum: least_pair(&pair_sum),
        covering_length: (2.0 * pairs as f64).ln() / min_state_action,
    }
}
