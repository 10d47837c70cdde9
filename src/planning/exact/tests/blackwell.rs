//! Blackwell-optimal policies against all deterministic policies, at discounts up to `1 − 2⁻⁶⁰`.

use super::*;

fn rule_of(best: &Blackwell) -> &[u32] {
    let DecisionRule::Deterministic(rule) = best.policy.rule(0) else { panic!("deterministic") };
    rule
}

/// `2⁻ᵏ`.
fn half_to(k: u32) -> BigRational {
    BigRational::new(1.into(), num_bigint::BigInt::one() << k)
}

#[test]
fn the_policy_is_optimal_at_every_discount_near_one() {
    let mut levels = [0; 6];
    for seed in 0..200 {
        // Rewards −1, 0, 1 make ties common.
        let most = 1 + (seed % 3) as i64;
        let mdp = lumpy(seed, 2 + seed as usize % 4, -most, most);
        for objective in BOTH {
            let best = blackwell(&mdp, objective, Reading::Stored).unwrap();
            let chain = Chain::new(&mdp, rule_of(&best));
            levels[best.level] += 1;
            for k in [20, 30, 45, 53] {
                let gamma = 1.0 - 0.5_f64.powi(k);
                let criterion = Criterion::Discounted { gamma };
                let solution = solve(&mdp, &criterion, objective, Reading::Stored).unwrap();
                assert_eq!(chain.discounted(&exactly(gamma)), solution.values, "k {k}, {objective:?}, seed {seed}");
            }
            let gamma = BigRational::one() - half_to(60);
            let values = super::best(&mdp, objective, |chain| chain.discounted(&gamma));
            assert_eq!(chain.discounted(&gamma), values, "{objective:?}, seed {seed}");
            let average = solve(&mdp, &Criterion::AverageReward, objective, Reading::Stored).unwrap();
            assert_eq!(best.gain.iter().cloned().map(Value::Finite).collect::<Vec<_>>(), average.values, "seed {seed}");
            // The bias is what the value tends to, without the gain.
            for (s, value) in values.iter().enumerate() {
                let rest = value.finite().unwrap() - &best.gain[s] / half_to(60) - &best.bias[s];
                assert!(rest.abs() < half_to(40), "bias of state {s}, {objective:?}, seed {seed}");
            }
        }
    }
    assert!(levels[0] > 0 && levels[1..].iter().sum::<i32>() > 20, "ties must be common: {levels:?}");
}

/// Puterman 2005, example 3.1.1: both policies have gain −1, and biases 12 and 11.
#[test]
fn a_policy_of_the_largest_gain_need_not_have_the_largest_bias() {
    let mut builder = MdpBuilder::new(2);
    builder.choice(0, 0, &[(1.0, 1, 10.0)]).choice(0, 1, &[(0.5, 0, 5.0), (0.5, 1, 5.0)]);
    let mdp = builder.choice(1, 0, &[(1.0, 1, -1.0)]).build().unwrap();
    let solution = solve(&mdp, &Criterion::AverageReward, Objective::Maximise, Reading::Stored).unwrap();
    let best = blackwell(&mdp, Objective::Maximise, Reading::Stored).unwrap();
    assert_eq!(texts(&solution), ["-1", "-1"]);
    assert_eq!((rule_of(&best), best.level), ([1, 2].as_slice(), 0));
    assert_eq!(best.bias, [12, 0].map(|x| BigRational::from_integer(x.into())));
    let worst = blackwell(&mdp, Objective::Minimise, Reading::Stored).unwrap();
    assert_eq!((rule_of(&worst), worst.bias[0].to_string().as_str()), ([0, 2].as_slice(), "11"));
}

/// Waiting for ever earns nothing; leaving earns the coefficients of `(1 − γ)^k`, one a step, which is positive. The first
/// coefficient that tells them apart is that of level `k`, which is as many states as there are without recurrent classes.
#[test]
fn a_policy_of_the_largest_bias_need_not_be_blackwell_optimal() {
    for k in 1..9_usize {
        let mut builder = MdpBuilder::new(k + 2);
        builder.choice(0, 0, &[(1.0, 0, 0.0)]);
        let mut coefficient = 1.0;
        for s in 0..=k {
            builder.choice(s, usize::from(s == 0), &[(1.0, s + 1, coefficient)]);
            coefficient = -coefficient * (k - s) as f64 / (s + 1) as f64;
        }
        let mdp = builder.terminal(k + 1).build().unwrap();
        let best = blackwell(&mdp, Objective::Maximise, Reading::Stored).unwrap();
        assert_eq!(rule_of(&best)[0], 1, "leaving, k {k}");
        assert!(best.gain.iter().all(Zero::is_zero) && best.bias[0].is_zero());
        let worst = blackwell(&mdp, Objective::Minimise, Reading::Stored).unwrap();
        assert_eq!((rule_of(&worst)[0], worst.level), (0, k), "waiting, k {k}");
    }
}

#[test]
fn actions_that_never_differ_end_the_comparison() {
    // Two ways round a circle of six states that earn the same in the same order, through different states.
    let mut builder = MdpBuilder::new(6);
    for s in 0..6 {
        builder.choice(s, 0, &[(1.0, (s + 1) % 6, 1.0)]).choice(s, 1, &[(1.0, (s + 5) % 6, 1.0)]);
    }
    let mdp = builder.build().unwrap();
    let best = blackwell(&mdp, Objective::Maximise, Reading::Stored).unwrap();
    assert_eq!((best.iterations, best.level), (1, 0));
    // The same row twice needs no further level.
    let mut builder = MdpBuilder::new(2);
    builder.choice(0, 0, &[(0.5, 0, 1.0), (0.5, 1, 1.0)]).choice(0, 1, &[(0.5, 0, 1.0), (0.5, 1, 1.0)]).terminal(1);
    let mdp = builder.build().unwrap();
    assert_eq!(blackwell(&mdp, Objective::Maximise, Reading::Stored).unwrap().level, 0);
    assert_eq!(blackwell(&mdp, Objective::Maximise, Reading::Stored).unwrap().bias[0].to_string(), "2");
}

#[test]
fn readings_limits_and_tables_without_choices() {
    let mut builder = MdpBuilder::new(2);
    let mdp = builder.choice(0, 0, &[(0.9, 0, 0.1), (0.1, 1, 0.1)]).terminal(1).build().unwrap();
    let bias = |reading| blackwell(&mdp, Objective::Maximise, reading).unwrap().bias[0].clone();
    assert_eq!(bias(Reading::Intended), BigRational::one());
    assert!(!(bias(Reading::Stored) - BigRational::one()).is_zero(), "no tenth is a 64-bit number");
    let mut builder = MdpBuilder::new(201);
    (0..201).for_each(|s| _ = builder.terminal(s));
    let error = blackwell(&builder.build().unwrap(), Objective::Maximise, Reading::Stored).unwrap_err();
    assert!(error.to_string().contains("201 states") && error.to_string().contains("at most 200"), "{error}");
    let mut builder = MdpBuilder::new(1);
    let best = blackwell(&builder.terminal(0).build().unwrap(), Objective::Minimise, Reading::Stored).unwrap();
    assert_eq!((rule_of(&best), best.gain[0].is_zero()), ([NO_CHOICE].as_slice(), true));
}
