//! Policies with parameters: objective, gradient, Hessian-vector products and mixed derivatives, all exact.
//!
//! The policy is a softmax of logits that are linear in the parameters. For `L(θ, r) = μᵀV` with `V = Σ_a π (q)`, `q = r − τ ln π + γ P V`:
//! ```text
//! ∂L/∂logit = d π A,   A = q − V                                     d = (I − γ P_πᵀ)⁻¹ μ
//! along du:  dπ = π (du − Σ π du),   dV = (I − γ P_π)⁻¹ Σ_a dπ q,   dd = (I − γ P_πᵀ)⁻¹ γ Σ d dπ P,
//!            dA = γ P dV − τ (du − Σ π du) − dV,   d(d π A) = dd π A + d dπ A + d π dA
//! ```
//! `L` is linear in `r` with coefficients `x = d π`, so `∂/∂r [w · ∇L] = D_w x`: the mixed derivative is the change of the occupancy.

use ndarray::Array2;

use super::resolvent::{Discount, Resolvent};
use super::{centre, check_choices, check_length, check_magnitude};
use crate::mdp::Mdp;
use crate::{Error, Result};

/// How logits depend on parameters.
#[derive(Debug, Clone, PartialEq)]
pub enum Parametrisation {
    /// One parameter a choice, `[C]`.
    Tabular,
    /// `logit(s, a) = Σ_k θ[a K + k] φ(s, k)`, for features of states `[S, K]`.
    Linear(Array2<f64>),
}

impl Parametrisation {
    /// Number of parameters.
    pub fn dimension(&self, mdp: &Mdp) -> usize {
        match self {
            Parametrisation::Tabular => mdp.num_choices(),
            Parametrisation::Linear(features) => mdp.num_actions() * features.ncols(),
        }
    }

    /// # Errors
    /// Features that do not fit the table, or parameters `theta` that do not fit either.
    pub(super) fn check(&self, mdp: &Mdp, theta: &[f64]) -> Result<()> {
        if let Parametrisation::Linear(features) = self {
            check_rows(mdp, features)?;
            if let Some(&value) = features.iter().find(|x| !x.is_finite()) {
                return Err(Error::Parameter { name: "a feature of a state", value, expected: "a finite number" });
            }
        }
        check_length("the policy's parameters", theta, self.dimension(mdp))?;
        match theta.iter().find(|x| !x.is_finite()) {
            Some(&value) => Err(Error::Parameter { name: "a policy parameter", value, expected: "a finite number" }),
            None => Ok(()),
        }
    }

    /// The logits of parameters, `[C]`.
    ///
    /// # Errors
    /// Features or parameters that do not fit the table, or are not finite.
    pub fn logits(&self, mdp: &Mdp, theta: &[f64]) -> Result<Vec<f64>> {
        self.check(mdp, theta)?;
        Ok(self.apply(mdp, theta))
    }

    /// [`logits`](Parametrisation::logits) of what has been checked.
    pub(super) fn apply(&self, mdp: &Mdp, theta: &[f64]) -> Vec<f64> {
        let Parametrisation::Linear(features) = self else { return theta.to_vec() };
        let k = features.ncols();
        let mut logits = vec![0.0; mdp.num_choices()];
        for s in 0..mdp.num_states() {
            for c in mdp.choices(s) {
                let a = mdp.action_of(s, c);
                logits[c] = features.row(s).iter().zip(&theta[a * k..(a + 1) * k]).map(|(f, t)| f * t).sum();
            }
        }
        logits
    }

    /// The gradient by parameters of a gradient by logits, `[C]`.
    ///
    /// # Errors
    /// Features or a gradient that do not fit the table.
    pub fn pull_back(&self, mdp: &Mdp, gradient: &[f64]) -> Result<Vec<f64>> {
        if let Parametrisation::Linear(features) = self {
            check_rows(mdp, features)?;
        }
        check_length("the gradient by logits", gradient, mdp.num_choices())?;
        Ok(self.adjoint(mdp, gradient))
    }

