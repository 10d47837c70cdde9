//! Interval iteration and optimistic value iteration: sweeps that are bounds at every time.
//!
//! ```text
//! u ← max(u, T u − η)   from u ≤ v*            w ← min(w, T w + η)   from w ≥ v*
//! ```
//! `T` is monotone and `v* = T v*` on a core, so both stay bounds, with `η` the rounding of a sweep. *Interval iteration*
//! (Haddad and Monmege 2018; Baier et al. 2017) sweeps both until they meet. *Optimistic value iteration* (Hartmanns and
//! Kaminski 2020) sweeps `u` alone until it changes by less than `α`, guesses `w = u + ε`, and sweeps `w` until
//! `T w + η ≤ w` proves the guess or patience ends; then `α` is halved.
//!
//! The start: 0 and 1 for probabilities, and a coarse certificate ([`certificate`](super::certificate)) for rewards, where
//! bounds known beforehand would be astronomical (Baier et al. 2017, section 3.3).
//!
//! **Policy.** The choice of a state is the one that raised `u` last. Then `u ≤ T_π u` throughout, for `u` only rises, so the
//! policy is worth at least `u` once it is proper, which is checked.
//!
//! Cost: two sweeps a step; as many steps as value iteration needs for a distance of `ε`.

use super::certificate::{self, Bounded, Judge, widest};
use crate::Result;
use crate::mdp::{Mdp, NO_CHOICE};
use crate::numeric::magnitude;
use crate::planning::progress::Progress;
use crate::planning::{Method, SolveOptions, Status};

/// Bounds that only ever come closer.
struct Interval<'a> {
    judge: Judge<'a>,
    lower: Vec<f64>,
    upper: Vec<f64>,
    policy: Vec<u32>,
    swept: Vec<f64>,
    greedy: Vec<u32>,
    /// A policy worth at least the lower bound of the start.
    start: (Vec<f64>, Vec<u32>),
}

