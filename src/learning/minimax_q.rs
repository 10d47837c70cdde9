//! Minimax-Q: Q-learning for two-player zero-sum Markov games (Littman 1994).
//!
//! ```text
//! Q(s, i, j) ← (1 − α_t) Q(s, i, j) + α_t ( r + γ V(s') )      V(s) = val Q(s)      α_t = α_0 · 0.01^(t / decay_steps)
//! ```
//! After each step the matrix game of its state is solved again; the strategies that come out are played, but with
//! probability `explore` the action is uniformly random. Littman's run has `explore = 0.2`, `Q = V = 1` at the start,
//! and a step size that falls from 1 to 0.01 over a million steps. Both players can be learners: they see the same
//! steps, so that one table serves both.
//!
//! What was learnt is judged exactly: [`MinimaxQ::exploitability`] is what the strategies lose to best responses.

use rand::Rng;

use super::params::hyper_parameters;
use crate::Result;
use crate::planning::games::{Exploitability, MarkovGame, MatrixSolver, Player, exploitability};
use crate::planning::{Criterion, SolveOptions};
use crate::rng::{self, Fast, Purpose};
use crate::simulation::{Dynamics, TableDynamics};

hyper_parameters! {
    /// Hyper-parameters of minimax-Q.
    MinimaxQParams {
        /// Probability of a uniformly random action instead of the learnt strategy.
        explore: f64 = 0.2, "in [0, 1]", |x: f64| (0.0..=1.0).contains(&x);
        /// Step size of the first update.
        step_size: f64 = 1.0, "in (0, 1]", |x: f64| x > 0.0 && x <= 1.0;
        /// Steps over which the step size falls to a hundredth.
        decay_steps: u64 = 1_000_000, "at least 1", |x: u64| x > 0;
        /// Values at the start.
        initial: f64 = 1.0, "a finite number", f64::is_finite;
    }
}

/// Whom the learner trains against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opponent {
    /// A column player that takes every action with the same probability.
    Uniform,
    /// A column player that learns too, from the same table.
    Learner,
}

/// A learner in the middle of its training: `train(a)` and `train(b)` are `train(a + b)`.
#[derive(Debug, Clone)]
pub struct MinimaxQ<'a> {
    game: &'a MarkovGame,
    gamma: f64,
    params: MinimaxQParams,
    opponent: Opponent,
    dynamics: TableDynamics,
    /// `Q`, by joint choice.
    q: Vec<f64>,
    v: Vec<f64>,
    row: Vec<f64>,
    column: Vec<f64>,
    solver: MatrixSolver,
    environment: Fast,
    draws: Fast,
    state: usize,
    steps: u64,
}

