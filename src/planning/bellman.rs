//! One sweep of a Bellman operator over the table: the step every solver repeats.
//!
//! ```text
//! optimality:   (T v)(s)   = max_a { r(s, a) + γ Σ_s' p(s'|s, a) v(s') }        (T v)(terminal) = 0
//! of a policy:  (T_π v)(s) =       r(s, π(s)) + γ Σ_s' p(s'|s, π(s)) v(s')
//! ```
//! (Puterman 2005, equations 6.2.8 and 6.1.10). Jacobi: `out` is computed from `v` alone, so states may be taken in any
//! order. Each sweep also returns the smallest and largest change `out − v`, which the certificate is made of.
//!
//! **Parallel, and the same bits.** States are cut once into runs (module `runs`), whatever the number of threads. Every entry is computed by itself in a fixed order, and the only reductions are minima and maxima, which are
//! exact. A sweep allocates nothing; one that fits in a single run stays on the calling thread.
//!
//! Cost: one pass over the branches, 12 bytes each, plus one gather from `v` each.

use std::ops::Range;

use super::policy_rows::{self, PolicyRows, PolicyRowsMut};
use super::runs::Runs;
use super::uniform_rows::{self, by_row_length};
use crate::mdp::{Mdp, NO_CHOICE};
use crate::{Error, Result};

/// What a sweep changed, over the non-terminal states. With no such state, `min > max`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// The smallest `out − v`.
    pub min: f64,
    /// The largest `out − v`.
    pub max: f64,
    /// The largest `|out|`.
    pub magnitude: f64,
}

impl Change {
    pub(super) const NONE: Change = Change { min: f64::INFINITY, max: f64::NEG_INFINITY, magnitude: 0.0 };

    /// `max − min`: the span seminorm of `out − v` (Puterman 2005, section 6.6.1).
    pub fn span(&self) -> f64 {
        self.max - self.min
    }

    #[inline(always)]
    pub(super) fn add(&mut self, before: f64, after: f64) {
        let change = after - before;
        self.min = self.min.min(change);
        self.max = self.max.max(change);
        self.magnitude = self.magnitude.max(after.abs());
    }

    pub(super) fn join(self, other: Change) -> Change {
        Change {
            min: self.min.min(other.min),
            max: self.max.max(other.max),
            magnitude: self.magnitude.max(other.magnitude),
        }
    }
}

/// `out = T v`: one sweep of the optimality operator with discount `gamma` (1 for an undiscounted step).
///
/// `v` and `out` have shape `[S]`. For many sweeps over one table, make a [`Sweeper`] once.
///
/// # Errors
/// [`Error::Shape`] if `v` or `out` does not have one entry a state.
///
/// ```
/// use tabrl::mdp::MdpBuilder;
/// use tabrl::planning::bellman;
///
/// let mut builder = MdpBuilder::new(2);
/// builder.choice(0, 0, &[(0.5, 0, 1.0), (0.5, 1, 1.0)]).terminal(1);
/// let mdp = builder.build()?;
/// let mut out = [0.0; 2];
/// let change = bellman::backup(&mdp, 0.9, &[2.0, 0.0], &mut out)?;
/// assert_eq!(out, [1.9, 0.0]); // 1 + 0.9 · (0.5 · 2 + 0.5 · 0)
/// assert_eq!(change.span(), 0.0);
/// # Ok::<(), tabrl::Error>(())
/// ```
pub fn backup(mdp: &Mdp, gamma: f64, v: &[f64], out: &mut [f64]) -> Result<Change> {
    for (what, found) in [("v", v.len()), ("out", out.len())] {
        if found != mdp.num_states() {
            return Err(Error::Shape { what: what.into(), found: vec![found], expected: vec![mdp.num_states()] });
        }
    }
    let mut policy = vec![NO_CHOICE; v.len()];
    Ok(Sweeper::new(mdp, gamma).improve(v, out, &mut policy))
}

/// A table cut into fixed runs of states, ready for sweeps. Vectors have shape `[S]`; other lengths panic.
#[derive(Debug, Clone)]
pub struct Sweeper<'a> {
    mdp: &'a Mdp,
    gamma: f64,
    runs: Runs,
    /// The order of sweeps in place, where it is not that of the table.
    order: Option<Vec<u32>>,
    has_no_end: bool,
}

