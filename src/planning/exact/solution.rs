//! What the exact solver returns.

use std::fmt;

use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

use super::{Reading, nearest_above, nearest_below};
use crate::mdp::{Mdp, Policy};
use crate::planning::{Criterion, Objective};

/// An exact value. The order is that of the extended real line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// `−∞`.
    MinusInfinity,
    /// A fraction in lowest terms.
    Finite(BigRational),
    /// `+∞`.
    PlusInfinity,
}

impl Value {
    /// The value 1.
    pub(super) fn one() -> Value {
        Value::Finite(BigRational::one())
    }

    /// The value with the other sign.
    pub fn negated(&self) -> Value {
        match self {
            Value::MinusInfinity => Value::PlusInfinity,
            Value::Finite(x) => Value::Finite(-x),
            Value::PlusInfinity => Value::MinusInfinity,
        }
    }

    /// The fraction, if it is one.
    pub fn finite(&self) -> Option<&BigRational> {
        match self {
            Value::Finite(x) => Some(x),
            Value::MinusInfinity | Value::PlusInfinity => None,
        }
    }

    /// The largest 64-bit number not above it.
    pub fn nearest_below(&self) -> f64 {
        match self {
            Value::MinusInfinity => f64::NEG_INFINITY,
            Value::Finite(x) => nearest_below(x),
            Value::PlusInfinity => f64::INFINITY,
        }
    }

    /// The smallest 64-bit number not below it.
    pub fn nearest_above(&self) -> f64 {
        match self {
            Value::MinusInfinity => f64::NEG_INFINITY,
            Value::Finite(x) => nearest_above(x),
            Value::PlusInfinity => f64::INFINITY,
        }
    }

    /// Whether it lies in `[lower, upper]`, exactly.
    pub fn is_within(&self, lower: f64, upper: f64) -> bool {
        lower <= self.nearest_below() && self.nearest_above() <= upper
    }
}

/// `66/13`, `-2`, `inf`, `-inf`.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::MinusInfinity => f.write_str("-inf"),
            Value::Finite(x) => write!(f, "{x}"),
            Value::PlusInfinity => f.write_str("inf"),
        }
    }
}

/// Exact values and a policy.
#[derive(Debug, Clone, PartialEq)]
pub struct ExactSolution {
    /// What was optimised.
    pub criterion: Criterion,
    /// Whether more is better.
    pub objective: Objective,
    /// What the table's numbers were taken for.
    pub reading: Reading,
    /// The optimal value of each state, `[S]`; at the first stage for a finite horizon.
    pub values: Vec<Value>,
    /// An optimal policy.
    pub policy: Policy,
    /// Policies that were evaluated (stages for a finite horizon).
    pub iterations: usize,
}

impl ExactSolution {
    /// `Σ_s μ(s) v(s) / Σ_s μ(s)`: the value from the start, with the initial distribution of `mdp` (the table that was
    /// solved) in the same reading. `None` if both infinities come up, which have no mean.
    pub fn initial(&self, mdp: &Mdp) -> Option<Value> {
        let (mut sum, mut mass) = (BigRational::zero(), BigRational::zero());
        let mut infinity: Option<&Value> = None;
        for &(s, p) in mdp.initial() {
            let weight = self.reading.number(p);
            match &self.values[s as usize] {
                Value::Finite(x) => sum += x * &weight,
                value if infinity.is_some_and(|other| other != value) => return None,
                value => infinity = Some(value),
            }
            mass += weight;
        }
        Some(infinity.cloned().unwrap_or_else(|| Value::Finite(sum / mass)))
    }

    /// The values as 64-bit numbers rounded down and up, `[S]` each: bounds of which at most one number lies between.
    pub fn bounds(&self) -> (Vec<f64>, Vec<f64>) {
        self.values.iter().map(|value| (value.nearest_below(), value.nearest_above())).unzip()
    }
}

/// One line a state: `state 3: 66/13 (about 5.076923076923077)`; nothing in brackets where the fraction says it all.
impl fmt::Display for ExactSolution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (s, value) in self.values.iter().enumerate() {
            write!(f, "state {s}: {value}")?;
            if let Some(x) = value.finite().filter(|x| !x.denom().abs().is_one()) {
                write!(f, " (about {})", nearest_below(x))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
