//! Learning curves of agents on a problem, as an experiment: what `tabrl learn` runs.
//!
//! A unit of work is one agent with one seed. The value at each point is the exact value of the agent's policy, not a
//! sampled return, and all agents meet the same environment randomness at the same seed (common random numbers).

mod config;
mod summary;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tabrl::learning::{Agent, Setup, check_training, make, train};
use tabrl::mdp::Mdp;
use tabrl::planning::{Criterion, SolveOptions, solve};
use tabrl_envs::EnvTable;

use crate::commands::problem::{ParameterArguments, ProblemArguments, load_table};
use crate::runner::{Experiment, Finished, Outcome, Settings, Spec, Unit, real, record, split_settings};
use crate::{Error, Result};

pub use config::{AgentConfig, Aggregation, Config, MAX_POINTS, MAX_SEEDS, ProblemConfig, Spacing, in_range, written};
pub use summary::{End, Summary};

/// The entry of the runner.
pub fn spec() -> Spec {
    Spec {
        name: "learn",
        title: "Learning curves",
        source: "the papers of the agents, named below",
        config: include_str!("../../configs/learn.toml"),
        build: |settings| Ok(Box::new(LearningCurves::new(settings)?)),
    }
}

/// One evaluation of one agent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Environment steps so far.
    pub step: u64,
    /// Episodes finished so far.
    pub episodes: u64,
    /// Exact value of the agent's policy from the initial distribution.
    #[serde(with = "real")]
    pub value: f64,
    /// Sum of the rewards received while training so far.
    #[serde(with = "real")]
    pub reward_sum: f64,
}

/// Agents on a problem, ready to be trained.
pub struct LearningCurves {
    config: Config,
    table: EnvTable,
    optimal: f64,
}

impl LearningCurves {
    /// Checks the settings, builds the problem and solves it.
    ///
    /// # Errors
    /// Unknown names and keys, numbers out of range, an agent that does not apply.
    pub fn new(settings: &Settings) -> Result<LearningCurves> {
        let config: Config = settings.parse()?;
        config.check()?;
        let parameters = ParameterArguments { set: config.parameters.clone(), state_limit: config.state_limit };
        let problem = ProblemArguments { problem: config.problem.clone(), parameters };
        let table = load_table(&problem, config.agents.iter().any(AgentConfig::looks))?;
        let optimal = optimum(&table.mdp, &config)?;
        let curves = LearningCurves { config, table, optimal };
        for index in 0..curves.config.agents.len() {
            let seed = curves.config.first_seed;
            check_training(&curves.table.mdp, curves.agent(index, seed)?.as_ref(), &curves.config.training(seed))?;
        }
        Ok(curves)
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Value of the optimal policy; with a discount of 1, over the steps of the horizon.
    pub fn optimal(&self) -> f64 {
        self.optimal
    }

    fn agent(&self, index: usize, seed: u64) -> Result<Box<dyn Agent>> {
        let AgentConfig { name, set } = &self.config.agents[index];
        let setup = Setup { view: self.table.view(), ..Setup::new(&self.table.mdp, self.config.discount, seed) };
        Ok(make(name, &split_settings(set)?, &setup)?)
    }

    /// The curves of all agents, from the results of all units.
    ///
    /// # Errors
    /// Results of another version.
    pub fn summary(&self, results: &[Finished]) -> Result<Summary<'_>> {
        let curves: Result<Vec<(u64, Vec<Point>)>> =
            results.iter().map(|done| Ok((done.unit.seed, done.read()?))).collect();
        Ok(Summary { config: &self.config, optimal: self.optimal, curves: curves? })
    }
}

fn optimum(mdp: &Mdp, config: &Config) -> Result<f64> {
    let criterion = match (config.discount == 1.0, config.horizon) {
        (true, 0) => {
            return Err(Error::Usage("--discount 1 needs --horizon T: the undiscounted value over T steps".into()));
        }
        (true, horizon) => Criterion::FiniteHorizon { horizon: horizon as usize },
        (false, _) => Criterion::Discounted { gamma: config.discount },
    };
    criterion.validate()?;
    let solution = solve(mdp, criterion, &SolveOptions::default())?;
    Ok(mdp.initial_value(&solution.values))
}

impl Experiment for LearningCurves {
    fn units(&self) -> Result<Vec<Unit>> {
        let Config { agents, first_seed, seeds, .. } = &self.config;
        Ok(AgentConfig::units(agents, *first_seed, *seeds))
    }

    fn run(&self, unit: &Unit) -> Result<Value> {
        let mut agent = self.agent(unit.setting, unit.seed)?;
        let curve = train(&self.table.mdp, agent.as_mut(), &self.config.training(unit.seed))?;
        let point = |p: &tabrl::learning::CurvePoint| Point {
            step: p.step,
            episodes: p.episodes,
            value: p.value,
            reward_sum: p.reward_sum,
        };
        record(&curve.points.iter().map(point).collect::<Vec<_>>())
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
