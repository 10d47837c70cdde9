//! A small network: tanh layers of 64 and 32 units and a softmax, as the paper's grids have them.
//!
//! A Markovian policy sees the state's number and the step (2437 parameters for five actions), a history-dependent one the numbers of
//! the states visited so far, -1 for those to come (4805 parameters for H = 40). Weights and biases start uniform in ±1/√inputs.
//!
//! Source: the authors' code, as described in the project's notes on the paper.

use super::actor::Memory;
use crate::numeric::Adam;
use crate::rng::{self, Purpose};

const HIDDEN: [usize; 2] = [64, 32];

/// How states and steps become numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inputs {
    /// As they are, 0..n and 0..H, as in the released code. Large numbers saturate the first layer.
    Raw,
    /// Scaled to [-1, 1].
    Scaled,
}

/// The network with its optimiser.
#[derive(Debug, Clone)]
pub struct Network {
    memory: Memory,
    inputs: Inputs,
    states: usize,
    steps: usize,
    /// Sizes of the layers: inputs, hidden, hidden, outputs.
    sizes: [usize; 4],
    /// Layer by layer: weights `[in, out]`, biases `[out]`.
    weights: Vec<f64>,
    gradient: Vec<f64>,
    adam: Adam,
    layers: [Vec<f64>; 4],
    backward: [Vec<f64>; 4],
}

impl Network {
    pub(super) fn new(
        (memory, inputs): (Memory, Inputs),
        (states, steps, width): (usize, usize, usize),
        step_size: f64,
        seed: u64,
    ) -> Network {
        let first = match memory {
            Memory::Markov => 2,
            Memory::History => steps,
        };
        let sizes = [first, HIDDEN[0], HIDDEN[1], width];
        let mut random = rng::fast(seed, Purpose::Initialisation, 0);
        let mut weights = Vec::new();
        for pair in sizes.windows(2) {
            let scale = 1.0 / (pair[0].max(1) as f64).sqrt();
            weights.extend((0..(pair[0] + 1) * pair[1]).map(|_| scale * (2.0 * rng::uniform(&mut random) - 1.0)));
        }
        Network {
            memory,
            inputs,
            states,
            steps,
            gradient: vec![0.0; weights.len()],
            adam: Adam::new(weights.len(), step_size),
            layers: sizes.map(|n| vec![0.0; n]),
            backward: sizes.map(|n| vec![0.0; n]),
            weights,
            sizes,
        }
    }

    /// Number of parameters.
    pub fn parameters(&self) -> usize {
        self.weights.len()
    }

    fn scaled(&self, value: f64, most: usize) -> f64 {
        match self.inputs {
            Inputs::Raw => value,
            Inputs::Scaled => 2.0 * value / most.max(1) as f64 - 1.0,
        }
    }

    fn read(&mut self, step: usize, history: &[u32]) {
        match self.memory {
            Memory::Markov => {
                let last = history.last().map_or(0.0, |&s| f64::from(s));
                self.layers[0][0] = self.scaled(last, self.states - 1);
                self.layers[0][1] = self.scaled(step as f64, self.steps.saturating_sub(1));
            }
            Memory::History => {
                for i in 0..self.steps {
                    // States to come count as -1, which no state has, scaled or not.
                    let number = history.get(i).map_or(-1.0, |&s| f64::from(s));
                    self.layers[0][i] = self.scaled(number, self.states - 1);
                }
            }
        }
    }

    /// The logits after `history`, which ends at `step`.
    pub(super) fn logits(&mut self, step: usize, history: &[u32], out: &mut [f64]) {
        self.read(step, history);
        let mut at = 0;
        for layer in 0..3 {
            let (n, m) = (self.sizes[layer], self.sizes[layer + 1]);
            let (weights, biases) = self.weights[at..at + (n + 1) * m].split_at(n * m);
            let (before, after) = self.layers.split_at_mut(layer + 1);
            after[0].copy_from_slice(biases);
            for (x, row) in before[layer].iter().zip(weights.chunks_exact(m)) {
                after[0].iter_mut().zip(row).for_each(|(y, w)| *y += x * w);
            }
            if layer < 2 {
                after[0].iter_mut().for_each(|y| *y = y.tanh());
            }
            at += (n + 1) * m;
        }
        out.copy_from_slice(&self.layers[3]);
    }

    /// Adds the gradient of ⟨slopes, logits⟩ after `history`.
    pub(super) fn add_gradient(&mut self, step: usize, history: &[u32], slopes: &[f64]) {
        let mut out = std::mem::take(&mut self.backward[3]);
        self.logits(step, history, &mut out);
        out.copy_from_slice(slopes);
        self.backward[3] = out;
        let mut end = self.weights.len();
        for layer in (0..3).rev() {
            let (n, m) = (self.sizes[layer], self.sizes[layer + 1]);
            let at = end - (n + 1) * m;
            let (before, after) = self.backward.split_at_mut(layer + 1);
            let back = &after[0];
            let (weights, biases) = self.gradient[at..end].split_at_mut(n * m);
            biases.iter_mut().zip(back).for_each(|(g, d)| *g += d);
            for (i, (row, x)) in weights.chunks_exact_mut(m).zip(&self.layers[layer]).enumerate() {
                row.iter_mut().zip(back).for_each(|(g, d)| *g += x * d);
                if layer > 0 {
                    let forward = &self.weights[at + i * m..at + (i + 1) * m];
                    before[layer][i] = (1.0 - x * x) * dot(forward, back);
                }
            }
            end = at;
        }
    }

    /// One step along the gradient gathered, which is then forgotten.
    pub(super) fn ascend(&mut self) {
        self.adam.ascend(&mut self.weights, &self.gradient);
        self.gradient.fill(0.0);
    }

    #[cfg(test)]
    pub(super) fn weights_and_gradient(&mut self) -> (&mut Vec<f64>, &[f64]) {
        (&mut self.weights, &self.gradient)
    }
}

/// An inner product with four sums, in an order that does not depend on the machine.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let (mut left, mut right) = (a.chunks_exact(4), b.chunks_exact(4));
    for (x, y) in left.by_ref().zip(right.by_ref()) {
        (0..4).for_each(|i| sums[i] += x[i] * y[i]);
    }
    let rest: f64 = left.remainder().iter().zip(right.remainder()).map(|(x, y)| x * y).sum();
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}
