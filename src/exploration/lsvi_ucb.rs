//! LSVI-UCB: least squares in features of state and action, with an elliptical bonus (Jin, Yang, Wang and Jordan 2020).
//!
//! ```text
//! Λ_h = λ I + Σ φ φᵀ,   w_h = Λ_h⁻¹ Σ φ (r + V_{h+1}(s')),   Q_h(s, a) = min( cap_h, φ · w_h + b ‖φ‖_{Λ_h⁻¹} )
//!
//! practical   b = bonus · R          theory   b = bonus · R d H √ι,  ι = ln(2 d H K / δ),  λ = 1
//! ```
//! In practice `λ` is small by default, so that the bonus of what was never tried is large whatever its factor.
//!
//! Regret `Õ(√(d³ H³ T))` in theory, for a linear MDP. The registry's agent has one-hot features, `d = S A`, for which it is
//! UCBVI as `λ → 0`; [`LsviUcb::with_features`] takes any others. With `rare=true` it plans only when some `det Λ_h` has doubled.
//! Cost of an episode: `O(H d² )` to learn and `O(H C d²)` to plan.

use super::optimism::Plan;
use super::{Counting, Counts, EpisodicAgent, Setup, StageRules, Step};
use crate::learning::params::hyper_parameters;
use crate::rng::{self, Fast, Purpose};
use crate::{Error, Result};

hyper_parameters! {
    /// Hyper-parameters of LSVI-UCB.
    LsviUcbParams {
        /// Factor of the bonus.
        bonus: f64 = 0.3, "a number of at least 0", |x: f64| x >= 0.0 && x.is_finite();
        /// Whether to take the bonus of theory.
        theory: bool = false, "true or false", |_| true;
        /// Regularisation λ, in practice (theory has 1, which its bonus is made for).
        lambda: f64 = 0.0001, "a positive number", |x: f64| x > 0.0 && x.is_finite();
        /// Whether action values are clipped at the most that can be earned.
        clip: bool = true, "true or false", |_| true;
        /// Whether to plan only when a determinant has doubled.
        rare: bool = false, "true or false", |_| true;
        /// Probability δ with which the bounds may fail.
        delta: f64 = 0.1, "in (0, 1)", |x: f64| x > 0.0 && x < 1.0;
    }
}

/// The features of each choice, `[C · d]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    d: usize,
    phi: Vec<f64>,
}

impl Features {
    /// One feature for each choice.
    pub fn one_hot(choices: usize) -> Features {
        let mut phi = vec![0.0; choices * choices];
        (0..choices).for_each(|c| phi[c * choices + c] = 1.0);
        Features { d: choices, phi }
    }

    /// `d` features of each choice, row by row.
    ///
    /// # Errors
    /// A length that is no multiple of `d`, or a number that is not finite.
    pub fn new(d: usize, phi: Vec<f64>) -> Result<Features> {
        if d == 0 || !phi.len().is_multiple_of(d) {
            return Err(Error::Shape { what: "features".into(), found: vec![phi.len()], expected: vec![0, d] });
        }
        match phi.iter().find(|x| !x.is_finite()) {
            Some(&value) => Err(Error::Parameter { name: "feature", value, expected: "a finite number" }),
            None => Ok(Features { d, phi }),
        }
    }

    fn of(&self, choice: usize) -> &[f64] {
        &self.phi[choice * self.d..(choice + 1) * self.d]
    }
}

/// The agent.
#[derive(Debug, Clone)]
pub struct LsviUcb<'a> {
    setup: Setup<'a>,
    params: LsviUcbParams,
    features: Features,
    scale: f64,
    counts: Counts,
    /// `Λ_h⁻¹`, `[H · d · d]`.
    inverse: Vec<f64>,
    /// `ln det Λ_h` since the last plan, `[H]`.
    growth: Vec<f64>,
    stale: bool,
    plan: Plan,
    /// Working space, `[d]` each.
    target: Vec<f64>,
    weights: Vec<f64>,
    rng: Fast,
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// `out = A x` for a symmetric `A`, `[d · d]`; returns `x · A x`.
fn apply(matrix: &[f64], x: &[f64], out: &mut [f64]) -> f64 {
    out.fill(0.0);
    // One-hot features have a single entry: skip the columns that do not count.
    for (column, &x) in matrix.chunks_exact(x.len()).zip(x).filter(|(_, x)| **x != 0.0) {
        out.iter_mut().zip(column).for_each(|(out, a)| *out += a * x);
    }
    dot(x, out)
}

