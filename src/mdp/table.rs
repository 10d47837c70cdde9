//! The sparse table of a finite MDP: three levels of compressed rows.
//!
//! State `s` owns the choices `choice_start[s]..choice_start[s + 1]`; choice `c` owns the branches
//! `branch_start[c]..branch_start[c + 1]`; a branch is a successor with a probability. A state without choices is
//! terminal: its value is 0 in every criterion. The table is immutable once it has been validated.
//!
//! Memory: 4 bytes a state, 12 bytes a choice (16 where actions differ between states), 12 bytes a branch (20 where the
//! reward depends on the branch).

use std::collections::BTreeMap;
use std::ops::Range;

use ndarray::{Array2, Array3, ArrayView2, ArrayView3};
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// How far the probabilities of a choice may sum from one.
pub const ROW_SUM_TOLERANCE: f64 = 1e-9;

/// A finite Markov decision process, sparse, validated and immutable.
///
/// Rewards are stored per choice as expectations, `r(s, a) = E[r | s, a]`, which is all a solver needs; where the reward
/// also depends on the outcome, the outcome's reward is kept per branch for the simulator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mdp {
    choice_start: Vec<u32>,
    branch_start: Vec<u32>,
    next: Vec<u32>,
    probability: Vec<f64>,
    reward: Vec<f64>,
    branch_reward: Option<Vec<f64>>,
    action: Option<Vec<u32>>,
    num_actions: u32,
    initial: Vec<(u32, f64)>,
    labels: BTreeMap<String, Vec<u32>>,
}

/// The raw arrays of an [`Mdp`], for bulk construction without copies ([`Mdp::from_csr`]).
#[derive(Debug, Clone, Default)]
pub struct CsrParts {
    /// First choice of each state, and the number of choices at the end. Shape `[S + 1]`.
    pub choice_start: Vec<u32>,
    /// First branch of each choice, and the number of branches at the end. Shape `[C + 1]`.
    pub branch_start: Vec<u32>,
    /// Successor of each branch. Shape `[B]`.
    pub next: Vec<u32>,
    /// Probability of each branch. Shape `[B]`.
    pub probability: Vec<f64>,
    /// Expected reward of each choice. Shape `[C]`.
    pub reward: Vec<f64>,
    /// Reward of each branch, where it depends on the branch. Shape `[B]`.
    pub branch_reward: Option<Vec<f64>>,
    /// Action of each choice (ascending in a state); `None` when every state's choices are actions 0, 1, 2, ... Shape `[C]`.
    pub action: Option<Vec<u32>>,
    /// Initial distribution; empty means state 0.
    pub initial: Vec<(u32, f64)>,
    /// Named sets of states.
    pub labels: BTreeMap<String, Vec<u32>>,
}

