//! Writing DRN.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use super::ACTIONS;
use crate::mdp::Mdp;
use crate::mdp::files::actions::{action_words, one_word};
use crate::mdp::files::text::Parsed;
use crate::mdp::files::{rows, write_atomically};
use crate::{Error, Result};

/// Writes the file; gzipped if its name ends so.
pub(crate) fn write(path: &Path, mdp: &Mdp) -> Result<()> {
    let mdp = rows::without_terminal(mdp)?;
    let checked = Sheet::of(&mdp).map_err(|problem| Error::NotApplicable { method: "DRN", reason: problem })?;
    write_atomically(path, |file: &mut File| {
        if path.extension().is_some_and(|e| e == "gz") {
            let mut out = flate2::write::GzEncoder::new(BufWriter::new(file), flate2::Compression::fast());
            checked.write(&mut BufWriter::with_capacity(1 << 18, &mut out))?;
            out.finish()?.flush()
        } else {
            checked.write(&mut BufWriter::with_capacity(1 << 18, file))
        }
    })
}

/// A table with its names in the spelling of the format.
struct Sheet<'a> {
    mdp: &'a Mdp,
    initial: Vec<u32>,
    rewards: Vec<(String, &'a [f64])>,
    actions: Vec<String>,
    labels: Vec<(String, &'a [u32])>,
}

impl<'a> Sheet<'a> {
    fn of(mdp: &'a Mdp) -> Parsed<Sheet<'a>> {
        let rewards: Vec<(String, &[f64])> =
            rows::named_rewards(mdp).into_iter().map(|(name, r)| (one_word(name), r.expected)).collect();
        for (i, (name, _)) in rewards.iter().enumerate() {
            if rewards[..i].iter().any(|(other, _)| other == name) {
                return Err(format!("two rewards are called `{name}` once their white space is gone"));
            }
        }
        let mut labels = Vec::new();
        for (label, members) in mdp.labels() {
            if label.contains(['"', '\n', '\r']) || label == "init" {
                return Err(format!("it cannot hold a label {label:?}: quotes, line ends and `init` have a meaning"));
            }
            labels.push((quoted(label), members.as_slice()));
        }
        Ok(Sheet { mdp, initial: rows::initial_states(mdp)?, rewards, actions: action_words(mdp), labels })
    }

    fn write(&self, out: &mut impl Write) -> std::io::Result<()> {
        let mdp = self.mdp;
        let choices = mdp.num_choices();
        writeln!(out, "// written by tabrl")?;
        if !mdp.action_names().is_empty() {
            writeln!(out, "{ACTIONS}{}", serde_json::to_string(mdp.action_names())?)?;
        }
        write!(out, "@type: MDP\n@value_type: double\n@parameters\n\n@reward_models\n")?;
        for (name, _) in &self.rewards {
            write!(out, "{name} ")?;
        }
        write!(out, "\n@nr_states\n{}\n@nr_choices\n{choices}\n@model\n", mdp.num_states())?;
        // Labels are merged into the states as these go by.
        let mut labels: Vec<(&str, std::slice::Iter<u32>)> =
            self.labels.iter().map(|(name, members)| (name.as_str(), members.iter())).collect();
        labels.push(("init", self.initial.iter()));
        let nothing = format!("[{}]", vec!["0"; self.rewards.len()].join(", "));
        for s in 0..mdp.num_states() {
            write!(out, "state {s} {nothing}")?;
            for (label, members) in &mut labels {
                if members.as_slice().first() == Some(&(s as u32)) {
                    members.next();
                    write!(out, " {label}")?;
                }
            }
            writeln!(out)?;
            for c in mdp.choices(s) {
                write!(out, "\taction {} [", self.actions[mdp.action_of(s, c)])?;
                for (i, (_, rewards)) in self.rewards.iter().enumerate() {
                    write!(out, "{}{}", if i > 0 { ", " } else { "" }, rewards[c])?;
                }
                writeln!(out, "]")?;
                for (t, p) in mdp.branches(c) {
                    writeln!(out, "\t\t{t} : {p}")?;
                }
            }
        }
        out.flush()
    }
}

/// A label as Storm writes it: in quotes where it is not an identifier.
fn quoted(label: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let identifier = label.chars().all(plain) && label.starts_with(|c: char| !c.is_ascii_digit());
    if identifier { label.to_owned() } else { format!("\"{label}\"") }
}
