//! Every method against closed forms, against each other, and against its own bounds.

use approx::assert_relative_eq;
use proptest::prelude::*;

use super::bellman::{Sweeper, backup};
use super::*;
use crate::mdp::{DecisionRule, Mdp, MdpBuilder, Policy, evaluate_discounted, evaluate_finite};
use crate::rng::{self, Purpose};

const DISCOUNTED: [Method; 11] = [
    Method::Auto,
    Method::ValueIteration,
    Method::GaussSeidel,
    Method::Topological,
    Method::ModifiedPolicyIteration,
    Method::PolicyIteration,
    Method::InexactPolicyIteration,
    Method::PrioritisedSweeping,
    Method::Anderson,
    Method::ActionElimination,
    Method::LinearProgramming,
];

fn with(method: Method, epsilon: f64) -> SolveOptions {
    SolveOptions { method, epsilon, ..SolveOptions::default() }
}

/// Puterman (2005), section 3.1: in s1, action a earns 5 and stays half of the time, action b earns 10; s2 costs 1.
pub(super) fn puterman() -> Mdp {
    let mut builder = MdpBuilder::new(2);
    builder.choice(0, 0, &[(0.5, 0, 5.0), (0.5, 1, 5.0)]).choice(0, 1, &[(1.0, 1, 10.0)]);
    builder.choice(1, 0, &[(1.0, 1, -1.0)]);
    builder.build().unwrap()
}

/// A random problem; `terminal` of its states have no choices, the others 1 to 4 with 1 to 5 successors.
pub(super) fn random(states: usize, terminal: usize, seed: u64) -> Mdp {
    let mut rng = rng::fast(seed, Purpose::Generation, 7);
    let mut builder = MdpBuilder::new(states);
    for s in 0..states - terminal {
        for a in 0..1 + rng::below(&mut rng, 4) {
            let n = 1 + rng::below(&mut rng, 5);
            let weights: Vec<f64> = (0..n).map(|_| 0.01 + rng::uniform(&mut rng)).collect();
            let total: f64 = weights.iter().sum();
            let row: Vec<(f64, usize, f64)> = weights
                .iter()
                .map(|w| (w / total, rng::below(&mut rng, states), 2.0 * rng::uniform(&mut rng) - 1.0))
                .collect();
            builder.choice(s, a, &row);
        }
    }
    (states - terminal..states).for_each(|s| {
        builder.terminal(s);
    });
    builder.build().unwrap()
}

#[test]
fn puterman_table_6_3_1() {
    let mdp = puterman();
    let (mut v, mut next) = (vec![0.0; 2], vec![0.0; 2]);
    let mut iterates = vec![v.clone()];
    let mut spans = Vec::new();
    for _ in 0..162 {
        spans.push(backup(&mdp, 0.95, &v, &mut next).unwrap().span());
        std::mem::swap(&mut v, &mut next);
        iterates.push(v.clone());
    }
    let printed = [
        (1, 10.0, -1.0, 1e-12),
        (2, 9.275, -1.95, 1e-12),
        (3, 8.479375, -2.8525, 1e-12),
        (10, 3.40278, -8.02526, 5e-6),
        (20, -1.40171, -12.8303, 5e-5),
        (162, -8.56651, -19.9951, 5e-5),
    ];
    for (n, first, second, tolerance) in printed {
        assert!((iterates[n][0] - first).abs() <= tolerance, "v{n}(s1) = {}", iterates[n][0]);
        assert!((iterates[n][1] - second).abs() <= tolerance, "v{n}(s2) = {}", iterates[n][1]);
    }
    for (span, printed) in spans.iter().zip([11.0, 0.225, 0.106875, 0.050765, 0.024113, 0.011453]) {
        assert!((span - printed).abs() <= 1e-6, "span {span}, printed {printed}");
    }
    assert!((spans[9] - 0.000583).abs() <= 1e-6);
}

