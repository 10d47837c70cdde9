//! Deep Q-learning with a network that reads what happened in a block: a recurrent one, or one that attends to the last pulls.
//!
//! Each update plays a batch of blocks with ε-greedy actions, and takes one step on the squared errors to
//! y_t = r_t + γ Q̄_{t+1}(argmax_a Q_{t+1}(a)), with Q̄ a slowly following copy. γ is the discount from one pull to the next: in the paper's
//! words each pull is an episode, and γ is what credits later episodes. With γ = 0 the network learns to predict the next reward.

use super::attention::Attention;
use super::gru::Recurrent;
use super::task::{Greedy, Task};
use crate::numeric::Adam;
use crate::rng::{self, Purpose};
use crate::{Error, Result};

/// One pull: the arm, and whether it paid.
pub type Pull = (usize, bool);

/// What reads the pulls of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    /// A gated recurrent unit. Without memory its hidden state does not survive a pull and the pull is not shown to it either, so that it knows nothing,
    /// as attention with a context of 0 does but for the step.
    Recurrent {
        /// Whether it remembers.
        memory: bool,
    },
    /// One head of attention over the last `context` pulls, older ones being masked: with 0 it knows the step alone.
    Attention {
        /// The paper's X, counted in pulls.
        context: usize,
    },
}

/// Settings of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// What is trained.
    pub architecture: Architecture,
    /// γ.
    pub discount: f64,
    /// Gradient steps.
    pub updates: usize,
    /// Blocks played for each.
    pub blocks: usize,
    /// Adam's step size, at first and at last; in between it falls geometrically.
    pub step_sizes: (f64, f64),
    /// How far the copy follows at each update.
    pub polyak: f64,
    /// Longest gradient.
    pub clip: f64,
    /// Seed.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            architecture: Architecture::Recurrent { memory: true },
            discount: 1.0,
            updates: 3000,
            blocks: 64,
            step_sizes: (3e-3, 1.5e-4),
            polyak: 0.05,
            clip: 1.0,
            seed: 1,
        }
    }
}

/// A network that can be trained on blocks.
pub(super) trait Network: Clone {
    /// What the steps of a block leave for the backward pass.
    type Trace;

    /// The parameters.
    fn weights(&mut self) -> &mut Vec<f64>;

    /// Room for a block.
    fn trace(&self) -> Self::Trace;

    /// Called when the parameters have changed.
    fn prepare(&mut self) {}

    /// Q after the pulls `played` so far; steps of a block come in order.
    fn values(&self, trace: &mut Self::Trace, played: &[Pull]) -> [f64; 2];

    /// Gathers the gradient of Σ_t ⟨slopes_t, Q_t⟩ over a block.
    fn gather(&mut self, trace: &mut Self::Trace, played: &[Pull], slopes: &[[f64; 2]]);

    /// The gradient gathered, which is then forgotten.
    fn take_gradient(&mut self, out: &mut [f64]);
}

/// A trained network, to be played greedily.
#[derive(Debug, Clone, PartialEq)]
pub enum Trained {
    /// A recurrent one.
    Recurrent(Recurrent),
    /// One that attends.
    Attention(Attention),
}

/// What a trained network knows: a hidden state, or the pulls; and the values that go with it.
#[derive(Debug, Clone)]
pub struct Knowledge {
    hidden: [f64; super::gru::HIDDEN],
    pulls: Vec<Pull>,
    values: [f64; 2],
}

impl Greedy for Trained {
    type State = Knowledge;

    fn start(&self) -> Knowledge {
        let hidden = [0.0; super::gru::HIDDEN];
        match self {
            Trained::Recurrent(network) => {
                let (hidden, values) = network.after(None, &hidden);
                Knowledge { hidden, pulls: Vec::new(), values }
            }
            Trained::Attention(network) => Knowledge { hidden, pulls: Vec::new(), values: network.greedy_values(&[]) },
        }
    }

    fn second(&self, state: &Knowledge, _: usize) -> f64 {
        f64::from(u8::from(state.values[1] > state.values[0]))
    }

    fn after(&self, state: &Knowledge, _: usize, arm: usize, paid: bool) -> Knowledge {
        match self {
            Trained::Recurrent(network) => {
                let (hidden, values) = network.after(Some((arm, paid)), &state.hidden);
                Knowledge { hidden, pulls: Vec::new(), values }
            }
            Trained::Attention(network) => {
                let mut pulls = state.pulls.clone();
                pulls.push((arm, paid));
                let values = if pulls.len() < network.steps() { network.greedy_values(&pulls) } else { [0.0; 2] };
                Knowledge { hidden: state.hidden, pulls, values }
            }
        }
    }
}

