//! PRISM's explicit files: `model.tra` with its siblings, found by their stem.
//!
//! | file | lines |
//! |---|---|
//! | `model.tra` | `S C B`, then `state choice successor probability [action]`; a chain has `S B`, then `state successor probability` |
//! | `model.lab` | `0="init" 1="deadlock" …`, then `state: label label …` |
//! | `model.srew` | `S n`, then `state reward`; absent: no rewards of states |
//! | `model.trew` | `S C n` (or `S n`), then `state choice successor reward` (or `state successor reward`); absent: none |
//!
//! Several rewards are numbered, `model1.srew`, `model1.trew`, `model2.srew`, and so on, as PRISM numbers them; a line
//! `# Reward structure "name"` names one. `model.sta`, the values of variables, is not read. The rewards of a state are added
//! to each of its choices.
//!
//! Written: all rewards as rewards of transitions, with a `.srew` that holds none beside each `.trew`, so that no older file is
//! taken for part of the table; each file atomically, and `model.tra` last. Names of actions lose white space, and are read
//! back in the order in which they appear.
//!
//! Source: the PRISM manual, "Explicit model files"; Kwiatkowska, Norman, Parker 2011 for the tool.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::actions::{Actions, action_words};
use super::rows;
use super::text::{self, Lines, Parsed, shown, word};
use super::write_atomically;
use crate::mdp::{CsrParts, Mdp, Rewards};
use crate::{Error, Result};

/// Reads `model.tra` and the siblings that are there.
pub(super) fn read(path: &Path) -> Result<Mdp> {
    let table = read_transitions(path)?;
    let mut parts = table.parts;
    let mut rewards = Vec::new();
    for (srew, trew) in reward_files(path) {
        let mut of_choices = Rewards { expected: vec![0.0; table.choices], per_branch: None };
        let mut name = String::new();
        if srew.is_file() {
            read_state_rewards(&srew, &parts, &mut of_choices.expected, &mut name)?;
        }
        if trew.is_file() {
            of_choices = read_transition_rewards(&trew, &parts, table.is_chain, of_choices.expected, &mut name)?;
        }
        rewards.push((name, of_choices));
    }
    if rewards.is_empty() {
        rewards.push((String::new(), Rewards { expected: vec![0.0; table.choices], per_branch: None }));
    }
    let in_file = |problem: String| super::fault(path, problem);
    rows::use_rewards(&mut parts, rewards).map_err(in_file)?;
    let lab = path.with_extension("lab");
    if lab.is_file() {
        read_labels(&lab, &mut parts)?;
    }
    table.actions.resolve(&mut parts, Vec::new());
    rows::finish(parts).map_err(|error| in_file(error.to_string()))
}

/// The names that the files of rewards may have: without a number, or numbered from 1 until both are missing.
fn reward_files(path: &Path) -> Vec<(PathBuf, PathBuf)> {
    let pair = |number: &str| (sibling(path, number, "srew"), sibling(path, number, "trew"));
    let exists = |(srew, trew): &(PathBuf, PathBuf)| srew.is_file() || trew.is_file();
    let alone = pair("");
    if exists(&alone) {
        return vec![alone];
    }
    (1..).map(|i: u32| pair(&i.to_string())).take_while(exists).collect()
}

/// `model.tra` to `model1.srew`.
fn sibling(path: &Path, number: &str, extension: &str) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{stem}{number}.{extension}"))
}

struct Table {
    parts: CsrParts,
    actions: Actions,
    choices: usize,
    is_chain: bool,
}

/// Lines of words, without blank lines and comments.
fn next_words<'a>(lines: &'a mut Lines, name: &mut String) -> Result<Option<&'a [u8]>> {
    // The borrow of a line cannot leave the loop on one path and be dropped on another, so the line is found by its place.
    while lines.advance()? {
        let line = lines.line().trim_ascii();
        if let Some(comment) = line.strip_prefix(b"#") {
            if let Some(rest) = comment.trim_ascii().strip_prefix(b"Reward structure") {
                let quoted = rest.trim_ascii().strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
                *name = String::from_utf8_lossy(quoted.unwrap_or_default()).into_owned();
            }
        } else if !line.is_empty() {
            return Ok(Some(lines.line().trim_ascii()));
        }
    }
    Ok(None)
}

