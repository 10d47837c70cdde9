//! Other rewards on the same dynamics.

use super::forward_appearance;
use crate::mdp::{Branch, Branches, Model};

/// Replaces the reward of each outcome: `reward(state, action, outcome)`.
#[derive(Debug, Clone)]
pub struct OverrideReward<M, F> {
    model: M,
    reward: F,
}

impl<M: Model, F> OverrideReward<M, F>
where
    F: Fn(M::State, usize, &Branch<M::State>) -> f64 + Send + Sync,
{
    /// `reward(s, a, outcome)` must be finite; the outcome still holds the original reward.
    pub fn new(model: M, reward: F) -> OverrideReward<M, F> {
        OverrideReward { model, reward }
    }
}

impl<M: Model, F> Model for OverrideReward<M, F>
where
    F: Fn(M::State, usize, &Branch<M::State>) -> f64 + Send + Sync,
{
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
        let first = out.len();
        self.model.step_law(state, action, out);
        for branch in &mut out[first..] {
            branch.reward = (self.reward)(state, action, branch);
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

/// Adds the potential-based term `F(s, s') = γ Φ(s') − Φ(s)` to the reward, with `Φ = 0` at terminal states.
///
/// Ng, Harada and Russell (1999): under discount `γ` every policy's value changes by `−Φ(s)`, so no optimum moves.
#[derive(Debug, Clone)]
pub struct ShapeReward<M, F> {
    model: M,
    potential: F,
    gamma: f64,
}

impl<M: Model, F: Fn(M::State) -> f64 + Send + Sync> ShapeReward<M, F> {
    /// Shapes with the potential `Φ` and the discount `gamma` of the criterion that will be used.
    pub fn new(model: M, potential: F, gamma: f64) -> ShapeReward<M, F> {
        ShapeReward { model, potential, gamma }
    }
}

impl<M: Model, F: Fn(M::State) -> f64 + Send + Sync> Model for ShapeReward<M, F> {
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
        let first = out.len();
        self.model.step_law(state, action, out);
        let here = (self.potential)(state);
        for branch in &mut out[first..] {
            let there = if branch.terminal { 0.0 } else { (self.potential)(branch.next) };
            branch.reward += self.gamma * there - here;
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
