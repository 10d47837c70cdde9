//! Optimistic Nash-VI: upper and lower values on the empirical model, and a coarse correlated equilibrium of both a
//! state.
//!
//! ```text
//! Q̄_h = min( r̂ + p̂ · V̄_{h+1} + γ_h + β_h, cap_h )      Q̲_h = max( r̂ + p̂ · V̲_{h+1} − γ_h − β_h, floor_h )
//! β_h = bonus · (range of what can be won from h on) · √(ι / n),  ι = ln(S A B H K / δ)
//! γ_h = (spread / H) p̂ · (V̄_{h+1} − V̲_{h+1})
//! π_h(s) = CCE(Q̄_h(s), Q̲_h(s))         V̄_h(s) = Σ π Q̄_h         V̲_h(s) = Σ π Q̲_h
//! ```
//! (After Liu, Yu, Bai and Jin 2021, algorithm 1, whose constants are unspecified, and whose bonus has a further term in
//! `H² S ι / n` that is left out here; neither was compared with the text of the paper, and no theorem is claimed.) Both players draw from `π` together; the
//! strategy that is judged is its marginal for the row player. As long as the bonuses cover the errors, `V̄ − V̲`
//! bounds what the two marginals lose together, and the bounds close in.
//!
//! In a coarse correlated equilibrium no player gains by a deviation that he fixes beforehand: `Σ π Q̄ ≥ Σ π Q̄(i', ·)`
//! for all `i'`, and `Σ π Q̲ ≤ Σ π Q̲(·, j')` for all `j'`. It is found as the maximin strategy of a matrix game: one
//! side picks a pair `(i, j)`, the other a deviation, and the payoff is what the deviation loses; its value is not
//! negative (Hart and Schmeidler 1989).
//!
//! A plan solves `H S` matrix games of `m n` rows and `m + n` columns; those whose numbers did not change since the
//! last plan are left as they are, which changes no result.

use super::regret::draw;
use super::{GameAgent, GameSetup};
use crate::Result;
use crate::exploration::{Counting, Counts, Step};
use crate::learning::params::hyper_parameters;
use crate::planning::games::{MatrixSolver, Player};
use crate::rng::Fast;

hyper_parameters! {
    /// Hyper-parameters of Nash-VI.
    NashViParams {
        /// Factor of the bonus.
        bonus: f64 = 0.3, "a number of at least 0", |x: f64| x >= 0.0 && x.is_finite();
        /// Factor of the part of the bonus that is the distance of the bounds.
        spread: f64 = 1.0, "a number of at least 0", |x: f64| x >= 0.0 && x.is_finite();
        /// Probability δ with which the bounds may fail.
        delta: f64 = 0.1, "in (0, 1)", |x: f64| x > 0.0 && x < 1.0;
        /// How visits are counted.
        counts: Counting = Counting::Staged, "pooled or staged", |_| true;
    }
}

/// The agent.
#[derive(Debug, Clone)]
pub struct NashVi<'a> {
    setup: GameSetup<'a>,
    params: NashViParams,
    counts: Counts,
    /// `Q̄` and `Q̲`, `[H · C]`.
    upper: Vec<f64>,
    lower: Vec<f64>,
    /// `V̄` and `V̲`, `[(H + 1) · S]`.
    value_upper: Vec<f64>,
    value_lower: Vec<f64>,
    /// `π`, `[H · C]`.
    joint: Vec<f64>,
    /// Its marginals, `[H · actions]`.
    row: Vec<f64>,
    column: Vec<f64>,
    correlated: Correlated,
    planned: bool,
}

