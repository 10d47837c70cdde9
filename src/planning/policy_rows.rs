//! The rows of one policy, copied next to each other.
//!
//! The rows that a policy takes lie apart in the table, one of several in each state, so that a sweep of the policy waits for most
//! cache lines of the table. Many such sweeps follow one improvement: the improvement copies each run's rows while the run is
//! in the cache, and the sweeps read them in one stream. Only runs whose rows have one length `N` are copied: the place of a row then
//! follows from its state. The others are read from the table.
//!
//! The sum of a row is that of [`expectation`], so a sweep of the copy has the bits of a sweep of the table. Memory: `12 N + 8` bytes a
//! state.

use super::bellman::{Change, expectation};
use crate::mdp::{Mdp, NO_CHOICE};

/// Copied rows of all uniform runs, one after another, and the rewards of all states.
#[derive(Debug)]
pub(super) struct PolicyRows {
    pub next: Vec<u32>,
    pub probability: Vec<f64>,
    pub reward: Vec<f64>,
}

/// The part of some runs.
pub(super) struct PolicyRowsMut<'p> {
    pub next: &'p mut [u32],
    pub probability: &'p mut [f64],
    pub reward: &'p mut [f64],
}

impl PolicyRows {
    /// Room for so many branches and states.
    pub fn new(branches: usize, states: usize) -> PolicyRows {
        PolicyRows { next: vec![0; branches], probability: vec![0.0; branches], reward: vec![0.0; states] }
    }

    pub fn as_mut(&mut self) -> PolicyRowsMut<'_> {
        PolicyRowsMut { next: &mut self.next, probability: &mut self.probability, reward: &mut self.reward }
    }
}

impl<'p> PolicyRowsMut<'p> {
    /// The first so many branches and states, and the rest.
    pub fn split(self, branches: usize, states: usize) -> (PolicyRowsMut<'p>, PolicyRowsMut<'p>) {
        let (next, next_rest) = self.next.split_at_mut(branches);
        let (probability, probability_rest) = self.probability.split_at_mut(branches);
        let (reward, reward_rest) = self.reward.split_at_mut(states);
        let rest = PolicyRowsMut { next: next_rest, probability: probability_rest, reward: reward_rest };
        (PolicyRowsMut { next, probability, reward }, rest)
    }
}

/// Copies the rows of a run with rows of length `N`; `policy` is that of its states.
pub(super) fn copy<const N: usize>(mdp: &Mdp, policy: &[u32], rows: PolicyRowsMut) {
    let (next, _) = rows.next.as_chunks_mut::<N>();
    let (probability, _) = rows.probability.as_chunks_mut::<N>();
    for (((&c, next), probability), reward) in policy.iter().zip(next).zip(probability).zip(rows.reward) {
        if c != NO_CHOICE {
            let row = mdp.branch_range(c as usize);
            next.copy_from_slice(&mdp.successors()[row.clone()]);
            probability.copy_from_slice(&mdp.probabilities()[row]);
            *reward = mdp.rewards()[c as usize];
        }
    }
}

/// `out = T_π v` of the states `first..first + out.len()`, whose copied branches begin at `at`.
pub(super) fn evaluate<const N: usize>(
    rows: &PolicyRows,
    at: usize,
    gamma: f64,
    first: usize,
    policy: &[u32],
    v: &[f64],
    out: &mut [f64],
) -> Change {
    let states = first..first + out.len();
    let branches = at..at + N * out.len();
    let (next, _) = rows.next[branches.clone()].as_chunks::<N>();
    let (probability, _) = rows.probability[branches].as_chunks::<N>();
    let rows = next.iter().zip(probability).zip(&rows.reward[states.clone()]);
    let mut change = Change::NONE;
    for ((((next, probability), reward), out), (&c, before)) in
        rows.zip(out).zip(policy[states.clone()].iter().zip(&v[states]))
    {
        if c == NO_CHOICE {
            *out = 0.0;
            continue;
        }
        *out = reward + gamma * expectation(next, probability, v);
        change.add(*before, *out);
    }
    change
}
