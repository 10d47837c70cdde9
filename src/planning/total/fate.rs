//! Which states the graph decides, and which choices are left to the others.
//!
//! Everything is said in terms of maximising `r`, where `r` is the reward, or its negative if we minimise.
//!
//! **Until a goal `G`.** If a policy that misses `G` is worth `−∞`, a state is worth `−∞` where no policy reaches `G` with
//! probability one (not Prob1E); elsewhere choices that leave Prob1E are never right. If it is worth `+∞`, a state is worth
//! `+∞` where some policy misses `G` (not Prob1A); in Prob1A every policy reaches `G`. (Bertsekas and Tsitsiklis 1991;
//! de Alfaro 1999.)
//!
//! **For ever.** A policy may stay in an end component without rewards for ever, which is worth 0. Where no reward is
//! positive, such states and the terminal ones are a goal as above. Otherwise an end component in which rewards are not negative
//! and one is positive is worth `+∞`, and so is every state that can get there (module [`gain`](super::gain)).
//!
//! **Reachability.** Prob1E and Prob0A if we maximise, Prob1A and Prob0E if we minimise.

use crate::mdp::{Mdp, NO_CHOICE};
use crate::planning::graph::{
    EndComponents, NO_COMPONENT, Predecessors, attraction, end_components, prob0_all, prob0_some, prob1_all, prob1_some,
};

/// What is known about a state, for maximisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nothing: it belongs to the equations.
    Open,
    /// Worth 0.
    Zero,
    /// The goal is reached with probability one (reachability).
    One,
    /// Worth `+∞`.
    Best,
    /// Worth `−∞`.
    Worst,
}

/// What the graph says.
#[derive(Debug)]
pub(super) struct Decided {
    /// Of each state, `[S]`.
    pub fate: Vec<Fate>,
    /// A choice that attains the fate, `[S]`; any choice where all do, [`NO_CHOICE`] where the state is open.
    pub policy: Vec<u32>,
    /// The choices of open states that may be right, `[C]`.
    pub usable: Vec<bool>,
    /// Whether staying in an end component without rewards for ever is allowed, and worth 0.
    pub may_stay: bool,
    /// Whether it is still open where rewards can be collected without end.
    pub may_earn: bool,
}

impl Decided {
    fn new(mdp: &Mdp, fate: Vec<Fate>, mut policy: Vec<u32>, may_stay: bool) -> Decided {
        let mut usable = vec![false; mdp.num_choices()];
        for s in 0..fate.len() {
            if fate[s] == Fate::Open {
                policy[s] = NO_CHOICE;
                for c in mdp.choices(s) {
                    usable[c] = mdp.branches(c).all(|(t, p)| p == 0.0 || fate[t] != Fate::Worst);
                }
            } else if policy[s] == NO_CHOICE && !mdp.is_terminal(s) {
                policy[s] = mdp.choices(s).start as u32;
            }
        }
        Decided { fate, policy, usable, may_stay, may_earn: false }
    }
}

/// Total reward until `goal`, where missing it is worth `−∞`.
pub(super) fn must_reach(mdp: &Mdp, predecessors: &Predecessors, goal: &[bool]) -> Decided {
    let (sure, _) = prob1_some(mdp, predecessors, goal);
    let fate = |s: usize| match (goal[s], sure[s]) {
        (true, _) => Fate::Zero,
        (_, true) => Fate::Open,
        _ => Fate::Worst,
    };
    let decided = Decided::new(mdp, (0..goal.len()).map(fate).collect(), vec![NO_CHOICE; goal.len()], false);
    Decided { may_earn: true, ..decided }
}