#[test]
fn closed_form_for_every_method_and_discount() {
    let mdp = puterman();
    for gamma in [0.1, 0.5, 0.9, 0.95, 0.999] {
        // Below γ = 10/11, b is better in s1 (Puterman, section 3.1).
        let second = -1.0 / (1.0 - gamma);
        let first = f64::max((5.0 - 5.5 * gamma) / ((1.0 - 0.5 * gamma) * (1.0 - gamma)), 10.0 + gamma * second);
        for method in DISCOUNTED {
            let solution = solve(&mdp, Criterion::Discounted { gamma }, &with(method, 1e-8)).unwrap();
            assert_eq!(solution.status, Status::Certified, "{method} at {gamma}");
            for (s, truth) in [(0, first), (1, second)] {
                let slack = 1e-14 * truth.abs(); // the closed form is rounded too
                assert!(
                    solution.lower[s] <= truth + slack && truth - slack <= solution.upper[s],
                    "{method} at {gamma}"
                );
                assert!((solution.values[s] - truth).abs() <= 1e-8);
            }
        }
    }
    let solution = solve(&mdp, Criterion::Discounted { gamma: 0.95 }, &with(Method::PolicyIteration, 1e-9)).unwrap();
    assert_relative_eq!(solution.values[0], -60.0 / 7.0, epsilon = 1e-9); // −8.571428…
    assert_eq!(*solution.policy.rule(0), DecisionRule::Deterministic(vec![0, 2]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn all_methods_agree_and_their_policies_attain_the_lower_bound(
        states in 2usize..60, terminal in 0usize..2, seed in any::<u64>(), gamma in 0.1f64..0.995
    ) {
        let mdp = random(states, terminal, seed);
        let exact = solve(&mdp, Criterion::Discounted { gamma }, &with(Method::PolicyIteration, 1e-9)).unwrap();
        prop_assert_eq!(exact.status, Status::Certified);
        for method in DISCOUNTED {
            let solution = solve(&mdp, Criterion::Discounted { gamma }, &with(method, 1e-5)).unwrap();
            prop_assert_eq!(solution.status, Status::Certified);
            prop_assert!(solution.max_gap() <= 1e-5);
            let own = evaluate_discounted(&mdp, &solution.policy, gamma).unwrap();
            for s in 0..states {
                prop_assert!(solution.lower[s] <= exact.upper[s] && exact.lower[s] <= solution.upper[s], "{} {}", method, s);
                prop_assert!(own.values[s] + own.error_bound + 1e-13 >= solution.lower[s], "{} {}", method, s);
                if mdp.is_terminal(s) {
                    prop_assert_eq!((solution.lower[s], solution.upper[s], solution.values[s]), (0.0, 0.0, 0.0));
                }
            }
        }
    }

    #[test]
    fn the_bounds_of_an_unfinished_run_hold(
        states in 2usize..60, terminal in 0usize..4, seed in any::<u64>(), gamma in 0.05f64..0.995, steps in 1usize..6
    ) {
        let mdp = random(states.max(terminal), terminal, seed);
        let truth = solve(&mdp, Criterion::Discounted { gamma }, &with(Method::PolicyIteration, 1e-9)).unwrap();
        for method in DISCOUNTED {
            let options = SolveOptions { method, epsilon: 1e-12, max_iterations: steps, ..SolveOptions::default() };
            let solution = solve(&mdp, Criterion::Discounted { gamma }, &options).unwrap();
            let own = evaluate_discounted(&mdp, &solution.policy, gamma).unwrap();
            for s in 0..mdp.num_states() {
                prop_assert!(solution.lower[s] <= truth.upper[s] && truth.lower[s] <= solution.upper[s]);
                prop_assert!(own.values[s] + own.error_bound + 1e-13 >= solution.lower[s], "{} {}", method, s);
            }
        }
    }

    #[test]
    fn backward_induction_is_the_tree_of_all_plans(states in 2usize..12, seed in any::<u64>(), horizon in 1usize..4) {
        let mdp = random(states, 1, seed);
        let options = SolveOptions { epsilon: 1e-12, ..SolveOptions::default() };
        let solution = solve(&mdp, Criterion::FiniteHorizon { horizon }, &options).unwrap();
        prop_assert_eq!((solution.status, solution.policy.stages()), (Status::Certified, Some(horizon)));
        for s in 0..states {
            let best = best_plan(&mdp, s, horizon);
            prop_assert!(solution.lower[s] <= best && best <= solution.upper[s]);
        }
    }

    #[test]
    fn backward_induction_dominates_every_policy_and_is_attained(
        states in 2usize..20, seed in any::<u64>(), horizon in 1usize..20
    ) {
        let mdp = random(states, 1, seed);
        let solution = solve(&mdp, Criterion::FiniteHorizon { horizon }, &SolveOptions::default()).unwrap();
        prop_assert_eq!(solution.status, Status::Certified);
        let own = evaluate_finite(&mdp, &solution.policy, horizon).unwrap().values;
        let uniform = evaluate_finite(&mdp, &Policy::uniform(&mdp), horizon).unwrap().values;
        for s in 0..states {
            prop_assert!(solution.lower[s] <= own[s] && own[s] <= solution.upper[s]);
            prop_assert!(uniform[s] <= solution.upper[s]);
        }
    }
}

/// The optimal value of `steps` steps by expanding the whole tree.
fn best_plan(mdp: &Mdp, s: usize, steps: usize) -> f64 {
    if steps == 0 || mdp.is_terminal(s) {
        return 0.0;
    }
    let q = |c| mdp.rewards()[c] + mdp.branches(c).map(|(t, p)| p * best_plan(mdp, t, steps - 1)).sum::<f64>();
    mdp.choices(s).map(q).fold(f64::NEG_INFINITY, f64::max)
}

#[test]
fn an_unreachable_accuracy_ends_at_the_rounding_limit() {
    // Few states (LU) and many (BiCGSTAB, several parallel runs), with and without terminal states.
    for (states, terminal) in [(30, 0), (30, 3), (400, 0), (400, 5)] {
        let mdp = random(states, terminal, 8);
        let criterion = Criterion::Discounted { gamma: 0.99 };
        let solutions = DISCOUNTED.map(|method| solve(&mdp, criterion.clone(), &with(method, 1e-15)).unwrap());
        for solution in &solutions {
            let method = solution.method;
            assert_eq!(solution.status, Status::RoundingLimit, "{method} on {states}");
            assert!(solution.max_gap() < 1e-9, "{method} on {states}: {:e}", solution.max_gap());
            for s in 0..states {
                let other = &solutions[1];
                assert!(solution.lower[s] <= other.upper[s] && other.lower[s] <= solution.upper[s]);
            }
        }
    }
}

#[test]
fn tied_choices_do_not_make_policy_iteration_cycle() {
    // Every action of every state is the same: all policies tie, to the last bit or nearly so.
    let mut builder = MdpBuilder::new(50);
    for s in 0..50 {
        for a in 0..4 {
            let third = 1.0 / 3.0;
            let mut row =
                [(third, (s + 1) % 50, 0.0), (third, (s + 49) % 50, 0.0), (third, s, f64::from(u8::from(s == 9)))];
            row.rotate_left(a % 3);
            builder.choice(s, a, &row);
        }
    }
    let mdp = builder.build().unwrap();
    let solution = solve(&mdp, Criterion::Discounted { gamma: 0.99 }, &with(Method::PolicyIteration, 1e-9)).unwrap();
    assert_eq!(solution.status, Status::Certified);
    assert!(solution.iterations <= 3, "{} iterations", solution.iterations);
}

#[test]
fn the_bytes_do_not_depend_on_the_number_of_threads() {
    let mdp = random(5000, 3, 5);
    let solve_with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        // The factorisations of the linear program fill in on a random table of this size.
        let methods = DISCOUNTED.into_iter().filter(|&method| method != Method::LinearProgramming);
        let solve_by = |method| {
            let mut solution =
                pool.install(|| solve(&mdp, Criterion::Discounted { gamma: 0.97 }, &with(method, 1e-6))).unwrap();
            solution.seconds = 0.0;
            solution.trace.iter_mut().for_each(|point| point.seconds = 0.0);
            solution
        };
        methods.map(solve_by).collect::<Vec<Solution>>()
    };
    let one = solve_with(1);
    assert_eq!(one, solve_with(2));
    assert_eq!(one, solve_with(3));
}

#[test]
fn limits_are_visible_in_the_status_and_the_bounds_still_hold() {
    let mdp = random(30, 0, 3);
    let criterion = Criterion::Discounted { gamma: 0.99 };
    let truth = solve(&mdp, criterion.clone(), &with(Method::PolicyIteration, 1e-9)).unwrap();
    let early = [
        Method::ValueIteration,
        Method::GaussSeidel,
        Method::Topological,
        Method::ModifiedPolicyIteration,
        Method::PrioritisedSweeping,
        Method::Anderson,
        Method::ActionElimination,
    ]
    .map(|method| {
        let options = SolveOptions { method, max_iterations: 3, epsilon: 1e-9, ..SolveOptions::default() };
        let early = solve(&mdp, criterion.clone(), &options).unwrap();
        assert_eq!((early.status, early.iterations), (Status::IterationLimit, 3), "{method}");
        early
    });
    let fine = solve(&mdp, criterion, &with(Method::ModifiedPolicyIteration, 1e-300)).unwrap();
    assert_eq!(fine.status, Status::RoundingLimit);
    for s in 0..30 {
        for solution in early.iter().chain([&fine]) {
            assert!(solution.lower[s] <= truth.upper[s] && truth.lower[s] <= solution.upper[s]);
        }
    }
}

#[test]
fn row_sums_off_by_the_tolerance_are_inside_the_bounds() {
    // A row that sums to 1 + 1e-9 at γ = 0.999: the fixed point of the table as stored is 1 / (1 − γ (1 + 1e-9)).
    let mut builder = MdpBuilder::new(1);
    let sum = 1.0 + 0.9e-9;
    builder.choice(0, 0, &[(sum, 0, 1.0)]);
    let mdp = builder.build().unwrap();
    let truth = 1.0 / (1.0 - 0.999 * sum);
    for method in DISCOUNTED {
        let solution = solve(&mdp, Criterion::Discounted { gamma: 0.999 }, &with(method, 1e-7)).unwrap();
        assert!(solution.lower[0] <= truth && truth <= solution.upper[0], "{method}: {solution:?}");
    }
}

#[test]
fn numbers_out_of_range_are_refused() {
    let mdp = puterman();
    for gamma in [0.0, 1.0, -0.5, 2.0, f64::NAN] {
        assert!(solve(&mdp, Criterion::Discounted { gamma }, &SolveOptions::default()).is_err());
    }
    assert!(solve(&mdp, Criterion::FiniteHorizon { horizon: 0 }, &SolveOptions::default()).is_err());
    for epsilon in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(solve(&mdp, Criterion::Discounted { gamma: 0.9 }, &with(Method::Auto, epsilon)).is_err());
    }
    let wrong = solve(&mdp, Criterion::FiniteHorizon { horizon: 3 }, &with(Method::PolicyIteration, 1e-6));
    assert!(wrong.unwrap_err().to_string().contains("use backward-induction"));
    assert!(solve(&mdp, Criterion::Discounted { gamma: 0.9 }, &with(Method::BackwardInduction, 1e-6)).is_err());
    assert_eq!("value-iteration".parse::<Method>().unwrap(), Method::ValueIteration);
    let unknown = "value-iterration".parse::<Method>().unwrap_err().to_string();
    assert!(unknown.contains("did you mean `value-iteration`"), "{unknown}");
}

