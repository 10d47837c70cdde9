//! Optimism for arms whose means are linear in known features.

use nalgebra::{DMatrix, DVector};

use crate::bandits::problem::{Arms, Linear};
use crate::rng::{self, Purpose};
use crate::{Error, Result};

/// LinUCB: the arm of largest xᵀθ̂ + α √(xᵀA⁻¹x), where A = λI + Σ x xᵀ and θ̂ = A⁻¹ Σ r x (Li et al. 2010).
#[derive(Debug, Clone)]
pub struct LinUcb {
    alpha: f64,
    features: DMatrix<f64>,
    /// A⁻¹, kept by rank-one updates, O(d²) a step.
    inverse: DMatrix<f64>,
    /// Σ r x.
    rewards: DVector<f64>,
    /// θ̂.
    estimate: DVector<f64>,
    /// A⁻¹ x of the arm looked at.
    solved: DVector<f64>,
}

impl LinUcb {
    /// For the arms of `problem`, whose features are known and whose θ is not.
    ///
    /// # Errors
    /// An α that is negative or a λ that is not positive.
    pub fn new(problem: &Linear, alpha: f64, lambda: f64) -> Result<LinUcb> {
        if !(alpha >= 0.0 && alpha.is_finite()) {
            return Err(Error::Parameter { name: "alpha of linucb", value: alpha, expected: "not negative" });
        }
        if !(lambda > 0.0 && lambda.is_finite()) {
            return Err(Error::Parameter { name: "lambda of linucb", value: lambda, expected: "a positive number" });
        }
        let known = problem.features();
        let (k, d) = known.dim();
        Ok(LinUcb {
            alpha,
            features: DMatrix::from_fn(d, k, |i, arm| known[[arm, i]]),
            inverse: DMatrix::identity(d, d) / lambda,
            rewards: DVector::zeros(d),
            estimate: DVector::zeros(d),
            solved: DVector::zeros(d),
        })
    }

    /// The score of an arm.
    pub fn score(&mut self, arm: usize) -> f64 {
        let x = self.features.column(arm);
        self.solved.gemv(1.0, &self.inverse, &x, 0.0);
        x.dot(&self.estimate) + self.alpha * x.dot(&self.solved).max(0.0).sqrt()
    }

    /// The first arm of largest score.
    pub fn choose(&mut self) -> usize {
        let mut best = (0, f64::NEG_INFINITY);
        for arm in 0..self.features.ncols() {
            let score = self.score(arm);
            if score > best.1 {
                best = (arm, score);
            }
        }
        best.0
    }

    /// After a pull: A⁻¹ by the formula of Sherman and Morrison.
    pub fn learn(&mut self, arm: usize, reward: f64) {
        let x = self.features.column(arm);
        self.solved.gemv(1.0, &self.inverse, &x, 0.0);
        let scale = -1.0 / (1.0 + x.dot(&self.solved));
        self.inverse.ger(scale, &self.solved, &self.solved, 1.0);
        self.rewards.axpy(reward, &x, 1.0);
        self.estimate.gemv(1.0, &self.inverse, &self.rewards, 0.0);
    }
}

/// The pseudo-regret of one run of LinUCB over `horizon` steps.
///
/// # Errors
/// As [`LinUcb::new`].
pub fn linear_regret(problem: &Linear, alpha: f64, lambda: f64, horizon: usize, seed: u64) -> Result<f64> {
    let mut policy = LinUcb::new(problem, alpha, lambda)?;
    let mut environment = rng::fast(seed, Purpose::Environment, 0);
    let mut regret = 0.0;
    for _ in 0..horizon {
        let arm = policy.choose();
        policy.learn(arm, problem.pull(arm, &mut environment));
        regret += problem.gap(arm);
    }
    Ok(regret)
}
