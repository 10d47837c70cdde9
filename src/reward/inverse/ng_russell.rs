//! State rewards that make a policy optimal, by a linear program.
//!
//! With `V = (I − γ P_π)⁻¹ R`, the policy is optimal for the reward `R(s)` of acting in `s` if and only if no other action leads to better states:
//! `(P_π − P_a) V ≥ 0`. Among all such `R` with `|R| ≤ R_max`, the one that
//! ```text
//! maximises   Σ_s min_{a ≠ π(s)} [(P_π − P_a) V](s) − λ ‖R‖₁
//! ```
//! makes it so by the largest margin, with few rewards (Ng and Russell 2000, section 4).

use nalgebra::DMatrix;

use super::optimise::{Row, minimise_linear};
use crate::mdp::Mdp;
use crate::planning::Criterion;
use crate::{Error, Result};

/// Most states for the dense linear algebra.
const MOST_STATES: usize = 500;

/// The reward of acting in each state, `[S]` (0 in terminal states), under which the deterministic policy `choice`, `[S]`, is optimal by the largest
/// margin; `penalty` is `λ`.
///
/// # Errors
/// A discount outside (0, 1), `R_max` or `λ` that is negative, a choice of another state, or more than 500 states.
pub fn linear_program_rewards(mdp: &Mdp, choice: &[u32], gamma: f64, largest: f64, penalty: f64) -> Result<Vec<f64>> {
    Criterion::Discounted { gamma }.validate()?;
    for (name, value) in [("R_max", largest), ("penalty", penalty)] {
        if !(value >= 0.0 && value.is_finite()) {
            return Err(Error::Parameter { name, value, expected: "a number that is not negative" });
        }
    }
    let states: Vec<usize> = (0..mdp.num_states()).filter(|&s| !mdp.is_terminal(s)).collect();
    let refused = |reason: String| Error::NotApplicable { method: "the linear program of rewards", reason };
    if choice.len() != mdp.num_states() {
        let (found, expected) = (vec![choice.len()], vec![mdp.num_states()]);
        return Err(Error::Shape { what: "the policy".into(), found, expected });
    }
    if let Some(&s) = states.iter().find(|&&s| !mdp.choices(s).contains(&(choice[s] as usize))) {
        return Err(refused(format!("choice {} is not one of state {s}", choice[s])));
    }
    let n = states.len();
    if n > MOST_STATES {
        return Err(refused(format!(
            "the table has {n} states that are not terminal; at most {MOST_STATES} are allowed"
        )));
    }
    if n == 0 {
        return Ok(vec![0.0; mdp.num_states()]);
    }
    let mut column = vec![usize::MAX; mdp.num_states()];
    states.iter().enumerate().for_each(|(i, &s)| column[s] = i);
    let mut system: DMatrix<f64> = DMatrix::identity(n, n);
    for (i, &s) in states.iter().enumerate() {
        for (t, p) in mdp.branches(choice[s] as usize).filter(|&(t, _)| column[t] != usize::MAX) {
            system[(i, column[t])] -= gamma * p;
        }
    }
    // Row i of `resolvent` gives V(i) from R.
    let singular = || refused("the linear system of the policy is singular".into());
    let resolvent = system.try_inverse().ok_or_else(singular)?;
    // Variables: R, the margins, and |R|.
    let (margin, size) = (|i: usize| n + i, |i: usize| 2 * n + i);
    let mut inequalities: Vec<Row> = Vec::new();
    for (i, &s) in states.iter().enumerate() {
        for other in mdp.choices(s).filter(|&c| c != choice[s] as usize) {
            let mut difference = vec![0.0; n];
            for (sign, c) in [(1.0, choice[s] as usize), (-1.0, other)] {
                for (t, p) in mdp.branches(c).filter(|&(t, _)| column[t] != usize::MAX) {
                    (0..n).for_each(|j| difference[j] += sign * p * resolvent[(column[t], j)]);
                }
            }
            let less: Vec<(usize, f64)> = difference.iter().enumerate().map(|(j, d)| (j, -d)).collect();
            inequalities.push((less.clone(), 0.0));
            inequalities.push((less.into_iter().chain([(margin(i), 1.0)]).collect(), 0.0));
        }
        if mdp.choices(s).len() == 1 {
            inequalities.push((vec![(margin(i), 1.0)], 0.0));
        }
        inequalities.push((vec![(i, 1.0), (size(i), -1.0)], 0.0));
        inequalities.push((vec![(i, -1.0), (size(i), -1.0)], 0.0));
        inequalities.push((vec![(size(i), 1.0)], largest));
    }
    let objective: Vec<f64> = std::iter::repeat_n(0.0, n)
        .chain(std::iter::repeat_n(-1.0, n))
        .chain(std::iter::repeat_n(penalty, n))
        .collect();
    let found = minimise_linear("the linear program of rewards", &objective, &[], &inequalities)?;
    let mut rewards = vec![0.0; mdp.num_states()];
    states.iter().enumerate().for_each(|(i, &s)| rewards[s] = found[i]);
    Ok(rewards)
}
