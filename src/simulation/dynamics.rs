//! How a copy steps: through packed rows, or by asking the model for the law of the step.

use std::fmt::Debug;
use std::hash::Hash;

use super::rows::{Rows, split};
use crate::mdp::{Branches, Mdp, Model};
use crate::{Error, Result};

/// What one step of one copy gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome<S> {
    /// The state that follows.
    pub next: S,
    /// The reward.
    pub reward: f64,
    /// Whether the episode ended there.
    pub terminal: bool,
}

/// A law of motion that can be sampled with one random word a step.
///
/// An *action* is whatever the implementation says: a choice of the table for [`TableDynamics`], an action number for
/// [`ModelDynamics`].
pub trait Dynamics: Sync {
    /// A state.
    type State: Copy + Eq + Hash + Debug + Send + Sync;
    /// A buffer that a step may use.
    type Scratch: Default + Send;

    /// The initial state drawn with `word`.
    fn reset(&self, word: u64) -> Self::State;

    /// The outcome of `action` in `state` drawn with `word`; `action` must have passed [`Dynamics::check`].
    fn step(&self, state: Self::State, action: u32, word: u64, scratch: &mut Self::Scratch) -> Outcome<Self::State>;

    /// Whether `action` may be taken in `state`.
    ///
    /// # Errors
    /// What is wrong with it.
    fn check(&self, state: Self::State, action: u32) -> Result<()>;

    /// An action drawn uniformly from those allowed in `state`, and what is left of `word`.
    fn random_action(&self, state: Self::State, word: u64) -> (u32, u64);
}

/// A table packed for sampling. An action is a choice index of the [`Mdp`], a state is a row of it.
#[derive(Debug, Clone)]
pub struct TableDynamics {
    /// First choice of each state, and the number of choices at the end.
    choice_start: Vec<u32>,
    rows: Rows,
    initial: Rows,
}

impl TableDynamics {
    /// Packs a table: 24 bytes a branch, 4 bytes a choice and a state.
    ///
    /// # Errors
    /// [`Error::NotApplicable`] if an episode may start in a terminal state, where no step can be taken.
    pub fn new(mdp: &Mdp) -> Result<TableDynamics> {
        TableDynamics::check_initial(mdp)?;
        let mut rows = Rows::new();
        for c in 0..mdp.num_choices() {
            rows.push(
                mdp.branch_range(c).map(|b| (mdp.probabilities()[b], mdp.successors()[b], mdp.branch_reward(c, b))),
            );
        }
        let mut initial = Rows::new();
        initial.push(mdp.initial().iter().map(|&(s, p)| (p, s, 0.0)));
        Ok(TableDynamics { choice_start: mdp.choice_starts().to_vec(), rows, initial })
    }

    /// Whether every episode starts where a step can be taken.
    pub(crate) fn check_initial(mdp: &Mdp) -> Result<()> {
        for &(s, p) in mdp.initial() {
            if p > 0.0 && mdp.is_terminal(s as usize) {
                return Err(Error::NotApplicable {
                    method: "simulation",
                    reason: format!(
                        "state {s} is initial and terminal; an episode needs a state with a choice to start in"
                    ),
                });
            }
        }
        Ok(())
    }

    /// The choices of `state`: the first, and how many.
    #[inline]
    fn choices(&self, state: u32) -> (u32, u32) {
        let first = self.choice_start[state as usize];
        (first, self.choice_start[state as usize + 1] - first)
    }
}

impl Dynamics for TableDynamics {
    type State = u32;
    type Scratch = ();

    #[inline]
    fn reset(&self, word: u64) -> u32 {
        self.initial.sample(0, word).item
    }

    #[inline]
    fn step(&self, _state: u32, choice: u32, word: u64, _scratch: &mut ()) -> Outcome<u32> {
        let entry = self.rows.sample(choice as usize, word);
        Outcome { next: entry.item, reward: entry.number, terminal: self.choices(entry.item).1 == 0 }
    }

