//! The Lai–Robbins lower bound on regret.

use super::size::check_probability;
use crate::numeric::beta::divergence;
use crate::{Error, Result};

/// kl(p, q) = p ln(p/q) + (1 - p) ln((1 - p)/(1 - q)) of two Bernoulli means; infinite where q excludes what p allows, and not a number if either is no
/// probability.
pub fn bernoulli_divergence(p: f64, q: f64) -> f64 {
    if ![p, q].iter().all(|x| (0.0..=1.0).contains(x)) {
        return f64::NAN;
    }
    divergence((p, 1.0 - p), (q, 1.0 - q))
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
    let worse = means.iter().filter(|&&mean| mean < best);
    // From 0, since an empty sum is -0.
    Ok(worse.fold(0.0, |sum, &mean| sum + (best - mean) / bernoulli_divergence(mean, best)))
}
