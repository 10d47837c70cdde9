//! SQIRL as it is used: one function of the state for all times.
//!
//! Differences from [`super::literal`]: the regression does not see the time; steps `t ≥ i` of all iterations so far are kept
//! (as running sums); returns are discounted; `π_i` is a snapshot of the greedy policy after iteration `i`. With sticky actions the
//! function sees the state alone, not the last executed action. What is learned generalises over time, which is what makes
//! long horizons possible: with a table for each step they are not.
//!
//! Reference: Laidlaw et al. (ICLR 2024), section 4 and the authors' implementation, with the network replaced by an oracle
//! that is refitted to all data in every iteration.

use super::{Data, Pool, RegressionOracle, greedy, require_reward, state_values};
use crate::Result;
use crate::horizon::player::{Player, Step};
use crate::horizon::process::Process;
use crate::horizon::q_values::evaluate;
use crate::horizon::sampled_gorp::check_settings;
use crate::rng::Fast;

/// How to run pooled SQIRL.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PooledOptions {
    /// Steps of lookahead.
    pub k: usize,
    /// Episodes in an iteration.
    pub m: u64,
    /// Discount `γ` in (0, 1].
    pub discount: f64,
    /// Most environment steps; no iteration starts that could exceed it.
    pub budget: u64,
}

/// What a run ends with.
#[derive(Debug, Clone, PartialEq)]
pub struct PooledRun {
    /// Snapshots of the greedy policy, `[iterations][S]`, as choices.
    pub rules: Vec<Vec<u32>>,
    /// Environment steps taken after each iteration.
    pub steps: Vec<u64>,
    /// Steps of the exploration phase, which are those that were learned from.
    pub explored: u64,
}

impl PooledRun {
    /// Environment steps taken.
    pub fn total_steps(&self) -> u64 {
        self.steps.last().copied().unwrap_or(0)
    }

    /// The exact undiscounted return when step `t` follows snapshot `t`, and the last snapshot from there on. Only the first
    /// `iterations` snapshots are used.
    ///
    /// # Panics
    /// If `iterations` is 0 or more than there are.
    pub fn exact_return(&self, process: &Process, iterations: usize) -> f64 {
        let rules = &self.rules[..iterations];
        let last = &rules[iterations - 1];
        evaluate(process, |t, s, _, x| x[rules.get(t).unwrap_or(last)[s] as usize], |_, _, _| {})
    }
}

/// Pooled SQIRL on a process.
#[derive(Debug, Clone)]
pub struct Pooled<'a> {
    player: Player<'a>,
    options: PooledOptions,
}

impl<'a> Pooled<'a> {
    /// Checks the options.
    ///
    /// # Errors
    /// `k` outside `1..=T`, `m` of 0, a discount outside (0, 1], a budget below one iteration (`m T`), or a table without
    /// reward.
    pub fn new(process: Process<'a>, options: PooledOptions) -> Result<Pooled<'a>> {
        let PooledOptions { k, m, discount, budget } = options;
        check_settings(process.horizon(), k, m, budget, m as f64 * process.horizon() as f64)?;
        if !(discount > 0.0 && discount <= 1.0) {
            return Err(crate::Error::Parameter { name: "discount", value: discount, expected: "in (0, 1]" });
        }
        require_reward(process.mdp(), "SQIRL")?;
        Ok(Pooled { player: Player::new(process)?, options })
    }

    /// One run of `T` iterations, or fewer if the budget is used up.
    ///
    /// # Errors
    /// The oracle's.
    pub fn run(&self, oracle: &mut dyn RegressionOracle, rng: &mut Fast) -> Result<PooledRun> {
        let process = self.player.process();
        let (mdp, horizon, m) = (process.mdp(), process.horizon(), self.options.m);
        let mut pool = Pool::new(mdp.num_choices());
        let mut data = Data::default();
        let (mut q, mut v) = (vec![0.0; mdp.num_choices()], vec![0.0; mdp.num_states()]);
        let mut run = PooledRun { rules: Vec::with_capacity(horizon), steps: Vec::with_capacity(horizon), explored: 0 };
        let mut episode = Vec::with_capacity(horizon);
        let mut steps = 0;
        for i in 0..horizon {
            if steps + m * horizon as u64 > self.options.budget {
                break;
            }
            for _ in 0..m {
                steps += self.episode(i, &run.rules, &mut episode, rng);
                let mut ret = 0.0;
                for step in episode.iter().rev() {
                    ret = step.reward + self.options.discount * ret;
                    pool.add(step.choice, step.reward, step.next, ret);
                }
                run.explored += episode.len() as u64;
            }
            pool.fit_returns(oracle, &mut data, &mut q)?;
            for _ in 1..self.options.k {
                state_values(mdp.choice_starts(), &q, &mut v);
                pool.fit_backup(oracle, self.options.discount, &v, &mut data, &mut q)?;
            }
            run.rules.push(greedy(mdp.choice_starts(), &q, rng));
            run.steps.push(steps);
        }
        Ok(run)
    }

    /// Plays an episode; leaves its steps from `i` on in `explored` and returns the number of all.
    #[inline]
    fn episode(&self, i: usize, rules: &[Vec<u32>], explored: &mut Vec<Step>, rng: &mut Fast) -> u64 {
        explored.clear();
        let mut place = self.player.start(rng);
        for (t, rule) in rules.iter().enumerate() {
            let choice = rule[place.state] as usize;
            let step = self.player.step(&mut place, choice, rng);
            if step.terminal {
                return t as u64 + 1;
            }
        }
        for t in i..self.player.process().horizon() {
            let choice = self.player.random_choice(&place, rng);
            let step = self.player.step(&mut place, choice, rng);
            explored.push(step);
            if step.terminal {
                return t as u64 + 1;
            }
        }
        self.player.process().horizon() as u64
    }
}
