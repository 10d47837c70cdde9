//! What the readers of model checkers' formats share: rewards of several kinds added up, actions by name, terminal states.
//!
//! Model checkers have no terminal states: a deadlock is written as a self-loop. Where a format needs one, [`terminal_label`]
//! has a terminal state written as an action of reward 0 that stays, and named by the label `terminal`; [`finish`] turns such
//! a state back into a terminal one, and keeps the label. So a table with terminal states has that label once it has been
//! through such a file, and is otherwise what it was.

use std::collections::{BTreeMap, HashMap};

use crate::Result;
use crate::mdp::{CsrParts, Mdp, Rewards};

/// The label of states that were terminal before they were written.
pub(super) const TERMINAL: &str = "terminal";

/// The name that a reward without one has beside others.
pub(super) const UNNAMED: &str = "default";

/// The members of the label [`TERMINAL`] in a file: the terminal states, and those that have that label anyway.
pub(super) fn terminal_label(mdp: &Mdp) -> Vec<u32> {
    let mut members: Vec<u32> = (0..mdp.num_states() as u32).filter(|&s| mdp.is_terminal(s as usize)).collect();
    members.extend(mdp.labels().get(TERMINAL).into_iter().flatten());
    members.sort_unstable();
    members.dedup();
    members
}

/// The rewards of a table in the order of a file, the one in use first; the name is empty where there is none.
pub(super) fn named_rewards(mdp: &Mdp) -> Vec<(&str, &[f64])> {
    let unnamed = if mdp.other_rewards().is_empty() { "" } else { UNNAMED };
    let others = mdp.other_rewards().iter().map(|(name, rewards)| (name.as_str(), rewards.expected.as_slice()));
    std::iter::once((mdp.reward_name().unwrap_or(unnamed), mdp.rewards())).chain(others).collect()
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

/// How a text format calls the actions: by name where names are words of their own, by number otherwise.
pub(super) fn action_words(mdp: &Mdp) -> Vec<String> {
    let words: Vec<String> = mdp.action_names().iter().map(|name| one_word(name)).collect();
    let mut sorted: Vec<&String> = words.iter().collect();
    sorted.sort_unstable();
    let distinct = sorted.windows(2).all(|w| w[0] != w[1]);
    let are_words = words.iter().all(|word| !word.is_empty() && !word.bytes().all(|c| c.is_ascii_digit()));
    if !words.is_empty() && distinct && are_words {
        return words;
    }
    (0..mdp.num_actions().max(1)).map(|a| a.to_string()).collect()
}

/// A name without what separates words in text formats.
pub(super) fn one_word(name: &str) -> String {
    name.chars().map(|c| if c.is_whitespace() || "[]\"".contains(c) { '_' } else { c }).collect()
}

/// The actions of a file's choices, as words that appear in it.
#[derive(Default)]
pub(super) struct Actions {
    /// The word of each choice.
    pub of_choice: Vec<u32>,
    words: Vec<String>,
    numbers: HashMap<Vec<u8>, u32>,
}

impl Actions {
    /// Adds the next choice, which is number `offset` of its state.
    pub fn push(&mut self, offset: usize, word: &[u8]) {
        // The usual case: the words appear in order.
        if self.words.get(offset).is_some_and(|known| known.as_bytes() == word) {
            self.of_choice.push(offset as u32);
            return;
        }
        let number = match self.numbers.get(word) {
            Some(&number) => number,
            None => {
                let number = self.words.len() as u32;
                self.words.push(String::from_utf8_lossy(word).into_owned());
                self.numbers.insert(word.to_vec(), number);
                number
            }
        };
        self.of_choice.push(number);
    }

    /// Gives the choices their actions. `declared` are all names in order, if the file says them.
    pub fn resolve(mut self, parts: &mut CsrParts, declared: Vec<String>) {
        let known: HashMap<String, u32> = declared.iter().enumerate().map(|(a, n)| (one_word(n), a as u32)).collect();
        let limit = self.of_choice.len().max(declared.len()).max(1 << 16) as u32;
        let as_number = |word: &String| {
            let canonical = word == "0" || !word.starts_with('0');
            word.parse::<u32>().ok().filter(|&a| canonical && a < limit)
        };
        let mut names = declared;
        let meaning: Option<Vec<u32>> = self.words.iter().map(as_number).collect();
        let meaning = match meaning {
            Some(numbers) if names.is_empty() || numbers.iter().all(|&a| (a as usize) < names.len()) => numbers,
            _ => {
                let mut meaning = Vec::with_capacity(self.words.len());
                for word in std::mem::take(&mut self.words) {
                    meaning.push(known.get(&word).copied().unwrap_or_else(|| {
                        names.push(word);
                        names.len() as u32 - 1
                    }));
                }
                meaning
            }
        };
        self.of_choice.iter_mut().for_each(|a| *a = meaning[*a as usize]);
        assign(parts, self.of_choice, names);
    }
}

/// Gives the choices their actions and names. Where a state has the same action twice, the second becomes an action of its own
/// with the same name (cut to 64 letters); where actions are not ascending in a state, its choices are sorted.
pub(super) fn assign(parts: &mut CsrParts, mut actions: Vec<u32>, mut names: Vec<String>) {
    let rows: Vec<std::ops::Range<usize>> =
        parts.choice_start.windows(2).map(|w| w[0] as usize..w[1] as usize).collect();
    let mut again: HashMap<(u32, u32), u32> = HashMap::new();
    let mut next_action = actions.iter().map(|a| a + 1).max().unwrap_or(0).max(names.len() as u32);
    let mut seen: HashMap<u32, u32> = HashMap::new();
    for row in &rows {
        if actions[row.clone()].windows(2).all(|w| w[0] < w[1]) {
            continue;
        }
        seen.clear();
        for a in &mut actions[row.clone()] {
            let times = seen.entry(*a).or_insert(0);
            *times += 1;
            if *times > 1 {
                *a = *again.entry((*a, *times)).or_insert_with(|| {
                    if let Some(name) = names.get(*a as usize) {
                        let name = name.chars().take(64).collect();
                        names.resize(next_action as usize, String::new());
                        names.push(name);
                    }
                    next_action += 1;
                    next_action - 1
                });
            }
        }
    }
    if rows.iter().any(|row| actions[row.clone()].windows(2).any(|w| w[0] >= w[1])) {
        let mut order: Vec<usize> = (0..actions.len()).collect();
        rows.iter().for_each(|row| order[row.clone()].sort_by_key(|&c| actions[c]));
        actions = order.iter().map(|&c| actions[c]).collect();
        reorder(parts, &order);
    }
    let consecutive = rows.iter().all(|row| actions[row.clone()].iter().enumerate().all(|(i, &a)| a == i as u32));
    parts.action = (!consecutive).then_some(actions);
    parts.action_names = names;
}

/// Puts the choices into another order, which keeps each in its state.
fn reorder(parts: &mut CsrParts, order: &[usize]) {
    let row = |c: usize| parts.branch_start[c] as usize..parts.branch_start[c + 1] as usize;
    let branches: Vec<usize> = order.iter().flat_map(|&c| row(c)).collect();
    let mut start = vec![0];
    let mut end = 0;
    for &c in order {
        end += row(c).len() as u32;
        start.push(end);
    }
    parts.branch_start = start;
    parts.next = branches.iter().map(|&b| parts.next[b]).collect();
    parts.probability = branches.iter().map(|&b| parts.probability[b]).collect();
    let of_choices = |values: &mut Vec<f64>| *values = order.iter().map(|&c| values[c]).collect();
    let of_branches = |values: &mut Vec<f64>| *values = branches.iter().map(|&b| values[b]).collect();
    of_choices(&mut parts.reward);
    parts.branch_reward.iter_mut().for_each(of_branches);
    for rewards in parts.other_rewards.values_mut() {
        of_choices(&mut rewards.expected);
        rewards.per_branch.iter_mut().for_each(of_branches);
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

/// Whether the arrays have the lengths that [`drop_rows`], [`assign`] and [`finish`] rely on.
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
