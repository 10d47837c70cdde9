//! A finite-horizon decision process, with or without sticky actions.
//!
//! With stickiness `p`, from the second step on the previously *executed* action is executed again with probability `p`
//! instead of the chosen one. The state of that process is `(s, b)` with `b` the last executed action, but no array of
//! that size is needed: with `X_t(s, a)` the value of *executing* `a`,
//! ```text
//! X_t(s, a) = r(s, a) + E[V_{t+1}(s', a)]          V_t(s, b) = (1 - p) · agg_a X_t(s, a) + p · X_t(s, b)
//! ```
//! where `agg` is max, min or an average over the policy, and `Q_t(s, b, a) = (1 - p) X_t(s, a) + p X_t(s, b)`: what is
//! greedy never depends on `b`, and a gap of `Q` is `(1 - p)` times the gap of `X`. Without stickiness `X = Q`.

use std::ops::Range;

use rayon::prelude::*;

use crate::mdp::Mdp;
use crate::{Error, Result};

/// Work per parallel task; smaller layers are computed on one thread. Every entry is computed alone, so the split
/// never changes a bit.
const CHUNK: usize = 1 << 14;

/// Most numbers that a table over stages and choices may hold: 2 GiB of them.
const MOST_ENTRIES: usize = 1 << 28;

/// A table with a horizon `T` and, if asked for, sticky actions. Stages are counted from 0: `0..T`.
#[derive(Debug, Clone, Copy)]
pub struct Process<'a> {
    mdp: &'a Mdp,
    horizon: usize,
    sticky: f64,
}

impl<'a> Process<'a> {
    /// The process on `mdp` that ends after `horizon` steps; `sticky` is the probability that the last executed action
    /// is repeated.
    ///
    /// # Errors
    /// A horizon of 0, a stickiness outside `[0, 1)`, or stickiness where some state lacks an action.
    pub fn new(mdp: &'a Mdp, horizon: usize, sticky: Option<f64>) -> Result<Process<'a>> {
        if horizon == 0 {
            return Err(Error::Parameter { name: "horizon", value: 0.0, expected: "at least 1" });
        }
        if horizon.saturating_mul(mdp.num_choices()) > MOST_ENTRIES {
            return Err(Error::NotApplicable {
                method: "the analysis over a horizon",
                reason: format!(
                    "{horizon} steps of {} choices make tables of more than {MOST_ENTRIES} numbers; shorten the horizon",
                    mdp.num_choices()
                ),
            });
        }
        let probability = sticky.unwrap_or(0.0);
        if !(0.0..1.0).contains(&probability) {
            return Err(Error::Parameter { name: "sticky", value: probability, expected: "a probability in [0, 1)" });
        }
        let process = Process { mdp, horizon, sticky: probability };
        if sticky.is_some() {
            process.require_uniform_actions("sticky actions")?;
        }
        Ok(process)
    }

    /// The same table and horizon without sticky actions.
    pub(crate) fn without_stickiness(&self) -> Process<'a> {
        Process { sticky: 0.0, ..*self }
    }

