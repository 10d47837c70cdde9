//! The effective horizon: how far must a learner look ahead before acting greedily on random play is optimal?
//!
//! Exact tables of MiniGrid (deterministic, sticky, with shaped rewards), the exact success probability of GORP, and the
//! identities behind them. Papers: Laidlaw, Russell, Dragan, "Bridging RL theory and practice with the effective horizon"
//! (NeurIPS 2023); Laidlaw, Zhu, Russell, Dragan, "The effective horizon explains deep RL performance in stochastic
//! environments" (ICLR 2024). Everything here is computed, nothing is sampled.
//!
//! | file | what is in it |
//! |---|---|
//! | [`measure`] | what is computed for an environment |
//! | [`claims`] | the claims and their expected values |
//! | [`tables`], [`figures`] | what is written and drawn |
//! | `reference.csv` | reference values of an independent implementation |

pub mod claims;
pub mod figures;
mod identities;
pub mod measure;
mod published;
pub mod reference;
pub mod tables;

use serde::Deserialize;
use serde_json::Value;

use crate::runner::{Experiment, Finished, Outcome, Spec, Unit, record};
use crate::{Error, Result};
use identities::IdentityRecord;
use measure::{MapRecord, Record};

/// The experiment's entry.
pub fn spec() -> Spec {
    Spec {
        name: "effective-horizon",
        title: "How far to look ahead before greedy on random play is optimal, exactly, on MiniGrid",
        source: "Laidlaw, Russell, Dragan (NeurIPS 2023); Laidlaw, Zhu, Russell, Dragan (ICLR 2024)",
        config: include_str!("../../configs/effective-horizon.toml"),
        build: |settings| Ok(Box::new(EffectiveHorizon::new(settings.parse()?)?)),
    }
}

/// The settings; see `configs/effective-horizon.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Steps of an episode.
    pub horizon: usize,
    /// Stickiness of the sticky half.
    pub sticky: f64,
    /// Rows of the table.
    pub environments: Vec<String>,
    /// GORP is analysed up to this many states.
    pub gorp_max_states: usize,
    /// Most environment steps GORP may take.
    pub gorp_max_steps: f64,
    /// Shaped rewards, `environment shaping`.
    pub shaped: Vec<String>,
    /// Where identities are checked.
    pub identities: Vec<String>,
    /// Maps to draw.
    pub maps: Vec<String>,
    /// Most states of a table.
    pub state_limit: usize,
}

/// What one unit of work does.
#[derive(Debug, Clone, PartialEq)]
enum Task {
    Plain(String),
    Sticky(String),
    Shaped { environment: String, shaping: String },
    Identities(String),
    Map(String),
}

impl Task {
    fn id(&self) -> String {
        match self {
            Task::Plain(environment) => environment.clone(),
            Task::Sticky(environment) => format!("{environment} sticky"),
            Task::Shaped { environment, shaping } => format!("{environment} shaping={shaping}"),
            Task::Identities(environment) => format!("{environment} identities"),
            Task::Map(environment) => format!("{environment} map"),
        }
    }
}

/// All results, sorted by what they are.
#[derive(Debug, Clone, Default)]
pub struct Results {
    /// Deterministic rows, by environment.
    pub plain: Vec<(String, Record)>,
    /// Sticky rows, by environment.
    pub sticky: Vec<(String, Record)>,
    /// Shaped rows: environment, shaping.
    pub shaped: Vec<(String, String, Record)>,
    /// Identities, by environment.
    pub identities: Vec<(String, IdentityRecord)>,
    /// Values on maps, by environment.
    pub maps: Vec<(String, MapRecord)>,
}

struct EffectiveHorizon {
    config: Config,
    tasks: Vec<Task>,
}

impl EffectiveHorizon {
    fn new(config: Config) -> Result<EffectiveHorizon> {
        let mut tasks: Vec<Task> = Vec::new();
        for environment in &config.environments {
            tasks.extend([Task::Plain(environment.clone()), Task::Sticky(environment.clone())]);
        }
        for text in &config.shaped {
            let (environment, shaping) = text.split_once(' ').ok_or_else(|| Error::Config {
                place: "the configuration of effective-horizon".into(),
                problem: format!(
                    "shaped = [\"{text}\"]: it must read `environment shaping`, such as `Empty-8x8 distance`"
                ),
            })?;
            tasks.push(Task::Shaped { environment: environment.into(), shaping: shaping.trim().into() });
        }
        tasks.extend(config.identities.iter().cloned().map(Task::Identities));
        tasks.extend(config.maps.iter().cloned().map(Task::Map));
        Ok(EffectiveHorizon { config, tasks })
    }
}

impl Experiment for EffectiveHorizon {
    fn units(&self) -> Result<Vec<Unit>> {
        let ids: Vec<String> = self.tasks.iter().map(Task::id).collect();
        Ok(Unit::exact(&ids))
    }

    fn run(&self, unit: &Unit) -> Result<Value> {
        let config = &self.config;
        match &self.tasks[unit.setting] {
            Task::Plain(environment) => record(&measure::analyse_environment(config, environment, None, None)?),
            Task::Sticky(environment) => {
                record(&measure::analyse_environment(config, environment, None, Some(config.sticky))?)
            }
            Task::Shaped { environment, shaping } => {
                record(&measure::analyse_environment(config, environment, Some(shaping), None)?)
            }
            Task::Identities(environment) => record(&identities::check(config, environment)?),
            Task::Map(environment) => record(&measure::values_on_map(config, environment)?),
        }
    }

    fn conclude(&self, finished: &[Finished]) -> Result<Outcome> {
        let mut results = Results::default();
        for done in finished {
            match &self.tasks[done.unit.setting] {
                Task::Plain(environment) => results.plain.push((environment.clone(), done.read()?)),
                Task::Sticky(environment) => results.sticky.push((environment.clone(), done.read()?)),
                Task::Shaped { environment, shaping } => {
                    results.shaped.push((environment.clone(), shaping.clone(), done.read()?));
                }
                Task::Identities(environment) => results.identities.push((environment.clone(), done.read()?)),
                Task::Map(environment) => results.maps.push((environment.clone(), done.read()?)),
            }
        }
        Ok(Outcome {
            claims: claims::judge(&self.config, &results)?,
            tables: tables::tables(&results),
            figures: figures::figures(&self.config, &results)?,
            notes: tables::notes(&self.config),
        })
    }
}
