//! Information of noisy measurements of a Gaussian process: F(τ) = I(f; y_τ) = ½ ln det(I + σ⁻² Σ_ττ), in nats.

use nalgebra::{Cholesky, DMatrix};
use ndarray::Array2;
use smallvec::SmallVec;

use super::SetFunction;
use crate::{Error, Result};

/// Mutual information between a Gaussian field and measurements of it at the visited states, each with fresh noise of variance σ².
///
/// Monotone and submodular. Going back to a state is another measurement, worth less. The h-th gain costs O(h²): the Cholesky
/// factor L of Σ_ττ + σ²I grows by a row, gain(v) = ½ ln(p/σ²) with L z = Σ_{τv} and p = Σ_vv + σ² - ‖z‖².
#[derive(Debug, Clone)]
pub struct GaussianInformation {
    covariance: Array2<f64>,
    noise: f64,
}

/// The states measured, and the rows of the Cholesky factor one after the other.
#[derive(Debug, Clone)]
pub struct Measured {
    states: Vec<u32>,
    rows: Vec<f64>,
}

type Row = SmallVec<[f64; 64]>;

impl GaussianInformation {
    /// The prior covariance Σ of the field at the states, `[n, n]`, and the variance σ² of the noise.
    ///
    /// # Errors
    /// A matrix that is not square, finite, symmetric (to 1e-9 of its largest entry) and positive semi-definite (to 1e-9 of it), or a noise that is
    /// not positive, or so small against it that rounding hides it.
    pub fn new(covariance: Array2<f64>, noise: f64) -> Result<GaussianInformation> {
        let n = covariance.nrows();
        if covariance.ncols() != n {
            let (what, found) = ("the covariance".into(), covariance.shape().to_vec());
            return Err(Error::Shape { what, found, expected: vec![n, n] });
        }
        if !(noise > 0.0 && noise.is_finite()) {
            return Err(Error::Parameter { name: "noise", value: noise, expected: "a positive number" });
        }
        let fault = |reason| Err(Error::NotApplicable { method: "Gaussian information", reason });
        if let Some(((i, j), value)) = covariance.indexed_iter().find(|(_, x)| !x.is_finite()) {
            return fault(format!("the covariance of states {i} and {j} is {value}, and must be a finite number"));
        }
        let scale = covariance.iter().fold(0.0f64, |most, x| most.max(x.abs()));
        if noise < 1e-14 * scale {
            return Err(Error::Parameter {
                name: "noise",
                value: noise,
                expected: "at least 1e-14 of the largest variance",
            });
        }
        for (i, j) in (0..n).flat_map(|i| (0..i).map(move |j| (i, j))) {
            let (one, other) = (covariance[[i, j]], covariance[[j, i]]);
            if (one - other).abs().is_nan() || (one - other).abs() > 1e-9 * scale {
                return fault(format!("the covariance of states {i} and {j} is {one} one way and {other} the other"));
            }
        }
        let shifted = DMatrix::from_fn(n, n, |i, j| covariance[[i, j]] + if i == j { 1e-9 * scale } else { 0.0 });
        if scale > 0.0 && Cholesky::new(shifted).is_none() {
            return fault(
                "the covariance is not positive definite: some combination of states has negative variance".into(),
            );
        }
        Ok(GaussianInformation { covariance, noise })
    }

    /// z with L z = Σ_{τ, state}, and p, the posterior variance of a measurement there.
    fn project(&self, collected: &Measured, state: usize) -> (Row, f64) {
        let prior = self.covariance.row(state);
        let mut z = Row::with_capacity(collected.states.len() + 1);
        let mut row = collected.rows.as_slice();
        let mut p = prior[state] + self.noise;
        for (i, &seen) in collected.states.iter().enumerate() {
            let dot: f64 = row[..i].iter().zip(&z).map(|(l, z)| l * z).sum();
            let next = (prior[seen as usize] - dot) / row[i];
            p -= next * next;
            z.push(next);
            row = &row[i + 1..];
        }
        // The variance of a measurement is never below that of its noise.
        (z, p.max(self.noise))
    }

    fn information(&self, p: f64) -> f64 {
        0.5 * (p / self.noise).ln()
    }
}

impl SetFunction for GaussianInformation {
    type Collected = Measured;

    fn num_states(&self) -> usize {
        self.covariance.nrows()
    }

    fn empty(&self) -> Measured {
        Measured { states: Vec::new(), rows: Vec::new() }
    }

    fn clear(&self, collected: &mut Measured) {
        collected.states.clear();
        collected.rows.clear();
    }

    fn gain(&self, collected: &Measured, state: usize) -> f64 {
        self.information(self.project(collected, state).1)
    }

    fn push(&self, collected: &mut Measured, state: usize) -> f64 {
        let (z, p) = self.project(collected, state);
        collected.states.push(state as u32);
        collected.rows.extend_from_slice(&z);
        collected.rows.push(p.sqrt());
        self.information(p)
    }

    /// How often each state was measured, in as many bits a state as 128 bits have room for.
    fn key(&self, collected: &Measured) -> Option<u128> {
        let bits = 128 / self.num_states().max(1);
        let limit = if bits >= 64 { u64::MAX } else { (1u64 << bits) - 1 };
        let mut key = 0u128;
        for &state in &collected.states {
            let shift = bits * state as usize;
            if bits == 0 || (key >> shift) as u64 & limit == limit {
                return None;
            }
            key += 1u128 << shift;
        }
        Some(key)
    }
}
