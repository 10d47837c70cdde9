//! BARFI from episodes, as in the published code, and the learners it was compared with.
//!
//! A policy that is linear in features of states (softmax) is updated by the mean over `H + 1` slots of
//! ```text
//! Δ = Σ_t ∇ ln π(a_t|s_t) G_t,    G_t = Σ_{k ≥ t} γ^{k−t} r_k
//! ```
//! plus 0.25 times the gradient of the mean entropy of visited states. Every `δ` episodes the reward makes one step from the last episodes
//! (for `∇J_p`) and a batch of older ones (for `H = ∂Δ/∂θ`, `∂Δ/∂φ`, `∂Δ/∂γ`), then the policy makes `5 δ` steps on replayed episodes.
//!
//! What of this is peculiar to the published code is an option each: see [`Quirks`]. Differences that remain: auxiliary rewards are those
//! expected of the choice that was made.

mod derivatives;
#[cfg(test)]
mod tests;

use ndarray::Array2;

use super::ascent::RmsProp;
use super::barfi::Regulariser;
use super::policy_space::Parametrisation;
use super::reward_model::sigmoid;
use super::{check_choices, check_discount, check_magnitude, check_positive, dot};
use crate::mdp::Mdp;
use crate::rng::{self, Fast, Purpose};
use crate::{Error, Result};

/// Who learns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Learner {
    /// REINFORCE on the primary reward.
    Primary,
    /// REINFORCE on the sum of both rewards.
    NaiveSum,
    /// REINFORCE on the primary reward shaped by a potential, the mean of the auxiliary reward over actions, 0 at the end: for
    /// whole episodes a baseline `Φ(s_t)`.
    StatePotential,
    /// The published code's variant: the auxiliary reward of the action itself as baseline, which is no potential and biases the gradient.
    ActionPotential,
    /// BARFI with the Neumann series up to power `terms`; 0 terms and step 1 is first order.
    Barfi {
        /// The last power.
        terms: usize,
        /// `η`.
        step: f64,
    },
}

/// What the learner does and a textbook would not. The first three are in the update rule of the paper, whose biases its learnt reward is to make up for; the
/// last one is in its code alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quirks {
    /// Policy steps and curvature are taken from replayed episodes, of earlier policies; else from the latest ones, of the last `δ` episodes.
    pub replay: bool,
    /// Steps are not weighted by `γᵗ`.
    pub undiscounted_steps: bool,
    /// Rewards of replayed episodes are not weighted by how likely the present policy would have led to them. (With weights, these are products of ratios over
    /// all decisions up to the reward's own, and are held fixed where derivatives are taken.)
    pub no_importance_weights: bool,
    /// Where the last `n` episodes are asked for, `n + 1` are given.
    pub one_episode_more: bool,
}

impl Quirks {
    /// As in the published code.
    pub const PUBLISHED: Quirks =
        Quirks { replay: true, undiscounted_steps: true, no_importance_weights: true, one_episode_more: true };

    /// None: the mean of an update is the gradient.
    pub const NONE: Quirks =
        Quirks { replay: false, undiscounted_steps: false, no_importance_weights: false, one_episode_more: false };
}

impl Default for Quirks {
    /// The paper's update rule.
    fn default() -> Quirks {
        Quirks { one_episode_more: false, ..Quirks::PUBLISHED }
    }
}

/// Settings of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct SampledSettings {
    /// Who learns.
    pub learner: Learner,
    /// Deviations.
    pub quirks: Quirks,
    /// Regularisers.
    pub regulariser: Regulariser,
    /// Episodes.
    pub episodes: usize,
    /// Most steps of an episode, `H`.
    pub horizon: usize,
    /// Discount of the primary reward.
    pub discount: f64,
    /// `ϕ` at the start.
    pub discount_logit: f64,
    /// Rate of RMSprop on the policy.
    pub policy_rate: f64,
    /// Rate of RMSprop on the reward and its discount.
    pub outer_rate: f64,
    /// Coefficient of the entropy.
    pub entropy: f64,
    /// `δ`.
    pub between: usize,
    /// Policy steps for each of the `δ` episodes.
    pub steps_per_episode: usize,
    /// Episodes of naive learning at the start.
    pub warm_up: usize,
    /// Policy steps with the first reward after that.
    pub first_steps: usize,
    /// Episodes that are kept.
    pub buffer: usize,
    /// Parameters of the reward start uniformly within ± this.
    pub spread: f64,
    /// Seed.
    pub seed: u64,
}

