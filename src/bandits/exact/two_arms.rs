//! Two arms: two dense layers of beliefs, half of each by symmetry.
//!
//! Layer n holds the beliefs with n pulls in all: a block for each number of pulls n₁ <= n₂ = n - n₁ of the less pulled arm, with
//! `(n₁ + 1) × (n₂ + 1)` values. Cost: about n³/12 values a layer.

use rayon::prelude::*;

use super::index_table::{counts, place, scores};
use crate::bandits::{CountPolicy, TIE};

/// A layer of values of beliefs.
struct Layer {
    n: usize,
    start: Vec<usize>,
    values: Vec<f64>,
}

impl Layer {
    fn new(n: usize) -> Layer {
        let mut start = vec![0];
        for first in 0..=n / 2 {
            start.push(start[first] + (first + 1) * (n - first + 1));
        }
        Layer { n, values: vec![0.0; start[n / 2 + 1]], start }
    }

    /// Value where one arm has `first` pulls with `s1` successes, and the other the rest with `s2`.
    #[inline]
    fn at(&self, first: usize, s1: usize, s2: usize) -> f64 {
        let second = self.n - first;
        let (first, second, s1, s2) = if first <= second { (first, second, s1, s2) } else { (second, first, s2, s1) };
        self.values[self.start[first] + s1 * (second + 1) + s2]
    }

    /// Sets every value to `f(n1, s1, s2)`, blocks in parallel.
    fn fill(&mut self, f: impl Fn(usize, usize, usize) -> f64 + Sync) {
        let mut blocks = Vec::new();
        let mut rest = self.values.as_mut_slice();
        for first in 0..=self.n / 2 {
            let (block, after) = rest.split_at_mut(self.start[first + 1] - self.start[first]);
            blocks.push((first, block));
            rest = after;
        }
        let n = self.n;
        blocks.into_par_iter().for_each(|(first, block)| {
            let width = n - first + 1;
            for (i, value) in block.iter_mut().enumerate() {
                *value = f(first, i / width, i % width);
            }
        });
    }
}

/// Whether two scores share, as [`crate::bandits::share_maximisers`] has it.
#[inline]
fn tied(one: f64, two: f64) -> bool {
    let (low, high) = (one.min(two), one.max(two));
    low == high || low >= high - TIE * high.abs().max(1.0)
}

/// The value of the empty belief: each step pays `p + discount · value after`, and what follows `horizon` pulls is worth
/// `tail(n1, s1, n2, s2)`. `policy` decides, or the maximum if there is none.
pub(super) fn value(
    prior: (f64, f64),
    horizon: usize,
    discount: f64,
    policy: Option<&dyn CountPolicy>,
    tail: impl Fn(usize, usize, usize, usize) -> f64 + Sync,
) -> f64 {
    let means: Vec<f64> = (0..horizon)
        .flat_map(|pulls| (0..=pulls).map(move |successes| counts(pulls, successes).posterior_mean(prior)))
        .collect();
    let mut after = Layer::new(horizon);
    after.fill(|first, s1, s2| tail(first, s1, horizon - first, s2));
    for n in (0..horizon).rev() {
        let mut layer = Layer::new(n);
        let next = &after;
        let values = |first: usize, s1: usize, s2: usize| {
            let (p1, p2) = (means[place(first, s1)], means[place(n - first, s2)]);
            let q1 = p1 + discount * (p1 * next.at(first + 1, s1 + 1, s2) + (1.0 - p1) * next.at(first + 1, s1, s2));
            let q2 = p2 + discount * (p2 * next.at(first, s1, s2 + 1) + (1.0 - p2) * next.at(first, s1, s2));
            (q1, q2)
        };
        match policy {
            None => layer.fill(|first, s1, s2| {
                let (q1, q2) = values(first, s1, s2);
                q1.max(q2)
            }),
            Some(policy) => match scores(policy, 2, n + 1, horizon) {
                Some(scores) => layer.fill(|first, s1, s2| {
                    let (q1, q2) = values(first, s1, s2);
                    let (i1, i2) = (scores[place(first, s1)], scores[place(n - first, s2)]);
                    if tied(i1, i2) {
                        0.5 * (q1 + q2)
                    } else if i1 > i2 {
                        q1
                    } else {
                        q2
                    }
                }),
                None => layer.fill(|first, s1, s2| {
                    let (q1, q2) = values(first, s1, s2);
                    let mut p = [0.0; 2];
                    policy.probabilities(&[counts(first, s1), counts(n - first, s2)], n + 1, horizon, &mut p);
                    p[0] * q1 + p[1] * q2
                }),
            },
        }
        after = layer;
    }
    after.values[0]
}
