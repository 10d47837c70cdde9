//! RLSVI: value iteration on the empirical model with Gaussian noise in place of a bonus (Osband, Van Roy and Wen 2016).
//!
//! ```text
//! bayes    Q_h(s, a) ~ N( v Σ y / σ², v ),  v = 1 / (1/σ_p² + n/σ²),  y = r + max Q_{h+1}(s')       σ = noise_sd, σ_p = prior_sd
//! hoeffding  Q_h(s, a) = clip( r̂ + p̂ · V_{h+1} + ξ, ± span ),   ξ ~ N(0, (noise_sd R / √n + R (H − h) / n)²)
//! theory     Q_h(s, a) = [ Σ r + Σ V_{h+1}(s') + ξ ] / (n + 1),   ξ / (n + 1) ~ N(0, R² β_k / (n + 1)),  β_k = ½ S H³ ln(2 H S A k)
//! ```
//! The first is the tabular form of Bayesian regression, where nothing is clipped; the second has the standard deviations that
//! implementations with a bonus use (an untried choice gets `R (H − h)` as deviation around 0); the third is that
//! of a bound on the worst case, with one more target of 0 and nothing clipped (Russo 2019), in episode `k = 1, 2, …`. The noise is added once to each
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
    /// That of a bound on the regret of the worst case.
    Theory,
}

impl Value for Noise {
    fn read(text: &str) -> Option<Noise> {
        match text.trim() {
            "bayes" => Some(Noise::Bayes),
            "hoeffding" => Some(Noise::Hoeffding),
            "theory" => Some(Noise::Theory),
            _ => None,
        }
    }
    fn write(self) -> String {
        match self {
            Noise::Bayes => "bayes",
            Noise::Hoeffding => "hoeffding",
            Noise::Theory => "theory",
        }
        .into()
    }
}

hyper_parameters! {
    /// Hyper-parameters of RLSVI.
    RlsviParams {
        /// Where the standard deviations come from.
        noise: Noise = Noise::Bayes, "bayes, hoeffding or theory", |_| true;
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
    fn begin(&mut self, episode: u64) {
        let (setup, counts, params) = (&self.setup, &self.counts, &self.params);
        let (width, prior) = (setup.reward_width(), 1.0 / (params.prior_sd * params.prior_sd));
        let (size, horizon) = (setup.mdp.num_choices() as f64, setup.horizon as f64);
        let log = (2.0 * horizon * size * (episode as f64 + 1.0)).ln();
        let beta = 0.5 * setup.mdp.num_states() as f64 * horizon.powi(3) * log;
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
                    Noise::Theory => target * n / (n + 1.0) + width * (beta / (n + 1.0)).sqrt() * noise[c],
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mdp::MdpBuilder;

    /// One state, one step, a reward of 1 seen three times: mean 3/4 and variance `½ ln(2 k) / 4` with the noise of theory, for
    /// one action.
    #[test]
    fn the_noise_of_theory_has_its_moments() {
        let mut builder = MdpBuilder::new(1);
        builder.choice(0, 0, &[(1.0, 0, 1.0)]);
        let mdp = builder.build().unwrap();
        let setup = Setup { mdp: &mdp, horizon: 1, episodes: 10, reward_range: (0.0, 1.0), seed: 2 };
        let mut agent = Rlsvi::new(&setup, &RlsviParams { noise: Noise::Theory, ..RlsviParams::default() }).unwrap();
        (0..3).for_each(|_| agent.observe(&Step { stage: 0, state: 0, choice: 0, reward: 1.0, next: 0 }));
        let (mut sum, mut squares, n) = (0.0, 0.0, 20_000.0);
        for _ in 0..20_000 {
            agent.begin(9);
            sum += agent.plan.q[0] / n;
            squares += agent.plan.q[0] * agent.plan.q[0] / n;
        }
        let variance = 0.5 * 20f64.ln() / 4.0;
        assert!((sum - 0.75).abs() < 4.0 * (variance / n).sqrt(), "{sum}");
        assert!(((squares - sum * sum) / variance - 1.0).abs() < 4.0 * (2.0 / n).sqrt(), "{squares} {variance}");
    }
}
