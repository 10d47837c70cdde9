//! The return of acting greedily on `Q^k`.

use super::process::{Process, max};
use super::q_values::{QTable, evaluate};

/// The expected return of the policy that is greedy for `q`, where exact ties go to the action that is worst for it.
pub fn greedy_return(process: &Process, q: &QTable) -> f64 {
    let worst_tie = |t: usize, _: usize, row: std::ops::Range<usize>, x: &[f64]| {
        let q = q.layer(t);
        let best = max(&q[row.clone()]);
        row.filter(|&c| q[c] >= best).map(|c| x[c]).fold(f64::INFINITY, f64::min)
    };
    evaluate(process, worst_tie, |_, _, _| {})
}
