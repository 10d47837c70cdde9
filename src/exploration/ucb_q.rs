//! UCB-H: Q-learning with a bonus, no model (Jin, Allen-Zhu, Bubeck and Jordan 2018).
//!
//! ```text
//! at the t-th visit of (h, s, a):   Q ← (1 − α_t) Q + α_t (r + V_{h+1}(s') + b_t),   V_h(s) = min(cap_h, max_a Q_h(s, a))
//!
//! α_t = (H + 1) / (H + t)           Q starts at cap_h = (H − h) r_max, or v_max if that is given
//! plain    b_t = bonus · R / √t
//! theory   b_t = bonus · R √(H³ ι / t),   ι = ln(S A H K / δ)      (the theorem has an absolute constant for `bonus`)
//! ```
//! Regret `O(√(H⁴ S A T ι))` in theory, `T = H K`. As in the paper it is `V` that is clipped, not `Q`: with a large bonus a tried
//! action looks better than an untried one for long. `clip=q` clips both. `order=backward` updates at the end of an episode, last
//! step first, which carries news through an episode at once.

use super::optimism::greedy_rules;
use super::{EpisodicAgent, Scaling, Setup, StageRules, Step};
use crate::Result;
use crate::learning::Value;
use crate::learning::params::hyper_parameters;
use crate::mdp::NO_CHOICE;
use crate::rng::{self, Fast, Purpose};

/// What is clipped at the most that can be earned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clip {
    /// State values only.
    V,
    /// Action values too.
    Q,
}

impl Value for Clip {
    fn read(text: &str) -> Option<Clip> {
        match text.trim() {
            "v" => Some(Clip::V),
            "q" => Some(Clip::Q),
            _ => None,
        }
    }
    fn write(self) -> String {
        if self == Clip::V { "v" } else { "q" }.into()
    }
}

/// When a step is learnt from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// At once.
    Forward,
    /// At the end of the episode, last step first.
    Backward,
}

impl Value for Order {
    fn read(text: &str) -> Option<Order> {
        match text.trim() {
            "forward" => Some(Order::Forward),
            "backward" => Some(Order::Backward),
            _ => None,
        }
    }
    fn write(self) -> String {
        if self == Order::Forward { "forward" } else { "backward" }.into()
    }
}

hyper_parameters! {
    /// Hyper-parameters of UCB-H.
    UcbQParams {
        /// Factor of the bonus.
        bonus: f64 = 0.3, "a number of at least 0", |x: f64| x >= 0.0 && x.is_finite();
        /// How the bonus grows with the horizon.
        scaling: Scaling = Scaling::Plain, "plain or theory", |x| x != Scaling::Horizon;
        /// What is clipped.
        clip: Clip = Clip::V, "v or q", |_| true;
        /// When a step is learnt from.
        order: Order = Order::Forward, "forward or backward", |_| true;
        /// The most that an episode can earn; 0 stands for the steps left times the largest reward.
        v_max: f64 = 0.0, "a number of at least 0", |x: f64| x >= 0.0 && x.is_finite();
        /// Probability δ with which the bounds may fail.
        delta: f64 = 0.1, "in (0, 1)", |x: f64| x > 0.0 && x < 1.0;
    }
}

/// `α_t = (H + 1) / (H + t)`, the learning rate of the `t`-th visit, `t ≥ 1`.
pub fn learning_rate(horizon: usize, t: u32) -> f64 {
    let horizon = horizon as f64;
    (horizon + 1.0) / (horizon + f64::from(t))
}

/// The tables of an optimistic Q-learner and its greedy rules; what Hoeffding's and Bernstein's version share.
#[derive(Debug, Clone)]
pub(super) struct QTables<'a> {
    pub setup: Setup<'a>,
    /// `[H · C]`.
    pub q: Vec<f64>,
    /// `[(H + 1) · S]`.
    pub v: Vec<f64>,
    /// `[H · C]`.
    pub visits: Vec<u32>,
    pub rules: Vec<u32>,
    pub clip: Clip,
    v_max: f64,
    rng: Fast,
}

