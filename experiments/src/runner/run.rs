//! Carrying out a run: what is missing is computed in parallel and stored, then the whole is concluded.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use serde::Serialize;
use serde_json::Value;

use super::conclude::conclude;
use super::manifest::{Manifest, Session, now};
use super::store::{Store, create_folder, write_atomically};
use super::{Claim, Experiment, Finished, Progress, Settings, Shard, Spec, Unit, Verdict};
use crate::output::note;
use crate::{Error, Result};

/// How to carry out a run. Nothing in here changes a result.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder that holds `<experiment>/<run id>/`.
    pub out: PathBuf,
    /// Number of threads.
    pub jobs: usize,
    /// This machine's share.
    pub shard: Option<Shard>,
}

/// A run, carried out as far as was asked.
#[derive(Debug, Clone)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// Its folder.
    pub folder: PathBuf,
    /// Units in all.
    pub units: usize,
    /// Units that are stored.
    pub finished: usize,
    /// All results, if all units are stored.
    pub results: Option<Vec<Finished>>,
    /// The claims, if all units are stored.
    pub claims: Option<Vec<Claim>>,
}

impl Run {
    /// Number of claims with a verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.claims.iter().flatten().filter(|claim| claim.verdict == verdict).count()
    }

    /// What to say of a run that lacks units, in one line.
    pub fn partial(folder: &Path, finished: usize, units: usize) -> String {
        format!("{}: {finished} of {units} units are stored; `tabrl merge` joins shards\n", folder.display())
    }

    /// Where what it left is, for a command's answer; `figure` is the name of its figure.
    pub fn stored(self, figure: &str) -> Stored {
        let complete = self.results.is_some();
        let file = |name: &str| complete.then(|| self.folder.join(name));
        Stored {
            csv: file("curves.csv"),
            svg: file(&format!("figures/{figure}.svg")),
            png: file(&format!("figures/{figure}.png")),
            report: file("report.md"),
            run_id: self.id,
            folder: self.folder,
            units: self.units,
            finished: self.finished,
            complete,
        }
    }
}

/// Where a run of curves left its files; the field names are keys of JSON answers. What needs all units is null until they are
/// stored.
#[derive(Debug, Clone, Serialize)]
pub struct Stored {
    csv: Option<PathBuf>,
    svg: Option<PathBuf>,
    png: Option<PathBuf>,
    report: Option<PathBuf>,
    run_id: String,
    folder: PathBuf,
    units: usize,
    finished: usize,
    complete: bool,
}

impl Stored {
    /// What to say of a run that lacks units, in one line.
    pub fn partial(&self) -> String {
        Run::partial(&self.folder, self.finished, self.units)
    }

    /// The files, one a line.
    pub fn listing(&self) -> String {
        let files = [&self.report, &self.csv, &self.svg, &self.png].into_iter().flatten();
        files.map(|file| format!("{}\n", file.display())).collect()
    }
}

/// Carries out a run, or goes on with one that was stopped.
///
/// # Errors
/// An output folder that cannot be written, a full disk, a unit that fails. Finished units stay as they are, and the same call
/// goes on from there.
pub fn reproduce(spec: &Spec, settings: &Settings, options: &Options) -> Result<Run> {
    carry_out(spec, settings, (spec.build)(settings)?.as_ref(), options)
}

/// [`reproduce`] of an experiment that is built already, from the same settings.
///
/// # Errors
/// As [`reproduce`].
pub fn carry_out(spec: &Spec, settings: &Settings, experiment: &dyn Experiment, options: &Options) -> Result<Run> {
    let started = now();
    let units = checked_units(spec, experiment)?;
    let (folder, id) = prepare(&options.out, settings)?;
    let store = Store::open(&folder)?;
    let mut manifest = Manifest::read(&folder, spec.name, &id);
    if let Some(commit) = manifest.other_commit() {
        note(&format!(
            "note: a part of {} was computed by another build (commit {commit}); delete the folder to start over",
            folder.display()
        ));
    }

    let mut results = stored(&store, &units)?;
    let found = results.iter().flatten().count();
    let share = |position: usize| options.shard.is_none_or(|shard| shard.takes(position));
    let missing: Vec<usize> = (0..units.len()).filter(|&i| results[i].is_none() && share(i)).collect();
    let computed = compute(spec, experiment, &units, &missing, &store, options.jobs, found)?;
    // What was computed is read back, so that a run that was stopped and one that was not take the same way.
    for &position in &missing {
        results[position] = store.read(position, &units[position])?;
    }
    let shard = options.shard.map(|shard| format!("{}/{}", shard.index, shard.count));
    let finished = results.iter().flatten().count();
    let count = units.len();
    let (results, claims) = finish(spec, settings, experiment, units, results, &folder, &store)?.unzip();
    manifest.sessions.push(Session::ended(options.jobs, shard, computed, found, started));
    manifest.write(&folder)?;
    Ok(Run { id, folder, units: count, finished, results, claims })
}