impl<'a> NashVi<'a> {
    /// An agent that has seen nothing.
    ///
    /// # Errors
    /// A hyper-parameter or the setup out of range.
    pub fn new(setup: &GameSetup<'a>, params: &NashViParams) -> Result<NashVi<'a>> {
        params.validate()?;
        setup.validate()?;
        let GameSetup { game, horizon, .. } = *setup;
        let (states, choices) = (game.num_states(), game.joint().num_choices());
        Ok(NashVi {
            setup: *setup,
            params: *params,
            counts: Counts::new(params.counts, choices, horizon),
            upper: vec![0.0; horizon * choices],
            lower: vec![0.0; horizon * choices],
            value_upper: vec![0.0; (horizon + 1) * states],
            value_lower: vec![0.0; (horizon + 1) * states],
            joint: vec![0.0; horizon * choices],
            row: vec![0.0; horizon * game.num_actions(Player::Row)],
            column: vec![0.0; horizon * game.num_actions(Player::Column)],
            correlated: Correlated::default(),
            planned: false,
        })
    }

    /// `(V̲_0, V̄_0)` from the initial distribution.
    pub fn bounds(&self) -> (f64, f64) {
        let joint = self.setup.game.joint();
        (joint.initial_value(&self.value_lower), joint.initial_value(&self.value_upper))
    }

    /// The column player's staged strategy of this episode, `[H · actions]`.
    pub fn column(&self) -> &[f64] {
        &self.column
    }

    /// `Q̄` and `Q̲` of a joint choice.
    fn worth(&self, stage: usize, c: usize) -> (f64, f64) {
        let GameSetup { game, horizon, episodes, reward_range, .. } = self.setup;
        let (floor, cap) = self.setup.value_range(stage);
        let row = self.counts.row(stage, c);
        let visits = self.counts.visits(row);
        if visits == 0 {
            return (cap, floor);
        }
        let next = (stage + 1) * game.num_states()..(stage + 2) * game.num_states();
        let above = self.counts.expect(row, &self.value_upper[next.clone()]);
        let below = self.counts.expect(row, &self.value_lower[next]);
        let size = (game.joint().num_choices() * horizon) as f64 * episodes as f64 / self.params.delta;
        let width = (horizon - stage) as f64 * (reward_range.1.max(0.0) - reward_range.0.min(0.0));
        let bonus = self.params.bonus * width * (size.ln() / f64::from(visits)).sqrt()
            + self.params.spread / horizon as f64 * (above - below);
        let reward = self.counts.mean_reward(row);
        (cap.min(reward + above + bonus), floor.max(reward + below - bonus))
    }

    fn plan_state(&mut self, stage: usize, s: usize) -> Result<()> {
        let game = self.setup.game;
        let (m, n) = game.shape(s);
        if m == 0 {
            return Ok(());
        }
        let (states, choices) = (game.num_states(), game.joint().num_choices());
        let range = game.joint().choices(s);
        let cells = stage * choices + range.start..stage * choices + range.end;
        let mut changed = !self.planned;
        for c in range {
            let (upper, lower) = self.worth(stage, c);
            let cell = stage * choices + c;
            changed |= self.upper[cell] != upper || self.lower[cell] != lower;
            (self.upper[cell], self.lower[cell]) = (upper, lower);
        }
        if !changed {
            return Ok(());
        }
        let (upper, lower) = (&self.upper[cells.clone()], &self.lower[cells.clone()]);
        let pi = self.correlated.solve(m, n, upper, lower)?;
        let expected = |q: &[f64]| pi.iter().zip(q).map(|(p, q)| p * q).sum::<f64>();
        self.value_upper[stage * states + s] = expected(upper);
        self.value_lower[stage * states + s] = expected(lower);
        let row = &mut self.row[stage * game.num_actions(Player::Row)..][game.actions(Player::Row, s)];
        let column = &mut self.column[stage * game.num_actions(Player::Column)..][game.actions(Player::Column, s)];
        row.fill(0.0);
        column.fill(0.0);
        for (k, p) in pi.iter().enumerate() {
            row[k / n] += p;
            column[k % n] += p;
        }
        self.joint[cells].copy_from_slice(pi);
        Ok(())
    }
}

impl GameAgent for NashVi<'_> {
    fn begin(&mut self, _episode: u64) -> Result<()> {
        for stage in (0..self.setup.horizon).rev() {
            for s in 0..self.setup.game.num_states() {
                self.plan_state(stage, s)?;
            }
        }
        self.planned = true;
        Ok(())
    }

    fn row(&self) -> &[f64] {
        &self.row
    }

    fn draw(&mut self, stage: usize, state: usize, rng: &mut Fast) -> usize {
        let joint = self.setup.game.joint();
        let range = joint.choices(state);
        range.start + draw(&self.joint[stage * joint.num_choices()..][range], rng)
    }

    fn observe(&mut self, step: &Step) {
        self.counts.add(self.counts.row(step.stage, step.choice), step.reward, step.next);
    }

    fn optimistic_value(&self) -> Option<f64> {
        Some(self.bounds().1)
    }
}

/// Coarse correlated equilibria, one after another.
#[derive(Debug, Clone, Default)]
pub(super) struct Correlated {
    solver: MatrixSolver,
    payoffs: Vec<f64>,
}

impl Correlated {
    /// An equilibrium of the game that pays `upper` to the row player and takes `lower` from the column player, `[m ·
    /// n]`.
    pub fn solve(&mut self, m: usize, n: usize, upper: &[f64], lower: &[f64]) -> Result<&[f64]> {
        self.payoffs.clear();
        for (i, j) in (0..m).flat_map(|i| (0..n).map(move |j| (i, j))) {
            self.payoffs.extend((0..m).map(|other| upper[i * n + j] - upper[other * n + j]));
            self.payoffs.extend((0..n).map(|other| lower[i * n + other] - lower[i * n + j]));
        }
        self.solver.solve(m * n, m + n, &self.payoffs)?;
        Ok(self.solver.row_strategy())
    }
}
