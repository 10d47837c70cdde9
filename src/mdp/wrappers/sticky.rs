//! Sticky actions: with probability `p` the action executed last is executed again (Machado et al. 2018).

use super::forward_appearance;
use crate::mdp::{Branch, Branches, Model};

/// A model whose actions stick: from the second step on, the action *executed* last replaces the chosen one with
/// probability `p`, so that repetitions chain. The first step of an episode never sticks.
///
/// States become `(state, executed action)`: before the first step the second part is `u32::MAX`.
#[derive(Debug, Clone)]
pub struct Sticky<M> {
    model: M,
    p: f64,
}

/// The second part of a sticky state before the first step.
const NONE: u32 = u32::MAX;

impl<M: Model> Sticky<M> {
    /// Repeats with probability `p`, which must be in `[0, 1]`.
    pub fn new(model: M, p: f64) -> Sticky<M> {
        Sticky { model, p }
    }

    /// Appends the outcomes of executing `action`, scaled by `weight`.
    fn execute(&self, state: M::State, action: usize, weight: f64, out: &mut Branches<(M::State, u32)>) {
        let mut inner = Branches::new();
        self.model.step_law(state, action, &mut inner);
        out.extend(inner.into_iter().map(|b| Branch {
            probability: weight * b.probability,
            next: (b.next, action as u32),
            reward: b.reward,
            terminal: b.terminal,
        }));
    }
}

impl<M: Model> Model for Sticky<M> {
    type State = (M::State, u32);

    fn initial(&self) -> Vec<(f64, Self::State)> {
        self.model.initial().into_iter().map(|(p, s)| (p, (s, NONE))).collect()
    }

    fn num_actions(&self) -> usize {
        self.model.num_actions()
    }

    fn allows(&self, (state, _): Self::State, action: usize) -> bool {
        self.model.allows(state, action)
    }

    fn step_law(&self, (state, last): Self::State, action: usize, out: &mut Branches<Self::State>) {
        let last = last as usize;
        // An action the new state does not allow cannot be repeated in it.
        if last == NONE as usize || last == action || !self.model.allows(state, last) {
            self.execute(state, action, 1.0, out);
        } else {
            self.execute(state, action, 1.0 - self.p, out);
            self.execute(state, last, self.p, out);
        }
    }

    fn state_name(&self, (state, last): Self::State) -> String {
        let name = self.model.state_name(state);
        if last == NONE { name } else { format!("{name} after {}", self.model.action_name(last as usize)) }
    }

    fn episode_length(&self) -> Option<usize> {
        self.model.episode_length()
    }

    forward_appearance!(|(state, _): Self::State| state);
}
