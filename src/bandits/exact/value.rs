//! The Bayes value of playing well, and of playing by a policy.

use super::quadrature::expected_maximum;
use super::size::{check, check_prior};
use super::{many_arms, two_arms};
use crate::Result;
use crate::bandits::CountPolicy;

/// K Bernoulli arms with independent Beta(a, b) means, played for T steps without discount.
///
/// ```
/// use tabrl::bandits::exact::BetaBernoulli;
///
/// let problem = BetaBernoulli::new(2, 3, (1.0, 1.0))?;
/// assert!((problem.optimal_value() - 5.0 / 3.0).abs() < 1e-12);
/// assert!((problem.oracle_value() - 2.0).abs() < 1e-9); // 3 E max of two uniform means
/// # Ok::<(), tabrl::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BetaBernoulli {
    arms: usize,
    horizon: usize,
    prior: (f64, f64),
}

impl BetaBernoulli {
    /// `arms` arms, `horizon` steps, prior Beta(a, b).
    ///
    /// # Errors
    /// No arm, no step, a prior that is none, or more beliefs than [`super::MOST_STATES`].
    pub fn new(arms: usize, horizon: usize, prior: (f64, f64)) -> Result<BetaBernoulli> {
        check_prior(prior)?;
        check(arms, horizon)?;
        Ok(BetaBernoulli { arms, horizon, prior })
    }

    /// K.
    pub fn arms(&self) -> usize {
        self.arms
    }

    /// T.
    pub fn horizon(&self) -> usize {
        self.horizon
    }

    /// (a, b).
    pub fn prior(&self) -> (f64, f64) {
        self.prior
    }

    /// V*, the largest expected number of successes.
    pub fn optimal_value(&self) -> f64 {
        self.value(None)
    }

    /// The expected number of successes of a policy.
    pub fn policy_value(&self, policy: &dyn CountPolicy) -> f64 {
        self.value(Some(policy))
    }

    /// T E\[max mean\], what somebody who knows the means would expect.
    pub fn oracle_value(&self) -> f64 {
        self.horizon as f64 * expected_maximum(self.prior, self.arms)
    }

    /// Bayes regret of a policy: T E\[max mean\] minus its value.
    pub fn policy_regret(&self, policy: &dyn CountPolicy) -> f64 {
        self.oracle_value() - self.policy_value(policy)
    }

    fn value(&self, policy: Option<&dyn CountPolicy>) -> f64 {
        match self.arms {
            1 => self.horizon as f64 * self.prior.0 / (self.prior.0 + self.prior.1),
            2 => two_arms::value(self.prior, self.horizon, 1.0, policy, |_, _, _, _| 0.0),
            arms => many_arms::value(self.prior, arms, self.horizon, policy),
        }
    }
}
