#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::bandits::exact::bernoulli_divergence;
use crate::bandits::{CountPolicy, Counts};
use crate::rng::{self, Purpose};

const UNIFORM: (f64, f64) = (1.0, 1.0);

fn counts(successes: u32, failures: u32) -> Counts {
    Counts { successes, failures }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Each policy states a distribution, treats arms alike, and draws from what it states.
    #[test]
    fn policies_state_distributions_and_treat_arms_alike(
        arms in proptest::collection::vec((0..8u32, 0..8u32), 2..5), extra in 0..4usize, name in 0..NAMES.len(),
    ) {
        let mut arms: Vec<Counts> = arms.into_iter().map(|(s, f)| counts(s, f)).collect();
        let step = arms.iter().map(|arm| arm.pulls() as usize).sum::<usize>() + 1;
        let Ok(policy) = make(NAMES[name], UNIFORM, (step + extra).min(80)) else {
            prop_assert!(["exp3", "tsallis-inf"].contains(&NAMES[name]));
            return Ok(());
        };
        let horizon = (step + extra).min(80);
        let mut p = vec![0.0; arms.len()];
        policy.probabilities(&arms, step, horizon, &mut p);
        prop_assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-9 && p.iter().all(|&p| p >= 0.0), "{p:?}");
        arms.reverse();
        let mut reversed = p.clone();
        policy.probabilities(&arms, step, horizon, &mut reversed);
        reversed.reverse();
        prop_assert!(p.iter().zip(&reversed).all(|(a, b)| (a - b).abs() < 1e-9), "{p:?} {reversed:?}");
        arms.reverse();
        let (mut stream, mut scratch) = (rng::fast(5, Purpose::Policy, 0), p.clone());
        let n = 400;
        let mut drawn = vec![0.0; arms.len()];
        for _ in 0..n {
            drawn[policy.choose(&arms, step, horizon, &mut stream, &mut scratch)] += 1.0 / f64::from(n);
        }
        prop_assert!(p.iter().zip(&drawn).all(|(p, d)| (p - d).abs() <= 6.0 * (p * (1.0 - p) / f64::from(n)).sqrt() + 1e-12));
    }

    #[test]
    fn confidence_bounds_solve_their_equations(s in 0..40u32, f in 0..40u32, step in 2..1000usize) {
        let arm = counts(s, f);
        let (n, mean) = (f64::from(arm.pulls()), f64::from(s) / f64::from(arm.pulls()));
        let level = (step as f64).ln();
        let q = KlUcb.index(arm, 2, step, 1000).unwrap();
        if n > 0.0 && s < arm.pulls() {
            prop_assert!((n * bernoulli_divergence(mean, q) - level).abs() < 1e-9 * level.max(1.0), "{q}");
        } else {
            prop_assert_eq!(q, if n == 0.0 { f64::INFINITY } else { 1.0 });
        }
        let x = BayesUcb { prior: UNIFORM }.index(arm, 2, step, 1000).unwrap();
        let above = statrs::function::beta::beta_reg(f64::from(f) + 1.0, f64::from(s) + 1.0, 1.0 - x);
        prop_assert!((above * step as f64 - 1.0).abs() < 1e-8, "{x} {above}");
    }

    /// The sum against the integral, which a prior that is not whole uses.
    #[test]
    fn both_ways_to_compare_two_posteriors_agree(s in 0..30u32, f in 0..30u32, t in 0..30u32, g in 0..30u32) {
        let (whole, near) = (Thompson::new(UNIFORM), Thompson::new((1.0 + 1e-9, 1.0)));
        let (mut sum, mut integral) = ([0.0; 2], [0.0; 2]);
        whole.probabilities(&[counts(s, f), counts(t, g)], 1, 1, &mut sum);
        near.probabilities(&[counts(s, f), counts(t, g)], 1, 1, &mut integral);
        prop_assert!((sum[0] - integral[0]).abs() < 1e-6, "{sum:?} {integral:?}");
    }
}

#[test]
fn names_and_numbers_are_checked() {
    let message = |text: &str| make(text, UNIFORM, 10).err().unwrap().to_string();
    assert_eq!(message("tompson"), "unknown policy `tompson`; did you mean `thompson`?");
    assert!(message("thompson:2").contains("without a number"));
    assert!(message("ucb:x").contains("ucb:1"));
    assert!(message("ucb:-1").contains("alpha of ucb"));
    assert!(message("gittins:1").contains("discount = 1"));
    assert!(message("epsilon-greedy:2").contains("epsilon = 2"));
    assert!(message("explore-then-commit:0.5").contains("pulls of explore-then-commit = 0.5"));
    assert!(message("thompson-normal:0").contains("deviation") && message("perturbed-myopic:1e9").contains("scale"));
    assert!(message("exp3").contains("more than counts"));
    assert!(make("thompson", (0.0, 1.0), 10).is_err());
}

