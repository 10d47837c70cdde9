//! The two programs against closed forms, policy iteration, exact occupancies and finite differences.

use approx::assert_relative_eq;
use proptest::prelude::*;

use super::*;
use crate::mdp::{MdpBuilder, occupancy};
use crate::planning::tests::{puterman, random};
use crate::planning::{Criterion, Method, SolveOptions, Status, solve as solve_by};

/// The interior point alone, with a weight of one for every state that is not terminal.
fn interior(mdp: &Mdp, gamma: f64) -> (Vec<u32>, Answer) {
    let states: Vec<u32> = (0..mdp.num_states() as u32).filter(|&s| !mdp.is_terminal(s as usize)).collect();
    let weights = vec![1.0; states.len()];
    let program = Program {
        mdp,
        gamma,
        states: &states,
        weights: &weights,
        pinned: None,
        rewards: mdp.rewards(),
        constraints: &[],
    };
    let answer = program.solve(usize::MAX).unwrap();
    (states, answer)
}

fn optimal(mdp: &Mdp, gamma: f64) -> crate::planning::Solution {
    let options = SolveOptions { method: Method::PolicyIteration, epsilon: 1e-10, ..SolveOptions::default() };
    solve_by(mdp, Criterion::Discounted { gamma }, &options).unwrap()
}

/// One state, γ = 0.9: work earns `earned` and costs one, rest neither. Steps sum to 10.
fn work(earned: f64) -> Mdp {
    let mut builder = MdpBuilder::new(1);
    builder.choice(0, 0, &[(1.0, 0, earned)]).choice(0, 1, &[(1.0, 0, 0.0)]);
    builder.build().unwrap()
}

#[test]
fn puterman_values_and_duals() {
    let mdp = puterman();
    let (_, answer) = interior(&mdp, 0.95);
    assert_relative_eq!(answer.values[0], -60.0 / 7.0, epsilon = 1e-7);
    assert_relative_eq!(answer.values[1], -20.0, epsilon = 1e-7);
    // d(s1, a) = 1 + 0.95/2 d(s1, a); b is not used; the rest of 2 / (1 − γ) = 40 is spent in s2.
    let first = 1.0 / (1.0 - 0.475);
    for (found, expected) in answer.occupancy.iter().zip([first, 0.0, 40.0 - first]) {
        assert_relative_eq!(*found, expected, epsilon = 1e-6);
    }
}

#[test]
fn a_table_that_is_too_large_is_refused_with_advice() {
    let mut builder = MdpBuilder::new(2);
    (0..MOST_CHOICES).for_each(|a| {
        builder.choice(0, a, &[(1.0, 1, a as f64)]);
    });
    let mdp = builder.choice(1, 0, &[(1.0, 0, -1.0)]).build().unwrap();
    let options = SolveOptions { method: Method::LinearProgramming, ..SolveOptions::default() };
    let error = solve_by(&mdp, Criterion::Discounted { gamma: 0.5 }, &options).unwrap_err().to_string();
    assert!(error.contains("200001 choices") && error.contains("policy-iteration"), "{error}");
    let error = occupancy_lp(&mdp, 0.5, &[]).unwrap_err().to_string();
    assert!(error.contains("200001 choices"), "{error}");
}

#[test]
fn nothing_to_decide_is_no_problem() {
    let mut builder = MdpBuilder::new(2);
    let mdp = builder.terminal(0).choice(1, 0, &[(1.0, 0, 5.0)]).build().unwrap();
    let solution = occupancy_lp(&mdp, 0.9, &[Constraint::at_most(vec![1.0], 0.0)]).unwrap();
    assert_eq!((solution.value, solution.costs), (0.0, vec![0.0]));
    assert_eq!(solution.occupancy.states, [1.0, 0.0]);
    let error = occupancy_lp(&mdp, 0.9, &[Constraint::at_most(vec![1.0], -1.0)]).unwrap_err();
    assert!(matches!(error, Error::Infeasible { constraint: 0, least: 0.0, .. }), "{error}");
}