impl Mdp {
    /// Validates raw arrays and takes them over, without a copy. A state without choices is terminal.
    ///
    /// # Errors
    /// Anything that is not an MDP, with the state, the action and the number: see [`Error`].
    pub fn from_csr(parts: CsrParts) -> Result<Mdp> {
        let CsrParts {
            choice_start,
            branch_start,
            next,
            probability,
            reward,
            branch_reward,
            action,
            mut initial,
            mut labels,
        } = parts;
        if choice_start.is_empty() || branch_start.is_empty() {
            return Err(Error::NotApplicable { method: "an MDP table", reason: "it needs at least one state".into() });
        }
        let (states, choices) = (choice_start.len() - 1, branch_start.len() - 1);
        if states == 0 {
            return Err(Error::NotApplicable { method: "an MDP table", reason: "it needs at least one state".into() });
        }
        check_starts("choice_start", &choice_start, choices)?;
        check_starts("branch_start", &branch_start, next.len())?;
        check_length("probability", probability.len(), next.len())?;
        check_length("reward", reward.len(), choices)?;
        if let Some(rewards) = &branch_reward {
            check_length("branch_reward", rewards.len(), next.len())?;
        }
        if let Some(actions) = &action {
            check_length("action", actions.len(), choices)?;
        }
        let mut num_actions = 0;
        for s in 0..states {
            let range = choice_start[s] as usize..choice_start[s + 1] as usize;
            for (offset, c) in range.enumerate() {
                let a = action.as_ref().map_or(offset, |action| action[c] as usize);
                num_actions = num_actions.max(a as u32 + 1);
                if let (Some(action), true) = (&action, offset > 0)
                    && action[c] <= action[c - 1]
                {
                    return Err(Error::DuplicateAction { state: s, action: a });
                }
                let branches = branch_start[c] as usize..branch_start[c + 1] as usize;
                check_row(s, a, &next[branches.clone()], &probability[branches.clone()], states)?;
                let finite = reward[c].is_finite()
                    && branch_reward.as_ref().is_none_or(|r| r[branches.clone()].iter().all(|x| x.is_finite()));
                if !finite {
                    let outcome = branch_reward.as_ref().and_then(|r| r[branches].iter().find(|x| !x.is_finite()));
                    return Err(Error::Reward { state: s, action: a, value: *outcome.unwrap_or(&reward[c]) });
                }
            }
        }
        if initial.is_empty() {
            initial.push((0, 1.0));
        }
        check_initial(&mut initial, states)?;
        for members in labels.values_mut() {
            if let Some(&state) = members.iter().find(|&&s| s as usize >= states) {
                return Err(Error::StateIndex { what: "a label", state: state as usize, states });
            }
            members.sort_unstable();
            members.dedup();
        }
        Ok(Mdp {
            choice_start,
            branch_start,
            next,
            probability,
            reward,
            branch_reward,
            action,
            num_actions,
            initial,
            labels,
        })
    }

    /// From dense arrays: `transitions[s, a, s']` of shape `[S, A, S]`, row-stochastic in its last axis, and expected
    /// rewards `rewards[s, a]` of shape `[S, A]`. Zero probabilities are not stored. No state is terminal.
    ///
    /// # Errors
    /// Shapes that do not agree, or rows that are not distributions.
    pub fn from_dense(transitions: ArrayView3<f64>, rewards: ArrayView2<f64>) -> Result<Mdp> {
        let (states, actions, successors) = transitions.dim();
        if successors != states {
            return Err(shape("P", transitions.shape(), &[states, actions, states]));
        }
        if rewards.dim() != (states, actions) {
            return Err(shape("R", rewards.shape(), &[states, actions]));
        }
        let mut parts = CsrParts { choice_start: vec![0], branch_start: vec![0], ..CsrParts::default() };
        for s in 0..states {
            for a in 0..actions {
                for t in 0..states {
                    let p = transitions[[s, a, t]];
                    if p != 0.0 {
                        parts.next.push(t as u32);
                        parts.probability.push(p);
                    }
                }
                parts.branch_start.push(parts.next.len() as u32);
                parts.reward.push(rewards[[s, a]]);
            }
            parts.choice_start.push(parts.reward.len() as u32);
        }
        Mdp::from_csr(parts)
    }

    /// Dense arrays `(P, R)` of shapes `[S, A, S]` and `[S, A]`, for small problems with the same actions everywhere.
    /// A terminal state becomes absorbing with reward 0.
    ///
    /// # Errors
    /// [`Error::NotApplicable`] if a non-terminal state lacks an action.
    pub fn to_dense(&self) -> Result<(Array3<f64>, Array2<f64>)> {
        let (states, actions) = (self.num_states(), self.num_actions());
        let mut transitions = Array3::zeros((states, actions, states));
        let mut rewards = Array2::zeros((states, actions));
        for s in 0..states {
            if self.is_terminal(s) {
                for a in 0..actions {
                    transitions[[s, a, s]] = 1.0;
                }
            } else if self.choices(s).len() < actions {
                return Err(Error::NotApplicable {
                    method: "a dense array",
                    reason: format!(
                        "state {s} has {} of {actions} actions; dense arrays need all of them everywhere",
                        self.choices(s).len()
                    ),
                });
            }
            for c in self.choices(s) {
                let a = self.action_of(s, c);
                rewards[[s, a]] = self.reward[c];
                for (t, p) in self.branches(c) {
                    transitions[[s, a, t]] += p;
                }
            }
        }
        Ok((transitions, rewards))
    }

