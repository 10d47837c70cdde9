//! What is learnt: Q-learning that remembers counts, a window or nothing, and a recurrent network with each condition taken away.
//!
//! Training explores; what is judged is the greedy policy, whose value is computed exactly.

use tabrl::bandits::agent::{Task as Blocks, exact_value, recurrent, tabular};

use super::config::{Config, LearntSettings};
use super::{Claim, Results};
use crate::Result;
use crate::runner::{Interval, mean};

const COMPUTED: &str = "an independent implementation, 1 to 3 seeds";

/// One run.
#[derive(Debug, Clone, PartialEq)]
pub struct Learnt {
    /// What is trained.
    pub what: What,
    /// Seed.
    pub seed: u64,
}

/// An agent in training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Q-learning on two unknown arms over 10 pulls.
    Counts,
    /// The same with the last pull and the step as state.
    LastPull,
    /// The same with the step alone.
    Nothing,
    /// A network beside a safe arm.
    Full,
    /// The same, credit reaching no later pull.
    NoCredit,
    /// The same, the unknown arm drawn again before every pull.
    NoStructure,
    /// The same, forgetting after every pull.
    NoMemory,
}

/// All of them by name.
const ALL: [(&str, What); 7] = [
    ("q counts", What::Counts),
    ("q last pull", What::LastPull),
    ("q nothing", What::Nothing),
    ("network all conditions", What::Full),
    ("network no credit", What::NoCredit),
    ("network no structure", What::NoStructure),
    ("network no memory", What::NoMemory),
];

impl Learnt {
    /// Its name in tables, without the seed.
    pub fn name(&self) -> String {
        let name = ALL.iter().find(|(_, what)| *what == self.what).map_or("", |(name, _)| name);
        format!("learnt {name}")
    }

    /// Trains, and returns the value of the greedy policy and the probability that it pulls the second arm.
    ///
    /// # Errors
    /// Settings that the training refuses.
    pub fn train(&self, config: &Config) -> Result<Vec<f64>> {
        let settings = &config.learnt;
        let q = |memory, step| -> Result<(f64, f64)> {
            let task = Blocks::exchangeable(10)?;
            let blocks = settings.blocks;
            let options = tabular::Options { memory, step, discount: 1.0, blocks, seed: self.seed };
            Ok(exact_value(&task, &tabular::train(&task, &options)?))
        };
        let network = |redrawn: bool, discount: f64, memory: bool| -> Result<(f64, f64)> {
            let task = Blocks { redrawn, ..Blocks::safe_arm(config.conditions_safe, config.conditions_horizon)? };
            let options = recurrent::Options {
                discount,
                memory,
                updates: settings.updates,
                seed: self.seed,
                ..recurrent::Options::default()
            };
            Ok(exact_value(&task, &recurrent::train(&task, &options)?))
        };
        let (value, tried) = match self.what {
            What::Counts => q(tabular::Memory::Counts, false)?,
            What::LastPull => q(tabular::Memory::Window(1), true)?,
            What::Nothing => q(tabular::Memory::Window(0), true)?,
            What::Full => network(false, 1.0, true)?,
            What::NoCredit => network(false, 0.0, true)?,
            What::NoStructure => network(true, 1.0, true)?,
            // Without memory, undiscounted targets of states that look alike would measure a failure of learning.
            What::NoMemory => network(false, settings.memoryless_discount, false)?,
        };
        Ok(vec![value, tried])
    }
}

/// All training.
pub fn tasks(settings: &LearntSettings) -> Vec<Learnt> {
    let seeds = 1..=settings.seeds;
    ALL.iter().flat_map(|&(_, what)| seeds.clone().map(move |seed| Learnt { what, seed })).collect()
}

/// The values of a run's greedy policies, by seed.
pub fn values(results: &Results, name: &str) -> Vec<f64> {
    results.runs.get(&format!("learnt {name}")).into_iter().flatten().map(|row| row[0]).collect()
}

/// Targets for tables and networks.
///
/// # Errors
/// A number that is not finite.
pub fn claims(config: &Config, results: &Results) -> Result<Vec<Claim>> {
    let mut claims = Vec::new();
    let full = config.learnt.blocks >= 1_000_000 && config.learnt.updates >= 3000;
    for (name, id, statement, low, high) in [
        (
            "q counts",
            "q-counts",
            "Q-learning on counts comes within 0.2 % of the optimum of 10 pulls, 6.0218",
            6.01,
            6.021787,
        ),
        (
            "q last pull",
            "q-last-pull",
            "Q-learning that sees the last pull and the step stays 0.2 below the optimum; the best rule without the step has 5.7962",
            5.0,
            5.82,
        ),
        (
            "q nothing",
            "q-nothing",
            "Q-learning that sees nothing has exactly half a reward a pull",
            4.999_999,
            5.000_001,
        ),
        (
            "network all conditions",
            "network-full",
            "A network with all conditions explores beside the safe arm (optimum 12.990)",
            12.6,
            12.9902,
        ),
        ("network no credit", "network-no-credit", "The same without credit keeps to the safe arm, 12", 11.98, 12.02),
        (
            "network no structure",
            "network-no-structure",
            "The same without structure keeps to the safe arm, 12",
            11.98,
            12.02,
        ),
    ] {
        let found = values(results, name);
        if found.is_empty() {
            continue;
        }
        let draft = Claim::draft(id, statement, COMPUTED);
        if !full {
            claims.push(
                draft
                    .note("the full run trains long enough")
                    .untested(crate::runner::Kind::Statistical, format!("{low} to {high}")),
            );
            continue;
        }
        // Each seed must reach it, so the interval is the range of the seeds.
        let (lower, upper) = found.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, u), &x| (l.min(x), u.max(x)));
        let note = format!(
            "{} seeds; in place of an interval, the least and the largest of them; values are exact",
            found.len()
        );
        let interval = Interval { lower, upper, level: 1.0 };
        claims.push(draft.note(note).lies_in(low, high, mean(&found)?.0, interval));
    }
    Ok(claims)
}
