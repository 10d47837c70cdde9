//! Every method against the maximum over all deterministic policies, infinities included.

use nalgebra::{DMatrix, DVector};

use crate::mdp::{DecisionRule, Mdp, MdpBuilder, NO_CHOICE};
use crate::planning::{Criterion, Method, Objective, Solution, SolveOptions, Status, solve};
use crate::rng::{self, Fast, Purpose};
use crate::{Error, Result};

const METHODS: [Method; 12] = [
    Method::Auto,
    Method::ValueIteration,
    Method::ModifiedPolicyIteration,
    Method::PolicyIteration,
    Method::GaussSeidel,
    Method::Topological,
    Method::InexactPolicyIteration,
    Method::PrioritisedSweeping,
    Method::Anderson,
    Method::IntervalIteration,
    Method::OptimisticValueIteration,
    Method::LinearProgramming,
];

fn solved(mdp: &Mdp, criterion: &Criterion, objective: Objective, method: Method, epsilon: f64) -> Result<Solution> {
    solve(mdp, criterion.clone(), &SolveOptions { method, epsilon, objective, ..SolveOptions::default() })
}

/// Up to five states with up to three choices: traps, cycles, self-loops and terminal states are common. Rewards are
/// integers from `low` to `high`, often 0.
fn random(seed: u64, low: i32, high: i32) -> Mdp {
    let mut rng = rng::fast(seed, Purpose::Generation, 21);
    let states = 1 + rng::below(&mut rng, 5);
    random_of(states, &mut rng, low, high)
}

fn random_of(states: usize, rng: &mut Fast, low: i32, high: i32) -> Mdp {
    let mut builder = MdpBuilder::new(states);
    for s in 0..states {
        let choices = if rng::below(rng, 6) == 0 { 0 } else { 1 + rng::below(rng, 3) };
        if choices == 0 {
            builder.terminal(s);
        }
        for a in 0..choices {
            let reward = if rng::below(rng, 2) == 0 {
                0.0
            } else {
                f64::from(low) + rng::below(rng, (high - low + 1) as usize) as f64
            };
            let mut next = || rng::below(rng, states);
            let (x, y, z) = (next(), next(), next());
            let row: &[(f64, usize, f64)] = match rng::below(rng, 4) {
                0 | 1 => &[(1.0, x, reward)],
                2 => &[(0.5, x, reward), (0.5, y, reward)],
                _ => &[(0.25, x, reward), (0.375, y, reward), (0.375, z, reward)],
            };
            builder.choice(s, a, row);
        }
    }
    builder.build().unwrap()
}

fn policies(mdp: &Mdp) -> Vec<Vec<u32>> {
    let mut all = vec![vec![]];
    for s in 0..mdp.num_states() {
        let own: Vec<u32> =
            if mdp.is_terminal(s) { vec![NO_CHOICE] } else { mdp.choices(s).map(|c| c as u32).collect() };
        all = all.iter().flat_map(|p| own.iter().map(|&c| [&p[..], &[c]].concat())).collect();
    }
    all
}

/// The chain of a policy, from its definition. States in `stops` have no row.
struct Chain {
    p: DMatrix<f64>,
    r: DVector<f64>,
    reach: Vec<Vec<bool>>,
}

impl Chain {
    fn new(mdp: &Mdp, policy: &[u32], stops: &[bool]) -> Chain {
        let n = policy.len();
        let (mut p, mut r) = (DMatrix::zeros(n, n), DVector::zeros(n));
        for s in (0..n).filter(|&s| policy[s] != NO_CHOICE && !stops[s]) {
            r[s] = mdp.rewards()[policy[s] as usize];
            mdp.branches(policy[s] as usize).for_each(|(t, q)| p[(s, t)] += q);
        }
        let mut reach: Vec<Vec<bool>> = (0..n).map(|i| (0..n).map(|j| i == j || p[(i, j)] > 0.0).collect()).collect();
        for k in 0..n {
            for i in 0..n {
                for j in 0..n {
                    reach[i][j] |= reach[i][k] && reach[k][j];
                }
            }
        }
        Chain { p, r, reach }
    }

    fn states(&self) -> std::ops::Range<usize> {
        0..self.reach.len()
    }

