//! Exploration and step sizes shared by value-based agents.

use super::agent::Shape;
use crate::mdp::{DecisionRule, NO_CHOICE};
use crate::rng::{self, Fast};

/// `ε`-greedy with `ε` falling linearly: `ε_t = max(ε_final, ε − (ε − ε_final) t / steps)` at the agent's step `t`, or `ε` for
/// ever if `steps = 0`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EpsilonGreedy {
    /// Exploration at the start.
    pub epsilon: f64,
    /// Exploration in the end.
    pub epsilon_final: f64,
    /// Steps in between; 0 keeps `epsilon`.
    pub epsilon_steps: u64,
}

impl EpsilonGreedy {
    /// `ε_t`.
    #[inline]
    pub fn at(&self, step: u64) -> f64 {
        match self.epsilon_steps {
            0 => self.epsilon,
            n if step >= n => self.epsilon_final,
            n => self.epsilon + (self.epsilon_final - self.epsilon) * step as f64 / n as f64,
        }
    }

    /// A choice of `s`: uniform with probability `ε_t`, else one with the largest `q(c)`, ties broken uniformly.
    #[inline]
    pub(super) fn draw(&self, shape: &Shape, s: usize, q: impl Fn(usize) -> f64, step: u64, rng: &mut Fast) -> usize {
        let range = shape.choices(s);
        if rng::uniform(rng) < self.at(step) {
            return range.start + rng::below(rng, range.len());
        }
        let (mut best, mut ties, mut value) = (range.start, 0usize, f64::NEG_INFINITY);
        for c in range {
            if q(c) > value {
                (best, ties, value) = (c, 1, q(c));
            } else if q(c) == value {
                // The k-th of equals replaces the one held with probability 1/k, which leaves each with the same chance.
                ties += 1;
                if rng::below(rng, ties) == 0 {
                    best = c;
                }
            }
        }
        best
    }

    /// `Σ_c π(c|s) q(c)` of this policy at `step`, ties shared evenly.
    #[inline]
    pub(super) fn expectation(&self, shape: &Shape, s: usize, q: &[f64], step: u64) -> f64 {
        let row = &q[shape.choices(s)];
        let best = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mean = row.iter().sum::<f64>() / row.len() as f64;
        let epsilon = self.at(step);
        (1.0 - epsilon) * best + epsilon * mean
    }
}

/// `α_n = size / n^power` at the `n`-th update of a pair (`n = 1, 2, ...`). Robbins-Monro holds for powers in (½, 1].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepSize {
    /// The first step size.
    pub size: f64,
    /// How fast it falls; 0 keeps it.
    pub power: f64,
}

impl StepSize {
    /// `α_n`.
    #[inline]
    pub fn at(&self, n: u64) -> f64 {
        if self.power == 0.0 { self.size } else { self.size * (n as f64).powf(-self.power) }
    }
}

/// The largest `q` of a state.
#[inline]
pub(super) fn max_value(shape: &Shape, s: usize, q: &[f64]) -> f64 {
    q[shape.choices(s)].iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

/// The first choice of `s` with the largest `q`; [`NO_CHOICE`] for a terminal state.
pub(super) fn best_choice(shape: &Shape, s: usize, q: impl Fn(usize) -> f64) -> u32 {
    let (mut best, mut value) = (NO_CHOICE, f64::NEG_INFINITY);
    for c in shape.choices(s) {
        if q(c) > value {
            (best, value) = (c as u32, q(c));
        }
    }
    best
}

/// The greedy rule for `q`, ties to the first choice.
pub(super) fn greedy_rule(shape: &Shape, q: impl Fn(usize) -> f64) -> DecisionRule {
    DecisionRule::Deterministic((0..shape.num_states()).map(|s| best_choice(shape, s, &q)).collect())
}
