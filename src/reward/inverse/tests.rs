//! Known values, finite differences, and experts whose reward is known.

#![allow(clippy::unwrap_used)]

use ndarray::Array2;

use super::design::{optimal_expectations, posterior, risk_averse};
use super::*;
use crate::mdp::{DecisionRule, MdpBuilder, Policy, action_values, evaluate_discounted, occupancy};
use crate::planning::{Criterion, Method, SolveOptions, solve};
use crate::rng::{self, Fast, Purpose};

fn near(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (x, y) in found.iter().zip(expected) {
        assert!((x - y).abs() <= tolerance, "{found:?} instead of {expected:?}");
    }
}

/// The five-state problem of the tests of the package `imitation`.
fn five() -> Mdp {
    let rewards = [1.0, 2.0, 2.0, -20.0, 3.0];
    let mut builder = MdpBuilder::new(5);
    let mut add = |s: usize, laws: [&[(f64, usize)]; 3]| {
        for (a, law) in laws.iter().enumerate() {
            let law: Vec<_> = law.iter().map(|&(p, t)| (p, t, rewards[s])).collect();
            builder.choice(s, a, &law);
        }
    };
    add(0, [&[(0.9, 1), (0.1, 2)], &[(1.0, 3)], &[(0.1, 1), (0.9, 2)]]);
    for s in [1, 2] {
        add(s, [&[(0.05, 3), (0.95, 4)], &[(1.0, 3)], &[(1.0, 4)]]);
    }
    add(3, [&[(1.0, 4)]; 3]);
    add(4, [&[(1.0, 0)]; 3]);
    builder.initial(0, 0.5).initial(4, 0.5);
    builder.build().unwrap()
}

fn random(seed: u64) -> (Mdp, Fast) {
    let mut rng = rng::fast(seed, Purpose::Generation, 0);
    let mut builder = MdpBuilder::new(6);
    for s in 0..6 {
        for a in 0..3 {
            let weights: Vec<f64> = (0..3).map(|_| 0.05 + rng::uniform(&mut rng)).collect();
            let total: f64 = weights.iter().sum();
            let law: Vec<_> = weights.iter().map(|w| (w / total, rng::below(&mut rng, 6), 0.0)).collect();
            builder.choice(s, a, &law);
        }
    }
    (builder.initial(0, 0.5).initial(3, 0.5).build().unwrap(), rng)
}

fn random_features(mdp: &Mdp, rng: &mut Fast, k: usize) -> Array2<f64> {
    Array2::from_shape_fn((mdp.num_choices(), k), |_| rng::uniform(rng) - 0.5)
}

#[test]
fn known_values_of_the_five_states() {
    let mdp = five();
    let probability = |plan: &CausalPlan, s: usize| -> Vec<f64> {
        mdp.choices(s).map(|c| plan.policy.rule(0).probability(s, c)).collect()
    };
    let plan = causal_plan(&mdp, mdp.rewards(), 1.0, 20).unwrap();
    near(&plan.values, &[53.298300, 54.836443, 54.836443, 33.649463, 54.744662], 1e-6);
    near(&probability(&plan, 0), &[0.5, 0.0, 0.5], 1e-6);
    near(&probability(&plan, 1), &[0.24843094, 0.0, 0.75156906], 1e-8);
    near(&plan.states, &[6.998829, 3.397594, 3.397594, 0.405233, 6.800749], 1e-6);
    near(&[plan.states.iter().sum()], &[21.0], 1e-12);
    near(&probability(&plan, 3), &[1.0 / 3.0; 3], 1e-12);
    near(&probability(&plan, 4), &[1.0 / 3.0; 3], 1e-12);
    let plan = causal_plan(&mdp, mdp.rewards(), 0.9, 20).unwrap();
    near(&plan.values, &[22.943354, 24.039469, 24.039469, 2.818985, 24.430549], 1e-6);
    near(&probability(&plan, 1), &[0.2731941, 0.0, 0.72680589], 1e-7);
    near(&plan.states, &[3.113987, 1.389007, 1.389007, 0.072881, 2.940928], 1e-6);
    near(&[plan.states.iter().sum()], &[8.905811], 1e-6);
    assert!(causal_plan(&mdp, mdp.rewards(), 0.0, 20).is_err() && causal_plan(&mdp, &[0.0], 1.0, 21).is_err());
    assert!(causal_plan(&mdp, mdp.rewards(), 1.0, 0).is_err());
}

