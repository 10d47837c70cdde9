//! What is optimised.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::mdp::Mdp;
use crate::{Error, Result};

/// Whether more is better.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Objective {
    /// The largest value over all policies.
    #[default]
    Maximise,
    /// The smallest value over all policies (rewards are costs).
    Minimise,
}

/// The number that a policy is judged by. The value of a terminal state (one without choices) is 0 in all of them but
/// reachability, where it is 1 in the goal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// `E[Σ_t r_t]`, undiscounted, for ever or until a goal.
    ///
    /// With a goal `G`, rewards count until `G` is reached, and a policy that does not reach it with probability one is
    /// worth an infinity, as model checkers define `R [F G]`: `+∞` if no reward is negative, `−∞` if none is positive (and
    /// some is negative). With rewards of both signs it is worth `−∞` if we maximise and `+∞` if we minimise, so that the goal
    /// must be reached.
    TotalReward {
        /// The goal, ascending; `None` counts for ever (Puterman 2005, chapter 7).
        goal: Option<Vec<u32>>,
    },
    /// `P(the goal is reached at some time)`.
    Reachability {
        /// The goal, ascending.
        goal: Vec<u32>,
    },
    /// `lim inf E[Σ_{t<T} r_t] / T`, the long-run average or gain (Puterman 2005, chapters 8 and 9).
    AverageReward,
}

impl Criterion {
    /// The names on the command line.
    pub const NAMES: [&str; 5] = ["discounted", "finite", "total", "reach", "average"];

    /// Its name on the command line.
    pub fn name(&self) -> &'static str {
        match self {
            Criterion::Discounted { .. } => "discounted",
            Criterion::FiniteHorizon { .. } => "finite",
            Criterion::TotalReward { .. } => "total",
            Criterion::Reachability { .. } => "reach",
            Criterion::AverageReward => "average",
        }
    }

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

    /// Checks the goal against a table.
    ///
    /// # Errors
    /// [`Error::StateIndex`] for a goal outside the table, [`Error::NotApplicable`] for an empty one.
    pub fn validate_goal(&self, mdp: &Mdp) -> Result<()> {
        let (Criterion::TotalReward { goal: Some(goal) } | Criterion::Reachability { goal }) = self else {
            return Ok(());
        };
        let states = mdp.num_states();
        match goal.iter().find(|&&s| s as usize >= states) {
            Some(&s) => Err(Error::StateIndex { what: "the goal", state: s as usize, states }),
            None if goal.is_empty() => {
                Err(Error::NotApplicable { method: "a goal", reason: "it has no state; name at least one".into() })
            }
            None => Ok(()),
        }
    }
}

impl fmt::Display for Criterion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Criterion::Discounted { gamma } => write!(f, "discounted by {gamma}"),
            Criterion::FiniteHorizon { horizon } => write!(f, "total over {horizon} steps"),
            Criterion::TotalReward { goal: None } => write!(f, "total"),
            Criterion::TotalReward { goal: Some(_) } => write!(f, "total until the goal"),
            Criterion::Reachability { .. } => write!(f, "probability of the goal"),
            Criterion::AverageReward => write!(f, "long-run average"),
        }
    }
}
