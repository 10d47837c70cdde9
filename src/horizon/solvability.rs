//! k-QVI-solvability and the effective planning window, by forward reachability.
//!
//! An MDP is k-QVI-solvable if *every* policy greedy for `Q^k` is optimal. Whatever a greedy policy may do is followed
//! from the initial states: in each reachable state all actions with `Q^k ≥ max` (exactly; no tolerance on ties) are
//! taken; the test fails if one of them has `Q* < V* - 1e-4` there, and all their outcomes are reachable at the next
//! stage. With sticky actions the reachable things are pairs `(s, b)` of a state and the last executed action.
//!
//! Cost: `O(reachable · A)` per stage.

use super::process::{Process, max};
use super::q_values::QTable;

/// How far below `V*` an action may be and still count as optimal.
pub const OPTIMALITY_TOLERANCE: f64 = 1e-4;

/// Visits everything reachable, stage by stage: `follow(t, s, out)` says which choices of `s` are taken at stage `t` and
/// returns whether to go on. With stickiness the last executed action may also be executed.
/// Returns `false` as soon as `follow` does.
pub(crate) fn explore(process: &Process, mut follow: impl FnMut(usize, usize, &mut Vec<usize>) -> bool) -> bool {
    let mdp = process.mdp();
    let sticky = process.sticky() > 0.0;
    // A pair (s, b) is marked at the choice that stands for action b in s; without stickiness b is always 0.
    let mut seen = vec![usize::MAX; mdp.num_choices()];
    let starts = mdp.initial().iter().map(|&(s, _)| s as usize).filter(|&s| !mdp.is_terminal(s));
    let mut frontier: Vec<(usize, usize)> = starts.map(|s| (s, 0)).collect();
    let mut next = Vec::new();
    let mut taken = Vec::new();
    for t in 0..process.horizon() {
        next.clear();
        for &(s, previous) in &frontier {
            taken.clear();
            if !follow(t, s, &mut taken) {
                return false;
            }
            let row = mdp.choices(s);
            if sticky && t > 0 && !taken.contains(&(row.start + previous)) {
                taken.push(row.start + previous);
            }
            for &c in &taken {
                let executed = if sticky { c - row.start } else { 0 };
                for (successor, probability) in mdp.branches(c) {
                    let row = mdp.choices(successor);
                    if probability > 0.0 && !row.is_empty() && seen[row.start + executed] != t {
                        seen[row.start + executed] = t;
                        next.push((successor, executed));
                    }
                }
            }
        }
        std::mem::swap(&mut frontier, &mut next);
    }
    true
}

/// Whether every policy greedy for the values `layer(t)` (shape `[C]`) is optimal.
fn greedy_is_optimal<'a>(process: &Process, q_star: &QTable, layer: impl Fn(usize) -> &'a [f64]) -> bool {
    let mdp = process.mdp();
    explore(process, |t, s, taken| {
        let (q, best_q) = (layer(t), q_star.layer(t));
        let row = mdp.choices(s);
        let (greedy, optimum) = (max(&q[row.clone()]), max(&best_q[row.clone()]));
        // Stickiness dilutes a loss, except in the first step.
        let share = if t == 0 { 1.0 } else { 1.0 - process.sticky() };
        taken.extend(row.filter(|&c| q[c] >= greedy));
        taken.iter().all(|&c| share * (optimum - best_q[c]) <= OPTIMALITY_TOLERANCE)
    })
}

/// Whether the process is k-QVI-solvable, given `Q^k` and `Q*`.
pub fn is_solvable(process: &Process, q_k: &QTable, q_star: &QTable) -> bool {
    greedy_is_optimal(process, q_star, |t| q_k.layer(t))
}

/// The effective planning window `W`: the least number of exact lookahead steps, with nothing known beyond them, whose
/// greedy policies are all optimal. It is the same test started from `Q¹ := r`; after `k` steps those values are `Q*`
/// with `min(k, T - t)` steps to go, so no further table is needed. `W ≤ T` always.
pub fn planning_window(process: &Process, q_star: &QTable) -> usize {
    let horizon = process.horizon();
    let solves = |k: usize| greedy_is_optimal(process, q_star, |t| q_star.layer(t.max(horizon - k)));
    (1..horizon).find(|&k| solves(k)).unwrap_or(horizon)
}
