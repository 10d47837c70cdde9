//! Means that recur for a block of pulls and are then drawn anew.

use rand::Rng;
use rand_distr::{Beta, Distribution, StandardNormal};

use crate::rng::uniform;
use crate::{Error, Result};

/// Where the mean of an arm is drawn from at the start of a block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MeanPrior {
    /// Beta(a, b).
    Beta(f64, f64),
    /// Normal with this mean and standard deviation.
    Normal(f64, f64),
    /// Always this: a safe arm.
    Known(f64),
}

/// Draws the means of a block.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    priors: Vec<MeanPrior>,
    betas: Vec<Option<Beta<f64>>>,
}

impl Task {
    /// One prior for each arm, independent.
    ///
    /// # Errors
    /// No arm, or parameters that are no prior's.
    pub fn new(priors: Vec<MeanPrior>) -> Result<Task> {
        if priors.is_empty() {
            return Err(Error::Parameter { name: "arms", value: 0.0, expected: "at least 1" });
        }
        let beta = |prior: &MeanPrior| match *prior {
            MeanPrior::Beta(a, b) => {
                let expected = "positive and at most 1e9";
                let positive = |x: f64| x > 0.0 && x <= 1e9;
                let fault = |value| Error::Parameter { name: "Beta prior", value, expected };
                let value = if positive(a) { b } else { a };
                if positive(a) && positive(b) {
                    Beta::new(a, b).map(Some).map_err(|_| fault(value))
                } else {
                    Err(fault(value))
                }
            }
            MeanPrior::Normal(mean, sd) => {
                let fault = |value| Error::Parameter {
                    name: "normal prior",
                    value,
                    expected: "finite, and its deviation not negative",
                };
                if !mean.is_finite() {
                    return Err(fault(mean));
                }
                if sd >= 0.0 && sd.is_finite() { Ok(None) } else { Err(fault(sd)) }
            }
            MeanPrior::Known(mean) if mean.is_finite() => Ok(None),
            MeanPrior::Known(value) => Err(Error::Parameter { name: "known mean", value, expected: "a finite number" }),
        };
        let betas = priors.iter().map(beta).collect::<Result<_>>()?;
        Ok(Task { priors, betas })
    }

    /// K.
    pub fn num_arms(&self) -> usize {
        self.priors.len()
    }

    /// The priors, `[K]`.
    pub fn priors(&self) -> &[MeanPrior] {
        &self.priors
    }

    /// Draws a mean for each arm.
    pub fn draw(&self, rng: &mut impl Rng, means: &mut [f64]) {
        for ((mean, prior), beta) in means.iter_mut().zip(&self.priors).zip(&self.betas) {
            *mean = match (*prior, beta) {
                (MeanPrior::Beta(..), Some(beta)) => beta.sample(rng),
                (MeanPrior::Normal(mean, sd), _) => {
                    let z: f64 = StandardNormal.sample(rng);
                    mean + sd * z
                }
                (MeanPrior::Known(mean), _) => mean,
                // `new` makes a distribution for every Beta prior.
                (MeanPrior::Beta(a, b), None) => a / (a + b),
            };
        }
    }
}

/// How long a block lasts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum BlockLaw {
    /// Always this many pulls.
    Fixed(usize),
    /// Ends after each pull with probability 1/mean, independently of everything.
    Geometric(f64),
}

/// How long blocks last, and whether their end is told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Blocks {
    /// The law of their length.
    pub law: BlockLaw,
    /// Whether the agent is told when a block ends.
    pub signalled: bool,
}

impl Blocks {
    /// Blocks whose length has a mean of at least 1.
    ///
    /// # Errors
    /// A mean length below 1.
    pub fn new(law: BlockLaw, signalled: bool) -> Result<Blocks> {
        let mean = match law {
            BlockLaw::Fixed(length) => length as f64,
            BlockLaw::Geometric(mean) => mean,
        };
        if (1.0..f64::INFINITY).contains(&mean) {
            return Ok(Blocks { law, signalled });
        }
        Err(Error::Parameter { name: "block length", value: mean, expected: "at least 1" })
    }

    /// Whether a block ends after its `pulls`-th pull, given that it lasted until then.
    pub fn ends(&self, pulls: usize, rng: &mut impl Rng) -> bool {
        match self.law {
            BlockLaw::Fixed(length) => pulls >= length,
            BlockLaw::Geometric(mean) => uniform(rng) < 1.0 / mean,
        }
    }
}
