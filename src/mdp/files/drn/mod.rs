//! DRN, Storm's text format, plain or gzipped.
//!
//! ```text
//! @type: MDP
//! @value_type: double
//! @parameters
//!
//! @reward_models
//! steps cost
//! @nr_states
//! 2
//! @nr_choices
//! 2
//! @model
//! state 0 [0, 0] init "a label"
//!     action up [1, 2.5]
//!         0 : 1/3
//!         1 : 2/3
//! state 1 [0, 0] goal terminal
//!     action stay [0, 0]
//!         1 : 1
//! ```
//!
//! Read: MDPs and DTMCs (one action a state) of decimals, quotients or numeric `@placeholders`. The rewards of a state are added
//! to each of its choices, which is what model checkers count. Written: the shortest decimals that read back exactly. A
//! reward that depends on the outcome is written as its expectation, since the format has no other; names of actions and
//! rewards lose white space. The comment `// actions: ["up", "stay"]` keeps the order and spelling of action names.
//!
//! Source: Storm 2.0's own files, and what its reader accepts.

mod write;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use super::actions::Actions;
use super::fault;
use super::rows;
use super::text::{self, Lines, Parsed, shown, word};
use crate::Result;
use crate::mdp::{CsrParts, Mdp, Rewards};
pub(super) use write::write;

/// What starts the comment with the actions.
const ACTIONS: &str = "// actions: ";

/// Reads the file in one pass.
pub(super) fn read(path: &Path) -> Result<Mdp> {
    let mut lines = Lines::open(path)?;
    let header = read_header(&mut lines)?;
    let mut body = Body { parts: start_parts(), justified: lines.justified(), ..Body::default() };
    while let Some(line) = lines.next()? {
        if let Err(problem) = body.line(line.trim_ascii_start(), &header) {
            return Err(lines.fault(problem));
        }
    }
    body.finish(header).map_err(|problem| fault(path, problem))
}

fn start_parts() -> CsrParts {
    CsrParts { choice_start: vec![0], branch_start: vec![0], ..CsrParts::default() }
}

#[derive(Default)]
struct Header {
    rewards: Vec<String>,
    states: Option<u32>,
    choices: Option<u32>,
    placeholders: HashMap<Vec<u8>, f64>,
    actions: Vec<String>,
}

/// Reads up to `@model`.
fn read_header(lines: &mut Lines) -> Result<Header> {
    let mut header = Header::default();
    let mut section = String::new();
    while let Some(line) = lines.next()? {
        // The names of rewards may be a blank or nothing.
        if section == "@reward_models" && !line.starts_with(b"@") && !line.starts_with(b"//") {
            // Every name is followed by a blank; a blank alone is one reward without a name. Trailing space is gone already.
            let text = String::from_utf8_lossy(line);
            header.rewards = if text.is_empty() { Vec::new() } else { text.split(' ').map(str::to_owned).collect() };
            section.clear();
            continue;
        }
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        if line.starts_with(b"//") {
            if let Some(list) = line.strip_prefix(ACTIONS.as_bytes())
                && let Ok(names) = serde_json::from_slice(list)
            {
                header.actions = names;
            }
            continue;
        }
        let checked = if line.starts_with(b"@") {
            let (key, value) = word(line);
            section = String::from_utf8_lossy(key).into_owned();
            check_section(&section, value)
        } else {
            read_value(&mut header, &section, line)
        };
        checked.map_err(|problem| lines.fault(problem))?;
        if section == "@model" {
            return Ok(header);
        }
    }
    Err(lines.fault("the file ends before `@model`; it may be cut off, or no DRN file"))
}

fn check_section(key: &str, value: &[u8]) -> Parsed<()> {
    let is = |known: &[&str]| known.iter().any(|k| k.as_bytes().eq_ignore_ascii_case(value));
    match key {
        "@type:" if is(&["MDP", "DTMC"]) => Ok(()),
        "@type:" => {
            let why = match value.to_ascii_lowercase().as_slice() {
                b"ctmc" | b"ma" => ", whose time is continuous",
                b"pomdp" => ", whose states are only partly observable",
                b"smg" => ", a game",
                _ => "",
            };
            Err(format!("the model is of type {}{why}; supported are MDP and DTMC", shown(value)))
        }
        "@value_type:" if is(&["double", "rational"]) => Ok(()),
        "@value_type:" => Err(format!("the values are of type {}; supported are double and rational", shown(value))),
        "@parameters" | "@reward_models" | "@placeholders" | "@nr_states" | "@nr_choices" | "@model" => Ok(()),
        _ => Err(format!(
            "unknown entry `{key}`; known are @type:, @value_type:, @parameters, @reward_models, @placeholders, \
             @nr_states, @nr_choices and @model"
        )),
    }
}

