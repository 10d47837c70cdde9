//! Comparing two sets of numbers: probability of improvement, rank correlation, and intervals for a proportion.

use ndarray::ArrayView2;
use statrs::distribution::{ContinuousCDF, Normal};

use super::aggregate::check;
use crate::{Error, Result};

/// The probability that a run of `x` beats a run of `y` on a random task: the mean over tasks of the Mann-Whitney statistic
/// `U / (n m)`, ties counting one half (Agarwal et al. 2021). Shapes `[runs, tasks]`, with the same tasks.
///
/// # Errors
/// No score, one that is not finite, or different numbers of tasks.
pub fn probability_of_improvement(x: ArrayView2<f64>, y: ArrayView2<f64>) -> Result<f64> {
    check(x)?;
    check(y)?;
    if x.ncols() != y.ncols() {
        return Err(Error::Shape {
            what: "the second set of scores".into(),
            found: y.shape().to_vec(),
            expected: vec![y.nrows(), x.ncols()],
        });
    }
    let of_task = |task: usize| {
        let mut wins = 0.0;
        for a in x.column(task) {
            for b in y.column(task) {
                wins += if a > b {
                    1.0
                } else if a == b {
                    0.5
                } else {
                    0.0
                };
            }
        }
        wins / (x.nrows() * y.nrows()) as f64
    };
    Ok((0..x.ncols()).map(of_task).sum::<f64>() / x.ncols() as f64)
}

/// Spearman's rank correlation: Pearson's correlation of the ranks, equal values sharing their average rank. Infinite values
/// rank like any others (an unsolved problem ranks last).
///
/// # Errors
/// Different lengths, fewer than two values, a NaN, or a side on which all values are equal.
pub fn spearman(x: &[f64], y: &[f64]) -> Result<f64> {
    if x.len() != y.len() || x.len() < 2 {
        return Err(Error::Shape {
            what: "the second sample".into(),
            found: vec![y.len()],
            expected: vec![x.len().max(2)],
        });
    }
    if let Some(&value) = x.iter().chain(y).find(|v| v.is_nan()) {
        return Err(Error::Parameter { name: "value", value, expected: "a number" });
    }
    let (a, b) = (ranks(x), ranks(y));
    let middle = 0.5 * (x.len() as f64 + 1.0);
    let product = |p: &[f64], q: &[f64]| p.iter().zip(q).map(|(p, q)| (p - middle) * (q - middle)).sum::<f64>();
    let scale = (product(&a, &a) * product(&b, &b)).sqrt();
    if scale == 0.0 {
        return Err(Error::Parameter { name: "value", value: x[0], expected: "not the same everywhere" });
    }
    Ok(product(&a, &b) / scale)
}

/// Ranks from 1, equal values sharing their average.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&i, &j| values[i].total_cmp(&values[j]));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for group in order.chunk_by(|&i, &j| values[i] == values[j]) {
        let shared = before as f64 + 0.5 * (group.len() as f64 + 1.0);
        group.iter().for_each(|&i| ranks[i] = shared);
        before += group.len();
    }
    ranks
}

/// Wilson's score interval of a proportion: `successes` of `trials`, with coverage `confidence`.
///
/// # Errors
/// No trial, more successes than trials, or a confidence outside (0, 1).
pub fn wilson_interval(successes: u64, trials: u64, confidence: f64) -> Result<(f64, f64)> {
    if trials == 0 || successes > trials {
        return Err(Error::Parameter {
            name: "successes",
            value: successes as f64,
            expected: "at most the trials, of which there is at least one",
        });
    }
    let normal = Normal::standard();
    if !(confidence > 0.0 && confidence < 1.0) {
        return Err(Error::Parameter { name: "confidence", value: confidence, expected: "strictly between 0 and 1" });
    }
    let z = normal.inverse_cdf(0.5 * (1.0 + confidence));
    let n = trials as f64;
    let p = successes as f64 / n;
    let centre = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    // The ends are exactly 0 and 1 at the extremes; rounding would leave 1e-17.
    let low = if successes == 0 { 0.0 } else { centre - half };
    let high = if successes == trials { 1.0 } else { centre + half };
    Ok((low, high))
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use ndarray::arr2;

    use super::*;

    #[test]
    fn improvement_as_in_the_test_of_rliable() {
        let x = arr2(&[[1.0, 2.0], [2.0, 2.0], [1.0, 1.0], [2.0, 1.0]]);
        let y = arr2(&[[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]);
        assert_relative_eq!(probability_of_improvement(x.view(), y.view()).unwrap(), 1.0 / 3.0, epsilon = 1e-15);
        assert_relative_eq!(probability_of_improvement(x.view(), x.view()).unwrap(), 0.5, epsilon = 1e-15);
        assert!(probability_of_improvement(x.view(), arr2(&[[1.0]]).view()).is_err());
    }

    #[test]
    fn rank_correlation_with_ties_and_infinities() {
        assert_eq!(spearman(&[1.0, 2.0, 3.0], &[10.0, 20.0, f64::INFINITY]).unwrap(), 1.0);
        assert_eq!(spearman(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]).unwrap(), -1.0);
        assert_eq!(ranks(&[5.0, 1.0, 5.0, 0.0]), [3.5, 2.0, 3.5, 1.0]);
        // Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: 4.5 / √(4.5 · 5).
        let expected = 4.5 / (4.5f64 * 5.0).sqrt();
        assert_relative_eq!(spearman(&[1.0, 2.0, 2.0, 3.0], &[1.0, 2.0, 3.0, 4.0]).unwrap(), expected, epsilon = 1e-15);
        assert!(spearman(&[1.0, 1.0], &[1.0, 2.0]).is_err());
        assert!(spearman(&[1.0, f64::NAN], &[1.0, 2.0]).is_err());
    }

    #[test]
    fn wilson_intervals() {
        // p = 1/2, n = 100: centre 1/2, half width z √(n/4 + z²/4) / (n + z²).
        let (low, high) = wilson_interval(50, 100, 0.95).unwrap();
        let z = 1.959_963_984_540_054_f64;
        let half = z * (25.0 + z * z / 4.0).sqrt() / (100.0 + z * z);
        assert_relative_eq!(low, 0.5 - half, epsilon = 1e-9);
        assert_relative_eq!(high, 0.5 + half, epsilon = 1e-9);
        assert_eq!(wilson_interval(0, 10, 0.95).unwrap().0, 0.0);
        assert!(wilson_interval(11, 10, 0.95).is_err() && wilson_interval(0, 0, 0.95).is_err());
    }
}
