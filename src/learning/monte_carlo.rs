//! Monte-Carlo control: action values are averages of the returns of whole episodes.
//!
//! When an episode `s_0, a_0, r_0, …, s_{L−1}, a_{L−1}, r_{L−1}, s_L` ends, `G_t = r_t + γ G_{t+1}` is computed backwards and
//! `Q(s_t, a_t) ← Q(s_t, a_t) + α_n (G_t − Q(s_t, a_t))` made for the first visit of each pair, or for every visit. `G_L = 0` after
//! a termination. A time limit is no end, so there `G_L = Σ_a π(a|s_L) Q(s_L, a)`, the current estimate for the current
//! `ε`-greedy policy (fixed before the updates): returns of interrupted episodes are hence as biased as `Q` is. The averages are
//! the plain ones with `step_size = 1, step_power = 1`, but the policy changes, so smaller powers forget the returns of former
//! policies. Cost: O(actions) a step, O(length) at the end of an episode.
//!
//! Reference: Sutton and Barto 2018, Reinforcement Learning, sections 5.4 and 5.1 (first and every visit).

use serde::{Deserialize, Serialize};

use super::agent::{Agent, Experience, Setup, check_choices, from_text, to_text};
use super::params::hyper_parameters;
use super::td::{Td, TdParams};
use crate::Result;
use crate::mdp::DecisionRule;

hyper_parameters! {
    /// Hyper-parameters of Monte-Carlo control.
    MonteCarloParams {
        ..td: TdParams;
        /// Whether only the first visit of a pair in an episode counts.
        first_visit: bool = true, "true or false", |_| true;
    }
}

/// Tabular on-policy Monte-Carlo control.
#[derive(Debug, Clone)]
pub struct MonteCarlo {
    td: Td,
    first_visit: bool,
    /// `(choice, reward)` of the episode so far.
    episode: Vec<(usize, f64)>,
    /// Scratch: the first visit of each choice in the episode that just ended, `[C]`; [`UNSEEN`] between steps.
    first: Vec<usize>,
}

/// A choice that the episode did not take.
const UNSEEN: usize = usize::MAX;

#[derive(Serialize, Deserialize)]
struct Saved {
    td: String,
    episode: Vec<(usize, f64)>,
}

impl MonteCarlo {
    /// A fresh agent.
    ///
    /// # Errors
    /// A hyper-parameter or the discount out of range.
    pub fn new(setup: &Setup, params: &MonteCarloParams) -> Result<MonteCarlo> {
        let td = Td::new(setup, &params.td)?;
        let first = vec![UNSEEN; td.shape.num_choices()];
        Ok(MonteCarlo { td, first_visit: params.first_visit, episode: Vec::new(), first })
    }

    /// Learns from the episode, whose last state is worth `future`.
    fn learn(&mut self, future: f64) {
        for (t, &(choice, _)) in self.episode.iter().enumerate() {
            self.first[choice] = self.first[choice].min(t);
        }
        let mut sum = future;
        for (t, &(choice, reward)) in self.episode.iter().enumerate().rev() {
            sum = reward + self.td.discount * sum;
            if !self.first_visit || self.first[choice] == t {
                self.td.correct(choice, sum);
            }
        }
        for (choice, _) in self.episode.drain(..) {
            self.first[choice] = UNSEEN;
        }
    }
}

impl Agent for MonteCarlo {
    fn act(&mut self, state: usize) -> usize {
        self.td.choose(state)
    }

    fn observe(&mut self, step: &Experience) {
        self.episode.push((step.choice, step.reward));
        self.td.memory.step += 1;
        if step.terminated {
            self.learn(0.0);
        } else if step.truncated {
            let td = &self.td;
            self.learn(td.explore.expectation(&td.shape, step.next, &td.memory.q, td.memory.step));
        }
    }

    fn rule(&self) -> DecisionRule {
        self.td.greedy()
    }

    fn needs_episodes(&self) -> bool {
        true
    }

    fn save(&self) -> String {
        to_text(&Saved { td: self.td.save(), episode: self.episode.clone() })
    }

    fn load(&mut self, saved: &str) -> Result<()> {
        let saved: Saved = from_text("monte-carlo", saved)?;
        check_choices("monte-carlo", saved.episode.iter().map(|(choice, _)| *choice), self.td.shape.num_choices())?;
        self.td.load("monte-carlo", &saved.td)?;
        self.episode = saved.episode;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::chain;
    use super::*;

    /// Three steps through states 0, 1 and 0 with the same choice in 0, `Q = 1` everywhere, greedy, `γ = ½`, `α = ½`.
    fn after(first_visit: bool, terminated: bool) -> Vec<f64> {
        let td = TdParams { initial: 1.0, step_size: 0.5, epsilon: 0.0, ..TdParams::default() };
        let params = MonteCarloParams { td, first_visit };
        let mut agent = MonteCarlo::new(&Setup::new(&chain(), 0.5, 1), &params).unwrap();
        let mut step = Experience { state: 0, choice: 1, reward: 1.0, next: 1, terminated: false, truncated: false };
        agent.observe(&step);
        step = Experience { state: 1, choice: 2, reward: 2.0, next: 0, ..step };
        agent.observe(&step);
        agent.observe(&Experience { state: 0, choice: 1, reward: 4.0, next: 1, terminated, truncated: !terminated });
        assert!(agent.episode.is_empty() && agent.first.iter().all(|&first| first == UNSEEN));
        vec![agent.td.memory.q[1], agent.td.memory.q[2]]
    }

    #[test]
    fn returns_by_hand_of_first_and_every_visit() {
        // Returns: 4, then 2 + 4/2 = 4, then 1 + 4/2 = 3; with a time limit 4.5, 4.25, 3.125.
        assert_eq!(after(true, true), [2.0, 2.5]);
        assert_eq!(after(true, false), [2.0625, 2.625]);
        assert_eq!(after(false, true), [2.75, 2.5]);
        assert_eq!(after(false, false), [2.9375, 2.625]);
    }
}