    /// `Σ_t P^t b` on the states of `inside`, where it dies out.
    fn sum(&self, inside: &[bool], b: &DVector<f64>) -> Vec<f64> {
        let n = inside.len();
        let a = DMatrix::from_fn(n, n, |i, j| {
            f64::from(u8::from(i == j)) - if inside[i] && inside[j] { self.p[(i, j)] } else { 0.0 }
        });
        let b = DVector::from_fn(n, |i, _| if inside[i] { b[i] } else { 0.0 });
        a.lu().solve(&b).unwrap().as_slice().to_vec()
    }

    /// The states of the recurrent class of `s` if it is recurrent and has a row.
    fn class(&self, s: usize) -> Option<Vec<usize>> {
        let class: Vec<usize> = self.states().filter(|&t| self.reach[s][t]).collect();
        let moves = self.states().any(|t| self.p[(s, t)] > 0.0);
        (moves && class.iter().all(|&t| self.reach[t][s])).then_some(class)
    }

    /// The long-run average reward of the recurrent class of `s`, and whether all its rewards are 0.
    fn gain(&self, class: &[usize]) -> (f64, bool) {
        let n = class.len();
        // μ (P − I) = 0 with the last equation replaced by Σ μ = 1.
        let a = DMatrix::from_fn(n, n, |i, j| {
            if i == n - 1 { 1.0 } else { self.p[(class[j], class[i])] - f64::from(u8::from(i == j)) }
        });
        let b = DVector::from_fn(n, |i, _| f64::from(u8::from(i == n - 1)));
        let mu = a.lu().solve(&b).unwrap();
        let gain: f64 = (0..n).map(|i| mu[i] * self.r[class[i]]).sum();
        (if gain.abs() < 1e-12 { 0.0 } else { gain }, class.iter().all(|&s| self.r[s] == 0.0))
    }
}

/// The value of a policy, from the definition of the criterion.
fn value(mdp: &Mdp, policy: &[u32], criterion: &Criterion, objective: Objective) -> Vec<f64> {
    let n = policy.len();
    let none = vec![false; n];
    let bad = if objective == Objective::Maximise { f64::NEG_INFINITY } else { f64::INFINITY };
    match criterion {
        Criterion::Reachability { goal } | Criterion::TotalReward { goal: Some(goal) } => {
            let is_goal: Vec<bool> = (0..n).map(|s| goal.contains(&(s as u32))).collect();
            let chain = Chain::new(mdp, policy, &is_goal);
            let possible: Vec<bool> = (0..n).map(|s| (0..n).any(|t| is_goal[t] && chain.reach[s][t])).collect();
            let sure: Vec<bool> = (0..n).map(|s| (0..n).all(|t| !chain.reach[s][t] || possible[t])).collect();
            if matches!(criterion, Criterion::Reachability { .. }) {
                let inside: Vec<bool> = (0..n).map(|s| possible[s] && !is_goal[s]).collect();
                let hit =
                    DVector::from_fn(n, |s, _| (0..n).filter(|&t| is_goal[t]).map(|t| chain.p[(s, t)]).sum::<f64>());
                let mut v = chain.sum(&inside, &hit);
                goal.iter().for_each(|&s| v[s as usize] = 1.0);
                return v;
            }
            let improper = infinite_worth(mdp, &is_goal, bad);
            let inside: Vec<bool> = (0..n).map(|s| sure[s] && !is_goal[s]).collect();
            let mut v = chain.sum(&inside, &chain.r.clone());
            (0..n).filter(|&s| !sure[s]).for_each(|s| v[s] = improper);
            v
        }
        _ => {
            let chain = Chain::new(mdp, policy, &none);
            let classes: Vec<Option<(f64, bool)>> =
                (0..n).map(|s| chain.class(s).map(|class| chain.gain(&class))).collect();
            let inside: Vec<bool> = (0..n).map(|s| classes[s].is_none()).collect();
            let mut v = chain.sum(&inside, &chain.r.clone());
            for s in 0..n {
                let gains = || (0..n).filter(|&t| chain.reach[s][t]).filter_map(|t| classes[t]);
                assert!(gains().all(|(gain, free)| gain != 0.0 || free), "such a model is to be refused");
                if gains().any(|(gain, _)| gain * bad > 0.0) {
                    v[s] = bad;
                } else if gains().any(|(gain, _)| gain * bad < 0.0) {
                    v[s] = -bad;
                }
            }
            v
        }
    }
}