#[test]
fn a_problem_without_choices_is_worth_nothing() {
    let mut builder = MdpBuilder::new(1);
    let mdp = builder.terminal(0).build().unwrap();
    for method in DISCOUNTED {
        let solution = solve(&mdp, Criterion::Discounted { gamma: 0.5 }, &with(method, 1e-6)).unwrap();
        assert_eq!((solution.values[0], solution.max_gap()), (0.0, 0.0));
    }
}

#[test]
fn a_policy_sweep_of_the_greedy_policy_is_the_optimality_sweep() {
    let mdp = random(40, 2, 11);
    let v: Vec<f64> = (0..40).map(|s| if mdp.is_terminal(s) { 0.0 } else { (s as f64).sin() }).collect();
    let (mut a, mut b, mut greedy) = (vec![0.0; 40], vec![0.0; 40], vec![0; 40]);
    let sweeper = Sweeper::new(&mdp, 0.9);
    let best = sweeper.improve(&v, &mut a, &mut greedy);
    assert_eq!(sweeper.evaluate(&greedy, &v, &mut b), best);
    assert_eq!(a, b);
}

#[test]
fn a_discount_next_to_one_never_certifies_a_wrong_value() {
    let mut builder = MdpBuilder::new(1);
    builder.choice(0, 0, &[(1.0, 0, 1.0)]);
    let mdp = builder.build().unwrap();
    for gamma in [1.0f64.next_down(), 1.0 - 1e-15, 1.0 - 1e-14, 1.0 - 1e-12] {
        let truth = 1.0 / (1.0 - gamma); // 1 − γ is exact (Sterbenz)
        for method in DISCOUNTED {
            let options = SolveOptions { method, epsilon: 1e-6, max_iterations: 20, ..SolveOptions::default() };
            // Refusing is right too, where a widened row sum outweighs the discount.
            let Ok(solution) = solve(&mdp, Criterion::Discounted { gamma }, &options) else { continue };
            let (lower, upper) = (solution.lower[0], solution.upper[0]);
            assert!(lower <= truth && truth <= upper, "{method} at 1 − {:e}: {lower} {upper}", 1.0 - gamma);
        }
    }
}

