//! Sparse npz: scipy's compressed sparse rows, one row a choice.
//!
//! Read: `data` (f64), `indices`, `indptr` over rows `s·A + a` with `R[S, A]`; or, with a varying number of actions,
//! `choice_ptr[S + 1]` and `R[C]`, where a state without rows is terminal. Optional: `terminal` (mask or indices; the rows of
//! these states are dropped), `mu0[S]` or `init` (a state) for the start, `goal` and `label_NAME` for sets of states,
//! `action[C]`, `branch_reward[B]`; further rewards `R_NAME`, of the shape of `R`, with `branch_reward_NAME[B]`; `names`, the
//! bytes of the JSON object `{"reward": name of R, "actions": [names of the actions]}`. Entries need not be sorted; duplicates count as separate branches.

use std::path::Path;

use ndarray::{ArrayView1, ArrayView2, aview0};

use super::archive::{Archive, Writer};
use super::rows::{drop_rows, fit};
use super::write_atomically;
use crate::mdp::{CsrParts, Mdp, Rewards};
use crate::{Error, Result};

/// Takes over `data` without a copy; the other arrays are converted one at a time.
pub(super) fn read(archive: &mut Archive) -> Result<Mdp> {
    let (reward, shape) = archive.numbers("R")?;
    let mut parts = CsrParts { reward, ..CsrParts::default() };
    parts.branch_start = archive.indices("indptr")?;
    let rows = parts.branch_start.len().saturating_sub(1);
    parts.choice_start = match (shape.as_slice(), archive.has("choice_ptr")) {
        (_, true) => archive.indices("choice_ptr")?,
        (&[states, actions], false) if states * actions == rows => (0..=states).map(|s| (s * actions) as u32).collect(),
        (&[states, actions], false) => {
            return Err(archive.fault(
                "indptr",
                format!(
                    "describes {rows} rows; R has shape [{states}, {actions}], so there should be {}",
                    states * actions
                ),
            ));
        }
        _ => {
            return Err(
                archive.fault("R", format!("has shape {shape:?}; it should be [S, A], or [C] beside choice_ptr"))
            );
        }
    };
    let states = parts.choice_start.len().saturating_sub(1);
    parts.probability = archive.numbers("data")?.0;
    parts.next = archive.indices("indices")?;
    if archive.has("branch_reward") {
        parts.branch_reward = Some(archive.numbers("branch_reward")?.0);
    }
    if archive.has("action") {
        parts.action = Some(archive.indices("action")?);
    }
    read_named(archive, &mut parts)?;
    if archive.has("terminal") {
        let terminal = archive.states("terminal", states)?;
        if !fit(&parts) {
            return Err(archive.fault("indptr", "does not fit the lengths of data, indices and R"));
        }
        drop_rows(&mut parts, &terminal);
    }
    parts.initial = read_initial(archive, states)?;
    for name in archive.names() {
        let label = if name == "goal" { Some("goal") } else { name.strip_prefix("label_") };
        if let Some(label) = label {
            parts.labels.insert(label.to_owned(), archive.states(&name, states)?);
        }
    }
    Mdp::from_csr(parts).map_err(|error| in_file(archive, error))
}

/// What the rewards and the actions are called.
#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Names {
    reward: Option<String>,
    #[serde(default)]
    actions: Vec<String>,
}

/// Reads the names and the further rewards.
fn read_named(archive: &mut Archive, parts: &mut CsrParts) -> Result<()> {
    if archive.has("names") {
        let text = archive.bytes("names")?;
        let names: Names = serde_json::from_slice(&text).map_err(|e| archive.fault("names", e))?;
        (parts.reward_name, parts.action_names) = (names.reward, names.actions);
    }
    for array in archive.names() {
        let Some(name) = array.strip_prefix("R_") else { continue };
        let per_branch = format!("branch_reward_{name}");
        let (expected, _) = archive.numbers(&array)?;
        let per_branch = match archive.has(&per_branch) {
            true => Some(archive.numbers(&per_branch)?.0),
            false => None,
        };
        parts.other_rewards.insert(name.to_owned(), Rewards { expected, per_branch });
    }
    Ok(())
}

