//! Writing a UMB archive.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use super::INDEX;
use super::index::{Annotation, Annotations, Index, Kind, Ordered, Origin, System, VERSION};
use crate::mdp::Mdp;
use crate::mdp::files::rows::{self, UNNAMED};
use crate::mdp::files::write_atomically;
use crate::{Error, Result};

/// Writes the archive; gzipped if its name ends so.
pub(crate) fn write(path: &Path, mdp: &Mdp) -> Result<()> {
    if path.extension().is_some_and(|e| e == "xz") {
        let reason = "xz is only read; end the name in .umb or .umb.gz".into();
        return Err(Error::NotApplicable { method: "writing UMB", reason });
    }
    let initial =
        rows::initial_states(mdp).map_err(|problem| Error::NotApplicable { method: "UMB", reason: problem })?;
    let mdp = &*rows::without_terminal(mdp)?;
    write_atomically(path, |file: &mut File| {
        let out = BufWriter::with_capacity(1 << 18, file);
        if path.extension().is_some_and(|e| e == "gz") {
            let mut out = flate2::write::GzEncoder::new(out, flate2::Compression::fast());
            write_members(&mut out, mdp, &initial)?;
            out.finish()?.flush()
        } else {
            let mut out = out;
            write_members(&mut out, mdp, &initial)?;
            out.flush()
        }
    })
}

fn write_members(out: &mut impl Write, mdp: &Mdp, initial: &[u32]) -> std::io::Result<()> {
    let rewards = rows::named_rewards(mdp);
    let labels: Vec<(&str, &[u32])> =
        mdp.labels().iter().map(|(label, members)| (label.as_str(), members.as_slice())).collect();
    let reward_ids = identifiers(rewards.iter().map(|(name, _)| *name));
    let label_ids = identifiers(labels.iter().map(|(name, _)| *name));
    let numbers = Kind::new("double", 64);
    let annotation = |name: &str, to: &str, kind: Kind| Annotation {
        alias: (!name.is_empty()).then(|| name.to_owned()),
        applies_to: vec![to.to_owned()],
        kind,
        probability: None,
    };
    let actions = mdp.action_names().len().max(mdp.choice_actions().map_or(0, |_| mdp.num_actions()));
    let index = Index {
        version: VERSION,
        revision: 0,
        origin: Some(Origin { tool: "tabrl", version: env!("CARGO_PKG_VERSION") }),
        system: System {
            time: "discrete".into(),
            players: 1,
            states: mdp.num_states() as u64,
            initial_states: initial.len() as u64,
            choices: mdp.num_choices() as u64,
            choice_actions: actions as u64,
            branches: mdp.num_branches() as u64,
            probability: (mdp.num_branches() > 0).then(|| numbers.clone()),
            ..System::default()
        },
        annotations: Annotations {
            rewards: Ordered(
                std::iter::zip(&reward_ids, &rewards)
                    .map(|(id, (name, r))| {
                        let to = if r.per_branch.is_some() { "branches" } else { "choices" };
                        (id.clone(), annotation(name, to, numbers.clone()))
                    })
                    .collect(),
            ),
            aps: Ordered(
                std::iter::zip(&label_ids, &labels)
                    .map(|(id, (name, _))| (id.clone(), annotation(name, "states", Kind::new("bool", 1))))
                    .collect(),
            ),
        },
    };
    let mut archive = tar::Builder::new(out);
    let mut add = |name: &str, bytes: Vec<u8>| {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        // No date, so that the same table gives the same bytes.
        header.set_mtime(0);
        archive.append_data(&mut header, name, bytes.as_slice())
    };
    add(INDEX, serde_json::to_vec_pretty(&index)?)?;
    add("state-to-choices.bin", long(mdp.choice_starts()))?;
    add("state-is-initial.bin", bits(initial, mdp.num_states()))?;
    add("choice-to-branches.bin", long(mdp.branch_starts()))?;
    add("branch-to-target.bin", long(mdp.successors()))?;
    if mdp.num_branches() > 0 {
        add("branch-to-probability.bin", doubles(mdp.probabilities()))?;
    }
    if actions > 0 {
        let of_choices = (0..mdp.num_states()).flat_map(|s| mdp.choices(s).map(move |c| mdp.action_of(s, c) as u32));
        add("actions/choices/values.bin", of_choices.flat_map(u32::to_le_bytes).collect())?;
    }
    if !mdp.action_names().is_empty() {
        let mut ends = vec![0];
        ends.extend(mdp.action_names().iter().scan(0, |end, name| {
            *end += name.len() as u64;
            Some(*end)
        }));
        add("actions/choices/string-mapping.bin", ends.into_iter().flat_map(u64::to_le_bytes).collect())?;
        add("actions/choices/strings.bin", mdp.action_names().concat().into_bytes())?;
    }
    for (id, (_, r)) in std::iter::zip(&reward_ids, &rewards) {
        let (to, values) = r.per_branch.map_or(("choices", r.expected), |per_branch| ("branches", per_branch));
        add(&format!("annotations/rewards/{id}/{to}/values.bin"), doubles(values))?;
    }
    for (id, (_, members)) in std::iter::zip(&label_ids, &labels) {
        add(&format!("annotations/aps/{id}/states/values.bin"), bits(members, mdp.num_states()))?;
    }
    archive.finish()
}

/// Names as identifiers: small letters, digits, `_` and `-`, each once.
fn identifiers<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut taken = HashSet::new();
    let letter = |c: char| if c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' { c } else { '_' };
    names
        .map(|name| {
            let short: String = if name.is_empty() { UNNAMED } else { name }.chars().take(60).map(letter).collect();
            let mut id = short.clone();
            for i in 2.. {
                if taken.insert(id.clone()) {
                    break;
                }
                id = format!("{short}_{i}");
            }
            id
        })
        .collect()
}

fn long(indices: &[u32]) -> Vec<u8> {
    indices.iter().flat_map(|&i| u64::from(i).to_le_bytes()).collect()
}

fn doubles(numbers: &[f64]) -> Vec<u8> {
    numbers.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// `count` bits in whole words.
fn bits(ones: &[u32], count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count.div_ceil(64) * 8];
    ones.iter().for_each(|&i| bytes[i as usize / 8] |= 1 << (i % 8));
    bytes
}
