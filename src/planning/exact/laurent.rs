//! Policies compared near discount one, exactly.
//!
//! With the interest rate `ρ = (1 − γ) / γ`, the discounted value of a stationary policy is a Laurent series for all small `ρ`
//! (Miller and Veinott 1969; Puterman 2005, theorem 8.2.3):
//! ```text
//! v_γ = (1 + ρ) Σ_{n ≥ −1} ρⁿ y_n      y_{−1} = gain      y_0 = bias
//! (I − P) y_{−1} = 0,    (I − P) y_0 = r − y_{−1},    (I − P) y_n = −y_{n−1},    P* y_n = 0 for n ≥ 0
//! ```
//! A recurrent class with one state's unknown replaced by the gain is a regular system; the condition `P* y_n = 0` fixes the
//! constant, which is read off the gain of the next system. Transient states follow.
//!
//! An action of state `s` that takes the place of the policy's own for one step changes the value by a series with the
//! coefficients (Puterman 2005, section 10.3)
//! ```text
//! ψ_{−1} = P y_{−1} − y_{−1}(s)     ψ_0 = r + P y_0 − y_0(s) − y_{−1}(s)     ψ_n = P y_n − y_n(s) − y_{n−1}(s)
//! ```
//! If the first that is not zero is positive, the change is positive for every `γ` near one, and switching improves the policy
//! near one whatever other states do. So policies rise strictly and none comes twice. When no action of any state is left, the
//! policy is optimal up to that level: up to level 0, its gain is the largest (Puterman 2005, theorem 9.1.2 and proposition
//! 9.1.1).

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

use super::graph::{self, NOWHERE};
use super::improvement::{Problem, equations};
use super::lifting::Lifting;
use super::table::{Row, Table};
use crate::Result;

/// The coefficients of a policy, computed one after another.
#[derive(Debug)]
pub(crate) struct Series<'a> {
    rows: Vec<&'a Row>,
    classes: Vec<Class>,
    /// The states in no recurrent class, and their system.
    transient: Vec<usize>,
    system: Lifting,
    /// `y_n` up to a constant on each recurrent class, by state; of transient states nothing yet.
    pending: Vec<BigRational>,
    /// The coefficients so far, from `y_{−1}`.
    pub terms: Vec<Vec<BigRational>>,
}

/// A recurrent class; the unknown of its first state stands for the gain.
#[derive(Debug)]
struct Class {
    states: Vec<usize>,
    system: Lifting,
}

