//! Claims about simulated means, judged with 95 % bootstrap intervals.

use crate::Result;
use crate::emergent::normal::Agent;
use crate::emergent::reference::{COMPUTED, NOISE, NOISE_CELLS, PAPER, REGRET, RL2};
use crate::emergent::{Config, Results};
use crate::runner::{Claim, Kind, mean};

/// Half of a 95 % interval in standard errors.
const NORMAL: f64 = 1.96;

/// Judges the statistical claims.
///
/// # Errors
/// Statistics that cannot be computed.
pub fn judge(config: &Config, results: &Results) -> Result<Vec<Claim>> {
    let mut claims = regret(config, results)?;
    claims.extend(orders(config, results)?);
    claims.extend(linear(config, results)?);
    claims.extend(bayes(config, results)?);
    claims.extend(rl2(results)?);
    claims.extend(noise(results)?);
    claims.extend(normal(results)?);
    Ok(claims)
}

/// The seeds that a claim used.
fn seeds(n: usize) -> String {
    format!("{n} runs, seeds from 0; 95 % bootstrap interval")
}

/// The mean of a simulation against a known one.
fn agrees(id: &str, statement: String, source: &str, expected: f64, slack: f64, ends: &[f64]) -> Result<Option<Claim>> {
    if ends.len() < 2 {
        return Ok(None);
    }
    let (measured, interval) = mean(ends)?;
    let draft = Claim::draft(id, statement, source);
    // An interval wider than what it is to be compared with decides nothing, wherever the mean happens to lie.
    if interval.upper - interval.lower > 2.0 * slack {
        let note = format!(
            "{}; mean {measured:.3}, in an interval wider than the tolerance: more runs are needed",
            seeds(ends.len())
        );
        return Ok(Some(draft.note(note).untested(Kind::Statistical, expected)));
    }
    Ok(Some(draft.note(seeds(ends.len())).agrees(expected, slack, measured, interval)))
}

/// The mean difference of paired runs, which must lie in a range.
fn differs(
    id: &str,
    statement: String,
    source: &str,
    range: (f64, f64),
    pairs: (&[f64], &[f64]),
) -> Result<Option<Claim>> {
    let n = pairs.0.len().min(pairs.1.len());
    if n < 2 {
        return Ok(None);
    }
    let differences: Vec<f64> = pairs.0.iter().zip(pairs.1).map(|(a, b)| a - b).collect();
    let (measured, interval) = mean(&differences)?;
    let draft = Claim::draft(id, statement, source).note(format!("{}; runs are paired by seed", seeds(n)));
    Ok(Some(draft.lies_in(range.0, range.1, measured, interval)))
}

const BELOW: (f64, f64) = (f64::NEG_INFINITY, 0.0);
const ABOVE: (f64, f64) = (0.0, f64::INFINITY);

/// A name as part of an id.
fn slug(name: &str) -> String {
    name.to_lowercase().replace([' ', ':', '.', ','], "-")
}

fn regret(config: &Config, results: &Results) -> Result<Vec<Claim>> {
    let mut claims = Vec::new();
    for (group, horizon, policies) in REGRET {
        if config.regret.get(group).is_none_or(|settings| settings.horizon != horizon) {
            continue;
        }
        for (policy, expected, half) in policies {
            let statement = format!("Mean pseudo-regret of {policy} on `{group}` after {horizon} steps");
            let ends = results.ends(&format!("regret {group} {policy}"));
            let slack = 3.0 * half / NORMAL;
            claims.extend(agrees(
                &format!("regret-{group}-{}", slug(policy)),
                statement,
                COMPUTED,
                expected,
                slack,
                &ends,
            )?);
        }
    }
    Ok(claims)
}

/// Thompson < KL-UCB < UCB(1) < UCB1.
fn orders(config: &Config, results: &Results) -> Result<Vec<Claim>> {
    let mut claims = Vec::new();
    for group in ["two", "nine"].into_iter().filter(|group| config.regret.contains_key(*group)) {
        for pair in ["thompson", "kl-ucb", "ucb:1", "ucb1"].windows(2) {
            let ends = |policy: &str| results.ends(&format!("regret {group} {policy}"));
            let statement = format!("Regret of {} minus that of {} on `{group}`", pair[0], pair[1]);
            let id = format!("order-{group}-{}-{}", slug(pair[0]), slug(pair[1]));
            claims.extend(differs(&id, statement, COMPUTED, BELOW, (&ends(pair[0]), &ends(pair[1])))?);
        }
    }
    Ok(claims)
}

/// Exploring at a constant rate costs a constant amount a step.
fn linear(config: &Config, results: &Results) -> Result<Option<Claim>> {
    let Some(group) = config.regret.get("nine").filter(|group| group.horizon == 10_000) else { return Ok(None) };
    let points = crate::emergent::sampled::points(group.horizon);
    let Some(at) = points.iter().position(|&n| n == 1000) else { return Ok(None) };
    let Some(runs) = results.runs.get("regret nine epsilon-greedy:0.1").filter(|runs| runs.len() > 1) else {
        return Ok(None);
    };
    // The ratio of the means: its interval comes from the means of halves of the runs' ratios only if those are mild, so runs are taken
    // relative to the mean at 1000 steps.
    let early = runs.iter().map(|row| row[at]).sum::<f64>() / runs.len() as f64;
    let ratios: Vec<f64> = runs.iter().filter_map(|row| row.last()).map(|end| end / early).collect();
    let (measured, interval) = mean(&ratios)?;
    let statement = "Regret of epsilon-greedy with a constant rate at 10 000 steps over that at 1000, on `nine`";
    let note = format!("{}; the mean at 1000 steps is taken as known", seeds(ratios.len()));
    Ok(Some(Claim::draft("epsilon-linear", statement, COMPUTED).note(note).agrees(6.8, 0.5, measured, interval)))
}

