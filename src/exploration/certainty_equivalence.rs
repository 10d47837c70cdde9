//! Certainty equivalence: plan in the empirical model as if it were true.
//!
//! ```text
//! Q_h(s, a) = r̂ + p̂ · V_{h+1}   if n > 0,   else  (H − h) r_max (optimistic)  or  0 (plain)
//! ```
//! Even with optimism for what was never tried, one unlucky trial can end exploration: what separates it from UCBVI is only the
//! bonus of what was tried. Neither bound nor constant belongs to it.

use super::optimism::Plan;
use super::{Counting, Counts, EpisodicAgent, Setup, StageRules, Step};
use crate::Result;
use crate::learning::params::hyper_parameters;
use crate::rng::{self, Fast, Purpose};

hyper_parameters! {
    /// Hyper-parameters of certainty equivalence.
    CertaintyEquivalenceParams {
        /// Whether what was never tried is worth the most possible, instead of nothing.
        optimistic: bool = true, "true or false", |_| true;
        /// How visits are counted.
        counts: Counting = Counting::Pooled, "pooled or staged", |_| true;
    }
}

/// The agent.
#[derive(Debug, Clone)]
pub struct CertaintyEquivalence<'a> {
    setup: Setup<'a>,
    optimistic: bool,
    counts: Counts,
    plan: Plan,
    rng: Fast,
}

impl<'a> CertaintyEquivalence<'a> {
    /// An agent that has seen nothing.
    ///
    /// # Errors
    /// A hyper-parameter or the setup out of range.
    pub fn new(setup: &Setup<'a>, params: &CertaintyEquivalenceParams) -> Result<CertaintyEquivalence<'a>> {
        params.validate()?;
        setup.validate()?;
        Ok(CertaintyEquivalence {
            setup: *setup,
            optimistic: params.optimistic,
            counts: Counts::new(params.counts, setup.mdp.num_choices(), setup.horizon),
            plan: Plan::new(setup),
            rng: rng::fast(setup.seed, Purpose::Policy, 0),
        })
    }
}

impl EpisodicAgent for CertaintyEquivalence<'_> {
    fn begin(&mut self, _episode: u64) {
        for stage in (0..self.setup.horizon).rev() {
            let untried = if self.optimistic { self.setup.value_cap(stage) } else { 0.0 };
            let counts = &self.counts;
            self.plan.step(&self.setup, stage, &mut self.rng, |c, next| {
                let row = counts.row(stage, c);
                if counts.visits(row) == 0 { untried } else { counts.mean_reward(row) + counts.expect(row, next) }
            });
        }
    }

    fn rules(&self) -> StageRules<'_> {
        StageRules::Deterministic(&self.plan.rules)
    }

    fn observe(&mut self, step: &Step) {
        self.counts.add(self.counts.row(step.stage, step.choice), step.reward, step.next);
    }
}
