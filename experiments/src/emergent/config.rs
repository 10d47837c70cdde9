//! The settings; see `configs/emergent-exploration.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::runner::Bounds;
use crate::{Error, Result};

/// All settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Steps of two arms.
    pub horizons: Vec<usize>,
    /// Policies whose Bayes value is computed.
    pub policies: Vec<String>,
    /// Arms x steps.
    pub more_arms: Vec<String>,
    /// Mean lengths of blocks.
    pub lengths: Vec<usize>,
    /// Mean length x pulls looked at.
    pub block_rewards: Vec<String>,
    /// Steps of limited memory.
    pub windows: Vec<usize>,
    /// Random starts of the local search.
    pub window_starts: usize,
    /// Means of the safe arm.
    pub safe: Vec<f64>,
    /// Steps of the four conditions.
    pub conditions_horizon: usize,
    /// Mean of their safe arm.
    pub conditions_safe: f64,
    /// Runs of a unit.
    pub chunk: u64,
    /// Regret on fixed means, by name.
    pub regret: BTreeMap<String, RegretGroup>,
    /// Regret on means drawn uniformly, by name.
    pub bayes: BTreeMap<String, BayesGroup>,
    /// Myopic play with an error.
    pub noise: NoiseSettings,
    /// The tasks of RL².
    pub rl2: Rl2Settings,
    /// Normal arms in blocks.
    pub normal: NormalSettings,
    /// Agents in training.
    pub learnt: LearntSettings,
}

/// Agents in training.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LearntSettings {
    /// Seeds of Q-learning, from 1.
    pub seeds: u64,
    /// Seeds of networks, from 1.
    pub network_seeds: u64,
    /// Pulls that a network attends to.
    pub contexts: Vec<usize>,
    /// Blocks of Q-learning.
    pub blocks: u64,
    /// Updates of the network.
    pub updates: usize,
    /// Discount of the network without memory.
    pub memoryless_discount: f64,
}

/// Regret on arms of given means.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegretGroup {
    /// The means.
    pub means: Vec<f64>,
    /// Steps.
    pub horizon: usize,
    /// Runs of each policy, seeded from 0.
    pub runs: u64,
    /// Policies by name.
    pub policies: Vec<String>,
}

/// Regret on arms whose means are drawn in each run.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BayesGroup {
    /// K.
    pub arms: usize,
    /// T.
    pub horizon: usize,
    /// Runs of each policy.
    pub runs: BTreeMap<String, u64>,
}

/// Myopic play with an error.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoiseSettings {
    /// Arms x steps.
    pub cells: Vec<String>,
    /// Scales of fresh noise of the posterior's size.
    pub scales: Vec<f64>,
    /// Scales of fresh noise of constant size.
    pub constant: Vec<f64>,
    /// Scales of noise that is frozen for a run.
    pub frozen: Vec<f64>,
    /// Runs of each.
    pub runs: u64,
}

/// Thompson sampling in the tasks of RL².
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rl2Settings {
    /// Arms x pulls.
    pub cells: Vec<String>,
    /// Tasks of each.
    pub runs: u64,
}

/// Three normal arms in blocks.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NormalSettings {
    /// Mean length of a block.
    pub length: f64,
    /// Standard deviation of rewards.
    pub noise: f64,
    /// ε of the ε-greedy agent.
    pub epsilon: f64,
    /// Pulls of a run.
    pub pulls: usize,
    /// Runs of each agent.
    pub runs: u64,
}

impl Config {
    /// # Errors
    /// The first setting that is out of its bounds, by name.
    pub fn check(&self) -> Result<()> {
        let bounds = Bounds("emergent-exploration");
        let least = |entries: &[usize]| entries.iter().copied().min().unwrap_or(1);
        let Config { noise, rl2, normal, learnt, .. } = self;
        bounds.at_least(
            1,
            &[
                ("horizons", least(&self.horizons)),
                ("lengths", least(&self.lengths)),
                ("windows", least(&self.windows)),
                ("conditions_horizon", self.conditions_horizon),
                ("chunk", self.chunk as usize),
                ("noise.runs", noise.runs as usize),
                ("rl2.runs", rl2.runs as usize),
                ("normal.pulls", normal.pulls),
                ("normal.runs", normal.runs as usize),
                ("learnt.seeds", learnt.seeds as usize),
                ("learnt.network_seeds", learnt.network_seeds as usize),
                ("learnt.blocks", learnt.blocks as usize),
                ("learnt.updates", learnt.updates),
            ],
        )?;
        for (name, group) in &self.regret {
            bounds.at_least(
                1,
                &[
                    (&*format!("regret.{name}.runs"), group.runs as usize),
                    (&*format!("regret.{name}.horizon"), group.horizon),
                ],
            )?;
            bounds.some(&[(&*format!("regret.{name}.means"), group.means.len())])?;
        }
        for (name, group) in &self.bayes {
            bounds.at_least(
                1,
                &[(&*format!("bayes.{name}.arms"), group.arms), (&*format!("bayes.{name}.horizon"), group.horizon)],
            )?;
            for (policy, &runs) in &group.runs {
                bounds.at_least(1, &[(&*format!("bayes.{name}.runs.{policy}"), runs as usize)])?;
            }
        }
        let probabilities = [
            ("conditions_safe", self.conditions_safe),
            ("normal.epsilon", normal.epsilon),
            ("learnt.memoryless_discount", learnt.memoryless_discount),
        ];
        bounds.within((0.0, 1.0), &probabilities)?;
        self.safe.iter().try_for_each(|&mean| bounds.within((0.0, 1.0), &[("safe", mean)]))?;
        for (name, scales) in
            [("noise.scales", &noise.scales), ("noise.constant", &noise.constant), ("noise.frozen", &noise.frozen)]
        {
            scales.iter().try_for_each(|&scale| bounds.within((0.0, 1e6), &[(name, scale)]))?;
        }
        bounds.positive(&[("normal.noise", normal.noise)])?;
        bounds.within((1.0, 1e6), &[("normal.length", normal.length)])
    }
}

/// Reads `10x1000` as two numbers.
///
/// # Errors
/// Text of another form, or a 0.
pub fn cell(text: &str) -> Result<(usize, usize)> {
    let parse = |number: &str| number.parse::<usize>().ok().filter(|&n| n > 0);
    text.split_once('x').and_then(|(a, b)| parse(a).zip(parse(b))).ok_or_else(|| Error::Config {
        place: "the configuration of emergent-exploration".into(),
        problem: format!("`{text}` must be two whole numbers, such as 10x1000"),
    })
}
