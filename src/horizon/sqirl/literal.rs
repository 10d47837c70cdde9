//! SQIRL as it is analysed: time-indexed, with fresh data for every step.
//!
//! At step `i`, with `t0 = min(i + k - 1, T)`: `Q̂_{t0}` regresses the rewards from `t0` on; for `t = t0 - 1, ..., i`, `Q̂_t`
//! regresses `r_t + max_a Q̂_{t+1}(s_{t+1}, a)`; `π_i` is greedy for `Q̂_i`, ties drawn. At most `m T²` steps.
//!
//! With `k = T` the values at step 1 are those of value iteration on the empirical model. Reference: Laidlaw et al. (ICLR
//! 2024), algorithm 1. Sticky actions belong into the table here ([`crate::mdp::wrappers::Sticky`]), since the algorithm sees
//! the whole state.

use rand::Rng;

use super::{Data, Pool, RegressionOracle, greedy, require_reward, state_values};
use crate::Result;
use crate::horizon::player::{Player, Step};
use crate::horizon::process::Process;
use crate::horizon::sampled_gorp::check_settings;
use crate::mdp::{DecisionRule, Mdp, Policy};
use crate::rng::Fast;
use crate::simulation::PolicySampler;

/// How to run SQIRL.
#[derive(Debug, Clone, Copy)]
pub struct LiteralOptions<'a> {
    /// Steps of an episode, `T`.
    pub horizon: usize,
    /// Steps of lookahead, from 1 to `T`; 1 is greedy on the regressed returns.
    pub k: usize,
    /// Episodes for each step of time.
    pub m: u64,
    /// Most environment steps; no iteration starts that could exceed it.
    pub budget: u64,
    /// The exploration policy; uniformly random if none is given.
    pub exploration: Option<&'a PolicySampler>,
}

/// What a run ends with.
#[derive(Debug, Clone, PartialEq)]
pub struct LiteralRun {
    /// The rules learned, in order of time; fewer than `T` if the budget was used up.
    pub rules: Vec<DecisionRule>,
    /// Environment steps taken.
    pub steps: u64,
}

impl LiteralRun {
    /// The policy, if it was learned for all stages.
    ///
    /// # Errors
    /// None for the table it was learned on.
    pub fn policy(&self, mdp: &Mdp, horizon: usize) -> Result<Option<Policy>> {
        (self.rules.len() == horizon).then(|| Policy::time_indexed(mdp, self.rules.clone())).transpose()
    }
}

/// Runs SQIRL on `mdp`.
///
/// # Errors
/// `k` outside `1..=T`, `m` of 0, a budget below one iteration (`m T`), a table without reward, or a failing oracle.
pub fn literal(
    mdp: &Mdp,
    options: &LiteralOptions,
    oracle: &mut dyn RegressionOracle,
    rng: &mut Fast,
) -> Result<LiteralRun> {
    let LiteralOptions { horizon, k, m, budget, .. } = *options;
    let player = Player::new(Process::new(mdp, horizon, None)?)?;
    check_settings(horizon, k, m, budget, m as f64 * horizon as f64)?;
    require_reward(mdp, "SQIRL")?;
    let mut learner = Learner {
        player,
        pools: vec![Pool::new(mdp.num_choices()); k],
        episode: Vec::with_capacity(horizon),
        data: Data::default(),
        values: vec![0.0; mdp.num_choices()],
        next: vec![0.0; mdp.num_states()],
    };
    let mut run = LiteralRun { rules: Vec::with_capacity(horizon), steps: 0 };
    let mut greedy_rules: Vec<Vec<u32>> = Vec::with_capacity(horizon);
    for i in 0..horizon {
        if run.steps + m * horizon as u64 > budget {
            break;
        }
        run.steps += learner.collect(i, options, &greedy_rules, rng);
        learner.fit(i, options, oracle)?;
        greedy_rules.push(greedy(mdp.choice_starts(), &learner.values, rng));
    }
    run.rules = greedy_rules.into_iter().map(DecisionRule::Deterministic).collect();
    Ok(run)
}

pub(super) struct Learner<'a> {
    pub player: Player<'a>,
    /// Experience at steps `i, i + 1, ..., t0`.
    pub pools: Vec<Pool>,
    pub episode: Vec<Step>,
    pub data: Data,
    /// `Q̂_i`, `[C]`.
    pub values: Vec<f64>,
    pub next: Vec<f64>,
}

impl Learner<'_> {
    /// `m` episodes for step `i`; the number of steps they took.
    pub fn collect(&mut self, i: usize, options: &LiteralOptions, rules: &[Vec<u32>], rng: &mut Fast) -> u64 {
        let offsets = self.pools.len().min(options.horizon - i);
        self.pools.iter_mut().for_each(Pool::clear);
        let mut steps = 0;
        for _ in 0..options.m {
            self.episode.clear();
            let mut place = self.player.start(rng);
            for t in 0..options.horizon {
                let choice = match (rules.get(t), options.exploration) {
                    (Some(rule), _) => rule[place.state] as usize,
                    (None, None) => self.player.random_choice(&place, rng),
                    (None, Some(policy)) => policy.choose(place.state as u32, t as u64, rng.next_u64()) as usize,
                };
                let step = self.player.step(&mut place, choice, rng);
                self.episode.push(step);
                if step.terminal {
                    break;
                }
            }
            steps += self.episode.len() as u64;
            let mut ret = 0.0;
            for (t, step) in self.episode.iter().enumerate().skip(i).rev() {
                ret += step.reward;
                if t - i < offsets {
                    self.pools[t - i].add(step.choice, step.reward, step.next, ret);
                }
            }
        }
        steps
    }

    /// `Q̂_i` from the episodes for step `i`.
    pub fn fit(&mut self, i: usize, options: &LiteralOptions, oracle: &mut dyn RegressionOracle) -> Result<()> {
        let offsets = self.pools.len().min(options.horizon - i);
        let starts = self.player.process().mdp().choice_starts();
        self.pools[offsets - 1].fit_returns(oracle, &mut self.data, &mut self.values)?;
        for pool in self.pools[..offsets - 1].iter().rev() {
            state_values(starts, &self.values, &mut self.next);
            pool.fit_backup(oracle, 1.0, &self.next, &mut self.data, &mut self.values)?;
        }
        Ok(())
    }
}
