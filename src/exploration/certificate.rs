//! The true table solved, for what is claimed about agents that never see it.

use crate::mdp::Mdp;

/// Optimal values of an episode in the true table.
#[derive(Debug, Clone)]
pub struct Truth<'a> {
    /// The table.
    pub mdp: &'a Mdp,
    /// `V*_h(s)`, `[(H + 1) · S]`; 0 in terminal states and after the last step.
    v: Vec<f64>,
}

impl<'a> Truth<'a> {
    /// Solves `horizon` steps by backward induction.
    pub fn solve(mdp: &'a Mdp, horizon: usize) -> Truth<'a> {
        let states = mdp.num_states();
        let mut truth = Truth { mdp, v: vec![0.0; (horizon + 1) * states] };
        for stage in (0..horizon).rev() {
            for s in (0..states).filter(|&s| !mdp.is_terminal(s)) {
                let best = mdp.choices(s).map(|c| truth.action_value(stage, c)).fold(f64::NEG_INFINITY, f64::max);
                truth.v[stage * states + s] = best;
            }
        }
        truth
    }

    /// `V*_h`, `[S]`.
    pub fn values(&self, stage: usize) -> &[f64] {
        let states = self.mdp.num_states();
        &self.v[stage * states..(stage + 1) * states]
    }

    /// `Q*_h(s, a) = r + P V*_{h+1}` of a choice.
    pub fn action_value(&self, stage: usize, choice: usize) -> f64 {
        self.mdp.rewards()[choice] + self.mdp.expect(choice, self.values(stage + 1))
    }

    /// `V*_0` from the initial distribution.
    pub fn optimal(&self) -> f64 {
        self.mdp.initial_value(self.values(0))
    }
}
