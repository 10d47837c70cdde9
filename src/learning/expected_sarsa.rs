//! Expected SARSA: on-policy one-step control without the noise of the next choice.
//!
//! `Q(s, a) ← Q(s, a) + α_n [ r + γ Σ_b π_t(b|s') Q(s', b) − Q(s, a) ]`, where `π_t` is the current `ε`-greedy policy; the target is
//! `r` at a termination. With `ε_t = 0` in the target it is Q-learning. Cost: O(actions) a step.
//!
//! Reference: van Seijen, van Hasselt, Whiteson and Wiering 2009, A Theoretical and Empirical Analysis of Expected Sarsa.

use super::agent::{Agent, Experience, Setup};
use super::td::{Td, TdParams};
use crate::Result;
use crate::mdp::DecisionRule;

/// Tabular expected SARSA.
#[derive(Debug, Clone)]
pub struct ExpectedSarsa(Td);

impl ExpectedSarsa {
    /// A fresh agent.
    ///
    /// # Errors
    /// A hyper-parameter or the discount out of range.
    pub fn new(setup: &Setup, params: &TdParams) -> Result<ExpectedSarsa> {
        Ok(ExpectedSarsa(Td::new(setup, params)?))
    }
}

impl Agent for ExpectedSarsa {
    fn act(&mut self, state: usize) -> usize {
        self.0.choose(state)
    }

    fn observe(&mut self, step: &Experience) {
        let td = &mut self.0;
        let future = match step.terminated {
            true => 0.0,
            false => td.explore.expectation(&td.shape, step.next, &td.memory.q, td.memory.step),
        };
        td.update(step.choice, step.reward + td.discount * future);
    }

    fn rule(&self) -> DecisionRule {
        self.0.greedy()
    }

    fn save(&self) -> String {
        self.0.save()
    }

    fn load(&mut self, saved: &str) -> Result<()> {
        self.0.load("expected-sarsa", saved)
    }
}