    /// The table.
    pub fn mdp(&self) -> &'a Mdp {
        self.mdp
    }

    /// Number of steps `T`.
    pub fn horizon(&self) -> usize {
        self.horizon
    }

    /// The probability that the last executed action is repeated (0 without stickiness).
    pub fn sticky(&self) -> f64 {
        self.sticky
    }

    /// Whether every choice has one outcome and the actions are not sticky.
    pub fn is_deterministic(&self) -> bool {
        self.sticky == 0.0 && self.mdp.num_branches() == self.mdp.num_choices() && self.mdp.initial().len() == 1
    }

    /// Fails, naming a state, where some non-terminal state lacks an action.
    pub(crate) fn require_uniform_actions(&self, method: &'static str) -> Result<()> {
        let (mdp, actions) = (self.mdp, self.mdp.num_actions());
        match (0..mdp.num_states()).find(|&s| !mdp.is_terminal(s) && mdp.choices(s).len() != actions) {
            None => Ok(()),
            Some(s) => Err(Error::NotApplicable {
                method,
                reason: format!(
                    "state {s} has {} of the {actions} actions; every non-terminal state needs all of them",
                    mdp.choices(s).len()
                ),
            }),
        }
    }

    /// Fails where the process is not deterministic.
    pub(crate) fn require_deterministic(&self, method: &'static str) -> Result<()> {
        if self.is_deterministic() {
            return Ok(());
        }
        Err(Error::NotApplicable {
            method,
            reason: "it is defined for deterministic processes: one initial state, one outcome for every choice, no \
                     sticky actions"
                .into(),
        })
    }

    /// One backup: `out[c] = r(c) + E[V(s', a)]` for every choice, where `V(s', b) = (1 - p) value[s'] + p x[(s', b)]`.
    /// Shapes: `x`, `out` `[C]`, `value` `[S]` (0 where terminal). `None` stands for the end of time, where `V = 0`.
    pub(crate) fn backup(&self, next: Option<(&[f64], &[f64])>, out: &mut [f64]) {
        let mdp = self.mdp;
        let Some((x, value)) = next else {
            out.copy_from_slice(mdp.rewards());
            return;
        };
        let (p, actions) = (self.sticky, mdp.num_actions());
        if p == 0.0 && mdp.num_branches() == mdp.num_choices() {
            // One outcome each: branch c is choice c, and the sum below has one term, with probability 1.
            out.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, out)| {
                let rest = mdp.rewards()[chunk * CHUNK..].iter().zip(&mdp.successors()[chunk * CHUNK..]);
                out.iter_mut().zip(rest).for_each(|(out, (r, &t))| *out = r + value[t as usize]);
            });
            return;
        }
        out.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, out)| {
            let first = chunk * CHUNK;
            for (offset, out) in out.iter_mut().enumerate() {
                let c = first + offset;
                let mut sum = 0.0;
                for (t, probability) in mdp.branches(c) {
                    sum += probability
                        * if p == 0.0 {
                            value[t]
                        } else {
                            // Every non-terminal state has all actions, so choice c stands for action c mod A.
                            let row = mdp.choices(t);
                            if row.is_empty() { 0.0 } else { (1.0 - p) * value[t] + p * x[row.start + c % actions] }
                        };
                }
                *out = mdp.rewards()[c] + sum;
            }
        });
    }

    /// `out[s] = f(s, choices of s)`, and 0 in terminal states. Shape `[S]`.
    pub(crate) fn aggregate(&self, out: &mut [f64], f: impl Fn(usize, Range<usize>) -> f64 + Sync) {
        let mdp = self.mdp;
        out.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, out)| {
            let first = chunk * CHUNK;
            for (offset, out) in out.iter_mut().enumerate() {
                let s = first + offset;
                let row = mdp.choices(s);
                *out = if row.is_empty() { 0.0 } else { f(s, row) };
            }
        });
    }
}

/// The largest entry.
#[inline]
pub(crate) fn max(row: &[f64]) -> f64 {
    row.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

/// The smallest entry.
#[inline]
pub(crate) fn min(row: &[f64]) -> f64 {
    row.iter().copied().fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mdp::MdpBuilder;

    #[test]
    fn bad_settings_are_named() {
        let mut builder = MdpBuilder::new(3);
        builder.choice(0, 0, &[(1.0, 1, 0.0)]).choice(0, 1, &[(1.0, 2, 0.0)]);
        builder.choice(1, 1, &[(1.0, 2, 1.0)]).terminal(2);
        let mdp = builder.build().unwrap();
        assert!(matches!(Process::new(&mdp, 0, None), Err(Error::Parameter { name: "horizon", .. })));
        assert!(matches!(Process::new(&mdp, 3, Some(1.0)), Err(Error::Parameter { name: "sticky", .. })));
        let message = Process::new(&mdp, 3, Some(0.25)).unwrap_err().to_string();
        assert!(message.contains("state 1 has 1 of the 2 actions"), "{message}");
        assert!(Process::new(&mdp, 3, None).unwrap().is_deterministic());
    }
}
