//! The Bellman operators as sweeps over the table, and the bounds that follow from one sweep.
//!
//! ```text
//! (T v)(s)   = max_a  r(s, a) + γ Σ p(s'|s, a) v(s')        optimality operator, 0 in terminal states
//! (T_π v)(s) =        r(s, π(s)) + γ Σ p(s'|s, π(s)) v(s')
//! ```
//!
//! **Bounds** (MacQueen 1966, Porteus 1971). Let `v` be 0 in terminal states, `lo ≤ (T v − v)(s) ≤ hi` in all states, where
//! a terminal state counts as an absorbing state with reward 0, hence with residual 0. Then `v* ≤ T v + γ/(1−γ) · hi` and,
//! for the policy `π` greedy for `v`, `v* ≥ v_π ≥ T v + γ/(1−γ) · lo`: apply the monotone operators again and again to
//! `T v ≤ v + hi` and to `T_π v = T v ≥ v + lo`. In a terminal state both bounds are 0.
//!
//! **Rounding.** A computed backup of a row of `n` branches differs from the exact one by at most
//! `(n + 3) ε (max|r| + max|v|)`, `ε = 2⁻⁵²` (twice the unit roundoff, which covers higher orders). Residuals and `T v` are
//! widened by that much, and the geometric series uses the smallest or largest row sum of the table, since rows may be off
//! one by up to 1e-9. So the bounds hold for the table as it is stored, not for an idealised one.
//!
//! Cost of a sweep: every branch is read once (12 bytes), nothing is allocated. Sweeps run over fixed chunks of states in
//! parallel; each state's sum has a fixed order and minima and maxima are exact, so the result does not depend on threads.

use rayon::prelude::*;

use crate::mdp::{Mdp, NO_CHOICE};

/// States per parallel task.
const CHUNK: usize = 2048;

/// The smallest and the largest entry of a residual.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Residual {
    /// Smallest entry.
    pub min: f64,
    /// Largest entry.
    pub max: f64,
}

impl Residual {
    const EMPTY: Residual = Residual { min: f64::INFINITY, max: f64::NEG_INFINITY };

    fn include(&mut self, x: f64) {
        self.min = self.min.min(x);
        self.max = self.max.max(x);
    }

    fn join(self, other: Residual) -> Residual {
        Residual { min: self.min.min(other.min), max: self.max.max(other.max) }
    }

    /// `max − min`.
    pub fn span(&self) -> f64 {
        self.max - self.min
    }
}

/// `r(c) + γ E[v(s') | c]`, summed in branch order.
#[inline]
pub fn backup(mdp: &Mdp, gamma: f64, v: &[f64], c: usize) -> f64 {
    mdp.rewards()[c] + gamma * mdp.expect(c, v)
}

/// `out = T v`, and the residual `T v − v` over all states. Shapes `[S]`.
pub fn optimality_sweep(mdp: &Mdp, gamma: f64, v: &[f64], out: &mut [f64]) -> Residual {
    out.par_chunks_mut(CHUNK)
        .enumerate()
        .map(|(chunk, out)| {
            let first = chunk * CHUNK;
            let mut residual = Residual::EMPTY;
            for (offset, out) in out.iter_mut().enumerate() {
                let s = first + offset;
                *out = best_backup(mdp, gamma, v, s).0;
                residual.include(*out - v[s]);
            }
            residual
        })
        .reduce(|| Residual::EMPTY, Residual::join)
}

/// As [`optimality_sweep`], and `greedy[s]` becomes the first best choice of each state.
pub fn greedy_sweep(mdp: &Mdp, gamma: f64, v: &[f64], out: &mut [f64], greedy: &mut [u32]) -> Residual {
    out.par_chunks_mut(CHUNK)
        .zip(greedy.par_chunks_mut(CHUNK))
        .enumerate()
        .map(|(chunk, (out, greedy))| {
            let first = chunk * CHUNK;
            let mut residual = Residual::EMPTY;
            for (offset, (out, greedy)) in out.iter_mut().zip(greedy).enumerate() {
                let s = first + offset;
                (*out, *greedy) = best_backup(mdp, gamma, v, s);
                residual.include(*out - v[s]);
            }
            residual
        })
        .reduce(|| Residual::EMPTY, Residual::join)
}

