//! Blocks of geometric length: how long a block lasts and how far credit reaches are one number.
//!
//! After each pull the block ends with probability 1/n, whatever was pulled, and both arms are drawn anew, which is signalled:
//!
//! ```text
//! V(b) = max_i { p_i + γ [(1 - 1/n) E V(b') + (1/n) V(prior)] }
//! ```
//! The last term does not depend on the action, so the optimal action is that of a discounted bandit with β = γ (1 - 1/n), and the
//! Gittins indices at β decide it. With W_β the discounted value of one endless block, V(prior) = W_β (1 - β) / (1 - γ).

use super::index_table::counts;
use super::size::{check, check_discount, check_prior};
use super::two_arms;
use crate::bandits::{CountPolicy, Counts};
use crate::{Error, Result};

/// Two Bernoulli arms with independent Beta(a, b) means in blocks of geometric length with a signalled reset.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BlockBandit {
    prior: (f64, f64),
    length: f64,
    discount: f64,
}

impl BlockBandit {
    /// Blocks of mean `length` (at least 1), and rewards discounted by `discount` in `[0, 1]` a pull, also from a block to the next.
    ///
    /// # Errors
    /// Numbers out of range, or `discount (1 - 1/length)` of 1.
    pub fn new(prior: (f64, f64), length: f64, discount: f64) -> Result<BlockBandit> {
        check_prior(prior)?;
        if !(1.0..=1e12).contains(&length) {
            return Err(Error::Parameter { name: "block length", value: length, expected: "from 1 to 1e12" });
        }
        if discount != 1.0 {
            check_discount(discount)?;
        }
        Ok(BlockBandit { prior, length, discount })
    }

    /// β = γ (1 - 1/n).
    pub fn effective_discount(&self) -> f64 {
        self.discount * (1.0 - 1.0 / self.length)
    }

    /// Lower and upper bound of the optimal discounted reward a pull, (1 - β) W_β (at γ = 1 the long-run average reward). The recursion
    /// stops after `depth` pulls of a block: from there on the better mean for ever is a lower bound, and knowing both means an
    /// upper one, E max(θ₁, θ₂) <= (m₁ + m₂)/2 + √((m₁ - m₂)² + v₁ + v₂)/2.
    ///
    /// # Errors
    /// No pull, or a depth with more beliefs than the exact recursion visits.
    pub fn optimal_reward(&self, depth: usize) -> Result<(f64, f64)> {
        check(2, depth)?;
        let rate = 1.0 - self.effective_discount();
        let lower = |a: Counts, b: Counts| a.posterior_mean(self.prior).max(b.posterior_mean(self.prior)) / rate;
        let upper = |a: Counts, b: Counts| {
            let (m1, m2) = (a.posterior_mean(self.prior), b.posterior_mean(self.prior));
            let variance =
                |m: f64, arm: Counts| m * (1.0 - m) / (self.prior.0 + self.prior.1 + f64::from(arm.pulls()) + 1.0);
            let spread = (m1 - m2).powi(2) + variance(m1, a) + variance(m2, b);
            (0.5 * (m1 + m2) + 0.5 * spread.sqrt()).min(1.0) / rate
        };
        Ok((self.reward(depth, None, &lower), self.reward(depth, None, &upper)))
    }

    /// Lower and upper bound of a policy's reward a pull, on the scale of [`BlockBandit::optimal_reward`], where the policy is shown
    /// the counts of the current block; what happens after `depth` pulls of a block is worth between 0 and 1 a pull.
    ///
    /// The policy is told a horizon of `depth`. One that plays by its horizon is thus another policy at another depth, and the bounds are for this one.
    ///
    /// # Errors
    /// As [`BlockBandit::optimal_reward`].
    pub fn policy_reward(&self, depth: usize, policy: &dyn CountPolicy) -> Result<(f64, f64)> {
        check(2, depth)?;
        let rate = 1.0 - self.effective_discount();
        let lower = self.reward(depth, Some(policy), &|_, _| 0.0);
        Ok((lower, self.reward(depth, Some(policy), &|_, _| 1.0 / rate)))
    }

    fn reward(
        &self,
        depth: usize,
        policy: Option<&dyn CountPolicy>,
        tail: &(dyn Fn(Counts, Counts) -> f64 + Sync),
    ) -> f64 {
        let beta = self.effective_discount();
        let tail = |n1, s1, n2, s2| tail(counts(n1, s1), counts(n2, s2));
        (1.0 - beta) * two_arms::value(self.prior, depth, beta, policy, tail)
    }
}