    /// Number of states `S`, terminal ones included.
    pub fn num_states(&self) -> usize {
        self.choice_start.len() - 1
    }

    /// Number of choices `C`: allowed state-action pairs.
    pub fn num_choices(&self) -> usize {
        self.branch_start.len() - 1
    }

    /// Number of branches `B`: stored outcomes.
    pub fn num_branches(&self) -> usize {
        self.next.len()
    }

    /// Number of actions `A`: one more than the largest action any state allows.
    pub fn num_actions(&self) -> usize {
        self.num_actions as usize
    }

    /// Number of states without choices.
    pub fn num_terminal(&self) -> usize {
        (0..self.num_states()).filter(|&s| self.is_terminal(s)).count()
    }

    /// The choices of state `s`; empty if `s` is terminal.
    #[inline]
    pub fn choices(&self, s: usize) -> Range<usize> {
        self.choice_start[s] as usize..self.choice_start[s + 1] as usize
    }

    /// Whether `s` is terminal (has no choices).
    #[inline]
    pub fn is_terminal(&self, s: usize) -> bool {
        self.choice_start[s] == self.choice_start[s + 1]
    }

    /// The branches of choice `c`, as a range into [`Mdp::successors`] and [`Mdp::probabilities`].
    #[inline]
    pub fn branch_range(&self, c: usize) -> Range<usize> {
        self.branch_start[c] as usize..self.branch_start[c + 1] as usize
    }

    /// The outcomes of choice `c`: `(successor, probability)`.
    #[inline]
    pub fn branches(&self, c: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let range = self.branch_range(c);
        self.next[range.clone()].iter().map(|&t| t as usize).zip(self.probability[range].iter().copied())
    }

    /// The action that choice `c` of state `s` stands for.
    #[inline]
    pub fn action_of(&self, s: usize, c: usize) -> usize {
        match &self.action {
            Some(action) => action[c] as usize,
            None => c - self.choice_start[s] as usize,
        }
    }

    /// The choice of state `s` that stands for `action`, if the state allows it.
    pub fn choice_of(&self, s: usize, action: usize) -> Option<usize> {
        self.choices(s).find(|&c| self.action_of(s, c) == action)
    }

    /// Whether every non-terminal state has all actions `0..A`.
    pub fn has_uniform_actions(&self) -> bool {
        (0..self.num_states()).all(|s| self.is_terminal(s) || self.choices(s).len() == self.num_actions())
    }

    /// `E[v(s') | c]`: the expectation of a value vector `[S]` over the outcomes of choice `c`, in branch order.
    #[inline]
    pub fn expect(&self, c: usize, v: &[f64]) -> f64 {
        let range = self.branch_range(c);
        let mut sum = 0.0;
        for (&t, &p) in self.next[range.clone()].iter().zip(&self.probability[range]) {
            sum += p * v[t as usize];
        }
        sum
    }

    /// First choice of each state, `[S + 1]`.
    pub fn choice_starts(&self) -> &[u32] {
        &self.choice_start
    }
    /// First branch of each choice, `[C + 1]`.
    pub fn branch_starts(&self) -> &[u32] {
        &self.branch_start
    }
    /// Successor of each branch, `[B]`.
    pub fn successors(&self) -> &[u32] {
        &self.next
    }
    /// Probability of each branch, `[B]`.
    pub fn probabilities(&self) -> &[f64] {
        &self.probability
    }
    /// Expected reward of each choice, `[C]`.
    pub fn rewards(&self) -> &[f64] {
        &self.reward
    }
    /// Reward of each branch, `[B]`, where rewards depend on the outcome.
    pub fn branch_rewards(&self) -> Option<&[f64]> {
        self.branch_reward.as_deref()
    }
    /// Action of each choice, `[C]`, where a state's choices are not simply actions 0, 1, 2, ...
    pub fn choice_actions(&self) -> Option<&[u32]> {
        self.action.as_deref()
    }
    /// Reward of branch `b` of choice `c`.
    #[inline]
    pub fn branch_reward(&self, c: usize, b: usize) -> f64 {
        self.branch_reward.as_ref().map_or(self.reward[c], |r| r[b])
    }
    /// The initial distribution, by ascending state.
    pub fn initial(&self) -> &[(u32, f64)] {
        &self.initial
    }
    /// `Σ_s μ(s) v(s)`: a value vector averaged over the initial distribution.
    pub fn initial_value(&self, v: &[f64]) -> f64 {
        self.initial.iter().map(|&(s, p)| p * v[s as usize]).sum()
    }
    /// Named sets of states, each ascending.
    pub fn labels(&self) -> &BTreeMap<String, Vec<u32>> {
        &self.labels
    }

