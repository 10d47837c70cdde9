//! Pooled SQIRL as an agent: explore at random beyond a prefix that grows by one step an iteration, regress, look ahead.
//!
//! In iteration `i` an episode follows the snapshots `π_1, ..., π_{i-1}` for its first `i - 1` steps and random choices from
//! there on; only the random part is kept. After `m` episodes all that was kept is regressed to `Q̂¹` (discounted returns),
//! followed by `k - 1` steps of fitted Q-iteration, and the greedy policy is the next snapshot ([`crate::horizon::sqirl`]). After
//! `horizon` iterations the last snapshot takes over from random play. A return ends where a time limit interrupts it.
//!
//! The regression oracle and what it sees of a state are hyper-parameters ([`OracleParams`]); a table of the states is the default.
//!
//! Reference: Laidlaw, Zhu, Russell, Dragan (ICLR 2024), algorithm 1 and section 4. Cost: a few sums a step, `k` fits
//! of the oracle to what was seen an iteration.

use serde::{Deserialize, Serialize};

use super::agent::{Agent, Experience, Setup, Shape, check_choices, check_pool, check_size, check_successors};
use super::agent::{from_text, to_text};
use super::explore::greedy_rule;
use super::oracle::OracleParams;
use super::params::hyper_parameters;
use crate::horizon::sqirl::{Data, Pool, RegressionOracle, greedy, require_reward, state_values};
use crate::mdp::{DecisionRule, NO_CHOICE};
use crate::rng::{self, Fast, Purpose};
use crate::{Error, Result};

hyper_parameters! {
    /// Hyper-parameters of SQIRL.
    SqirlParams {
        ..regression: OracleParams;
        /// Steps of lookahead; 1 is greedy on the returns of random play.
        k: usize = 3, "at least 1 and at most the horizon", |k| k >= 1;
        /// Episodes in an iteration.
        m: u64 = 8, "at least 1", |m| m >= 1;
        /// Iterations: the longest prefix that is learned.
        horizon: usize = 100, "at least 1", |horizon| horizon >= 1;
    }
}

/// Pooled SQIRL.
pub struct Sqirl {
    shape: Shape,
    params: SqirlParams,
    oracle: Box<dyn RegressionOracle>,
    discount: f64,
    memory: Memory,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Memory {
    pool: Pool,
    /// Action values of the last fit, `[C]`.
    q: Vec<f64>,
    /// Snapshots of the greedy policy, one an iteration.
    rules: Vec<Vec<u32>>,
    /// What the oracle keeps from fit to fit.
    oracle: Vec<f64>,
    /// Episodes of this iteration.
    episodes: u64,
    /// Steps of this episode.
    elapsed: usize,
    /// The random part of this episode: choice, reward, successor.
    explored: Vec<(u32, f64, u32)>,
    rng: Fast,
}

impl Sqirl {
    /// A fresh agent.
    ///
    /// # Errors
    /// A hyper-parameter or the discount out of range, `k` larger than the horizon, a problem without reward, or features
    /// that the problem does not have.
    pub fn new(setup: &Setup, params: &SqirlParams) -> Result<Sqirl> {
        setup.validate()?;
        params.validate()?;
        if params.k > params.horizon {
            let expected = "at least 1 and at most the horizon";
            return Err(Error::Setting { name: "k", given: params.k.to_string(), expected });
        }
        require_reward(setup.mdp, "SQIRL")?;
        let shape = Shape::of(setup.mdp);
        let choices = shape.num_choices();
        let oracle = params.regression.build(setup.mdp, setup.view, setup.seed)?;
        Ok(Sqirl {
            params: *params,
            discount: setup.discount,
            memory: Memory {
                pool: Pool::new(choices),
                q: vec![0.0; choices],
                rules: Vec::new(),
                oracle: oracle.memory(),
                episodes: 0,
                elapsed: 0,
                explored: Vec::new(),
                rng: rng::fast(setup.seed, Purpose::Policy, 0),
            },
            oracle,
            shape,
        })
    }

    /// The end of an iteration: regression, lookahead, snapshot.
    fn fit(&mut self) {
        let (memory, oracle) = (&mut self.memory, self.oracle.as_mut());
        let (mut data, mut next) = (Data::default(), vec![0.0; self.shape.num_states()]);
        // The oracles that can be named fit everything.
        let mut fitted = memory.pool.fit_returns(oracle, &mut data, &mut memory.q);
        for _ in 1..self.params.k {
            state_values(self.shape.starts(), &memory.q, &mut next);
            fitted =
                fitted.and_then(|()| memory.pool.fit_backup(oracle, self.discount, &next, &mut data, &mut memory.q));
        }
        debug_assert!(fitted.is_ok());
        memory.oracle = oracle.memory();
        if memory.rules.len() < self.params.horizon {
            memory.rules.push(greedy(self.shape.starts(), &memory.q, &mut memory.rng));
        }
    }
}

impl Agent for Sqirl {
    fn act(&mut self, state: usize) -> usize {
        let memory = &mut self.memory;
        let done = memory.rules.len() == self.params.horizon;
        match memory.rules.get(memory.elapsed).or(memory.rules.last().filter(|_| done)) {
            Some(rule) => rule[state] as usize,
            None => {
                let row = self.shape.choices(state);
                row.start + rng::below(&mut memory.rng, row.len())
            }
        }
    }

    fn observe(&mut self, step: &Experience) {
        let memory = &mut self.memory;
        if memory.elapsed >= memory.rules.len() && memory.rules.len() < self.params.horizon {
            memory.explored.push((step.choice as u32, step.reward, step.next as u32));
        }
        memory.elapsed += 1;
        if !(step.terminated || step.truncated) {
            return;
        }
        let mut ret = 0.0;
        for &(choice, reward, next) in memory.explored.iter().rev() {
            ret = reward + self.discount * ret;
            memory.pool.add(choice as usize, reward, next as usize, ret);
        }
        memory.explored.clear();
        memory.elapsed = 0;
        memory.episodes += 1;
        if memory.episodes == self.params.m && memory.rules.len() < self.params.horizon {
            memory.episodes = 0;
            self.fit();
        }
    }

    fn rule(&self) -> DecisionRule {
        // The last snapshot, whose ties are drawn: where nothing has been seen, always taking the first choice is a trap.
        match self.memory.rules.last() {
            Some(rule) => DecisionRule::Deterministic(rule.clone()),
            None => greedy_rule(&self.shape, |c| self.memory.q[c]),
        }
    }

    fn needs_episodes(&self) -> bool {
        true
    }

    fn least_steps(&self) -> u64 {
        self.params.m
    }

    fn lookahead(&self) -> u64 {
        self.params.k as u64
    }

    fn save(&self) -> String {
        to_text(&self.memory)
    }

    fn load(&mut self, saved: &str) -> Result<()> {
        let memory: Memory = from_text("sqirl", saved)?;
        let (choices, states) = (self.shape.num_choices(), self.shape.num_states());
        check_size("sqirl", memory.q.len(), choices)?;
        check_pool("sqirl", &memory.pool, choices, states)?;
        check_successors("sqirl", memory.explored.iter().map(|&(.., next)| next as usize), states)?;
        check_choices("sqirl", memory.explored.iter().map(|&(choice, ..)| choice as usize), choices)?;
        for rule in &memory.rules {
            check_size("sqirl", rule.len(), states)?;
            check_choices("sqirl", rule.iter().filter(|&&c| c != NO_CHOICE).map(|&c| c as usize), choices)?;
        }
        self.oracle.restore(&memory.oracle)?;
        self.memory = memory;
        Ok(())
    }
}
