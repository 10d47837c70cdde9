//! Stratified bootstrap intervals: runs are drawn with replacement within each task, the number is taken again, and the
//! percentiles of many such repetitions are the interval (percentile method; Efron 1979, Agarwal et al. 2021).
//!
//! Repetitions are computed in fixed chunks, each with its own random stream, so an interval depends on the seed alone.

use ndarray::{ArrayView1, ArrayView2};
use rayon::prelude::*;

use super::Aggregate;
use super::aggregate::{check, quantile};
use crate::rng::{self, Purpose};
use crate::{Error, Result};

/// Repetitions for aggregates, as in rliable.
pub const AGGREGATE_REPETITIONS: usize = 50_000;

/// Repetitions for performance profiles, as in rliable.
pub const PROFILE_REPETITIONS: usize = 2_000;

/// Repetitions computed with one random stream.
const CHUNK: usize = 500;

/// How to resample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bootstrap {
    /// Number of repetitions.
    pub repetitions: usize,
    /// Coverage aimed for, in (0, 1), such as 0.95.
    pub confidence: f64,
    /// Root seed of the streams.
    pub seed: u64,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Bootstrap { repetitions: AGGREGATE_REPETITIONS, confidence: 0.95, seed: 0 }
    }
}

/// A number with its interval; there is none where one run alone was made.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Estimate {
    /// The number.
    pub value: f64,
    /// Lower and upper end, `None` with a single run.
    pub interval: Option<(f64, f64)>,
}

impl Bootstrap {
    fn validate(&self) -> Result<()> {
        if self.repetitions == 0 {
            return Err(Error::Parameter { name: "repetitions", value: 0.0, expected: "at least 1" });
        }
        if !(self.confidence > 0.0 && self.confidence < 1.0) {
            return Err(Error::Parameter {
                name: "confidence",
                value: self.confidence,
                expected: "strictly between 0 and 1",
            });
        }
        Ok(())
    }

    /// The percentile interval of `statistic` over repetitions; it gets resampled scores in row-major order as scratch.
    fn interval(&self, scores: ArrayView2<f64>, statistic: impl Fn(&mut [f64]) -> f64 + Sync) -> (f64, f64) {
        let (runs, tasks) = scores.dim();
        let chunks: Vec<Vec<f64>> = (0..self.repetitions.div_ceil(CHUNK))
            .into_par_iter()
            .map(|chunk| {
                let mut rng = rng::fast(self.seed, Purpose::Bootstrap, chunk as u64);
                let mut sample = vec![0.0; runs * tasks];
                let size = CHUNK.min(self.repetitions - chunk * CHUNK);
                let repetition = |_| {
                    for task in 0..tasks {
                        for run in 0..runs {
                            sample[run * tasks + task] = scores[[rng::below(&mut rng, runs), task]];
                        }
                    }
                    statistic(&mut sample)
                };
                (0..size).map(repetition).collect()
            })
            .collect();
        let mut repetitions = chunks.concat();
        let tail = 0.5 * (1.0 - self.confidence);
        (quantile(&mut repetitions, tail), quantile(&mut repetitions, 1.0 - tail))
    }

    /// An aggregate of scores `[runs, tasks]` with its interval.
    ///
    /// # Errors
    /// No score, one that is not finite, or settings out of range.
    pub fn estimate(&self, scores: ArrayView2<f64>, aggregate: Aggregate) -> Result<Estimate> {
        self.validate()?;
        let value = aggregate.of(scores)?;
        let tasks = scores.ncols();
        let interval =
            (scores.nrows() > 1).then(|| self.interval(scores, |sample| aggregate.of_columns(sample, tasks)));
        Ok(Estimate { value, interval })
    }

    /// An aggregate of one task's runs `[runs]`, such as the measurements of all seeds at one point of a learning curve.
    ///
    /// # Errors
    /// As [`Bootstrap::estimate`].
    pub fn estimate_column(&self, runs: ArrayView1<f64>, aggregate: Aggregate) -> Result<Estimate> {
        self.estimate(runs.insert_axis(ndarray::Axis(1)), aggregate)
    }

