//! EULER: bonuses that follow the variance of the optimistic value, corrected by how far it may be off (Zanette and Brunskill
//! 2019). Its regret is problem dependent: `Õ(√(Q* S A T))`, where `Q*` is the largest variance of reward and next value.
//!
//! ```text
//! V̄_h = max_a Q̄_h,   Q̄_h = min(cap_h, r̂ + b_r + p̂ · V̄_{h+1} + b),     a* = argmax Q̄_h
//! V̲_h = max(floor_h, r̂ − b_r + p̂ · V̲_{h+1} − b̲)  at a*
//!
//! b   = φ(V̄) + ( (4J + B_p)/√n + B_v ‖V̄ − V̲‖_{2,p̂} ) / √n         b̲ likewise with φ(V̲)
//! φ(V) = √(2 Var_p̂(V) L / n) + J / n      b_r = √(2 Var(r) L / n) + 7 R L / (3 (n − 1))
//! B_v = √(2L),  B_p = R H √(2L),  J = R H L / 3
//!
//! theory      L = ln(4 S A H K / δ)          practical   L = bonus
//! ```
//! `cap_h` and `floor_h` are the most and the least that can be earned from step `h` on, and stand for untried choices.

use super::optimism::Plan;
use super::{Counting, Counts, EpisodicAgent, Setup, StageRules, Step};
use crate::Result;
use crate::learning::params::hyper_parameters;
use crate::rng::{self, Fast, Purpose};

hyper_parameters! {
    /// Hyper-parameters of EULER.
    EulerParams {
        /// What stands for the logarithm in practice.
        bonus: f64 = 0.01, "a number of at least 0", |x: f64| x >= 0.0 && x.is_finite();
        /// Whether to take the logarithm of theory.
        theory: bool = false, "true or false", |_| true;
        /// Probability δ with which the bounds may fail.
        delta: f64 = 0.1, "in (0, 1)", |x: f64| x > 0.0 && x < 1.0;
        /// How visits are counted.
        counts: Counting = Counting::Staged, "pooled or staged", |_| true;
    }
}

/// The agent.
#[derive(Debug, Clone)]
pub struct Euler<'a> {
    setup: Setup<'a>,
    params: EulerParams,
    counts: Counts,
    plan: Plan,
    /// `V̲`, `[(H + 1) · S]`.
    lower: Vec<f64>,
    rng: Fast,
}

impl<'a> Euler<'a> {
    /// An agent that has seen nothing.
    ///
    /// # Errors
    /// A hyper-parameter or the setup out of range.
    pub fn new(setup: &Setup<'a>, params: &EulerParams) -> Result<Euler<'a>> {
        params.validate()?;
        setup.validate()?;
        Ok(Euler {
            setup: *setup,
            params: *params,
            counts: Counts::new(params.counts, setup.mdp.num_choices(), setup.horizon),
            plan: Plan::new(setup),
            lower: vec![0.0; (setup.horizon + 1) * setup.mdp.num_states()],
            rng: rng::fast(setup.seed, Purpose::Policy, 0),
        })
    }
}

/// What both bonuses of a row share: everything but the variance of the value.
struct Width {
    log: f64,
    most: f64,
    range: f64,
}

impl Width {
    /// `(b − the variance term of φ, b_r)`, given `V̄` and `V̲` at the next step.
    fn common(&self, counts: &Counts, row: usize, upper: &[f64], lower: &[f64]) -> (f64, f64) {
        let Width { log, most, range } = *self;
        let n = f64::from(counts.visits(row));
        let gap = |s: u32| (upper[s as usize] - lower[s as usize]).powi(2);
        let gaps: f64 = counts.successors(row).iter().map(|&(s, m)| f64::from(m) / n * gap(s)).sum();
        let (j, b_p, b_v) = (most * log / 3.0, most * (2.0 * log).sqrt(), (2.0 * log).sqrt());
        let shared = j / n + (4.0 * j + b_p) / n + b_v * gaps.sqrt() / n.sqrt();
        let reward = (2.0 * counts.reward_variance(row) * log / n).sqrt() + 7.0 * range * log / (3.0 * (n - 1.0));
        (shared, if n > 1.0 { reward.min(range) } else { range })
    }

    /// The variance term of `φ(V)`.
    fn variance(&self, counts: &Counts, row: usize, v: &[f64]) -> f64 {
        (2.0 * counts.variance(row, v) * self.log / f64::from(counts.visits(row))).sqrt()
    }
}

impl EpisodicAgent for Euler<'_> {
    fn begin(&mut self, _episode: u64) {
        let (setup, counts) = (&self.setup, &self.counts);
        let log = if self.params.theory { setup.log_term(4.0, self.params.delta) } else { self.params.bonus };
        let width = Width { log, most: setup.value_span(0), range: setup.reward_width() };
        let states = setup.mdp.num_states();
        for stage in (0..setup.horizon).rev() {
            let (cap, floor) = (setup.value_cap(stage), setup.value_cap(stage) - setup.value_span(stage));
            let (before, after) = self.lower.split_at_mut((stage + 1) * states);
            let (lower, lower_next) = (&mut before[stage * states..], &after[..states]);
            self.plan.step(setup, stage, &mut self.rng, |c, next| {
                let row = counts.row(stage, c);
                if counts.visits(row) == 0 {
                    return cap;
                }
                let (shared, reward) = width.common(counts, row, next, lower_next);
                let bonus = shared + width.variance(counts, row, next);
                cap.min(counts.mean_reward(row) + reward + counts.expect(row, next) + bonus)
            });
            let upper_next = self.plan.values(stage + 1);
            for (s, lower) in lower.iter_mut().enumerate().filter(|&(s, _)| !setup.choices(s).is_empty()) {
                let row = counts.row(stage, self.plan.rules[stage * states + s] as usize);
                *lower = floor;
                if counts.visits(row) > 0 {
                    let (shared, reward) = width.common(counts, row, upper_next, lower_next);
                    let bonus = shared + width.variance(counts, row, lower_next);
                    *lower = floor.max(counts.mean_reward(row) - reward + counts.expect(row, lower_next) - bonus);
                }
            }
        }
    }

    fn rules(&self) -> StageRules<'_> {
        StageRules::Deterministic(&self.plan.rules)
    }

    fn observe(&mut self, step: &Step) {
        self.counts.add(self.counts.row(step.stage, step.choice), step.reward, step.next);
    }

    fn optimistic_value(&self) -> Option<f64> {
        self.params.theory.then(|| self.plan.initial_value(&self.setup))
    }
}
