//! The relaxation of the model-based objective that dynamic programming solves: each row pays its whole penalty where it is used.
//!
//! ```text
//! Q̄_h(s, a) = min( cap_h, max_r [ r − η N (r − r̂)² ] + max_p [ p·V̄_{h+1} − η N KL(p̂ ‖ p) ] )      V̄_h = max_a Q̄_h
//! ```
//! A row is reached with probability `w ≤ 1` and its penalty is not negative, so `w x − y ≤ w (x − y)`: with staged counts
//! `V̄_0 ≥ max J ≥ J(truth)`. With pooled counts the penalty is paid at every step instead of once, which bounds the objective
//! of price `H η`; it is still a good agent (a heuristic at price `η`). To second order the bonus is `Var_p̂(V̄) / (2 η N)`.
//! Source: `mex.md` section 2.3 (A).

use super::super::Counting;
use super::super::optimism::Plan;
use super::block::{Block, Worths};
use super::objective::{Law, Objective};
use crate::mdp::Mdp;
use crate::rng::Fast;

impl Objective<'_> {
    /// `Q̄_h(s, a)` of a choice, given `V̄_{h+1}`. Nothing is allocated; the cost is that of the successors seen.
    #[inline]
    pub(super) fn relaxed(&self, stage: usize, choice: usize, next: Worths<'_>) -> f64 {
        let row = self.counts.row(stage, choice);
        let (reward, cost) = self.reward(row, choice, 1.0);
        let block = Block::solve(self.counts.successors(row), self.eta, 1.0, next);
        self.setup.value_cap(stage).min(reward - cost + block.value)
    }

    /// The relaxation solved from scratch, with the law of its blocks (with pooled counts, that of step 0).
    pub(super) fn relaxation(&self, plan: &mut Plan, rng: &mut Fast) -> Law {
        let mut law = self.law(|_, _, _| ());
        for stage in (0..self.setup.horizon).rev() {
            let next = Worths::new(plan.values(stage + 1));
            let best = next.best;
            for c in 0..self.setup.mdp.num_choices() {
                self.solve_row(&mut law, self.counts.row(stage, c), c, 1.0, next);
            }
            plan.step(self.setup, stage, rng, |c, v| self.relaxed(stage, c, Worths { v, best }));
        }
        law
    }

    /// A bound `max J ≤ upper`: the relaxation, where pooled counts pay `1/H` of their price at each step.
    pub fn upper_bound(&self, rng: &mut Fast) -> f64 {
        let share = match self.counts.counting() {
            Counting::Staged => 1.0,
            Counting::Pooled => self.setup.horizon as f64,
        };
        let mut plan = Plan::new(self.setup);
        let relaxed = Objective { eta: self.eta / share, ..*self };
        relaxed.relaxation(&mut plan, rng);
        plan.initial_value(self.setup)
    }

    /// What the law of a table loses in the relaxation: `V̄_0 ≥ V*_0 − this`. The penalty of every row at every step.
    pub(super) fn relaxed_penalty(&self, mdp: &Mdp) -> f64 {
        let steps = match self.counts.counting() {
            Counting::Staged => 1.0,
            Counting::Pooled => self.setup.horizon as f64,
        };
        steps * self.penalty_of_table(mdp)
    }
}
