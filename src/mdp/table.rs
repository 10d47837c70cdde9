//! The sparse table of a finite MDP: three levels of compressed rows.
//!
//! State `s` owns the choices `choice_start[s]..choice_start[s + 1]`; choice `c` owns the branches
//! `branch_start[c]..branch_start[c + 1]`; a branch is a successor with a probability. A state without choices is
//! terminal: its value is 0 in every criterion. The table is immutable once it has been validated.
//!
//! Memory: 4 bytes a state, 12 bytes a choice (16 where actions differ between states), 12 bytes a branch (20 where the
//! reward depends on the branch). Everything but the rewards is shared by clones, so that a problem with other rewards costs
//! 8 bytes a choice.
//!
//! **Why 12 bytes a branch.** Measured in a sweep of 200,000 states x 4 choices x 5 branches (one thread, two shared cores, best
//! of 80): indices of 64 bits instead of 32 take 1.24 times as long with successors everywhere. Probabilities of 32 bits
//! instead of 64 take 0.71 to 0.76 of the time there, and 0.50 to 0.56 where successors are near and the table alone is read. They
//! are not offered all the same: rounding moves each probability by up to `2⁻²⁴` of it, and so
//! ```text
//! |v* − v*_rounded| ≤ 2⁻²⁴ γ max|v*| / (1 − γ)
//! ```
//! (a sweep of `v*` with the rounded numbers misses `v*` by `2⁻²⁴ γ max|v*|` at most). Certified bounds would have to be wider by
//! that on both sides: by 6e-4 for `γ = 0.99` and rewards up to 1, hundreds of times the accuracy asked for by default, and by
//! everything without a discount, where rows must sum to one. With 64 bits the same term is 1e-12.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::csr::{check_initial, check_label, check_length, check_rewards};
use crate::{Error, Result};

/// A finite Markov decision process, sparse, validated and immutable.
///
/// Rewards are stored per choice as expectations, `r(s, a) = E[r | s, a]`, which is all a solver needs; where the reward
/// also depends on the outcome, the outcome's reward is kept per branch for the simulator. A table may carry further, named
/// reward structures (files of model checkers often do): one of them is the reward at a time, see [`Mdp::select_reward`].
#[derive(Debug, Clone, PartialEq)]
pub struct Mdp {
    pub(super) transitions: Arc<Transitions>,
    pub(super) reward: Rewards,
    pub(super) reward_name: Option<String>,
    pub(super) other_rewards: BTreeMap<String, Rewards>,
    pub(super) initial: Vec<(u32, f64)>,
    pub(super) labels: BTreeMap<String, Vec<u32>>,
}

/// What clones share.
#[derive(Debug, PartialEq)]
pub(super) struct Transitions {
    pub choice_start: Vec<u32>,
    pub branch_start: Vec<u32>,
    pub next: Vec<u32>,
    pub probability: Vec<f64>,
    pub action: Option<Vec<u32>>,
    pub num_actions: u32,
    pub action_names: Vec<String>,
}

/// The rewards of all choices.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rewards {
    /// Expected reward of each choice, `[C]`.
    pub expected: Vec<f64>,
    /// Reward of each branch, `[B]`, where it depends on the branch.
    pub per_branch: Option<Vec<f64>>,
}

impl Mdp {
    /// Number of states `S`, terminal ones included.
    pub fn num_states(&self) -> usize {
        self.transitions.choice_start.len() - 1
    }

    /// Number of choices `C`: allowed state-action pairs.
    pub fn num_choices(&self) -> usize {
        self.transitions.branch_start.len() - 1
    }

    /// Number of branches `B`: stored outcomes.
    pub fn num_branches(&self) -> usize {
        self.transitions.next.len()
    }

    /// Number of actions `A`: one more than the largest action any state allows.
    pub fn num_actions(&self) -> usize {
        self.transitions.num_actions as usize
    }

    /// Number of states without choices.
    pub fn num_terminal(&self) -> usize {
        (0..self.num_states()).filter(|&s| self.is_terminal(s)).count()
    }

    /// The choices of state `s`; empty if `s` is terminal.
    #[inline]
    pub fn choices(&self, s: usize) -> Range<usize> {
        self.transitions.choice_start[s] as usize..self.transitions.choice_start[s + 1] as usize
    }

    /// Whether `s` is terminal (has no choices).
    #[inline]
    pub fn is_terminal(&self, s: usize) -> bool {
        self.transitions.choice_start[s] == self.transitions.choice_start[s + 1]
    }

    /// The branches of choice `c`, as a range into [`Mdp::successors`] and [`Mdp::probabilities`].
    #[inline]
    pub fn branch_range(&self, c: usize) -> Range<usize> {
        self.transitions.branch_start[c] as usize..self.transitions.branch_start[c + 1] as usize
    }