/// The next line as numbers of its words, then the last word as it is.
fn split<const N: usize>(line: &[u8]) -> Parsed<([u32; N], &[u8])> {
    let mut numbers = [0; N];
    let mut rest = line;
    for number in &mut numbers {
        let first;
        (first, rest) = word(rest);
        *number = text::index(first)?;
    }
    Ok((numbers, rest))
}

fn read_transitions(path: &Path) -> Result<Table> {
    let mut lines = Lines::open(path)?;
    let mut parts = CsrParts { choice_start: vec![0], branch_start: vec![0], ..CsrParts::default() };
    let mut actions = Actions::default();
    let Some(header) = next_words(&mut lines, &mut String::new())? else {
        return Err(lines.fault("the file is empty; it should begin with `states choices transitions`"));
    };
    let sizes: Parsed<Vec<u32>> =
        header.split(u8::is_ascii_whitespace).filter(|w| !w.is_empty()).map(text::index).collect();
    let (states, choices, branches) = match sizes.as_deref() {
        Ok(&[states, choices, branches]) => (states, Some(choices), branches),
        Ok(&[states, branches]) => (states, None, branches),
        _ => {
            let found = shown(header);
            let problem = format!("{found} should be `states choices transitions`, or `states transitions` of a chain");
            return Err(lines.fault(problem));
        }
    };
    let is_chain = choices.is_none();
    while let Some(line) = next_words(&mut lines, &mut String::new())? {
        let added = if is_chain {
            split(line).and_then(|([s, t], p)| add(&mut parts, &mut actions, [s, 0, t], p, states))
        } else {
            split(line).and_then(|(indices, rest)| add(&mut parts, &mut actions, indices, rest, states))
        };
        added.map_err(|problem| lines.fault(problem))?;
    }
    let found = parts.branch_start.len() - 1;
    if parts.next.len() != branches as usize || choices.is_some_and(|n| n as usize != found) {
        let expected = choices.map_or(String::new(), |n| format!("{n} choices and "));
        return Err(lines.fault(format!(
            "there are {found} choices and {} transitions, but the first line says {expected}{branches} transitions; the file \
             may be cut off",
            parts.next.len()
        )));
    }
    // The states after the last one with choices have none: only the file's own claim says that they exist.
    let listed = parts.choice_start.len() - 1;
    if (listed as u32) < states {
        return Err(
            lines.fault(format!("state {listed} has no transition; a state that is not left needs a self-loop"))
        );
    }
    Ok(Table { choices: found, parts, actions, is_chain })
}

/// Adds one transition; they come in the order of states and choices.
fn add(
    parts: &mut CsrParts,
    actions: &mut Actions,
    [state, choice, next]: [u32; 3],
    rest: &[u8],
    states: u32,
) -> Parsed<()> {
    let (value, action) = word(rest);
    let probability = text::number(value)?;
    if state >= states {
        return Err(format!("state {state} is none of the {states} states"));
    }
    let last = (parts.choice_start.len() - 1) as u32; // one more than the state of the line before
    if state + 1 != last {
        if state != last {
            return Err(format!(
                "state {state} should be state {last}: states come in order, and each has a transition"
            ));
        }
        let choices = parts.branch_start.len() as u32 - 1;
        parts.choice_start.push(choices);
    }
    let first = parts.choice_start[state as usize];
    let listed = parts.branch_start.len() as u32 - 1 - first;
    if choice == listed {
        let end = parts.next.len() as u32;
        parts.branch_start.push(end);
        match action {
            b"" => actions.push(choice as usize, choice.to_string().as_bytes()),
            name => actions.push(choice as usize, name),
        }
        parts.choice_start[state as usize + 1] = first + choice + 1;
    } else if listed.checked_sub(1) != Some(choice) {
        return Err(format!("choice {choice} should be choice {listed}: choices come in order"));
    }
    parts.next.push(next);
    parts.probability.push(probability);
    if let Some(end) = parts.branch_start.last_mut() {
        *end += 1;
    }
    Ok(())
}