#[test]
fn maximum_causal_entropy_matches_features() {
    for seed in 0..5 {
        let (mdp, mut rng) = random(seed);
        let features = random_features(&mdp, &mut rng, 4);
        let truth: Vec<f64> = (0..4).map(|_| 4.0 * rng::uniform(&mut rng) - 2.0).collect();
        let horizon = (if seed % 2 == 0 { 1.0 } else { 0.9 }, 12);
        let own = causal_plan(&mdp, &rewards_of(&features, &truth).unwrap(), horizon.0, horizon.1).unwrap();
        let expert = feature_expectations(&features, &own.choices).unwrap();

        // The gradient by differences, and a Hessian that is never positive.
        let at: Vec<f64> = (0..4).map(|_| rng::uniform(&mut rng)).collect();
        let (value, gradient) = log_likelihood(&mdp, &features, &expert, &at, horizon).unwrap();
        for k in 0..4 {
            let moved = |h: f64| {
                let mut w = at.clone();
                w[k] += h;
                log_likelihood(&mdp, &features, &expert, &w, horizon).unwrap().0
            };
            let (up, down) = (moved(1e-5), moved(-1e-5));
            assert!(((up - down) / 2e-5 - gradient[k]).abs() <= 1e-7);
            assert!(moved(1e-2) + moved(-1e-2) - 2.0 * value <= 1e-12);
        }
        let fit = maximum_causal_entropy(&mdp, &features, &expert, horizon, (1e-9, 500)).unwrap();
        assert!(fit.mismatch <= 1e-9, "{seed}: {}", fit.mismatch);
        // The policy is the expert's, whether or not the weights are.
        near(&fit.plan.choices, &own.choices, 1e-6);
    }
    // A feature that is a potential difference is not identified: its weight may be anything.
    let mdp = five();
    let constant = Array2::ones((15, 1));
    let expert = [20.0];
    let fit = maximum_causal_entropy(&mdp, &constant, &expert, (1.0, 20), (1e-9, 50)).unwrap();
    assert_eq!((fit.iterations, fit.weights[0]), (0, 0.0));
    let error = log_likelihood(&mdp, &constant, &expert, &[0.0, 0.0], (1.0, 20)).unwrap_err();
    assert!(error.to_string().contains("weights"), "{error}");
}

fn optimal_policy(mdp: &Mdp, gamma: f64) -> Policy {
    let options = SolveOptions { method: Method::PolicyIteration, ..SolveOptions::default() };
    solve(mdp, Criterion::Discounted { gamma }, &options).unwrap().policy
}

#[test]
fn projection_reaches_an_optimal_expert() {
    for seed in 0..10 {
        let (mdp, mut rng) = random(seed);
        let features = random_features(&mdp, &mut rng, 3);
        let truth: Vec<f64> = (0..3).map(|_| rng::uniform(&mut rng) - 0.5).collect();
        let world = mdp.clone().with_rewards(rewards_of(&features, &truth).unwrap()).unwrap();
        let visits = occupancy::discounted(&mdp, &optimal_policy(&world, 0.9), 0.9).unwrap();
        let expert = feature_expectations(&features, &visits.choices).unwrap();
        let found = projection(&mdp, &features, &expert, 0.9, 1e-4, 3000).unwrap();
        assert!(found.distances.windows(2).all(|w| w[1] <= w[0] + 1e-12), "{seed}");
        let last = *found.distances.last().unwrap();
        assert!(last <= 1e-2, "{seed}: {last} after {}", found.distances.len());
        // The mixture is what it says, and as good for the true weights up to the distance.
        let mut mean = vec![0.0; 3];
        for (share, policy) in &found.mixture {
            let own =
                feature_expectations(&features, &occupancy::discounted(&mdp, policy, 0.9).unwrap().choices).unwrap();
            mean.iter_mut().zip(own).for_each(|(m, x)| *m += share * x);
        }
        near(&mean, &found.expectations, 1e-9);
        // The last weights are what is missing, and no policy is better for them than the mixture by more than its distance allows.
        let missing: Vec<f64> = expert.iter().zip(&mean).map(|(e, m)| e - m).collect();
        near(&missing, &found.weights, 1e-9);
        near(&[missing.iter().map(|x| x * x).sum::<f64>().sqrt()], &[last], 1e-9);
        assert!((found.mixture.iter().map(|(share, _)| share).sum::<f64>() - 1.0).abs() <= 1e-12);
        assert!(found.mixture.iter().all(|(share, _)| *share >= 0.0));
        // Played from the start, the mixture earns the expert's value for the true weights.
        let value = |policy: &Policy| world.initial_value(&evaluate_discounted(&world, policy, 0.9).unwrap().values);
        let earned: f64 = found.mixture.iter().map(|(share, policy)| share * value(policy)).sum();
        let best = value(&optimal_policy(&world, 0.9));
        assert!(earned <= best + 1e-9 && best - earned <= 1e-2, "{seed}: {earned} {best}");
    }
}

