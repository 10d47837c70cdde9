//! Discounted and finite-horizon values, exactly.

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Zero};

use super::improvement::{Problem, maximise};
use super::lifting::Fractions;
use super::table::Table;
use super::{Answer, Value, average, refused};
use crate::Result;
use crate::mdp::{DecisionRule, NO_CHOICE};

/// Most bits that the values of a finite horizon may have together.
const MOST_BITS: u64 = 1 << 31;

/// The largest discounted value; the weights of `table` hold the discount.
pub(super) fn infinite(table: &Table) -> Result<Answer> {
    let problem: Problem = average::whole(table);
    if let Some(row) = problem.rows.iter().find(|row| row.next.iter().map(|(_, w)| w).sum::<BigInt>() >= row.scale) {
        return Err(refused(format!(
            "the discount times a row sum is {}, not below one; normalise the rows or lower the discount",
            BigRational::new(row.next.iter().map(|(_, w)| w).sum(), row.scale.clone())
        )));
    }
    let optimum = maximise(&problem, problem.policy(|_| None), true)?;
    let mut answer = Answer::new(table, &vec![None; table.num_states()]);
    answer.take(&problem, &optimum);
    Ok(answer)
}

/// The largest value over `horizon` steps, and a rule for each of them.
///
/// All values of a stage share the denominator `Lᵗ`, with `L` the common denominator of the table and `t` the steps to go.
pub(super) fn finite(table: &Table, horizon: usize) -> Result<(Answer, Vec<DecisionRule>)> {
    let states = table.num_states();
    let common = table.rows.iter().fold(BigInt::one(), |common, row| common.lcm(&row.scale));
    let bits = common.bits().saturating_mul(horizon as u64).saturating_mul(states as u64);
    if bits.saturating_add((horizon as u64).saturating_mul(32 * states as u64)) > MOST_BITS {
        return Err(refused(format!(
            "fractions over {horizon} steps would have {} bits in each of {states} states; shorten the horizon",
            common.bits().saturating_mul(horizon as u64)
        )));
    }
    let factors: Vec<BigInt> = table.rows.iter().map(|row| &common / &row.scale).collect();
    let mut values = Fractions { numerators: vec![BigInt::zero(); states], denominator: BigInt::one() };
    let mut rules = Vec::with_capacity(horizon);
    for _ in 0..horizon {
        let mut next = vec![BigInt::zero(); states];
        let mut rule = vec![NO_CHOICE; states];
        for s in 0..states {
            for c in table.choices[s].clone() {
                let value = table.rows[c].image(&values) * &factors[c];
                if rule[s] == NO_CHOICE || value > next[s] {
                    (next[s], rule[s]) = (value, c as u32);
                }
            }
        }
        values = Fractions { numerators: next, denominator: &values.denominator * &common };
        rules.push(DecisionRule::Deterministic(rule));
    }
    rules.reverse();
    let mut answer = Answer::new(table, &vec![None; states]);
    for (value, x) in answer.values.iter_mut().zip(values.numerators) {
        *value = Value::Finite(BigRational::new(x, values.denominator.clone()));
    }
    answer.iterations = horizon;
    Ok((answer, rules))
}
