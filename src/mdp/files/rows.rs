//! What the readers of model checkers' formats share: named rewards, initial states, terminal states.
//!
//! Model checkers have no terminal states: a deadlock is a self-loop. [`without_terminal`] makes a terminal state an action of
//! reward 0 that stays, and names it by the label `terminal`; [`finish`] turns such a state back into a terminal one, and
//! keeps the label. So a table with terminal states has that label once it has been
//! through such a file, and is otherwise what it was.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::mdp::{CsrParts, Mdp, Rewards};
use crate::{Error, Result};

/// The label of states that were terminal before they were written.
pub(super) const TERMINAL: &str = "terminal";

/// The name that a reward without one has beside others.
pub(super) const UNNAMED: &str = "default";

/// The table with a self-loop of action 0 and reward 0 in each terminal state, and with the label [`TERMINAL`] for these (and
/// for what it names already). A table without terminal states is borrowed as it is.
///
/// # Errors
/// More than 2^32 − 1 choices or branches.
pub(super) fn without_terminal(mdp: &Mdp) -> Result<Cow<'_, Mdp>> {
    let terminal: Vec<u32> = (0..mdp.num_states() as u32).filter(|&s| mdp.is_terminal(s as usize)).collect();
    if terminal.is_empty() {
        return Ok(Cow::Borrowed(mdp));
    }
    let mut parts = CsrParts {
        choice_start: vec![0],
        branch_start: vec![0],
        initial: mdp.initial().to_vec(),
        labels: mdp.labels().clone(),
        reward_name: mdp.reward_name().map(str::to_owned),
        action_names: mdp.action_names().to_vec(),
        ..CsrParts::default()
    };
    parts.labels.entry(TERMINAL.to_owned()).or_default().extend(&terminal);
    let mut action = mdp.choice_actions().map(|_| Vec::new());
    for s in 0..mdp.num_states() {
        if mdp.is_terminal(s) {
            parts.next.push(s as u32);
            parts.probability.push(1.0);
            parts.branch_start.push(parts.next.len() as u32);
            action.iter_mut().for_each(|action| action.push(0));
        }
        for c in mdp.choices(s) {
            let row = mdp.branch_range(c);
            parts.next.extend(&mdp.successors()[row.clone()]);
            parts.probability.extend(&mdp.probabilities()[row]);
            parts.branch_start.push(parts.next.len() as u32);
            action.iter_mut().for_each(|action| action.push(mdp.action_of(s, c) as u32));
        }
        parts.choice_start.push(parts.branch_start.len() as u32 - 1);
    }
    if parts.next.len() >= u32::MAX as usize {
        let reason = "with a self-loop in each terminal state it has 2^32 branches or more".into();
        return Err(Error::NotApplicable { method: "a format without terminal states", reason });
    }
    parts.action = action;
    let widened = |rewards: RewardView<'_>| {
        let (mut expected, mut per_branch) = (Vec::new(), rewards.per_branch.map(|_| Vec::new()));
        for s in 0..mdp.num_states() {
            if mdp.is_terminal(s) {
                expected.push(0.0);
                per_branch.iter_mut().for_each(|r| r.push(0.0));
            }
            let choices = mdp.choices(s);
            if let (Some(all), Some(given)) = (&mut per_branch, rewards.per_branch) {
                let starts = mdp.branch_starts();
                all.extend(&given[starts[choices.start] as usize..starts[choices.end] as usize]);
            }
            expected.extend(&rewards.expected[choices]);
        }
        Rewards { expected, per_branch }
    };
    let in_use = widened(RewardView { expected: mdp.rewards(), per_branch: mdp.branch_rewards() });
    (parts.reward, parts.branch_reward) = (in_use.expected, in_use.per_branch);
    for (name, rewards) in mdp.other_rewards() {
        let view = RewardView { expected: &rewards.expected, per_branch: rewards.per_branch.as_deref() };
        parts.other_rewards.insert(name.clone(), widened(view));
    }
    Mdp::from_csr(parts).map(Cow::Owned)
}

