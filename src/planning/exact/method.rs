//! The oracle as one method among the others.

use std::time::Instant;

use super::{ExactSolution, Reading, refused, solve};
use crate::Result;
use crate::mdp::Mdp;
use crate::planning::progress::{Outcome, Progress};
use crate::planning::{Criterion, Method, Solution, SolveOptions, Status};

/// Most states of a table that is solved as one of the methods: with random 53-bit probabilities they take minutes.
const MOST_STATES: usize = 500;

/// Solves the table as stored. The bounds are the 64-bit numbers next to the exact value.
///
/// # Errors
/// [`Error::NotApplicable`](crate::Error::NotApplicable): more than 500 states, and as [`solve`].
pub(in crate::planning) fn run(mdp: &Mdp, criterion: &Criterion, options: &SolveOptions) -> Result<Outcome> {
    Ok(fractions(mdp, criterion, options, Reading::Stored)?.0)
}

/// As [`planning::solve`](crate::planning::solve) with [`Method::Exact`], with the fractions besides, and with the choice of
/// what the table's numbers mean. The bounds are the 64-bit numbers next to the fractions, so they are about that reading.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) for options out of range,
/// [`Error::NotApplicable`](crate::Error::NotApplicable) for more than 500 states, and as [`solve`].
pub fn solve_as_method(
    mdp: &Mdp,
    criterion: Criterion,
    options: &SolveOptions,
    reading: Reading,
) -> Result<(Solution, ExactSolution)> {
    let began = Instant::now();
    options.validate()?;
    let (outcome, exact) = fractions(mdp, &criterion, options, reading)?;
    Ok((outcome.into_solution(criterion, options, Method::Exact, "asked for".to_owned(), began), exact))
}

fn fractions(
    mdp: &Mdp,
    criterion: &Criterion,
    options: &SolveOptions,
    reading: Reading,
) -> Result<(Outcome, ExactSolution)> {
    let states = mdp.num_states();
    if states > MOST_STATES {
        return Err(refused(format!("the table has {states} states; fractions are for at most {MOST_STATES}")));
    }
    let mut progress = Progress::new(options, None);
    let solution = solve(mdp, criterion, options.objective, reading)?;
    let (lower, upper) = solution.bounds();
    let gaps = lower.iter().zip(&upper).filter(|(low, high)| low != high).map(|(low, high)| high - low);
    let gap = gaps.fold(0.0, f64::max);
    for _ in 0..solution.iterations {
        progress.step(gap);
    }
    let status = if gap <= options.epsilon { Status::Certified } else { Status::RoundingLimit };
    let policy = solution.policy.clone();
    let outcome = Outcome { lower, upper, bias: None, policy, status, work: progress.into_work() };
    Ok((outcome, solution))
}
