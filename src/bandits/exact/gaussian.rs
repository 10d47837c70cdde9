//! Gittins indices of a Gaussian arm: unknown mean with prior N(μ, 1/n₀), noise of variance 1.
//!
//! The index of (μ, n) is μ plus that of (0, n), so one pass calibrates against retiring for 0: with posterior mean x after n
//! observations (the prior counts for n₀ of them)
//!
//! ```text
//! V_n(x) = max{ 0, x + γ E V_{n+1}(x + σ_n Z) },     σ_n² = 1/n - 1/(n + 1)
//! ν(0, n) = - the x at which both are equal
//! ```
//! V_n is convex. On a grid it is taken as piecewise linear, whose expectation under a Gaussian is exact; the error is of order h²,
//! and Richardson's extrapolation from two grids removes it.

use statrs::function::erf::erfc;

use super::size::check_discount;
use crate::{Error, Result};

/// φ.
fn density(x: f64) -> f64 {
    (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

/// Φ.
fn distribution(x: f64) -> f64 {
    0.5 * erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// E max(Z, x) = x Φ(x) + φ(x).
fn expected_maximum(x: f64) -> f64 {
    x * distribution(x) + density(x)
}

/// The solution of ν = γ E max(Z, ν), the index of an arm whose standard normal mean is known after one pull.
fn told(discount: f64) -> f64 {
    if discount == 0.0 {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    while discount * expected_maximum(high) > high {
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if discount * expected_maximum(middle) > middle {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

fn check(precision: f64, discount: f64) -> Result<()> {
    check_discount(discount)?;
    if !(1e-3..=1e6).contains(&precision) {
        return Err(Error::Parameter { name: "precision", value: precision, expected: "from 0.001 to 1e6" });
    }
    Ok(())
}

/// A lower bound: the index of whoever decides for good after one pull, √(1/n - 1/(n + 1)) ν̄, where ν̄ = γ E max(Z, ν̄).
///
/// # Errors
/// As [`gaussian_index`].
pub fn gaussian_index_lower(precision: f64, discount: f64) -> Result<f64> {
    check(precision, discount)?;
    Ok((1.0 / precision - 1.0 / (precision + 1.0)).sqrt() * told(discount))
}

/// An upper bound: the index of whoever is told the mean after one pull, √(1/n) ν̄.
///
/// # Errors
/// As [`gaussian_index`].
pub fn gaussian_index_upper(precision: f64, discount: f64) -> Result<f64> {
    check(precision, discount)?;
    Ok(told(discount) / precision.sqrt())
}

/// The Gittins index of an arm with posterior mean 0 and `precision` n (1/n is the posterior variance), noise variance 1, to about 2e-5
/// standard deviations of what the mean may move in the pulls that matter: grids are refined until two extrapolations are no further apart.
///
/// # Errors
/// A discount outside `[0, 1)` or above 0.995, a precision that is not from 0.001 to 1e6, or grids that are not fine enough.
pub fn gaussian_index(precision: f64, discount: f64) -> Result<f64> {
    check(precision, discount)?;
    if discount > 0.995 {
        return Err(Error::Parameter {
            name: "discount",
            value: discount,
            expected: "at most 0.995 for a Gaussian arm",
        });
    }
    if discount == 0.0 {
        return Ok(0.0);
    }
    let (mut points, mut last) = (400, f64::INFINITY);
    let mut coarse = on_grid(precision, discount, points / 2);
    while points <= MOST_POINTS {
        let fine = on_grid(precision, discount, points);
        let index = fine + (fine - coarse) / 3.0;
        if (index - last).abs() <= ACCURACY * movement(precision, discount) {
            return Ok(
                index.clamp(gaussian_index_lower(precision, discount)?, gaussian_index_upper(precision, discount)?)
            );
        }
        (coarse, last) = (fine, index);
        points *= 2;
    }
    let reason = format!(
        "{MOST_POINTS} points are not enough at precision {precision} and discount {discount}; lower the discount"
    );
    Err(Error::NotApplicable { method: "the Gittins index of a Gaussian arm", reason })
}

/// How far two extrapolations may be apart, in standard deviations of what the mean may move.
const ACCURACY: f64 = 2e-5;

/// Points of the finest grid, on either side of 0.
const MOST_POINTS: usize = 12_800;

/// The rest after this many pulls weighs less than 1e-7 of the whole.
fn pulls_that_matter(discount: f64) -> usize {
    (-16.0 / discount.ln()).ceil() as usize
}

/// How far the posterior mean may move within the pulls that matter: its standard deviation, √(1/n - 1/(n + N)).
fn movement(precision: f64, discount: f64) -> f64 {
    let pulls = pulls_that_matter(discount) as f64;
    (pulls / (precision * (precision + pulls))).sqrt()
}

/// The index on a grid of `points` points on either side of 0, four standard deviations of what the mean may move and twice the upper bound
/// wide: an upper bound, since a convex function lies below its piecewise linear interpolation.
pub(super) fn on_grid(precision: f64, discount: f64, points: usize) -> f64 {
    let pulls = pulls_that_matter(discount);
    let half = (2.0 * told(discount) + 4.0) * movement(precision, discount);
    let h = half / points as f64;
    let nodes = 2 * points + 1;
    let x = |i: usize| (i as f64 - points as f64) * h;
    let rate = 1.0 / (1.0 - discount);
    // Beyond the upper end pulling for ever is as good as optimal, beyond the lower end retiring is.
    let mut values: Vec<f64> = (0..nodes).map(|i| x(i).max(0.0) * rate).collect();
    let mut next = values.clone();
    let mut index = 0.0;
    for k in (0..pulls).rev() {
        let n = precision + k as f64;
        let sigma = (1.0 / n - 1.0 / (n + 1.0)).sqrt();
        // w_k = E of the hat function at k h of σ Z, from second differences of E (t - σ Z)⁺ = σ E max(Z', t/σ).
        let hinge = |t: f64| sigma * expected_maximum(t / sigma);
        let reach = ((8.0 * sigma / h).ceil() as usize).max(1);
        let weights: Vec<f64> = (0..=reach)
            .map(|k| {
                let t = -(k as f64) * h;
                ((hinge(t + h) - hinge(t)) - (hinge(t) - hinge(t - h))) / h
            })
            .collect();
        let total = weights[0] + 2.0 * weights[1..].iter().sum::<f64>();
        let padded = |i: isize| -> f64 {
            if i < 0 {
                0.0
            } else if (i as usize) < nodes {
                values[i as usize]
            } else {
                values[nodes - 1] + (i as usize + 1 - nodes) as f64 * h * rate
            }
        };
        let mut crossing = None;
        let mut before = f64::NEG_INFINITY;
        for i in 0..nodes {
            let centre = i as isize;
            let mut sum = weights[0] * padded(centre);
            for (j, w) in weights.iter().enumerate().skip(1) {
                sum += w * (padded(centre - j as isize) + padded(centre + j as isize));
            }
            let pulling = x(i) + discount * sum / total;
            if crossing.is_none() && pulling > 0.0 {
                let share = if before.is_finite() { pulling / (pulling - before) } else { 0.0 };
                crossing = Some(x(i) - share * h);
            }
            before = pulling;
            next[i] = pulling.max(0.0);
        }
        std::mem::swap(&mut values, &mut next);
        index = -crossing.unwrap_or(0.0);
    }
    index
}
