//! Lagrangian iterations, as constrained learners do them, with an exact best response in the place of learning.
//!
//! Each iteration plays a best response to the reward `λ_0 r − Σ_k λ_k c_k`, then moves the multipliers down the subgradient `d_k − C_k` of
//! the dual by Adam. The multipliers are
//! - raw: `λ_0 = 1`, `λ_k = max(0, z_k)`: they grow without end where the constraints cannot be kept;
//! - normalised: `λ = softmax(z)`, with `λ_0` for the reward: they stay in the simplex (Roy, Girgis, Romoff, Bacon and Pal 2022).
//!
//! A greedy best response jumps between deterministic policies for ever. For a plain subgradient step of size `1 / √T` the average of the occupancies
//! is known to approach the optimum at the rate `1 / √T`; for Adam nothing of the kind is proven, and what is said of it here is what was observed: the
//! average comes near the optimum; with a temperature the response is soft, and the last iterate settles near the optimum of the regularised problem.

use super::lexicographic::{Vertex, mass, optimal_choices};
use crate::mdp::{Mdp, occupancy};
use crate::numeric::Adam;
use crate::planning::linear_program::Constraint;
use crate::planning::{Criterion, SolveOptions, solve_regularised};
use crate::{Error, Result};

/// What multipliers are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Multipliers {
    /// `λ_0 = 1`, `λ_k = max(0, z_k)`.
    Raw,
    /// `λ = softmax(z)`.
    Normalised,
}

/// Settings of [`lagrangian`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LagrangianSettings {
    /// Raw or normalised.
    pub multipliers: Multipliers,
    /// First value of every `z`.
    pub initial: f64,
    /// Step size of Adam.
    pub step_size: f64,
    /// Iterations.
    pub steps: usize,
    /// Temperature of the best response; greedy if there is none.
    pub temperature: Option<f64>,
}

impl Default for LagrangianSettings {
    /// Normalised, greedy, 2000 iterations; `z` starts at 0.02, as in the published code.
    fn default() -> LagrangianSettings {
        LagrangianSettings {
            multipliers: Multipliers::Normalised,
            initial: 0.02,
            step_size: 0.01,
            steps: 2000,
            temperature: None,
        }
    }
}

/// One iteration.
#[derive(Debug, Clone, PartialEq)]
pub struct LagrangianStep {
    /// `λ_0, λ_1, .., λ_K` that were responded to.
    pub multipliers: Vec<f64>,
    /// `J` of the response.
    pub value: f64,
    /// `C_k` of the response, `[K]`.
    pub costs: Vec<f64>,
}

/// The mixture of the responses since some iteration, that is, of their occupancies.
#[derive(Debug, Clone, PartialEq)]
pub struct Average {
    /// Its `J`.
    pub value: f64,
    /// Its `C_k`, `[K]`.
    pub costs: Vec<f64>,
}

/// All iterations.
#[derive(Debug, Clone, PartialEq)]
pub struct LagrangianRun {
    /// What happened in each.
    pub steps: Vec<LagrangianStep>,
}

impl LagrangianRun {
    /// The average over the iterations `from..to`.
    ///
    /// # Errors
    /// No iteration, or one that did not take place.
    pub fn average(&self, from: usize, to: usize) -> Result<Average> {
        let Some(steps) = self.steps.get(from..to).filter(|steps| !steps.is_empty()) else {
            let reason = format!("{from}..{to} is not a range of the {} iterations", self.steps.len());
            return Err(Error::NotApplicable { method: "an average", reason });
        };
        let mean = |of: &dyn Fn(&LagrangianStep) -> f64| steps.iter().map(of).sum::<f64>() / steps.len() as f64;
        let costs = (0..steps[0].costs.len()).map(|k| mean(&|step| step.costs[k])).collect();
        Ok(Average { value: mean(&|step| step.value), costs })
    }
}