/// `out = T_π v` for the deterministic rule `policy`, and the residual `T_π v − v`. Shapes `[S]`.
pub fn policy_sweep(mdp: &Mdp, gamma: f64, policy: &[u32], v: &[f64], out: &mut [f64]) -> Residual {
    out.par_chunks_mut(CHUNK)
        .enumerate()
        .map(|(chunk, out)| {
            let first = chunk * CHUNK;
            let mut residual = Residual::EMPTY;
            for (offset, out) in out.iter_mut().enumerate() {
                let s = first + offset;
                *out = if policy[s] == NO_CHOICE { 0.0 } else { backup(mdp, gamma, v, policy[s] as usize) };
                residual.include(*out - v[s]);
            }
            residual
        })
        .reduce(|| Residual::EMPTY, Residual::join)
}

/// The best backup of state `s` and the first choice that attains it; `(0, NO_CHOICE)` if `s` is terminal.
#[inline]
fn best_backup(mdp: &Mdp, gamma: f64, v: &[f64], s: usize) -> (f64, u32) {
    let mut choices = mdp.choices(s);
    let Some(first) = choices.next() else { return (0.0, NO_CHOICE) };
    let mut best = (backup(mdp, gamma, v, first), first as u32);
    for c in choices {
        let q = backup(mdp, gamma, v, c);
        if q > best.0 {
            best = (q, c as u32);
        }
    }
    best
}

/// What the rounding and the row sums of a table do to bounds; computed once per solve.
#[derive(Debug, Clone, Copy)]
pub struct Precision {
    /// `(n + 3) ε` for the longest row `n`.
    row_error: f64,
    /// Largest `|r|`.
    reward: f64,
    /// Smallest and largest row sum, rounding included.
    row_sums: (f64, f64),
}

impl Precision {
    /// Reads the table once.
    pub fn new(mdp: &Mdp) -> Precision {
        let (mut longest, mut low, mut high) = (0, 1.0f64, 1.0f64);
        for c in 0..mdp.num_choices() {
            let row = &mdp.probabilities()[mdp.branch_range(c)];
            let sum: f64 = row.iter().sum();
            longest = longest.max(row.len());
            low = low.min(sum);
            high = high.max(sum);
        }
        let row_error = (longest as f64 + 3.0) * f64::EPSILON;
        let reward = mdp.rewards().iter().fold(0.0, |m: f64, r| m.max(r.abs()));
        Precision { row_error, reward, row_sums: (low - row_error, high + row_error) }
    }

    /// Largest difference between a computed and an exact backup of a vector with entries up to `scale`.
    pub fn backup_error(&self, scale: f64) -> f64 {
        self.row_error * (self.reward + scale)
    }

    /// The largest row sum, rounding included: errors of `v` grow by no more than this in an undiscounted backup.
    pub fn row_sum_limit(&self) -> f64 {
        self.row_sums.1
    }

    /// What must be added to `T v` in a non-terminal state: `(below, above)`, from the computed residual of `v`.
    pub fn shifts(&self, gamma: f64, residual: Residual, scale: f64) -> (f64, f64) {
        let error = self.backup_error(scale);
        let series = |x: f64, wide: f64, narrow: f64| {
            let g = gamma * if x > 0.0 { wide } else { narrow };
            g / (1.0 - g) * x
        };
        let (low, high) = self.row_sums;
        let below = series(residual.min - error, low, high) - error;
        let above = series(residual.max + error, high, low) + error;
        (below, above)
    }
}

/// The largest absolute entry.
pub(super) fn max_abs(v: &[f64]) -> f64 {
    v.iter().fold(0.0, |m: f64, x| m.max(x.abs()))
}
