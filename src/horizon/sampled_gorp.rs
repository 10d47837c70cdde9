//! GORP (greedy over random policy) by sampling.
//!
//! For `i = 1..T`, each of the `A^k` action sequences that may follow the prefix chosen so far is played and then followed by
//! uniformly random actions (or another exploration policy), `m` episodes each; the first action of the sequence with the largest estimate (the first in
//! lexicographic order, if tied) is appended. The estimate is the mean return, or the largest one. What is learned is an
//! action *sequence*, so it cannot react to chance: [`open_loop_return`] evaluates it exactly, on any process.
//!
//! Cost: at most `T² A^k m` environment steps, of which those along the prefix are counted but, where the process is
//! deterministic, not simulated. Reference: Laidlaw et al. (NeurIPS 2023), algorithm 1.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::player::{Place, Player};
use super::process::Process;
use crate::mdp::Policy;
use crate::rng::{self, Fast, Purpose};
use crate::{Error, Result};

/// What a sequence is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Estimate {
    /// The mean return of its episodes.
    Mean,
    /// Their largest return (meant for deterministic processes).
    Max,
}

/// GORP(k, m) on a process.
#[derive(Debug, Clone)]
pub struct SampledGorp<'a> {
    player: Player<'a>,
    k: usize,
    m: u64,
    estimate: Estimate,
    budget: u64,
}

/// What one run of GORP ends with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GorpRun {
    /// The actions learned; shorter than the horizon if the run was stopped or the budget was used up.
    pub actions: Vec<usize>,
    /// Environment steps taken, episodes that end early counted as long as they were.
    pub steps: u64,
}

/// How to search for the least m.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SearchOptions {
    /// Runs for each m; a run's random stream depends on its index and `seed` alone.
    pub runs: u64,
    /// Root of the streams.
    pub seed: u64,
    /// Environment steps that a run may take: `m ≤ max_steps / (T² A^k)`.
    pub max_steps: f64,
    /// A run is solved if the exact return of its sequence is at least this.
    pub threshold: f64,
}

/// The least m with which at least half of the runs were solved.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SampledSearch {
    /// Episodes for each sequence.
    pub m: u64,
    /// Runs solved with it.
    pub solved: u64,
    /// All runs.
    pub runs: u64,
}

/// Checks `k` and `m` against the horizon, and the budget against the first iteration.
pub(crate) fn check_settings(horizon: usize, k: usize, m: u64, budget: u64, first_iteration: f64) -> Result<()> {
    let fault = |name, value, expected| Err(Error::Parameter { name, value, expected });
    if k == 0 || k > horizon {
        return fault("k", k as f64, "from 1 to the horizon");
    }
    if m == 0 {
        return fault("m", 0.0, "at least 1");
    }
    if (budget as f64) < first_iteration {
        let expected = "enough steps for one iteration: all its episodes times the horizon";
        return fault("budget", budget as f64, expected);
    }
    Ok(())
}

impl<'a> SampledGorp<'a> {
    /// GORP with sequences of length `k`, `m` episodes each, and at most about `budget` environment steps (no iteration
    /// starts that could exceed it).
    ///
    /// # Errors
    /// `k` outside `1..=T`, `m` of 0, a budget below one iteration (`A^k m T`), or a state that lacks an action.
    pub fn new(process: Process<'a>, k: usize, m: u64, estimate: Estimate, budget: u64) -> Result<SampledGorp<'a>> {
        process.require_uniform_actions("GORP")?;
        let episodes = (process.mdp().num_actions() as f64).powi(k as i32) * m as f64;
        check_settings(process.horizon(), k, m, budget, episodes * process.horizon() as f64)?;
        Ok(SampledGorp { player: Player::new(process)?, k, m, estimate, budget })
    }

    /// The same with an exploration policy other than random play.
    ///
    /// # Errors
    /// A policy of another table, or one with fewer stages than the horizon.
    pub fn exploring(self, policy: &Policy) -> Result<SampledGorp<'a>> {
        Ok(SampledGorp { player: self.player.exploring(policy)?, ..self })
    }

