//! What is judged of learning from episodes.

use super::super::episodes::LEARNERS;
use super::super::sweep::{self, choose};
use super::super::{Config, Results};
use super::BARFI;
use crate::Result;
use crate::runner::{Claim, Draft, Interval, Kind, mean};

/// BARFI as published at one setting, against learners without a learnt reward.
pub fn episodes(config: &Config, results: &Results) -> Result<Vec<Claim>> {
    let mut claims = Vec::new();
    if results.episodes.len() < 2 {
        return Ok(claims);
    }
    let long = config.episodes.episodes >= 2000;
    let judged = |draft: Draft, low: f64, high: f64, (value, interval): (f64, Interval)| {
        let expected = if low.is_finite() { format!("at least {low}") } else { format!("at most {high}") };
        if long {
            draft.lies_in(low, high, value, interval)
        } else {
            draft.untested(Kind::Statistical, expected.as_str())
        }
    };
    let last = |auxiliary: &str, learner: &str| -> Vec<f64> {
        let runs = results.episodes.iter().flat_map(|r| &r.runs);
        runs.filter(|r| r.auxiliary == auxiliary && r.learner == learner).map(|r| r.last).collect()
    };
    let seeds = results.episodes.len();
    let about =
        format!("{seeds} seeds, mean of the last {} of {} episodes", config.episodes.last, config.episodes.episodes);
    let found = mean(&last("bad", "naive sum"))?;
    let statement = "From episodes: return of the naive sum with the bad auxiliary reward";
    claims.push(judged(
        Claim::draft("episodes-naive", statement, BARFI).note(about.clone()),
        f64::NEG_INFINITY,
        0.0,
        found,
    ));
    for (i, learner) in LEARNERS[4..].iter().enumerate() {
        let kind = ["first", "neumann"][i];
        for auxiliary in ["bad", "good"] {
            let own = last(auxiliary, learner);
            let naive = last(auxiliary, "naive sum");
            let gains: Vec<f64> = own.iter().zip(&naive).map(|(a, b)| a - b).collect();
            let found = mean(&gains)?;
            let (low, statement) = match auxiliary {
                "bad" => {
                    (0.0, format!("From episodes, bad auxiliary reward: what {learner} earns more than the naive sum"))
                }
                _ => (
                    -2.0,
                    format!(
                        "From episodes, good auxiliary reward: {learner} is at most 2 behind the naive sum (difference)"
                    ),
                ),
            };
            let note = format!("{about}; {learner} {:.2}", mean(&own)?.0);
            let draft = Claim::draft(&format!("episodes-{kind}-{auxiliary}"), statement, BARFI).note(note);
            claims.push(judged(draft, low, f64::INFINITY, found));
            // The best of all others, by their means.
            let others = LEARNERS[..4].iter().map(|l| (last(auxiliary, l), *l));
            let mut best: (Vec<f64>, &str, f64) = (Vec::new(), "", f64::NEG_INFINITY);
            for (numbers, name) in others {
                let value = mean(&numbers)?.0;
                if value > best.2 {
                    best = (numbers, name, value);
                }
            }
            let gains: Vec<f64> = own.iter().zip(&best.0).map(|(a, b)| a - b).collect();
            let found = mean(&gains)?;
            let statement = format!(
                "From episodes, {auxiliary} auxiliary reward: {learner} is among the best, at most 1 behind any learner without a learnt reward (difference)"
            );
            let note = format!(
                "{about}; the best other one is {} with {:.2}; one setting for all; see `episodes-swept` for the best of a sweep, as in the paper",
                best.1, best.2
            );
            let draft = Claim::draft(&format!("episodes-best-{kind}-{auxiliary}"), statement, BARFI).note(note);
            claims.push(judged(draft, -1.0, f64::INFINITY, found));
        }
    }
    Ok(claims)
}

/// Whether the best of a sweep is among the best, chosen and judged on different seeds.
pub fn swept(config: &Config, results: &Results) -> Result<Vec<Claim>> {
    let mut claims = Vec::new();
    let Some(other) = choose(results, sweep::LEARNERS[0]) else { return Ok(claims) };
    for (learner, kind) in sweep::LEARNERS[1..].iter().zip(["first", "neumann"]) {
        let Some(own) = choose(results, learner) else { continue };
        let statement = format!(
            "From episodes, bad auxiliary reward: the best {learner} of a sweep is at most 1 behind the best state potential of one (difference)"
        );
        let [rate, discount, reward] = own.setting;
        let gaps: Vec<f64> = own.on_odd.iter().zip(&other.on_odd).map(|(a, b)| a - b).collect();
        let note = format!(
            "of {} settings, chosen on the even seeds, where it has {:.2}: policy rate {rate}, λ_γ {discount}, λ_φ {reward}; judged on {} odd \
             seeds, where it has {:.2}, and state potential {:.2}",
            own.among,
            own.on_even,
            gaps.len(),
            mean(&own.on_odd)?.0,
            mean(&other.on_odd)?.0
        );
        let draft = Claim::draft(&format!("episodes-swept-{kind}"), statement, BARFI).note(note);
        claims.push(if config.episodes.episodes >= 2000 && gaps.len() > 1 {
            let (value, interval) = mean(&gaps)?;
            draft.lies_in(-1.0, f64::INFINITY, value, interval)
        } else {
            draft.untested(Kind::Statistical, "at least -1")
        });
    }
    Ok(claims)
}
