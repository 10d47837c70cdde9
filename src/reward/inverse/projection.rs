//! Apprenticeship by projection.
//!
//! ```text
//! w = μ_E − μ̄,   t = ‖w‖,   μ = feature expectations of an optimal policy for w · φ,   μ̄ ← projection of μ_E on the line from μ̄ to μ
//! ```
//! `t` never rises, and the mixture of the policies found is worth the expert's value up to `t` for every `‖w‖ ≤ 1` (Abbeel and Ng 2004).

use ndarray::Array2;

use super::optimise::dot;
use super::{check_features, feature_expectations, rewards_of};
use crate::Result;
use crate::mdp::{Mdp, Policy, occupancy};
use crate::planning::{Criterion, Method, SolveOptions, solve};

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
/// Features and expectations that do not fit, or a discount outside (0, 1).
pub fn projection(
    mdp: &Mdp,
    features: &Array2<f64>,
    expert: &[f64],
    gamma: f64,
    tolerance: f64,
    most: usize,
) -> Result<Projection> {
    check_features(mdp, features, expert, "the expert's feature expectations")?;
    let respond = |weights: &[f64]| -> Result<(Vec<f64>, Policy)> {
        let table = mdp.clone().with_rewards(rewards_of(features, weights))?;
        let (low, high) = table.reward_range();
        let epsilon = 1e-10 * low.abs().max(high.abs()).max(f64::MIN_POSITIVE) / (1.0 - gamma);
        let options = SolveOptions { method: Method::PolicyIteration, epsilon, ..SolveOptions::default() };
        let policy = solve(&table, Criterion::Discounted { gamma }, &options)?.policy;
        Ok((feature_expectations(features, &occupancy::discounted(mdp, &policy, gamma)?.choices), policy))
    };
    let (mut mean, first) = respond(&vec![0.0; expert.len()])?;
    let mut mixture = vec![(1.0, first)];
    let mut distances = Vec::new();
    loop {
        let weights: Vec<f64> = expert.iter().zip(&mean).map(|(e, m)| e - m).collect();
        let distance = dot(&weights, &weights).sqrt();
        distances.push(distance);
        if distance <= tolerance || mixture.len() >= most {
            return Ok(Projection { distances, weights, expectations: mean, mixture });
        }
        let (found, policy) = respond(&weights)?;
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
