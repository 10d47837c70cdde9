//! What can go wrong when an environment is named or built.

/// The result type of this crate.
pub type Result<T> = std::result::Result<T, EnvError>;

/// An error of the environments.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnvError {
    /// The library found a fault (an unknown name, a state limit, a table that is no MDP).
    #[error(transparent)]
    Library(#[from] tabrl::Error),
    /// A parameter's text is not of its type, or out of its range.
    #[error("parameter {name}={value} of environment {environment}: {expected}")]
    Setting {
        /// The environment.
        environment: String,
        /// The parameter.
        name: String,
        /// The text given.
        value: String,
        /// What would be right.
        expected: String,
    },
    /// A map is not a map.
    #[error("map {map}: {problem}")]
    Map {
        /// Name of the map.
        map: String,
        /// What is wrong, where, and what would be right.
        problem: String,
    },
}
