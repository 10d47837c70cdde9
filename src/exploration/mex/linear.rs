//! Model-free MEX with linear action values: `Q_h(s, a) = φ(s, a)·θ_h`.
//!
//! ```text
//! Σ_h = λ I + Σ φ φᵀ over the data of step h          θ̂_h(V) = Σ_h⁻¹ Σ φ (r + V(s'))
//! loss            L_h = ‖θ_h − θ̂_h(V_{h+1})‖²_{Σ_h}
//! fixed policy    x_0 = φ(s_0, π),  x_{h+1}ᵀ = x_hᵀ Σ_h⁻¹ Σ φ φ(s', π)ᵀ,   J(π) = V̂^π_0 + (1 / 4η) Σ_h ‖x_h‖²_{Σ_h⁻¹}
//! relaxation      Q̄_h = min( cap_h, φ·θ̂_h(V̄_{h+1}) + (1 / 4η) ‖φ‖²_{Σ_h⁻¹} )
//! ```
//! Least-squares value iteration with the square of the bonus of LSVI-UCB. One-hot features and `λ → 0` give `1 / (4 η n)`, the
//! tabular agent. A small ridge keeps `Σ_h` invertible; directions never seen then have a bonus beyond the cap.
//! Source: `mex.md` section 2.5.

use nalgebra::{DMatrix, DVector};

use super::super::optimism::Plan;
use super::super::{Counting, Counts, EpisodicAgent, Setup, StageRules, Step};
use crate::rng::{self, Fast, Purpose};
use crate::{Error, Result};

/// The agent that plays the relaxation.
#[derive(Debug, Clone)]
pub struct LinearMex<'a> {
    setup: Setup<'a>,
    eta: f64,
    /// `φ(s, a)`, `[d, C]`.
    features: DMatrix<f64>,
    /// `Σ_h⁻¹`, `[H]` of `[d, d]`.
    inverses: Vec<DMatrix<f64>>,
    counts: Counts,
    plan: Plan,
    rng: Fast,
}

impl<'a> LinearMex<'a> {
    /// An agent that has seen nothing. Column `c` of `features` is `φ` of choice `c`.
    ///
    /// # Errors
    /// The setup out of range; [`Error::Parameter`] for a price or a ridge that is not positive; [`Error::NotApplicable`] for
    /// features of another number of choices.
    pub fn new(setup: &Setup<'a>, features: DMatrix<f64>, eta: f64, ridge: f64) -> Result<LinearMex<'a>> {
        setup.validate()?;
        for (name, value) in [("eta", eta), ("ridge", ridge)] {
            if !(value > 0.0 && value.is_finite()) {
                return Err(Error::Parameter { name, value, expected: "a positive number" });
            }
        }
        let choices = setup.mdp.num_choices();
        if features.ncols() != choices || features.nrows() == 0 {
            let reason = format!("features have {} columns, but the table has {choices} choices", features.ncols());
            return Err(Error::NotApplicable { method: "MEX with linear values", reason });
        }
        let d = features.nrows();
        Ok(LinearMex {
            setup: *setup,
            eta,
            features,
            inverses: vec![DMatrix::identity(d, d) / ridge; setup.horizon],
            counts: Counts::new(Counting::Staged, choices, setup.horizon),
            plan: Plan::new(setup),
            rng: rng::fast(setup.seed, Purpose::Policy, 0),
        })
    }

    /// `θ̂_h(v)`.
    fn regression(&self, stage: usize, v: &[f64]) -> DVector<f64> {
        let mut target = DVector::zeros(self.features.nrows());
        for c in 0..self.features.ncols() {
            let row = self.counts.row(stage, c);
            let visits = f64::from(self.counts.visits(row));
            if visits > 0.0 {
                let sum = visits * (self.counts.mean_reward(row) + self.counts.expect(row, v));
                target.axpy(sum, &self.features.column(c), 1.0);
            }
        }
        &self.inverses[stage] * target
    }

    /// `J(π)` of deterministic rules `[H · S]` in closed form.
    pub fn policy_value(&self, rules: &[u32]) -> f64 {
        let (mdp, d) = (self.setup.mdp, self.features.nrows());
        let feature = |stage: usize, s: usize| {
            (!mdp.is_terminal(s)).then(|| self.features.column(rules[stage * mdp.num_states() + s] as usize))
        };
        let mut x = DVector::zeros(d);
        for &(s, p) in mdp.initial() {
            feature(0, s as usize).into_iter().for_each(|phi| x.axpy(p, &phi, 1.0));
        }
        let mut value = 0.0;
        for stage in 0..self.setup.horizon {
            let y = &self.inverses[stage] * &x;
            value += x.dot(&y) / (4.0 * self.eta);
            x.fill(0.0);
            for c in 0..self.features.ncols() {
                let row = self.counts.row(stage, c);
                let weight = y.dot(&self.features.column(c));
                for &(t, n) in self.counts.successors(row) {
                    let n = weight * f64::from(n);
                    if stage + 1 < self.setup.horizon {
                        feature(stage + 1, t as usize).into_iter().for_each(|phi| x.axpy(n, &phi, 1.0));
                    }
                }
                let visits = self.counts.visits(row);
                if visits > 0 {
                    value += weight * f64::from(visits) * self.counts.mean_reward(row);
                }
            }
        }
        value
    }
}

impl EpisodicAgent for LinearMex<'_> {
    fn begin(&mut self, _episode: u64) {
        for stage in (0..self.setup.horizon).rev() {
            let theta = self.regression(stage, self.plan.values(stage + 1));
            let (inverse, features, eta) = (&self.inverses[stage], &self.features, self.eta);
            let cap = self.setup.value_cap(stage);
            self.plan.step(&self.setup, stage, &mut self.rng, |c, _| {
                let phi = features.column(c);
                cap.min(phi.dot(&theta) + phi.dot(&(inverse * phi)) / (4.0 * eta))
            });
        }
    }

