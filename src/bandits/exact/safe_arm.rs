//! One arm of known mean beside an unknown one: exploring costs now and can only pay later.
//!
//! ```text
//! V_m(s, f) = max{ q + V_{m-1}(s, f),   p (1 + V_{m-1}(s+1, f)) + (1 - p) V_{m-1}(s, f+1) },     p = (a + s)/(a + b + s + f)
//! ```
//! The myopic policy compares q with p alone; with q > a/(a + b) it never touches the unknown arm and is worth q T.

use super::gittins::gittins_index;
use super::index_table::place;
use super::quadrature::expected_above;
use super::size::{check_discount, check_prior, check_probability};
use crate::{Error, Result};

/// Longest horizon of a table.
const LONGEST: usize = 1000;

/// A safe arm that pays with known probability q, and an arm with unknown Beta(a, b) mean, over each number of steps.
#[derive(Debug, Clone, PartialEq)]
pub struct SafeArm {
    safe: f64,
    prior: (f64, f64),
    /// For each number of steps: value, value of pulling the unknown arm first, value of the myopic policy.
    values: Vec<[f64; 3]>,
}

impl SafeArm {
    /// Solves for every number of steps up to `horizon`. Cost: horizon³/6.
    ///
    /// # Errors
    /// A safe mean that is no probability, a prior that is none, no step or more than 1000.
    pub fn new(safe: f64, prior: (f64, f64), horizon: usize) -> Result<SafeArm> {
        check_probability("safe mean", safe)?;
        check_prior(prior)?;
        if !(1..=LONGEST).contains(&horizon) {
            return Err(Error::Parameter { name: "horizon", value: horizon as f64, expected: "from 1 to 1000" });
        }
        let (a, b) = prior;
        let mut best = vec![0.0; place(horizon + 1, 0)];
        let mut myopic = best.clone();
        let mut values = vec![[0.0; 3]];
        for m in 1..=horizon {
            let mut first = 0.0;
            // Counts grow, so what a count needs of the layer before is still there when it is overwritten in this order.
            for n in 0..=horizon - m {
                for s in 0..=n {
                    let p = (a + s as f64) / (a + b + n as f64);
                    let (here, after) = (place(n, s), place(n + 1, s));
                    let pull = |v: &[f64]| p * (1.0 + v[after + 1]) + (1.0 - p) * v[after];
                    let (explore, stay) = (pull(&best), safe + best[here]);
                    let bold = pull(&myopic);
                    let timid = safe + myopic[here];
                    myopic[here] = if p > safe {
                        bold
                    } else if p < safe {
                        timid
                    } else {
                        0.5 * (bold + timid)
                    };
                    if n == 0 {
                        first = explore;
                    }
                    best[here] = explore.max(stay);
                }
            }
            values.push([best[0], first, myopic[0]]);
        }
        Ok(SafeArm { safe, prior, values })
    }

    /// The optimal value over `steps` steps.
    ///
    /// # Panics
    /// If that is more than the horizon solved for.
    pub fn optimal_value(&self, steps: usize) -> f64 {
        self.values[steps][0]
    }

    /// The value of the myopic policy over `steps` steps; equal means share evenly.
    ///
    /// # Panics
    /// If that is more than the horizon solved for.
    pub fn myopic_value(&self, steps: usize) -> f64 {
        self.values[steps][2]
    }

    /// `steps` E max(q, θ), what somebody who knows the unknown mean would expect.
    pub fn oracle_value(&self, steps: usize) -> f64 {
        steps as f64 * expected_above(self.prior, self.safe)
    }

    /// What pulling the unknown arm first and then playing optimally gains over never pulling it.
    ///
    /// # Panics
    /// If `steps` is more than the horizon solved for.
    pub fn exploration_gain(&self, steps: usize) -> f64 {
        self.values[steps][1] - self.safe * steps as f64
    }
}

/// The least number of steps, at most `longest`, over which pulling the unknown arm first is strictly better than never pulling it.
///
/// # Errors
/// As [`SafeArm::new`].
pub fn exploration_horizon(safe: f64, prior: (f64, f64), longest: usize) -> Result<Option<usize>> {
    let solved = SafeArm::new(safe, prior, longest)?;
    Ok((1..=longest).find(|&steps| solved.exploration_gain(steps) > 1e-12 * steps as f64))
}

/// Whether an optimal player explores at all in blocks of geometric mean `length` and `discount` in `[0, 1]`: the Gittins index of
/// the unknown arm at γ (1 - 1/n) is above the safe mean. `None` if the two are within 1e-7.
///
/// # Errors
/// Numbers out of range.
pub fn exploration_pays(safe: f64, prior: (f64, f64), length: f64, discount: f64) -> Result<Option<bool>> {
    check_probability("safe mean", safe)?;
    if length.is_nan() || length < 1.0 {
        return Err(Error::Parameter { name: "block length", value: length, expected: "at least 1" });
    }
    if discount != 1.0 {
        check_discount(discount)?;
    }
    let bracket = gittins_index(prior, discount * (1.0 - 1.0 / length), 1e-7)?;
    if bracket.lower > safe {
        return Ok(Some(true));
    }
    Ok((bracket.upper <= safe).then_some(false))
}
