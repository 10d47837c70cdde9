//! Rewards guessed from behaviour, and from rewards that were written down in a hurry.
//!
//! | what is given | what is found | where |
//! |---|---|---|
//! | an expert's feature expectations | the soft-optimal behaviour that matches them | [`maximum_causal_entropy`] |
//! | the same | a mixture of policies as close as can be | [`projection`] |
//! | an expert's policy | state rewards under which it is clearly optimal | [`linear_program_rewards`] |
//! | a proxy reward and where it was meant for | what the true one may be, and a plan that is safe for all | [`design`] |
//! | an expert's law of episodes | a policy, as the best discriminator | [`adversarial`] |
//!
//! Behaviour never identifies a reward: any potential may be added to it (see [`shaping`](super::shaping)). Compare policies, occupancies or
//! advantages, not rewards.

pub mod adversarial;
mod causal;
pub mod design;
mod ng_russell;
mod optimise;
mod projection;
#[cfg(test)]
mod tests;

pub use causal::{CausalFit, CausalPlan, causal_plan, log_likelihood, maximum_causal_entropy};
pub use ng_russell::linear_program_rewards;
pub use projection::{Projection, projection};

use ndarray::Array2;

use crate::mdp::{DecisionRule, Mdp, Policy, occupancy};
use crate::planning::constrained::optimal_choices;
use crate::{Error, Result};

/// `r_w(c) = Σ_k w_k φ(c, k)` of each choice, `[C]`, for features `[C, K]`.
///
/// # Errors
/// Weights that are not one number a feature.
pub fn rewards_of(features: &Array2<f64>, weights: &[f64]) -> Result<Vec<f64>> {
    check_length("the weights", weights, features.ncols())?;
    Ok(features.rows().into_iter().map(|row| row.iter().zip(weights).map(|(f, w)| f * w).sum()).collect())
}

/// `Σ_c x(c) φ(c, k)`, `[K]`, of the occupancy `x` of choices, `[C]`.
///
/// # Errors
/// An occupancy that is not one number a row of features.
pub fn feature_expectations(features: &Array2<f64>, occupancy: &[f64]) -> Result<Vec<f64>> {
    check_length("the occupancy", occupancy, features.nrows())?;
    Ok(features.columns().into_iter().map(|column| column.iter().zip(occupancy).map(|(f, x)| f * x).sum()).collect())
}

fn check_length(what: &str, numbers: &[f64], expected: usize) -> Result<()> {
    if numbers.len() == expected {
        return Ok(());
    }
    Err(Error::Shape { what: what.into(), found: vec![numbers.len()], expected: vec![expected] })
}

/// A deterministic policy that is optimal for the weights, up to rounding, and its feature expectations, `[K]`.
fn respond(mdp: &Mdp, features: &Array2<f64>, weights: &[f64], gamma: f64) -> Result<(Policy, Vec<f64>)> {
    let table = mdp.clone().with_rewards(rewards_of(features, weights)?)?;
    let policy = Policy::stationary(mdp, DecisionRule::Deterministic(optimal_choices(&table, gamma)?))?;
    let expectations = feature_expectations(features, &occupancy::discounted(mdp, &policy, gamma)?.choices)?;
    Ok((policy, expectations))
}

/// Checks that there is a row of features for each choice and a number for each feature.
fn check_features(mdp: &Mdp, features: &Array2<f64>, numbers: &[f64], what: &str) -> Result<()> {
    if features.nrows() != mdp.num_choices() {
        let (found, expected) = (vec![features.nrows(), features.ncols()], vec![mdp.num_choices(), features.ncols()]);
        return Err(Error::Shape { what: "the features".into(), found, expected });
    }
    check_length(what, numbers, features.ncols())?;
    match features.iter().chain(numbers).find(|x| !x.is_finite()) {
        Some(&value) => Err(Error::Parameter { name: "features", value, expected: "finite numbers" }),
        None => Ok(()),
    }
}
