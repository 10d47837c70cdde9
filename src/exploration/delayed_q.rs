//! Delayed Q-learning in episodes: a value moves only when `m` targets in a row say so (Strehl, Li, Wiewiora, Langford and Littman
//! 2006).
//!
//! ```text
//! Q_h(s, a) starts at (H − h) r_max and gathers m targets r + V_{h+1}(s').  Then, with u their mean:
//!     if Q − u ≥ 2 ε₁:   Q ← u + ε₁                                  a successful update
//!     else               stop gathering there until some Q has changed since
//!
//! practical   m = batch, ε₁ = slack · R
//! theory      ε₁ = accuracy · R / 3,   m = ⌈ (R H)² ln(3 SAH (1 + SAH · R H / ε₁) / δ) / (2 ε₁²) ⌉
//! ```
//! The paper is discounted; here `H` stands for `1/(1 − γ)` and each step of the episode has its own table, which makes the
//! number of successful updates at most `S A H · R H / ε₁`. In a theorem `accuracy` is what is lost in an episode, over `R H`.

use super::optimism::greedy_rules;
use super::{EpisodicAgent, Setup, StageRules, Step};
use crate::Result;
use crate::learning::params::hyper_parameters;
use crate::mdp::NO_CHOICE;
use crate::rng::{self, Fast, Purpose};

hyper_parameters! {
    /// Hyper-parameters of delayed Q-learning.
    DelayedQParams {
        /// Targets of an update, in practice.
        batch: u64 = 10, "at least 1", |n| n >= 1;
        /// ε₁ as a share of the width of the range of rewards, in practice.
        slack: f64 = 0.01, "a number of at least 0", |x: f64| x >= 0.0 && x.is_finite();
        /// Whether to take the numbers of theory.
        theory: bool = false, "true or false", |_| true;
        /// Accuracy as a share of the most that an episode can earn; for theory.
        accuracy: f64 = 0.1, "in (0, 1]", |x: f64| x > 0.0 && x <= 1.0;
        /// Probability δ with which the bounds may fail.
        delta: f64 = 0.1, "in (0, 1)", |x: f64| x > 0.0 && x < 1.0;
    }
}

/// What a choice at a step has gathered since its last attempt.
#[derive(Debug, Clone, Copy)]
struct Gathered {
    sum: f64,
    count: u64,
    learn: bool,
    attempted: u64,
}

/// The agent.
#[derive(Debug, Clone)]
pub struct DelayedQ<'a> {
    setup: Setup<'a>,
    batch: u64,
    slack: f64,
    /// `[H · C]`.
    q: Vec<f64>,
    gathered: Vec<Gathered>,
    /// Steps so far, and when a value changed last.
    time: u64,
    changed: u64,
    updates: u64,
    rules: Vec<u32>,
    rng: Fast,
}

impl<'a> DelayedQ<'a> {
    /// An agent that has seen nothing.
    ///
    /// # Errors
    /// A hyper-parameter or the setup out of range.
    pub fn new(setup: &Setup<'a>, params: &DelayedQParams) -> Result<DelayedQ<'a>> {
        params.validate()?;
        setup.validate()?;
        let (choices, horizon, most) = (setup.mdp.num_choices(), setup.horizon, setup.value_span(0));
        let (batch, slack) = if params.theory {
            let slack = params.accuracy * setup.reward_width() / 3.0;
            let size = (choices * horizon) as f64;
            let log = (3.0 * size * (1.0 + size * most / slack) / params.delta).ln();
            ((most * most * log / (2.0 * slack * slack)).ceil() as u64, slack)
        } else {
            (params.batch, params.slack * setup.reward_width())
        };
        let q = (0..horizon).flat_map(|stage| std::iter::repeat_n(setup.value_cap(stage), choices)).collect();
        let nothing = Gathered { sum: 0.0, count: 0, learn: true, attempted: 0 };
        Ok(DelayedQ {
            setup: *setup,
            batch,
            slack,
            q,
            gathered: vec![nothing; horizon * choices],
            time: 0,
            changed: 0,
            updates: 0,
            rules: vec![NO_CHOICE; horizon * setup.mdp.num_states()],
            rng: rng::fast(setup.seed, Purpose::Policy, 0),
        })
    }

    /// Successful updates so far.
    pub fn updates(&self) -> u64 {
        self.updates
    }
}

impl EpisodicAgent for DelayedQ<'_> {
    fn begin(&mut self, _episode: u64) {
        greedy_rules(&self.setup, &self.q, &mut self.rules, &mut self.rng);
    }

    fn rules(&self) -> StageRules<'_> {
        StageRules::Deterministic(&self.rules)
    }

    fn observe(&mut self, step: &Step) {
        let choices = self.setup.mdp.num_choices();
        let row = self.setup.choices(step.next);
        let next = if step.stage + 1 < self.setup.horizon && !row.is_empty() {
            let q = &self.q[(step.stage + 1) * choices..];
            row.map(|c| q[c]).fold(f64::NEG_INFINITY, f64::max)
        } else {
            0.0
        };
        self.time += 1;
        let place = step.stage * choices + step.choice;
        let gathered = &mut self.gathered[place];
        if !gathered.learn {
            gathered.learn = gathered.attempted < self.changed;
            return;
        }
        gathered.sum += step.reward + next;
        gathered.count += 1;
        if gathered.count < self.batch {
            return;
        }
        let mean = gathered.sum / self.batch as f64;
        if self.q[place] - mean >= 2.0 * self.slack {
            self.q[place] = mean + self.slack;
            self.changed = self.time;
            self.updates += 1;
        } else if gathered.attempted >= self.changed {
            gathered.learn = false;
        }
        (gathered.sum, gathered.count, gathered.attempted) = (0.0, 0, self.time);
    }
}
