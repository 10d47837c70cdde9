//! Reward-free exploration: learn a model that is good for every reward, and say when it is (RF-UCRL: Kaufmann et al. 2021;
//! RF-Express: Ménard et al. 2021).
//!
//! ```text
//! W_h(s, a) bounds the error of the value of every policy for every reward in [0, 1], from (h, s, a) on. W = H where n = 0.
//!
//! RF-UCRL      W_h = min( H, H √(β/n) + p̂ · max_a W_{h+1} )                           stop when W_0 ≤ ε/2
//! RF-Express   W_h = min( H, 15 H² β/n + (1 + 1/H) p̂ · max_a W_{h+1} )                stop when 3e √W_0 + W_0 ≤ ε/2
//! β(n, δ) = scale · [ ln(3 S A H / δ) + S ln(8e (n + 1)) ]                            scale = 1 in theory
//! ```
//! Each episode goes where `W` is largest; rewards are never used for that. Once stopped, the agent plays what is best in its
//! empirical model for the rewards it has seen. Values of `W` are in units of the width of the range of rewards.

use super::optimism::Plan;
use super::{Counting, Counts, EpisodicAgent, Setup, StageRules, Step};
use crate::Result;
use crate::learning::params::hyper_parameters;
use crate::rng::{self, Fast, Purpose};

hyper_parameters! {
    /// Hyper-parameters of reward-free exploration.
    RewardFreeParams {
        /// Accuracy ε of the values that ends exploration.
        epsilon: f64 = 1.0, "a positive number", |x: f64| x > 0.0 && x.is_finite();
        /// Factor of β; 1 in theory.
        scale: f64 = 1.0, "a positive number", |x: f64| x > 0.0 && x.is_finite();
        /// Probability δ with which the bounds may fail.
        delta: f64 = 0.1, "in (0, 1)", |x: f64| x > 0.0 && x < 1.0;
        /// How visits are counted.
        counts: Counting = Counting::Staged, "pooled or staged", |_| true;
    }
}

/// Which recursion bounds the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    Ucrl,
    Express,
}

/// The agent.
#[derive(Debug, Clone)]
pub struct RewardFree<'a> {
    setup: Setup<'a>,
    params: RewardFreeParams,
    bound: Bound,
    counts: Counts,
    plan: Plan,
    stopped: Option<u64>,
    rng: Fast,
}

impl<'a> RewardFree<'a> {
    /// RF-UCRL.
    ///
    /// # Errors
    /// A hyper-parameter or the setup out of range.
    pub fn ucrl(setup: &Setup<'a>, params: &RewardFreeParams) -> Result<RewardFree<'a>> {
        RewardFree::new(setup, params, Bound::Ucrl)
    }

    /// RF-Express.
    ///
    /// # Errors
    /// A hyper-parameter or the setup out of range.
    pub fn express(setup: &Setup<'a>, params: &RewardFreeParams) -> Result<RewardFree<'a>> {
        RewardFree::new(setup, params, Bound::Express)
    }

    fn new(setup: &Setup<'a>, params: &RewardFreeParams, bound: Bound) -> Result<RewardFree<'a>> {
        params.validate()?;
        setup.validate()?;
        Ok(RewardFree {
            setup: *setup,
            params: *params,
            bound,
            counts: Counts::new(params.counts, setup.mdp.num_choices(), setup.horizon),
            plan: Plan::new(setup),
            stopped: None,
            rng: rng::fast(setup.seed, Purpose::Policy, 0),
        })
    }

    /// The bound of the error of all values from the initial distribution, at the last plan: `max_a W_0` for RF-UCRL,
    /// `3e √W_0 + W_0` for RF-Express. Of use until exploration has ended.
    pub fn error_bound(&self) -> f64 {
        let w = self.plan.initial_value(&self.setup);
        match self.bound {
            Bound::Ucrl => w,
            Bound::Express => 3.0 * std::f64::consts::E * w.sqrt() + w,
        }
    }

    /// The episode before which exploration ended, if it has.
    pub fn stopped(&self) -> Option<u64> {
        self.stopped
    }

    /// What was counted.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    fn explore(&mut self) {
        let RewardFree { setup, params, bound, counts, plan, rng, .. } = self;
        let (states, choices) = (setup.mdp.num_states() as f64, setup.mdp.num_choices() as f64);
        let horizon = setup.horizon as f64;
        let union = (3.0 * choices * horizon / params.delta).ln();
        for stage in (0..setup.horizon).rev() {
            plan.step(setup, stage, rng, |c, next| {
                let row = counts.row(stage, c);
                if counts.visits(row) == 0 {
                    return horizon;
                }
                let n = f64::from(counts.visits(row));
                let beta = params.scale * (union + states * (8.0 * std::f64::consts::E * (n + 1.0)).ln());
                let expected = counts.expect(row, next);
                horizon.min(match bound {
                    Bound::Ucrl => horizon * (beta / n).sqrt() + expected,
                    Bound::Express => 15.0 * horizon * horizon * beta / n + (1.0 + 1.0 / horizon) * expected,
                })
            });
        }
    }

    fn exploit(&mut self) {
        let counts = &self.counts;
        for stage in (0..self.setup.horizon).rev() {
            self.plan.step(&self.setup, stage, &mut self.rng, |c, next| {
                let row = counts.row(stage, c);
                if counts.visits(row) == 0 { 0.0 } else { counts.mean_reward(row) + counts.expect(row, next) }
            });
        }
    }
}

impl EpisodicAgent for RewardFree<'_> {
    fn begin(&mut self, episode: u64) {
        if self.stopped.is_some() {
            return;
        }
        self.explore();
        if self.error_bound() <= self.params.epsilon / 2.0 / self.setup.reward_width() {
            self.stopped = Some(episode);
            self.exploit();
        }
    }

    fn rules(&self) -> StageRules<'_> {
        StageRules::Deterministic(&self.plan.rules)
    }

