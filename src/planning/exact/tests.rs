//! The oracle against closed forms, and against all deterministic policies of small random problems.

mod agreement;
mod blackwell;

use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

use super::*;
use crate::mdp::MdpBuilder;
use crate::planning::{Method, SolveOptions};
use crate::rng::{self, Purpose};

const BOTH: [Objective; 2] = [Objective::Maximise, Objective::Minimise];

fn over(n: i64, d: i64) -> Value {
    Value::Finite(BigRational::new(n.into(), d.into()))
}

fn texts(solution: &ExactSolution) -> Vec<String> {
    solution.values.iter().map(Value::to_string).collect()
}

/// A random problem with small integer rewards in `low..=high` and probabilities in eighths, so that zero-reward cycles,
/// traps, several end components and ties are common.
fn lumpy(seed: u64, states: usize, low: i64, high: i64) -> Mdp {
    let mut rng = rng::fast(seed, Purpose::Generation, 21);
    let mut builder = MdpBuilder::new(states);
    for s in 0..states {
        if rng::below(&mut rng, 6) == 0 {
            builder.terminal(s);
            continue;
        }
        for a in 0..1 + rng::below(&mut rng, 3) {
            let reward = if rng::below(&mut rng, 2) == 0 {
                0
            } else {
                low + rng::below(&mut rng, (high - low) as usize + 1) as i64
            };
            let p = [0.125, 0.25, 0.5, 0.75, 1.0][rng::below(&mut rng, 5)];
            let (t, u) = (rng::below(&mut rng, states), rng::below(&mut rng, states));
            builder.choice(s, a, &[(p, t, reward as f64), (1.0 - p, u, reward as f64)]);
        }
    }
    builder.build().unwrap()
}

/// All deterministic stationary rules.
fn rules(mdp: &Mdp) -> Vec<Vec<u32>> {
    let mut all = vec![Vec::new()];
    for s in 0..mdp.num_states() {
        let choices: Vec<u32> =
            if mdp.is_terminal(s) { vec![NO_CHOICE] } else { mdp.choices(s).map(|c| c as u32).collect() };
        all = all.iter().flat_map(|rule| choices.iter().map(move |&c| [rule.as_slice(), &[c]].concat())).collect();
    }
    all
}

/// Elimination on fractions: `x = b + P x`, the plainest solver there is. `None` if singular.
fn eliminate(p: &[Vec<BigRational>], b: &[BigRational]) -> Option<Vec<BigRational>> {
    let n = b.len();
    let mut a: Vec<Vec<BigRational>> = (0..n)
        .map(|i| {
            let unit = |j| if i == j { BigRational::one() } else { BigRational::zero() };
            (0..n).map(|j| unit(j) - &p[i][j]).chain([b[i].clone()]).collect()
        })
        .collect();
    for k in 0..n {
        let pivot = (k..n).find(|&i| !a[i][k].is_zero())?;
        a.swap(k, pivot);
        let top: Vec<BigRational> = a[k].iter().map(|x| x / &a[k][k]).collect();
        a[k] = top.clone();
        for i in (0..n).filter(|&i| i != k) {
            let factor = a[i][k].clone();
            a[i].iter_mut().zip(&top).for_each(|(x, y)| *x -= &factor * y);
        }
    }
    Some(a.into_iter().map(|row| row[n].clone()).collect())
}

/// A chain in fractions: transition matrix (terminal states have empty rows), rewards, and what can be reached.
struct Chain {
    p: Vec<Vec<BigRational>>,
    r: Vec<BigRational>,
    reaches: Vec<Vec<bool>>,
    terminal: Vec<bool>,
}

impl Chain {
    fn new(mdp: &Mdp, rule: &[u32]) -> Chain {
        let n = rule.len();
        let (mut p, mut r) = (vec![vec![BigRational::zero(); n]; n], vec![BigRational::zero(); n]);
        let mut reaches = vec![vec![false; n]; n];
        for s in (0..n).filter(|&s| rule[s] != NO_CHOICE) {
            r[s] = exactly(mdp.rewards()[rule[s] as usize]);
            for (t, x) in mdp.branches(rule[s] as usize) {
                p[s][t] += exactly(x);
                reaches[s][t] = true;
            }
        }
        (0..n).for_each(|s| reaches[s][s] = true);
        for k in 0..n {
            for i in 0..n {
                for j in 0..n {
                    reaches[i][j] |= reaches[i][k] && reaches[k][j];
                }
            }
        }
        Chain { p, r, reaches, terminal: rule.iter().map(|&c| c == NO_CHOICE).collect() }
    }