/// What missing the goal is worth.
fn infinite_worth(mdp: &Mdp, is_goal: &[bool], bad: f64) -> f64 {
    let rewards: Vec<f64> =
        (0..is_goal.len()).filter(|&s| !is_goal[s]).flat_map(|s| &mdp.rewards()[mdp.choices(s)]).copied().collect();
    match (rewards.iter().any(|&r| r < 0.0), rewards.iter().any(|&r| r > 0.0)) {
        (false, _) => f64::INFINITY,
        (true, false) => f64::NEG_INFINITY,
        (true, true) => bad,
    }
}

/// The best value of each state over all deterministic policies. With a goal and rewards of both signs, infinite where a
/// policy that can still reach the goal passes through a class that earns.
fn brute_force(mdp: &Mdp, criterion: &Criterion, objective: Objective) -> Vec<f64> {
    let better = |a: f64, b: f64| if objective == Objective::Maximise { a.max(b) } else { a.min(b) };
    let bad = if objective == Objective::Maximise { f64::NEG_INFINITY } else { f64::INFINITY };
    let all = policies(mdp);
    let mut best = vec![bad; mdp.num_states()];
    for policy in &all {
        best.iter_mut().zip(value(mdp, policy, criterion, objective)).for_each(|(best, v)| *best = better(*best, v));
    }
    let Criterion::TotalReward { goal: Some(goal) } = criterion else { return best };
    let is_goal: Vec<bool> = (0..best.len()).map(|s| goal.contains(&(s as u32))).collect();
    if infinite_worth(mdp, &is_goal, 1.0) == infinite_worth(mdp, &is_goal, -1.0) {
        return best;
    }
    let alive: Vec<bool> = best.iter().map(|&v| v != bad).collect();
    for policy in &all {
        let chain = Chain::new(mdp, policy, &is_goal);
        for s in chain.states() {
            let mut reached = chain.states().filter(|&t| chain.reach[s][t]);
            if reached.clone().all(|t| alive[t])
                && reached.any(|t| !is_goal[t] && chain.class(t).is_some_and(|c| chain.gain(&c).0 * bad < 0.0))
            {
                best[s] = -bad;
            }
        }
    }
    best
}

/// Checks one problem for every method; whether it was solved.
fn check(mdp: &Mdp, criterion: &Criterion, objective: Objective, what: &str) -> bool {
    let first = solved(mdp, criterion, objective, Method::Auto, 1e-7);
    if matches!(first, Err(Error::NotApplicable { .. })) {
        return false;
    }
    let truth = brute_force(mdp, criterion, objective);
    for method in METHODS {
        let solution = solved(mdp, criterion, objective, method, 1e-7).unwrap();
        assert_eq!(solution.status, Status::Certified, "{what} {method}");
        assert!(solution.max_gap() <= 1e-7, "{what} {method}");
        let DecisionRule::Deterministic(policy) = solution.policy.rule(0) else { panic!("deterministic") };
        let own = value(mdp, policy, criterion, objective);
        for s in 0..truth.len() {
            let (low, high, truth) = (solution.lower[s], solution.upper[s], truth[s]);
            let slack = if truth.is_finite() { 1e-12 * (1.0 + truth.abs()) } else { 0.0 };
            assert!(
                low <= truth + slack && truth - slack <= high,
                "{what} {method} state {s}: {truth} not in [{low}, {high}]"
            );
            let slack = if own[s].is_finite() { 1e-12 * (1.0 + own[s].abs()) } else { 0.0 };
            let unattained = own[s].is_finite() && truth.is_infinite() && criterion.name() == "total";
            let attains = match objective {
                Objective::Maximise => own[s] + slack >= low,
                Objective::Minimise => own[s] - slack <= high,
            };
            assert!(
                attains || unattained,
                "{what} {method} state {s}: the policy is worth {}, [{low}, {high}]",
                own[s]
            );
        }
    }
    true
}

const BOTH: [Objective; 2] = [Objective::Maximise, Objective::Minimise];