#[test]
fn rewards_of_the_linear_program_make_the_policy_optimal() {
    for seed in 0..5 {
        let (mdp, mut rng) = random(seed);
        let rewards: Vec<f64> = (0..6).flat_map(|_| [rng::uniform(&mut rng); 3]).collect();
        let world = mdp.clone().with_rewards(rewards).unwrap();
        let policy = optimal_policy(&world, 0.8);
        let DecisionRule::Deterministic(choice) = policy.rule(0).clone() else { panic!("a stochastic policy") };
        let found = linear_program_rewards(&mdp, &choice, 0.8, 1.0, 0.01).unwrap();
        assert!(found.iter().all(|r| r.abs() <= 1.0 + 1e-6) && found.iter().any(|r| r.abs() > 0.1), "{found:?}");
        let by_choice = (0..6).flat_map(|s| [found[s]; 3]).collect();
        let guessed = mdp.clone().with_rewards(by_choice).unwrap();
        let v = evaluate_discounted(&guessed, &policy, 0.8).unwrap().values;
        let q = action_values(&guessed, &v, 0.8);
        (0..6).for_each(|s| assert!(guessed.choices(s).all(|c| q[c] <= v[s] + 1e-6)));
        // A penalty that nothing outweighs leaves no reward.
        let none = linear_program_rewards(&mdp, &choice, 0.8, 1.0, 100.0).unwrap();
        assert!(none.iter().all(|r| r.abs() < 1e-6));
        assert!(linear_program_rewards(&mdp, &[0; 6], 0.8, 1.0, 0.1).is_err());
    }
}

/// A world of three rows and five columns with features goal, grass and lava: from the top left to the goal at the top right. The
/// terrain under way is given; acting in the goal ends the episode.
fn land(terrain: [&str; 3]) -> (Mdp, Array2<f64>) {
    let tiles: Vec<u8> = terrain.iter().flat_map(|row| row.bytes()).collect();
    let mut builder = MdpBuilder::new(16);
    for cell in 0..15 {
        let (row, column) = (cell / 5, cell % 5);
        let to = [
            if row > 0 { cell - 5 } else { cell },
            if column < 4 { cell + 1 } else { cell },
            if row < 2 { cell + 5 } else { cell },
            if column > 0 { cell - 1 } else { cell },
        ];
        for (action, &next) in to.iter().enumerate() {
            builder.choice(cell, action, &[(1.0, if cell == 4 { 15 } else { next }, 0.0)]);
        }
    }
    let mdp = builder.terminal(15).build().unwrap();
    let kind = |c: usize| match tiles[c / 4] {
        b'G' => 0,
        b'~' => 1,
        b'L' => 2,
        _ => usize::MAX,
    };
    (mdp, Array2::from_shape_fn((60, 3), |(c, k)| f64::from(u8::from(kind(c) == k))))
}