/// Runs Lagrangian iterations on a problem with constraints.
///
/// # Errors
/// No constraint, settings out of range, or as [`dual`](super::dual), except that constraints which cannot be kept are no error.
pub fn lagrangian(
    mdp: &Mdp,
    gamma: f64,
    constraints: &[Constraint],
    settings: &LagrangianSettings,
) -> Result<LagrangianRun> {
    Criterion::Discounted { gamma }.validate()?;
    if constraints.is_empty() {
        let reason = "there is no constraint; solve the problem as it is".into();
        return Err(Error::NotApplicable { method: "a Lagrangian iteration", reason });
    }
    for (name, value) in [("step_size", settings.step_size), ("temperature", settings.temperature.unwrap_or(1.0))] {
        if !(value > 0.0 && value.is_finite()) {
            return Err(Error::Parameter { name, value, expected: "a positive number" });
        }
    }
    if !settings.initial.is_finite() {
        return Err(Error::Parameter { name: "initial", value: settings.initial, expected: "a finite number" });
    }
    for k in constraints {
        mdp.clone().with_rewards(k.costs.clone())?;
        if !k.bound.is_finite() {
            return Err(Error::Parameter { name: "bound", value: k.bound, expected: "a finite number" });
        }
    }
    let mut z = vec![settings.initial; constraints.len() + 1];
    let mut adam = Adam::new(z.len(), settings.step_size);
    let mut steps = Vec::new();
    for _ in 0..settings.steps {
        let multipliers = multipliers(settings.multipliers, &z);
        let (value, costs) = response(mdp, gamma, constraints, &multipliers, settings.temperature)?;
        // v_k = d_k − C_k, and v_0 = 0: the reward is not paid for being enough.
        let slack: Vec<f64> =
            std::iter::once(0.0).chain(constraints.iter().zip(&costs).map(|(k, c)| k.bound - c)).collect();
        let gradient: Vec<f64> = match settings.multipliers {
            Multipliers::Raw => slack,
            // ∂/∂z_j Σ_k λ_k v_k = λ_j (v_j − Σ_k λ_k v_k)
            Multipliers::Normalised => {
                let mean: f64 = multipliers.iter().zip(&slack).map(|(l, v)| l * v).sum();
                multipliers.iter().zip(&slack).map(|(l, v)| l * (v - mean)).collect()
            }
        };
        steps.push(LagrangianStep { multipliers, value, costs });
        adam.ascend(&mut z, &gradient.iter().map(|g| -g).collect::<Vec<_>>());
        if settings.multipliers == Multipliers::Raw {
            z.iter_mut().for_each(|z| *z = z.max(0.0));
        }
    }
    Ok(LagrangianRun { steps })
}

fn multipliers(kind: Multipliers, z: &[f64]) -> Vec<f64> {
    match kind {
        Multipliers::Raw => std::iter::once(1.0).chain(z[1..].iter().map(|z| z.max(0.0))).collect(),
        Multipliers::Normalised => {
            let largest = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let total: f64 = z.iter().map(|z| (z - largest).exp()).sum();
            z.iter().map(|z| (z - largest).exp() / total).collect()
        }
    }
}

/// `J` and `C_k` of a best response to the multipliers.
fn response(
    mdp: &Mdp,
    gamma: f64,
    constraints: &[Constraint],
    multipliers: &[f64],
    temperature: Option<f64>,
) -> Result<(f64, Vec<f64>)> {
    let priced = |c: usize| constraints.iter().zip(&multipliers[1..]).map(|(k, l)| l * k.costs[c]).sum::<f64>();
    let rewards = (0..mdp.num_choices()).map(|c| multipliers[0] * mdp.rewards()[c] - priced(c)).collect();
    let table = mdp.clone().with_rewards(rewards)?;
    let visits = match temperature {
        None => {
            let choice = optimal_choices(&table, gamma)?;
            return constraints.iter().try_fold((0.0, Vec::new()), |(_, mut costs), k| {
                let vertex = Vertex::of(mdp, gamma, &k.costs, choice.clone())?;
                costs.push(vertex.cost);
                Ok((vertex.value, costs))
            });
        }
        Some(temperature) => {
            let options = SolveOptions { epsilon: 1e-9, ..SolveOptions::default() };
            let soft = solve_regularised(&table, Criterion::Discounted { gamma }, temperature, &options)?;
            occupancy::discounted(mdp, &soft.policy, gamma)?.choices
        }
    };
    let total = |of: &[f64]| visits.iter().zip(of).map(|(d, x)| d * x).sum::<f64>() / mass(mdp);
    Ok((total(mdp.rewards()), constraints.iter().map(|k| total(&k.costs)).collect()))
}
