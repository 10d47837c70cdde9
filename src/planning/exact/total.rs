//! The undiscounted total reward, exactly.
//!
//! Rewards are maximised here; [`super::solve`] turns them to minimise. `−∞` for missing the goal turns into `+∞`.
//!
//! **With a goal that must be reached** (missing it is worth `−∞`): outside the states from which some policy reaches the goal
//! with probability one, the value is `−∞`. Among them, with the choices that stay among them, a state that can get to an end
//! component of positive gain is worth `+∞`: go round as long as you please, then to the goal. What is left has no end
//! component of positive gain, and policy iteration over proper policies solves it.
//!
//! **With a goal that is better missed** (worth `+∞`; no reward is negative): the value is `+∞` unless every policy reaches the
//! goal with probability one, and there every policy is proper.
//!
//! **For ever** (Puterman 2005, chapter 7): a policy may also stop, worth 0, at a terminal state and within an end component
//! whose choices all earn 0. An end component of positive gain is worth `+∞`. States from which no policy ends in one of the two
//! with probability one are worth `−∞` (a policy that collects both infinities counts as the worse one); among the others, those that can get to a
//! positive gain are worth `+∞`, and for the rest stopping takes the place of the goal. Where rewards go up and down for ever at
//! gain zero, the partial sums of a policy need not have a limit, and this is an error, not a number.

use num_traits::Zero;

use super::average;
use super::improvement::{Problem, maximise};
use super::table::Table;
use super::{Answer, Value, graph};
use crate::{Error, Result};

/// The largest total until the goal, missing it being worth `−∞`, or `+∞` if `missed_is_best`.
pub(super) fn until(table: &Table, goal: &[bool], missed_is_best: bool) -> Result<Answer> {
    let states = table.num_states();
    let every = vec![true; table.rows.len()];
    if missed_is_best {
        let always = graph::certainly(table, goal);
        let away = avoiding(table, goal, &always);
        let mut answer = Answer::new(table, &away);
        (0..states).filter(|&s| !always[s]).for_each(|s| answer.values[s] = Value::PlusInfinity);
        let unknown: Vec<bool> = (0..states).map(|s| always[s] && !goal[s]).collect();
        let problem = Problem::restrict(table, &unknown, &every, &vec![false; states], &vec![false; states]);
        let optimum = maximise(&problem, problem.policy(|_| None), false)?;
        answer.take(&problem, &optimum);
        return Ok(answer);
    }
    let (sure, nearer) = graph::almost_surely(table, goal);
    let mut allowed = graph::staying(table, &sure, &every);
    (0..states).filter(|&s| goal[s] || !sure[s]).for_each(|s| allowed[table.choices[s].clone()].fill(false));
    let mut answer = Answer::new(table, &nearer);
    (0..states).filter(|&s| !sure[s]).for_each(|s| answer.values[s] = Value::MinusInfinity);
    let (mut best, mut towards) = (vec![false; states], vec![None; states]);
    if table.rows.iter().any(|row| row.reward > Zero::zero()) {
        for component in average::components(table, &allowed)?.iter().filter(|component| component.gain > Zero::zero())
        {
            component.members().for_each(|(s, c)| (best[s], towards[s]) = (true, Some(c)));
        }
    }
    let (endless, path) = graph::attractor(table, &best, &allowed);
    for s in (0..states).filter(|&s| endless[s]) {
        (answer.values[s], answer.policy[s]) = (Value::PlusInfinity, towards[s].or(path[s]));
    }
    let unknown: Vec<bool> = (0..states).map(|s| sure[s] && !goal[s] && !endless[s]).collect();
    let none = vec![false; states];
    let problem = Problem::restrict(table, &unknown, &allowed, &none, &none);
    let optimum = maximise(&problem, problem.policy(|s| nearer[s]), false)?;
    answer.take(&problem, &optimum);
    Ok(answer)
}

/// A policy that misses the goal with positive probability wherever it can.
fn avoiding(table: &Table, goal: &[bool], always: &[bool]) -> Vec<Option<usize>> {
    let mut allowed = vec![true; table.rows.len()];
    (0..goal.len()).filter(|&s| goal[s] || always[s]).for_each(|s| allowed[table.choices[s].clone()].fill(false));
    let away = graph::avoidable(table, goal);
    let stays = graph::staying(table, &away, &vec![true; table.rows.len()]);
    let (_, nearer) = graph::attractor(table, &away, &allowed);
    let choice = |s: usize| if away[s] { table.choices[s].clone().find(|&c| stays[c]) } else { nearer[s] };
    (0..goal.len()).map(choice).collect()
}

/// The largest total for ever.
pub(super) fn forever(table: &Table) -> Result<Answer> {
    let states = table.num_states();
    let every = vec![true; table.rows.len()];
    let components = average::components(table, &every)?;
    if components.iter().any(|component| component.gain.is_zero() && component.swings) {
        return Err(Error::NotApplicable {
            method: "the total reward",
            reason: "rewards go up and down for ever at gain zero, so that partial sums need not have a limit; name a goal, \
                     or ask for the average"
                .into(),
        });
    }
    // Where a policy may stop: in end components that earn nothing.
    let unpaid: Vec<bool> = table.rows.iter().map(|row| row.reward.is_zero()).collect();
    let (idle, _, rests) = graph::end_components(table, &unpaid);
    let stops: Vec<bool> = idle.iter().map(|&i| i != graph::NOWHERE).collect();
    let resting = |s: usize| table.choices[s].clone().find(|&c| rests[c]);
    let (mut best, mut towards) = (vec![false; states], vec![None; states]);
    for component in components.iter().filter(|component| component.gain > Zero::zero()) {
        component.members().for_each(|(s, c)| (best[s], towards[s]) = (true, Some(c)));
    }
    let ends: Vec<bool> = (0..states).map(|s| stops[s] || best[s] || table.is_terminal(s)).collect();
    let (sure, nearer) = graph::almost_surely(table, &ends);
    let allowed = graph::staying(table, &sure, &every);
    let (endless, path) = graph::attractor(table, &best, &allowed);
    let mut answer = Answer::new(table, &nearer);
    for s in 0..states {
        if endless[s] {
            (answer.values[s], answer.policy[s]) = (Value::PlusInfinity, towards[s].or(path[s]).or(nearer[s]));
        } else if !sure[s] {
            answer.values[s] = Value::MinusInfinity;
        }
    }
    let unknown: Vec<bool> = (0..states).map(|s| sure[s] && !endless[s] && !table.is_terminal(s)).collect();
    let problem = Problem::restrict(table, &unknown, &allowed, &stops, &vec![false; states]);
    let optimum = maximise(&problem, problem.policy(|s| if stops[s] { None } else { nearer[s] }), false)?;
    answer.take(&problem, &optimum);
    for s in (0..states).filter(|&s| unknown[s]) {
        answer.policy[s] = answer.policy[s].or_else(|| resting(s));
    }
    Ok(answer)
}