impl<'a> LsviUcb<'a> {
    /// An agent with one-hot features that has seen nothing.
    ///
    /// # Errors
    /// A hyper-parameter or the setup out of range.
    pub fn new(setup: &Setup<'a>, params: &LsviUcbParams) -> Result<LsviUcb<'a>> {
        LsviUcb::with_features(setup, params, Features::one_hot(setup.mdp.num_choices()))
    }

    /// An agent that has seen nothing.
    ///
    /// # Errors
    /// A hyper-parameter or the setup out of range, or features of another number of choices.
    pub fn with_features(setup: &Setup<'a>, params: &LsviUcbParams, features: Features) -> Result<LsviUcb<'a>> {
        params.validate()?;
        setup.validate()?;
        let (d, choices, horizon) = (features.d, setup.mdp.num_choices(), setup.horizon);
        if features.phi.len() != choices * d {
            let found = vec![features.phi.len() / d, d];
            return Err(Error::Shape { what: "features".into(), found, expected: vec![choices, d] });
        }
        let lambda = if params.theory { 1.0 } else { params.lambda };
        let mut inverse = vec![0.0; horizon * d * d];
        for block in inverse.chunks_exact_mut(d * d) {
            (0..d).for_each(|i| block[i * d + i] = 1.0 / lambda);
        }
        let steps = horizon as f64 * setup.episodes as f64;
        let iota = (2.0 * d as f64 * steps / params.delta).ln();
        let theory = if params.theory { d as f64 * horizon as f64 * iota.sqrt() } else { 1.0 };
        Ok(LsviUcb {
            setup: *setup,
            params: *params,
            features,
            scale: params.bonus * setup.reward_width() * theory,
            counts: Counts::new(Counting::Staged, choices, horizon),
            inverse,
            growth: vec![0.0; horizon],
            stale: true,
            plan: Plan::new(setup),
            target: vec![0.0; d],
            weights: vec![0.0; d],
            rng: rng::fast(setup.seed, Purpose::Policy, 0),
        })
    }
}

#[cfg(test)]
impl LsviUcb<'_> {
    /// `Q` of the last plan, `[H · C]`.
    pub(super) fn values(&self) -> &[f64] {
        &self.plan.q
    }
}

impl EpisodicAgent for LsviUcb<'_> {
    fn begin(&mut self, _episode: u64) {
        if !std::mem::take(&mut self.stale) {
            return;
        }
        self.growth.fill(0.0);
        let LsviUcb { setup, params, features, scale, counts, plan, target, weights, rng, .. } = self;
        let d = features.d;
        let mut room = vec![0.0; d];
        for stage in (0..setup.horizon).rev() {
            let inverse = &self.inverse[stage * d * d..(stage + 1) * d * d];
            target.fill(0.0);
            for c in 0..setup.mdp.num_choices() {
                let row = counts.row(stage, c);
                if counts.visits(row) > 0 {
                    let mean = counts.mean_reward(row) + counts.expect(row, plan.values(stage + 1));
                    let sum = f64::from(counts.visits(row)) * mean;
                    target.iter_mut().zip(features.of(c)).for_each(|(target, phi)| *target += sum * phi);
                }
            }
            apply(inverse, target, weights);
            let cap = if params.clip { setup.value_cap(stage) } else { f64::INFINITY };
            plan.step(setup, stage, rng, |c, _| {
                let phi = features.of(c);
                cap.min(dot(phi, weights) + *scale * apply(inverse, phi, &mut room).max(0.0).sqrt())
            });
        }
    }