/// The header of a file of rewards: its sizes, of which the last is the number of lines that follow.
fn reward_lines(lines: &mut Lines, name: &mut String, states: usize) -> Result<u32> {
    let expected = "it should begin with `states … lines`";
    let Some(header) = next_words(lines, name)? else {
        return Err(lines.fault(format!("the file is empty; {expected}")));
    };
    let sizes: Parsed<Vec<u32>> =
        header.split(u8::is_ascii_whitespace).filter(|w| !w.is_empty()).map(text::index).collect();
    match sizes.as_deref() {
        Ok(&[s, .., count]) if s as usize == states => Ok(count),
        Ok(&[s, _, ..]) => Err(lines.fault(format!("it is for {s} states, but the table has {states}"))),
        _ => Err(lines.fault(expected)),
    }
}

fn check_count(lines: &Lines, found: u32, count: u32) -> Result<()> {
    if found == count {
        return Ok(());
    }
    Err(lines.fault(format!("there are {found} rewards, but the first line says {count}; the file may be cut off")))
}

/// Adds the rewards of states to their choices.
fn read_state_rewards(path: &Path, parts: &CsrParts, expected: &mut [f64], name: &mut String) -> Result<()> {
    let mut lines = Lines::open(path)?;
    let states = parts.choice_start.len() - 1;
    let count = reward_lines(&mut lines, name, states)?;
    let mut found = 0;
    while let Some(line) = next_words(&mut lines, name)? {
        let entry = split::<1>(line).and_then(|([s], value)| Ok((s as usize, text::number(value)?)));
        let (s, reward) = entry.map_err(|problem| lines.fault(problem))?;
        if s >= states {
            return Err(lines.fault(format!("state {s} is none of the {states} states")));
        }
        let row = parts.choice_start[s] as usize..parts.choice_start[s + 1] as usize;
        expected[row].iter_mut().for_each(|r| *r += reward);
        found += 1;
    }
    check_count(&lines, found, count)
}

/// Rewards of transitions, to which those of the choices are added.
fn read_transition_rewards(
    path: &Path,
    parts: &CsrParts,
    is_chain: bool,
    of_choices: Vec<f64>,
    name: &mut String,
) -> Result<Rewards> {
    let mut lines = Lines::open(path)?;
    let states = parts.choice_start.len() - 1;
    let count = reward_lines(&mut lines, name, states)?;
    let mut per_branch = vec![0.0; parts.next.len()];
    let (mut found, mut next_branch) = (0, 0);
    while let Some(line) = next_words(&mut lines, name)? {
        let indices = if is_chain { split(line).map(|([s, t], value)| ([s, 0, t], value)) } else { split(line) };
        let entry = indices.and_then(|(indices, value)| {
            let branch = branch_of(parts, indices, next_branch)?;
            Ok((branch, text::number(value)?))
        });
        let (branch, reward) = entry.map_err(|problem| lines.fault(problem))?;
        per_branch[branch] = reward;
        next_branch = branch + 1;
        found += 1;
    }
    check_count(&lines, found, count)?;
    for (row, reward) in parts.branch_start.windows(2).zip(of_choices) {
        per_branch[row[0] as usize..row[1] as usize].iter_mut().for_each(|r| *r += reward);
    }
    Ok(rows::expectations(&parts.branch_start, &parts.probability, per_branch))
}

