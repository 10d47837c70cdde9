//! Rewards with parameters, and what soft-optimal behaviour for them is worth.

use std::ops::Range;

use ndarray::Array2;

use super::hypergradient::{Hypergradient, hypergradient};
use super::policy_space::check_rows;
use super::resolvent::Discount;
use super::soft::{SoftOptimum, soft_optimum};
use super::{Blend, Regulariser, check_choices, check_discount, check_length, check_numbers, check_positive};
use crate::mdp::Mdp;
use crate::{Error, Result};

/// A reward that is linear in its parameters: `r_φ(c) = base(c) + Σ_k φ_k column_k(c)`, with sparse columns.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearReward {
    base: Vec<f64>,
    columns: Vec<Vec<(u32, f64)>>,
    /// Parameters whose norm is taken together.
    groups: Vec<Range<usize>>,
}

impl LinearReward {
    /// A base `[C]` and, for each parameter, the choices it changes with their coefficients.
    ///
    /// # Errors
    /// A coefficient that is not finite, or of a choice beyond `C`.
    pub fn new(base: Vec<f64>, columns: Vec<Vec<(u32, f64)>>) -> Result<LinearReward> {
        for &(c, x) in columns.iter().flatten() {
            if c as usize >= base.len() {
                return Err(Error::Shape {
                    what: "a column of the reward".into(),
                    found: vec![c as usize + 1],
                    expected: vec![base.len()],
                });
            }
            if !x.is_finite() {
                return Err(Error::Parameter { name: "a coefficient", value: x, expected: "a finite number" });
            }
        }
        let all = 0..columns.len();
        Ok(LinearReward { base, columns, groups: [all].into() })
    }

    /// One parameter a choice, `r = base + z(s, a) f(s, a)`: the weights of BiPaRS on a shaping reward `f`, `[C]`; with `f = 1` a reward of its own.
    ///
    /// # Errors
    /// A shaping reward of another length or not finite.
    pub fn weights(base: Vec<f64>, shaping: &[f64]) -> Result<LinearReward> {
        same_length(&base, shaping)?;
        LinearReward::new(base, (0..).zip(shaping).map(|(c, &f)| vec![(c, f)]).collect())
    }

    /// One weight for all: `r = base + z f`.
    ///
    /// # Errors
    /// As [`LinearReward::weights`].
    pub fn scalar(base: Vec<f64>, shaping: &[f64]) -> Result<LinearReward> {
        same_length(&base, shaping)?;
        LinearReward::new(base, vec![(0..).zip(shaping.iter().copied()).collect()])
    }

    /// BARFI's blend of a primary and an auxiliary reward, `[C]` each: `f_i` are linear in the features of states `[S, K]`, whose last column is
    /// the constant of a linear layer. Parameters: those of `f1`, then of `f2` if `blend` has it, then of `f3`, `K` each.
    ///
    /// # Errors
    /// Features or rewards that do not fit the table.
    pub fn blend(
        mdp: &Mdp,
        features: &Array2<f64>,
        primary: &[f64],
        auxiliary: &[f64],
        blend: Blend,
    ) -> Result<LinearReward> {
        check_choices("the primary reward", mdp, primary)?;
        check_choices("the auxiliary reward", mdp, auxiliary)?;
        check_rows(mdp, features)?;
        let (states, k) = features.dim();
        let one = vec![1.0; mdp.num_choices()];
        let (base, parts): (Vec<f64>, Vec<&[f64]>) = match blend {
            Blend::AroundPrimary => (primary.to_vec(), vec![&one, auxiliary]),
            Blend::Full => (vec![0.0; primary.len()], vec![&one, primary, auxiliary]),
        };
        let mut columns = Vec::new();
        for part in &parts {
            for j in 0..k {
                let entries = |s: usize| mdp.choices(s).map(move |c| (c as u32, features[[s, j]] * part[c]));
                columns.push((0..states).flat_map(entries).filter(|(_, x)| *x != 0.0).collect());
            }
        }
        // Each linear layer has a tensor of weights and one of constants.
        let groups = (0..parts.len()).flat_map(|i| [i * k..(i + 1) * k - 1, (i + 1) * k - 1..(i + 1) * k]);
        Ok(LinearReward { groups: groups.collect(), ..LinearReward::new(base, columns)? })
    }

    /// Number of parameters.
    pub fn dimension(&self) -> usize {
        self.columns.len()
    }

    /// `r_φ`, `[C]`.
    ///
    /// # Errors
    /// Parameters that are not one finite number a column.
    pub fn reward(&self, phi: &[f64]) -> Result<Vec<f64>> {
        self.check(phi)?;
        let mut reward = self.base.clone();
        for (column, x) in self.columns.iter().zip(phi) {
            column.iter().for_each(|&(c, f)| reward[c as usize] += x * f);
        }
        Ok(reward)
    }

    fn check(&self, phi: &[f64]) -> Result<()> {
        check_numbers("the reward's parameters", phi, self.columns.len())
    }

