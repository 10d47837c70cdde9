//! R-max in episodes: what was not tried often enough is worth the most possible (Brafman and Tennenholtz 2002).
//!
//! ```text
//! Q_h(s, a) = r̂ + p̂ · V_{h+1}   once n(s, a) ≥ m,   (H − h) r_max before;     r̂ and p̂ of the first m visits only
//!
//! practical   m = known          theory   m = ⌈ (S ln 2 + ln(rows / δ)) / (2 accuracy²) ⌉
//! ```
//! The `m` of theory is such that `|p̂ · V − p · V| ≤ accuracy · span(V)` for all V and all rows at once (`S A` of them
//! with pooled counts, `S A H` with staged ones), an episodic counterpart of the discounted
//! `Õ(S² A / (ε³ (1 − γ)⁶))`. Plans only when a choice becomes known, which is exact: nothing else enters its values.

use super::optimism::Plan;
use super::{Counting, Counts, EpisodicAgent, Setup, StageRules, Step};
use crate::Result;
use crate::learning::params::hyper_parameters;
use crate::rng::{self, Fast, Purpose};

hyper_parameters! {
    /// Hyper-parameters of R-max.
    RMaxParams {
        /// Visits after which a choice is known, in practice.
        known: u32 = 20, "at least 1", |n| n >= 1;
        /// Whether to take the number of visits of theory.
        theory: bool = false, "true or false", |_| true;
        /// Accuracy of a step's value, as a share of the most that an episode can earn; for theory.
        accuracy: f64 = 0.1, "in (0, 1]", |x: f64| x > 0.0 && x <= 1.0;
        /// Probability δ with which the bounds may fail.
        delta: f64 = 0.1, "in (0, 1)", |x: f64| x > 0.0 && x < 1.0;
        /// How visits are counted.
        counts: Counting = Counting::Pooled, "pooled or staged", |_| true;
    }
}

/// The agent.
#[derive(Debug, Clone)]
pub struct RMax<'a> {
    setup: Setup<'a>,
    known: u32,
    counts: Counts,
    plan: Plan,
    stale: bool,
    rng: Fast,
}

impl<'a> RMax<'a> {
    /// An agent that has seen nothing.
    ///
    /// # Errors
    /// A hyper-parameter or the setup out of range.
    pub fn new(setup: &Setup<'a>, params: &RMaxParams) -> Result<RMax<'a>> {
        params.validate()?;
        setup.validate()?;
        let counts = Counts::new(params.counts, setup.mdp.num_choices(), setup.horizon);
        let log =
            setup.mdp.num_states() as f64 * std::f64::consts::LN_2 + (counts.num_rows() as f64 / params.delta).ln();
        let theory = (log / (2.0 * params.accuracy * params.accuracy)).ceil();
        Ok(RMax {
            setup: *setup,
            known: if params.theory { theory as u32 } else { params.known },
            counts,
            plan: Plan::new(setup),
            stale: true,
            rng: rng::fast(setup.seed, Purpose::Policy, 0),
        })
    }
}

impl EpisodicAgent for RMax<'_> {
    fn begin(&mut self, _episode: u64) {
        if !std::mem::take(&mut self.stale) {
            return;
        }
        let counts = &self.counts;
        for stage in (0..self.setup.horizon).rev() {
            let cap = self.setup.value_cap(stage);
            self.plan.step(&self.setup, stage, &mut self.rng, |c, next| {
                let row = counts.row(stage, c);
                if counts.visits(row) < self.known { cap } else { counts.mean_reward(row) + counts.expect(row, next) }
            });
        }
    }

    fn rules(&self) -> StageRules<'_> {
        StageRules::Deterministic(&self.plan.rules)
    }

    fn observe(&mut self, step: &Step) {
        let row = self.counts.row(step.stage, step.choice);
        if self.counts.visits(row) < self.known {
            self.counts.add(row, step.reward, step.next);
            self.stale |= self.counts.visits(row) == self.known;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exploration::testing::random_table;

    /// `S = 4`, `S A = 8`, `H = 5`, accuracy and δ 0.1: `(4 ln 2 + ln 80) / 0.02` with pooled counts, `ln 400` with staged ones.
    #[test]
    fn the_visits_of_theory_hold_for_all_rows() {
        let mdp = random_table(0, 4, 2);
        let setup = Setup { mdp: &mdp, horizon: 5, episodes: 10, reward_range: (0.0, 1.0), seed: 0 };
        for (counts, known) in [(Counting::Pooled, 358), (Counting::Staged, 439)] {
            let params = RMaxParams { theory: true, counts, ..RMaxParams::default() };
            assert_eq!(RMax::new(&setup, &params).unwrap().known, known);
        }
    }
}
