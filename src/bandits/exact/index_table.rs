//! The scores of an index policy, one for each pair of counts.

use rayon::prelude::*;

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
    let row = |pulls: usize| {
        let score = |successes| policy.index(counts(pulls, successes), arms, step, horizon);
        (0..=pulls).map(score).collect::<Option<Vec<f64>>>()
    };
    let rows: Option<Vec<Vec<f64>>> = (0..step).into_par_iter().map(row).collect();
    Some(rows?.concat())
}
