//! Discounted Markov games: Shapley iteration and the Hoffman–Karp method, with certified bounds.
//!
//! The Shapley operator `(Tv)(s) = val[ r(s, i, j) + γ Σ p(s'|s, i, j) v(s') ]` is monotone and, like that of an MDP, a
//! γ-contraction that adds `γ c ρ` if `c` is added to `v`, with `ρ` in the range of the row sums (Shapley 1953). So the
//! bounds around one sweep are those of [`bounds`](crate::planning::bounds), and hold for the strategies of the sweep's
//! matrix games too: with `T_x v = min_j`, `T_x v ≥ Tv − gap`, and the same argument gives `min_y V^{x,y} ≥ lower`;
//! likewise for the column player. The duality gaps of the matrix games are part of the rounding that the bounds
//! include.
//!
//! Hoffman and Karp (1966) replace `v` by the value of the column player's best response to the row strategy of the
//! sweep: an MDP each step, and fewer steps. Such a `v` has `Tv ≥ T_x v = v`, so it rises to the value, at least as
//! fast as Shapley's sweeps. (Replacing it by the value of the pair of strategies, as naive policy iteration does, may
//! cycle: van der Wal 1978.)

use std::time::Instant;

use super::response::best_response;
use super::{MarkovGame, MatrixSolver, MatrixValue, Player};
use crate::numeric::directed::add_up;
use crate::planning::bellman::Change;
use crate::planning::bounds::Certifier;
use crate::planning::progress::finite;
use crate::planning::{Criterion, InitialValue, SolveOptions, Status};
use crate::{Error, Result};

/// How to solve a discounted game.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum GameMethod {
    /// Sweeps of the Shapley operator.
    #[default]
    Shapley,
    /// A best response of the column player after each sweep.
    HoffmanKarp,
}

/// What to aim for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GameOptions {
    /// Largest `upper − lower` over the states that is accepted.
    pub epsilon: f64,
    /// The method.
    pub method: GameMethod,
    /// Most sweeps.
    pub max_iterations: usize,
}

impl Default for GameOptions {
    fn default() -> Self {
        GameOptions { epsilon: 1e-8, method: GameMethod::Shapley, max_iterations: 1_000_000 }
    }
}

/// The value of a discounted game with strategies that prove it.
#[derive(Debug, Clone, PartialEq)]
pub struct GameSolution {
    /// The value of each state (middle of the bounds), `[S]`.
    pub values: Vec<f64>,
    /// Certified lower bound, `[S]`: `row_strategy`, played for ever, wins at least this.
    pub lower: Vec<f64>,
    /// Certified upper bound, `[S]`: `column_strategy` pays at most this.
    pub upper: Vec<f64>,
    /// A strategy of the row player, see [`MarkovGame::actions`].
    pub row_strategy: Vec<f64>,
    /// A strategy of the column player.
    pub column_strategy: Vec<f64>,
    /// How it ended.
    pub status: Status,
    /// Sweeps of the Shapley operator.
    pub iterations: usize,
    /// States whose matrix game had no saddle point in pure strategies in the last sweep.
    pub mixed_states: usize,
    /// The largest duality gap of a matrix game in the last sweep.
    pub duality_gap: f64,
    /// `‖Tv − v‖∞` of each sweep; falls by `γ` a sweep at least in Shapley iteration.
    pub changes: Vec<f64>,
    /// Wall time in seconds.
    pub seconds: f64,
}

impl GameSolution {
    /// The value from the initial distribution, with certified bounds.
    pub fn initial(&self, game: &MarkovGame) -> InitialValue {
        InitialValue::of(game.joint(), &self.lower, &self.upper)
    }

    /// The largest `upper − lower`.
    pub fn max_gap(&self) -> f64 {
        self.lower.iter().zip(&self.upper).map(|(low, high)| high - low).fold(0.0, f64::max)
    }
}

