//! On random tables: weights of shaping rewards that help, harm or mean nothing (BiPaRS), and rewards for agents that plan a few steps ahead.

use serde::{Deserialize, Serialize};
use tabrl::mdp::{Mdp, action_values};
use tabrl::planning::{Criterion, SolveOptions, solve};
use tabrl::reward::bilevel::{
    Armijo, Ascent, Backup, DepthLimited, Discount, LinearReward, SoftProblem, Task, armijo, depth_limited,
};
use tabrl::rng;

use crate::Result;
use crate::shaping::random_table;

/// Settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Random tables.
    pub tables: u64,
    /// Their states.
    pub states: usize,
    /// Their actions.
    pub actions: usize,
    /// Their discount.
    pub gamma: f64,
    /// Temperature of the learner.
    pub temperature: f64,
    /// Outer steps.
    pub steps: usize,
    /// Depths of plans.
    pub depths: Vec<usize>,
    /// `κ`, the inverse temperature of an agent that plans.
    pub sharpness: f64,
}

/// Weights on one shaping reward.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Weighted {
    /// The table's seed.
    pub table: u64,
    /// One of [`SHAPINGS`].
    pub shaping: String,
    /// Whether there is one weight for all choices.
    pub scalar: bool,
    /// Value without shaping, with weights 1, with learnt weights; and the optimum.
    pub values: [f64; 4],
    /// Mean learnt weight.
    pub mean: f64,
    /// Root mean square of the learnt weights.
    pub size: f64,
}

/// A reward for a short plan.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Planned {
    /// The table's seed.
    pub table: u64,
    /// Depth of the plan.
    pub depth: usize,
    /// Value with the reward that counts, with the learnt one, with the advantages of the optimum; and the optimum.
    pub values: [f64; 4],
}

/// What was found.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    /// Weights.
    pub weighted: Vec<Weighted>,
    /// Short plans.
    pub planned: Vec<Planned>,
}

/// The names of shaping rewards.
pub const SHAPINGS: [&str; 5] = ["advantages", "minus advantages", "potential", "minus potential", "random"];

/// Measures everything.
///
/// # Errors
/// Settings out of range.
pub fn measure(settings: &Settings) -> Result<Record> {
    let gamma = settings.gamma;
    let (mut weighted, mut planned) = (Vec::new(), Vec::new());
    for table in 0..settings.tables {
        let (mdp, mut rng) = random_table(settings.states, settings.actions, 1, 900 + table)?;
        let best =
            solve(&mdp, Criterion::Discounted { gamma }, &SolveOptions { epsilon: 1e-10, ..SolveOptions::default() })?;
        let optimum = mdp.initial_value(&best.values);
        let mut advantage = action_values(&mdp, &best.values, gamma);
        for s in 0..mdp.num_states() {
            mdp.choices(s).for_each(|c| advantage[c] -= best.values[s]);
        }
        // γ P V* − V*, the potential-based shaping that makes r + f the advantages.
        let potential: Vec<f64> = advantage.iter().zip(mdp.rewards()).map(|(a, r)| a - r).collect();
        let minus = |f: &[f64]| -> Vec<f64> { f.iter().map(|x| -x).collect() };
        let random: Vec<f64> = (0..advantage.len()).map(|_| rng::uniform(&mut rng) - 0.5).collect();
        let shapings = [advantage.clone(), minus(&advantage), potential.clone(), minus(&potential), random];
        for (name, shaping) in SHAPINGS.into_iter().zip(&shapings) {
            for scalar in [false, true] {
                let (found, plain) = learn(settings, &mdp, shaping, scalar)?;
                weighted.push(Weighted {
                    table,
                    shaping: name.into(),
                    scalar,
                    values: [found.trace[0], plain, found.value, optimum],
                    mean: found.point.iter().sum::<f64>() / found.point.len() as f64,
                    size: (found.point.iter().map(|z| z * z).sum::<f64>() / found.point.len() as f64).sqrt(),
                });
            }
        }
        for &depth in &settings.depths {
            let agent = DepthLimited { depth, sharpness: settings.sharpness, discount: gamma, backup: Backup::Max };
            let outer = Task { reward: mdp.rewards(), temperature: 0.0, discount: gamma };
            let evaluate =
                |reward: &[f64]| depth_limited(&mdp, &agent, reward, outer).map(|found| (found.value, found.reward));
            let options = Armijo { steps: settings.steps, first: 0.01, ..Armijo::default() };
            let found = armijo(evaluate, mdp.rewards().to_vec(), &options)?;
            let shaped = evaluate(&advantage)?.0;
            planned.push(Planned { table, depth, values: [found.trace[0], found.value, shaped, optimum] });
        }
    }
    Ok(Record { weighted, planned })
}

/// Weights by ascent from 0, and the value at weights 1.
fn learn(settings: &Settings, mdp: &Mdp, shaping: &[f64], scalar: bool) -> Result<(Ascent, f64)> {
    let base = mdp.rewards().to_vec();
    let model = if scalar { LinearReward::scalar(base, shaping)? } else { LinearReward::weights(base, shaping)? };
    let n = model.dimension();
    let discount = Discount::Constant(settings.gamma);
    let mut problem =
        SoftProblem::new(mdp, model, settings.temperature, discount, mdp.rewards().to_vec(), settings.gamma)?;
    let plain = problem.evaluate(&vec![1.0; n])?.0;
    // Below, steps would be so long that they carry rounding along.
    let options = Armijo { steps: settings.steps, tolerance: 1e-8, ..Armijo::default() };
    Ok((armijo(|point| problem.evaluate(point), vec![0.0; n], &options)?, plain))
}
