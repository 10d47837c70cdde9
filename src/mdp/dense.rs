//! Tables from dense arrays, and back.

use ndarray::{Array2, Array3, ArrayView2, ArrayView3};

use super::csr::shape;
use super::{CsrParts, Mdp};
use crate::{Error, Result};

impl Mdp {
    /// From dense arrays: `transitions[s, a, s']` of shape `[S, A, S]`, row-stochastic in its last axis, and expected
    /// rewards `rewards[s, a]` of shape `[S, A]`. Zero probabilities are not stored. No state is terminal.
    ///
    /// # Errors
    /// Shapes that do not agree, or rows that are not distributions.
    pub fn from_dense(transitions: ArrayView3<f64>, rewards: ArrayView2<f64>) -> Result<Mdp> {
        let (states, actions, successors) = transitions.dim();
        if successors != states {
            return Err(shape("P", transitions.shape(), &[states, actions, states]));
        }
        if rewards.dim() != (states, actions) {
            return Err(shape("R", rewards.shape(), &[states, actions]));
        }
        let mut parts = CsrParts { choice_start: vec![0], branch_start: vec![0], ..CsrParts::default() };
        for s in 0..states {
            for a in 0..actions {
                for t in 0..states {
                    let p = transitions[[s, a, t]];
                    if p != 0.0 {
                        parts.next.push(t as u32);
                        parts.probability.push(p);
                    }
                }
                parts.branch_start.push(parts.next.len() as u32);
                parts.reward.push(rewards[[s, a]]);
            }
            parts.choice_start.push(parts.reward.len() as u32);
        }
        Mdp::from_csr(parts)
    }

    /// Dense arrays `(P, R)` of shapes `[S, A, S]` and `[S, A]`, for small problems with the same actions everywhere.
    /// A terminal state becomes absorbing with reward 0.
    ///
    /// # Errors
    /// [`Error::NotApplicable`] if a non-terminal state lacks an action, or `P` would have more than 2^28 entries.
    pub fn to_dense(&self) -> Result<(Array3<f64>, Array2<f64>)> {
        let (states, actions) = (self.num_states(), self.num_actions());
        let refused = |reason| Error::NotApplicable { method: "a dense array", reason };
        let lacks = |s: &usize| !self.is_terminal(*s) && self.choices(*s).len() < actions;
        if let Some(s) = (0..states).find(lacks) {
            let own = self.choices(s).len();
            return Err(refused(format!(
                "state {s} has {own} of {actions} actions; dense arrays need all of them everywhere"
            )));
        }
        if (states as u64).saturating_mul(states as u64).saturating_mul(actions as u64) > 1 << 28 {
            return Err(refused(format!(
                "P[S, A, S] of {states} states and {actions} actions has more than 2^28 entries; use a sparse format"
            )));
        }
        let mut transitions = Array3::zeros((states, actions, states));
        let mut rewards = Array2::zeros((states, actions));
        for s in 0..states {
            if self.is_terminal(s) {
                for a in 0..actions {
                    transitions[[s, a, s]] = 1.0;
                }
            }
            for c in self.choices(s) {
                let a = self.action_of(s, c);
                rewards[[s, a]] = self.rewards()[c];
                for (t, p) in self.branches(c) {
                    transitions[[s, a, t]] += p;
                }
            }
        }
        Ok((transitions, rewards))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{arr2, arr3};

    fn two_states() -> Mdp {
        let p = arr3(&[[[0.5, 0.5], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]]]);
        Mdp::from_dense(p.view(), arr2(&[[5.0, 10.0], [-1.0, 0.0]]).view()).unwrap()
    }

    #[test]
    fn dense_round_trip() {
        let mdp = two_states();
        assert_eq!((mdp.num_states(), mdp.num_choices(), mdp.num_branches()), (2, 4, 5));
        let (p, r) = mdp.to_dense().unwrap();
        assert_eq!(Mdp::from_dense(p.view(), r.view()).unwrap(), mdp);
        assert_eq!(mdp.expect(0, &[2.0, 4.0]), 3.0);
    }

    #[test]
    fn what_is_too_large_is_refused_before_memory_is_taken() {
        let mut builder = crate::mdp::MdpBuilder::new(200_000);
        (0..200_000).for_each(|s| _ = builder.choice(s, 0, &[(1.0, s, 0.0)]));
        let error = builder.build().unwrap().to_dense().unwrap_err().to_string();
        assert!(error.contains("more than 2^28 entries; use a sparse format"), "{error}");
    }
}
