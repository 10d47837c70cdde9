//! Apprenticeship by projection.
//!
//! ```text
//! w = μ_E − μ̄,   t = ‖w‖,   μ = feature expectations of an optimal policy for w · φ,   μ̄ ← projection of μ_E on the line from μ̄ to μ
//! ```
//! `t` never rises, and the mixture of the policies found is worth the expert's value up to `t` for every `‖w‖ ≤ 1` (Abbeel and Ng 2004).

use ndarray::Array2;

use super::optimise::dot;
use super::{check_features, respond};
use crate::mdp::{Mdp, Policy};
use crate::{Error, Result};

/// What the projections lead to.
#[derive(Debug, Clone)]
pub struct Projection {
    /// `t` before each step and at the end.
    pub distances: Vec<f64>,
    /// The last `w`, `[K]`.
    pub weights: Vec<f64>,
    /// The feature expectations of the mixture, `[K]`.
    pub expectations: Vec<f64>,
    /// The policies and their shares in the mixture, one of which is followed from the start.
    pub mixture: Vec<(f64, Policy)>,
}

/// Projects until `t` is at most `tolerance`, or `most` policies were found, or none gets nearer. `expert` are the expert's discounted feature
/// expectations, `[K]`, for features `[C, K]`.
///
/// # Errors
/// Features and expectations that do not fit, a tolerance that is negative, or a discount outside (0, 1).
pub fn projection(
    mdp: &Mdp,
    features: &Array2<f64>,
    expert: &[f64],
    gamma: f64,
    tolerance: f64,
    most: usize,
) -> Result<Projection> {
    check_features(mdp, features, expert, "the expert's feature expectations")?;
    if !(tolerance >= 0.0 && tolerance.is_finite()) {
        return Err(Error::Parameter { name: "tolerance", value: tolerance, expected: "a number of at least 0" });
    }
    let (first, mut mean) = respond(mdp, features, &vec![0.0; expert.len()], gamma)?;
    let mut mixture = vec![(1.0, first)];
    let mut distances = Vec::new();
    loop {
        let weights: Vec<f64> = expert.iter().zip(&mean).map(|(e, m)| e - m).collect();
        let distance = dot(&weights, &weights).sqrt();
        distances.push(distance);
        if distance <= tolerance || mixture.len() >= most {
            return Ok(Projection { distances, weights, expectations: mean, mixture });
        }
        let (policy, found) = respond(mdp, features, &weights, gamma)?;
        let step: Vec<f64> = found.iter().zip(&mean).map(|(f, m)| f - m).collect();
        let length = dot(&step, &step);
        let share = if length > 0.0 { (dot(&step, &weights) / length).clamp(0.0, 1.0) } else { 0.0 };
        if share <= 1e-15 {
            return Ok(Projection { distances, weights, expectations: mean, mixture });
        }
        mean.iter_mut().zip(&step).for_each(|(m, s)| *m += share * s);
        mixture.iter_mut().for_each(|(weight, _)| *weight *= 1.0 - share);
        mixture.push((share, policy));
    }
}
