//! The closed bound on the effective horizon of a deterministic MDP.
//!
//! For each k, with `Q^worst` the values of the worst policy,
//! ```text
//! σ²_{1,t}(s, a) = (Q¹ - Q^worst)(Q* - Q^worst)          σ²_{k,t}(s, a) = max_b σ²_{k-1,t+1}(s', b)
//! gap_t(s) = max_a Q^k_t(s, a) - max_{a suboptimal} Q^k_t(s, a)      (∞ if no action is suboptimal)
//! m_k = max over reachable (t, s) of max(1, ⌈16 · max_a σ²_{k,t}(s, a) / gap_t(s)² · ln(2 T A^k)⌉)
//! H ≤ k + log_A m_k
//! ```
//! Suboptimal means `Q* < V* - 1e-4`; reachable is the closure of the initial state under every action strictly better
//! than the best suboptimal one; a k with a reachable gap of 0 is skipped; the last stage has no variance beyond k = 1.
//! The bound is the least over `k = 1, 2, ...` while `k` is below the best so far, starting from `T`.
//!
//! Reference: Laidlaw et al. (NeurIPS 2023), theorem 5.4, in the form in which the authors' published numbers were
//! computed (their code has the constant 16 and `σ²/gap²`). Cost per k: one sweep over the table and the reachable part.

use serde::Serialize;

use super::process::{Process, max};
use super::q_values::{QTable, evaluate};
use super::solvability::{OPTIMALITY_TOLERANCE, explore};
use super::{ROUNDING_TOLERANCE, log_base};
use crate::Result;

/// The bound at one k.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BoundAtK {
    /// Number of lookahead steps.
    pub k: usize,
    /// Number of episodes per action sequence that suffices, `m_k` (a whole number, too large for integers).
    pub m: f64,
    /// The gap where the largest `m_k` is needed (infinite if every reachable action is optimal).
    pub gap: f64,
    /// The variance bound there.
    pub variance: f64,
    /// `k + log_A m_k`.
    pub effective_horizon: f64,
}

/// Computes the bound for k = 1, 2, ... in turn.
#[derive(Debug, Clone)]
pub struct BoundSequence<'a> {
    process: Process<'a>,
    k: usize,
    /// `max_a σ²_{k,t}(s, a)`, `[T, S]`.
    variance: Vec<f64>,
}

impl<'a> BoundSequence<'a> {
    /// Starts at k = 1 with `Q¹` and `Q*`.
    ///
    /// # Errors
    /// A process that is not deterministic, or states that lack an action.
    pub fn new(process: Process<'a>, q_1: &QTable, q_star: &QTable) -> Result<BoundSequence<'a>> {
        process.require_deterministic("the bound on the effective horizon")?;
        process.require_uniform_actions("the bound on the effective horizon")?;
        let states = process.mdp().num_states();
        let mut variance = vec![0.0; process.horizon() * states];
        let worst = |_: usize, _: usize, row: std::ops::Range<usize>, x: &[f64]| super::process::min(&x[row]);
        evaluate(&process, worst, |t, x, _| {
            let (q_1, q_star) = (q_1.layer(t), q_star.layer(t));
            let layer = &mut variance[t * states..(t + 1) * states];
            process.aggregate(layer, |_, row| {
                row.map(|c| (q_1[c] - x[c]) * (q_star[c] - x[c])).fold(f64::NEG_INFINITY, f64::max)
            });
        });
        Ok(BoundSequence { process, k: 1, variance })
    }

    /// The bound at the present k, given `Q^k`; `None` if some reachable gap is 0.
    pub fn at(&self, q_k: &QTable, q_star: &QTable) -> Option<BoundAtK> {
        let (mdp, horizon) = (self.process.mdp(), self.process.horizon());
        let actions = mdp.num_actions();
        let union = (2.0 * horizon as f64 * (actions as f64).powi(self.k as i32)).ln();
        let mut found = BoundAtK { k: self.k, m: 1.0, gap: f64::INFINITY, variance: 0.0, effective_horizon: 0.0 };
        let complete = explore(&self.process, |t, s, taken| {
            let (q, q_star) = (q_k.layer(t), q_star.layer(t));
            let row = mdp.choices(s);
            let (best, optimum) = (max(&q[row.clone()]), max(&q_star[row.clone()]));
            let suboptimal = row.clone().filter(|&c| q_star[c] < optimum - OPTIMALITY_TOLERANCE);
            let second = suboptimal.map(|c| q[c]).fold(f64::NEG_INFINITY, f64::max);
            let noise = ROUNDING_TOLERANCE * best.abs();
            let gap = best - second;
            if gap <= noise {
                return false;
            }
            let variance = self.variance[t * mdp.num_states() + s];
            let m = if gap == f64::INFINITY { 1.0 } else { (16.0 * variance / (gap * gap) * union).ceil().max(1.0) };
            if m > found.m || found.gap == f64::INFINITY {
                found = BoundAtK { m, gap, variance, ..found };
            }
            taken.extend(row.filter(|&c| q[c] - second > noise));
            true
        });
        found.effective_horizon = self.k as f64 + log_base(actions, found.m);
        complete.then_some(found)
    }

    /// Moves on to k + 1.
    pub fn advance(&mut self) {
        let mdp = self.process.mdp();
        let states = mdp.num_states();
        for t in 0..self.process.horizon() {
            let (head, tail) = self.variance.split_at_mut((t + 1) * states);
            let layer = &mut head[t * states..];
            if tail.is_empty() {
                layer.fill(0.0);
                continue;
            }
            // Deterministic: the only branch of choice c is branch c.
            let next = mdp.successors();
            self.process
                .aggregate(layer, |_, row| row.map(|c| tail[next[c] as usize]).fold(f64::NEG_INFINITY, f64::max));
        }
        self.k += 1;
    }
}
