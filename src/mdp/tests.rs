//! Identities of evaluation, occupancies and wrappers on random and on hand-made problems.

use approx::assert_relative_eq;
use proptest::prelude::*;

use super::wrappers::{FiniteHorizon, OverrideReward, ShapeReward, Slip, Sticky};
use super::*;
use crate::rng::{self, Purpose};

/// A random problem: `states` states with 1 to 3 actions and up to 3 successors each; the last state is terminal.
fn random_mdp(states: usize, seed: u64) -> Mdp {
    let mut rng = rng::fast(seed, Purpose::Generation, 0);
    let mut builder = MdpBuilder::new(states);
    for s in 0..states - 1 {
        for a in 0..1 + rng::below(&mut rng, 3) {
            let cut = rng::uniform(&mut rng);
            let mut successor = || rng::below(&mut rng, states);
            let (x, y) = (successor(), successor());
            let (r1, r2) = (rng::uniform(&mut rng) - 0.5, rng::uniform(&mut rng));
            builder.choice(s, a, &[(cut, x, r1), (1.0 - cut, y, r2)]);
        }
    }
    builder.terminal(states - 1).initial(0, 0.5).initial(states / 2, 0.5).build().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn discounted_value_and_occupancy_tell_the_same_return(states in 2usize..30, seed in any::<u64>(), gamma in 0.05f64..0.99) {
        let mdp = random_mdp(states, seed);
        let policy = Policy::uniform(&mdp);
        let evaluation = evaluate_discounted(&mdp, &policy, gamma).unwrap();
        prop_assert!(evaluation.error_bound <= 1e-11);
        let occupancy = occupancy::discounted(&mdp, &policy, gamma).unwrap();
        let from_values = mdp.initial_value(&evaluation.values);
        prop_assert!((occupancy.expected_return(&mdp) - from_values).abs() <= 1e-10 * (1.0 + from_values.abs()));
    }

    #[test]
    fn finite_value_and_occupancy_tell_the_same_return(states in 2usize..20, seed in any::<u64>(), horizon in 1usize..15) {
        let mdp = random_mdp(states, seed);
        let policy = Policy::uniform(&mdp);
        let value = mdp.initial_value(&evaluate_finite(&mdp, &policy, horizon).unwrap().values);
        let total = occupancy::total(&mdp, &policy, horizon).unwrap();
        prop_assert!((total.expected_return(&mdp) - value).abs() <= 1e-12 * (1.0 + value.abs()));
        let steps = occupancy::per_step(&mdp, &policy, horizon).unwrap();
        for s in 0..states {
            prop_assert!((steps.column(s).sum() - total.states[s]).abs() <= 1e-12);
        }
    }
}

#[test]
fn large_systems_go_through_the_iterative_solver() {
    // A ring of 1,000 states with reward 1 everywhere: v = 1 / (1 − γ) and the occupancy sums to the same.
    let mut builder = MdpBuilder::new(1000);
    for s in 0..1000 {
        builder.choice(s, 0, &[(0.5, (s + 1) % 1000, 1.0), (0.5, (s * 7) % 1000, 1.0)]);
    }
    let mdp = builder.build().unwrap();
    let policy = Policy::uniform(&mdp);
    let evaluation = evaluate_discounted(&mdp, &policy, 0.99).unwrap();
    assert!(evaluation.error_bound < 1e-10);
    assert!(evaluation.values.iter().all(|v| (v - 100.0).abs() <= 1e-10));
    let occupancy = occupancy::discounted(&mdp, &policy, 0.99).unwrap();
    assert_relative_eq!(occupancy.states.iter().sum::<f64>(), 100.0, max_relative = 1e-11);
}

#[test]
fn evaluation_rejects_what_it_cannot_evaluate() {
    let mdp = random_mdp(4, 1);
    let uniform = Policy::uniform(&mdp);
    for gamma in [0.0, 1.0, -1.0, f64::NAN] {
        assert!(evaluate_discounted(&mdp, &uniform, gamma).is_err());
    }
    assert!(evaluate_finite(&mdp, &uniform, 0).is_err());
    let staged = Policy::time_indexed(&mdp, vec![uniform.rule(0).clone()]).unwrap();
    assert!(evaluate_discounted(&mdp, &staged, 0.5).is_err());
    assert!(evaluate_finite(&mdp, &staged, 2).is_err());
    assert!(evaluate_finite(&mdp, &staged, 1).is_ok());
}

/// A corridor `0..=4` with the goal at 4: actions left, right; reward 1 on arrival at the goal.
struct Corridor;

impl Model for Corridor {
    type State = u8;
    fn initial(&self) -> Vec<(f64, u8)> {
        vec![(1.0, 0)]
    }
    fn num_actions(&self) -> usize {
        2
    }
    fn step_law(&self, s: u8, a: usize, out: &mut Branches<u8>) {
        let next = if a == 0 { s.saturating_sub(1) } else { s + 1 };
        let goal = next == 4;
        out.push(Branch { probability: 1.0, next, reward: f64::from(u8::from(goal)), terminal: goal });
    }
}

fn value_of(model: &impl Model, horizon: usize) -> f64 {
    let mdp = enumerate(model, 10_000).unwrap().mdp;
    mdp.initial_value(&evaluate_finite(&mdp, &Policy::uniform(&mdp), horizon).unwrap().values)
}

#[test]
fn enumeration_is_breadth_first_and_stops_at_its_limit() {
    let table = enumerate(&Corridor, 5).unwrap();
    assert_eq!(table.states, [0, 1, 2, 3, 4]);
    assert!(table.mdp.is_terminal(4) && table.mdp.num_terminal() == 1);
    assert!(matches!(enumerate(&Corridor, 4), Err(crate::Error::StateLimit { limit: 4 })));
}

