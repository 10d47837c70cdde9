#![allow(clippy::unwrap_used)]

use super::*;
use crate::rng::{self, Purpose};
use crate::submodular::function::{Coverage, Mixture};
use crate::submodular::testing::{assert_close, bandit_function, coverage, gaussian, grid, items, markov_gap, trap};
use crate::submodular::{Lattice, MarkovPolicy, Problem, SetFunction};

/// The best Markov policy that local search finds from the uniform, modular and random deterministic policies.
fn best_markov<F: SetFunction>(problem: &Problem<F>, restarts: u64) -> f64 {
    let lattice = Lattice::new(problem).unwrap();
    let mdp = &problem.mdp;
    let random = |seed| {
        let mut random = rng::fast(seed, Purpose::Initialisation, 0);
        let picks: Vec<usize> = (0..problem.horizon * mdp.num_states())
            .map(|i| {
                let choices = mdp.choices(i % mdp.num_states());
                choices.start + rng::below(&mut random, choices.len())
            })
            .collect();
        MarkovPolicy::deterministic(mdp, problem.horizon, |h, s| picks[h * mdp.num_states() + s])
    };
    // Where actions are certain, following the best walk is a Markov policy.
    let walk = lattice.optimum().trajectory;
    let follow = |h: usize, s: usize| {
        let onwards = |c: &usize| s == walk[h] && problem.meant(*c) == walk[h + 1];
        mdp.choices(s).find(onwards).unwrap_or(mdp.choices(s).start)
    };
    let mut starts = vec![
        MarkovPolicy::uniform(mdp, problem.horizon),
        Modular::new(problem).policy(problem),
        MarkovPolicy::deterministic(mdp, problem.horizon, follow),
    ];
    starts.extend((0..restarts).map(random));
    starts.into_iter().map(|start| lattice.improve(start).0).fold(f64::NEG_INFINITY, f64::max)
}

/// Instance A of the reference table: optimum, greedy, uniform, modular value, J of the modular policy.
#[test]
fn weighted_coverage_has_the_reference_values() {
    for (horizon, slip, optimum, greedy, uniform, modular, modular_policy) in [
        (6, 0.0, 60.0, 59.0, 31.32864, 108.0, 24.0),
        (6, 0.1, 57.2790, 56.0910, 31.3286, 106.8252, 25.4647),
        (8, 0.0, 76.0, 73.0, 36.6538, 146.0, 24.0),
        (8, 0.1, 71.9530, 69.3146, 36.6538, 144.4499, 26.0359),
    ] {
        let problem = coverage(horizon, slip);
        let lattice = Lattice::new(&problem).unwrap();
        let what = |name: &str| format!("{name} of A, H = {horizon}, slip {slip}");
        assert_close(&what("optimum"), lattice.optimum().value, optimum, 1e-4);
        assert_close(&what("greedy"), lattice.greedy(), greedy, 1e-4);
        let even = MarkovPolicy::uniform(&problem.mdp, horizon);
        assert_close(&what("uniform"), lattice.value(&even), uniform, 1e-4);
        let planned = Modular::new(&problem);
        assert_close(&what("modular"), planned.value, modular, 1e-4);
        assert_close(&what("modular policy"), lattice.value(&planned.policy(&problem)), modular_policy, 1e-4);
    }
}

#[test]
fn markov_policies_lose_under_slip() {
    for (horizon, slip, best) in [(6, 0.0, 60.0), (6, 0.1, 57.2169), (8, 0.0, 76.0), (8, 0.1, 71.5821)] {
        let found = best_markov(&coverage(horizon, slip), if horizon == 8 { 12 } else { 8 });
        // The reference is what another local search found; at H = 8 with slip this one finds 71.58245, a little more.
        assert!((best - 1e-4..best + 1e-3).contains(&found), "H = {horizon}, slip {slip}: {found}, at least {best}");
        assert!(found <= Lattice::new(&coverage(horizon, slip)).unwrap().optimum().value + 1e-9);
    }
    let gap = markov_gap();
    assert_close("Markov", best_markov(&gap, 2), 1.5, 1e-12);
    assert_close("history", Lattice::new(&gap).unwrap().optimum().value, 2.0, 1e-12);
}

