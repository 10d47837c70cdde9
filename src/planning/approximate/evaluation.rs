//! Evaluating one policy: sweeps in place, LU for few states, preconditioned BiCGSTAB for many.

use nalgebra::DMatrix;

use crate::mdp::{Mdp, NO_CHOICE};
use crate::numeric::{IncompleteLu, preconditioned_bicgstab, solve_dense};
use crate::planning::bellman::{Sweeper, expectation};
use crate::planning::progress::Progress;

/// Up to this many states the equations of a policy are solved by LU.
pub(in crate::planning) const DENSE: usize = 300;

/// Sweeps in place before a Krylov method is tried, at most.
const MOST_EVALUATIONS: usize = 10;

/// Most sweeps that BiCGSTAB may take for one policy.
const KRYLOV_SWEEPS: usize = 2000;

/// Calls `visit` with every state of a sweep in place.
#[inline(always)]
pub(super) fn in_order(sweeper: &Sweeper, backwards: bool, states: usize, mut visit: impl FnMut(usize)) {
    match sweeper.order() {
        Some(order) => order.iter().for_each(|&s| visit(s as usize)),
        None if backwards => (0..states).rev().for_each(visit),
        None => (0..states).for_each(visit),
    }
}

/// Gauss-Seidel sweeps of a policy until the largest change is at most `tolerance`, at most `most`; the last change.
pub(in crate::planning) fn evaluate(
    sweeper: &Sweeper,
    policy: &[u32],
    v: &mut [f64],
    tolerance: f64,
    most: usize,
    progress: &mut Progress,
) -> f64 {
    let (mdp, gamma) = (sweeper.mdp(), sweeper.gamma());
    let (next, probability, reward) = (mdp.successors(), mdp.probabilities(), mdp.rewards());
    let mut largest = f64::INFINITY;
    for sweep in 0..most {
        largest = 0.0;
        in_order(sweeper, sweep % 2 == 1 && sweeper.has_no_end(), v.len(), |s| {
            let c = policy[s];
            if c != NO_CHOICE {
                let row = mdp.branch_range(c as usize);
                let value = reward[c as usize] + gamma * expectation(&next[row.clone()], &probability[row], v);
                let change = (value - v[s]).abs();
                largest = if change > largest || change.is_nan() { change } else { largest };
                v[s] = value;
            }
        });
        progress.count(1, sweeper.policy_bytes());
        if largest <= tolerance || !largest.is_finite() {
            break;
        }
    }
    largest
}

/// Solves the equations of a policy from `v` on to a residual of about `tolerance`; `false`, and `v` as it was, if they
/// seem to have no finite solution.
pub(in crate::planning) fn solve(
    sweeper: &Sweeper,
    policy: &[u32],
    v: &mut [f64],
    tolerance: f64,
    progress: &mut Progress,
) -> bool {
    let mut x = v.to_vec();
    if v.len() <= DENSE {
        let index = alive_index(sweeper.mdp());
        dense(sweeper.mdp(), sweeper.gamma(), policy, &index, &mut x);
    } else if evaluate(sweeper, policy, &mut x, tolerance, MOST_EVALUATIONS, progress) > tolerance {
        let sweeps = krylov(sweeper, tolerance, policy, &mut x);
        progress.count(sweeps, sweeper.policy_bytes());
    }
    let sound = x.iter().all(|x| x.is_finite());
    if sound {
        v.copy_from_slice(&x);
    }
    sound
}

/// The number of each state among those that are not terminal, `[S]`.
pub(in crate::planning) fn alive_index(mdp: &Mdp) -> Vec<usize> {
    let mut alive = 0;
    let number = |s| {
        let index = alive;
        alive += usize::from(!mdp.is_terminal(s));
        index
    };
    (0..mdp.num_states()).map(number).collect()
}

/// LU on the states that are not terminal, `index` being [`alive_index`]; if the matrix is singular, `v` stays.
pub(in crate::planning) fn dense(mdp: &Mdp, gamma: f64, policy: &[u32], index: &[usize], v: &mut [f64]) {
    let alive: Vec<usize> = (0..index.len()).filter(|&s| !mdp.is_terminal(s)).collect();
    let mut a = DMatrix::identity(alive.len(), alive.len());
    for (i, &s) in alive.iter().enumerate() {
        for (t, p) in mdp.branches(policy[s] as usize).filter(|&(t, _)| !mdp.is_terminal(t)) {
            a[(i, index[t])] -= gamma * p;
        }
    }
    let reward: Vec<f64> = alive.iter().map(|&s| mdp.rewards()[policy[s] as usize]).collect();
    if let Some(x) = solve_dense(&a, &reward) {
        for (&s, x) in alive.iter().zip(x) {
            v[s] = x;
        }
    }
}

/// BiCGSTAB from `v` with an incomplete factorisation as preconditioner; keeps `v` if it broke down. Returns the sweeps
/// taken: products and triangular solutions, each of which reads as much as a sweep of the policy.
pub(in crate::planning) fn krylov(sweeper: &Sweeper, tolerance: f64, policy: &[u32], v: &mut [f64]) -> usize {
    let (mdp, gamma) = (sweeper.mdp(), sweeper.gamma());
    // T_π x = r + γ P x, so (I − γ P) x = x − (T_π x − r).
    let reward: Vec<f64> =
        policy.iter().map(|&c| if c == NO_CHOICE { 0.0 } else { mdp.rewards()[c as usize] }).collect();
    let apply = |x: &[f64], out: &mut [f64]| {
        sweeper.evaluate(policy, x, out);
        for s in 0..x.len() {
            out[s] = x[s] - (out[s] - reward[s]);
        }
    };
    let row = |s: usize, row: &mut Vec<(u32, f64)>| {
        row.push((s as u32, 1.0));
        if policy[s] != NO_CHOICE {
            row.extend(mdp.branches(policy[s] as usize).map(|(t, p)| (t as u32, -gamma * p)));
        }
    };
    let mut x = v.to_vec();
    let factors = IncompleteLu::new(v.len(), row);
    let precondition = |x: &[f64], out: &mut [f64]| match &factors {
        Some(factors) => factors.solve(x, out),
        None => out.copy_from_slice(x),
    };
    let end = preconditioned_bicgstab(apply, precondition, &reward, &mut x, tolerance, KRYLOV_SWEEPS);
    if end.residual.is_finite() {
        v.copy_from_slice(&x);
    }
    2 * end.products
}
