//! Linear programming: an interior point, then block pivots to the optimal basis.
//!
//! The values of [`linear_program`](crate::planning::linear_program), with a weight of one for every state, are close to
//! the optimum but are not those of a policy. A basis of the program is a policy, and a pivot a switch of its choice in a
//! state (Puterman 2005, section 6.9.3), so policy iteration, which pivots in all states at once, leads
//! from the greedy policy of the interior point to the solution proper: usually in one step. That is also all that is done
//! where `v` is closer to the optimum than an interior point gets.
//!
//! Without a discount the program is the same, for `T w ≤ w` implies `v* ≤ w` on the reduced tables; if no such `w` exists, nor does a
//! solution, and `v` is left to the pivots.

use super::{Improvement, howard};
use crate::Result;
use crate::numeric::magnitude;
use crate::planning::bellman::Sweeper;
use crate::planning::linear_program::Program;
use crate::planning::progress::Progress;

/// What an interior point gets to, relative to the values.
const WITHIN_REACH: f64 = 1e-6;

/// Solves the program, and pivots.
pub(super) fn run(sweeper: &Sweeper, v: &mut [f64], target: f64, progress: &mut Progress) -> Result<()> {
    let residual = Improvement::new(v.len()).residual(sweeper, v, progress)?;
    if residual > target && residual > WITHIN_REACH * magnitude(v) && !progress.exhausted() {
        let mdp = sweeper.mdp();
        let states: Vec<u32> = (0..v.len() as u32).filter(|&s| !mdp.is_terminal(s as usize)).collect();
        let weights = vec![1.0; states.len()];
        let program = Program {
            mdp,
            gamma: sweeper.gamma(),
            states: &states,
            weights: &weights,
            pinned: None,
            rewards: mdp.rewards(),
            constraints: &[],
        };
        let answer = program.solve(progress.remaining())?;
        (0..answer.steps).for_each(|_| progress.advance());
        if answer.is_point() && answer.values.iter().all(|x| x.is_finite()) {
            states.iter().zip(&answer.values).for_each(|(&s, &x)| v[s as usize] = x);
        }
    }
    howard::run(sweeper, v, target, progress)
}
