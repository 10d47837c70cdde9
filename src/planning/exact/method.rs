//! The oracle as one method among the others.

use super::{Reading, refused, solve};
use crate::Result;
use crate::mdp::Mdp;
use crate::planning::progress::{Outcome, Progress};
use crate::planning::{Criterion, SolveOptions, Status};

/// Most states of a table that is solved as one of the methods: with random 53-bit probabilities they take minutes.
const MOST_STATES: usize = 500;

/// Solves the table as stored. The bounds are the 64-bit numbers next to the exact value.
///
/// # Errors
/// [`Error::NotApplicable`](crate::Error::NotApplicable): more than 500 states, and as [`solve`].
pub(in crate::planning) fn run(mdp: &Mdp, criterion: &Criterion, options: &SolveOptions) -> Result<Outcome> {
    let states = mdp.num_states();
    if states > MOST_STATES {
        return Err(refused(format!("the table has {states} states; fractions are for at most {MOST_STATES}")));
    }
    let mut progress = Progress::new(options, None);
    let solution = solve(mdp, criterion, options.objective, Reading::Stored)?;
    let (lower, upper) = solution.bounds();
    let gaps = lower.iter().zip(&upper).filter(|(low, high)| low != high).map(|(low, high)| high - low);
    let gap = gaps.fold(0.0, f64::max);
    for _ in 0..solution.iterations {
        progress.step(gap);
    }
    let status = if gap <= options.epsilon { Status::Certified } else { Status::RoundingLimit };
    Ok(Outcome { lower, upper, bias: None, policy: solution.policy, status, work: progress.into_work() })
}
