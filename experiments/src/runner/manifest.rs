//! Who computed a run, with what, and when: `manifest.json`, the only file of a run that holds times.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::store::write_atomically;
use crate::{Error, Result};

/// One call of the program that worked on a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Session {
    version: String,
    /// The commit the binary was built from; empty if it was not built in a repository.
    commit: String,
    compiler: String,
    target: String,
    command_line: Vec<String>,
    threads: usize,
    shard: Option<String>,
    units_computed: usize,
    units_found: usize,
    started_unix_seconds: f64,
    seconds: f64,
}

/// All calls, in the order in which they ended.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub experiment: String,
    pub run_id: String,
    pub sessions: Vec<Session>,
}

/// Seconds since 1970.
pub(super) fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |elapsed| elapsed.as_secs_f64())
}

impl Session {
    /// A call that started at `started` and ends now.
    pub fn ended(threads: usize, shard: Option<String>, computed: usize, found: usize, started: f64) -> Session {
        Session {
            version: env!("CARGO_PKG_VERSION").into(),
            commit: env!("TABRL_COMMIT").into(),
            compiler: env!("TABRL_COMPILER").into(),
            target: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
            command_line: std::env::args().collect(),
            threads,
            shard,
            units_computed: computed,
            units_found: found,
            started_unix_seconds: started,
            seconds: now() - started,
        }
    }
}

impl Manifest {
    /// The manifest of a run; an empty one if there is none, or none that can be read.
    pub fn read(run: &Path, experiment: &str, run_id: &str) -> Manifest {
        let stored = std::fs::read(run.join("manifest.json")).ok();
        let manifest = stored.and_then(|bytes| serde_json::from_slice::<Manifest>(&bytes).ok());
        manifest.unwrap_or(Manifest { experiment: experiment.into(), run_id: run_id.into(), sessions: Vec::new() })
    }

    /// A commit other than this binary's that has computed a part of the run.
    pub fn other_commit(&self) -> Option<&str> {
        let other = |session: &&Session| session.units_computed > 0 && session.commit != env!("TABRL_COMMIT");
        self.sessions.iter().find(other).map(|session| session.commit.as_str())
    }

    /// Writes `manifest.json`.
    pub fn write(&self, run: &Path) -> Result<()> {
        let path = run.join("manifest.json");
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| Error::Run { path: path.clone(), problem: error.to_string() })?;
        write_atomically(&path, (text + "\n").as_bytes())
    }
}
