//! n-step SARSA: on-policy control between one step and Monte Carlo.
//!
//! `Q(s_t, a_t) ← Q(s_t, a_t) + α [ r_t + γ r_{t+1} + … + γⁿ⁻¹ r_{t+n−1} + γⁿ Q(s_{t+n}, a_{t+n}) − Q(s_t, a_t) ]`, made when
//! `a_{t+n}` has been chosen. When the episode ends sooner, the pairs still waiting are updated, the oldest first, with the
//! rewards there were: after a termination nothing is added; after a time limit `γᵏ Q(s', a')` is, `s'` the interrupted state
//! and `a'` drawn from the policy but not taken. With `n = 1` it is SARSA to the last bit. Cost: O(n + actions) a step.
//!
//! Reference: Sutton and Barto 2018, Reinforcement Learning, section 7.2.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::agent::{Agent, Experience, Setup, check_choices, from_text, to_text};
use super::params::hyper_parameters;
use super::td::{Td, TdParams};
use crate::Result;
use crate::mdp::DecisionRule;

hyper_parameters! {
    /// Hyper-parameters of n-step SARSA.
    NStepParams {
        ..td: TdParams;
        /// Steps `n` before the bootstrap.
        n: usize = 4, "in 1..=1000000", |n| (1..=1_000_000).contains(&n);
    }
}

/// Tabular n-step SARSA.
#[derive(Debug, Clone)]
pub struct NStepSarsa {
    td: Td,
    n: usize,
    /// `(choice, reward)` of the pairs that wait for their update, the oldest first; fewer than `n` between steps.
    waiting: VecDeque<(usize, f64)>,
    /// The choice already made for the next step.
    next_choice: Option<usize>,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    td: String,
    waiting: VecDeque<(usize, f64)>,
    next_choice: Option<usize>,
}

impl NStepSarsa {
    /// A fresh agent.
    ///
    /// # Errors
    /// A hyper-parameter or the discount out of range.
    pub fn new(setup: &Setup, params: &NStepParams) -> Result<NStepSarsa> {
        params.validate()?;
        Ok(NStepSarsa { td: Td::new(setup, &params.td)?, n: params.n, waiting: VecDeque::new(), next_choice: None })
    }

    /// Updates the pair that has waited longest; `last` is the choice to bootstrap from.
    fn update_oldest(&mut self, last: Option<usize>) {
        let future = last.map_or(0.0, |choice| self.td.memory.q[choice]);
        let target = self.waiting.iter().rev().fold(future, |sum, (_, reward)| reward + self.td.discount * sum);
        if let Some((choice, _)) = self.waiting.pop_front() {
            self.td.correct(choice, target);
        }
    }
}

impl Agent for NStepSarsa {
    fn act(&mut self, state: usize) -> usize {
        match self.next_choice.take() {
            Some(choice) => choice,
            None => self.td.choose(state),
        }
    }

    fn observe(&mut self, step: &Experience) {
        self.waiting.push_back((step.choice, step.reward));
        let last = if step.terminated { None } else { Some(self.td.choose(step.next)) };
        self.td.memory.step += 1;
        let ended = step.terminated || step.truncated;
        while self.waiting.len() >= self.n || (ended && !self.waiting.is_empty()) {
            self.update_oldest(last);
        }
        // After a time limit the episode goes on elsewhere, so the choice is not carried over.
        self.next_choice = last.filter(|_| !ended);
    }

    fn rule(&self) -> DecisionRule {
        self.td.greedy()
    }

    fn save(&self) -> String {
        to_text(&Saved { td: self.td.save(), waiting: self.waiting.clone(), next_choice: self.next_choice })
    }

    fn load(&mut self, saved: &str) -> Result<()> {
        let saved: Saved = from_text("n-step-sarsa", saved)?;
        let choices = saved.waiting.iter().map(|(choice, _)| *choice).chain(saved.next_choice);
        check_choices("n-step-sarsa", choices, self.td.shape.num_choices())?;
        self.td.load("n-step-sarsa", &saved.td)?;
        (self.waiting, self.next_choice) = (saved.waiting, saved.next_choice);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::sarsa::Sarsa;
    use super::super::tests::{GAMMA, chain, grid, random_mdp};
    use super::super::{EvaluationPoints, TrainOptions, Trainer};
    use super::*;

    #[test]
    fn one_step_is_sarsa_to_the_last_bit() {
        for mdp in [chain(), random_mdp(4), grid()] {
            let setup = Setup::new(&mdp, GAMMA, 5);
            let td = TdParams { epsilon: 0.5, epsilon_final: 0.1, epsilon_steps: 700, ..TdParams::default() };
            let mut one = Sarsa::new(&setup, &td).unwrap();
            let mut other = NStepSarsa::new(&setup, &NStepParams { td, n: 1 }).unwrap();
            let points = EvaluationPoints::Even(1);
            let options = TrainOptions { discount: GAMMA, time_limit: Some(9), steps: 0, points, seed: 5 };
            let mut first = Trainer::new(&mdp, &options).unwrap();
            let mut second = first.clone();
            for _ in 0..1000 {
                first.run(&mut one, 1);
                second.run(&mut other, 1);
                assert_eq!(one.save(), other.save().replace("\"waiting\":[],", ""));
            }
        }
    }

    fn step(state: usize, reward: f64, terminated: bool, truncated: bool) -> Experience {
        Experience { state, choice: 2 * state, reward, next: state + 1, terminated, truncated }
    }

    /// Three steps of the chain, `Q = 1` everywhere, `α = ½`, so each update is half way to the target.
    fn after(n: usize, end: impl Fn(usize) -> Experience) -> Vec<f64> {
        let td = TdParams { initial: 1.0, step_size: 0.5, ..TdParams::default() };
        let mut agent = NStepSarsa::new(&Setup::new(&chain(), 0.5, 1), &NStepParams { td, n }).unwrap();
        agent.observe(&step(0, 1.0, false, false));
        agent.observe(&step(1, 2.0, false, false));
        agent.observe(&end(2));
        assert!(agent.waiting.is_empty() && agent.next_choice.is_none());
        [0, 2, 4].map(|c| agent.td.memory.q[c]).to_vec()
    }

    #[test]
    fn returns_by_hand_at_terminations_and_time_limits() {
        // n = 2: r0 + r1/2 + Q/4 = 2.25, then r1 + r2/2 (+ Q/4), then r2 (+ Q/2).
        assert_eq!(after(2, |s| step(s, 4.0, true, false)), [1.625, 2.5, 2.5]);
        assert_eq!(after(2, |s| step(s, 4.0, false, true)), [1.625, 2.625, 2.75]);
        // n = 9 waits for the end: r0 + r1/2 + r2/4 (+ Q/8).
        assert_eq!(after(9, |s| step(s, 4.0, true, false)), [2.0, 2.5, 2.5]);
        assert_eq!(after(9, |s| step(s, 4.0, false, true)), [2.0625, 2.625, 2.75]);
    }
}
