//! Entropy-regularised problems: the soft Bellman equations, solved with certified bounds.
//!
//! **Problem.** Each step also earns the entropy of the action taken there, at temperature `τ > 0`:
//! ```text
//! v_π(s) = E_π[ Σ_t γᵗ (r_t − τ ln(π(a_t|s_t) / μ(a_t|s_t))) ]     μ = 1 (entropy) or a reference (relative entropy)
//! (T v)(s) = max_π Σ_a π(a) (q(s, a) − τ ln(π(a) / μ(a|s))) = τ ln Σ_a μ(a|s) exp(q(s, a) / τ)
//! (T v)(terminal) = 0
//! q(s, a) = r(s, a) + γ Σ_s' p(s'|s, a) v(s')
//! ```
//! attained by the softmax policy `π(a|s) = μ(a|s) exp((q(s, a) − (T v)(s)) / τ)`. To minimise, all signs are turned:
//! the entropy is then taken off the cost. (Ziebart 2010, section 5 and equation 6.8; Nachum, Norouzi, Xu and
//! Schuurmans 2017, equations 7 to 9; Geist, Scherrer and Pietquin 2019, section 3.)
//!
//! **Bounds.** `T` is monotone, and raising all `q(s, ·)` by a constant raises `(T v)(s)` by it. So for `v` raised by
//! `c` on the non-terminal states, `T(v + c) ≥ Tv + γ c ρ` with `ρ` the least (for `c ≥ 0`) or the greatest (`c < 0`)
//! probability of not ending in a terminal state: all that the proof in [`bounds`](super::bounds) uses. The bounds are
//! therefore the same, and so is the argument for the softmax policy `π` of `v`, since `T_π v = Tv` and `T_π` is affine
//! and monotone.
//!
//! **Rounding.** Let `q̂` be the computed action values, `|q̂ − q| ≤ η_q` as in [`bounds`](super::bounds), `m = max
//! q̂`, and `n` the most choices of a state. `T` does not stretch the maximum norm, so `η_q` passes through. In `Z = Σ
//! exp((q̂ − m)/τ) ≥ 1` the argument `x ≤ 0` has two roundings, which change `eˣ` by `2u|x|eˣ ≤ 0.75u`; with `exp` and
//! `ln` of the standard library taken to be within 4 units in the last place (the usual implementations are within 1),
//! `Z` has the relative error `(2n + 8)u`, `ln Z` the error `(2n + 8 + 8 ln n)u`, and `m + τ ln Z` two more roundings.
//! Underflow costs at most a smallest normal number a choice. Of the policy, the rounded entries lose less than `τ u`
//! of `T_π v` (the relative entropy is of second order in their error); its rows are to be read as scaled to sum to
//! one.
//!
//! **Without a discount**, until a goal: module `total`, where there may be no solution.
//!
//! **Limits.** `v*_hard ≤ v*_τ ≤ v*_hard + τ ln(A) / (1 − γ)` for the entropy, so that `τ → 0` gives the hard optimum.

mod iteration;
mod operator;
#[cfg(test)]
mod tests;
mod total;
#[cfg(test)]
mod total_tests;

use std::time::Instant;

use self::operator::SoftSweeper;
use super::methods::maximising;
use super::{Criterion, Method, Solution, SolveOptions};
use crate::mdp::{DecisionRule, Mdp, Policy};
use crate::{Error, Result};

/// Up to this many states `auto` takes Newton's method: its linear systems are small enough for dense LU.
const SMALL: usize = 400;

/// Solves `mdp` regularised by `temperature` times the entropy of the policy: see the [module](self).
///
/// Methods: value iteration (sweeps of `T`); policy iteration, which is Newton's method on `v = T v` (evaluate the
/// softmax policy, quadratic convergence), which also solves the total reward until a goal; backward induction for a finite
/// horizon; `auto` picks. The policy returned is stochastic. With a goal, policies that may miss it are worth `−∞` (`+∞` if we
/// minimise), as for rewards of both signs.
///
/// # Errors
/// - [`Error::Parameter`]: a temperature that is not a positive number, and as for [`solve`](super::solve).
/// - [`Error::NotApplicable`]: a criterion other than discounted, finite horizon or total until a goal, a method that does not
///   solve the criterion, values out of the range of 64-bit numbers, a total reward that is infinite because reward and entropy
///   pay for never reaching the goal.
///
/// ```
/// use tabrl::mdp::MdpBuilder;
/// use tabrl::planning::{Criterion, SolveOptions, solve_regularised};
///
/// // Two actions that both earn 1 and stay: v = (1 + τ ln 2) / (1 − γ).
/// let mut builder = MdpBuilder::new(1);
/// builder.choice(0, 0, &[(1.0, 0, 1.0)]).choice(0, 1, &[(1.0, 0, 1.0)]);
/// let mdp = builder.build()?;
/// let solution = solve_regularised(&mdp, Criterion::Discounted { gamma: 0.9 }, 0.5, &SolveOptions::default())?;
/// assert!((solution.values[0] - 10.0 * (1.0 + 0.5 * 2f64.ln())).abs() <= 1e-6);
/// assert_eq!(solution.policy.rule(0).probability(0, 1), 0.5);
/// # Ok::<(), tabrl::Error>(())
/// ```
pub fn solve_regularised(
    mdp: &Mdp,
    criterion: Criterion,
    temperature: f64,
    options: &SolveOptions,
) -> Result<Solution> {
    solve_soft(mdp, criterion, temperature, None, options)
}

