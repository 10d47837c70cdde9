//! The Lai–Robbins lower bound on regret.

use super::size::check_probability;
use crate::{Error, Result};

/// kl(p, q) = p ln(p/q) + (1 - p) ln((1 - p)/(1 - q)) of two Bernoulli means; infinite where q excludes what p allows.
pub fn bernoulli_divergence(p: f64, q: f64) -> f64 {
    let term = |p: f64, q: f64| if p == 0.0 { 0.0 } else { p * (p / q).ln() };
    (term(p, q) + term(1.0 - p, 1.0 - q)).max(0.0)
}

/// C(μ) = Σ over arms below the best of (μ* - μ_a) / kl(μ_a, μ*): the regret of a policy that is good on every Bernoulli bandit is
/// at least about C ln T (Lai and Robbins 1985). Regret over a finite T may well lie below this line.
///
/// # Errors
/// No arm, or a mean outside `[0, 1]`.
pub fn lai_robbins(means: &[f64]) -> Result<f64> {
    if means.is_empty() {
        return Err(Error::Parameter { name: "arms", value: 0.0, expected: "at least 1" });
    }
    means.iter().try_for_each(|&mean| check_probability("mean", mean))?;
    let best = means.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Ok(means.iter().filter(|&&mean| mean < best).map(|&mean| (best - mean) / bernoulli_divergence(mean, best)).sum())
}
