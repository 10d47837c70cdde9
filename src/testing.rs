//! What tests of several rooms share: the folders with models that are not part of the project.

use std::io::Write;
use std::path::{Path, PathBuf};

/// The folder with models written by Storm and `answers.json`, the values that Storm's exact engine finds, if it is there.
///
/// Looked for beside the checkout, and one folder higher. A test that goes without says so past the capture of its
/// output.
pub(crate) fn storm_models() -> Option<PathBuf> {
    let places = ["../shared/data/storm", "../../shared/data/storm"];
    let found = places.iter().map(|place| Path::new(env!("CARGO_MANIFEST_DIR")).join(place)).find(|path| path.is_dir());
    if found.is_none() {
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        let _ = writeln!(std::io::stderr(), "SKIPPED {test}: there is no folder {}", places.join(" or "));
    }
    found
}
