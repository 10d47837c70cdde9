//! Model-based learners that explore because they are optimistic: R-max and UCB value iteration, discounted.
//!
//! Both keep the empirical model and act greedily on its value iteration, in which what is not known well is worth more:
//!
//! - *R-max*: a pair tried fewer than `known` times is worth `optimum`, the most that anything can be worth.
//! - *UCB value iteration*: `Q(s, a) = min(optimum, r̂ + γ Σ p̂ max Q + bonus · optimum / √n)`, and `optimum` where `n = 0`.
//!
//! They plan at the end of an episode (or every 1000 steps without one), if since the last plan a pair has become known, or the
//! number of its trials has doubled: Gauss-Seidel sweeps from the last values until none changes by more than `1e-6 · optimum`.
//! The policy they are judged by is greedy for these values.
//!
//! References: Brafman and Tennenholtz 2002 (R-max); Azar, Osband and Munos 2017 (UCBVI), whose bonus of `7 H L √(1/n)` is far
//! too cautious in practice and is replaced by a factor to choose. Cost: a plan takes some tens of sweeps over what was tried.

use serde::{Deserialize, Serialize};

use super::agent::{Agent, Experience, Setup, Shape, check_pool, check_size, from_text, to_text};
use super::explore::{EpsilonGreedy, greedy_rule};
use super::params::hyper_parameters;
use crate::Result;
use crate::horizon::sqirl::Pool;
use crate::mdp::DecisionRule;
use crate::rng::{self, Fast, Purpose};

/// Steps after which a learner plans even if no episode has ended.
const PATIENCE: u64 = 1000;
/// Most sweeps of a plan.
const SWEEPS: usize = 1000;
/// Change of a sweep, relative to the optimum, below which a plan is done.
const ACCURACY: f64 = 1e-6;
/// Exploration is left to optimism.
const GREEDY: EpsilonGreedy = EpsilonGreedy { epsilon: 0.0, epsilon_final: 0.0, epsilon_steps: 0 };

hyper_parameters! {
    /// Hyper-parameters of R-max.
    RMaxParams {
        /// Trials after which a pair is known.
        known: u64 = 5, "at least 1", |n| n >= 1;
        /// Value of what is not known: the most that a state can be worth.
        optimum: f64 = 1.0, "a positive number", |x: f64| x > 0.0 && x.is_finite();
    }
}

hyper_parameters! {
    /// Hyper-parameters of UCB value iteration.
    UcbParams {
        /// Factor of the bonus `bonus · optimum / √n`.
        bonus: f64 = 0.1, "a number of at least 0", |x: f64| x >= 0.0 && x.is_finite();
        /// Value of what was never tried: the most that a state can be worth.
        optimum: f64 = 1.0, "a positive number", |x: f64| x > 0.0 && x.is_finite();
    }
}

#[derive(Debug, Clone, Copy)]
enum Optimism {
    RMax { known: u64 },
    Bonus { factor: f64 },
}

/// R-max or UCB value iteration.
#[derive(Debug, Clone)]
pub struct OptimisticModel {
    name: &'static str,
    shape: Shape,
    optimism: Optimism,
    optimum: f64,
    discount: f64,
    memory: Memory,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Memory {
    model: Pool,
    /// Optimistic action values, `[C]`.
    q: Vec<f64>,
    /// Optimistic values, `[S]`.
    v: Vec<f64>,
    /// Steps since the last plan.
    since: u64,
    /// Whether there is something to plan for.
    news: bool,
    rng: Fast,
}

impl OptimisticModel {
    /// R-max.
    ///
    /// # Errors
    /// A hyper-parameter or the discount out of range.
    pub fn r_max(setup: &Setup, params: &RMaxParams) -> Result<OptimisticModel> {
        params.validate()?;
        OptimisticModel::new("r-max", setup, Optimism::RMax { known: params.known }, params.optimum)
    }

    /// UCB value iteration.
    ///
    /// # Errors
    /// A hyper-parameter or the discount out of range.
    pub fn ucb(setup: &Setup, params: &UcbParams) -> Result<OptimisticModel> {
        params.validate()?;
        OptimisticModel::new("ucb-vi", setup, Optimism::Bonus { factor: params.bonus }, params.optimum)
    }

    fn new(name: &'static str, setup: &Setup, optimism: Optimism, optimum: f64) -> Result<OptimisticModel> {
        setup.validate()?;
        let shape = Shape::of(setup.mdp);
        let value = |s: usize| if shape.choices(s).is_empty() { 0.0 } else { optimum };
        let memory = Memory {
            model: Pool::new(shape.num_choices()),
            q: vec![optimum; shape.num_choices()],
            v: (0..shape.num_states()).map(value).collect(),
            since: 0,
            news: false,
            rng: rng::fast(setup.seed, Purpose::Policy, 0),
        };
        Ok(OptimisticModel { name, shape, optimism, optimum, discount: setup.discount, memory })
    }

    /// Value iteration of the optimistic model, from the values of the last plan.
    fn plan(&mut self) {
        let Memory { model, q, v, .. } = &mut self.memory;
        for _ in 0..SWEEPS {
            let mut change = 0.0f64;
            for s in 0..v.len() {
                let row = self.shape.choices(s);
                if row.is_empty() {
                    continue;
                }
                let mut best = f64::NEG_INFINITY;
                for c in row {
                    let n = model.visits(c);
                    q[c] = match self.optimism {
                        Optimism::RMax { known } if n >= known => model.backup(c, self.discount, v),
                        Optimism::Bonus { factor } if n > 0 => {
                            let bonus = factor * self.optimum / (n as f64).sqrt();
                            self.optimum.min(model.backup(c, self.discount, v) + bonus)
                        }
                        _ => self.optimum,
                    };
                    best = best.max(q[c]);
                }
                change = change.max((best - v[s]).abs());
                v[s] = best;
            }
            if change <= ACCURACY * self.optimum {
                break;
            }
        }
    }
}

impl Agent for OptimisticModel {
    fn act(&mut self, state: usize) -> usize {
        let Memory { q, rng, .. } = &mut self.memory;
        GREEDY.draw(&self.shape, state, |c| q[c], 0, rng)
    }

    fn observe(&mut self, step: &Experience) {
        let memory = &mut self.memory;
        memory.model.add(step.choice, step.reward, step.next, 0.0);
        let n = memory.model.visits(step.choice);
        memory.news |= match self.optimism {
            Optimism::RMax { known } => n == known,
            Optimism::Bonus { .. } => n.is_power_of_two(),
        };
        memory.since += 1;
        if memory.news && (step.terminated || step.truncated || memory.since >= PATIENCE) {
            (memory.news, memory.since) = (false, 0);
            self.plan();
        }
    }

    fn rule(&self) -> DecisionRule {
        greedy_rule(&self.shape, |c| self.memory.q[c])
    }

    fn save(&self) -> String {
        to_text(&self.memory)
    }

    fn load(&mut self, saved: &str) -> Result<()> {
        let memory: Memory = from_text(self.name, saved)?;
        let (choices, states) = (self.shape.num_choices(), self.shape.num_states());
        check_size(self.name, memory.q.len(), choices)?;
        check_size(self.name, memory.v.len(), states)?;
        check_pool(self.name, &memory.model, choices, states)?;
        self.memory = memory;
        Ok(())
    }
}
