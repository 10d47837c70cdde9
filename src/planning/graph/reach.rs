//! Where a goal is reached with probability zero or one, for the best and for the worst policy.
//!
//! A goal counts as reached where it stands, whatever its choices; a state without choices that is not in the goal never
//! reaches it. (De Alfaro 1997, section 3.3; Baier and Katoen 2008, section 10.6.1.) All vectors of truth values have one
//! entry a state.

use super::Predecessors;
use super::pruning::Pruning;
use crate::mdp::{Mdp, NO_CHOICE};

/// The truth values `[S]` of a list of states.
///
/// # Panics
/// If a member is not below `states`.
pub fn membership(states: usize, members: &[u32]) -> Vec<bool> {
    let mut is_in = vec![false; states];
    members.iter().for_each(|&s| is_in[s as usize] = true);
    is_in
}

/// The states from which the choices allowed lead to `targets` with positive probability. `found` is told every such state
/// outside `targets`, nearest first, with a choice that gets nearer.
pub(in crate::planning) fn attraction(
    predecessors: &Predecessors,
    targets: &[bool],
    allowed: impl Fn(usize) -> bool,
    mut found: impl FnMut(usize, u32),
) -> Vec<bool> {
    let mut reached = targets.to_vec();
    let mut queue: Vec<u32> = (0..targets.len() as u32).filter(|&s| targets[s as usize]).collect();
    let mut head = 0;
    while head < queue.len() {
        for &c in predecessors.of(queue[head] as usize) {
            let s = predecessors.owner(c as usize);
            if !reached[s] && allowed(c as usize) {
                reached[s] = true;
                found(s, c);
                queue.push(s as u32);
            }
        }
        head += 1;
    }
    reached
}

/// The states that some policy visits with positive probability from the initial distribution. Cost `O(B)`.
pub(in crate::planning) fn reachable(mdp: &Mdp) -> Vec<bool> {
    let mut stack: Vec<u32> = mdp.initial().iter().map(|&(s, _)| s).collect();
    let mut reached = membership(mdp.num_states(), &stack);
    while let Some(s) = stack.pop() {
        for (t, _) in mdp.choices(s as usize).flat_map(|c| mdp.branches(c)).filter(|&(_, p)| p > 0.0) {
            if !reached[t] {
                reached[t] = true;
                stack.push(t as u32);
            }
        }
    }
    reached
}

fn complement(mut states: Vec<bool>) -> Vec<bool> {
    states.iter_mut().for_each(|x| *x = !*x);
    states
}

/// Prob0A: the states from which no policy reaches the goal, `P_max = 0`. Cost `O(B)`.
pub fn prob0_all(predecessors: &Predecessors, goal: &[bool]) -> Vec<bool> {
    complement(attraction(predecessors, goal, |_| true, |_, _| ()))
}

/// Prob0E: the states from which some policy never reaches the goal, `P_min = 0`. A choice all of whose branches stay in
/// the set is such a policy. Cost `O(B)`.
pub fn prob0_some(mdp: &Mdp, predecessors: &Predecessors, goal: &[bool]) -> Vec<bool> {
    // Positive for every policy: in the goal, or with choices that all have a branch to such a state.
    let mut positive = goal.to_vec();
    let mut free: Vec<u32> = (0..goal.len()).map(|s| mdp.choices(s).len() as u32).collect();
    let mut caught = vec![false; mdp.num_choices()];
    let mut stack: Vec<u32> = (0..goal.len() as u32).filter(|&s| goal[s as usize]).collect();
    while let Some(t) = stack.pop() {
        for &c in predecessors.of(t as usize) {
            if std::mem::replace(&mut caught[c as usize], true) {
                continue;
            }
            let s = predecessors.owner(c as usize);
            free[s] -= 1;
            if free[s] == 0 && !positive[s] {
                positive[s] = true;
                stack.push(s as u32);
            }
        }
    }
    complement(positive)
}

/// Prob1A: the states from which every policy reaches the goal with probability one, `P_min = 1`. Cost `O(B)`.
pub fn prob1_all(mdp: &Mdp, predecessors: &Predecessors, goal: &[bool]) -> Vec<bool> {
    // A policy misses the goal if it can get to where one never reaches it.
    let never = prob0_some(mdp, predecessors, goal);
    complement(attraction(predecessors, &never, |c| !goal[predecessors.owner(c)], |_, _| ()))
}

/// Prob1E: the states from which some policy reaches the goal with probability one, `P_max = 1`, and such a policy for
/// all of them at once: in each of these states that is not in the goal a choice that stays among them and gets nearer
/// ([`NO_CHOICE`](crate::mdp::NO_CHOICE) elsewhere). Cost `O(B)` a round.
pub fn prob1_some(mdp: &Mdp, predecessors: &Predecessors, goal: &[bool]) -> (Vec<bool>, Vec<u32>) {
    let states = goal.len();
    let usable = (0..mdp.num_choices()).map(|c| !goal[predecessors.owner(c)]).collect();
    let mut pruning = Pruning::new(mdp, predecessors, usable);
    let stuck = |s: &usize| mdp.is_terminal(*s) && !goal[*s];
    (0..states).filter(stuck).for_each(|s| pruning.gone.push(s as u32));
    loop {
        pruning.cascade();
        let mut policy = vec![NO_CHOICE; states];
        let reached = attraction(predecessors, goal, |c| pruning.usable[c], |s, c| policy[s] = c);
        let lost = |s: &usize| !reached[*s] && pruning.choices_left[*s] > 0;
        let lost: Vec<usize> = (0..states).filter(lost).collect();
        if lost.is_empty() {
            return (reached, policy);
        }
        lost.into_iter().for_each(|s| pruning.remove_state(mdp, s));
    }
}