fn bayes(config: &Config, results: &Results) -> Result<Vec<Claim>> {
    let mut claims = Vec::new();
    if config.bayes.get("ten").is_none_or(|group| (group.arms, group.horizon) != (10, 1000)) {
        return Ok(claims);
    }
    let ends = |policy: &str| results.ends(&format!("bayes ten {policy}"));
    const SOURCE: &str = "Russo and Van Roy (2014), its problem; independent simulation";
    for (policy, expected, slack) in [
        ("thompson", 28.5, 1.5),
        ("ids", 18.5, 3.5),
        ("v-ids", 18.5, 3.5),
        ("bayes-ucb", 23.0, 3.0),
        ("knowledge-gradient", 50.5, 3.0),
    ] {
        let statement = format!("Mean Bayes regret of {policy}, ten uniform arms, 1000 steps");
        claims.extend(agrees(&format!("bayes-{policy}"), statement, SOURCE, expected, slack, &ends(policy))?);
    }
    for pair in ["ids", "bayes-ucb", "thompson", "knowledge-gradient"].windows(2) {
        let statement = format!("Bayes regret of {} minus that of {}", pair[0], pair[1]);
        let id = format!("bayes-order-{}-{}", pair[0], pair[1]);
        claims.extend(differs(&id, statement, SOURCE, BELOW, (&ends(pair[0]), &ends(pair[1])))?);
    }
    Ok(claims)
}

fn rl2(results: &Results) -> Result<Vec<Claim>> {
    let mut claims = Vec::new();
    for (cell, expected, published) in RL2 {
        let statement = format!("Mean total reward of Thompson sampling, {cell} arms x pulls");
        // 1 %, and half of the last digit of the reference.
        let slack = 0.01 * expected + 0.05;
        let claim = agrees(
            &format!("rl2-{cell}"),
            statement,
            COMPUTED,
            expected,
            slack,
            &results.ends(&format!("rl2 {cell}")),
        )?;
        claims.extend(claim.map(|claim| Claim {
            note: format!("{}; published by Duan et al. (2016), as remembered: {published}", claim.note),
            ..claim
        }));
    }
    Ok(claims)
}

fn noise(results: &Results) -> Result<Vec<Claim>> {
    let mut claims = Vec::new();
    for (column, cell) in NOISE_CELLS.into_iter().enumerate() {
        let ends = |noise: &str| results.ends(&format!("noise {cell} {noise}"));
        for (noise, known) in NOISE {
            let (expected, half) = known[column];
            let statement = format!("Mean Bayes regret of myopic play with noise `{noise}`, {cell} arms x steps");
            let id = format!("noise-{cell}-{}", slug(noise));
            // The reference is as uncertain as its interval says, and rounded.
            let slack = 3.0 * half / NORMAL + 0.05;
            claims.extend(agrees(&id, statement, COMPUTED, expected, slack, &ends(noise))?);
        }
        let compare = |id: &str, one: &str, two: &str, range| {
            let statement =
                format!("Bayes regret with noise `{one}` minus that with noise `{two}`, {cell} arms x steps");
            differs(&format!("pseudo-thompson-{id}-{cell}"), statement, PAPER, range, (&ends(one), &ends(two)))
        };
        claims.extend(compare("helps", "fresh 0.5", "fresh 0", BELOW)?);
        claims.extend(compare("minimum-left", "fresh 0.5", "fresh 0.25", BELOW)?);
        claims.extend(compare("minimum-right", "fresh 0.75", "fresh 1", BELOW)?);
        claims.extend(compare("below-thompson", "fresh 0.5", "fresh 1", BELOW)?);
        claims.extend(compare("frozen", "frozen 0.5", "fresh 0", ABOVE)?);
    }
    // Exact Thompson sampling, not its Gaussian approximation, where the same tasks were played.
    let (half, thompson) = (results.ends("noise 10x1000 fresh 0.5"), results.ends("bayes ten thompson"));
    let statement =
        "Bayes regret of myopic play with fresh noise of half the posterior's size minus that of Thompson sampling"
            .to_owned();
    claims.extend(differs("pseudo-thompson-below-exact", statement, PAPER, BELOW, (&half, &thompson))?);
    Ok(claims)
}

fn normal(results: &Results) -> Result<Vec<Claim>> {
    let ends = |agent: Agent| results.ends(&format!("normal {}", agent.name()));
    let mut claims = Vec::new();
    for (one, two) in [
        (Agent::Full, Agent::ThompsonUnitNoise),
        (Agent::ThompsonUnitNoise, Agent::EpsilonGreedy),
        (Agent::Full, Agent::Thompson),
        (Agent::Full, Agent::NoCredit),
    ] {
        let statement = format!("Three normal arms in blocks: reward a pull, {} minus {}", one.name(), two.name());
        let id = format!("normal-{}-{}", slug(one.name()), slug(two.name()));
        claims.extend(differs(&id, statement, PAPER, ABOVE, (&ends(one), &ends(two)))?);
    }
    for agent in [Agent::NoStructure, Agent::NoMemory] {
        let rewards = ends(agent);
        if rewards.len() > 1 {
            let (measured, interval) = mean(&rewards)?;
            let statement = format!("Three normal arms in blocks: reward a pull, {}", agent.name());
            let draft =
                Claim::draft(&format!("normal-{}", slug(agent.name())), statement, PAPER).note(seeds(rewards.len()));
            claims.push(draft.lies_in(-0.03, 0.03, measured, interval));
        }
    }
    Ok(claims)
}
