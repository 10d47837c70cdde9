//! Claims about pooled SQIRL: what it solves, and in how many steps.

use tabrl::rng::{self, Purpose};
use tabrl::stats::{quantile, spearman, wilson_interval};

use super::{INDEPENDENT, PAPER_2, Points, comparable, near};
use crate::Result;
use crate::runner::{Checks, Claim, Interval, Kind};
use crate::sqirl::pooled::{CloserRecord, PooledRecord};
use crate::sqirl::summary::{Attempt, RESAMPLES, SEED, at_least, least};
use crate::sqirl::{Config, Results, reference};

/// An interval from resampling the seeds: `statistic` of the solved attempts of all rows.
fn resampled(config: &Config, rows: &[&PooledRecord], statistic: impl Fn(&[Option<f64>]) -> f64) -> Option<Interval> {
    let seeds = config.seeds as usize;
    if seeds < 2 {
        return None;
    }
    let mut values: Vec<f64> = (0..RESAMPLES)
        .map(|i| {
            let mut rng = rng::fast(SEED, Purpose::Bootstrap, i);
            let mut solve = |row: &&PooledRecord| {
                let drawn: Vec<usize> = (0..seeds).map(|_| rng::below(&mut rng, seeds)).collect();
                let resampled: Vec<Attempt> = row.attempts.iter().map(|attempt| attempt.resampled(&drawn)).collect();
                least(&resampled, config.share * row.j_optimal).map(Attempt::median_steps)
            };
            statistic(&rows.iter().map(&mut solve).collect::<Vec<_>>())
        })
        .filter(|value| value.is_finite())
        .collect();
    if values.is_empty() {
        return None;
    }
    Some(Interval { lower: quantile(&mut values, 0.025), upper: quantile(&mut values, 0.975), level: 0.95 })
}

fn pooled_rows(results: &Results, k: usize) -> Vec<&PooledRecord> {
    results.pooled.iter().filter(|row| row.k == k).collect()
}

fn steps_of(config: &Config, rows: &[&PooledRecord]) -> Vec<Option<f64>> {
    rows.iter().map(|row| row.solved(config).map(Attempt::median_steps)).collect()
}

pub(super) fn solved_counts(config: &Config, results: &Results) -> Vec<Claim> {
    let count = |steps: &[Option<f64>]| steps.iter().flatten().count() as f64;
    let claim = |&k: &usize| {
        let rows = pooled_rows(results, k);
        let expected: Option<Vec<bool>> = rows
            .iter()
            .map(|row| reference::pooled(&row.environment, k).map(|m| m.is_some_and(|m| m <= config.m_max)))
            .collect();
        let draft = Claim::draft(
            &format!("solved-k{k}"),
            format!("Pooled SQIRL, k = {k}: environments solved with sticky actions, of {}", rows.len()),
            INDEPENDENT,
        )
        .note(format!(
            "{} seeds, m up to {}, {} steps; the interval, by resampling the seeds, must meet the reference ± 2; the reference \
             counts m within that limit",
            config.seeds, config.m_max, config.budget
        ));
        match (expected, resampled(config, &rows, count)) {
            (Some(expected), Some(interval)) if comparable(config) && !rows.is_empty() => {
                let expected = expected.iter().filter(|&&solved| solved).count() as f64;
                draft.agrees(expected, 2.0, count(&steps_of(config, &rows)), interval)
            }
            _ => draft.untested(Kind::Statistical, "the reference count"),
        }
    };
    config.ks.iter().map(claim).collect()
}

pub(super) fn lookahead_helps(config: &Config, results: &Results) -> Result<Claim> {
    let draft = Claim::draft(
        "lookahead",
        "Pooled SQIRL: k = 3 needs at most k = 1's steps in nearly every environment that either solves (share)",
        INDEPENDENT,
    );
    let (one, three) = (pooled_rows(results, 1), pooled_rows(results, 3));
    let (one, three) = (steps_of(config, &one), steps_of(config, &three));
    let pairs = one.iter().zip(&three).filter(|pair| pair.0.is_some() || pair.1.is_some());
    let better =
        |pair: &(&Option<f64>, &Option<f64>)| pair.1.unwrap_or(f64::INFINITY) <= pair.0.unwrap_or(f64::INFINITY);
    let (total, won) = (pairs.clone().count() as u64, pairs.filter(better).count() as u64);
    if total == 0 {
        return Ok(draft.untested(Kind::Statistical, "at least 0.9"));
    }
    let (lower, upper) = wilson_interval(won, total, 0.95)?;
    let share = won as f64 / total as f64;
    let draft = draft.note(format!("{won} of {total} environments; Wilson's interval over environments"));
    Ok(draft.agrees(1.0, 0.1, share, Interval { lower, upper, level: 0.95 }))
}

/// By environment: number of actions, exact `H_1`, and the steps of the best k, infinite if none solves.
pub(in crate::sqirl) fn best_steps(config: &Config, results: &Results) -> Vec<(String, usize, Option<f64>, f64)> {
    let first = results.pooled.iter().filter(|row| config.ks.first() == Some(&row.k));
    let best = |name: &str| {
        let rows = results.pooled.iter().filter(|row| row.environment == name);
        rows.filter_map(|row| row.solved(config)).map(Attempt::median_steps).fold(f64::INFINITY, f64::min)
    };
    first.map(|row| (row.environment.clone(), row.actions, row.gorp_h1, best(&row.environment))).collect()
}