#[test]
fn the_other_instances_have_the_reference_values() {
    assert_close("B", Lattice::new(&trap()).unwrap().optimum().value, 100.0, 0.0);
    let field = gaussian();
    let lattice = Lattice::new(&field).unwrap();
    assert_close("C", lattice.optimum().value, 5.124713, 1e-6);
    assert_close("C, greedy", lattice.greedy(), 4.930644, 1e-6);
    assert_close("C, uniform", lattice.value(&MarkovPolicy::uniform(&field.mdp, 6)), 4.018003, 1e-6);
    assert_close("C, never moving", field.function.value(&[12; 6]), 2.055437, 1e-6);
    assert_close("C, one", field.function.value(&[12]), 0.5 * 11f64.ln(), 1e-12);
    assert_close("C, the walk", field.function.value(&[12, 13, 14, 19, 24, 23]), 5.124713, 1e-6);
    for (horizon, slip, optimum, uniform) in [
        (5, 0.0, 3.0, 1.6048),
        (6, 0.0, 4.0, 1.7430),
        (7, 0.0, 4.0, 1.8771),
        (5, 0.1, 2.9392, 1.6048),
        (6, 0.1, 3.7028, 1.7430),
        (7, 0.1, 3.8934, 1.8771),
    ] {
        let problem = items(horizon, slip);
        let lattice = Lattice::new(&problem).unwrap();
        assert_close(&format!("D, H = {horizon}, slip {slip}"), lattice.optimum().value, optimum, 1e-4);
        let even = MarkovPolicy::uniform(&problem.mdp, horizon);
        assert_close(&format!("D, uniform, H = {horizon}"), lattice.value(&even), uniform, 1e-4);
    }
}

#[test]
fn the_modular_policy_keeps_its_share_for_every_curvature() {
    for (horizon, slip, ratios) in [
        (6, 0.0, [1.0, 0.9613, 0.8354, 0.6498, 0.5086, 0.4]),
        (8, 0.0, [1.0, 0.9706, 0.8252, 0.6106, 0.4453, 0.3158]),
        (6, 0.1, [1.0, 0.9689, 0.8575, 0.6835, 0.5493, 0.4446]),
    ] {
        for ((lambda, ratio), best) in
            [0.0, 0.25, 0.5, 0.75, 0.9, 1.0].into_iter().zip(ratios).zip([108.0, 90.5, 79.0, 69.25, 63.7, 60.0])
        {
            let Problem { mdp, horizon, function } = coverage(horizon, slip);
            let problem = Problem::new(mdp, horizon, Mixture::new(function, lambda).unwrap()).unwrap();
            let lattice = Lattice::new(&problem).unwrap();
            let optimum = lattice.optimum().value;
            let found = lattice.value(&Modular::new(&problem).policy(&problem)) / optimum;
            assert_close(&format!("ratio at {lambda}, H = {horizon}, slip {slip}"), found, ratio, 5e-5 + 1e-9);
            assert!(found >= 1.0 - lambda - 1e-12);
            if (horizon, slip) == (6, 0.0) {
                assert_close("optimum", optimum, best, 1e-9);
            }
        }
    }
}