    /// Whether `s` is in a recurrent class that is not a terminal state.
    fn recurs(&self, s: usize) -> bool {
        let n = self.r.len();
        !self.terminal[s] && (0..n).all(|t| !self.reaches[s][t] || self.reaches[t][s])
    }

    /// The expected total of `reward` over the states in `inside`, where `inside` is left for ever with probability one.
    fn sum(&self, inside: &[bool], reward: &[BigRational]) -> Vec<BigRational> {
        let n = reward.len();
        let zero = BigRational::zero();
        let p: Vec<Vec<BigRational>> = (0..n)
            .map(|i| (0..n).map(|j| if inside[i] && inside[j] { self.p[i][j].clone() } else { zero.clone() }).collect())
            .collect();
        let b: Vec<BigRational> = (0..n).map(|i| if inside[i] { reward[i].clone() } else { zero.clone() }).collect();
        eliminate(&p, &b).unwrap()
    }

    fn probability(&self, goal: &[bool]) -> Vec<Value> {
        let n = goal.len();
        let inside: Vec<bool> =
            (0..n).map(|s| !goal[s] && (0..n).any(|t| goal[t] && self.reaches_avoiding(s, t, goal))).collect();
        let gained: Vec<BigRational> =
            (0..n).map(|s| (0..n).filter(|&t| goal[t]).map(|t| self.p[s][t].clone()).sum()).collect();
        let x = self.sum(&inside, &gained);
        (0..n).map(|s| if goal[s] { Value::one() } else { Value::Finite(x[s].clone()) }).collect()
    }

    /// Whether `t` can be reached from `s` through states outside the goal.
    fn reaches_avoiding(&self, s: usize, t: usize, goal: &[bool]) -> bool {
        let mut seen = vec![false; goal.len()];
        let mut stack = vec![s];
        while let Some(u) = stack.pop() {
            if u == t {
                return true;
            }
            if seen[u] || goal[u] {
                continue;
            }
            seen[u] = true;
            stack.extend((0..goal.len()).filter(|&w| !self.p[u][w].is_zero()));
        }
        false
    }

    fn until(&self, goal: &[bool], missed: &Value) -> Vec<Value> {
        let n = goal.len();
        let sure: Vec<bool> = self.probability(goal).into_iter().map(|p| p == Value::one()).collect();
        let inside: Vec<bool> = (0..n).map(|s| sure[s] && !goal[s]).collect();
        let x = self.sum(&inside, &self.r);
        (0..n)
            .map(|s| match (goal[s], sure[s]) {
                (true, _) => over(0, 1),
                (_, true) => Value::Finite(x[s].clone()),
                _ => missed.clone(),
            })
            .collect()
    }

    /// The total for ever of rewards that are all of one sign.
    fn forever(&self, sign: i64) -> Vec<Value> {
        let n = self.r.len();
        let inside: Vec<bool> = (0..n).map(|s| !self.recurs(s)).collect();
        let x = self.sum(&inside, &self.r);
        let infinite = if sign > 0 { Value::PlusInfinity } else { Value::MinusInfinity };
        (0..n)
            .map(|s| {
                let paid = |t: usize| self.reaches[s][t] && self.recurs(t) && !self.r[t].is_zero();
                if (0..n).any(paid) { infinite.clone() } else { Value::Finite(x[s].clone()) }
            })
            .collect()
    }

    /// Gains by stationary distributions and absorption.
    fn gain(&self) -> Vec<Value> {
        let n = self.r.len();
        let mut class = vec![BigRational::zero(); n];
        for s in (0..n).filter(|&s| self.recurs(s)) {
            // Rewards and steps from s until s again (renewal reward theorem).
            let inside: Vec<bool> = (0..n).map(|t| t != s && self.reaches[s][t]).collect();
            let ones = vec![BigRational::one(); n];
            let back = |x: Vec<BigRational>, own: &BigRational| -> BigRational {
                own + (0..n).filter(|&t| t != s).map(|t| &self.p[s][t] * &x[t]).sum::<BigRational>()
            };
            class[s] = back(self.sum(&inside, &self.r), &self.r[s]) / back(self.sum(&inside, &ones), &ones[0]);
        }
        let inside: Vec<bool> = (0..n).map(|s| !self.recurs(s)).collect();
        let gained: Vec<BigRational> =
            (0..n).map(|s| (0..n).filter(|&t| self.recurs(t)).map(|t| &self.p[s][t] * &class[t]).sum()).collect();
        let x = self.sum(&inside, &gained);
        (0..n).map(|s| Value::Finite(if self.recurs(s) { class[s].clone() } else { x[s].clone() })).collect()
    }