    /// The performance profile of scores `[runs, tasks]` at `thresholds`: the fraction of scores above each, with pointwise
    /// intervals.
    ///
    /// # Errors
    /// As [`Bootstrap::estimate`].
    pub fn profile(&self, scores: ArrayView2<f64>, thresholds: &[f64]) -> Result<Vec<Estimate>> {
        self.validate()?;
        check(scores)?;
        let above = |values: &[f64], tau: f64| values.iter().filter(|&&x| x > tau).count() as f64 / values.len() as f64;
        let all: Vec<f64> = scores.iter().copied().collect();
        let estimate = |&tau: &f64| Estimate {
            value: above(&all, tau),
            interval: (scores.nrows() > 1).then(|| self.interval(scores, |sample| above(sample, tau))),
        };
        Ok(thresholds.iter().map(estimate).collect())
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, arr2};

    use super::*;

    fn scores(runs: usize, tasks: usize, seed: u64) -> Array2<f64> {
        let mut rng = rng::fast(seed, Purpose::Generation, 0);
        Array2::from_shape_simple_fn((runs, tasks), || rng::uniform(&mut rng))
    }

    const QUICK: Bootstrap = Bootstrap { repetitions: 2_000, confidence: 0.95, seed: 7 };

    #[test]
    fn the_same_seed_gives_the_same_bits_for_any_number_of_threads_and_another_seed_gives_others() {
        let scores = scores(10, 3, 1);
        let with = |threads, seed| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let bootstrap = Bootstrap { seed, ..QUICK };
            pool.install(|| bootstrap.estimate(scores.view(), Aggregate::InterquartileMean).unwrap())
        };
        assert_eq!(with(1, 7), with(2, 7));
        assert_ne!(with(1, 7), with(1, 8));
    }

    #[test]
    fn intervals_cover_the_mean_about_as_often_as_they_claim() {
        // 20 uniform numbers a run: the percentile interval of the mean covers 1/2 slightly less often than 95 %.
        let trials = 400;
        let covered = (0..trials)
            .filter(|&trial| {
                let bootstrap = Bootstrap { repetitions: 500, ..QUICK };
                let estimate = bootstrap.estimate(scores(20, 1, 100 + trial).view(), Aggregate::Mean).unwrap();
                estimate.interval.is_some_and(|(low, high)| low <= 0.5 && 0.5 <= high)
            })
            .count();
        let rate = covered as f64 / trials as f64;
        // Nominal minus the known shortfall of about 1/n, within 4 binomial standard deviations.
        assert!((rate - 0.93).abs() <= 4.0 * (0.93f64 * 0.07 / trials as f64).sqrt(), "coverage {rate}");
    }

    #[test]
    fn one_run_has_no_interval_and_equal_runs_have_an_empty_one() {
        let single = QUICK.estimate(arr2(&[[1.0, 2.0]]).view(), Aggregate::Mean).unwrap();
        assert_eq!(single, Estimate { value: 1.5, interval: None });
        let equal = QUICK.estimate(arr2(&[[3.0], [3.0], [3.0]]).view(), Aggregate::Mean).unwrap();
        assert_eq!(equal.interval, Some((3.0, 3.0)));
    }

    #[test]
    fn strata_are_kept() {
        // Within each task all runs agree, so resampling within tasks changes nothing.
        let scores = arr2(&[[0.0, 10.0], [0.0, 10.0], [0.0, 10.0]]);
        assert_eq!(QUICK.estimate(scores.view(), Aggregate::Mean).unwrap().interval, Some((5.0, 5.0)));
    }

    #[test]
    fn profiles_fall_from_one_to_zero() {
        let scores = scores(8, 2, 3);
        let profile = QUICK.profile(scores.view(), &[-1.0, 0.25, 0.5, 0.75, 1.0]).unwrap();
        assert_eq!((profile[0].value, profile[4].value), (1.0, 0.0));
        for pair in profile.windows(2) {
            assert!(pair[0].value >= pair[1].value);
        }
        assert!(profile.iter().all(|e| e.interval.is_some_and(|(low, high)| low <= e.value && e.value <= high)));
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        let scores = scores(3, 1, 0);
        for confidence in [0.0, 1.0, f64::NAN] {
            assert!(Bootstrap { confidence, ..QUICK }.estimate(scores.view(), Aggregate::Mean).is_err());
        }
        assert!(Bootstrap { repetitions: 0, ..QUICK }.estimate(scores.view(), Aggregate::Mean).is_err());
    }
}