/// The mean regret of many runs against the exact Bayes regret of the same policy.
#[test]
fn simulated_regret_agrees_with_the_exact_one() {
    use crate::bandits::exact::BetaBernoulli;
    use crate::bandits::policy_regret;
    use crate::bandits::problem::Bernoulli;

    let (horizon, runs) = (20, 4000);
    for name in [
        "thompson",
        "ucb1",
        "epsilon-greedy:0.2",
        "bayes-ucb",
        "explore-then-commit",
        "thompson-normal",
        "perturbed-myopic",
    ] {
        let exact = BetaBernoulli::new(2, horizon, UNIFORM)
            .unwrap()
            .policy_regret(make(name, UNIFORM, horizon).unwrap().as_ref());
        let policy = Policy::named(name, UNIFORM, horizon).unwrap();
        let mut regrets = Vec::new();
        for seed in 0..runs {
            let mut means = rng::fast(seed, Purpose::Generation, 0);
            let arms = Bernoulli::new(vec![rng::uniform(&mut means), rng::uniform(&mut means)]).unwrap();
            regrets.push(policy_regret(&arms, &policy, &[5, horizon], seed).unwrap()[1]);
        }
        let mean = regrets.iter().sum::<f64>() / runs as f64;
        let variance = regrets.iter().map(|r| (r - mean) * (r - mean)).sum::<f64>() / runs as f64;
        assert!((mean - exact).abs() <= 5.0 * (variance / runs as f64).sqrt(), "{name}: {mean} {exact}");
    }
    let arms = Bernoulli::new(vec![0.5, 0.4]).unwrap();
    let uniform = Policy::Counts(Box::new(Uniform));
    assert!(policy_regret(&arms, &uniform, &[0, 5], 0).is_err());
    assert!(policy_regret(&arms, &uniform, &[5, 5], 0).is_err() && policy_regret(&arms, &uniform, &[], 0).is_err());
}

#[test]
fn information_is_worth_having() {
    use crate::bandits::exact::BetaBernoulli;

    let problem = BetaBernoulli::new(2, 16, UNIFORM).unwrap();
    let value = |name: &str| problem.policy_value(make(name, UNIFORM, 16).unwrap().as_ref());
    let [ids, v_ids, gradient, thompson] = ["ids", "v-ids", "knowledge-gradient", "thompson"].map(value);
    let best = problem.optimal_value();
    assert!(
        thompson < ids.min(v_ids) && ids.max(v_ids) < best && gradient < best,
        "{ids} {v_ids} {gradient} {thompson} {best}"
    );
}

/// Normal draws: two arms in closed form against quadrature, which a third arm that cannot win asks for.
#[test]
fn the_largest_of_normal_draws() {
    let policy = NormalDraws::thompson(0.5).unwrap();
    let (mut two, mut three) = ([0.0; 2], [0.0; 3]);
    for (one, other) in
        [(counts(30, 10), counts(40, 30)), (counts(20, 20), counts(21, 19)), (counts(500, 300), counts(60, 40))]
    {
        policy.probabilities(&[one, other], 1, 1, &mut two);
        policy.probabilities(&[one, other, counts(0, 4000)], 1, 1, &mut three);
        assert!((two[0] - three[0]).abs() < 1e-6, "{two:?} {three:?}");
    }
}

/// Probabilities of Tsallis-INF solve their equation, and both weightings move weight to what loses less.
#[test]
fn weighted_policies_weigh_losses() {
    for weighting in [Weighting::Exponential, Weighting::Tsallis] {
        let mut policy = Weighted::new(weighting, 3, 100);
        assert!(policy.probabilities(1).iter().all(|p| (p - 1.0 / 3.0).abs() < 1e-12));
        let mut random = rng::fast(1, Purpose::Policy, 0);
        for step in 1..=100 {
            let arm = policy.choose(step, &mut random);
            policy.learn(arm, [0.9, 0.5, 0.1][arm]);
        }
        let p = policy.probabilities(101).to_vec();
        assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-12 && p[0] > p[1] && p[1] > p[2], "{p:?}");
    }
}

#[test]
fn explore_then_commit_keeps_to_its_choice() {
    let policy = ExploreThenCommit { given: Some(2) };
    let chosen = |arms: &[Counts]| {
        let mut out = vec![0.0; arms.len()];
        policy.probabilities(arms, 1, 100, &mut out);
        out
    };
    assert_eq!(chosen(&[counts(1, 0), counts(1, 1)]), [1.0, 0.0]);
    assert_eq!(chosen(&[counts(2, 0), counts(1, 1)]), [1.0, 0.0]);
    // Committed to the first arm, whatever comes.
    assert_eq!(chosen(&[counts(2, 9), counts(1, 1)]), [1.0, 0.0]);
    assert_eq!(ExploreThenCommit { given: None }.pulls(2, 1000), 50);
}

