//! Exact policy gradient and natural policy gradient for the tabular softmax policy.
//!
//! The objective is `J(θ) = μᵀ v_π` with discount `γ < 1` and `π = π_θ` of [`softmax_rule`]. The policy-gradient theorem gives
//! ```text
//! ∂J / ∂θ(s, a) = d(s) π(a|s) A(s, a),      A(s, a) = q_π(s, a) − v_π(s),      d(s) = Σ_t γᵗ Pr(s_t = s),
//! ```
//! with `d` not normalised. The natural gradient multiplies by the pseudo-inverse of the Fisher matrix
//! `F = (1 − γ) Σ_s d(s) Σ_a π(a|s) ∇log π ∇log πᵀ`; for this parametrisation a solution of `F x = ∇J` is
//! `x(s, a) = A(s, a) / (1 − γ)`, whatever `μ` is. (It differs from the one of least norm by a constant in each state, which
//! leaves `π` as it is.)
//!
//! Guarantee: with exact natural steps of any size `η` from `θ = 0` and rewards in [0, 1], `J` never falls and
//! `J* − J(θ_T) ≤ log A / (η T) + 1 / ((1 − γ)² T)` (Agarwal et al. 2021, on natural policy gradient ascent). The plain
//! gradient converges to the optimum if `η` is small enough and every state has positive probability at the start, but may stay
//! long on a plateau, most of all where states that matter are hardly visited.
//!
//! The two agents need the model: they act with `π_θ` and make one exact step every `interval` steps in the environment, from
//! which they learn nothing else. Cost of a step of `θ`: two linear systems of size `S` and one sweep.
//!
//! Reference: Sutton, McAllester, Singh and Mansour 2000, NIPS 12, theorem 1; Kakade 2001, A natural policy gradient, NIPS 14;
//! Agarwal, Kakade, Lee and Mahajan 2021, JMLR 22(98).

use serde::{Deserialize, Serialize};

use super::agent::{Agent, Experience, Setup, Shape, from_text, to_text};
use super::params::hyper_parameters;
pub use super::softmax::softmax_rule;
use super::softmax::{ascend, check_theta, draw, probabilities};
use crate::mdp::{DecisionRule, Mdp, Policy, action_values, evaluate_discounted, occupancy};
use crate::rng::{self, Fast, Purpose};
use crate::{Error, Result};

/// `∂J / ∂θ(s, a)`, shape `[C]`.
///
/// # Errors
/// A discount outside (0, 1), or a `theta` of the wrong shape or not finite.
///
/// ```
/// use tabrl::learning::policy_gradient::policy_gradient;
/// use tabrl::mdp::MdpBuilder;
///
/// let mut builder = MdpBuilder::new(2);
/// builder.choice(0, 0, &[(1.0, 1, 1.0)]).choice(0, 1, &[(1.0, 1, 0.0)]).terminal(1);
/// let gradient = policy_gradient(&builder.build()?, &[0.0, 0.0], 0.9)?;
/// assert!((gradient[0] - 0.25).abs() <= 1e-15 && (gradient[1] + 0.25).abs() <= 1e-15); // ± π (1 − π)
/// # Ok::<(), tabrl::Error>(())
/// ```
pub fn policy_gradient(mdp: &Mdp, theta: &[f64], gamma: f64) -> Result<Vec<f64>> {
    let policy = Policy::stationary(mdp, softmax_rule(mdp, theta)?)?;
    let mut gradient = advantages(mdp, &policy, gamma)?;
    let weights = occupancy::discounted(mdp, &policy, gamma)?.choices;
    gradient.iter_mut().zip(weights).for_each(|(x, d)| *x *= d);
    Ok(gradient)
}

/// The natural gradient `A(s, a) / (1 − γ)` of `J`, shape `[C]`.
///
/// # Errors
/// As [`policy_gradient`].
pub fn natural_policy_gradient(mdp: &Mdp, theta: &[f64], gamma: f64) -> Result<Vec<f64>> {
    let policy = Policy::stationary(mdp, softmax_rule(mdp, theta)?)?;
    let mut direction = advantages(mdp, &policy, gamma)?;
    direction.iter_mut().for_each(|x| *x /= 1.0 - gamma);
    Ok(direction)
}

/// `A(s, a) = q_π(s, a) − Σ_b π(b|s) q_π(s, b)`, shape `[C]`.
fn advantages(mdp: &Mdp, policy: &Policy, gamma: f64) -> Result<Vec<f64>> {
    let mut q = action_values(mdp, &evaluate_discounted(mdp, policy, gamma)?.values, gamma);
    for s in 0..mdp.num_states() {
        let mean: f64 = mdp.choices(s).map(|c| policy.rule(0).probability(s, c) * q[c]).sum();
        q[mdp.choices(s)].iter_mut().for_each(|x| *x -= mean);
    }
    Ok(q)
}

