//! One head of attention over the last X pulls of a block, with its gradient by hand.
//!
//! ```text
//! u_j = E x_j + p_j            x_j: arm and reward of pull j - 1 (one of four), or the start;  p_j: a vector for each step
//! a_j ∝ exp(⟨W_q p_t, W_k u_j⟩/√d)   over the start and the last X pulls
//! z = p_t + Σ_j a_j W_v u_j,   h = tanh(W z + b),   Q = V h + c
//! ```
//! What asks is the step alone, so that with X = 0 nothing is known of the pulls: X is the length of the context that Rentschler and
//! Roberts (arXiv 2508.01287) cut, in pulls rather than in tokens. Keys and values depend on a step and one of five inputs, so that they
//! are computed once an update. Source of attention: Vaswani et al. 2017.

use super::deep::{Network, Pull};
use crate::rng::{self, Purpose};

/// Width d.
const WIDTH: usize = 16;
/// Kinds of inputs: the start, and arm times reward.
const INPUTS: usize = 5;
const SQUARE: usize = WIDTH * WIDTH;

type Vector = [f64; WIDTH];

/// The network: parameters E `[5, d]`, p `[T, d]`, W_q, W_k, W_v, W `[d, d]` by output, b `[d]`, V `[2, d]`, c `[2]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Attention {
    context: usize,
    steps: usize,
    weights: Vec<f64>,
    /// Queries `[T]`, keys and values `[T, 5]` of the present parameters.
    queries: Vec<Vector>,
    keys: Vec<Vector>,
    values: Vec<Vector>,
    gradient: Vec<f64>,
    /// What the backward pass gathers for queries, keys and values.
    by_query: Vec<Vector>,
    by_key: Vec<Vector>,
    by_value: Vec<Vector>,
}

/// What a step leaves for the backward pass.
#[derive(Debug, Clone)]
pub struct Step {
    /// Weights of the start and of the visible pulls, oldest first.
    weights: Vec<f64>,
    z: Vector,
    hidden: Vector,
}

/// First parameter of each part.
struct Places {
    positions: usize,
    query: usize,
    key: usize,
    value: usize,
    layer: usize,
    bias: usize,
    head: usize,
    end: usize,
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// W x, for a square W by output.
fn times(w: &[f64], x: &Vector) -> Vector {
    std::array::from_fn(|i| dot(&w[i * WIDTH..(i + 1) * WIDTH], x))
}

/// Adds d xᵀ to the gradient of W and Wᵀ d to that of x.
fn times_back(w: &[f64], x: &Vector, d: &Vector, gradient: &mut [f64], by_x: &mut Vector) {
    for i in 0..WIDTH {
        for k in 0..WIDTH {
            gradient[i * WIDTH + k] += d[i] * x[k];
            by_x[k] += d[i] * w[i * WIDTH + k];
        }
    }
}

impl Attention {
    /// Weights uniform in ±1/√d. A context of X pulls, in blocks of T.
    pub(super) fn new(context: usize, steps: usize, seed: u64) -> Attention {
        let mut random = rng::fast(seed, Purpose::Initialisation, 0);
        let scale = 1.0 / (WIDTH as f64).sqrt();
        let count = places(steps).end;
        let weights = (0..count).map(|_| scale * (2.0 * rng::uniform(&mut random) - 1.0)).collect();
        let empty = |n: usize| vec![[0.0; WIDTH]; n];
        Attention {
            context,
            steps,
            weights,
            queries: empty(steps),
            keys: empty(steps * INPUTS),
            values: empty(steps * INPUTS),
            gradient: vec![0.0; count],
            by_query: empty(steps),
            by_key: empty(steps * INPUTS),
            by_value: empty(steps * INPUTS),
        }
    }

    /// T.
    pub(super) fn steps(&self) -> usize {
        self.steps
    }

    fn position(&self, t: usize) -> Vector {
        let at = places(self.steps).positions + t * WIDTH;
        std::array::from_fn(|i| self.weights[at + i])
    }

    /// u of a step and an input.
    fn token(&self, step: usize, input: usize) -> Vector {
        let (position, embedding) = (self.position(step), &self.weights[input * WIDTH..(input + 1) * WIDTH]);
        std::array::from_fn(|i| position[i] + embedding[i])
    }

    fn forward(&self, played: &[Pull], weights: &mut Vec<f64>) -> (Vector, Vector, [f64; 2]) {
        let t = played.len();
        let places = places(self.steps);
        let query = &self.queries[t];
        weights.clear();
        weights.extend(visible(self.context, played).map(|at| dot(query, &self.keys[at]) / (WIDTH as f64).sqrt()));
        let most = weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        weights.iter_mut().for_each(|w| *w = (*w - most).exp());
        let sum: f64 = weights.iter().sum();
        weights.iter_mut().for_each(|w| *w /= sum);
        let mut z = self.position(t);
        for (at, w) in visible(self.context, played).zip(weights.iter()) {
            z.iter_mut().zip(&self.values[at]).for_each(|(z, v)| *z += w * v);
        }
        let inner = times(&self.weights[places.layer..places.bias], &z);
        let hidden: Vector = std::array::from_fn(|i| (inner[i] + self.weights[places.bias + i]).tanh());
        let head = &self.weights[places.head..];
        let values = std::array::from_fn(|a| dot(&head[a * WIDTH..(a + 1) * WIDTH], &hidden) + head[2 * WIDTH + a]);
        (z, hidden, values)
    }

