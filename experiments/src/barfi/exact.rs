//! The maze with exact gradients: fixed rewards, BARFI as published, and BARFI with the inner problem solved to the end.

use ndarray::Array2;
use serde::{Deserialize, Serialize};
use tabrl::reward::bilevel::{
    Armijo, BarfiSettings, Blend, Discount, Flow, Inverse, LinearReward, OuterStep, Regulariser, SoftProblem, Task,
    armijo, exact_barfi, naive_ascent,
};

use super::maze::{GAMMA, Maze};
use crate::Result;

/// Settings of the ascent with the inner problem solved to the end.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Converged {
    /// Temperature.
    pub temperature: f64,
    /// Steps.
    pub steps: usize,
    /// Steps from the naive sum.
    pub naive_steps: usize,
}

/// Settings of policies that follow fixed rewards.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Climb {
    /// Steps.
    pub steps: usize,
    /// Rate of RMSprop.
    pub rate: f64,
    /// Coefficient of the entropy.
    pub entropy: f64,
}

/// Settings of BARFI.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Starts of the reward.
    pub starts: u64,
    /// Outer steps.
    pub outer_steps: usize,
    /// Step of the Neumann series.
    pub step: f64,
    /// Its last power.
    pub terms: usize,
    /// `λ_γ`.
    pub discount_regulariser: f64,
}

/// An ascent with the inner problem solved to the end.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ConvergedRun {
    /// Its name.
    pub name: String,
    /// `F`, discounted, after each step.
    pub values: Vec<f64>,
    /// Largest entry of the gradient at the start.
    pub slope: f64,
    /// Mean learnt reward of each state's actions at the end, `[S]`.
    pub reward: Vec<f64>,
}

/// A policy that follows a fixed reward.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ClimbRun {
    /// The reward it follows.
    pub name: String,
    /// `J_p` over an episode, every tenth step.
    pub values: Vec<f64>,
    /// Largest difference between the gradient of this reward and that of the primary one, relative to the latter's largest entry,
    /// over the parameters that the primary reward's ascent visits every tenth step.
    pub gradient_gap: f64,
}

/// A run of BARFI.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Run {
    /// `bad` or `good`.
    pub auxiliary: String,
    /// `first order` or `Neumann`.
    pub method: String,
    /// The start.
    pub seed: u64,
    /// `J_p` over an episode, every tenth outer step and at the end.
    pub values: Vec<f64>,
    /// `γ` at the end.
    pub discount: f64,
    /// Mean learnt reward of each state's actions at the end, `[S]`.
    pub reward: Vec<f64>,
}

/// Points are this many steps apart.
pub const EVERY: usize = 10;

/// Ascents with the inner problem solved to the end.
///
/// # Errors
/// Settings out of range.
pub fn converged(settings: &Converged) -> Result<Vec<ConvergedRun>> {
    let maze = Maze::new("bad")?;
    let states = maze.mdp().num_states();
    let tabular = Array2::from_shape_fn((states, states + 1), |(s, k)| f64::from(u8::from(k == s || k == states)));
    // The auxiliary reward of an action is up to 200; its weight is scaled so that all weights are of one size.
    let scaled: Vec<f64> = maze.tables.auxiliary.iter().map(|a| a / 200.0).collect();
    let mut runs = Vec::new();
    for (name, features, weight, steps) in [
        ("without the auxiliary reward, Fourier features", &maze.features, 0.0, settings.steps),
        ("without the auxiliary reward, a table", &tabular, 0.0, settings.steps),
        ("naive sum, Fourier features", &maze.features, 200.0, settings.naive_steps),
    ] {
        let model = LinearReward::blend(maze.mdp(), features, maze.mdp().rewards(), &scaled, Blend::AroundPrimary)?;
        let mut start = vec![0.0; model.dimension()];
        // The constant of f3 is the last parameter.
        start[model.dimension() - 1] = weight;
        let primary = maze.mdp().rewards().to_vec();
        let discount = Discount::Constant(GAMMA);
        let mut problem = SoftProblem::new(maze.mdp(), model.clone(), settings.temperature, discount, primary, GAMMA)?;
        let slope = problem.evaluate(&start)?.1.iter().fold(0.0f64, |m, g| m.max(g.abs()));
        let options = Armijo { steps, first: 0.01, tolerance: 1e-12, ..Armijo::default() };
        let found = armijo(|point| problem.evaluate(point), start, &options)?;
        let reward = maze.by_state(&model.reward(&found.point)?);
        runs.push(ConvergedRun { name: name.into(), values: found.trace, slope, reward });
    }
    Ok(runs)
}

