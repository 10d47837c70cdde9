//! Exploration that nobody asked for: what maximising reward alone does in problems that recur.
//!
//! Paper: Rentschler and Roberts, "Exploitation Is All You Need... for Exploration" (2025). Three conditions are said to make a greedy
//! objective explore: structure that recurs, memory, and credit that reaches the delayed gain. The best reproduction is exact: an
//! agent that maximises return over policies of its history solves the Bayes-adaptive problem, so each condition can be taken away
//! from the optimum itself. The paper's own learner (a fine-tuned language model) and its gridworlds are not rebuilt; its numbers
//! are quoted.
//!
//! | file | what is in it |
//! |---|---|
//! | [`config`] | the settings |
//! | [`exact`] | what is computed: values, indices, windows, safe arms, doors, grids |
//! | [`sampled`], [`normal`] | what is simulated: regret, noise on myopic play, normal arms in blocks |
//! | [`learnt`] | agents in training: tables with limited memory, a recurrent network |
//! | [`mod@reference`] | numbers that others computed or measured |
//! | [`claims`], [`tables`], [`figures`] | what is concluded, written and drawn |

pub mod claims;
pub mod config;
pub mod exact;
pub mod figures;
pub mod learnt;
pub mod normal;
pub mod reference;
pub mod sampled;
pub mod tables;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::Result;
use crate::runner::{Claim, Experiment, Finished, Outcome, Spec, Unit, record};
use config::Config;
use exact::Exact;
use learnt::Learnt;
use sampled::Sampled;

/// The experiment's entry.
pub fn spec() -> Spec {
    Spec {
        name: "emergent-exploration",
        title: "Emergent exploration: pure exploitation over recurring problems, exactly",
        source: "Rentschler and Roberts (2025); papers on bandits named with each claim",
        config: include_str!("../../configs/emergent-exploration.toml"),
        build: |settings| Ok(Box::new(Emergent::new(settings.parse()?)?)),
    }
}

/// All results.
#[derive(Debug, Clone, Default)]
pub struct Results {
    /// Exact numbers by name, such as `value 2x10 optimal`.
    pub facts: BTreeMap<String, f64>,
    /// Simulated runs by name, such as `regret two thompson`: one row a run, one column a recorded step; of
    /// training, what is deployed (see `learnt`).
    pub runs: BTreeMap<String, Vec<Vec<f64>>>,
}

impl Results {
    /// An exact number, if it was computed.
    pub fn fact(&self, name: &str) -> Option<f64> {
        self.facts.get(name).copied()
    }

    /// The last recorded number of each run; none if there was no such simulation.
    pub fn ends(&self, name: &str) -> Vec<f64> {
        self.runs.get(name).into_iter().flatten().filter_map(|row| row.last().copied()).collect()
    }
}

/// What one unit of work does.
#[derive(Debug, Clone, PartialEq)]
enum Task {
    Exact(Exact),
    Sampled(Sampled),
    Learnt(Learnt),
}

struct Emergent {
    config: Config,
    tasks: Vec<Task>,
}

impl Emergent {
    fn new(config: Config) -> Result<Emergent> {
        config.check()?;
        let mut tasks: Vec<Task> = exact::tasks(&config)?.into_iter().map(Task::Exact).collect();
        tasks.extend(sampled::tasks(&config)?.into_iter().map(Task::Sampled));
        tasks.extend(learnt::tasks(&config.learnt).into_iter().map(Task::Learnt));
        Ok(Emergent { config, tasks })
    }
}

impl Experiment for Emergent {
    fn units(&self) -> Result<Vec<Unit>> {
        let unit = |(setting, task): (usize, &Task)| match task {
            Task::Exact(exact) => Unit { id: exact.name(), setting, seed: 0 },
            Task::Sampled(sampled) => {
                Unit { id: format!("{} chunk={}", sampled.name(), sampled.chunk), setting, seed: sampled.chunk }
            }
            Task::Learnt(learnt) => {
                Unit { id: format!("{} seed={}", learnt.name(), learnt.seed), setting, seed: learnt.seed }
            }
        };
        Ok(self.tasks.iter().enumerate().map(unit).collect())
    }

    fn run(&self, unit: &Unit) -> Result<Value> {
        match &self.tasks[unit.setting] {
            Task::Exact(exact) => record(&exact.compute(&self.config)?),
            Task::Sampled(sampled) => record(&sampled.simulate(&self.config)?),
            Task::Learnt(learnt) => record(&learnt.train(&self.config)?),
        }
    }

    fn conclude(&self, finished: &[Finished]) -> Result<Outcome> {
        let mut results = Results::default();
        for finished in finished {
            match &self.tasks[finished.unit.setting] {
                Task::Exact(_) => results.facts.extend(finished.read::<BTreeMap<String, f64>>()?),
                Task::Sampled(sampled) => {
                    results.runs.entry(sampled.name()).or_default().extend(finished.read::<Vec<Vec<f64>>>()?);
                }
                Task::Learnt(learnt) => results.runs.entry(learnt.name()).or_default().push(finished.read()?),
            }
        }
        Ok(Outcome {
            claims: claims::judge(&self.config, &results)?,
            tables: tables::tables(&self.config, &results)?,
            figures: figures::figures(&self.config, &results)?,
            notes: tables::notes(),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::runner::{Scale, Settings};

    #[test]
    fn settings_out_of_bounds_are_named() {
        let build = |change: &str| {
            let settings =
                Settings::resolve("emergent-exploration", spec().config, Scale::Quick, None, &[change.to_owned()])?;
            (spec().build)(&settings)
        };
        assert!(build("normal.noise=0.5").is_ok());
        for change in [
            "normal.noise=-1.0",
            "normal.epsilon=3.0",
            "chunk=0",
            "horizons=[0]",
            "noise.runs=0",
            "noise.scales=[-1.0]",
            "safe=[1.5]",
            "regret.two.means=[]",
            "bayes.ten.runs.thompson=0",
            "learnt.updates=0",
        ] {
            let error = build(change).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(change.split('=').next().unwrap()), "{change}: {error}");
        }
    }
}
