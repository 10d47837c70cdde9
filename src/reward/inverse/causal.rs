//! Maximum causal entropy over a finite horizon.
//!
//! Among all behaviours with the expert's feature expectations, the one of largest causal entropy is soft-optimal for some reward
//! `w · φ` (Ziebart 2010):
//! ```text
//! v_t(s) = ln Σ_a exp(q_t(s, a)),   q_t(s, a) = r_w(s, a) + γ Σ_s' p(s'|s, a) v_{t+1}(s'),   v_T = 0,   π_t = exp(q_t − v_t)
//! L(w) = Σ_c x_E(c) r_w(c) − Σ_s μ(s) v_0(s),     ∇L = μ_E − μ_π
//! ```
//! with `x` and `μ` the discounted occupancies and feature expectations over the `T` decisions. `L` is concave; it is the expert's
//! log-likelihood where `γ = 1`. Its maximum matches the features.

use ndarray::Array2;

use super::optimise::{Ascent, maximise};
use super::{check_features, feature_expectations, rewards_of};
use crate::mdp::{DecisionRule, Mdp, Policy};
use crate::{Error, Result};

/// Most probabilities of a plan, one a choice and decision (4 GiB).
const MOST_NUMBERS: usize = 1 << 29;

/// Soft-optimal behaviour over a number of decisions.
#[derive(Debug, Clone, PartialEq)]
pub struct CausalPlan {
    /// `v_0`, `[S]`.
    pub values: Vec<f64>,
    /// One rule a decision.
    pub policy: Policy,
    /// `Σ_t γᵗ Pr(s_t = s)`, `[S]`, the state after the last decision included: `t = 0..=T`.
    pub states: Vec<f64>,
    /// `Σ_t γᵗ Pr(c_t = c)`, `[C]`, over the decisions `t = 0..T`.
    pub choices: Vec<f64>,
}

/// The soft-optimal behaviour at temperature 1 for the rewards given, `[C]`, over `decisions` decisions with a discount in (0, 1].
///
/// # Errors
/// Rewards that do not fit the table, a discount out of range, no decision, or more than fit in memory.
pub fn causal_plan(mdp: &Mdp, rewards: &[f64], gamma: f64, decisions: usize) -> Result<CausalPlan> {
    if !(gamma > 0.0 && gamma <= 1.0) {
        return Err(Error::Parameter { name: "gamma", value: gamma, expected: "in (0, 1]" });
    }
    mdp.clone().with_rewards(rewards.to_vec())?;
    let (states, choices) = (mdp.num_states(), mdp.num_choices());
    let mut values = vec![0.0; states];
    if decisions.saturating_mul(choices) > MOST_NUMBERS {
        let reason = format!(
            "{decisions} decisions among {choices} choices make more than {MOST_NUMBERS} probabilities; shorten the horizon"
        );
        return Err(Error::NotApplicable { method: "a plan of causal entropy", reason });
    }
    let mut rules = Vec::with_capacity(decisions);
    for _ in 0..decisions {
        let mut rule: Vec<f64> = (0..choices).map(|c| rewards[c] + gamma * mdp.expect(c, &values)).collect();
        for s in (0..states).filter(|&s| !mdp.is_terminal(s)) {
            let row = &mut rule[mdp.choices(s)];
            let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            row.iter_mut().for_each(|q| *q = (*q - largest).exp());
            let total: f64 = row.iter().sum();
            row.iter_mut().for_each(|p| *p /= total);
            values[s] = largest + total.ln();
        }
        rules.push(DecisionRule::Stochastic(rule));
    }
    rules.reverse();
    let policy = Policy::time_indexed(mdp, rules)?;
    let mut plan = CausalPlan { values, policy, states: vec![0.0; states], choices: vec![0.0; choices] };
    let mut now = vec![0.0; states];
    mdp.initial().iter().for_each(|&(s, p)| now[s as usize] = p);
    let mut weight = 1.0;
    for t in 0..decisions {
        let mut next = vec![0.0; states];
        for s in 0..states {
            plan.states[s] += weight * now[s];
            for c in mdp.choices(s) {
                let taken = now[s] * plan.policy.rule(t).probability(s, c);
                plan.choices[c] += weight * taken;
                mdp.branches(c).for_each(|(u, p)| next[u] += taken * p);
            }
        }
        now = next;
        weight *= gamma;
    }
    plan.states.iter_mut().zip(&now).for_each(|(sum, d)| *sum += weight * d);
    Ok(plan)
}

/// What fits the expert.
#[derive(Debug, Clone, PartialEq)]
pub struct CausalFit {
    /// `w`, `[K]`.
    pub weights: Vec<f64>,
    /// `L(w)`.
    pub log_likelihood: f64,
    /// `max_k |μ_E − μ_π|`.
    pub mismatch: f64,
    /// Steps of the optimiser.
    pub iterations: usize,
    /// The behaviour.
    pub plan: CausalPlan,
}

/// `L(w)` and its gradient `μ_E − μ_π`, `[K]`, for the expert's feature expectations `expert`, `[K]`.
///
/// # Errors
/// Features, `[C, K]`, weights or expectations that do not fit each other, or as [`causal_plan`].
pub fn log_likelihood(
    mdp: &Mdp,
    features: &Array2<f64>,
    expert: &[f64],
    weights: &[f64],
    (gamma, decisions): (f64, usize),
) -> Result<(f64, Vec<f64>)> {
    check_features(mdp, features, expert, "the expert's feature expectations")?;
    check_features(mdp, features, weights, "the weights")?;
    let plan = causal_plan(mdp, &rewards_of(features, weights)?, gamma, decisions)?;
    let earned: f64 = expert.iter().zip(weights).map(|(m, w)| m * w).sum();
    let own = feature_expectations(features, &plan.choices)?;
    let gradient = expert.iter().zip(&own).map(|(e, o)| e - o).collect();
    Ok((earned - mdp.initial_value(&plan.values), gradient))
}

/// The weights at which soft-optimal behaviour matches the expert's feature expectations, by quasi-Newton ascent from 0, until no
/// expectation is off by more than `tolerance` or `most` steps were taken (an expert that leaves out actions is matched in the limit only).
///
/// # Errors
/// As [`log_likelihood`].
pub fn maximum_causal_entropy(
    mdp: &Mdp,
    features: &Array2<f64>,
    expert: &[f64],
    horizon: (f64, usize),
    (tolerance, most): (f64, usize),
) -> Result<CausalFit> {
    if !(tolerance >= 0.0 && tolerance.is_finite()) {
        return Err(Error::Parameter { name: "tolerance", value: tolerance, expected: "a number of at least 0" });
    }
    let start = vec![0.0; expert.len()];
    let evaluate = |w: &[f64]| log_likelihood(mdp, features, expert, w, horizon);
    let Ascent { point, value, gradient, iterations } = maximise(evaluate, start, tolerance, most)?;
    let plan = causal_plan(mdp, &rewards_of(features, &point)?, horizon.0, horizon.1)?;
    let mismatch = gradient.iter().fold(0.0, |m: f64, g| m.max(g.abs()));
    Ok(CausalFit { weights: point, log_likelihood: value, mismatch, iterations, plan })
}
