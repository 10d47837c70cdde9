//! Best responses and exploitability: against a fixed strategy, a game is an ordinary MDP.
//!
//! ```text
//! r_y(s, i) = Σ_j y(j|s) r(s, i, j)      p_y(s'|s, i) = Σ_j y(j|s) p(s'|s, i, j)
//! ```
//! so [`solve`](crate::planning::solve) tells, with certified bounds, what the worst opponent takes from a strategy.

use super::{MarkovGame, Player};
use crate::Result;
use crate::mdp::{CsrParts, Mdp};
use crate::planning::{Criterion, InitialValue, Objective, Solution, SolveOptions, solve};

/// The MDP that `player` faces if the other player keeps to `opponent`. Its choices are the player's actions, in the
/// order of [`MarkovGame::actions`]; its rewards are the row player's, so that the column player minimises.
///
/// # Errors
/// An `opponent` that is no strategy of the other player.
pub fn response_mdp(game: &MarkovGame, player: Player, opponent: &[f64]) -> Result<Mdp> {
    let other = player.other();
    game.check_strategy(other, opponent)?;
    let joint = game.joint();
    let mut parts = CsrParts {
        choice_start: game.starts(player).to_vec(),
        branch_start: vec![0],
        initial: joint.initial().to_vec(),
        labels: joint.labels().clone(),
        ..CsrParts::default()
    };
    // Where the branch to a state is, if the present choice has one.
    let mut place = vec![usize::MAX; game.num_states()];
    for s in 0..game.num_states() {
        let (first, (_, n)) = (joint.choices(s).start, game.shape(s));
        let weights = &opponent[game.actions(other, s)];
        let total: f64 = weights.iter().sum();
        for own in 0..game.actions(player, s).len() {
            let begin = parts.next.len();
            let mut reward = 0.0;
            for (theirs, weight) in weights.iter().enumerate().filter(|(_, w)| **w != 0.0) {
                let weight = weight / total;
                let c = first
                    + match player {
                        Player::Row => own * n + theirs,
                        Player::Column => theirs * n + own,
                    };
                reward += weight * joint.rewards()[c];
                for (t, p) in joint.branches(c) {
                    if place[t] == usize::MAX {
                        place[t] = parts.next.len();
                        parts.next.push(t as u32);
                        parts.probability.push(0.0);
                    }
                    parts.probability[place[t]] += weight * p;
                }
            }
            parts.next[begin..].iter().for_each(|&t| place[t as usize] = usize::MAX);
            parts.reward.push(reward);
            parts.branch_start.push(parts.next.len() as u32);
        }
    }
    Mdp::from_csr(parts)
}

/// The best that `player` can do against the stationary strategy `opponent` under discount `gamma`; the objective in
/// `options` is set to the player's.
///
/// # Errors
/// As [`response_mdp`] and [`solve`].
pub fn best_response(
    game: &MarkovGame,
    player: Player,
    opponent: &[f64],
    gamma: f64,
    options: &SolveOptions,
) -> Result<Solution> {
    let objective = match player {
        Player::Row => Objective::Maximise,
        Player::Column => Objective::Minimise,
    };
    let mdp = response_mdp(game, player, opponent)?;
    solve(&mdp, Criterion::Discounted { gamma }, &SolveOptions { objective, ..*options })
}

/// What two strategies guarantee, from the initial distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exploitability {
    /// `min_y V^{x,y}`: what the row player's strategy wins at least.
    pub row_guarantee: InitialValue,
    /// `max_x V^{x,y}`: what the column player's strategy pays at most.
    pub column_guarantee: InitialValue,
}

impl Exploitability {
    /// `max_x' V^{x',y} − min_y' V^{x,y'}`, which is 0 for optimal strategies and positive for others (also called
    /// NashConv).
    pub fn gap(&self) -> f64 {
        (self.column_guarantee.value - self.row_guarantee.value).max(0.0)
    }

    /// A certified upper bound of the gap.
    pub fn gap_upper(&self) -> f64 {
        (self.column_guarantee.upper - self.row_guarantee.lower).next_up()
    }
}

/// How much a pair of stationary strategies can lose to best responses under discount `gamma`.
///
/// # Errors
/// As [`best_response`].
pub fn exploitability(
    game: &MarkovGame,
    row: &[f64],
    column: &[f64],
    gamma: f64,
    options: &SolveOptions,
) -> Result<Exploitability> {
    let joint = game.joint();
    Ok(Exploitability {
        row_guarantee: best_response(game, Player::Column, row, gamma, options)?.initial(joint),
        column_guarantee: best_response(game, Player::Row, column, gamma, options)?.initial(joint),
    })
}
