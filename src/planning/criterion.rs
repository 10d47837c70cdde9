//! What is maximised.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The objective of a problem. The value of a terminal state is 0 in all of them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Criterion {
    /// `E[Σ_t γᵗ r_t]`, with `γ` in (0, 1).
    Discounted {
        /// The discount factor `γ`.
        gamma: f64,
    },
    /// `E[Σ_{t<T} r_t]`, undiscounted over `T` steps.
    FiniteHorizon {
        /// Number of steps `T >= 1`.
        horizon: usize,
    },
}

impl Criterion {
    /// Checks the numbers.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a discount outside (0, 1) or a horizon of 0.
    pub fn validate(&self) -> Result<()> {
        match *self {
            Criterion::Discounted { gamma } if !(gamma > 0.0 && gamma < 1.0) => {
                Err(Error::Parameter { name: "discount", value: gamma, expected: "strictly between 0 and 1" })
            }
            Criterion::FiniteHorizon { horizon: 0 } => {
                Err(Error::Parameter { name: "horizon", value: 0.0, expected: "at least 1" })
            }
            _ => Ok(()),
        }
    }
}
