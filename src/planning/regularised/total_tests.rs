//! The regularised total reward: against closed forms, plans counted one by one, the discounted problem, exact evaluation, and
//! problems without a solution.

use proptest::prelude::*;

use super::super::tests::random;
use super::tests::evaluate_soft;
use super::*;
use crate::mdp::MdpBuilder;
use crate::planning::graph::{Predecessors, end_components};
use crate::planning::{Objective, Status, solve};
use crate::rng::{self, Purpose};

fn until(goal: &[u32]) -> Criterion {
    Criterion::TotalReward { goal: Some(goal.to_vec()) }
}

fn certified(mdp: &Mdp, goal: &[u32], temperature: f64, epsilon: f64) -> Solution {
    let options = SolveOptions { epsilon, ..SolveOptions::default() };
    let solution = solve_regularised(mdp, until(goal), temperature, &options).unwrap();
    assert_eq!(solution.status, Status::Certified);
    assert!(solution.max_gap() <= epsilon);
    solution
}

/// Go on at a cost of `x`, or end: `v = −τ ln(1 − exp(−x/τ))`, which is infinite for `x ≤ 0`.
fn dither(cost: f64) -> Mdp {
    let mut builder = MdpBuilder::new(2);
    builder.choice(0, 0, &[(1.0, 0, -cost)]).choice(0, 1, &[(1.0, 1, 0.0)]).terminal(1);
    builder.build().unwrap()
}

#[test]
fn one_state_is_the_closed_form_or_refused() {
    for (cost, temperature) in [(1.0f64, 1.0f64), (0.01, 1.0), (1.0, 0.05), (1e-4, 2.0), (30.0, 1.0), (1.0, 1e-5)] {
        let truth = -temperature * (-f64::exp_m1(-cost / temperature)).ln();
        let solution = certified(&dither(cost), &[1], temperature, 1e-7);
        let slack = 1e-13;
        assert!(solution.lower[0] - slack <= truth && truth <= solution.upper[0] + slack, "{cost} {temperature}");
        let going_on = (-cost / temperature).exp();
        assert!((solution.policy.rule(0).probability(0, 0) - going_on).abs() <= 1e-6);
        assert_eq!((solution.lower[1], solution.upper[1]), (0.0, 0.0));
    }
    for gain in [1e-3, 1.0] {
        let refused = solve_regularised(&dither(-gain), until(&[1]), 0.7, &SolveOptions::default()).unwrap_err();
        assert!(refused.to_string().contains("the value is infinite"), "{refused}");
    }
    // A cost of exactly nothing is the limit: never refused for a wrong reason, never certified.
    let limit = solve_regularised(&dither(0.0), until(&[1]), 0.7, &SolveOptions::default());
    assert!(limit.is_err() || limit.unwrap().status != Status::Certified);
}

#[test]
fn two_ways_round_earn_their_entropy() {
    // Round in two ways at a cost of 1 each: one more bit a step, so that τ ln 2 < 1 is the border.
    let mut builder = MdpBuilder::new(2);
    for a in 0..2 {
        builder.choice(0, a, &[(1.0, 0, -1.0)]);
    }
    builder.choice(0, 2, &[(1.0, 1, 0.0)]).terminal(1);
    let mdp = builder.build().unwrap();
    let border = 1.0 / 2f64.ln();
    for temperature in [0.3, 0.99 * border] {
        let truth = -temperature * (1.0 - 2.0 * (-1.0 / temperature).exp()).ln();
        let solution = certified(&mdp, &[1], temperature, 1e-8);
        assert!(solution.lower[0] <= truth + 1e-12 && truth <= solution.upper[0] + 1e-12);
    }
    let refused = solve_regularised(&mdp, until(&[1]), 1.01 * border, &SolveOptions::default()).unwrap_err();
    assert!(refused.to_string().contains("stays among 1 states"), "{refused}");
    // Relative to the uniform policy there is no bonus, and a solution at every temperature.
    let uniform = Policy::uniform(&mdp);
    let options = SolveOptions::default();
    let solution = solve_kl_regularised(&mdp, until(&[1]), 100.0, &uniform, &options).unwrap();
    let truth = -100.0 * ((1.0 - 2.0 / 3.0 * (-0.01f64).exp()) * 3.0).ln();
    assert!(solution.lower[0] <= truth + 1e-11 && truth <= solution.upper[0] + 1e-11, "{solution:?}");
}

