//! BARFI with exact gradients: a policy with parameters follows the learnt reward a few steps at a time, and the reward follows what the
//! policy is worth.
//!
//! ```text
//! φ ← φ + RMSprop(∂J_p/∂φ − λ_φ ∇Σ‖φ‖),   ϕ ← ϕ + RMSprop(∂J_p/∂ϕ − λ_γ ∂γ/∂ϕ),   γ = σ(ϕ)
//! θ ← θ + RMSprop(∇_θ s (J_{r_φ,γ}(θ) + τ entropy)),   several times
//! ```
//! with `∂J_p` through the implicit function theorem at the current `θ`, which is not yet an optimum. Before that the policy learns the plain sum of
//! both rewards for a while, then the reward as it was drawn. Expectations are exact and discounted; the scale `s` is the mean over a
//! padded episode in the published code, `1 / 51`.
//!
//! Source: Gupta, Chandak, Jordan, Thomas and da Silva 2023, and its published code.

use ndarray::Array2;

use super::ascent::RmsProp;
use super::implicit::{Inverse, check_task, implicit};
use super::policy_space::{Flow, Parametrisation};
use super::reward_model::{LinearReward, sigmoid};
use super::unrolled::unrolled;
use super::{Task, check_choices, check_discount, check_magnitude, check_positive};
use crate::Result;
use crate::mdp::Mdp;
use crate::rng::{self, Purpose};

/// How a learnt reward is put together from the primary one and the auxiliary one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blend {
    /// `f1(s) + r_p + f3(s) r_aux`.
    AroundPrimary,
    /// `f1(s) + f2(s) r_p + f3(s) r_aux`.
    Full,
}

/// What is taken off the outer objective.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Regulariser {
    /// `λ_φ`, on the sum of norms of the parameters of each linear layer, weights and constant apart.
    pub reward: f64,
    /// `λ_γ`, on the learnt discount itself.
    pub discount: f64,
}

impl Regulariser {
    /// # Errors
    /// A coefficient that is negative or not finite.
    pub(super) fn check(&self) -> Result<()> {
        check_magnitude("the regulariser of the reward", self.reward)?;
        check_magnitude("the regulariser of the discount", self.discount)
    }
}

/// How the outer gradient is found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OuterStep {
    /// By the implicit function theorem.
    Implicit(Inverse),
    /// Through a number of gradient steps of a size.
    Unrolled {
        /// Steps.
        steps: usize,
        /// Their size.
        step: f64,
    },
}

/// Settings of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct BarfiSettings {
    /// The blend.
    pub blend: Blend,
    /// The outer gradient.
    pub outer: OuterStep,
    /// Regularisers.
    pub regulariser: Regulariser,
    /// Whether the inner discount is learnt.
    pub learn_discount: bool,
    /// Discount of the primary reward.
    pub outer_discount: f64,
    /// `ϕ` at the start: `γ = σ(ϕ)`.
    pub discount_logit: f64,
    /// Rate of RMSprop on `θ`.
    pub policy_rate: f64,
    /// Rate of RMSprop on `φ` and `ϕ`.
    pub outer_rate: f64,
    /// Coefficient of the entropy.
    pub entropy: f64,
    /// `s`.
    pub scale: f64,
    /// Steps on `r_p + r_aux` before all.
    pub naive_steps: usize,
    /// Steps on the first `r_φ` after that.
    pub first_steps: usize,
    /// Steps after each outer one.
    pub inner_steps: usize,
    /// Outer steps.
    pub outer_steps: usize,
    /// Parameters of the reward start uniformly within ± this.
    pub spread: f64,
    /// Seed of that.
    pub seed: u64,
}

impl Default for BarfiSettings {
    /// The published maze.
    fn default() -> BarfiSettings {
        BarfiSettings {
            blend: Blend::AroundPrimary,
            outer: OuterStep::Implicit(Inverse::Neumann { terms: 5, step: 5e-4 }),
            regulariser: Regulariser { reward: 0.0, discount: 0.06125 },
            learn_discount: true,
            outer_discount: 0.99,
            discount_logit: 4.6,
            policy_rate: 0.005,
            outer_rate: 0.005,
            entropy: 0.25,
            scale: 1.0 / 51.0,
            naive_steps: 50,
            first_steps: 165,
            inner_steps: 15,
            outer_steps: 250,
            spread: 0.25,
            seed: 0,
        }
    }
}

impl BarfiSettings {
    fn check(&self) -> Result<()> {
        self.regulariser.check()?;
        check_discount("the outer discount", self.outer_discount)?;
        check_discount("the inner discount at the start", sigmoid(self.discount_logit))?;
        check_magnitude("the coefficient of the entropy", self.entropy)?;
        check_magnitude("the spread of the reward's parameters", self.spread)?;
        check_positive("the scale of the inner objective", self.scale)
    }
}

/// What a run leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct BarfiRun {
    /// Parameters of the policy at each outer step, and at the end.
    pub thetas: Vec<Vec<f64>>,
    /// `J_p`, discounted, of each of them.
    pub values: Vec<f64>,
    /// `γ` at each of them.
    pub discounts: Vec<f64>,
    /// Parameters of the reward at the end.
    pub phi: Vec<f64>,
    /// The learnt reward, `[C]`.
    pub reward: Vec<f64>,
}

