//! Random fields on a square of cells at 1.0, 1.1, 1.2, …: a Gaussian process with a Matérn-5/2 kernel (length 1, variance ln 2) that
//! has been observed to be 0 at random points of [0, 10]², with noise of variance 10⁻³.

use nalgebra::{Cholesky, DMatrix, DVector};
use ndarray::Array2;
use rand_distr::{Distribution, StandardNormal};
use tabrl::Error;
use tabrl::rng::{self, Fast, Purpose};

use crate::Result;

fn kernel(a: (f64, f64), b: (f64, f64)) -> f64 {
    let d = 5f64.sqrt() * ((a.0 - b.0).powi(2) + (a.1 - b.1).powi(2)).sqrt();
    2f64.ln() * (1.0 + d + d * d / 3.0) * (-d).exp()
}

/// The covariance of the field at the cells of a square, given observations at `points` random places.
fn conditioned(side: usize, points: usize, random: &mut Fast) -> Result<DMatrix<f64>> {
    let cells: Vec<(f64, f64)> =
        (0..side * side).map(|s| (1.0 + 0.1 * (s / side) as f64, 1.0 + 0.1 * (s % side) as f64)).collect();
    let seen: Vec<(f64, f64)> =
        (0..points).map(|_| (10.0 * rng::uniform(random), 10.0 * rng::uniform(random))).collect();
    let gram = DMatrix::from_fn(points, points, |i, j| kernel(seen[i], seen[j]) + if i == j { 1e-3 } else { 0.0 });
    let cross = DMatrix::from_fn(points, cells.len(), |i, j| kernel(seen[i], cells[j]));
    let solved = factor(gram)?.solve(&cross);
    let prior = DMatrix::from_fn(cells.len(), cells.len(), |i, j| kernel(cells[i], cells[j]));
    let posterior = prior - cross.transpose() * solved;
    Ok(0.5 * (&posterior + posterior.transpose()))
}

fn factor(matrix: DMatrix<f64>) -> Result<Cholesky<f64, nalgebra::Dyn>> {
    let reason = "the covariance of the field is not positive definite".to_owned();
    Ok(Cholesky::new(matrix).ok_or(Error::NotApplicable { method: "a Gaussian field", reason })?)
}

/// A draw of the field plus 3, one weight a cell; if the draw goes below -3, minus its least value instead, so that no weight is
/// negative. (The authors' code adds the least value there, which is a slip of the sign.)
pub(super) fn gaussian_field(side: usize, seed: u64) -> Result<Vec<f64>> {
    let mut random = rng::fast(seed, Purpose::Generation, 1);
    let mut covariance = conditioned(side, 1, &mut random)?;
    (0..side * side).for_each(|i| covariance[(i, i)] += 1e-7);
    let noise = DVector::from_fn(side * side, |_, _| StandardNormal.sample(&mut random));
    let draw = factor(covariance)?.l() * noise;
    let least = draw.min();
    Ok(draw.iter().map(|x| x + if least > -3.0 { 3.0 } else { -least }).collect())
}

/// The covariance of the field given observations at five places.
pub(super) fn posterior_covariance(side: usize, seed: u64) -> Result<Array2<f64>> {
    let covariance = conditioned(side, 5, &mut rng::fast(seed, Purpose::Generation, 2))?;
    Ok(Array2::from_shape_fn((side * side, side * side), |(i, j)| covariance[(i, j)]))
}
