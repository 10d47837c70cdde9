//! The claims, in the papers' order. Learning is sampled, so most are statistical: the intervals come from resampling seeds,
//! or are Wilson's for proportions.

use tabrl::rng::{self, Purpose};
use tabrl::stats::{median, quantile, spearman, wilson_interval};

use super::gorp::EXACT_M;
use super::pooled::PooledRecord;
use super::summary::{Attempt, RESAMPLES, SEED, least, least_interval};
use super::{Config, Results, reference};
use crate::Result;
use crate::runner::{Checks, Claim, Interval, Kind};

const INDEPENDENT: &str = "independent implementation, validated against the authors' golden files";
const PAPER_1: &str = "Laidlaw, Russell, Dragan (NeurIPS 2023)";
const PAPER_2: &str = "Laidlaw, Zhu, Russell, Dragan (ICLR 2024)";

/// Judges every claim.
///
/// # Errors
/// Statistics that cannot be computed.
pub fn judge(config: &Config, results: &Results) -> Result<Vec<Claim>> {
    let mut claims = vec![
        gorp_agrees(results),
        gorp_median(results)?,
        steps_within_the_bound(config, results),
        shaped_agrees(results),
        distance_breaks_gorp(config, results),
        hints_help(results),
        literal_table(config, results),
        literal_improves(config, results),
        short_room(results)?,
        literal_and_gorp(config, results),
        below_the_bound(config, results),
    ];
    claims.extend(solved_counts(config, results));
    claims.extend([
        lookahead_helps(config, results)?,
        ranks(config, results)?,
        pooled_table(config, results),
        collapse(config, results),
        pooled_survives(config, results),
    ]);
    claims.extend(quoted());
    Ok(claims)
}

fn quoted() -> Vec<Claim> {
    let draft = |id, what| Claim::draft(id, what, PAPER_2).note("needs the whole BRIDGE data set and deep networks");
    vec![
        draft("share-of-deep-rl", "SQIRL succeeds in 78 % of the environments where PPO or DQN do well").quoted(0.78),
        draft("deep-counts", "Sticky BRIDGE environments solved of 155 by PPO, DQN, SQIRL, GORP (from memory)")
            .quoted("98, 78, 77, 29"),
    ]
}

fn comparable(config: &Config) -> bool {
    config.horizon == reference::HORIZON && config.sticky == reference::STICKY
}

/// Within three standard errors, the rule of the specification.
fn agrees(probability: f64, successes: u64, runs: u64) -> bool {
    let share = successes as f64 / runs as f64;
    (share - probability).abs() <= 3.0 * (probability * (1.0 - probability) / runs as f64).sqrt() + 1e-12
}

fn gorp_agrees(results: &Results) -> Claim {
    let mut checks = Checks::new();
    for row in &results.gorp {
        if let Some(sample) = &row.sample {
            checks.that(agrees(sample.probability, sample.successes, sample.runs), || {
                format!(
                    "{} k = {}: {} of {} runs, exactly {:.4}",
                    row.environment, row.k, sample.successes, sample.runs, sample.probability
                )
            });
        }
    }
    Claim::draft(
        "gorp-sampled",
        "GORP by sampling succeeds as often as its exact law says, at the exact m_k (three standard errors each)",
        INDEPENDENT,
    )
    .all(&checks)
}

/// All runs together: their number of successes against the sum of the exact probabilities.
fn gorp_median(results: &Results) -> Result<Claim> {
    let draft = Claim::draft(
        "gorp-sampled-total",
        "Over all environments and k, the share of runs that succeed is the mean exact probability",
        INDEPENDENT,
    );
    let samples = || results.gorp.iter().filter_map(|row| row.sample.as_ref());
    let runs: u64 = samples().map(|sample| sample.runs).sum();
    if runs == 0 {
        return Ok(draft.untested(Kind::Statistical, "the mean probability"));
    }
    let expected = samples().map(|sample| sample.runs as f64 * sample.probability).sum::<f64>() / runs as f64;
    let successes: u64 = samples().map(|sample| sample.successes).sum();
    let (lower, upper) = wilson_interval(successes, runs, 0.95)?;
    let interval = Interval { lower, upper, level: 0.95 };
    let draft = draft.note(format!("{runs} runs, Wilson's interval"));
    Ok(draft.agrees(expected, 0.0, successes as f64 / runs as f64, interval))
}

fn steps_within_the_bound(config: &Config, results: &Results) -> Claim {
    let mut checks = Checks::new();
    for row in &results.gorp {
        if let Some(sample) = &row.sample {
            let bound = (config.horizon as f64).powi(2) * (row.actions as f64).powi(row.k as i32) * sample.m as f64;
            checks.that(sample.most_steps as f64 <= bound, || {
                format!("{} k = {}: {} steps, bound {bound:.0}", row.environment, row.k, sample.most_steps)
            });
        }
    }
    Claim::draft("gorp-steps", "GORP takes at most T² A^H environment steps, H = k + log_A m_k", PAPER_1).all(&checks)
}

