//! How the value of a policy at the initial distribution depends on each number of the model, by the adjoint method.
//!
//! With `J = μᵀ v`, `v = (I − γ P_π)⁻¹ r_π` and the discounted occupancy `d = μ + γ P_πᵀ d` (the adjoint state),
//! differentiating `v = r_π + γ P_π v` and multiplying by `dᵀ` gives all derivatives from two linear systems:
//! ```text
//! ∂J/∂r(s, a)      = d(s, a)
//! ∂J/∂p(s'|s, a)   = d(s, a) (ρ(s, a, s') + γ v(s'))
//! ∂J/∂γ            = Σ_{s,a} d(s, a) Σ_s' p(s'|s, a) v(s')
//! ∂J/∂μ(s)         = v(s)
//! ```
//! where `ρ` is the reward of the outcome where rewards depend on it, and 0 where `r(s, a)` is a number of its own.
//!
//! **Rows keep summing to one.** A single probability cannot change alone. Along a direction `δ` with `Σ_s' δ(s') = 0` the
//! derivative is `Σ_s' δ(s') ∂J/∂p(s')`, whatever constant is added to the partials of a row. The constant chosen in
//! [`Sensitivity::transition`] makes it the derivative in `ε` at 0 of the row `(p + ε e_s') / (1 + ε)`: weight is
//! added to one outcome and the row is normalised, so that `Σ_s' p(s') transition(s') = 0`.
//!
//! **Optimal value.** At a policy that is optimal and unique in the states it visits, these are the derivatives of the
//! optimal value too (the envelope theorem; Danskin 1967). Where policies tie they are one-sided candidates.
//!
//! Sources: Puterman (2005), section 6.9 for the adjoint (dual) variables; Cao (2007), *Stochastic Learning and
//! Optimization*, chapter 2, for performance derivatives.

use crate::Result;
use crate::mdp::{Mdp, Policy, evaluate_discounted, occupancy};

/// The derivatives of `J = μᵀ v_π`. Units: reward for [`Self::value`]; each derivative is per unit of the number it is for.
#[derive(Debug, Clone, PartialEq)]
pub struct Sensitivity {
    /// `J`.
    pub value: f64,
    /// `∂J/∂r(s, a)`, `[C]`: the discounted occupancy.
    pub reward: Vec<f64>,
    /// `∂J/∂p(s'|s, a)` of each branch as if it could change alone, `[B]`; only differences within a row have a meaning.
    pub partial: Vec<f64>,
    /// The derivative when weight is added to a branch and its row is normalised, `[B]`.
    pub transition: Vec<f64>,
    /// `∂J/∂γ`.
    pub discount: f64,
    /// `∂J/∂μ(s)`, `[S]`: the value of each state.
    pub initial: Vec<f64>,
}

