//! ε-greedy Q-learning: what provably efficient exploration is compared with.
//!
//! ```text
//! π(a | s) = ε_k / |A(s)| + (1 − ε_k) [a is greedy for Q_h(s, ·)]      ε_k = ε (constant)  or  min(1, ε / √k) (root)
//! Q ← (1 − α_t) Q + α_t (r + max Q_{h+1}(s'))                          α_t = (H + 1) / (H + t)
//! ```
//! The regret counts the policy with its random actions. Ties of the greedy action are broken uniformly for each episode. With
//! `initial=0` this is the usual start, from which the first reward found is never left.

use super::optimism::greedy_rules;
use super::ucb_q::learning_rate;
use super::{EpisodicAgent, Setup, StageRules, Step};
use crate::Result;
use crate::learning::Value;
use crate::learning::params::hyper_parameters;
use crate::mdp::NO_CHOICE;
use crate::rng::{self, Fast, Purpose};

/// How ε changes with the episode `k`, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schedule {
    /// `ε`.
    Constant,
    /// `min(1, ε / √k)`.
    Root,
}

impl Value for Schedule {
    fn read(text: &str) -> Option<Schedule> {
        match text.trim() {
            "constant" => Some(Schedule::Constant),
            "root" => Some(Schedule::Root),
            _ => None,
        }
    }
    fn write(self) -> String {
        if self == Schedule::Constant { "constant" } else { "root" }.into()
    }
}

hyper_parameters! {
    /// Hyper-parameters of ε-greedy Q-learning.
    EpsilonGreedyParams {
        /// Probability ε of a uniform choice, or its value at the first episode.
        epsilon: f64 = 0.1, "in [0, 1]", |x: f64| (0.0..=1.0).contains(&x);
        /// How it changes.
        schedule: Schedule = Schedule::Constant, "constant or root", |_| true;
        /// Value of every action before its first trial.
        initial: f64 = 0.0, "a finite number", |x: f64| x.is_finite();
    }
}

/// The agent.
#[derive(Debug, Clone)]
pub struct EpsilonGreedyQ<'a> {
    setup: Setup<'a>,
    params: EpsilonGreedyParams,
    /// `[H · C]`.
    q: Vec<f64>,
    visits: Vec<u32>,
    greedy: Vec<u32>,
    weights: Vec<f64>,
    rng: Fast,
}

impl<'a> EpsilonGreedyQ<'a> {
    /// An agent that has seen nothing.
    ///
    /// # Errors
    /// A hyper-parameter or the setup out of range.
    pub fn new(setup: &Setup<'a>, params: &EpsilonGreedyParams) -> Result<EpsilonGreedyQ<'a>> {
        params.validate()?;
        setup.validate()?;
        let size = setup.horizon * setup.mdp.num_choices();
        Ok(EpsilonGreedyQ {
            setup: *setup,
            params: *params,
            q: vec![params.initial; size],
            visits: vec![0; size],
            greedy: vec![NO_CHOICE; setup.horizon * setup.mdp.num_states()],
            weights: vec![0.0; size],
            rng: rng::fast(setup.seed, Purpose::Policy, 0),
        })
    }
}

impl EpisodicAgent for EpsilonGreedyQ<'_> {
    fn begin(&mut self, episode: u64) {
        let epsilon = match self.params.schedule {
            Schedule::Constant => self.params.epsilon,
            Schedule::Root => (self.params.epsilon / (episode as f64 + 1.0).sqrt()).min(1.0),
        };
        greedy_rules(&self.setup, &self.q, &mut self.greedy, &mut self.rng);
        let (states, choices) = (self.setup.mdp.num_states(), self.setup.mdp.num_choices());
        for (weights, greedy) in self.weights.chunks_exact_mut(choices).zip(self.greedy.chunks_exact(states)) {
            for (s, &best) in greedy.iter().enumerate().filter(|&(_, &best)| best != NO_CHOICE) {
                let row = self.setup.choices(s);
                let share = epsilon / row.len() as f64;
                weights[row].fill(share);
                weights[best as usize] += 1.0 - epsilon;
            }
        }
    }

    fn rules(&self) -> StageRules<'_> {
        StageRules::Stochastic(&self.weights)
    }

    fn observe(&mut self, step: &Step) {
        let choices = self.setup.mdp.num_choices();
        let place = step.stage * choices + step.choice;
        let row = self.setup.choices(step.next);
        let next = if step.stage + 1 < self.setup.horizon && !row.is_empty() {
            let q = &self.q[(step.stage + 1) * choices..];
            row.map(|c| q[c]).fold(f64::NEG_INFINITY, f64::max)
        } else {
            0.0
        };
        self.visits[place] += 1;
        let rate = learning_rate(self.setup.horizon, self.visits[place]);
        self.q[place] += rate * (step.reward + next - self.q[place]);
    }
}
