//! Gittins indices of a Bernoulli arm with a Beta posterior, by calibration against retirement.
//!
//! ```text
//! V(a, b; λ) = max{ λ/(1 - γ),  p (1 + γ V(a+1, b; λ)) + (1 - p) γ V(a, b+1; λ) },     p = a/(a + b)
//! ν(a, b)    = the least λ at which retiring is optimal
//! ```
//! The recursion stops after N pulls. There, retiring or pulling for ever is worth at least max(λ, p)/(1 - γ), and knowing the mean
//! at most E max(θ, λ)/(1 - γ) <= ((p + λ)/2 + √((p - λ)² + var)/2)/(1 - γ); either end gives one end of a bracket of the index.
//!
//! Source: Gittins, Glazebrook and Weber, Multi-armed Bandit Allocation Indices (2011), chapter 1.

use super::quadrature::expected_above;
use super::size::{check_discount, check_posterior};
use crate::{Error, Result};

/// An index between two bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IndexBracket {
    /// Lower bound.
    pub lower: f64,
    /// Upper bound.
    pub upper: f64,
}

impl IndexBracket {
    /// The middle.
    pub fn value(self) -> f64 {
        0.5 * (self.lower + self.upper)
    }
}

/// What is worth how much after the last pull that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The better of retiring and pulling for ever.
    Lower,
    /// As if the mean were known.
    Upper,
}

/// Most pulls that are looked at.
const MOST_PULLS: usize = 30_000;

/// The Gittins index of an arm with posterior Beta(a, b) under `discount`, between bounds at most `accuracy` apart but for the rounding of the recursion,
/// 16 ε/(1 - γ)² with ε = 2.2e-16.
///
/// # Errors
/// A posterior that is none, a discount outside `[0, 1)`, an accuracy that is not positive, or both so extreme that more than 30 000
/// pulls would have to be looked at.
pub fn gittins_index(posterior: (f64, f64), discount: f64, accuracy: f64) -> Result<IndexBracket> {
    check_posterior(posterior)?;
    check_discount(discount)?;
    check_accuracy(accuracy)?;
    // After N pulls at most γ^N of the whole is left, and the bounds of that rest are at most half a standard deviation apart.
    let enough = if discount == 0.0 { 1.0 } else { (0.02 * accuracy).ln() / discount.ln() };
    if enough > MOST_PULLS as f64 {
        let reason = format!(
            "at discount {discount} an accuracy of {accuracy:e} looks {enough:.0} pulls ahead, and at most {MOST_PULLS} are allowed; take \
             a smaller discount or a coarser accuracy"
        );
        return Err(Error::NotApplicable { method: "calibration of a Gittins index", reason });
    }
    let pulls = enough.ceil().max(1.0) as usize;
    let bounds = (gittins_index_lower(posterior, discount), gittins_index_upper(posterior, discount));
    let mut values = Vec::with_capacity(pulls + 1);
    let mut last = |end| {
        bisect(bounds, 0.25 * accuracy, |lambda| continuing(posterior, discount, lambda, pulls, end, &mut values))
    };
    let (lower, upper) = (last(End::Lower).0, last(End::Upper).1);
    // A step of the recursion adds at most 8 ε to values that are at most 1, and the discount takes from it: 8 ε/(1 - γ) in all. The gain falls
    // with λ at least as 1 - γ.
    let slack = 8.0 * f64::EPSILON / ((1.0 - discount) * (1.0 - discount));
    Ok(IndexBracket { lower: (lower - slack).max(bounds.0 - f64::EPSILON), upper: (upper + slack).min(1.0) })
}

fn check_accuracy(accuracy: f64) -> Result<()> {
    if (1e-12..=1.0).contains(&accuracy) {
        return Ok(());
    }
    Err(Error::Parameter { name: "accuracy", value: accuracy, expected: "from 1e-12 to 1" })
}

/// Halves `low..=high`, where `gain` falls from positive to negative, until it is at most `width` wide.
fn bisect((mut low, mut high): (f64, f64), width: f64, mut gain: impl FnMut(f64) -> f64) -> (f64, f64) {
    while high - low > width {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if gain(middle) > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low, high)
}