    /// The gradient by `φ` of a gradient by the reward, `[C]`.
    ///
    /// # Errors
    /// A gradient that is not one number a choice.
    pub fn pull_back(&self, gradient: &[f64]) -> Result<Vec<f64>> {
        check_length("the gradient by the reward", gradient, self.base.len())?;
        let entry = |column: &Vec<(u32, f64)>| column.iter().map(|&(c, f)| gradient[c as usize] * f).sum();
        Ok(self.columns.iter().map(entry).collect())
    }

    /// `Σ ‖φ_group‖` over the groups of parameters, with its gradient (0 at 0): norms, not squared ones.
    ///
    /// # Errors
    /// Parameters that are not one finite number a column.
    pub fn norms(&self, phi: &[f64]) -> Result<(f64, Vec<f64>)> {
        self.check(phi)?;
        let mut gradient = vec![0.0; phi.len()];
        let mut sum = 0.0;
        for group in &self.groups {
            let norm = phi[group.clone()].iter().map(|x| x * x).sum::<f64>().sqrt();
            sum += norm;
            if norm > 0.0 {
                group.clone().for_each(|i| gradient[i] = phi[i] / norm);
            }
        }
        Ok((sum, gradient))
    }
}

fn same_length(base: &[f64], shaping: &[f64]) -> Result<()> {
    check_length("the shaping reward", shaping, base.len())
}

/// The outer objective as a function of reward parameters, with the inner problem solved to the end each time.
#[derive(Debug, Clone)]
pub struct SoftProblem<'a> {
    mdp: &'a Mdp,
    model: LinearReward,
    temperature: f64,
    /// The inner discount, or `None` if its logit is the last parameter.
    discount: Option<Discount>,
    outer_reward: Vec<f64>,
    outer_discount: f64,
    regulariser: Regulariser,
    start: Option<Vec<f64>>,
}

impl<'a> SoftProblem<'a> {
    /// `F(φ) = μᵀ V_u^π`, `π` soft-optimal at `temperature` for `r_φ`.
    ///
    /// # Errors
    /// A temperature that is not positive, a discount out of range, or rewards that do not fit.
    pub fn new(
        mdp: &'a Mdp,
        model: LinearReward,
        temperature: f64,
        discount: Discount,
        outer_reward: Vec<f64>,
        outer_discount: f64,
    ) -> Result<SoftProblem<'a>> {
        check_positive("temperature", temperature)?;
        check_choices("the reward", mdp, &model.base)?;
        check_choices("the outer reward", mdp, &outer_reward)?;
        check_discount("the outer discount", outer_discount)?;
        discount.check(mdp.num_states())?;
        let (discount, regulariser) = (Some(discount), Regulariser::default());
        Ok(SoftProblem { mdp, model, temperature, discount, outer_reward, outer_discount, regulariser, start: None })
    }

    /// The same with one more parameter, the logit of the inner discount, and with regularisers `− λ_γ γ − λ_φ Σ ‖φ‖`.
    ///
    /// # Errors
    /// A regulariser that is negative or not finite.
    pub fn learning_discount(self, regulariser: Regulariser) -> Result<SoftProblem<'a>> {
        regulariser.check()?;
        Ok(SoftProblem { discount: None, regulariser, ..self })
    }

    /// The inner optimum at `point`.
    ///
    /// # Errors
    /// A point of another length, or as [`soft_optimum`].
    pub fn optimum(&self, point: &[f64]) -> Result<SoftOptimum> {
        let k = self.model.dimension();
        let expected = k + usize::from(self.discount.is_none());
        check_length("the reward's parameters", point, expected)?;
        let reward = self.model.reward(&point[..k])?;
        let learnt;
        let discount = match &self.discount {
            Some(discount) => discount,
            None => {
                learnt = Discount::Constant(sigmoid(point[k]));
                &learnt
            }
        };
        soft_optimum(self.mdp, &reward, self.temperature, discount, self.start.as_deref())
    }

    /// `F` less regularisers, and its gradient. The next inner problem starts from this one's values.
    ///
    /// # Errors
    /// As [`SoftProblem::optimum`].
    pub fn evaluate(&mut self, point: &[f64]) -> Result<(f64, Vec<f64>)> {
        let inner = self.optimum(point)?;
        let found: Hypergradient = hypergradient(self.mdp, &inner, &self.outer_reward, self.outer_discount)?;
        let k = self.model.dimension();
        let mut gradient = self.model.pull_back(&found.reward)?;
        let mut value = found.value;
        if self.regulariser.reward != 0.0 {
            let (norm, slope) = self.model.norms(&point[..k])?;
            value -= self.regulariser.reward * norm;
            gradient.iter_mut().zip(&slope).for_each(|(g, n)| *g -= self.regulariser.reward * n);
        }
        if self.discount.is_none() {
            let gamma = sigmoid(point[k]);
            value -= self.regulariser.discount * gamma;
            gradient.push((found.discount() - self.regulariser.discount) * gamma * (1.0 - gamma));
        }
        self.start = Some(inner.values);
        Ok((value, gradient))
    }
}

/// `1 / (1 + e^{−x})`.
pub(super) fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}