/// Trains a network on blocks of `task`.
///
/// # Errors
/// A discount outside [0, 1], no update or block, step sizes, a longest gradient or a share of the copy that are not positive, a share above 1, or a context
/// longer than a block.
pub fn train(task: &Task, options: &Options) -> Result<Trained> {
    if !(0.0..=1.0).contains(&options.discount) {
        return Err(Error::Parameter { name: "discount", value: options.discount, expected: "in [0, 1]" });
    }
    for (name, value) in [("updates", options.updates), ("blocks", options.blocks)] {
        if value == 0 {
            return Err(Error::Parameter { name, value: 0.0, expected: "at least 1" });
        }
    }
    for (name, value) in [
        ("the first step size", options.step_sizes.0),
        ("the last step size", options.step_sizes.1),
        ("clip", options.clip),
        ("polyak", options.polyak),
    ] {
        if !(value > 0.0 && value.is_finite()) {
            return Err(Error::Parameter { name, value, expected: "a positive number" });
        }
    }
    if options.polyak > 1.0 {
        return Err(Error::Parameter { name: "polyak", value: options.polyak, expected: "at most 1" });
    }
    match options.architecture {
        Architecture::Recurrent { memory } => {
            Ok(Trained::Recurrent(fit(task, options, Recurrent::new(memory, options.seed))))
        }
        Architecture::Attention { context } if context > task.pulls() => {
            let expected = "at most the pulls of a block";
            Err(Error::Parameter { name: "context", value: context as f64, expected })
        }
        Architecture::Attention { context } => {
            Ok(Trained::Attention(fit(task, options, Attention::new(context, task.pulls(), options.seed))))
        }
    }
}

fn fit<N: Network>(task: &Task, options: &Options, mut network: N) -> N {
    network.prepare();
    let mut copy = network.clone();
    let mut gradient = vec![0.0; network.weights().len()];
    let mut adam = Adam::new(gradient.len(), options.step_sizes.0);
    let mut environment = rng::fast(options.seed, Purpose::Environment, 0);
    let mut own = rng::fast(options.seed, Purpose::Policy, 0);
    let pulls = task.pulls();
    let (mut trace, mut slow) = (network.trace(), copy.trace());
    let mut values = vec![[0.0; 2]; pulls];
    let mut later = vec![[0.0; 2]; pulls];
    let mut slopes = vec![[0.0; 2]; pulls];
    let mut played: Vec<Pull> = Vec::with_capacity(pulls);
    let scale = 1.0 / (options.blocks * pulls) as f64;
    for update in 0..options.updates {
        let done = update as f64 / options.updates as f64;
        let epsilon = (1.0 - 0.95 * done / 0.7).max(0.05);
        for _ in 0..options.blocks {
            let mut means = task.draw(&mut environment);
            played.clear();
            for t in 0..pulls {
                values[t] = network.values(&mut trace, &played);
                later[t] = copy.values(&mut slow, &played);
                let coin = rng::below(&mut own, 2);
                let explores = rng::uniform(&mut own) < epsilon;
                let arm = if explores { coin } else { usize::from(values[t][1] > values[t][0]) };
                let paid = rng::uniform(&mut environment) < means[arm];
                if task.is_redrawn() {
                    means = task.draw(&mut environment);
                }
                played.push((arm, paid));
            }
            for t in 0..pulls {
                let (arm, paid) = played[t];
                let future = match values.get(t + 1) {
                    Some(next) => options.discount * later[t + 1][usize::from(next[1] > next[0])],
                    None => 0.0,
                };
                slopes[t] = [0.0; 2];
                // Adam climbs, so the slopes are those of minus half the squared error.
                slopes[t][arm] = (f64::from(u8::from(paid)) + future - values[t][arm]) * scale;
            }
            network.gather(&mut trace, &played, &slopes);
        }
        network.take_gradient(&mut gradient);
        let length = gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
        if length > options.clip {
            gradient.iter_mut().for_each(|g| *g *= options.clip / length);
        }
        adam.step_size = options.step_sizes.0 * (options.step_sizes.1 / options.step_sizes.0).powf(done);
        adam.ascend(network.weights(), &gradient);
        for (slow, fast) in copy.weights().iter_mut().zip(network.weights().iter()) {
            *slow += options.polyak * (fast - *slow);
        }
        network.prepare();
        copy.prepare();
    }
    network
}
