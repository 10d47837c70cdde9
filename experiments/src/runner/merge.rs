//! Joining the shares of several machines into what one machine would have produced.

use std::path::{Path, PathBuf};

use super::manifest::Manifest;
use super::run::{checked_units, finish, prepare, stored};
use super::store::Store;
use super::{Run, Settings};
use crate::{Error, Result, registry};

/// Joins runs that lie below `folders` (run folders, or folders of them) into `out`, one run for each configuration.
///
/// # Errors
/// No run below a folder, two shares that disagree on a unit, or a unit that no share has.
pub fn merge(folders: &[PathBuf], out: &Path) -> Result<Vec<Run>> {
    let mut groups: Vec<(Settings, Vec<PathBuf>)> = Vec::new();
    for folder in folders {
        let runs = runs_below(folder, 2)?;
        if runs.is_empty() {
            let problem = "no run in here: a run is a folder with a config.toml".into();
            return Err(Error::Run { path: folder.clone(), problem });
        }
        for run in runs {
            let settings = Settings::read(&run.join("config.toml"), |name| Ok(registry::stored(name)?.config))?;
            match groups.iter_mut().find(|(known, _)| *known == settings) {
                Some((_, parts)) => parts.push(run),
                None => groups.push((settings, vec![run])),
            }
        }
    }
    groups.iter().map(|(settings, parts)| join(settings, parts, out)).collect()
}

/// Folders with a `config.toml`, at most `depth` levels below `folder`, in the order of their names.
fn runs_below(folder: &Path, depth: usize) -> Result<Vec<PathBuf>> {
    if folder.join("config.toml").is_file() {
        return Ok(vec![folder.to_owned()]);
    }
    let entries = std::fs::read_dir(folder).map_err(Error::read(folder))?;
    let mut below: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    below.sort();
    let mut runs = Vec::new();
    for path in below.into_iter().filter(|_| depth > 0) {
        runs.extend(runs_below(&path, depth - 1)?);
    }
    Ok(runs)
}

fn join(settings: &Settings, parts: &[PathBuf], out: &Path) -> Result<Run> {
    let spec = registry::stored(&settings.experiment)?;
    let experiment = (spec.build)(settings)?;
    let units = checked_units(&spec, experiment.as_ref())?;
    let (folder, id) = prepare(out, settings)?;
    let store = Store::open(&folder)?;
    let mut results = stored(&store, &units)?;
    let mut manifest = Manifest::read(&folder, spec.name, &id);
    for part in parts {
        let share = Store::existing(part);
        for (position, unit) in units.iter().enumerate() {
            let Some(result) = share.read(position, unit)? else { continue };
            match &results[position] {
                Some(known) if *known == result => {}
                Some(_) => {
                    let problem = format!(
                        "unit {} differs from the one another share has; were they computed by the same version?",
                        unit.id
                    );
                    return Err(Error::Run { path: share.path(position, unit), problem });
                }
                None => {
                    let path = store.path(position, unit);
                    store.write(position, unit, result).map_err(Error::write(path))?;
                    results[position] = store.read(position, unit)?;
                }
            }
        }
        if *part != folder {
            manifest.sessions.extend(Manifest::read(part, spec.name, &id).sessions);
        }
    }
    let missing: Vec<&str> =
        units.iter().zip(&results).filter(|(_, result)| result.is_none()).map(|(unit, _)| unit.id.as_str()).collect();
    if !missing.is_empty() {
        let shown = missing.iter().take(3).copied().collect::<Vec<_>>().join(", ");
        let problem = format!(
            "{} of {} units of {} are in none of the shares (such as {shown}); run the missing share, or the \
             same command without --shard to compute the rest here",
            missing.len(),
            units.len(),
            spec.name
        );
        return Err(Error::Run { path: folder, problem });
    }
    let count = units.len();
    let (results, claims) = finish(&spec, settings, experiment.as_ref(), units, results, &folder, &store)?.unzip();
    manifest.write(&folder)?;
    Ok(Run { id, folder, units: count, finished: count, results, claims })
}
