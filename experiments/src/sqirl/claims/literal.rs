//! Claims about literal SQIRL: its exact law, GORP, the bound, the reference.

use tabrl::stats::wilson_interval;

use super::{INDEPENDENT, PAPER_2, Points, near};
use crate::Result;
use crate::runner::{Checks, Claim, Interval, Kind};
use crate::sqirl::summary::{Attempt, at_least, least, plausible};
use crate::sqirl::{Config, Results, reference};

pub(super) fn literal_table(config: &Config, results: &Results) -> Claim {
    let (mut checks, mut points) = (Checks::new(), Points::default());
    let mut beyond = 0;
    for row in results.literal.iter().filter(|row| !row.sticky || config.sticky == reference::STICKY) {
        let Some(expected) = reference::literal(&row.environment, row.horizon, row.sticky, row.k) else { continue };
        let tried = row.attempts.last().map_or(0, |attempt| attempt.m);
        let threshold = config.share * row.j_optimal;
        let name = format!("{} T = {} sticky = {} k = {}", row.environment, row.horizon, row.sticky, row.k);
        match expected {
            Some(expected) if tried >= expected || least(&row.attempts, threshold).is_some() => {
                let (agrees, words) = near(&row.attempts, threshold, expected as f64);
                checks.that(agrees, || format!("{name}: {words}"));
                points.add(least(&row.attempts, threshold), expected as f64);
            }
            _ => beyond += 1,
        }
    }
    Claim::draft(
        "literal-table",
        "Literal SQIRL with a table needs m within a factor 2 of the reference (powers of two)",
        INDEPENDENT,
    )
    .note(format!(
        "{} seeds; the 95 % interval of the least m, by resampling the seeds, must meet the range; {points}; {beyond} rows \
         without a reference within the budget here are left out",
        config.literal_seeds
    ))
    .all(&checks)
}

/// The mean shortfall at the largest m against the one at a quarter of it.
pub(super) fn literal_improves(config: &Config, results: &Results) -> Claim {
    let mut checks = Checks::new();
    for row in &results.literal {
        let solved = least(&row.attempts, config.share * row.j_optimal);
        if let (Some(last), Some(solved)) = (row.attempts.last(), solved)
            && let Some(early) = row.attempts.iter().find(|attempt| 4 * attempt.m == solved.m)
        {
            let loss = |attempt: &Attempt| row.j_optimal - attempt.mean_return();
            checks.that(loss(last) < loss(early), || {
                format!(
                    "{} T = {} sticky = {} k = {}: {:.4} at m = {}, {:.4} at m = {}",
                    row.environment,
                    row.horizon,
                    row.sticky,
                    row.k,
                    loss(early),
                    early.m,
                    loss(last),
                    last.m
                )
            });
        }
    }
    let statement = "The mean loss J* − J(π) of literal SQIRL shrinks as m grows (a quarter of the least solved m against the \
                     largest tried)";
    Claim::draft("literal-improves", statement, PAPER_2).all(&checks)
}

pub(super) fn short_room(results: &Results) -> Result<Claim> {
    let draft =
        Claim::draft("short-room", "Deterministic Empty-5x5, T = 8, is solved with m = 16 (k = 1)", INDEPENDENT);
    let Some(room) = &results.short_room else { return Ok(draft.untested(Kind::Statistical, "at least 0.5")) };
    let (won, runs) = optimal_runs(&room.attempt);
    let (lower, upper) = wilson_interval(won, runs, 0.95)?;
    let interval = Interval { lower, upper, level: 0.95 };
    let exact: Vec<String> = room.exact.iter().map(|(m, p)| format!("{p:.4} with m = {m}")).collect();
    let [_, seeds] = reference::SEEDS;
    let luck = room.exact.iter().find(|at| at.0 == 16).map_or(f64::NAN, |at| at_least(seeds, at.1, seeds.div_ceil(2)));
    let draft = draft.note(format!(
        "share of {runs} seeds that are optimal; Wilson's interval. The exact probability of success is {}: so m = 32 is the least \
         power of two that solves it, and the source's {seeds} seeds were lucky at m = 16, as at least half of so many are with \
         probability {luck:.2}",
        exact.join(", ")
    ));
    Ok(draft.lies_in(0.5, f64::INFINITY, won as f64 / runs as f64, interval))
}

