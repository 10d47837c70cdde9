//! Bayes values of two and more arms.

use proptest::prelude::*;

use super::policies::{Index, KL_UCB, MOSS, MYOPIC, Opaque, Thompson, UCB1};
use super::{UNIFORM, close};
use crate::bandits::exact::{BetaBernoulli, expected_maximum, gauss_legendre, many_arms, num_states};
use crate::bandits::policy::make;
use crate::bandits::{CountPolicy, Counts};

/// V*, myopic, Thompson, UCB1, KL-UCB, MOSS over T steps.
const TABLE: [(usize, [f64; 6]); 11] = [
    (1, [0.5, 0.5, 0.5, 0.5, 0.5, 0.5]),
    (2, [1.083333, 1.083333, 1.027778, 1.0, 1.0, 1.0]),
    (3, [1.666667, 1.666667, 1.576389, 1.583333, 1.583333, 1.583333]),
    (4, [2.277778, 2.275000, 2.140486, 2.180556, 2.187500, 2.138889]),
    (5, [2.888889, 2.884722, 2.716380, 2.727778, 2.795833, 2.727778]),
    (6, [3.508333, 3.502282, 3.301515, 3.320833, 3.413021, 3.200000]),
    (8, [4.759524, 4.749385, 4.492730, 4.405476, 4.647635, 4.366667]),
    (10, [6.021786, 6.005811, 5.704544, 5.600919, 5.898579, 5.548611]),
    (20, [12.431265, 12.365352, 11.931792, 11.523745, 12.231796, 11.642238]),
    (50, [31.996712, 31.660925, 31.207518, 29.810193, 31.573067, 30.472411]),
    (100, [64.918421, 63.975203, 63.880462, 61.078812, 64.195585, 62.648405]),
];

fn two_arms(horizon: usize) -> BetaBernoulli {
    BetaBernoulli::new(2, horizon, UNIFORM).unwrap()
}

#[test]
fn two_arms_have_the_known_values() {
    for (horizon, expected) in TABLE {
        let problem = two_arms(horizon);
        let thompson = Thompson::new(horizon);
        // The plain ones are slow.
        let policies: &[&dyn CountPolicy] =
            if horizon > 20 { &[] } else { &[&MYOPIC, &thompson, &UCB1, &KL_UCB, &MOSS] };
        close(problem.optimal_value(), expected[0], 1e-6);
        for (policy, expected) in policies.iter().zip(&expected[1..]) {
            close(problem.policy_value(*policy), *expected, 1e-6);
        }
        close(problem.oracle_value(), 2.0 / 3.0 * horizon as f64, 1e-9);
        // The policies known by name are those written down here.
        for (name, expected) in ["myopic", "thompson", "ucb1", "kl-ucb", "moss"].into_iter().zip(&expected[1..]) {
            close(problem.policy_value(make(name, UNIFORM, horizon).unwrap().as_ref()), *expected, 1e-6);
        }
    }
}

#[test]
fn short_horizons_are_fractions() {
    let fractions: [(f64, f64); 6] = [
        (two_arms(2).optimal_value(), 13.0 / 12.0),
        (two_arms(3).optimal_value(), 5.0 / 3.0),
        (two_arms(4).optimal_value(), 41.0 / 18.0),
        (two_arms(4).policy_value(&MYOPIC), 91.0 / 40.0),
        (two_arms(2).policy_value(&Thompson::new(2)), 37.0 / 36.0),
        (two_arms(3).policy_value(&Thompson::new(3)), 227.0 / 144.0),
    ];
    fractions.into_iter().for_each(|(value, fraction)| close(value, fraction, 1e-12));
}

#[test]
fn looking_ahead_pays_first_over_four_steps() {
    for arms in [2, 3, 5] {
        for horizon in 1..=5 {
            let problem = BetaBernoulli::new(arms, horizon, UNIFORM).unwrap();
            let gap = problem.optimal_value() - problem.policy_value(&MYOPIC);
            assert!(if horizon <= 3 { gap.abs() < 1e-12 } else { gap > 1e-4 }, "{arms} arms, {horizon} steps: {gap}");
        }
    }
}

#[test]
fn more_arms_have_the_known_values() {
    for (arms, horizon, optimal, myopic) in [
        (3, 5, 3.006944, 3.000926),
        (3, 10, 6.409643, 6.383116),
        (5, 5, 3.052083, 3.048611),
        (5, 10, 6.659988, 6.626225),
        (10, 5, 3.052083, 3.050386),
        (10, 10, 6.713951, 6.693082),
    ] {
        let problem = BetaBernoulli::new(arms, horizon, UNIFORM).unwrap();
        close(problem.optimal_value(), optimal, 1e-6);
        close(problem.policy_value(&MYOPIC), myopic, 1e-6);
    }
}

