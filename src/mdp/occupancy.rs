//! How often a policy is in a state and takes a choice.
//!
//! With `d_t(s) = Pr(s_t = s)` from the initial distribution and `d_t(s, a) = d_t(s) π_t(a|s)`:
//!
//! | kind | definition | identity |
//! |---|---|---|
//! | [`per_step`] | `d_t`, `t = 0..T` | `Σ_t d_t(s, a) r(s, a)` summed over pairs is the expected return |
//! | [`total`] | `Σ_{t<T} d_t` | the same |
//! | [`discounted`] | `Σ_t γᵗ d_t` | `Σ_{s,a} d(s, a) r(s, a) = μᵀ v_π` |
//! | [`average`] | `lim_T (1/T) Σ_{t<T} d_t` | `Σ_{s,a} d(s, a) r(s, a) = μᵀ g_π`, `d = d P_π`, `Σ_s d(s) = 1` |
//!
//! A terminal state is counted in the step of arrival only, so its total is the probability of ending there; in the
//! average, where time goes on for ever, it is so too.

use ndarray::Array2;

use super::chain::PolicyChain;
use super::evaluate::{outweighed, require_stages, require_stationary};
use super::long_run::limiting_distribution;
use super::{DecisionRule, Mdp, Policy};
use crate::planning::Criterion;
use crate::{Error, Result};

/// Largest error of discounted occupancies, summed over states, as a share of `1 / (1 − γ)`.
pub const ACCURACY: f64 = 1e-6;

/// Occupancies of states and of choices.
#[derive(Debug, Clone, PartialEq)]
pub struct Occupancy {
    /// Occupancy of each state, `[S]`.
    pub states: Vec<f64>,
    /// Occupancy of each choice, `[C]`.
    pub choices: Vec<f64>,
}

impl Occupancy {
    /// `Σ_c d(c) r(c)`: the expected return that this occupancy earns.
    pub fn expected_return(&self, mdp: &Mdp) -> f64 {
        self.choices.iter().zip(mdp.rewards()).map(|(d, r)| d * r).sum()
    }
}

/// `d_t(s)` for `t = 0..horizon`, shape `[T, S]`.
///
/// # Errors
/// A horizon of 0, or a time-indexed policy with fewer stages than that.
pub fn per_step(mdp: &Mdp, policy: &Policy, horizon: usize) -> Result<Array2<f64>> {
    Criterion::FiniteHorizon { horizon }.validate()?;
    require_stages(policy, horizon)?;
    let mut steps = Array2::zeros((horizon, mdp.num_states()));
    let mut now = initial(mdp);
    let mut next = vec![0.0; mdp.num_states()];
    for t in 0..horizon {
        steps.row_mut(t).iter_mut().zip(&now).for_each(|(out, d)| *out = *d);
        advance(mdp, policy.rule(t), &now, &mut next);
        std::mem::swap(&mut now, &mut next);
    }
    Ok(steps)
}

/// `Σ_{t<T} d_t` of states and choices.
///
/// # Errors
/// As [`per_step`].
pub fn total(mdp: &Mdp, policy: &Policy, horizon: usize) -> Result<Occupancy> {
    Criterion::FiniteHorizon { horizon }.validate()?;
    require_stages(policy, horizon)?;
    let mut sum = Occupancy { states: vec![0.0; mdp.num_states()], choices: vec![0.0; mdp.num_choices()] };
    let mut now = initial(mdp);
    let mut next = vec![0.0; mdp.num_states()];
    for t in 0..horizon {
        for s in 0..mdp.num_states() {
            sum.states[s] += now[s];
            for c in mdp.choices(s) {
                sum.choices[c] += now[s] * policy.rule(t).probability(s, c);
            }
        }
        advance(mdp, policy.rule(t), &now, &mut next);
        std::mem::swap(&mut now, &mut next);
    }
    Ok(sum)
}

/// `Σ_t γᵗ d_t` of states and choices for a stationary policy: the solution of `d = μ + γ P_πᵀ d`, checked: its error, summed
/// over states, is at most `‖μ + γ P_πᵀ d − d‖₁ / (1 − γ ρ)` with `ρ` the largest row sum, and at most [`ACCURACY`] of `1 / (1 − γ)`.
///
/// # Errors
/// A discount outside (0, 1), a time-indexed policy, or a linear system that was not solved to that accuracy.
pub fn discounted(mdp: &Mdp, policy: &Policy, gamma: f64) -> Result<Occupancy> {
    Criterion::Discounted { gamma }.validate()?;
    require_stationary(policy)?;
    let rule = policy.rule(0);
    let (chain, start) = (PolicyChain::new(mdp, rule), initial(mdp));
    let (mut states, _) = chain.solve(gamma, true, &start, 1e-15);
    let mut moved = vec![0.0; states.len()];
    chain.apply_transposed(&states, &mut moved);
    let residual: f64 = (0..states.len()).map(|s| (start[s] + gamma * moved[s] - states[s]).abs()).sum();
    let mass = (0..states.len()).map(|s| chain.row(s).map(|(_, p)| p).sum()).fold(0.0, f64::max);
    if gamma * mass >= 1.0 {
        return Err(outweighed(mass, gamma));
    }
    let share = residual / (1.0 - gamma * mass) * (1.0 - gamma);
    if share.is_nan() || share > ACCURACY {
        return Err(Error::NotApplicable {
            method: "discounted occupancy",
            reason: format!(
                "the linear system was not solved: the occupancies may be off by {share:e} of their sum, more than \
                 {ACCURACY:e}; lower the discount"
            ),
        });
    }
    // Rounding can leave −1e-17 where the truth is 0.
    states.iter_mut().for_each(|d| *d = d.max(0.0));
    Ok(by_choice(mdp, rule, states))
}

/// The share of time that a stationary policy spends in each state and choice in the long run, `μᵀ P*`: the stationary
/// distributions of its recurrent classes, weighted by the probability to end up in each (Puterman 2005, appendix A.4).
///
/// Rows are scaled to sum to one. Cost: as [`evaluate_average`](super::evaluate_average).
///
/// # Errors
/// A time-indexed policy.
pub fn average(mdp: &Mdp, policy: &Policy) -> Result<Occupancy> {
    require_stationary(policy)?;
    let rule = policy.rule(0);
    Ok(by_choice(mdp, rule, limiting_distribution(mdp, rule, initial(mdp))))
}

fn by_choice(mdp: &Mdp, rule: &DecisionRule, states: Vec<f64>) -> Occupancy {
    let mut choices = vec![0.0; mdp.num_choices()];
    for s in 0..mdp.num_states() {
        for c in mdp.choices(s) {
            choices[c] = states[s] * rule.probability(s, c);
        }
    }
    Occupancy { states, choices }
}

fn initial(mdp: &Mdp) -> Vec<f64> {
    let mut d = vec![0.0; mdp.num_states()];
    for &(s, p) in mdp.initial() {
        d[s as usize] = p;
    }
    d
}

/// One step of the state distribution under `rule`.
fn advance(mdp: &Mdp, rule: &DecisionRule, now: &[f64], next: &mut [f64]) {
    next.fill(0.0);
    for s in 0..mdp.num_states() {
        if now[s] == 0.0 {
            continue;
        }
        for c in mdp.choices(s) {
            let weight = now[s] * rule.probability(s, c);
            if weight != 0.0 {
                for (t, p) in mdp.branches(c) {
                    next[t] += weight * p;
                }
            }
        }
    }
}
