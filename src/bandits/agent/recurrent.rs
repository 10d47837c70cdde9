//! Deep Q-learning with a recurrent network, on blocks of pulls.
//!
//! Each update plays a batch of blocks with ε-greedy actions, and takes one step on the squared errors to
//! y_t = r_t + γ Q̄_{t+1}(argmax_a Q_{t+1}(a)), with Q̄ a slowly following copy. γ is the discount from one pull to the next: in the paper's
//! words each pull is an episode, and γ is what credits later episodes. With γ = 0 the network learns to predict the next reward.

use super::gru::{Gru, HIDDEN, PARAMETERS, Trace};
use super::task::{Greedy, Task};
use crate::numeric::Adam;
use crate::rng::{self, Purpose};
use crate::{Error, Result};

/// Settings of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
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
    /// Whether the hidden state survives a pull.
    pub memory: bool,
    /// Seed.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            discount: 1.0,
            updates: 3000,
            blocks: 64,
            step_sizes: (3e-3, 1.5e-4),
            polyak: 0.05,
            clip: 1.0,
            memory: true,
            seed: 1,
        }
    }
}

/// A trained network, to be played greedily.
#[derive(Debug, Clone, PartialEq)]
pub struct Recurrent {
    network: Gru,
    memory: bool,
}

impl Greedy for Recurrent {
    /// The hidden state and the values that go with it.
    type State = ([f64; HIDDEN], [f64; 2]);

    fn start(&self) -> Self::State {
        let trace = self.network.step(Gru::input(None), &[0.0; HIDDEN]);
        (trace.hidden, trace.values)
    }

    fn second(&self, (_, values): &Self::State, _: usize) -> f64 {
        f64::from(u8::from(values[1] > values[0]))
    }

    fn after(&self, (hidden, _): &Self::State, _: usize, arm: usize, paid: bool) -> Self::State {
        if !self.memory {
            return self.start();
        }
        let trace = self.network.step(Gru::input(Some((arm, paid))), hidden);
        (trace.hidden, trace.values)
    }
}

/// Trains a network on blocks of `task`.
///
/// # Errors
/// A discount outside [0, 1], or no update or block.
pub fn train(task: &Task, options: &Options) -> Result<Recurrent> {
    if !(0.0..=1.0).contains(&options.discount) {
        return Err(Error::Parameter { name: "discount", value: options.discount, expected: "in [0, 1]" });
    }
    for (name, value) in [("updates", options.updates), ("blocks", options.blocks)] {
        if value == 0 {
            return Err(Error::Parameter { name, value: 0.0, expected: "at least 1" });
        }
    }
    let mut network = Gru::new(options.seed);
    let mut copy = network.clone();
    let mut adam = Adam::new(PARAMETERS, options.step_sizes.0);
    let mut environment = rng::fast(options.seed, Purpose::Environment, 0);
    let mut own = rng::fast(options.seed, Purpose::Policy, 0);
    let pulls = task.pulls;
    let blank = network.step(Gru::input(None), &[0.0; HIDDEN]);
    let mut traces: Vec<Trace> = vec![blank; pulls];
    let mut later: Vec<[f64; 2]> = vec![[0.0; 2]; pulls];
    let mut played: Vec<(usize, bool)> = vec![(0, false); pulls];
    let mut gradient = vec![0.0; PARAMETERS];
    for update in 0..options.updates {
        let done = update as f64 / options.updates as f64;
        let epsilon = (1.0 - 0.95 * done / 0.7).max(0.05);
        gradient.fill(0.0);
        for _ in 0..options.blocks {
            let mut means = task.draw(&mut environment);
            let (mut hidden, mut slow) = ([0.0; HIDDEN], [0.0; HIDDEN]);
            let mut last = None;
            for t in 0..pulls {
                let input = Gru::input(last.filter(|_| options.memory));
                traces[t] = network.step(input, &hidden);
                let followed = copy.step(input, &slow);
                later[t] = followed.values;
                if options.memory {
                    (hidden, slow) = (traces[t].hidden, followed.hidden);
                }
                let values = traces[t].values;
                let coin = rng::below(&mut own, 2);
                let explores = rng::uniform(&mut own) < epsilon;
                let arm = if explores { coin } else { usize::from(values[1] > values[0]) };
                let paid = rng::uniform(&mut environment) < means[arm];
                if task.redrawn {
                    means = task.draw(&mut environment);
                }
                played[t] = (arm, paid);
                last = Some((arm, paid));
            }
            let mut after = [0.0; HIDDEN];
            for t in (0..pulls).rev() {
                let (arm, paid) = played[t];
                let reward = f64::from(u8::from(paid));
                let target = match traces.get(t + 1) {
                    Some(next) => {
                        let best = usize::from(next.values[1] > next.values[0]);
                        reward + options.discount * later[t + 1][best]
                    }
                    None => reward,
                };
                let mut slopes = [0.0; 2];
                // Adam climbs, so the slopes are those of minus half the squared error.
                slopes[arm] = (target - traces[t].values[arm]) / (options.blocks * pulls) as f64;
                let back = network.back(&traces[t], slopes, &after, &mut gradient);
                after = if options.memory { back } else { [0.0; HIDDEN] };
            }
        }
        let length = gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
        if length > options.clip {
            gradient.iter_mut().for_each(|g| *g *= options.clip / length);
        }
        adam.step_size = options.step_sizes.0 * (options.step_sizes.1 / options.step_sizes.0).powf(done);
        adam.ascend(&mut network.weights, &gradient);
        for (slow, fast) in copy.weights.iter_mut().zip(&network.weights) {
            *slow += options.polyak * (fast - *slow);
        }
    }
    Ok(Recurrent { network, memory: options.memory })
}
