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
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A figure has nothing to draw, or its parts do not fit each other.
    #[error("cannot draw: {problem}")]
    Figure {
        /// What is wrong, where, and what would be right.
        problem: String,
    },
    /// The drawing library failed.
    #[error("drawing failed: {problem}")]
    Drawing {
        /// What it said.
        problem: String,
    },
}
