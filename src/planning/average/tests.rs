//! Against closed forms, all deterministic policies, the limit of matrix powers, the other methods, and discounting.

use nalgebra::DMatrix;

use crate::mdp::{DecisionRule, Mdp, MdpBuilder, NO_CHOICE, Policy, evaluate_average, occupancy};
use crate::planning::tests::random;
use crate::planning::{Criterion, Method, Objective, Solution, SolveOptions, Status, solve};
use crate::rng::{self, Purpose};

const METHODS: [Method; 5] = [
    Method::Auto,
    Method::ValueIteration,
    Method::ModifiedPolicyIteration,
    Method::PolicyIteration,
    Method::LinearProgramming,
];

fn with(method: Method, epsilon: f64) -> SolveOptions {
    SolveOptions { method, epsilon, ..SolveOptions::default() }
}

fn average(mdp: &Mdp, options: &SolveOptions) -> Solution {
    solve(mdp, Criterion::AverageReward, options).unwrap()
}

/// `P*` as the limit of `((I + P) / 2)ⁿ`, which has the same invariant parts as `P` and no period, by repeated
/// squaring.
fn limiting_matrix(mdp: &Mdp, rule: &DecisionRule) -> DMatrix<f64> {
    let n = mdp.num_states();
    let mut p = DMatrix::identity(n, n);
    for s in 0..n {
        for c in mdp.choices(s) {
            for (t, x) in mdp.branches(c) {
                p[(s, t)] += rule.probability(s, c) * x;
            }
        }
    }
    for _ in 0..70 {
        for mut row in p.row_iter_mut() {
            let sum: f64 = row.iter().sum();
            row /= sum;
        }
        p = &p * &p;
    }
    p
}

fn gain_of(mdp: &Mdp, rule: &DecisionRule) -> Vec<f64> {
    let reward = |s: usize| mdp.choices(s).map(|c| rule.probability(s, c) * mdp.rewards()[c]).sum::<f64>();
    let rewards: Vec<f64> = (0..mdp.num_states()).map(reward).collect();
    let limit = limiting_matrix(mdp, rule);
    (0..mdp.num_states()).map(|s| rewards.iter().enumerate().map(|(t, r)| limit[(s, t)] * r).sum()).collect()
}

/// The best gain of each state over all deterministic stationary policies, one of which is optimal (Puterman 2005,
/// theorem 9.1.8).
fn best_gain(mdp: &Mdp) -> Vec<f64> {
    let states = mdp.num_states();
    let first = |s: usize| if mdp.is_terminal(s) { NO_CHOICE } else { mdp.choices(s).start as u32 };
    let mut rule: Vec<u32> = (0..states).map(first).collect();
    let mut best = vec![f64::NEG_INFINITY; states];
    loop {
        let gain = gain_of(mdp, &DecisionRule::Deterministic(rule.clone()));
        best.iter_mut().zip(gain).for_each(|(best, g)| *best = best.max(g));
        let Some(s) = (0..states).find(|&s| !mdp.is_terminal(s) && rule[s] as usize + 1 < mdp.choices(s).end) else {
            return best;
        };
        rule[s] += 1;
        (0..s).for_each(|s| rule[s] = first(s));
    }
}

/// A small problem with few branches: several end components, transient and terminal states, periods.
fn sparse(states: usize, seed: u64) -> Mdp {
    let mut rng = rng::fast(seed, Purpose::Generation, 11);
    let mut builder = MdpBuilder::new(states);
    for s in 0..states {
        if s > 0 && rng::below(&mut rng, 8) == 0 {
            builder.terminal(s);
            continue;
        }
        for a in 0..1 + rng::below(&mut rng, 3) {
            let mut next = || rng::below(&mut rng, states);
            let (t, other) = (next(), next());
            let p = [1.0, 0.5, 0.9, 0.01][rng::below(&mut rng, 4)];
            // Few different rewards make ties, and components of equal gain.
            let r = if seed.is_multiple_of(2) { rng::below(&mut rng, 3) as f64 } else { rng::uniform(&mut rng) - 0.5 };
            builder.choice(s, a, &[(p, t, r), (1.0 - p, other, r)]);
        }
    }
    builder.build().unwrap()
}

fn assert_encloses(solution: &Solution, truth: &[f64], what: &str) {
    for (s, g) in truth.iter().enumerate() {
        let slack = 1e-11; // of the truth
        assert!(
            solution.lower[s] <= g + slack && g - slack <= solution.upper[s],
            "{what}, state {s}: {g} is not in [{}, {}]",
            solution.lower[s],
            solution.upper[s]
        );
    }
}

