//! Claims about runs of 30,000 episodes: who has learnt, seen from the growth of the regret in the second half.

use super::groups::GroupRecord;
use super::reference::{LONG_RUNS, SOURCE_LONG};
use super::{Config, Results};
use crate::Result;
use crate::runner::mean;
use crate::runner::{Checks, Claim, Interval};

/// `Reg(K) / Reg(K/2)` of a run that was recorded evenly: 2 for linear growth, √2 for growth like a root, 1 for one that has learnt.
fn ratio(record: &GroupRecord) -> Option<f64> {
    let points = &record.run.points;
    let (end, total) = *points.last()?;
    points.iter().find(|p| 2 * p.0 == end).map(|&(_, half)| total / half)
}

/// The regrets, ratios and orderings of both problems.
///
/// # Errors
/// Statistics that cannot be computed.
pub fn judge(config: &Config, results: &Results) -> Result<Vec<Claim>> {
    let mut claims = Vec::new();
    for name in ["long-random", "long-lock"] {
        if config.groups.get(name).is_none_or(|group| group.episodes != 30_000) {
            continue;
        }
        let mut order: Vec<(f64, f64, &str)> = Vec::new();
        for reference in LONG_RUNS.iter().filter(|reference| reference.group == name) {
            let regrets = results.regrets(name, reference.label);
            let ratios: Vec<f64> = results.of(name, reference.label).filter_map(ratio).collect();
            if regrets.is_empty() || ratios.len() != regrets.len() {
                continue;
            }
            let id = |what: &str| format!("{name}-{what}-{}", reference.label.to_lowercase().replace(' ', "-"));
            let (measured, interval) = mean(&regrets)?;
            order.push((reference.regret, measured, reference.label));
            let statement = format!("Mean regret of {} after 30,000 episodes ({name})", reference.label);
            let seeds = regrets.len();
            if name == "long-lock" {
                let claim = Claim::draft(&id("regret"), statement, SOURCE_LONG);
                let note = format!("{seeds} seeds; the tolerance is 30 % of the published mean");
                claims.push(claim.note(note).agrees(reference.regret, 0.3 * reference.regret, measured, interval));
            } else {
                let note = format!("{measured:.0} here, on another draw of the random MDP: regrets are not comparable");
                claims.push(Claim::draft(&id("regret"), statement, SOURCE_LONG).note(note).quoted(reference.regret));
            }
            let (measured, interval): (f64, Interval) = mean(&ratios)?;
            let statement = format!("Reg(30,000)/Reg(15,000) of {} ({name})", reference.label);
            let note = format!("{seeds} seeds; 2 is linear, 1.41 like a root, 1 has learnt; tolerance 0.15");
            let claim = Claim::draft(&id("ratio"), statement, SOURCE_LONG).note(note);
            claims.push(claim.agrees(reference.ratio, 0.15, measured, interval));
        }
        let mut checks = Checks::new();
        order.sort_by(|a, b| a.0.total_cmp(&b.0));
        // Two that are published within 10 % of each other have no order.
        for pair in order.windows(2).filter(|pair| pair[1].0 > 1.1 * pair[0].0) {
            checks.that(pair[0].1 < pair[1].1, || {
                format!("{} has {:.0}, {} has {:.0}", pair[0].2, pair[0].1, pair[1].2, pair[1].1)
            });
        }
        let statement = format!("The agents' mean regrets after 30,000 episodes are in the published order ({name})");
        claims.push(Claim::draft(&format!("{name}-order"), statement, SOURCE_LONG).all(&checks));
    }
    Ok(claims)
}