impl<'a> QTables<'a> {
    pub fn new(setup: &Setup<'a>, clip: Clip, v_max: f64) -> QTables<'a> {
        let (states, choices) = (setup.mdp.num_states(), setup.mdp.num_choices());
        let mut tables = QTables {
            setup: *setup,
            q: vec![0.0; setup.horizon * choices],
            v: vec![0.0; (setup.horizon + 1) * states],
            visits: vec![0; setup.horizon * choices],
            rules: vec![NO_CHOICE; setup.horizon * states],
            clip,
            v_max: if v_max > 0.0 { v_max } else { f64::INFINITY },
            rng: rng::fast(setup.seed, Purpose::Policy, 0),
        };
        for stage in 0..setup.horizon {
            let cap = tables.cap(stage);
            tables.q[stage * choices..(stage + 1) * choices].fill(cap);
            for s in (0..states).filter(|&s| !setup.choices(s).is_empty()) {
                tables.v[stage * states + s] = cap;
            }
        }
        tables
    }

    pub fn cap(&self, stage: usize) -> f64 {
        self.setup.value_cap(stage).min(self.v_max)
    }

    pub fn plan(&mut self) {
        greedy_rules(&self.setup, &self.q, &mut self.rules, &mut self.rng);
    }

    /// `V_{h+1}(s')` of a step.
    pub fn next_value(&self, step: &Step) -> f64 {
        self.v[(step.stage + 1) * self.setup.mdp.num_states() + step.next]
    }

    /// Moves `Q` to `target` (bonus included) at the rate of visit `t`, and `V` along.
    pub fn update(&mut self, step: &Step, t: u32, target: f64) {
        let (states, choices) = (self.setup.mdp.num_states(), self.setup.mdp.num_choices());
        let (rate, cap) = (learning_rate(self.setup.horizon, t), self.cap(step.stage));
        let q = &mut self.q[step.stage * choices..(step.stage + 1) * choices];
        q[step.choice] += rate * (target - q[step.choice]);
        if self.clip == Clip::Q {
            q[step.choice] = q[step.choice].min(cap);
        }
        let best = q[self.setup.choices(step.state)].iter().copied().fold(f64::NEG_INFINITY, f64::max);
        self.v[step.stage * states + step.state] = best.min(cap);
    }

    /// Counts a visit of the step's choice: its place in the tables, and the number of visits with this one.
    pub fn visit(&mut self, step: &Step) -> (usize, u32) {
        let place = step.stage * self.setup.mdp.num_choices() + step.choice;
        self.visits[place] += 1;
        (place, self.visits[place])
    }
}

/// The agent.
#[derive(Debug, Clone)]
pub struct UcbQ<'a> {
    params: UcbQParams,
    tables: QTables<'a>,
    scale: f64,
    episode: Vec<Step>,
}

impl<'a> UcbQ<'a> {
    /// An agent that has seen nothing.
    ///
    /// # Errors
    /// A hyper-parameter or the setup out of range.
    pub fn new(setup: &Setup<'a>, params: &UcbQParams) -> Result<UcbQ<'a>> {
        params.validate()?;
        setup.validate()?;
        let scale = params.bonus * setup.reward_width();
        let theory = ((setup.horizon as f64).powi(3) * setup.log_term(1.0, params.delta)).sqrt();
        Ok(UcbQ {
            params: *params,
            tables: QTables::new(setup, params.clip, params.v_max),
            scale: if params.scaling == Scaling::Theory { scale * theory } else { scale },
            episode: Vec::with_capacity(setup.horizon),
        })
    }

    fn learn(&mut self, step: &Step) {
        let (_, t) = self.tables.visit(step);
        let target = step.reward + self.tables.next_value(step) + self.scale / f64::from(t).sqrt();
        self.tables.update(step, t, target);
    }
}

impl EpisodicAgent for UcbQ<'_> {
    fn begin(&mut self, _episode: u64) {
        self.tables.plan();
    }

    fn rules(&self) -> StageRules<'_> {
        StageRules::Deterministic(&self.tables.rules)
    }

    fn observe(&mut self, step: &Step) {
        match self.params.order {
            Order::Forward => self.learn(step),
            Order::Backward => self.episode.push(*step),
        }
    }

    fn end(&mut self) {
        while let Some(step) = self.episode.pop() {
            self.learn(&step);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lemma 4.1 of the paper: `α_t^i = α_i Π_{j=i+1}^t (1 − α_j)` is what is left after `t` visits of the target of the `i`-th.
    #[test]
    fn weights_of_past_targets() {
        for horizon in [1, 4, 20] {
            let weights = |t: u32| {
                let mut weights = vec![0.0; t as usize];
                for j in 1..=t {
                    let rate = learning_rate(horizon, j);
                    weights.iter_mut().for_each(|w| *w *= 1.0 - rate);
                    weights[j as usize - 1] = rate;
                }
                weights
            };
            for t in [1u32, 2, 7, 50, 300] {
                let (weights, count) = (weights(t), f64::from(t));
                let bound = 2.0 * horizon as f64 / count;
                assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
                assert!(weights.iter().all(|&w| w <= bound) && weights.iter().map(|w| w * w).sum::<f64>() <= bound);
                let roots: f64 = weights.iter().zip(1..).map(|(w, i)| w / f64::from(i).sqrt()).sum();
                assert!((1.0 - 1e-12..=2.0).contains(&(roots * count.sqrt())), "{horizon} {t}: {roots}");
            }
            // Σ_{t ≥ i} α_t^i = 1 + 1/H. The terms fall like t^{-(H+1)}, so for H = 1 the tail is the longest.
            for i in [1u32, 3, 10] {
                let mut weight = learning_rate(horizon, i);
                let mut sum = weight;
                for t in i + 1..=200_000 {
                    weight *= 1.0 - learning_rate(horizon, t);
                    sum += weight;
                }
                assert!((sum - 1.0 - 1.0 / horizon as f64).abs() < 2e-3, "{horizon} {i}: {sum}");
            }
        }
    }
}
