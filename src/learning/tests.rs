//! Every agent against the exact optimum, on problems with seeds that are stated.

use super::train::exact_value;
use super::{Curve, EvaluationPoints, Setup, TrainOptions, Trainer, make, registry, train};
use crate::mdp::{DecisionRule, Mdp, MdpBuilder, NO_CHOICE};
use crate::planning::{Criterion, SolveOptions, solve};
use crate::rng::{self, Purpose};

pub(super) const GAMMA: f64 = 0.9;

/// ```text
///   0 ─ 1 ─ 2 ─ 3 ─ 4 (end, reward 1)      right slips back with probability 0.2; left is sure; leaving 0 to the left ends
/// ```
/// with reward 0.2 for the exit at the left, which a short-sighted learner prefers.
pub(super) fn chain() -> Mdp {
    let mut builder = MdpBuilder::new(6);
    for s in 0..4usize {
        let (back, exit) = if s == 0 { (5, 0.2) } else { (s - 1, 0.0) };
        builder.choice(s, 0, &[(1.0, back, exit)]);
        let gain = if s == 3 { 1.0 } else { 0.0 };
        builder.choice(s, 1, &[(0.8, s + 1, gain), (0.2, s.saturating_sub(1), 0.0)]);
    }
    builder.terminal(4).terminal(5).build().unwrap()
}

/// Six states, three actions, three successors each, rewards in [0, 1], no end.
pub(super) fn random_mdp(seed: u64) -> Mdp {
    let mut random = rng::fast(seed, Purpose::Generation, 0);
    let mut builder = MdpBuilder::new(6);
    for s in 0..6 {
        for a in 0..3 {
            let weight: [f64; 3] = std::array::from_fn(|_| rng::uniform(&mut random) + 0.05);
            let total: f64 = weight.iter().sum();
            let reward = rng::uniform(&mut random);
            builder.choice(s, a, &weight.map(|w| (w / total, rng::below(&mut random, 6), reward)));
        }
    }
    builder.build().unwrap()
}

/// A 3 x 4 grid, slip 0.1 to either side, the start at the lower left, a goal (+1) and a pit (−1) at the right:
/// ```text
///   . . . +
///   . # . −
///   s . . .
/// ```
pub(super) fn grid() -> Mdp {
    let mut builder = MdpBuilder::new(12);
    let free = |row: i64, column: i64| (0..3).contains(&row) && (0..4).contains(&column) && (row, column) != (1, 1);
    let moves = [(-1, 0), (0, 1), (1, 0), (0, -1)];
    for s in (0..12usize).filter(|s| ![3, 5, 7].contains(s)) {
        let (row, column) = (s as i64 / 4, s as i64 % 4);
        for a in 0..4 {
            let outcome = |turn: usize, p: f64| {
                let (dr, dc) = moves[(a + turn) % 4];
                let (r, c) = if free(row + dr, column + dc) { (row + dr, column + dc) } else { (row, column) };
                let next = (4 * r + c) as usize;
                (p, next, [-0.04, 1.0, -1.0][usize::from(next == 3) + 2 * usize::from(next == 7)])
            };
            builder.choice(s, a, &[outcome(0, 0.8), outcome(1, 0.1), outcome(3, 0.1)]);
        }
    }
    builder.terminal(3).terminal(5).terminal(7).initial(8, 1.0).build().unwrap()
}

/// Trains with seed `seed` on `mdp` and returns the curve.
pub(super) fn run(mdp: &Mdp, name: &str, given: &[(&str, &str)], steps: u64, seed: u64) -> Curve {
    let mut agent = make(name, given, &Setup::new(mdp, GAMMA, seed)).unwrap();
    let options =
        TrainOptions { discount: GAMMA, time_limit: Some(50), steps, points: EvaluationPoints::Even(1), seed };
    train(mdp, agent.as_mut(), &options).unwrap()
}

pub(super) fn optimum(mdp: &Mdp) -> f64 {
    let options = SolveOptions { epsilon: 1e-10, ..SolveOptions::default() };
    let solution = solve(mdp, Criterion::Discounted { gamma: GAMMA }, &options).unwrap();
    mdp.initial_value(&solution.values)
}

/// The final policy's value is within `tolerance` of the optimum on all problems, for each seed.
fn reaches_the_optimum(name: &str, given: &[(&str, &str)], steps: u64, tolerance: f64) {
    for mdp in [chain(), random_mdp(1), random_mdp(2), grid()] {
        reaches_the_optimum_of(&mdp, name, given, steps, tolerance);
    }
}

fn reaches_the_optimum_of(mdp: &Mdp, name: &str, given: &[(&str, &str)], steps: u64, tolerance: f64) {
    let best = optimum(mdp);
    for seed in [1, 2] {
        let value = run(mdp, name, given, steps, seed).points.last().unwrap().value;
        assert!(best - value <= tolerance && value <= best + 1e-9, "{name} {given:?} {seed}: {value} of {best}");
    }
}