/// The derivatives for a stationary policy under discount `gamma`. Cost: two linear systems and one pass over the branches.
///
/// # Errors
/// A discount outside (0, 1), or a time-indexed policy.
///
/// ```
/// use tabrl::mdp::{MdpBuilder, Policy};
/// use tabrl::planning::analysis::sensitivity;
///
/// // Stay for 1 a step with probability p, J = 1 / (1 − γ p).
/// let mut builder = MdpBuilder::new(2);
/// builder.choice(0, 0, &[(0.5, 0, 1.0), (0.5, 1, 1.0)]).terminal(1);
/// let mdp = builder.build()?;
/// let by = sensitivity(&mdp, &Policy::uniform(&mdp), 0.8)?;
/// assert!((by.reward[0] - 1.0 / 0.6).abs() < 1e-12);
/// // Moving weight from leaving to staying: dJ/dp = γ / (1 − γ p)².
/// assert!((by.partial[0] - by.partial[1] - 0.8 / 0.36).abs() < 1e-12);
/// # Ok::<(), tabrl::Error>(())
/// ```
pub fn sensitivity(mdp: &Mdp, policy: &Policy, gamma: f64) -> Result<Sensitivity> {
    let values = evaluate_discounted(mdp, policy, gamma)?.values;
    let reward = occupancy::discounted(mdp, policy, gamma)?.choices;
    let mut partial = vec![0.0; mdp.num_branches()];
    let mut transition = partial.clone();
    let mut discount = 0.0;
    let outcome = |b: usize| mdp.branch_rewards().map_or(0.0, |rewards| rewards[b]);
    for c in 0..mdp.num_choices() {
        discount += reward[c] * mdp.expect(c, &values);
        let row = mdp.branch_range(c);
        for b in row.clone() {
            partial[b] = reward[c] * (outcome(b) + gamma * values[mdp.successors()[b] as usize]);
        }
        let mean: f64 = row.clone().map(|b| mdp.probabilities()[b] * partial[b]).sum();
        row.for_each(|b| transition[b] = partial[b] - mean);
    }
    Ok(Sensitivity { value: mdp.initial_value(&values), reward, partial, transition, discount, initial: values })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mdp::{CsrParts, DecisionRule};
    use crate::planning::tests::random;
    use crate::planning::{Criterion, SolveOptions, solve};
    use crate::rng::{self, Purpose};

    const GAMMA: f64 = 0.9;

    /// The problem as raw arrays; expected rewards follow the branches if rewards are per branch.
    fn rebuilt(mdp: &Mdp, change: impl FnOnce(&mut CsrParts)) -> Mdp {
        let mut parts = CsrParts {
            choice_start: mdp.choice_starts().to_vec(),
            branch_start: mdp.branch_starts().to_vec(),
            next: mdp.successors().to_vec(),
            probability: mdp.probabilities().to_vec(),
            reward: mdp.rewards().to_vec(),
            branch_reward: mdp.branch_rewards().map(<[f64]>::to_vec),
            action: mdp.choice_actions().map(<[u32]>::to_vec),
            initial: mdp.initial().to_vec(),
            ..CsrParts::default()
        };
        change(&mut parts);
        if let Some(rewards) = &parts.branch_reward {
            for c in 0..parts.reward.len() {
                let row = parts.branch_start[c] as usize..parts.branch_start[c + 1] as usize;
                parts.reward[c] = row.map(|b| parts.probability[b] * rewards[b]).sum();
            }
        }
        Mdp::from_csr(parts).unwrap()
    }

    fn stochastic(mdp: &Mdp, seed: u64) -> Policy {
        let mut rng = rng::fast(seed, Purpose::Generation, 5);
        let mut p: Vec<f64> = (0..mdp.num_choices()).map(|_| 0.1 + rng::uniform(&mut rng)).collect();
        for s in 0..mdp.num_states() {
            let total: f64 = p[mdp.choices(s)].iter().sum();
            p[mdp.choices(s)].iter_mut().for_each(|x| *x /= total);
        }
        Policy::stationary(mdp, DecisionRule::Stochastic(p)).unwrap()
    }

    fn value(mdp: &Mdp, policy: &Policy, gamma: f64) -> f64 {
        mdp.initial_value(&evaluate_discounted(mdp, policy, gamma).unwrap().values)
    }

    fn close(derivative: f64, difference: f64) {
        let scale = 1.0 + derivative.abs();
        assert!((derivative - difference).abs() <= 2e-7 * scale, "{derivative} is not {difference}");
    }

    /// Central differences of `J` in `ε`.
    fn difference(at: impl Fn(f64) -> f64) -> f64 {
        let h = 1e-5;
        (at(h) - at(-h)) / (2.0 * h)
    }

    #[test]
    fn every_derivative_is_the_finite_difference() {
        let mut per_branch = 0;
        for seed in 0..12 {
            let mdp = random(6, 1, seed).with_initial(vec![(0, 0.6), (2, 0.4)]).unwrap();
            // Both kinds of rewards: per branch as made, and per choice.
            for mdp in [mdp.clone(), mdp.clone().with_rewards(mdp.rewards().to_vec()).unwrap()] {
                per_branch += usize::from(mdp.branch_rewards().is_some());
                let policy = stochastic(&mdp, seed);
                let by = sensitivity(&mdp, &policy, GAMMA).unwrap();
                assert_eq!(by.value, value(&mdp, &policy, GAMMA));
                close(by.discount, difference(|e| value(&mdp, &policy, GAMMA + e)));
                for c in 0..mdp.num_choices() {
                    let moved = |e: f64| {
                        rebuilt(&mdp, |parts| match &mut parts.branch_reward {
                            Some(rewards) => mdp.branch_range(c).for_each(|b| rewards[b] += e),
                            None => parts.reward[c] += e,
                        })
                    };
                    close(by.reward[c], difference(|e| value(&moved(e), &policy, GAMMA)));
                    let row = mdp.branch_range(c);
                    let balance: f64 = row.clone().map(|b| mdp.probabilities()[b] * by.transition[b]).sum();
                    assert!(balance.abs() <= 1e-12);
                    for b in row.clone() {
                        let moved = |e: f64| {
                            rebuilt(&mdp, |parts| {
                                parts.probability[b] += e;
                                row.clone().for_each(|i| parts.probability[i] /= 1.0 + e);
                            })
                        };
                        close(by.transition[b], difference(|e| value(&moved(e), &policy, GAMMA)));
                    }
                    if row.len() > 1 {
                        // Moving weight from one outcome to another.
                        let (a, b) = (row.start, row.start + 1);
                        let moved = |e: f64| {
                            rebuilt(&mdp, |parts| {
                                parts.probability[a] += e;
                                parts.probability[b] -= e;
                            })
                        };
                        close(by.partial[a] - by.partial[b], difference(|e| value(&moved(e), &policy, GAMMA)));
                    }
                }
            }
        }
        assert!(per_branch > 0, "no problem had rewards per branch");
    }

    #[test]
    fn at_an_optimal_policy_they_are_those_of_the_optimal_value() {
        let options = SolveOptions { epsilon: 1e-11, ..SolveOptions::default() };
        for seed in 0..5 {
            let mdp = random(5, 1, seed);
            let mdp = mdp.clone().with_rewards(mdp.rewards().to_vec()).unwrap();
            let optimal = |mdp: &Mdp| solve(mdp, Criterion::Discounted { gamma: GAMMA }, &options).unwrap();
            let by = sensitivity(&mdp, &optimal(&mdp).policy, GAMMA).unwrap();
            for c in 0..mdp.num_choices() {
                let moved = |e: f64| {
                    let mdp = rebuilt(&mdp, |parts| parts.reward[c] += e);
                    mdp.initial_value(&optimal(&mdp).values)
                };
                assert!((by.reward[c] - difference(moved)).abs() <= 1e-5 * (1.0 + by.reward[c]));
            }
        }
    }
}
