//! What a policy may remember, and what it is made of.

use std::collections::HashMap;

use super::network::{Inputs, Network};
use crate::mdp::Mdp;
use crate::numeric::Adam;

/// What a policy may look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Memory {
    /// The step and the state: SubPO-M.
    Markov,
    /// All states visited so far: SubPO-NM.
    History,
}

/// What maps situations to logits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Parameters {
    /// A logit for each situation and choice, zero at first.
    Table,
    /// A small network.
    Network(Inputs),
}

enum Kind {
    Table { logits: Vec<f64>, gradient: Vec<f64>, adam: Adam },
    Network(Box<Network>),
}

/// A policy in training. A situation is what it tells apart: (step, state), or a history. Walks in the same situation share their
/// evaluation and their gradient, which is why a batch costs less than its walks.
pub(super) struct Actor {
    memory: Memory,
    kind: Kind,
    /// Most choices of a state.
    width: usize,
    states: usize,
    /// Situations by (situation before, state), for histories; kept for tables, forgotten after each batch for networks.
    known: HashMap<(u32, u32), u32>,
    /// The batch's situations: probabilities, gathered slopes, and where to read one from.
    slots: Vec<Slot>,
    probabilities: Vec<f64>,
    slopes: Vec<f64>,
    /// The slot of a (step, state) or history in this batch.
    slot_of: HashMap<u64, u32>,
    history: Vec<u32>,
    next_history: u32,
}

struct Slot {
    situation: u64,
    step: usize,
    /// First number of its history in `Actor::history`.
    start: usize,
    choices: usize,
}

impl Actor {
    pub(super) fn new(
        (memory, parameters): (Memory, Parameters),
        mdp: &Mdp,
        horizon: usize,
        step_size: f64,
        seed: u64,
    ) -> Actor {
        let width = (0..mdp.num_states()).map(|s| mdp.choices(s).len()).max().unwrap_or(0);
        let (states, steps) = (mdp.num_states(), horizon - 1);
        let rows = if memory == Memory::Markov { states * steps } else { 0 };
        let kind = match parameters {
            Parameters::Table => Kind::Table {
                logits: vec![0.0; rows * width],
                gradient: vec![0.0; rows * width],
                adam: Adam::new(rows * width, step_size),
            },
            Parameters::Network(inputs) => {
                Kind::Network(Box::new(Network::new((memory, inputs), (states, steps, width), step_size, seed)))
            }
        };
        Actor {
            memory,
            kind,
            width,
            states,
            known: HashMap::new(),
            slots: Vec::new(),
            probabilities: Vec::new(),
            slopes: Vec::new(),
            slot_of: HashMap::new(),
            history: Vec::new(),
            next_history: 1,
        }
    }

    /// The slot of a walk at `step` whose states are `history`; `before` is the situation it was in (0 at the start). Returns the slot and
    /// the situation.
    pub(super) fn situate(&mut self, step: usize, history: &[u32], before: u32, choices: usize) -> (u32, u32) {
        let last = history[step];
        let situation = match self.memory {
            Memory::Markov => (step * self.states) as u32 + last,
            Memory::History => {
                let fresh = self.next_history;
                let found = *self.known.entry((before, last)).or_insert(fresh);
                self.next_history += u32::from(found == fresh);
                found
            }
        };
        let fresh = self.slots.len() as u32;
        let slot = *self.slot_of.entry(u64::from(situation)).or_insert(fresh);
        if slot == fresh {
            self.slots.push(Slot { situation: u64::from(situation), step, start: self.history.len(), choices });
            self.history.extend_from_slice(&history[..=step]);
            self.evaluate(slot as usize);
        }
        (slot, situation)
    }

    /// Fills the probabilities of a new slot.
    fn evaluate(&mut self, slot: usize) {
        let Slot { situation, step, start, choices } = self.slots[slot];
        let at = slot * self.width;
        self.probabilities.resize(at + self.width, 0.0);
        self.slopes.resize(at + self.width, 0.0);
        let out = &mut self.probabilities[at..at + self.width];
        match &mut self.kind {
            Kind::Table { logits, gradient, adam } => {
                let row = situation as usize * self.width;
                if logits.len() < row + self.width {
                    logits.resize(row + self.width, 0.0);
                    gradient.resize(row + self.width, 0.0);
                    adam.grow(row + self.width);
                }
                out.copy_from_slice(&logits[row..row + self.width]);
            }
            Kind::Network(network) => network.logits(step, &self.history[start..=start + step], out),
        }
        softmax(&mut out[..choices]);
        out[choices..].fill(0.0);
    }

    /// The probabilities of a slot's choices.
    pub(super) fn probabilities(&self, slot: u32) -> &[f64] {
        let at = slot as usize * self.width;
        &self.probabilities[at..at + self.slots[slot as usize].choices]
    }

    /// Adds weight · ∇log π(choice) + entropy · ∇H(π) to what the next step climbs.
    pub(super) fn add(&mut self, slot: u32, choice: usize, weight: f64, entropy: f64) {
        let (at, choices) = (slot as usize * self.width, self.slots[slot as usize].choices);
        let row = &self.probabilities[at..at + choices];
        let slopes = &mut self.slopes[at..at + choices];
        for (slope, p) in slopes.iter_mut().zip(row) {
            *slope -= weight * p;
        }
        slopes[choice] += weight;
        if entropy > 0.0 {
            let ln = |p: f64| if p > 0.0 { p.ln() } else { 0.0 };
            let whole: f64 = -row.iter().map(|&p| p * ln(p)).sum::<f64>();
            slopes.iter_mut().zip(row).for_each(|(slope, &p)| *slope -= entropy * p * (ln(p) + whole));
        }
    }

    /// One step along what was gathered; the batch's situations are forgotten.
    pub(super) fn ascend(&mut self) {
        self.gather();
        match &mut self.kind {
            Kind::Table { logits, gradient, adam } => {
                adam.ascend(logits, gradient);
                gradient.fill(0.0);
            }
            Kind::Network(network) => network.ascend(),
        }
        self.forget();
    }

    /// From slopes of situations to slopes of parameters.
    fn gather(&mut self) {
        for (i, slot) in self.slots.iter().enumerate() {
            let slopes = &self.slopes[i * self.width..(i + 1) * self.width];
            match &mut self.kind {
                Kind::Table { gradient, .. } => {
                    let row = slot.situation as usize * self.width;
                    gradient[row..row + self.width].iter_mut().zip(slopes).for_each(|(g, d)| *g += d);
                }
                Kind::Network(network) => {
                    network.add_gradient(slot.step, &self.history[slot.start..=slot.start + slot.step], slopes);
                }
            }
        }
    }

    /// The gradient gathered in a Markov table, which is then forgotten.
    pub(super) fn take_table_gradient(&mut self) -> Option<Vec<f64>> {
        self.gather();
        self.forget();
        match &mut self.kind {
            Kind::Table { gradient, .. } => {
                let empty = vec![0.0; gradient.len()];
                Some(std::mem::replace(gradient, empty))
            }
            Kind::Network(_) => None,
        }
    }

    fn forget(&mut self) {
        self.slots.clear();
        self.slot_of.clear();
        self.history.clear();
        self.probabilities.clear();
        self.slopes.clear();
        if matches!(self.kind, Kind::Network(_)) {
            self.known.clear();
            self.next_history = 1;
        }
    }
}

fn softmax(logits: &mut [f64]) {
    let most = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    logits.iter_mut().for_each(|x| *x = (*x - most).exp());
    let sum: f64 = logits.iter().sum();
    logits.iter_mut().for_each(|x| *x /= sum);
}