#[test]
fn recursive_greedy_has_the_reference_values_and_its_guarantee() {
    for (moves, value, optimum, calls) in [(4, 51.0, 51.0, 507), (8, 81.0, 83.0, 23359)] {
        let problem = coverage(moves + 1, 0.0);
        let found = recursive_greedy(&problem, 1_000_000).unwrap();
        assert_close("recursive greedy", found.plan.value, value, 1e-9);
        assert_eq!(found.calls, calls);
        assert_close("its walk", problem.function.value(&found.plan.states), value, 1e-9);
        assert_close("optimum", Lattice::new(&problem).unwrap().optimum().value, optimum, 1e-9);
    }
    let mut random = rng::fast(3, Purpose::Generation, 0);
    for _ in 0..20 {
        let mut footprint = || (0..3).map(|_| rng::below(&mut random, 12)).collect::<Vec<_>>();
        let footprints = (0..9).map(|_| footprint()).collect();
        let weights = (0..12).map(|_| rng::uniform(&mut random)).collect();
        let horizon = 2 + rng::below(&mut random, 5);
        let start = rng::below(&mut random, 9);
        let function = Coverage::new(footprints, weights).unwrap();
        let problem = Problem::new(grid(3, 3, 0.0, start), horizon, function).unwrap();
        let (found, best) = (recursive_greedy(&problem, 1_000_000).unwrap(), Lattice::new(&problem).unwrap().optimum());
        assert!(found.plan.value >= found.share * best.value - 1e-9 && found.plan.value <= best.value + 1e-9);
        // Whatever plans, plans at most the optimum; a wide beam finds it here.
        let searched = beam(&problem, 64).unwrap();
        assert_close("beam", searched.value, best.value, 1e-9);
        assert_close("its walk", problem.function.value(&searched.states), searched.value, 1e-9);
        let (_, first) = greedy(&problem, Ties::First, 0);
        let improved = semi_gradient(&problem, 10, 0).unwrap();
        assert!(improved.value >= first - 1e-12 && improved.value <= best.value + 1e-9);
        assert!(Modular::new(&problem).value >= best.value - 1e-9);
    }
}

/// Under slip: the policy is worth what is said, at most the best Markov policy, and more than the plan of its first bound.
#[test]
fn semi_gradients_improve_policies_under_slip() {
    let problem = coverage(6, 0.1);
    let lattice = Lattice::new(&problem).unwrap();
    let (start, _) = semi_gradient_policy(&problem, &lattice, 0, 1);
    let (value, policy) = semi_gradient_policy(&problem, &lattice, 100, 1);
    assert_close("value", lattice.value(&policy), value, 0.0);
    assert!(value > start + 0.1, "{start} to {value}");
    assert!(value <= best_markov(&problem, 8) + 1e-9, "{value}");
    assert!(value > 55.0, "{value}");
}

#[test]
fn an_epsilon_bandit_has_the_reference_values() {
    let bandit = EpsilonBandit::new(bandit_function(), 3, 0.1).unwrap();
    let [(_, best), (worst_choices, worst)] = bandit.extremes();
    assert_close("F", best, 11.593063, 1e-6);
    let (choices, greedy) = bandit.greedy();
    assert_eq!(choices, [2, 0, 4]);
    assert_close("greedy", greedy, best, 1e-12);
    assert_close("uniform", bandit.value(&vec![vec![0.2; 5]; 3]), 8.468, 5e-4);
    assert_eq!(worst_choices, [3, 3, 3]);
    assert_close("worst", worst, 4.0410, 1e-4);
    let (choices, stationary) = bandit.worst_stationary();
    assert!(stationary >= 0.5 * best && stationary <= best, "{choices:?}: {stationary}");
    let relaxed = bandit.continuous_greedy(100);
    assert_close("continuous greedy", bandit.value(&relaxed), 9.262, 5e-4);
    assert!(bandit.value(&relaxed) >= (1.0 - (-1f64).exp()) * best);
    assert!(bandit.value_of(&bandit.round(&relaxed)) >= bandit.value(&relaxed) - 1e-12);
}

/// With a null action, first differences are not negative and mixed second differences are not positive.
#[test]
fn an_epsilon_bandit_has_diminishing_returns() {
    let bandit = EpsilonBandit::new(bandit_function(), 3, 0.1).unwrap();
    let mut random = rng::fast(5, Purpose::Generation, 0);
    for _ in 0..30 {
        let mut policy: Vec<Vec<f64>> =
            (0..3).map(|_| (0..5).map(|_| rng::uniform(&mut random) / 5.0).collect()).collect();
        let before = bandit.gradient(&policy, 0);
        assert!(before.iter().all(|g| *g >= 0.0));
        policy[1][rng::below(&mut random, 5)] += 0.01;
        let after = bandit.gradient(&policy, 0);
        assert!(before.iter().zip(&after).all(|(b, a)| *a <= b + 1e-12));
    }
}

