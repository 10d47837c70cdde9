//! What can go wrong on the command line and in a run: what, where, and what would be right.

use std::path::PathBuf;

/// The result type of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// An error of the command line or of a run. All of them end the program with exit code 2.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The library found a fault.
    #[error(transparent)]
    Library(#[from] tabrl::Error),
    /// An environment's name or parameter is wrong, or its table cannot be built.
    #[error(transparent)]
    Environment(#[from] tabrl_envs::EnvError),
    /// A file or folder cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A file or folder cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A unit of work could not be stored (a full disk, say). Those that were finished before are intact.
    #[error("cannot store a result in {} ({finished} of {units} units of work are stored and intact)", path.display())]
    Store {
        /// The file that could not be written.
        path: PathBuf,
        /// Units stored.
        finished: usize,
        /// Units of the run.
        units: usize,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// Standard output cannot be written.
    #[error("cannot write to standard output")]
    Stdout(#[source] std::io::Error),
    /// Text that should be TOML is not.
    #[error("{place} is not valid TOML")]
    Toml {
        /// The file or option it stands in.
        place: String,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// A configuration has a key or a value that does not fit.
    #[error("{place}: {problem}")]
    Config {
        /// The file, experiment or option it stands in.
        place: String,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// A command was given arguments that do not fit together.
    #[error("{0}")]
    Usage(String),
    /// A unit of work failed.
    #[error("unit {unit} of {experiment} failed")]
    Unit {
        /// The experiment.
        experiment: String,
        /// The unit.
        unit: String,
        /// Why.
        source: Box<Error>,
    },
    /// A stored run does not fit what is asked for.
    #[error("{}: {problem}", path.display())]
    Run {
        /// The folder or file.
        path: PathBuf,
        /// What is wrong and what would be right.
        problem: String,
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

impl Error {
    /// The message with its chain of causes, joined by colons; a cause that is already quoted is not repeated. If the cause is
    /// a full disk, it says what helps.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let (mut cause, mut full) = (std::error::Error::source(self), false);
        while let Some(error) = cause {
            let message = error.to_string();
            if !text.contains(message.trim()) {
                text.push_str(": ");
                text.push_str(message.trim());
            }
            full |= error.downcast_ref::<std::io::Error>().is_some_and(no_room);
            cause = error.source();
        }
        if full {
            text.push_str("; make room and run the same command again, what is finished stays intact");
        }
        text
    }

    /// Wraps an operating-system error of reading `path`.
    pub fn read(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.into();
        move |source| Error::Read { path, source }
    }

    /// Wraps an operating-system error of writing `path`.
    pub fn write(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.into();
        move |source| Error::Write { path, source }
    }
}

/// Whether an operation failed because nothing more can be stored: a full disk, a quota, a limit on the size of files.
fn no_room(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_names_every_cause_once() {
        let full = || std::io::Error::from_raw_os_error(28);
        let unit = Error::Unit {
            experiment: "known-answers".into(),
            unit: "riverswim".into(),
            source: Box::new(Error::Write { path: "a/b".into(), source: full() }),
        };
        assert_eq!(
            unit.chain(),
            "unit riverswim of known-answers failed: cannot write a/b: No space left on device (os error 28); \
             make room and run the same command again, what is finished stays intact"
        );
        let library = Error::from(tabrl::Error::io("a/b", full()));
        let said = library.chain();
        assert!(said.starts_with("a/b: No space left on device (os error 28); make room"), "{said}");
        let denied = Error::Write { path: "a/b".into(), source: std::io::Error::from_raw_os_error(13) };
        assert_eq!(denied.chain(), "cannot write a/b: Permission denied (os error 13)");
    }
}
