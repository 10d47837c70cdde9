//! When an iteration stops, and how its result is put together.

use super::bellman::Change;
use super::bounds::Bracket;
use super::{SolveOptions, Status};
use crate::mdp::{DecisionRule, Mdp, Policy};
use crate::{Error, Result};

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Verdict {
    Continue,
    Stop(Status),
}

/// Counts steps, and notices when rounding is all that is left.
#[derive(Debug)]
pub(super) struct Progress {
    epsilon: f64,
    max_iterations: usize,
    /// Contraction modulus of an improvement step, where every step contracts.
    modulus: Option<f64>,
    /// As many steps as exact arithmetic could need.
    enough: usize,
    /// Improvement steps so far.
    iterations: usize,
    /// Sweeps so far; evaluation sweeps are added by the solver.
    pub sweeps: usize,
}

impl Progress {
    pub fn new(options: &SolveOptions, modulus: Option<f64>) -> Progress {
        let SolveOptions { epsilon, max_iterations, .. } = *options;
        Progress { epsilon, max_iterations, modulus, enough: usize::MAX, iterations: 0, sweeps: 0 }
    }

    /// After an improvement step with these bounds. Rounding ends the run
    /// - if it alone is more than was asked for, and makes up a quarter of the gap: little is left to gain;
    /// - after as many steps as exact arithmetic could need. With `e` the distance of the first swept vector from the
    ///   optimum and contraction by `κ`, the gap after `k` more steps is at most `4 κᵏ e / (1 − κ)`.
    pub fn improved(&mut self, change: &Change, bracket: &Bracket) -> Result<Verdict> {
        finite(change.magnitude)?;
        finite(bracket.gap)?;
        self.iterations += 1;
        self.sweeps += 1;
        if bracket.gap <= self.epsilon {
            return Ok(Verdict::Stop(Status::Certified));
        }
        if let (Some(modulus), 1) = (self.modulus, self.iterations) {
            let distance = bracket.lower.abs().max(bracket.upper.abs());
            self.enough = contractions(4.0 * distance / (1.0 - modulus), self.epsilon, modulus).saturating_add(2);
        }
        let rounded_out = bracket.rounding_gap > self.epsilon && bracket.gap <= 4.0 * bracket.rounding_gap;
        Ok(if rounded_out || self.iterations >= self.enough {
            Verdict::Stop(Status::RoundingLimit)
        } else if self.iterations >= self.max_iterations {
            Verdict::Stop(Status::IterationLimit)
        } else {
            Verdict::Continue
        })
    }

    /// The outcome, given the last sweep `swept`, its bounds, and the policy that was greedy in it.
    pub fn finish(
        &self,
        mdp: &Mdp,
        status: Status,
        bracket: &Bracket,
        swept: &[f64],
        policy: Vec<u32>,
    ) -> Result<Outcome> {
        let (lower, upper) = bracket.around(mdp, swept);
        let policy = Policy::stationary(mdp, DecisionRule::Deterministic(policy))?;
        Ok(Outcome { lower, upper, policy, status, iterations: self.iterations, sweeps: self.sweeps })
    }
}

/// What a method finds: a [`Solution`](super::Solution) without what was asked for and the time.
#[derive(Debug)]
pub(super) struct Outcome {
    pub lower: Vec<f64>,
    pub upper: Vec<f64>,
    pub policy: Policy,
    pub status: Status,
    pub iterations: usize,
    pub sweeps: usize,
}

/// How many contractions by `modulus` bring `from` down to `to`.
pub(super) fn contractions(from: f64, to: f64, modulus: f64) -> usize {
    ((to / from).ln() / modulus.ln()).max(0.0).ceil() as usize
}

/// Fails if a value, or a bound, left the range of `f64`.
pub(super) fn finite(x: f64) -> Result<()> {
    if x.is_finite() {
        return Ok(());
    }
    Err(Error::NotApplicable {
        method: "double precision",
        reason: "the rewards are so large that values overflow; scale them down".into(),
    })
}
