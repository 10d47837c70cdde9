//! What a Bernoulli bandit has shown so far, and policies that look at nothing else.

use crate::rng::{Fast, below, uniform};

/// Successes and failures of one arm.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Counts {
    /// Pulls that paid 1.
    pub successes: u32,
    /// Pulls that paid 0.
    pub failures: u32,
}

impl Counts {
    /// n, the number of pulls.
    pub fn pulls(self) -> u32 {
        self.successes + self.failures
    }

    /// Mean of the Beta(a + successes, b + failures) posterior.
    pub fn posterior_mean(self, prior: (f64, f64)) -> f64 {
        (prior.0 + f64::from(self.successes)) / (prior.0 + prior.1 + f64::from(self.pulls()))
    }

    /// These counts after one more pull.
    pub fn after(self, success: bool) -> Counts {
        let Counts { successes, failures } = self;
        if success {
            Counts { successes: successes + 1, failures }
        } else {
            Counts { successes, failures: failures + 1 }
        }
    }
}

/// A policy whose choice depends on the counts and the step alone, so that its Bayes value can be computed exactly.
///
/// The policy treats arms alike: if the arms are renamed, its probabilities are renamed with them. Sampled policies that look at
/// counts alone (Thompson sampling) are such policies too: what they state is the probability of each arm.
pub trait CountPolicy: Sync {
    /// Writes the probability of pulling each arm, `[K]`, at the 1-based `step` of `horizon`. Equal scores share evenly.
    fn probabilities(&self, arms: &[Counts], step: usize, horizon: usize, out: &mut [f64]);

    /// For an index policy, the score of one of `arms` arms: the largest is pulled, and [`share_maximisers`] settles ties, just as
    /// [`CountPolicy::probabilities`] does. Exact evaluation tabulates it, one entry for each pair of counts instead of one for each state.
    fn index(&self, _arm: Counts, _arms: usize, _step: usize, _horizon: usize) -> Option<f64> {
        None
    }

    /// Draws an arm, with the probabilities of [`CountPolicy::probabilities`]; `scratch` is `[K]`.
    fn choose(&self, arms: &[Counts], step: usize, horizon: usize, rng: &mut Fast, scratch: &mut [f64]) -> usize {
        self.probabilities(arms, step, horizon, scratch);
        draw(scratch, rng)
    }
}

/// Draws an index with these probabilities. Of equal ones that share everything one is drawn evenly; no number is drawn for a
/// certain choice.
pub(crate) fn draw(probabilities: &[f64], rng: &mut Fast) -> usize {
    if let Some(certain) = probabilities.iter().position(|&p| p >= 1.0) {
        return certain;
    }
    if probabilities.iter().all(|&p| p == probabilities[0]) {
        return below(rng, probabilities.len());
    }
    let mut left = uniform(rng);
    let mut last = 0;
    for (i, &p) in probabilities.iter().enumerate() {
        if p > 0.0 {
            last = i;
            left -= p;
            if left < 0.0 {
                break;
            }
        }
    }
    last
}

/// Two scores this close (relative to 1 and to their size) are equal.
pub const TIE: f64 = 1e-12;

/// Shares probability one evenly among the arms of largest score, `[K]` both; scores within [`TIE`] are equal.
pub fn share_maximisers(scores: &[f64], out: &mut [f64]) {
    let best = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let tied = |score: f64| score == best || score >= best - TIE * best.abs().max(1.0);
    let number = scores.iter().filter(|&&score| tied(score)).count() as f64;
    for (p, &score) in out.iter_mut().zip(scores) {
        *p = if tied(score) { 1.0 / number } else { 0.0 };
    }
}