impl<'a> Series<'a> {
    /// The series of the policy that takes `rows[s]` in state `s`, up to the gain. Rows must sum to one where they do not
    /// escape.
    pub fn new(problem: &'a Problem, policy: &[usize]) -> Result<Series<'a>> {
        let rows: Vec<&Row> = policy.iter().map(|&c| &problem.rows[c]).collect();
        let n = rows.len();
        let chain =
            Table { choices: (0..n).map(|s| s..s + 1).collect(), rows: rows.iter().map(|&row| row.clone()).collect() };
        // In a chain, an end component is a recurrent class.
        let kept: Vec<bool> = policy.iter().map(|&c| !problem.escapes[c]).collect();
        let (of, count, _) = graph::end_components(&chain, &kept);
        let mut members = vec![Vec::new(); count];
        (0..n).filter(|&s| of[s] != NOWHERE).for_each(|s| members[of[s]].push(s));
        let mut classes = Vec::with_capacity(count);
        for states in members {
            let part = part(&rows, &states);
            let mut matrix = equations(&part.iter().collect::<Vec<&Row>>())?;
            for (row, equation) in part.iter().zip(&mut matrix) {
                equation.retain(|(t, _)| *t != 0);
                equation.push((0, row.scale.clone()));
            }
            classes.push(Class { states, system: Lifting::new(matrix)? });
        }
        let transient: Vec<usize> = (0..n).filter(|&s| of[s] == NOWHERE).collect();
        let system = Lifting::new(equations(&part(&rows, &transient).iter().collect::<Vec<&Row>>())?)?;
        let zero = vec![BigRational::zero(); n];
        let mut series = Series { rows, classes, transient, system, pending: zero.clone(), terms: Vec::new() };
        let rewards: Vec<BigRational> = series.rows.iter().map(|row| row.expected_reward()).collect();
        let (gain, pending) = series.solve_classes(&rewards);
        series.pending = pending;
        series.push(gain, &zero);
        Ok(series)
    }

    /// Computes one more coefficient.
    pub fn extend(&mut self) {
        let negative: Vec<BigRational> = self.pending.iter().map(|x| -x).collect();
        let (constant, next) = self.solve_classes(&negative);
        let mut term = std::mem::replace(&mut self.pending, next);
        term.iter_mut().zip(constant).for_each(|(x, c)| *x += c);
        let mut right: Vec<BigRational> = self.terms[self.terms.len() - 1].iter().map(|x| -x).collect();
        if self.terms.len() == 1 {
            for (b, row) in right.iter_mut().zip(&self.rows) {
                *b += row.expected_reward();
            }
        }
        self.push(term, &right);
    }

    /// Adds a coefficient known on the recurrent classes, solving `y = right + P y` on the transient states.
    fn push(&mut self, mut term: Vec<BigRational>, right: &[BigRational]) {
        self.transient.iter().for_each(|&s| term[s] = BigRational::zero());
        let known: Vec<BigRational> =
            self.transient.iter().map(|&s| right[s].clone() + expect(self.rows[s], &term)).collect();
        let scales = self.transient.iter().map(|&s| &self.rows[s].scale);
        for (&s, x) in self.transient.iter().zip(solve(&self.system, scales, &known)) {
            term[s] = x;
        }
        self.terms.push(term);
    }

    /// For the chain with rewards `b`: its gain, and `x` with `(I − P) x = b − gain` and 0 in the first state of each class,
    /// on the recurrent classes.
    fn solve_classes(&self, b: &[BigRational]) -> (Vec<BigRational>, Vec<BigRational>) {
        let (mut gain, mut x) = (vec![BigRational::zero(); b.len()], vec![BigRational::zero(); b.len()]);
        for class in &self.classes {
            let right: Vec<BigRational> = class.states.iter().map(|&s| b[s].clone()).collect();
            let mut found = solve(&class.system, class.states.iter().map(|&s| &self.rows[s].scale), &right);
            let own = std::mem::take(&mut found[0]);
            for (&s, value) in class.states.iter().zip(found) {
                (gain[s], x[s]) = (own.clone(), value);
            }
        }
        (gain, x)
    }

    /// `ψ` of `row` in state `s` for the last coefficient computed.
    pub fn advantage(&self, s: usize, row: &Row) -> BigRational {
        let level = self.terms.len() - 1;
        let mut change = expect(row, &self.terms[level]) - &self.terms[level][s];
        if level >= 1 {
            change -= &self.terms[level - 1][s];
        }
        if level == 1 {
            change += row.expected_reward();
        }
        change
    }

    /// Of rows with `ψ_{−1} = ψ_0 = 0`, drops those with `ψ_n = 0` for all `n`.
    ///
    /// With `c` the difference of probabilities from the policy's own row, `ψ_n = c · y_n` for `n ≥ 1`. On the range of
    /// `I − P`, of as many dimensions as there are states without recurrent classes, `I − P` is invertible and maps `y_{n+1}`
    /// to `−y_n`. So by Cayley and Hamilton the `y_n` with `n ≥ 1` span the same space as `Pᵏ y_0` for `k` below that
    /// dimension, and `c` has to be orthogonal to these. They are computed in integers, each times some number.
    fn drop_equal(&self, problem: &Problem, tied: &mut [Vec<usize>]) {
        let bias = &self.terms[1];
        let common = bias.iter().fold(BigInt::one(), |common, x| common.lcm(x.denom()));
        let mut x: Vec<BigInt> = bias.iter().map(|x| x.numer() * (&common / x.denom())).collect();
        let common = self.rows.iter().fold(BigInt::one(), |common, row| common.lcm(&row.scale));
        let mut equal = tied.to_vec();
        for _ in 0..bias.len() - self.classes.len() {
            let image: Vec<BigInt> = self.rows.iter().map(|own| own.weigh(&x)).collect();
            for ((rows, own), y) in equal.iter_mut().zip(&self.rows).zip(&image) {
                rows.retain(|&row| problem.rows[row].weigh(&x) * &own.scale == y * &problem.rows[row].scale);
            }
            if equal.iter().all(Vec::is_empty) {
                return;
            }
            x = image.into_iter().zip(&self.rows).map(|(y, own)| y * (&common / &own.scale)).collect();
        }
        tied.iter_mut().zip(&equal).for_each(|(rows, equal)| rows.retain(|row| !equal.contains(row)));
    }
}

/// The rows of some states, restricted to them and renumbered.
fn part(rows: &[&Row], states: &[usize]) -> Vec<Row> {
    let index = |t: &usize| states.binary_search(t).ok();
    let restricted = |&s: &usize| Row {
        next: rows[s].next.iter().filter_map(|(t, w)| Some((index(t)?, w.clone()))).collect(),
        ..rows[s].clone()
    };
    states.iter().map(restricted).collect()
}

/// `P x` of a row.
pub(crate) fn expect(row: &Row, x: &[BigRational]) -> BigRational {
    let sum: BigRational = row.next.iter().map(|(t, w)| &x[*t] * w).sum();
    sum / &row.scale
}

/// Solves the system whose rows were multiplied by `scales`.
fn solve<'a>(system: &Lifting, scales: impl Iterator<Item = &'a BigInt>, right: &[BigRational]) -> Vec<BigRational> {
    let common = right.iter().fold(BigInt::one(), |common, x| common.lcm(x.denom()));
    let b: Vec<BigInt> = right.iter().zip(scales).map(|(x, scale)| x.numer() * (&common / x.denom()) * scale).collect();
    let found = system.solve(&b);
    let denominator = found.denominator * common;
    found.numerators.into_iter().map(|x| BigRational::new(x, denominator.clone())).collect()
}

