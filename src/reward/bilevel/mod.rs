//! Rewards that are learnt so that the behaviour they lead to earns another reward: bi-level problems with exact gradients.
//!
//! **Problem.** An inner learner maximises a reward `r` with discount `γ` (or one discount a state) and temperature `τ`; the outer problem
//! asks for the `r` and `γ` whose behaviour is worth most in the reward that counts, `u`, with its own discount `γ_u`:
//! ```text
//! inner:  π = exp((Q − V) / τ),   Q = r + γ P V,   V(s) = τ ln Σ_a exp(Q(s, a) / τ),   V(terminal) = 0
//! outer:  F(r, γ) = μᵀ V_u^π → max
//! ```
//! **Gradient.** With `d = (I − γ_u P_πᵀ)⁻¹ μ` and `A_u` the advantages of `π` in the outer problem,
//! ```text
//! G(s, a) = d(s) π(a|s) A_u(s, a) / τ,    b(s') = Σ_{s,a} G(s, a) γ(s) P(s'|s, a),    η = (I − P_πᵀ γ)⁻¹ b,
//! W(s, a) = ∂F/∂r(s, a) = G(s, a) + η(s) π(a|s),        ∂F/∂γ(s) = Σ_a W(s, a) (P V)(s, a).
//! ```
//! `W` is a signed flow without sources: what enters a state leaves it. So no potential-based shaping changes `F` to first order (nor at all),
//! and, where episodes do not end and all states have one discount, no constant does: learnt rewards are never unique; compare policies, advantages or
//! values instead.
//!
//! | file | what is in it |
//! |---|---|
//! | `soft` | the inner problem, by Newton's method |
//! | `hypergradient` | the gradient above, and derivatives forward |
//! | `policy_space` | policies with parameters: gradients, products with the Hessian, mixed derivatives, all exact |
//! | `implicit` | the same gradient through the parameters of the policy; first order, Neumann, conjugate gradients, inverses |
//! | `unrolled` | through finitely many steps of the inner learner; one step is the rule of LIRPG |
//! | `reward_model` | rewards with parameters, and the outer objective as a function of them |
//! | `ascent` | outer ascent: Armijo's rule and RMSprop |
//! | `barfi`, `sampled` | BARFI with exact gradients, and from episodes as published |
//! | `depth_limited` | optimal rewards for agents that plan a few steps ahead |
//!
//! **Limits.** The inner policy must not be saturated: where `π` is nearly deterministic, `G` is of the size of `π(a|s) / τ` for the actions that are
//! hardly taken, and vanishes with it: a gradient of 0 says that no small change of the reward moves anything, not that the reward is best. A terminal state
//! earns no entropy; an agent that may wander for ever earns up to `τ ln A / (1 − γ)` by doing so, which has to stay below what is at stake.
//!
//! Sources: Gupta, Chandak, Jordan, Thomas and da Silva 2023 (BARFI); Thoma et al. 2024 (HPGD); Hu et al. 2020 (BiPaRS); Zheng, Oh and Singh
//! 2018 (LIRPG); Sorg, Singh and Lewis 2010 (PGRD); Lorraine, Vicol and Duvenaud 2020 (Neumann series).

mod ascent;
mod barfi;
mod depth_limited;
mod hypergradient;
mod implicit;
mod policy_space;
mod resolvent;
mod reward_model;
mod sampled;
mod soft;
#[cfg(test)]
mod tests;
mod unrolled;

pub use ascent::{Armijo, Ascent, RmsProp, armijo};
pub use barfi::{BarfiRun, BarfiSettings, Blend, OuterStep, Regulariser, exact_barfi, naive_ascent};
pub use depth_limited::{Backup, DepthLimited, depth_limited};
pub use hypergradient::{Derivative, Hypergradient, hypergradient, policy_derivative};
pub use implicit::{Implicit, Inverse, hessian, implicit};
pub use policy_space::{Change, Flow, Parametrisation, Valued};
pub use resolvent::{Discount, Resolvent};
pub use reward_model::{LinearReward, SoftProblem};
pub use sampled::{Learner, Quirks, SampledRun, SampledSettings, sampled_barfi};
pub use soft::{SoftOptimum, soft_optimum};
pub use unrolled::{Unrolled, unrolled};

use crate::mdp::Mdp;
use crate::{Error, Result};

/// Two numbers' worth of an inner or an outer problem: rewards `[C]`, temperature and discount.
#[derive(Debug, Clone, Copy)]
pub struct Task<'a> {
    /// Rewards, `[C]`.
    pub reward: &'a [f64],
    /// Temperature of the entropy; 0 for the outer problem.
    pub temperature: f64,
    /// Discount in [0, 1).
    pub discount: f64,
}

/// Larger rewards and temperatures would overflow where they are multiplied, smaller temperatures and scales where they divide.
const LARGEST: f64 = 1e100;
const SMALLEST: f64 = 1e-100;

fn check_choices(what: &'static str, mdp: &Mdp, numbers: &[f64]) -> Result<()> {
    check_numbers(what, numbers, mdp.num_choices())
}

fn check_numbers(what: &'static str, numbers: &[f64], expected: usize) -> Result<()> {
    check_length(what, numbers, expected)?;
    match numbers.iter().find(|x| !(0.0..=LARGEST).contains(&x.abs())) {
        Some(&value) => Err(Error::Parameter { name: what, value, expected: "a finite number of size 1e100 at most" }),
        None => Ok(()),
    }
}

fn check_length(what: &'static str, numbers: &[f64], expected: usize) -> Result<()> {
    if numbers.len() == expected {
        return Ok(());
    }
    Err(Error::Shape { what: what.into(), found: vec![numbers.len()], expected: vec![expected] })
}

fn check_discount(name: &'static str, gamma: f64) -> Result<()> {
    if (0.0..1.0).contains(&gamma) {
        return Ok(());
    }
    Err(Error::Parameter { name, value: gamma, expected: "in [0, 1)" })
}

/// Refuses a setting that is negative or not finite.
fn check_magnitude(name: &'static str, value: f64) -> Result<()> {
    if (0.0..=LARGEST).contains(&value) {
        return Ok(());
    }
    Err(Error::Parameter { name, value, expected: "from 0 to 1e100" })
}

/// Refuses a setting that is not positive, or of no reasonable size.
fn check_positive(name: &'static str, value: f64) -> Result<()> {
    if (SMALLEST..=LARGEST).contains(&value) {
        return Ok(());
    }
    Err(Error::Parameter { name, value, expected: "a positive number, from 1e-100 to 1e100" })
}

/// Takes the mean under `policy` off numbers of choices, state by state: `x ← x − Σ_b π x`.
///
/// Advantages have the mean 0; what rounding leaves of it would be blown up where they are divided by a small temperature.
fn centre(mdp: &Mdp, policy: &[f64], x: &mut [f64]) {
    for s in 0..mdp.num_states() {
        let mean: f64 = mdp.choices(s).map(|c| policy[c] * x[c]).sum();
        x[mdp.choices(s)].iter_mut().for_each(|x| *x -= mean);
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