/// Runs that learned an optimal policy, and all of them, in a goal-only room without chance: there a policy is either optimal
/// or earns nothing.
fn optimal_runs(attempt: &Attempt) -> (u64, u64) {
    (attempt.returns.iter().filter(|&&value| value > 0.5).count() as u64, attempt.returns.len() as u64)
}

/// Literal SQIRL against its exact law.
pub(super) fn literal_exact(config: &Config, results: &Results) -> Claim {
    let mut checks = Checks::new();
    let mut check = |name: &str, attempt: &Attempt, probability: f64| {
        let (won, runs) = optimal_runs(attempt);
        checks.that(plausible(probability, won, runs), || {
            format!("{name} m = {}: {won} of {runs} runs, exactly {probability:.4}", attempt.m)
        });
    };
    for row in &results.literal {
        for (attempt, &(_, probability)) in row.attempts.iter().zip(&row.exact) {
            check(&format!("{} T = {}", row.environment, row.horizon), attempt, probability);
        }
    }
    if let Some(room) = &results.short_room
        && let Some(&(_, probability)) = room.exact.iter().find(|at| at.0 == room.attempt.m)
    {
        check("the room of short-room", &room.attempt, probability);
    }
    Claim::draft(
        "literal-exact",
        "Deterministic, k = 1: literal SQIRL succeeds as often as its exact law says, with every m that the law can be computed \
         for",
        "derived: the law of the counts and successes of each action",
    )
    .note(format!(
        "{} seeds; either tail of the binomial must be at least 0.00135, as three standard errors of a normal law leave; powers \
         of two, up to what can be enumerated (A = 3: 256, A = 6: 16)",
        config.literal_seeds
    ))
    .all(&checks)
}

pub(super) fn literal_and_gorp(config: &Config, results: &Results) -> Claim {
    let (mut checks, mut points) = (Checks::new(), Points::default());
    for row in results.literal.iter().filter(|row| !row.sticky && row.k == 1) {
        if let Some(gorp) = row.gorp_m {
            let expected = (row.actions as u64 * gorp) as f64;
            let threshold = config.share * row.j_optimal;
            let (agrees, words) = near(&row.attempts, threshold, expected);
            let tried = row.attempts.last().map_or(0.0, |attempt| attempt.m as f64);
            if tried >= expected {
                checks.that(agrees, || format!("{} T = {}: {words}", row.environment, row.horizon));
                points.add(least(&row.attempts, threshold), expected);
            }
        }
    }
    Claim::draft(
        "literal-is-gorp",
        "Deterministic, k = 1: literal SQIRL needs A times the exact m_1 of GORP with ties drawn (within a factor 2, the step of \
         the grid of m)",
        "derived: it sees one state a step, and about m/A returns of each action",
    )
    .note(format!(
        "an action has Bin(m, q/A) successes here and Bin(m/A, q) there, which for the small q that decide differ in law by less \
         than q, and equal numbers of successes are told apart by the number of tries, which is chance, as a draw is; the 95 % \
         interval of the least m must meet the range; {points}"
    ))
    .all(&checks)
}

pub(super) fn below_the_bound(config: &Config, results: &Results) -> Claim {
    let mut checks = Checks::new();
    for row in &results.literal {
        let found = least(&row.attempts, config.share * row.j_optimal);
        if let (Some(found), Some(bound)) = (found, row.bound) {
            checks.that(found.median_steps() <= bound.steps, || {
                let steps = found.median_steps();
                format!("{} T = {}: {steps} steps, bound {:e}", row.environment, row.horizon, bound.steps)
            });
        }
    }
    let statement = "The measured steps of literal SQIRL stay below the instance-dependent bound";
    Claim::draft("sample-bound", statement, PAPER_2).note("the bound is loose by many orders of magnitude").all(&checks)
}
