//! RLSVI: value iteration on the empirical model with Gaussian noise in place of a bonus (Osband, Van Roy and Wen 2016).
//!
//! ```text
//! bayes    Q_h(s, a) ~ N( v Σ y / σ², v ),  v = 1 / (1/σ_p² + n/σ²),  y = r + max Q_{h+1}(s')       σ = noise_sd, σ_p = prior_sd
//! hoeffding  Q_h(s, a) = clip( r̂ + p̂ · V_{h+1} + ξ, ± span ),   ξ ~ N(0, (noise_sd R / √n + R (H − h) / n)²)
//! ```
//! The first is the tabular form of Bayesian regression, where nothing is clipped; the second has the standard deviations that
//! implementations with a bonus use (an untried choice gets `R (H − h)` as deviation around 0). The noise is added once to each
//! choice's value, and the rewards enter once.

use super::optimism::Plan;
use super::posterior::normal;
use super::{Counting, Counts, EpisodicAgent, Setup, StageRules, Step};
use crate::Result;
use crate::learning::Value;
use crate::learning::params::hyper_parameters;
use crate::rng::{self, Fast, Purpose};

/// Where the standard deviations come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noise {
    /// Bayesian regression.
    Bayes,
    /// That of a bonus.
    Hoeffding,
}

impl Value for Noise {
    fn read(text: &str) -> Option<Noise> {
        match text.trim() {
            "bayes" => Some(Noise::Bayes),
            "hoeffding" => Some(Noise::Hoeffding),
            _ => None,
        }
    }
    fn write(self) -> String {
        if self == Noise::Bayes { "bayes" } else { "hoeffding" }.into()
    }
}

hyper_parameters! {
    /// Hyper-parameters of RLSVI.
    RlsviParams {
        /// Where the standard deviations come from.
        noise: Noise = Noise::Bayes, "bayes or hoeffding", |_| true;
        /// Standard deviation of a target around its mean.
        noise_sd: f64 = 0.1, "a positive number", |x: f64| x > 0.0 && x.is_finite();
        /// Standard deviation of the prior of an action value.
        prior_sd: f64 = 1.0, "a positive number", |x: f64| x > 0.0 && x.is_finite();
        /// How visits are counted.
        counts: Counting = Counting::Staged, "pooled or staged", |_| true;
    }
}

/// The agent.
#[derive(Debug, Clone)]
pub struct Rlsvi<'a> {
    setup: Setup<'a>,
    params: RlsviParams,
    counts: Counts,
    plan: Plan,
    noise: Vec<f64>,
    rng: Fast,
}

impl<'a> Rlsvi<'a> {
    /// An agent that has seen nothing.
    ///
    /// # Errors
    /// A hyper-parameter or the setup out of range.
    pub fn new(setup: &Setup<'a>, params: &RlsviParams) -> Result<Rlsvi<'a>> {
        params.validate()?;
        setup.validate()?;
        Ok(Rlsvi {
            setup: *setup,
            params: *params,
            counts: Counts::new(params.counts, setup.mdp.num_choices(), setup.horizon),
            plan: Plan::new(setup),
            noise: vec![0.0; setup.mdp.num_choices()],
            rng: rng::fast(setup.seed, Purpose::Policy, 0),
        })
    }
}

impl EpisodicAgent for Rlsvi<'_> {
    fn begin(&mut self, _episode: u64) {
        let (setup, counts, params) = (&self.setup, &self.counts, &self.params);
        let (width, prior) = (setup.reward_width(), 1.0 / (params.prior_sd * params.prior_sd));
        for stage in (0..setup.horizon).rev() {
            self.noise.iter_mut().for_each(|noise| *noise = normal(&mut self.rng));
            let (noise, span) = (&self.noise, setup.value_span(stage));
            self.plan.step(setup, stage, &mut self.rng, |c, next| {
                let row = counts.row(stage, c);
                let n = f64::from(counts.visits(row));
                let target = if n > 0.0 { counts.mean_reward(row) + counts.expect(row, next) } else { 0.0 };
                match params.noise {
                    Noise::Bayes => {
                        let data = n / (params.noise_sd * params.noise_sd);
                        let precision = prior + data;
                        target * data / precision + noise[c] / precision.sqrt()
                    }
                    Noise::Hoeffding => {
                        let sd = if n > 0.0 { params.noise_sd * width / n.sqrt() + span / n } else { span };
                        (target + sd * noise[c]).clamp(-span, span)
                    }
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
}
