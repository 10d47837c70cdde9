//! UMB, the unified Markov binary format (version 1, specification of January 2026): a tar archive, plain, gzipped or
//! xz-compressed.
//!
//! | member | array |
//! |---|---|
//! | `index.json` | sizes, types, annotations |
//! | `state-to-choices.bin`, `choice-to-branches.bin` | row starts, `u64[S + 1]`, `u64[C + 1]`; absent where each row has one |
//! | `branch-to-target.bin`, `branch-to-probability.bin` | `u64[B]`; doubles or quotients |
//! | `state-is-initial.bin` | bits, lowest first |
//! | `actions/choices/values.bin`, `…/strings.bin`, `…/string-mapping.bin` | `u32[C]`; their names |
//! | `annotations/rewards/NAME/states\|choices\|branches/values.bin` | rewards, which add up |
//! | `annotations/aps/NAME/states/values.bin` | labels, as bits |
//!
//! Read: discrete-time MDPs and Markov chains. Rewards of states are added to each of their choices. Quotients become the
//! nearest double. Valuations of states are skipped. Written: doubles; rewards of outcomes as rewards of branches.
//!
//! Source: the files and sources of the Python package `umbi` 0.2.5, and the files of Storm 2.0.

mod index;
mod members;
mod write;

use std::path::Path;

use super::actions::assign;
use super::fault;
use super::rows::{self, UNNAMED};
use crate::Result;
use crate::mdp::{CsrParts, Mdp, Rewards};
use index::{Annotation, Index, System};
use members::Members;
pub(super) use write::write;

/// The name of the index.
const INDEX: &str = "index.json";

/// Reads each array once.
pub(super) fn read(path: &Path) -> Result<Mdp> {
    let mut members = Members::open(path)?;
    let text = members.bytes(INDEX)?;
    let index = Index::parse(&text).map_err(|problem| members.fault(INDEX, problem))?;
    let system = &index.system;
    let mut parts = CsrParts::default();
    // The branches come first: where a file of row starts is absent, the number of rows is what is there already.
    (parts.next, parts.probability) = branches(&mut members, system)?;
    parts.branch_start = starts(&mut members, "choice-to-branches.bin", system.choices, system.branches)?;
    parts.choice_start = starts(&mut members, "state-to-choices.bin", system.states, system.choices)?;
    let mut rewards = Vec::new();
    for (id, annotation) in &index.annotations.rewards.0 {
        let name = match &annotation.alias {
            Some(alias) => alias.clone(),
            None if id == UNNAMED => String::new(),
            None => id.clone(),
        };
        rewards.push((name, annotated_rewards(&mut members, system, &parts, id, annotation)?));
    }
    if rewards.is_empty() {
        let expected = vec![0.0; system.choices as usize];
        rewards.push((String::new(), Rewards { expected, per_branch: None }));
    }
    rows::use_rewards(&mut parts, rewards).map_err(|problem| fault(path, problem))?;
    if system.initial_states > 0 {
        parts.initial = rows::uniform(&members.ones("state-is-initial.bin", system.states)?);
    }
    for (id, annotation) in &index.annotations.aps.0 {
        if !annotation.applies_to.iter().any(|to| to == "states") {
            continue;
        }
        let name = format!("annotations/aps/{id}/states/values.bin");
        if annotation.kind.name != "bool" {
            return Err(members.fault(INDEX, format!("has a proposition `{id}` that is not of type bool")));
        }
        let label = annotation.alias.as_ref().unwrap_or(id).clone();
        parts.labels.insert(label, members.ones(&name, system.states)?);
    }
    read_actions(&mut members, system, &mut parts)?;
    rows::finish(parts).map_err(|error| fault(members.path(), error.to_string()))
}

/// Successor and probability of each branch. Without probabilities each choice has one outcome, or is refused later.
fn branches(members: &mut Members, system: &System) -> Result<(Vec<u32>, Vec<f64>)> {
    if system.branches == 0 {
        return Ok((Vec::new(), Vec::new()));
    }
    let next = members.indices("branch-to-target.bin", system.branches)?;
    let probability = match &system.probability {
        Some(kind) => members.numbers("branch-to-probability.bin", system.branches, kind)?,
        None => vec![1.0; next.len()],
    };
    Ok((next, probability))
}

/// Row starts; without the file every row has one item.
fn starts(members: &mut Members, name: &str, rows: u64, items: u64) -> Result<Vec<u32>> {
    if members.has(name) {
        return members.starts(name, rows, items);
    }
    if rows != items {
        return Err(members.fault(INDEX, format!("says {rows} rows with {items} items, but there is no `{name}`")));
    }
    Ok((0..=rows as u32).collect())
}

fn annotated_rewards(
    members: &mut Members,
    system: &System,
    parts: &CsrParts,
    id: &str,
    annotation: &Annotation,
) -> Result<Rewards> {
    if annotation.probability.is_some() {
        return Err(members.fault(INDEX, format!("has a random reward `{id}`; supported are fixed ones")));
    }
    // A reward that applies to nothing is 0, as Storm writes one that has no values.
    members.take_memory(8 * system.choices)?;
    let mut expected = vec![0.0; system.choices as usize];
    let mut per_branch = None;
    for to in &annotation.applies_to {
        let name = format!("annotations/rewards/{id}/{to}/values.bin");
        match to.as_str() {
            "states" => {
                let of_states = members.numbers(&name, system.states, &annotation.kind)?;
                for (row, reward) in parts.choice_start.windows(2).zip(of_states) {
                    expected[row[0] as usize..row[1] as usize].iter_mut().for_each(|r| *r += reward);
                }
            }
            "choices" => {
                let of_choices = members.numbers(&name, system.choices, &annotation.kind)?;
                expected.iter_mut().zip(of_choices).for_each(|(r, reward)| *r += reward);
            }
            "branches" => per_branch = Some(members.numbers(&name, system.branches, &annotation.kind)?),
            other => {
                return Err(members.fault(
                    INDEX,
                    format!("has a reward `{id}` of `{other}`; supported are states, choices and branches"),
                ));
            }
        }
    }
    let Some(mut per_branch) = per_branch else { return Ok(Rewards { expected, per_branch: None }) };
    for (row, reward) in parts.branch_start.windows(2).zip(expected) {
        per_branch[row[0] as usize..row[1] as usize].iter_mut().for_each(|r| *r += reward);
    }
    Ok(rows::expectations(&parts.branch_start, &parts.probability, per_branch))
}

fn read_actions(members: &mut Members, system: &System, parts: &mut CsrParts) -> Result<()> {
    if system.choice_actions == 0 {
        return Ok(());
    }
    let name = "actions/choices/values.bin";
    let mapping = "actions/choices/string-mapping.bin";
    let names = match members.has(mapping) {
        true => members.strings("actions/choices/strings.bin", mapping, system.choice_actions)?,
        false => Vec::new(),
    };
    if !members.has(name) {
        // The choices of a state then are not told apart by actions.
        return Ok(());
    }
    let actions = members.small_indices(name, system.choices)?;
    let limit = if names.is_empty() { system.choices.max(1 << 16) } else { names.len() as u64 };
    if let Some(action) = actions.iter().find(|&&a| u64::from(a) >= limit.min(system.choice_actions)) {
        let problem = format!("names action {action}; there are {}", system.choice_actions);
        return Err(members.fault(name, problem));
    }
    assign(parts, actions, names);
    Ok(())
}