    /// [`pull_back`](Parametrisation::pull_back) of what has been checked.
    pub(super) fn adjoint(&self, mdp: &Mdp, gradient: &[f64]) -> Vec<f64> {
        let Parametrisation::Linear(features) = self else { return gradient.to_vec() };
        let k = features.ncols();
        let mut pulled = vec![0.0; self.dimension(mdp)];
        for s in 0..mdp.num_states() {
            for c in mdp.choices(s) {
                let a = mdp.action_of(s, c);
                let row = &mut pulled[a * k..(a + 1) * k];
                row.iter_mut().zip(features.row(s)).for_each(|(x, f)| *x += gradient[c] * f);
            }
        }
        pulled
    }
}

/// One row of features a state, and at least one column.
pub(super) fn check_rows(mdp: &Mdp, features: &Array2<f64>) -> Result<()> {
    let (states, k) = features.dim();
    if states == mdp.num_states() && k > 0 {
        return Ok(());
    }
    Err(Error::Shape {
        what: "the features of states".into(),
        found: vec![states, k],
        expected: vec![mdp.num_states(), k.max(1)],
    })
}

/// A policy in motion: its probabilities, its occupancy and the factors of `I − γ P_π`.
#[derive(Debug, Clone)]
pub struct Flow<'a> {
    mdp: &'a Mdp,
    gamma: f64,
    /// `π`, `[C]`.
    pub policy: Vec<f64>,
    /// `ln π`, `[C]`.
    pub log_policy: Vec<f64>,
    /// `d`, `[S]`, not normalised.
    pub visits: Vec<f64>,
    resolvent: Resolvent,
}

/// What a policy is worth in some rewards.
#[derive(Debug, Clone)]
pub struct Valued {
    temperature: f64,
    /// `μᵀ V`.
    pub objective: f64,
    /// `V`, `[S]`.
    pub values: Vec<f64>,
    /// `q = r − τ ln π + γ P V`, `[C]`.
    pub action_values: Vec<f64>,
    /// `A = q − V`, `[C]`.
    pub advantages: Vec<f64>,
}

/// The first-order change of everything along a change of the logits.
#[derive(Debug, Clone)]
pub struct Change {
    /// Of `x = d π`, `[C]`: the mixed derivative.
    pub occupancy: Vec<f64>,
    /// Of `V`, `[S]`.
    pub values: Vec<f64>,
    /// Of the gradient `d π A` by logits, `[C]`: the product with the Hessian.
    pub gradient: Vec<f64>,
}

