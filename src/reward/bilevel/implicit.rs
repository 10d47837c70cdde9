//! The gradient through the parameters of the policy, by the implicit function theorem.
//!
//! At a maximum of `L(θ, r)` the gradient vanishes, so `θ` follows `r` by `dθ = −H⁻¹ ∂²L/∂θ∂r dr` with `H = ∇²L`, and
//! ```text
//! ∂F/∂r = D_w x,     w = −H⁻¹ ∇F(θ),     ∂F/∂γ = D_w (x · P V)
//! ```
//! with `x` the occupancy under the inner discount. Per state the logits have a shift that changes nothing: `H` of a tabular softmax has
//! one zero eigenvalue a state, so a plain inverse is not possible.
//!
//! **Limit.** A state that the inner problem does not visit adds nothing to `L`: its logits are not determined, and all its eigenvalues are 0. What
//! the outer problem earns there is then missing from the gradient here, but not from that of [`hypergradient`](super::hypergradient()), whose policy
//! is optimal everywhere. So it is with an inner discount of 0 in states that are no starts.

use nalgebra::DMatrix;

use super::policy_space::{Flow, Parametrisation, Valued};
use super::{Task, check_choices, check_discount, check_magnitude, check_positive, dot};
use crate::mdp::Mdp;
use crate::{Error, Result};

/// How `−H⁻¹` is applied.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Inverse {
    /// `−H ≈ I`: first order.
    Identity,
    /// `η Σ_{i=0..=terms} (I + ηH)^i`, which converges if `0 < η < 2 / |λ_min(H)|` at a maximum.
    Neumann {
        /// The last power.
        terms: usize,
        /// `η`.
        step: f64,
    },
    /// Conjugate gradients on `−H w = ∇F` until the residual is `tolerance` times that of `w = 0`; needs a maximum, not a regular `H`.
    ConjugateGradients {
        /// Relative residual.
        tolerance: f64,
        /// Most products with `H`.
        most: usize,
    },
    /// Through all eigenvalues above `cutoff` times the largest.
    PseudoInverse {
        /// Relative size of eigenvalues that count as 0.
        cutoff: f64,
    },
    /// `(ridge I − H)⁻¹`.
    Exact {
        /// Added to `−H`; 0 for the plain inverse.
        ridge: f64,
    },
}

/// What comes out.
#[derive(Debug, Clone, PartialEq)]
pub struct Implicit {
    /// `F(θ)`.
    pub value: f64,
    /// `w`, by parameter.
    pub direction: Vec<f64>,
    /// `∂F/∂r`, `[C]`.
    pub reward: Vec<f64>,
    /// `∂F/∂γ` of the inner discount.
    pub discount: f64,
    /// `max |∇L|`: how far `θ` is from the inner optimum. The theorem needs 0.
    pub slope: f64,
}

/// The gradient of `F` (the value of the policy at `theta` in `outer`) by the reward and the discount of `inner`.
///
/// The inner objective is multiplied by `scale`, which matters where `−H⁻¹` is not exact.
///
/// # Errors
/// Rewards, features or parameters that do not fit; a discount outside [0, 1); a step that is not positive; [`Error::NotApplicable`] for a singular
/// `H` under [`Inverse::Exact`], or a direction in which `L` is convex under [`Inverse::ConjugateGradients`].
pub fn implicit(
    mdp: &Mdp,
    class: &Parametrisation,
    theta: &[f64],
    (inner, scale): (Task, f64),
    outer: Task,
    inverse: Inverse,
) -> Result<Implicit> {
    check_task(mdp, "the reward", inner)?;
    check_task(mdp, "the outer reward", outer)?;
    check_positive("the scale of the inner objective", scale)?;
    let logits = class.logits(mdp, theta)?;
    let flow = Flow::new(mdp, &logits, inner.discount)?;
    let valued = flow.valued(inner.reward, inner.temperature)?;
    let apart;
    let outer_flow = if outer.discount == inner.discount {
        &flow
    } else {
        apart = Flow::new(mdp, &logits, outer.discount)?;
        &apart
    };
    let worth = outer_flow.valued(outer.reward, outer.temperature)?;
    let gradient = class.adjoint(mdp, &outer_flow.gradient(&worth));
    let product = |v: &[f64]| hessian_product(mdp, class, &flow, &valued, v, scale);
    let direction = inverse.apply(&gradient, product)?;
    let change = flow.moved(&valued, &class.apply(mdp, &direction));
    let reward: Vec<f64> = change.occupancy.iter().map(|x| scale * x).collect();
    let mut discount = 0.0;
    for s in 0..mdp.num_states() {
        for c in mdp.choices(s) {
            let x = flow.visits[s] * flow.policy[c];
            discount += reward[c] * mdp.expect(c, &valued.values) + scale * x * mdp.expect(c, &change.values);
        }
    }
    let slope = class.adjoint(mdp, &flow.gradient(&valued)).iter().fold(0.0f64, |m, g| m.max(g.abs()));
    Ok(Implicit { value: worth.objective, direction, reward, discount, slope: slope * scale })
}

pub(super) fn check_task(mdp: &Mdp, what: &'static str, task: Task) -> Result<()> {
    check_choices(what, mdp, task.reward)?;
    check_discount("the discount", task.discount)?;
    check_magnitude("temperature", task.temperature)
}

pub(super) fn hessian_product(
    mdp: &Mdp,
    class: &Parametrisation,
    flow: &Flow,
    valued: &Valued,
    v: &[f64],
    scale: f64,
) -> Vec<f64> {
    let change = flow.moved(valued, &class.apply(mdp, v));
    let mut product = class.adjoint(mdp, &change.gradient);
    product.iter_mut().for_each(|x| *x *= scale);
    product
}

