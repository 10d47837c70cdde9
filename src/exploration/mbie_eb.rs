//! MBIE-EB in episodes: the empirical model with a bonus in `1/√n`, pooled and unclipped (Strehl and Littman 2008).
//!
//! ```text
//! Q_h(s, a) = r̂ + p̂ · V_{h+1} + β / √n      (H − h) r_max where n = 0
//!
//! practical   β = bonus · R          theory   β = R H √( ln(2 S A K H / δ) / 2 )
//! ```
//! It differs from UCBVI in that the values of tried choices are not clipped. In the paper's discounted setting `1/(1 − γ)`
//! stands for `H`. Plans before every episode.

use super::optimism::Plan;
use super::{Counting, Counts, EpisodicAgent, Setup, StageRules, Step};
use crate::Result;
use crate::learning::params::hyper_parameters;
use crate::rng::{self, Fast, Purpose};

hyper_parameters! {
    /// Hyper-parameters of MBIE-EB.
    MbieEbParams {
        /// Factor of the practical bonus.
        bonus: f64 = 0.3, "a number of at least 0", |x: f64| x >= 0.0 && x.is_finite();
        /// Whether to take the bonus of theory.
        theory: bool = false, "true or false", |_| true;
        /// Probability δ with which the bounds may fail.
        delta: f64 = 0.1, "in (0, 1)", |x: f64| x > 0.0 && x < 1.0;
        /// How visits are counted.
        counts: Counting = Counting::Pooled, "pooled or staged", |_| true;
    }
}

/// The agent.
#[derive(Debug, Clone)]
pub struct MbieEb<'a> {
    setup: Setup<'a>,
    params: MbieEbParams,
    beta: f64,
    counts: Counts,
    plan: Plan,
    rng: Fast,
}

impl<'a> MbieEb<'a> {
    /// An agent that has seen nothing.
    ///
    /// # Errors
    /// A hyper-parameter or the setup out of range.
    pub fn new(setup: &Setup<'a>, params: &MbieEbParams) -> Result<MbieEb<'a>> {
        params.validate()?;
        setup.validate()?;
        let beta = if params.theory {
            setup.value_span(0) * (setup.log_term(2.0, params.delta) / 2.0).sqrt()
        } else {
            params.bonus * setup.reward_width()
        };
        Ok(MbieEb {
            setup: *setup,
            params: *params,
            beta,
            counts: Counts::new(params.counts, setup.mdp.num_choices(), setup.horizon),
            plan: Plan::new(setup),
            rng: rng::fast(setup.seed, Purpose::Policy, 0),
        })
    }
}

impl EpisodicAgent for MbieEb<'_> {
    fn begin(&mut self, _episode: u64) {
        let counts = &self.counts;
        for stage in (0..self.setup.horizon).rev() {
            let cap = self.setup.value_cap(stage);
            self.plan.step(&self.setup, stage, &mut self.rng, |c, next| {
                let row = counts.row(stage, c);
                match counts.visits(row) {
                    0 => cap,
                    n => counts.mean_reward(row) + counts.expect(row, next) + self.beta / f64::from(n).sqrt(),
                }
            });
        }
    }

    fn rules(&self) -> StageRules<'_> {
        StageRules::Deterministic(&self.plan.rules)
    }

    fn observe(&mut self, step: &Step) {
        self.counts.add(self.counts.row(step.stage, step.choice), step.reward, step.next);
    }

    fn optimistic_value(&self) -> Option<f64> {
        self.params.theory.then(|| self.plan.initial_value(&self.setup))
    }
}