#[test]
fn risk_averse_plans_avoid_lava_that_the_proxy_does_not_know() {
    let gamma = 0.95;
    // Training has grass in the way, and no lava; the test world has lava instead.
    let (training, seen) = land([".~~~G", ".....", "....."]);
    let (world, features) = land([".LLLG", ".LLL.", "....."]);
    let (proxy, truth) = (vec![1.0, -0.5, 0.0], vec![1.0, -0.5, -1.0]);
    // The goal counts 1; grass and lava may be good, bad or nothing.
    let candidates: Vec<Vec<f64>> =
        (0..9).map(|i| vec![1.0, f64::from(i % 3) * 0.5 - 0.5, f64::from(i / 3) - 1.0]).collect();
    let alternatives: Vec<Vec<f64>> =
        candidates.iter().map(|w| optimal_expectations(&training, &seen, w, gamma).unwrap()).collect();
    let chosen = optimal_expectations(&training, &seen, &proxy, gamma).unwrap();
    let likely = posterior(&chosen, &alternatives, &candidates, 20.0).unwrap();
    assert!((likely.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    // No evidence about lava; that grass is bad is likelier than that it is nothing, and that it is good is out of the question.
    for i in 0..3 {
        assert!((likely[i] - likely[i + 3]).abs() < 1e-9 && (likely[i] - likely[i + 6]).abs() < 1e-9);
    }
    assert!(likely[0] > likely[1] && likely[2] < 1e-6);
    let kept: Vec<Vec<f64>> =
        candidates.iter().zip(&likely).filter(|(_, p)| **p > 1e-3).map(|(w, _)| w.clone()).collect();
    let plan = risk_averse(&world, &features, &kept, &chosen, gamma).unwrap();
    let literal = optimal_policy(&world.clone().with_rewards(rewards_of(&features, &proxy).unwrap()).unwrap(), gamma);
    let earns = |policy: &Policy| {
        let table = world.clone().with_rewards(rewards_of(&features, &truth).unwrap()).unwrap();
        table.initial_value(&evaluate_discounted(&table, policy, gamma).unwrap().values)
    };
    let (safe, unsafe_value) = (earns(&plan), earns(&literal));
    assert!((safe - gamma.powi(8)).abs() < 1e-5 && unsafe_value < -1.0, "{safe} {unsafe_value}");
    assert!(posterior(&chosen, &[], &candidates, 1.0).is_err() && posterior(&chosen, &alternatives, &[], 1.0).is_err());
    assert!(posterior(&chosen, &alternatives, &candidates, 0.0).is_err());
    assert!(risk_averse(&world, &features, &[], &chosen, gamma).is_err());
}

#[test]
fn the_best_discriminator_is_the_expert() {
    let (mdp, mut rng) = random(2);
    let mut draw = || {
        let mut p: Vec<f64> = (0..mdp.num_choices()).map(|_| 0.1 + rng::uniform(&mut rng)).collect();
        for s in 0..6 {
            let total: f64 = mdp.choices(s).map(|c| p[c]).sum();
            mdp.choices(s).for_each(|c| p[c] /= total);
        }
        p
    };
    let policy = |p: &[f64]| Policy::stationary(&mdp, DecisionRule::Stochastic(p.to_vec())).unwrap();
    let (expert, other) = (draw(), draw());
    let generator = policy(&other);
    let loss = |p: &[f64]| adversarial::episode_loss(&mdp, &policy(&expert), &generator, &policy(p), 3).unwrap();
    let least = loss(&expert);
    for s in 0..6 {
        let c = mdp.choices(s).start;
        let moved = |h: f64| {
            let mut p = expert.clone();
            p[c] += h;
            p[c + 1] -= h;
            loss(&p)
        };
        // Flat to first order, and rising on both sides.
        assert!(((moved(1e-5) - moved(-1e-5)) / 2e-5).abs() < 1e-7 && moved(0.02) > least && moved(-0.02) > least);
    }
    assert!(loss(&other) > least && (loss(&other) - 2.0 * 2f64.ln()).abs() < 1e-12);
    // Transitions: rows sum to the ratio of the visits, and the expert is a fixed point.
    let visits = |p: &[f64]| occupancy::discounted(&mdp, &policy(p), 0.9).unwrap();
    let (of_expert, of_other) = (visits(&expert), visits(&other));
    let best = adversarial::transition_optimum(&mdp, &generator, &of_expert.choices, &of_other.choices).unwrap();
    let sums: Vec<f64> = (0..6).map(|s| mdp.choices(s).map(|c| best[c]).sum()).collect();
    let ratios: Vec<f64> = (0..6).map(|s| of_expert.states[s] / of_other.states[s]).collect();
    near(&sums, &ratios, 1e-12);
    assert!(ratios.iter().any(|r| (r - 1.0).abs() > 0.05));
    let own = adversarial::transition_optimum(&mdp, &policy(&expert), &of_expert.choices, &of_expert.choices).unwrap();
    near(&own, &expert, 1e-12);
}

/// Where no state acts there is nothing to be rewarded.
#[test]
fn a_table_of_ends_has_no_rewards_to_find() {
    let mut builder = MdpBuilder::new(1);
    builder.terminal(0);
    let mdp = builder.build().unwrap();
    assert_eq!(linear_program_rewards(&mdp, &[0], 0.9, 1.0, 0.1).unwrap(), [0.0]);
}

#[test]
fn discriminators_are_refused_where_they_are_not_defined() {
    // One decision between two ways to the end.
    let mut builder = MdpBuilder::new(2);
    builder.choice(0, 0, &[(1.0, 1, 0.0)]).choice(0, 1, &[(1.0, 1, 0.0)]).terminal(1);
    let mdp = builder.build().unwrap();
    let policy = |p: f64| Policy::stationary(&mdp, DecisionRule::Stochastic(vec![p, 1.0 - p])).unwrap();
    let loss = |e, g, c, horizon| adversarial::episode_loss(&mdp, &policy(e), &policy(g), &policy(c), horizon);
    // The candidate never does what expert and generator do.
    assert_eq!(loss(1.0, 0.5, 0.0, 1).unwrap(), f64::INFINITY);
    // The generator never does what the expert does: D = 1 there, and 0 where the generator is.
    assert_eq!(loss(1.0, 0.0, 1.0, 1).unwrap(), 0.0);
    let error = loss(0.5, 1.0, 1.0, 1).unwrap_err().to_string();
    assert!(error.contains("neither"), "{error}");
    let staged = Policy::time_indexed(&mdp, vec![DecisionRule::Stochastic(vec![0.5, 0.5])]).unwrap();
    assert!(adversarial::episode_loss(&mdp, &staged, &policy(0.5), &policy(0.5), 2).is_err());
    assert!(adversarial::episode_loss(&mdp, &staged, &policy(0.5), &policy(0.5), 1).is_ok());
    assert!(adversarial::transition_optimum(&mdp, &policy(0.5), &[1.0], &[1.0, 1.0]).is_err());
    // Many steps: neither a deep stack, nor a product that underflows.
    let mut builder = MdpBuilder::new(1);
    builder.choice(0, 0, &[(1.0, 0, 0.0)]);
    let endless = builder.build().unwrap();
    let only = Policy::uniform(&endless);
    let long = adversarial::episode_loss(&endless, &only, &only, &only, 1_000_000).unwrap();
    assert!((long - 2.0 * 2f64.ln()).abs() < 1e-12);
}

#[test]
fn what_does_not_fit_is_refused() {
    let (mdp, mut rng) = random(1);
    let features = random_features(&mdp, &mut rng, 2);
    assert!(rewards_of(&features, &[1.0]).is_err() && feature_expectations(&features, &[1.0]).is_err());
    assert!(posterior(&[f64::NAN], &[vec![1.0]], &[vec![1.0]], 1.0).is_err());
    assert!(posterior(&[2.0], &[vec![1.0]], &[vec![1.0]], 1.0).unwrap_err().to_string().contains("among"));
    assert!(causal_plan(&mdp, mdp.rewards(), 1.0, usize::MAX).unwrap_err().to_string().contains("horizon"));
    let expert = [0.1, 0.2];
    assert!(projection(&mdp, &features, &expert, 0.9, f64::NAN, 10).is_err());
    assert!(maximum_causal_entropy(&mdp, &features, &expert, (1.0, 3), (f64::NAN, 10)).is_err());
}

/// The unit of weights does not matter to what is optimal for them.
#[test]
fn tiny_weights_are_weights() {
    let (mdp, mut rng) = random(3);
    let features = random_features(&mdp, &mut rng, 3);
    let weights = [0.3, -0.8, 0.5];
    let tiny: Vec<f64> = weights.iter().map(|w| 1e-12 * w).collect();
    let of = |w: &[f64]| optimal_expectations(&mdp, &features, w, 0.9).unwrap();
    assert_eq!(of(&weights), of(&tiny));
}