#[test]
fn a_row_that_outweighs_the_discount_is_refused() {
    let mut builder = MdpBuilder::new(1);
    builder.choice(0, 0, &[(1.0 + 5e-10, 0, 1.0)]);
    let mdp = builder.build().unwrap();
    for method in DISCOUNTED {
        let error = solve(&mdp, Criterion::Discounted { gamma: 1.0 - 1e-10 }, &with(method, 1e-6));
        assert!(error.is_err(), "{method}: {error:?}");
    }
}

#[test]
fn overflow_is_an_error_and_not_a_value() {
    let mut builder = MdpBuilder::new(2);
    builder.choice(0, 0, &[(1.0, 1, 1e308)]).choice(1, 0, &[(1.0, 0, 1e308)]);
    let mdp = builder.build().unwrap();
    for method in DISCOUNTED {
        let options = SolveOptions { method, epsilon: 1e-6, max_iterations: 1000, ..SolveOptions::default() };
        let error = solve(&mdp, Criterion::Discounted { gamma: 0.99 }, &options);
        assert!(error.is_err(), "{method}: {error:?}");
    }
    assert!(solve(&mdp, Criterion::FiniteHorizon { horizon: 5 }, &SolveOptions::default()).is_err());
}

#[test]
fn a_horizon_beyond_memory_is_refused() {
    let error = solve(&puterman(), Criterion::FiniteHorizon { horizon: usize::MAX }, &SolveOptions::default());
    assert!(error.unwrap_err().to_string().contains("horizon"));
}

