//! A folder in which `tabrl` is called as a user types it, for tests that read like a shell session.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// What a call of `tabrl` left behind.
pub struct Call {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Call {
    pub fn of(output: Output, line: &str) -> Call {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let call = Call {
            code: output.status.code().expect("no signal ended it"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        };
        assert!(!call.stderr.contains("panicked"), "tabrl {line}\n{}", call.stderr);
        call
    }

    pub fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{}", self.stderr);
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

/// A folder in which commands are typed.
pub struct Shell {
    pub folder: TempDir,
}

impl Shell {
    pub fn new() -> Shell {
        Shell { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tabrl"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    /// `$ tabrl <line>`; arguments are separated by spaces.
    pub fn tabrl(&self, line: &str) -> Call {
        let arguments: Vec<&str> = line.split(' ').collect();
        let output = self.command(&arguments).output().unwrap();
        Call::of(output, line)
    }

    /// `$ tabrl <line>` where no file may grow beyond `blocks` blocks (of 512 or 1024 bytes): writes fail as on a full disk,
    /// though with another errno.
    #[cfg(unix)]
    pub fn on_a_full_disk(&self, line: &str, blocks: usize) -> Call {
        let tabrl = env!("CARGO_BIN_EXE_tabrl");
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec '{tabrl}' {line}");
        let output = Command::new("sh").args(["-c", &script]).current_dir(self.folder.path()).output().unwrap();
        Call::of(output, line)
    }

    /// The call must end with code 2, nothing on standard output, and a message that says all of `words`.
    pub fn refuses(&self, line: &str, words: &[&str]) {
        let call = self.tabrl(line);
        assert_eq!(call.code, 2, "tabrl {line}\n{}{}", call.stdout, call.stderr);
        assert_eq!(call.stdout, "", "tabrl {line}");
        assert!(call.stderr.starts_with("error: "), "tabrl {line}\n{}", call.stderr);
        for word in words {
            assert!(call.stderr.contains(word), "tabrl {line}\nshould say `{word}`:\n{}", call.stderr);
        }
    }

    /// The call must succeed.
    pub fn done(&self, line: &str) -> Call {
        let call = self.tabrl(line);
        assert_eq!(call.code, 0, "tabrl {line}\n{}{}", call.stdout, call.stderr);
        call
    }

    /// All files below a folder of results but the manifests, which hold times.
    pub fn results(&self, folder: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let root = self.path(folder);
        let mut open = vec![root.clone()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else if path.file_name().unwrap() != "manifest.json" {
                    files.insert(path.strip_prefix(&root).unwrap().to_owned(), fs::read(&path).unwrap());
                }
            }
        }
        files
    }

    /// The only run of an experiment below a folder of results.
    pub fn run(&self, out: &str, experiment: &str) -> PathBuf {
        let mut runs = fs::read_dir(self.path(out).join(experiment)).unwrap();
        let run = runs.next().unwrap().unwrap().path();
        assert!(runs.next().is_none(), "more than one run in {out}");
        run
    }
}

/// Files of finished units in a run.
pub fn units(run: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(run.join("units")).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut units: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|e| e == "json")).collect();
    units.sort();
    units
}

pub fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}
