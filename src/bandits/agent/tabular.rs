//! Q-learning whose state is what an agent remembers of its block.
//!
//! One-step targets r + γ max_a Q(next, a), step sizes n(s, a)^-0.7, ε from 1 to 0.05 over the first 80 % of the blocks.

use std::collections::HashMap;

use super::task::{Greedy, Task};
use crate::rng::{self, Fast, Purpose};
use crate::{Error, Result};

/// What is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Memory {
    /// Successes and failures of each arm.
    Counts,
    /// The last k pulls with their rewards; with k = 0 nothing.
    Window(u32),
}

/// Settings of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// What is remembered.
    pub memory: Memory,
    /// Whether the step is part of the state.
    pub step: bool,
    /// γ.
    pub discount: f64,
    /// Blocks of training.
    pub blocks: u64,
    /// Seed.
    pub seed: u64,
}

/// What was learnt.
pub struct Learnt {
    options: Options,
    values: HashMap<u64, [(f64, u32); 2]>,
}

/// The start of a block; for windows the lowest bit marks how far the window is filled.
const START: u64 = 1;

impl Learnt {
    /// The state after a pull. Counts take 8 bits each, a window two bits a pull below a leading one.
    fn next(&self, state: u64, arm: usize, paid: bool) -> u64 {
        match self.options.memory {
            Memory::Counts => state + (1 << (16 * arm + 8 * usize::from(!paid))),
            Memory::Window(k) => {
                let longer = state << 2 | (arm as u64) << 1 | u64::from(paid);
                let full = 1u64 << (2 * k);
                if longer >= full << 2 { full | (longer & (full - 1)) } else { longer }
            }
        }
    }

    fn key(&self, state: u64, step: usize) -> u64 {
        if self.options.step { state | (step as u64) << 48 } else { state }
    }

    fn of(&self, state: u64, step: usize) -> [f64; 2] {
        self.values.get(&self.key(state, step)).map_or([0.0; 2], |pair| [pair[0].0, pair[1].0])
    }
}

impl Greedy for Learnt {
    type State = u64;

    fn start(&self) -> u64 {
        if self.options.memory == Memory::Counts { 0 } else { START }
    }

    fn second(&self, state: &u64, step: usize) -> f64 {
        let [first, second] = self.of(*state, step);
        if first == second { 0.5 } else { f64::from(u8::from(second > first)) }
    }

    fn after(&self, state: &u64, _: usize, arm: usize, paid: bool) -> u64 {
        self.next(*state, arm, paid)
    }
}

/// Trains on blocks of `task`.
///
/// # Errors
/// A discount outside [0, 1], no block, a window longer than the block or than 20 pulls, counts of more than 255 pulls, or more than 65,535 pulls where the
/// step is part of the state.
pub fn train(task: &Task, options: &Options) -> Result<Learnt> {
    if !(0.0..=1.0).contains(&options.discount) {
        return Err(Error::Parameter { name: "discount", value: options.discount, expected: "in [0, 1]" });
    }
    if options.blocks == 0 {
        return Err(Error::Parameter { name: "blocks", value: 0.0, expected: "at least 1" });
    }
    // The step has 16 bits of a state's key.
    if options.step && task.pulls() > 0xffff {
        let (value, expected) = (task.pulls() as f64, "at most 65535 for an agent that knows the step");
        return Err(Error::Parameter { name: "horizon", value, expected });
    }
    match options.memory {
        Memory::Window(k) if k as usize > task.pulls().min(20) => {
            let expected = "at most the number of pulls of a block, and at most 20";
            return Err(Error::Parameter { name: "window", value: f64::from(k), expected });
        }
        Memory::Counts if task.pulls() > 255 => {
            let (value, expected) = (task.pulls() as f64, "at most 255 for an agent that counts");
            return Err(Error::Parameter { name: "horizon", value, expected });
        }
        _ => {}
    }
    let mut learnt = Learnt { options: *options, values: HashMap::new() };
    let mut environment = rng::fast(options.seed, Purpose::Environment, 0);
    let mut own = rng::fast(options.seed, Purpose::Policy, 0);
    for block in 0..options.blocks {
        let done = block as f64 / (0.8 * options.blocks as f64);
        let epsilon = (1.0 - 0.95 * done).max(0.05);
        one_block(task, &mut learnt, epsilon, &mut environment, &mut own);
    }
    Ok(learnt)
}

fn one_block(task: &Task, learnt: &mut Learnt, epsilon: f64, environment: &mut Fast, own: &mut Fast) {
    let mut means = task.draw(environment);
    let mut state = learnt.start();
    for step in 0..task.pulls() {
        let [first, second] = learnt.of(state, step);
        let explores = rng::uniform(own) < epsilon;
        let coin = rng::below(own, 2);
        let arm = if explores || first == second { coin } else { usize::from(second > first) };
        let paid = rng::uniform(environment) < means[arm];
        if task.is_redrawn() {
            means = task.draw(environment);
        }
        let next = learnt.next(state, arm, paid);
        let later = if step + 1 < task.pulls() { learnt.of(next, step + 1) } else { [0.0; 2] };
        let target = f64::from(u8::from(paid)) + learnt.options.discount * later[0].max(later[1]);
        let key = learnt.key(state, step);
        let (value, visits) = &mut learnt.values.entry(key).or_insert([(0.0, 0); 2])[arm];
        *visits += 1;
        *value += f64::from(*visits).powf(-0.7) * (target - *value);
        state = next;
    }
}
