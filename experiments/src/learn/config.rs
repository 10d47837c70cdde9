//! The configuration of a run of learning curves; see `configs/learn.toml`.

use std::path::Path;

use serde::{Deserialize, Serialize};
use tabrl::learning::{self, EvaluationPoints, Param, TrainOptions};
use tabrl::stats::Aggregate;

use crate::commands::problem::names_a_file;
use crate::runner::{Settings, Unit, fnv1a, split_setting};
use crate::{Error, Result};

/// Most seeds of a run.
pub const MAX_SEEDS: u64 = 100_000;

/// Most evaluations of a curve.
pub const MAX_POINTS: u16 = 10_000;

/// Every number of a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// An environment or a file.
    pub problem: String,
    /// Parameters of the environment, as `key=value`.
    pub parameters: Vec<String>,
    /// 64-bit FNV-1a of the bytes of the file, in hexadecimal; empty for an environment.
    pub checksum: String,
    /// Most states that are enumerated.
    pub state_limit: usize,
    /// Discount factor in (0, 1]; 1 needs a horizon.
    pub discount: f64,
    /// Steps after which an episode is interrupted; 0 for never.
    pub horizon: u64,
    /// Environment steps of each run.
    pub steps: u64,
    /// Number of evaluations.
    pub points: u16,
    /// How they are spaced.
    pub spacing: Spacing,
    /// What is drawn over the seeds.
    pub aggregate: Aggregation,
    /// Number of seeds.
    pub seeds: u64,
    /// The first seed; the others follow it.
    pub first_seed: u64,
    /// The agents, in the order of the legend.
    pub agents: Vec<AgentConfig>,
}

/// An agent with its parameters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentConfig {
    /// Its name in the registry.
    pub name: String,
    /// Its parameters, as `key=value`.
    pub set: Vec<String>,
}

impl AgentConfig {
    /// Whether it asks for what is seen of each state, which takes memory that no other agent needs.
    pub fn looks(&self) -> bool {
        self.set.iter().any(|text| split_setting(text).is_ok_and(|pair| pair == ("features", "full-grid")))
    }
}

/// How evaluations are spaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Spacing {
    /// Evenly.
    Even,
    /// Evenly on a logarithmic axis.
    Log,
}

impl Spacing {
    /// So many points, spaced like this.
    pub fn points(self, points: usize) -> EvaluationPoints {
        match self {
            Spacing::Even => EvaluationPoints::Even(points),
            Spacing::Log => EvaluationPoints::Log(points),
        }
    }
}

impl AgentConfig {
    /// Writes down every parameter that was left out with its default; `specs` has the parameters of each agent by name.
    ///
    /// # Errors
    /// A parameter that is not `key=value`.
    pub fn complete<'a>(
        agents: &mut [AgentConfig],
        specs: impl Iterator<Item = (&'a str, &'a [Param])> + Clone,
    ) -> Result<()> {
        for agent in agents {
            if let Some((_, params)) = specs.clone().find(|(name, _)| *name == agent.name) {
                agent.set = completed(params.iter().map(|p| (p.name, p.default.clone())), &agent.set)?;
            }
        }
        Ok(())
    }

    /// One unit for each agent and seed.
    pub fn units(agents: &[AgentConfig], first_seed: u64, seeds: u64) -> Vec<Unit> {
        let unit = |setting: usize, seed: u64| {
            let id = format!("{} seed={seed}", agents[setting].name);
            Unit { id, setting, seed }
        };
        let seeds = (0..seeds).map(|i| first_seed.wrapping_add(i));
        (0..agents.len()).flat_map(|agent| seeds.clone().map(move |seed| unit(agent, seed))).collect()
    }
}

/// The part of a configuration that says which problem a run is about.
pub struct ProblemConfig<'a> {
    /// An environment or a file.
    pub problem: &'a str,
    /// Parameters of the environment, as `key=value`.
    pub parameters: &'a mut Vec<String>,
    /// Checksum of the file; empty for an environment.
    pub checksum: &'a mut String,
}

impl ProblemConfig<'_> {
    /// Writes down every parameter that was left out with its default, and a file's checksum.
    ///
    /// # Errors
    /// A file that cannot be read, or a parameter that is not `key=value`.
    pub fn complete(self) -> Result<()> {
        let environments = tabrl_envs::registry();
        if let Some(spec) = environments.iter().find(|spec| spec.name == self.problem) {
            let common = tabrl_envs::COMMON_PARAMS.iter().filter(|p| spec.params.iter().all(|own| own.name != p.name));
            let defaults = spec.params.iter().chain(common).map(|p| (p.name, p.default.to_owned()));
            *self.parameters = completed(defaults, self.parameters)?;
        } else if names_a_file(self.problem) {
            *self.checksum = file_checksum(self.problem)?;
        }
        Ok(())
    }

    /// Checks that a file still is the one that the checksum was taken of; `command` starts a run with another.
    ///
    /// # Errors
    /// Another file, or one that cannot be read.
    pub fn check(problem: &str, checksum: &str, command: &str) -> Result<()> {
        if !names_a_file(problem) {
            return Ok(());
        }
        let found = file_checksum(problem)?;
        if found == checksum {
            return Ok(());
        }
        let text = format!(
            "it is not the file this run is about (its checksum is {found}, the configuration says \"{checksum}\"); \
             `{command} --env {problem}` starts a run with it"
        );
        Err(Error::Run { path: problem.into(), problem: text })
    }
}

