//! Inexact policy iteration: the greedy policy is evaluated only as well as the next improvement can use.
//!
//! ```text
//! π_k greedy in v_k,    ‖T_{π_k} v_{k+1} − v_{k+1}‖ ≤ η_k ‖T v_k − v_k‖,    η_k = min(1/10, (‖T v_k − v_k‖ / ‖T v_{k−1} − v_{k−1}‖)²)
//! ```
//! Policy iteration is Newton's method for `T v = v` (Puterman and Brumelle 1979), and this is the inexact one (Dembo, Eisenstat
//! and Steihaug 1982), with the forcing terms of Eisenstat and Walker (1996), choice 2; for Markov decision processes see
//! Gargiani et al. (2023). The equations are solved by LU up to [`DENSE`](super::DENSE) states, else by a few sweeps in place and then
//! BiCGSTAB with an incomplete factorisation.
//!
//! Where an evaluation fails, or made the residual ten times larger, sweeps of `T` take over for a step.

use super::Improvement;
use super::evaluation::solve;
use crate::Result;
use crate::planning::bellman::Sweeper;
use crate::planning::progress::Progress;

/// The largest forcing term.
const FORCING: f64 = 0.1;

/// After so many improvements the method goes on as value iteration, which converges from every start.
const MOST_STEPS: usize = 1000;

/// Iterates over policies.
pub(super) fn run(sweeper: &Sweeper, v: &mut [f64], target: f64, progress: &mut Progress) -> Result<()> {
    let mut step = Improvement::new(v.len());
    let (mut before, mut steps) = (f64::INFINITY, 0);
    loop {
        let residual = step.residual(sweeper, v, progress)?;
        if residual <= target || progress.exhausted() {
            return Ok(());
        }
        progress.advance();
        steps += 1;
        v.copy_from_slice(&step.swept);
        if residual <= 10.0 * before && steps <= MOST_STEPS {
            let forcing = (residual / before).powi(2).min(FORCING);
            let tolerance = (forcing * residual).max(0.25 * target);
            solve(sweeper, &step.greedy, v, tolerance, progress);
        }
        before = residual;
    }
}