const OFF_POLICY: [(&str, &str); 3] = [("epsilon", "1"), ("step_size", "1"), ("step_power", "0.7")];
/// On-policy agents stop visiting what they believe to be worse, so a near-tie may be left undecided: hence their tolerance.
const VANISHING: [(&str, &str); 5] =
    [("epsilon", "1"), ("epsilon_final", "0"), ("epsilon_steps", "400000"), ("step_size", "1"), ("step_power", "0.6")];

#[test]
fn q_learning_reaches_the_optimum() {
    reaches_the_optimum("q-learning", &OFF_POLICY, 200_000, 1e-9);
}

#[test]
fn sarsa_reaches_the_optimum() {
    reaches_the_optimum("sarsa", &VANISHING, 400_000, 0.01);
}

#[test]
fn expected_sarsa_reaches_the_optimum() {
    reaches_the_optimum("expected-sarsa", &VANISHING, 400_000, 0.01);
}

#[test]
fn double_q_reaches_the_optimum() {
    reaches_the_optimum("double-q", &OFF_POLICY, 400_000, 1e-9);
}

#[test]
fn n_step_sarsa_reaches_the_optimum() {
    for n in ["1", "4"] {
        reaches_the_optimum("n-step-sarsa", &[&VANISHING[..], &[("n", n)]].concat(), 400_000, 0.01);
    }
}

#[test]
fn monte_carlo_reaches_the_optimum() {
    for first in ["true", "false"] {
        reaches_the_optimum("monte-carlo", &[&VANISHING[..], &[("first_visit", first)]].concat(), 400_000, 0.01);
    }
}

/// On the grid, states that a good policy hardly visits hold plain gradients 5.2e-3 below the optimum for very long.
const PLATEAU: f64 = 6e-3;

#[test]
fn reinforce_reaches_the_optimum() {
    for baseline in ["average", "value"] {
        let given = [("baseline", baseline), ("step_size", "0.3")];
        reaches_the_optimum("reinforce", &given, 1_000_000, PLATEAU);
        reaches_the_optimum_of(&chain(), "reinforce", &given, 1_000_000, 1e-4);
        reaches_the_optimum_of(&random_mdp(1), "reinforce", &given, 1_000_000, 1e-3);
    }
    // Without a baseline it is only asked for where rewards are rare: see the module on returns of one sign.
    let given = [("baseline", "none"), ("step_size", "0.3")];
    reaches_the_optimum_of(&chain(), "reinforce", &given, 1_000_000, 1e-4);
    reaches_the_optimum_of(&grid(), "reinforce", &given, 1_000_000, PLATEAU);
}

#[test]
fn policy_gradient_reaches_the_optimum() {
    let given = [("step_size", "10"), ("interval", "1")];
    for mdp in [chain(), random_mdp(1), random_mdp(2)] {
        reaches_the_optimum_of(&mdp, "policy-gradient", &given, 10_000, 1e-4);
    }
    reaches_the_optimum_of(&grid(), "policy-gradient", &given, 10_000, PLATEAU);
}

#[test]
fn natural_policy_gradient_reaches_the_optimum() {
    reaches_the_optimum("natural-policy-gradient", &[("interval", "1")], 2_000, 1e-6);
}

/// Stopped in the middle of an episode, an agent and its environment go on from their texts as if nothing had happened.
#[test]
fn saved_agents_go_on_with_the_same_bytes() {
    let mdp = grid();
    for spec in registry() {
        for stop in [0, 1, 2, 3, 1003] {
            let options = TrainOptions {
                discount: GAMMA,
                time_limit: Some(37),
                steps: 0,
                points: EvaluationPoints::Even(1),
                seed: 9,
            };
            let fresh = || make(spec.name, &[], &Setup::new(&mdp, GAMMA, 9)).unwrap();
            let (mut agent, mut trainer) = (fresh(), Trainer::new(&mdp, &options).unwrap());
            trainer.run(agent.as_mut(), stop);
            let (mut again, mut resumed) = (fresh(), Trainer::new(&mdp, &options).unwrap());
            again.load(&agent.save()).unwrap();
            resumed.load(&trainer.save()).unwrap();
            for _ in 0..200 {
                trainer.run(agent.as_mut(), 1);
                resumed.run(again.as_mut(), 1);
                assert!(agent.save() == again.save() && trainer.save() == resumed.save(), "{} {stop}", spec.name);
            }
            assert_eq!(agent.rule(), again.rule(), "{}", spec.name);
            assert!(again.load("{}").is_err());
        }
    }
}

/// One choice in each state, or one state: nothing to learn, nothing to divide by.
#[test]
fn degenerate_problems_do_no_harm() {
    let mut builder = MdpBuilder::new(3);
    builder.choice(0, 0, &[(1.0, 1, 1.0)]).choice(1, 0, &[(1.0, 2, 1.0)]).terminal(2);
    let forced = builder.build().unwrap();
    let mut builder = MdpBuilder::new(1);
    builder.choice(0, 0, &[(1.0, 0, 1.0)]).choice(0, 1, &[(1.0, 0, 1.0)]);
    let lonely = builder.build().unwrap();
    for spec in registry() {
        let value = |mdp| run(mdp, spec.name, &[], 300, 1).points.last().unwrap().value;
        assert!((value(&forced) - 1.9).abs() <= 1e-12 && (value(&lonely) - 10.0).abs() <= 1e-9, "{}", spec.name);
    }
}

