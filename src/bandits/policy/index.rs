//! Policies that pull an arm of largest score.

use crate::bandits::exact::bernoulli_divergence;
use crate::bandits::{CountPolicy, Counts, share_maximisers};
use crate::numeric::beta::Beta;
use crate::{Error, Result};

/// Every arm alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uniform;

impl CountPolicy for Uniform {
    fn probabilities(&self, arms: &[Counts], _step: usize, _horizon: usize, out: &mut [f64]) {
        out.fill(1.0 / arms.len() as f64);
    }
}

/// The largest posterior mean under the prior Beta(a, b): what maximises the next reward alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Myopic {
    /// (a, b).
    pub prior: (f64, f64),
}

/// p̂ + √(α ln t / (2 n)).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ucb {
    /// α; 4 is UCB1, 0 is greedy.
    pub alpha: f64,
}

/// The largest q with n kl(p̂, q) <= ln t.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KlUcb;

/// p̂ + √(max(0, ln(T/(K n)))/n).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moss;

/// LinUCB where the features of the arms are unit vectors and λ = 1: θ̂ = s/(n + 1), and the bonus is α/√(n + 1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinearUcb {
    /// α.
    pub alpha: f64,
}

/// The quantile 1 - 1/t of the posterior.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BayesUcb {
    /// (a, b).
    pub prior: (f64, f64),
}

/// Implements a policy by its score.
fn by_score(policy: &impl CountPolicy, arms: &[Counts], step: usize, horizon: usize, out: &mut [f64]) {
    let mut scores: smallvec::SmallVec<[f64; 16]> = smallvec::SmallVec::new();
    scores.extend(arms.iter().map(|&arm| policy.index(arm, arms.len(), step, horizon).unwrap_or(f64::NEG_INFINITY)));
    share_maximisers(&scores, out);
}

/// n and p̂, unless there is no pull.
fn estimate(arm: Counts) -> Option<(f64, f64)> {
    let n = f64::from(arm.pulls());
    (n > 0.0).then(|| (n, f64::from(arm.successes) / n))
}

impl CountPolicy for Myopic {
    fn probabilities(&self, arms: &[Counts], step: usize, horizon: usize, out: &mut [f64]) {
        by_score(self, arms, step, horizon, out);
    }

    fn index(&self, arm: Counts, _arms: usize, _step: usize, _horizon: usize) -> Option<f64> {
        Some(arm.posterior_mean(self.prior))
    }
}

impl CountPolicy for Ucb {
    fn probabilities(&self, arms: &[Counts], step: usize, horizon: usize, out: &mut [f64]) {
        by_score(self, arms, step, horizon, out);
    }

    fn index(&self, arm: Counts, _arms: usize, step: usize, _horizon: usize) -> Option<f64> {
        let bonus = |n: f64| (self.alpha * (step as f64).ln() / (2.0 * n)).sqrt();
        Some(estimate(arm).map_or(f64::INFINITY, |(n, mean)| mean + bonus(n)))
    }
}

impl CountPolicy for LinearUcb {
    fn probabilities(&self, arms: &[Counts], step: usize, horizon: usize, out: &mut [f64]) {
        by_score(self, arms, step, horizon, out);
    }

    fn index(&self, arm: Counts, _arms: usize, _step: usize, _horizon: usize) -> Option<f64> {
        let weight = f64::from(arm.pulls()) + 1.0;
        Some(f64::from(arm.successes) / weight + self.alpha / weight.sqrt())
    }
}

impl CountPolicy for Moss {
    fn probabilities(&self, arms: &[Counts], step: usize, horizon: usize, out: &mut [f64]) {
        by_score(self, arms, step, horizon, out);
    }

    fn index(&self, arm: Counts, arms: usize, _step: usize, horizon: usize) -> Option<f64> {
        let bonus = |n: f64| ((horizon as f64 / (arms as f64 * n)).ln().max(0.0) / n).sqrt();
        Some(estimate(arm).map_or(f64::INFINITY, |(n, mean)| mean + bonus(n)))
    }
}

impl CountPolicy for KlUcb {
    fn probabilities(&self, arms: &[Counts], step: usize, horizon: usize, out: &mut [f64]) {
        by_score(self, arms, step, horizon, out);
    }

    fn index(&self, arm: Counts, _arms: usize, step: usize, _horizon: usize) -> Option<f64> {
        Some(estimate(arm).map_or(f64::INFINITY, |(n, mean)| largest_within(mean, (step as f64).ln() / n)))
    }
}