fn negated(mdp: &Mdp) -> Mdp {
    mdp.clone().with_rewards(mdp.rewards().iter().map(|r| -r).collect()).unwrap()
}

#[test]
fn the_best_of_all_policies_on_thousands_of_models() {
    let mut moved = 0;
    for seed in 0..2000 {
        let states = 2 + seed as usize % 4;
        let mdp = sparse(states, seed);
        let truth = best_gain(&mdp);
        moved += usize::from(truth.iter().any(|g| (g - truth[0]).abs() > 1e-9));
        for method in METHODS {
            let what = format!("{method}, seed {seed}");
            let solution = average(&mdp, &with(method, 1e-8));
            assert_eq!(solution.status, Status::Certified, "{what}");
            assert!(solution.max_gap() <= 1e-8);
            assert_encloses(&solution, &truth, &what);
            let own = gain_of(&mdp, solution.policy.rule(0));
            for s in 0..states {
                assert!(own[s] >= solution.lower[s] - 1e-11, "{what}: {} < {}", own[s], solution.lower[s]);
            }
            if seed % 10 == 0 {
                let options = SolveOptions { objective: Objective::Minimise, ..with(method, 1e-8) };
                let (least, turned) = (average(&mdp, &options), average(&negated(&mdp), &with(method, 1e-8)));
                assert!(least.lower.iter().zip(&turned.upper).all(|(low, high)| *low == 0.0 - high));
                assert!(least.upper.iter().zip(&turned.lower).all(|(high, low)| *high == 0.0 - low));
                assert_eq!(least.policy, turned.policy);
            }
        }
    }
    assert!(moved > 300, "only {moved} models have states of different gains");
}

#[test]
fn unfinished_runs_have_bounds_too() {
    for seed in 0..300 {
        let mdp = sparse(5, seed);
        let truth = best_gain(&mdp);
        for method in METHODS {
            for max_iterations in [1, 2, 5] {
                let options = SolveOptions { max_iterations, ..with(method, 1e-12) };
                let solution = average(&mdp, &options);
                assert_encloses(&solution, &truth, &format!("{method}, seed {seed}"));
                let own = gain_of(&mdp, solution.policy.rule(0));
                assert!((0..5).all(|s| own[s] >= solution.lower[s] - 1e-11));
            }
        }
    }
}

#[test]
fn gain_and_bias_of_a_policy_are_the_limit_of_matrix_powers() {
    for seed in 0..400 {
        let mdp = sparse(2 + seed as usize % 8, seed);
        for policy in [Policy::uniform(&mdp), Policy::greedy(&mdp, mdp.rewards())] {
            let long_run = evaluate_average(&mdp, &policy).unwrap();
            let (limit, gain) = (limiting_matrix(&mdp, policy.rule(0)), gain_of(&mdp, policy.rule(0)));
            assert!(long_run.residual <= 1e-9, "seed {seed}: {}", long_run.residual);
            let scale = long_run.bias.iter().fold(1.0, |m: f64, h| m.max(h.abs()));
            for s in 0..mdp.num_states() {
                assert!((long_run.gain[s] - gain[s]).abs() <= 1e-11, "seed {seed}");
                let mean: f64 = (0..mdp.num_states()).map(|t| limit[(s, t)] * long_run.bias[t]).sum();
                assert!(mean.abs() <= 1e-10 * scale, "seed {seed}: P* h = {mean}");
                // A recurrent state has the stationary distribution of its class in its row of P*.
                for t in 0..mdp.num_states() {
                    let same = long_run.class[s] == long_run.class[t];
                    let recurrent = (long_run.class[s] as usize) < long_run.num_classes;
                    let expected = if same { long_run.stationary[t] } else { 0.0 };
                    assert!(!recurrent || (limit[(s, t)] - expected).abs() <= 1e-11, "seed {seed}");
                }
            }
        }
    }
}

