//! What can go wrong while experiments run and are drawn.

use std::path::PathBuf;

/// The result type of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// An error of the experiments and of the command line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The library found a fault.
    #[error(transparent)]
    Library(#[from] tabrl::Error),
    /// An environment could not be named or built.
    #[error(transparent)]
    Environment(#[from] tabrl_envs::EnvError),
    /// A file or folder cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A picture cannot be drawn.
    #[error("cannot draw {name}: {problem}")]
    Figure {
        /// The figure.
        name: String,
        /// Why, and what would be right.
        problem: String,
    },
}