/// The tree of all histories, without any sharing.
fn by_hand(
    prior: (f64, f64),
    arms: &mut [Counts],
    step: usize,
    horizon: usize,
    policy: Option<&dyn CountPolicy>,
) -> f64 {
    if step > horizon {
        return 0.0;
    }
    let values: Vec<f64> = (0..arms.len())
        .map(|i| {
            let before = arms[i];
            let p = before.posterior_mean(prior);
            let mut after = |success| {
                arms[i] = before.after(success);
                let value = by_hand(prior, arms, step + 1, horizon, policy);
                arms[i] = before;
                value
            };
            p * (1.0 + after(true)) + (1.0 - p) * after(false)
        })
        .collect();
    match policy {
        None => values.into_iter().fold(f64::NEG_INFINITY, f64::max),
        Some(policy) => {
            let mut p = vec![0.0; arms.len()];
            policy.probabilities(arms, step, horizon, &mut p);
            p.iter().zip(&values).map(|(p, q)| p * q).sum()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn both_recursions_agree_with_the_tree(a in 0.3..4.0, b in 0.3..4.0, arms in 2..4usize, horizon in 1..6usize) {
        let problem = BetaBernoulli::new(arms, horizon, (a, b)).unwrap();
        let mut counts = vec![Counts::default(); arms];
        let tree = |counts: &mut Vec<Counts>, policy| by_hand((a, b), counts, 1, horizon, policy);
        let optimal = tree(&mut counts, None);
        prop_assert!((problem.optimal_value() - optimal).abs() < 1e-12);
        prop_assert!((many_arms::value((a, b), arms, horizon, None) - optimal).abs() < 1e-12);
        let mut policies: Vec<&dyn CountPolicy> = vec![&UCB1, &KL_UCB];
        let thompson = Thompson::new(horizon);
        if arms == 2 {
            policies.push(&thompson);
        }
        for policy in policies {
            let value = tree(&mut counts, Some(policy));
            prop_assert!((problem.policy_value(policy) - value).abs() < 1e-12);
            prop_assert!((problem.policy_value(&Opaque(policy)) - value).abs() < 1e-12);
            prop_assert!((many_arms::value((a, b), arms, horizon, Some(policy)) - value).abs() < 1e-12);
            prop_assert!(value <= optimal + 1e-12 && optimal <= problem.oracle_value() + 1e-8);
        }
    }
}

#[test]
fn the_number_of_beliefs_is_counted() {
    let layers = |arms, horizon| (0..horizon).map(|n| many_arms::beliefs(arms, n).len()).sum::<usize>() as f64;
    for (arms, horizon) in [(1, 7), (3, 7), (5, 6), (10, 8)] {
        assert_eq!(num_states(arms, horizon), layers(arms, horizon), "{arms} arms, {horizon} steps");
    }
    let refused = |arms, horizon| BetaBernoulli::new(arms, horizon, UNIFORM).unwrap_err().to_string();
    assert!(refused(10, 100).contains("more than"), "{}", refused(10, 100));
    assert!(refused(4, 60).contains("4 arms over 60 steps have") && refused(4, 60).contains("simulate"));
    // Two arms are counted in closed form, at any horizon, and any number of arms in no time.
    let layer = |n: usize| (0..=n / 2).map(|f| (f + 1) * (n - f + 1)).sum::<usize>();
    for horizon in [0, 1, 2, 3, 8, 9, 60, 3000] {
        assert_eq!(num_states(2, horizon), (0..horizon).map(layer).sum::<usize>() as f64, "{horizon}");
    }
    assert_eq!((num_states(1, 3000), num_states(0, 5)), (4_501_500.0, 1.0));
    assert!((num_states(2, 100_000) / 2.0833e18 - 1.0).abs() < 1e-3);
    assert!(num_states(3, 1_000_000).is_infinite() && num_states(usize::MAX, usize::MAX).is_infinite());
    assert!(refused(1_000_000, 1_000_000).contains("more than"));
    assert!(refused(usize::MAX, 3).contains("at most 1000000"));
    assert!(refused(2, 0).contains("horizon = 0"));
    assert!(refused(0, 3).contains("arms = 0"));
    assert!(BetaBernoulli::new(2, 3, (0.0, 1.0)).unwrap_err().to_string().contains("prior a = 0"));
    assert!(BetaBernoulli::new(2, 3, (1.0, f64::NAN)).is_err());
}

#[test]
fn one_arm_pays_its_mean_and_an_even_choice_too() {
    close(BetaBernoulli::new(1, 7, (2.0, 1.0)).unwrap().optimal_value(), 14.0 / 3.0, 1e-12);
    let even = Index(|_, _, _, _| 0.0);
    close(two_arms(9).policy_value(&even), 4.5, 1e-12);
}

#[test]
fn quadrature_is_exact_for_polynomials() {
    for nodes in [1, 2, 5, 16, 51] {
        for degree in 0..2 * nodes {
            let sum: f64 = gauss_legendre(nodes).iter().map(|(x, w)| w * x.powi(degree as i32)).sum();
            close(sum, 1.0 / (degree as f64 + 1.0), 1e-13);
        }
    }
    for arms in [1, 2, 10] {
        close(expected_maximum(UNIFORM, arms), arms as f64 / (arms as f64 + 1.0), 1e-11);
    }
    // Concentrated: E max of two = mean + deviation/√π, and an independent value at a = 1e5.
    for a in [1e5f64, 1e7, 1e9] {
        let deviation = (0.25 / (2.0 * a + 1.0)).sqrt();
        close(expected_maximum((a, a), 2), 0.5 + deviation / std::f64::consts::PI.sqrt(), 2e-4 * deviation);
    }
    close(expected_maximum((1e5, 1e5), 2), 0.50063078, 1e-8);
    // Nearly two points: 1 - (1 - p)^K up to the small mass between.
    close(expected_maximum((1e-9, 1e-9), 3), 0.875, 1e-6);
    close(expected_maximum((1e-300, 1.0), 2), 0.0, 1e-12);
    assert!(expected_maximum((1e-300, 1.0), 2) >= 0.0);
    // The arcsine law: E max of two = 1/2 + 2/π².
    close(expected_maximum((0.5, 0.5), 2), 0.5 + 2.0 / std::f64::consts::PI.powi(2), 1e-12);
}
