//! Potentials of state-action pairs: advice.
//!
//! Look-ahead: `F = γ Φ(s', a') − Φ(s, a)` gives `q'_π = q_π − Φ`, so that a learner of `q'` must act greedily for `q' + Φ`; greedy
//! for `q'` alone it avoids what is advised. Look-back: `F_t = Φ(s_t, a_t) − γ⁻¹ Φ(s_{t−1}, a_{t−1})` needs no correction, is for on-policy
//! learners, and guarantees nothing exactly (Wiewiora, Cottrell and Elkan 2003).
//!
//! Advice as a reward `R†` becomes a potential by learning: `Φ ← Φ + β (−R† + γ Φ(s', a') − Φ(s, a))`, whose fixed point under `π` makes the
//! expected look-ahead term `R†` itself (Harutyunyan, Devlin, Vrancx and Nowé 2015). Then `q'_π` is the value of `R + R†`, which another
//! policy may be greedy for; and `q'_π + Φ` is that of `R`, from which the advice has gone.

use nalgebra::DMatrix;

use super::potential::check_discount;
use crate::mdp::{Mdp, Policy};
use crate::numeric::solve_dense;
use crate::{Error, Result};

/// Most choices of a table for which the values of advice are solved densely.
const MOST_CHOICES: usize = 3000;

/// By how much values may exceed the rewards of a step: more steps than this are not told from a walk without end.
const MOST_VISITS: f64 = 1e12;

/// The action values of a stationary policy with the look-ahead term of the advice `Φ`, `[C]`: the solution of
/// ```text
/// q'(s, a) = r(s, a) − Φ(s, a) + γ Σ_s' p(s'|s, a) Σ_a' π(a'|s') (Φ(s', a') + q'(s', a'))
/// ```
///
/// # Errors
/// Advice that is not one finite number a choice, a discount outside (0, 1], a time-indexed policy, more than 3000 choices, or a singular
/// system (without discount, where the policy may never end).
pub fn look_ahead_values(mdp: &Mdp, policy: &Policy, gamma: f64, advice: &[f64]) -> Result<Vec<f64>> {
    let moved = followed(mdp, policy, gamma)?;
    check_advice(mdp, advice)?;
    let ahead: Vec<f64> =
        (0..advice.len()).map(|c| (0..advice.len()).map(|d| moved[(c, d)] * advice[d]).sum()).collect();
    let rewards: Vec<f64> = (0..advice.len()).map(|c| mdp.rewards()[c] - advice[c] + ahead[c]).collect();
    solve(moved, &rewards)
}

/// The potential that advice given as a reward, `R†` of each choice, is learnt as under a stationary policy, `[C]`: the solution of
/// `Φ = −R† + γ P_π Φ`.
///
/// # Errors
/// As [`look_ahead_values`].
pub fn learnt_potential(mdp: &Mdp, policy: &Policy, gamma: f64, advice: &[f64]) -> Result<Vec<f64>> {
    let moved = followed(mdp, policy, gamma)?;
    check_advice(mdp, advice)?;
    solve(moved, &advice.iter().map(|r| -r).collect::<Vec<f64>>())
}

/// The look-back terms of an episode from the advice `Φ(s_t, a_t)` along it: `F_0 = Φ_0`, `F_t = Φ_t − γ⁻¹ Φ_{t−1}`.
///
/// Term `t` is for the step that ends with the `t`-th action; discounted by `γᵗ` they add up to `γᵀ Φ_T`.
///
/// # Errors
/// A discount outside (0, 1].
pub fn look_back_terms(advice: &[f64], gamma: f64) -> Result<Vec<f64>> {
    check_discount(gamma)?;
    let before = std::iter::once(0.0).chain(advice.iter().copied());
    Ok(advice.iter().zip(before).map(|(now, before)| now - before / gamma).collect())
}

/// Advice that is learnt while it is used.
#[derive(Debug, Clone, PartialEq)]
pub struct AdviceLearner {
    potential: Vec<f64>,
    step_size: f64,
    gamma: f64,
}

impl AdviceLearner {
    /// A learner that knows nothing, with one potential a choice.
    ///
    /// # Errors
    /// A step size or a discount outside (0, 1].
    pub fn new(mdp: &Mdp, step_size: f64, gamma: f64) -> Result<AdviceLearner> {
        check_discount(gamma)?;
        if !(step_size > 0.0 && step_size <= 1.0) {
            return Err(Error::Parameter { name: "step_size", value: step_size, expected: "in (0, 1]" });
        }
        Ok(AdviceLearner { potential: vec![0.0; mdp.num_choices()], step_size, gamma })
    }

    /// `Φ(s, a)`, `[C]`.
    pub fn potential(&self) -> &[f64] {
        &self.potential
    }

    /// Learns from a step that took `choice` with advice `R† = advice` and was followed by the choice `next` (none at the end), and
    /// gives the shaping term `γ Φ_{t+1}(s', a') − Φ_t(s, a)`.
    ///
    /// # Panics
    /// If the table has no such choice.
    pub fn step(&mut self, choice: usize, next: Option<usize>, advice: f64) -> f64 {
        let before = self.potential[choice];
        let after = next.map_or(0.0, |next| self.potential[next]);
        self.potential[choice] += self.step_size * (-advice + self.gamma * after - before);
        // The potential of the successor after the update: it differs where a choice follows itself.
        self.gamma * next.map_or(0.0, |next| self.potential[next]) - before
    }
}

/// `γ P_π` from choice to choice.
fn followed(mdp: &Mdp, policy: &Policy, gamma: f64) -> Result<DMatrix<f64>> {
    check_discount(gamma)?;
    let refused = |reason: String| Err(Error::NotApplicable { method: "the value of advice", reason });
    if let Some(stages) = policy.stages() {
        return refused(format!("the policy has {stages} stages; a stationary one is needed"));
    }
    let choices = mdp.num_choices();
    if choices > MOST_CHOICES {
        return refused(format!("the table has {choices} choices; at most {MOST_CHOICES} are solved densely"));
    }
    let mut moved = DMatrix::zeros(choices, choices);
    for c in 0..choices {
        for (t, p) in mdp.branches(c) {
            for d in mdp.choices(t) {
                moved[(c, d)] += gamma * p * policy.rule(0).probability(t, d);
            }
        }
    }
    Ok(moved)
}

/// The solution of `x = b + M x`.
fn solve(moved: DMatrix<f64>, b: &[f64]) -> Result<Vec<f64>> {
    let system = DMatrix::identity(b.len(), b.len()) - moved;
    let largest = |x: &[f64]| x.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
    // The inverse is the expected number of visits: beyond this, rounding has made a singular system look regular.
    let credible = |x: &Vec<f64>| x.iter().all(|x| x.is_finite()) && largest(x) <= MOST_VISITS * largest(b);
    let solved = solve_dense(&system, b).filter(credible);
    solved.ok_or_else(|| Error::NotApplicable {
        method: "the value of advice",
        reason: "the linear system is singular: without discount, the policy must end surely; use a discount below 1"
            .into(),
    })
}

fn check_advice(mdp: &Mdp, advice: &[f64]) -> Result<()> {
    if advice.len() != mdp.num_choices() {
        let (found, expected) = (vec![advice.len()], vec![mdp.num_choices()]);
        return Err(Error::Shape { what: "the advice".into(), found, expected });
    }
    match advice.iter().find(|x| !x.is_finite()) {
        Some(&value) => Err(Error::Parameter { name: "advice", value, expected: "a finite number" }),
        None => Ok(()),
    }
}