    fn discounted(&self, gamma: &BigRational) -> Vec<Value> {
        let p: Vec<Vec<BigRational>> = self.p.iter().map(|row| row.iter().map(|x| x * gamma).collect()).collect();
        eliminate(&p, &self.r).unwrap().into_iter().map(Value::Finite).collect()
    }
}

/// The best over all deterministic rules, state by state.
fn best(mdp: &Mdp, objective: Objective, value: impl Fn(&Chain) -> Vec<Value>) -> Vec<Value> {
    let mut best: Option<Vec<Value>> = None;
    for rule in rules(mdp) {
        let own = value(&Chain::new(mdp, &rule));
        best = Some(match best {
            None => own,
            Some(best) => best
                .into_iter()
                .zip(own)
                .map(|(a, b)| if objective == Objective::Maximise { a.max(b) } else { a.min(b) })
                .collect(),
        });
    }
    best.unwrap()
}

/// Checks the values against all rules, and that the policy attains them.
fn check(mdp: &Mdp, criterion: &Criterion, value: impl Fn(&Chain) -> Vec<Value>, seed: u64) {
    for objective in BOTH {
        let solution = solve(mdp, criterion, objective, Reading::Stored).unwrap();
        assert_eq!(solution.values, best(mdp, objective, &value), "{criterion}, {objective:?}, seed {seed}");
        let DecisionRule::Deterministic(rule) = solution.policy.rule(0) else { panic!("deterministic") };
        assert_eq!(solution.values, value(&Chain::new(mdp, rule)), "policy: {criterion}, {objective:?}, seed {seed}");
    }
}

fn goal_of(seed: u64, states: usize) -> Vec<u32> {
    let mut goal: Vec<u32> = vec![(seed % states as u64) as u32, (seed / 7 % states as u64) as u32];
    goal.sort_unstable();
    goal.dedup();
    goal
}

#[test]
fn reachability_is_the_best_of_all_policies() {
    for seed in 0..400 {
        let mdp = lumpy(seed, 2 + seed as usize % 4, 0, 1);
        let goal = goal_of(seed, mdp.num_states());
        let inside = membership(mdp.num_states(), &goal);
        check(&mdp, &Criterion::Reachability { goal }, |chain| chain.probability(&inside), seed);
    }
}

#[test]
fn discounted_and_average_are_the_best_of_all_policies() {
    for seed in 0..400 {
        let mdp = lumpy(seed, 2 + seed as usize % 4, -3, 3);
        check(&mdp, &Criterion::AverageReward, Chain::gain, seed);
        let gamma = [0.5, 0.875, 0.99999][seed as usize % 3];
        check(&mdp, &Criterion::Discounted { gamma }, |chain| chain.discounted(&exactly(gamma)), seed);
    }
}

#[test]
fn totals_of_one_sign_are_the_best_of_all_policies() {
    for seed in 0..400 {
        let sign = if seed % 2 == 0 { 1 } else { -1 };
        let mdp = lumpy(seed, 2 + seed as usize % 4, sign.min(3 * sign), sign.max(3 * sign));
        check(&mdp, &Criterion::TotalReward { goal: None }, |chain| chain.forever(sign), seed);
        let goal = goal_of(seed, mdp.num_states());
        let inside = membership(mdp.num_states(), &goal);
        let unpaid =
            (0..inside.len()).filter(|&s| !inside[s]).flat_map(|s| mdp.choices(s)).all(|c| mdp.rewards()[c] == 0.0);
        let missed = if sign > 0 || unpaid { Value::PlusInfinity } else { Value::MinusInfinity };
        check(&mdp, &Criterion::TotalReward { goal: Some(goal) }, |chain| chain.until(&inside, &missed), seed);
    }
}

