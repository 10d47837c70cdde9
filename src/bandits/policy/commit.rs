//! Explore, then commit.

use crate::bandits::{CountPolicy, Counts, share_maximisers};

/// Every arm m times in turn, then for ever the arm of largest p̂ at that point.
///
/// The default m = ⌈T^{2/3}/K⌉ has regret O(T^{2/3}).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExploreThenCommit {
    /// m; `None` is the default.
    pub given: Option<u32>,
}

impl ExploreThenCommit {
    /// m for K arms and T steps.
    pub fn pulls(&self, arms: usize, horizon: usize) -> u32 {
        let root = (horizon as f64).powf(2.0 / 3.0);
        // Rounded first: the cube root of a cube may come out a little above it.
        self.given.unwrap_or_else(|| ((root * 1e9).round() / 1e9 / arms as f64).ceil() as u32).max(1)
    }
}

impl CountPolicy for ExploreThenCommit {
    fn probabilities(&self, arms: &[Counts], _step: usize, horizon: usize, out: &mut [f64]) {
        let m = self.pulls(arms.len(), horizon);
        let fewest = arms.iter().map(|arm| arm.pulls()).min().unwrap_or(0);
        let committed = arms.iter().any(|arm| arm.pulls() > m);
        let score = |arm: &Counts| -> f64 {
            if fewest < m {
                f64::from(u8::from(arm.pulls() == fewest))
            } else if committed {
                f64::from(arm.pulls())
            } else {
                f64::from(arm.successes)
            }
        };
        let scores: smallvec::SmallVec<[f64; 16]> = arms.iter().map(score).collect();
        share_maximisers(&scores, out);
    }
}
