//! Numbers that sum up scores, and their definitions.
//!
//! Scores are matrices `[runs, tasks]`. Definitions as in Agarwal et al. (2021), "Deep reinforcement learning at the edge of the
//! statistical precipice": the interquartile mean is the 25 %-trimmed mean over all runs and tasks together, with `⌊n/4⌋`
//! values dropped at each end and no fractional weights; the optimality gap is how far scores fall short of a target.

use ndarray::ArrayView2;

use crate::{Error, Result};

/// A number that sums up scores of shape `[runs, tasks]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Aggregate {
    /// Mean over runs and tasks.
    Mean,
    /// Median over tasks of the mean over runs.
    Median,
    /// Median over runs and tasks together; over the runs, where there is one task.
    PooledMedian,
    /// Interquartile mean over runs and tasks.
    InterquartileMean,
    /// `target − mean(min(score, target))` over runs and tasks.
    OptimalityGap {
        /// The score that counts as success.
        target: f64,
    },
}

impl Aggregate {
    /// The number.
    ///
    /// # Errors
    /// No score, or one that is not finite.
    pub fn of(self, scores: ArrayView2<f64>) -> Result<f64> {
        check(scores)?;
        let mut buffer: Vec<f64> = scores.iter().copied().collect();
        Ok(self.of_columns(&mut buffer, scores.ncols()))
    }

    /// The number of checked scores in row-major order; `values` is scratch and comes back in another order.
    pub(super) fn of_columns(self, values: &mut [f64], tasks: usize) -> f64 {
        match self {
            Aggregate::Mean => mean(values),
            Aggregate::Median => {
                let runs = values.len() / tasks;
                let means =
                    (0..tasks).map(|task| (0..runs).map(|run| values[run * tasks + task]).sum::<f64>() / runs as f64);
                let mut means: Vec<f64> = means.collect();
                median(&mut means)
            }
            Aggregate::PooledMedian => median(values),
            Aggregate::InterquartileMean => interquartile_mean(values),
            Aggregate::OptimalityGap { target } => {
                target - values.iter().map(|x| x.min(target)).sum::<f64>() / values.len() as f64
            }
        }
    }
}

/// Checks that there are scores and that all are finite.
pub(super) fn check(scores: ArrayView2<f64>) -> Result<()> {
    if scores.is_empty() {
        return Err(Error::Shape { what: "scores".into(), found: scores.shape().to_vec(), expected: vec![1, 1] });
    }
    match scores.iter().find(|x| !x.is_finite()) {
        Some(&value) => Err(Error::Parameter { name: "score", value, expected: "a finite number" }),
        None => Ok(()),
    }
}

/// Arithmetic mean, summed in order.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Median: the middle value, or the mean of the two middle ones. Sorts `values`.
pub fn median(values: &mut [f64]) -> f64 {
    quantile(values, 0.5)
}

/// Quantile with linear interpolation between order statistics (numpy's default): position `q (n − 1)`. Sorts `values`, which
/// must not be empty; `q` is in `[0, 1]`.
pub fn quantile(values: &mut [f64], q: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let position = q * (values.len() - 1) as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(values.len() - 1);
    values[below] + (position - below as f64) * (values[above] - values[below])
}

/// The mean after dropping the `⌊n/4⌋` smallest and largest values. Sorts `values`.
pub fn interquartile_mean(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let drop = values.len() / 4;
    mean(&values[drop..values.len() - drop])
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, arr2};

    use super::*;

    #[test]
    fn interquartile_means_measured_with_rliable() {
        let iqm = |values: &[f64]| interquartile_mean(&mut values.to_vec());
        assert_eq!(iqm(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]), 4.5);
        assert_eq!(iqm(&[4.0, 0.0, 2.0, 3.0, 1.0]), 2.0);
        assert_eq!(iqm(&[0.0, 1.0, 2.0, 3.0, 100.0]), 2.0);
        assert_eq!(iqm(&[7.0]), 7.0);
    }

    #[test]
    fn aggregates_of_a_matrix() {
        let scores = arr2(&[[0.0, 1.0, 4.0], [2.0, 3.0, 8.0]]);
        assert_eq!(Aggregate::Mean.of(scores.view()).unwrap(), 3.0);
        assert_eq!(Aggregate::Median.of(scores.view()).unwrap(), 2.0);
        assert_eq!(Aggregate::PooledMedian.of(scores.view()).unwrap(), 2.5);
        assert_eq!(Aggregate::InterquartileMean.of(scores.view()).unwrap(), 2.5);
        let gap = Aggregate::OptimalityGap { target: 2.0 }.of(scores.view()).unwrap();
        assert_eq!(gap, 2.0 - 9.0 / 6.0);
    }

    #[test]
    fn quantiles_interpolate() {
        let mut values = [4.0, 1.0, 3.0, 2.0];
        assert_eq!(quantile(&mut values, 0.0), 1.0);
        assert_eq!(quantile(&mut values, 1.0), 4.0);
        assert_eq!(median(&mut values), 2.5);
        assert_eq!(quantile(&mut values, 0.25), 1.75);
    }

    #[test]
    fn scores_must_exist_and_be_finite() {
        assert!(Aggregate::Mean.of(Array2::zeros((0, 3)).view()).is_err());
        assert!(Aggregate::Mean.of(arr2(&[[1.0, f64::NAN]]).view()).is_err());
    }
}