#[test]
fn optimistic_models_and_sqirl_reach_the_optimum() {
    reaches_the_optimum_of(&chain(), "r-max", &[("known", "60")], 30_000, 1e-9);
    reaches_the_optimum_of(&grid(), "r-max", &[("known", "150")], 60_000, 1e-2);
    // Two choices differ by less here than 300 trials can tell: hence the tolerance.
    reaches_the_optimum_of(&random_mdp(1), "r-max", &[("known", "300"), ("optimum", "10")], 40_000, 5e-2);
    reaches_the_optimum_of(&chain(), "ucb-vi", &[], 30_000, 1e-9);
    reaches_the_optimum_of(&grid(), "ucb-vi", &[], 60_000, 1e-2);
    reaches_the_optimum_of(&random_mdp(1), "ucb-vi", &[("optimum", "10"), ("bonus", "0.2")], 40_000, 5e-2);
    reaches_the_optimum_of(&chain(), "sqirl", &[("k", "4"), ("m", "200"), ("horizon", "20")], 60_000, 1e-9);
    reaches_the_optimum_of(&grid(), "sqirl", &[("k", "8"), ("m", "200"), ("horizon", "20")], 90_000, 1e-2);
}

#[test]
fn sqirl_refuses_what_it_cannot_learn_from() {
    let mdp = chain();
    let setup = Setup::new(&mdp, GAMMA, 1);
    let said = |given: &[(&str, &str)]| make("sqirl", given, &setup).err().unwrap().to_string();
    assert_eq!(said(&[("k", "0")]), "k = 0 is not valid: it must be at least 1 and at most the horizon");
    assert_eq!(said(&[("m", "0")]), "m = 0 is not valid: it must be at least 1");
    assert_eq!(
        said(&[("k", "9"), ("horizon", "8")]),
        "k = 9 is not valid: it must be at least 1 and at most the horizon"
    );
    let unrewarded = mdp.clone().with_rewards(vec![0.0; mdp.num_choices()]).unwrap();
    let error = make("sqirl", &[], &Setup { mdp: &unrewarded, ..setup }).err().unwrap().to_string();
    assert!(error.contains("every reward is 0"), "{error}");
    let options = |steps, limit| TrainOptions {
        discount: GAMMA,
        time_limit: Some(limit),
        steps,
        points: EvaluationPoints::Even(1),
        seed: 1,
    };
    let mut agent = make("sqirl", &[("k", "3"), ("m", "50")], &setup).unwrap();
    let error = train(&mdp, agent.as_mut(), &options(49, 20)).unwrap_err().to_string();
    assert!(error.contains("49 steps are fewer than one iteration"), "{error}");
    let error = train(&mdp, agent.as_mut(), &options(500, 2)).unwrap_err().to_string();
    assert!(error.contains("k = 3 is larger than the 2 steps"), "{error}");
}

#[test]
fn sarsa_refuses_a_saved_choice_that_the_table_does_not_have() {
    let mdp = chain();
    let mut agent = make("sarsa", &[], &Setup::new(&mdp, GAMMA, 1)).unwrap();
    let saved = agent.save().replace("\"next_choice\":null", "\"next_choice\":77");
    assert!(saved.contains("77") && agent.load(&saved).is_err());
}

#[test]
fn exact_values_are_exact_or_an_error() {
    let options =
        |discount| TrainOptions { discount, time_limit: None, steps: 0, points: EvaluationPoints::Even(1), seed: 1 };
    // A policy that is worth nothing where there are rewards.
    let mut builder = MdpBuilder::new(2);
    builder.choice(0, 0, &[(1.0, 0, 0.0)]).choice(0, 1, &[(1.0, 1, 1.0)]).terminal(1);
    let rule = DecisionRule::Deterministic(vec![0, NO_CHOICE]);
    assert_eq!(exact_value(&builder.build().unwrap(), rule, &options(0.9)).unwrap(), 0.0);
    // A cycle that is longer than the linear solver can follow: reward 1 a round.
    let states = 5_000;
    let mut builder = MdpBuilder::new(states);
    for s in 0..states {
        builder.choice(s, 0, &[(1.0, (s + 1) % states, f64::from(u8::from(s + 1 == states)))]);
    }
    let rule = DecisionRule::Deterministic((0..states as u32).collect());
    match exact_value(&builder.build().unwrap(), rule, &options(0.9999)) {
        Ok(value) => {
            let exact = 0.9999f64.powi(states as i32 - 1) / (1.0 - 0.9999f64.powi(states as i32));
            approx::assert_relative_eq!(value, exact, max_relative = 1e-6);
        }
        Err(error) => assert!(error.to_string().contains("was not solved"), "{error}"),
    }
}
