//! One of the set functions, chosen at run time.

use super::{Coverage, Covered, GaussianInformation, Items, Measured, Mixture, SetFunction, Taken};

/// A set function of one of the kinds that named problems have.
#[derive(Debug, Clone)]
pub enum AnyFunction {
    /// Weighted coverage.
    Coverage(Coverage),
    /// Weighted coverage with a curvature of one's choice.
    Curved(Mixture<Coverage>),
    /// Items of several groups.
    Items(Items),
    /// Information about a Gaussian field.
    Gaussian(GaussianInformation),
}

/// What such a function has collected.
#[derive(Debug, Clone)]
pub enum AnyCollected {
    /// Of coverage.
    Covered(Covered),
    /// Of items.
    Taken(Taken),
    /// Of measurements.
    Measured(Measured),
}

/// Passes a call on to the function and to its own kind of collected set; the two always match, since one makes the other.
macro_rules! on {
    ($function:expr, $collected:expr, $f:ident, $c:ident => $call:expr) => {
        match ($function, $collected) {
            (AnyFunction::Coverage($f), AnyCollected::Covered($c)) => $call,
            (AnyFunction::Curved($f), AnyCollected::Covered($c)) => $call,
            (AnyFunction::Items($f), AnyCollected::Taken($c)) => $call,
            (AnyFunction::Gaussian($f), AnyCollected::Measured($c)) => $call,
            _ => unreachable!("a set that another function collected"),
        }
    };
}

impl SetFunction for AnyFunction {
    type Collected = AnyCollected;

    fn num_states(&self) -> usize {
        match self {
            AnyFunction::Coverage(f) => f.num_states(),
            AnyFunction::Curved(f) => f.num_states(),
            AnyFunction::Items(f) => f.num_states(),
            AnyFunction::Gaussian(f) => f.num_states(),
        }
    }

    fn empty(&self) -> AnyCollected {
        match self {
            AnyFunction::Coverage(f) => AnyCollected::Covered(f.empty()),
            AnyFunction::Curved(f) => AnyCollected::Covered(f.empty()),
            AnyFunction::Items(f) => AnyCollected::Taken(f.empty()),
            AnyFunction::Gaussian(f) => AnyCollected::Measured(f.empty()),
        }
    }

    fn clear(&self, collected: &mut AnyCollected) {
        on!(self, collected, f, c => f.clear(c));
    }

    fn gain(&self, collected: &AnyCollected, state: usize) -> f64 {
        on!(self, collected, f, c => f.gain(c, state))
    }

    fn push(&self, collected: &mut AnyCollected, state: usize) -> f64 {
        on!(self, collected, f, c => f.push(c, state))
    }

    fn key(&self, collected: &AnyCollected) -> Option<u128> {
        on!(self, collected, f, c => f.key(c))
    }
}
