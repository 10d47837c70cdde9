//! Regret on Bernoulli bandits, by simulation.

use super::problem::{Arms, Bernoulli};
use super::{CountPolicy, Counts};
use crate::rng::{self, Fast, Purpose};
use crate::{Error, Result};

/// One run of whatever chooses an arm from counts, the 1-based step and a stream of its own: the pseudo-regret Σ gap of the arms
/// pulled, after each of the (increasing) numbers of steps in `points`.
///
/// Rewards come from the environment's stream of `seed`, one number a step whatever is pulled, so that policies meet the same
/// randomness; choices draw from the policies' stream.
///
/// # Errors
/// Points that are not increasing, or none.
pub fn pseudo_regret(
    arms: &Bernoulli,
    points: &[usize],
    seed: u64,
    mut choose: impl FnMut(&[Counts], usize, &mut Fast) -> usize,
) -> Result<Vec<f64>> {
    let (Some(&horizon), true) = (points.last(), points.windows(2).all(|pair| pair[0] < pair[1])) else {
        let reason = format!("the points {points:?} must be increasing numbers of steps");
        return Err(Error::NotApplicable { method: "a regret curve", reason });
    };
    let gaps: Vec<f64> = (0..arms.num_arms()).map(|arm| arms.gap(arm)).collect();
    let mut environment = rng::fast(seed, Purpose::Environment, 0);
    let mut own = rng::fast(seed, Purpose::Policy, 0);
    let mut counts = vec![Counts::default(); gaps.len()];
    let mut curve = Vec::with_capacity(points.len());
    let mut regret = 0.0;
    for step in 1..=horizon {
        let arm = choose(&counts, step, &mut own);
        counts[arm] = counts[arm].after(arms.pull(arm, &mut environment) > 0.5);
        regret += gaps[arm];
        if points[curve.len()] == step {
            curve.push(regret);
        }
    }
    Ok(curve)
}

/// One run of a policy, see [`pseudo_regret`]; its horizon is the last point.
///
/// # Errors
/// As [`pseudo_regret`].
pub fn policy_regret(arms: &Bernoulli, policy: &dyn CountPolicy, points: &[usize], seed: u64) -> Result<Vec<f64>> {
    let horizon = points.last().copied().unwrap_or(0);
    let mut scratch = vec![0.0; arms.num_arms()];
    pseudo_regret(arms, points, seed, |counts, step, rng| policy.choose(counts, step, horizon, rng, &mut scratch))
}
