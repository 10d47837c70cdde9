//! Double Q-learning: two tables, so that the maximum is not its own judge.
//!
//! With probability ½: `Qᴬ(s, a) ← Qᴬ(s, a) + α_n [ r + γ Qᴮ(s', argmax_b Qᴬ(s', b)) − Qᴬ(s, a) ]`, else the same with the tables
//! swapped. The agent acts `ε`-greedily on `Qᴬ + Qᴮ`, and is judged by the greedy rule of the sum. `n` counts the updates of the
//! pair in the table that is updated. Cost: O(actions) a step.
//!
//! Reference: van Hasselt 2010, Double Q-learning, NIPS 23, algorithm 1.

use serde::{Deserialize, Serialize};

use super::agent::{Agent, Experience, Setup, check_size, from_text, to_text};
use super::explore::{best_choice, greedy_rule};
use super::td::{Memory, Td, TdParams};
use crate::Result;
use crate::mdp::DecisionRule;
use crate::rng;

/// Tabular double Q-learning.
#[derive(Debug, Clone)]
pub struct DoubleQ {
    /// Table A, the step counter and the random stream.
    td: Td,
    /// Table B and its counts.
    q_b: Vec<f64>,
    updates_b: Vec<u64>,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    td: String,
    q_b: Vec<f64>,
    updates_b: Vec<u64>,
}

impl DoubleQ {
    /// A fresh agent.
    ///
    /// # Errors
    /// A hyper-parameter or the discount out of range.
    pub fn new(setup: &Setup, params: &TdParams) -> Result<DoubleQ> {
        let td = Td::new(setup, params)?;
        Ok(DoubleQ { q_b: td.memory.q.clone(), updates_b: td.memory.updates.clone(), td })
    }
}

impl Agent for DoubleQ {
    fn act(&mut self, state: usize) -> usize {
        let Memory { q, step, rng, .. } = &mut self.td.memory;
        self.td.explore.draw(&self.td.shape, state, |c| q[c] + self.q_b[c], *step, rng)
    }

    fn observe(&mut self, step: &Experience) {
        let memory = &mut self.td.memory;
        memory.step += 1;
        let (own, other, updates) = match rng::below(&mut memory.rng, 2) {
            0 => (&mut memory.q, &self.q_b, &mut memory.updates),
            _ => (&mut self.q_b, &memory.q, &mut self.updates_b),
        };
        let mut target = step.reward;
        if !step.terminated {
            target += self.td.discount * other[best_choice(&self.td.shape, step.next, |c| own[c]) as usize];
        }
        updates[step.choice] += 1;
        own[step.choice] += self.td.step_size.at(updates[step.choice]) * (target - own[step.choice]);
    }

    fn rule(&self) -> DecisionRule {
        greedy_rule(&self.td.shape, |c| self.td.memory.q[c] + self.q_b[c])
    }

    fn save(&self) -> String {
        to_text(&Saved { td: self.td.save(), q_b: self.q_b.clone(), updates_b: self.updates_b.clone() })
    }

    fn load(&mut self, saved: &str) -> Result<()> {
        let saved: Saved = from_text("double-q", saved)?;
        check_size("double-q", saved.q_b.len(), self.q_b.len())?;
        check_size("double-q", saved.updates_b.len(), self.updates_b.len())?;
        self.td.load("double-q", &saved.td)?;
        (self.q_b, self.updates_b) = (saved.q_b, saved.updates_b);
        Ok(())
    }
}