/// A random goal of one state or two.
fn goal(mdp: &Mdp, seed: u64) -> Vec<u32> {
    let states = mdp.num_states() as u64;
    let mut goal = vec![(seed % states) as u32, (seed / 7 % states) as u32];
    goal.sort_unstable();
    goal.dedup();
    goal
}

#[test]
fn reachability_is_the_best_over_all_policies() {
    for seed in 0..1500 {
        let mdp = random(seed, 0, 0);
        let criterion = Criterion::Reachability { goal: goal(&mdp, seed) };
        for objective in BOTH {
            assert!(check(&mdp, &criterion, objective, &format!("reach {seed} {objective:?}")));
        }
    }
}

#[test]
fn total_reward_to_a_goal_is_the_best_over_all_policies() {
    for (low, high) in [(0, 3), (-3, 0), (0, 0)] {
        for seed in 0..600 {
            let mdp = random(seed, low, high);
            let criterion = Criterion::TotalReward { goal: Some(goal(&mdp, seed)) };
            for objective in BOTH {
                assert!(check(&mdp, &criterion, objective, &format!("goal {low} {high} {seed} {objective:?}")));
            }
        }
    }
}

#[test]
fn total_reward_for_ever_is_the_best_over_all_policies() {
    for (low, high) in [(0, 3), (-3, 0)] {
        for seed in 0..600 {
            let mdp = random(seed, low, high);
            for objective in BOTH {
                let criterion = Criterion::TotalReward { goal: None };
                assert!(check(&mdp, &criterion, objective, &format!("ever {low} {high} {seed} {objective:?}")));
            }
        }
    }
}

#[test]
fn rewards_of_both_signs_are_solved_or_refused() {
    let (mut solved, mut all) = (0, 0);
    for seed in 0..1500 {
        let mdp = random(seed, -3, 3);
        for goal in [None, Some(goal(&mdp, seed))] {
            for objective in BOTH {
                all += 1;
                let criterion = Criterion::TotalReward { goal: goal.clone() };
                solved +=
                    usize::from(check(&mdp, &criterion, objective, &format!("{criterion:?} {seed} {objective:?}")));
            }
        }
    }
    assert!(2 * solved > all, "{solved} of {all}");
}

/// Haddad and Monmege (2018), section 4: from the middle, each of `n` steps in a row goes on with probability 1/2 or starts
/// afresh. Plain value iteration stops far too early; the truth is 1/2 by symmetry.
#[test]
fn slow_chains_do_not_deceive() {
    let n = 10;
    let mut builder = MdpBuilder::new(2 * n + 1);
    builder.choice(0, 0, &[(0.5, 1, -1.0), (0.5, n + 1, -1.0)]).terminal(n).terminal(2 * n);
    for i in (1..n).chain(n + 1..2 * n) {
        builder.choice(i, 0, &[(0.5, i + 1, -1.0), (0.5, 0, -1.0)]);
    }
    let mdp = builder.build().unwrap();
    for method in METHODS {
        for objective in BOTH {
            let criterion = Criterion::Reachability { goal: vec![n as u32] };
            let solution = solved(&mdp, &criterion, objective, method, 1e-6).unwrap();
            assert_eq!(solution.status, Status::Certified, "{method}");
            assert!(solution.lower[0] <= 0.5 && 0.5 <= solution.upper[0] && solution.max_gap() <= 1e-6, "{method}");
        }
    }
    // The expected number of steps to either end: e_0 = 1 + e_1, e_i = 1 + (e_{i+1} + e_0)/2, e_n = 0.
    let both = Criterion::TotalReward { goal: Some(vec![n as u32, 2 * n as u32]) };
    let solution = solved(&mdp, &both, Objective::Maximise, Method::Auto, 1e-6).unwrap();
    let truth = -(3.0 * 2f64.powi(n as i32 - 1) - 2.0);
    assert!(solution.lower[0] <= truth && truth <= solution.upper[0], "{:?}", solution.values[0]);
}

