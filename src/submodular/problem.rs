//! A walk on a finite MDP that is paid by a set function of the states it visits.

use crate::mdp::Mdp;
use crate::{Error, Result};

use super::SetFunction;

/// Maximise J(π) = E_π[F(s_0, …, s_{H−1})] on a finite MDP.
///
/// `horizon` counts states, as the authors' code does: a trajectory is s_0, …, s_{H−1} and takes H − 1 actions. Rewards of the table
/// are not read.
#[derive(Debug, Clone)]
pub struct Problem<F> {
    /// Where one walks; its initial distribution is that of s_0.
    pub mdp: Mdp,
    /// H, the number of states of a trajectory; at least 1.
    pub horizon: usize,
    /// What a trajectory is worth.
    pub function: F,
}

impl<F: SetFunction> Problem<F> {
    /// Checks that the parts fit together.
    ///
    /// # Errors
    /// H = 0; a function of another number of states; a terminal state (a walk has H states always: give it an action that stays).
    pub fn new(mdp: Mdp, horizon: usize, function: F) -> Result<Problem<F>> {
        todo!("checked by the room's first commit")
    }
}
