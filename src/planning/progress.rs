//! When an iteration stops, and how its result is put together.

use std::time::Instant;

use super::bellman::Change;
use super::bounds::Bracket;
use super::{Criterion, Method, Solution, SolveOptions, Status, TracePoint};
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
    work: Work,
    started: Instant,
    /// Every how many improvement steps a point is kept.
    stride: usize,
}

/// Most points of a trace; beyond, every other one is dropped.
const MOST_POINTS: usize = 512;

/// What a solver has done.
#[derive(Debug, Clone, Default)]
pub(super) struct Work {
    /// Improvement steps.
    pub iterations: usize,
    /// Sweeps, evaluations included.
    pub sweeps: usize,
    /// Bytes moved by them.
    pub bytes: u64,
    /// The gap over time.
    pub trace: Vec<TracePoint>,
}

impl Progress {
    pub fn new(options: &SolveOptions, modulus: Option<f64>) -> Progress {
        let SolveOptions { epsilon, max_iterations, .. } = *options;
        let (work, started) = (Work::default(), Instant::now());
        Progress { epsilon, max_iterations, modulus, enough: usize::MAX, work, started, stride: 1 }
    }

    /// Counts `sweeps` sweeps that move `bytes` each.
    pub fn count(&mut self, sweeps: usize, bytes: u64) {
        self.work.sweeps += sweeps;
        self.work.bytes += sweeps as u64 * bytes;
    }

    /// Counts an improvement step that certified `gap`, for the trace.
    pub fn step(&mut self, gap: f64) {
        let Work { iterations, sweeps, bytes, trace } = &mut self.work;
        if iterations.is_multiple_of(self.stride) {
            trace.push(TracePoint {
                seconds: self.started.elapsed().as_secs_f64(),
                sweeps: *sweeps,
                bytes: *bytes,
                gap,
            });
            if trace.len() == MOST_POINTS {
                let mut position = 0;
                trace.retain(|_| {
                    position += 1;
                    position % 2 == 1
                });
                self.stride *= 2;
            }
        }
        *iterations += 1;
    }

    /// Counts an improvement step that certified nothing.
    pub fn advance(&mut self) {
        self.work.iterations += 1;
    }

    /// A count of its own for an attempt of at most `steps` improvement steps.
    pub fn attempt(&self, steps: usize) -> Progress {
        let max_iterations = steps.min(self.remaining());
        Progress { max_iterations, work: Work::default(), ..*self }
    }

    /// Adds the work of an attempt.
    pub fn absorb(&mut self, attempt: Progress) {
        self.work.iterations += attempt.work.iterations;
        self.work.sweeps += attempt.work.sweeps;
        self.work.bytes += attempt.work.bytes;
    }

    /// Improvement steps so far.
    pub fn iterations(&self) -> usize {
        self.work.iterations
    }

    /// Improvement steps that the limit leaves.
    pub fn remaining(&self) -> usize {
        self.max_iterations.saturating_sub(self.work.iterations)
    }

    /// Whether the iteration limit is reached.
    pub fn exhausted(&self) -> bool {
        self.work.iterations >= self.max_iterations
    }

    /// What was done; the end of the trace is the gap that was certified.
    pub fn into_work(self) -> Work {
        self.work
    }

    /// After an improvement step with these bounds. Rounding ends the run
    /// - if it alone is more than was asked for, and makes up a quarter of the gap: little is left to gain;
    /// - after as many steps as exact arithmetic could need. With `e` the distance of the first swept vector from the
    ///   optimum and contraction by `κ`, the gap after `k` more steps is at most `4 κᵏ e / (1 − κ)`.
    pub fn improved(&mut self, change: &Change, bracket: &Bracket) -> Result<Verdict> {
        finite(change.magnitude)?;
        finite(bracket.gap)?;
        self.step(bracket.gap);
        if bracket.gap <= self.epsilon {
            return Ok(Verdict::Stop(Status::Certified));
        }
        if let (Some(modulus), 1) = (self.modulus, self.work.iterations) {
            let distance = bracket.lower.abs().max(bracket.upper.abs());
            self.enough = contractions(4.0 * distance / (1.0 - modulus), self.epsilon, modulus).saturating_add(2);
        }
        let rounded_out = bracket.rounding_gap > self.epsilon && bracket.gap <= 4.0 * bracket.rounding_gap;
        Ok(if rounded_out || self.work.iterations >= self.enough {
            Verdict::Stop(Status::RoundingLimit)
        } else if self.exhausted() {
            Verdict::Stop(Status::IterationLimit)
        } else {
            Verdict::Continue
        })
    }

    /// The outcome, given the last sweep `swept`, its bounds, and the policy that was greedy in it.
    pub fn finish(
        self,
        mdp: &Mdp,
        status: Status,
        bracket: &Bracket,
        swept: &[f64],
        policy: Vec<u32>,
    ) -> Result<Outcome> {
        let (lower, upper) = bracket.around(mdp, swept);
        let policy = Policy::stationary(mdp, DecisionRule::Deterministic(policy))?;
        Ok(Outcome { lower, upper, bias: None, policy, status, work: self.work })
    }
}

/// What a method finds: a [`Solution`] without what was asked for and the time.
#[derive(Debug)]
pub(super) struct Outcome {
    pub lower: Vec<f64>,
    pub upper: Vec<f64>,
    pub bias: Option<Vec<f64>>,
    pub policy: Policy,
    pub status: Status,
    pub work: Work,
}

impl Outcome {
    /// The outcome of the problem with all rewards turned: bounds change places and signs.
    pub fn negated(self) -> Outcome {
        let turn = |values: Vec<f64>| values.into_iter().map(|x| 0.0 - x).collect();
        let Outcome { lower, upper, bias, policy, status, work } = self;
        Outcome { lower: turn(upper), upper: turn(lower), bias: bias.map(turn), policy, status, work }
    }

    /// Puts together what was asked for and what was found.
    pub fn into_solution(
        self,
        criterion: Criterion,
        options: &SolveOptions,
        method: Method,
        reason: String,
        began: Instant,
    ) -> Solution {
        let Outcome { lower, upper, bias, policy, status, work } = self;
        let middle = |(&low, &high): (&f64, &f64)| match (low.is_finite(), high.is_finite()) {
            _ if low == high => low,
            (true, true) => low + 0.5 * (high - low),
            (true, false) => low,
            (false, true) => high,
            (false, false) => 0.0, // nothing is known
        };
        Solution {
            objective: options.objective,
            method,
            reason,
            values: lower.iter().zip(&upper).map(middle).collect(),
            lower,
            upper,
            bias,
            policy,
            status,
            iterations: work.iterations,
            sweeps: work.sweeps,
            bytes: work.bytes,
            trace: work.trace,
            seconds: began.elapsed().as_secs_f64(),
            criterion,
        }
    }
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
