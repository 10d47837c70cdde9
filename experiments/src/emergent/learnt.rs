//! What is learnt: Q-learning that remembers counts, a window or nothing, and networks with each condition taken away.
//!
//! Training explores; what is judged is the greedy policy, whose value is computed exactly.

use tabrl::bandits::agent::deep::{self, Architecture};
use tabrl::bandits::agent::{Deployed, Task as Blocks, episodes, exact_value, tabular};
use tabrl::mdp::{enumerate, evaluate_finite};
use tabrl_envs::hidden_goal::HiddenGoal;

use super::config::{Config, LearntSettings};
use super::{Claim, Results};
use crate::Result;
use crate::runner::{Checks, Draft, Kind, mean};

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
    /// Q-learning in a grid with a hidden goal, five episodes a block.
    Search(Search),
}

/// A search, and what the searcher has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Search {
    /// Whether there is a safe exit that pays 0.6.
    exit: bool,
    /// Whether later episodes are credited.
    credit: bool,
    /// Whether the cells that were searched are remembered.
    memory: bool,
}

/// All searches.
const SEARCHES: [Search; 6] = [
    Search { exit: false, credit: true, memory: true },
    Search { exit: false, credit: false, memory: true },
    Search { exit: false, credit: true, memory: false },
    Search { exit: true, credit: true, memory: true },
    Search { exit: true, credit: false, memory: true },
    Search { exit: true, credit: true, memory: false },
];

impl Search {
    fn name(self) -> String {
        let place = if self.exit { "safe exit" } else { "hidden goal" };
        let lacks = match (self.credit, self.memory) {
            (false, _) => "no credit",
            (_, false) => "no memory",
            _ => "all conditions",
        };
        format!("{place} {lacks}")
    }

    /// The exact value of the greedy policy over a block.
    fn train(self, blocks: u64, seed: u64) -> Result<f64> {
        let (steps, number) = (4, 5);
        let model = HiddenGoal::new(3, steps, number, self.exit.then_some(0.6));
        let table = enumerate(&model, 1_000_000)?;
        let horizon = usize::from(steps) * usize::from(number);
        let episode: Vec<u32> = table.states.iter().map(|&s| model.episode(s)).collect();
        let seen: Vec<u32> = match self.memory {
            true => (0..table.states.len() as u32).collect(),
            false => table.states.iter().map(|&s| model.without_memory(s)).collect(),
        };
        let world = episodes::Blocks { mdp: &table.mdp, episode: &episode, seen: &seen, horizon };
        let episode_discount = f64::from(u8::from(self.credit));
        let options = episodes::Options { step_discount: 1.0, episode_discount, blocks, seed };
        let policy = episodes::train(&world, &options)?;
        Ok(table.mdp.initial_value(&evaluate_finite(&table.mdp, &policy, horizon)?.values))
    }
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
            What::Search(search) => search.name(),
        }
    }
}

impl Learnt {
    /// Its name in tables, without the seed.
    pub fn name(&self) -> String {
        format!("learnt {}", self.what.name())
    }

    /// Trains, and returns what is deployed: expected reward of a block, probability that the second arm is pulled, expected pulls
    /// against the posterior mean, entropy of the first two arms; of searches the expected reward alone.
    ///
    /// # Errors
    /// Settings that the training refuses.
    pub fn train(&self, config: &Config) -> Result<Vec<f64>> {
        let settings = &config.learnt;
        let q = |memory, step| -> Result<Deployed> {
            let task = Blocks::exchangeable(10)?;
            let blocks = settings.blocks;
            let options = tabular::Options { memory, step, discount: 1.0, blocks, seed: self.seed };
            Ok(exact_value(&task, &tabular::train(&task, &options)?)?)
        };
        let network = |redrawn: bool, discount: f64, architecture: Architecture| -> Result<Deployed> {
            let task = Blocks::safe_arm(config.conditions_safe, config.conditions_horizon)?.redrawn(redrawn);
            let options = deep::Options {
                architecture,
                discount,
                updates: settings.updates,
                seed: self.seed,
                ..deep::Options::default()
            };
            Ok(exact_value(&task, &deep::train(&task, &options)?)?)
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
            What::Search(search) => return Ok(vec![search.train(settings.blocks, self.seed)?]),
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
    tasks.extend(runs(&SEARCHES.map(What::Search), settings.seeds));
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
        let (value, interval) = mean(&found)?;
        let note = format!("{} seeds, mean {value:.5}; values are exact", found.len());
        if each {
            let mut checks = Checks::new();
            for (seed, value) in found.iter().enumerate() {
                checks.that((low..=high).contains(value), || {
                    format!("seed {} has {value:.4}, expected {low} to {high}", seed + 1)
                });
            }
            claims.push(draft.note(note).all(&checks));
        } else {
            claims.push(draft.note(note).lies_in(low, high, value, interval));
        }
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
    let statement = "In a grid, memory makes Q-learning find the hidden goal and return to it: over five episodes near the optimum, 4.5";
    let draft = Claim::draft("search-full", statement, PAPER);
    judge("hidden goal all conditions", draft, true, (4.4, 4.500_001))?;
    let statement = "It does so without credit across episodes too, since finding the goal pays at once (but which cells it leaves for the second episode is then a tie, and may cost it)";
    judge("hidden goal no credit", Claim::draft("search-no-credit", statement, PAPER), true, (4.4, 4.500_001))?;
    let statement = "Without memory no episode is worth more than 0.5";
    judge("hidden goal no memory", Claim::draft("search-no-memory", statement, PAPER), true, (0.0, 2.500_001))?;
    let statement =
        "Beside a safe exit of 0.6, with credit across episodes, it searches: near the optimum of five episodes, 4.571";
    judge("safe exit all conditions", Claim::draft("exit-full", statement, PAPER), true, (4.4, 4.571_43))?;
    let statement = "Without credit across episodes it gives the search up for the exit, as the exact policy does (3.571, by its ties)";
    judge("safe exit no credit", Claim::draft("exit-no-credit", statement, PAPER), true, (3.0, 4.0))?;
    Ok(claims)
}
