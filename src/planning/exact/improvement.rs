//! Policy iteration in integers for problems whose policies end.
//!
//! (Howard 1960; for problems with policies that never end Bertsekas and Tsitsiklis 1991.) A policy is *proper* if from
//! every state it gets out of the problem with positive probability, hence with probability one. Evaluation solves
//! `(I − P_π) v = r_π` exactly, improvement switches where an action is strictly better, so the values of successive
//! policies rise strictly and no policy comes twice.
//!
//! **A proper policy stays proper.** Suppose the next policy has a recurrent class `R` with stationary distribution `d`. On
//! `R`, `r + P v ≥ v` with `>` where it switched, so `d · r ≥ 0`, and `> 0` if it switched anywhere in `R`. Where no end
//! component has positive gain, it did not; but then `R` was recurrent before, which is excluded. At the end `v ≥ T_σ v` for
//! every `σ`, so `v ≥ v_σ` for every proper one.
//!
//! The argument needs rows that sum to one in end components. Where stored rows do not, a policy that would never end is
//! reported, not solved.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, Zero};

use super::lifting::{Fractions, IntegerRow, Lifting};
use super::table::{Row, Table};
use crate::{Error, Result};

/// Most states of a linear system.
const LARGEST_SYSTEM: usize = 2000;

/// A part of a table: its own states `0..n`, and rows that may lead out of it.
#[derive(Debug, Default)]
pub(crate) struct Problem {
    pub rows: Vec<Row>,
    /// The choice that each row is in the table; `None` for stopping, at no further reward.
    pub origin: Vec<Option<usize>>,
    /// Whether a row can lead out.
    pub escapes: Vec<bool>,
    /// The rows of each state, at least one.
    pub options: Vec<Vec<usize>>,
    /// The states in the table.
    pub states: Vec<usize>,
}

impl Problem {
    /// The states of `table` that are true in `unknown`, with the choices that are true in `allowed`; where `stops` is true
    /// also with stopping. Being in `won` is worth 1, and everything else outside is worth 0.
    pub fn restrict(table: &Table, unknown: &[bool], allowed: &[bool], stops: &[bool], won: &[bool]) -> Problem {
        let states: Vec<usize> = (0..unknown.len()).filter(|&s| unknown[s]).collect();
        let mut index = vec![usize::MAX; unknown.len()];
        states.iter().enumerate().for_each(|(i, &s)| index[s] = i);
        let mut problem = Problem::default();
        for &s in &states {
            let mut options = Vec::new();
            let choices = table.choices[s].clone().filter(|&c| allowed[c]).map(Some);
            for origin in choices.chain(stops[s].then_some(None)) {
                let mut row = Row::ending(&BigRational::zero());
                let mut escapes = true;
                if let Some(c) = origin {
                    let full = &table.rows[c];
                    let inside = full.next.iter().filter(|(t, _)| unknown[*t]).map(|(t, w)| (index[*t], w.clone()));
                    let gained: BigInt = full.next.iter().filter(|(t, _)| won[*t]).map(|(_, w)| w).sum();
                    row = Row { scale: full.scale.clone(), reward: &full.reward + gained, next: inside.collect() };
                    escapes = row.next.len() < full.next.len();
                }
                options.push(problem.rows.len());
                problem.rows.push(row);
                problem.origin.push(origin);
                problem.escapes.push(escapes);
            }
            problem.options.push(options);
        }
        problem.states = states;
        problem
    }

    /// The policy that takes, in each state, the row that stands for the choice that `choice` names for the state of the
    /// table (the first row where that is not among them).
    pub fn policy(&self, choice: impl Fn(usize) -> Option<usize>) -> Vec<usize> {
        let row = |(s, options): (&usize, &Vec<usize>)| {
            options.iter().copied().find(|&row| self.origin[row] == choice(*s)).unwrap_or(options[0])
        };
        self.states.iter().zip(&self.options).map(row).collect()
    }
}

/// The optimal values, and a policy (indices into the rows) that attains them.
#[derive(Debug)]
pub(crate) struct Optimum {
    pub values: Fractions,
    pub policy: Vec<usize>,
    pub iterations: usize,
}

