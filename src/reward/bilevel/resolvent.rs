//! `(I − γ P_π)⁻¹`, factored once and used for values, for occupancies (transposed) and for the adjoint.

use super::{check_discount, check_length};
use crate::error::PolicyFault;
use crate::mdp::Mdp;
use crate::{Error, Result};

/// Most states of a dense factorisation (128 MB).
const MOST_STATES: usize = 4000;

/// The discount of a problem.
#[derive(Debug, Clone, PartialEq)]
pub enum Discount {
    /// The same in all states.
    Constant(f64),
    /// One a state, `[S]`: a step from `s` is discounted by `γ(s)`.
    PerState(Vec<f64>),
}

impl Discount {
    /// The discount of a step from `s`.
    #[inline]
    pub fn at(&self, s: usize) -> f64 {
        match self {
            Discount::Constant(gamma) => *gamma,
            Discount::PerState(gamma) => gamma[s],
        }
    }

    pub(super) fn check(&self, states: usize) -> Result<()> {
        match self {
            Discount::Constant(gamma) => check_discount("gamma", *gamma),
            Discount::PerState(gamma) => {
                check_length("the discounts of states", gamma, states)?;
                gamma.iter().try_for_each(|&g| check_discount("the discount of a state", g))
            }
        }
    }
}

/// The factors of `A = I − diag(γ) P_π`, within the envelope of its rows.
///
/// `A` is diagonally dominant by rows, so elimination needs no exchange of rows (its entries grow by a factor of 2 at most). Zeros left of
/// a row's first entry, and right of its last one so far, are not touched: states numbered along the motion make this several times
/// cheaper than `S³`.
#[derive(Debug, Clone)]
pub struct Resolvent {
    n: usize,
    /// Rows of `L` (below the diagonal, which is 1) and `U`, `[S, S]`.
    a: Vec<f64>,
    /// First and last column of each row.
    first: Vec<usize>,
    last: Vec<usize>,
}

impl Resolvent {
    /// Factors `I − diag(γ) P_π` for the probabilities `policy`, `[C]`.
    ///
    /// # Errors
    /// More than 4000 states, probabilities that are no policy, or a discount outside [0, 1).
    pub fn new(mdp: &Mdp, policy: &[f64], discount: &Discount) -> Result<Resolvent> {
        let n = mdp.num_states();
        if n > MOST_STATES {
            return Err(Error::NotApplicable {
                method: "a dense factorisation",
                reason: format!("the table has {n} states; at most {MOST_STATES} are allowed"),
            });
        }
        discount.check(n)?;
        check_length("the policy", policy, mdp.num_choices())?;
        for state in (0..n).filter(|&s| !mdp.is_terminal(s)) {
            let row = &policy[mdp.choices(state)];
            let (sum, smallest) = (row.iter().sum::<f64>(), row.iter().copied().fold(f64::INFINITY, f64::min));
            if !((sum - 1.0).abs() <= 1e-9 && smallest >= 0.0) {
                let reason = PolicyFault::Distribution { sum, smallest };
                return Err(Error::Policy { state, stage: 0, reason });
            }
        }
        let mut a = vec![0.0; n * n];
        let (mut first, mut last) = ((0..n).collect::<Vec<_>>(), (0..n).collect::<Vec<_>>());
        for s in 0..n {
            let row = &mut a[s * n..(s + 1) * n];
            row[s] = 1.0;
            let gamma = discount.at(s);
            for c in mdp.choices(s) {
                for (t, p) in mdp.branches(c) {
                    row[t] -= gamma * policy[c] * p;
                    first[s] = first[s].min(t);
                    last[s] = last[s].max(t);
                }
            }
        }
        for i in 0..n {
            let (above, rest) = a.split_at_mut(i * n);
            let row = &mut rest[..n];
            for k in first[i]..i {
                if row[k] == 0.0 {
                    continue;
                }
                let pivot = &above[k * n..(k + 1) * n];
                let factor = row[k] / pivot[k];
                row[k] = factor;
                let end = last[k] + 1;
                for (x, u) in row[k + 1..end.max(k + 1)].iter_mut().zip(&pivot[k + 1..end.max(k + 1)]) {
                    *x -= factor * u;
                }
                last[i] = last[i].max(last[k]);
            }
        }
        Ok(Resolvent { n, a, first, last })
    }

    /// `x ← (I − γ P_π)⁻¹ x`, for `x` of shape `[S]`.
    ///
    /// # Panics
    /// Where `x` is shorter than `[S]`.
    pub fn solve(&self, x: &mut [f64]) {
        let n = self.n;
        for i in 0..n {
            let row = &self.a[i * n..(i + 1) * n];
            let sum: f64 = row[self.first[i]..i].iter().zip(&x[self.first[i]..i]).map(|(l, y)| l * y).sum();
            x[i] -= sum;
        }
        for i in (0..n).rev() {
            let row = &self.a[i * n..(i + 1) * n];
            let range = i + 1..self.last[i] + 1;
            let sum: f64 = row[range.clone()].iter().zip(&x[range]).map(|(u, y)| u * y).sum();
            x[i] = (x[i] - sum) / row[i];
        }
    }

    /// `x ← (I − γ P_π)⁻ᵀ x`, for `x` of shape `[S]`.
    ///
    /// # Panics
    /// Where `x` is shorter than `[S]`.
    pub fn solve_transposed(&self, x: &mut [f64]) {
        let n = self.n;
        for k in 0..n {
            let row = &self.a[k * n..(k + 1) * n];
            let y = x[k] / row[k];
            x[k] = y;
            let range = k + 1..self.last[k] + 1;
            x[range.clone()].iter_mut().zip(&row[range]).for_each(|(x, u)| *x -= u * y);
        }
        for i in (0..n).rev() {
            let row = &self.a[i * n..(i + 1) * n];
            let y = x[i];
            let range = self.first[i]..i;
            x[range.clone()].iter_mut().zip(&row[range]).for_each(|(x, l)| *x -= l * y);
        }
    }
}
