//! SARSA: on-policy one-step control.
//!
//! `Q(s, a) ← Q(s, a) + α_n [ r + γ Q(s', a') − Q(s, a) ]` with `a'` the choice the agent takes next. At a termination the target
//! is `r`; at a time limit `a'` is drawn from the policy in `s'` but not taken. Converges to `Q*` if exploration vanishes slowly
//! enough while every pair is updated for ever (greedy in the limit with infinite exploration). Cost: O(actions) a step.
//!
//! Reference: Rummery and Niranjan 1994, report CUED/F-INFENG/TR 166; Singh et al. 2000, Machine Learning 38.

use serde::{Deserialize, Serialize};

use super::agent::{Agent, Experience, Setup, check_choices, from_text, to_text};
use super::td::{Td, TdParams};
use crate::Result;
use crate::mdp::DecisionRule;

/// Tabular SARSA.
#[derive(Debug, Clone)]
pub struct Sarsa {
    td: Td,
    /// The choice already made for the next step.
    next_choice: Option<usize>,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    td: String,
    next_choice: Option<usize>,
}

impl Sarsa {
    /// A fresh agent.
    ///
    /// # Errors
    /// A hyper-parameter or the discount out of range.
    pub fn new(setup: &Setup, params: &TdParams) -> Result<Sarsa> {
        Ok(Sarsa { td: Td::new(setup, params)?, next_choice: None })
    }
}

impl Agent for Sarsa {
    fn act(&mut self, state: usize) -> usize {
        match self.next_choice.take() {
            Some(choice) => choice,
            None => self.td.choose(state),
        }
    }

    fn observe(&mut self, step: &Experience) {
        let mut target = step.reward;
        if !step.terminated {
            let next_choice = self.td.choose(step.next);
            target += self.td.discount * self.td.memory.q[next_choice];
            // After a time limit the episode goes on elsewhere, so the choice is not carried over.
            self.next_choice = (!step.truncated).then_some(next_choice);
        }
        self.td.update(step.choice, target);
    }

    fn rule(&self) -> DecisionRule {
        self.td.greedy()
    }

    fn save(&self) -> String {
        to_text(&Saved { td: self.td.save(), next_choice: self.next_choice })
    }

    fn load(&mut self, saved: &str) -> Result<()> {
        let saved: Saved = from_text("sarsa", saved)?;
        check_choices("sarsa", saved.next_choice, self.td.shape.num_choices())?;
        self.td.load("sarsa", &saved.td)?;
        self.next_choice = saved.next_choice;
        Ok(())
    }
}
