//! MEX: one objective, estimation minus planning, and no confidence set, played exactly in tabular models.
//!
//! Paper: Liu, Lu, Xiong, Zhong, Hu, Zhang, Zheng, Yang, Wang (NeurIPS 2023). Which policy is played is random; what it is worth is
//! computed exactly, so a run's regret has no sampling error of returns.
//!
//! | file | what is in it |
//! |---|---|
//! | [`groups`] | agents on one problem: RiverSwim, a lock, DeepSea, random MDPs, ... |
//! | [`mod@reference`] | regrets that others measured |
//! | [`claims`], [`tables`], [`figures`] | what is concluded, written and drawn |

pub mod claims;
pub mod figures;
pub mod groups;
pub mod reference;
pub mod tables;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::runner::{Experiment, Finished, Outcome, Spec, Unit, record};
use crate::{Error, Result};
use groups::{Group, GroupRecord, Player};

/// The experiment's entry.
pub fn spec() -> Spec {
    Spec {
        name: "mex",
        title: "MEX and provably efficient exploration, with exact regret",
        source: "Liu et al. (NeurIPS 2023); the papers of the other agents",
        config: include_str!("../../configs/mex.toml"),
        build: |settings| Ok(Box::new(Mex::new(settings.parse()?)?)),
    }
}

/// The settings; see `configs/mex.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Most states of a table.
    pub state_limit: usize,
    /// Points of a regret curve, evenly on a logarithmic axis.
    pub points: usize,
    /// Groups of agents by name.
    pub groups: BTreeMap<String, Group>,
}

/// All results, sorted by what they are.
#[derive(Debug, Clone, Default)]
pub struct Results {
    /// Runs of groups, by group, agent and seed.
    pub runs: Vec<GroupRecord>,
}

impl Results {
    /// The runs of an agent in a group, by seed.
    pub fn of<'a>(&'a self, group: &'a str, label: &'a str) -> impl Iterator<Item = &'a GroupRecord> + Clone {
        self.runs.iter().filter(move |run| run.group == group && run.label == label)
    }

    /// The regrets of an agent's runs, by seed.
    pub fn regrets(&self, group: &str, label: &str) -> Vec<f64> {
        self.of(group, label).map(|run| run.run.total()).collect()
    }
}

/// What one unit of work does.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Task {
    group: String,
    player: Player,
    seed: u64,
}

struct Mex {
    config: Config,
    tasks: Vec<Task>,
}

fn fault<T>(problem: String) -> Result<T> {
    Err(Error::Config { place: "the configuration of mex".into(), problem })
}

impl Mex {
    fn new(config: Config) -> Result<Mex> {
        let mut tasks = Vec::new();
        for (name, group) in &config.groups {
            let mdp = groups::table(&config, group)?;
            for text in &group.agents {
                let player = Player::parse(text)?;
                // Whatever is wrong with a name or a number is said before the work starts.
                groups::agent(&player, &groups::setup(&mdp, group, 0))?;
                let task = |seed| Task { group: name.clone(), player: player.clone(), seed };
                tasks.extend((0..group.seeds).map(task));
            }
        }
        Ok(Mex { config, tasks })
    }
}

impl Experiment for Mex {
    fn units(&self) -> Result<Vec<Unit>> {
        let id = |task: &Task| format!("{} {} seed={}", task.group, task.player.label, task.seed);
        let unit = |(setting, task): (usize, &Task)| Unit { id: id(task), setting, seed: task.seed };
        Ok(self.tasks.iter().enumerate().map(unit).collect())
    }

    fn run(&self, unit: &Unit) -> Result<Value> {
        let Task { group, player, seed } = &self.tasks[unit.setting];
        record(&groups::play(&self.config, group, &self.config.groups[group], player, *seed)?)
    }

    fn conclude(&self, finished: &[Finished]) -> Result<Outcome> {
        let runs = finished.iter().map(Finished::read).collect::<Result<Vec<GroupRecord>>>()?;
        let results = Results { runs };
        Ok(Outcome {
            claims: claims::judge(&self.config, &results)?,
            tables: tables::tables(&self.config, &results)?,
            figures: figures::figures(&self.config, &results)?,
            notes: tables::notes(&self.config),
        })
    }
}
