//! Gymnasium's `env.P` as JSON: `{"state": {"action": [[probability, next, reward, done], …]}}`; lists serve as well as objects.
//!
//! A transition with `done` ends the episode. A state entered only so (its own self-loops aside) becomes terminal under its own
//! index, and its rows are dropped; if a state is entered both ways, the ending transitions lead to one terminal state
//! appended at the end. `{"P": …, "initial": {"state": probability}, "labels": {"name": [states]}}` adds what `env.P` lacks.

use std::io::Write;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::{fault, write_atomically};
use crate::mdp::{Mdp, MdpBuilder};
use crate::{Error, Result};

/// One `[probability, next, reward, done]`, with its state and action.
struct Transition {
    state: usize,
    action: usize,
    probability: f64,
    next: usize,
    reward: f64,
    done: bool,
}

pub(super) fn read(path: &Path) -> Result<Mdp> {
    let text = std::fs::read(path).map_err(|e| Error::io(path, e))?;
    let value: Value = serde_json::from_slice(&text).map_err(|e| fault(path, format!("it is not JSON: {e}")))?;
    parse(&value).map_err(|problem| fault(path, problem))
}

/// The members of an object with numbers as keys, or of a list, as `(number, member)`.
fn numbered<'a>(value: &'a Value, place: &str) -> std::result::Result<Vec<(usize, &'a Value)>, String> {
    match value {
        Value::Array(items) => Ok(items.iter().enumerate().collect()),
        Value::Object(members) => members
            .iter()
            .map(|(key, member)| match key.parse() {
                Ok(number) => Ok((number, member)),
                Err(_) => Err(format!("{place} has the key `{key}`; keys should be numbers")),
            })
            .collect(),
        _ => Err(format!("{place} should be an object or a list")),
    }
}

fn transition(state: usize, action: usize, item: &Value) -> std::result::Result<Transition, String> {
    let found = match item.as_array().map(Vec::as_slice) {
        Some([p, t, r, done]) => match (p.as_f64(), t.as_u64(), r.as_f64(), done.as_bool()) {
            (Some(probability), Some(next), Some(reward), Some(done)) => {
                Some(Transition { state, action, probability, next: next as usize, reward, done })
            }
            _ => None,
        },
        _ => None,
    };
    found.ok_or_else(|| {
        format!("state {state}, action {action} has the outcome {item}; it should be [probability, next, reward, done]")
    })
}

fn parse(value: &Value) -> std::result::Result<Mdp, String> {
    let table = value.get("P").unwrap_or(value);
    let mut rows = Vec::new();
    let mut transitions = Vec::new();
    let by_state = numbered(table, "the top level")?;
    let states = by_state.len();
    let mut seen = vec![false; states];
    for (s, actions) in by_state {
        if s >= states || std::mem::replace(&mut seen[s], true) {
            return Err(format!("it has {states} states, so their keys should be 0..{states}, each once; found {s}"));
        }
        for (a, outcomes) in numbered(actions, &format!("state {s}"))? {
            rows.push((s, a));
            for item in outcomes.as_array().ok_or(format!("state {s}, action {a} should be a list of outcomes"))? {
                let t = transition(s, a, item)?;
                if t.next >= states {
                    return Err(Error::DanglingSuccessor { state: s, action: a, next: t.next, states }.to_string());
                }
                transitions.push(t);
            }
        }
    }
    let mut initial: Vec<(usize, f64)> = Vec::new();
    for (s, p) in value.get("initial").map_or(Ok(Vec::new()), |v| numbered(v, "initial"))? {
        let p = p.as_f64().ok_or(format!("the initial probability of state {s} should be a number"))?;
        if p != 0.0 {
            initial.push((s, p));
        }
    }
    let is_terminal = terminal_states(states, &transitions, &initial);
    let needs_sink = transitions.iter().any(|t| t.done && !is_terminal[t.next] && !is_terminal[t.state]);
    let mut builder = MdpBuilder::new(states + usize::from(needs_sink));
    let mut from = 0;
    for (s, a) in rows {
        let count = transitions[from..].iter().take_while(|t| (t.state, t.action) == (s, a)).count();
        let row = &transitions[from..from + count];
        from += count;
        if !is_terminal[s] {
            let end = |t: &Transition| if t.done && !is_terminal[t.next] { states } else { t.next };
            let branches: Vec<_> = row.iter().map(|t| (t.probability, end(t), t.reward)).collect();
            builder.choice(s, a, &branches);
        }
    }
    (0..states).filter(|&s| is_terminal[s]).for_each(|s| {
        builder.terminal(s);
    });
    if needs_sink {
        builder.terminal(states);
    }
    for (s, p) in initial {
        builder.initial(s, p);
    }
    if let Some(labels) = value.get("labels").and_then(Value::as_object) {
        for (label, members) in labels {
            for (_, s) in numbered(members, &format!("label {label}"))? {
                let s = s.as_u64().ok_or(format!("label {label} should be a list of states"))?;
                builder.label(label, s as usize);
            }
        }
    }
    builder.build().map_err(|error| error.to_string())
}

/// States that are only ever entered by transitions that end the episode.
fn terminal_states(states: usize, transitions: &[Transition], initial: &[(usize, f64)]) -> Vec<bool> {
    let (mut ends, mut goes_on, mut leaves) = (vec![false; states], vec![false; states], vec![false; states]);
    for t in transitions {
        if t.done {
            ends[t.next] = true;
        } else if t.next != t.state {
            goes_on[t.next] = true;
        }
        leaves[t.state] |= t.next != t.state || !t.done;
    }
    let is_initial = |s: usize| if initial.is_empty() { s == 0 } else { initial.iter().any(|&(i, _)| i == s) };
    (0..states).map(|s| ends[s] && !goes_on[s] && !(is_initial(s) && leaves[s])).collect()
}

pub(super) fn write(path: &Path, mdp: &Mdp) -> Result<()> {
    let mut table = Map::new();
    for s in 0..mdp.num_states() {
        let mut actions = Map::new();
        if mdp.is_terminal(s) {
            actions.insert("0".into(), json!([[1.0, s, 0.0, true]]));
        }
        for c in mdp.choices(s) {
            let outcomes: Vec<Value> = mdp
                .branch_range(c)
                .map(|b| {
                    let next = mdp.successors()[b] as usize;
                    json!([mdp.probabilities()[b], next, mdp.branch_reward(c, b), mdp.is_terminal(next)])
                })
                .collect();
            actions.insert(mdp.action_of(s, c).to_string(), outcomes.into());
        }
        table.insert(s.to_string(), actions.into());
    }
    let plain = mdp.initial() == [(0, 1.0)] && mdp.labels().is_empty();
    let value = if plain {
        Value::Object(table)
    } else {
        let initial: Map<String, Value> = mdp.initial().iter().map(|&(s, p)| (s.to_string(), p.into())).collect();
        json!({ "P": table, "initial": initial, "labels": mdp.labels() })
    };
    write_atomically(path, |file| {
        let mut out = std::io::BufWriter::new(file);
        serde_json::to_writer(&mut out, &value)?;
        out.flush()
    })
}