    /// The outcomes of choice `c`: `(successor, probability)`.
    #[inline]
    pub fn branches(&self, c: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let range = self.branch_range(c);
        self.transitions.next[range.clone()]
            .iter()
            .map(|&t| t as usize)
            .zip(self.transitions.probability[range].iter().copied())
    }

    /// The action that choice `c` of state `s` stands for.
    #[inline]
    pub fn action_of(&self, s: usize, c: usize) -> usize {
        match &self.transitions.action {
            Some(action) => action[c] as usize,
            None => c - self.transitions.choice_start[s] as usize,
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
        for (&t, &p) in self.transitions.next[range.clone()].iter().zip(&self.transitions.probability[range]) {
            sum += p * v[t as usize];
        }
        sum
    }

    /// First choice of each state, `[S + 1]`.
    pub fn choice_starts(&self) -> &[u32] {
        &self.transitions.choice_start
    }
    /// First branch of each choice, `[C + 1]`.
    pub fn branch_starts(&self) -> &[u32] {
        &self.transitions.branch_start
    }
    /// Successor of each branch, `[B]`.
    pub fn successors(&self) -> &[u32] {
        &self.transitions.next
    }
    /// Probability of each branch, `[B]`.
    pub fn probabilities(&self) -> &[f64] {
        &self.transitions.probability
    }
    /// Expected reward of each choice, `[C]`.
    pub fn rewards(&self) -> &[f64] {
        &self.reward.expected
    }
    /// Reward of each branch, `[B]`, where rewards depend on the outcome.
    pub fn branch_rewards(&self) -> Option<&[f64]> {
        self.reward.per_branch.as_deref()
    }
    /// Action of each choice, `[C]`, where a state's choices are not simply actions 0, 1, 2, ...
    pub fn choice_actions(&self) -> Option<&[u32]> {
        self.transitions.action.as_deref()
    }
    /// Reward of branch `b` of choice `c`.
    #[inline]
    pub fn branch_reward(&self, c: usize, b: usize) -> f64 {
        self.reward.per_branch.as_ref().map_or(self.reward.expected[c], |r| r[b])
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
        if self.reward.expected.is_empty() {
            return (0.0, 0.0);
        }
        self.reward.expected.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), &r| (lo.min(r), hi.max(r)))
    }

    /// The name of the reward in use, if the table's rewards have names.
    pub fn reward_name(&self) -> Option<&str> {
        self.reward_name.as_deref()
    }
    /// The names of all rewards of the table, ascending; empty if its only reward has no name.
    pub fn reward_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.other_rewards.keys().map(String::as_str).chain(self.reward_name()).collect();
        names.sort_unstable();
        names
    }
    /// The rewards that are not in use, by name.
    pub fn other_rewards(&self) -> &BTreeMap<String, Rewards> {
        &self.other_rewards
    }
    /// Names of the actions `0..A`; empty where they have none.
    pub fn action_names(&self) -> &[String] {
        &self.transitions.action_names
    }

    /// The same table with another of its named rewards in use.
    ///
    /// # Errors
    /// [`Error::Unknown`] with the nearest name.
    pub fn select_reward(mut self, name: &str) -> Result<Mdp> {
        if self.reward_name.as_deref() == Some(name) {
            return Ok(self);
        }
        let Some(selected) = self.other_rewards.remove(name) else {
            return Err(Error::unknown("reward", name, self.reward_names()));
        };
        let before = std::mem::replace(&mut self.reward, selected);
        if let Some(name) = self.reward_name.replace(name.to_owned()) {
            self.other_rewards.insert(name, before);
        }
        Ok(self)
    }

    /// Bytes that the arrays take.
    pub fn array_bytes(&self) -> usize {
        let Transitions { choice_start, branch_start, next, probability, action, .. } = &*self.transitions;
        let rewards = |r: &Rewards| 8 * (r.expected.len() + r.per_branch.as_ref().map_or(0, Vec::len));
        4 * (choice_start.len() + branch_start.len() + next.len() + action.as_ref().map_or(0, Vec::len))
            + 8 * probability.len()
            + rewards(&self.reward)
            + self.other_rewards.values().map(rewards).sum::<usize>()
    }

    /// The same process with other expected rewards, one per choice `[C]`; rewards then no longer depend on the outcome, and
    /// have no name. The transitions are shared with the original, not copied, if it was cloned.
    ///
    /// # Errors
    /// A wrong length, or a number that is not finite.
    pub fn with_rewards(mut self, rewards: Vec<f64>) -> Result<Mdp> {
        check_length("rewards", rewards.len(), self.num_choices())?;
        self.reward = Rewards { expected: rewards, per_branch: None };
        self.reward_name = None;
        check_rewards(&self.transitions, &self.reward)?;
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

    /// The same process with one more named set of states.
    ///
    /// # Errors
    /// An unknown state.
    pub fn with_label(mut self, label: &str, mut members: Vec<u32>) -> Result<Mdp> {
        check_label(&mut members, self.num_states())?;
        self.labels.insert(label.to_owned(), members);
        Ok(self)
    }
}
