//! Constrained problems without a linear program: duals, frontiers and Lagrangian iterations.
//!
//! For the constraints `E Σ γᵗ c_k ≤ d_k` of [`linear_program`](super::linear_program), the dual function
//! ```text
//! D(λ) = max_π [ J(π) − Σ_k λ_k C_k(π) ] + Σ_k λ_k d_k,     λ ≥ 0
//! ```
//! is convex and piecewise linear, `d − C(π_λ)` is a subgradient, and its minimum is the constrained optimum (no duality gap: the
//! occupancies of all policies are a polytope; Altman 1999).
//!
//! | | what | when |
//! |---|---|---|
//! | [`occupancy_lp`](super::occupancy_lp) | interior point on the occupancies | any number of constraints |
//! | [`dual`] | the kink of `D` between two deterministic policies, mixed in their occupancies | one constraint, exact |
//! | [`frontier`] | all deterministic policies that some weight `λ` makes optimal | what scalar rewards can reach |
//! | [`lagrangian`] | best responses to multipliers that follow the violations, as in constrained learning | how learning behaves |
//!
//! A cost counted as the share of time in some states is [`share_of_time`]: `(1 − γ) E Σ γᵗ 1{s_t ∈ label}`.

mod dual;
mod frontier;
mod lagrangian;
mod lexicographic;
#[cfg(test)]
mod tests;

pub use dual::{DualSolution, dual};
pub use frontier::frontier;
pub use lagrangian::{Average, LagrangianRun, LagrangianSettings, LagrangianStep, Multipliers, lagrangian};
pub(crate) use lexicographic::optimal_choices;
pub use lexicographic::{Vertex, lexicographic};

use crate::mdp::{Mdp, Occupancy, Policy};
use crate::planning::Criterion;
use crate::planning::linear_program::Constraint;
use crate::{Error, Result};

/// States with a smaller share of the occupancy than this are not visited but by rounding.
const VISITED: f64 = 1e-9;

/// A choice is one of several if its probability is above this.
const TAKEN: f64 = 1e-6;

/// The constraint that the discounted share of time spent in the states of a label, `(1 − γ) E Σ_t γᵗ 1{s_t ∈ label}`, is at most `bound`.
///
/// Only states with choices count: no time is spent where an episode has ended.
///
/// # Errors
/// [`Error::Unknown`] with the nearest label, [`Error::NotApplicable`] if there are none, a bound that is not in [0, 1], or a discount outside (0, 1).
pub fn share_of_time(mdp: &Mdp, gamma: f64, label: &str, bound: f64) -> Result<Constraint> {
    Criterion::Discounted { gamma }.validate()?;
    if mdp.labels().is_empty() {
        let reason = format!("the table labels no states, so none is labelled `{label}`");
        return Err(Error::NotApplicable { method: "a share of time in labelled states", reason });
    }
    let Some(members) = mdp.labels().get(label) else {
        return Err(Error::unknown("label", label, mdp.labels().keys().map(String::as_str)));
    };
    if !(0.0..=1.0).contains(&bound) {
        return Err(Error::Parameter { name: "bound", value: bound, expected: "a share of time, in [0, 1]" });
    }
    let mut costs = vec![0.0; mdp.num_choices()];
    members.iter().for_each(|&s| costs[mdp.choices(s as usize)].fill(1.0 - gamma));
    Ok(Constraint::at_most(costs, bound))
}

/// The states that a policy visits and in which it takes more than one choice, ascending.
pub fn randomised_states(mdp: &Mdp, policy: &Policy, occupancy: &Occupancy) -> Vec<usize> {
    let total: f64 = occupancy.states.iter().sum();
    let taken = |s: usize| mdp.choices(s).filter(|&c| policy.rule(0).probability(s, c) > TAKEN).count();
    (0..mdp.num_states()).filter(|&s| occupancy.states[s] > VISITED * total && taken(s) > 1).collect()
}
