//! What is learnt: Q-learning that remembers counts, a window or nothing, and networks with each condition taken away.
//!
//! Training explores; what is judged is the greedy policy, whose value is computed exactly.

use tabrl::bandits::agent::deep::{self, Architecture};
use tabrl::bandits::agent::{Deployed, Task as Blocks, exact_value, tabular};

use super::config::{Config, LearntSettings};
use super::{Claim, Results};
use crate::Result;
use crate::runner::{Draft, Interval, Kind, mean};

const COMPUTED: &str = "an independent implementation, 1 to 3 seeds";
const PAPER: &str = "Rentschler and Roberts (2025), in small";

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
    /// A recurrent network beside a safe arm.
    Full,
    /// The same, credit reaching no later pull.
    NoCredit,
    /// The same, the unknown arm drawn again before every pull.
    NoStructure,
    /// The same, forgetting after every pull.
    NoMemory,
    /// A network that attends to this many pulls, beside a safe arm.
    Context(usize),
}

impl What {
    fn name(self) -> String {
        match self {
            What::Counts => "q counts".into(),
            What::LastPull => "q last pull".into(),
            What::Nothing => "q nothing".into(),
            What::Full => "network all conditions".into(),
            What::NoCredit => "network no credit".into(),
            What::NoStructure => "network no structure".into(),
            What::NoMemory => "network no memory".into(),
            What::Context(pulls) => format!("attention {pulls} pulls"),
        }
    }
}

impl Learnt {
    /// Its name in tables, without the seed.
    pub fn name(&self) -> String {
        format!("learnt {}", self.what.name())
    }

    /// Trains, and returns what is deployed: expected reward of a block, probability that the second arm is pulled, expected pulls
    /// against the posterior mean, entropy of the first two arms.
    ///
    /// # Errors
    /// Settings that the training refuses.
    pub fn train(&self, config: &Config) -> Result<Vec<f64>> {
        let settings = &config.learnt;
        let q = |memory, step| -> Result<Deployed> {
            let task = Blocks::exchangeable(10)?;
            let blocks = settings.blocks;
            let options = tabular::Options { memory, step, discount: 1.0, blocks, seed: self.seed };
            Ok(exact_value(&task, &tabular::train(&task, &options)?))
        };
        let network = |redrawn: bool, discount: f64, architecture: Architecture| -> Result<Deployed> {
            let task = Blocks { redrawn, ..Blocks::safe_arm(config.conditions_safe, config.conditions_horizon)? };
            let options = deep::Options {
                architecture,
                discount,
                updates: settings.updates,
                seed: self.seed,
                ..deep::Options::default()
            };
            Ok(exact_value(&task, &deep::train(&task, &options)?))
        };
        let recurrent = Architecture::Recurrent { memory: true };
        let found = match self.what {
            What::Counts => q(tabular::Memory::Counts, false)?,
            What::LastPull => q(tabular::Memory::Window(1), true)?,
            What::Nothing => q(tabular::Memory::Window(0), true)?,
            What::Full => network(false, 1.0, recurrent)?,
            What::NoCredit => network(false, 0.0, recurrent)?,
            What::NoStructure => network(true, 1.0, recurrent)?,
            // Without memory, undiscounted targets of states that look alike would measure a failure of learning.
            What::NoMemory => network(false, settings.memoryless_discount, Architecture::Recurrent { memory: false })?,
            What::Context(context) => network(false, 1.0, Architecture::Attention { context })?,
        };
        Ok(vec![found.value, found.tried, found.directed, found.entropy])
    }
}

/// All training.
pub fn tasks(settings: &LearntSettings) -> Vec<Learnt> {
    let runs = |what: &[What], seeds: u64| -> Vec<Learnt> {
        what.iter().flat_map(|&what| (1..=seeds).map(move |seed| Learnt { what, seed })).collect()
    };
    let mut tasks = runs(&[What::Counts, What::LastPull, What::Nothing], settings.seeds);
    let networks = [What::Full, What::NoCredit, What::NoStructure, What::NoMemory];
    tasks.extend(runs(&networks, settings.network_seeds));
    let contexts: Vec<What> = settings.contexts.iter().map(|&pulls| What::Context(pulls)).collect();
    tasks.extend(runs(&contexts, settings.network_seeds));
    tasks
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
    // Where each seed must reach it, the interval is the range of the seeds; else that of the mean.
    let mut judge = |name: &str, draft: Draft, each: bool, (low, high): (f64, f64)| -> Result<()> {
        let found = values(results, name);
        if found.is_empty() {
            return Ok(());
        }
        if !full {
            let draft = draft.note("the full run trains long enough");
            claims.push(draft.untested(Kind::Statistical, format!("{low} to {high}")));
            return Ok(());
        }
        let (value, mut interval) = mean(&found)?;
        let mut note = format!("{} seeds; values are exact", found.len());
        if each {
            let fold = |(l, u): (f64, f64), &x: &f64| (l.min(x), u.max(x));
            let (lower, upper) = found.iter().fold((f64::INFINITY, f64::NEG_INFINITY), fold);
            interval = Interval { lower, upper, level: 1.0 };
            note.push_str("; in place of an interval, the least and the largest of them");
        }
        claims.push(draft.note(note).lies_in(low, high, value, interval));
        Ok(())
    };
    let statement = "Q-learning on counts comes within 0.2 % of the optimum of 10 pulls, 6.0218";
    judge("q counts", Claim::draft("q-counts", statement, COMPUTED), true, (6.01, 6.021787))?;
    let statement = "Q-learning that sees the last pull and the step stays 0.2 below the optimum; the best rule without the step has 5.7962";
    judge("q last pull", Claim::draft("q-last-pull", statement, COMPUTED), true, (5.0, 5.82))?;
    let statement = "Q-learning that sees nothing has exactly half a reward a pull";
    judge("q nothing", Claim::draft("q-nothing", statement, COMPUTED), true, (4.999_999, 5.000_001))?;
    let name = "network all conditions";
    let statement =
        "Every trained network with all conditions explores beside the safe arm: at least 12.6 (optimum 12.990)";
    judge(name, Claim::draft("network-full", statement, COMPUTED), true, (12.6, 12.9902))?;
    let statement = "On the mean over seeds, a network with all conditions earns more than the safe arm's 12";
    judge(name, Claim::draft("network-explores", statement, PAPER), false, (12.0, 12.9902))?;
    for (condition, id) in [("credit", "network-no-credit"), ("structure", "network-no-structure")] {
        let statement = format!("The same without {condition} keeps to the safe arm, 12, with every seed");
        judge(&format!("network no {condition}"), Claim::draft(id, statement, COMPUTED), true, (11.98, 12.02))?;
    }
    let longest = config.learnt.contexts.iter().max();
    for &context in &config.learnt.contexts {
        let name = format!("attention {context} pulls");
        let (statement, each, range) = if context == 0 {
            (
                "A network that attends to no pull keeps to the safe arm, 12, with every seed".to_owned(),
                true,
                (11.98, 12.02),
            )
        } else if Some(&context) == longest {
            (
                format!("A network that attends to {context} pulls explores: it earns more than 12 on the mean"),
                false,
                (12.0, 12.9902),
            )
        } else {
            continue;
        };
        judge(&name, Claim::draft(&format!("attention-{context}"), statement, PAPER), each, range)?;
    }
    Ok(claims)
}
