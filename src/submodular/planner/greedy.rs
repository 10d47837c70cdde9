//! Walks that look one step ahead, and sampled values of walks.

use rand::Rng;
use rayon::prelude::*;

use crate::rng::{self, Fast, Purpose};
use crate::submodular::lattice::TIE;
use crate::submodular::{Problem, SetFunction};
use crate::{Error, Result};

/// What to do with equal gains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ties {
    /// The first in the order of the choices.
    First,
    /// One of them, drawn.
    Drawn,
}

/// A mean over episodes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampled {
    /// The mean of F(τ).
    pub mean: f64,
    /// Its standard error; infinite for one episode.
    pub standard_error: f64,
    /// Number of episodes.
    pub episodes: usize,
}

/// A walk: its states and what it collected.
fn walk<F: SetFunction>(
    problem: &Problem<F>,
    random: &mut Fast,
    states: &mut Vec<usize>,
    mut pick: impl FnMut(&F::Collected, usize, usize, &mut Fast) -> usize,
) -> f64 {
    let mut collected = problem.function.empty();
    let mut state = problem.draw_start(random);
    let mut value = problem.function.push(&mut collected, state);
    states.clear();
    states.push(state);
    for step in 0..problem.horizon - 1 {
        let choice = pick(&collected, step, state, random);
        state = problem.draw(choice, random);
        value += problem.function.push(&mut collected, state);
        states.push(state);
    }
    value
}

/// The choice of `state` with the largest expected gain.
fn best_choice<F: SetFunction>(
    problem: &Problem<F>,
    collected: &F::Collected,
    state: usize,
    ties: Ties,
    random: &mut impl Rng,
) -> usize {
    let expected = |c| problem.mdp.branches(c).map(|(s, p)| p * problem.function.gain(collected, s)).sum::<f64>();
    let (mut best, mut most, mut equals) = (problem.mdp.choices(state).start, f64::NEG_INFINITY, 0);
    for c in problem.mdp.choices(state) {
        let gain = expected(c);
        if gain > most + TIE {
            (best, most, equals) = (c, gain, 1);
        } else if gain >= most - TIE && ties == Ties::Drawn {
            equals += 1;
            if rng::below(random, equals) == 0 {
                best = c;
            }
        }
    }
    best
}

/// One greedy walk and its value: at each step the choice with the largest expected gain of the next state.
pub fn greedy<F: SetFunction>(problem: &Problem<F>, ties: Ties, seed: u64) -> (Vec<usize>, f64) {
    let mut random = rng::fast(seed, Purpose::Policy, 0);
    let mut states = Vec::with_capacity(problem.horizon);
    let pick =
        |collected: &F::Collected, _, state, random: &mut Fast| best_choice(problem, collected, state, ties, random);
    let value = walk(problem, &mut random, &mut states, pick);
    (states, value)
}

/// The mean value of greedy walks.
///
/// # Errors
/// No episode.
pub fn greedy_sampled<F: SetFunction>(problem: &Problem<F>, ties: Ties, episodes: usize, seed: u64) -> Result<Sampled> {
    rollout(problem, episodes, seed, |collected, _, state, random| best_choice(problem, collected, state, ties, random))
}

/// The mean value of walks that draw every choice evenly.
///
/// # Errors
/// No episode.
pub fn uniform_sampled<F: SetFunction>(problem: &Problem<F>, episodes: usize, seed: u64) -> Result<Sampled> {
    rollout(problem, episodes, seed, |_, _, state, random| {
        let choices = problem.mdp.choices(state);
        choices.start + rng::below(random, choices.len())
    })
}

/// The mean value of walks whose choice is `pick(collected, step, state, random)`. Episode i has a random stream of its own, so the
/// result does not depend on the number of threads.
///
/// # Errors
/// No episode.
pub fn rollout<F: SetFunction>(
    problem: &Problem<F>,
    episodes: usize,
    seed: u64,
    pick: impl Fn(&F::Collected, usize, usize, &mut Fast) -> usize + Sync,
) -> Result<Sampled>
where
    F::Collected: Send,
{
    if episodes == 0 {
        return Err(Error::Parameter { name: "episodes", value: 0.0, expected: "at least 1" });
    }
    let values: Vec<f64> = (0..episodes)
        .into_par_iter()
        .map(|i| {
            let mut random = rng::fast(seed, Purpose::Evaluation, i as u64);
            walk(problem, &mut random, &mut Vec::with_capacity(problem.horizon), &pick)
        })
        .collect();
    let mean = values.iter().sum::<f64>() / episodes as f64;
    let squares = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>();
    let standard_error = match episodes {
        1 => f64::INFINITY,
        _ => (squares / (episodes - 1) as f64 / episodes as f64).sqrt(),
    };
    Ok(Sampled { mean, standard_error, episodes })
}
