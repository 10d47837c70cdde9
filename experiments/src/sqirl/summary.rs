//! Sample complexity as the papers measure it: the least m whose median run is near-optimal, and how many steps that took.

use serde::{Deserialize, Serialize};
use tabrl::rng::{self, Purpose};
use tabrl::stats::median;

use crate::Result;

/// Values of m tried beyond the first that is solved, so that resampled seeds find one too.
const BEYOND: usize = 2;
/// Resamples of the seeds behind an interval.
pub const RESAMPLES: u64 = 1000;
/// Root of their random stream.
pub const SEED: u64 = 2312;

/// All seeds at one m.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// Episodes in an iteration.
    pub m: u64,
    /// Exact return of the policy learned, by seed.
    pub returns: Vec<f64>,
    /// Environment steps, by seed.
    pub steps: Vec<u64>,
}

impl Attempt {
    /// From `(return, steps)` of each seed.
    pub fn new(m: u64, runs: Vec<(f64, u64)>) -> Attempt {
        let (returns, steps) = runs.into_iter().unzip();
        Attempt { m, returns, steps }
    }

    /// Whether at least half of the runs reach `threshold`.
    pub fn is_solved(&self, threshold: f64) -> bool {
        2 * self.returns.iter().filter(|&&value| value >= threshold).count() >= self.returns.len()
    }

    /// Median number of steps.
    pub fn median_steps(&self) -> f64 {
        median(&mut self.steps.iter().map(|&n| n as f64).collect::<Vec<_>>())
    }

    /// Median return.
    pub fn median_return(&self) -> f64 {
        median(&mut self.returns.clone())
    }

    /// Mean return.
    pub fn mean_return(&self) -> f64 {
        self.returns.iter().sum::<f64>() / self.returns.len() as f64
    }

    /// The same with the runs of `seeds` instead, which may repeat.
    pub fn resampled(&self, seeds: &[usize]) -> Attempt {
        Attempt {
            m: self.m,
            returns: seeds.iter().map(|&i| self.returns[i]).collect(),
            steps: seeds.iter().map(|&i| self.steps[i]).collect(),
        }
    }
}

/// The first attempt that is solved.
pub fn least(attempts: &[Attempt], threshold: f64) -> Option<&Attempt> {
    attempts.iter().find(|attempt| attempt.is_solved(threshold))
}

/// Tries m = 1, 2, 4, ... while `affordable`, up to two beyond the first that is solved.
///
/// # Errors
/// Those of `attempt`.
pub fn search(
    threshold: f64,
    affordable: impl Fn(u64) -> bool,
    attempt: impl Fn(u64) -> Result<Attempt>,
) -> Result<Vec<Attempt>> {
    let mut attempts: Vec<Attempt> = Vec::new();
    let mut m = 1u64;
    while affordable(m) {
        let solved = attempts.iter().position(|attempt| attempt.is_solved(threshold));
        if solved.is_some_and(|first| attempts.len() > first + BEYOND) {
            break;
        }
        attempts.push(attempt(m)?);
        m *= 2;
    }
    Ok(attempts)
}

/// The least m that solves, with a 95 % interval from resampling the seeds; infinite where none does.
pub fn least_interval(attempts: &[Attempt], threshold: f64) -> (f64, f64) {
    let seeds = attempts.first().map_or(0, |attempt| attempt.returns.len());
    let mut found: Vec<f64> = (0..RESAMPLES)
        .map(|i| {
            let mut rng = rng::fast(SEED, Purpose::Bootstrap, i);
            // Every m had the same seeds, but their runs share nothing: each is resampled by itself.
            let resampled = |attempt: &Attempt| {
                let drawn: Vec<usize> = (0..seeds).map(|_| rng::below(&mut rng, seeds)).collect();
                attempt.resampled(&drawn)
            };
            let resampled: Vec<Attempt> = attempts.iter().map(resampled).collect();
            least(&resampled, threshold).map_or(f64::INFINITY, |attempt| attempt.m as f64)
        })
        .collect();
    // By rank: infinities cannot be interpolated.
    found.sort_by(f64::total_cmp);
    let tail = found.len() / 40;
    (found[tail], found[found.len() - 1 - tail])
}
