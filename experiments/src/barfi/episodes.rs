//! The maze from episodes: BARFI as published, and what it was compared with.

use serde::{Deserialize, Serialize};
use tabrl::reward::bilevel::{Learner, Quirks, SampledSettings, sampled_barfi};

use super::maze::{HORIZON, Maze};
use crate::Result;

/// Settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Episodes.
    pub episodes: usize,
    /// Episodes that a point of a curve averages.
    pub block: usize,
    /// Episodes at the end that are compared.
    pub last: usize,
}

/// One run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Run {
    /// `bad` or `good`.
    pub auxiliary: String,
    /// One of [`LEARNERS`] or [`VARIANTS`].
    pub learner: String,
    /// Mean return of each block of episodes.
    pub blocks: Vec<f64>,
    /// Mean return of the last episodes.
    pub last: f64,
    /// Mean return of all.
    pub all: f64,
    /// `J_p` over an episode of the policy at the end, exactly.
    pub value: f64,
    /// The inner discount at the end.
    pub discount: f64,
}

/// What one seed finds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    /// Runs by auxiliary reward and learner.
    pub runs: Vec<Run>,
}

/// The names of learners, four of them without a learnt reward; BARFI as published.
pub const LEARNERS: [&str; 6] =
    ["primary only", "naive sum", "state potential", "action potential", "BARFI, first order", "BARFI, Neumann"];

/// BARFI, Neumann, with biases of its inner learner taken away, one at a time and all at once.
pub const VARIANTS: [(&str, Quirks); 4] = [
    ("BARFI, discounted steps", Quirks { undiscounted_steps: false, ..Quirks::PUBLISHED }),
    ("BARFI, weighted replay", Quirks { no_importance_weights: false, ..Quirks::PUBLISHED }),
    ("BARFI, fresh episodes", Quirks { replay: false, ..Quirks::PUBLISHED }),
    ("BARFI, unbiased inner", Quirks::NONE),
];

/// Runs every learner with one seed.
///
/// # Errors
/// Settings out of range.
pub fn measure(settings: &Settings, seed: u64) -> Result<Record> {
    let neumann = Learner::Barfi { terms: 5, step: 5e-4 };
    let learners = [
        Learner::Primary,
        Learner::NaiveSum,
        Learner::StatePotential,
        Learner::ActionPotential,
        Learner::Barfi { terms: 0, step: 1.0 },
        neumann,
    ];
    let published = LEARNERS.into_iter().zip(learners).map(|(name, learner)| (name, learner, Quirks::PUBLISHED));
    let all: Vec<_> = published.chain(VARIANTS.map(|(name, quirks)| (name, neumann, quirks))).collect();
    let mut runs = Vec::new();
    for auxiliary in ["bad", "good"] {
        let maze = Maze::new(auxiliary)?;
        for &(name, learner, quirks) in &all {
            let options = SampledSettings {
                learner,
                quirks,
                episodes: settings.episodes,
                horizon: HORIZON,
                seed,
                ..SampledSettings::default()
            };
            let found = sampled_barfi(maze.mdp(), &maze.features, &maze.tables.auxiliary, &options)?;
            let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
            runs.push(Run {
                auxiliary: auxiliary.into(),
                learner: name.into(),
                blocks: found.returns.chunks_exact(settings.block).map(mean).collect(),
                last: mean(&found.returns[settings.episodes - settings.last..]),
                all: mean(&found.returns),
                value: maze.episode_value(&found.theta)?,
                discount: found.discount,
            });
        }
    }
    Ok(Record { runs })
}