#[test]
fn the_stored_bounds_are_as_close_as_the_status_says() {
    for seed in 0..60 {
        let mdp = random(40, seed as usize % 4, seed);
        for method in DISCOUNTED {
            for epsilon in [1e-3, 1e-8, 1e-11, 3e-12, 1e-12] {
                let solution = solve(&mdp, Criterion::Discounted { gamma: 0.97 }, &with(method, epsilon)).unwrap();
                if solution.status == Status::Certified {
                    assert!(solution.max_gap() <= epsilon, "{method}: {:e} > {epsilon:e}", solution.max_gap());
                }
            }
        }
    }
}

#[test]
fn the_initial_value_is_bounded_by_those_of_its_states() {
    // Three hundred shares of 1/300 sum to less than one; what they are shares of is certain all the same.
    let mut builder = MdpBuilder::new(301);
    for s in 0..300 {
        builder.choice(s, 0, &[(1.0, 300, 1.0)]).initial(s, 1.0 / 300.0);
    }
    let mdp = builder.terminal(300).build().unwrap();
    assert!(mdp.initial().iter().map(|(_, p)| p).sum::<f64>() < 1.0);
    let reach = Criterion::Reachability { goal: vec![300] };
    let initial = solve(&mdp, reach, &SolveOptions::default()).unwrap().initial(&mdp);
    assert_eq!((initial.lower, initial.value, initial.upper), (1.0, 1.0, 1.0));
    let finite = solve(&mdp, Criterion::FiniteHorizon { horizon: 3 }, &SolveOptions::default()).unwrap();
    let initial = finite.initial(&mdp);
    assert!(initial.lower <= 1.0 && 1.0 <= initial.upper && initial.upper - initial.lower <= 1e-12);
    // Different values: the exact mean of 0, 1, ..., 299 is 149.5.
    let values: Vec<f64> = (0..301).map(|s| f64::from(s % 300)).collect();
    let spread = Solution { lower: values.clone(), upper: values, ..finite }.initial(&mdp);
    assert!(spread.lower <= 149.5 && 149.5 <= spread.upper && spread.upper - spread.lower <= 1e-10);
}
