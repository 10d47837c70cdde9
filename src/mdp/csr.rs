//! Tables from raw arrays: what every way of building one ends in, and where it is validated.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Mdp;
use super::table::{Rewards, Transitions};
use crate::{Error, Result};

/// How far the probabilities of a choice may sum from one.
pub const ROW_SUM_TOLERANCE: f64 = 1e-9;

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
    /// Name of the reward, if it has one.
    pub reward_name: Option<String>,
    /// Further rewards, by name.
    pub other_rewards: BTreeMap<String, Rewards>,
    /// Names of the actions `0..A`; empty if they have none.
    pub action_names: Vec<String>,
}

impl Mdp {
    /// Validates raw arrays and takes them over, without a copy. A state without choices is terminal.
    ///
    /// # Errors
    /// Anything that is not an MDP, with the state, the action and the number: see [`Error`].
    pub fn from_csr(parts: CsrParts) -> Result<Mdp> {
        let CsrParts { choice_start, branch_start, next, probability, reward, branch_reward, action, .. } = parts;
        if choice_start.len() < 2 || branch_start.is_empty() {
            return Err(Error::NotApplicable { method: "an MDP table", reason: "it needs at least one state".into() });
        }
        let (states, choices) = (choice_start.len() - 1, branch_start.len() - 1);
        check_starts("choice_start", &choice_start, choices)?;
        check_starts("branch_start", &branch_start, next.len())?;
        check_length("probability", probability.len(), next.len())?;
        if let Some(actions) = &action {
            check_length("action", actions.len(), choices)?;
        }
        let mut num_actions = 0;
        for s in 0..states {
            let range = choice_start[s] as usize..choice_start[s + 1] as usize;
            for (offset, c) in range.enumerate() {
                let a = action.as_ref().map_or(offset, |action| action[c] as usize);
                // Tables over actions should not be longer than what they are about.
                let most = choices.max(1 << 20);
                if a >= most {
                    let reason = format!("state {s} has action {a}; actions should be below {most}");
                    return Err(Error::NotApplicable { method: "an MDP table", reason });
                }
                num_actions = num_actions.max(a as u32 + 1);
                if let (Some(action), true) = (&action, offset > 0)
                    && action[c] <= action[c - 1]
                {
                    return Err(Error::DuplicateAction { state: s, action: a });
                }
                let branches = branch_start[c] as usize..branch_start[c + 1] as usize;
                check_row(s, a, &next[branches.clone()], &probability[branches], states)?;
            }
        }
        let CsrParts { mut initial, mut labels, reward_name, other_rewards, action_names, .. } = parts;
        if initial.is_empty() {
            initial.push((0, 1.0));
        }
        check_initial(&mut initial, states)?;
        for members in labels.values_mut() {
            check_label(members, states)?;
        }
        if !action_names.is_empty() && action_names.len() < num_actions as usize {
            return Err(shape("action_names", &[action_names.len()], &[num_actions as usize]));
        }
        let transitions =
            Transitions { choice_start, branch_start, next, probability, action, num_actions, action_names };
        let reward = Rewards { expected: reward, per_branch: branch_reward };
        check_rewards(&transitions, &reward)?;
        for rewards in other_rewards.values() {
            check_rewards(&transitions, rewards)?;
        }
        Ok(Mdp { transitions: Arc::new(transitions), reward, reward_name, other_rewards, initial, labels })
    }
}

pub(super) fn shape(what: &str, found: &[usize], expected: &[usize]) -> Error {
    Error::Shape { what: what.into(), found: found.to_vec(), expected: expected.to_vec() }
}

pub(super) fn check_length(what: &str, found: usize, expected: usize) -> Result<()> {
    if found == expected { Ok(()) } else { Err(shape(what, &[found], &[expected])) }
}

/// One finite reward a choice, and a branch where they are kept.
pub(super) fn check_rewards(transitions: &Transitions, rewards: &Rewards) -> Result<()> {
    let Transitions { choice_start, branch_start, next, action, .. } = transitions;
    check_length("reward", rewards.expected.len(), branch_start.len() - 1)?;
    if let Some(per_branch) = &rewards.per_branch {
        check_length("branch_reward", per_branch.len(), next.len())?;
    }
    let infinite = |x: &f64| !x.is_finite();
    let choice = rewards.expected.iter().position(infinite).map(|c| (c, rewards.expected[c]));
    let branch = || {
        let per_branch = rewards.per_branch.as_ref()?;
        let b = per_branch.iter().position(infinite)?;
        Some((branch_start.partition_point(|&start| start as usize <= b) - 1, per_branch[b]))
    };
    let Some((c, value)) = choice.or_else(branch) else { return Ok(()) };
    let state = choice_start.partition_point(|&start| start as usize <= c) - 1;
    let action = action.as_ref().map_or(c - choice_start[state] as usize, |action| action[c] as usize);
    Err(Error::Reward { state, action, value })
}

/// Sorts a named set of states, and checks it.
pub(super) fn check_label(members: &mut Vec<u32>, states: usize) -> Result<()> {
    if let Some(&state) = members.iter().find(|&&s| s as usize >= states) {
        return Err(Error::StateIndex { what: "a label", state: state as usize, states });
    }
    members.sort_unstable();
    members.dedup();
    Ok(())
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
pub(super) fn check_initial(initial: &mut Vec<(u32, f64)>, states: usize) -> Result<()> {
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