fn read_value(header: &mut Header, section: &str, line: &[u8]) -> Parsed<()> {
    match section {
        "@parameters" => Err(format!(
            "the model has the parameters {}; supported are models without parameters (give them values in the model \
             checker first)",
            shown(line)
        )),
        "@nr_states" => text::index(line).map(|n| header.states = Some(n)),
        "@nr_choices" => text::index(line).map(|n| header.choices = Some(n)),
        "@placeholders" => {
            let colon = line.iter().position(|&c| c == b':');
            let colon = colon.ok_or_else(|| format!("{} should be `$name : value`", shown(line)))?;
            let value = text::number(line[colon + 1..].trim_ascii())?;
            header.placeholders.insert(line[..colon].trim_ascii().to_vec(), value);
            Ok(())
        }
        _ => Err(format!("{} should not be here; an entry such as `@type: MDP` is expected", shown(line))),
    }
}

#[derive(Default)]
struct Body {
    parts: CsrParts,
    /// Rewards of the choices so far, one list a reward.
    rewards: Vec<Vec<f64>>,
    /// The rewards of the current state.
    of_state: Vec<f64>,
    /// Scratch of a bracket's numbers.
    bracket: Vec<f64>,
    names: Option<Vec<String>>,
    actions: Actions,
    initial: Vec<u32>,
    labels: BTreeMap<String, Vec<u32>>,
    states: u32,
    /// Choices of the current state.
    offset: usize,
    /// The most bytes of memory that the file's size justifies.
    justified: u64,
}

impl Body {
    fn line(&mut self, line: &[u8], header: &Header) -> Parsed<()> {
        match line.first() {
            Some(b'0'..=b'9') => self.branch(line, header),
            Some(b'a') if line.starts_with(b"action") => self.action(line[6..].trim_ascii_start(), header),
            Some(b's') if line.starts_with(b"state") => self.state(line[5..].trim_ascii_start(), header),
            None => Ok(()),
            Some(b'/') if line.starts_with(b"//") => Ok(()),
            Some(_) => Err(format!("{} should be `state`, `action` or `SUCCESSOR : PROBABILITY`", shown(line))),
        }
    }

    fn branch(&mut self, line: &[u8], header: &Header) -> Parsed<()> {
        let expected = || format!("{} should be `SUCCESSOR : PROBABILITY`", shown(line));
        let (next, rest) = text::leading_index(line).ok_or_else(expected)?;
        let value = rest.trim_ascii_start().strip_prefix(b":").ok_or_else(expected)?.trim_ascii();
        if self.offset == 0 {
            return Err("a transition comes before the first action of its state".into());
        }
        if value.starts_with(b"[") {
            return Err(format!("{} is an interval; supported are single probabilities", shown(value)));
        }
        self.parts.next.push(next);
        self.parts.probability.push(self.number(value, header)?);
        match self.parts.branch_start.last_mut() {
            Some(end) if *end < u32::MAX => *end += 1,
            _ => return Err("there are more than 2^32 - 1 transitions".into()),
        }
        Ok(())
    }

    fn number(&self, value: &[u8], header: &Header) -> Parsed<f64> {
        if value.starts_with(b"$") {
            let known = header.placeholders.get(value).copied();
            return known.ok_or_else(|| format!("the placeholder {} has no value", shown(value)));
        }
        text::number(value)
    }

    fn action(&mut self, line: &[u8], header: &Header) -> Parsed<()> {
        if self.states == 0 {
            return Err("an action comes before the first state".into());
        }
        let end = line.iter().position(|&c| c == b'[').unwrap_or(line.len());
        let name = line[..end].trim_ascii();
        let name = name.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(name);
        let has_rewards = self.rewards_of(&line[end..], header)?.0;
        for i in 0..self.rewards.len() {
            let reward = if has_rewards { self.bracket[i] } else { 0.0 };
            self.rewards[i].push(self.of_state[i] + reward);
        }
        self.actions.push(self.offset, name);
        self.offset += 1;
        self.check_rewards(self.rewards.len())?;
        let branches = self.parts.next.len() as u32;
        self.parts.branch_start.push(branches);
        match self.parts.choice_start.last_mut() {
            Some(end) if *end < u32::MAX => *end += 1,
            _ => return Err("there are more than 2^32 - 1 choices".into()),
        }
        Ok(())
    }

    /// Rewards may be left out, so that a short file could stand for very many.
    fn check_rewards(&self, rewards: usize) -> Parsed<()> {
        let choices = self.actions.of_choice.len();
        if (8 * rewards as u64).saturating_mul(choices as u64) <= self.justified {
            return Ok(());
        }
        Err(format!("{rewards} rewards of {choices} choices are more than a file of this size holds"))
    }

