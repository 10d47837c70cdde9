//! What an agent of games is, and what it is built from.

use crate::Result;
use crate::exploration::{Setup, Step};
use crate::planning::games::MarkovGame;
use crate::rng::Fast;

/// An agent that plays for both players, and commits to one staged strategy of the row player an episode.
///
/// Its behaviour is a function of its settings, its seed and what it has observed; nothing else.
pub trait GameAgent {
    /// Chooses the strategies of episode `episode` (counted from 0).
    ///
    /// # Errors
    /// Numbers so large that a matrix game cannot be solved.
    fn begin(&mut self, episode: u64) -> Result<()>;

    /// The row player's staged strategy of this episode, `[H · actions]`, by which the agent is judged.
    fn row(&self) -> &[f64];

    /// Draws what both players do at a step: a joint choice of `state`.
    fn draw(&mut self, stage: usize, state: usize, rng: &mut Fast) -> usize;

    /// Learns from a step.
    fn observe(&mut self, step: &Step);

    /// What the agent believes that its strategy wins from the initial distribution, if it is optimistic by
    /// construction.
    fn optimistic_value(&self) -> Option<f64> {
        None
    }
}

/// What every agent of games is built from.
#[derive(Debug, Clone, Copy)]
pub struct GameSetup<'a> {
    /// The game. Agents use its shape, not its probabilities; only those that say so use its rewards.
    pub game: &'a MarkovGame,
    /// Steps of an episode `H`.
    pub horizon: usize,
    /// Episodes `K` that are planned.
    pub episodes: u64,
    /// Rewards of the row player lie in this range.
    pub reward_range: (f64, f64),
    /// Root seed; an agent draws from the stream `(seed, Policy, 0)`.
    pub seed: u64,
}

impl<'a> GameSetup<'a> {
    /// The setup of a lone agent that picks joint choices.
    pub fn joint(&self) -> Setup<'a> {
        let GameSetup { game, horizon, episodes, reward_range, seed } = *self;
        Setup { mdp: game.joint(), horizon, episodes, reward_range, seed }
    }

    /// Checks the numbers, and that every reward lies in the range.
    ///
    /// # Errors
    /// As [`Setup::validate`].
    pub fn validate(&self) -> Result<()> {
        self.joint().validate()
    }

    /// The least and the most that the row player can win from step `stage` on.
    pub fn value_range(&self, stage: usize) -> (f64, f64) {
        let steps = (self.horizon - stage) as f64;
        let (low, high) = self.reward_range;
        (steps * low.min(0.0), steps * high.max(0.0))
    }
}