/// The start: `mu0[S]`, or the state `init`, or nothing (state 0).
pub(super) fn read_initial(archive: &mut Archive, states: usize) -> Result<Vec<(u32, f64)>> {
    if archive.has("mu0") {
        let (mu, shape) = archive.numbers("mu0")?;
        if shape != [states] {
            return Err(archive.fault("mu0", format!("has shape {shape:?}; it should be [{states}]")));
        }
        return Ok((0..).zip(mu).filter(|&(_, p)| p != 0.0).collect());
    }
    if archive.has("init") {
        let (values, _) = archive.integers("init")?;
        return match values.first().map(|&s| u32::try_from(s)) {
            Some(Ok(s)) if (s as usize) < states => Ok(vec![(s, 1.0)]),
            _ => Err(archive.fault("init", format!("is {values:?}; it should be one state in 0..{states}"))),
        };
    }
    Ok(Vec::new())
}

/// Names the file in a table's own error.
pub(super) fn in_file(archive: &Archive, error: Error) -> Error {
    super::fault(archive.path(), error.to_string())
}

/// Writes rows `s·A + a` and `R[S, A]` where every state has all actions, `choice_ptr` and `R[C]` otherwise.
pub(super) fn write(path: &Path, mdp: &Mdp) -> Result<()> {
    let states = mdp.num_states();
    let uniform = mdp.num_terminal() == 0 && mdp.has_uniform_actions();
    write_atomically(path, |file| {
        let mut out = Writer::new(std::io::BufWriter::new(file));
        let signed = |values: &[u32]| -> Vec<i64> { values.iter().map(|&x| i64::from(x)).collect() };
        out.add("data", ArrayView1::from(mdp.probabilities()))?;
        out.add("indices", ArrayView1::from(&signed(mdp.successors())))?;
        out.add("indptr", ArrayView1::from(&signed(mdp.branch_starts())))?;
        let add_rewards = |out: &mut Writer<_>, name: &str, rewards: &[f64]| {
            if !uniform {
                return out.add(name, ArrayView1::from(rewards));
            }
            let shaped = ArrayView2::from_shape((states, mdp.num_actions()), rewards);
            out.add(name, shaped.map_err(std::io::Error::other)?)
        };
        add_rewards(&mut out, "R", mdp.rewards())?;
        if !uniform {
            out.add("choice_ptr", ArrayView1::from(&signed(mdp.choice_starts())))?;
        }
        if let Some(actions) = mdp.choice_actions() {
            out.add("action", ArrayView1::from(&signed(actions)))?;
        }
        if let Some(rewards) = mdp.branch_rewards() {
            out.add("branch_reward", ArrayView1::from(rewards))?;
        }
        for (name, rewards) in mdp.other_rewards() {
            add_rewards(&mut out, &format!("R_{name}"), &rewards.expected)?;
            if let Some(rewards) = &rewards.per_branch {
                out.add(&format!("branch_reward_{name}"), ArrayView1::from(rewards))?;
            }
        }
        if mdp.reward_name().is_some() || !mdp.action_names().is_empty() {
            let reward = mdp.reward_name().map(str::to_owned);
            let names = serde_json::to_vec(&Names { reward, actions: mdp.action_names().to_vec() })?;
            out.add("names", ArrayView1::from(&names))?;
        }
        match mdp.initial() {
            [(s, p)] if *p == 1.0 => out.add("init", aview0(&i64::from(*s)))?,
            initial => {
                let mut mu = vec![0.0; states];
                initial.iter().for_each(|&(s, p)| mu[s as usize] = p);
                out.add("mu0", ArrayView1::from(&mu))?;
            }
        }
        for (label, members) in mdp.labels() {
            let name = if label == "goal" { label.clone() } else { format!("label_{label}") };
            out.add(&name, ArrayView1::from(&signed(members)))?;
        }
        out.finish()
    })
}
