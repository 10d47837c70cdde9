//! The part of a table that equations have to decide, as a table of its own.
//!
//! Open states only, each end component without rewards drawn together into one state with the choices that leave it, and
//! what is known put at the end: `END` is terminal and worth 0, `ONE` earns the reward of certainty and ends. What results
//! is a problem with discount 1 in which a policy ends with probability one or is worth `−∞`, so that the Bellman equation
//! has one solution (Bertsekas and Tsitsiklis 1991; for probabilities Haddad and Monmege 2018, section 3; for rewards
//! Baier et al. 2017, section 3).
//!
//! States are numbered such that a sweep in that order follows the flow of values: by strongly connected component,
//! successors first, and within a component by the number of steps to what is known.

use super::fate::{Decided, Fate};
use crate::Result;
use crate::mdp::{CsrParts, Mdp, NO_CHOICE};
use crate::planning::graph::{EndComponents, NO_COMPONENT, Predecessors, attraction, strong_components};

/// The reduced table, and what its states and choices stand for.
#[derive(Debug)]
pub(super) struct Core {
    /// The problem to maximise. The last states are `ONE`, for probabilities, and `END`.
    pub mdp: Mdp,
    /// The state of the core that stands for a state, `[S]`; [`NO_CHOICE`] if it is decided.
    pub of: Vec<u32>,
    /// The choice that a choice of the core stands for; [`NO_CHOICE`] for staying for ever, and for that of `ONE`.
    choice: Vec<u32>,
}

impl Core {
    /// Reduces `mdp`, whose rewards are to be maximised. `certainty` is what `ONE` is worth, and
    /// 0 if there is none. Cost `O(S + B)`.
    pub fn new(
        mdp: &Mdp,
        predecessors: &Predecessors,
        decided: &Decided,
        free: &EndComponents,
        certainty: f64,
    ) -> Result<Core> {
        let order = order(mdp, predecessors, decided);
        let (of, members) = number(mdp.num_states(), &order, free);
        let open = members.len();
        let one = open as u32;
        let end = one + u32::from(certainty != 0.0);
        let target = |t: usize| match decided.fate[t] {
            Fate::Open => of[t],
            Fate::One => one,
            _ => end,
        };
        let mut parts = CsrParts { choice_start: vec![0], branch_start: vec![0], ..CsrParts::default() };
        let mut choice = Vec::new();
        for (i, members) in members.iter().enumerate() {
            let members = match members {
                Members::State(s) => std::slice::from_ref(s),
                Members::Component(component) => free.states(*component as usize),
            };
            for c in members.iter().flat_map(|&s| mdp.choices(s as usize)) {
                // A choice that only repeats itself at a cost is never right.
                let repeats = || mdp.branches(c).all(|(t, p)| p == 0.0 || target(t) == i as u32);
                let idle = || !decided.may_stay && mdp.rewards()[c] <= 0.0 && repeats();
                if !decided.usable[c] || free.stays[c] || idle() {
                    continue;
                }
                for (t, p) in mdp.branches(c).filter(|&(_, p)| p > 0.0) {
                    parts.next.push(target(t));
                    parts.probability.push(p);
                }
                parts.branch_start.push(parts.next.len() as u32);
                parts.reward.push(mdp.rewards()[c]);
                choice.push(c as u32);
            }
            let known_no_better = decided.may_stay || parts.reward.len() as u32 == parts.choice_start[i];
            if free.of[members[0] as usize] != NO_COMPONENT && known_no_better {
                end_with(&mut parts, end, 0.0);
                choice.push(NO_CHOICE);
            }
            parts.choice_start.push(parts.reward.len() as u32);
        }
        if certainty != 0.0 {
            end_with(&mut parts, end, certainty);
            choice.push(NO_CHOICE);
            parts.choice_start.push(parts.reward.len() as u32);
        }
        parts.choice_start.push(parts.reward.len() as u32);
        Ok(Core { mdp: Mdp::from_csr(parts)?, of, choice })
    }

    /// The state that ends everything.
    pub fn end(&self) -> usize {
        self.mdp.num_states() - 1
    }

    /// Carries choices of the core over to `policy`, in the states whose core state is `wanted`. In a component drawn
    /// together, the choices that stay lead to the state that owns the choice taken; or go round for ever.
    pub fn lift(
        &self,
        mdp: &Mdp,
        predecessors: &Predecessors,
        free: &EndComponents,
        core_policy: &[u32],
        wanted: impl Fn(usize) -> bool,
        policy: &mut [u32],
    ) {
        let mut doors = vec![false; if free.is_empty() { 0 } else { policy.len() }];
        for s in (0..policy.len()).filter(|&s| self.of[s] != NO_CHOICE && wanted(self.of[s] as usize)) {
            let c = self.choice[core_policy[self.of[s] as usize] as usize];
            if free.of[s] == NO_COMPONENT {
                policy[s] = c;
            } else if c == NO_CHOICE {
                let stays = mdp.choices(s).find(|&c| free.stays[c]);
                policy[s] = stays.map_or(NO_CHOICE, |c| c as u32);
            } else if predecessors.owner(c as usize) == s {
                policy[s] = c;
                doors[s] = true;
            }
        }
        if !free.is_empty() {
            attraction(predecessors, &doors, |c| free.stays[c], |s, c| policy[s] = c);
        }
    }
}

/// One state of the core.
enum Members {
    State(u32),
    Component(u32),
}

/// A choice that ends.
fn end_with(parts: &mut CsrParts, end: u32, reward: f64) {
    parts.next.push(end);
    parts.probability.push(1.0);
    parts.branch_start.push(parts.next.len() as u32);
    parts.reward.push(reward);
}

/// The open states, by strongly connected component and then by distance from what is known.
fn order(mdp: &Mdp, predecessors: &Predecessors, decided: &Decided) -> Vec<u32> {
    let known: Vec<bool> = decided.fate.iter().map(|&fate| fate != Fate::Open).collect();
    let mut nearest = Vec::new();
    let reached = attraction(predecessors, &known, |c| decided.usable[c], |s, _| nearest.push(s as u32));
    nearest.extend((0..known.len() as u32).filter(|&s| !reached[s as usize]));
    let component = strong_components(mdp).of;
    nearest.sort_by_key(|&s| component[s as usize]);
    nearest
}

/// Numbers the states of the core in the order in which their first member comes.
fn number(states: usize, order: &[u32], free: &EndComponents) -> (Vec<u32>, Vec<Members>) {
    let mut of = vec![NO_CHOICE; states];
    let mut members = Vec::new();
    for &s in order.iter() {
        let i = members.len() as u32;
        if of[s as usize] != NO_CHOICE {
            continue;
        }
        match free.of[s as usize] {
            NO_COMPONENT => {
                of[s as usize] = i;
                members.push(Members::State(s));
            }
            component => {
                free.states(component as usize).iter().for_each(|&s| of[s as usize] = i);
                members.push(Members::Component(component));
            }
        }
    }
    (of, members)
}
