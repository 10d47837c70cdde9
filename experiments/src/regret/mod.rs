//! Regret of episodic agents on a problem, as an experiment: what `tabrl learn --metric regret` runs.
//!
//! A unit of work is one agent with one seed. Each episode's regret is the exact value of the policy played, subtracted from
//! the optimum ([`tabrl::exploration`]); all agents meet the same environment randomness at the same seed.

mod config;
mod summary;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tabrl::exploration::{EpisodicAgent, RegretCurve, RegretOptions, Setup, make, run};
use tabrl::mdp::Mdp;

use crate::Result;
use crate::commands::problem::{ParameterArguments, ProblemArguments, load};
use crate::runner::{Experiment, Finished, Outcome, Settings, Spec, Unit, real, record, split_settings};

pub use config::Config;
pub use summary::{End, Summary};

/// The entry of the runner.
pub fn spec() -> Spec {
    Spec {
        name: "regret",
        title: "Regret",
        source: "the papers of the agents, named below",
        config: include_str!("../../configs/regret.toml"),
        build: |settings| Ok(Box::new(Regret::new(settings)?)),
    }
}

/// One agent with one seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Episodes and the regret after them.
    pub points: Vec<(u64, f64)>,
    /// Value of the optimal policy.
    pub optimal: f64,
    /// Mean regret an episode over the last tenth.
    pub late: f64,
    /// Whether that is more than half of the optimum.
    pub stuck: bool,
    /// The least of what the agent believed minus the optimum less its penalty; infinite if it never said.
    #[serde(with = "real")]
    pub least_optimism: f64,
    /// Changes of policy.
    pub switches: u64,
}

impl Record {
    /// What is kept of a run.
    pub fn of(curve: &RegretCurve) -> Record {
        Record {
            points: curve.points.iter().map(|p| (p.episode, p.regret)).collect(),
            optimal: curve.optimal,
            late: curve.late,
            stuck: curve.is_stuck(),
            least_optimism: curve.least_optimism.unwrap_or(f64::INFINITY),
            switches: curve.switches,
        }
    }

    /// The regret after all episodes.
    pub fn total(&self) -> f64 {
        self.points.last().map_or(0.0, |&(_, regret)| regret)
    }
}

/// Agents on a problem, ready to play.
pub struct Regret {
    config: Config,
    mdp: Mdp,
}

impl Regret {
    /// Checks the settings and builds the problem.
    ///
    /// # Errors
    /// Unknown names and keys, numbers out of range, rewards outside the range assumed.
    pub fn new(settings: &Settings) -> Result<Regret> {
        let config: Config = settings.parse()?;
        config.check()?;
        let parameters = ParameterArguments { set: config.parameters.clone(), state_limit: config.state_limit };
        let mdp = load(&ProblemArguments { problem: config.problem.clone(), parameters })?.mdp;
        let regret = Regret { config, mdp };
        for index in 0..regret.config.agents.len() {
            regret.agent(index, &regret.setup(regret.config.first_seed))?;
        }
        Ok(regret)
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    fn setup(&self, seed: u64) -> Setup<'_> {
        let Config { horizon, episodes, reward_range: [low, high], .. } = self.config;
        Setup { mdp: &self.mdp, horizon: horizon as usize, episodes, reward_range: (low, high), seed }
    }

    fn agent<'a>(&self, index: usize, setup: &Setup<'a>) -> Result<Box<dyn EpisodicAgent + 'a>> {
        let agent = &self.config.agents[index];
        Ok(make(&agent.name, &split_settings(&agent.set)?, setup)?)
    }

    /// What came out, from the results of all units.
    ///
    /// # Errors
    /// Results of another version.
    pub fn summary(&self, results: &[Finished]) -> Result<Summary<'_>> {
        let runs: Result<Vec<(u64, Record)>> = results.iter().map(|done| Ok((done.unit.seed, done.read()?))).collect();
        Ok(Summary { config: &self.config, runs: runs? })
    }
}

impl Experiment for Regret {
    fn units(&self) -> Result<Vec<Unit>> {
        Ok(self.config.units())
    }

    fn run(&self, unit: &Unit) -> Result<Value> {
        let setup = self.setup(unit.seed);
        let mut agent = self.agent(unit.setting, &setup)?;
        let curve = run(&setup, agent.as_mut(), &RegretOptions { points: self.config.spacing() })?;
        record(&Record::of(&curve))
    }

    fn conclude(&self, results: &[Finished]) -> Result<Outcome> {
        let summary = self.summary(results)?;
        Ok(Outcome {
            claims: Vec::new(),
            tables: vec![summary.curves_table(), summary.ends_table()?],
            figures: vec![summary.figure()?],
            notes: summary.notes()?,
        })
    }
}
