//! The inner problem: soft-optimal behaviour, by Newton's method on the soft Bellman equation (soft policy iteration).

use super::resolvent::{Discount, Resolvent};
use super::{check_choices, check_numbers, check_positive};
use crate::mdp::{DecisionRule, Mdp, Policy};
use crate::{Error, Result};

/// Most Newton steps. Each is an improvement of the policy; 5 to 15 are usual.
const NEWTON_STEPS: usize = 200;

/// The residual at which the equation counts as solved, relative to the size of the values.
const ACCURACY: f64 = 1e-14;

/// Soft-optimal behaviour, with what its derivatives need.
#[derive(Debug, Clone)]
pub struct SoftOptimum {
    /// `V`, `[S]`, 0 at terminal states.
    pub values: Vec<f64>,
    /// `Q`, `[C]`.
    pub action_values: Vec<f64>,
    /// `(P V)(s, a)`, `[C]`: the undiscounted value of what follows.
    pub next_values: Vec<f64>,
    /// `π`, `[C]`.
    pub policy: Vec<f64>,
    /// `max |V − T V|`.
    pub residual: f64,
    /// Newton steps.
    pub iterations: usize,
    /// `τ`.
    pub temperature: f64,
    /// `γ`.
    pub discount: Discount,
    /// `(I − γ P_π)⁻¹`.
    pub resolvent: Resolvent,
}

impl SoftOptimum {
    /// The behaviour as a policy.
    ///
    /// # Errors
    /// Probabilities that do not fit `mdp`.
    pub fn as_policy(&self, mdp: &Mdp) -> Result<Policy> {
        Policy::stationary(mdp, DecisionRule::Stochastic(self.policy.clone()))
    }
}

/// Solves `V(s) = τ ln Σ_a exp(Q(s, a) / τ)`, `Q = r + γ P V`, for the rewards `[C]` given, from `start` (values, `[S]`) or from 0.
///
/// # Errors
/// A temperature that is not positive, a discount outside [0, 1), rewards or a start of another shape or not finite, or a Newton iteration that does
/// not converge.
pub fn soft_optimum(
    mdp: &Mdp,
    reward: &[f64],
    temperature: f64,
    discount: &Discount,
    start: Option<&[f64]>,
) -> Result<SoftOptimum> {
    let states = mdp.num_states();
    check_positive("temperature", temperature)?;
    check_choices("the reward", mdp, reward)?;
    discount.check(states)?;
    let mut values = match start {
        Some(values) => {
            check_numbers("the start of Newton's method", values, states)?;
            values.to_vec()
        }
        None => vec![0.0; states],
    };
    (0..states).filter(|&s| mdp.is_terminal(s)).for_each(|s| values[s] = 0.0);
    let largest = reward.iter().fold(0.0f64, |m, r| m.max(r.abs()));
    let choices = mdp.num_choices();
    let (mut q, mut next, mut policy) = (vec![0.0; choices], vec![0.0; choices], vec![0.0; choices]);
    let mut backed_up = vec![0.0; states];
    let mut factored: Option<(Resolvent, Vec<f64>)> = None;
    let mut before = f64::INFINITY;
    for iterations in 0..NEWTON_STEPS {
        for s in 0..states {
            for c in mdp.choices(s) {
                next[c] = mdp.expect(c, &values);
                q[c] = reward[c] + discount.at(s) * next[c];
            }
            let row = mdp.choices(s);
            backed_up[s] = if row.is_empty() { 0.0 } else { soft_max(&q[row.clone()], temperature, &mut policy[row]) };
        }
        let size = values.iter().fold(largest, |m, v| m.max(v.abs())).max(temperature);
        let residual = backed_up.iter().zip(&values).map(|(t, v)| (t - v).abs()).fold(0.0, f64::max);
        // Rounding ends the fall of the residual before it is certain to be below the mark.
        let stalled = residual <= 1e5 * ACCURACY * size && residual >= 0.5 * before;
        if residual <= ACCURACY * size || stalled {
            // The residual is of second order in the change of the policy, so the last factors may be of another policy.
            let resolvent = match factored {
                Some((resolvent, of)) if of.iter().zip(&policy).all(|(a, b)| (a - b).abs() <= 1e-15) => resolvent,
                _ => Resolvent::new(mdp, &policy, discount)?,
            };
            return Ok(SoftOptimum {
                values,
                action_values: q,
                next_values: next,
                policy,
                residual,
                iterations,
                temperature,
                discount: discount.clone(),
                resolvent,
            });
        }
        before = residual;
        let resolvent = Resolvent::new(mdp, &policy, discount)?;
        backed_up.iter_mut().zip(&values).for_each(|(t, v)| *t -= v);
        resolvent.solve(&mut backed_up);
        values.iter_mut().zip(&backed_up).for_each(|(v, x)| *v += x);
        factored = Some((resolvent, policy.clone()));
    }
    Err(Error::NotApplicable {
        method: "Newton's method on the soft Bellman equation",
        reason: format!(
            "the residual is still {before:e} after {NEWTON_STEPS} steps; take a larger temperature than {temperature}"
        ),
    })
}

/// `τ ln Σ exp(q / τ)`; writes the softmax to `policy`. The largest `q` is subtracted before `exp`.
pub(super) fn soft_max(q: &[f64], temperature: f64, policy: &mut [f64]) -> f64 {
    let largest = q.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    policy.iter_mut().zip(q).for_each(|(p, q)| *p = ((q - largest) / temperature).exp());
    let sum: f64 = policy.iter().sum();
    policy.iter_mut().for_each(|p| *p /= sum);
    largest + temperature * sum.ln()
}