    fn rules(&self) -> StageRules<'_> {
        StageRules::Deterministic(&self.plan.rules)
    }

    /// `Λ⁻¹ ← Λ⁻¹ − u uᵀ / (1 + φ · u)`, `u = Λ⁻¹ φ` (Sherman and Morrison); `det Λ` grows by the factor `1 + φ · u`.
    fn observe(&mut self, step: &Step) {
        self.counts.add(self.counts.row(step.stage, step.choice), step.reward, step.next);
        let d = self.features.d;
        let inverse = &mut self.inverse[step.stage * d * d..(step.stage + 1) * d * d];
        let u = &mut self.weights;
        let factor = 1.0 + apply(inverse, self.features.of(step.choice), u);
        for (row, &a) in inverse.chunks_exact_mut(d).zip(u.iter()).filter(|(_, a)| **a != 0.0) {
            row.iter_mut().zip(u.iter()).for_each(|(x, b)| *x -= a * b / factor);
        }
        self.growth[step.stage] += factor.ln();
        self.stale |= !self.params.rare || self.growth[step.stage] > std::f64::consts::LN_2;
    }

    fn optimistic_value(&self) -> Option<f64> {
        (self.params.theory && self.params.bonus >= 1.0).then(|| self.plan.initial_value(&self.setup))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exploration::testing::{random_table, walk};
    use crate::exploration::ucbvi::{Ucbvi, UcbviParams};

    /// One-hot features with `λ → 0` are UCBVI, with the same factor of `1/√n`.
    #[test]
    fn one_hot_without_regularisation_is_ucbvi() {
        for seed in 0..5 {
            let mdp = random_table(seed, 4, 2);
            let setup = Setup { mdp: &mdp, horizon: 3, episodes: 100, reward_range: (0.0, 1.0), seed };
            let params = LsviUcbParams { bonus: 0.7, lambda: 1e-6, ..LsviUcbParams::default() };
            let mut lsvi = LsviUcb::new(&setup, &params).unwrap();
            let mut unclipped = LsviUcb::new(&setup, &LsviUcbParams { clip: false, ..params }).unwrap();
            let mut ucbvi = Ucbvi::new(&setup, &UcbviParams { bonus: 0.7, ..UcbviParams::default() }).unwrap();
            for episodes in [0, 1, 5, 300] {
                walk(&setup, episodes, 7 + episodes, |step| {
                    lsvi.observe(step);
                    unclipped.observe(step);
                    ucbvi.observe(step);
                });
                lsvi.begin(0);
                ucbvi.begin(0);
                let near = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4);
                assert!(near(lsvi.values(), ucbvi.values()), "{:?} {:?}", lsvi.values(), ucbvi.values());
            }
            // Unclipped, once everything was tried at every step it can be tried at: the last step has no future.
            unclipped.begin(0);
            let last = 2 * mdp.num_choices();
            for c in 0..mdp.num_choices() {
                let n = f64::from(unclipped.counts.visits(last + c));
                if n > 0.0 {
                    let expected = unclipped.counts.mean_reward(last + c) + 0.7 / n.sqrt();
                    assert!((unclipped.values()[last + c] - expected).abs() < 1e-4);
                }
            }
        }
    }

    /// Features that are a basis change of one-hot ones give the same values: least squares does not depend on the basis, as
    /// `λ → 0`.
    #[test]
    fn least_squares_does_not_depend_on_the_basis() {
        let mdp = random_table(3, 3, 2);
        let setup = Setup { mdp: &mdp, horizon: 2, episodes: 100, reward_range: (0.0, 1.0), seed: 1 };
        let d = mdp.num_choices();
        let phi = (0..d * d).map(|i| f64::from(u8::from(i % d == i / d)) + 0.3 * ((i * 7 + 3) as f64).sin()).collect();
        let params = LsviUcbParams { lambda: 1e-7, ..LsviUcbParams::default() };
        let mut plain = LsviUcb::new(&setup, &params).unwrap();
        let mut mixed = LsviUcb::with_features(&setup, &params, Features::new(d, phi).unwrap()).unwrap();
        walk(&setup, 400, 5, |step| {
            plain.observe(step);
            mixed.observe(step);
        });
        plain.begin(0);
        mixed.begin(0);
        for (a, b) in plain.values().iter().zip(mixed.values()) {
            assert!((a - b).abs() < 1e-3, "{a} {b}");
        }
    }

    /// Before anything was seen `‖φ‖_{Λ⁻¹} = 1` for one-hot features and `λ = 1`: the bonus is `d H √ι`.
    #[test]
    fn theory_regularises_by_one() {
        let mdp = random_table(0, 3, 2);
        let setup = Setup { mdp: &mdp, horizon: 2, episodes: 100, reward_range: (0.0, 1.0), seed: 1 };
        let params = LsviUcbParams { bonus: 1.0, theory: true, clip: false, ..LsviUcbParams::default() };
        let mut agent = LsviUcb::new(&setup, &params).unwrap();
        agent.begin(0);
        let bonus = 6.0 * 2.0 * (2.0 * 6.0 * 200.0 / 0.1f64).ln().sqrt();
        assert!(agent.values().iter().all(|q| (q - bonus).abs() < 1e-9), "{:?} {bonus}", agent.values());
    }

    #[test]
    fn features_are_checked() {
        assert!(Features::new(0, vec![]).is_err() && Features::new(2, vec![1.0]).is_err());
        assert!(Features::new(1, vec![f64::NAN]).is_err());
        let mdp = random_table(0, 3, 2);
        let setup = Setup { mdp: &mdp, horizon: 2, episodes: 1, reward_range: (0.0, 1.0), seed: 1 };
        assert!(LsviUcb::with_features(&setup, &LsviUcbParams::default(), Features::one_hot(3)).is_err());
    }
}