    fn rules(&self) -> StageRules<'_> {
        StageRules::Deterministic(&self.plan.rules)
    }

    fn observe(&mut self, step: &Step) {
        self.counts.add(self.counts.row(step.stage, step.choice), step.reward, step.next);
        // (Σ + φφᵀ)⁻¹ = Σ⁻¹ − Σ⁻¹φ (Σ⁻¹φ)ᵀ / (1 + φᵀΣ⁻¹φ), by Sherman and Morrison.
        let phi = self.features.column(step.choice);
        let inverse = &mut self.inverses[step.stage];
        let y = &*inverse * phi;
        inverse.ger(-1.0 / (1.0 + phi.dot(&y)), &y, &y, 1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::{RegretOptions, run};
    use super::super::model_free::{MexModelFree, MexModelFreeParams};
    use super::super::price::PriceParams;
    use super::super::residuals::Residuals;
    use super::super::testing::random_mdp;
    use super::*;
    use crate::learning::EvaluationPoints;

    #[test]
    fn one_hot_features_play_the_tabular_agent() {
        let mdp = random_mdp(3, 2, 5);
        let setup = Setup { mdp: &mdp, horizon: 4, episodes: 60, reward_range: (0.0, 1.0), seed: 2 };
        let options = RegretOptions { points: EvaluationPoints::Even(60) };
        let mut linear = LinearMex::new(&setup, DMatrix::identity(6, 6), 0.2, 1e-9).unwrap();
        let price = PriceParams { eta: 0.2, ..PriceParams::default() };
        let params = MexModelFreeParams { price, ..MexModelFreeParams::default() };
        let mut tabular = MexModelFree::new(&setup, &params).unwrap();
        let curves = (run(&setup, &mut linear, &options).unwrap(), run(&setup, &mut tabular, &options).unwrap());
        // Ties between untried choices are broken by draws of their own; what both agents end up with is close.
        assert!((curves.0.late - curves.1.late).abs() < 0.2, "{} {}", curves.0.late, curves.1.late);

        // On the same data the plans agree.
        let Residuals { setup, counts, eta } = Residuals { setup: &setup, counts: &linear.counts, eta: 0.2 };
        let residuals = Residuals { setup, counts, eta };
        let mut plan = Plan::new(setup);
        for stage in (0..4).rev() {
            plan.step(setup, stage, &mut rng::fast(0, Purpose::Policy, 1), |c, next| residuals.relaxed(stage, c, next));
        }
        let mut again = linear.clone();
        again.begin(60);
        for (q, linear) in plan.q.iter().zip(&again.plan.q) {
            assert!((q - linear).abs() < 1e-6, "{q} {linear}");
        }
        // So do the closed forms of a policy that only takes what was tried.
        let tried = (0..12).all(|i| counts.visits(counts.row(i / 3, plan.rules[i] as usize)) > 0 || i < 3 && i > 0);
        let value = residuals.value(&plan.rules, &mut [0.0; 12]);
        assert!(tried && (again.policy_value(&plan.rules) - value).abs() < 1e-6);
    }

    #[test]
    fn features_and_numbers_that_do_not_fit_are_refused() {
        let mdp = random_mdp(2, 2, 0);
        let setup = Setup { mdp: &mdp, horizon: 2, episodes: 1, reward_range: (0.0, 1.0), seed: 0 };
        assert!(LinearMex::new(&setup, DMatrix::identity(3, 3), 0.1, 1.0).is_err());
        assert!(LinearMex::new(&setup, DMatrix::identity(4, 4), 0.0, 1.0).is_err());
    }
}