impl<'a> Flow<'a> {
    /// The softmax policy of `logits`, `[C]`, with discount `gamma`.
    ///
    /// # Errors
    /// Logits that are not one finite number a choice, a discount outside [0, 1), or too many states for dense factors.
    pub fn new(mdp: &'a Mdp, logits: &[f64], gamma: f64) -> Result<Flow<'a>> {
        check_choices("the logits", mdp, logits)?;
        let mut log_policy = logits.to_vec();
        for s in 0..mdp.num_states() {
            let row = &mut log_policy[mdp.choices(s)];
            let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let log_sum = row.iter().map(|x| (x - largest).exp()).sum::<f64>().ln();
            row.iter_mut().for_each(|x| *x -= largest + log_sum);
        }
        let policy: Vec<f64> = log_policy.iter().map(|x| x.exp()).collect();
        let resolvent = Resolvent::new(mdp, &policy, &Discount::Constant(gamma))?;
        let mut visits = vec![0.0; mdp.num_states()];
        mdp.initial().iter().for_each(|&(s, p)| visits[s as usize] += p);
        resolvent.solve_transposed(&mut visits);
        Ok(Flow { mdp, gamma, policy, log_policy, visits, resolvent })
    }

    /// The discount.
    pub fn discount(&self) -> f64 {
        self.gamma
    }

    /// The value in the rewards `[C]` with the entropy at `temperature` (0 for none).
    ///
    /// # Errors
    /// Rewards that are not one finite number a choice, or a temperature that is negative or not finite.
    pub fn valued(&self, reward: &[f64], temperature: f64) -> Result<Valued> {
        let mdp = self.mdp;
        check_choices("the reward", mdp, reward)?;
        check_magnitude("temperature", temperature)?;
        let paid = |c: usize| reward[c] - temperature * self.log_policy[c];
        let mut values: Vec<f64> =
            (0..mdp.num_states()).map(|s| mdp.choices(s).map(|c| self.policy[c] * paid(c)).sum()).collect();
        self.resolvent.solve(&mut values);
        let action_values: Vec<f64> =
            (0..mdp.num_choices()).map(|c| paid(c) + self.gamma * mdp.expect(c, &values)).collect();
        let mut advantages = action_values.clone();
        for s in 0..mdp.num_states() {
            advantages[mdp.choices(s)].iter_mut().for_each(|x| *x -= values[s]);
        }
        centre(mdp, &self.policy, &mut advantages);
        Ok(Valued { temperature, objective: mdp.initial_value(&values), values, action_values, advantages })
    }

    /// `x = d π`, `[C]`.
    pub fn occupancy(&self) -> Vec<f64> {
        self.weighted(|c, d| d * self.policy[c])
    }

    /// `∂L/∂logit = d π A`, `[C]`, for values found by [`valued`](Flow::valued) of this flow.
    pub fn gradient(&self, valued: &Valued) -> Vec<f64> {
        self.weighted(|c, d| d * self.policy[c] * valued.advantages[c])
    }

    fn weighted(&self, entry: impl Fn(usize, f64) -> f64) -> Vec<f64> {
        let mut out = vec![0.0; self.policy.len()];
        for s in 0..self.mdp.num_states() {
            self.mdp.choices(s).for_each(|c| out[c] = entry(c, self.visits[s]));
        }
        out
    }

    /// What changes along the change `direction` of the logits, `[C]`. Two solutions with the factors.
    ///
    /// # Errors
    /// A direction that is not one number a choice, or a value of a policy of another table.
    pub fn change(&self, valued: &Valued, direction: &[f64]) -> Result<Change> {
        check_length("the direction", direction, self.policy.len())?;
        check_length("the advantages", &valued.advantages, self.policy.len())?;
        Ok(self.moved(valued, direction))
    }

    /// [`change`](Flow::change) along what has been checked.
    pub(super) fn moved(&self, valued: &Valued, direction: &[f64]) -> Change {
        let (mdp, states) = (self.mdp, self.mdp.num_states());
        // ln π changes by `du − Σ π du`.
        let mut log_change = direction.to_vec();
        let (mut values, mut visits) = (vec![0.0; states], vec![0.0; states]);
        for s in 0..states {
            let mean: f64 = mdp.choices(s).map(|c| self.policy[c] * direction[c]).sum();
            for c in mdp.choices(s) {
                log_change[c] -= mean;
                let moved = self.policy[c] * log_change[c];
                // Σ dπ q = Σ dπ A, which is smaller to sum.
                values[s] += moved * valued.advantages[c];
                let passed = self.gamma * self.visits[s] * moved;
                mdp.branches(c).for_each(|(t, p)| visits[t] += passed * p);
            }
        }
        self.resolvent.solve(&mut values);
        self.resolvent.solve_transposed(&mut visits);
        let mut occupancy = vec![0.0; direction.len()];
        let mut gradient = occupancy.clone();
        for s in 0..states {
            for c in mdp.choices(s) {
                let (p, a) = (self.policy[c], valued.advantages[c]);
                let da = self.gamma * mdp.expect(c, &values) - valued.temperature * log_change[c] - values[s];
                occupancy[c] = visits[s] * p + self.visits[s] * p * log_change[c];
                gradient[c] = occupancy[c] * a + self.visits[s] * p * da;
            }
        }
        Change { occupancy, values, gradient }
    }
}
