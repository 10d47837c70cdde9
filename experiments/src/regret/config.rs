//! The configuration of a run of regret curves; see `configs/regret.toml`.

use serde::{Deserialize, Serialize};
use tabrl::exploration;
use tabrl::learning::EvaluationPoints;

use crate::Result;
use crate::learn::{AgentConfig, MAX_POINTS, MAX_SEEDS, ProblemConfig, Spacing, in_range, written};
use crate::runner::{Settings, Unit};

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
    /// Steps of an episode.
    pub horizon: u64,
    /// Episodes of each run.
    pub episodes: u64,
    /// The range that the agents assume rewards to lie in.
    pub reward_range: [f64; 2],
    /// Number of records of a curve.
    pub points: u16,
    /// How they are spaced.
    pub spacing: Spacing,
    /// Number of seeds.
    pub seeds: u64,
    /// The first seed; the others follow it.
    pub first_seed: u64,
    /// The agents, in the order of the legend.
    pub agents: Vec<AgentConfig>,
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
        let specs = exploration::registry();
        AgentConfig::complete(&mut self.agents, specs.iter().map(|spec| (spec.name, &spec.params[..])))?;
        written(&self, experiment, file)
    }

    /// Checks what the types do not.
    ///
    /// # Errors
    /// Numbers out of range, or a file with other bytes than those the configuration is about.
    pub fn check(&self) -> Result<()> {
        let place = "the configuration of regret";
        in_range(place, "seeds", self.seeds, MAX_SEEDS)?;
        in_range(place, "points", self.points.into(), MAX_POINTS.into())?;
        in_range(place, "horizon", self.horizon, u32::MAX.into())?;
        in_range(place, "episodes", self.episodes, u64::MAX)?;
        ProblemConfig::check(&self.problem, &self.checksum, "tabrl learn --metric regret")
    }

    /// Where the regret is recorded.
    pub fn spacing(&self) -> EvaluationPoints {
        self.spacing.points(usize::from(self.points))
    }

    /// One unit for each agent and seed.
    pub fn units(&self) -> Vec<Unit> {
        AgentConfig::units(&self.agents, self.first_seed, self.seeds)
    }
}