/// Without cycles and chance the soft value is `τ ln Σ exp(return / τ)` over all plans (Ziebart 2010, section 5.1).
#[test]
fn a_deterministic_table_without_cycles_sums_over_all_plans() {
    fn returns(mdp: &Mdp, s: usize, so_far: f64, out: &mut Vec<f64>) {
        if mdp.is_terminal(s) {
            return out.push(so_far);
        }
        for c in mdp.choices(s) {
            returns(mdp, mdp.branches(c).next().unwrap().0, so_far + mdp.rewards()[c], out);
        }
    }
    for seed in 0..30 {
        let mut rng = rng::fast(seed, Purpose::Generation, 17);
        let mut builder = MdpBuilder::new(8);
        for s in 0..7 {
            for a in 0..1 + rng::below(&mut rng, 3) {
                let next = s + 1 + rng::below(&mut rng, 7 - s);
                builder.choice(s, a, &[(1.0, next, 4.0 * rng::uniform(&mut rng) - 2.0)]);
            }
        }
        builder.terminal(7);
        let mdp = builder.build().unwrap();
        for temperature in [0.02, 0.8, 20.0] {
            let solution = certified(&mdp, &[7], temperature, 1e-9);
            for s in 0..7 {
                let mut plans = Vec::new();
                returns(&mdp, s, 0.0, &mut plans);
                let best = plans.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let sum: f64 = plans.iter().map(|r| ((r - best) / temperature).exp()).sum();
                let truth = best + temperature * sum.ln();
                let slack = 1e-12 * temperature.max(1.0);
                assert!(solution.lower[s] - slack <= truth && truth <= solution.upper[s] + slack);
            }
        }
    }
}

/// `mdp` with a probability of `1 − γ` at every step to end in a new state, which is the goal with all terminal ones.
fn leaking(mdp: &Mdp, gamma: f64) -> (Mdp, Vec<u32>) {
    let states = mdp.num_states();
    let mut builder = MdpBuilder::new(states + 1);
    for s in 0..states {
        for (a, c) in mdp.choices(s).enumerate() {
            let r = mdp.rewards()[c];
            let mut row: Vec<_> = mdp.branches(c).map(|(t, p)| (gamma * p, t, r)).collect();
            row.push((1.0 - row.iter().map(|b| b.0).sum::<f64>(), states, r));
            builder.choice(s, a, &row);
        }
    }
    let goal: Vec<u32> = (0..=states as u32).filter(|&s| s as usize == states || mdp.is_terminal(s as usize)).collect();
    goal.iter().for_each(|&s| {
        builder.terminal(s as usize);
    });
    (builder.build().unwrap(), goal)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// A discount is a probability to end. Every policy reaches the goal, so there is a solution at every temperature.
    #[test]
    fn a_leak_is_a_discount(
        states in 2usize..30, terminal in 0usize..2, seed in any::<u64>(), gamma in 0.1f64..0.999,
        log_temperature in -6.0f64..3.0, minimise in any::<bool>(),
    ) {
        let mdp = random(states, terminal, seed);
        let temperature = log_temperature.exp();
        let objective = if minimise { Objective::Minimise } else { Objective::Maximise };
        let options = SolveOptions { objective, epsilon: 1e-7 * temperature.max(1.0), ..SolveOptions::default() };
        let (leaky, goal) = leaking(&mdp, gamma);
        let total = solve_regularised(&leaky, until(&goal), temperature, &options).unwrap();
        let discounted = solve_regularised(&mdp, Criterion::Discounted { gamma }, temperature, &options).unwrap();
        prop_assert_eq!(total.status, Status::Certified);
        let judged = if minimise {
            leaky.clone().with_rewards(leaky.rewards().iter().map(|r| -r).collect()).unwrap()
        } else {
            leaky.clone()
        };
        let own = evaluate_soft(&judged, &total.policy, 1.0, temperature, None);
        for s in 0..states {
            // The two problems differ by the rounding of their rows.
            let slack = 1e-12 * (1.0 + total.values[s].abs()) / (1.0 - gamma);
            prop_assert!(total.lower[s] <= discounted.upper[s] + slack && discounted.lower[s] <= total.upper[s] + slack);
            let (low, high) =
                if minimise { (-total.upper[s], -total.lower[s]) } else { (total.lower[s], total.upper[s]) };
            prop_assert!(low <= own[s] + slack && own[s] <= high + slack, "{} {} {}", low, own[s], high);
        }
    }

    /// Costs at every step and cycles without end: certified below the border, and the hard optimum is the limit.
    #[test]
    fn with_cycles_it_is_certified_or_proven_infinite(states in 3usize..30, seed in any::<u64>()) {
        let mdp = random(states, 1, seed);
        let mdp = mdp.clone().with_rewards(mdp.rewards().iter().map(|r| -0.1 - r.abs()).collect()).unwrap();
        let goal = [states as u32 - 1];
        prop_assume!(mdp.is_terminal(states - 1));
        let hard = solve(&mdp, until(&goal), &SolveOptions { epsilon: 1e-8, ..SolveOptions::default() }).unwrap();
        let options = SolveOptions { epsilon: 1e-7, ..SolveOptions::default() };
        let mut before = vec![f64::INFINITY; states];
        for temperature in [10.0, 1.0, 0.1, 1e-3, 1e-6] {
            match solve_regularised(&mdp, until(&goal), temperature, &options) {
                Ok(soft) => {
                    // Next to the border steps are without number, and rounding is all that is left; not far below it.
                    let largest = soft.values.iter().filter(|x| x.is_finite()).fold(1.0, |m: f64, x| m.max(x.abs()));
                    let close = soft.status == Status::Certified
                        || soft.status == Status::RoundingLimit && temperature >= 0.1 && soft.max_gap() <= 1e-5 * largest;
                    prop_assert!(close, "{} {:?} {:?}", temperature, soft.lower, soft.upper);
                    let own = evaluate_soft(&mdp, &soft.policy, 1.0, temperature, None);
                    for s in 0..states {
                        prop_assert!(soft.upper[s] >= hard.lower[s] && soft.lower[s] <= before[s]);
                        if soft.lower[s].is_finite() {
                            // Next to the border the policy's own system is singular to rounding: no solution, and 0 everywhere.
                            let known = own.iter().any(|&x| x != 0.0);
                            prop_assert!(!known || soft.lower[s] <= own[s] + 1e-6 * (1.0 + own[s].abs()));
                        }
                    }
                    if temperature == 1e-6 {
                        prop_assert!((0..states).all(|s| soft.lower[s] <= hard.upper[s] + 0.01));
                    }
                    before = soft.upper;
                }
                Err(error) => {
                    prop_assert!(error.to_string().contains("the value is infinite"));
                    let components = end_components(&mdp, &Predecessors::new(&mdp), vec![true; mdp.num_choices()]);
                    prop_assert!(!components.is_empty());
                    prop_assert!(temperature > 0.1 / (mdp.num_actions() as f64).ln(), "no entropy pays for the cost");
                }
            }
        }
    }
}

