//! Actions that files name: words in text formats, indices with a list of strings in binary ones.

use std::collections::HashMap;

use crate::mdp::{CsrParts, Mdp};

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