/// Solves a game under discount `gamma`.
///
/// # Errors
/// A discount outside (0, 1), options out of range, row sums that outweigh the discount, or rewards so large that
/// values overflow.
pub fn solve_game(game: &MarkovGame, gamma: f64, options: &GameOptions) -> Result<GameSolution> {
    let began = Instant::now();
    Criterion::Discounted { gamma }.validate()?;
    let GameOptions { epsilon, max_iterations, .. } = *options;
    SolveOptions { epsilon, max_iterations, ..SolveOptions::default() }.validate()?;
    let joint = game.joint();
    let certifier = Certifier::new(joint, gamma)?;
    let mut v = vec![0.0; game.num_states()];
    let mut sweep = Sweep::new(game);
    let mut changes = Vec::new();
    let mut magnitude = 0.0;
    loop {
        let found = sweep.run(game, gamma, &v)?;
        let change = found.change;
        finite(change.magnitude)?;
        let rounding = add_up(certifier.rounding(magnitude), found.duality_gap);
        let bracket = certifier.bracket_rounded(&change, rounding);
        finite(bracket.gap)?;
        changes.push(change.max.abs().max(change.min.abs()));
        let rounded_out = bracket.rounding_gap > epsilon && bracket.gap <= 4.0 * bracket.rounding_gap;
        let status = if bracket.gap <= epsilon {
            Status::Certified
        } else if rounded_out {
            Status::RoundingLimit
        } else if changes.len() >= max_iterations {
            Status::IterationLimit
        } else {
            magnitude = next_values(game, gamma, options, &mut sweep, &mut v)?;
            continue;
        };
        let (lower, upper) = bracket.around(joint, &sweep.swept);
        return Ok(GameSolution {
            values: lower.iter().zip(&upper).map(|(low, high)| low + 0.5 * (high - low)).collect(),
            lower,
            upper,
            row_strategy: sweep.row,
            column_strategy: sweep.column,
            status,
            iterations: changes.len(),
            mixed_states: found.mixed_states,
            duality_gap: found.duality_gap,
            changes: if joint.num_choices() == 0 { vec![] } else { changes },
            seconds: began.elapsed().as_secs_f64(),
        });
    }
}

/// Writes the vector of the next sweep to `v`; its largest magnitude.
fn next_values(
    game: &MarkovGame,
    gamma: f64,
    options: &GameOptions,
    sweep: &mut Sweep,
    v: &mut Vec<f64>,
) -> Result<f64> {
    match options.method {
        GameMethod::Shapley => std::mem::swap(v, &mut sweep.swept),
        GameMethod::HoffmanKarp => {
            // Accurate enough that the next sweep may certify: a residual of x makes a gap of 2 x / (1 − γ) at most.
            let epsilon = (0.1 * options.epsilon * (1.0 - gamma)).max(f64::MIN_POSITIVE);
            let solve = SolveOptions { epsilon, ..SolveOptions::default() };
            *v = best_response(game, Player::Column, &sweep.row, gamma, &solve)?.lower;
        }
    }
    Ok(v.iter().fold(0.0, |m: f64, x| m.max(x.abs())))
}

/// One application of the Shapley operator, with its strategies; nothing is allocated after the first.
pub(super) struct Sweep {
    solver: MatrixSolver,
    payoffs: Vec<f64>,
    /// `Tv`, `[S]`; 0 in terminal states.
    pub swept: Vec<f64>,
    /// Strategies of the matrix games.
    pub row: Vec<f64>,
    pub column: Vec<f64>,
}

/// What a sweep found out.
pub(super) struct Swept {
    pub change: Change,
    pub mixed_states: usize,
    pub duality_gap: f64,
}

impl Sweep {
    pub fn new(game: &MarkovGame) -> Sweep {
        Sweep {
            solver: MatrixSolver::default(),
            payoffs: Vec::new(),
            swept: vec![0.0; game.num_states()],
            row: vec![0.0; game.num_actions(Player::Row)],
            column: vec![0.0; game.num_actions(Player::Column)],
        }
    }

    /// `Tv` and its strategies.
    pub fn run(&mut self, game: &MarkovGame, gamma: f64, v: &[f64]) -> Result<Swept> {
        let mut found = Swept { change: Change::NONE, mixed_states: 0, duality_gap: 0.0 };
        for s in 0..game.num_states() {
            let (m, n) = game.shape(s);
            if m == 0 {
                continue;
            }
            game.payoffs(s, gamma, v, &mut self.payoffs);
            let solved = self.solver.solve(m, n, &self.payoffs).map_err(|error| overflow(s, error))?;
            let MatrixValue { value, lower, upper, pivots } = solved;
            self.swept[s] = value;
            self.row[game.actions(Player::Row, s)].copy_from_slice(self.solver.row_strategy());
            self.column[game.actions(Player::Column, s)].copy_from_slice(self.solver.column_strategy());
            found.mixed_states += usize::from(pivots > 0);
            found.duality_gap = found.duality_gap.max(add_up(upper, -lower).max(0.0));
            let Change { min, max, magnitude } = &mut found.change;
            let moved = value - v[s];
            (*min, *max, *magnitude) = (min.min(moved), max.max(moved), magnitude.max(value.abs()));
        }
        if found.mixed_states == 0 {
            found.duality_gap = 0.0; // pure saddle points are exact
        }
        Ok(found)
    }
}

/// Payoffs of a validated game are numbers until they overflow.
fn overflow(state: usize, error: Error) -> Error {
    Error::NotApplicable {
        method: "a Markov game",
        reason: format!("in state {state}, {error}; scale the rewards down"),
    }
}