/// `H = ∇²L` at `theta`, by parameter.
///
/// # Errors
/// As [`implicit`].
pub fn hessian(mdp: &Mdp, class: &Parametrisation, theta: &[f64], inner: Task) -> Result<DMatrix<f64>> {
    check_task(mdp, "the reward", inner)?;
    let flow = Flow::new(mdp, &class.logits(mdp, theta)?, inner.discount)?;
    let valued = flow.valued(inner.reward, inner.temperature)?;
    Ok(assemble(theta.len(), |v| hessian_product(mdp, class, &flow, &valued, v, 1.0)))
}

fn assemble(n: usize, product: impl Fn(&[f64]) -> Vec<f64>) -> DMatrix<f64> {
    let mut matrix = DMatrix::zeros(n, n);
    let mut unit = vec![0.0; n];
    for j in 0..n {
        unit[j] = 1.0;
        product(&unit).iter().enumerate().for_each(|(i, x)| matrix[(i, j)] = *x);
        unit[j] = 0.0;
    }
    // Symmetric up to rounding.
    (&matrix + matrix.transpose()) * 0.5
}

impl Inverse {
    /// `−H⁻¹ v`, with `product(v) = H v`.
    pub(super) fn apply(self, v: &[f64], product: impl Fn(&[f64]) -> Vec<f64>) -> Result<Vec<f64>> {
        match self {
            Inverse::Identity => Ok(v.to_vec()),
            Inverse::Neumann { terms, step } => {
                check_positive("the step of the Neumann series", step)?;
                let (mut power, mut sum) = (v.to_vec(), v.to_vec());
                for _ in 0..terms {
                    let moved = product(&power);
                    for ((p, h), s) in power.iter_mut().zip(&moved).zip(&mut sum) {
                        *p += step * h;
                        *s += *p;
                    }
                }
                sum.iter_mut().for_each(|s| *s *= step);
                Ok(sum)
            }
            Inverse::ConjugateGradients { tolerance, most } => {
                check_positive("the tolerance of conjugate gradients", tolerance)?;
                conjugate_gradients(v, product, tolerance, most)
            }
            Inverse::PseudoInverse { cutoff } => {
                if !(0.0..1.0).contains(&cutoff) {
                    let expected = "in [0, 1), a share of the largest";
                    return Err(Error::Parameter { name: "the cutoff of eigenvalues", value: cutoff, expected });
                }
                spectral(v, product, 0.0, Some(cutoff))
            }
            Inverse::Exact { ridge } => {
                check_magnitude("the ridge", ridge)?;
                spectral(v, product, ridge, None)
            }
        }
    }
}

/// `(ridge I − H)⁻¹ v` through the eigenvalues of `H`; those at most `cutoff` times the largest are left out, or refused without a cutoff.
fn spectral(v: &[f64], product: impl Fn(&[f64]) -> Vec<f64>, ridge: f64, cutoff: Option<f64>) -> Result<Vec<f64>> {
    let n = v.len();
    if n == 0 {
        return Ok(Vec::new());
    }
    let eigen = assemble(n, product).symmetric_eigen();
    let curvature: Vec<f64> = eigen.eigenvalues.iter().map(|x| ridge - x).collect();
    let largest = curvature.iter().fold(0.0f64, |m, x| m.max(x.abs()));
    let mut out = vec![0.0; n];
    for k in 0..n {
        let x = curvature[k];
        if x.abs() <= cutoff.unwrap_or(1e-13) * largest {
            if cutoff.is_some() {
                continue;
            }
            return Err(Error::NotApplicable {
                method: "the inverse Hessian",
                reason: format!(
                    "it is singular: an eigenvalue of size {x:e} beside one of {largest:e}; take the pseudo-inverse, conjugate gradients, or a ridge"
                ),
            });
        }
        let column = eigen.eigenvectors.column(k);
        let part: f64 = column.iter().zip(v).map(|(e, v)| e * v).sum();
        out.iter_mut().zip(column.iter()).for_each(|(o, e)| *o += part / x * e);
    }
    Ok(out)
}

fn conjugate_gradients(
    v: &[f64],
    product: impl Fn(&[f64]) -> Vec<f64>,
    tolerance: f64,
    most: usize,
) -> Result<Vec<f64>> {
    let mut x = vec![0.0; v.len()];
    let (mut residual, mut direction) = (v.to_vec(), v.to_vec());
    let mut norm = dot(v, v);
    let goal = tolerance * tolerance * norm;
    for _ in 0..most {
        if norm <= goal {
            return Ok(x);
        }
        let curved = product(&direction);
        let curvature = -dot(&direction, &curved);
        if curvature <= 0.0 {
            return Err(Error::NotApplicable {
                method: "conjugate gradients",
                reason: "the inner objective is not concave here: the parameters are not at a maximum; take a ridge"
                    .into(),
            });
        }
        let step = norm / curvature;
        for i in 0..x.len() {
            x[i] += step * direction[i];
            residual[i] += step * curved[i];
        }
        let next = dot(&residual, &residual);
        let ratio = next / norm;
        norm = next;
        direction.iter_mut().zip(&residual).for_each(|(d, r)| *d = r + ratio * *d);
    }
    if norm <= goal {
        return Ok(x);
    }
    Err(Error::NotApplicable {
        method: "conjugate gradients",
        reason: format!(
            "the residual is still {:e} of the first one after {most} products, not {tolerance:e}; allow more of either",
            (norm / dot(v, v)).sqrt()
        ),
    })
}