    /// The smallest and the largest expected reward of a choice (`(0, 0)` if there is no choice).
    pub fn reward_range(&self) -> (f64, f64) {
        if self.reward.is_empty() {
            return (0.0, 0.0);
        }
        self.reward.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), &r| (lo.min(r), hi.max(r)))
    }

    /// Bytes that the arrays take.
    pub fn array_bytes(&self) -> usize {
        4 * (self.choice_start.len() + self.branch_start.len() + self.next.len())
            + 8 * (self.probability.len() + self.reward.len())
            + self.branch_reward.as_ref().map_or(0, |r| 8 * r.len())
            + self.action.as_ref().map_or(0, |a| 4 * a.len())
    }

    /// The same process with other expected rewards, one per choice `[C]`; rewards then no longer depend on the outcome.
    ///
    /// # Errors
    /// A wrong length, or a number that is not finite.
    pub fn with_rewards(mut self, rewards: Vec<f64>) -> Result<Mdp> {
        check_length("rewards", rewards.len(), self.num_choices())?;
        for s in 0..self.num_states() {
            for c in self.choices(s) {
                if !rewards[c].is_finite() {
                    return Err(Error::Reward { state: s, action: self.action_of(s, c), value: rewards[c] });
                }
            }
        }
        self.reward = rewards;
        self.branch_reward = None;
        Ok(self)
    }

    /// The same process started from another distribution.
    ///
    /// # Errors
    /// An unknown state, or entries that are not a distribution.
    pub fn with_initial(mut self, mut initial: Vec<(u32, f64)>) -> Result<Mdp> {
        check_initial(&mut initial, self.num_states())?;
        self.initial = initial;
        Ok(self)
    }
}

fn shape(what: &str, found: &[usize], expected: &[usize]) -> Error {
    Error::Shape { what: what.into(), found: found.to_vec(), expected: expected.to_vec() }
}

fn check_length(what: &str, found: usize, expected: usize) -> Result<()> {
    if found == expected { Ok(()) } else { Err(shape(what, &[found], &[expected])) }
}

/// Row pointers start at 0, never fall, and end at `end`.
fn check_starts(what: &'static str, starts: &[u32], end: usize) -> Result<()> {
    let ordered = starts[0] == 0 && starts.windows(2).all(|w| w[0] <= w[1]);
    if ordered && starts[starts.len() - 1] as usize == end {
        return Ok(());
    }
    Err(Error::NotApplicable {
        method: "an MDP table",
        reason: format!("{what} must start at 0, never fall, and end at {end}"),
    })
}

fn check_row(state: usize, action: usize, next: &[u32], probability: &[f64], states: usize) -> Result<()> {
    let mut sum = 0.0;
    for (&t, &p) in next.iter().zip(probability) {
        if t as usize >= states {
            return Err(Error::DanglingSuccessor { state, action, next: t as usize, states });
        }
        if !(0.0..=1.0 + ROW_SUM_TOLERANCE).contains(&p) {
            return Err(Error::Probability { state, action, next: t as usize, value: p });
        }
        sum += p;
    }
    let excess = (sum - 1.0).abs();
    if excess > ROW_SUM_TOLERANCE {
        return Err(Error::RowSum { state, action, sum, excess, tolerance: ROW_SUM_TOLERANCE });
    }
    Ok(())
}

