//! The gradient through finitely many steps of the inner learner.
//!
//! The learner makes `k` steps `θ_{i+1} = θ_i + α ∇L(θ_i, r)`. Backwards from `v_k = ∇F(θ_k)`,
//! ```text
//! ∂F(θ_k)/∂r = Σ_i α D_{v_{i+1}} x(θ_i),      v_i = v_{i+1} + α ∇²L(θ_i) v_{i+1}
//! ```
//! From an inner optimum all `θ_i` are the same, and the sum is the Neumann series of `α` with `k` terms. One step is the rule of LIRPG
//! (Zheng, Oh and Singh 2018), with the intrinsic reward as part of `r`.

use super::implicit::{check_task, hessian_product};
use super::policy_space::{Flow, Parametrisation};
use super::{Task, check_positive};
use crate::mdp::Mdp;
use crate::{Error, Result};

/// What comes out.
#[derive(Debug, Clone, PartialEq)]
pub struct Unrolled {
    /// `F(θ_k)`.
    pub value: f64,
    /// `∂F(θ_k)/∂r`, `[C]`.
    pub reward: Vec<f64>,
    /// `∂F(θ_k)/∂γ` of the inner discount.
    pub discount: f64,
    /// `θ_k`.
    pub theta: Vec<f64>,
}

/// Makes `steps` inner steps of size `step` from `theta` and differentiates through them.
///
/// # Errors
/// As [`implicit`](super::implicit()); also no step, or a size that is not positive.
pub fn unrolled(
    mdp: &Mdp,
    class: &Parametrisation,
    theta: &[f64],
    inner: Task,
    outer: Task,
    (steps, step): (usize, f64),
) -> Result<Unrolled> {
    class.check(mdp, theta)?;
    check_task(mdp, "the reward", inner)?;
    check_task(mdp, "the outer reward", outer)?;
    if steps == 0 {
        return Err(Error::Parameter { name: "inner steps", value: 0.0, expected: "at least 1" });
    }
    check_positive("the size of an inner step", step)?;
    let mut theta = theta.to_vec();
    let mut visited = Vec::new();
    for _ in 0..steps {
        let flow = Flow::new(mdp, &class.logits(mdp, &theta)?, inner.discount)?;
        let valued = flow.valued(inner.reward, inner.temperature)?;
        let gradient = class.adjoint(mdp, &flow.gradient(&valued));
        theta.iter_mut().zip(&gradient).for_each(|(t, g)| *t += step * g);
        visited.push((flow, valued));
    }
    let last = Flow::new(mdp, &class.logits(mdp, &theta)?, outer.discount)?;
    let worth = last.valued(outer.reward, outer.temperature)?;
    let mut v = class.adjoint(mdp, &last.gradient(&worth));
    let (mut reward, mut discount) = (vec![0.0; mdp.num_choices()], 0.0);
    for (flow, valued) in visited.iter().rev() {
        let change = flow.moved(valued, &class.apply(mdp, &v));
        for s in 0..mdp.num_states() {
            for c in mdp.choices(s) {
                let x = flow.visits[s] * flow.policy[c];
                reward[c] += step * change.occupancy[c];
                discount +=
                    step * (change.occupancy[c] * mdp.expect(c, &valued.values) + x * mdp.expect(c, &change.values));
            }
        }
        let curved = hessian_product(mdp, class, flow, valued, &v, step);
        v.iter_mut().zip(&curved).for_each(|(v, h)| *v += h);
    }
    Ok(Unrolled { value: worth.objective, reward, discount, theta })
}