/// The rewards of a table in the order of a file, the one in use first; the name is empty where there is none.
pub(super) fn named_rewards(mdp: &Mdp) -> Vec<(&str, RewardView<'_>)> {
    let unnamed = if mdp.other_rewards().is_empty() { "" } else { UNNAMED };
    let in_use = RewardView { expected: mdp.rewards(), per_branch: mdp.branch_rewards() };
    let others = mdp.other_rewards().iter().map(|(name, rewards)| {
        (name.as_str(), RewardView { expected: &rewards.expected, per_branch: rewards.per_branch.as_deref() })
    });
    std::iter::once((mdp.reward_name().unwrap_or(unnamed), in_use)).chain(others).collect()
}

/// The rewards of all choices, borrowed.
#[derive(Clone, Copy)]
pub(super) struct RewardView<'a> {
    /// Expected reward of each choice, `[C]`.
    pub expected: &'a [f64],
    /// Reward of each branch, `[B]`, where it depends on the branch.
    pub per_branch: Option<&'a [f64]>,
}

/// Puts named rewards into a table: the first is in use, and an empty name is no name.
///
/// # Errors
/// A name given twice, in words.
pub(super) fn use_rewards(parts: &mut CsrParts, rewards: Vec<(String, Rewards)>) -> std::result::Result<(), String> {
    let alone = rewards.len() == 1;
    for (i, (name, rewards)) in rewards.into_iter().enumerate() {
        let name = if name.is_empty() && !alone { UNNAMED.to_owned() } else { name };
        if i > 0 && (parts.reward_name.as_ref() == Some(&name) || parts.other_rewards.contains_key(&name)) {
            return Err(format!("two rewards are called `{name}`"));
        }
        if i == 0 {
            (parts.reward, parts.branch_reward) = (rewards.expected, rewards.per_branch);
            parts.reward_name = (!name.is_empty()).then_some(name);
        } else {
            parts.other_rewards.insert(name, rewards);
        }
    }
    Ok(())
}

/// Rewards per branch as rewards of choices: the expectation, or exactly the reward where all branches have the same.
/// `per_branch` is kept only if some choice has different ones. The starts must fit its length.
pub(super) fn expectations(branch_start: &[u32], probability: &[f64], per_branch: Vec<f64>) -> Rewards {
    let mut depends = false;
    let rows = branch_start.windows(2).map(|w| w[0] as usize..w[1] as usize);
    let expected = rows
        .map(|row| {
            let rewards = &per_branch[row.clone()];
            if rewards.windows(2).all(|w| w[0] == w[1]) {
                return rewards.first().copied().unwrap_or(0.0);
            }
            depends = true;
            rewards.iter().zip(&probability[row]).map(|(r, p)| r * p).sum()
        })
        .collect();
    Rewards { expected, per_branch: depends.then_some(per_branch) }
}

/// The states a file starts in, each with the same probability.
pub(super) fn uniform(states: &[u32]) -> Vec<(u32, f64)> {
    states.iter().map(|&s| (s, 1.0 / states.len() as f64)).collect()
}

/// The states that a table starts in, for a format that knows no other distribution over them than the uniform one.
///
/// # Errors
/// Another distribution, in words.
pub(super) fn initial_states(mdp: &Mdp) -> std::result::Result<Vec<u32>, String> {
    let initial = mdp.initial();
    let p = 1.0 / initial.len() as f64;
    match initial.iter().find(|(_, q)| (q - p).abs() > 1e-9) {
        None => Ok(initial.iter().map(|&(s, _)| s).collect()),
        Some((s, q)) => Err(format!(
            "the table starts in state {s} with probability {q}, but this format only has initial states, all equally \
             likely; .npz and .json hold any distribution"
        )),
    }
}

/// Makes the table, after turning states that were written as self-loops back into terminal ones. The starts must fit the
/// lengths of the other arrays.
///
/// # Errors
/// Whatever is not an MDP.
pub(super) fn finish(mut parts: CsrParts) -> Result<Mdp> {
    let states = parts.choice_start.len() - 1;
    let stays = |s: u32| {
        let first = parts.choice_start[s as usize] as usize;
        let row = || parts.branch_start[first] as usize..parts.branch_start[first + 1] as usize;
        let free = |rewards: &[f64], per_branch: Option<&[f64]>| {
            rewards[first] == 0.0 && per_branch.is_none_or(|r| r[row()].iter().all(|&r| r == 0.0))
        };
        parts.choice_start[s as usize + 1] as usize == first + 1
            && parts.next[row()].iter().all(|&t| t == s)
            && parts.probability[row()].iter().sum::<f64>() == 1.0
            && free(&parts.reward, parts.branch_reward.as_deref())
            && parts.other_rewards.values().all(|r| free(&r.expected, r.per_branch.as_deref()))
    };
    let members = parts.labels.get(TERMINAL).map_or(&[][..], Vec::as_slice);
    let terminal: Vec<u32> = members.iter().copied().filter(|&s| (s as usize) < states && stays(s)).collect();
    drop_rows(&mut parts, &terminal);
    Mdp::from_csr(parts)
}

