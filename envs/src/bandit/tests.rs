#![allow(clippy::unwrap_used)]

use tabrl::bandits::exact::{BetaBernoulli, SafeArm as Solved, doors_value};
use tabrl::mdp::{Model, enumerate};
use tabrl::planning::{Criterion, SolveOptions, solve};

use super::*;

/// The optimal total reward of an episode.
fn total(model: &impl Model) -> f64 {
    let mdp = enumerate(model, 1_000_000).unwrap().mdp;
    let horizon = model.episode_length().unwrap();
    let solution = solve(&mdp, Criterion::FiniteHorizon { horizon }, &SolveOptions::default()).unwrap();
    solution.values[mdp.initial()[0].0 as usize]
}

#[test]
fn tables_are_worth_what_the_recursions_say() {
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
    close(
        total(&BlockBandit::new((1.0, 1.0), f64::INFINITY, 8)),
        BetaBernoulli::new(2, 8, (1.0, 1.0)).unwrap().optimal_value(),
    );
    close(total(&BlockBandit::new((1.0, 1.0), 1.0, 8)), 4.0);
    let solved = Solved::new(0.6, (1.0, 1.0), 20).unwrap();
    close(total(&SafeArm::new(0.6, (1.0, 1.0), 20)), solved.optimal_value(20));
    for (doors, safe, pulls) in [(4, 0.4, 5), (8, 0.3, 10), (8, 0.8, 20), (1, 0.9, 3)] {
        close(total(&Doors::new(doors, safe, pulls)), doors_value(doors as usize, pulls as usize, safe).unwrap());
    }
}