/// The largest q with kl(p, q) <= d, by Newton's method. Two points to the right of the root are known: p + √(d/2) by Pinsker's
/// inequality, and 1 - exp(-(d + entropy)/(1 - p)); kl is convex in q, so that the steps from the nearer one never pass the root.
fn largest_within(p: f64, d: f64) -> f64 {
    if p >= 1.0 || d <= 0.0 {
        return p;
    }
    let entropy = if p == 0.0 { 0.0 } else { -p * p.ln() - (1.0 - p) * (1.0 - p).ln() };
    let mut q = (p + (0.5 * d).sqrt()).min(1.0 - (-(d + entropy) / (1.0 - p)).exp());
    for _ in 0..50 {
        let slope = (q - p) / (q * (1.0 - q));
        let step = (bernoulli_divergence(p, q) - d) / slope;
        if !step.is_finite() || step.abs() <= 1e-15 {
            break;
        }
        q = (q - step).clamp(p, 1.0);
    }
    q
}

impl CountPolicy for BayesUcb {
    fn probabilities(&self, arms: &[Counts], step: usize, horizon: usize, out: &mut [f64]) {
        by_score(self, arms, step, horizon, out);
    }

    fn index(&self, arm: Counts, _arms: usize, step: usize, _horizon: usize) -> Option<f64> {
        let (a, b) = (self.prior.0 + f64::from(arm.successes), self.prior.1 + f64::from(arm.failures));
        Some(upper_quantile(a, b, 1.0 / step as f64))
    }
}

/// P(θ > x) for θ of distribution Beta(a, b). For whole parameters, n = a + b - 1, it is the probability of fewer than a successes in n
/// trials of probability x, a sum of a terms, and 1 minus that of fewer than b failures.
fn upper_tail(law: &Beta, (a, b): (f64, f64), x: f64) -> f64 {
    let n = a + b - 1.0;
    let few = a <= b || x > a / (a + b);
    // The first term of a sum, which the others are made of, must not underflow.
    let chance = if few { 1.0 - x } else { x };
    if n > 300.0 || a.fract() != 0.0 || b.fract() != 0.0 || x <= 0.0 || x >= 1.0 || n * chance.ln() < -600.0 {
        return law.tails(x, 1.0 - x).1;
    }
    let fewer = |terms: f64, x: f64| {
        let mut term = (1.0 - x).powi(n as i32);
        let (mut sum, odds) = (term, x / (1.0 - x));
        for i in 1..terms as usize {
            term *= (n - i as f64 + 1.0) / i as f64 * odds;
            sum += term;
        }
        sum
    };
    // Small tails are sums of their own terms, never differences.
    if few { fewer(a, x) } else { 1.0 - fewer(b, 1.0 - x) }
}

/// The x with P(θ > x) = `tail` for θ of distribution Beta(a, b): Newton's steps on the logarithm of the tail, kept within a
/// bracket.
fn upper_quantile(a: f64, b: f64, tail: f64) -> f64 {
    if tail >= 1.0 {
        return 0.0;
    }
    let law = Beta::new(a, b);
    let (mut low, mut high) = (0.0, 1.0);
    let mut x = a / (a + b);
    for _ in 0..100 {
        let above = upper_tail(&law, (a, b), x);
        if above > tail {
            low = x
        } else {
            high = x
        }
        let step = (above / tail).ln() * above / law.density(x, 1.0 - x);
        let next = x + step;
        let next = if next > low && next < high { next } else { 0.5 * (low + high) };
        if (next - x).abs() <= 1e-13 {
            return next;
        }
        x = next;
    }
    x
}

/// Uniform with probability ε, else an arm of largest p̂ (arms without pulls first).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EpsilonGreedy {
    epsilon: f64,
}

impl EpsilonGreedy {
    /// ε in `[0, 1]`.
    ///
    /// # Errors
    /// An ε outside.
    pub fn new(epsilon: f64) -> Result<EpsilonGreedy> {
        if (0.0..=1.0).contains(&epsilon) {
            return Ok(EpsilonGreedy { epsilon });
        }
        Err(Error::Parameter { name: "epsilon", value: epsilon, expected: "in [0, 1]" })
    }
}

impl CountPolicy for EpsilonGreedy {
    fn probabilities(&self, arms: &[Counts], step: usize, horizon: usize, out: &mut [f64]) {
        Ucb { alpha: 0.0 }.probabilities(arms, step, horizon, out);
        let even = self.epsilon / arms.len() as f64;
        out.iter_mut().for_each(|p| *p = even + (1.0 - self.epsilon) * *p);
    }
}