#[test]
fn constant_coverage_is_two_cells_a_move() {
    let footprints = |s: usize| {
        let (r, c) = (s / 30, s % 30);
        let block = [(r, c), (r, c + 1), (r + 1, c), (r + 1, c + 1)];
        block.into_iter().filter(|&(r, c)| r < 30 && c < 30).map(|(r, c)| 30 * r + c).collect()
    };
    let function = Coverage::new((0..900).map(footprints).collect(), vec![1.0; 900]).unwrap();
    let problem = Problem::new(grid(30, 30, 0.0, 34), 40, function).unwrap();
    assert_close("beam", beam(&problem, 3).unwrap().value, 82.0, 0.0);
}

#[test]
fn sampled_walks_agree_with_exact_ones() {
    let problem = coverage(6, 0.1);
    let lattice = Lattice::new(&problem).unwrap();
    let sampled = greedy_sampled(&problem, Ties::First, 4000, 1).unwrap();
    assert!((sampled.mean - lattice.greedy()).abs() < 4.0 * sampled.standard_error, "{sampled:?}");
    let drawn = greedy_sampled(&problem, Ties::Drawn, 4000, 2).unwrap();
    assert!((drawn.mean - lattice.greedy_with_even_ties()).abs() < 4.0 * drawn.standard_error, "{drawn:?}");
    let even = uniform_sampled(&problem, 4000, 3).unwrap();
    let exact = lattice.value(&MarkovPolicy::uniform(&problem.mdp, 6));
    assert!((even.mean - exact).abs() < 4.0 * even.standard_error, "{even:?}");
}

#[test]
fn what_does_not_apply_says_why() {
    let slippery = coverage(4, 0.1);
    assert!(beam(&slippery, 2).unwrap_err().to_string().contains("several outcomes"));
    let wide = Coverage::new((0..200).map(|s| vec![s]).collect(), vec![1.0; 200]).unwrap();
    let problem = Problem::new(grid(10, 20, 0.0, 0), 4, wide).unwrap();
    assert!(Lattice::new(&problem).err().unwrap().to_string().contains("mask of 128 bits"));
    assert!(EpsilonBandit::new(bandit_function(), 0, 0.1).is_err());
    assert!(EpsilonBandit::new(bandit_function(), 3, 1.5).is_err());
    assert!(EpsilonBandit::new(bandit_function(), 30, 0.1).unwrap_err().to_string().contains("tuples"));
    assert!(recursive_greedy(&coverage(9, 0.0), 100).unwrap_err().to_string().contains("100 calls"));
    assert!(Problem::new(grid(5, 5, 0.0, 0), 0, coverage(4, 0.0).function).is_err());
    assert!(Problem::new(grid(5, 4, 0.0, 0), 3, coverage(4, 0.0).function).is_err());
}

/// Rewards of the table are not read, so branches that differ in them alone are one.
#[test]
fn branches_that_differ_in_rewards_alone_are_one() {
    use crate::mdp::MdpBuilder;

    let mut builder = MdpBuilder::new(3);
    builder.choice(0, 0, &[(0.3, 1, 0.0), (0.3, 1, 1.0), (0.4, 2, 0.0)]);
    builder.choice(1, 0, &[(0.5, 1, 0.0), (0.5, 1, 1.0)]).choice(2, 0, &[(1.0, 2, 0.0)]).initial(0, 1.0);
    let function = Coverage::new(vec![vec![0], vec![1], vec![2]], vec![1.0; 3]).unwrap();
    let problem = Problem::new(builder.build().unwrap(), 3, function).unwrap();
    assert_eq!(problem.meant(0), 1);
    assert!(!problem.is_deterministic());
    let mut builder = MdpBuilder::new(1);
    builder.choice(0, 0, &[(0.5, 0, 0.0), (0.5, 0, 1.0)]);
    let function = Coverage::new(vec![vec![0]], vec![1.0]).unwrap();
    assert!(Problem::new(builder.build().unwrap(), 2, function).unwrap().is_deterministic());
}
