//! Policies written down as plainly as can be, to hold the exact evaluation against.

use crate::bandits::exact::bernoulli_divergence;
use crate::bandits::{CountPolicy, Counts, share_maximisers};

/// An index policy; arms without pulls come first unless the index handles them itself.
pub(super) struct Index(pub fn(Counts, usize, usize, usize) -> f64);

impl CountPolicy for Index {
    fn probabilities(&self, arms: &[Counts], step: usize, horizon: usize, out: &mut [f64]) {
        let scores: Vec<f64> = arms.iter().map(|&arm| (self.0)(arm, arms.len(), step, horizon)).collect();
        share_maximisers(&scores, out);
    }

    fn index(&self, arm: Counts, arms: usize, step: usize, horizon: usize) -> Option<f64> {
        Some((self.0)(arm, arms, step, horizon))
    }
}

/// The same policy without its index.
pub(super) struct Opaque<'a>(pub &'a dyn CountPolicy);

impl CountPolicy for Opaque<'_> {
    fn probabilities(&self, arms: &[Counts], step: usize, horizon: usize, out: &mut [f64]) {
        self.0.probabilities(arms, step, horizon, out);
    }
}

pub(super) const MYOPIC: Index = Index(|arm, _, _, _| arm.posterior_mean((1.0, 1.0)));

fn bonus(arm: Counts, bonus: impl Fn(f64) -> f64) -> f64 {
    let n = f64::from(arm.pulls());
    if n == 0.0 { f64::INFINITY } else { f64::from(arm.successes) / n + bonus(n) }
}

pub(super) const UCB1: Index = Index(|arm, _, step, _| bonus(arm, |n| (2.0 * (step as f64).ln() / n).sqrt()));

pub(super) const MOSS: Index =
    Index(|arm, arms, _, horizon| bonus(arm, |n| ((horizon as f64 / (arms as f64 * n)).ln().max(0.0) / n).sqrt()));

pub(super) const KL_UCB: Index = Index(|arm, _, step, _| {
    let n = f64::from(arm.pulls());
    if n == 0.0 {
        return f64::INFINITY;
    }
    let mean = f64::from(arm.successes) / n;
    let (mut low, mut high) = (mean, 1.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if n * bernoulli_divergence(mean, middle) <= (step as f64).ln() { low = middle } else { high = middle }
    }
    low
});

/// Thompson sampling for two arms under the uniform prior: P(θ₁ > θ₂) = Σ_{j=0}^{s₁} B(a₂ + j, b₁ + b₂)/((b₁ + j) B(1 + j, b₁) B(a₂, b₂)).
pub(super) struct Thompson {
    log_factorials: Vec<f64>,
}

impl Thompson {
    pub(super) fn new(horizon: usize) -> Thompson {
        let mut log_factorials = vec![0.0];
        for n in 1..2 * horizon + 8 {
            log_factorials.push(log_factorials[n - 1] + (n as f64).ln());
        }
        Thompson { log_factorials }
    }

    fn beats(&self, one: Counts, two: Counts) -> f64 {
        // ln B(a, b) of whole a and b.
        let log_beta = |a: usize, b: usize| {
            self.log_factorials[a - 1] + self.log_factorials[b - 1] - self.log_factorials[a + b - 1]
        };
        let [a1, b1, a2, b2] = [one.successes, one.failures, two.successes, two.failures].map(|n| n as usize + 1);
        // P(θ₂ < θ₁) summed over the successes of the first arm.
        let term = |j: usize| {
            (log_beta(a2 + j, b1 + b2) - ((b1 + j) as f64).ln() - log_beta(1 + j, b1) - log_beta(a2, b2)).exp()
        };
        (0..a1).map(term).sum()
    }
}

impl CountPolicy for Thompson {
    fn probabilities(&self, arms: &[Counts], _step: usize, _horizon: usize, out: &mut [f64]) {
        out[0] = self.beats(arms[0], arms[1]);
        out[1] = 1.0 - out[0];
    }
}