#[test]
fn a_bound_that_binds_is_met_by_randomising() {
    for (earned, bound) in [(1.0, 4.0), (3.0, 0.5), (1e-9, 9.9), (1e9, 2.5)] {
        let constraint = Constraint::at_most(vec![1.0, 0.0], bound);
        let solution = occupancy_lp(&work(earned), 0.9, &[constraint]).unwrap();
        assert_relative_eq!(solution.value, earned * bound, max_relative = 1e-6);
        assert_relative_eq!(solution.costs[0], bound, epsilon = 1e-6);
        assert_relative_eq!(solution.multipliers[0], earned, max_relative = 1e-6);
        assert_relative_eq!(solution.policy.rule(0).probability(0, 0), bound / 10.0, epsilon = 1e-6);
        assert_relative_eq!(solution.upper, earned * bound, max_relative = 1e-6);
    }
    // More work than there is time for is allowed.
    let solution = occupancy_lp(&work(1.0), 0.9, &[Constraint::at_most(vec![1.0, 0.0], 12.0)]).unwrap();
    assert_relative_eq!(solution.value, 10.0, epsilon = 1e-6);
    assert!(solution.multipliers[0] < 1e-6 && solution.upper >= 10.0);
    // At least so much rest is the same constraint.
    let solution = occupancy_lp(&work(1.0), 0.9, &[Constraint::at_least(vec![0.0, 1.0], 6.0)]).unwrap();
    assert_relative_eq!(solution.value, 4.0, epsilon = 1e-6);
    assert_relative_eq!(solution.costs[0], -6.0, epsilon = 1e-6);
}

#[test]
fn what_cannot_be_kept_is_named() {
    let rest = |share: f64| Constraint::at_least(vec![0.0, 1.0], share);
    let at_most = |bound: f64| Constraint::at_most(vec![1.0, 0.0], bound);
    let failed = |constraints: &[Constraint]| occupancy_lp(&work(1.0), 0.9, constraints).unwrap_err();
    let Error::Infeasible { constraint: 1, bound: -10.5, least } = failed(&[at_most(3.0), rest(10.5)]) else {
        panic!("all the time is 10 steps")
    };
    assert_relative_eq!(least, -10.0, epsilon = 1e-6);
    // Each alone can be kept.
    let idle = Constraint::at_most(vec![0.0, 1.0], 5.0);
    let error = failed(&[at_most(3.0), idle]);
    assert!(matches!(error, Error::Infeasible { constraint: 1, bound: 5.0, least } if (least - 7.0).abs() < 1e-6));
    assert!(error.to_string().contains("the least that cost 1 can be, the constraints before it kept, is about 7"));
    assert!(matches!(failed(&[at_most(-1e-3)]), Error::Infeasible { constraint: 0, .. }));
}

