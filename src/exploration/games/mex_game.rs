//! MEX in a Markov game, model-based, by the relaxations that dynamic programming solves; rewards are known.
//!
//! ```text
//! learner    Q̄_h(c) = min( cap_h,   r(c) + max_p [ p·V̄_{h+1} − η N KL(p̂ ‖ p) ] )
//!            V̄_h(s) = val Q̄_h(s), and μ_h(s) is optimal in it
//! exploiter  Q̲_h(c) = max( floor_h, r(c) + min_p [ p·V̲_{h+1} + η N KL(p̂ ‖ p) ] )
//!            V̲_h(s) = min_j Σ_i μ_h(i|s) Q̲_h(s, i, j), and ν_h(s) is the best j
//! ```
//! (MEX-MG of Liu et al. 2023, arXiv 2305.18258: `f_k = argmax_f V*_f − η L(f)`, `g_k = argmax_g −V_g^{μ_k,†} − η
//! L(g)`, play `(μ_k, ν_k)`.) The inner problems are the blocks of [`mex`](crate::exploration::mex), with values turned
//! for the exploiter. A row is reached with probability `w ≤ 1` and its penalty is not negative, so with counts by step
//! and every model `P`
//! ```text
//! V̄_0 ≥ val_P − η L(P)          V̲_0 ≤ min_ν V_P^{μ_k,ν} + η L(P)          L(P) = Σ_{h,c} N_h KL(p̂_h ‖ P)
//! ```
//! of which the true game is one. With pooled counts the penalty is paid at every step instead of once; that is a
//! heuristic.
//!
//! A plan solves `H S` matrix games; those whose numbers did not change since the last plan are left as they are, which
//! changes no result.

use super::regret::{draw, least};
use super::{GameAgent, GameSetup};
use crate::Result;
use crate::exploration::mex::{Block, Worths};
use crate::exploration::{Counting, Counts, Step};
use crate::learning::params::hyper_parameters;
use crate::planning::games::{MatrixSolver, Player};
use crate::rng::{self, Fast, Purpose};

hyper_parameters! {
    /// Hyper-parameters of MEX in a Markov game.
    MexGameParams {
        /// The price `η` of a nat of the log-likelihood.
        eta: f64 = 0.3, "a positive number", |x: f64| x > 0.0 && x.is_finite();
        /// How visits are counted.
        counts: Counting = Counting::Staged, "pooled or staged", |_| true;
    }
}

/// The agent.
#[derive(Debug, Clone)]
pub struct MexGame<'a> {
    setup: GameSetup<'a>,
    params: MexGameParams,
    counts: Counts,
    /// `Q̄`, `[H · C]`, and `V̄`, `[(H + 1) · S]`.
    upper: Vec<f64>,
    value_upper: Vec<f64>,
    /// `−V̲`, `[(H + 1) · S]`.
    turned: Vec<f64>,
    /// `μ`, `[H · actions]`.
    row: Vec<f64>,
    /// The column player's action in `ν`, `[H · S]`.
    column: Vec<u32>,
    solver: MatrixSolver,
    scratch: Vec<f64>,
    rng: Fast,
    planned: bool,
}