impl<'a> Sweeper<'a> {
    /// Cuts the table. Cost `O(C)`.
    pub fn new(mdp: &'a Mdp, gamma: f64) -> Sweeper<'a> {
        Sweeper { mdp, gamma, runs: Runs::new(mdp), order: None, has_no_end: mdp.num_terminal() == 0 }
    }

    /// The same with an order for sweeps in place: all states that are not terminal.
    pub(super) fn in_order(self, order: Option<Vec<u32>>) -> Sweeper<'a> {
        Sweeper { order, ..self }
    }

    /// The order of sweeps in place; `None` for that of the table.
    pub(super) fn order(&self) -> Option<&[u32]> {
        self.order.as_deref()
    }

    /// Whether no state is terminal.
    pub(super) fn has_no_end(&self) -> bool {
        self.has_no_end
    }

    /// How many runs have rows of one length.
    #[cfg(test)]
    pub(super) fn uniform_runs(&self) -> usize {
        self.runs.row_lengths.iter().filter(|&&length| length > 0).count()
    }

    /// The same sweeps by the loops for rows of any length.
    #[cfg(test)]
    pub(super) fn without_uniform_runs(mut self) -> Sweeper<'a> {
        self.runs.row_lengths.fill(0);
        self
    }

    /// The discount factor.
    pub fn gamma(&self) -> f64 {
        self.gamma
    }

    /// The table.
    pub fn mdp(&self) -> &'a Mdp {
        self.mdp
    }

    /// The first state of each run, and the number of states at the end.
    pub(super) fn cuts(&self) -> &[u32] {
        &self.runs.cuts
    }

    /// Bytes that a sweep of the optimality operator moves: every array once (the value vector twice, for the comparison and
    /// for the result), the choice found, and 8 bytes for each gather.
    pub fn bytes(&self) -> u64 {
        let (states, choices, branches) = (self.mdp.num_states(), self.mdp.num_choices(), self.mdp.num_branches());
        (24 * states + 12 * choices + 20 * branches) as u64
    }

    /// Bytes that a sweep of a policy's operator moves, with rows of the average length.
    pub fn policy_bytes(&self) -> u64 {
        let (states, choices, branches) = (self.mdp.num_states(), self.mdp.num_choices(), self.mdp.num_branches());
        (36 * states + 20 * branches * states / choices.max(1)) as u64
    }

    /// `out = T v`, with the maximising choice of each state in `policy` (the first of equals).
    pub fn improve(&self, v: &[f64], out: &mut [f64], policy: &mut [u32]) -> Change {
        assert!(v.len() == self.mdp.num_states() && out.len() == v.len() && policy.len() == v.len());
        self.fork_improve(self.all(), v, Places { out, policy, values: None, rows: None })
    }

    /// The same, with the value of every choice in `values` `[C]`.
    pub fn improve_with_values(&self, v: &[f64], out: &mut [f64], policy: &mut [u32], values: &mut [f64]) -> Change {
        assert!(v.len() == self.mdp.num_states() && out.len() == v.len() && policy.len() == v.len());
        assert!(values.len() == self.mdp.num_choices());
        self.fork_improve(self.all(), v, Places { out, policy, values: Some(values), rows: None })
    }

    /// `out = T_π v` for the deterministic rule `policy`.
    pub fn evaluate(&self, policy: &[u32], v: &[f64], out: &mut [f64]) -> Change {
        assert!(v.len() == self.mdp.num_states() && out.len() == v.len() && policy.len() == v.len());
        self.fork_evaluate(self.all(), None, policy, v, out)
    }

    /// Room for the rows of a policy.
    pub(super) fn policy_rows(&self) -> PolicyRows {
        PolicyRows::new(self.runs.rows[self.runs.row_lengths.len()], self.mdp.num_states())
    }

    /// [`Sweeper::improve`], and a copy of the rows of the new policy.
    pub(super) fn improve_copying(
        &self,
        v: &[f64],
        out: &mut [f64],
        policy: &mut [u32],
        rows: &mut PolicyRows,
    ) -> Change {
        assert!(v.len() == self.mdp.num_states() && out.len() == v.len() && policy.len() == v.len());
        self.fork_improve(self.all(), v, Places { out, policy, values: None, rows: Some(rows.as_mut()) })
    }

    /// [`Sweeper::evaluate`] of the policy whose rows were copied last.
    pub(super) fn evaluate_copied(&self, rows: &PolicyRows, policy: &[u32], v: &[f64], out: &mut [f64]) -> Change {
        assert!(v.len() == self.mdp.num_states() && out.len() == v.len() && policy.len() == v.len());
        self.fork_evaluate(self.all(), Some(rows), policy, v, out)
    }

    /// All runs.
    fn all(&self) -> Range<usize> {
        0..self.runs.row_lengths.len()
    }

    /// Halves the runs between two threads until one is left.
    fn fork_improve(&self, runs: Range<usize>, v: &[f64], places: Places) -> Change {
        if runs.len() <= 1 {
            return self.improve_run(runs.start, v, places);
        }
        let middle = runs.start.midpoint(runs.end);
        let (left, right) = places.split(self, runs.start, middle);
        let (left, right) = rayon::join(
            || self.fork_improve(runs.start..middle, v, left),
            || self.fork_improve(middle..runs.end, v, right),
        );
        left.join(right)
    }

    fn fork_evaluate(
        &self,
        runs: Range<usize>,
        rows: Option<&PolicyRows>,
        policy: &[u32],
        v: &[f64],
        out: &mut [f64],
    ) -> Change {
        if runs.len() <= 1 {
            return self.evaluate_run(runs.start, rows, policy, v, out);
        }
        let middle = runs.start.midpoint(runs.end);
        let (out_left, out_right) = out.split_at_mut(self.states_between(runs.start, middle));
        let (left, right) = rayon::join(
            || self.fork_evaluate(runs.start..middle, rows, policy, v, out_left),
            || self.fork_evaluate(middle..runs.end, rows, policy, v, out_right),
        );
        left.join(right)
    }

    /// How many states the runs `from..to` have.
    fn states_between(&self, from: usize, to: usize) -> usize {
        (self.runs.cuts[to] - self.runs.cuts[from]) as usize
    }

    fn improve_run(&self, run: usize, v: &[f64], Places { out, policy, values, rows }: Places) -> Change {
        let (first, length) = (self.runs.cuts[run] as usize, self.runs.row_lengths[run]);
        let change = match values {
            Some(values) => self.improve_any::<true>(first, v, out, policy, values),
            None => by_row_length!(length, uniform_rows::improve, (self.mdp, self.gamma, first, v, out, policy), {
                self.improve_any::<false>(first, v, out, policy, &mut [])
            }),
        };
        if let Some(rows) = rows {
            by_row_length!(length, policy_rows::copy, (self.mdp, policy, rows), {});
        }
        change
    }

    fn evaluate_run(
        &self,
        run: usize,
        rows: Option<&PolicyRows>,
        policy: &[u32],
        v: &[f64],
        out: &mut [f64],
    ) -> Change {
        let (first, length, gamma) = (self.runs.cuts[run] as usize, self.runs.row_lengths[run], self.gamma);
        let at = self.runs.rows[run];
        match rows {
            Some(rows) => by_row_length!(length, policy_rows::evaluate, (rows, at, gamma, first, policy, v, out), {
                self.evaluate_any(first, policy, v, out)
            }),
            None => by_row_length!(length, uniform_rows::evaluate, (self.mdp, gamma, first, policy, v, out), {
                self.evaluate_any(first, policy, v, out)
            }),
        }
    }

    /// The states `first..first + out.len()`, with rows of any length.
    fn improve_any<const VALUES: bool>(
        &self,
        first: usize,
        v: &[f64],
        out: &mut [f64],
        policy: &mut [u32],
        values: &mut [f64],
    ) -> Change {
        let (choice_start, branch_start) = (self.mdp.choice_starts(), self.mdp.branch_starts());
        let (next, probability, reward) = (self.mdp.successors(), self.mdp.probabilities(), self.mdp.rewards());
        let first_choice = choice_start[first] as usize;
        let mut change = Change::NONE;
        for ((s, out), policy) in (first..).zip(out).zip(policy) {
            let choices = choice_start[s] as usize..choice_start[s + 1] as usize;
            if choices.is_empty() {
                (*out, *policy) = (0.0, NO_CHOICE);
                continue;
            }
            let (mut best, mut best_choice) = (f64::NEG_INFINITY, NO_CHOICE);
            let ends = &branch_start[choices.start..=choices.end];
            for (i, &r) in reward[choices.clone()].iter().enumerate() {
                let row = ends[i] as usize..ends[i + 1] as usize;
                let q = r + self.gamma * expectation(&next[row.clone()], &probability[row], v);
                if VALUES {
                    values[choices.start + i - first_choice] = q;
                }
                if q > best {
                    (best, best_choice) = (q, (choices.start + i) as u32);
                }
            }
            change.add(v[s], best);
            (*out, *policy) = (best, best_choice);
        }
        change
    }

    /// The states `first..first + out.len()`, with rows of any length.
    fn evaluate_any(&self, first: usize, policy: &[u32], v: &[f64], out: &mut [f64]) -> Change {
        let branch_start = self.mdp.branch_starts();
        let (next, probability, reward) = (self.mdp.successors(), self.mdp.probabilities(), self.mdp.rewards());
        let mut change = Change::NONE;
        for (s, out) in (first..).zip(out) {
            let c = policy[s] as usize;
            if c == NO_CHOICE as usize {
                *out = 0.0;
                continue;
            }
            let row = branch_start[c] as usize..branch_start[c + 1] as usize;
            *out = reward[c] + self.gamma * expectation(&next[row.clone()], &probability[row], v);
            change.add(v[s], *out);
        }
        change
    }
}

