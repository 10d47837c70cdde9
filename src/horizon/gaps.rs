//! The stochastic effective horizon `H̄_k = k + log_A(1 / Δ_k²)`.
//!
//! `Δ_k` is the smallest gap `max_a Q^k_t(s, a) - max_{a ∉ argmax} Q^k_t(s, a)`. The definition does not say over which
//! states, so both readings are computed: all that can be visited at stage `t`, and those reachable by acting greedily.
//! Reference: Laidlaw et al. (ICLR 2024), definition 3.2.

use super::TIE_TOLERANCE;
use super::process::{Process, max};
use super::q_values::QTable;
use super::solvability::explore;

/// The smallest gaps of `Q^k`; infinite where no state has two different action values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SmallestGaps {
    /// Over every state that some policy visits at that stage.
    pub visitable: f64,
    /// Over the states that a policy greedy for `Q^k` visits.
    pub greedy: f64,
}

/// The smallest gaps of `q`, in units of the rewards. Values that differ by less than [`TIE_TOLERANCE`] of the largest
/// are one.
pub fn smallest_gaps(process: &Process, q: &QTable) -> SmallestGaps {
    // What can be visited by any actions does not depend on stickiness, so that sweep runs over states.
    let anything = process.without_stickiness();
    let mut visitable = f64::INFINITY;
    explore(&anything, |t, s, taken| {
        visitable = visitable.min(gap_at(process, q, t, s));
        taken.extend(process.mdp().choices(s));
        true
    });
    let mut greedy = f64::INFINITY;
    explore(process, |t, s, taken| {
        let (values, row) = (q.layer(t), process.mdp().choices(s));
        let best = max(&values[row.clone()]);
        greedy = greedy.min(gap_at(process, q, t, s));
        taken.extend(row.filter(|&c| best - values[c] <= TIE_TOLERANCE * best.abs()));
        true
    });
    SmallestGaps { visitable, greedy }
}

fn gap_at(process: &Process, q: &QTable, t: usize, s: usize) -> f64 {
    let row = &q.layer(t)[process.mdp().choices(s)];
    let best = max(row);
    let second = row.iter().copied().filter(|&x| best - x > TIE_TOLERANCE * best.abs());
    let share = if t == 0 { 1.0 } else { 1.0 - process.sticky() };
    share * (best - second.fold(f64::NEG_INFINITY, f64::max))
}