    fn state(&mut self, line: &[u8], header: &Header) -> Parsed<()> {
        let (state, rest) = text::leading_index(line).ok_or_else(|| format!("{} should be a state", shown(line)))?;
        if state != self.states {
            return Err(format!("state {state} should be state {}: states are listed in order", self.states));
        }
        let rest = rest.trim_ascii_start();
        if rest.starts_with(b"!") {
            return Err("the state has an exit rate, as in continuous time; supported are MDP and DTMC".into());
        }
        if rest.starts_with(b"{") {
            return Err("the state has an observation, as in a POMDP; supported are MDP and DTMC".into());
        }
        let choices = self.actions.of_choice.len() as u32;
        self.parts.choice_start.push(choices);
        (self.states, self.offset) = (state + 1, 0);
        let (has_rewards, labels) = self.rewards_of(rest, header)?;
        self.of_state.clear();
        if has_rewards {
            self.of_state.extend(&self.bracket);
        } else {
            self.of_state.resize(self.rewards.len(), 0.0);
        }
        self.labels_of(labels, state)
    }

    /// Reads `[1, 2.5]` into the scratch, if it is there; what follows it comes back.
    fn rewards_of<'a>(&mut self, text: &'a [u8], header: &Header) -> Parsed<(bool, &'a [u8])> {
        let Some(inside) = text.strip_prefix(b"[") else { return Ok((false, text)) };
        let end = memchr::memchr(b']', inside).ok_or_else(|| format!("{} has no closing bracket", shown(text)))?;
        self.bracket.clear();
        for value in inside[..end].split(|&c| c == b',') {
            let value = self.number(value.trim_ascii(), header)?;
            self.bracket.push(value);
        }
        let found = self.bracket.len();
        if self.names.is_none() {
            self.names = Some(reward_names(&header.rewards, found)?);
            self.check_rewards(found)?;
            self.rewards = vec![vec![0.0; self.actions.of_choice.len()]; found];
            self.of_state = vec![0.0; found];
        }
        match &self.names {
            Some(names) if names.len() != found => {
                Err(format!("there are {found} rewards here, but {} reward models", names.len()))
            }
            _ => Ok((true, inside[end + 1..].trim_ascii_start())),
        }
    }

    fn labels_of(&mut self, mut rest: &[u8], state: u32) -> Parsed<()> {
        while !rest.is_empty() {
            let label;
            (label, rest) = match rest.strip_prefix(b"\"") {
                Some(inside) => {
                    let end = inside.iter().position(|&c| c == b'"');
                    let end = end.ok_or_else(|| format!("{} has no closing quote", shown(rest)))?;
                    (&inside[..end], inside[end + 1..].trim_ascii_start())
                }
                None => word(rest),
            };
            if label == b"init" {
                self.initial.push(state);
                continue;
            }
            let label = std::str::from_utf8(label).map_err(|_| format!("the label {} is not UTF-8", shown(label)))?;
            match self.labels.get_mut(label) {
                Some(members) => members.push(state),
                None => {
                    self.labels.insert(label.to_owned(), vec![state]);
                }
            }
        }
        Ok(())
    }

    fn finish(mut self, header: Header) -> Parsed<Mdp> {
        let choices = self.actions.of_choice.len();
        if self.states == 0 {
            return Err("it has no state".into());
        }
        if header.states.is_some_and(|n| n != self.states) {
            let expected = header.states.unwrap_or_default();
            return Err(format!("it has {} states, but @nr_states says {expected}; it may be cut off", self.states));
        }
        if header.choices.is_some_and(|n| n as usize != choices) {
            let expected = header.choices.unwrap_or_default();
            return Err(format!("it has {choices} choices, but @nr_choices says {expected}; it may be cut off"));
        }
        let mut names = self.names.take().unwrap_or(header.rewards);
        self.check_rewards(names.len())?;
        if names.is_empty() {
            names.push(String::new());
        }
        self.rewards.resize(names.len(), Vec::new());
        let rewards = names.into_iter().zip(self.rewards).map(|(name, mut expected)| {
            expected.resize(choices, 0.0);
            (name, Rewards { expected, per_branch: None })
        });
        let mut parts = self.parts;
        rows::use_rewards(&mut parts, rewards.collect())?;
        parts.labels = self.labels;
        parts.initial = rows::uniform(&self.initial);
        self.actions.resolve(&mut parts, header.actions);
        rows::finish(parts).map_err(|error| error.to_string())
    }
}

/// The names of `found` rewards: a blank line is one reward without a name, and double blanks may separate names.
fn reward_names(declared: &[String], found: usize) -> Parsed<Vec<String>> {
    if declared.len() == found {
        return Ok(declared.to_vec());
    }
    let words: Vec<String> = declared.iter().filter(|name| !name.is_empty()).cloned().collect();
    match words.len() {
        n if n == found => Ok(words),
        0 if found == 1 => Ok(vec![String::new()]),
        n => Err(format!("there are {found} rewards here, but @reward_models names {n}")),
    }
}