impl Default for SampledSettings {
    /// The published maze.
    fn default() -> SampledSettings {
        SampledSettings {
            learner: Learner::Barfi { terms: 5, step: 5e-4 },
            quirks: Quirks::default(),
            regulariser: Regulariser { reward: 0.0, discount: 0.06125 },
            episodes: 2000,
            horizon: 50,
            discount: 0.99,
            discount_logit: 4.6,
            policy_rate: 0.005,
            outer_rate: 0.005,
            entropy: 0.25,
            between: 3,
            steps_per_episode: 5,
            warm_up: 155,
            first_steps: 165,
            buffer: 1000,
            spread: 0.25,
            seed: 0,
        }
    }
}

impl SampledSettings {
    fn check(&self) -> Result<()> {
        check_discount("the discount", self.discount)?;
        check_discount("the inner discount at the start", sigmoid(self.discount_logit))?;
        self.regulariser.check()?;
        check_magnitude("the coefficient of the entropy", self.entropy)?;
        check_magnitude("the spread of the reward's parameters", self.spread)?;
        if let Learner::Barfi { step, .. } = self.learner {
            check_positive("the step of the Neumann series", step)?;
        }
        for (name, value) in [
            ("horizon", self.horizon),
            ("between", self.between),
            ("buffer", self.buffer),
            ("steps_per_episode", self.steps_per_episode),
        ] {
            if value == 0 {
                return Err(Error::Parameter { name, value: 0.0, expected: "at least 1" });
            }
        }
        Ok(())
    }
}

/// What a run leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct SampledRun {
    /// Undiscounted primary return of each episode.
    pub returns: Vec<f64>,
    /// The policy's parameters at the end, for [`Parametrisation::Linear`](super::Parametrisation::Linear).
    pub theta: Vec<f64>,
    /// The reward's parameters at the end: those of `f1`, then of `f3`.
    pub phi: Vec<f64>,
    /// The inner discount at the end.
    pub discount: f64,
}

/// An episode: states, actions, primary and auxiliary rewards, and the log-probabilities of the policy that made it.
#[derive(Debug, Clone, Default)]
struct Episode {
    states: Vec<u32>,
    actions: Vec<u32>,
    primary: Vec<f64>,
    auxiliary: Vec<f64>,
    log_made: Vec<f64>,
}

/// Runs a learner on the primary reward of `mdp` and an auxiliary one, `[C]`; features of states `[S, K]`, the last of which is the constant 1.
///
/// # Errors
/// Features or rewards that do not fit the table, states without all actions, or settings out of range.
pub fn sampled_barfi(
    mdp: &Mdp,
    features: &Array2<f64>,
    auxiliary: &[f64],
    settings: &SampledSettings,
) -> Result<SampledRun> {
    check_choices("the auxiliary reward", mdp, auxiliary)?;
    Parametrisation::Linear(features.clone()).check(mdp, &vec![0.0; mdp.num_actions() * features.ncols()])?;
    if !mdp.has_uniform_actions() {
        return Err(Error::NotApplicable {
            method: "sampled reward learning",
            reason: "every state that is not terminal must have all actions".into(),
        });
    }
    settings.check()?;
    Run::new(mdp, features, auxiliary, settings)?.run()
}

struct Run<'a> {
    mdp: &'a Mdp,
    features: &'a [f64],
    k: usize,
    actions: usize,
    auxiliary: &'a [f64],
    settings: &'a SampledSettings,
    theta: Vec<f64>,
    phi: Vec<f64>,
    logit: [f64; 1],
    of_policy: RmsProp,
    of_reward: RmsProp,
    of_discount: RmsProp,
    episodes: Vec<Episode>,
    environment: Fast,
    choosing: Fast,
    // Room for one state's probabilities, and one episode's returns and likelihood ratios.
    policy: Vec<f64>,
    targets: Vec<f64>,
    ratios: Vec<f64>,
}