    /// One run. `watch(t, action)` is told every action appended; if it returns `false` the run stops there.
    pub fn run(&self, rng: &mut Fast, mut watch: impl FnMut(usize, usize) -> bool) -> GorpRun {
        let process = *self.player.process();
        let (actions, horizon) = (process.mdp().num_actions(), process.horizon());
        let mut run = GorpRun { actions: Vec::with_capacity(horizon), steps: 0 };
        let mut sequence = vec![0; self.k];
        // Where the prefix leads, if that is certain; its length in steps is then the same in every episode.
        let mut certain = process.is_deterministic().then(|| (self.player.start(rng), 0u64));
        for t in 0..horizon {
            let k = self.k.min(horizon - t);
            let episodes = (actions as u64).saturating_pow(k as u32).saturating_mul(self.m);
            if run.steps.saturating_add(episodes.saturating_mul(horizon as u64)) > self.budget {
                break;
            }
            let sequence = &mut sequence[..k];
            sequence.fill(0);
            let (mut best, mut action) = (f64::NEG_INFINITY, 0);
            loop {
                let estimate = self.try_sequence(&mut run, sequence, certain, rng);
                if estimate > best {
                    (best, action) = (estimate, sequence[0]);
                }
                if !advance(sequence, actions) {
                    break;
                }
            }
            run.actions.push(action);
            if !watch(t, action) {
                break;
            }
            if let Some((place, length)) = &mut certain
                && !process.mdp().is_terminal(place.state)
            {
                let choice = process.mdp().choices(place.state).start + action;
                self.player.step(place, choice, rng);
                *length += 1;
            }
        }
        run
    }

    /// The number of runs that are solved.
    ///
    /// # Errors
    /// None for a process that GORP runs on.
    pub fn solved(&self, options: &SearchOptions) -> Result<u64> {
        let one = |index: u64| {
            let run = self.run(&mut rng::fast(options.seed, Purpose::Environment, index), |_, _| true);
            Ok(open_loop_return(self.player.process(), &run.actions)? >= options.threshold)
        };
        // A count does not depend on the order in which it is taken.
        (0..options.runs).into_par_iter().map(one).try_fold(|| 0, count).try_reduce(|| 0, |a, b| Ok(a + b))
    }

    /// The least m with which at least half of the runs are solved; the `m` of `self` does not matter. `None` if there is none
    /// that `max_steps` pays for. By doubling and bisection, so it is the least one up to the noise of the runs, provided that
    /// more episodes do not hurt. Its exact counterpart: [`super::ExactGorp::search`].
    ///
    /// # Errors
    /// None for a process that GORP runs on.
    pub fn search(&self, options: &SearchOptions) -> Result<Option<SampledSearch>> {
        let process = self.player.process();
        let sequences = (process.mdp().num_actions() as f64).powi(self.k as i32);
        let limit = (options.max_steps / ((process.horizon() as f64).powi(2) * sequences)).floor() as u64;
        let with = |m: u64| SampledGorp { m, budget: u64::MAX, ..self.clone() };
        let enough = |solved: u64| 2 * solved >= options.runs;
        if limit == 0 || options.runs == 0 {
            return Ok(None);
        }
        let (mut low, mut high) = (0, 1);
        let mut solved = with(high).solved(options)?;
        while !enough(solved) {
            if high == limit {
                return Ok(None);
            }
            (low, high) = (high, (2 * high).min(limit));
            solved = with(high).solved(options)?;
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            let found = with(middle).solved(options)?;
            if enough(found) {
                (high, solved) = (middle, found);
            } else {
                low = middle;
            }
        }
        Ok(Some(SampledSearch { m: high, solved, runs: options.runs }))
    }