    fn check(&self, state: u32, choice: u32) -> Result<()> {
        let (first, count) = self.choices(state);
        if (first..first + count).contains(&choice) {
            return Ok(());
        }
        Err(Error::NotApplicable {
            method: "this step",
            reason: format!("choice {choice} is not one of {first}..{} of state {state}", first + count),
        })
    }

    #[inline]
    fn random_action(&self, state: u32, word: u64) -> (u32, u64) {
        let (first, count) = self.choices(state);
        let (k, rest) = split(word, count as usize);
        (first + k as u32, rest)
    }
}

/// A model read step by step. An action is an action number of the [`Model`].
#[derive(Debug, Clone)]
pub struct ModelDynamics<M: Model> {
    model: M,
    initial: Vec<(f64, M::State)>,
}

impl<M: Model> ModelDynamics<M> {
    /// Reads `model`; nothing is enumerated.
    pub fn new(model: M) -> ModelDynamics<M> {
        let initial = model.initial();
        ModelDynamics { model, initial }
    }

    /// The model.
    pub fn model(&self) -> &M {
        &self.model
    }
}

/// A number in `[0, 1)` from the 53 highest bits.
#[inline]
fn unit(word: u64) -> f64 {
    (word >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
}

/// The index drawn from `probabilities` with `word`: the last positive one if their sum falls short of the draw.
#[inline]
fn draw(probabilities: impl Iterator<Item = f64>, word: u64) -> usize {
    let u = unit(word);
    let (mut sum, mut drawn) = (0.0, 0);
    for (i, p) in probabilities.enumerate().filter(|&(_, p)| p > 0.0) {
        drawn = i;
        sum += p;
        if u < sum {
            break;
        }
    }
    drawn
}

impl<M: Model> Dynamics for ModelDynamics<M> {
    type State = M::State;
    type Scratch = Branches<M::State>;

    #[inline]
    fn reset(&self, word: u64) -> M::State {
        self.initial[draw(self.initial.iter().map(|&(p, _)| p), word)].1
    }

    #[inline]
    fn step(&self, state: M::State, action: u32, word: u64, scratch: &mut Self::Scratch) -> Outcome<M::State> {
        scratch.clear();
        self.model.step_law(state, action as usize, scratch);
        let branch = match scratch.len() {
            1 => &scratch[0],
            _ => &scratch[draw(scratch.iter().map(|b| b.probability), word)],
        };
        Outcome { next: branch.next, reward: branch.reward, terminal: branch.terminal }
    }

    fn check(&self, state: M::State, action: u32) -> Result<()> {
        let actions = self.model.num_actions();
        if (action as usize) < actions && self.model.allows(state, action as usize) {
            return Ok(());
        }
        Err(Error::NotApplicable {
            method: "this step",
            reason: format!(
                "action {action} is not allowed in state {}; those allowed are {:?}",
                self.model.state_name(state),
                (0..actions).filter(|&a| self.model.allows(state, a)).collect::<Vec<_>>()
            ),
        })
    }

    #[inline]
    fn random_action(&self, state: M::State, word: u64) -> (u32, u64) {
        let actions = self.model.num_actions();
        let allowed = (0..actions).filter(|&a| self.model.allows(state, a)).count();
        let (k, rest) = split(word, allowed);
        if allowed == actions {
            return (k as u32, rest);
        }
        // A state without any action has no k-th one; the step law then says what is wrong with action 0.
        let action = (0..actions).filter(|&a| self.model.allows(state, a)).nth(k).unwrap_or(0);
        (action as u32, rest)
    }
}

impl<D: Dynamics> Dynamics for &D {
    type State = D::State;
    type Scratch = D::Scratch;

    #[inline]
    fn reset(&self, word: u64) -> D::State {
        (**self).reset(word)
    }
    #[inline]
    fn step(&self, state: D::State, action: u32, word: u64, scratch: &mut D::Scratch) -> Outcome<D::State> {
        (**self).step(state, action, word, scratch)
    }
    fn check(&self, state: D::State, action: u32) -> Result<()> {
        (**self).check(state, action)
    }
    #[inline]
    fn random_action(&self, state: D::State, word: u64) -> (u32, u64) {
        (**self).random_action(state, word)
    }
}
