//! What each approximator is good at, and that it is right where it is not.

use proptest::prelude::*;

use super::{Approximator, approximator, from_the_end};
use crate::mdp::{Mdp, MdpBuilder};
use crate::planning::bellman::Sweeper;
use crate::planning::progress::{Progress, Work};
use crate::planning::tests::random;
use crate::planning::{Criterion, Method, SolveOptions, Status, solve};

const METHODS: [Method; 8] = [
    Method::ValueIteration,
    Method::GaussSeidel,
    Method::Topological,
    Method::PrioritisedSweeping,
    Method::Anderson,
    Method::InexactPolicyIteration,
    Method::PolicyIteration,
    Method::LinearProgramming,
];

fn run(method: Method, sweeper: &Sweeper, v: &mut [f64], target: f64, most: usize) -> Work {
    let approximate: Approximator = approximator(method).unwrap();
    let mut progress = Progress::new(&SolveOptions { max_iterations: most, ..SolveOptions::default() }, None);
    approximate(sweeper, v, target, &mut progress).unwrap();
    progress.into_work()
}

fn residual(sweeper: &Sweeper, v: &[f64]) -> f64 {
    let mut out = vec![0.0; v.len()];
    let change = sweeper.improve(v, &mut out, &mut vec![0; v.len()]);
    change.max.max(-change.min).max(0.0)
}

/// States 0 to `n − 1` in a row, a step costs 1, and goes forward (or, with probability `slip`, stays or goes back); the end is
/// terminal. A second choice costs 3 and always goes forward.
fn corridor(n: usize, slip: f64, reversed: bool) -> Mdp {
    let place = |i: usize| if reversed { n - i } else { i };
    let mut builder = MdpBuilder::new(n + 1);
    for i in 0..n {
        let (here, ahead, back) = (place(i), place(i + 1), place(i.saturating_sub(1)));
        builder.choice(here, 0, &[(1.0 - slip, ahead, -1.0), (0.5 * slip, here, -1.0), (0.5 * slip, back, -1.0)]);
        builder.choice(here, 1, &[(1.0, ahead, -3.0)]);
    }
    builder.terminal(place(n));
    builder.build().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    #[test]
    fn the_residual_asked_for_is_reached(
        states in 2usize..50, terminal in 0usize..3, seed in any::<u64>(), gamma in 0.05f64..0.99, digits in 1i32..10
    ) {
        let mdp = random(states.max(terminal), terminal, seed);
        let sweeper = Sweeper::new(&mdp, gamma).in_order(from_the_end(&mdp));
        let target = 0.1f64.powi(digits);
        for method in METHODS {
            let mut v = vec![0.0; mdp.num_states()];
            run(method, &sweeper, &mut v, target, 100_000);
            prop_assert!(residual(&sweeper, &v) <= target + 1e-12, "{}: {:e}", method, residual(&sweeper, &v));
            for s in (0..v.len()).filter(|&s| mdp.is_terminal(s)) {
                prop_assert_eq!(v[s], 0.0);
            }
        }
    }

    #[test]
    fn without_a_discount_it_is_reached_too(n in 1usize..60, slip in 0.0f64..0.8, reversed in any::<bool>()) {
        let mdp = corridor(n, slip, reversed);
        let sweeper = Sweeper::new(&mdp, 1.0).in_order(from_the_end(&mdp));
        for method in METHODS {
            let mut v: Vec<f64> = (0..=n).map(|s| if mdp.is_terminal(s) { 0.0 } else { -4.0 * n as f64 }).collect();
            run(method, &sweeper, &mut v, 1e-9, 1_000_000);
            prop_assert!(residual(&sweeper, &v) <= 1e-9, "{}: {:e}", method, residual(&sweeper, &v));
        }
    }

    #[test]
    fn methods_agree_at_discounts_close_to_one(
        states in 2usize..40, terminal in 0usize..2, seed in any::<u64>(), digits in 2i32..6
    ) {
        let mdp = random(states.max(terminal), terminal, seed);
        let criterion = Criterion::Discounted { gamma: 1.0 - 0.1f64.powi(digits) };
        let options = SolveOptions { method: Method::PolicyIteration, epsilon: 1e-4, ..SolveOptions::default() };
        let exact = solve(&mdp, criterion.clone(), &options).unwrap();
        prop_assert_eq!(exact.status, Status::Certified);
        let mut others = vec![Method::Topological, Method::InexactPolicyIteration, Method::LinearProgramming];
        if digits <= 3 {
            // Others sweep a million times where several components keep values apart.
            let sweeping = [Method::GaussSeidel, Method::Anderson, Method::ModifiedPolicyIteration];
            others.extend(sweeping.into_iter().chain([Method::PrioritisedSweeping, Method::ActionElimination]));
        }
        for method in others {
            let solution = solve(&mdp, criterion.clone(), &SolveOptions { method, epsilon: 1e-3, ..options }).unwrap();
            prop_assert_eq!(solution.status, Status::Certified, "{}", method);
            for s in 0..mdp.num_states() {
                let apart = solution.lower[s] > exact.upper[s] || exact.lower[s] > solution.upper[s];
                prop_assert!(!apart, "{} at {}", method, s);
            }
        }
    }
}

