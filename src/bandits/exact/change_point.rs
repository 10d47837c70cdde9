//! The belief when switches are not signalled: how long ago was the last one?
//!
//! After each pull all arms are drawn anew with probability h (the hazard). The belief is a weight for each run length, with the
//! counts since then (Adams and MacKay 2007):
//!
//! ```text
//! w_r <- w_r P(reward | counts of run r),   then   w_new = h Σ w,   w_r <- (1 - h) w_r
//! ```
//! The index theorem no longer applies: arms that are not pulled change too.

use std::collections::HashMap;

use super::size::{check_prior, check_probability};
use crate::bandits::Counts;
use crate::{Error, Result};

/// A weight and the counts since the run began, of each arm.
type Run = (f64, Vec<Counts>);

/// Steps left, and the runs with the bits of their weights.
type Belief = (usize, Vec<(u64, Vec<Counts>)>);

/// The belief over run lengths of a Bernoulli bandit whose arms are drawn anew at unsignalled times.
#[derive(Debug, Clone, PartialEq)]
pub struct RunLengthFilter {
    prior: (f64, f64),
    hazard: f64,
    runs: Vec<Run>,
}

impl RunLengthFilter {
    /// Before the first pull: one run, no counts.
    ///
    /// # Errors
    /// No arm or more than a million, a prior that is none, or a hazard outside `[0, 1]`.
    pub fn new(arms: usize, prior: (f64, f64), hazard: f64) -> Result<RunLengthFilter> {
        check_prior(prior)?;
        check_probability("hazard", hazard)?;
        if !(1..=1_000_000).contains(&arms) {
            return Err(Error::Parameter { name: "arms", value: arms as f64, expected: "from 1 to 1000000" });
        }
        Ok(RunLengthFilter { prior, hazard, runs: vec![(1.0, vec![Counts::default(); arms])] })
    }

    /// The probability that the next pull of `arm` pays.
    ///
    /// # Panics
    /// If there is no such arm.
    pub fn mean(&self, arm: usize) -> f64 {
        self.runs.iter().map(|(weight, counts)| weight * counts[arm].posterior_mean(self.prior)).sum()
    }

    /// The probability of each run and its counts, the longest run first; runs of equal counts are one.
    pub fn runs(&self) -> impl Iterator<Item = (f64, &[Counts])> {
        self.runs.iter().map(|(weight, counts)| (*weight, counts.as_slice()))
    }

    /// Takes in that `arm` was pulled and paid or not, and that a switch may have followed. What the belief holds impossible leaves its weights as they were.
    ///
    /// # Panics
    /// If there is no such arm.
    pub fn observe(&mut self, arm: usize, success: bool) {
        let arms = self.runs[0].1.len();
        let likelihood = |counts: &[Counts]| {
            let p = counts[arm].posterior_mean(self.prior);
            if success { p } else { 1.0 - p }
        };
        let total: f64 = self.runs.iter().map(|(weight, counts)| weight * likelihood(counts)).sum();
        for (weight, counts) in &mut self.runs {
            *weight *= (1.0 - self.hazard) * if total > 0.0 { likelihood(counts) / total } else { 1.0 };
            counts[arm] = counts[arm].after(success);
        }
        self.runs.push((self.hazard, vec![Counts::default(); arms]));
        self.runs.retain(|run| run.0 > 0.0);
    }

    /// The optimal expected number of successes in the next `steps` pulls, by expanding every history.
    ///
    /// # Errors
    /// More than 10⁷ histories.
    pub fn optimal_value(&self, steps: usize) -> Result<f64> {
        const MOST: f64 = 1e7;
        let needed = (2.0 * self.runs[0].1.len() as f64).powi(steps.min(1000) as i32);
        if needed > MOST {
            let reason =
                format!("{steps} steps have {needed:.1e} histories, and at most {MOST:.0e} are expanded; take fewer");
            return Err(Error::NotApplicable { method: "expansion of all histories", reason });
        }
        Ok(self.expand(steps, &mut HashMap::new()))
    }

    /// Histories that lead to the same belief are looked at once.
    fn expand(&self, steps: usize, memo: &mut HashMap<Belief, f64>) -> f64 {
        let arms = self.runs[0].1.len();
        if steps <= 1 {
            return if steps == 0 { 0.0 } else { (0..arms).map(|arm| self.mean(arm)).fold(0.0, f64::max) };
        }
        let key = (steps, self.runs.iter().map(|(weight, counts)| (weight.to_bits(), counts.clone())).collect());
        if let Some(&value) = memo.get(&key) {
            return value;
        }
        let mut best = 0.0_f64;
        for arm in 0..arms {
            let p = self.mean(arm);
            let mut after = |success| {
                let mut next = self.clone();
                next.observe(arm, success);
                next.expand(steps - 1, memo)
            };
            let paid = if p > 0.0 { p * (1.0 + after(true)) } else { 0.0 };
            let unpaid = if p < 1.0 { (1.0 - p) * after(false) } else { 0.0 };
            best = best.max(paid + unpaid);
        }
        memo.insert(key, best);
        best
    }
}