/// With both signs the best over all policies that end in the goal may be approached by longer and longer stays only: then
/// the oracle says infinity, and some policy that never ends has a gain of the right sign.
#[test]
fn totals_of_both_signs_until_a_goal() {
    let mut infinite = 0;
    for seed in 0..400 {
        let mdp = lumpy(seed, 2 + seed as usize % 4, -2, 2);
        let goal = goal_of(seed, mdp.num_states());
        let inside = membership(mdp.num_states(), &goal);
        let counts = (0..inside.len()).filter(|&s| !inside[s]).flat_map(|s| mdp.choices(s)).map(|c| mdp.rewards()[c]);
        if counts.clone().all(|r| r >= 0.0) || counts.clone().all(|r| r <= 0.0) {
            continue;
        }
        let criterion = Criterion::TotalReward { goal: Some(goal) };
        for objective in BOTH {
            let (missed, unbounded) = match objective {
                Objective::Maximise => (Value::MinusInfinity, Value::PlusInfinity),
                Objective::Minimise => (Value::PlusInfinity, Value::MinusInfinity),
            };
            let solution = solve(&mdp, &criterion, objective, Reading::Stored).unwrap();
            let best = best(&mdp, objective, |chain| chain.until(&inside, &missed));
            for s in 0..mdp.num_states() {
                if solution.values[s] == unbounded {
                    infinite += 1;
                    assert!(best[s] != missed, "some policy reaches the goal");
                    let gains = rules(&mdp).into_iter().flat_map(|rule| {
                        let chain = Chain::new(&mdp, &rule);
                        let round = |t: &usize| chain.recurs(*t) && !inside[*t];
                        let found: Vec<Value> =
                            (0..mdp.num_states()).filter(round).map(|t| chain.gain()[t].clone()).collect();
                        found
                    });
                    let zero = over(0, 1);
                    let good = |gain: Value| if objective == Objective::Maximise { gain > zero } else { gain < zero };
                    assert!(gains.into_iter().any(good), "seed {seed}, state {s}");
                } else {
                    assert_eq!(solution.values[s], best[s], "{objective:?}, seed {seed}, state {s}");
                }
            }
        }
    }
    assert!(infinite > 20, "only {infinite} infinite values");
}

#[test]
fn totals_of_both_signs_for_ever() {
    // Earn 1 a step for ever, or first pay: all that matters is that it ends well.
    let mut builder = MdpBuilder::new(4);
    builder.choice(0, 0, &[(1.0, 1, -5.0)]).choice(0, 1, &[(1.0, 3, 2.0)]);
    builder.choice(1, 0, &[(1.0, 1, 1.0)]).choice(2, 0, &[(1.0, 3, -1.0)]).terminal(3);
    let solution =
        solve(&builder.build().unwrap(), &Criterion::TotalReward { goal: None }, Objective::Maximise, Reading::Stored);
    assert_eq!(texts(&solution.unwrap()), ["inf", "inf", "-1", "0"]);
    // Stopping in a cycle that earns nothing is worth 0; going on is worth 1.
    let mut builder = MdpBuilder::new(3);
    builder.choice(0, 0, &[(1.0, 1, 0.0)]).choice(1, 0, &[(1.0, 0, 0.0)]).choice(
        1,
        1,
        &[(0.5, 2, 2.0), (0.5, 0, -4.0)],
    );
    builder.terminal(2);
    let mdp = builder.build().unwrap();
    let total = Criterion::TotalReward { goal: None };
    assert_eq!(texts(&solve(&mdp, &total, Objective::Maximise, Reading::Stored).unwrap()), ["0", "0", "0"]);
    assert_eq!(texts(&solve(&mdp, &total, Objective::Minimise, Reading::Stored).unwrap()), ["-2", "-2", "0"]);
    // Up and down for ever has no total; a coin between riches and ruin is ruin to either side.
    let mut builder = MdpBuilder::new(2);
    builder.choice(0, 0, &[(1.0, 1, 1.0)]).choice(1, 0, &[(1.0, 0, -1.0)]);
    let swings = solve(&builder.build().unwrap(), &total, Objective::Maximise, Reading::Stored);
    assert!(swings.unwrap_err().to_string().contains("up and down"));
    let mut builder = MdpBuilder::new(3);
    builder.choice(0, 0, &[(0.5, 1, 0.0), (0.5, 2, 0.0)]).choice(1, 0, &[(1.0, 1, 1.0)]).choice(
        2,
        0,
        &[(1.0, 2, -1.0)],
    );
    let mdp = builder.build().unwrap();
    assert_eq!(texts(&solve(&mdp, &total, Objective::Maximise, Reading::Stored).unwrap()), ["-inf", "inf", "-inf"]);
    assert_eq!(texts(&solve(&mdp, &total, Objective::Minimise, Reading::Stored).unwrap()), ["inf", "inf", "-inf"]);
}

