//! A finite horizon as part of the state: `(state, steps taken)`, over after `T` steps.

use super::forward_appearance;
use crate::mdp::{Branch, Branches, Model};

/// A model that ends after `horizon` steps. Its optimal stationary policy is the time-indexed optimum of the original.
///
/// This is a *termination*, part of the problem; a simulator's time limit is a truncation, which is not.
#[derive(Debug, Clone)]
pub struct FiniteHorizon<M> {
    model: M,
    horizon: u32,
}

impl<M: Model> FiniteHorizon<M> {
    /// Ends after `horizon >= 1` steps.
    pub fn new(model: M, horizon: u32) -> FiniteHorizon<M> {
        FiniteHorizon { model, horizon }
    }
}

impl<M: Model> Model for FiniteHorizon<M> {
    type State = (M::State, u32);

    fn initial(&self) -> Vec<(f64, Self::State)> {
        self.model.initial().into_iter().map(|(p, s)| (p, (s, 0))).collect()
    }

    fn num_actions(&self) -> usize {
        self.model.num_actions()
    }

    fn allows(&self, (state, _): Self::State, action: usize) -> bool {
        self.model.allows(state, action)
    }

    fn step_law(&self, (state, steps): Self::State, action: usize, out: &mut Branches<Self::State>) {
        let mut inner = Branches::new();
        self.model.step_law(state, action, &mut inner);
        out.extend(inner.into_iter().map(|b| Branch {
            probability: b.probability,
            next: (b.next, steps + 1),
            reward: b.reward,
            terminal: b.terminal || steps + 1 >= self.horizon,
        }));
    }

    fn state_name(&self, (state, steps): Self::State) -> String {
        format!("{} at step {steps}", self.model.state_name(state))
    }

    fn episode_length(&self) -> Option<usize> {
        Some(self.horizon as usize)
    }

    forward_appearance!(|(state, _): Self::State| state);
}
