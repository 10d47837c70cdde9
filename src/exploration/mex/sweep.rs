//! Backward induction that recomputes only what changed, and says how much that was.
//!
//! In the relaxations `Q_h(s, a)` is a function of the price, of the counts of its row, of `V_{h+1}` at the successors seen, and of
//! the largest `V_{h+1}`. Where none of these differs from the last sweep, its value stands: skipping it is exact, not an
//! approximation. A change of price recomputes everything.

use super::super::optimism::{Plan, greedy};
use super::super::{Counting, Counts, Setup};
use super::block::Worths;
use super::layers::Layers;
use crate::rng::Fast;

/// A plan that is kept up to date.
#[derive(Debug, Clone)]
pub(super) struct Sweep {
    pub plan: Plan,
    /// The states that may follow at each step, if not all.
    layers: Option<Layers>,
    /// Rows whose counts changed since the last sweep, and the steps that such a row belongs to.
    changed: Vec<bool>,
    changed_at: Vec<bool>,
    /// The price of the last sweep.
    eta: Option<f64>,
    /// The largest `V_h`, `[H + 1]`.
    largest: Vec<f64>,
    /// States whose `V_{h+1}` changed in this sweep, and those whose `V_h` did.
    moved: Vec<bool>,
    moving: Vec<bool>,
    /// Action values computed so far, of `H · C` a sweep.
    pub computed: u64,
}

impl Sweep {
    pub fn new(setup: &Setup, counts: &Counts, layers: Option<Layers>) -> Sweep {
        let states = setup.mdp.num_states();
        Sweep {
            plan: Plan::new(setup),
            layers,
            changed: vec![false; counts.num_rows()],
            changed_at: vec![false; setup.horizon],
            eta: None,
            largest: vec![0.0; setup.horizon + 1],
            moved: vec![false; states],
            moving: vec![false; states],
            computed: 0,
        }
    }

    /// The row of `choice` at `stage` was counted.
    pub fn mark(&mut self, counts: &Counts, stage: usize, choice: usize) {
        self.changed[counts.row(stage, choice)] = true;
        match counts.counting() {
            Counting::Pooled => self.changed_at.fill(true),
            Counting::Staged => self.changed_at[stage] = true,
        }
    }

    /// Brings the plan up to date: `Q_h(s, a) = worth(h, c, V_{h+1})`.
    pub fn run(
        &mut self,
        setup: &Setup,
        counts: &Counts,
        eta: f64,
        rng: &mut Fast,
        worth: impl Fn(usize, usize, Worths<'_>) -> f64,
    ) {
        let all = self.eta != Some(eta);
        self.eta = Some(eta);
        let (states, choices) = (setup.mdp.num_states(), setup.mdp.num_choices());
        let mut any_moved = false;
        for stage in (0..setup.horizon).rev() {
            if !all && !any_moved && !self.changed_at[stage] {
                continue;
            }
            let (before, after) = self.plan.v.split_at_mut((stage + 1) * states);
            let now = &mut before[stage * states..];
            let next = match &self.layers {
                Some(layers) => Worths::among(&after[..states], layers.at(stage + 1)),
                None => Worths::new(&after[..states]),
            };
            let largest = next.v[next.best];
            let everywhere = all || largest != self.largest[stage + 1];
            self.largest[stage + 1] = largest;
            let q = &mut self.plan.q[stage * choices..(stage + 1) * choices];
            let rules = &mut self.plan.rules[stage * states..(stage + 1) * states];
            let mut any_moving = false;
            for s in 0..states {
                let mut differs = all;
                for c in setup.choices(s) {
                    let row = counts.row(stage, c);
                    let stale = everywhere
                        || self.changed[row]
                        || (any_moved && counts.successors(row).iter().any(|&(t, _)| self.moved[t as usize]));
                    if stale {
                        let value = worth(stage, c, next);
                        differs |= value != q[c];
                        q[c] = value;
                        self.computed += 1;
                    }
                }
                self.moving[s] = false;
                let choices = setup.choices(s);
                if differs && !choices.is_empty() {
                    let c = greedy(choices, q, rng);
                    self.moving[s] = now[s] != q[c];
                    any_moving |= self.moving[s];
                    (now[s], rules[s]) = (q[c], c as u32);
                }
            }
            std::mem::swap(&mut self.moved, &mut self.moving);
            any_moved = any_moving;
        }
        self.changed.fill(false);
        self.changed_at.fill(false);
    }
}