/// The units, after a check that their ids differ.
pub(super) fn checked_units(spec: &Spec, experiment: &dyn Experiment) -> Result<Vec<Unit>> {
    let units = experiment.units()?;
    let mut ids: Vec<&str> = units.iter().map(|unit| unit.id.as_str()).collect();
    ids.sort_unstable();
    let twice = ids.windows(2).find(|pair| pair[0] == pair[1]);
    match (twice, units.is_empty()) {
        (Some(pair), _) => Err(Error::Config {
            place: format!("the configuration of {}", spec.name),
            problem: format!("{} is listed twice; list it once", pair[0]),
        }),
        (_, true) => Err(Error::Config {
            place: format!("the configuration of {}", spec.name),
            problem: "it leaves no work to do; list at least one setting and one seed".into(),
        }),
        _ => Ok(units),
    }
}

/// Makes the run's folder with its `config.toml`; returns both the folder and the run id.
pub(super) fn prepare(out: &Path, settings: &Settings) -> Result<(PathBuf, String)> {
    let id = settings.run_id();
    let folder = out.join(&settings.experiment).join(&id);
    create_folder(&folder)?;
    let path = folder.join("config.toml");
    match std::fs::read_to_string(&path) {
        Ok(text) if text == settings.text() => {}
        Ok(_) => {
            let problem = "it is not the configuration that this run id stands for; move the folder away".into();
            return Err(Error::Run { path, problem });
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            write_atomically(&path, settings.text().as_bytes())?;
        }
        Err(source) => return Err(Error::Read { path, source }),
    }
    Ok((folder, id))
}

/// What is stored already, by position.
pub(super) fn stored(store: &Store, units: &[Unit]) -> Result<Vec<Option<Value>>> {
    units.iter().enumerate().map(|(position, unit)| store.read(position, unit)).collect()
}

fn compute(
    spec: &Spec,
    experiment: &dyn Experiment,
    units: &[Unit],
    missing: &[usize],
    store: &Store,
    jobs: usize,
    found: usize,
) -> Result<usize> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build();
    let pool = pool.map_err(|error| Error::Usage(format!("--jobs {jobs}: cannot start the threads: {error}")))?;
    let progress = Progress::new(spec.name, found, found + missing.len());
    let written = AtomicUsize::new(0);
    let one = |&position: &usize| -> Result<()> {
        let unit = &units[position];
        let failed =
            |error| Error::Unit { experiment: spec.name.into(), unit: unit.id.clone(), source: Box::new(error) };
        let result = experiment.run(unit).map_err(failed)?;
        store.write(position, unit, result).map_err(|source| Error::Store {
            path: store.path(position, unit),
            finished: found + written.load(Ordering::Relaxed),
            units: units.len(),
            source,
        })?;
        written.fetch_add(1, Ordering::Relaxed);
        progress.done(&unit.id);
        Ok(())
    };
    let outcome = pool.install(|| missing.par_iter().with_max_len(1).try_for_each(one));
    progress.finish();
    outcome.map(|()| missing.len())
}

/// Concludes a run if all its units are there.
pub(super) fn finish(
    spec: &Spec,
    settings: &Settings,
    experiment: &dyn Experiment,
    units: Vec<Unit>,
    results: Vec<Option<Value>>,
    folder: &Path,
    store: &Store,
) -> Result<Option<(Vec<Finished>, Vec<Claim>)>> {
    let finished: Option<Vec<Finished>> =
        units.into_iter().zip(results).map(|(unit, result)| Some(Finished { unit, result: result? })).collect();
    let Some(finished) = finished else { return Ok(None) };
    store.tidy()?;
    let claims = conclude(spec, settings, experiment, &finished, folder)?;
    Ok(Some((finished, claims)))
}