    /// Q after the pulls of a block.
    pub(super) fn greedy_values(&self, played: &[Pull]) -> [f64; 2] {
        self.forward(played, &mut Vec::with_capacity(self.context + 1)).2
    }
}

/// Places of the keys of what is visible after `played`: the start, then the last `context` pulls.
fn visible(context: usize, played: &[Pull]) -> impl Iterator<Item = usize> {
    let first = played.len() - played.len().min(context);
    let place = move |j: usize| {
        let (arm, paid) = played[j];
        (j + 1) * INPUTS + 1 + 2 * arm + usize::from(paid)
    };
    std::iter::once(0).chain((first..played.len()).map(place))
}

fn places(steps: usize) -> Places {
    let positions = INPUTS * WIDTH;
    let query = positions + steps * WIDTH;
    let layer = query + 3 * SQUARE;
    let bias = layer + SQUARE;
    let head = bias + WIDTH;
    Places {
        positions,
        query,
        key: query + SQUARE,
        value: query + 2 * SQUARE,
        layer,
        bias,
        head,
        end: head + 2 * WIDTH + 2,
    }
}

impl Network for Attention {
    type Trace = Vec<Step>;

    fn weights(&mut self) -> &mut Vec<f64> {
        &mut self.weights
    }

    fn trace(&self) -> Vec<Step> {
        let step = Step { weights: Vec::with_capacity(self.context + 1), z: [0.0; WIDTH], hidden: [0.0; WIDTH] };
        vec![step; self.steps]
    }

    fn prepare(&mut self) {
        let at = places(self.steps);
        for t in 0..self.steps {
            self.queries[t] = times(&self.weights[at.query..at.key], &self.position(t));
            for input in 0..INPUTS {
                let token = self.token(t, input);
                self.keys[t * INPUTS + input] = times(&self.weights[at.key..at.value], &token);
                self.values[t * INPUTS + input] = times(&self.weights[at.value..at.layer], &token);
            }
        }
    }

    fn values(&self, trace: &mut Vec<Step>, played: &[Pull]) -> [f64; 2] {
        let step = &mut trace[played.len()];
        let (z, hidden, values) = self.forward(played, &mut step.weights);
        (step.z, step.hidden) = (z, hidden);
        values
    }

    fn gather(&mut self, trace: &mut Vec<Step>, played: &[Pull], slopes: &[[f64; 2]]) {
        let at = places(self.steps);
        for (t, (step, slopes)) in trace.iter_mut().zip(slopes).enumerate() {
            let mut inner = [0.0; WIDTH];
            for (a, &slope) in slopes.iter().enumerate().filter(|(_, slope)| **slope != 0.0) {
                for i in 0..WIDTH {
                    self.gradient[at.head + a * WIDTH + i] += slope * step.hidden[i];
                    inner[i] += slope * self.weights[at.head + a * WIDTH + i];
                }
                self.gradient[at.head + 2 * WIDTH + a] += slope;
            }
            (0..WIDTH).for_each(|i| inner[i] *= 1.0 - step.hidden[i] * step.hidden[i]);
            let mut dz = [0.0; WIDTH];
            let (weights, gradient) = (&self.weights[at.layer..at.bias], &mut self.gradient[at.layer..at.bias]);
            times_back(weights, &step.z, &inner, gradient, &mut dz);
            for i in 0..WIDTH {
                self.gradient[at.bias + i] += inner[i];
                self.gradient[at.positions + t * WIDTH + i] += dz[i];
            }
            let (context, before) = (self.context, &played[..t]);
            // Slopes of the weights, then of the scores.
            let mean: f64 =
                visible(context, before).zip(&step.weights).map(|(place, w)| w * dot(&dz, &self.values[place])).sum();
            for (place, w) in visible(context, before).zip(&step.weights) {
                let slope = w * (dot(&dz, &self.values[place]) - mean) / (WIDTH as f64).sqrt();
                for i in 0..WIDTH {
                    self.by_value[place][i] += w * dz[i];
                    self.by_query[t][i] += slope * self.keys[place][i];
                    self.by_key[place][i] += slope * self.queries[t][i];
                }
            }
        }
    }

    fn take_gradient(&mut self, out: &mut [f64]) {
        let at = places(self.steps);
        for t in 0..self.steps {
            let position = self.position(t);
            let mut by_position = [0.0; WIDTH];
            let (weights, gradient) = (&self.weights[at.query..at.key], &mut self.gradient[at.query..at.key]);
            times_back(weights, &position, &self.by_query[t], gradient, &mut by_position);
            for input in 0..INPUTS {
                let (token, place) = (self.token(t, input), t * INPUTS + input);
                let mut by_token = [0.0; WIDTH];
                for (from, to, d) in
                    [(at.key, at.value, &self.by_key[place]), (at.value, at.layer, &self.by_value[place])]
                {
                    let (weights, gradient) = (&self.weights[from..to], &mut self.gradient[from..to]);
                    times_back(weights, &token, d, gradient, &mut by_token);
                }
                for i in 0..WIDTH {
                    self.gradient[input * WIDTH + i] += by_token[i];
                    by_position[i] += by_token[i];
                }
            }
            (0..WIDTH).for_each(|i| self.gradient[at.positions + t * WIDTH + i] += by_position[i]);
        }
        out.copy_from_slice(&self.gradient);
        self.gradient.fill(0.0);
        for gathered in [&mut self.by_query, &mut self.by_key, &mut self.by_value] {
            gathered.fill([0.0; WIDTH]);
        }
    }
}
