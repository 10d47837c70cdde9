//! The probability of a goal, exactly.
//!
//! Where the goal is reached with probability 0 or 1, the graph says so; elsewhere the value solves the optimality equation.
//! To maximise, policy iteration starts from a policy that can reach the goal from everywhere and keeps that property; the
//! end is a fixed point above the least one, attained by a policy, hence the value. To minimise, no policy can avoid the
//! goal in the states that remain, so all are proper. (De Alfaro 1997; Baier and Katoen 2008, section 10.6.1.)

use super::improvement::{Problem, maximise};
use super::table::Table;
use super::{Answer, Value, graph};
use crate::Result;

/// The largest probability, or the smallest.
pub(super) fn solve(table: &Table, goal: &[bool], minimise: bool) -> Result<Answer> {
    let states = table.num_states();
    let every = vec![true; table.rows.len()];
    let (nearer, never, always);
    if minimise {
        never = graph::avoidable(table, goal);
        always = graph::certainly(table, goal);
        // Avoiding takes a choice that stays where it can be avoided.
        let stays = graph::staying(table, &never, &every);
        nearer = (0..states).map(|s| table.choices[s].clone().find(|&c| stays[c])).collect();
    } else {
        let (reached, some) = graph::attractor(table, goal, &every);
        never = reached.iter().map(|x| !x).collect::<Vec<bool>>();
        let (sure, surely) = graph::almost_surely(table, goal);
        nearer = (0..states).map(|s| if sure[s] { surely[s] } else { some[s] }).collect::<Vec<Option<usize>>>();
        always = sure;
    }
    let unknown: Vec<bool> = (0..states).map(|s| !never[s] && !always[s]).collect();
    let mut answer = Answer::new(table, &nearer);
    (0..states).filter(|&s| always[s]).for_each(|s| answer.values[s] = Value::one());
    let problem = Problem::restrict(table, &unknown, &every, &vec![false; states], &always);
    let mut start = problem.policy(|s| nearer[s]);
    let mut signed = problem;
    if minimise {
        signed.rows.iter_mut().for_each(|row| *row = row.negated());
        start = signed.policy(|_| None);
    }
    let optimum = maximise(&signed, start, false)?;
    answer.take(&signed, &optimum);
    if minimise {
        signed.states.iter().for_each(|&s| answer.values[s] = answer.values[s].negated());
    }
    Ok(answer)
}