/// Policies that follow fixed rewards.
///
/// # Errors
/// Settings out of range.
pub fn climb(settings: &Climb) -> Result<Vec<ClimbRun>> {
    let (bad, good) = (Maze::new("bad")?, Maze::new("good")?);
    let potential = bad.potential();
    let mut shaped = bad.mdp().rewards().to_vec();
    for s in 0..bad.mdp().num_states() {
        bad.mdp().choices(s).for_each(|c| shaped[c] += GAMMA * bad.mdp().expect(c, &potential) - potential[s]);
    }
    let follow = |maze: &Maze, reward: &[f64]| {
        let task = Task { reward, temperature: settings.entropy, discount: GAMMA };
        naive_ascent(maze.mdp(), &maze.class, task, (settings.rate, 1.0, settings.steps))
    };
    let own = bad.sum(0.0);
    let visited = follow(&bad, &own)?;
    let mut runs = Vec::new();
    for (name, maze, reward) in [
        ("primary", &bad, own.clone()),
        ("shaped, bad", &bad, shaped),
        ("naive sum, bad", &bad, bad.sum(1.0)),
        ("naive sum, good", &good, good.sum(1.0)),
    ] {
        let thetas = follow(maze, &reward)?;
        let values = thetas.iter().step_by(EVERY).map(|theta| maze.episode_value(theta)).collect::<Result<_>>()?;
        let mut gradient_gap = 0.0f64;
        for theta in visited.iter().step_by(EVERY) {
            let flow = Flow::new(bad.mdp(), &bad.class.logits(bad.mdp(), theta)?, GAMMA)?;
            let gradient = |reward: &[f64]| {
                let valued = flow.valued(reward, settings.entropy)?;
                bad.class.pull_back(bad.mdp(), &flow.gradient(&valued))
            };
            let (primary, other) = (gradient(&own)?, gradient(&reward)?);
            let largest = |x: f64, y: f64| x.max(y.abs());
            let gap = primary.iter().zip(&other).map(|(a, b)| a - b).fold(0.0, largest);
            gradient_gap = gradient_gap.max(gap / primary.iter().copied().fold(0.0, largest));
        }
        runs.push(ClimbRun { name: name.into(), values, gradient_gap });
    }
    Ok(runs)
}

/// BARFI from one start, with both auxiliary rewards and both inverses.
///
/// # Errors
/// Settings out of range.
pub fn measure(settings: &Settings, seed: u64) -> Result<Vec<Run>> {
    let mut runs = Vec::new();
    for auxiliary in ["bad", "good"] {
        let maze = Maze::new(auxiliary)?;
        let neumann = Inverse::Neumann { terms: settings.terms, step: settings.step };
        for (method, inverse) in [("first order", Inverse::Identity), ("Neumann", neumann)] {
            let options = BarfiSettings {
                outer: OuterStep::Implicit(inverse),
                regulariser: Regulariser { reward: 0.0, discount: settings.discount_regulariser },
                outer_steps: settings.outer_steps,
                seed,
                ..BarfiSettings::default()
            };
            let found = exact_barfi(maze.mdp(), &maze.features, &maze.tables.auxiliary, &options)?;
            let last = found.thetas.len() - 1;
            let shown = (0..last).step_by(EVERY).chain([last]);
            runs.push(Run {
                auxiliary: auxiliary.into(),
                method: method.into(),
                seed,
                values: shown.map(|i| maze.episode_value(&found.thetas[i])).collect::<Result<_>>()?,
                discount: found.discounts[last],
                reward: maze.by_state(&found.reward),
            });
        }
    }
    Ok(runs)
}
