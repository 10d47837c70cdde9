//! BARFI from episodes at many settings, since the paper compares the best of a sweep.
//!
//! The best of many settings looks better than it is on the seeds that it was chosen by. So it is chosen on the even seeds, and judged on the odd ones.

use serde::{Deserialize, Serialize};
use tabrl::reward::bilevel::{Learner, Quirks, Regulariser, SampledSettings, sampled_barfi};

use super::Results;
use super::maze::{HORIZON, Maze};
use crate::Result;

/// Settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Rates of RMSprop on the policy.
    pub policy_rates: Vec<f64>,
    /// `λ_γ`.
    pub discount_regularisers: Vec<f64>,
    /// `λ_φ`.
    pub reward_regularisers: Vec<f64>,
}

/// The names of learners; the first has no learnt reward, and is swept over the rates alone.
pub const LEARNERS: [&str; 3] = ["state potential", "BARFI, first order", "BARFI, Neumann"];

/// One run with the bad auxiliary reward.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Run {
    /// One of [`LEARNERS`].
    pub learner: String,
    /// Rate of the policy, `λ_γ` and `λ_φ`.
    pub setting: [f64; 3],
    /// Seed.
    pub seed: u64,
    /// Mean return of the last episodes.
    pub last: f64,
}

/// Runs every learner at every setting with one seed.
///
/// # Errors
/// Settings out of range.
pub fn measure(settings: &Settings, (episodes, last): (usize, usize), seed: u64) -> Result<Vec<Run>> {
    let maze = Maze::new("bad")?;
    let learners =
        [Learner::StatePotential, Learner::Barfi { terms: 0, step: 1.0 }, Learner::Barfi { terms: 5, step: 5e-4 }];
    let mut runs = Vec::new();
    for (name, learner) in LEARNERS.into_iter().zip(learners) {
        let regularised = matches!(learner, Learner::Barfi { .. });
        let few = |all: &[f64]| if regularised { all.to_vec() } else { all[..1].to_vec() };
        for &policy_rate in &settings.policy_rates {
            for discount in few(&settings.discount_regularisers) {
                for reward in few(&settings.reward_regularisers) {
                    let options = SampledSettings {
                        learner,
                        quirks: Quirks::PUBLISHED,
                        regulariser: Regulariser { reward, discount },
                        policy_rate,
                        episodes,
                        horizon: HORIZON,
                        seed,
                        ..SampledSettings::default()
                    };
                    let returns = sampled_barfi(maze.mdp(), &maze.features, &maze.tables.auxiliary, &options)?.returns;
                    let last = returns[episodes - last..].iter().sum::<f64>() / last as f64;
                    runs.push(Run { learner: name.into(), setting: [policy_rate, discount, reward], seed, last });
                }
            }
        }
    }
    Ok(runs)
}

/// A learner at the setting that is best on the even seeds.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// The setting.
    pub setting: [f64; 3],
    /// Its mean on the even seeds.
    pub on_even: f64,
    /// Its returns on the odd seeds, by seed.
    pub on_odd: Vec<f64>,
    /// Settings that it was chosen from.
    pub among: usize,
}

/// The setting of a learner that is best on the even seeds; `None` without an even and an odd seed.
pub fn choose(results: &Results, learner: &str) -> Option<Chosen> {
    let runs: Vec<&Run> = results.sweep.iter().filter(|run| run.learner == learner).collect();
    let returns = |setting: [f64; 3], odd: u64| -> Vec<f64> {
        let mut of: Vec<(u64, f64)> =
            runs.iter().filter(|r| r.setting == setting && r.seed % 2 == odd).map(|r| (r.seed, r.last)).collect();
        of.sort_by_key(|(seed, _)| *seed);
        of.into_iter().map(|(_, last)| last).collect()
    };
    let mut settings: Vec<[f64; 3]> = Vec::new();
    for run in &runs {
        if !settings.contains(&run.setting) {
            settings.push(run.setting);
        }
    }
    let mut best: Option<(f64, [f64; 3])> = None;
    for &setting in &settings {
        let even = returns(setting, 0);
        let mean = even.iter().sum::<f64>() / even.len() as f64;
        // The first of equals; not a number without a seed.
        if best.is_none_or(|(value, _)| mean > value) && !mean.is_nan() {
            best = Some((mean, setting));
        }
    }
    let (on_even, setting) = best?;
    let on_odd = returns(setting, 1);
    (!on_odd.is_empty()).then_some(Chosen { setting, on_even, on_odd, among: settings.len() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// What is best on the even seeds is judged by the odd ones, where it may be worse.
    #[test]
    fn choice_and_judgement_use_different_seeds() {
        let run = |rate: f64, seed: u64, last: f64| Run { learner: "a".into(), setting: [rate, 0.0, 0.0], seed, last };
        let sweep = vec![run(1.0, 0, 5.0), run(1.0, 1, 1.0), run(2.0, 0, 4.0), run(2.0, 1, 9.0), run(1.0, 3, 2.0)];
        let results = Results { sweep, ..Results::default() };
        let chosen = choose(&results, "a").unwrap();
        assert_eq!((chosen.setting[0], chosen.on_even, chosen.on_odd, chosen.among), (1.0, 5.0, vec![1.0, 2.0], 2));
        assert!(choose(&results, "b").is_none());
    }
}