#[test]
fn states_that_may_miss_the_goal_are_worth_an_infinity() {
    // 0: safe (→ goal 3), or a gamble that may end in the trap 1. 2: only the gamble.
    let mut builder = MdpBuilder::new(4);
    builder.choice(0, 0, &[(1.0, 3, -1.0)]).choice(0, 1, &[(0.5, 3, 5.0), (0.5, 1, 5.0)]);
    builder.choice(1, 0, &[(1.0, 1, 0.0)]);
    builder.choice(2, 0, &[(0.5, 3, 5.0), (0.5, 1, 5.0)]).choice(2, 1, &[(1.0, 1, 0.0)]);
    builder.choice(3, 0, &[(1.0, 0, 7.0)]); // the goal: what comes after it does not count
    let mdp = builder.build().unwrap();
    let solution = certified(&mdp, &[3], 0.5, 1e-9);
    assert!((solution.values[0] + 1.0).abs() <= 1e-9 && solution.values[3] == 0.0);
    assert_eq!((solution.upper[1], solution.upper[2]), (f64::NEG_INFINITY, f64::NEG_INFINITY));
    assert_eq!(solution.policy.rule(0).probability(0, 1), 0.0);
    let options = SolveOptions { objective: Objective::Minimise, ..SolveOptions::default() };
    assert_eq!(solve_regularised(&mdp, until(&[3]), 0.5, &options).unwrap().lower[2], f64::INFINITY);
    // A reference that never takes the safe way misses the goal too.
    let gambler = Policy::stationary(&mdp, DecisionRule::Deterministic(vec![1, 2, 3, 5])).unwrap();
    let solution = solve_kl_regularised(&mdp, until(&[3]), 0.5, &gambler, &SolveOptions::default()).unwrap();
    assert_eq!(solution.upper[..3], [f64::NEG_INFINITY; 3]);
    // The goal is everything: nothing to solve.
    assert_eq!(certified(&mdp, &[0, 1, 2, 3], 0.5, 1e-9).values, [0.0; 4]);
}

#[test]
fn limits_are_visible_and_bad_input_is_refused() {
    let (leaky, goal) = leaking(&random(30, 1, 3), 0.99);
    let few = SolveOptions { max_iterations: 1, ..SolveOptions::default() };
    let solution = solve_regularised(&leaky, until(&goal), 1.0, &few).unwrap();
    assert_eq!(solution.status, Status::IterationLimit);
    let truth = certified(&leaky, &goal, 1.0, 1e-7);
    assert!((0..30).all(|s| solution.lower[s] <= truth.upper[s] && truth.lower[s] <= solution.upper[s]));
    let fine = SolveOptions { epsilon: 1e-16, ..SolveOptions::default() };
    let solution = solve_regularised(&leaky, until(&goal), 1.0, &fine).unwrap();
    assert_eq!(solution.status, Status::RoundingLimit);
    assert!(solution.max_gap() < 1e-8, "{}", solution.max_gap());
    let options = SolveOptions { method: Method::ValueIteration, ..SolveOptions::default() };
    assert!(
        solve_regularised(&leaky, until(&goal), 1.0, &options).unwrap_err().to_string().contains("policy-iteration")
    );
    let endless = Criterion::TotalReward { goal: None };
    let refused = solve_regularised(&leaky, endless, 1.0, &SolveOptions::default()).unwrap_err();
    assert!(refused.to_string().contains("--goal"), "{refused}");
    assert!(solve_regularised(&leaky, until(&[99]), 1.0, &SolveOptions::default()).is_err());
}
