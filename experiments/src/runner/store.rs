//! Results on disk: written in one piece or not at all, and recognised when they are damaged.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tabrl::mdp::files;

use super::Unit;
use super::config::fnv1a;
use crate::output::note;
use crate::{Error, Result};

/// Writes a file in one piece, see [`files::write_atomically`].
///
/// # Errors
/// [`Error::Write`].
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    replace(path, |file| file.write_all(bytes)).map_err(Error::write(path))
}

fn replace(path: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    files::write_atomically(path, fill).map_err(|error| match error {
        tabrl::Error::Io { source, .. } => source,
        other => io::Error::other(other),
    })
}

/// Creates a folder with its parents.
///
/// # Errors
/// [`Error::Write`].
pub(super) fn create_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(Error::write(path))
}

/// A unit's file.
#[derive(Serialize, Deserialize)]
struct Stored {
    unit: String,
    checksum: String,
    result: Value,
}

/// The folder of a run's finished units.
#[derive(Debug, Clone)]
pub(super) struct Store {
    folder: PathBuf,
}

impl Store {
    /// The store of a run; the folder is made.
    pub fn open(run: &Path) -> Result<Store> {
        let folder = run.join("units");
        create_folder(&folder)?;
        Ok(Store { folder })
    }

    /// The store of a run that exists already.
    pub fn existing(run: &Path) -> Store {
        Store { folder: run.join("units") }
    }

    /// Where a unit's result is.
    pub fn path(&self, position: usize, unit: &Unit) -> PathBuf {
        let plain = |c: char| if c.is_ascii_alphanumeric() || "._=-".contains(c) { c } else { '_' };
        let name: String = unit.id.chars().map(plain).take(100).collect();
        self.folder.join(format!("{position:06}-{name}.json"))
    }

    /// Stores a unit's result.
    pub fn write(&self, position: usize, unit: &Unit, result: Value) -> io::Result<()> {
        let checksum = format!("{:016x}", fnv1a(result.to_string().as_bytes()));
        let stored = Stored { unit: unit.id.clone(), checksum, result };
        replace(&self.path(position, unit), |file| {
            let mut writer = io::BufWriter::new(file);
            serde_json::to_writer(&mut writer, &stored)?;
            writer.write_all(b"\n")?;
            writer.flush()
        })
    }

    /// A unit's result; `None` if it is not there. A damaged file is reported, and counts as not there.
    pub fn read(&self, position: usize, unit: &Unit) -> Result<Option<Value>> {
        let path = self.path(position, unit);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::Read { path, source: error }),
        };
        let sound = serde_json::from_slice::<Stored>(&bytes).ok().filter(|stored| {
            stored.unit == unit.id && stored.checksum == format!("{:016x}", fnv1a(stored.result.to_string().as_bytes()))
        });
        if sound.is_none() {
            note(&format!("note: {} is damaged; the unit is not counted as finished", path.display()));
        }
        Ok(sound.map(|stored| stored.result))
    }

    /// Removes what interrupted writes have left behind. Only called when all units are there.
    pub fn tidy(&self) -> Result<()> {
        for entry in fs::read_dir(&self.folder).map_err(Error::read(&self.folder))? {
            let path = entry.map_err(Error::read(&self.folder))?.path();
            // Temporary files are hidden ones; results never are.
            let unfinished = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            if unfinished {
                fs::remove_file(&path).map_err(Error::write(&path))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit() -> Unit {
        Unit { id: "minigrid/Empty 5x5 seed=0".into(), setting: 0, seed: 0 }
    }

    #[test]
    fn a_result_comes_back_and_a_damaged_file_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let result = serde_json::json!({"v": 1.0 / 3.0, "names": ["a"]});
        assert_eq!(store.read(0, &unit()).unwrap(), None);
        store.write(0, &unit(), result.clone()).unwrap();
        assert_eq!(store.read(0, &unit()).unwrap(), Some(result));
        let path = store.path(0, &unit());
        let text = fs::read_to_string(&path).unwrap();
        for damaged in [&text[..text.len() / 2], &text.replace("0.3333", "0.4333"), "", &text.replace("5x5", "6x6")] {
            fs::write(&path, damaged).unwrap();
            assert_eq!(store.read(0, &unit()).unwrap(), None, "{damaged}");
        }
    }

    #[test]
    fn a_write_that_fails_halfway_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        write_atomically(&path, b"old").unwrap();
        let full = replace(&path, |file| {
            file.write_all(b"ne")?;
            Err(io::Error::from_raw_os_error(28))
        });
        assert_eq!(full.unwrap_err().raw_os_error(), Some(28));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "the temporary file is gone");
    }
}
