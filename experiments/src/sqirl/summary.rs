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

/// `P(Bin(n, p) ≥ j)`, by adding up the probabilities.
pub fn at_least(n: u64, p: f64, j: u64) -> f64 {
    if p <= 0.0 || p >= 1.0 {
        return f64::from(u8::from(j == 0 || p >= 1.0 && j <= n));
    }
    let odds = (p / (1.0 - p)).ln();
    let mut log = n as f64 * (1.0 - p).ln();
    let mut sum = 0.0;
    for i in 0..=n {
        if i >= j {
            sum += log.exp();
        }
        log += odds + ((n - i) as f64 / (i + 1) as f64).ln();
    }
    sum.min(1.0)
}

/// How far in the tails a number of successes may lie: as three standard errors of a normal law, on each side.
const TAIL: f64 = 0.001_35;

/// Whether so many successes agree with a probability.
pub fn plausible(probability: f64, successes: u64, runs: u64) -> bool {
    let more = at_least(runs, probability, successes);
    let fewer = 1.0 - at_least(runs, probability, successes + 1);
    more >= TAIL && fewer >= TAIL
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_of_a_binomial() {
        assert!((at_least(3, 0.5, 2) - 0.5).abs() < 1e-15 && (at_least(2, 0.3, 1) - 0.51).abs() < 1e-15);
        assert_eq!((at_least(5, 0.0, 0), at_least(5, 0.0, 1), at_least(5, 1.0, 5)), (1.0, 0.0, 1.0));
        assert!((at_least(4000, 0.4, 1600) - 0.5).abs() < 0.02 && at_least(4000, 0.4, 0) > 1.0 - 1e-9);
        assert!(plausible(0.5, 50, 101) && !plausible(0.5, 70, 101));
        assert!(plausible(1e-3, 0, 21) && !plausible(1.0, 20, 21));
    }
}
