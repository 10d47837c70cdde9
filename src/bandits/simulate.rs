//! Regret on Bernoulli bandits, by simulation.

use super::Counts;
use super::policy::{Policy, Weighted};
use super::problem::{Arms, Bernoulli};
use crate::rng::{self, Fast, Purpose};
use crate::{Error, Result};

/// What chooses arms and is told what they paid.
trait Player {
    /// Chooses an arm at the 1-based `step`.
    fn choose(&mut self, step: usize, rng: &mut Fast) -> usize;
    /// After a pull.
    fn learn(&mut self, arm: usize, paid: bool);
}

/// A rule of counts.
struct ByCounts<F> {
    counts: Vec<Counts>,
    rule: F,
}

impl<F: FnMut(&[Counts], usize, &mut Fast) -> usize> Player for ByCounts<F> {
    fn choose(&mut self, step: usize, rng: &mut Fast) -> usize {
        (self.rule)(&self.counts, step, rng)
    }

    fn learn(&mut self, arm: usize, paid: bool) {
        self.counts[arm] = self.counts[arm].after(paid);
    }
}

impl Player for Weighted {
    fn choose(&mut self, step: usize, rng: &mut Fast) -> usize {
        Weighted::choose(self, step, rng)
    }

    fn learn(&mut self, arm: usize, paid: bool) {
        Weighted::learn(self, arm, f64::from(u8::from(paid)));
    }
}

/// One run of whatever chooses an arm from counts, the 1-based step and a stream of its own: the pseudo-regret Σ gap of the arms
/// pulled, after each of the (increasing) numbers of steps in `points`.
///
/// Rewards come from the environment's stream of `seed`, one number a step whatever is pulled, so that policies meet the same
/// randomness; choices draw from the policies' stream.
///
/// # Errors
/// Points that are not increasing, a first one of 0, or none.
pub fn pseudo_regret(
    arms: &Bernoulli,
    points: &[usize],
    seed: u64,
    choose: impl FnMut(&[Counts], usize, &mut Fast) -> usize,
) -> Result<Vec<f64>> {
    play(arms, points, seed, ByCounts { counts: vec![Counts::default(); arms.num_arms()], rule: choose })
}

fn play(arms: &Bernoulli, points: &[usize], seed: u64, mut player: impl Player) -> Result<Vec<f64>> {
    let increasing = points.first().is_some_and(|&first| first > 0) && points.windows(2).all(|pair| pair[0] < pair[1]);
    let (Some(&horizon), true) = (points.last(), increasing) else {
        let reason = format!("the points {points:?} must be increasing numbers of steps, from 1");
        return Err(Error::NotApplicable { method: "a regret curve", reason });
    };
    let gaps: Vec<f64> = (0..arms.num_arms()).map(|arm| arms.gap(arm)).collect();
    let mut environment = rng::fast(seed, Purpose::Environment, 0);
    let mut own = rng::fast(seed, Purpose::Policy, 0);
    let mut curve = Vec::with_capacity(points.len());
    let mut regret = 0.0;
    for step in 1..=horizon {
        let arm = player.choose(step, &mut own);
        player.learn(arm, arms.pull(arm, &mut environment) > 0.5);
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
pub fn policy_regret(arms: &Bernoulli, policy: &Policy, points: &[usize], seed: u64) -> Result<Vec<f64>> {
    let horizon = points.last().copied().unwrap_or(0);
    match policy {
        Policy::Counts(policy) => {
            let mut scratch = vec![0.0; arms.num_arms()];
            pseudo_regret(arms, points, seed, |counts, step, rng| {
                policy.choose(counts, step, horizon, rng, &mut scratch)
            })
        }
        Policy::Weights(weighting) => play(arms, points, seed, Weighted::new(*weighting, arms.num_arms(), horizon)),
    }
}
