//! The long-run average, exactly: multichain policy iteration on gain and bias (Puterman 2005, section 9.2).

use num_rational::BigRational;
use num_traits::Zero;

use super::improvement::Problem;
use super::table::Table;
use super::{Answer, Value, graph, laurent};
use crate::Result;

/// The largest gain. Rows must sum to one.
pub(super) fn solve(table: &Table) -> Result<Answer> {
    let problem = whole(table);
    let found = laurent::maximise(&problem, problem.policy(|_| None), 0)?;
    let mut answer = Answer::new(table, &vec![None; table.num_states()]);
    for (i, &s) in problem.states.iter().enumerate() {
        answer.values[s] = Value::Finite(found.terms[0][i].clone());
        answer.policy[s] = problem.origin[found.policy[i]];
    }
    answer.iterations = found.iterations;
    Ok(answer)
}

/// All states that are not terminal, with all their choices.
pub(crate) fn whole(table: &Table) -> Problem {
    let states = table.num_states();
    let alive: Vec<bool> = (0..states).map(|s| !table.is_terminal(s)).collect();
    let none = vec![false; states];
    Problem::restrict(table, &alive, &vec![true; table.rows.len()], &none, &none)
}

/// A maximal end component and what staying in it is worth.
pub(super) struct Component {
    problem: Problem,
    policy: Vec<usize>,
    /// Its largest gain.
    pub gain: BigRational,
    /// Whether rewards that are not zero can be earned again and again at this gain.
    pub swings: bool,
}

impl Component {
    /// Its states, and the choices of a policy of the largest gain.
    pub fn members(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.problem.states.iter().zip(&self.policy).filter_map(|(&s, &row)| Some((s, self.problem.origin[row]?)))
    }
}

/// The maximal end components of the choices `allowed`. Rows are divided by their sums first.
pub(super) fn components(table: &Table, allowed: &[bool]) -> Result<Vec<Component>> {
    let (of, count, stays) = graph::end_components(table, allowed);
    let table = table.clone().normalised();
    let none = vec![false; of.len()];
    let component = |i: usize| {
        let inside: Vec<bool> = of.iter().map(|&j| j == i).collect();
        let problem = Problem::restrict(&table, &inside, &stays, &none, &none);
        let found = laurent::maximise(&problem, problem.policy(|_| None), 0)?;
        // What a policy of the largest gain may do for ever: rows without a loss, as far as they are end components.
        let own = laurent::as_table(&problem);
        let (gain, bias) = (&found.terms[0], &found.terms[1]);
        let mut tight = vec![false; own.rows.len()];
        for (s, options) in problem.options.iter().enumerate() {
            for &row in options {
                let loss =
                    laurent::expect(&own.rows[row], bias) + own.rows[row].expected_reward() - &bias[s] - &gain[s];
                tight[row] = loss.is_zero();
            }
        }
        let (_, _, again) = graph::end_components(&own, &tight);
        let swings = own.rows.iter().zip(&again).any(|(row, again)| *again && !row.reward.is_zero());
        Ok(Component { gain: gain[0].clone(), swings, policy: found.policy, problem })
    };
    (0..count).map(component).collect()
}