/// A policy that is optimal up to a level.
#[derive(Debug)]
pub(crate) struct NearOne {
    /// Row of each state.
    pub policy: Vec<usize>,
    /// Its coefficients, from `y_{−1}`, at least up to `y_0`.
    pub terms: Vec<Vec<BigRational>>,
    /// Policies evaluated.
    pub iterations: usize,
}

/// Policy iteration by the coefficients `ψ_{−1}` to `ψ_levels`, from the given policy; no further than is needed to tell
/// all actions apart that ever differ.
pub(crate) fn maximise(problem: &Problem, mut policy: Vec<usize>, levels: usize) -> Result<NearOne> {
    let mut iterations = 0;
    'policies: loop {
        let mut series = Series::new(problem, &policy)?;
        iterations += 1;
        // The rows that are as good as the policy's own up to the level reached.
        let mut tied: Vec<Vec<usize>> = problem.options.clone();
        tied.iter_mut().zip(&policy).for_each(|(rows, own)| rows.retain(|row| row != own));
        for level in 0..levels + 2 {
            if level > 0 {
                series.extend();
            }
            let mut switched = false;
            let mut next = policy.clone();
            for (s, rows) in tied.iter_mut().enumerate() {
                let mut best = BigRational::zero();
                rows.retain(|&row| {
                    let change = series.advantage(s, &problem.rows[row]);
                    if change > best {
                        (best, next[s], switched) = (change.clone(), row, true);
                    }
                    !change.is_negative()
                });
            }
            if switched {
                policy = next;
                continue 'policies;
            }
            if level == 1 && levels > 0 {
                series.drop_equal(problem, &mut tied);
            }
            if level > 0 && tied.iter().all(Vec::is_empty) {
                break;
            }
        }
        return Ok(NearOne { policy, terms: series.terms, iterations });
    }
}

/// All the rows that a problem's states may take, as a table of its own.
pub(crate) fn as_table(problem: &Problem) -> Table {
    let range = |options: &Vec<usize>| match (options.first(), options.last()) {
        (Some(&first), Some(&last)) => first..last + 1,
        _ => 0..0,
    };
    Table { choices: problem.options.iter().map(range).collect(), rows: problem.rows.clone() }
}
