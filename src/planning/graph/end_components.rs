//! Maximal end components: sets of states in which a policy can stay for ever and reach every state from every other.
//!
//! Strongly connected components, from which choices that can leave are taken away, and states left without a choice with
//! the choices that lead to them, until nothing changes (de Alfaro 1997, algorithm 3.1; Baier and Katoen 2008, algorithm
//! 47). Only components that lost a choice are decomposed again.

use super::pruning::Pruning;
use super::scc::{Components, Search};
use super::{NO_COMPONENT, Predecessors};
use crate::mdp::Mdp;

/// The maximal end components.
#[derive(Debug, Clone, PartialEq)]
pub struct EndComponents {
    /// The end component of each state, `[S]`; [`NO_COMPONENT`](super::NO_COMPONENT) if in none.
    pub of: Vec<u32>,
    /// Whether a choice stays within its end component, `[C]`.
    pub stays: Vec<bool>,
    /// The states, by end component.
    pub states: Vec<u32>,
    /// End component `i` is `states[start[i]..start[i + 1]]`.
    pub start: Vec<u32>,
}

impl EndComponents {
    /// Number of end components.
    pub fn len(&self) -> usize {
        self.start.len() - 1
    }

    /// Whether there is no end component.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The states of end component `i`.
    pub fn states(&self, i: usize) -> &[u32] {
        &self.states[self.start[i] as usize..self.start[i + 1] as usize]
    }
}

/// The maximal end components made of the choices that are true in `usable` (`[C]`). A state without choices is in none.
/// Cost `O(S + B)` a round; a round decomposes the components that changed in the last one.
///
/// # Panics
/// If `usable` does not have one entry a choice.
pub fn end_components(mdp: &Mdp, predecessors: &Predecessors, usable: Vec<bool>) -> EndComponents {
    assert_eq!(usable.len(), mdp.num_choices(), "one entry a choice");
    let states = mdp.num_states();
    let mut pruning = Pruning::new(mdp, predecessors, usable);
    (0..states).filter(|&s| pruning.choices_left[s] == 0).for_each(|s| pruning.gone.push(s as u32));
    pruning.cascade();
    let mut found = EndComponents { of: vec![NO_COMPONENT; states], stays: Vec::new(), states: vec![], start: vec![0] };
    let mut search = Search::new(states);
    let mut active: Vec<u32> = (0..states as u32).collect();
    while !active.is_empty() {
        search.clear();
        let alive = active.iter().copied().filter(|&s| pruning.choices_left[s as usize] > 0);
        search.run(mdp, alive, |c| pruning.usable[c]);
        active.clear();
        // All exits first: a component is as it should be only if no choice had to go.
        let components = &search.components;
        let cut: Vec<bool> = (0..components.len()).map(|i| cut_exits(mdp, &mut pruning, components, i)).collect();
        pruning.cascade();
        for (i, cut) in cut.into_iter().enumerate() {
            let members = components.states(i);
            if cut {
                active.extend(members.iter().filter(|&&s| pruning.choices_left[s as usize] > 0));
            } else {
                let number = found.len() as u32;
                members.iter().for_each(|&s| found.of[s as usize] = number);
                found.states.extend_from_slice(members);
                found.start.push(found.states.len() as u32);
            }
        }
    }
    found.stays = pruning.usable;
    found
}

/// Removes the choices that can leave component `i`; whether there was one.
fn cut_exits(mdp: &Mdp, pruning: &mut Pruning, components: &Components, i: usize) -> bool {
    if components.states(i).len() == mdp.num_states() {
        return false; // there is nothing else to lead to
    }
    let mut cut = false;
    for c in components.states(i).iter().flat_map(|&s| mdp.choices(s as usize)) {
        let leaves = |(t, p): (usize, f64)| p > 0.0 && components.of[t] as usize != i;
        if pruning.usable[c] && mdp.branches(c).any(leaves) {
            pruning.remove_choice(c);
            cut = true;
        }
    }
    cut
}