/// Where a sweep of some runs writes; everything begins with the first of them.
struct Places<'p> {
    out: &'p mut [f64],
    policy: &'p mut [u32],
    /// The value of every choice, if asked for.
    values: Option<&'p mut [f64]>,
    /// The rows of the choices found, if asked for.
    rows: Option<PolicyRowsMut<'p>>,
}

impl<'p> Places<'p> {
    /// The places of the runs `from..middle`, and of those from `middle` on.
    fn split(self, sweeper: &Sweeper, from: usize, middle: usize) -> (Places<'p>, Places<'p>) {
        let states = sweeper.states_between(from, middle);
        let (out, out_right) = self.out.split_at_mut(states);
        let (policy, policy_right) = self.policy.split_at_mut(states);
        let [first, last] = [from, middle].map(|run| sweeper.runs.cuts[run] as usize);
        let starts = sweeper.mdp.choice_starts();
        let (values, values_right) =
            self.values.map(|values| values.split_at_mut((starts[last] - starts[first]) as usize)).unzip();
        let branches = sweeper.runs.rows[middle] - sweeper.runs.rows[from];
        let (rows, rows_right) = self.rows.map(|rows| rows.split(branches, states)).unzip();
        let right = Places { out: out_right, policy: policy_right, values: values_right, rows: rows_right };
        (Places { out, policy, values, rows }, right)
    }
}

