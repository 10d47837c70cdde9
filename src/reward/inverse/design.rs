//! Inverse reward design: a reward that was written down is evidence about the true one, in the world that it was written for.
//!
//! The designer is taken to have chosen the proxy `ŵ` because what it leads to in the training world, with feature expectations `φ̃(ŵ)`, is good
//! for the true `w`:
//! ```text
//! P(w | ŵ) ∝ exp(β w · φ̃(ŵ)) / Z(w),    Z(w) = Σ_i exp(β w · φ̃(ŵ_i))   over proxies that might have been chosen
//! ```
//! (Hadfield-Menell, Milli, Abbeel, Russell and Dragan 2017). A feature that is absent in training leaves no evidence; the plan that is best in the worst
//! of the likely cases then avoids it, and the literal proxy does not.

use ndarray::Array2;

use super::optimise::{Row, dot, minimise_linear};
use super::{check_features, check_length, respond, rewards_of};
use crate::mdp::{DecisionRule, Mdp, Policy};
use crate::planning::Criterion;
use crate::{Error, Result};

/// The feature expectations, `[K]`, of an optimal policy for `weights` in a world with features `[C, K]`.
///
/// # Errors
/// Features and weights that do not fit, or a discount outside (0, 1).
pub fn optimal_expectations(mdp: &Mdp, features: &Array2<f64>, weights: &[f64], gamma: f64) -> Result<Vec<f64>> {
    check_features(mdp, features, weights, "the weights")?;
    Ok(respond(mdp, features, weights, gamma)?.1)
}

/// The probability of each of `candidates` to be the true weights, `[N]`, where each is as likely as the others beforehand. `chosen` are the
/// feature expectations `φ̃(ŵ)` of the proxy, `[K]`, and `alternatives` those of all proxies that might have been chosen, the proxy among them.
///
/// # Errors
/// No candidate, no alternative, different lengths, a proxy that is not among the alternatives, numbers that are not finite, or a `beta` that is not
/// positive.
pub fn posterior(chosen: &[f64], alternatives: &[Vec<f64>], candidates: &[Vec<f64>], beta: f64) -> Result<Vec<f64>> {
    if !(beta > 0.0 && beta.is_finite()) {
        return Err(Error::Parameter { name: "beta", value: beta, expected: "a positive number" });
    }
    if candidates.is_empty() || alternatives.is_empty() {
        let reason = "there must be a candidate and an alternative at least".into();
        return Err(Error::NotApplicable { method: "inverse reward design", reason });
    }
    alternatives.iter().chain(candidates).try_for_each(|x| check_length("a vector of features", x, chosen.len()))?;
    if let Some(&value) = alternatives.iter().chain(candidates).flatten().chain(chosen).find(|x| !x.is_finite()) {
        return Err(Error::Parameter { name: "a feature or a weight", value, expected: "a finite number" });
    }
    let like = |a: &&Vec<f64>| a.iter().zip(chosen).all(|(a, c)| (a - c).abs() <= 1e-9 * a.abs().max(c.abs()).max(1.0));
    if !alternatives.iter().any(|a| like(&a)) {
        let reason = "the proxy that was chosen must be among the alternatives".into();
        return Err(Error::NotApplicable { method: "inverse reward design", reason });
    }
    let log_likelihood = |w: &Vec<f64>| {
        let scores: Vec<f64> = alternatives.iter().map(|a| beta * dot(w, a)).collect();
        let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        beta * dot(w, chosen) - largest - scores.iter().map(|s| (s - largest).exp()).sum::<f64>().ln()
    };
    let logs: Vec<f64> = candidates.iter().map(log_likelihood).collect();
    let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = logs.iter().map(|l| (l - largest).exp()).sum();
    Ok(logs.iter().map(|l| (l - largest).exp() / total).collect())
}

/// The policy that maximises `min_i w_i · (μ(π) − b)`: the worst case over the candidates `w_i`, each counted from what it makes of the baseline `b`,
/// `[K]`, such as the feature expectations of the proxy in training. A linear program over occupancies.
///
/// # Errors
/// Features, candidates and baseline that do not fit, no candidate, or a discount outside (0, 1).
pub fn risk_averse(
    mdp: &Mdp,
    features: &Array2<f64>,
    candidates: &[Vec<f64>],
    baseline: &[f64],
    gamma: f64,
) -> Result<Policy> {
    Criterion::Discounted { gamma }.validate()?;
    check_features(mdp, features, baseline, "the baseline")?;
    candidates.iter().try_for_each(|w| check_features(mdp, features, w, "a candidate"))?;
    if candidates.is_empty() {
        let reason = "there is no candidate for the true weights".into();
        return Err(Error::NotApplicable { method: "risk-averse planning", reason });
    }
    let choices = mdp.num_choices();
    let mut flow: Vec<Vec<(usize, f64)>> = vec![Vec::new(); mdp.num_states()];
    let mut inequalities: Vec<Row> = (0..choices).map(|c| (vec![(c, -1.0)], 0.0)).collect();
    let mut start = vec![0.0; mdp.num_states()];
    mdp.initial().iter().for_each(|&(s, p)| start[s as usize] = p);
    for s in 0..mdp.num_states() {
        for c in mdp.choices(s) {
            flow[s].push((c, 1.0));
            mdp.branches(c).for_each(|(t, p)| flow[t].push((c, -gamma * p)));
        }
    }
    let equalities: Vec<Row> =
        (0..mdp.num_states()).filter(|&s| !mdp.is_terminal(s)).map(|s| (flow[s].clone(), start[s])).collect();
    for weights in candidates {
        // worst ≤ w · (μ − b)
        let earned = rewards_of(features, weights)?;
        let row = earned.iter().enumerate().map(|(c, r)| (c, -r)).chain([(choices, 1.0)]).collect();
        inequalities.push((row, -dot(weights, baseline)));
    }
    let mut objective = vec![0.0; choices + 1];
    objective[choices] = -1.0;
    let x = minimise_linear("risk-averse planning", &objective, &equalities, &inequalities)?;
    let mut probability = vec![0.0; choices];
    for s in 0..mdp.num_states() {
        let here: f64 = mdp.choices(s).map(|c| x[c].max(0.0)).sum();
        let count = mdp.choices(s).len() as f64;
        // States that are visited by rounding only are left to chance.
        mdp.choices(s).for_each(|c| probability[c] = if here > 1e-9 { x[c].max(0.0) / here } else { 1.0 / count });
    }
    Policy::stationary(mdp, DecisionRule::Stochastic(probability))
}
