//! Exact counterparts of the sampled gradients, for softmax tables on walks small enough for a [`Lattice`].
//!
//! With logits θ_h(s, ·), ∂log π(a|s)/∂θ(b) = 1{a = b} - π(b), so that a weight with conditional expectation x has the expected gradient
//! π_h(b|s) Σ_C d_h(s, C) (x(s, C, b) - Σ_a π_h(a|s) x(s, C, a)). Baselines that do not depend on the action drop out.

use super::Estimator;
use crate::mdp::Mdp;
use crate::submodular::{Lattice, MarkovPolicy, MarkovTables};

/// The softmax policy of logits `[(H - 1) · choices]`.
pub fn softmax(mdp: &Mdp, horizon: usize, logits: &[f64]) -> MarkovPolicy {
    let mut policy = MarkovPolicy::uniform(mdp, horizon);
    for h in 0..horizon.saturating_sub(1) {
        let logits = &logits[h * mdp.num_choices()..(h + 1) * mdp.num_choices()];
        let row = policy.step_mut(h);
        for s in 0..mdp.num_states() {
            let most = logits[mdp.choices(s)].iter().copied().fold(f64::NEG_INFINITY, f64::max);
            mdp.choices(s).for_each(|c| row[c] = (logits[c] - most).exp());
            let sum: f64 = row[mdp.choices(s)].iter().sum();
            row[mdp.choices(s)].iter_mut().for_each(|p| *p /= sum);
        }
    }
    policy
}

/// The expectation of an estimator of ∂J/∂θ, `[(H - 1) · choices]`.
pub fn expected_gradient(mdp: &Mdp, policy: &MarkovPolicy, tables: &MarkovTables, estimator: Estimator) -> Vec<f64> {
    let weight = |i: usize| match estimator {
        Estimator::RewardToGo | Estimator::RewardToGoBaseline => tables.to_go[i],
        Estimator::Full | Estimator::FullBaseline => tables.before[i] + tables.to_go[i],
        Estimator::Prefix => tables.before[i] + tables.next[i],
        Estimator::Myopic | Estimator::MyopicBaseline => tables.next[i],
    };
    let choices = mdp.num_choices();
    let mut gradient = vec![0.0; tables.to_go.len()];
    for h in 0..tables.to_go.len() / choices.max(1) {
        let row = policy.step(h);
        for s in 0..mdp.num_states() {
            let mean: f64 = mdp.choices(s).map(|c| row[c] * weight(h * choices + c)).sum();
            mdp.choices(s).for_each(|c| gradient[h * choices + c] = row[c] * (weight(h * choices + c) - mean));
        }
    }
    gradient
}

/// Natural gradient ascent: the Fisher information of a softmax table is block-diagonal, d_h(s) (diag π - ππᵀ), so a step of size η adds
/// η Q_h(s, ·) to the logits, with Q the reward-to-go averaged over histories: multiplicative weights. Returns J before each step and
/// after the last.
///
/// # Panics
/// If the lattice is that of another table or horizon.
pub fn natural_ascent(lattice: &Lattice, mdp: &Mdp, horizon: usize, eta: f64, steps: usize) -> Vec<f64> {
    let (choices, states) = (mdp.num_choices(), mdp.num_states());
    let steps_of_walk = horizon.saturating_sub(1);
    let mut logits = vec![0.0; choices * steps_of_walk];
    let mut values = Vec::with_capacity(steps + 1);
    for _ in 0..steps {
        let tables = lattice.tables(&softmax(mdp, horizon, &logits));
        values.push(tables.value);
        for h in 0..steps_of_walk {
            for s in (0..states).filter(|&s| tables.visits[h * states + s] > 0.0) {
                let visits = tables.visits[h * states + s];
                mdp.choices(s).for_each(|c| logits[h * choices + c] += eta * tables.to_go[h * choices + c] / visits);
            }
        }
    }
    values.push(lattice.value(&softmax(mdp, horizon, &logits)));
    values
}