    /// `m` episodes with `sequence` after the prefix: the estimate.
    fn try_sequence(
        &self,
        run: &mut GorpRun,
        sequence: &[usize],
        certain: Option<(Place, u64)>,
        rng: &mut Fast,
    ) -> f64 {
        let mdp = self.player.process().mdp();
        let (mut sum, mut largest) = (0.0, f64::NEG_INFINITY);
        if let Some((place, length)) = certain
            && mdp.is_terminal(place.state)
        {
            run.steps += length * self.m;
            return 0.0;
        }
        for _ in 0..self.m {
            let mut place = certain.map_or_else(|| self.player.start(rng), |(place, _)| place);
            let mut total = 0.0;
            let first = certain.map_or(0, |_| run.actions.len());
            run.steps += certain.map_or(0, |(_, length)| length);
            for t in first..self.player.process().horizon() {
                let planned = run.actions.get(t).or_else(|| sequence.get(t.wrapping_sub(run.actions.len())));
                let choice = match planned {
                    Some(action) => mdp.choices(place.state).start + action,
                    None => self.player.explore(&place, t, rng),
                };
                let step = self.player.step(&mut place, choice, rng);
                total += step.reward;
                run.steps += 1;
                if step.terminal {
                    break;
                }
            }
            sum += total;
            largest = largest.max(total);
        }
        match self.estimate {
            Estimate::Mean => sum,
            Estimate::Max => largest,
        }
    }
}

fn count(sum: u64, hit: Result<bool>) -> Result<u64> {
    Ok(sum + u64::from(hit?))
}

/// The next sequence in lexicographic order; `false` after the last.
fn advance(sequence: &mut [usize], actions: usize) -> bool {
    for digit in sequence.iter_mut().rev() {
        *digit += 1;
        if *digit < actions {
            return true;
        }
        *digit = 0;
    }
    false
}

/// The exact expected return of playing `actions` one after the other, whatever happens; the episode counts as over after the
/// last of them. Cost: `O(T · branches · A)` with sticky actions, `O(T · branches)` without.
///
/// # Errors
/// An action that does not exist, more actions than the horizon, or a state that lacks an action.
pub fn open_loop_return(process: &Process, actions: &[usize]) -> Result<f64> {
    process.require_uniform_actions("an action sequence")?;
    let mdp = process.mdp();
    if let Some(&action) = actions.iter().find(|&&a| a >= mdp.num_actions()) {
        return Err(Error::Parameter { name: "action", value: action as f64, expected: "below the number of actions" });
    }
    if actions.len() > process.horizon() {
        return Err(Error::Shape {
            what: "the action sequence".into(),
            found: vec![actions.len()],
            expected: vec![process.horizon()],
        });
    }
    // The mass of (s, b) is kept at the choice that stands for action b in s; without stickiness b is always 0.
    let p = process.sticky();
    let mut mass = vec![0.0; mdp.num_choices()];
    let mut next = mass.clone();
    for &(s, probability) in mdp.initial() {
        if !mdp.is_terminal(s as usize) {
            mass[mdp.choices(s as usize).start] += probability;
        }
    }
    let mut total = 0.0;
    for (t, &action) in actions.iter().enumerate() {
        next.fill(0.0);
        for s in (0..mdp.num_states()).filter(|&s| !mdp.is_terminal(s)) {
            let row = mdp.choices(s);
            for b in row.clone().filter(|&b| mass[b] > 0.0) {
                let repeat = if t > 0 { p } else { 0.0 };
                for (executed, share) in [(row.start + action, 1.0 - repeat), (b, repeat)] {
                    let weight = mass[b] * share;
                    if weight == 0.0 {
                        continue;
                    }
                    total += weight * mdp.rewards()[executed];
                    for (successor, probability) in mdp.branches(executed).filter(|&(s, _)| !mdp.is_terminal(s)) {
                        let last = if p > 0.0 { executed - row.start } else { 0 };
                        next[mdp.choices(successor).start + last] += weight * probability;
                    }
                }
            }
        }
        std::mem::swap(&mut mass, &mut next);
    }
    Ok(total)
}
