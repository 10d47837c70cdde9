//! SQIRL as it is used: one function of the state for all times.
//!
//! Differences from [`super::literal`]: the regression does not see the time; steps `t ≥ i` of all iterations so far are kept
//! (as running sums); returns are discounted; `π_i` is a snapshot of the greedy policy after iteration `i`. With sticky actions the
//! function sees the state alone, not the last executed action. What is learned generalises over time, which is what makes
//! long horizons possible: with a table for each step they are not.
//!
//! Reference: Laidlaw et al. (ICLR 2024), section 4 and the authors' implementation, with the network replaced by an oracle
//! that is refitted to all data in every iteration.

use super::tally::Tally;
use super::{Data, RegressionOracle, greedy, require_reward, state_values};
use crate::Result;
use crate::horizon::player::{Player, Step};
use crate::horizon::process::Process;
use crate::horizon::q_values::evaluate;
use crate::horizon::sampled_gorp::check_settings;
use crate::mdp::Policy;
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
    /// `Q̂^k` after the last iteration, `[C]`.
    pub values: Vec<f64>,
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

    /// The same with an exploration policy other than random play.
    ///
    /// # Errors
    /// A policy of another table, or one with fewer stages than the horizon.
    pub fn exploring(self, policy: &Policy) -> Result<Pooled<'a>> {
        Ok(Pooled { player: self.player.exploring(policy)?, ..self })
    }

    /// One run of `T` iterations, or fewer if the budget is used up.
    ///
    /// # Errors
    /// The oracle's.
    pub fn run(&self, oracle: &mut dyn RegressionOracle, rng: &mut Fast) -> Result<PooledRun> {
        let process = self.player.process();
        let (mdp, horizon, m) = (process.mdp(), process.horizon(), self.options.m);
        let discount = self.options.discount;
        let mut tally = Tally::new(process);
        let mut data = Data::default();
        let (mut q, mut v) = (vec![0.0; mdp.num_choices()], vec![0.0; mdp.num_states()]);
        let (mut rules, mut steps) = (Vec::with_capacity(horizon), Vec::with_capacity(horizon));
        let mut total = 0;
        while rules.len() < horizon && total + m * horizon as u64 <= self.options.budget {
            for _ in 0..m {
                total += self.episode(&rules, rng, |step| tally.observe(step));
                tally.finish_episode(discount);
            }
            tally.fit_returns(oracle, &mut data, &mut q)?;
            for _ in 1..self.options.k {
                state_values(mdp.choice_starts(), &q, &mut v);
                tally.fit_backup(oracle, discount, &v, &mut data, &mut q)?;
            }
            rules.push(greedy(mdp.choice_starts(), &q, rng));
            steps.push(total);
        }
        Ok(PooledRun { rules, values: q, steps, explored: tally.steps() })
    }

    /// Plays an episode that follows `rules` as long as there are some and explores afterwards: `explored` is told the steps
    /// of the second part. Returns the number of all.
    #[inline]
    fn episode(&self, rules: &[Vec<u32>], rng: &mut Fast, mut explored: impl FnMut(&Step)) -> u64 {
        let mut place = self.player.start(rng);
        for (t, rule) in rules.iter().enumerate() {
            let choice = rule[place.state] as usize;
            if self.player.step(&mut place, choice, rng).terminal {
                return t as u64 + 1;
            }
        }
        let horizon = self.player.process().horizon();
        for t in rules.len()..horizon {
            let choice = self.player.explore(&place, t, rng);
            let step = self.player.step(&mut place, choice, rng);
            explored(&step);
            if step.terminal {
                return t as u64 + 1;
            }
        }
        horizon as u64
    }

    /// The steps of [`Pooled::run`] alone, without learning: the episodes of a run that ended with `rules`. What it takes is
    /// the share of stepping. Returns the number of steps.
    pub fn replay(&self, run: &PooledRun, rng: &mut Fast) -> u64 {
        let iteration = |i: usize| (0..self.options.m).map(|_| self.episode(&run.rules[..i], rng, |_| {})).sum::<u64>();
        (0..run.rules.len()).map(iteration).sum()
    }
}