fn shaped_agrees(results: &Results) -> Claim {
    let mut checks = Checks::new();
    for row in &results.shaped {
        checks.that(agrees(row.probability, row.successes, row.runs), || {
            format!(
                "{} {}, m = {}: {} of {} runs, exactly {:.4}",
                row.environment, row.shaping, row.m, row.successes, row.runs, row.probability
            )
        });
    }
    Claim::draft(
        "gorp-shaped",
        "With shaped rewards too, GORP by sampling succeeds as often as its exact law says (three standard errors each)",
        INDEPENDENT,
    )
    .note("sampled means add rewards such as 0.1 in floating point, so exact ties may be broken by rounding")
    .all(&checks)
}

fn distance_breaks_gorp(config: &Config, results: &Results) -> Claim {
    let mut checks = Checks::new();
    for (environment, k) in [("KeyCorridorS3R1", 4), ("DoorKey-5x5", 3)] {
        let rows = results.shaped.iter().filter(|row| row.environment == environment && comparable(config));
        for row in rows {
            let what = format!("{environment} {}", row.shaping);
            match row.shaping.as_str() {
                "none" => checks.equal(&format!("k of {what}"), 1, row.k_min.unwrap_or(0)),
                "distance" => {
                    checks.equal(&format!("k of {what}"), k, row.k_min.unwrap_or(0));
                    checks.that(row.m_1.is_none(), || format!("{what}: solved with m = {:?}", row.m_1));
                }
                _ => {}
            }
        }
    }
    let note = format!("unsolved: no m up to {EXACT_M} succeeds with probability 1/2, exactly");
    let statement = "Distance shaping raises k from 1 to 4 (KeyCorridorS3R1) and 3 (DoorKey-5x5), and GORP(1, m) fails";
    Claim::draft("shaping-distance", statement, INDEPENDENT).note(note).all(&checks)
}

fn hints_help(results: &Results) -> Claim {
    let mut checks = Checks::new();
    for row in results.shaped.iter().filter(|row| row.shaping == "open-doors" || row.shaping == "pickup") {
        let plain = results.shaped.iter().find(|other| other.environment == row.environment && other.shaping == "none");
        if let (Some(plain), Some(m)) = (plain.and_then(|plain| plain.m_1), row.m_1) {
            // Unlocking the door is all there is to do in Unlock: paying for it changes nothing.
            let same = row.environment == "Unlock" && row.shaping == "open-doors";
            let right = if same { m == plain } else { m < plain };
            checks.that(right, || format!("{} {}: m_1 = {m}, {plain} without", row.environment, row.shaping));
        }
    }
    Claim::draft("shaping-hints", "Rewards for doors and for picking up lower the effective horizon H_1", INDEPENDENT)
        .note("m_1 is exact; in Unlock the door is the goal, and a reward for it leaves m_1 as it is (104 and 104 in the source)")
        .all(&checks)
}