impl<'a> MexGame<'a> {
    /// An agent that has seen nothing.
    ///
    /// # Errors
    /// A hyper-parameter or the setup out of range.
    pub fn new(setup: &GameSetup<'a>, params: &MexGameParams) -> Result<MexGame<'a>> {
        params.validate()?;
        setup.validate()?;
        let GameSetup { game, horizon, seed, .. } = *setup;
        let (states, choices) = (game.num_states(), game.joint().num_choices());
        Ok(MexGame {
            setup: *setup,
            params: *params,
            counts: Counts::new(params.counts, choices, horizon),
            upper: vec![0.0; horizon * choices],
            value_upper: vec![0.0; (horizon + 1) * states],
            turned: vec![0.0; (horizon + 1) * states],
            row: vec![0.0; horizon * game.num_actions(Player::Row)],
            column: vec![0; horizon * states],
            solver: MatrixSolver::default(),
            scratch: Vec::new(),
            rng: rng::fast(seed, Purpose::Policy, 0),
            planned: false,
        })
    }

    /// `(V̲_0, V̄_0)` from the initial distribution: what the exploiter believes that the row player wins, and what the
    /// learner does.
    pub fn bounds(&self) -> (f64, f64) {
        let joint = self.setup.game.joint();
        (-joint.initial_value(&self.turned), joint.initial_value(&self.value_upper))
    }

    /// What was seen.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    fn plan_learner(&mut self, stage: usize) -> Result<()> {
        let MexGame { setup, params, counts, upper, value_upper, row, solver, scratch, planned, .. } = self;
        let GameSetup { game, .. } = *setup;
        let (states, choices) = (game.num_states(), game.joint().num_choices());
        let cap = setup.value_range(stage).1;
        let (before, after) = value_upper.split_at_mut((stage + 1) * states);
        let (now, worths) = (&mut before[stage * states..], Worths::new(&after[..states]));
        let held = &mut upper[stage * choices..(stage + 1) * choices];
        let row = &mut row[stage * game.num_actions(Player::Row)..];
        for s in 0..states {
            let ((m, n), range) = (game.shape(s), game.joint().choices(s));
            if m == 0 {
                continue;
            }
            let worth = |c: usize| game.joint().rewards()[c] + optimistic(counts, params.eta, stage, c, worths);
            scratch.clear();
            scratch.extend(range.clone().map(|c| cap.min(worth(c))));
            if *planned && held[range.clone()] == scratch[..] {
                continue;
            }
            now[s] = solver.solve(m, n, scratch)?.value;
            row[game.actions(Player::Row, s)].copy_from_slice(solver.row_strategy());
            held[range].copy_from_slice(scratch);
        }
        Ok(())
    }

    fn plan_exploiter(&mut self, stage: usize) {
        let MexGame { setup, params, counts, turned, row, column, scratch, rng, .. } = self;
        let GameSetup { game, .. } = *setup;
        let states = game.num_states();
        let floor = setup.value_range(stage).0;
        let (before, after) = turned.split_at_mut((stage + 1) * states);
        let (now, worths) = (&mut before[stage * states..], Worths::new(&after[..states]));
        let row = &row[stage * game.num_actions(Player::Row)..];
        for s in 0..states {
            let ((m, n), first) = (game.shape(s), game.joint().choices(s).start);
            if m == 0 {
                continue;
            }
            scratch.clear();
            scratch.resize(n, 0.0);
            for (i, &p) in row[game.actions(Player::Row, s)].iter().enumerate().filter(|(_, p)| **p != 0.0) {
                for (j, wins) in scratch.iter_mut().enumerate() {
                    let c = first + i * n + j;
                    *wins +=
                        p * floor.max(game.joint().rewards()[c] - optimistic(counts, params.eta, stage, c, worths));
                }
            }
            let j = least(scratch, rng);
            (now[s], column[stage * states + s]) = (-scratch[j], j as u32);
        }
    }

    /// `μ_h(s)`.
    fn strategy(&self, stage: usize, s: usize) -> &[f64] {
        let game = self.setup.game;
        &self.row[stage * game.num_actions(Player::Row)..][game.actions(Player::Row, s)]
    }
}

/// `max_p [ p·v − η N KL(p̂ ‖ p) ]` of a joint choice.
#[inline]
fn optimistic(counts: &Counts, eta: f64, stage: usize, c: usize, worths: Worths<'_>) -> f64 {
    Block::solve(counts.successors(counts.row(stage, c)), eta, 1.0, worths).value
}

impl GameAgent for MexGame<'_> {
    fn begin(&mut self, _episode: u64) -> Result<()> {
        for stage in (0..self.setup.horizon).rev() {
            self.plan_learner(stage)?;
        }
        self.planned = true;
        for stage in (0..self.setup.horizon).rev() {
            self.plan_exploiter(stage);
        }
        Ok(())
    }

    fn row(&self) -> &[f64] {
        &self.row
    }

    fn draw(&mut self, stage: usize, state: usize, rng: &mut Fast) -> usize {
        let game = self.setup.game;
        let column = self.column[stage * game.num_states() + state] as usize;
        let (_, n) = game.shape(state);
        game.joint().choices(state).start + draw(self.strategy(stage, state), rng) * n + column
    }

    fn observe(&mut self, step: &Step) {
        self.counts.add(self.counts.row(step.stage, step.choice), step.reward, step.next);
    }

    fn optimistic_value(&self) -> Option<f64> {
        Some(self.bounds().1)
    }
}