/// The branch of a transition, sought from `from` on if that is in its row: files list them in the same order.
fn branch_of(parts: &CsrParts, [state, choice, next]: [u32; 3], from: usize) -> Parsed<usize> {
    let missing = || format!("there is no transition from state {state}, choice {choice} to state {next}");
    let (s, k) = (state as usize, choice as usize);
    let choices = parts.choice_start.get(s).zip(parts.choice_start.get(s + 1)).ok_or_else(missing)?;
    let c = *choices.0 as usize + k;
    if c >= *choices.1 as usize {
        return Err(missing());
    }
    let row = parts.branch_start[c] as usize..parts.branch_start[c + 1] as usize;
    let first = if row.contains(&from) { from } else { row.start };
    let mut order = (first..row.end).chain(row.start..first);
    order.find(|&b| parts.next[b] == next).ok_or_else(missing)
}

/// `0="init" 1="goal"`, then `state: 0 1`.
fn read_labels(path: &Path, parts: &mut CsrParts) -> Result<()> {
    let mut lines = Lines::open(path)?;
    let states = parts.choice_start.len() - 1;
    let mut names: BTreeMap<u32, (String, Vec<u32>)> = BTreeMap::new();
    let Some(header) = next_words(&mut lines, &mut String::new())? else {
        return Err(lines.fault("the file is empty; it should begin with `0=\"init\" 1=\"deadlock\"`"));
    };
    for (number, name) in declarations(header).map_err(|problem| lines.fault(problem))? {
        names.insert(number, (name, Vec::new()));
    }
    while let Some(line) = next_words(&mut lines, &mut String::new())? {
        let added = labels_of_state(line, states, &mut names);
        added.map_err(|problem| lines.fault(problem))?;
    }
    let mut initial = Vec::new();
    for (name, members) in names.into_values() {
        if name == "init" {
            initial = members;
        } else {
            parts.labels.entry(name).or_default().extend(members);
        }
    }
    initial.sort_unstable();
    initial.dedup();
    parts.initial = rows::uniform(&initial);
    Ok(())
}

fn declarations(mut rest: &[u8]) -> Parsed<Vec<(u32, String)>> {
    let mut found = Vec::new();
    while !rest.is_empty() {
        let expected = || format!("{} should be `NUMBER=\"NAME\"`", shown(rest));
        let (number, after) = text::leading_index(rest).ok_or_else(expected)?;
        let inside = after.strip_prefix(b"=\"").ok_or_else(expected)?;
        let end = inside.iter().position(|&c| c == b'"').ok_or_else(expected)?;
        let name = std::str::from_utf8(&inside[..end]).map_err(|_| expected())?;
        found.push((number, name.to_owned()));
        rest = inside[end + 1..].trim_ascii_start();
    }
    Ok(found)
}

fn labels_of_state(line: &[u8], states: usize, names: &mut BTreeMap<u32, (String, Vec<u32>)>) -> Parsed<()> {
    let expected = || format!("{} should be `STATE: LABEL LABEL …`", shown(line));
    let (state, rest) = text::leading_index(line).ok_or_else(expected)?;
    let rest = rest.trim_ascii_start().strip_prefix(b":").ok_or_else(expected)?;
    if state as usize >= states {
        return Err(format!("state {state} is none of the {states} states"));
    }
    for number in rest.split(u8::is_ascii_whitespace).filter(|w| !w.is_empty()) {
        let number = text::index(number)?;
        let (_, members) = names.get_mut(&number).ok_or_else(|| format!("label {number} is not declared"))?;
        members.push(state);
    }
    Ok(())
}

