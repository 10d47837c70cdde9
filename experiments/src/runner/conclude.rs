//! From the stored results to claims, tables, figures and the report.

use std::path::Path;

use serde::Serialize;

use super::report::report;
use super::store::write_atomically;
use super::{Claim, Experiment, Finished, Settings, Spec};
use crate::{Error, Result};

#[derive(Serialize)]
struct ClaimsFile<'a> {
    experiment: &'a str,
    run_id: String,
    claims: &'a [Claim],
}

/// Writes everything that follows from the results, `report.md` last.
pub(super) fn conclude(
    spec: &Spec,
    settings: &Settings,
    experiment: &dyn Experiment,
    results: &[Finished],
    folder: &Path,
) -> Result<Vec<Claim>> {
    let outcome = experiment.conclude(results)?;
    for table in &outcome.tables {
        table.write(folder)?;
    }
    for figure in &outcome.figures {
        figure.drawing.save(&folder.join("figures").join(&figure.name))?;
    }
    let claims = ClaimsFile { experiment: spec.name, run_id: settings.run_id(), claims: &outcome.claims };
    let path = folder.join("claims.json");
    let text = serde_json::to_string_pretty(&claims)
        .map_err(|error| Error::Run { path: path.clone(), problem: error.to_string() })?;
    write_atomically(&path, (text + "\n").as_bytes())?;
    write_atomically(&folder.join("report.md"), report(spec, settings, &outcome).as_bytes())?;
    Ok(outcome.claims)
}