#[test]
fn the_average_occupancy_is_the_limit_of_matrix_powers() {
    for seed in 0..200 {
        let states = 2 + seed as usize % 8;
        let mdp = sparse(states, seed).with_initial(vec![(0, 0.25), (1, 0.75)]).unwrap();
        for policy in [Policy::uniform(&mdp), Policy::greedy(&mdp, mdp.rewards())] {
            let occupancy = occupancy::average(&mdp, &policy).unwrap();
            let limit = limiting_matrix(&mdp, policy.rule(0));
            for t in 0..states {
                let expected = 0.25 * limit[(0, t)] + 0.75 * limit[(1, t)];
                assert!(
                    (occupancy.states[t] - expected).abs() <= 1e-11,
                    "seed {seed}: {} {expected}",
                    occupancy.states[t]
                );
            }
            let gain = evaluate_average(&mdp, &policy).unwrap().gain;
            assert!((occupancy.expected_return(&mdp) - mdp.initial_value(&gain)).abs() <= 1e-11);
        }
    }
}

#[test]
fn large_classes_and_transient_parts_are_solved_iteratively() {
    // Both a class and a transient component of more states than dense elimination takes.
    let (n, mut rng) = (900, rng::fast(1, Purpose::Generation, 13));
    let mut builder = MdpBuilder::new(2 * n);
    for s in 0..2 * n {
        let first = if s < n { 0 } else { n };
        let mut next = || first + rng::below(&mut rng, n);
        let (t, other) = (next(), next());
        // The first half is left with probability 1/100.
        let away = if s < n { n + s } else { (s + 1) % n + n };
        builder.choice(s, 0, &[(0.5, t, (s % 7) as f64), (0.49, other, 1.0), (0.01, away, 0.0)]);
    }
    let mdp = builder.build().unwrap();
    let policy = Policy::uniform(&mdp);
    let long_run = evaluate_average(&mdp, &policy).unwrap();
    assert_eq!(long_run.num_classes, 1);
    assert!(long_run.residual <= 1e-10, "{}", long_run.residual);
    let occupancy = occupancy::average(&mdp, &policy).unwrap();
    let total: f64 = occupancy.states.iter().sum();
    assert!((total - 1.0).abs() <= 1e-11, "{total}");
    assert!((occupancy.expected_return(&mdp) - long_run.gain[0]).abs() <= 1e-11);
    assert!(long_run.gain.iter().all(|g| (g - long_run.gain[0]).abs() <= 1e-10));
    let mean: f64 = occupancy.states.iter().zip(&long_run.bias).map(|(d, h)| d * h).sum();
    assert!(mean.abs() <= 1e-10);
}

/// RiverSwim with `n` states: left is sure, right is against the current.
fn river(n: usize, p01: f64) -> Mdp {
    let mut builder = MdpBuilder::new(n);
    for s in 0..n {
        builder.choice(s, 0, &[(1.0, s.saturating_sub(1), if s == 0 { 0.005 } else { 0.0 })]);
        match s {
            0 => builder.choice(0, 1, &[(1.0 - p01, 0, 0.0), (p01, 1, 0.0)]),
            _ if s == n - 1 => builder.choice(s, 1, &[(0.6, s, 1.0), (0.4, s - 1, 1.0)]),
            _ => builder.choice(s, 1, &[(0.35, s + 1, 0.0), (0.6, s, 0.0), (0.05, s - 1, 0.0)]),
        };
    }
    builder.build().unwrap()
}

#[test]
fn river_swim_has_the_known_gain_and_bias() {
    for (p01, gain, span) in [(0.6, 0.428_622_43, 6.310_32), (0.4, 0.428_596_93, 6.726_62)] {
        for method in METHODS {
            let solution = average(&river(6, p01), &with(method, 1e-9));
            assert_eq!(solution.status, Status::Certified);
            assert!((solution.values[0] - gain).abs() <= 5e-9, "{method}: {}", solution.values[0]);
            let bias = solution.bias.unwrap();
            let found = bias.iter().fold(f64::NEG_INFINITY, |m: f64, &h| m.max(h))
                - bias.iter().fold(f64::INFINITY, |m: f64, &h| m.min(h));
            assert!((found - span).abs() <= 5e-6, "{method}: {found}");
        }
    }
    // Swimming right is a birth-death chain: d(s + 1) / d(s) is the rate up over the rate down.
    let n = 20;
    let mut d = vec![1.0; n];
    for s in 1..n {
        let up = if s == 1 { 0.6 } else { 0.35 };
        d[s] = d[s - 1] * up / if s == n - 1 { 0.4 } else { 0.05 };
    }
    let truth = d[n - 1] / d.iter().sum::<f64>();
    for method in METHODS {
        assert_encloses(&average(&river(n, 0.6), &with(method, 1e-9)), &vec![truth; n], "river");
    }
    // Policies that swim left somewhere leave the right end once in 7¹⁹ steps: their equations must not mislead.
    let solution = average(&river(n, 0.6), &with(Method::PolicyIteration, 1e-9));
    assert!(solution.iterations <= 150 && solution.max_gap() <= 1e-11, "{}", solution.iterations);
}