/// Linear arms: unit vectors are ordinary arms, and knowing that arms share two numbers saves most of the regret of ten.
#[test]
fn linucb_shares_what_it_learns() {
    use crate::bandits::problem::Linear;
    use ndarray::{Array1, Array2};

    let unit = Linear::new(Array2::eye(2), &Array1::from(vec![0.9, 0.2]), 0.0).unwrap();
    let mut policy = LinUcb::new(&unit, 1.5, 1.0).unwrap();
    let rule = LinearUcb { alpha: 1.5 };
    policy.learn(0, 1.0);
    policy.learn(0, 0.0);
    policy.learn(1, 1.0);
    for (arm, seen) in [counts(1, 1), counts(1, 0)].into_iter().enumerate() {
        assert!((policy.score(arm) - rule.index(seen, 2, 4, 9).unwrap()).abs() < 1e-12);
    }
    let (mut shared, mut separate) = (0.0, 0.0);
    for seed in 0..40 {
        let mut random = rng::fast(seed, Purpose::Generation, 0);
        let features = Array2::from_shape_fn((10, 2), |_| 2.0 * rng::uniform(&mut random) - 1.0);
        let theta = Array1::from_shape_fn(2, |_| 2.0 * rng::uniform(&mut random) - 1.0);
        let means = features.dot(&theta);
        shared += linear_regret(&Linear::new(features, &theta, 0.3).unwrap(), 1.0, 1.0, 200, seed).unwrap();
        separate += linear_regret(&Linear::new(Array2::eye(10), &means, 0.3).unwrap(), 1.0, 1.0, 200, seed).unwrap();
    }
    assert!(shared < 0.5 * separate, "{shared} {separate}");
    assert!(LinUcb::new(&unit, -1.0, 1.0).is_err() && LinUcb::new(&unit, 1.0, 0.0).is_err());
}

