//! Linear least squares with a ridge, a weight vector for each action.
//!
//! `w_a = argmin Σ_i n_i (y_i − w_aᵀ φ(s_i))² + λ ‖w_a‖²`, over the pairs `(s_i, a)` with data, by Cholesky's method. Features that
//! never occur together, such as indicators of states or tiles, share no equation, so each group of those that do is a system
//! of its own. Cost of a fit: `O(rows · z² + Σ_groups d³)` with `z` features that are not zero in a row and `d` in a group.

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};

use super::features::{Features, pairs};
use super::{Data, RegressionOracle};
use crate::mdp::Mdp;
use crate::{Error, Result};

/// Ridge regression on features of the state.
#[derive(Debug, Clone)]
pub struct Ridge {
    features: Arc<Features>,
    pairs: Vec<(u32, u32)>,
    actions: usize,
    ridge: f64,
}

impl Ridge {
    /// Regression on `features` with ridge `λ`. A positive one makes every fit unique; an action without data gets zeros.
    ///
    /// # Errors
    /// Features of another number of states, or `λ` that is not a positive number.
    pub fn new(mdp: &Mdp, features: &Arc<Features>, ridge: f64) -> Result<Ridge> {
        features.check(mdp)?;
        if !(ridge > 0.0 && ridge.is_finite()) {
            return Err(Error::Parameter { name: "ridge", value: ridge, expected: "a positive number" });
        }
        Ok(Ridge { features: features.clone(), pairs: pairs(mdp), actions: mdp.num_actions(), ridge })
    }

    /// The features of the state of row `i`.
    fn phi(&self, data: &Data, i: usize) -> &[(u32, f64)] {
        self.features.of(self.pairs[data.choices[i] as usize].0 as usize)
    }

    /// `w_a` of every action, `[A][d]`.
    fn weights(&self, data: &Data) -> Vec<Vec<f64>> {
        let d = self.features.width();
        let mut weights = vec![vec![0.0; d]; self.actions];
        let mut rows: Vec<Vec<usize>> = vec![Vec::new(); self.actions];
        for i in (0..data.choices.len()).filter(|&i| !self.phi(data, i).is_empty()) {
            rows[self.pairs[data.choices[i] as usize].1 as usize].push(i);
        }
        let mut place = vec![0; d];
        for (weights, rows) in weights.iter_mut().zip(&mut rows) {
            let mut parent: Vec<u32> = (0..d as u32).collect();
            for &i in rows.iter() {
                let first = self.phi(data, i)[0].0;
                for &(other, _) in &self.phi(data, i)[1..] {
                    let (a, b) = (root(&mut parent, first), root(&mut parent, other));
                    parent[a.max(b) as usize] = a.min(b);
                }
            }
            rows.sort_by_cached_key(|&i| root(&mut parent, self.phi(data, i)[0].0));
            for rows in rows
                .chunk_by(|&i, &j| parent[self.phi(data, i)[0].0 as usize] == parent[self.phi(data, j)[0].0 as usize])
            {
                self.solve_group(data, rows, &mut place, weights);
            }
        }
        weights
    }

    /// The weights of the features in `rows`, which no other row has. `place` `[d]` is scratch.
    fn solve_group(&self, data: &Data, rows: &[usize], place: &mut [usize], weights: &mut [f64]) {
        let mut columns: Vec<u32> = rows.iter().flat_map(|&i| self.phi(data, i)).map(|&(column, _)| column).collect();
        columns.sort_unstable();
        columns.dedup();
        (0..columns.len()).for_each(|j| place[columns[j] as usize] = j);
        let mut gram = DMatrix::from_diagonal_element(columns.len(), columns.len(), self.ridge);
        let mut moment = DVector::zeros(columns.len());
        for &i in rows {
            let phi = self.phi(data, i);
            for &(a, x) in phi {
                let weighted = data.weights[i] * x;
                moment[place[a as usize]] += weighted * data.targets[i];
                for &(b, y) in phi {
                    gram[(place[a as usize], place[b as usize])] += weighted * y;
                }
            }
        }
        let solution = match gram.clone().cholesky() {
            Some(factor) => factor.solve(&moment),
            // Singular to rounding. Every eigenvalue is at least λ in exact arithmetic, so smaller ones are raised to that.
            None => {
                let eigen = gram.symmetric_eigen();
                let mut inner = eigen.eigenvectors.tr_mul(&moment);
                inner.iter_mut().zip(&eigen.eigenvalues).for_each(|(x, value)| *x /= value.max(self.ridge));
                &eigen.eigenvectors * inner
            }
        };
        columns.iter().zip(solution.iter()).for_each(|(&column, &w)| weights[column as usize] = w);
    }
}