impl<'a> Run<'a> {
    fn new(
        mdp: &'a Mdp,
        features: &'a Array2<f64>,
        auxiliary: &'a [f64],
        settings: &'a SampledSettings,
    ) -> Result<Run<'a>> {
        let (k, actions) = (features.ncols(), mdp.num_actions());
        let Some(rows) = features.as_slice() else {
            return Err(Error::NotApplicable {
                method: "sampled reward learning",
                reason: "features must be stored row by row".into(),
            });
        };
        let mut draw = rng::fast(settings.seed, Purpose::Initialisation, 0);
        Ok(Run {
            mdp,
            features: rows,
            k,
            actions,
            auxiliary,
            settings,
            theta: vec![0.0; actions * k],
            phi: (0..2 * k).map(|_| settings.spread * (2.0 * rng::uniform(&mut draw) - 1.0)).collect(),
            logit: [settings.discount_logit],
            of_policy: RmsProp::new(actions * k, settings.policy_rate)?,
            of_reward: RmsProp::new(2 * k, settings.outer_rate)?,
            of_discount: RmsProp::new(1, settings.outer_rate)?,
            episodes: Vec::new(),
            environment: rng::fast(settings.seed, Purpose::Environment, 0),
            choosing: rng::fast(settings.seed, Purpose::Policy, 0),
            policy: vec![0.0; actions],
            targets: Vec::new(),
            ratios: Vec::new(),
        })
    }

    fn run(mut self) -> Result<SampledRun> {
        let (settings, mut returns) = (self.settings, Vec::new());
        let barfi = matches!(settings.learner, Learner::Barfi { .. });
        let mut gradient = vec![0.0; self.theta.len()];
        let mut first = true;
        for made in 1..=settings.episodes {
            let episode = self.episode();
            returns.push(episode.primary.iter().sum());
            if self.episodes.len() == settings.buffer {
                self.episodes.remove(0);
            }
            self.episodes.push(episode);
            if !made.is_multiple_of(settings.between) {
                continue;
            }
            if !barfi || made < settings.warm_up {
                let learner = if barfi { Learner::NaiveSum } else { settings.learner };
                gradient.fill(0.0);
                self.add_update(self.episodes.len() - 1, learner, &mut gradient, 1.0);
                self.of_policy.ascend(&mut self.theta, &gradient);
                continue;
            }
            if !first {
                self.outer_step();
            }
            let steps = if first { settings.first_steps } else { settings.between * settings.steps_per_episode };
            first = false;
            for _ in 0..steps {
                let i = self.draw_episode();
                gradient.fill(0.0);
                self.add_update(i, settings.learner, &mut gradient, 1.0);
                self.of_policy.ascend(&mut self.theta, &gradient);
            }
        }
        Ok(SampledRun { returns, theta: self.theta, phi: self.phi, discount: sigmoid(self.logit[0]) })
    }

    /// An episode to learn from.
    fn draw_episode(&mut self) -> usize {
        let n = self.episodes.len();
        let among = if self.settings.quirks.replay { n } else { n.min(self.settings.between) };
        n - 1 - rng::below(&mut self.choosing, among)
    }

    fn row(&self, s: usize) -> &'a [f64] {
        &self.features[s * self.k..(s + 1) * self.k]
    }

    /// Writes `π(·|s)` to `self.policy`.
    fn decide(&mut self, s: usize) {
        let row = self.row(s);
        for (a, p) in self.policy.iter_mut().enumerate() {
            *p = dot(row, &self.theta[a * self.k..(a + 1) * self.k]);
        }
        let largest = self.policy.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        self.policy.iter_mut().for_each(|p| *p = (*p - largest).exp());
        let sum: f64 = self.policy.iter().sum();
        self.policy.iter_mut().for_each(|p| *p /= sum);
    }

    fn episode(&mut self) -> Episode {
        let mut episode = Episode::default();
        let mut s = pick(&mut self.environment, self.mdp.initial().iter().map(|&(s, p)| (s as usize, p)));
        for _ in 0..self.settings.horizon {
            if self.mdp.is_terminal(s) {
                break;
            }
            self.decide(s);
            let a = pick(&mut self.choosing, self.policy.iter().copied().enumerate());
            let c = self.mdp.choices(s).start + a;
            let range = self.mdp.branch_range(c);
            let law = range.clone().zip(&self.mdp.probabilities()[range]).map(|(b, &p)| (b, p));
            let b = pick(&mut self.environment, law);
            episode.states.push(s as u32);
            episode.actions.push(a as u32);
            episode.primary.push(self.mdp.branch_reward(c, b));
            episode.auxiliary.push(self.auxiliary[c]);
            episode.log_made.push(self.policy[a].ln());
            s = self.mdp.successors()[b] as usize;
        }
        episode
    }
}

/// One of the things given, with its probability.
fn pick(rng: &mut Fast, law: impl Iterator<Item = (usize, f64)>) -> usize {
    let mark = rng::uniform(rng);
    let (mut reached, mut last) = (0.0, 0);
    for (x, p) in law {
        if p > 0.0 {
            reached += p;
            last = x;
            if mark < reached {
                break;
            }
        }
    }
    last
}
