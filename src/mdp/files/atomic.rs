//! Files that appear complete or not at all.

use std::io::Write;
use std::path::Path;

use crate::{Error, Result};

/// Writes `path` through a temporary file in the same folder: filled, flushed to the disk, then renamed. On any error the
/// old file, if there was one, is untouched and the temporary one is gone.
///
/// # Errors
/// What the operating system says (missing or unwritable folder, full disk), with the path.
pub fn write_atomically(path: &Path, fill: impl FnOnce(&mut std::fs::File) -> std::io::Result<()>) -> Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        let message = format!("there is no folder {}; make it first", folder.display());
        return Err(Error::io(path, std::io::Error::new(std::io::ErrorKind::NotFound, message)));
    }
    let attempt = || -> std::io::Result<()> {
        let mut file = tempfile::Builder::new().prefix(".tabrl-").tempfile_in(folder).map_err(|e| {
            // The path in the message would be that of the temporary file.
            std::io::Error::new(e.kind(), e.kind().to_string())
        })?;
        // Temporary files are private by default; a result is a file like any other.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
        }
        fill(file.as_file_mut())?;
        file.as_file_mut().flush()?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|e| e.error)?;
        Ok(())
    };
    attempt().map_err(|source| Error::io(path, source))
}