/// The representative of the group of `x`; the path to it is shortened to one step.
fn root(parent: &mut [u32], x: u32) -> u32 {
    let mut top = x;
    while parent[top as usize] != top {
        top = parent[top as usize];
    }
    let mut at = x;
    while parent[at as usize] != top {
        at = std::mem::replace(&mut parent[at as usize], top);
    }
    top
}

impl RegressionOracle for Ridge {
    fn fit(&mut self, data: &Data, values: &mut [f64]) -> Result<()> {
        let weights = self.weights(data);
        for (value, &(s, a)) in values.iter_mut().zip(&self.pairs) {
            let weights = &weights[a as usize];
            *value = self.features.of(s as usize).iter().map(|&(column, x)| x * weights[column as usize]).sum();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::horizon::tests::random_mdp;
    use crate::rng::{self, Purpose};

    /// At the minimum the gradient `Σ n (wᵀφ − y) φ + λ w` vanishes, whatever the groups were.
    #[test]
    fn the_gradient_vanishes_at_the_weights() {
        let mdp = random_mdp(5, 12, 3, 2);
        let mut random = rng::fast(2, Purpose::Generation, 0);
        let mut data = Data::default();
        for c in (0..mdp.num_choices()).filter(|c| c % 5 != 2) {
            data.push(c, 1.0 + rng::below(&mut random, 9) as f64, rng::uniform(&mut random) - 0.5);
        }
        let states = mdp.num_states();
        let dense = |s: usize, j: usize| ((s * 7 + j * 3) % 11) as f64 / 11.0 - 0.4;
        // Three groups: {0, 3}, {1, 2, 4} linked by single rows, and {5}; and rows with everything.
        let grouped = |s: usize, j: usize| {
            let on: &[usize] = [&[0, 3][..], &[1, 4], &[2, 4], &[5]][s % 4];
            if on.contains(&j) { dense(s, j) + 1.0 } else { 0.0 }
        };
        let full: Vec<Vec<f64>> = (0..states).map(|s| (0..6).map(|j| dense(s, j)).collect()).collect();
        let apart: Vec<Vec<f64>> = (0..states).map(|s| (0..6).map(|j| grouped(s, j)).collect()).collect();
        for rows in [full, apart] {
            let features = Arc::new(Features::from_rows(&rows).unwrap());
            for ridge in [1e-3, 1.0] {
                let oracle = Ridge::new(&mdp, &features, ridge).unwrap();
                let weights = oracle.weights(&data);
                for (a, w) in weights.iter().enumerate() {
                    let mut gradient: Vec<f64> = w.iter().map(|w| ridge * w).collect();
                    for i in (0..data.choices.len()).filter(|&i| oracle.pairs[data.choices[i] as usize].1 == a as u32) {
                        let phi = &rows[oracle.pairs[data.choices[i] as usize].0 as usize];
                        let error = w.iter().zip(phi).map(|(w, x)| w * x).sum::<f64>() - data.targets[i];
                        gradient.iter_mut().zip(phi).for_each(|(g, x)| *g += data.weights[i] * error * x);
                    }
                    assert!(gradient.iter().all(|g| g.abs() < 1e-10), "action {a}: {gradient:?}");
                }
            }
        }
    }

    /// Two features that are the same: without a ridge their system is singular, with one too small to count it still is.
    #[test]
    fn a_system_that_is_singular_to_rounding_is_still_solved() {
        let mdp = random_mdp(5, 12, 3, 2);
        let rows: Vec<Vec<f64>> = (0..mdp.num_states()).map(|_| vec![3.0, 3.0]).collect();
        let features = Arc::new(Features::from_rows(&rows).unwrap());
        let mut data = Data::default();
        (0..mdp.num_choices()).for_each(|c| data.push(c, 1e6, 0.25));
        let mut values = vec![f64::NAN; mdp.num_choices()];
        Ridge::new(&mdp, &features, 1e-12).unwrap().fit(&data, &mut values).unwrap();
        assert!(values.iter().all(|value| (value - 0.25).abs() < 1e-6), "{values:?}");
    }
}
