//! Slipping: with probability `p` the executed action is drawn uniformly from all allowed ones.

use super::forward_appearance;
use crate::mdp::{Branch, Branches, Model};

/// A model where the chosen action is executed with probability `1 − p`, and with probability `p` one drawn uniformly from
/// the actions the state allows (the chosen one among them).
#[derive(Debug, Clone)]
pub struct Slip<M> {
    model: M,
    p: f64,
}

impl<M: Model> Slip<M> {
    /// Slips with probability `p`, which must be in `[0, 1]`.
    pub fn new(model: M, p: f64) -> Slip<M> {
        Slip { model, p }
    }
}

impl<M: Model> Model for Slip<M> {
    type State = M::State;

    fn initial(&self) -> Vec<(f64, Self::State)> {
        self.model.initial()
    }

    fn num_actions(&self) -> usize {
        self.model.num_actions()
    }

    fn allows(&self, state: Self::State, action: usize) -> bool {
        self.model.allows(state, action)
    }

    fn step_law(&self, state: Self::State, action: usize, out: &mut Branches<Self::State>) {
        let allowed = (0..self.num_actions()).filter(|&a| self.allows(state, a)).count();
        for executed in (0..self.num_actions()).filter(|&a| self.allows(state, a)) {
            let kept = if executed == action { 1.0 - self.p } else { 0.0 };
            let weight = kept + self.p / allowed as f64;
            if weight == 0.0 {
                continue;
            }
            let first = out.len();
            self.model.step_law(state, executed, out);
            out[first..].iter_mut().for_each(|b: &mut Branch<_>| b.probability *= weight);
        }
    }

    fn state_name(&self, state: Self::State) -> String {
        self.model.state_name(state)
    }

    fn episode_length(&self) -> Option<usize> {
        self.model.episode_length()
    }

    forward_appearance!(|state| state);
}
