//! Tabular Q-learning: off-policy one-step control.
//!
//! `Q(s, a) ← Q(s, a) + α_n [ r + γ max_b Q(s', b) − Q(s, a) ]`, with no bootstrap at a termination. Converges to `Q*` almost
//! surely if every pair is updated for ever and the step sizes satisfy Robbins-Monro. Cost: one row of `Q` a step.
//!
//! Reference: Watkins 1989, Learning from Delayed Rewards; Watkins and Dayan 1992, Machine Learning 8.

use super::agent::{Agent, Experience, Setup};
use super::explore::max_value;
use super::td::{Td, TdParams};
use crate::Result;
use crate::mdp::DecisionRule;

/// Tabular Q-learning.
#[derive(Debug, Clone)]
pub struct QLearning(Td);

impl QLearning {
    /// A fresh agent.
    ///
    /// # Errors
    /// A hyper-parameter or the discount out of range.
    pub fn new(setup: &Setup, params: &TdParams) -> Result<QLearning> {
        Ok(QLearning(Td::new(setup, params)?))
    }

    /// The action values, `[C]`.
    pub fn action_values(&self) -> &[f64] {
        &self.0.memory.q
    }
}

impl Agent for QLearning {
    fn act(&mut self, state: usize) -> usize {
        self.0.choose(state)
    }

    fn observe(&mut self, step: &Experience) {
        let td = &mut self.0;
        let future = if step.terminated { 0.0 } else { max_value(&td.shape, step.next, &td.memory.q) };
        td.update(step.choice, step.reward + td.discount * future);
    }

    fn rule(&self) -> DecisionRule {
        self.0.greedy()
    }

    fn save(&self) -> String {
        self.0.save()
    }

    fn load(&mut self, saved: &str) -> Result<()> {
        self.0.load("q-learning", saved)
    }
}
