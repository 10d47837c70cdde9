//! Submodular reinforcement learning: returns with diminishing returns, policy gradients, and how far they are from the best.
//!
//! Paper: Prajapat, Mutný, Zeilinger and Krause (ICLR 2024). Its figures' numbers are not known here, and none is asserted; its qualitative
//! claims are, and the numbers of an independent implementation. Fields and items are drawn by the generators that the paper's code
//! describes, not its data.
//!
//! | file | what is in it |
//! |---|---|
//! | [`exact`] | reference instances, estimators and curvature, by dynamic programming |
//! | [`training`] | policy gradients on named problems |
//! | [`claims`], [`tables`], [`figures`] | what is concluded, written and drawn |

pub mod claims;
pub mod exact;
pub mod figures;
pub mod tables;
pub mod training;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Result;
use crate::runner::{Experiment, Finished, Outcome, Spec, Unit, record};
use training::{Group, Method, Trained};

/// The experiment's entry.
pub fn spec() -> Spec {
    Spec {
        name: "subpo",
        title: "Submodular reinforcement learning: policy gradients against planners and exact values",
        source: "Prajapat, Mutný, Zeilinger and Krause (ICLR 2024)",
        config: include_str!("../../configs/subpo.toml"),
        build: |settings| Ok(Box::new(SubPo::new(settings.parse()?)?)),
    }
}

/// The settings; see `configs/subpo.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Walks of the measured variance.
    pub variance_walks: usize,
    /// Curvatures of the mixtures.
    pub lambdas: Vec<f64>,
    /// Seeds of SubPO on each.
    pub curvature_seeds: u64,
    /// Walks that a beam keeps for each state.
    pub beam_width: usize,
    /// Training, by group.
    pub groups: BTreeMap<String, Group>,
}

/// What a unit of work finds.
#[derive(Debug, Clone, Serialize, Deserialize)]
enum Record {
    Exact(exact::Record),
    Trained(Trained),
}

/// All results.
#[derive(Debug, Clone, Default)]
pub struct Results {
    /// What is exact.
    pub exact: Option<exact::Record>,
    /// Runs, by group, method and seed.
    pub runs: Vec<Trained>,
}

impl Results {
    /// The runs of a method in a group, by seed.
    pub fn of<'a>(&'a self, group: &'a str, method: &'a str) -> impl Iterator<Item = &'a Trained> + Clone {
        self.runs.iter().filter(move |run| run.group == group && run.method == method)
    }

    /// What they came to, by seed.
    pub fn values(&self, group: &str, method: &str) -> Vec<f64> {
        self.of(group, method).map(Trained::late).collect()
    }
}

struct SubPo {
    config: Config,
    /// Group, method and seed of each unit after the first.
    tasks: Vec<(String, Method, u64)>,
}

impl SubPo {
    fn new(config: Config) -> Result<SubPo> {
        let mut tasks = Vec::new();
        for (name, group) in &config.groups {
            group.problem(0)?;
            for text in &group.methods {
                let method = Method::parse(text)?;
                tasks.extend((0..group.seeds).map(|seed| (name.clone(), method.clone(), seed)));
            }
        }
        Ok(SubPo { config, tasks })
    }
}

impl Experiment for SubPo {
    fn units(&self) -> Result<Vec<Unit>> {
        let mut units = Unit::exact(&["exact"]);
        units.extend(self.tasks.iter().enumerate().map(|(i, (group, method, seed))| Unit {
            id: format!("{group} {} seed={seed}", method.label),
            setting: i + 1,
            seed: *seed,
        }));
        Ok(units)
    }

    fn run(&self, unit: &Unit) -> Result<Value> {
        record(&match unit.setting {
            0 => Record::Exact(exact::measure(&self.config)?),
            i => {
                let (group, method, seed) = &self.tasks[i - 1];
                Record::Trained(training::run(&self.config, group, method, *seed)?)
            }
        })
    }

    fn conclude(&self, finished: &[Finished]) -> Result<Outcome> {
        let mut results = Results::default();
        for unit in finished {
            match unit.read()? {
                Record::Exact(found) => results.exact = Some(found),
                Record::Trained(run) => results.runs.push(run),
            }
        }
        Ok(Outcome {
            claims: claims::judge(&self.config, &results)?,
            tables: tables::tables(&self.config, &results)?,
            figures: figures::figures(&self.config, &results)?,
            notes: tables::notes(&self.config),
        })
    }
}
