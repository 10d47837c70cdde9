//! Markov games over a finite horizon: `V_H = 0`, `V_h = val[ r + P V_{h+1} ]`, and a pair of strategies a step.
//!
//! The bounds are those of [backward induction](crate::planning) for MDPs: with `η_h` the rounding of a sweep and the
//! duality gaps of its matrix games, the errors add up to `e_h = η_h + ρ_max e_{h+1}`, and `V_0 ± e_0` holds for the
//! strategies as well.

use super::shapley::Sweep;
use super::{MarkovGame, Player};
use crate::Result;
use crate::numeric::directed::{add_down, add_up, mul_up};
use crate::planning::bounds::Certifier;
use crate::planning::progress::finite;
use crate::planning::{Criterion, InitialValue};

/// The value of a game over a horizon.
#[derive(Debug, Clone, PartialEq)]
pub struct FiniteGameSolution {
    /// `V_0`, `[S]`.
    pub values: Vec<f64>,
    /// Certified lower bound of `V_0`, `[S]`, which the row strategy wins at least.
    pub lower: Vec<f64>,
    /// Certified upper bound of `V_0`, `[S]`, which the column strategy pays at most.
    pub upper: Vec<f64>,
    /// The row player's staged strategy, step by step, `[H · actions]`.
    pub row_strategy: Vec<f64>,
    /// The column player's.
    pub column_strategy: Vec<f64>,
    /// The largest duality gap of a matrix game.
    pub duality_gap: f64,
}

impl FiniteGameSolution {
    /// The value from the initial distribution, with certified bounds.
    pub fn initial(&self, game: &MarkovGame) -> InitialValue {
        InitialValue::of(game.joint(), &self.lower, &self.upper)
    }
}

/// Solves a game over `horizon` steps, undiscounted.
///
/// # Errors
/// A horizon of 0, or rewards so large that values overflow.
pub fn solve_game_finite(game: &MarkovGame, horizon: usize) -> Result<FiniteGameSolution> {
    Criterion::FiniteHorizon { horizon }.validate()?;
    let certifier = Certifier::undiscounted(game.joint(), 1.0);
    let mut sweep = Sweep::new(game);
    let mut v = vec![0.0; game.num_states()];
    let (rows, columns) = (sweep.row.len(), sweep.column.len());
    let (mut row_strategy, mut column_strategy) = (vec![0.0; horizon * rows], vec![0.0; horizon * columns]);
    let (mut error, mut magnitude, mut duality_gap) = (0.0, 0.0, 0.0f64);
    for h in (0..horizon).rev() {
        let found = sweep.run(game, 1.0, &v)?;
        finite(found.change.magnitude)?;
        let rounding = add_up(certifier.rounding(magnitude), found.duality_gap);
        error = add_up(rounding, mul_up(certifier.largest_mass(), error));
        magnitude = found.change.magnitude;
        duality_gap = duality_gap.max(found.duality_gap);
        row_strategy[h * rows..][..rows].copy_from_slice(&sweep.row);
        column_strategy[h * columns..][..columns].copy_from_slice(&sweep.column);
        std::mem::swap(&mut v, &mut sweep.swept);
    }
    let around = |by: f64, towards: fn(f64, f64) -> f64| {
        let terminal = |s| game.joint().is_terminal(s);
        v.iter().enumerate().map(|(s, &v)| if terminal(s) { 0.0 } else { towards(v, by) }).collect()
    };
    let (lower, upper) = (around(-error, add_down), around(error, add_up));
    Ok(FiniteGameSolution { values: v, lower, upper, row_strategy, column_strategy, duality_gap })
}

/// The value at step 0 if `player` responds in the best way to the staged strategy `opponent` of the other player: `V_h
/// = min_j Σ_i x_h(i) [ r + P V_{h+1} ]` for the column player, `max_i` for the row player. The result is in the first
/// `S` entries of `v`, which is `[2 · S]`; exact up to rounding.
///
/// # Panics
/// Arrays of another shape.
pub fn staged_response(game: &MarkovGame, horizon: usize, player: Player, opponent: &[f64], v: &mut [f64]) {
    let joint = game.joint();
    let size = game.num_actions(player.other());
    let (now, next) = v.split_at_mut(game.num_states());
    next.fill(0.0);
    for h in (0..horizon).rev() {
        let strategy = &opponent[h * size..][..size];
        for (s, value) in now.iter_mut().enumerate() {
            let (first, (m, n)) = (joint.choices(s).start, game.shape(s));
            let weights = &strategy[game.actions(player.other(), s)];
            let worth = |i: usize, j: usize| {
                let c = first + i * n + j;
                joint.rewards()[c] + joint.expect(c, next)
            };
            let expected = |own: usize| {
                let theirs = weights.iter().enumerate().filter(|(_, w)| **w != 0.0);
                theirs.map(|(k, w)| w * if player == Player::Row { worth(own, k) } else { worth(k, own) }).sum::<f64>()
            };
            *value = match player {
                _ if m == 0 => 0.0,
                Player::Row => (0..m).map(expected).fold(f64::NEG_INFINITY, f64::max),
                Player::Column => (0..n).map(expected).fold(f64::INFINITY, f64::min),
            };
        }
        next.copy_from_slice(now);
    }
}
