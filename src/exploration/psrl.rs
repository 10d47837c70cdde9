//! PSRL: act for an episode as is best in a model drawn from the posterior (Strens 2000; Osband, Russo and Van Roy 2013).
//!
//! ```text
//! p(· | s, a) ~ Dirichlet(α₀ + n(s, a, ·))            over all states of the table, α₀ = prior (0 stands for 1/S)
//! r(s, a)     gaussian:  N(μ, 1/τ),  τ = 1/prior_sd² + n/noise_sd²,  μ = (Σ r / noise_sd²) / τ
//!             beta:      r_min + (r_max − r_min) Beta(1 + Σ x, 1 + Σ (1 − x)),  x the rewards scaled to [0, 1]
//!             known:     the table's
//! ```
//! `samples > 1` is optimistic PSRL: the action values are the largest of several draws. No value is clipped. There is no theory
//! scaling, since there is no bonus; `noise_sd=1` is the prior of TabulaRL. Cost of an episode: `O(rows · S + H · C · S)`.

use super::optimism::{Plan, greedy_rules};
use super::posterior::{beta, dirichlet, normal};
use super::{Counting, Counts, EpisodicAgent, Setup, StageRules, Step};
use crate::Result;
use crate::learning::Value;
use crate::learning::params::hyper_parameters;
use crate::rng::{self, Fast, Purpose};

/// The posterior of the mean rewards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RewardPosterior {
    /// Normal prior with mean 0, normal noise.
    Gaussian,
    /// Uniform prior on the range of rewards.
    Beta,
    /// The rewards are known.
    Known,
}

impl Value for RewardPosterior {
    fn read(text: &str) -> Option<RewardPosterior> {
        match text.trim() {
            "gaussian" => Some(RewardPosterior::Gaussian),
            "beta" => Some(RewardPosterior::Beta),
            "known" => Some(RewardPosterior::Known),
            _ => None,
        }
    }
    fn write(self) -> String {
        match self {
            RewardPosterior::Gaussian => "gaussian",
            RewardPosterior::Beta => "beta",
            RewardPosterior::Known => "known",
        }
        .into()
    }
}

hyper_parameters! {
    /// Hyper-parameters of PSRL.
    PsrlParams {
        /// Concentration of the Dirichlet prior at each state; 0 stands for 1/S.
        prior: f64 = 0.0, "a number from 0 to 1000000", |x: f64| (0.0..=1e6).contains(&x);
        /// Posterior of the rewards.
        rewards: RewardPosterior = RewardPosterior::Gaussian, "gaussian, beta or known", |_| true;
        /// Standard deviation of the prior of a mean reward.
        prior_sd: f64 = 1.0, "a positive number", |x: f64| x > 0.0 && x.is_finite();
        /// Standard deviation of a reward around its mean.
        noise_sd: f64 = 0.1, "a positive number", |x: f64| x > 0.0 && x.is_finite();
        /// Models drawn for each episode.
        samples: usize = 1, "from 1 to 1000", |n| (1..=1000).contains(&n);
        /// How visits are counted.
        counts: Counting = Counting::Pooled, "pooled or staged", |_| true;
    }
}

/// The agent.
#[derive(Debug, Clone)]
pub struct Psrl<'a> {
    setup: Setup<'a>,
    params: PsrlParams,
    counts: Counts,
    plan: Plan,
    /// Largest action values over the draws of an episode, `[H · C]`.
    q: Vec<f64>,
    /// The drawn model: `[rows · S]` and `[rows]`.
    p: Vec<f64>,
    r: Vec<f64>,
    rng: Fast,
}

impl<'a> Psrl<'a> {
    /// An agent that has seen nothing.
    ///
    /// # Errors
    /// A hyper-parameter or the setup out of range.
    pub fn new(setup: &Setup<'a>, params: &PsrlParams) -> Result<Psrl<'a>> {
        params.validate()?;
        setup.validate()?;
        let counts = Counts::new(params.counts, setup.mdp.num_choices(), setup.horizon);
        let rows = counts.num_rows();
        Ok(Psrl {
            setup: *setup,
            params: *params,
            plan: Plan::new(setup),
            q: vec![0.0; setup.horizon * setup.mdp.num_choices()],
            p: vec![0.0; rows * setup.mdp.num_states()],
            r: vec![0.0; rows],
            counts,
            rng: rng::fast(setup.seed, Purpose::Policy, 0),
        })
    }

    /// Draws a model from the posterior.
    fn draw(&mut self) {
        let states = self.setup.mdp.num_states();
        let prior = if self.params.prior > 0.0 { self.params.prior } else { 1.0 / states as f64 };
        for (row, p) in self.p.chunks_exact_mut(states).enumerate() {
            p.fill(prior);
            for &(s, n) in self.counts.successors(row) {
                p[s as usize] += f64::from(n);
            }
            dirichlet(p, &mut self.rng);
            self.r[row] = mean_reward(&self.params, &self.setup, &self.counts, row, &mut self.rng);
        }
    }
}

/// A draw of the mean reward of a row.
fn mean_reward(params: &PsrlParams, setup: &Setup, counts: &Counts, row: usize, rng: &mut Fast) -> f64 {
    let n = f64::from(counts.visits(row));
    let sum = if n > 0.0 { n * counts.mean_reward(row) } else { 0.0 };
    match params.rewards {
        RewardPosterior::Known => setup.mdp.rewards()[row % setup.mdp.num_choices()],
        RewardPosterior::Gaussian => {
            let noise = params.noise_sd * params.noise_sd;
            let precision = 1.0 / (params.prior_sd * params.prior_sd) + n / noise;
            sum / noise / precision + normal(rng) / precision.sqrt()
        }
        RewardPosterior::Beta => {
            let (low, high) = setup.reward_range;
            // Rounding must not make a parameter negative.
            let ones = ((sum - n * low) / (high - low)).clamp(0.0, n);
            low + (high - low) * beta(1.0 + ones, 1.0 + n - ones, rng)
        }
    }
}

impl EpisodicAgent for Psrl<'_> {
    fn begin(&mut self, _episode: u64) {
        let states = self.setup.mdp.num_states();
        self.q.fill(f64::NEG_INFINITY);
        for _ in 0..self.params.samples {
            self.draw();
            let (counts, p, r) = (&self.counts, &self.p, &self.r);
            for stage in (0..self.setup.horizon).rev() {
                self.plan.step(&self.setup, stage, &mut self.rng, |c, next| {
                    let row = counts.row(stage, c);
                    let p = &p[row * states..(row + 1) * states];
                    r[row] + p.iter().zip(next).map(|(p, v)| p * v).sum::<f64>()
                });
            }
            self.q.iter_mut().zip(&self.plan.q).for_each(|(most, &q)| *most = most.max(q));
        }
        if self.params.samples > 1 {
            greedy_rules(&self.setup, &self.q, &mut self.plan.rules, &mut self.rng);
        }
    }

    fn rules(&self) -> StageRules<'_> {
        StageRules::Deterministic(&self.plan.rules)
    }

    fn observe(&mut self, step: &Step) {
        self.counts.add(self.counts.row(step.stage, step.choice), step.reward, step.next);
    }
}
