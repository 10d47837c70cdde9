//! Plain dynamic programming for the tests of this crate: short, and sharing no code with the library's solvers.

use tabrl::mdp::Mdp;

/// The value of each choice under the continuation values `v`.
fn backup(mdp: &Mdp, s: usize, gamma: f64, v: &[f64]) -> Vec<f64> {
    mdp.choices(s).map(|c| mdp.rewards()[c] + gamma * mdp.expect(c, v)).collect()
}

/// Optimal values with `0, 1, ..., horizon` steps to go, `[horizon + 1][S]`.
pub fn finite(mdp: &Mdp, horizon: usize) -> Vec<Vec<f64>> {
    let mut values = vec![vec![0.0; mdp.num_states()]];
    for h in 0..horizon {
        let v = &values[h];
        let best = |s| backup(mdp, s, 1.0, v).into_iter().reduce(f64::max).unwrap_or(0.0);
        values.push((0..mdp.num_states()).map(best).collect());
    }
    values
}

/// Optimal discounted values, by value iteration until no value moves by more than 1e-14 of the largest one.
pub fn discounted(mdp: &Mdp, gamma: f64) -> Vec<f64> {
    let mut v = vec![0.0; mdp.num_states()];
    loop {
        let best = |s| backup(mdp, s, gamma, &v).into_iter().reduce(f64::max).unwrap_or(0.0);
        let next: Vec<f64> = (0..mdp.num_states()).map(best).collect();
        let change = next.iter().zip(&v).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        let scale = next.iter().fold(1.0, |m: f64, x| m.max(x.abs()));
        v = next;
        if change <= 1e-14 * scale {
            return v;
        }
    }
}

/// The actions whose value is within 1e-12 of the best, in state `s` under the continuation values `v`.
pub fn best_actions(mdp: &Mdp, s: usize, gamma: f64, v: &[f64]) -> Vec<usize> {
    let q = backup(mdp, s, gamma, v);
    let best = q.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let first = mdp.choices(s).start;
    (0..q.len()).filter(|&i| q[i] >= best - 1e-12 * best.abs().max(1.0)).map(|i| mdp.action_of(s, first + i)).collect()
}
