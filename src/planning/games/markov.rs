//! Two-player zero-sum Markov games as tables.
//!
//! In state `s` the row player picks one of `m(s)` actions and the column player, at the same time, one of `n(s)`; the
//! pair `(i, j)` is choice `first + i n(s) + j` of an ordinary sparse table of joint choices, whose reward the column
//! player pays to the row player. So files, simulation, counting and bounds of tables serve games too. A terminal state
//! has no choice.
//!
//! A **strategy** is stationary, and flat: the probabilities of the player's actions, one state after the other
//! ([`MarkovGame::actions`]). A **staged** strategy has one such block for each step of a horizon.

use std::ops::Range;

use ndarray::ArrayView2;

use crate::error::PolicyFault;
use crate::mdp::{Mdp, MdpBuilder, Model, enumerate};
use crate::{Error, Result};

/// One of the two players.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Player {
    /// Receives the rewards, and maximises.
    Row,
    /// Pays them, and minimises.
    Column,
}

impl Player {
    /// The opponent.
    pub fn other(self) -> Player {
        match self {
            Player::Row => Player::Column,
            Player::Column => Player::Row,
        }
    }
}

/// A finite two-player zero-sum Markov game (stochastic game).
#[derive(Debug, Clone, PartialEq)]
pub struct MarkovGame {
    joint: Mdp,
    /// First action of each state in a strategy of the row player, `[S + 1]`.
    row_start: Vec<u32>,
    /// The same for the column player.
    column_start: Vec<u32>,
}

impl MarkovGame {
    /// A game on a table of joint choices; `shape` has the numbers of actions `(m, n)` of both players in each state,
    /// `(0, 0)` in a terminal one.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of states, or a state whose number of choices is not `m n`.
    ///
    /// ```
    /// use tabrl::mdp::MdpBuilder;
    /// use tabrl::planning::games::{GameOptions, MarkovGame, solve_game};
    ///
    /// // Matching pennies for ever.
    /// let mut builder = MdpBuilder::new(1);
    /// for (choice, reward) in [1.0, -1.0, -1.0, 1.0].into_iter().enumerate() {
    ///     builder.choice(0, choice, &[(1.0, 0, reward)]);
    /// }
    /// let game = MarkovGame::new(builder.build()?, &[(2, 2)])?;
    /// let solution = solve_game(&game, 0.9, &GameOptions::default())?;
    /// assert!(solution.values[0].abs() <= 1e-8 && (solution.row_strategy[0] - 0.5).abs() <= 1e-9);
    /// # Ok::<(), tabrl::Error>(())
    /// ```
    pub fn new(joint: Mdp, shape: &[(usize, usize)]) -> Result<MarkovGame> {
        let states = joint.num_states();
        if shape.len() != states {
            let what = "the list of numbers of actions".into();
            return Err(Error::Shape { what, found: vec![shape.len()], expected: vec![states] });
        }
        let (mut row_start, mut column_start) = (vec![0], vec![0]);
        let (mut rows, mut columns) = (0, 0);
        for (s, &(m, n)) in shape.iter().enumerate() {
            let choices = joint.choices(s).len();
            if m * n != choices || (choices == 0 && m + n > 0) {
                let what = format!("the joint choices of state {s}, actions by actions,");
                return Err(Error::Shape { what, found: vec![choices], expected: vec![m, n] });
            }
            rows += m as u32;
            columns += n as u32;
            row_start.push(rows);
            column_start.push(columns);
        }
        Ok(MarkovGame { joint, row_start, column_start })
    }

    /// The game of a model whose action `i n + j` stands for the pair `(i, j)`, with `n` = `columns` actions of the
    /// column player in every state; returned with the model's state of each index.
    ///
    /// # Errors
    /// As [`enumerate`], or a number of actions that is no multiple of `columns`.
    pub fn from_model<M: Model>(model: &M, columns: usize, limit: usize) -> Result<(MarkovGame, Vec<M::State>)> {
        let actions = model.num_actions();
        let rows = actions.checked_div(columns).unwrap_or(0);
        let table = enumerate(model, limit)?;
        let terminal = |s: usize| table.mdp.is_terminal(s);
        let shape: Vec<(usize, usize)> =
            (0..table.mdp.num_states()).map(|s| if terminal(s) { (0, 0) } else { (rows, columns) }).collect();
        Ok((MarkovGame::new(table.mdp, &shape)?, table.states))
    }

