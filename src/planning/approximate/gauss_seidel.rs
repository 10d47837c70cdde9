//! Gauss-Seidel sweeps: every state at once uses what the states before it have become.
//!
//! ```text
//! v(s) ← max_a { r(s, a) + γ Σ_{s'} p(s'|s, a) v(s') }        in place, state by state
//! ```
//! (Puterman 2005, section 6.3.3.) One full sweep finds a policy; then sweeps of that policy alone follow, which read one row a
//! state, until they change a tenth of what the full sweep changed, at most [`MOST_EVALUATIONS`] (modified policy
//! iteration in place; Puterman and Shin 1978). The order is that of the sweeper, from the end backwards if the problem ends
//! ([`order`](super::order)). The change of a sweep in place is not the residual, so a Jacobi sweep checks it when the change has
//! become small.
//!
//! Where no state is terminal and there is a discount, what takes sweeps longest is the constant by which all values are wrong
//! alike. There every full sweep is a Jacobi sweep, whose change tells that constant, and the sweeps of the policy go to and fro.
//!
//! Cost: a full sweep a step, and a share of one for each sweep of the policy; on one thread, since the order matters.

use super::Improvement;
use super::evaluation::{evaluate, in_order};
use crate::Result;
use crate::mdp::NO_CHOICE;
use crate::planning::bellman::{Sweeper, expectation};
use crate::planning::progress::{Progress, finite};

/// Sweeps of a policy between two improvements, at most.
const MOST_EVALUATIONS: usize = 10;

/// The same where no state is terminal, since every sweep moves all values a little from the centre.
const MOST_CENTRED: usize = 4;

/// After so many improvements only full sweeps follow, which converge from every start. With sweeps of policies in between, in
/// place, there are starts from which policies come round again (Williams and Baird 1993), though none with `T v ≥ v`.
const MOST_STEPS: usize = 2000;

/// Sweeps in place.
pub(super) fn run(sweeper: &Sweeper, v: &mut [f64], target: f64, progress: &mut Progress) -> Result<()> {
    let mut step = Improvement::new(v.len());
    if sweeper.has_no_end() && sweeper.gamma() < 1.0 {
        return centred(sweeper, v, target, progress, step);
    }
    let (mut steps, mut change) = (0, f64::INFINITY);
    loop {
        if change <= target && step.residual(sweeper, v, progress)? <= target || progress.exhausted() {
            return Ok(());
        }
        progress.advance();
        steps += 1;
        change = improve(sweeper, v, &mut step.greedy);
        progress.count(1, sweeper.bytes());
        finite(change)?;
        if steps <= MOST_STEPS {
            evaluate(sweeper, &step.greedy, v, (0.1 * change).max(0.25 * target), MOST_EVALUATIONS, progress);
        }
    }
}

/// Where no state is terminal: a constant `c` added to `v` changes `T v − v` by `−(1 − γ) c`, so only the span of the change counts. A
/// full sweep contracts it; sweeps of a policy in place need not, so they end for good where it did not fall.
fn centred(
    sweeper: &Sweeper,
    v: &mut [f64],
    target: f64,
    progress: &mut Progress,
    mut step: Improvement,
) -> Result<()> {
    let mut before = f64::INFINITY;
    let mut helps = true;
    loop {
        let change = step.sweep(sweeper, v, progress)?;
        helps &= change.span() < before;
        before = change.span();
        let middle = 0.5 * (change.min + change.max) / (1.0 - sweeper.gamma());
        if 0.5 * change.span() <= target || progress.exhausted() {
            v.iter_mut().for_each(|v| *v += middle);
            return Ok(());
        }
        progress.advance();
        v.iter_mut().zip(&step.swept).for_each(|(v, swept)| *v = swept + sweeper.gamma() * middle);
        let tolerance = (0.05 * change.span()).max(0.25 * target);
        if helps {
            evaluate(sweeper, &step.greedy, v, tolerance, MOST_CENTRED, progress);
        }
    }
}

/// A sweep of the optimality operator: the largest change, and the choices in `policy`.
fn improve(sweeper: &Sweeper, v: &mut [f64], policy: &mut [u32]) -> f64 {
    let mut largest = 0.0;
    in_order(sweeper, false, v.len(), |s| {
        let (best, choice) = best_choice(sweeper, s, v);
        if choice != NO_CHOICE {
            largest = f64::max(largest, (best - v[s]).abs());
            (v[s], policy[s]) = (best, choice);
        }
    });
    largest
}

/// `(T v)(s)` and the first choice that attains it; [`NO_CHOICE`] if `s` is terminal.
#[inline]
pub(super) fn best_choice(sweeper: &Sweeper, s: usize, v: &[f64]) -> (f64, u32) {
    let mdp = sweeper.mdp();
    let (next, probability, reward) = (mdp.successors(), mdp.probabilities(), mdp.rewards());
    let (mut best, mut choice) = (f64::NEG_INFINITY, NO_CHOICE);
    for c in mdp.choices(s) {
        let row = mdp.branch_range(c);
        let q = reward[c] + sweeper.gamma() * expectation(&next[row.clone()], &probability[row], v);
        if q > best {
            (best, choice) = (q, c as u32);
        }
    }
    (best, choice)
}