/// `Σ p v(s')` over a row, in an order that depends on its length alone: pairs within blocks of four, then the rest.
#[inline(always)]
pub(super) fn expectation(next: &[u32], probability: &[f64], v: &[f64]) -> f64 {
    let (next_blocks, next_rest) = next.as_chunks::<4>();
    let (probability_blocks, probability_rest) = probability.as_chunks::<4>();
    let mut sum = 0.0;
    for (t, p) in next_blocks.iter().zip(probability_blocks) {
        let term = |i: usize| p[i] * v[t[i] as usize];
        sum += (term(0) + term(1)) + (term(2) + term(3));
    }
    for (&t, &p) in next_rest.iter().zip(probability_rest) {
        sum += p * v[t as usize];
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mdp::MdpBuilder;

    #[test]
    fn lengths_are_checked() {
        let mut builder = MdpBuilder::new(2);
        let mdp = builder.terminal(0).terminal(1).build().unwrap();
        assert!(matches!(backup(&mdp, 0.9, &[0.0], &mut [0.0; 2]), Err(Error::Shape { .. })));
        assert!(matches!(backup(&mdp, 0.9, &[0.0; 2], &mut [0.0; 3]), Err(Error::Shape { .. })));
    }

    #[test]
    fn long_rows_sum_every_branch() {
        for n in 1..20 {
            let next: Vec<u32> = (0..n).collect();
            let v: Vec<f64> = (0..n).map(|i| f64::from(1u32 << i)).collect();
            assert_eq!(expectation(&next, &vec![1.0; n as usize], &v), f64::from((1u32 << n) - 1));
        }
    }
}
