//! The claims. Regret is a random number, so most are statistical: means over seeds with bootstrap intervals.

use tabrl::stats::wilson_interval;

use super::reference::{RIVER_SWIM, SOURCE, TOLERANCE};
use super::tables::players;
use super::{Config, Results};
use crate::Result;
use crate::runner::mean;
use crate::runner::{Checks, Claim, Interval, Tolerance};

const PAPER: &str = "Liu et al. (NeurIPS 2023)";
const MEASURED: &str = "an independent implementation of tabular MEX";

/// Judges every claim.
///
/// # Errors
/// Statistics that cannot be computed.
pub fn judge(config: &Config, results: &Results) -> Result<Vec<Claim>> {
    let mut claims = published(config, results)?;
    claims.push(ordering(config, results)?);
    claims.extend(stuck(config, results)?);
    claims.extend(far_behind(config, results)?);
    claims.extend(model_free(config, results)?);
    claims.extend(slope(config, results)?);
    claims.push(lock(config, results));
    claims.extend(deep_sea(config, results)?);
    claims.extend(roots(config, results)?);
    claims.push(optimism(results));
    claims.extend(against_greedy(config, results)?);
    Ok(claims)
}

/// Without optimism most runs never come back to the far end.
fn stuck(config: &Config, results: &Results) -> Result<Option<Claim>> {
    let runs: Vec<f64> = results
        .of("certainty-equivalence", "certainty equivalence")
        .map(|run| f64::from(u8::from(run.run.stuck)))
        .collect();
    if !comparable(config) || runs.is_empty() {
        return Ok(None);
    }
    let share = runs.iter().sum::<f64>() / runs.len() as f64;
    let (lower, upper) = wilson_interval(runs.iter().filter(|&&x| x > 0.0).count() as u64, runs.len() as u64, 0.95)?;
    let statement = "At least 70 % of the runs of certainty equivalence get stuck on RiverSwim";
    let interval = Interval { lower, upper, level: 0.95 };
    let note = format!("{} seeds, Wilson's interval; published: 16 of 20", runs.len());
    Ok(Some(
        Claim::draft("certainty-equivalence-stuck", statement, SOURCE).note(note).lies_in(0.7, 1.0, share, interval),
    ))
}

/// Posterior sampling is ahead of UCRL2 by more than a factor of ten.
fn far_behind(config: &Config, results: &Results) -> Result<Option<Claim>> {
    let (psrl, ucrl2) = (results.regrets("riverswim", "PSRL"), results.regrets("riverswim", "UCRL2"));
    if !comparable(config) || psrl.is_empty() || psrl.len() != ucrl2.len() {
        return Ok(None);
    }
    let ratios: Vec<f64> = ucrl2.iter().zip(&psrl).map(|(u, p)| u / p).collect();
    let (measured, interval) = mean(&ratios)?;
    let source = "Osband, Russo and Van Roy (NeurIPS 2013), the ordering alone";
    let statement = "Regret of UCRL2 over that of PSRL on RiverSwim in episodes";
    let note = format!("{} seeds, mean of their ratios; UCRL2 with the constants of theory", ratios.len());
    Ok(Some(Claim::draft("ucrl2-behind", statement, source).note(note).lies_in(
        10.0,
        f64::INFINITY,
        measured,
        interval,
    )))
}

/// The model-free relaxation at prices from 0.3 to 3.
fn model_free(config: &Config, results: &Results) -> Result<Vec<Claim>> {
    let mut claims = Vec::new();
    for eta in ["0.3", "1", "3"] {
        let regrets = results.regrets("price", &format!("MEX-MF {eta}"));
        if !comparable(config) || regrets.is_empty() {
            continue;
        }
        let (measured, interval) = mean(&regrets)?;
        let statement = format!("Mean regret of model-free MEX at eta = {eta} on RiverSwim");
        let note = format!("{} seeds; pooled counts", regrets.len());
        let claim = Claim::draft(&format!("mex-mf-{eta}"), statement, MEASURED).note(note);
        claims.push(claim.lies_in(10.0, 30.0, measured, interval));
    }
    Ok(claims)
}

