//! The object-safe face of a batch: stepping a model whatever its state type.

use super::{EpisodeStatistics, ModelBatch};
use crate::Result;
use crate::mdp::Model;

/// Copies of some model that step together; actions are action numbers. See [`super::Batch`] for what each method means.
pub trait Simulator: Send {
    /// Number of copies `N`.
    fn copies(&self) -> usize;

    /// Number of actions `A`.
    fn num_actions(&self) -> usize;

    /// Whether a copy may take `action` where it is now.
    fn allows(&self, copy: usize, action: usize) -> bool;

    /// One step of every copy.
    ///
    /// # Errors
    /// A wrong length, or an action that a copy may not take.
    fn step(&mut self, actions: &[u32]) -> Result<()>;

    /// `steps` steps under uniformly random actions.
    fn run_random(&mut self, steps: usize);

    /// The reward of the last step, `[N]`.
    fn rewards(&self) -> &[f64];

    /// Whether the last step ended in a terminal state, `[N]`.
    fn terminated(&self) -> &[bool];

    /// Whether the last step met the time limit, `[N]`.
    fn truncated(&self) -> &[bool];

    /// The name of the true successor of a copy's last step.
    fn next_name(&self, copy: usize) -> String;

    /// The name of the state where a copy is now, after any reset.
    fn state_name(&self, copy: usize) -> String;

    /// Statistics of the episodes finished so far.
    fn statistics(&self) -> EpisodeStatistics;

    /// A hash of everything visible.
    fn digest(&self) -> u64;
}

impl<M: Model> Simulator for ModelBatch<M> {
    fn copies(&self) -> usize {
        self.copies()
    }
    fn num_actions(&self) -> usize {
        self.dynamics().model().num_actions()
    }
    fn allows(&self, copy: usize, action: usize) -> bool {
        self.dynamics().model().allows(self.states()[copy], action)
    }
    fn step(&mut self, actions: &[u32]) -> Result<()> {
        self.step(actions)
    }
    fn run_random(&mut self, steps: usize) {
        self.run_random(steps);
    }
    fn rewards(&self) -> &[f64] {
        self.rewards()
    }
    fn terminated(&self) -> &[bool] {
        self.terminated()
    }
    fn truncated(&self) -> &[bool] {
        self.truncated()
    }
    fn next_name(&self, copy: usize) -> String {
        self.dynamics().model().state_name(self.next()[copy])
    }
    fn state_name(&self, copy: usize) -> String {
        self.dynamics().model().state_name(self.states()[copy])
    }
    fn statistics(&self) -> EpisodeStatistics {
        self.statistics()
    }
    fn digest(&self) -> u64 {
        self.digest()
    }
}