/// Nodes that depend on the posteriors, against those that do not, where both apply; and where only the former do, symmetry.
#[test]
fn narrow_posteriors_are_compared_too() {
    let (wide, narrow) = (Thompson::new((1.0, 1.0)), Thompson::new((200.0, 201.0)));
    let arms = [counts(90, 100), counts(85, 100), counts(95, 120)];
    let (mut one, mut other) = ([0.0; 3], [0.0; 3]);
    wide.probabilities(&arms, 1, 1, &mut one);
    wide.largest_of_narrow(&arms, &mut other);
    assert!(one.iter().zip(&other).all(|(a, b)| (a - b).abs() < 1e-6), "{one:?} {other:?}");
    narrow.probabilities(&[counts(0, 0); 3], 1, 1, &mut one);
    assert!(one.iter().all(|p| (p - 1.0 / 3.0).abs() < 1e-9), "{one:?}");
    let sharp = make("thompson", (5e4, 5e4), 10).unwrap();
    sharp.probabilities(&[counts(3, 0), counts(0, 0), counts(0, 3)], 7, 10, &mut one);
    assert!(one[0] > one[1] && one[1] > one[2] && (one.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{one:?}");
    for name in ["thompson", "ids", "v-ids", "perturbed-myopic", "thompson-normal:0.0001"] {
        let policy = make(name, (5e4, 5e4), 10).unwrap();
        policy.probabilities(&[counts(3, 0), counts(1, 1), counts(0, 3)], 9, 10, &mut one);
        assert!((one.iter().sum::<f64>() - 1.0).abs() < 1e-9 && one.iter().all(|p| *p >= 0.0), "{name}: {one:?}");
    }
    assert!(make("thompson", (1e6, 1.0), 10).err().unwrap().to_string().contains("prior a + b = 1000001"));
}

/// Up to 300 pulls, where sums of binomial probabilities begin with what underflows: with one failure less than the prior's, P(θ > x) = 1 - x^{s + 1}.
#[test]
fn quantiles_of_many_pulls_are_right() {
    let quantile = |s, f, step| BayesUcb { prior: UNIFORM }.index(counts(s, f), 2, step, 1000).unwrap();
    for s in [40u32, 83, 150, 250, 299] {
        for step in [2usize, 10, 301, 1000] {
            let expected = ((-1.0 / step as f64).ln_1p() / f64::from(s + 1)).exp();
            assert!((quantile(s, 0, step) - expected).abs() < 1e-12, "{s} {step}: {} {expected}", quantile(s, 0, step));
            for (successes, failures) in [(s, 29), (29, s), (s, s)] {
                let x = quantile(successes, failures, step);
                let law =
                    statrs::function::beta::beta_reg(f64::from(failures) + 1.0, f64::from(successes) + 1.0, 1.0 - x);
                assert!((law * step as f64 - 1.0).abs() < 1e-8, "{successes} {failures} {step}: {x} {law}");
            }
        }
    }
}

/// The nodes catch the whole mass, also of priors with singular densities, whatever was seen.
#[test]
fn probabilities_of_singular_posteriors_add_up() {
    for prior in [(0.05, 0.05), (0.1, 0.1), (0.1, 2.5), (0.3, 0.3), (0.7, 1.3), (1.5, 0.4)] {
        let policy = Thompson::new(prior);
        for arms in [
            vec![counts(0, 0), counts(0, 0), counts(0, 0)],
            vec![counts(0, 1), counts(0, 0), counts(1, 0)],
            vec![counts(0, 300), counts(30, 20), counts(3, 0)],
            vec![counts(50, 45), counts(45, 50)],
        ] {
            let mut out = vec![0.0; arms.len()];
            policy.largest_at_nodes(&arms, &mut out);
            assert!((out.iter().sum::<f64>() - 1.0).abs() < 1e-7, "{prior:?} {arms:?}: {out:?}");
        }
    }
    // Two arms, one success: P(θ₁ > θ₂) = 1/2 + h/a for one more success, with h = B(2a, 2a)/B(a, a)².
    let a = 0.1;
    let h = (statrs::function::beta::ln_beta(2.0 * a, 2.0 * a) - 2.0 * statrs::function::beta::ln_beta(a, a)).exp();
    let mut out = [0.0; 2];
    Thompson::new((a, a)).probabilities(&[counts(1, 0), counts(0, 0)], 2, 2, &mut out);
    assert!((out[0] - 0.5 - h / a).abs() < 1e-8, "{out:?} {h}");
    // Draws that round to 1 are shared, too.
    let (policy, arms) = (Thompson::new((0.05, 0.05)), [counts(0, 0); 3]);
    let (mut stream, mut chosen) = (rng::fast(8, Purpose::Policy, 0), [0u32; 3]);
    (0..9000).for_each(|_| chosen[policy.choose(&arms, 1, 1, &mut stream, &mut [0.0; 3])] += 1);
    assert!(chosen.iter().all(|&n| (f64::from(n) - 3000.0).abs() < 5.0 * 45.0), "{chosen:?}");
    assert!(make("thompson", (0.01, 0.01), 10).err().unwrap().to_string().contains("prior = 0.01"));
}

/// Sums of whole posteriors against the grid, which a prior that is not whole uses; arms that are alike are treated alike.
#[test]
fn information_is_the_same_both_ways() {
    for information in [Information::Gain, Information::Variance] {
        let (whole, near) = (Ids::new(UNIFORM, information), Ids::new((1.0 + 1e-9, 1.0), information));
        for (one, two) in [
            (counts(0, 0), counts(3, 1)),
            (counts(5, 2), counts(4, 4)),
            (counts(30, 12), counts(2, 1)),
            (counts(60, 40), counts(45, 40)),
            (counts(400, 300), counts(350, 300)),
        ] {
            let (mut sums, mut grid) = ([0.0; 2], [0.0; 2]);
            whole.probabilities(&[one, two], 1, 1, &mut sums);
            near.probabilities(&[one, two], 1, 1, &mut grid);
            assert!((sums[0] - grid[0]).abs() < 2e-3, "{information:?} {one:?} {two:?}: {sums:?} {grid:?}");
        }
        let mut p = [0.0; 4];
        whole.probabilities(&[counts(3, 1), counts(1, 1), counts(1, 1), counts(3, 1)], 9, 20, &mut p);
        assert!((p[0] - p[3]).abs() < 1e-12 && (p[1] - p[2]).abs() < 1e-12 && p[0] > 0.0, "{p:?}");
    }
    // Below 1 most of the mass is at the ends, which the means must agree with.
    let ids = Ids::new((0.1, 0.1), Information::Gain);
    let mut p = [0.0; 3];
    ids.probabilities(&[counts(1, 0), counts(0, 0), counts(0, 1)], 3, 9, &mut p);
    assert!(p[0] > 0.9 && p[2] < 1e-9, "{p:?}");
}

/// A posterior that rounding makes a point is drawn as one.
#[test]
fn decided_arms_are_compared_by_their_means() {
    for prior in [(1e-20, 1e-20), (1.0, 1e-300)] {
        let policy = make("perturbed-myopic", prior, 10).unwrap();
        for arms in [vec![counts(1, 0), counts(0, 1)], vec![counts(1, 0), counts(0, 1), counts(0, 0)]] {
            let mut p = vec![0.0; arms.len()];
            policy.probabilities(&arms, 3, 10, &mut p);
            assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-9 && p[0] >= p[1], "{prior:?}: {p:?}");
        }
    }
}