hyper_parameters! {
    /// Hyper-parameters of the exact policy-gradient agents.
    PolicyGradientParams {
        /// Step size `η` of each exact step.
        step_size: f64 = 1.0, "above 0 and finite", |x: f64| x > 0.0 && x.is_finite();
        /// Environment steps from one exact step to the next.
        interval: u64 = 100, "at least 1", |n| n >= 1;
    }
}

/// Which direction an agent follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// [`policy_gradient`].
    Plain,
    /// [`natural_policy_gradient`].
    Natural,
}

/// An agent that follows an exact gradient.
#[derive(Debug, Clone)]
pub struct PolicyGradient {
    mdp: Mdp,
    shape: Shape,
    discount: f64,
    params: PolicyGradientParams,
    direction: Direction,
    memory: Memory,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Memory {
    theta: Vec<f64>,
    step: u64,
    rng: Fast,
}

impl PolicyGradient {
    /// A fresh agent at `θ = 0`, the uniform policy; it keeps a copy of the table.
    ///
    /// # Errors
    /// A hyper-parameter or the discount out of range; [`Error::NotApplicable`] for a discount of 1.
    pub fn new(setup: &Setup, params: &PolicyGradientParams, direction: Direction) -> Result<PolicyGradient> {
        setup.validate()?;
        params.validate()?;
        if setup.discount == 1.0 {
            return Err(Error::NotApplicable {
                method: "the exact policy gradient",
                reason: "the gradient is that of the discounted value, which needs a discount below 1".into(),
            });
        }
        let memory = Memory {
            theta: vec![0.0; setup.mdp.num_choices()],
            step: 0,
            rng: rng::fast(setup.seed, Purpose::Policy, 0),
        };
        Ok(PolicyGradient {
            mdp: setup.mdp.clone(),
            shape: Shape::of(setup.mdp),
            discount: setup.discount,
            params: *params,
            direction,
            memory,
        })
    }

    /// The parameters `θ`, `[C]`.
    pub fn theta(&self) -> &[f64] {
        &self.memory.theta
    }

    fn exact_step(&mut self) {
        let direction = match self.direction {
            Direction::Plain => policy_gradient(&self.mdp, &self.memory.theta, self.discount),
            Direction::Natural => natural_policy_gradient(&self.mdp, &self.memory.theta, self.discount),
        };
        // The discount and the shape of θ were checked when the agent was built, and `ascend` keeps θ finite. What is left is
        // a linear system that was not solved: no step is better than a wrong one, and the exact evaluation reports it.
        if let Ok(direction) = direction {
            ascend(&mut self.memory.theta, &direction, self.params.step_size);
        }
    }
}

impl Agent for PolicyGradient {
    fn act(&mut self, state: usize) -> usize {
        draw(&self.shape, &self.memory.theta, state, &mut self.memory.rng)
    }

    fn observe(&mut self, _step: &Experience) {
        self.memory.step += 1;
        if self.memory.step.is_multiple_of(self.params.interval) {
            self.exact_step();
        }
    }

    fn rule(&self) -> DecisionRule {
        DecisionRule::Stochastic(probabilities(&self.shape, &self.memory.theta))
    }

    fn save(&self) -> String {
        to_text(&self.memory)
    }