#[test]
fn a_policy_that_takes_for_ever_does_not_stop_policy_iteration() {
    // Drifting back twice as often as forward, the cheap choice takes 10¹⁶ steps; the first policy takes it everywhere.
    let mdp = corridor(54, 0.8, false);
    let sweeper = Sweeper::new(&mdp, 1.0);
    let mut v: Vec<f64> = (0..=54).map(|s| if mdp.is_terminal(s) { 0.0 } else { -216.0 }).collect();
    run(Method::PolicyIteration, &sweeper, &mut v, 1e-9, 1000);
    assert!(residual(&sweeper, &v) <= 1e-9);
}

#[test]
fn an_acyclic_table_takes_one_topological_pass() {
    // Numbered against the flow, so that no other order does it in one.
    let mdp = corridor(200, 0.0, false);
    for gamma in [0.99, 1.0] {
        let sweeper = Sweeper::new(&mdp, gamma);
        let mut v = vec![0.0; 201];
        let work = run(Method::Topological, &sweeper, &mut v, 1e-12, 1000);
        assert_eq!((work.iterations, work.sweeps), (1, 2), "a pass, and the sweep that checks it");
        let truth: f64 = (0..200).map(|t| -f64::powi(gamma, t)).sum();
        approx::assert_relative_eq!(v[0], truth, max_relative = 1e-12);
    }
}

#[test]
fn a_state_that_repeats_itself_is_solved_in_closed_form() {
    // v = max over choices of r / (1 − γ p): 1 / (1 − 0.9 γ), and 3 / (1 − 0.5 γ).
    let mut builder = MdpBuilder::new(2);
    builder.choice(0, 0, &[(0.9, 0, 1.0), (0.1, 1, 1.0)]).choice(0, 1, &[(0.5, 0, 3.0), (0.5, 1, 3.0)]).terminal(1);
    let mdp = builder.build().unwrap();
    for (gamma, truth) in [(0.5, 3.0 / 0.75), (1.0, 10.0)] {
        let mut v = [0.0; 2];
        let work = run(Method::Topological, &Sweeper::new(&mdp, gamma), &mut v, 1e-12, 1000);
        assert_eq!(work.iterations, 1);
        approx::assert_relative_eq!(v[0], truth, max_relative = 1e-14);
    }
}

#[test]
fn sweeps_from_the_end_carry_a_value_all_the_way() {
    let steps = |method, sweeper: &Sweeper| run(method, sweeper, &mut [0.0; 501], 1e-9, 10_000).iterations;
    let mdp = corridor(500, 0.0, false);
    let ordered = Sweeper::new(&mdp, 1.0).in_order(from_the_end(&mdp));
    assert!(steps(Method::GaussSeidel, &ordered) <= 2);
    assert_eq!(steps(Method::ValueIteration, &ordered), 500);
}

#[test]
fn only_what_changes_is_backed_up() {
    // Nothing but the last step earns anything: each state changes once, one after the other, however they are numbered.
    for reversed in [false, true] {
        let mdp = corridor(500, 0.0, reversed);
        let last = if reversed { 1 } else { 499 };
        let earns = |s: usize| if s == last { 1.0 } else { 0.0 };
        let rewards = (0..501).flat_map(|s| mdp.choices(s).map(move |_| earns(s))).collect();
        let mdp = mdp.with_rewards(rewards).unwrap();
        let work = run(Method::PrioritisedSweeping, &Sweeper::new(&mdp, 0.99), &mut [0.0; 501], 1e-9, 10_000);
        assert!(work.sweeps <= 4, "{} sweeps", work.sweeps);
    }
}

#[test]
fn acceleration_needs_fewer_sweeps_than_value_iteration() {
    let mdp = random(200, 0, 6);
    let sweeper = Sweeper::new(&mdp, 0.99);
    let sweeps = |method| run(method, &sweeper, &mut [0.0; 200], 1e-9, 100_000).sweeps;
    let (plain, accelerated) = (sweeps(Method::ValueIteration), sweeps(Method::Anderson));
    assert!(4 * accelerated < plain, "{accelerated} and {plain} sweeps");
}

#[test]
fn inexact_evaluation_sweeps_less_than_exact_evaluation() {
    let mdp = random(2000, 0, 4);
    let sweeper = Sweeper::new(&mdp, 0.999);
    let sweeps = |method| run(method, &sweeper, &mut vec![0.0; 2000], 1e-8, 1000).sweeps;
    let (inexact, exact) = (sweeps(Method::InexactPolicyIteration), sweeps(Method::PolicyIteration));
    assert!(inexact < exact, "{inexact} and {exact} sweeps");
}

#[test]
fn the_iteration_limit_stops_every_approximator() {
    for method in METHODS {
        // The factorisations of the linear program fill in on random tables.
        let states = if method == Method::LinearProgramming { 400 } else { 3000 };
        let mdp = random(states, 0, 1);
        let work = run(method, &Sweeper::new(&mdp, 0.9999), &mut vec![0.0; states], 1e-13, 3);
        assert!(work.iterations <= 4, "{method}: {} iterations", work.iterations);
    }
}

#[test]
fn dropped_choices_save_work_and_lose_nothing() {
    let mdp = random(2000, 3, 9);
    let solved = |method| {
        solve(&mdp, Criterion::Discounted { gamma: 0.95 }, &SolveOptions { method, ..SolveOptions::default() }).unwrap()
    };
    let (all, fewer) = (solved(Method::ValueIteration), solved(Method::ActionElimination));
    assert_eq!((fewer.status, fewer.iterations, &fewer.values), (Status::Certified, all.iterations, &all.values));
    assert_eq!(fewer.policy, all.policy);
    assert!((fewer.bytes as f64) < 0.8 * all.bytes as f64, "{} and {} bytes", fewer.bytes, all.bytes);
}
