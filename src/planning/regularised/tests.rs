//! Against closed forms, plans counted one by one, the hard optimum, exact evaluation, and finite differences.

use proptest::prelude::*;

use super::super::tests::random;
use super::*;
use crate::mdp::{MdpBuilder, PolicyChain, evaluate_discounted, evaluate_finite, occupancy};
use crate::planning::{Objective, Status, solve};
use crate::rng::{self, Purpose};

const METHODS: [Method; 2] = [Method::ValueIteration, Method::PolicyIteration];

fn with(method: Method, epsilon: f64) -> SolveOptions {
    SolveOptions { method, epsilon, ..SolveOptions::default() }
}

/// `v_π = r_π − τ Σ_a π ln(π / μ) + γ P_π v_π`, solved for the policy as stored.
pub(super) fn evaluate_soft(
    mdp: &Mdp,
    policy: &Policy,
    gamma: f64,
    temperature: f64,
    reference: Option<&Policy>,
) -> Vec<f64> {
    let rule = policy.rule(0);
    let chain = PolicyChain::new(mdp, rule);
    let mut reward = chain.reward.clone();
    for s in 0..mdp.num_states() {
        for c in mdp.choices(s) {
            let p = rule.probability(s, c);
            let weight = reference.map_or(1.0, |reference| reference.rule(0).probability(s, c));
            if p > 0.0 {
                reward[s] -= temperature * p * (p / weight).ln();
            }
        }
    }
    chain.solve(gamma, false, &reward, 1e-13).0
}

fn random_policy(mdp: &Mdp, seed: u64) -> Policy {
    let mut rng = rng::fast(seed, Purpose::Policy, 1);
    let mut probability = vec![0.0; mdp.num_choices()];
    for s in 0..mdp.num_states() {
        let weights: Vec<f64> = mdp.choices(s).map(|_| 0.01 + rng::uniform(&mut rng)).collect();
        let total: f64 = weights.iter().sum();
        mdp.choices(s).zip(weights).for_each(|(c, w)| probability[c] = w / total);
    }
    Policy::stationary(mdp, DecisionRule::Stochastic(probability)).unwrap()
}

fn negated(mdp: &Mdp) -> Mdp {
    mdp.clone().with_rewards(mdp.rewards().iter().map(|r| -r).collect()).unwrap()
}

#[test]
fn one_state_is_the_closed_form_at_every_temperature() {
    let rewards = [1.0, 0.5, -2.0];
    let mut builder = MdpBuilder::new(1);
    for (a, &r) in rewards.iter().enumerate() {
        builder.choice(0, a, &[(1.0, 0, r)]);
    }
    let mdp = builder.build().unwrap();
    for temperature in [1e-300, 1e-6, 0.01, 0.3, 1.0, 40.0, 1e6] {
        let weights: Vec<f64> = rewards.iter().map(|r| ((r - 1.0) / temperature).exp()).collect();
        let total: f64 = weights.iter().sum();
        let truth = (1.0 + temperature * total.ln()) / (1.0 - 0.75);
        for method in METHODS {
            let epsilon = 1e-9 * temperature.max(1.0);
            let criterion = Criterion::Discounted { gamma: 0.75 };
            let solution = solve_regularised(&mdp, criterion, temperature, &with(method, epsilon)).unwrap();
            let slack = 1e-14 * truth.abs(); // the closed form is rounded too
            assert_eq!((solution.status, solution.method), (Status::Certified, method));
            assert!(
                solution.lower[0] <= truth + slack && truth - slack <= solution.upper[0],
                "{method} at {temperature}: {truth} in [{}, {}]",
                solution.lower[0],
                solution.upper[0]
            );
            assert!(solution.max_gap() <= epsilon);
            for (a, weight) in weights.iter().enumerate() {
                assert!((solution.policy.rule(0).probability(0, a) - weight / total).abs() <= 1e-12);
            }
        }
    }
}

