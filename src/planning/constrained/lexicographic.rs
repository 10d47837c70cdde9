//! The best policy for one reward, and among all of those the best for another.

use crate::mdp::{DecisionRule, Mdp, Policy, action_values, evaluate_discounted, occupancy};
use crate::numeric::magnitude;
use crate::planning::{Criterion, Method, SolveOptions, solve};
use crate::{Error, Result};

/// Action values this close are tied, as a share of the largest reward. What ties lose adds up over the steps, to `1 / (1 − γ)` times this.
const TIE: f64 = 1e-11;

/// A deterministic policy and what it earns and costs from the initial distribution, discounted.
#[derive(Debug, Clone, PartialEq)]
pub struct Vertex {
    /// `J = E Σ γᵗ r`.
    pub value: f64,
    /// `C = E Σ γᵗ c`.
    pub cost: f64,
    /// The choice of each state, `[S]`.
    pub choice: Vec<u32>,
}

impl Vertex {
    /// The vertex of a deterministic rule.
    pub(super) fn of(mdp: &Mdp, gamma: f64, costs: &[f64], choice: Vec<u32>) -> Result<Vertex> {
        let policy = Policy::stationary(mdp, DecisionRule::Deterministic(choice.clone()))?;
        let visits = occupancy::discounted(mdp, &policy, gamma)?.choices;
        let total = |of: &[f64]| visits.iter().zip(of).map(|(d, x)| d * x).sum::<f64>() / mass(mdp);
        Ok(Vertex { value: total(mdp.rewards()), cost: total(costs), choice })
    }
}

/// Sum of the initial distribution.
pub(super) fn mass(mdp: &Mdp) -> f64 {
    mdp.initial().iter().map(|&(_, p)| p).sum()
}

/// The choices of a deterministic policy that is optimal for the rewards `first`, `[C]`, in every state, and among the policies that take
/// optimal choices only, best for `second`, `[C]`.
///
/// Choices count as optimal if they fall short by no more than a share of 1e-11 of the largest number of `first`, and the rounding of values.
///
/// # Errors
/// Rewards that are not one finite number a choice, or a discount outside (0, 1).
pub fn lexicographic(mdp: &Mdp, gamma: f64, first: &[f64], second: &[f64]) -> Result<Vec<u32>> {
    let table = mdp.clone().with_rewards(first.to_vec())?;
    let second = mdp.clone().with_rewards(second.to_vec())?;
    let best = optimal_choices(&table, gamma)?;
    let policy = Policy::stationary(&table, DecisionRule::Deterministic(best))?;
    let evaluation = evaluate_discounted(&table, &policy, gamma)?;
    let q = action_values(&table, &evaluation.values, gamma);
    let tie = TIE * magnitude(first) + 2.0 * evaluation.error_bound;
    let mut kept = Vec::new();
    for s in 0..mdp.num_states() {
        let most = mdp.choices(s).map(|c| q[c]).fold(f64::NEG_INFINITY, f64::max);
        kept.extend(mdp.choices(s).filter(|&c| q[c] >= most - tie).map(|c| c as u32));
    }
    let among = second.keeping(&kept);
    // Terminal states have no choice; what stands for theirs is left as it was.
    let renamed = |(s, c): (usize, u32)| if mdp.is_terminal(s) { c } else { kept[c as usize] };
    Ok(optimal_choices(&among, gamma)?.into_iter().enumerate().map(renamed).collect())
}

/// An optimal deterministic policy, by policy iteration.
pub(crate) fn optimal_choices(mdp: &Mdp, gamma: f64) -> Result<Vec<u32>> {
    let (low, high) = mdp.reward_range();
    // Nothing but rounding ends the improvement of the policy.
    let epsilon = 1e-14 * low.abs().max(high.abs()).max(f64::MIN_POSITIVE) / (1.0 - gamma);
    let options = SolveOptions { method: Method::PolicyIteration, epsilon, ..SolveOptions::default() };
    let solution = solve(mdp, Criterion::Discounted { gamma }, &options)?;
    match solution.policy.rule(0) {
        DecisionRule::Deterministic(choice) => Ok(choice.clone()),
        DecisionRule::Stochastic(_) => Err(Error::NotApplicable {
            method: "a lexicographic optimum",
            reason: "the solver gave a stochastic policy".into(),
        }),
    }
}