impl<'a> Interval<'a> {
    /// The bounds to start from. `certainty` is what the goal is worth for probabilities, and 0 for rewards.
    fn new(core: &'a Mdp, certainty: f64, options: &SolveOptions, progress: &mut Progress) -> Result<Interval<'a>> {
        let judge = Judge::new(core);
        let states = core.num_states();
        let (lower, upper, policy) = if certainty != 0.0 {
            let constant = |x: f64| (0..states).map(|s| if s == states - 1 { 0.0 } else { x }).collect();
            (constant(certainty.min(0.0)), constant(certainty.max(0.0)), judge.proper_policy())
        } else {
            let coarse = SolveOptions { epsilon: judge.size(progress).max(options.epsilon), ..*options };
            let Bounded { lower, upper, policy, .. } =
                certificate::run(core, Method::ValueIteration, &coarse, progress)?;
            (lower, upper, policy)
        };
        let (swept, greedy) = (vec![0.0; states], vec![NO_CHOICE; states]);
        let start = (lower.clone(), policy.clone());
        Ok(Interval { judge, lower, upper, policy, swept, greedy, start })
    }

    /// Raises the lower bound by a sweep; the largest change.
    fn rise(&mut self, progress: &mut Progress) -> f64 {
        let rounding = self.judge.rounding(&self.lower);
        self.judge.sweeper.improve(&self.lower, &mut self.swept, &mut self.greedy);
        progress.count(1, self.judge.sweeper.bytes());
        let mut largest = 0.0;
        for s in 0..self.lower.len() {
            let raised = (self.swept[s] - rounding).next_down();
            if self.greedy[s] != NO_CHOICE && raised > self.lower[s] {
                largest = f64::max(largest, raised - self.lower[s]);
                (self.lower[s], self.policy[s]) = (raised, self.greedy[s]);
            }
        }
        largest
    }

    /// Lowers `w` by a sweep: the largest change, and whether `T w + η ≤ w` held everywhere, with `η` for numbers up to
    /// `size` in magnitude.
    fn fall(&mut self, w: &mut [f64], size: f64, progress: &mut Progress) -> (f64, bool) {
        let rounding = self.judge.rounding_at(size);
        self.judge.sweeper.improve(w, &mut self.swept, &mut self.greedy);
        progress.count(1, self.judge.sweeper.bytes());
        let (mut largest, mut inductive) = (0.0, true);
        for s in (0..w.len()).filter(|&s| self.greedy[s] != NO_CHOICE) {
            let lowered = (self.swept[s] + rounding).next_up();
            if lowered <= w[s] {
                largest = f64::max(largest, w[s] - lowered);
                w[s] = lowered;
            } else {
                inductive = false;
            }
        }
        (largest, inductive)
    }

    /// Moves both bounds by a sweep; whether one of them moved.
    fn narrow(&mut self, progress: &mut Progress) -> bool {
        let risen = self.rise(progress);
        let mut upper = std::mem::take(&mut self.upper);
        let size = magnitude(&upper);
        let (fallen, _) = self.fall(&mut upper, size, progress);
        self.upper = upper;
        risen > 0.0 || fallen > 0.0
    }

    fn finish(self, status: Status) -> Bounded {
        let Interval { judge, lower, upper, policy, start, .. } = self;
        if judge.is_proper(&policy) {
            return Bounded { lower, upper, policy, status };
        }
        // Only where rows do not sum to one as stored; the start's policy is proper.
        Bounded { lower: start.0, upper, policy: start.1, status: Status::RoundingLimit }
    }
}

/// Interval iteration on a core.
pub(super) fn run(core: &Mdp, certainty: f64, options: &SolveOptions, progress: &mut Progress) -> Result<Bounded> {
    let mut interval = Interval::new(core, certainty, options, progress)?;
    loop {
        let gap = widest(&interval.lower, &interval.upper);
        if gap.is_finite() {
            progress.step(gap);
        }
        if gap <= options.epsilon {
            return Ok(interval.finish(Status::Certified));
        }
        if progress.exhausted() {
            return Ok(interval.finish(Status::IterationLimit));
        }
        if !interval.narrow(progress) {
            return Ok(interval.finish(Status::RoundingLimit));
        }
    }
}

/// Sweeps that prove or refute a guess, at least.
const PATIENCE: usize = 100;

/// Optimistic value iteration on a core.
pub(super) fn optimistic(
    core: &Mdp,
    certainty: f64,
    options: &SolveOptions,
    progress: &mut Progress,
) -> Result<Bounded> {
    let mut interval = Interval::new(core, certainty, options, progress)?;
    if !magnitude(&interval.lower).is_finite() {
        // An infinite guess would prove itself.
        let status = if progress.exhausted() { Status::IterationLimit } else { Status::RoundingLimit };
        return Ok(interval.finish(status));
    }
    let mut small = options.epsilon;
    loop {
        let mut sweeps = PATIENCE;
        loop {
            progress.advance();
            let risen = interval.rise(progress);
            sweeps += 1;
            if risen <= small || progress.exhausted() {
                break;
            }
        }
        let above = |(s, &u): (usize, &f64)| if core.is_terminal(s) { 0.0 } else { u + 0.99 * options.epsilon };
        let mut guess: Vec<f64> = interval.lower.iter().enumerate().map(above).collect();
        // One η for all sweeps of a guess that stays above `u`: a state that came down to its floor must not miss it next time.
        let size = magnitude(&guess).max(magnitude(&interval.lower));
        for _ in 0..sweeps {
            let (fallen, inductive) = interval.fall(&mut guess, size, progress);
            if inductive {
                interval.upper.iter_mut().zip(&guess).for_each(|(w, guess)| *w = w.min(*guess));
                let gap = widest(&interval.lower, &interval.upper);
                progress.step(gap);
                let status = if gap <= options.epsilon { Status::Certified } else { Status::RoundingLimit };
                return Ok(interval.finish(status));
            }
            if fallen == 0.0 || guess.iter().zip(&interval.lower).any(|(w, u)| w < u) {
                break;
            }
        }
        if progress.exhausted() {
            return Ok(interval.finish(Status::IterationLimit));
        }
        small *= 0.5;
        if small < interval.judge.rounding(&interval.lower) {
            // No guess at this distance can be proven: the bound known is brought as close as it comes.
            while interval.narrow(progress) && !progress.exhausted() {
                progress.advance();
            }
            return Ok(interval.finish(Status::RoundingLimit));
        }
    }
}