/// A hub with `k` exits into rings of three states; ring `i` has gain 0.2 (i + 1), exit `i` fails with probability 0.15
/// i.
#[test]
fn the_hub_weighs_gain_against_risk() {
    let k = 5;
    let mut builder = MdpBuilder::new(1 + 3 * k);
    for a in 0..k {
        let fails = 0.15 * a as f64;
        builder.choice(0, a, &[(1.0 - fails, 1 + 3 * a, 0.0), (fails, 1, 0.0)]);
        for j in 0..3 {
            let (s, next) = (1 + 3 * a + j, 1 + 3 * a + (j + 1) % 3);
            let size = (a + 1) as f64;
            builder.choice(s, 0, &[(1.0, next, if j == 0 { 0.6 * size } else { 0.0 })]);
            for b in 1..k {
                let r = if (j + b) % 2 == 1 { 0.1 * size } else { 0.0 };
                builder.choice(s, b, &[(0.9, s, r), (0.1, next, r)]);
            }
        }
    }
    let mdp = builder.build().unwrap();
    let truth: Vec<f64> =
        (0..=3 * k).map(|s| if s == 0 { 0.55 * 0.8 + 0.45 * 0.2 } else { 0.2 * ((s - 1) / 3 + 1) as f64 }).collect();
    for method in METHODS {
        let solution = average(&mdp, &with(method, 1e-9));
        assert_eq!(solution.status, Status::Certified);
        assert_encloses(&solution, &truth, "hub");
        assert_eq!(solution.policy.rule(0).probability(0, 3), 1.0);
    }
}

#[test]
fn closed_forms_of_small_chains() {
    // Two states, p and q the probabilities to change: d = (q, p) / (p + q).
    let (p, q) = (0.3, 0.1);
    let mut builder = MdpBuilder::new(2);
    builder.choice(0, 0, &[(p, 1, 2.0), (1.0 - p, 0, 2.0)]).choice(1, 0, &[(q, 0, -1.0), (1.0 - q, 1, -1.0)]);
    let chain = builder.build().unwrap();
    let gain = (2.0 * q - p) / (p + q);
    // h(0) − h(1) = 3 / (p + q), with d h = 0.
    let bias = [3.0 * p / (p + q) / (p + q), -3.0 * q / (p + q) / (p + q)];
    // A cycle of 30 states with one reward, and a shortcut that earns nothing: periodic.
    let mut builder = MdpBuilder::new(30);
    for s in 0..30 {
        builder.choice(s, 0, &[(1.0, (s + 1) % 30, if s == 7 { 1.0 } else { 0.0 })]);
    }
    builder.choice(8, 1, &[(1.0, 6, 0.0)]);
    let cycle = builder.build().unwrap();
    // Losing for ever, or ending.
    let mut builder = MdpBuilder::new(2);
    builder.choice(0, 0, &[(1.0, 0, -1.0)]).choice(0, 1, &[(1e-3, 1, -5.0), (1.0 - 1e-3, 0, -5.0)]).terminal(1);
    let ending = builder.build().unwrap();
    for method in METHODS {
        let solution = average(&chain, &with(method, 1e-10));
        assert_encloses(&solution, &[gain; 2], "two states");
        let found = solution.bias.unwrap();
        assert!((0..2).all(|s| (found[s] - bias[s]).abs() <= 1e-12), "{found:?} {bias:?}");
        let solution = average(&cycle, &with(method, 1e-9));
        assert_eq!(solution.status, Status::Certified);
        assert_encloses(&solution, &[1.0 / 3.0; 30], "cycle");
        let solution = average(&ending, &with(method, 1e-9));
        assert_encloses(&solution, &[0.0; 2], "ending");
        assert_eq!((solution.lower[1], solution.upper[1]), (0.0, 0.0));
        let options = SolveOptions { objective: Objective::Minimise, ..with(method, 1e-9) };
        assert_encloses(&average(&ending, &options), &[-1.0, 0.0], "losing");
    }
}