/// A pair of states that pass to each other with probability 0.9 and cost 10 a step: −100, where relative stopping criteria
/// of model checkers have gone wrong.
#[test]
fn a_cheap_way_to_be_wrong_about_negative_rewards() {
    let mut builder = MdpBuilder::new(3);
    builder.choice(0, 0, &[(0.9, 1, -10.0), (0.1, 2, -10.0)]);
    builder.choice(1, 0, &[(0.9, 0, -10.0), (0.1, 2, -10.0)]);
    builder.choice(2, 0, &[(1.0, 2, 0.0)]);
    let mdp = builder.build().unwrap();
    for method in METHODS {
        for goal in [None, Some(vec![2])] {
            for objective in BOTH {
                let criterion = Criterion::TotalReward { goal: goal.clone() };
                let solution = solved(&mdp, &criterion, objective, method, 1e-8).unwrap();
                assert_eq!(solution.status, Status::Certified, "{method} {goal:?}");
                // The table holds 0.9 and 0.1 rounded to binary, which moves the value by 1e-13 at most.
                for s in [0, 1] {
                    assert!((solution.values[s] + 100.0).abs() <= 1e-8, "{method}");
                    assert!(solution.lower[s] <= -100.0 + 1e-12 && -100.0 - 1e-12 <= solution.upper[s], "{method}");
                }
                assert_eq!((solution.lower[2], solution.upper[2]), (0.0, 0.0));
            }
        }
    }
}

/// Too many states for dense systems: sweeps and Krylov steps instead. Any two methods' bounds must overlap.
#[test]
fn methods_agree_on_larger_problems() {
    for seed in 0..6 {
        let mut rng = rng::fast(seed, Purpose::Generation, 22);
        let (low, high) = [(0, 3), (-3, 0), (-3, -1)][seed as usize % 3];
        let mdp = random_of(450, &mut rng, low, high);
        let goal: Vec<u32> = (0..12).map(|i| 37 * i).collect();
        for criterion in [
            Criterion::Reachability { goal: goal.clone() },
            Criterion::TotalReward { goal: Some(goal) },
            Criterion::TotalReward { goal: None },
        ] {
            for objective in BOTH {
                let all = METHODS.map(|method| solved(&mdp, &criterion, objective, method, 1e-7).unwrap());
                for solution in &all {
                    assert_eq!(
                        solution.status,
                        Status::Certified,
                        "{seed} {criterion} {objective:?} {}",
                        solution.method
                    );
                    for s in 0..mdp.num_states() {
                        assert!(solution.lower[s] <= all[0].upper[s] && all[0].lower[s] <= solution.upper[s]);
                    }
                }
            }
        }
    }
}

/// Bounds are valid, and the status is honest, wherever an iteration is cut off.
#[test]
fn limits_leave_valid_bounds() {
    for seed in 0..60 {
        let mdp = random(seed, -3, 0);
        let criterion = Criterion::TotalReward { goal: Some(goal(&mdp, seed)) };
        let truth = brute_force(&mdp, &criterion, Objective::Maximise);
        for method in METHODS {
            for max_iterations in [1, 2, 5] {
                let options = SolveOptions { method, max_iterations, ..SolveOptions::default() };
                let solution = solve(&mdp, criterion.clone(), &options).unwrap();
                assert_eq!(solution.status == Status::Certified, solution.max_gap() <= 1e-6, "{seed} {method}");
                for s in 0..truth.len() {
                    let slack = if truth[s].is_finite() { 1e-12 * (1.0 + truth[s].abs()) } else { 0.0 };
                    let inside = solution.lower[s] <= truth[s] + slack && truth[s] - slack <= solution.upper[s];
                    assert!(inside && !solution.values[s].is_nan(), "{seed} {method}");
                }
            }
        }
    }
}

/// Values of 1e10 cannot be certified to 1e-7 with 53 bits: the bounds are as close as they can be, and say so.
#[test]
fn rounding_is_not_hidden() {
    let mut builder = MdpBuilder::new(2);
    builder.choice(0, 0, &[(0.9, 0, -1e9), (0.1, 1, -1e9)]).terminal(1);
    let mdp = builder.build().unwrap();
    for method in METHODS {
        let solution = solved(&mdp, &Criterion::TotalReward { goal: None }, Objective::Maximise, method, 1e-7).unwrap();
        assert_eq!(solution.status, Status::RoundingLimit, "{method}");
        assert!(solution.lower[0] <= -1e10 + 1e-5 && -1e10 - 1e-5 <= solution.upper[0], "{method}");
        assert!(solution.max_gap() <= 1e-2, "{method} {}", solution.max_gap());
    }
}
