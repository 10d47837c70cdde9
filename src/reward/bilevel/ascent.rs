//! Outer ascent: Armijo's rule, which never goes down, and RMSprop, as the published experiments use it.

use super::{check_magnitude, check_positive, dot};
use crate::{Error, Result};

/// Settings of Armijo's rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Armijo {
    /// Most steps.
    pub steps: usize,
    /// Length of the first step that is tried; later ones start at twice the last accepted one.
    pub first: f64,
    /// A step `t` along the gradient `g` is accepted if it gains at least `slope · t |g|²`.
    pub slope: f64,
    /// Stop when the largest entry of the gradient is at most this.
    pub tolerance: f64,
}

impl Default for Armijo {
    fn default() -> Armijo {
        Armijo { steps: 100, first: 1.0, slope: 1e-4, tolerance: 1e-10 }
    }
}

/// Where an ascent ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Ascent {
    /// The point.
    pub point: Vec<f64>,
    /// Its value.
    pub value: f64,
    /// Its gradient.
    pub gradient: Vec<f64>,
    /// Values from the start on, one a step; never falling.
    pub trace: Vec<f64>,
}

/// Maximises `evaluate`, which gives a value and a gradient, by steps along the gradient that gain enough.
///
/// # Errors
/// Those of `evaluate` at the start and at accepted points; settings out of range. A tried point where `evaluate` fails is passed over.
pub fn armijo(
    mut evaluate: impl FnMut(&[f64]) -> Result<(f64, Vec<f64>)>,
    start: Vec<f64>,
    settings: &Armijo,
) -> Result<Ascent> {
    check_positive("the first step", settings.first)?;
    check_magnitude("the tolerance of the gradient", settings.tolerance)?;
    if !(0.0..1.0).contains(&settings.slope) {
        return Err(Error::Parameter {
            name: "the slope of Armijo's rule",
            value: settings.slope,
            expected: "in [0, 1)",
        });
    }
    let mut point = start;
    let (mut value, mut gradient) = evaluate(&point)?;
    let mut trace = vec![value];
    let mut step = settings.first;
    for _ in 0..settings.steps {
        if gradient.iter().all(|g| g.abs() <= settings.tolerance) {
            break;
        }
        let slope = settings.slope * dot(&gradient, &gradient);
        let mut accepted = None;
        for _ in 0..80 {
            let tried: Vec<f64> = point.iter().zip(&gradient).map(|(x, g)| x + step * g).collect();
            match evaluate(&tried) {
                Ok((there, slopes)) if there > value && there >= value + step * slope => {
                    accepted = Some((tried, there, slopes));
                    break;
                }
                _ => step *= 0.5,
            }
        }
        // Rounding forbids any more ascent.
        let Some((tried, there, slopes)) = accepted else { break };
        (point, value, gradient) = (tried, there, slopes);
        trace.push(value);
        step *= 2.0;
    }
    Ok(Ascent { point, value, gradient, trace })
}

/// RMSprop, with PyTorch's defaults: `m ← α m + (1 − α) g²`, `x ← x + rate · g / (√m + ε)`, from `m = 0`, `α = 0.99`, `ε = 1e-8`.
#[derive(Debug, Clone, PartialEq)]
pub struct RmsProp {
    rate: f64,
    squares: Vec<f64>,
}

impl RmsProp {
    /// For `n` parameters at the rate given.
    ///
    /// # Errors
    /// A rate that is negative or not finite.
    pub fn new(n: usize, rate: f64) -> Result<RmsProp> {
        if rate >= 0.0 && rate.is_finite() {
            return Ok(RmsProp { rate, squares: vec![0.0; n] });
        }
        Err(Error::Parameter { name: "the rate of RMSprop", value: rate, expected: "a number of at least 0" })
    }

    /// One step up `gradient`.
    pub fn ascend(&mut self, point: &mut [f64], gradient: &[f64]) {
        for ((x, g), m) in point.iter_mut().zip(gradient).zip(&mut self.squares) {
            *m = 0.99 * *m + 0.01 * g * g;
            *x += self.rate * g / (m.sqrt() + 1e-8);
        }
    }
}
