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
use crate::submodular::{Lattice, MarkovPolicy, Problem, SetFunction};

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
        let best = best_plan(problem, &lower_bound(problem, &plan.states, &mut random));
        let walk = follow(&best, problem.start(), |c| problem.meant(c));
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

/// The choice of each step and state with the largest expected sum of `bound`, `[H - 1][S]`.
fn best_plan<F: SetFunction>(problem: &Problem<F>, bound: &[Vec<f64>]) -> Vec<Vec<usize>> {
    let mdp = &problem.mdp;
    let mut worth = bound[problem.horizon - 1].clone();
    let mut plan = Vec::new();
    for row in bound[..problem.horizon - 1].iter().rev() {
        let pick = |s: usize| {
            let values: Vec<f64> = mdp.choices(s).map(|c| mdp.expect(c, &worth)).collect();
            let best = first_best(&values);
            (mdp.choices(s).start + best, row[s] + values[best])
        };
        let (choices, values): (Vec<usize>, Vec<f64>) = (0..mdp.num_states()).map(pick).unzip();
        plan.push(choices);
        worth = values;
    }
    plan.reverse();
    plan
}

/// The states visited if each choice of the plan leads to `successor(choice)`.
fn follow(plan: &[Vec<usize>], start: usize, mut successor: impl FnMut(usize) -> usize) -> Vec<usize> {
    let mut states = vec![start];
    for row in plan {
        states.push(successor(row[states[states.len() - 1]]));
    }
    states
}

/// The same where actions have several outcomes: a walk of the present policy is drawn, the lower bound that is tight at it is
/// maximised in expectation, and the Markov policy found is kept if its exact value is larger; until `orders` walks in a row gave none.
/// Returns the value and the policy; the first walk is a greedy one.
pub fn semi_gradient_policy<F: SetFunction>(
    problem: &Problem<F>,
    lattice: &Lattice,
    orders: usize,
    seed: u64,
) -> (f64, MarkovPolicy) {
    let mut random = rng::fast(seed, Purpose::Policy, 2);
    let improved = |walk: &[usize], random: &mut rng::Fast| {
        let plan = best_plan(problem, &lower_bound(problem, walk, random));
        let policy = MarkovPolicy::deterministic(&problem.mdp, problem.horizon, |h, s| plan[h][s]);
        (lattice.value(&policy), plan, policy)
    };
    let (first, _) = greedy(problem, Ties::First, seed);
    let (mut value, mut plan, mut policy) = improved(&first, &mut random);
    let mut failures = 0;
    while failures < orders {
        let start = problem.draw_start(&mut random);
        let walk = follow(&plan, start, |c| problem.draw(c, &mut random));
        let next = improved(&walk, &mut random);
        if next.0 > value + 1e-9 * value.abs() {
            (value, plan, policy) = next;
            failures = 0;
        } else {
            failures += 1;
        }
    }
    (value, policy)
}