fn literal_table(config: &Config, results: &Results) -> Claim {
    let mut checks = Checks::new();
    let mut beyond = 0;
    for row in results.literal.iter().filter(|row| !row.sticky || config.sticky == reference::STICKY) {
        let Some(expected) = reference::literal(&row.environment, row.horizon, row.sticky, row.k) else { continue };
        let tried = row.attempts.last().map_or(0, |attempt| attempt.m);
        let threshold = config.share * row.j_optimal;
        let name = format!("{} T = {} sticky = {} k = {}", row.environment, row.horizon, row.sticky, row.k);
        match expected {
            Some(expected) if tried >= expected || least(&row.attempts, threshold).is_some() => {
                let (agrees, words) = near(&row.attempts, threshold, expected as f64, 2.0);
                checks.that(agrees, || format!("{name}: {words}"));
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
        "{} seeds; the 95 % interval of the least m, by resampling the seeds, must meet the range; {beyond} rows without a \
         reference within the budget here are left out",
        config.literal_seeds
    ))
    .all(&checks)
}

/// The mean shortfall at the largest m against the one at a quarter of it.
fn literal_improves(config: &Config, results: &Results) -> Claim {
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

fn short_room(results: &Results) -> Result<Claim> {
    let draft =
        Claim::draft("short-room", "Deterministic Empty-5x5, T = 8, is solved with m = 16 (k = 1)", INDEPENDENT);
    let Some(attempt) = &results.short_room else { return Ok(draft.untested(Kind::Statistical, "at least 0.5")) };
    // Without chance a policy is either optimal or earns nothing here.
    let won = attempt.returns.iter().filter(|&&value| value > 0.5).count() as u64;
    let runs = attempt.returns.len() as u64;
    let (lower, upper) = wilson_interval(won, runs, 0.95)?;
    let interval = Interval { lower, upper, level: 0.95 };
    let draft = draft.note(format!(
        "share of {runs} seeds that are optimal; Wilson's interval. The source had 21 seeds: a share of 0.40, as 4000 seeds \
         give, is at least 11 of 21 in one case out of six"
    ));
    Ok(draft.lies_in(0.5, f64::INFINITY, won as f64 / runs as f64, interval))
}

/// Whether the 95 % interval of the least m that solves meets `expected / factor ..= expected * factor`; the interval in
/// words.
fn near(attempts: &[Attempt], threshold: f64, expected: f64, factor: f64) -> (bool, String) {
    let (low, high) = least_interval(attempts, threshold);
    (low <= expected * factor && high >= expected / factor, format!("m in [{low}, {high}], expected {expected}"))
}

fn literal_and_gorp(config: &Config, results: &Results) -> Claim {
    let mut checks = Checks::new();
    for row in results.literal.iter().filter(|row| !row.sticky && row.k == 1) {
        if let Some(gorp) = row.gorp_m {
            let expected = (row.actions as u64 * gorp) as f64;
            // The grid of m is powers of two, and ties are broken at random instead of lexicographically.
            let (agrees, words) = near(&row.attempts, config.share * row.j_optimal, expected, 4.0);
            let tried = row.attempts.last().map_or(0.0, |attempt| attempt.m as f64);
            if tried >= expected {
                checks.that(agrees, || format!("{} T = {}: {words}", row.environment, row.horizon));
            }
        }
    }
    Claim::draft(
        "literal-is-gorp",
        "Deterministic, k = 1: literal SQIRL needs about A times the exact m_1 of GORP (here: within a factor 4)",
        "derived: it sees one state a step, and about m/A returns of each action",
    )
    .note("the 95 % interval of the least m must meet the range; SQIRL draws ties, GORP takes the first action, which helps it \
           where turning left is right")
    .all(&checks)
}

fn below_the_bound(config: &Config, results: &Results) -> Claim {
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

fn solved_counts(config: &Config, results: &Results) -> Vec<Claim> {
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
            "{} seeds, m up to {}, {} steps; interval by resampling the seeds; the reference counts m within that limit",
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

fn lookahead_helps(config: &Config, results: &Results) -> Result<Claim> {
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
pub(super) fn best_steps(config: &Config, results: &Results) -> Vec<(String, usize, Option<f64>, f64)> {
    let first = results.pooled.iter().filter(|row| config.ks.first() == Some(&row.k));
    let best = |name: &str| {
        let rows = results.pooled.iter().filter(|row| row.environment == name);
        rows.filter_map(|row| row.solved(config)).map(Attempt::median_steps).fold(f64::INFINITY, f64::min)
    };
    first.map(|row| (row.environment.clone(), row.actions, row.gorp_h1, best(&row.environment))).collect()
}

fn ranks(config: &Config, results: &Results) -> Result<Claim> {
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

fn pooled_table(config: &Config, results: &Results) -> Claim {
    let mut checks = Checks::new();
    for row in results.pooled.iter().filter(|_| comparable(config)) {
        let Some(Some(expected)) = reference::pooled(&row.environment, row.k) else { continue };
        let tried = row.attempts.last().map_or(0, |attempt| attempt.m);
        if tried >= expected || row.solved(config).is_some() {
            let (agrees, words) = near(&row.attempts, config.share * row.j_optimal, expected as f64, 2.0);
            checks.that(agrees, || format!("{} k = {}: {words}", row.environment, row.k));
        }
    }
    Claim::draft("pooled-table", "Pooled SQIRL needs m within a factor 2 of the reference (powers of two)", INDEPENDENT)
        .note("the 95 % interval of the least m, by resampling the seeds, must meet the range; rows whose reference lies beyond \
               what was tried here are left out")
        .all(&checks)
}

fn collapse(config: &Config, results: &Results) -> Claim {
    let mut checks = Checks::new();
    for row in &results.open_loop {
        let name = format!("{} k = {}", row.environment, row.k);
        checks.that(row.probability >= 0.5, || format!("{name}: solved with probability {:.3}", row.probability));
        let stuck = median(&mut row.sticky.clone());
        checks.that(stuck < config.share * row.j_sticky, || format!("{name}: {stuck:.4} with sticky actions"));
    }
    Claim::draft(
        "open-loop",
        "GORP solves every deterministic environment with probability at least 1/2 (exactly), and none with sticky actions \
         (median over seeds)",
        INDEPENDENT,
    )
    .note(format!("{} seeds, m = {} / (T² A^k); action sequences are evaluated exactly", config.seeds, config.open_loop_budget))
    .all(&checks)
}

fn pooled_survives(config: &Config, results: &Results) -> Claim {
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