/// Whether the arrays have the lengths that [`drop_rows`] and [`finish`] rely on.
pub(super) fn fit(parts: &CsrParts) -> bool {
    let ordered = |starts: &[u32]| starts.first() == Some(&0) && starts.windows(2).all(|w| w[0] <= w[1]);
    let ends = |starts: &[u32], n: usize| starts.last().is_some_and(|&end| end as usize == n);
    let (choices, branches) = (parts.reward.len(), parts.next.len());
    let rewards =
        |r: &Rewards| r.expected.len() == choices && r.per_branch.as_ref().is_none_or(|r| r.len() == branches);
    ordered(&parts.choice_start)
        && ordered(&parts.branch_start)
        && ends(&parts.choice_start, choices)
        && parts.branch_start.len() == choices + 1
        && ends(&parts.branch_start, branches)
        && parts.probability.len() == branches
        && parts.branch_reward.as_ref().is_none_or(|r| r.len() == branches)
        && parts.action.as_ref().is_none_or(|a| a.len() == choices)
        && parts.other_rewards.values().all(rewards)
}

/// Removes the rows of these states, in place.
pub(super) fn drop_rows(parts: &mut CsrParts, terminal: &[u32]) {
    if terminal.is_empty() {
        return;
    }
    let states = parts.choice_start.len() - 1;
    let mut is_terminal = vec![false; states];
    terminal.iter().for_each(|&s| is_terminal[s as usize] = true);
    let mut others: BTreeMap<String, Rewards> = std::mem::take(&mut parts.other_rewards);
    let (mut choices, mut branches) = (0usize, 0usize);
    let mut first_choice = 0;
    for s in 0..states {
        let last_choice = parts.choice_start[s + 1] as usize;
        if !is_terminal[s] {
            for c in first_choice..last_choice {
                let (from, to) = (parts.branch_start[c] as usize, parts.branch_start[c + 1] as usize);
                parts.next.copy_within(from..to, branches);
                parts.probability.copy_within(from..to, branches);
                if let Some(rewards) = &mut parts.branch_reward {
                    rewards.copy_within(from..to, branches);
                }
                if let Some(actions) = &mut parts.action {
                    actions[choices] = actions[c];
                }
                parts.reward[choices] = parts.reward[c];
                for rewards in others.values_mut() {
                    rewards.expected[choices] = rewards.expected[c];
                    if let Some(rewards) = &mut rewards.per_branch {
                        rewards.copy_within(from..to, branches);
                    }
                }
                // Never ahead of the row that is read next: choices <= c and branches <= from.
                parts.branch_start[choices] = branches as u32;
                branches += to - from;
                choices += 1;
            }
        }
        first_choice = last_choice;
        parts.choice_start[s + 1] = choices as u32;
    }
    parts.branch_start.truncate(choices + 1);
    parts.branch_start[choices] = branches as u32;
    parts.next.truncate(branches);
    parts.probability.truncate(branches);
    parts.reward.truncate(choices);
    parts.branch_reward.iter_mut().for_each(|rewards| rewards.truncate(branches));
    parts.action.iter_mut().for_each(|actions| actions.truncate(choices));
    for rewards in others.values_mut() {
        rewards.expected.truncate(choices);
        rewards.per_branch.iter_mut().for_each(|rewards| rewards.truncate(branches));
    }
    parts.other_rewards = others;
    // What is left may be the numbering that needs no list.
    let consecutive = parts.action.as_ref().is_some_and(|actions| {
        parts.choice_start.windows(2).all(|w| (w[0]..w[1]).all(|c| actions[c as usize] == c - w[0]))
    });
    if consecutive {
        parts.action = None;
    }
}