/// Sorts the initial distribution, joins repeated states, and checks it.
fn check_initial(initial: &mut Vec<(u32, f64)>, states: usize) -> Result<()> {
    initial.sort_by_key(|&(s, _)| s);
    initial.retain(|&(_, p)| p != 0.0);
    initial.dedup_by(|later, first| {
        let same = later.0 == first.0;
        if same {
            first.1 += later.1;
        }
        same
    });
    if let Some(&(state, _)) = initial.iter().find(|&&(s, _)| s as usize >= states) {
        return Err(Error::StateIndex { what: "the initial distribution", state: state as usize, states });
    }
    let sum: f64 = initial.iter().map(|&(_, p)| p).sum();
    let valid = initial.iter().all(|&(_, p)| (0.0..=1.0 + 1e-9).contains(&p));
    if valid && (sum - 1.0).abs() <= 1e-9 { Ok(()) } else { Err(Error::InitialDistribution { sum }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{arr2, arr3};

    fn two_states() -> Mdp {
        let p = arr3(&[[[0.5, 0.5], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]]]);
        Mdp::from_dense(p.view(), arr2(&[[5.0, 10.0], [-1.0, 0.0]]).view()).unwrap()
    }

    #[test]
    fn dense_round_trip() {
        let mdp = two_states();
        assert_eq!((mdp.num_states(), mdp.num_choices(), mdp.num_branches()), (2, 4, 5));
        let (p, r) = mdp.to_dense().unwrap();
        assert_eq!(Mdp::from_dense(p.view(), r.view()).unwrap(), mdp);
        assert_eq!(mdp.expect(0, &[2.0, 4.0]), 3.0);
    }

    #[test]
    fn every_fault_names_its_place() {
        let rewards = arr2(&[[0.0], [0.0]]);
        let row = |a: f64, b: f64| arr3(&[[[a, b]], [[0.0, 1.0]]]);
        let fault = |a, b| Mdp::from_dense(row(a, b).view(), rewards.view()).unwrap_err();
        assert!(matches!(fault(0.5, 0.4), Error::RowSum { state: 0, action: 0, .. }));
        assert!(matches!(fault(1.5, -0.5), Error::Probability { state: 0, next: 0, .. }));
        assert!(matches!(fault(f64::NAN, 1.0), Error::Probability { state: 0, next: 0, .. }));
        let mut parts = CsrParts {
            choice_start: vec![0, 1],
            branch_start: vec![0, 1],
            next: vec![1],
            probability: vec![1.0],
            reward: vec![0.0],
            ..CsrParts::default()
        };
        assert!(matches!(Mdp::from_csr(parts.clone()), Err(Error::DanglingSuccessor { next: 1, .. })));
        parts.next = vec![0];
        parts.reward = vec![f64::INFINITY];
        assert!(matches!(Mdp::from_csr(parts.clone()), Err(Error::Reward { .. })));
        parts.reward = vec![0.0];
        parts.initial = vec![(0, 0.5)];
        assert!(matches!(Mdp::from_csr(parts.clone()), Err(Error::InitialDistribution { .. })));
        parts.initial = vec![(3, 1.0)];
        assert!(matches!(Mdp::from_csr(parts.clone()), Err(Error::StateIndex { state: 3, .. })));
        parts.initial = vec![];
        parts.branch_start = vec![0, 2];
        assert!(Mdp::from_csr(parts).is_err());
    }

    #[test]
    fn a_row_off_by_less_than_the_tolerance_is_accepted() {
        let p = arr3(&[[[1.0 - 5e-10]]]);
        assert!(Mdp::from_dense(p.view(), arr2(&[[0.0]]).view()).is_ok());
        let p = arr3(&[[[1.0 - 2e-9]]]);
        assert!(Mdp::from_dense(p.view(), arr2(&[[0.0]]).view()).is_err());
    }
}