impl<'a> MinimaxQ<'a> {
    /// A learner that has seen nothing, at the start of an episode.
    ///
    /// # Errors
    /// A discount outside (0, 1), a hyper-parameter out of range, or a game that may start in a terminal state.
    pub fn new(
        game: &'a MarkovGame,
        gamma: f64,
        params: &MinimaxQParams,
        opponent: Opponent,
        seed: u64,
    ) -> Result<MinimaxQ<'a>> {
        Criterion::Discounted { gamma }.validate()?;
        params.validate()?;
        let joint = game.joint();
        let dynamics = TableDynamics::new(joint)?;
        let mut environment = rng::fast(seed, Purpose::Environment, 0);
        let start = |s: usize| if joint.is_terminal(s) { 0.0 } else { params.initial };
        Ok(MinimaxQ {
            state: dynamics.reset(environment.next_u64()) as usize,
            game,
            gamma,
            params: *params,
            opponent,
            dynamics,
            q: vec![params.initial; joint.num_choices()],
            v: (0..joint.num_states()).map(start).collect(),
            row: game.uniform(Player::Row),
            column: game.uniform(Player::Column),
            solver: MatrixSolver::default(),
            environment,
            draws: rng::fast(seed, Purpose::Policy, 0),
            steps: 0,
        })
    }

    /// `V`, `[S]`.
    pub fn values(&self) -> &[f64] {
        &self.v
    }

    /// A player's learnt strategy.
    pub fn strategy(&self, player: Player) -> &[f64] {
        match player {
            Player::Row => &self.row,
            Player::Column => &self.column,
        }
    }

    /// What the learnt strategies lose to best responses, computed in the true game.
    ///
    /// # Errors
    /// As [`exploitability`].
    pub fn exploitability(&self, options: &SolveOptions) -> Result<Exploitability> {
        exploitability(self.game, &self.row, &self.column, self.gamma, options)
    }

    /// Plays and learns for `steps` steps; a terminal state starts the next episode.
    ///
    /// # Errors
    /// Values that overflow.
    pub fn train(&mut self, steps: u64) -> Result<()> {
        for _ in 0..steps {
            self.step()?;
        }
        Ok(())
    }

    fn step(&mut self) -> Result<()> {
        let s = self.state;
        let explore = self.params.explore;
        let (m, n) = self.game.shape(s);
        let i = draw(&self.row[self.game.actions(Player::Row, s)], explore, &mut self.draws);
        let explore = if self.opponent == Opponent::Uniform { 1.0 } else { explore };
        let j = draw(&self.column[self.game.actions(Player::Column, s)], explore, &mut self.draws);
        let range = self.game.joint().choices(s);
        let c = range.start + i * n + j;
        let outcome = self.dynamics.step(s as u32, c as u32, self.environment.next_u64(), &mut ());
        let next = outcome.next as usize;
        let step_size = self.params.step_size * 0.01f64.powf(self.steps as f64 / self.params.decay_steps as f64);
        self.q[c] += step_size * (outcome.reward + self.gamma * self.v[next] - self.q[c]);
        self.v[s] = self.solver.solve(m, n, &self.q[range])?.value;
        self.row[self.game.actions(Player::Row, s)].copy_from_slice(self.solver.row_strategy());
        self.column[self.game.actions(Player::Column, s)].copy_from_slice(self.solver.column_strategy());
        self.steps += 1;
        self.state = if outcome.terminal { self.dynamics.reset(self.environment.next_u64()) as usize } else { next };
        Ok(())
    }
}

/// An index drawn from `weights`, or uniformly with probability `explore`.
fn draw(weights: &[f64], explore: f64, rng: &mut Fast) -> usize {
    let uniform = rng::uniform(rng) < explore;
    let word = rng::uniform(rng);
    if uniform {
        return ((word * weights.len() as f64) as usize).min(weights.len() - 1);
    }
    let mut left = word;
    let last = weights.iter().rposition(|&w| w > 0.0).unwrap_or(0);
    weights
        .iter()
        .position(|w| {
            left -= w;
            left < 0.0
        })
        .unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planning::games::tests::markov;
    use crate::planning::games::{GameOptions, solve_game};

    #[test]
    fn it_approaches_the_value_and_strategies_that_lose_little() {
        for (seed, opponent) in [(2, Opponent::Learner), (3, Opponent::Uniform)] {
            let game = markov(6, 1, seed);
            let known = solve_game(&game, 0.7, &GameOptions::default()).unwrap();
            let params = MinimaxQParams { decay_steps: 30_000, ..MinimaxQParams::default() };
            let mut learner = MinimaxQ::new(&game, 0.7, &params, opponent, 0).unwrap();
            let loss = |learner: &MinimaxQ| learner.exploitability(&SolveOptions::default()).unwrap();
            let before = loss(&learner).gap();
            learner.train(40_000).unwrap();
            let after = loss(&learner).gap();
            assert!(after < 0.1 && after < 0.25 * before, "{before} {after}");
            let start = game.joint().initial_value(learner.values());
            assert!((start - known.initial(&game).value).abs() < 0.1, "{start}");
        }
    }

    #[test]
    fn training_may_be_interrupted() {
        let game = markov(6, 1, 4);
        let new = || MinimaxQ::new(&game, 0.9, &MinimaxQParams::default(), Opponent::Learner, 7).unwrap();
        let (mut whole, mut parts) = (new(), new());
        whole.train(500).unwrap();
        parts.train(200).unwrap();
        parts.train(300).unwrap();
        assert_eq!((whole.q, whole.row), (parts.q, parts.row));
        assert!(MinimaxQ::new(&game, 1.0, &MinimaxQParams::default(), Opponent::Learner, 7).is_err());
    }
}
