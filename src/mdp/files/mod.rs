//! Tables on disk.
//!
//! | format | file | arrays |
//! |---|---|---|
//! | `npz` | `.npz` | scipy's compressed sparse rows `data, indices, indptr` over rows `s·A + a`, and `R[S, A]` |
//! | `npz-dense` | `.npz` | `P[S, A, S]`, `R[S, A]` (or `R[S, A, S]`) |
//! | `bridge` | `.npz` | `transitions[S, A]` (−1 ends the episode), `rewards[S, A]`; read only |
//! | `umb` | `.umb`, `.umb.gz`, `.umb.xz` | the unified Markov binary format; not written as `.xz` |
//! | `drn` | `.drn`, `.drn.gz` | Storm's text: MDP or DTMC, named rewards, labels, names of actions |
//! | `prism` | `.tra` | PRISM's explicit files, with the siblings `.lab`, `.srew`, `.trew` |
//! | `gymnasium` | `.json` | `{"state": {"action": [[p, next, reward, done], …]}}`, Gymnasium's `env.P` |
//!
//! [`read()`] tells them apart by the extension and the names of the arrays. [`write()`] is atomic: the file appears complete or
//! not at all.

mod actions;
mod archive;
mod atomic;
#[cfg(test)]
mod bomb_tests;
mod bridge;
#[cfg(test)]
mod checker_tests;
mod compressed;
mod dense;
mod drn;
mod gymnasium;
mod prism;
mod rational;
mod rows;
mod sparse;
mod steady;
#[cfg(test)]
mod tests;
mod text;
mod umb;

use std::fmt;
use std::path::Path;
use std::str::FromStr;

pub use atomic::write_atomically;

use super::Mdp;
use crate::{Error, Result};
use archive::Archive;

/// A format that can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Sparse arrays.
    Npz,
    /// Dense arrays, for small problems.
    NpzDense,
    /// Gymnasium's `P` dictionary.
    Gymnasium,
    /// Storm's text format.
    Drn,
    /// The unified Markov binary format.
    Umb,
    /// PRISM's explicit files.
    Prism,
}

/// The formats and their names.
const FORMATS: [(Format, &str); 6] = [
    (Format::Npz, "npz"),
    (Format::NpzDense, "npz-dense"),
    (Format::Gymnasium, "gymnasium"),
    (Format::Drn, "drn"),
    (Format::Umb, "umb"),
    (Format::Prism, "prism"),
];

/// What file names end in.
pub const EXTENSIONS: [(&str, Format); 8] = [
    (".npz", Format::Npz),
    (".json", Format::Gymnasium),
    (".drn", Format::Drn),
    (".drn.gz", Format::Drn),
    (".umb", Format::Umb),
    (".umb.gz", Format::Umb),
    (".umb.xz", Format::Umb),
    (".tra", Format::Prism),
];

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(FORMATS.iter().find(|(format, _)| format == self).map_or("?", |(_, name)| name))
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Format> {
        let found = FORMATS.iter().find(|(_, name)| *name == text);
        found.map(|(format, _)| *format).ok_or_else(|| Error::unknown("format", text, FORMATS.map(|(_, name)| name)))
    }
}

impl Format {
    /// The format that a file name's extension stands for: `.npz` is sparse, `.json` is Gymnasium's.
    ///
    /// # Errors
    /// Another extension.
    pub fn of_path(path: &Path) -> Result<Format> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let found = EXTENSIONS.iter().find(|(extension, _)| name.ends_with(extension));
        found.map(|(_, format)| *format).ok_or_else(|| {
            let known = EXTENSIONS.map(|(extension, _)| extension);
            fault(path, format!("the extension should be one of {}", known.join(", ")))
        })
    }
}

/// Reads a table in any of the formats.
///
/// # Errors
/// A file that cannot be read, is in no known format, or holds no MDP: with the file, the array, and what would be right.
pub fn read(path: &Path) -> Result<Mdp> {
    match Format::of_path(path)? {
        Format::Gymnasium => gymnasium::read(path),
        Format::Drn => drn::read(path),
        Format::Umb => umb::read(path),
        Format::Prism => prism::read(path),
        Format::Npz | Format::NpzDense => {
            let mut archive = Archive::open(path)?;
            let has = |keys: &[&str]| keys.iter().all(|key| archive.has(key));
            if has(&["data", "indices", "indptr", "R"]) {
                sparse::read(&mut archive)
            } else if has(&["transitions", "rewards"]) {
                bridge::read(&mut archive)
            } else if has(&["P", "R"]) {
                dense::read(&mut archive)
            } else {
                let found = archive.names().join(", ");
                Err(fault(
                    path,
                    format!(
                        "it holds the arrays [{found}], but a table needs data, indices, indptr and R (sparse), P and R \
                         (dense), or transitions and rewards (BRIDGE)"
                    ),
                ))
            }
        }
    }
}

/// Writes a table; the file appears complete or not at all.
///
/// # Errors
/// A table that the format cannot hold, or what the operating system says (unwritable folder, full disk).
pub fn write(path: &Path, mdp: &Mdp, format: Format) -> Result<()> {
    match format {
        Format::Npz => sparse::write(path, mdp),
        Format::NpzDense => dense::write(path, mdp),
        Format::Gymnasium => gymnasium::write(path, mdp),
        Format::Drn => drn::write(path, mdp),
        Format::Umb => umb::write(path, mdp),
        Format::Prism => prism::write(path, mdp),
    }
}

fn fault(path: &Path, problem: String) -> Error {
    Error::Format { path: path.to_owned(), problem }
}