/// Writes `model.lab`, the rewards, and `model.tra`, in this order.
pub(super) fn write(path: &Path, mdp: &Mdp) -> Result<()> {
    let refused = |reason: String| Error::NotApplicable { method: "PRISM's explicit format", reason };
    let mdp = &*rows::without_terminal(mdp)?;
    let initial = rows::initial_states(mdp).map_err(refused)?;
    let mut labels: Vec<(&str, &[u32])> = vec![("init", &initial)];
    for (label, members) in mdp.labels() {
        if label.contains(['"', '\n', '\r']) || label == "init" {
            let problem = format!("it cannot hold a label {label:?}: quotes, line ends and `init` have a meaning");
            return Err(refused(problem));
        }
        labels.push((label, members));
    }
    let rewards = rows::named_rewards(mdp);
    let numbers: Vec<String> = match rewards.len() {
        1 => vec![String::new()],
        n => (1..=n).map(|i| i.to_string()).collect(),
    };
    // Files of another table that would be taken for rewards of this one.
    if rewards.len() > 1 {
        for number in [String::new(), (rewards.len() + 1).to_string()] {
            let old = ["srew", "trew"].map(|extension| sibling(path, &number, extension));
            if let Some(old) = old.iter().find(|old| old.is_file()) {
                let problem = format!("{} would be read as a reward of this table: remove it first", old.display());
                return Err(refused(problem));
            }
        }
    }
    if let Some((name, _)) = rewards.iter().find(|(name, _)| name.contains(['"', '\n', '\r'])) {
        return Err(refused(format!("it cannot hold a reward {name:?}: quotes and line ends have a meaning")));
    }
    write_text(&path.with_extension("lab"), |out| write_labels(out, &labels, mdp.num_states()))?;
    for (number, (name, r)) in numbers.iter().zip(&rewards) {
        let title = if name.is_empty() { String::new() } else { format!("# Reward structure \"{name}\"\n") };
        let states = mdp.num_states();
        write_text(&sibling(path, number, "srew"), |out| writeln!(out, "{title}{states} 0"))?;
        write_text(&sibling(path, number, "trew"), |out| {
            let (choices, branches) = (mdp.num_choices(), mdp.num_branches());
            writeln!(out, "{title}{states} {choices} {branches}")?;
            for_branches(mdp, |s, k, c, b| {
                let reward = r.per_branch.map_or(r.expected[c], |r| r[b]);
                writeln!(out, "{s} {k} {} {reward}", mdp.successors()[b])
            })
        })?;
    }
    let actions = action_words(mdp);
    let named = !mdp.action_names().is_empty() || mdp.choice_actions().is_some();
    write_text(path, |out| {
        writeln!(out, "{} {} {}", mdp.num_states(), mdp.num_choices(), mdp.num_branches())?;
        for_branches(mdp, |s, k, c, b| {
            write!(out, "{s} {k} {} {}", mdp.successors()[b], mdp.probabilities()[b])?;
            if named {
                write!(out, " {}", actions[mdp.action_of(s, c)])?;
            }
            writeln!(out)
        })
    })
}

/// Calls with state, number of the choice in it, choice, and branch.
fn for_branches(
    mdp: &Mdp,
    mut call: impl FnMut(usize, usize, usize, usize) -> std::io::Result<()>,
) -> std::io::Result<()> {
    for s in 0..mdp.num_states() {
        for (k, c) in mdp.choices(s).enumerate() {
            for b in mdp.branch_range(c) {
                call(s, k, c, b)?;
            }
        }
    }
    Ok(())
}

fn write_labels(out: &mut BufWriter<&mut File>, labels: &[(&str, &[u32])], states: usize) -> std::io::Result<()> {
    for (number, (name, _)) in labels.iter().enumerate() {
        write!(out, "{}{number}=\"{name}\"", if number > 0 { " " } else { "" })?;
    }
    writeln!(out)?;
    // Merged by state as the states go by.
    let mut left: Vec<std::slice::Iter<u32>> = labels.iter().map(|(_, members)| members.iter()).collect();
    for s in 0..states as u32 {
        let mut any = false;
        for (number, members) in left.iter_mut().enumerate() {
            if members.as_slice().first() == Some(&s) {
                members.next();
                if !any {
                    write!(out, "{s}:")?;
                }
                any = true;
                write!(out, " {number}")?;
            }
        }
        if any {
            writeln!(out)?;
        }
    }
    Ok(())
}

fn write_text(path: &Path, fill: impl FnOnce(&mut BufWriter<&mut File>) -> std::io::Result<()>) -> Result<()> {
    write_atomically(path, |file| {
        let mut out = BufWriter::with_capacity(1 << 18, file);
        fill(&mut out)?;
        out.flush()
    })
}
