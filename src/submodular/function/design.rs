//! Experimental design in a Bayesian linear model: y = φ(s)ᵀθ + noise, θ ~ N(0, I).
//!
//! With the posterior covariance C of θ, a measurement at s changes C to C - u uᵀ/(σ² + φᵀu), u = C φ (Sherman and Morrison), in
//! O(d²).

use ndarray::Array2;

use super::SetFunction;
use crate::{Error, Result};

/// What a design is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Criterion {
    /// D-optimality: F = ½ ln det(I + σ⁻² Σ φφᵀ), the information about θ in nats. Monotone and submodular.
    Determinant,
    /// A-optimality: F = tr I - tr C, the reduction of the total variance. Monotone, but in general *not* submodular.
    Trace,
}

/// The worth of a design, by either criterion.
#[derive(Debug, Clone)]
pub struct LinearDesign {
    features: Array2<f64>,
    noise: f64,
    criterion: Criterion,
}

/// The posterior covariance, `[d, d]` row by row.
#[derive(Debug, Clone)]
pub struct Posterior(Vec<f64>);

impl LinearDesign {
    /// One row of features φ(s) a state, `[n, d]`, and the variance of the noise.
    ///
    /// # Errors
    /// No features, features that are not finite, or a noise that is not positive.
    pub fn new(features: Array2<f64>, noise: f64, criterion: Criterion) -> Result<LinearDesign> {
        if !(noise > 0.0 && noise.is_finite()) {
            return Err(Error::Parameter { name: "noise", value: noise, expected: "a positive number" });
        }
        if features.ncols() == 0 {
            return Err(Error::Parameter { name: "features", value: 0.0, expected: "at least one for each state" });
        }
        if let Some(&value) = features.iter().find(|x| !x.is_finite()) {
            return Err(Error::Parameter { name: "features", value, expected: "finite numbers" });
        }
        Ok(LinearDesign { features, noise, criterion })
    }

    fn reset(&self, covariance: &mut [f64]) {
        let d = self.features.ncols();
        covariance.fill(0.0);
        covariance.iter_mut().step_by(d + 1).for_each(|x| *x = 1.0);
    }

    /// (C φ)_i.
    fn image(&self, collected: &Posterior, state: usize, i: usize) -> f64 {
        let d = self.features.ncols();
        collected.0[i * d..(i + 1) * d].iter().zip(self.features.row(state)).map(|(c, x)| c * x).sum()
    }
}

impl SetFunction for LinearDesign {
    type Collected = Posterior;

    fn num_states(&self) -> usize {
        self.features.nrows()
    }

    fn empty(&self) -> Posterior {
        let d = self.features.ncols();
        let mut covariance = vec![0.0; d * d];
        self.reset(&mut covariance);
        Posterior(covariance)
    }

    fn clear(&self, collected: &mut Posterior) {
        self.reset(&mut collected.0);
    }

    fn gain(&self, collected: &Posterior, state: usize) -> f64 {
        let phi = self.features.row(state);
        let (mut inner, mut square) = (0.0f64, 0.0);
        for (i, x) in phi.iter().enumerate() {
            let u = self.image(collected, state, i);
            inner += x * u;
            square += u * u;
        }
        // A variance, whatever rounding makes of it.
        let inner = inner.max(0.0);
        match self.criterion {
            Criterion::Determinant => 0.5 * (1.0 + inner / self.noise).ln(),
            Criterion::Trace => square / (self.noise + inner),
        }
    }

    fn push(&self, collected: &mut Posterior, state: usize) -> f64 {
        let (d, gain) = (self.features.ncols(), self.gain(collected, state));
        let u: Vec<f64> = (0..d).map(|i| self.image(collected, state, i)).collect();
        let inner = u.iter().zip(self.features.row(state)).map(|(u, x)| u * x).sum::<f64>().max(0.0);
        for (i, row) in collected.0.chunks_exact_mut(d).enumerate() {
            row.iter_mut().zip(&u).for_each(|(c, u_j)| *c -= u[i] * u_j / (self.noise + inner));
        }
        gain
    }

    fn key(&self, _: &Posterior) -> Option<u128> {
        None
    }
}
