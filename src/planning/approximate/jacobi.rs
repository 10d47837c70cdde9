//! Value iteration: `v ← T v`, all states at once.
//!
//! (Bellman 1957; Puterman 2005, section 6.3.) Contracts by `γ` a sweep; without a discount it converges from every start on a
//! reduced table (Bertsekas and Tsitsiklis 1991). Cost: a sweep of all branches a step, in parallel.

use super::Improvement;
use crate::Result;
use crate::planning::bellman::Sweeper;
use crate::planning::progress::Progress;

/// Sweeps.
pub(super) fn run(sweeper: &Sweeper, v: &mut [f64], target: f64, progress: &mut Progress) -> Result<()> {
    let mut step = Improvement::new(v.len());
    while step.residual(sweeper, v, progress)? > target && !progress.exhausted() {
        progress.advance();
        v.copy_from_slice(&step.swept);
    }
    Ok(())
}
