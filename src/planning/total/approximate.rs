//! Bringing `max |T v − v|` of a core below a target: the inner loop of every method.
//!
//! Modified policy iteration takes Gauss-Seidel sweeps in the order of the states, which is that of the flow of values (see
//! [`core`](super::core)): one of the optimality operator, then some of the policy that was found. Policy iteration solves
//! the policy's equations instead. Value iteration is Jacobi sweeps alone.

use super::certificate::magnitude;
use crate::Result;
use crate::mdp::NO_CHOICE;
use crate::planning::bellman::Sweeper;
use crate::planning::discounted::policy_iteration::{dense, krylov};
use crate::planning::progress::{Progress, finite};

/// Up to this many states the equations of a policy are solved by LU.
pub(super) const DENSE: usize = 300;

/// Gauss-Seidel sweeps of a policy between two improvements, at most.
const MOST_EVALUATIONS: usize = 10;

/// After so many improvements modified policy iteration goes on as value iteration, which converges from every start.
const MOST_STEPS: usize = 2000;

/// How to approximate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Approximator {
    /// Value iteration.
    Jacobi,
    /// Modified policy iteration.
    Modified,
    /// Policy iteration.
    Howard,
}

/// Brings the residual of `v` to `target`, or stops at the iteration limit.
pub(super) fn approximate(
    how: Approximator,
    sweeper: &Sweeper,
    v: &mut Vec<f64>,
    target: f64,
    progress: &mut Progress,
) -> Result<()> {
    let mut swept = v.clone();
    let mut greedy = vec![NO_CHOICE; v.len()];
    if how == Approximator::Modified {
        return modified(sweeper, v, &mut swept, &mut greedy, target, progress);
    }
    let mut current: Option<Vec<u32>> = None;
    loop {
        let residual = residual(sweeper, v, &mut swept, &mut greedy, progress)?;
        if residual <= target || progress.exhausted() {
            return Ok(());
        }
        progress.advance();
        if how == Approximator::Jacobi {
            std::mem::swap(v, &mut swept);
            continue;
        }
        // The current choice stays unless another is better by more than rounding (ties never cycle).
        let margin = (1e-14 * magnitude(&swept)).max(0.01 * target);
        let policy = current.get_or_insert_with(|| greedy.clone());
        let mut switched = false;
        for s in 0..v.len() {
            if policy[s] != greedy[s] && swept[s] > v[s] + margin {
                policy[s] = greedy[s];
                switched = true;
            }
        }
        if !switched {
            policy.copy_from_slice(&greedy);
        }
        if !solve(sweeper, policy, v, 0.1 * target, progress) {
            v.copy_from_slice(&swept);
        }
    }
}

/// `max |T v − v|`, with `T v` in `swept`.
fn residual(
    sweeper: &Sweeper,
    v: &[f64],
    swept: &mut [f64],
    greedy: &mut [u32],
    progress: &mut Progress,
) -> Result<f64> {
    let change = sweeper.improve(v, swept, greedy);
    progress.count(1, sweeper.bytes());
    finite(change.magnitude)?;
    Ok(change.max.max(-change.min))
}

/// Modified policy iteration in place.
fn modified(
    sweeper: &Sweeper,
    v: &mut [f64],
    swept: &mut [f64],
    greedy: &mut [u32],
    target: f64,
    progress: &mut Progress,
) -> Result<()> {
    let mut steps = 0;
    let mut change = 0.0;
    loop {
        // The change of a sweep in place is not the residual, but one is small where the other is.
        if change <= target && residual(sweeper, v, swept, greedy, progress)? <= target || progress.exhausted() {
            return Ok(());
        }
        progress.advance();
        steps += 1;
        change = improve_in_place(sweeper, v, greedy);
        progress.count(1, sweeper.bytes());
        finite(change)?;
        if steps <= MOST_STEPS {
            evaluate(sweeper, greedy, v, (0.1 * change).max(0.25 * target), MOST_EVALUATIONS, progress);
        }
    }
}

/// A Gauss-Seidel sweep of the optimality operator: the largest change, and the choices in `policy`.
fn improve_in_place(sweeper: &Sweeper, v: &mut [f64], policy: &mut [u32]) -> f64 {
    let mdp = sweeper.mdp();
    let mut largest = 0.0;
    for s in 0..v.len() {
        let (mut best, mut choice) = (f64::NEG_INFINITY, NO_CHOICE);
        for c in mdp.choices(s) {
            let q = mdp.rewards()[c] + mdp.expect(c, v);
            if q > best {
                (best, choice) = (q, c as u32);
            }
        }
        if choice != NO_CHOICE {
            largest = f64::max(largest, (best - v[s]).abs());
            (v[s], policy[s]) = (best, choice);
        }
    }
    largest
}

/// Gauss-Seidel sweeps of a policy until the largest change is at most `tolerance`, at most `most`; the last change.
pub(super) fn evaluate(
    sweeper: &Sweeper,
    policy: &[u32],
    v: &mut [f64],
    tolerance: f64,
    most: usize,
    progress: &mut Progress,
) -> f64 {
    let mdp = sweeper.mdp();
    let mut largest = f64::INFINITY;
    for _ in 0..most {
        largest = 0.0;
        for s in 0..v.len() {
            let c = policy[s];
            if c != NO_CHOICE {
                let value = mdp.rewards()[c as usize] + mdp.expect(c as usize, v);
                let change = (value - v[s]).abs();
                largest = if change > largest || change.is_nan() { change } else { largest };
                v[s] = value;
            }
        }
        progress.count(1, sweeper.policy_bytes());
        if largest <= tolerance || !largest.is_finite() {
            break;
        }
    }
    largest
}

/// Solves the equations of a policy to a residual of about `tolerance`; `false` if they seem to have no finite solution.
pub(super) fn solve(
    sweeper: &Sweeper,
    policy: &[u32],
    v: &mut Vec<f64>,
    tolerance: f64,
    progress: &mut Progress,
) -> bool {
    let mut x = v.clone();
    if v.len() <= DENSE {
        let index: Vec<usize> = (0..v.len()).collect();
        dense(sweeper.mdp(), 1.0, policy, &index, &mut x);
    } else if evaluate(sweeper, policy, &mut x, tolerance, MOST_EVALUATIONS, progress) > tolerance {
        let sweeps = krylov(sweeper, tolerance, policy, &mut x);
        progress.count(sweeps, sweeper.policy_bytes());
    }
    let sound = x.iter().all(|x| x.is_finite());
    if sound {
        *v = x;
    }
    sound
}