/// From the start, n heads in a row lead to a gain of 1, n tails to a gain of 0: 2ⁿ⁺¹ steps, and exactly one half.
#[test]
fn components_that_are_hard_to_reach() {
    let n = 25;
    let mut builder = MdpBuilder::new(2 * n + 1);
    builder.choice(0, 0, &[(0.5, 1, 9.0), (0.5, n + 1, 9.0)]);
    for i in 1..n {
        builder.choice(i, 0, &[(0.5, i + 1, 9.0), (0.5, 0, 9.0)]);
        builder.choice(n + i, 0, &[(0.5, n + i + 1, 9.0), (0.5, 0, 9.0)]);
    }
    builder.choice(n, 0, &[(1.0, n, 1.0)]).choice(2 * n, 0, &[(1.0, 2 * n, 0.0)]);
    let mdp = builder.build().unwrap();
    let solution = average(&mdp, &with(Method::Auto, 1e-6));
    assert_eq!(solution.status, Status::Certified);
    assert!(solution.lower[0] <= 0.5 && 0.5 <= solution.upper[0]);
}

#[test]
fn a_branch_exists_however_small_it_is() {
    // The loop of gain 1 is left with probability p, so it is no end component; the other one has gain 0. Rounding adds
    // up over the 1/p steps that this takes: the bounds need not be close, but they must hold.
    for (p, status) in [(1e-6, Status::Certified), (1e-12, Status::RoundingLimit), (5e-324, Status::RoundingLimit)] {
        let mut builder = MdpBuilder::new(3);
        builder.choice(0, 0, &[(1.0 - p, 0, 1.0), (p, 1, 1.0)]).choice(1, 0, &[(1.0, 1, 0.0)]);
        builder.choice(2, 0, &[(1.0, 2, 1.0)]);
        let mdp = builder.build().unwrap();
        let solution = average(&mdp, &SolveOptions::default());
        assert_encloses(&solution, &[0.0, 0.0, 1.0], "leak");
        assert_eq!(solution.status, status, "{p}: {solution:?}");
    }
}

#[test]
fn rows_are_scaled_to_sum_to_one() {
    // As stored, state 0 would be left with probability 0.5 + 0.9e-9.
    let mut builder = MdpBuilder::new(2);
    builder.choice(0, 0, &[(0.5, 0, 1.0), (0.5 + 0.9e-9, 1, 1.0)]).choice(1, 0, &[(1.0 - 0.9e-9, 0, 0.0)]);
    let mdp = builder.build().unwrap();
    let leave = (0.5 + 0.9e-9) / (1.0 + 0.9e-9);
    let truth = 1.0 / (1.0 + leave);
    for method in METHODS {
        let solution = average(&mdp, &with(method, 1e-12));
        assert_eq!(solution.status, Status::Certified, "{method}");
        assert!(solution.lower[0] <= truth + 1e-15 && truth - 1e-15 <= solution.upper[0]);
    }
}

/// Islands of random problems, reachable one way: end components of many sizes, with transient states between them.
fn islands(sizes: &[usize], seed: u64) -> Mdp {
    let mut rng = rng::fast(seed, Purpose::Generation, 12);
    let total: usize = sizes.iter().sum();
    let mut builder = MdpBuilder::new(total + 1);
    builder.terminal(total);
    let mut first = 0;
    for &size in sizes {
        for s in first..first + size {
            let mut row = |low: usize, high: usize| {
                let p = 0.1 + 0.8 * rng::uniform(&mut rng);
                let r = rng::uniform(&mut rng);
                let mut next = || low + rng::below(&mut rng, high - low);
                [(p, next(), r), (1.0 - p, next(), r)]
            };
            let (one, two, away) = (row(first, first + size), row(first, first + size), row(first, total + 1));
            builder.choice(s, 0, &one).choice(s, 1, &two).choice(s, 2, &away);
        }
        first += size;
    }
    builder.build().unwrap()
}

#[test]
fn methods_agree_on_islands_and_their_policies_attain_the_lower_bound() {
    for (seed, sizes) in [[40, 1, 30, 3], [2, 2, 2, 100], [400, 10, 500, 20]].iter().enumerate() {
        let mdp = islands(sizes, seed as u64);
        let solutions = METHODS.map(|method| average(&mdp, &with(method, 1e-7)));
        for solution in &solutions {
            assert_eq!(solution.status, Status::Certified);
            let own = evaluate_average(&mdp, &solution.policy).unwrap();
            for s in 0..mdp.num_states() {
                assert!(solution.lower[s] <= solutions[0].upper[s] && solutions[0].lower[s] <= solution.upper[s]);
                assert!(own.gain[s] >= solution.lower[s] - 1e-10, "{} {}", own.gain[s], solution.lower[s]);
            }
            let bias = solution.bias.as_ref().unwrap();
            assert!(bias.iter().zip(&own.bias).all(|(h, own)| (h - own).abs() <= 1e-8 * (1.0 + own.abs())));
        }
    }
}