#[test]
fn puterman_3_1_in_fractions() {
    let mut builder = MdpBuilder::new(2);
    builder.choice(0, 0, &[(0.5, 0, 5.0), (0.5, 1, 5.0)]).choice(0, 1, &[(1.0, 1, 10.0)]);
    builder.choice(1, 0, &[(1.0, 1, -1.0)]);
    let mdp = builder.build().unwrap();
    let solution = solve(&mdp, &Criterion::Discounted { gamma: 0.95 }, Objective::Maximise, Reading::Intended).unwrap();
    assert_eq!(texts(&solution), ["-60/7", "-20"]);
    assert_eq!(*solution.policy.rule(0), DecisionRule::Deterministic(vec![0, 2]));
    assert_eq!(solution.to_string(), "state 0: -60/7 (about -8.571428571428573)\nstate 1: -20\n");
    assert!(solution.values[0].is_within(-8.58, -8.57) && !solution.values[0].is_within(-8.571, -8.57));
    let stored = solve(&mdp, &Criterion::Discounted { gamma: 0.95 }, Objective::Maximise, Reading::Stored).unwrap();
    assert!(stored.values[0] != solution.values[0]);
    let finite = solve(&mdp, &Criterion::FiniteHorizon { horizon: 3 }, Objective::Maximise, Reading::Intended).unwrap();
    assert_eq!(texts(&finite), ["35/4", "-3"]); // 10, then 5 + (10 − 1) / 2, then 5 + (9.5 − 2) / 2
    let average = solve(&mdp, &Criterion::AverageReward, Objective::Maximise, Reading::Intended).unwrap();
    assert_eq!(texts(&average), ["-1", "-1"]);
}

#[test]
fn a_tenth_ten_times_is_one_as_intended() {
    let mut builder = MdpBuilder::new(11);
    let row: Vec<(f64, usize, f64)> = (1..11).map(|t| (0.1, t, t as f64)).collect();
    builder.choice(0, 0, &row);
    (1..11).for_each(|s| {
        builder.terminal(s);
    });
    let mdp = builder.build().unwrap();
    let total = Criterion::TotalReward { goal: None };
    let solution = solve(&mdp, &total, Objective::Maximise, Reading::Intended).unwrap();
    assert_eq!(solution.values[0], over(11, 2));
    let goal: Vec<u32> = (1..6).collect();
    let half = solve(&mdp, &Criterion::Reachability { goal }, Objective::Minimise, Reading::Intended).unwrap();
    assert_eq!(half.values[0], over(1, 2));
    let goal: Vec<u32> = (1..6).collect();
    let stored = solve(&mdp, &Criterion::Reachability { goal }, Objective::Minimise, Reading::Stored).unwrap();
    assert_eq!(stored.values[0], Value::Finite(exactly(0.1) * num_bigint::BigInt::from(5)));
}

#[test]
fn storms_unfinished_chain_costs_a_hundred() {
    // An interval that stops early here is storm issue 1061: −10 a step, 1/10 of ending.
    let mut builder = MdpBuilder::new(3);
    builder.choice(0, 0, &[(0.9, 1, -10.0), (0.1, 2, -10.0)]).choice(1, 0, &[(0.9, 0, -10.0), (0.1, 2, -10.0)]);
    builder.choice(2, 0, &[(1.0, 2, 0.0)]);
    let mdp = builder.build().unwrap();
    for goal in [None, Some(vec![2])] {
        let solution = solve(&mdp, &Criterion::TotalReward { goal }, Objective::Maximise, Reading::Intended).unwrap();
        assert_eq!(texts(&solution), ["-100", "-100", "0"]);
    }
}

