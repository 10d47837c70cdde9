//! The scores of an index policy, one for each pair of counts.

use crate::bandits::{CountPolicy, Counts};

/// Position of an arm with `pulls` pulls and `successes` of them in a triangle.
#[inline]
pub(super) fn place(pulls: usize, successes: usize) -> usize {
    pulls * (pulls + 1) / 2 + successes
}

/// The counts of an arm.
#[inline]
pub(super) fn counts(pulls: usize, successes: usize) -> Counts {
    Counts { successes: successes as u32, failures: (pulls - successes) as u32 }
}

/// Scores at one step, for every arm with at most `step - 1` pulls; `None` if the policy has no index.
pub(super) fn scores(policy: &dyn CountPolicy, arms: usize, step: usize, horizon: usize) -> Option<Vec<f64>> {
    let mut table = Vec::with_capacity(place(step, 0));
    for pulls in 0..step {
        for successes in 0..=pulls {
            table.push(policy.index(counts(pulls, successes), arms, step, horizon)?);
        }
    }
    Some(table)
}