#[test]
fn the_least_cost_itself_is_a_bound_that_can_be_kept() {
    // No slack: no occupancy with d > 0 keeps it, and the multiplier is any number from one on.
    match occupancy_lp(&work(1.0), 0.9, &[Constraint::at_most(vec![1.0, 0.0], 0.0)]) {
        Ok(solution) => assert!(solution.value.abs() <= 1e-4 && solution.costs[0] <= 1e-5, "{solution:?}"),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn numbers_of_any_size_do_no_harm() {
    for size in [1e-300, 1e-9, 1e9, 1e300] {
        for bound in [1e-300, 1e-5, 1.0, 1e5, 1e300] {
            for costs in [vec![size, 0.0], vec![-size, size], vec![0.0, 0.0], vec![1.0, size]] {
                for earned in [1.0, -size, 0.0] {
                    for bound in [bound, -bound] {
                        let constraint = Constraint::at_most(costs.clone(), bound);
                        let Ok(solution) = occupancy_lp(&work(earned), 0.9, &[constraint]) else { continue };
                        let largest = unless_zero(costs[0].abs().max(costs[1].abs()));
                        assert!(
                            solution.costs[0] <= bound + 10.0 * ACCURACY * largest,
                            "{costs:?} {bound} {solution:?}"
                        );
                        // Weak duality for this policy, which may break the constraint a little.
                        let (multiplier, cost) = (solution.multipliers[0], solution.costs[0]);
                        let relaxed = solution.value - multiplier * (cost - bound);
                        let rounding = 1e-12 * (solution.value.abs() + multiplier * (cost.abs() + bound.abs()));
                        let slack = solution.error_bound * (1.0 + multiplier) + rounding;
                        assert!(solution.upper >= relaxed - slack, "{costs:?} {earned} {bound} {solution:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn bad_input_is_an_error() {
    let mdp = work(1.0);
    let at_most = |costs: Vec<f64>, bound| occupancy_lp(&mdp, 0.9, &[Constraint::at_most(costs, bound)]);
    assert!(matches!(at_most(vec![1.0], 1.0), Err(Error::Shape { .. })));
    assert!(matches!(at_most(vec![1.0, f64::NAN], 1.0), Err(Error::Reward { action: 1, .. })));
    assert!(matches!(at_most(vec![1.0, 1.0], f64::INFINITY), Err(Error::Parameter { name: "bound", .. })));
    assert!(matches!(occupancy_lp(&mdp, 1.0, &[]), Err(Error::Parameter { .. })));
}

#[test]
fn states_that_are_never_visited_are_left_to_the_multipliers() {
    // State 1 can be reached, but only by a step that costs 100; once there, b is better than a.
    let mut builder = MdpBuilder::new(3);
    builder.choice(0, 0, &[(1.0, 0, 1.0)]).choice(0, 1, &[(1.0, 1, -100.0)]);
    builder.choice(1, 0, &[(1.0, 1, 0.0)]).choice(1, 1, &[(1.0, 1, 0.5)]);
    builder.choice(2, 0, &[(1.0, 2, 0.0)]).choice(2, 1, &[(1.0, 2, 2.0)]);
    let mdp = builder.build().unwrap();
    let solution = occupancy_lp(&mdp, 0.9, &[]).unwrap();
    assert_relative_eq!(solution.value, 10.0, epsilon = 1e-5);
    assert_eq!(solution.policy.rule(0).probability(1, 3), 1.0);
    assert_eq!(solution.policy.rule(0).probability(2, 5), 1.0);
    assert_eq!(solution.occupancy.states[2], 0.0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn values_are_those_of_policy_iteration_and_duals_sum_to_the_time_spent(
        states in 2usize..50, terminal in 0usize..3, seed in any::<u64>(), gamma in 0.1f64..0.99
    ) {
        let mdp = random(states.max(terminal), terminal, seed);
        let (variables, answer) = interior(&mdp, gamma);
        let exact = optimal(&mdp, gamma);
        for (&s, value) in variables.iter().zip(&answer.values) {
            prop_assert!((value - exact.values[s as usize]).abs() <= 1e-7, "{} {}", value, exact.values[s as usize]);
        }
        if terminal == 0 {
            let sum: f64 = answer.occupancy.iter().sum();
            prop_assert!((sum - states as f64 / (1.0 - gamma)).abs() <= 1e-6 * sum, "{}", sum);
        }
    }

    #[test]
    fn without_constraints_the_occupancy_is_that_of_the_optimal_policy(
        states in 2usize..40, terminal in 0usize..3, seed in any::<u64>(), gamma in 0.1f64..0.98
    ) {
        let mdp = random(states.max(terminal), terminal, seed);
        let exact = optimal(&mdp, gamma);
        // An interior point tells choices apart whose values are.
        let q = crate::mdp::action_values(&mdp, &exact.values, gamma);
        for s in 0..mdp.num_states() {
            let close = mdp.choices(s).filter(|&c| q[c] >= exact.values[s] - 1e-4).count();
            prop_assume!(close <= 1);
        }
        let solution = occupancy_lp(&mdp, gamma, &[]).unwrap();
        let expected = occupancy::discounted(&mdp, &exact.policy, gamma).unwrap();
        for (found, expected) in solution.occupancy.choices.iter().zip(&expected.choices) {
            prop_assert!((found - expected).abs() <= 1e-6, "{} {}", found, expected);
        }
        let initial = exact.initial(&mdp);
        prop_assert!(solution.upper >= initial.lower && solution.value - solution.error_bound <= initial.upper);
        prop_assert!(solution.upper - solution.value <= 1e-6);
        let earned = solution.occupancy.expected_return(&mdp);
        prop_assert!((earned - solution.value).abs() <= 1e-9, "{} {}", earned, solution.value);
    }

    #[test]
    fn multipliers_are_the_slope_of_the_value(
        states in 2usize..25, terminal in 0usize..2, seed in any::<u64>(), gamma in 0.3f64..0.95, share in 0.1f64..0.9
    ) {
        let mdp = random(states, terminal, seed);
        // A cost of its own for every choice; the bound between the least and that of the best policy.
        let costs: Vec<f64> = (0..mdp.num_choices()).map(|c| ((c * 7919 + 13) % 101) as f64 / 101.0).collect();
        let cheapest = mdp.clone().with_rewards(costs.iter().map(|c| -c).collect()).unwrap();
        let least = -optimal(&cheapest, gamma).initial(&mdp).value;
        let free = occupancy_lp(&mdp, gamma, &[Constraint::at_most(costs.clone(), 1e3)]).unwrap();
        prop_assume!(free.costs[0] - least > 1e-2);
        let bound = least + share * (free.costs[0] - least);
        let at = |bound: f64| occupancy_lp(&mdp, gamma, &[Constraint::at_most(costs.clone(), bound)]).unwrap();
        let (solution, step) = (at(bound), 1e-4 * (free.costs[0] - least));
        let (below, above) = (at(bound - step), at(bound + step));
        // The value is concave in the bound, so the slopes on both sides enclose the multiplier.
        let noise = 1e-7 / step;
        prop_assert!((above.value - solution.value) / step <= solution.multipliers[0] + noise);
        prop_assert!((solution.value - below.value) / step >= solution.multipliers[0] - noise);
        prop_assert!(solution.multipliers[0] > 0.0 && solution.value <= free.value + 1e-7);
        prop_assert!((solution.costs[0] - bound).abs() <= 1e-6, "{} {}", solution.costs[0], bound);
        prop_assert!(solution.upper + 1e-9 >= solution.value && solution.upper - solution.value <= 1e-5);
        // One constraint makes the policy randomise in one state at most.
        let mixed = |s: usize| {
            mdp.choices(s).filter(|&c| solution.occupancy.choices[c] > 1e-5).count() > 1
        };
        prop_assert!((0..states).filter(|&s| mixed(s)).count() <= 1);
        // No mixture of the extremes does better than the optimum, which weak duality bounds.
        prop_assert!(occupancy_lp(&mdp, gamma, &[Constraint::at_most(costs.clone(), least - 1e-3)]).is_err());
    }

    #[test]
    fn the_certified_value_contains_that_of_policy_iteration(
        states in 2usize..60, terminal in 0usize..3, seed in any::<u64>(), gamma in 0.1f64..0.9999
    ) {
        let mdp = random(states.max(terminal), terminal, seed);
        let options = SolveOptions { method: Method::LinearProgramming, epsilon: 1e-7, ..SolveOptions::default() };
        let solution = solve_by(&mdp, Criterion::Discounted { gamma }, &options).unwrap();
        let exact = optimal(&mdp, gamma);
        prop_assert_eq!(solution.status, Status::Certified);
        for s in 0..mdp.num_states() {
            prop_assert!(solution.lower[s] <= exact.upper[s] && exact.lower[s] <= solution.upper[s]);
        }
    }
}

#[test]
fn what_would_fill_in_is_refused_and_what_stays_sparse_is_not() {
    let options = SolveOptions { method: Method::LinearProgramming, ..SolveOptions::default() };
    let everywhere = random(2500, 0, 1);
    for criterion in [Criterion::Discounted { gamma: 0.9 }, Criterion::AverageReward] {
        let refused = solve_by(&everywhere, criterion, &options).unwrap_err().to_string();
        assert!(refused.contains("multiplications") && refused.contains("policy-iteration"), "{refused}");
    }
    // As many states, but in a line.
    let mut builder = MdpBuilder::new(2500);
    for s in 0..2500usize {
        builder.choice(s, 0, &[(0.7, (s + 1).min(2499), 0.0), (0.3, s.saturating_sub(1), 0.0)]);
        builder.choice(s, 1, &[(1.0, s.saturating_sub(1), if s == 0 { 1.0 } else { 0.0 })]);
    }
    let line = builder.build().unwrap();
    let solution = solve_by(&line, Criterion::Discounted { gamma: 0.9 }, &options).unwrap();
    assert_eq!(solution.status, Status::Certified);
    assert!((solution.values[0] - 10.0).abs() <= 1e-6);
}
