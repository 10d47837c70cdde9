//! Certified optima for the tests of this crate.

use tabrl::mdp::Mdp;
use tabrl::planning::{Criterion, Solution, SolveOptions, Status, solve};

/// Solves to within 1e-12 of the largest possible value, or fails the test.
fn certified(mdp: &Mdp, criterion: Criterion, steps: f64) -> Solution {
    let (low, high) = mdp.reward_range();
    let epsilon = 1e-12 * steps * low.abs().max(high.abs()).max(1.0);
    let options = SolveOptions { epsilon, ..SolveOptions::default() };
    // The table is valid and the options are in range: every error is a mistake that the test must report.
    let solution = solve(mdp, criterion.clone(), &options).unwrap_or_else(|error| panic!("{criterion:?}: {error}"));
    assert_eq!(solution.status, Status::Certified, "gap {}", solution.max_gap());
    solution
}

/// The optimum over `horizon` steps.
pub fn finite(mdp: &Mdp, horizon: usize) -> Solution {
    certified(mdp, Criterion::FiniteHorizon { horizon }, horizon as f64)
}

/// The optimum under the discount `gamma`.
pub fn discounted(mdp: &Mdp, gamma: f64) -> Solution {
    certified(mdp, Criterion::Discounted { gamma }, 1.0 / (1.0 - gamma))
}

/// The action that a solution's policy takes surely in state `s` at stage `t`.
pub fn action(mdp: &Mdp, solution: &Solution, s: usize, t: usize) -> Option<usize> {
    let rule = solution.policy.rule(t);
    mdp.choices(s).find(|&c| rule.probability(s, c) == 1.0).map(|c| mdp.action_of(s, c))
}
