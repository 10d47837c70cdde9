//! Semi-gradients: maximise a modular lower bound that is tight at the present walk, and repeat.
//!
//! For an order σ of the ground set with the present walk τ first, m(σ_i) = F(S_i) - F(S_{i-1}) is a modular function below F that
//! agrees with it on τ. Its best walk τ' is found by dynamic programming, and F(τ') >= m(τ') >= m(τ) = F(τ).
//!
//! Source: De Santi, Prajapat and Krause, "Global reinforcement learning" (ICML 2024); the bounds are those of Iyer, Jegelka and Bilmes.

use rand::seq::SliceRandom;

use super::beam::{Plan, require_certain};
use super::greedy::{Ties, greedy};
use crate::Result;
use crate::rng::{self, Purpose};
use crate::submodular::lattice::first_best;
use crate::submodular::{Problem, SetFunction};

/// Improves the greedy walk until `orders` random orders of the states that it does not visit give no better one.
///
/// A state off the walk has the same gain at every step it could be visited at, g/H of its gain g in the order: the mean of the bounds in
/// which one of the steps comes first. A second visit gains nothing in the bound, which monotone functions allow.
///
/// # Errors
/// Actions with several outcomes.
pub fn semi_gradient<F: SetFunction>(problem: &Problem<F>, orders: usize, seed: u64) -> Result<Plan> {
    require_certain(problem, "the semi-gradient method")?;
    let (states, value) = greedy(problem, Ties::First, seed);
    let mut plan = Plan { states, value };
    let mut random = rng::fast(seed, Purpose::Policy, 1);
    let mut failures = 0;
    while failures < orders {
        let walk = best_walk(problem, &lower_bound(problem, &plan.states, &mut random));
        let value = problem.function.value(&walk);
        if value > plan.value + 1e-9 * plan.value.abs() {
            (plan, failures) = (Plan { states: walk, value }, 0);
        } else {
            failures += 1;
        }
    }
    Ok(plan)
}

/// m(h, s), `[H][S]`.
fn lower_bound<F: SetFunction>(problem: &Problem<F>, walk: &[usize], random: &mut rng::Fast) -> Vec<Vec<f64>> {
    let (n, function) = (problem.mdp.num_states(), &problem.function);
    let mut bound = vec![vec![0.0; n]; problem.horizon];
    let mut visited = vec![false; n];
    let mut collected = function.empty();
    for (h, &s) in walk.iter().enumerate() {
        bound[h][s] = function.push(&mut collected, s);
        visited[s] = true;
    }
    let mut others: Vec<usize> = (0..n).filter(|&s| !visited[s]).collect();
    others.shuffle(random);
    for s in others {
        let share = function.push(&mut collected, s) / problem.horizon as f64;
        bound.iter_mut().for_each(|row| row[s] = share);
    }
    bound
}

/// The walk with the largest sum.
fn best_walk<F: SetFunction>(problem: &Problem<F>, bound: &[Vec<f64>]) -> Vec<usize> {
    let mdp = &problem.mdp;
    let mut worth = bound[problem.horizon - 1].clone();
    let mut plan = Vec::new();
    for row in bound[..problem.horizon - 1].iter().rev() {
        let pick = |s: usize| {
            let values: Vec<f64> = mdp.choices(s).map(|c| worth[problem.meant(c)]).collect();
            let best = first_best(&values);
            (problem.meant(mdp.choices(s).start + best), row[s] + values[best])
        };
        let (next, values): (Vec<usize>, Vec<f64>) = (0..mdp.num_states()).map(pick).unzip();
        plan.push(next);
        worth = values;
    }
    let mut states = vec![problem.start()];
    for next in plan.iter().rev() {
        states.push(next[states[states.len() - 1]]);
    }
    states
}