/// Runs BARFI on the primary reward of `mdp` and an auxiliary one, `[C]`; features of states `[S, K]`, the last of which is the constant 1.
///
/// # Errors
/// Features or rewards that do not fit the table, or settings out of range.
pub fn exact_barfi(mdp: &Mdp, features: &Array2<f64>, auxiliary: &[f64], settings: &BarfiSettings) -> Result<BarfiRun> {
    check_choices("the auxiliary reward", mdp, auxiliary)?;
    settings.check()?;
    let model = LinearReward::blend(mdp, features, mdp.rewards(), auxiliary, settings.blend)?;
    let class = Parametrisation::Linear(features.clone());
    let (n, k) = (class.dimension(mdp), model.dimension());
    let primary = Task { reward: mdp.rewards(), temperature: 0.0, discount: settings.outer_discount };
    check_task(mdp, "the primary reward", primary)?;
    let mut draw = rng::fast(settings.seed, Purpose::Initialisation, 0);
    let mut phi: Vec<f64> = (0..k).map(|_| settings.spread * (2.0 * rng::uniform(&mut draw) - 1.0)).collect();
    let mut logit = [settings.discount_logit];
    let mut theta = vec![0.0; n];
    let mut of_policy = RmsProp::new(n, settings.policy_rate)?;
    let mut of_reward = RmsProp::new(k, settings.outer_rate)?;
    let mut of_discount = RmsProp::new(1, settings.outer_rate)?;

    let naive: Vec<f64> = mdp.rewards().iter().zip(auxiliary).map(|(p, a)| p + a).collect();
    let mut climb = |theta: &mut Vec<f64>, reward: &[f64], discount: f64, steps: usize| -> Result<()> {
        for _ in 0..steps {
            let task = Task { reward, temperature: settings.entropy, discount };
            let gradient = policy_gradient(mdp, &class, theta, task, settings.scale)?;
            of_policy.ascend(theta, &gradient);
        }
        Ok(())
    };
    climb(&mut theta, &naive, sigmoid(logit[0]), settings.naive_steps)?;
    climb(&mut theta, &model.reward(&phi)?, sigmoid(logit[0]), settings.first_steps)?;
    let mut run =
        BarfiRun { thetas: Vec::new(), values: Vec::new(), discounts: Vec::new(), phi: Vec::new(), reward: Vec::new() };
    let worth = |theta: &[f64]| -> Result<f64> {
        let flow = Flow::new(mdp, &class.logits(mdp, theta)?, settings.outer_discount)?;
        Ok(flow.valued(mdp.rewards(), 0.0)?.objective)
    };
    for _ in 0..settings.outer_steps {
        let reward = model.reward(&phi)?;
        let gamma = sigmoid(logit[0]);
        let inner = Task { reward: &reward, temperature: settings.entropy, discount: gamma };
        let (value, by_reward, by_discount) = match settings.outer {
            OuterStep::Implicit(inverse) => {
                let found = implicit(mdp, &class, &theta, (inner, settings.scale), primary, inverse)?;
                (found.value, found.reward, found.discount)
            }
            OuterStep::Unrolled { steps, step } => {
                let found = unrolled(mdp, &class, &theta, inner, primary, (steps, step * settings.scale))?;
                // Its own value is that of the policy after the steps.
                (worth(&theta)?, found.reward, found.discount)
            }
        };
        run.thetas.push(theta.clone());
        run.values.push(value);
        run.discounts.push(gamma);
        let mut gradient = model.pull_back(&by_reward)?;
        let slope = model.norms(&phi)?.1;
        gradient.iter_mut().zip(&slope).for_each(|(g, n)| *g -= settings.regulariser.reward * n);
        of_reward.ascend(&mut phi, &gradient);
        if settings.learn_discount {
            let slope = (by_discount - settings.regulariser.discount) * gamma * (1.0 - gamma);
            of_discount.ascend(&mut logit, &[slope]);
        }
        climb(&mut theta, &model.reward(&phi)?, sigmoid(logit[0]), settings.inner_steps)?;
    }
    run.values.push(worth(&theta)?);
    run.thetas.push(theta);
    run.discounts.push(sigmoid(logit[0]));
    run.reward = model.reward(&phi)?;
    run.phi = phi;
    Ok(run)
}

fn policy_gradient(mdp: &Mdp, class: &Parametrisation, theta: &[f64], task: Task, scale: f64) -> Result<Vec<f64>> {
    let flow = Flow::new(mdp, &class.logits(mdp, theta)?, task.discount)?;
    let mut gradient = class.pull_back(mdp, &flow.gradient(&flow.valued(task.reward, task.temperature)?))?;
    gradient.iter_mut().for_each(|g| *g *= scale);
    Ok(gradient)
}

/// A policy that follows the exact gradient of one task with RMSprop, from `θ = 0`: the parameters before each step, and at the end.
///
/// # Errors
/// A task or features that do not fit the table, or a rate out of range.
pub fn naive_ascent(
    mdp: &Mdp,
    class: &Parametrisation,
    task: Task,
    (rate, scale, steps): (f64, f64, usize),
) -> Result<Vec<Vec<f64>>> {
    let mut theta = vec![0.0; class.dimension(mdp)];
    class.check(mdp, &theta)?;
    check_task(mdp, "the reward", task)?;
    check_positive("the scale of the objective", scale)?;
    let mut optimiser = RmsProp::new(theta.len(), rate)?;
    let mut thetas = Vec::new();
    for _ in 0..steps {
        thetas.push(theta.clone());
        let gradient = policy_gradient(mdp, class, &theta, task, scale)?;
        optimiser.ascend(&mut theta, &gradient);
    }
    thetas.push(theta);
    Ok(thetas)
}
