//! UCBVI: optimistic value iteration on the empirical model, with Hoeffding bonuses (Azar, Osband and Munos 2017).
//!
//! ```text
//! Q_h(s, a) = min( cap_h, r̂ + p̂ · V_{h+1} + b_h )     cap_h where n = 0     V_h = max_a Q_h     cap_h = (H − h) r_max
//!
//! plain       b = bonus · R / √n                                  the default: what most published curves use
//! horizon     b = bonus · R (H − h) √(ι / n),  ι = ln(S A H K / δ)
//! theory      b = 7 R H L / √n,  L = ln(5 S A H K / δ)             algorithm 3 of the paper, with Q never growing
//! ```
//! `R` is the width of the range of rewards. The bound `20 H^{3/2} L √(SAK) + 250 H² S² A L²` of the paper is for the last, with
//! rewards known and counts pooled. Published regrets differ by several times according to scaling and counts, so both are
//! named. Plans before every episode: `O(H · non-zeros seen)`.

use super::optimism::Plan;
use super::{Counting, Counts, EpisodicAgent, Scaling, Setup, StageRules, Step};
use crate::Result;
use crate::learning::params::hyper_parameters;
use crate::rng::{self, Fast, Purpose};

hyper_parameters! {
    /// Hyper-parameters of UCBVI.
    UcbviParams {
        /// Factor of the bonus (theory has its own).
        bonus: f64 = 0.3, "a number of at least 0", |x: f64| x >= 0.0 && x.is_finite();
        /// How the bonus grows with what is left to earn.
        scaling: Scaling = Scaling::Plain, "plain, horizon or theory", |_| true;
        /// Probability δ with which the bounds may fail.
        delta: f64 = 0.1, "in (0, 1)", |x: f64| x > 0.0 && x < 1.0;
        /// How visits are counted.
        counts: Counting = Counting::Staged, "pooled or staged", |_| true;
    }
}

/// The agent.
#[derive(Debug, Clone)]
pub struct Ucbvi<'a> {
    setup: Setup<'a>,
    params: UcbviParams,
    counts: Counts,
    plan: Plan,
    rng: Fast,
}

impl<'a> Ucbvi<'a> {
    /// An agent that has seen nothing.
    ///
    /// # Errors
    /// A hyper-parameter or the setup out of range.
    pub fn new(setup: &Setup<'a>, params: &UcbviParams) -> Result<Ucbvi<'a>> {
        params.validate()?;
        setup.validate()?;
        Ok(Ucbvi {
            setup: *setup,
            params: *params,
            counts: Counts::new(params.counts, setup.mdp.num_choices(), setup.horizon),
            plan: if params.scaling == Scaling::Theory { Plan::monotone(setup) } else { Plan::new(setup) },
            rng: rng::fast(setup.seed, Purpose::Policy, 0),
        })
    }

    /// The factor of `1/√n` in the bonus at a step.
    fn scale(&self, stage: usize) -> f64 {
        let UcbviParams { bonus, delta, .. } = self.params;
        match self.params.scaling {
            Scaling::Plain => bonus * self.setup.reward_width(),
            Scaling::Horizon => bonus * self.setup.value_span(stage) * self.setup.log_term(1.0, delta).sqrt(),
            Scaling::Theory => 7.0 * self.setup.value_span(0) * self.setup.log_term(5.0, delta),
        }
    }
}

#[cfg(test)]
impl Ucbvi<'_> {
    /// `Q` of the last plan, `[H · C]`.
    pub(super) fn values(&self) -> &[f64] {
        &self.plan.q
    }
}

impl EpisodicAgent for Ucbvi<'_> {
    fn begin(&mut self, _episode: u64) {
        for stage in (0..self.setup.horizon).rev() {
            let (cap, scale) = (self.setup.value_cap(stage), self.scale(stage));
            let counts = &self.counts;
            self.plan.step(&self.setup, stage, &mut self.rng, |c, next| {
                let row = counts.row(stage, c);
                match counts.visits(row) {
                    0 => cap,
                    n => cap.min(counts.mean_reward(row) + counts.expect(row, next) + scale / f64::from(n).sqrt()),
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
        (self.params.scaling == Scaling::Theory).then(|| self.plan.initial_value(&self.setup))
    }
}
