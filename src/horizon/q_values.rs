//! Action values at every stage: of an exploration policy, of Q-value iteration, of the best and of the worst policy.
//!
//! Cost of each sweep: `O(T · branches)`, one value of 8 bytes per stage and choice. Sums over actions and outcomes run
//! in the table's order, so exact ties are reproducible.

use super::process::{Process, max, min};
use crate::mdp::Policy;
use crate::{Error, Result};

/// Action values `[T, C]`: `layer(t)[c]` is the value of executing choice `c` at stage `t` (counted from 0).
#[derive(Debug, Clone, PartialEq)]
pub struct QTable {
    choices: usize,
    values: Vec<f64>,
}

impl QTable {
    /// `Q¹`: the values of the exploration policy, `Q_t(s, a) = r + E[Σ_b π_{t+1}(b|s') Q_{t+1}(s', b)]`; uniformly
    /// random if none is given.
    ///
    /// # Errors
    /// An exploration policy with fewer stages than the horizon.
    pub fn exploration(process: &Process, policy: Option<&Policy>) -> Result<QTable> {
        if let Some(stages) = policy.and_then(Policy::stages)
            && stages < process.horizon()
        {
            return Err(Error::Shape {
                what: "the exploration policy's stages".into(),
                found: vec![stages],
                expected: vec![process.horizon()],
            });
        }
        let mut table = QTable::zeros(process);
        match policy {
            None => {
                let mean = |_: usize, _: usize, row: std::ops::Range<usize>, x: &[f64]| {
                    let actions = row.len() as f64;
                    x[row].iter().sum::<f64>() / actions
                };
                evaluate(process, mean, |t, x, _| table.layer_mut(t).copy_from_slice(x));
            }
            Some(policy) => {
                let average = |t: usize, s: usize, row: std::ops::Range<usize>, x: &[f64]| {
                    row.map(|c| policy.rule(t).probability(s, c) * x[c]).sum()
                };
                evaluate(process, average, |t, x, _| table.layer_mut(t).copy_from_slice(x));
            }
        }
        Ok(table)
    }

    /// `Q*`: the values of acting optimally afterwards.
    pub fn optimal(process: &Process) -> QTable {
        let mut table = QTable::zeros(process);
        evaluate(process, |_, _, row, x| max(&x[row]), |t, x, _| table.layer_mut(t).copy_from_slice(x));
        table
    }

    fn zeros(process: &Process) -> QTable {
        let choices = process.mdp().num_choices();
        QTable { choices, values: vec![0.0; process.horizon() * choices] }
    }

    /// The values at stage `t`, `[C]`.
    #[inline]
    pub fn layer(&self, t: usize) -> &[f64] {
        &self.values[t * self.choices..(t + 1) * self.choices]
    }

    fn layer_mut(&mut self, t: usize) -> &mut [f64] {
        &mut self.values[t * self.choices..(t + 1) * self.choices]
    }

    /// Number of stages `T`.
    pub fn horizon(&self) -> usize {
        self.values.len().checked_div(self.choices).unwrap_or(0)
    }

    /// One step of Q-value iteration in place, from `Q^k` to `Q^{k+1}`. Stages are visited forwards, so that stage `t`
    /// sees the *old* values of stage `t + 1` (backwards would be full value iteration).
    pub fn qvi_step(&mut self, process: &Process) {
        let mut value = vec![0.0; process.mdp().num_states()];
        for t in 0..process.horizon() - 1 {
            let (head, tail) = self.values.split_at_mut((t + 1) * self.choices);
            let next = &tail[..self.choices];
            process.aggregate(&mut value, |_, row| max(&next[row]));
            process.backup(Some((next, &value)), &mut head[t * self.choices..]);
        }
    }

    /// `Σ_s μ(s) max_a Q_0(s, a)`: the return of acting greedily once, as these values predict it.
    pub fn initial_max(&self, process: &Process) -> f64 {
        let mut value = vec![0.0; process.mdp().num_states()];
        process.aggregate(&mut value, |_, row| max(&self.layer(0)[row]));
        process.mdp().initial_value(&value)
    }

    /// The expected return of the exploration policy whose values these are.
    pub fn initial_average(&self, process: &Process, policy: Option<&Policy>) -> f64 {
        let mut value = vec![0.0; process.mdp().num_states()];
        let x = self.layer(0);
        process.aggregate(&mut value, |s, row| match policy {
            None => x[row.clone()].iter().sum::<f64>() / row.len() as f64,
            Some(policy) => row.map(|c| policy.rule(0).probability(s, c) * x[c]).sum(),
        });
        process.mdp().initial_value(&value)
    }
}

/// Evaluates backwards in time: at each stage `t` the choices' values `x` `[C]` follow from the values of stage `t + 1`,
/// and a state's value is `combine(t, s, choices, x)`. Calls `sink(t, x, values)` for `t = T-1, ..., 0` and returns the
/// expected return `Σ_s μ(s) V_0(s)` (there is no stickiness in the first step). Keeps two layers only.
pub fn evaluate(
    process: &Process,
    combine: impl Fn(usize, usize, std::ops::Range<usize>, &[f64]) -> f64 + Sync,
    mut sink: impl FnMut(usize, &[f64], &[f64]),
) -> f64 {
    let mdp = process.mdp();
    let mut x = vec![0.0; mdp.num_choices()];
    let mut next = vec![0.0; mdp.num_choices()];
    let mut value = vec![0.0; mdp.num_states()];
    for t in (0..process.horizon()).rev() {
        let tail = (t + 1 < process.horizon()).then_some((&next[..], &value[..]));
        process.backup(tail, &mut x);
        process.aggregate(&mut value, |s, row| combine(t, s, row, &x));
        sink(t, &x, &value);
        std::mem::swap(&mut x, &mut next);
    }
    mdp.initial_value(&value)
}

/// The smallest expected return of any policy.
pub fn worst_return(process: &Process) -> f64 {
    evaluate(process, |_, _, row, x| min(&x[row]), |_, _, _| {})
}