/// The regret of the model-based relaxation falls like a power of the price.
fn slope(config: &Config, results: &Results) -> Result<Option<Claim>> {
    let [cheap, dear] = ["0.01", "0.1"].map(|eta| results.regrets("price", &format!("MEX-MB {eta}")));
    if !comparable(config) || cheap.is_empty() || cheap.len() != dear.len() {
        return Ok(None);
    }
    // Seeds are paired: both prices meet the same randomness.
    let slopes: Vec<f64> = cheap.iter().zip(&dear).map(|(a, b)| (b / a).log10()).collect();
    let (measured, interval) = mean(&slopes)?;
    let statement = "Slope of log regret over log eta from 0.01 to 0.1, model-based MEX on RiverSwim";
    let note = format!("{} seeds, mean of the slopes of the seeds; the tolerance is the source's", slopes.len());
    Ok(Some(Claim::draft("mex-mb-slope", statement, MEASURED).note(note).agrees(-0.83, 0.1, measured, interval)))
}

/// With rewards known the lock costs the same in every run.
fn lock(config: &Config, results: &Results) -> Claim {
    let mut checks = Checks::new();
    let group = config.groups.get("lock");
    if group.is_some_and(|group| group.environment == "lock" && group.horizon == 9 && group.episodes == 1500) {
        for (eta, measured) in [("0.02", 1506.7), ("0.1", 315.5), ("0.5", 74.2)] {
            for regret in results.regrets("lock", &format!("MEX-MB {eta}")) {
                checks.close(&format!("regret at eta = {eta}"), measured, regret, Tolerance::Relative(0.02));
            }
        }
    }
    let statement = "Model-based MEX with known rewards loses the same on the lock in every run";
    Claim::draft("lock", statement, MEASURED).all(&checks)
}

/// About two episodes a row.
fn deep_sea(config: &Config, results: &Results) -> Result<Option<Claim>> {
    let regrets = results.regrets("deepsea", "MEX-MB");
    let played =
        config.groups.get("deepsea").is_some_and(|group| group.environment == "deepsea" && group.horizon == 10);
    if !played || regrets.is_empty() {
        return Ok(None);
    }
    let (measured, interval) = mean(&regrets)?;
    let statement = "Mean regret of model-based MEX with known rewards and layers on DeepSea with 10 rows";
    let note = format!(
        "{} seeds; without known layers (`successors=all`) the goal is imagined one step away, and regret is near that of no \
         learning",
        regrets.len()
    );
    let claim = Claim::draft("deepsea", statement, MEASURED).note(note);
    Ok(Some(claim.agrees(21.7, 0.3 * 21.7, measured, interval)))
}

/// Regret grows like the root of the number of episodes, or linearly.
fn roots(config: &Config, results: &Results) -> Result<Vec<Claim>> {
    let episodes = |name: &str| config.groups.get(name).map(|group| group.episodes);
    if (episodes("root-2000"), episodes("root-8000")) != (Some(2000), Some(8000)) {
        return Ok(Vec::new());
    }
    let mut claims = Vec::new();
    for (label, id, low, high) in [("MEX-MB", "root", 0.0, 2.5), ("epsilon-greedy", "no-root", 3.7, 4.3)] {
        let [few, many] = ["root-2000", "root-8000"].map(|group| results.regrets(group, label));
        if few.is_empty() || few.len() != many.len() {
            continue;
        }
        let ratios: Vec<f64> = few.iter().zip(&many).map(|(a, b)| b / a).collect();
        let (measured, interval) = mean(&ratios)?;
        let statement = format!("Reg(8000)/Reg(2000) of {label} on RiverSwim (2 for growth like a root, 4 for linear)");
        let note = format!("{} seeds; the price of MEX is 4.5/√K", ratios.len());
        claims.push(Claim::draft(id, statement, PAPER).note(note).lies_in(low, high, measured, interval));
    }
    Ok(claims)
}

