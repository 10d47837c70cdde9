//! UCB-B: Q-learning with a bonus that follows the variance of the next value (Jin, Allen-Zhu, Bubeck and Jordan 2018).
//!
//! ```text
//! W_t: empirical variance of the V_{h+1}(s') seen at the first t visits of (h, s, a)
//!
//! theory      β_t = bonus · R · min{ √(H (W_t/R² + H) ι / t) + √(H⁷ S A) ι / t,  √(H³ ι / t) },   ι = ln(S A H K / δ)
//! practical   β_t = bonus · min{ √(W_t / t) + R (H − h) / t,  R (H − h) / √t }
//! b_1 = β_1 / 2,   b_t = (β_t − (1 − α_t) β_{t−1}) / (2 α_t)          then as UCB-H
//! ```
//! `b_t` is such that the bonuses, weighted as the targets are, add up to `β_t / 2`. Regret
//! `O(√(H³ S A T ι) + √(H⁹ S³ A³) ι²)` in theory, where the theorem has absolute constants for `bonus`.

use super::ucb_q::{Clip, QTables, learning_rate};
use super::{EpisodicAgent, Setup, StageRules, Step};
use crate::Result;
use crate::learning::params::hyper_parameters;

hyper_parameters! {
    /// Hyper-parameters of UCB-B.
    UcbQBernsteinParams {
        /// Factor of the bonus.
        bonus: f64 = 0.3, "a number of at least 0", |x: f64| x >= 0.0 && x.is_finite();
        /// Whether to take the bonus of theory.
        theory: bool = false, "true or false", |_| true;
        /// What is clipped.
        clip: Clip = Clip::V, "v or q", |_| true;
        /// Probability δ with which the bounds may fail.
        delta: f64 = 0.1, "in (0, 1)", |x: f64| x > 0.0 && x < 1.0;
    }
}

/// The agent.
#[derive(Debug, Clone)]
pub struct UcbQBernstein<'a> {
    params: UcbQBernsteinParams,
    tables: QTables<'a>,
    /// Of each choice at each step: mean and sum of squared deviations of the next values, and the last `β`.
    moments: Vec<(f64, f64, f64)>,
}

impl<'a> UcbQBernstein<'a> {
    /// An agent that has seen nothing.
    ///
    /// # Errors
    /// A hyper-parameter or the setup out of range.
    pub fn new(setup: &Setup<'a>, params: &UcbQBernsteinParams) -> Result<UcbQBernstein<'a>> {
        params.validate()?;
        setup.validate()?;
        let tables = QTables::new(setup, params.clip, 0.0);
        Ok(UcbQBernstein { params: *params, moments: vec![(0.0, 0.0, 0.0); tables.q.len()], tables })
    }

    /// `β_t` for a variance `W_t` of the next values.
    fn beta(&self, stage: usize, t: f64, variance: f64) -> f64 {
        let setup = &self.tables.setup;
        let width = setup.reward_width();
        let bound = if self.params.theory {
            let (horizon, log) = (setup.horizon as f64, setup.log_term(1.0, self.params.delta));
            let leading = (horizon * (variance / (width * width) + horizon) * log / t).sqrt();
            let rest = (horizon.powi(7) * setup.mdp.num_choices() as f64).sqrt() * log / t;
            width * (leading + rest).min((horizon.powi(3) * log / t).sqrt())
        } else {
            let span = setup.value_span(stage);
            ((variance / t).sqrt() + span / t).min(span / t.sqrt())
        };
        self.params.bonus * bound
    }
}

impl EpisodicAgent for UcbQBernstein<'_> {
    fn begin(&mut self, _episode: u64) {
        self.tables.plan();
    }

    fn rules(&self) -> StageRules<'_> {
        StageRules::Deterministic(&self.tables.rules)
    }

    fn observe(&mut self, step: &Step) {
        let (place, t) = self.tables.visit(step);
        let (next, visits) = (self.tables.next_value(step), f64::from(t));
        let (mean, squares, last) = self.moments[place];
        let moved = mean + (next - mean) / visits;
        let squares = squares + (next - mean) * (next - moved);
        let beta = self.beta(step.stage, visits, squares / visits);
        let rate = learning_rate(self.tables.setup.horizon, t);
        let bonus = if t == 1 { beta / 2.0 } else { (beta - (1.0 - rate) * last) / (2.0 * rate) };
        self.moments[place] = (moved, squares, beta);
        self.tables.update(step, t, step.reward + next + bonus);
    }
}
