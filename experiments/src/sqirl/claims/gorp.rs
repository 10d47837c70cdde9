//! Claims about GORP: its exact law, shaped rewards, sticky actions.

use tabrl::stats::{median, wilson_interval};

use super::{INDEPENDENT, PAPER_1, comparable};
use crate::Result;
use crate::runner::{Checks, Claim, Interval, Kind};
use crate::sqirl::gorp::EXACT_M;
use crate::sqirl::{Config, Results, reference};

/// Within three standard errors, the rule of the specification.
fn agrees(probability: f64, successes: u64, runs: u64) -> bool {
    let share = successes as f64 / runs as f64;
    (share - probability).abs() <= 3.0 * (probability * (1.0 - probability) / runs as f64).sqrt() + 1e-12
}

pub(super) fn gorp_agrees(results: &Results) -> Claim {
    let mut checks = Checks::new();
    let mut beyond = 0;
    let mut sampled: Vec<&str> = Vec::new();
    for row in &results.gorp {
        let (Some(exact), Some(sample)) = (row.exact, &row.sample) else {
            beyond += 1;
            continue;
        };
        sampled.push(&row.environment);
        checks.that(agrees(exact.probability, sample.successes, sample.runs), || {
            format!(
                "{} k = {}: {} of {} runs, exactly {:.4}",
                row.environment, row.k, sample.successes, sample.runs, exact.probability
            )
        });
    }
    sampled.sort_unstable();
    sampled.dedup();
    Claim::draft(
        "gorp-sampled",
        "GORP by sampling succeeds as often as its exact law says, at the exact m_k (three standard errors each)",
        INDEPENDENT,
    )
    .note(format!(
        "{} environments, each with every k that it can be sampled with; {beyond} rows need more steps a run than the limit, and \
         have the exact law alone",
        sampled.len()
    ))
    .all(&checks)
}

/// The search by sampling against the exact law.
pub(super) fn gorp_search(config: &Config, results: &Results) -> Claim {
    let mut checks = Checks::new();
    for row in &results.gorp {
        if let (Some(found), Some(exact)) = (row.found, row.exact) {
            checks.that(found.is_plausible(config.gorp_runs), || {
                format!(
                    "{} k = {}: found {}, with which it succeeds with probability {:.3} ({:.3} with one less); exactly {}",
                    row.environment, row.k, found.m, found.probability, found.below, exact.m
                )
            });
        }
    }
    Claim::draft(
        "gorp-search",
        "The least m found by sampling is where the exact success probability crosses 1/2 (three standard errors of a share)",
        INDEPENDENT,
    )
    .note(format!("doubling and bisection with {} runs for each m", config.gorp_runs))
    .all(&checks)
}

/// The reference's search by sampling against the exact law.
pub(super) fn gorp_reference(results: &Results) -> Claim {
    let mut checks = Checks::new();
    for row in &results.gorp {
        if let Some(at) = row.reference {
            checks.that(at.is_plausible(reference::GORP_RUNS), || {
                format!(
                    "{} k = {}: {} in the reference, with which it succeeds with probability {:.3} ({:.3} with one less)",
                    row.environment, row.k, at.m, at.probability, at.below
                )
            });
        }
    }
    Claim::draft(
        "gorp-reference",
        "The least m that the reference found by sampling is where the exact success probability crosses 1/2 (three standard \
         errors of a share)",
        INDEPENDENT,
    )
    .note(format!("the reference had {} runs for each m", reference::GORP_RUNS))
    .all(&checks)
}

/// All runs together: their number of successes against the sum of the exact probabilities.
pub(super) fn gorp_median(results: &Results) -> Result<Claim> {
    let draft = Claim::draft(
        "gorp-sampled-total",
        "Over all environments and k, the share of runs that succeed is the mean exact probability",
        INDEPENDENT,
    );
    let samples = || results.gorp.iter().filter_map(|row| Some((row.exact?, row.sample.as_ref()?)));
    let runs: u64 = samples().map(|(_, sample)| sample.runs).sum();
    if runs == 0 {
        return Ok(draft.untested(Kind::Statistical, "the mean probability"));
    }
    let expected = samples().map(|(exact, sample)| sample.runs as f64 * exact.probability).sum::<f64>() / runs as f64;
    let successes: u64 = samples().map(|(_, sample)| sample.successes).sum();
    let (lower, upper) = wilson_interval(successes, runs, 0.95)?;
    let interval = Interval { lower, upper, level: 0.95 };
    let draft = draft.note(format!("{runs} runs, Wilson's interval"));
    Ok(draft.agrees(expected, 0.0, successes as f64 / runs as f64, interval))
}

pub(super) fn steps_within_the_bound(config: &Config, results: &Results) -> Claim {
    let mut checks = Checks::new();
    for row in &results.gorp {
        if let (Some(exact), Some(sample)) = (row.exact, &row.sample) {
            let bound = (config.horizon as f64).powi(2) * (row.actions as f64).powi(row.k as i32) * exact.m as f64;
            checks.that(sample.most_steps as f64 <= bound, || {
                format!("{} k = {}: {} steps, bound {bound:.0}", row.environment, row.k, sample.most_steps)
            });
        }
    }
    Claim::draft("gorp-steps", "GORP takes at most T² A^H environment steps, H = k + log_A m_k", PAPER_1).all(&checks)
}

pub(super) fn shaped_agrees(results: &Results) -> Claim {
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

pub(super) fn distance_breaks_gorp(config: &Config, results: &Results) -> Claim {
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

pub(super) fn hints_help(results: &Results) -> Claim {
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

pub(super) fn collapse(config: &Config, results: &Results) -> Claim {
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