/// Maximises, starting from a proper policy. `ends` tells whether every policy is proper whatever the graph says (as with
/// a discount).
pub(crate) fn maximise(problem: &Problem, mut policy: Vec<usize>, ends: bool) -> Result<Optimum> {
    let mut iterations = 0;
    loop {
        if !ends && !is_proper(problem, &policy) {
            return Err(Error::NotApplicable {
                method: "exact arithmetic",
                reason:
                    "stored rows in an end component do not sum to exactly one, so that a policy that never ends looks \
                         better than it is; read the numbers as intended"
                        .into(),
            });
        }
        let values = evaluate(problem, &policy)?;
        iterations += 1;
        if !improve(problem, &values, &mut policy) {
            return Ok(Optimum { values, policy, iterations });
        }
    }
}

/// Switches to the best row where it is strictly better; whether there was one.
fn improve(problem: &Problem, values: &Fractions, policy: &mut [usize]) -> bool {
    let mut switched = false;
    for (s, options) in problem.options.iter().enumerate() {
        // Advantages are compared with their scales multiplied crosswise.
        let mut best: Option<(BigInt, usize)> = None;
        for &c in options {
            let row = &problem.rows[c];
            let advantage = row.image(values) - &row.scale * &values.numerators[s];
            let better = match &best {
                None => advantage.is_positive(),
                Some((most, other)) => &advantage * &problem.rows[*other].scale > most * &row.scale,
            };
            if better {
                best = Some((advantage, c));
            }
        }
        if let Some((_, c)) = best {
            policy[s] = c;
            switched = true;
        }
    }
    switched
}

/// Whether from every state the policy gets to a row that can end.
fn is_proper(problem: &Problem, policy: &[usize]) -> bool {
    let mut ends: Vec<bool> = policy.iter().map(|&row| problem.escapes[row]).collect();
    loop {
        let before = ends.iter().filter(|x| **x).count();
        for s in 0..policy.len() {
            ends[s] = ends[s] || problem.rows[policy[s]].next.iter().any(|(t, _)| ends[*t]);
        }
        let after = ends.iter().filter(|x| **x).count();
        if after == before {
            return after == policy.len();
        }
    }
}

/// The solution of `(I − P_π) v = r_π`.
///
/// # Errors
/// A system that is too large or singular, or rows of more than one so large that the expected rewards grow without bound
/// (`I − P_π` has no non-negative inverse: Berman and Plemmons 1994, theorem 6.2.3).
pub(crate) fn evaluate(problem: &Problem, policy: &[usize]) -> Result<Fractions> {
    let rows: Vec<&Row> = policy.iter().map(|&c| &problem.rows[c]).collect();
    let system = Lifting::new(equations(&rows)?)?;
    if rows.iter().any(|row| row.outweighs()) {
        // An M-matrix maps some x > 0 to a positive vector: x = 1 + P x.
        let scales: Vec<BigInt> = rows.iter().map(|row| row.scale.clone()).collect();
        if system.solve(&scales).numerators.iter().any(|x| !x.is_positive()) {
            return Err(Error::NotApplicable {
                method: "exact arithmetic",
                reason:
                    "stored rows sum to more than one, and the values grow without bound; read the numbers as intended"
                        .into(),
            });
        }
    }
    let rewards: Vec<BigInt> = rows.iter().map(|row| row.reward.clone()).collect();
    Ok(system.solve(&rewards))
}

/// `scale (I − P)`, row by row.
pub(crate) fn equations(rows: &[&Row]) -> Result<Vec<IntegerRow>> {
    if rows.len() > LARGEST_SYSTEM {
        return Err(Error::NotApplicable {
            method: "exact arithmetic",
            reason: format!("{} states have to be solved at once; it is for at most {LARGEST_SYSTEM}", rows.len()),
        });
    }
    let equation = |(s, row): (usize, &&Row)| {
        let mut entries: IntegerRow = row.next.iter().map(|(t, w)| (*t, -w)).collect();
        entries.push((s, row.scale.clone()));
        entries
    };
    Ok(rows.iter().enumerate().map(equation).collect())
}
