//! A gated recurrent unit with a linear head, for two arms, with its gradient by hand.
//!
//! ```text
//! z = σ(W_z x + U_z h + b_z),   r = σ(W_r x + U_r h + b_r),   n = tanh(W_n x + U_n (r ∘ h) + b_n)
//! h' = (1 - z) ∘ n + z ∘ h,     Q = V h' + c
//! ```
//! x has the last action (one-hot), its reward and a flag for the start of a block. Source: Cho et al. 2014.

use super::deep::{Network, Pull};
use crate::rng::{self, Purpose};

/// Hidden units.
pub const HIDDEN: usize = 16;
/// Inputs.
pub const INPUTS: usize = 4;
const GATE: usize = HIDDEN * (INPUTS + HIDDEN + 1);
/// Number of parameters, 1042.
pub const PARAMETERS: usize = 3 * GATE + 2 * (HIDDEN + 1);

type Vector = [f64; HIDDEN];

/// The network: parameters gate by gate (z, r, n), each `W [inputs, H]`, `U [H, H]` by input unit, `b [H]`; then the head.
#[derive(Debug, Clone, PartialEq)]
pub struct Gru {
    /// All parameters.
    pub weights: Vec<f64>,
}

/// What one step leaves for the backward pass.
#[derive(Debug, Clone, Copy)]
pub struct Trace {
    input: [f64; INPUTS],
    before: Vector,
    z: Vector,
    r: Vector,
    n: Vector,
    /// h'.
    pub hidden: Vector,
    /// Q.
    pub values: [f64; 2],
}

impl Gru {
    /// Weights uniform in ±1/√H.
    pub fn new(seed: u64) -> Gru {
        let mut random = rng::fast(seed, Purpose::Initialisation, 0);
        let scale = 1.0 / (HIDDEN as f64).sqrt();
        Gru { weights: (0..PARAMETERS).map(|_| scale * (2.0 * rng::uniform(&mut random) - 1.0)).collect() }
    }

    /// The input after a pull; without one, that of the start.
    pub fn input(last: Option<(usize, bool)>) -> [f64; INPUTS] {
        match last {
            None => [0.0, 0.0, 0.0, 1.0],
            Some((arm, paid)) => {
                let mut input = [0.0; INPUTS];
                input[arm] = 1.0;
                input[2] = f64::from(u8::from(paid));
                input
            }
        }
    }

    /// W x + U h + b of a gate.
    fn gate(&self, gate: usize, input: &[f64; INPUTS], hidden: &Vector) -> Vector {
        let w = &self.weights[gate * GATE..(gate + 1) * GATE];
        let mut out = [0.0; HIDDEN];
        out.copy_from_slice(&w[HIDDEN * (INPUTS + HIDDEN)..]);
        for (x, row) in input.iter().chain(hidden).zip(w.chunks_exact(HIDDEN)) {
            out.iter_mut().zip(row).for_each(|(o, w)| *o += x * w);
        }
        out
    }

    /// One step from hidden state `before`.
    pub fn step(&self, input: [f64; INPUTS], before: &Vector) -> Trace {
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        let z = self.gate(0, &input, before).map(sigmoid);
        let r = self.gate(1, &input, before).map(sigmoid);
        let kept: Vector = std::array::from_fn(|i| r[i] * before[i]);
        let n = self.gate(2, &input, &kept).map(f64::tanh);
        let hidden: Vector = std::array::from_fn(|i| (1.0 - z[i]) * n[i] + z[i] * before[i]);
        let head = &self.weights[3 * GATE..];
        let values = std::array::from_fn(|a| {
            let row = &head[a * HIDDEN..(a + 1) * HIDDEN];
            head[2 * HIDDEN + a] + row.iter().zip(&hidden).map(|(w, h)| w * h).sum::<f64>()
        });
        Trace { input, before: *before, z, r, n, hidden, values }
    }

