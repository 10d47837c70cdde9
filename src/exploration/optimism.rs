//! Backward induction on what an agent believes: the step that every model-based explorer repeats.

use super::Setup;
use crate::mdp::NO_CHOICE;
use crate::rng::{self, Fast};

/// The values of a plan and the rules that are greedy for them.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// `Q_h(s, a)`, `[H · C]`.
    pub q: Vec<f64>,
    /// `V_h(s)`, `[(H + 1) · S]`; 0 in terminal states and after the last step.
    pub v: Vec<f64>,
    /// A greedy choice at each step and state, `[H · S]`.
    pub rules: Vec<u32>,
    states: usize,
    choices: usize,
    monotone: bool,
}

impl Plan {
    /// Room for a plan; all values 0, no rules.
    pub fn new(setup: &Setup) -> Plan {
        let (states, choices) = (setup.mdp.num_states(), setup.mdp.num_choices());
        Plan {
            q: vec![0.0; setup.horizon * choices],
            v: vec![0.0; (setup.horizon + 1) * states],
            rules: vec![NO_CHOICE; setup.horizon * states],
            states,
            choices,
            monotone: false,
        }
    }

    /// A plan whose action values never grow: each is the least of what was computed for it so far.
    pub fn monotone(setup: &Setup) -> Plan {
        let mut plan = Plan { monotone: true, ..Plan::new(setup) };
        plan.q.fill(f64::INFINITY);
        plan
    }

    /// `V_h`, `[S]`.
    pub fn values(&self, stage: usize) -> &[f64] {
        &self.v[stage * self.states..(stage + 1) * self.states]
    }

    /// `V_0` from the initial distribution.
    pub fn initial_value(&self, setup: &Setup) -> f64 {
        setup.mdp.initial_value(self.values(0))
    }

    /// One backward step: `Q_h(s, a) = worth(c, V_{h+1})`, `V_h(s) = max_a Q_h(s, a)`, and a greedy rule, ties broken
    /// uniformly by `rng`.
    #[inline]
    pub fn step(&mut self, setup: &Setup, stage: usize, rng: &mut Fast, mut worth: impl FnMut(usize, &[f64]) -> f64) {
        let (before, after) = self.v.split_at_mut((stage + 1) * self.states);
        let (now, next) = (&mut before[stage * self.states..], &after[..self.states]);
        let q = &mut self.q[stage * self.choices..(stage + 1) * self.choices];
        let rules = &mut self.rules[stage * self.states..(stage + 1) * self.states];
        for (s, (v, rule)) in now.iter_mut().zip(rules).enumerate() {
            let row = setup.choices(s);
            if row.is_empty() {
                continue;
            }
            for c in row.clone() {
                let worth = worth(c, next);
                q[c] = if self.monotone { worth.min(q[c]) } else { worth };
            }
            let c = greedy(row, q, rng);
            (*v, *rule) = (q[c], c as u32);
        }
    }
}

/// Greedy rules `[H · S]` for action values `[H · C]`, ties broken uniformly.
pub(super) fn greedy_rules(setup: &Setup, q: &[f64], rules: &mut [u32], rng: &mut Fast) {
    let (states, choices) = (setup.mdp.num_states(), setup.mdp.num_choices());
    for (q, rules) in q.chunks_exact(choices).zip(rules.chunks_exact_mut(states)) {
        for (s, rule) in rules.iter_mut().enumerate() {
            let row = setup.choices(s);
            *rule = if row.is_empty() { NO_CHOICE } else { greedy(row, q, rng) as u32 };
        }
    }
}

/// A choice of `row` with the largest `q`, ties broken uniformly.
#[inline]
pub(super) fn greedy(row: std::ops::Range<usize>, q: &[f64], rng: &mut Fast) -> usize {
    let (mut best, mut ties) = (row.start, 1usize);
    for c in row.skip(1) {
        if q[c] > q[best] {
            (best, ties) = (c, 1);
        } else if q[c] == q[best] {
            // The k-th of equals replaces the one held with probability 1/k, which leaves each with the same chance.
            ties += 1;
            if rng::below(rng, ties) == 0 {
                best = c;
            }
        }
    }
    best
}