pub(super) fn ranks(config: &Config, results: &Results) -> Result<Claim> {
    let draft = Claim::draft(
        "ranks",
        "Over environments, the steps of SQIRL (best k) rank like the exact effective horizon (A^H_1, Spearman)",
        PAPER_2,
    );
    let best = best_steps(config, results);
    let horizons: Vec<f64> =
        best.iter().map(|(_, a, h, _)| h.map_or(f64::INFINITY, |h| h * (*a as f64).ln())).collect();
    let steps: Vec<f64> = best.iter().map(|row| row.3).collect();
    let Ok(found) = spearman(&horizons, &steps) else { return Ok(draft.untested(Kind::Statistical, "at least 0.6")) };
    let rows: Vec<&PooledRecord> = results.pooled.iter().collect();
    let names: Vec<&str> = best.iter().map(|row| row.0.as_str()).collect();
    let interval = resampled(config, &rows, |steps| {
        let of = |name: &&str| {
            let all = rows.iter().zip(steps).filter(|(row, _)| row.environment == *name);
            all.filter_map(|(_, steps)| *steps).fold(f64::INFINITY, f64::min)
        };
        spearman(&horizons, &names.iter().map(of).collect::<Vec<_>>()).unwrap_or(f64::NAN)
    });
    Ok(match interval {
        Some(interval) => draft
            .note(format!("{} environments, unsolved ones last; interval by resampling the seeds", best.len()))
            .lies_in(0.6, f64::INFINITY, found, interval),
        None => draft.untested(Kind::Statistical, "at least 0.6"),
    })
}

pub(super) fn pooled_table(config: &Config, results: &Results) -> Claim {
    let (mut checks, mut points) = (Checks::new(), Points::default());
    for row in results.pooled.iter().filter(|_| comparable(config)) {
        let Some(Some(expected)) = reference::pooled(&row.environment, row.k) else { continue };
        let tried = row.attempts.last().map_or(0, |attempt| attempt.m);
        if tried >= expected || row.solved(config).is_some() {
            let (agrees, words) = near(&row.attempts, config.share * row.j_optimal, expected as f64);
            checks.that(agrees, || format!("{} k = {}: {words}", row.environment, row.k));
            points.add(row.solved(config), expected as f64);
        }
    }
    Claim::draft("pooled-table", "Pooled SQIRL needs m within a factor 2 of the reference (powers of two)", INDEPENDENT)
        .note(format!(
            "the 95 % interval of the least m, by resampling the seeds, must meet the range; {points}; rows whose reference lies \
             beyond what was tried here are left out"
        ))
        .all(&checks)
}

/// Rows of the table again, where more seeds decide.
pub(super) fn pooled_closer(config: &Config, results: &Results) -> Claim {
    let mut checks = Checks::new();
    for row in results.closer.iter().filter(|_| comparable(config)) {
        let (agrees, words) = near(&row.attempts, config.share * row.j_optimal, row.reference as f64);
        checks.that(agrees, || format!("{} k = {}: {words}", row.environment, row.k));
    }
    let looks: Vec<String> = results.closer.iter().map(|row| look_closer(config, row)).collect();
    let statement = "Rows that few seeds decide against the reference, with many seeds: m within a factor 2 of it";
    Claim::draft("pooled-closer", statement, INDEPENDENT)
        .note(format!(
            "chosen after 7 seeds had gone against the reference in these rows; no other claim is judged by them; the 95 % interval of the least m must \
             meet the range; {}",
            looks.join("; ")
        ))
        .all(&checks)
}

/// The shares of solved runs of a row, and how likely they make the reference's m.
fn look_closer(config: &Config, row: &CloserRecord) -> String {
    let [seeds, _] = reference::SEEDS;
    let (mut none_before, mut shares, mut runs) = (1.0, Vec::new(), 0);
    let mut here = 0.0;
    for attempt in &row.attempts {
        runs = attempt.returns.len();
        let solved = attempt.returns.iter().filter(|&&value| value >= config.share * row.j_optimal).count();
        let share = solved as f64 / runs as f64;
        shares.push(format!("{share:.3} with m = {}", attempt.m));
        here = none_before;
        none_before *= 1.0 - at_least(seeds, share, seeds.div_ceil(2));
    }
    format!(
        "{} k = {} with {runs} seeds: the share of solved runs is {}; so {seeds} seeds, as the reference had, find none below its \
         m = {} with probability {here:.4}",
        row.environment,
        row.k,
        shares.join(", "),
        row.reference
    )
}

pub(super) fn pooled_survives(config: &Config, results: &Results) -> Claim {
    let best = best_steps(config, results);
    let mut checks = Checks::new();
    for environment in &config.open_loop {
        if let Some(row) = best.iter().find(|row| row.0 == *environment) {
            checks.that(row.3.is_finite(), || environment.clone());
        }
    }
    Claim::draft("closed-loop", "Pooled SQIRL solves those with sticky actions where GORP fails (best k)", INDEPENDENT)
        .all(&checks)
}