#[test]
fn wrappers_in_their_limits_are_the_model_itself() {
    let plain = value_of(&Corridor, 9);
    assert_relative_eq!(value_of(&Sticky::new(Corridor, 0.0), 9), plain, epsilon = 1e-15);
    assert_relative_eq!(value_of(&Slip::new(Corridor, 0.0), 9), plain, epsilon = 1e-15);
    assert_relative_eq!(value_of(&FiniteHorizon::new(Corridor, 9), 9), plain, epsilon = 1e-15);
    // Under the uniform policy, slipping changes nothing.
    assert_relative_eq!(value_of(&Slip::new(Corridor, 0.7), 9), plain, epsilon = 1e-15);
}

#[test]
fn a_stuck_action_repeats_for_ever() {
    // With p = 1 the first action is executed for ever: right with probability 1/2 reaches the goal.
    assert_eq!(value_of(&Sticky::new(Corridor, 1.0), 9), 0.5);
    // With p = 1/4, two steps: reaching state 2 of a corridor takes right (1/2), then right again (1/4 + 3/4 · 1/2).
    let mdp = enumerate(&Sticky::new(Corridor, 0.25), 100).unwrap();
    let steps = occupancy::per_step(&mdp.mdp, &Policy::uniform(&mdp.mdp), 3).unwrap();
    let at_two: f64 = (0..mdp.states.len()).filter(|&s| mdp.states[s].0 == 2).map(|s| steps[[2, s]]).sum();
    assert_relative_eq!(at_two, 0.5 * (0.25 + 0.75 * 0.5), epsilon = 1e-15);
}

#[test]
fn a_finite_horizon_ends_after_its_steps() {
    let table = enumerate(&FiniteHorizon::new(Corridor, 3), 100).unwrap();
    assert!(table.states.iter().all(|&(_, t)| t <= 3));
    assert!((0..table.states.len()).all(|s| table.mdp.is_terminal(s) == (table.states[s].1 == 3)));
}

#[test]
fn shaping_moves_every_value_by_the_potential() {
    let potential = |s: u8| 0.3 * f64::from(s) - 1.0;
    let gamma = 0.9;
    let plain = enumerate(&Corridor, 10).unwrap().mdp;
    let shaped = enumerate(&ShapeReward::new(Corridor, potential, gamma), 10).unwrap();
    let value = |mdp: &Mdp| evaluate_discounted(mdp, &Policy::uniform(mdp), gamma).unwrap().values;
    let (before, after) = (value(&plain), value(&shaped.mdp));
    for s in 0..4 {
        assert_relative_eq!(after[s], before[s] - potential(shaped.states[s]), epsilon = 1e-13);
    }
}

#[test]
fn rewards_can_be_replaced() {
    let cost = OverrideReward::new(Corridor, |_, _, outcome: &Branch<u8>| -1.0 - outcome.reward);
    let mdp = enumerate(&cost, 10).unwrap().mdp;
    assert_eq!(mdp.reward_range(), (-2.0, -1.0));
}

#[test]
fn the_error_of_an_evaluation_is_bounded_rounding_included() {
    // One state with reward r for ever: v (1 − γ) − r is exact in one fused operation, and so is 1 − γ for γ ≥ 1/2.
    for gamma in [0.7, 0.9, 0.99, 0.9999, 1.0 - 1e-9, 1.0 - 1e-12] {
        for reward in [1.0, 0.1, 1.0 / 3.0] {
            let mut builder = MdpBuilder::new(1);
            let mdp = builder.choice(0, 0, &[(1.0, 0, reward)]).build().unwrap();
            let Evaluation { values, error_bound } = evaluate_discounted(&mdp, &Policy::uniform(&mdp), gamma).unwrap();
            let error = (values[0].mul_add(1.0 - gamma, -reward) / (1.0 - gamma)).abs();
            assert!(error <= error_bound && error_bound <= 1e-14 * values[0] / (1.0 - gamma), "{gamma} {reward}");
        }
    }
    let mut builder = MdpBuilder::new(1);
    let heavy = builder.choice(0, 0, &[(1.0 + 9e-10, 0, 1.0)]).build().unwrap();
    let uniform = Policy::uniform(&heavy);
    for evaluated in [
        evaluate_discounted(&heavy, &uniform, 1.0 - 1e-10).map(|_| ()),
        occupancy::discounted(&heavy, &uniform, 1.0 - 1e-10).map(|_| ()),
    ] {
        assert!(evaluated.unwrap_err().to_string().contains("outweighs the discount"));
    }
}

#[test]
fn a_system_that_was_not_solved_is_no_occupancy() {
    // A Krylov space needs a dimension for each state of a cycle, and there are more of them than products allowed.
    let states = 20_000;
    let mut builder = MdpBuilder::new(states);
    for s in 0..states {
        builder.choice(s, 0, &[(1.0, (s + 1) % states, 0.0)]);
    }
    let mdp = builder.build().unwrap();
    let uniform = Policy::uniform(&mdp);
    match occupancy::discounted(&mdp, &uniform, 0.9999) {
        Ok(found) => approx::assert_relative_eq!(found.states.iter().sum::<f64>(), 1e4, max_relative = 1e-6),
        Err(error) => assert!(error.to_string().contains("was not solved"), "{error}"),
    }
    let found = occupancy::discounted(&mdp, &uniform, 0.99).unwrap();
    approx::assert_relative_eq!(found.states.iter().sum::<f64>(), 100.0, max_relative = 1e-9);
}
