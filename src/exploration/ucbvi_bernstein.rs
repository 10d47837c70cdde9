//! UCBVI with Bernstein bonuses: the width of a bonus follows the variance of what comes next (Azar, Osband and Munos 2017).
//!
//! ```text
//! theory      b = √(8 L Var_p̂(V_{h+1}) / n) + 14 R H L / (3 n)
//!               + √( (8/n) Σ_y p̂(y) min{ 100² R² H³ S² A L² / n'_{h+1}(y), (R H)² } )         L = ln(5 S A H K / δ)
//! practical   b = min( span_h, bonus · R / √n + span_h / n )                           rlberry's "simplified Bernstein"
//! ```
//! `n'_{h+1}(y)` counts the episodes that were in `y` at step `h + 1`; `R` is the width of the range of rewards, 0
//! included, and `span_h = (H − h) R`, so that rewards below 0 have bonuses too. The bound
//! `30 H L √(SAK) + 2500 H² S² A L² + 4 H^{3/2} √(KL)` is for theory, with rewards known and counts pooled.

use super::optimism::Plan;
use super::{Counting, Counts, EpisodicAgent, Setup, StageRules, Step};
use crate::Result;
use crate::learning::params::hyper_parameters;
use crate::rng::{self, Fast, Purpose};

hyper_parameters! {
    /// Hyper-parameters of UCBVI with Bernstein bonuses.
    UcbviBernsteinParams {
        /// Factor of the practical bonus.
        bonus: f64 = 0.3, "a number of at least 0", |x: f64| x >= 0.0 && x.is_finite();
        /// Whether to take the bonus of theory.
        theory: bool = false, "true or false", |_| true;
        /// Probability δ with which the bounds may fail.
        delta: f64 = 0.1, "in (0, 1)", |x: f64| x > 0.0 && x < 1.0;
        /// How visits are counted.
        counts: Counting = Counting::Staged, "pooled or staged", |_| true;
    }
}

/// The agent.
#[derive(Debug, Clone)]
pub struct UcbviBernstein<'a> {
    setup: Setup<'a>,
    params: UcbviBernsteinParams,
    counts: Counts,
    /// `n'_h(s)`, `[(H + 1) · S]`.
    arrivals: Vec<u32>,
    plan: Plan,
    rng: Fast,
}

impl<'a> UcbviBernstein<'a> {
    /// An agent that has seen nothing.
    ///
    /// # Errors
    /// A hyper-parameter or the setup out of range.
    pub fn new(setup: &Setup<'a>, params: &UcbviBernsteinParams) -> Result<UcbviBernstein<'a>> {
        params.validate()?;
        setup.validate()?;
        Ok(UcbviBernstein {
            setup: *setup,
            params: *params,
            counts: Counts::new(params.counts, setup.mdp.num_choices(), setup.horizon),
            arrivals: vec![0; (setup.horizon + 1) * setup.mdp.num_states()],
            plan: if params.theory { Plan::monotone(setup) } else { Plan::new(setup) },
            rng: rng::fast(setup.seed, Purpose::Policy, 0),
        })
    }
}

impl EpisodicAgent for UcbviBernstein<'_> {
    fn begin(&mut self, _episode: u64) {
        let (setup, counts) = (&self.setup, &self.counts);
        let (states, actions) = (setup.mdp.num_states(), setup.mdp.num_actions());
        let (log, most) = (setup.log_term(5.0, self.params.delta), setup.value_span(0));
        // 100² R² H³ S² A L², of the error of V at the next state.
        let burn = 1e4 * most * most * setup.horizon as f64 * (states * states * actions) as f64 * log * log;
        for stage in (0..setup.horizon).rev() {
            let (cap, span) = (setup.value_cap(stage), setup.value_span(stage));
            let arrivals = &self.arrivals[(stage + 1) * states..(stage + 2) * states];
            self.plan.step(setup, stage, &mut self.rng, |c, next| {
                let row = counts.row(stage, c);
                if counts.visits(row) == 0 {
                    return cap;
                }
                let n = f64::from(counts.visits(row));
                let bonus = if self.params.theory {
                    let error = |y: u32| (burn / f64::from(arrivals[y as usize])).min(most * most);
                    let tail: f64 = counts.successors(row).iter().map(|&(y, m)| f64::from(m) / n * error(y)).sum();
                    (8.0 * log * counts.variance(row, next) / n).sqrt()
                        + 14.0 * most * log / (3.0 * n)
                        + (8.0 / n * tail).sqrt()
                } else {
                    span.min(self.params.bonus * setup.reward_width() / n.sqrt() + span / n)
                };
                cap.min(counts.mean_reward(row) + counts.expect(row, next) + bonus)
            });
        }
    }

    fn rules(&self) -> StageRules<'_> {
        StageRules::Deterministic(&self.plan.rules)
    }

    fn observe(&mut self, step: &Step) {
        self.counts.add(self.counts.row(step.stage, step.choice), step.reward, step.next);
        self.arrivals[(step.stage + 1) * self.setup.mdp.num_states() + step.next] += 1;
    }

    fn optimistic_value(&self) -> Option<f64> {
        self.params.theory.then(|| self.plan.initial_value(&self.setup))
    }
}
