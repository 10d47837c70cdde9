//! Linear least squares with a ridge, a weight vector for each action.
//!
//! `w_a = argmin Σ_i n_i (y_i − w_aᵀ φ(s_i))² + λ ‖w_a‖²`, over the pairs `(s_i, a)` with data; solved by Cholesky's method.
//! Cost of a fit: `O(rows · d² + A d³)`, of which the first part only counts non-zero features.

use nalgebra::{DMatrix, DVector};

use super::features::{Features, pairs};
use super::{Data, RegressionOracle};
use crate::mdp::Mdp;
use crate::{Error, Result};

/// Ridge regression on features of the state.
#[derive(Debug, Clone)]
pub struct Ridge<'a> {
    features: &'a Features,
    pairs: Vec<(u32, u32)>,
    actions: usize,
    ridge: f64,
}

impl<'a> Ridge<'a> {
    /// Regression on `features` with ridge `λ`. A positive one makes every fit unique; an action without data gets zeros.
    ///
    /// # Errors
    /// Features of another number of states, or `λ` that is not a positive number.
    pub fn new(mdp: &Mdp, features: &'a Features, ridge: f64) -> Result<Ridge<'a>> {
        features.check(mdp)?;
        if !(ridge > 0.0 && ridge.is_finite()) {
            return Err(Error::Parameter { name: "ridge", value: ridge, expected: "a positive number" });
        }
        Ok(Ridge { features, pairs: pairs(mdp), actions: mdp.num_actions(), ridge })
    }
}

impl RegressionOracle for Ridge<'_> {
    fn fit(&mut self, data: &Data, values: &mut [f64]) -> Result<()> {
        let d = self.features.width();
        let mut weights = vec![DVector::zeros(d); self.actions];
        let mut order: Vec<usize> = (0..data.choices.len()).collect();
        let action = |i: usize| self.pairs[data.choices[i] as usize].1 as usize;
        order.sort_by_key(|&i| action(i));
        for rows in order.chunk_by(|&i, &j| action(i) == action(j)) {
            let mut gram = DMatrix::from_diagonal_element(d, d, self.ridge);
            let mut moment = DVector::zeros(d);
            for &i in rows {
                let phi = self.features.of(self.pairs[data.choices[i] as usize].0 as usize);
                let weight = data.weights[i];
                for (a, &x) in phi.iter().enumerate().filter(|(_, x)| **x != 0.0) {
                    moment[a] += weight * x * data.targets[i];
                    for (b, &y) in phi.iter().enumerate().filter(|(_, y)| **y != 0.0) {
                        gram[(a, b)] += weight * x * y;
                    }
                }
            }
            let factor = gram.cholesky().ok_or_else(|| Error::NotApplicable {
                method: "ridge regression",
                reason: format!("the system of {d} features is singular to rounding; use a larger ridge"),
            })?;
            weights[action(rows[0])] = factor.solve(&moment);
        }
        for (value, &(s, a)) in values.iter_mut().zip(&self.pairs) {
            let weights = &weights[a as usize];
            *value = self.features.of(s as usize).iter().zip(weights.iter()).map(|(x, w)| x * w).sum();
        }
        Ok(())
    }
}