#[test]
fn stored_rows_that_cannot_be_solved_are_reported() {
    let mut builder = MdpBuilder::new(2);
    // Leaks 1e-12 a step but gains 5e-10: the stored equations have a solution of the wrong sign.
    builder.choice(0, 0, &[(1.0 + 5e-10, 0, 1.0), (1e-12, 1, 1.0)]).terminal(1);
    let mdp = builder.build().unwrap();
    let criterion = Criterion::TotalReward { goal: Some(vec![1]) };
    assert!(solve(&mdp, &criterion, Objective::Minimise, Reading::Stored).is_err());
    assert!(solve(&mdp, &criterion, Objective::Minimise, Reading::Intended).is_ok());
    let discounted = Criterion::Discounted { gamma: 1.0 - 1e-10 };
    assert!(
        solve(&mdp, &discounted, Objective::Maximise, Reading::Stored).unwrap_err().to_string().contains("discount")
    );
    assert!(solve(&mdp, &Criterion::Discounted { gamma: 0.9 }, Objective::Maximise, Reading::Stored).is_ok());
    assert!(solve(&mdp, &Criterion::Reachability { goal: vec![] }, Objective::Maximise, Reading::Stored).is_err());
    assert!(
        solve(&mdp, &Criterion::FiniteHorizon { horizon: usize::MAX }, Objective::Maximise, Reading::Stored).is_err()
    );
}

#[test]
fn the_finite_horizon_policy_earns_its_value() {
    for seed in 0..50 {
        let mdp = lumpy(seed, 4, -3, 3);
        for objective in BOTH {
            let horizon = 1 + seed as usize % 5;
            let solution = solve(&mdp, &Criterion::FiniteHorizon { horizon }, objective, Reading::Stored).unwrap();
            // All numbers here are short enough for 64 bits to be exact.
            let own = crate::mdp::evaluate_finite(&mdp, &solution.policy, horizon).unwrap();
            for s in 0..4 {
                assert_eq!(solution.values[s], Value::Finite(exactly(own.values[s])));
            }
        }
    }
}

#[test]
fn the_smallest_problem_and_no_choice_at_all() {
    let mut builder = MdpBuilder::new(1);
    let mdp = builder.terminal(0).build().unwrap();
    for criterion in [
        Criterion::Discounted { gamma: 0.5 },
        Criterion::FiniteHorizon { horizon: 2 },
        Criterion::TotalReward { goal: None },
        Criterion::AverageReward,
        Criterion::TotalReward { goal: Some(vec![0]) },
    ] {
        assert_eq!(texts(&solve(&mdp, &criterion, Objective::Minimise, Reading::Intended).unwrap()), ["0"]);
    }
    let reach = Criterion::Reachability { goal: vec![0] };
    assert!(
        solve(&mdp, &reach, Objective::Maximise, Reading::Intended).unwrap().values[0].finite().unwrap().is_positive()
    );
}

#[test]
fn as_a_method_the_bounds_are_neighbours() {
    let mdp = agreement::rough(5, 3);
    for criterion in
        [Criterion::Discounted { gamma: 0.9 }, Criterion::AverageReward, Criterion::FiniteHorizon { horizon: 4 }]
    {
        let options = SolveOptions { method: "rational".parse().unwrap(), epsilon: 1e-12, ..SolveOptions::default() };
        let solution = crate::planning::solve(&mdp, criterion, &options).unwrap();
        assert_eq!((solution.method, solution.status), (Method::Exact, crate::planning::Status::Certified));
        for (low, high) in solution.lower.iter().zip(&solution.upper) {
            assert!(low == high || low.next_up() == *high);
        }
    }
    let mut builder = MdpBuilder::new(501);
    (0..501).for_each(|s| {
        builder.terminal(s);
    });
    let options = SolveOptions { method: Method::Exact, ..SolveOptions::default() };
    let error = crate::planning::solve(&builder.build().unwrap(), Criterion::AverageReward, &options).unwrap_err();
    assert!(error.to_string().contains("at most 500"), "{error}");
}