/// Total reward until `goal`, where missing it is worth `+∞`.
pub(super) fn may_miss(mdp: &Mdp, predecessors: &Predecessors, goal: &[bool]) -> Decided {
    let sure = prob1_all(mdp, predecessors, goal);
    let never = prob0_some(mdp, predecessors, goal);
    // In `never` by staying there, elsewhere by getting there with positive probability.
    let mut policy = staying(mdp, &never);
    attraction(predecessors, &never, |c| !goal[predecessors.owner(c)], |s, c| policy[s] = c);
    let fate = |s: usize| match (goal[s], sure[s]) {
        (true, _) => Fate::Zero,
        (_, true) => Fate::Open,
        _ => Fate::Best,
    };
    Decided::new(mdp, (0..goal.len()).map(fate).collect(), policy, false)
}

/// Total reward for ever, where no reward is positive.
pub(super) fn for_ever_at_cost(mdp: &Mdp, predecessors: &Predecessors, free: &EndComponents) -> Decided {
    let states = mdp.num_states();
    let resting = |s: usize| mdp.is_terminal(s) || free.of[s] != NO_COMPONENT;
    let rests: Vec<bool> = (0..states).map(resting).collect();
    let mut decided = must_reach(mdp, predecessors, &rests);
    for s in (0..states).filter(|&s| free.of[s] != NO_COMPONENT) {
        if let Some(c) = mdp.choices(s).find(|&c| free.stays[c]) {
            decided.policy[s] = c as u32;
        }
    }
    decided
}

/// Total reward for ever, before it is known where it is infinite: only the states without any reward ahead are decided.
pub(super) fn for_ever(mdp: &Mdp, predecessors: &Predecessors) -> Decided {
    let rewarded: Vec<bool> = (0..mdp.num_states()).map(|s| mdp.choices(s).any(|c| mdp.rewards()[c] != 0.0)).collect();
    let idle = prob0_all(predecessors, &rewarded);
    let fate = |s: usize| if idle[s] { Fate::Zero } else { Fate::Open };
    let fates = (0..mdp.num_states()).map(fate).collect();
    Decided { may_earn: true, ..Decided::new(mdp, fates, vec![NO_CHOICE; mdp.num_states()], true) }
}

/// The largest probability of reaching `goal`.
pub(super) fn reach_most(mdp: &Mdp, predecessors: &Predecessors, goal: &[bool]) -> Decided {
    let (sure, policy) = prob1_some(mdp, predecessors, goal);
    let never = prob0_all(predecessors, goal);
    Decided::new(mdp, probability_fates(&never, &sure), policy, false)
}

/// The smallest probability of reaching `goal`.
pub(super) fn reach_least(mdp: &Mdp, predecessors: &Predecessors, goal: &[bool]) -> Decided {
    let never = prob0_some(mdp, predecessors, goal);
    let sure = prob1_all(mdp, predecessors, goal);
    Decided::new(mdp, probability_fates(&never, &sure), staying(mdp, &never), false)
}

fn probability_fates(never: &[bool], sure: &[bool]) -> Vec<Fate> {
    let fate = |(&never, &sure): (&bool, &bool)| match (never, sure) {
        (true, _) => Fate::Zero,
        (_, true) => Fate::One,
        _ => Fate::Open,
    };
    never.iter().zip(sure).map(fate).collect()
}

/// In each state of a set a choice that stays in it, if there is one.
fn staying(mdp: &Mdp, set: &[bool]) -> Vec<u32> {
    let stays = |&c: &usize| mdp.branches(c).all(|(t, p)| p == 0.0 || set[t]);
    let choice = |s: usize| if set[s] { mdp.choices(s).find(stays) } else { None };
    (0..set.len()).map(|s| choice(s).map_or(NO_CHOICE, |c| c as u32)).collect()
}

/// The end components made of usable choices without reward.
pub(super) fn free_components(mdp: &Mdp, predecessors: &Predecessors, usable: &[bool]) -> EndComponents {
    let free: Vec<bool> = usable.iter().zip(mdp.rewards()).map(|(&usable, &r)| usable && r == 0.0).collect();
    end_components(mdp, predecessors, free)
}
