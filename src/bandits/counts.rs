//! What a Bernoulli bandit has shown so far, and policies that look at nothing else.

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
}

/// A policy whose choice depends on the counts and the step alone, so that its Bayes value can be computed exactly.
///
/// Sampled policies that look at counts alone (Thompson sampling) are such policies too: what they state is the probability of each arm.
pub trait CountPolicy: Sync {
    /// Writes the probability of pulling each arm, `[K]`, at the 1-based `step` of `horizon`. Equal scores share evenly.
    fn probabilities(&self, arms: &[Counts], step: usize, horizon: usize, out: &mut [f64]);
}
