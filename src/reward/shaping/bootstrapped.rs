//! Bootstrapped shaping: the potential is `η` times the learner's own value of the moment.
//!
//! One sweep is `Q(s, a) ← r(s, a) + γ (1 + η) E[V(s')] − η V(s)` with `V(s) = max_a Q(s, a)`, and 0 at the end. Its fixed point is
//! ```text
//! V∞ = v* / (1 + η)        Q∞ = q* − η / (1 + η) v*
//! ```
//! with the same greedy policy, and the sweep is a contraction in the maximum norm with modulus `γ |1 + η| + |η|`, which is below 1 for
//! `−1 < η < (1 − γ) / (1 + γ)`. Beyond, it may converge still, oscillate or diverge.
//!
//! Source: Adamczyk, Makarenko, Tiomkin and Kulkarni 2025, "Bootstrapped Reward Shaping" (AAAI); the closed form is derived here.

use crate::mdp::Mdp;
use crate::planning::Criterion;
use crate::{Error, Result};

/// What many sweeps lead to.
#[derive(Debug, Clone, PartialEq)]
pub struct BootstrappedRun {
    /// The action values after the last sweep, `[C]`.
    pub q: Vec<f64>,
    /// `‖V_k − v* / (1 + η)‖∞` after each sweep; infinite once the values are.
    pub errors: Vec<f64>,
}

/// `γ |1 + η| + |η|`: below 1, the sweep is a contraction.
pub fn modulus(gamma: f64, eta: f64) -> f64 {
    gamma * (1.0 + eta).abs() + eta.abs()
}

/// `(1 − γ) / (1 + γ)`: the largest `η` up to which contraction is certain.
pub fn largest_eta(gamma: f64) -> f64 {
    (1.0 - gamma) / (1.0 + gamma)
}

/// `sweeps` sweeps from `Q = 0`. `optimum` is `v*` of the table without shaping, `[S]`.
///
/// # Errors
/// A discount outside (0, 1), `η = −1` (which has no fixed point) or not finite, or an optimum of another length or not finite.
pub fn bootstrapped(mdp: &Mdp, gamma: f64, eta: f64, sweeps: usize, optimum: &[f64]) -> Result<BootstrappedRun> {
    Criterion::Discounted { gamma }.validate()?;
    if !eta.is_finite() || eta == -1.0 {
        return Err(Error::Parameter { name: "eta", value: eta, expected: "a finite number other than -1" });
    }
    if optimum.len() != mdp.num_states() {
        let (found, expected) = (vec![optimum.len()], vec![mdp.num_states()]);
        return Err(Error::Shape { what: "the optimal values".into(), found, expected });
    }
    if let Some(&value) = optimum.iter().find(|x| !x.is_finite()) {
        return Err(Error::Parameter { name: "an optimal value", value, expected: "a finite number" });
    }
    let mut q = vec![0.0; mdp.num_choices()];
    let mut v = vec![0.0; mdp.num_states()];
    let mut errors = Vec::new();
    for _ in 0..sweeps {
        for s in 0..mdp.num_states() {
            for c in mdp.choices(s) {
                q[c] = mdp.rewards()[c] + gamma * (1.0 + eta) * mdp.expect(c, &v) - eta * v[s];
            }
        }
        for s in (0..mdp.num_states()).filter(|&s| !mdp.is_terminal(s)) {
            v[s] = mdp.choices(s).map(|c| q[c]).fold(f64::NEG_INFINITY, f64::max);
        }
        let apart = |(v, best): (&f64, &f64)| (v - best / (1.0 + eta)).abs();
        let error = v.iter().zip(optimum).map(apart).fold(0.0, f64::max);
        errors.push(if v.iter().all(|x| x.is_finite()) { error } else { f64::INFINITY });
    }
    Ok(BootstrappedRun { q, errors })
}
