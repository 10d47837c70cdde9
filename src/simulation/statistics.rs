//! Statistics of finished episodes.

use serde::{Deserialize, Serialize};

/// What a copy has added up over its finished episodes.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Totals {
    pub episodes: u64,
    pub terminated: u64,
    pub length: u64,
    pub return_sum: f64,
    pub return_squares: f64,
}

impl Totals {
    #[inline]
    pub fn finish(&mut self, length: u64, return_: f64, terminated: bool) {
        self.episodes += 1;
        self.terminated += u64::from(terminated);
        self.length += length;
        self.return_sum += return_;
        self.return_squares += return_ * return_;
    }
}

/// Finished episodes of all copies; sums run over the copies in order, so they do not depend on threads.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EpisodeStatistics {
    /// Number of finished episodes.
    pub episodes: u64,
    /// Those that ended in a terminal state; the others met the time limit.
    pub terminated: u64,
    /// Mean undiscounted return (0 without episodes).
    pub mean_return: f64,
    /// Standard deviation of the return over episodes (0 with fewer than two).
    pub std_return: f64,
    /// Mean number of steps (0 without episodes).
    pub mean_length: f64,
}

impl EpisodeStatistics {
    pub(super) fn reduce(totals: &[Totals]) -> EpisodeStatistics {
        let mut sum = Totals::default();
        for t in totals {
            sum.episodes += t.episodes;
            sum.terminated += t.terminated;
            sum.length += t.length;
            sum.return_sum += t.return_sum;
            sum.return_squares += t.return_squares;
        }
        let n = sum.episodes.max(1) as f64;
        let mean = sum.return_sum / n;
        let variance = if sum.episodes < 2 { 0.0 } else { (sum.return_squares - n * mean * mean) / (n - 1.0) };
        EpisodeStatistics {
            episodes: sum.episodes,
            terminated: sum.terminated,
            mean_return: mean,
            std_return: variance.max(0.0).sqrt(),
            mean_length: sum.length as f64 / n,
        }
    }
}