#[test]
fn the_value_from_the_start_is_a_mean_of_fractions() {
    // Worth 1, 2, 0, and both infinities.
    let mut builder = MdpBuilder::new(6);
    builder.choice(0, 0, &[(1.0, 5, 1.0)]).choice(1, 0, &[(1.0, 5, 2.0)]).choice(2, 0, &[(1.0, 2, 0.0)]);
    builder.choice(3, 0, &[(1.0, 3, 1.0)]).choice(4, 0, &[(1.0, 4, -1.0)]).terminal(5);
    let mean = |starts: &[(usize, f64)], reading| {
        let mut builder = builder.clone();
        starts.iter().for_each(|&(s, p)| _ = builder.initial(s, p));
        let mdp = builder.build().unwrap();
        let criterion = Criterion::TotalReward { goal: None };
        let options = SolveOptions::default();
        let (solution, exact) = solve_as_method(&mdp, criterion.clone(), &options, reading).unwrap();
        let bounds = solution.initial(&mdp);
        let found = exact.initial(&mdp);
        assert!(found.iter().all(|value| value.is_within(bounds.lower, bounds.upper)), "{starts:?}");
        found.map(|value| value.to_string())
    };
    // 3/10 and 7/10, which are no 64-bit numbers.
    let tenths = [(0, 0.3), (1, 0.7)];
    assert_eq!(mean(&tenths, Reading::Intended).as_deref(), Some("17/10"));
    assert_ne!(mean(&tenths, Reading::Stored).as_deref(), Some("17/10"));
    // Weights that sum to a little less than one are scaled.
    // (3 · 2³³ − 2) / (2³⁴ − 1).
    let short = [(0, 0.5), (1, 0.5 - 0.5_f64.powi(34))];
    assert_eq!(mean(&short, Reading::Stored).as_deref(), Some("25769803774/17179869183"));
    for reading in [Reading::Stored, Reading::Intended] {
        assert_eq!(mean(&[(0, 0.25), (1, 0.75)], reading).as_deref(), Some("7/4"));
        assert_eq!(mean(&[(2, 0.5), (3, 0.5)], reading).as_deref(), Some("inf"));
        assert_eq!(mean(&[(0, 0.5), (4, 0.5)], reading).as_deref(), Some("-inf"));
        assert_eq!(mean(&[(3, 0.5), (4, 0.5)], reading), None);
    }
}

/// The answers of a model checker in rational arithmetic, as fractions, where they are at hand.
#[test]
fn a_model_checkers_fractions_come_out() {
    let Some(folder) = crate::testing::storm_models() else { return };
    let answers: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("answers.json")).unwrap()).unwrap();
    for answer in answers.as_array().unwrap() {
        let (model, property) = (answer["model"].as_str().unwrap(), answer["property"].as_str().unwrap());
        let quoted: Vec<&str> = property.split('"').collect();
        let mut mdp = crate::mdp::files::read(&folder.join(format!("{model}.umb"))).unwrap();
        if property.starts_with("R{") {
            mdp = mdp.select_reward(quoted[1]).unwrap();
        }
        let goal = mdp.labels()[quoted[quoted.len() - 2]].clone();
        let objective = if property.contains("min=?") { Objective::Minimise } else { Objective::Maximise };
        let criterion = match property.starts_with('R') {
            true => Criterion::TotalReward { goal: Some(goal) },
            false => Criterion::Reachability { goal },
        };
        let solution = solve(&mdp, &criterion, objective, Reading::Intended).unwrap();
        let start = answer["init"].as_u64().unwrap() as usize;
        assert_eq!(
            solution.values[start].to_string(),
            answer["value_rational"].as_str().unwrap(),
            "{model} {property}"
        );
        let infinite = solution.values.iter().filter(|value| value.finite().is_none()).count();
        assert_eq!(infinite as u64, answer["n_inf"].as_u64().unwrap(), "{model} {property}");
    }
}

#[test]
fn complements_are_recognised() {
    // As a file holds 2/5: one minus 0.6 in another order of rounding.
    for (p, q) in [(0.39999999999999997, 0.6), (1.0 - 0.9, 0.9), (1.0 - 0.99, 0.99), (1.0 - 0.9999, 0.9999)] {
        let mut builder = MdpBuilder::new(3);
        builder.choice(0, 0, &[(p, 1, 0.0), (q, 2, 0.0)]).terminal(1).terminal(2);
        let reach = Criterion::Reachability { goal: vec![1] };
        let value = solve(&builder.build().unwrap(), &reach, Objective::Maximise, Reading::Intended).unwrap();
        assert_eq!(value.values[0], Value::Finite(BigRational::one() - simplest(q)), "{p}");
    }
    // A tiny probability is no rounding error.
    let mut builder = MdpBuilder::new(3);
    builder.choice(0, 0, &[(1e-16, 1, 0.0), (1.0f64.next_down(), 2, 0.0)]).terminal(1).terminal(2);
    let reach = Criterion::Reachability { goal: vec![1] };
    let value = solve(&builder.build().unwrap(), &reach, Objective::Maximise, Reading::Intended).unwrap();
    assert!(value.values[0].is_within(0.999999e-16, 1.000001e-16), "{}", value.values[0].nearest_below());
}
