//! From the law of one step to the table: reachable states, breadth first.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::{Branches, CsrParts, Mdp, Model};
use crate::{Error, Result};

/// A model's table and the state behind each row.
#[derive(Debug, Clone)]
pub struct Enumeration<S> {
    /// The table.
    pub mdp: Mdp,
    /// The model's state of each index, in breadth-first order. Terminal states are states reached with the terminal flag.
    pub states: Vec<S>,
}

/// Enumerates the states reachable from the initial distribution, in breadth-first order (initial states first, then by
/// predecessor, action and branch), and builds the table.
///
/// A state reached with the terminal flag becomes a state without choices; if the same state is also reached without the
/// flag, the two are different rows. Cost: one call of `step_law` for every choice.
///
/// # Errors
/// [`Error::StateLimit`] beyond `limit` states, and whatever the table's validation finds.
pub fn enumerate<M: Model>(model: &M, limit: usize) -> Result<Enumeration<M::State>> {
    let mut index: HashMap<(M::State, bool), u32> = HashMap::new();
    let mut states: Vec<M::State> = Vec::new();
    let mut terminal: Vec<bool> = Vec::new();
    let mut find = |state: M::State, ends: bool, states: &mut Vec<M::State>, terminal: &mut Vec<bool>| -> Result<u32> {
        match index.entry((state, ends)) {
            Entry::Occupied(entry) => Ok(*entry.get()),
            Entry::Vacant(entry) => {
                if states.len() >= limit {
                    return Err(Error::StateLimit { limit });
                }
                states.push(state);
                terminal.push(ends);
                Ok(*entry.insert(states.len() as u32 - 1))
            }
        }
    };
    let mut parts = CsrParts { choice_start: vec![0], branch_start: vec![0], ..CsrParts::default() };
    for (p, state) in model.initial() {
        let s = find(state, false, &mut states, &mut terminal)?;
        parts.initial.push((s, p));
    }
    let actions = model.num_actions();
    let mut action_of = Vec::new();
    let mut branch_reward = Vec::new();
    let (mut depends_on_branch, mut consecutive) = (false, true);
    let mut branches: Branches<M::State> = Branches::new();
    let mut s = 0;
    while s < states.len() {
        let before = action_of.len();
        for a in 0..actions {
            if terminal[s] || !model.allows(states[s], a) {
                continue;
            }
            branches.clear();
            model.step_law(states[s], a, &mut branches);
            let first = parts.next.len();
            let mut expected = 0.0;
            for branch in branches.iter().filter(|b| b.probability != 0.0) {
                let t = find(branch.next, branch.terminal, &mut states, &mut terminal)?;
                expected += branch.probability * branch.reward;
                match (first..parts.next.len()).find(|&b| parts.next[b] == t && branch_reward[b] == branch.reward) {
                    Some(b) => parts.probability[b] += branch.probability,
                    None => {
                        parts.next.push(t);
                        parts.probability.push(branch.probability);
                        branch_reward.push(branch.reward);
                    }
                }
            }
            let same = branch_reward[first..].windows(2).all(|w| w[0] == w[1]);
            depends_on_branch |= !same;
            parts.reward.push(if same { branch_reward.get(first).copied().unwrap_or(0.0) } else { expected });
            parts.branch_start.push(parts.next.len() as u32);
            consecutive &= action_of.len() - before == a;
            action_of.push(a as u32);
        }
        if action_of.len() == before && !terminal[s] {
            return Err(Error::EmptyState { state: s });
        }
        parts.choice_start.push(action_of.len() as u32);
        s += 1;
    }
    for (s, &state) in states.iter().enumerate() {
        model.labels(state).into_iter().for_each(|label| parts.labels.entry(label).or_default().push(s as u32));
    }
    parts.action = (!consecutive).then_some(action_of);
    parts.branch_reward = depends_on_branch.then_some(branch_reward);
    Ok(Enumeration { mdp: Mdp::from_csr(parts)?, states })
}