    fn observe(&mut self, step: &Step) {
        // The guarantee is for the model at the stopping time.
        if self.stopped.is_none() {
            self.counts.add(self.counts.row(step.stage, step.choice), step.reward, step.next);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exploration::testing::random_table;
    use crate::exploration::{RegretOptions, evaluate, run};
    use crate::learning::EvaluationPoints;
    use crate::rng::{below, uniform};

    fn explored<'a>(setup: &Setup<'a>, params: &RewardFreeParams, express: bool) -> RewardFree<'a> {
        let make = if express { RewardFree::express } else { RewardFree::ucrl };
        let mut agent = make(setup, params).unwrap();
        run(setup, &mut agent, &RegretOptions { points: EvaluationPoints::Even(1) }).unwrap();
        agent
    }

    /// A smaller ε ends exploration no sooner: the episodes before the end are the same.
    #[test]
    fn the_end_comes_later_for_a_smaller_epsilon() {
        let mdp = random_table(1, 3, 2);
        let setup = Setup { mdp: &mdp, horizon: 2, episodes: 2000, reward_range: (0.0, 1.0), seed: 4 };
        for express in [false, true] {
            let ends: Vec<u64> = [8.0, 4.0, 2.0, 1.0]
                .map(|epsilon| {
                    let params = RewardFreeParams { epsilon, scale: 0.002, ..RewardFreeParams::default() };
                    explored(&setup, &params, express).stopped().unwrap_or(u64::MAX)
                })
                .to_vec();
            assert!(ends.is_sorted() && ends[0] < ends[3] && ends[0] < 2000, "{express}: {ends:?}");
        }
    }

    /// With the constants of theory the bound covers `|V̂ − V|` for random rewards and policies, exactly computed, once it says
    /// something (is below the trivial `H`).
    #[test]
    fn the_bound_covers_the_true_error() {
        let mdp = random_table(2, 2, 2);
        let (states, choices, horizon) = (2, 4, 2);
        let setup = Setup { mdp: &mdp, horizon, episodes: 4000, reward_range: (0.0, 1.0), seed: 5 };
        let params = RewardFreeParams { epsilon: 1e-9, ..RewardFreeParams::default() };
        for express in [false, true] {
            let agent = explored(&setup, &params, express);
            assert!(agent.error_bound() < horizon as f64 || express, "{}", agent.error_bound());
            let mut rng = rng::fast(1, Purpose::Generation, 5);
            for _ in 0..200 {
                let rewards: Vec<f64> = (0..choices).map(|_| uniform(&mut rng)).collect();
                let rules: Vec<u32> =
                    (0..horizon * states).map(|i| (2 * (i % states) + below(&mut rng, 2)) as u32).collect();
                let with = mdp.clone().with_rewards(rewards.clone()).unwrap();
                let mut truth = vec![0.0; 2 * states];
                evaluate(&with, horizon, StageRules::Deterministic(&rules), &mut truth);
                let mut v = vec![0.0; states];
                for h in (0..horizon).rev() {
                    let worth = |s: usize| {
                        let c = rules[h * states + s] as usize;
                        let row = agent.counts().row(h, c);
                        rewards[c] + agent.counts().expect(row, &v)
                    };
                    v = (0..states).map(worth).collect();
                }
                let error = (mdp.initial_value(&v) - mdp.initial_value(&truth[..states])).abs();
                assert!(error <= agent.error_bound(), "{express}: {error} {}", agent.error_bound());
            }
        }
    }
}
