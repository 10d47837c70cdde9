//! What an episodic agent is, and what it is built from.

use std::ops::Range;

use super::StageRules;
use super::certificate::Truth;
use crate::mdp::Mdp;
use crate::{Error, Result};

/// The most that values may span.
const MOST_SPAN: f64 = 1e150;

/// One step of an episode as an agent sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// The step `h` in `0..H`.
    pub stage: usize,
    /// The state before it.
    pub state: usize,
    /// The choice taken (an index into the table's choices).
    pub choice: usize,
    /// The reward.
    pub reward: f64,
    /// The successor; if terminal, the episode ends there and nothing more is earned.
    pub next: usize,
}

/// An agent that commits to one policy an episode.
///
/// Its behaviour is a function of its settings, its seed and what it has observed; nothing else.
pub trait EpisodicAgent {
    /// Chooses the policy of episode `episode` (counted from 0).
    fn begin(&mut self, episode: u64);

    /// The policy of the current episode.
    fn rules(&self) -> StageRules<'_>;

    /// Learns from a step of it. The steps of an episode come in order.
    fn observe(&mut self, step: &Step);

    /// The episode is over.
    fn end(&mut self) {}

    /// What the agent believes can be earned from the initial distribution, if it is optimistic by construction: a value, or an
    /// objective that takes something off it for departing from the data.
    fn optimistic_value(&self) -> Option<f64> {
        None
    }

    /// What that objective takes off the value of the truth: the claim is `optimistic_value ≥ V*_0 −` this. 0 for agents that are
    /// optimistic outright. The truth is for the record only; an agent never acts on it.
    fn penalty_of_truth(&self, _truth: &Truth) -> f64 {
        0.0
    }
}

/// What every episodic agent is built from.
#[derive(Debug, Clone, Copy)]
pub struct Setup<'a> {
    /// The table. Agents use its shape (choices of each state, which states are terminal, where episodes start); only those that say so use its rewards, and
    /// none its probabilities.
    pub mdp: &'a Mdp,
    /// Steps of an episode `H`.
    pub horizon: usize,
    /// Episodes `K` that are planned; constants of theory depend on it.
    pub episodes: u64,
    /// Rewards lie in this range.
    pub reward_range: (f64, f64),
    /// Root seed; an agent draws from the stream `(seed, Policy, 0)`.
    pub seed: u64,
}

impl Setup<'_> {
    /// Checks the numbers, and that every reward of the table lies in the range.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a horizon or a number of episodes of 0; [`Error::NotApplicable`] for an empty range, a reward
    /// outside of it, more than 1e150 to be earned in an episode (squares of it must be numbers), or a table without choices where
    /// an episode may start.
    pub fn validate(&self) -> Result<()> {
        if self.horizon == 0 {
            return Err(Error::Parameter { name: "horizon", value: 0.0, expected: "at least 1" });
        }
        if self.episodes == 0 {
            return Err(Error::Parameter { name: "episodes", value: 0.0, expected: "at least 1" });
        }
        let (low, high) = self.reward_range;
        if !(low.is_finite() && high.is_finite() && low < high) {
            return Err(refused(format!(
                "the range of rewards [{low}, {high}] is not one; give two numbers, the lower first"
            )));
        }
        if self.value_span(0) > MOST_SPAN {
            return Err(refused(format!(
                "an episode of {} steps with rewards in [{low:e}, {high:e}] spans more than {MOST_SPAN:e}; scale the rewards down",
                self.horizon
            )));
        }
        if let Some(&(s, _)) = self.mdp.initial().iter().find(|start| self.mdp.is_terminal(start.0 as usize)) {
            return Err(refused(format!(
                "an episode may start in state {s}, which is terminal; start it where there is a choice"
            )));
        }
        let (least, most) = reward_extremes(self.mdp);
        if least < low || most > high {
            return Err(refused(format!(
                "rewards lie in [{least}, {most}], but the agents assume [{low}, {high}]; state the range of the rewards"
            )));
        }
        Ok(())
    }

    /// The most that can be earned from step `stage` on: `(H − h) · max(r_max, 0)`.
    pub fn value_cap(&self, stage: usize) -> f64 {
        (self.horizon - stage) as f64 * self.reward_range.1.max(0.0)
    }

    /// The width of the range of what can be earned from step `stage` on: `(H − h) · (max(r_max, 0) − min(r_min, 0))`.
    pub fn value_span(&self, stage: usize) -> f64 {
        let (low, high) = self.reward_range;
        (self.horizon - stage) as f64 * (high.max(0.0) - low.min(0.0))
    }

    /// The width of the range of rewards, 0 included: `max(r_max, 0) − min(r_min, 0)`.
    pub fn reward_width(&self) -> f64 {
        self.value_span(self.horizon - 1)
    }

    /// `ln(factor · S A · H K / δ)`, the logarithm of most bonuses; `S A` is the number of choices.
    pub fn log_term(&self, factor: f64, delta: f64) -> f64 {
        let steps = self.horizon as f64 * self.episodes as f64;
        (factor * self.mdp.num_choices() as f64 * steps / delta).ln()
    }

    /// The choices of state `s`; none if it is terminal.
    pub fn choices(&self, s: usize) -> Range<usize> {
        self.mdp.choices(s)
    }
}

/// The smallest and largest reward that a single step can give.
fn reward_extremes(mdp: &Mdp) -> (f64, f64) {
    let all = mdp.branch_rewards().unwrap_or(mdp.rewards());
    all.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &r| (low.min(r), high.max(r)))
}

fn refused(reason: String) -> Error {
    Error::NotApplicable { method: "episodic exploration", reason }
}