/// Whether a group is played as it was where its reference was measured.
fn comparable(config: &Config) -> bool {
    config.groups.get("riverswim").is_some_and(|group| {
        group.environment == "riverswim" && group.set == ["p01=0.4"] && group.horizon == 20 && group.episodes == 2000
    })
}

/// Each published regret.
fn published(config: &Config, results: &Results) -> Result<Vec<Claim>> {
    if !comparable(config) {
        return Ok(Vec::new());
    }
    let mut claims = Vec::new();
    for reference in RIVER_SWIM {
        let regrets = results.regrets(reference.group, reference.label);
        if regrets.is_empty() {
            continue;
        }
        let (measured, interval) = mean(&regrets)?;
        let id = format!("regret-{}", reference.label.to_lowercase().replace(' ', "-"));
        let statement = format!("Mean regret of {} on RiverSwim after 2000 episodes", reference.label);
        let note = format!("{} seeds; the tolerance is 30 % of the published mean", regrets.len());
        let slack = TOLERANCE * reference.regret;
        claims.push(Claim::draft(&id, statement, SOURCE).note(note).agrees(
            reference.regret,
            slack,
            measured,
            interval,
        ));
    }
    Ok(claims)
}

/// The published regrets in their order.
fn ordering(config: &Config, results: &Results) -> Result<Claim> {
    let mut checks = Checks::new();
    if comparable(config) {
        let mut known: Vec<(&str, f64, f64)> = Vec::new();
        for reference in RIVER_SWIM {
            let regrets = results.regrets(reference.group, reference.label);
            if !regrets.is_empty() {
                known.push((reference.label, reference.regret, mean(&regrets)?.0));
            }
        }
        known.sort_by(|a, b| a.1.total_cmp(&b.1));
        for pair in known.windows(2) {
            checks.that(pair[0].2 < pair[1].2, || {
                format!("{} has {:.1}, {} has {:.1}", pair[0].0, pair[0].2, pair[1].0, pair[1].2)
            });
        }
    }
    Ok(Claim::draft("riverswim-order", "The agents' mean regrets on RiverSwim are in the published order", SOURCE)
        .all(&checks))
}

/// Where rewards are hidden behind doors, whoever explores on purpose loses less than ε-greedy.
fn against_greedy(config: &Config, results: &Results) -> Result<Option<Claim>> {
    let (mut checks, mut played) = (Checks::new(), false);
    for name in ["sixarms", "rooms-four", "rooms-six", "rooms-n", "apple-gold"] {
        let greedy = results.regrets(name, "epsilon-greedy");
        let Some(group) = config.groups.get(name).filter(|_| !greedy.is_empty()) else { continue };
        played = true;
        let greedy = mean(&greedy)?.0;
        for player in players(group)?.iter().filter(|player| player.label != "epsilon-greedy") {
            let regret = mean(&results.regrets(name, &player.label))?.0;
            checks.that(regret < greedy, || {
                format!("{name}: {} has {regret:.1}, epsilon-greedy {greedy:.1}", player.label)
            });
        }
    }
    let statement = "On SixArms, in rooms and on AppleGold every explorer has less mean regret than epsilon-greedy";
    Ok(played.then(|| Claim::draft("hidden-rewards", statement, "this report").all(&checks)))
}

/// Optimism in every episode, for agents that state what they believe.
fn optimism(results: &Results) -> Claim {
    let mut checks = Checks::new();
    for run in results.runs.iter().filter(|run| run.run.least_optimism.is_finite()) {
        checks.that(run.run.least_optimism >= -1e-9, || {
            format!("{} {} seed {}: {:.3e}", run.group, run.label, run.seed, run.run.least_optimism)
        });
    }
    let statement =
        "In every episode of every run the relaxed objective that MEX maximised is at least the objective of the truth";
    Claim::draft("optimism", statement, PAPER).note("one check a run: the least over its episodes; the relaxation bounds the objective from above, so this follows if \
         it is right, and says less than the same of an exact maximiser").all(&checks)
}