/// Solves `mdp` regularised by `temperature` times the relative entropy of the policy from `reference`, a stationary
/// policy: the weights `μ` of the [module](self), taken as stored. Actions that the reference never takes are never
/// taken.
///
/// # Errors
/// As [`solve_regularised`]; also a reference that is time-indexed or does not fit the table.
pub fn solve_kl_regularised(
    mdp: &Mdp,
    criterion: Criterion,
    temperature: f64,
    reference: &Policy,
    options: &SolveOptions,
) -> Result<Solution> {
    if let Some(stages) = reference.stages() {
        return Err(Error::NotApplicable {
            method: "regularised solution",
            reason: format!("the reference policy has {stages} stages; a stationary one is needed"),
        });
    }
    // The policy may have been made for another table.
    let rule = Policy::stationary(mdp, reference.rule(0).clone())?.rule(0).clone();
    solve_soft(mdp, criterion, temperature, Some(&rule), options)
}

fn solve_soft(
    mdp: &Mdp,
    criterion: Criterion,
    temperature: f64,
    reference: Option<&DecisionRule>,
    options: &SolveOptions,
) -> Result<Solution> {
    let began = Instant::now();
    criterion.validate()?;
    options.validate()?;
    if !(temperature > 0.0 && temperature.is_finite()) {
        return Err(Error::Parameter { name: "temperature", value: temperature, expected: "a positive number" });
    }
    let refused = |reason: &str| Err(Error::NotApplicable { method: "regularised solution", reason: reason.into() });
    let small = mdp.num_states() <= SMALL;
    let (method, outcome) = match (&criterion, options.method) {
        (
            &Criterion::Discounted { gamma },
            method @ (Method::Auto | Method::ValueIteration | Method::PolicyIteration),
        ) => {
            let newton = method == Method::PolicyIteration || (method == Method::Auto && small);
            let run = |mdp: &Mdp| {
                iteration::discounted(&SoftSweeper::new(mdp, gamma, temperature, reference), newton, options)
            };
            (if newton { Method::PolicyIteration } else { Method::ValueIteration }, maximising(mdp, options, run)?)
        }
        (&Criterion::FiniteHorizon { horizon }, Method::Auto | Method::BackwardInduction) => {
            let run = |mdp: &Mdp| {
                iteration::finite_horizon(&SoftSweeper::new(mdp, 1.0, temperature, reference), horizon, options)
            };
            (Method::BackwardInduction, maximising(mdp, options, run)?)
        }
        (Criterion::TotalReward { goal: Some(goal) }, Method::Auto | Method::PolicyIteration) => {
            criterion.validate_goal(mdp)?;
            let run = |mdp: &Mdp| total::run(mdp, goal, temperature, reference, options);
            (Method::PolicyIteration, maximising(mdp, options, run)?)
        }
        (Criterion::TotalReward { goal: Some(_) }, _) => {
            return refused("the criterion is the total reward until a goal; use policy-iteration");
        }
        (Criterion::TotalReward { goal: None }, _) => {
            return refused(
                "a regularised total reward needs a goal, at which rewards and entropy end; name one (--goal)",
            );
        }
        (Criterion::Discounted { .. }, _) => {
            return refused("the criterion is discounted; use value-iteration or policy-iteration");
        }
        (Criterion::FiniteHorizon { .. }, _) => {
            return refused("the criterion has a finite horizon; use backward-induction");
        }
        _ => return refused("the discounted, the finite-horizon and the total reward until a goal can be regularised"),
    };
    let asked = if options.method == Method::Auto { "picked by criterion and size" } else { "asked for" };
    let reason = format!("{asked}; regularised at temperature {temperature}");
    Ok(outcome.into_solution(criterion, options, method, reason, began))
}
