//! Arms with fixed means.

use ndarray::{Array1, Array2};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::rng::uniform;
use crate::{Error, Result};

/// Arms that can be pulled.
pub trait Arms {
    /// K.
    fn num_arms(&self) -> usize;

    /// The expected reward of an arm.
    fn mean(&self, arm: usize) -> f64;

    /// The reward of one pull.
    fn pull(&self, arm: usize, rng: &mut impl Rng) -> f64;

    /// The largest mean.
    fn best_mean(&self) -> f64 {
        (0..self.num_arms()).map(|arm| self.mean(arm)).fold(f64::NEG_INFINITY, f64::max)
    }

    /// What a pull of `arm` loses in expectation.
    fn gap(&self, arm: usize) -> f64 {
        self.best_mean() - self.mean(arm)
    }
}

fn check_arms(number: usize) -> Result<()> {
    if number > 0 {
        return Ok(());
    }
    Err(Error::Parameter { name: "arms", value: 0.0, expected: "at least 1" })
}

fn check_finite(name: &'static str, numbers: &[f64]) -> Result<()> {
    match numbers.iter().find(|x| !x.is_finite()) {
        Some(&value) => Err(Error::Parameter { name, value, expected: "a finite number" }),
        None => Ok(()),
    }
}

fn check_noise(noise: f64) -> Result<()> {
    if noise >= 0.0 && noise.is_finite() {
        return Ok(());
    }
    Err(Error::Parameter { name: "noise", value: noise, expected: "a standard deviation, finite and not negative" })
}

/// Arms that pay 1 with probability of their mean, else 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Bernoulli {
    means: Vec<f64>,
}

impl Bernoulli {
    /// Arms of these means.
    ///
    /// # Errors
    /// No arm, or a mean outside `[0, 1]`.
    pub fn new(means: Vec<f64>) -> Result<Bernoulli> {
        check_arms(means.len())?;
        match means.iter().find(|mean| !(0.0..=1.0).contains(*mean)) {
            Some(&value) => Err(Error::Parameter { name: "mean", value, expected: "a probability in [0, 1]" }),
            None => Ok(Bernoulli { means }),
        }
    }
}

impl Arms for Bernoulli {
    fn num_arms(&self) -> usize {
        self.means.len()
    }

    fn mean(&self, arm: usize) -> f64 {
        self.means[arm]
    }

    fn pull(&self, arm: usize, rng: &mut impl Rng) -> f64 {
        f64::from(u8::from(uniform(rng) < self.means[arm]))
    }
}

/// Arms that pay their mean and Gaussian noise.
#[derive(Debug, Clone, PartialEq)]
pub struct Gaussian {
    means: Vec<f64>,
    noise: f64,
}

impl Gaussian {
    /// Arms of these means; `noise` is a standard deviation.
    ///
    /// # Errors
    /// No arm, a mean that is not finite, or a noise that is negative.
    pub fn new(means: Vec<f64>, noise: f64) -> Result<Gaussian> {
        check_arms(means.len())?;
        check_finite("mean", &means)?;
        check_noise(noise)?;
        Ok(Gaussian { means, noise })
    }
}

impl Arms for Gaussian {
    fn num_arms(&self) -> usize {
        self.means.len()
    }

    fn mean(&self, arm: usize) -> f64 {
        self.means[arm]
    }

    fn pull(&self, arm: usize, rng: &mut impl Rng) -> f64 {
        let z: f64 = StandardNormal.sample(rng);
        self.means[arm] + self.noise * z
    }
}

/// Arms whose mean is linear in known features, xᵀθ, with Gaussian noise.
#[derive(Debug, Clone, PartialEq)]
pub struct Linear {
    features: Array2<f64>,
    arms: Gaussian,
}

impl Linear {
    /// `features` `[K, d]`, `theta` `[d]`; `noise` is a standard deviation.
    ///
    /// # Errors
    /// Shapes that do not fit, numbers that are not finite, or a noise that is negative.
    pub fn new(features: Array2<f64>, theta: &Array1<f64>, noise: f64) -> Result<Linear> {
        if features.ncols() != theta.len() {
            let (what, found, expected) = ("theta".into(), vec![theta.len()], vec![features.ncols()]);
            return Err(Error::Shape { what, found, expected });
        }
        let arms = Gaussian::new(features.dot(theta).to_vec(), noise)?;
        Ok(Linear { features, arms })
    }

    /// What is known of each arm, `[K, d]`.
    pub fn features(&self) -> &Array2<f64> {
        &self.features
    }
}

impl Arms for Linear {
    fn num_arms(&self) -> usize {
        self.arms.num_arms()
    }

    fn mean(&self, arm: usize) -> f64 {
        self.arms.mean(arm)
    }

    fn pull(&self, arm: usize, rng: &mut impl Rng) -> f64 {
        self.arms.pull(arm, rng)
    }
}
