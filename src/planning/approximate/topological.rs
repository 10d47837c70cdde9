//! Topological value iteration: one strongly connected component after another, successors first.
//!
//! (Dai and Goldsmith 2007; Dai et al. 2011.) No state depends on a component that comes later, so each is solved once and for
//! all. A component of one state is solved in closed form,
//! ```text
//! v(s) = max_a { r(s, a) + γ Σ_{t ≠ s} p(t|s, a) v(t) } / (1 − γ p(s|s, a))
//! ```
//! (for `γ p(s|s, a) < 1`; a choice that only repeats itself without a discount is left out), so an acyclic table takes one pass.
//! A larger one becomes a table of its own, in which leaving earns what lies outside: policy iteration with LU solves it up to
//! [`DENSE`] states, else Gauss-Seidel sweeps do, from its exits inwards. One component of all states is left to
//! [`gauss_seidel`] as it is.
//!
//! Cost: `O(B)` for the components and for copying them, then each component as often as it needs, on one thread.

use super::evaluation::DENSE;
use super::{Approximator, Improvement, from_the_end, gauss_seidel, howard};
use crate::Result;
use crate::mdp::Mdp;
use crate::planning::bellman::{Sweeper, expectation};
use crate::planning::graph::{Components, strong_components};
use crate::planning::progress::{Progress, finite};

/// Passes until the residual is small: one, but for rounding.
const MOST_PASSES: usize = 4;

/// Solves component after component.
pub(super) fn run(sweeper: &Sweeper, v: &mut [f64], target: f64, progress: &mut Progress) -> Result<()> {
    let components = strong_components(sweeper.mdp());
    if components.len() == 1 {
        return gauss_seidel::run(sweeper, v, target, progress);
    }
    let mut step = Improvement::new(v.len());
    let mut local = vec![0; v.len()];
    for pass in 0..MOST_PASSES {
        if pass > 0 && step.residual(sweeper, v, progress)? <= target || progress.exhausted() {
            break;
        }
        // Steps and bytes in shares of a sweep of all states, handed over when they make up whole ones.
        let (mut steps, mut sweeps) = (0.0, 0.0);
        for i in 0..components.len() {
            let (own_steps, own_sweeps) = match *components.states(i) {
                [s] => alone(sweeper, s as usize, v)?,
                _ => together(sweeper, &components, i, &mut local, v, target, progress)?,
            };
            steps += own_steps;
            sweeps += own_sweeps;
            while steps >= 1.0 - 1e-9 {
                steps -= 1.0;
                progress.advance();
            }
            while sweeps >= 1.0 - 1e-9 {
                sweeps -= 1.0;
                progress.count(1, sweeper.bytes());
            }
        }
    }
    Ok(())
}

/// Solves a component of one state.
fn alone(sweeper: &Sweeper, s: usize, v: &mut [f64]) -> Result<(f64, f64)> {
    let (mdp, gamma) = (sweeper.mdp(), sweeper.gamma());
    let mut best = f64::NEG_INFINITY;
    v[s] = 0.0;
    for c in mdp.choices(s) {
        let row = mdp.branch_range(c);
        // With v(s) = 0 the state itself adds nothing.
        let others = expectation(&mdp.successors()[row.clone()], &mdp.probabilities()[row], v);
        let again: f64 = mdp.branches(c).map(|(t, p)| if t == s { p } else { 0.0 }).sum();
        let left = 1.0 - gamma * again;
        if left > 0.0 {
            best = best.max((mdp.rewards()[c] + gamma * others) / left);
        }
    }
    if best > f64::NEG_INFINITY {
        v[s] = best;
    }
    finite(v[s])?;
    let share = 1.0 / v.len() as f64;
    Ok((share, share))
}

/// Solves component `i`, of several states. Returns steps and sweeps, as shares of those of the whole table.
fn together(
    sweeper: &Sweeper,
    components: &Components,
    i: usize,
    local: &mut [u32],
    v: &mut [f64],
    target: f64,
    progress: &Progress,
) -> Result<(f64, f64)> {
    let (states, gamma) = (components.states(i), sweeper.gamma());
    let table = table(sweeper, components, i, local, v);
    let part = Sweeper::new(&table, gamma).in_order(from_the_end(&table));
    let mut own = vec![0.0; table.num_states()];
    for (own, &s) in own.iter_mut().zip(states) {
        *own = v[s as usize];
    }
    let approximate: Approximator = if states.len() <= DENSE { howard::run } else { gauss_seidel::run };
    let mut attempt = progress.attempt(usize::MAX);
    approximate(&part, &mut own, 0.5 * target, &mut attempt)?;
    for (&own, &s) in own.iter().zip(states) {
        v[s as usize] = own;
    }
    let work = attempt.into_work();
    let share = states.len() as f64 / v.len() as f64;
    Ok((share * work.iterations as f64, work.bytes as f64 / sweeper.bytes() as f64))
}

/// Component `i` with its states numbered as listed, and a terminal state after them if it can be left. `local` is scratch.
fn table(sweeper: &Sweeper, components: &Components, i: usize, local: &mut [u32], v: &[f64]) -> Mdp {
    let (mdp, states) = (sweeper.mdp(), components.states(i));
    for (number, &s) in states.iter().enumerate() {
        local[s as usize] = number as u32;
    }
    let outside = states.len() as u32;
    let (mut choice_start, mut branch_start) = (Vec::with_capacity(states.len() + 2), vec![0]);
    let (mut next, mut probability, mut reward) = (Vec::new(), Vec::new(), Vec::new());
    let mut closed = true;
    choice_start.push(0);
    for &s in states {
        for c in mdp.choices(s as usize) {
            let (mut leaving, mut worth) = (0.0, 0.0);
            for (t, p) in mdp.branches(c) {
                if components.of[t] == i as u32 {
                    next.push(local[t]);
                    probability.push(p);
                } else {
                    leaving += p;
                    worth += p * v[t];
                }
            }
            if leaving > 0.0 {
                next.push(outside);
                probability.push(leaving);
                closed = false;
            }
            branch_start.push(next.len() as u32);
            reward.push(mdp.rewards()[c] + sweeper.gamma() * worth);
        }
        choice_start.push(reward.len() as u32);
    }
    if !closed {
        choice_start.push(reward.len() as u32);
    }
    Mdp::of_valid_rows(choice_start, branch_start, next, probability, reward)
}