#[test]
fn discounting_tends_to_the_average() {
    for seed in 0..60 {
        let states = 2 + seed as usize % 28;
        let mdp = random(states, seed as usize % 2, seed);
        let average = average(&mdp, &with(Method::Auto, 1e-8));
        assert_eq!(average.status, Status::Certified);
        // For every policy |(1 − γ) v_γ − g| ≤ 2 (1 − γ) ‖h‖, since w = g / (1 − γ) + h has T_π w − w = −(1 − γ) P h.
        let norm = |h: &[f64]| h.iter().fold(0.0, |m: f64, h| m.max(h.abs()));
        let of_average = norm(average.bias.as_ref().unwrap());
        for rate in [1e-2, 1e-4, 1e-5] {
            let criterion = Criterion::Discounted { gamma: 1.0 - rate };
            let discounted = solve(&mdp, criterion, &with(Method::PolicyIteration, 1e-8 / rate)).unwrap();
            let of_discounted = norm(&evaluate_average(&mdp, &discounted.policy).unwrap().bias);
            for s in 0..states {
                assert!(
                    rate * discounted.upper[s] >= average.lower[s] - 2.0 * rate * of_average - 1e-12,
                    "seed {seed}"
                );
                assert!(
                    rate * discounted.lower[s] <= average.upper[s] + 2.0 * rate * of_discounted + 1e-12,
                    "seed {seed}"
                );
            }
        }
    }
}

#[test]
fn slow_mixing_is_left_to_evaluation() {
    // A walk on a ring of 500 states, a reward in one place: sweeps need about 500² of them.
    let n = 500;
    let mut builder = MdpBuilder::new(n);
    for s in 0..n {
        let r = if s == 0 { 1.0 } else { 0.0 };
        builder.choice(s, 0, &[(0.5, (s + 1) % n, r), (0.5, (s + n - 1) % n, r)]);
        builder.choice(s, 1, &[(0.4, (s + 1) % n, r), (0.6, (s + n - 1) % n, 0.5 * r)]);
    }
    let mdp = builder.build().unwrap();
    for (method, most) in [(Method::Auto, 1000), (Method::PolicyIteration, 110)] {
        let solution = average(&mdp, &with(method, 1e-9));
        assert_eq!(solution.status, Status::Certified);
        assert!(solution.iterations < most, "{method}: {}", solution.iterations);
    }
}

#[test]
fn the_bytes_do_not_depend_on_the_number_of_threads() {
    let mdp = random(9000, 3, 5);
    let solve_with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut solution = pool.install(|| average(&mdp, &with(Method::Auto, 1e-6)));
        solution.seconds = 0.0;
        solution.trace.iter_mut().for_each(|point| point.seconds = 0.0);
        solution
    };
    assert_eq!(solve_with(1), solve_with(3));
}

#[test]
fn limits_are_visible_in_the_status() {
    let mdp = random(60, 0, 3);
    let options = SolveOptions { max_iterations: 2, ..with(Method::ValueIteration, 1e-9) };
    let limited = average(&mdp, &options);
    assert_eq!(limited.status, Status::IterationLimit);
    for method in METHODS {
        let fine = average(&mdp, &with(method, 1e-300));
        assert_eq!(fine.status, Status::RoundingLimit, "{method}");
        assert!(fine.max_gap() <= 1e-12, "{method}: {}", fine.max_gap());
    }
    let refused = solve(&mdp, Criterion::AverageReward, &with(Method::BackwardInduction, 1e-6)).unwrap_err();
    assert!(refused.to_string().contains("criterion long-run average; use value-iteration"), "{refused}");
    let huge = mdp.clone().with_rewards((0..mdp.num_choices()).map(|c| 1e308 * (c as f64).sin()).collect()).unwrap();
    for method in METHODS {
        let outcome = solve(&huge, Criterion::AverageReward, &with(method, 1e-6));
        assert!(outcome.map_or(true, |solution| solution.lower.iter().all(|x| x.is_finite())), "{method}");
    }
}