/// In a deterministic world the soft value is `τ ln Σ exp(return / τ)` over all plans (Ziebart 2010, section 5.1).
#[test]
fn a_finite_horizon_sums_over_all_plans() {
    let (states, horizon, temperature) = (4, 6, 0.7);
    for seed in 0..20 {
        let mut rng = rng::fast(seed, Purpose::Generation, 3);
        let mut builder = MdpBuilder::new(states);
        for s in 0..states {
            for a in 0..2 + rng::below(&mut rng, 2) {
                builder.choice(s, a, &[(1.0, rng::below(&mut rng, states), 2.0 * rng::uniform(&mut rng) - 1.0)]);
            }
        }
        let mdp = builder.build().unwrap();
        fn returns(mdp: &Mdp, s: usize, left: usize, so_far: f64, out: &mut Vec<f64>) {
            if left == 0 {
                return out.push(so_far);
            }
            for c in mdp.choices(s) {
                let (t, _) = mdp.branches(c).next().unwrap();
                returns(mdp, t, left - 1, so_far + mdp.rewards()[c], out);
            }
        }
        let options = SolveOptions { epsilon: 1e-11, ..SolveOptions::default() };
        let solution = solve_regularised(&mdp, Criterion::FiniteHorizon { horizon }, temperature, &options).unwrap();
        assert_eq!((solution.status, solution.policy.stages()), (Status::Certified, Some(horizon)));
        for s in 0..states {
            let mut plans = Vec::new();
            returns(&mdp, s, horizon, 0.0, &mut plans);
            let truth = temperature * plans.iter().map(|r| (r / temperature).exp()).sum::<f64>().ln();
            assert!((solution.values[s] - truth).abs() <= 1e-11, "{} {truth}", solution.values[s]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn methods_agree_policies_attain_the_lower_bound_and_no_policy_exceeds_the_upper(
        states in 2usize..40, terminal in 0usize..2, seed in any::<u64>(), gamma in 0.1f64..0.99,
        log_temperature in -5.0f64..2.0, relative in any::<bool>(), minimise in any::<bool>(),
    ) {
        let mdp = random(states, terminal, seed);
        let temperature = log_temperature.exp();
        let reference = relative.then(|| random_policy(&mdp, seed));
        let run = |mdp: &Mdp, objective, method, epsilon, max_iterations| {
            let options = SolveOptions { objective, method, epsilon, max_iterations };
            let criterion = Criterion::Discounted { gamma };
            match &reference {
                Some(reference) => solve_kl_regularised(mdp, criterion, temperature, reference, &options).unwrap(),
                None => solve_regularised(mdp, criterion, temperature, &options).unwrap(),
            }
        };
        let objective = if minimise { Objective::Minimise } else { Objective::Maximise };
        let exact = run(&mdp, objective, Method::PolicyIteration, 1e-9, 1000);
        prop_assert_eq!(exact.status, Status::Certified);
        // Minimising is maximising with all signs turned, to the bit.
        if minimise {
            let turned = run(&negated(&mdp), Objective::Maximise, Method::PolicyIteration, 1e-9, 1000);
            prop_assert!(turned.lower.iter().zip(&exact.upper).all(|(l, u)| *l == -u));
            prop_assert_eq!(&turned.policy, &exact.policy);
        }
        let judged = if minimise { negated(&mdp) } else { mdp.clone() };
        let runs = [(Method::ValueIteration, 100_000), (Method::ValueIteration, 3), (Method::PolicyIteration, 2)];
        for (method, steps) in runs {
            let solution = run(&mdp, objective, method, 1e-6, steps);
            prop_assert!(steps < 100_000 || solution.status == Status::Certified);
            let own = evaluate_soft(&judged, &solution.policy, gamma, temperature, reference.as_ref());
            let other = random_policy(&mdp, seed ^ 1);
            let other = evaluate_soft(&judged, &other, gamma, temperature, reference.as_ref());
            for s in 0..states {
                prop_assert!(solution.lower[s] <= exact.upper[s] && exact.lower[s] <= solution.upper[s]);
                let (low, high) = (solution.lower[s], solution.upper[s]);
                let (low, high) = if minimise { (-high, -low) } else { (low, high) };
                let slack = 1e-11 * (1.0 + own[s].abs());
                prop_assert!(low <= own[s] + slack && own[s] <= high + slack, "{} {} {}", low, own[s], high);
                prop_assert!(other[s] <= high + slack, "{} {}", other[s], high);
            }
        }
    }

    #[test]
    fn the_limit_is_the_hard_optimum(states in 2usize..30, seed in any::<u64>(), gamma in 0.1f64..0.95) {
        let mdp = random(states, 1, seed);
        let criterion = Criterion::Discounted { gamma };
        let hard = solve(&mdp, criterion.clone(), &with(Method::PolicyIteration, 1e-9)).unwrap();
        let most = (mdp.num_actions() as f64).ln();
        let mut before = vec![f64::INFINITY; states];
        for temperature in [1.0, 1e-2, 1e-5, 1e-9] {
            let soft = solve_regularised(&mdp, criterion.clone(), temperature, &with(Method::Auto, 1e-9)).unwrap();
            for s in 0..states {
                prop_assert!(soft.upper[s] >= hard.lower[s]);
                prop_assert!(soft.lower[s] <= hard.upper[s] + temperature * most / (1.0 - gamma));
                prop_assert!(soft.lower[s] <= before[s], "it falls with the temperature");
            }
            before = soft.upper;
        }
    }

    /// `∂v(s₀)/∂r(s, a)` is the discounted occupancy of the softmax policy from `s₀` (envelope theorem).
    #[test]
    fn the_gradient_in_the_rewards_is_the_occupancy(
        states in 2usize..12, seed in any::<u64>(), gamma in 0.1f64..0.9, temperature in 0.2f64..3.0
    ) {
        let mdp = random(states, 1, seed).with_initial(vec![(0, 1.0)]).unwrap();
        let value = |mdp: &Mdp| {
            solve_regularised(mdp, Criterion::Discounted { gamma }, temperature, &with(Method::PolicyIteration, 1e-11))
                .unwrap()
        };
        let policy = value(&mdp).policy;
        let occupancy = occupancy::discounted(&mdp, &policy, gamma).unwrap();
        for c in 0..mdp.num_choices() {
            let step = 1e-4;
            let moved = |by: f64| {
                let mut rewards = mdp.rewards().to_vec();
                rewards[c] += by;
                value(&mdp.clone().with_rewards(rewards).unwrap()).values[0]
            };
            let slope = (moved(step) - moved(-step)) / (2.0 * step);
            let expected = occupancy.choices[c];
            prop_assert!((slope - expected).abs() <= 1e-5 * (1.0 + expected), "{} {}", slope, expected);
        }
    }

    #[test]
    fn finite_horizons_dominate_every_policy(states in 2usize..15, seed in any::<u64>(), horizon in 1usize..8) {
        let mdp = random(states, 1, seed);
        let solution =
            solve_regularised(&mdp, Criterion::FiniteHorizon { horizon }, 0.5, &SolveOptions::default()).unwrap();
        let bonus = |policy: &Policy| {
            // The entropy of each state as a reward: one number a state, shared by its choices.
            let mut rewards = mdp.rewards().to_vec();
            for s in 0..states {
                let p = |c| policy.rule(0).probability(s, c);
                let entropy: f64 = mdp.choices(s).filter(|&c| p(c) > 0.0).map(|c| -p(c) * p(c).ln()).sum();
                mdp.choices(s).for_each(|c| rewards[c] += 0.5 * entropy);
            }
            mdp.clone().with_rewards(rewards).unwrap()
        };
        let any = random_policy(&mdp, seed);
        let value = evaluate_finite(&bonus(&any), &any, horizon).unwrap().values;
        for s in 0..states {
            prop_assert!(value[s] <= solution.upper[s] + 1e-12);
            prop_assert!(solution.lower[s] <= solution.upper[s] && solution.upper[s] - solution.lower[s] <= 1e-11);
        }
    }
}

#[test]
fn one_action_is_evaluation() {
    let mut builder = MdpBuilder::new(3);
    builder.choice(0, 0, &[(0.5, 1, 1.0), (0.5, 0, 2.0)]).choice(1, 0, &[(0.9, 0, -1.0), (0.1, 2, 0.0)]).terminal(2);
    let mdp = builder.build().unwrap();
    let truth = evaluate_discounted(&mdp, &Policy::uniform(&mdp), 0.9).unwrap();
    for method in METHODS {
        let solution =
            solve_regularised(&mdp, Criterion::Discounted { gamma: 0.9 }, 3.0, &with(method, 1e-10)).unwrap();
        for s in 0..3 {
            assert!((solution.values[s] - truth.values[s]).abs() <= 1e-10 + truth.error_bound);
        }
        assert_eq!((solution.lower[2], solution.upper[2]), (0.0, 0.0));
    }
}

#[test]
fn a_deterministic_reference_is_followed() {
    let mdp = random(20, 1, 5);
    let choice = (0..20).map(|s| mdp.choices(s).last().map_or(u32::MAX, |c| c as u32)).collect();
    let reference = Policy::stationary(&mdp, DecisionRule::Deterministic(choice)).unwrap();
    let truth = evaluate_discounted(&mdp, &reference, 0.9).unwrap();
    for method in METHODS {
        let criterion = Criterion::Discounted { gamma: 0.9 };
        let solution = solve_kl_regularised(&mdp, criterion, 2.0, &reference, &with(method, 1e-9)).unwrap();
        for s in 0..20 {
            assert!(solution.lower[s] <= truth.values[s] + 1e-12 && truth.values[s] - 1e-12 <= solution.upper[s]);
        }
        for s in 0..20 {
            for c in mdp.choices(s) {
                assert_eq!(solution.policy.rule(0).probability(s, c), reference.rule(0).probability(s, c));
            }
        }
    }
}

#[test]
fn newton_takes_a_handful_of_steps_where_sweeps_take_thousands() {
    let mdp = random(600, 0, 12); // above the limit of dense LU
    let criterion = Criterion::Discounted { gamma: 0.999 };
    let newton = solve_regularised(&mdp, criterion.clone(), 0.1, &with(Method::PolicyIteration, 1e-8)).unwrap();
    let sweeps = solve_regularised(&mdp, criterion, 0.1, &with(Method::ValueIteration, 1e-8)).unwrap();
    assert_eq!((newton.status, sweeps.status), (Status::Certified, Status::Certified));
    assert!(newton.iterations <= 10, "{}", newton.iterations);
    assert!((0..600).all(|s| newton.lower[s] <= sweeps.upper[s] && sweeps.lower[s] <= newton.upper[s]));
}

#[test]
fn the_bytes_do_not_depend_on_the_number_of_threads() {
    let mdp = random(9000, 3, 5);
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut solution = pool.install(|| {
            let criterion = Criterion::Discounted { gamma: 0.9 };
            solve_regularised(&mdp, criterion, 0.3, &with(Method::ValueIteration, 1e-6)).unwrap()
        });
        solution.seconds = 0.0;
        solution.trace.iter_mut().for_each(|point| point.seconds = 0.0);
        solution
    };
    assert_eq!(run(1), run(3));
}

#[test]
fn an_unreachable_accuracy_ends_at_the_rounding_limit() {
    let mdp = random(30, 1, 8);
    for method in METHODS {
        let solution =
            solve_regularised(&mdp, Criterion::Discounted { gamma: 0.99 }, 1.0, &with(method, 1e-15)).unwrap();
        assert_eq!(solution.status, Status::RoundingLimit);
        assert!(solution.max_gap() < 1e-9);
    }
}

#[test]
fn bad_input_is_refused() {
    let mdp = random(5, 0, 1);
    let criterion = Criterion::Discounted { gamma: 0.9 };
    for temperature in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let refused = solve_regularised(&mdp, criterion.clone(), temperature, &SolveOptions::default());
        assert!(matches!(refused, Err(Error::Parameter { name: "temperature", .. })));
    }
    let refused = solve_regularised(&mdp, criterion.clone(), 1.0, &with(Method::BackwardInduction, 1e-6));
    assert!(refused.unwrap_err().to_string().contains("use value-iteration"));
    let finite = Criterion::FiniteHorizon { horizon: 3 };
    assert!(solve_regularised(&mdp, finite.clone(), 1.0, &with(Method::ValueIteration, 1e-6)).is_err());
    assert!(solve_regularised(&mdp, Criterion::AverageReward, 1.0, &SolveOptions::default()).is_err());
    let staged = solve_regularised(&mdp, finite, 1.0, &SolveOptions::default()).unwrap().policy;
    assert!(solve_kl_regularised(&mdp, criterion.clone(), 1.0, &staged, &SolveOptions::default()).is_err());
    let foreign = Policy::uniform(&random(6, 0, 2));
    assert!(solve_kl_regularised(&mdp, criterion.clone(), 1.0, &foreign, &SolveOptions::default()).is_err());
    let huge = mdp.clone().with_rewards(vec![1e308; mdp.num_choices()]).unwrap();
    for method in METHODS {
        assert!(solve_regularised(&huge, criterion.clone(), 1.0, &with(method, 1e-6)).is_err());
    }
}