    /// One play of a matrix game with payoffs in `[0, 1]`, `[m, n]`: the pair `(i, j)` pays 1 with probability
    /// `payoffs[[i, j]]`, else 0, and ends in the terminal state 1.
    ///
    /// # Errors
    /// [`Error::Probability`] for another payoff.
    pub fn one_shot(payoffs: ArrayView2<f64>) -> Result<MarkovGame> {
        let (m, n) = payoffs.dim();
        let mut builder = MdpBuilder::new(2);
        builder.terminal(1);
        for (choice, &p) in payoffs.iter().enumerate() {
            builder.choice(0, choice, &[(p, 1, 1.0), (1.0 - p, 1, 0.0)]);
        }
        MarkovGame::new(builder.build()?, &[(m, n), (0, 0)])
    }

    /// The table of joint choices.
    pub fn joint(&self) -> &Mdp {
        &self.joint
    }

    /// Number of states `S`.
    pub fn num_states(&self) -> usize {
        self.joint.num_states()
    }

    /// Where a player's actions in state `s` stand in a strategy; empty if `s` is terminal.
    #[inline]
    pub fn actions(&self, player: Player, s: usize) -> Range<usize> {
        let start = self.starts(player);
        start[s] as usize..start[s + 1] as usize
    }

    /// Length of a player's strategies: actions summed over the states.
    pub fn num_actions(&self, player: Player) -> usize {
        self.starts(player)[self.num_states()] as usize
    }

    pub(super) fn starts(&self, player: Player) -> &[u32] {
        match player {
            Player::Row => &self.row_start,
            Player::Column => &self.column_start,
        }
    }

    /// Numbers of actions `(m, n)` in state `s`.
    #[inline]
    pub fn shape(&self, s: usize) -> (usize, usize) {
        (self.actions(Player::Row, s).len(), self.actions(Player::Column, s).len())
    }

    /// The strategy that takes every action of a state with the same probability.
    pub fn uniform(&self, player: Player) -> Vec<f64> {
        let mut strategy = vec![0.0; self.num_actions(player)];
        for s in 0..self.num_states() {
            let actions = self.actions(player, s);
            let share = 1.0 / actions.len() as f64;
            strategy[actions].fill(share);
        }
        strategy
    }

    /// Checks that `strategy` has one distribution for each state.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::Policy`] with the state.
    pub fn check_strategy(&self, player: Player, strategy: &[f64]) -> Result<()> {
        let expected = self.num_actions(player);
        if strategy.len() != expected {
            let what = "a strategy".into();
            return Err(Error::Shape { what, found: vec![strategy.len()], expected: vec![expected] });
        }
        for state in (0..self.num_states()).filter(|&s| !self.joint.is_terminal(s)) {
            let row = &strategy[self.actions(player, state)];
            let sum: f64 = row.iter().sum();
            let smallest = row.iter().copied().fold(f64::INFINITY, f64::min);
            if !(smallest >= 0.0 && (sum - 1.0).abs() <= 1e-9) {
                return Err(Error::Policy { state, stage: 0, reason: PolicyFault::Distribution { sum, smallest } });
            }
        }
        Ok(())
    }

    /// The payoffs of state `s` if a successor is worth `v`, `[S]`: `r + γ Σ p v`, `[m · n]`, row by row, into `out`.
    #[inline]
    pub fn payoffs(&self, s: usize, gamma: f64, v: &[f64], out: &mut Vec<f64>) {
        out.clear();
        out.extend(self.joint.choices(s).map(|c| self.joint.rewards()[c] + gamma * self.joint.expect(c, v)));
    }
}