    fn load(&mut self, saved: &str) -> Result<()> {
        let memory: Memory = from_text("policy-gradient", saved)?;
        check_theta("policy-gradient", &memory.theta, &self.shape)?;
        self.memory = memory;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{GAMMA, chain, grid, optimum, random_mdp};
    use super::*;
    use crate::mdp::MdpBuilder;

    fn objective(mdp: &Mdp, theta: &[f64]) -> f64 {
        let policy = Policy::stationary(mdp, softmax_rule(mdp, theta).unwrap()).unwrap();
        mdp.initial_value(&evaluate_discounted(mdp, &policy, GAMMA).unwrap().values)
    }

    fn random_theta(mdp: &Mdp, seed: u64) -> Vec<f64> {
        let mut random = rng::fast(seed, Purpose::Generation, 1);
        (0..mdp.num_choices()).map(|_| 4.0 * rng::uniform(&mut random) - 2.0).collect()
    }

    #[test]
    fn the_gradient_agrees_with_central_differences() {
        let problems = (1..=5).map(random_mdp).chain([chain(), grid()]);
        for (seed, mdp) in (1..).zip(problems) {
            let theta = random_theta(&mdp, seed);
            let gradient = policy_gradient(&mdp, &theta, GAMMA).unwrap();
            let largest = gradient.iter().fold(0.0, |m: f64, g| m.max(g.abs()));
            for c in 0..theta.len() {
                let at = |shift: f64| {
                    let mut moved = theta.clone();
                    moved[c] += shift;
                    objective(&mdp, &moved)
                };
                // Fourth order: error h⁴ J⁽⁵⁾ / 30 and rounding 1e-15 J / h.
                let h = 1e-3;
                let difference = (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h);
                assert!((gradient[c] - difference).abs() <= 1e-6 * gradient[c].abs().max(1e-3 * largest), "{seed} {c}");
            }
        }
    }

    /// `F x = ∇J` for the natural direction `x`, with the Fisher matrix written out.
    #[test]
    fn the_natural_gradient_solves_the_fisher_system() {
        for (seed, mdp) in [(1, random_mdp(3)), (2, chain()), (3, grid())] {
            let theta = random_theta(&mdp, seed);
            let policy = Policy::stationary(&mdp, softmax_rule(&mdp, &theta).unwrap()).unwrap();
            let d = occupancy::discounted(&mdp, &policy, GAMMA).unwrap().states;
            let x = natural_policy_gradient(&mdp, &theta, GAMMA).unwrap();
            let gradient = policy_gradient(&mdp, &theta, GAMMA).unwrap();
            for s in 0..mdp.num_states() {
                let p = |c| policy.rule(0).probability(s, c);
                for b in mdp.choices(s) {
                    let mut product = 0.0;
                    for a in mdp.choices(s) {
                        for c in mdp.choices(s) {
                            let score = |of: usize| f64::from(u8::from(a == of)) - p(of);
                            product += (1.0 - GAMMA) * d[s] * p(a) * score(b) * score(c) * x[c];
                        }
                    }
                    assert!((product - gradient[b]).abs() <= 1e-13, "{seed} {s}: {product} {}", gradient[b]);
                }
            }
        }
    }

    #[test]
    fn natural_steps_never_fall_and_keep_the_published_rate() {
        for (mdp, eta) in [(random_mdp(1), 0.1), (random_mdp(2), 1.0), (random_mdp(3), 10.0)] {
            let (best, mut theta) = (optimum(&mdp), vec![0.0; 18]);
            let mut value = objective(&mdp, &theta);
            for t in 1..=500 {
                let direction = natural_policy_gradient(&mdp, &theta, GAMMA).unwrap();
                ascend(&mut theta, &direction, eta);
                let next = objective(&mdp, &theta);
                assert!(next >= value - 1e-12, "{eta} {t}: {value} to {next}");
                let rate = 3f64.ln() / (eta * f64::from(t)) + 1.0 / ((1.0 - GAMMA).powi(2) * f64::from(t));
                assert!(best - next <= rate, "{eta} {t}");
                value = next;
            }
            assert!((best - value).abs() <= 1e-6, "{eta}: {value} of {best}");
        }
    }

    #[test]
    fn degenerate_problems_have_gradient_zero() {
        let mut builder = MdpBuilder::new(2);
        builder.choice(0, 0, &[(0.5, 1, 1.0), (0.5, 0, 2.0)]).choice(1, 0, &[(1.0, 0, -1.0)]);
        let one_action = builder.build().unwrap();
        let mut builder = MdpBuilder::new(1);
        builder.choice(0, 0, &[(1.0, 0, 1.0)]).choice(0, 1, &[(1.0, 0, 1.0)]);
        let one_state = builder.build().unwrap();
        for mdp in [one_action, one_state] {
            for gradient in [policy_gradient, natural_policy_gradient] {
                let found = gradient(&mdp, &[0.3, -0.7], GAMMA).unwrap();
                assert!(found.iter().all(|g| g.abs() <= 1e-12), "{found:?}");
            }
        }
    }

    #[test]
    fn what_is_asked_for_is_checked() {
        let mdp = chain();
        let setup = Setup::new(&mdp, 1.0, 1);
        let message = |setup: &Setup, params: &PolicyGradientParams| {
            PolicyGradient::new(setup, params, Direction::Plain).unwrap_err().to_string()
        };
        let text = message(&setup, &PolicyGradientParams::default());
        assert!(text.ends_with("which needs a discount below 1"), "{text}");
        let setup = Setup { discount: 0.5, ..setup };
        assert!(message(&setup, &PolicyGradientParams { interval: 0, step_size: 1.0 }).contains("interval = 0"));
        assert!(policy_gradient(&mdp, &[0.0], 0.9).is_err() && policy_gradient(&mdp, &[0.0; 8], 1.0).is_err());
    }

    #[test]
    fn one_exact_step_every_interval() {
        let mdp = chain();
        let params = PolicyGradientParams { step_size: 0.5, interval: 3 };
        let setup = Setup::new(&mdp, GAMMA, 1);
        let mut agent = PolicyGradient::new(&setup, &params, Direction::Plain).unwrap();
        let step = Experience { state: 0, choice: 0, reward: 9.0, next: 5, terminated: true, truncated: false };
        let gradient = policy_gradient(&mdp, &[0.0; 8], GAMMA).unwrap();
        for t in 1..=5 {
            agent.observe(&step);
            let size = if t < 3 { 0.0 } else { 0.5 };
            assert!(agent.theta().iter().zip(&gradient).all(|(x, g)| *x == size * g), "{t}");
        }
    }
}