    /// Adds the gradient of a step: `slopes` are those of its Q, `after` those of its h' from later steps. Returns the slopes of `before`.
    pub fn back(&self, trace: &Trace, slopes: [f64; 2], after: &Vector, gradient: &mut [f64]) -> Vector {
        let mut dh = *after;
        let (gates, head) = gradient.split_at_mut(3 * GATE);
        for (a, &slope) in slopes.iter().enumerate().filter(|(_, slope)| **slope != 0.0) {
            for i in 0..HIDDEN {
                head[a * HIDDEN + i] += slope * trace.hidden[i];
                dh[i] += slope * self.weights[3 * GATE + a * HIDDEN + i];
            }
            head[2 * HIDDEN + a] += slope;
        }
        let dn: Vector = std::array::from_fn(|i| dh[i] * (1.0 - trace.z[i]) * (1.0 - trace.n[i] * trace.n[i]));
        let dz: Vector =
            std::array::from_fn(|i| dh[i] * (trace.before[i] - trace.n[i]) * trace.z[i] * (1.0 - trace.z[i]));
        let mut before: Vector = std::array::from_fn(|i| dh[i] * trace.z[i]);
        let kept: Vector = std::array::from_fn(|i| trace.r[i] * trace.before[i]);
        let through = self.gate_back(2, &trace.input, &kept, &dn, gates);
        let dr: Vector = std::array::from_fn(|i| through[i] * trace.before[i] * trace.r[i] * (1.0 - trace.r[i]));
        (0..HIDDEN).for_each(|i| before[i] += through[i] * trace.r[i]);
        for (gate, d) in [(0, &dz), (1, &dr)] {
            let back = self.gate_back(gate, &trace.input, &trace.before, d, gates);
            (0..HIDDEN).for_each(|i| before[i] += back[i]);
        }
        before
    }

    fn gate_back(&self, gate: usize, input: &[f64; INPUTS], hidden: &Vector, d: &Vector, gates: &mut [f64]) -> Vector {
        let g = &mut gates[gate * GATE..(gate + 1) * GATE];
        for (x, row) in input.iter().chain(hidden).zip(g.chunks_exact_mut(HIDDEN)) {
            row.iter_mut().zip(d).for_each(|(g, d)| *g += x * d);
        }
        g[HIDDEN * (INPUTS + HIDDEN)..].iter_mut().zip(d).for_each(|(g, d)| *g += d);
        let w = &self.weights[gate * GATE + INPUTS * HIDDEN..];
        std::array::from_fn(|i| w[i * HIDDEN..(i + 1) * HIDDEN].iter().zip(d).map(|(w, d)| w * d).sum())
    }
}

/// The unit as a network for blocks.
#[derive(Debug, Clone, PartialEq)]
pub struct Recurrent {
    unit: Gru,
    memory: bool,
    gradient: Vec<f64>,
}

impl Recurrent {
    pub(super) fn new(memory: bool, seed: u64) -> Recurrent {
        Recurrent { unit: Gru::new(seed), memory, gradient: vec![0.0; PARAMETERS] }
    }

    /// The hidden state and the values after one more pull, or at the start.
    pub(super) fn after(&self, last: Option<Pull>, before: &Vector) -> (Vector, [f64; 2]) {
        let trace = match last.filter(|_| self.memory) {
            None => self.unit.step(Gru::input(None), &[0.0; HIDDEN]),
            pull => self.unit.step(Gru::input(pull), before),
        };
        (trace.hidden, trace.values)
    }
}

impl Network for Recurrent {
    type Trace = Vec<Trace>;

    fn weights(&mut self) -> &mut Vec<f64> {
        &mut self.unit.weights
    }

    fn trace(&self) -> Vec<Trace> {
        Vec::new()
    }

    fn values(&self, trace: &mut Vec<Trace>, played: &[Pull]) -> [f64; 2] {
        trace.truncate(played.len());
        let last = played.last().copied().filter(|_| self.memory);
        let before = trace.last().filter(|_| self.memory).map_or([0.0; HIDDEN], |before| before.hidden);
        let step = self.unit.step(Gru::input(last), &before);
        trace.push(step);
        step.values
    }

    fn gather(&mut self, trace: &mut Vec<Trace>, _: &[Pull], slopes: &[[f64; 2]]) {
        let mut after = [0.0; HIDDEN];
        for (step, slopes) in trace.iter().zip(slopes).rev() {
            let before = self.unit.back(step, *slopes, &after, &mut self.gradient);
            after = if self.memory { before } else { [0.0; HIDDEN] };
        }
    }

    fn take_gradient(&mut self, out: &mut [f64]) {
        out.copy_from_slice(&self.gradient);
        self.gradient.fill(0.0);
    }
}
