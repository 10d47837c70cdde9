//! What the one-step value-based agents share: settings, a table of action values, and the update towards a target.

use serde::{Deserialize, Serialize};

use super::agent::{Setup, Shape, check_size, from_text, to_text};
use super::explore::{EpsilonGreedy, StepSize, greedy_rule};
use super::params::hyper_parameters;
use crate::Result;
use crate::mdp::DecisionRule;
use crate::rng::{self, Fast, Purpose};

hyper_parameters! {
    /// Hyper-parameters of the one-step agents (Q-learning, SARSA, expected SARSA, double Q).
    TdParams {
        /// Step size `α` of the first update of a pair.
        step_size: f64 = 0.1, "in (0, 1]", |x: f64| x > 0.0 && x <= 1.0;
        /// The `n`-th update of a pair uses `α / n^step_power`.
        step_power: f64 = 0.0, "in [0, 1]", |x: f64| (0.0..=1.0).contains(&x);
        /// Probability `ε` of a uniformly random choice.
        epsilon: f64 = 0.1, "in [0, 1]", |x: f64| (0.0..=1.0).contains(&x);
        /// Where `ε` falls to, linearly over `epsilon_steps` steps.
        epsilon_final: f64 = 0.0, "in [0, 1]", |x: f64| (0.0..=1.0).contains(&x);
        /// Steps over which `ε` falls; 0 keeps it constant.
        epsilon_steps: u64 = 0, "a whole number", |_| true;
        /// Initial action values.
        initial: f64 = 0.0, "a finite number", f64::is_finite;
    }
}

/// What a one-step agent has learnt.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Memory {
    /// Action values, `[C]`.
    pub q: Vec<f64>,
    /// Updates of each pair, `[C]`.
    pub updates: Vec<u64>,
    /// Steps observed.
    pub step: u64,
    pub rng: Fast,
}

/// The parts of a one-step agent.
#[derive(Debug, Clone)]
pub(super) struct Td {
    pub shape: Shape,
    pub discount: f64,
    pub step_size: StepSize,
    pub explore: EpsilonGreedy,
    pub memory: Memory,
}

impl Td {
    pub fn new(setup: &Setup, params: &TdParams) -> Result<Td> {
        setup.validate()?;
        params.validate()?;
        let shape = Shape::of(setup.mdp);
        let choices = shape.num_choices();
        Ok(Td {
            discount: setup.discount,
            step_size: StepSize { size: params.step_size, power: params.step_power },
            explore: EpsilonGreedy {
                epsilon: params.epsilon,
                epsilon_final: params.epsilon_final,
                epsilon_steps: params.epsilon_steps,
            },
            memory: Memory {
                q: vec![params.initial; choices],
                updates: vec![0; choices],
                step: 0,
                rng: rng::fast(setup.seed, Purpose::Policy, 0),
            },
            shape,
        })
    }

    /// An `ε`-greedy choice for the current action values.
    pub fn choose(&mut self, state: usize) -> usize {
        let Memory { q, step, rng, .. } = &mut self.memory;
        self.explore.draw(&self.shape, state, |c| q[c], *step, rng)
    }

    /// Counts a step, and `Q(c) ← Q(c) + α_n (target − Q(c))`.
    pub fn update(&mut self, choice: usize, target: f64) {
        self.memory.step += 1;
        self.correct(choice, target);
    }

    /// `Q(c) ← Q(c) + α_n (target − Q(c))`, not counted as a step.
    pub fn correct(&mut self, choice: usize, target: f64) {
        let memory = &mut self.memory;
        memory.updates[choice] += 1;
        memory.q[choice] += self.step_size.at(memory.updates[choice]) * (target - memory.q[choice]);
    }

    /// The greedy rule, ties to the first choice.
    pub fn greedy(&self) -> DecisionRule {
        greedy_rule(&self.shape, |c| self.memory.q[c])
    }

    pub fn save(&self) -> String {
        to_text(&self.memory)
    }

    pub fn load(&mut self, agent: &'static str, saved: &str) -> Result<()> {
        let memory: Memory = from_text(agent, saved)?;
        check_size(agent, memory.q.len(), self.shape.num_choices())?;
        check_size(agent, memory.updates.len(), self.shape.num_choices())?;
        self.memory = memory;
        Ok(())
    }
}