/// (1 - γ) times the value of pulling once and then stopping when best, minus λ.
fn continuing((a, b): (f64, f64), discount: f64, lambda: f64, pulls: usize, end: End, values: &mut Vec<f64>) -> f64 {
    values.clear();
    values.extend((0..=pulls).map(|s| {
        let size = a + b + pulls as f64;
        let p = (a + s as f64) / size;
        match end {
            End::Lower => p.max(lambda),
            End::Upper => {
                let variance = p * (1.0 - p) / (size + 1.0);
                (0.5 * (p + lambda) + 0.5 * ((p - lambda).powi(2) + variance).sqrt()).min(1.0)
            }
        }
    }));
    for n in (1..pulls).rev() {
        step((a, b), discount, lambda, n, values);
    }
    let p = a / (a + b);
    (1.0 - discount) * p + discount * (p * values[1] + (1.0 - p) * values[0]) - lambda
}

/// One step back: from the values after n + 1 pulls (by successes, scaled by 1 - γ) to those after n.
fn step((a, b): (f64, f64), discount: f64, lambda: f64, n: usize, values: &mut [f64]) {
    let inverse = 1.0 / (a + b + n as f64);
    let values = &mut values[..n + 2];
    for s in 0..=n {
        let p = (a + s as f64) * inverse;
        let after = p * values[s + 1] + (1.0 - p) * values[s];
        values[s] = ((1.0 - discount) * p + discount * after).max(lambda);
    }
}

/// Most steps of an index without discount.
const MOST_STEPS: usize = 20_000;

/// The index when `steps` pulls are left, without discount: the least λ a step at which retiring for the rest is optimal; between bounds at most
/// `accuracy` apart but for the rounding of the recursion, 16 ε steps².
///
/// # Errors
/// A posterior that is none, no step or more than 20,000, or an accuracy that is not from 1e-12 to 1.
pub fn finite_gittins_index(posterior: (f64, f64), steps: usize, accuracy: f64) -> Result<IndexBracket> {
    check_posterior(posterior)?;
    check_accuracy(accuracy)?;
    if !(1..=MOST_STEPS).contains(&steps) {
        return Err(Error::Parameter { name: "steps", value: steps as f64, expected: "from 1 to 20000" });
    }
    let (a, b) = posterior;
    let mut values = vec![0.0; steps + 1];
    let gain = |lambda: f64| {
        values.fill(0.0);
        for n in (0..steps).rev() {
            for s in 0..=n {
                let p = (a + s as f64) / (a + b + n as f64);
                let value = p * (1.0 + values[s + 1]) + (1.0 - p) * values[s];
                values[s] = if n > 0 { value.max(lambda * (steps - n) as f64) } else { value };
            }
        }
        values[0] - lambda * steps as f64
    };
    let mean = a / (a + b);
    let (lower, upper) = bisect((mean, 1.0), accuracy, gain);
    // Values are at most `steps`, and each of as many steps adds a share of 8 ε; the gain falls with λ at least as 1.
    let slack = 8.0 * f64::EPSILON * (steps * steps) as f64;
    Ok(IndexBracket { lower: (lower - slack).max(mean - f64::EPSILON), upper: (upper + slack).min(1.0) })
}

/// A lower bound of the Gittins index: the index of whoever decides for good after one pull (the knowledge gradient's index),
/// with H = γ/(1 - γ) and p₊ = (a + 1)/(a + b + 1): (p + H p p₊)/(1 + H p).
pub fn gittins_index_lower((a, b): (f64, f64), discount: f64) -> f64 {
    let p = a / (a + b);
    let h = discount / (1.0 - discount);
    (p + h * p * (a + 1.0) / (a + b + 1.0)) / (1.0 + h * p)
}

/// An upper bound of the Gittins index: the index of whoever retires after a failure (which is right at the index, since a failure
/// lowers it) and is told the mean after a success, the solution of λ = (1 - γ) p + γ [p E max(θ', λ) + (1 - p) λ] with
/// θ' of distribution Beta(a + 1, b) and E max(θ, λ) = λ F_{a,b}(λ) + a/(a + b) (1 - F_{a+1,b}(λ)).
pub fn gittins_index_upper((a, b): (f64, f64), discount: f64) -> f64 {
    let p = a / (a + b);
    let told = |lambda: f64| {
        (1.0 - discount) * p + discount * (p * expected_above((a + 1.0, b), lambda) + (1.0 - p) * lambda) - lambda
    };
    bisect((p, 1.0), 1e-14, told).1
}