/// Checks that a number of a configuration is from 1 to `most`.
///
/// # Errors
/// [`Error::Config`] if it is not.
pub fn in_range(place: &str, name: &str, value: u64, most: u64) -> Result<()> {
    let problem = || format!("{name} = {value}: it must be from 1 to {most}");
    if (1..=most).contains(&value) { Ok(()) } else { Err(Error::Config { place: place.into(), problem: problem() }) }
}

/// The number drawn at each point.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Aggregation {
    /// The mean over the seeds.
    #[default]
    Mean,
    /// The median.
    Median,
    /// The interquartile mean.
    Iqm,
}

impl Aggregation {
    /// The statistic.
    pub fn statistic(self) -> Aggregate {
        match self {
            Aggregation::Mean => Aggregate::Mean,
            Aggregation::Median => Aggregate::PooledMedian,
            Aggregation::Iqm => Aggregate::InterquartileMean,
        }
    }

    /// The statistic and its interval, in words.
    pub fn says(self) -> &'static str {
        match self {
            Aggregation::Mean => "mean and 95 % bootstrap interval",
            Aggregation::Median => "median and 95 % bootstrap interval",
            Aggregation::Iqm => "interquartile mean and 95 % bootstrap interval",
        }
    }
}

impl Config {
    /// The settings with which a run starts: every parameter that was left out is written down with its default, and a file
    /// with its checksum.
    ///
    /// # Errors
    /// A file that cannot be read, or a number that TOML cannot hold.
    pub fn settings(mut self, experiment: &str, file: &str) -> Result<Settings> {
        ProblemConfig { problem: &self.problem, parameters: &mut self.parameters, checksum: &mut self.checksum }
            .complete()?;
        let specs = learning::registry();
        AgentConfig::complete(&mut self.agents, specs.iter().map(|spec| (spec.name, &spec.params[..])))?;
        written(&self, experiment, file)
    }

    /// Checks what the types do not.
    ///
    /// # Errors
    /// Numbers out of range, or a file with other bytes than those the configuration is about.
    pub fn check(&self) -> Result<()> {
        let place = "the configuration of learn";
        in_range(place, "seeds", self.seeds, MAX_SEEDS)?;
        in_range(place, "points", self.points.into(), MAX_POINTS.into())?;
        in_range(place, "steps", self.steps, u64::MAX)?;
        ProblemConfig::check(&self.problem, &self.checksum, "tabrl learn")
    }

    /// How one seed is trained.
    pub fn training(&self, seed: u64) -> TrainOptions {
        let points = usize::from(self.points);
        TrainOptions {
            discount: self.discount,
            time_limit: self.time_limit(),
            steps: self.steps,
            points: self.spacing.points(points),
            seed,
        }
    }

    /// Steps after which an episode is interrupted, if it ever is.
    pub fn time_limit(&self) -> Option<u64> {
        (self.horizon > 0).then_some(self.horizon)
    }
}

/// The settings of a run of `tabrl learn`, from its complete configuration.
///
/// # Errors
/// A number that TOML cannot hold.
pub fn written(config: &impl Serialize, experiment: &str, file: &str) -> Result<Settings> {
    let place = "the options of tabrl learn";
    let values = toml::Table::try_from(config)
        .map_err(|error| Error::Config { place: place.into(), problem: error.to_string() })?;
    Settings::with_values(experiment, file, place, values)
}

/// All parameters, those of `given` in place of their defaults. Unknown ones are kept: whoever takes them knows best what
/// to say.
///
/// # Errors
/// A parameter that is not `key=value`.
fn completed<'a>(defaults: impl Iterator<Item = (&'a str, String)>, given: &[String]) -> Result<Vec<String>> {
    let mut all: Vec<(&str, String)> = defaults.collect();
    for text in given {
        let (key, value) = split_setting(text)?;
        match all.iter_mut().find(|(name, _)| *name == key) {
            Some((_, slot)) => value.clone_into(slot),
            None => all.push((key, value.to_owned())),
        }
    }
    Ok(all.into_iter().map(|(key, value)| format!("{key}={value}")).collect())
}

/// 64-bit FNV-1a of a file's bytes, in hexadecimal.
fn file_checksum(path: &str) -> Result<String> {
    let path = Path::new(path);
    Ok(format!("{:016x}", fnv1a(&std::fs::read(path).map_err(Error::read(path))?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_parameters_replace_defaults_and_unknown_ones_stay() {
        let defaults = [("a", "1".to_owned()), ("b", "2".to_owned())];
        let given = ["b=3".to_owned(), "c=4".to_owned(), "b=5".to_owned()];
        assert_eq!(completed(defaults.into_iter(), &given).unwrap(), ["a=1", "b=5", "c=4"]);
        assert!(completed(std::iter::empty(), &["x".to_owned()]).is_err());
    }
}
