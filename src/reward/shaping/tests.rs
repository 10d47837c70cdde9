//! Every identity on random tables; the constructed examples in which an identity fails.

#![allow(clippy::unwrap_used)]

use super::advice::{learnt_potential, look_ahead_values, look_back_terms};
use super::bootstrapped::{bootstrapped, largest_eta, modulus};
use super::*;
use crate::mdp::wrappers::ShapeReward;
use crate::mdp::{
    DecisionRule, Mdp, MdpBuilder, Policy, action_values, enumerate, evaluate_discounted, evaluate_finite, occupancy,
};
use crate::planning::{Criterion, SolveOptions, solve, solve_regularised};
use crate::rng::{self, Fast, Purpose};

const GAMMA: f64 = 0.9;

/// Seven states with three actions each, then `terminal` states in which episodes end.
fn random(terminal: usize, seed: u64) -> (Mdp, Fast) {
    let mut rng = rng::fast(seed, Purpose::Generation, 0);
    let (states, mut builder) = (7 + terminal, MdpBuilder::new(7 + terminal));
    for s in 0..7 {
        for a in 0..3 {
            let weights: Vec<f64> = (0..4).map(|_| 0.05 + rng::uniform(&mut rng)).collect();
            let total: f64 = weights.iter().sum();
            let mut to = |w: &f64| (w / total, rng::below(&mut rng, states), rng::uniform(&mut rng) - 0.5);
            let branches: Vec<_> = weights.iter().map(&mut to).collect();
            builder.choice(s, a, &branches);
        }
        builder.initial(s, 1.0 / 7.0);
    }
    (7..states).for_each(|s| _ = builder.terminal(s));
    (builder.build().unwrap(), rng)
}

fn random_potential(mdp: &Mdp, rng: &mut Fast) -> Potential {
    let mut value = |s: usize| if mdp.is_terminal(s) { 0.0 } else { 10.0 * rng::uniform(rng) - 5.0 };
    Potential::new(mdp, (0..mdp.num_states()).map(&mut value).collect()).unwrap()
}

fn random_policy(mdp: &Mdp, rng: &mut Fast) -> Policy {
    let mut probability = vec![0.0; mdp.num_choices()];
    for s in 0..mdp.num_states() {
        let weights: Vec<f64> = mdp.choices(s).map(|_| 0.01 + rng::uniform(rng)).collect();
        let total: f64 = weights.iter().sum();
        mdp.choices(s).zip(weights).for_each(|(c, w)| probability[c] = w / total);
    }
    Policy::stationary(mdp, DecisionRule::Stochastic(probability)).unwrap()
}

fn close(a: &[f64], b: impl IntoIterator<Item = f64>, tolerance: f64) {
    let b: Vec<f64> = b.into_iter().collect();
    assert_eq!(a.len(), b.len());
    for (i, (x, y)) in a.iter().zip(&b).enumerate() {
        assert!((x - y).abs() <= tolerance, "entry {i}: {x} instead of {y}");
    }
}

/// `x_c − y_{s(c)}` of each choice.
fn less_by_state(mdp: &Mdp, x: &[f64], y: &[f64]) -> Vec<f64> {
    let mut out = x.to_vec();
    (0..mdp.num_states()).for_each(|s| mdp.choices(s).for_each(|c| out[c] -= y[s]));
    out
}

fn optimum(mdp: &Mdp) -> Vec<f64> {
    let options = SolveOptions { epsilon: 1e-12, ..SolveOptions::default() };
    solve(mdp, Criterion::Discounted { gamma: GAMMA }, &options).unwrap().values
}

#[test]
fn shaping_changes_values_by_the_potential_and_nothing_else() {
    for seed in 0..20 {
        let (mdp, mut rng) = random(seed as usize % 3, seed);
        let potential = random_potential(&mdp, &mut rng);
        let phi = potential.values();
        let Shaped { mdp: shaped, warnings } = shape(&mdp, &potential, GAMMA, AtEnd::Zero).unwrap();
        assert!(warnings.is_empty());
        let minus = |v: &[f64]| v.iter().zip(phi).map(|(v, p)| v - p).collect::<Vec<f64>>();

        let policy = random_policy(&mdp, &mut rng);
        let value = |mdp: &Mdp| evaluate_discounted(mdp, &policy, GAMMA).unwrap().values;
        let (v, v_shaped) = (value(&mdp), value(&shaped));
        close(&v_shaped, minus(&v), 1e-10);
        let (q, q_shaped) = (action_values(&mdp, &v, GAMMA), action_values(&shaped, &v_shaped, GAMMA));
        close(&q_shaped, less_by_state(&mdp, &q, phi), 1e-10);
        close(&less_by_state(&mdp, &q_shaped, &v_shaped), less_by_state(&mdp, &q, &v), 1e-10);
        assert!((shaped.initial_value(&v_shaped) - mdp.initial_value(&v) + mdp.initial_value(phi)).abs() <= 1e-10);
        let visits = |mdp: &Mdp| occupancy::discounted(mdp, &policy, GAMMA).unwrap().choices;
        assert_eq!(visits(&mdp), visits(&shaped));

        // Optima, and how much a policy falls short of them.
        let (best, best_shaped) = (optimum(&mdp), optimum(&shaped));
        close(&best_shaped, minus(&best), 1e-10);
        let short = |best: &[f64], v: &[f64]| best.iter().zip(v).map(|(b, v)| b - v).collect::<Vec<f64>>();
        close(&short(&best_shaped, &v_shaped), short(&best, &v), 1e-10);
        let soft = |mdp: &Mdp| {
            let options = SolveOptions { epsilon: 1e-12, ..SolveOptions::default() };
            solve_regularised(mdp, Criterion::Discounted { gamma: GAMMA }, 0.3, &options).unwrap()
        };
        let (plain, other) = (soft(&mdp), soft(&shaped));
        close(&other.values, minus(&plain.values), 1e-10);
        for s in 0..mdp.num_states() {
            let rows = mdp.choices(s).map(|c| (plain.policy.rule(0), other.policy.rule(0), c));
            rows.for_each(|(a, b, c)| assert!((a.probability(s, c) - b.probability(s, c)).abs() <= 1e-10));
        }

        // The optimum as the potential leaves the advantages: greedy for one step is optimal.
        let ideal = Potential::new(&mdp, best.clone()).unwrap();
        let ideal = shape(&mdp, &ideal, GAMMA, AtEnd::Zero).unwrap().mdp;
        let advantages = less_by_state(&mdp, &action_values(&mdp, &best, GAMMA), &best);
        close(ideal.rewards(), advantages, 1e-12);
        assert!(ideal.rewards().iter().all(|&r| r <= 1e-10));
        close(&optimum(&ideal), vec![0.0; mdp.num_states()], 1e-10);

        // The wrapper of models gives the same table.
        let wrapped = enumerate(&ShapeReward::new(&mdp, |s: u32| phi[s as usize], GAMMA), 100).unwrap().mdp;
        close(wrapped.rewards(), shaped.rewards().iter().copied(), 1e-12);
        // A constant added to the potential adds (γ − 1) c to each reward where nothing ends.
        if mdp.num_terminal() == 0 {
            let raised = shape(&mdp, &potential.rescaled(&mdp, 1.0, 2.0).unwrap(), GAMMA, AtEnd::Zero).unwrap().mdp;
            close(raised.rewards(), shaped.rewards().iter().map(|r| r - 0.2), 1e-12);
        }
        // Another discount than the criterion's changes the reward itself.
        let off = shape(&mdp, &potential, 0.99, AtEnd::Zero).unwrap().mdp;
        let change = mismatch(&mdp, &potential, 0.99, GAMMA, AtEnd::Zero).unwrap();
        close(off.rewards(), shaped.rewards().iter().zip(change).map(|(r, x)| r + x), 1e-12);
    }
}

#[test]
fn shaping_is_another_start() {
    let settings = |exploration| LearnerSettings { gamma: GAMMA, step_size: 0.2, exploration };
    for (seed, exploration) in
        [Exploration::Greedy(0.0), Exploration::Greedy(0.1), Exploration::Boltzmann(0.5)].into_iter().enumerate()
    {
        let (mdp, mut rng) = random(1, seed as u64);
        let potential = random_potential(&mdp, &mut rng);
        let zeros = vec![0.0; mdp.num_choices()];
        let raised = less_by_state(&mdp, &zeros, &potential.values().iter().map(|p| -p).collect::<Vec<_>>());
        let mut shaped = Learner::new(&mdp, Some(&potential), settings(exploration), zeros, 3).unwrap();
        let mut plain = Learner::new(&mdp, None, settings(exploration), raised, 3).unwrap();
        let (mut s, mut t) = (shaped.start(), plain.start());
        for step in 0..10_000 {
            assert_eq!(s, t, "step {step}");
            if mdp.is_terminal(s) {
                (s, t) = (shaped.start(), plain.start());
            }
            (s, t) = (shaped.step(s), plain.step(t));
        }
        close(shaped.action_values(), less_by_state(&mdp, plain.action_values(), potential.values()), 1e-12);
    }
}

#[test]
fn advice_ahead_lowers_action_values_by_itself_and_learnt_advice_is_a_reward() {
    for seed in 0..10 {
        let (mdp, mut rng) = random(seed as usize % 2, seed);
        let policy = random_policy(&mdp, &mut rng);
        let q_of = |mdp: &Mdp| action_values(mdp, &evaluate_discounted(mdp, &policy, GAMMA).unwrap().values, GAMMA);
        let advice: Vec<f64> = (0..mdp.num_choices()).map(|_| rng::uniform(&mut rng) - 0.5).collect();
        let q = q_of(&mdp);
        let advised = look_ahead_values(&mdp, &policy, GAMMA, &advice).unwrap();
        close(&advised, q.iter().zip(&advice).map(|(q, phi)| q - phi), 1e-10);

        // At the fixed point of learning the look-ahead term is the advice: q' is the value of R + R†, and adding Φ back cancels it.
        let learnt = learnt_potential(&mdp, &policy, GAMMA, &advice).unwrap();
        let shaped = look_ahead_values(&mdp, &policy, GAMMA, &learnt).unwrap();
        let rewarded = mdp.rewards().iter().zip(&advice).map(|(r, a)| r + a).collect();
        close(&shaped, q_of(&mdp.clone().with_rewards(rewarded).unwrap()), 1e-10);
        close(&shaped.iter().zip(&learnt).map(|(q, phi)| q + phi).collect::<Vec<_>>(), q, 1e-10);
    }
    // Two actions worth 1 and 0, advice of 2 for the better one: greedy for q' alone takes the other.
    let mut builder = MdpBuilder::new(2);
    builder.choice(0, 0, &[(1.0, 1, 1.0)]).choice(0, 1, &[(1.0, 1, 0.0)]).terminal(1);
    let mdp = builder.build().unwrap();
    let advised = look_ahead_values(&mdp, &Policy::uniform(&mdp), 1.0, &[2.0, 0.0]).unwrap();
    assert_eq!(advised, [-1.0, 0.0]);
    // Without discount, a policy that never ends has no values.
    let mut builder = MdpBuilder::new(1);
    builder.choice(0, 0, &[(1.0, 0, 1.0)]);
    let forever = builder.build().unwrap();
    let error = look_ahead_values(&forever, &Policy::uniform(&forever), 1.0, &[0.0]).unwrap_err();
    assert!(error.to_string().contains("singular"), "{error}");
    assert!(look_ahead_values(&mdp, &Policy::uniform(&mdp), 0.9, &[0.0]).unwrap_err().to_string().contains("advice"));
}

#[test]
fn advice_is_learnt_by_its_updates() {
    // One action that stays: Φ = −R† + γ Φ.
    let mut builder = MdpBuilder::new(1);
    builder.choice(0, 0, &[(1.0, 0, 0.0)]);
    let mdp = builder.build().unwrap();
    let mut learner = AdviceLearner::new(&mdp, 0.5, GAMMA).unwrap();
    let terms: Vec<f64> = (0..500).map(|_| learner.step(0, Some(0), 0.7)).collect();
    assert!((learner.potential()[0] + 0.7 / (1.0 - GAMMA)).abs() < 1e-8);
    assert!((terms[499] - 0.7).abs() < 1e-8);
    // The term uses the potential of the successor after the update.
    let mut learner = AdviceLearner::new(&mdp, 1.0, GAMMA).unwrap();
    assert_eq!(learner.step(0, Some(0), 1.0), -0.9);
    assert!(AdviceLearner::new(&mdp, 0.0, GAMMA).is_err());

    let terms = look_back_terms(&[3.0, -1.0, 2.0], 0.5).unwrap();
    let sum: f64 = terms.iter().enumerate().map(|(t, f)| 0.5f64.powi(t as i32) * f).sum();
    assert!((sum - 0.25 * 2.0).abs() < 1e-15);
}

#[test]
fn the_end_of_an_episode_needs_a_zero_potential() {
    // a1 ends in A and earns 1, a2 ends in B and earns 0; Φ(B) = 5.
    let mut builder = MdpBuilder::new(3);
    builder.choice(0, 0, &[(1.0, 1, 1.0)]).choice(0, 1, &[(1.0, 2, 0.0)]).terminal(1).terminal(2);
    let mdp = builder.build().unwrap();
    let potential = Potential::new(&mdp, vec![2.0, 0.0, 5.0]).unwrap();
    let kept = shape(&mdp, &potential, GAMMA, AtEnd::Kept).unwrap();
    close(kept.mdp.rewards(), [1.0 - 2.0, 4.5 - 2.0], 1e-15);
    assert!(kept.warnings[0].contains("5 in the terminal state 2") && kept.warnings[0].contains("v' = v − Φ"));
    let zero = shape(&mdp, &potential, GAMMA, AtEnd::Zero).unwrap();
    close(zero.mdp.rewards(), [1.0 - 2.0, 0.0 - 2.0], 1e-15);
    assert!(zero.warnings[0].contains("taken for 0"));

    // Staying earns 0 and leaving a little: with Φ = K and the shaping's discount 1, staying gains (1 − γ) K each step.
    let mut builder = MdpBuilder::new(2);
    builder.choice(0, 0, &[(1.0, 0, 0.0)]).choice(0, 1, &[(1.0, 1, 0.01)]).terminal(1);
    let mdp = builder.build().unwrap();
    let potential = Potential::new(&mdp, vec![10.0, 0.0]).unwrap();
    let leaves = |gamma| {
        let shaped = shape(&mdp, &potential, gamma, AtEnd::Zero).unwrap().mdp;
        Policy::greedy(&shaped, &action_values(&shaped, &optimum(&shaped), GAMMA)).rule(0).probability(0, 1) == 1.0
    };
    assert!(leaves(GAMMA) && !leaves(1.0));

    for bad in [vec![0.0], vec![0.0, f64::NAN]] {
        assert!(Potential::new(&mdp, bad).unwrap_err().to_string().contains("potential"));
    }
    assert!(shape(&mdp, &potential, 1.5, AtEnd::Zero).is_err());
}

/// Where the potential counts at the end, so it does in what another discount changes.
#[test]
fn another_discount_changes_the_end_too() {
    let (mdp, mut rng) = random(2, 9);
    let potential = Potential::new(&mdp, (0..9).map(|_| rng::uniform(&mut rng)).collect()).unwrap();
    for at_end in [AtEnd::Zero, AtEnd::Kept] {
        let rewards = |gamma| shape(&mdp, &potential, gamma, at_end).unwrap().mdp.rewards().to_vec();
        let change = mismatch(&mdp, &potential, 0.99, GAMMA, at_end).unwrap();
        close(&rewards(0.99), rewards(GAMMA).iter().zip(change).map(|(r, x)| r + x), 1e-14);
    }
}

/// Without discount the identity holds for policies that end surely, and fails over a fixed number of steps by `Φ` of where they lead.
#[test]
fn without_discount_the_end_decides() {
    // A row of four cells that is walked to the right.
    let mut builder = MdpBuilder::new(4);
    (0..3).for_each(|s| _ = builder.choice(s, 0, &[(1.0, s + 1, 1.0)]));
    let mdp = builder.terminal(3).build().unwrap();
    let potential = Potential::new(&mdp, vec![5.0, 7.0, -2.0, 0.0]).unwrap();
    let shaped = shape(&mdp, &potential, 1.0, AtEnd::Zero).unwrap().mdp;
    let gained = |steps: usize| {
        let total = |mdp: &Mdp| evaluate_finite(mdp, &Policy::uniform(mdp), steps).unwrap().values[0];
        total(&shaped) - total(&mdp)
    };
    assert_eq!([gained(1), gained(2), gained(3), gained(4)], [2.0, -7.0, -5.0, -5.0]);
    let warned = |gamma| shape(&mdp, &potential, gamma, AtEnd::Zero).unwrap().warnings.concat();
    assert!(warned(1.0).contains("surely end") && warned(0.99).is_empty());
    // Staying for ever earns 0 and leaving costs 1; without discount the potential makes leaving earn 2.
    let mut builder = MdpBuilder::new(2);
    builder.choice(0, 0, &[(1.0, 0, 0.0)]).choice(0, 1, &[(1.0, 1, -1.0)]).terminal(1);
    let mdp = builder.build().unwrap();
    let potential = Potential::new(&mdp, vec![-3.0, 0.0]).unwrap();
    assert_eq!(shape(&mdp, &potential, 1.0, AtEnd::Zero).unwrap().mdp.rewards(), [0.0, 2.0]);
}

#[test]
fn what_does_not_fit_is_refused() {
    let (mdp, mut rng) = random(2, 10);
    let (smaller, _) = random(0, 10);
    let foreign = random_potential(&smaller, &mut rng);
    assert!(shape(&mdp, &foreign, GAMMA, AtEnd::Zero).is_err() && foreign.rescaled(&mdp, 1.0, 0.0).is_err());
    assert!(mismatch(&mdp, &foreign, 0.99, GAMMA, AtEnd::Zero).is_err());
    let settings = LearnerSettings { gamma: GAMMA, step_size: 0.2, exploration: Exploration::Greedy(0.1) };
    let zeros = vec![0.0; mdp.num_choices()];
    assert!(Learner::new(&mdp, Some(&foreign), settings, zeros.clone(), 0).is_err());
    assert!(Learner::new(&mdp, None, settings, vec![f64::NAN; zeros.len()], 0).is_err());
    assert!(steps_to_goal(&mdp, Some(&foreign), settings, 0.0, (1, 1), 0).is_err());
    assert!(steps_to_goal(&mdp, None, settings, f64::INFINITY, (1, 1), 0).is_err());
    assert!(reinforce_moments(&mdp, &zeros, GAMMA, 2, Some(&foreign)).is_err());
    assert!(reinforce_moments(&mdp, &zeros, 0.0, 2, None).is_err());
    assert!(look_back_terms(&[1.0], 0.0).is_err());
    let policy = Policy::uniform(&mdp);
    assert!(look_ahead_values(&mdp, &policy, GAMMA, &vec![f64::NAN; zeros.len()]).is_err());
    assert!(bootstrapped(&mdp, GAMMA, 0.1, 1, &vec![f64::NAN; mdp.num_states()]).is_err());
    // A terminal state stays what it is.
    let mut learner = Learner::new(&mdp, None, settings, zeros.clone(), 0).unwrap();
    let end = (0..mdp.num_states()).find(|&s| mdp.is_terminal(s)).unwrap();
    assert_eq!((learner.step(end), learner.action_values()), (end, &zeros[..]));
}

/// A horizon of a million steps is a long list, not a deep stack; an episode that may end at every one of them is refused.
#[test]
fn long_episodes_are_enumerated_or_refused() {
    let mut builder = MdpBuilder::new(1);
    builder.choice(0, 0, &[(1.0, 0, 1.0)]);
    let endless = builder.build().unwrap();
    let moments = reinforce_moments(&endless, &[0.0], 0.5, 1_000_000, None).unwrap();
    assert_eq!((moments.mean[0], moments.variance), (0.0, 0.0));
    let mut builder = MdpBuilder::new(2);
    builder.choice(0, 0, &[(0.5, 0, 1.0), (0.5, 1, 0.0)]).terminal(1);
    let error = reinforce_moments(&builder.build().unwrap(), &[0.0], 1.0, 1_000_000, None).unwrap_err();
    assert!(error.to_string().contains("shorten the horizon"), "{error}");
}

/// A walk that all but never ends is not solved by luck.
#[test]
fn systems_that_rounding_makes_regular_are_refused() {
    let mut builder = MdpBuilder::new(2);
    builder.choice(0, 0, &[(0.1, 0, 1.0), (0.2, 0, 1.0), (0.7, 0, 1.0)]).choice(1, 0, &[(0.5, 0, 0.0), (0.5, 1, 0.0)]);
    let forever = builder.build().unwrap();
    let found = look_ahead_values(&forever, &Policy::uniform(&forever), 1.0, &[0.0, 0.0]);
    assert!(found.is_err(), "{found:?}");
}

#[test]
fn potentials_that_change_telescope_if_arrivals_are_kept() {
    // What follows a step keeps its potential, and only then.
    let term = |ending| step_term(1.0, 4.0, 0.5, ending);
    assert_eq!([Ending::Continues, Ending::TruncatedAndBootstrapped].map(term), [1.0, 1.0]);
    assert_eq!([Ending::Terminated, Ending::TruncatedReturn].map(term), [-1.0, -1.0]);
    let mut rng = rng::fast(5, Purpose::Generation, 1);
    for _ in 0..20 {
        let now: Vec<f64> = (0..30).map(|_| 20.0 * rng::uniform(&mut rng) - 10.0).collect();
        let mut dynamic = Dynamic::start(GAMMA, now[0]);
        let discounted = |t: usize, term: f64| GAMMA.powi(t as i32) * term;
        let open: f64 = (1..30).map(|t| discounted(t - 1, dynamic.step(now[t], Ending::Continues))).sum();
        assert!((open - telescoped(&now, GAMMA)).abs() <= 1e-12);
        let mut dynamic = Dynamic::start(GAMMA, now[0]);
        let ending = |t| if t == 29 { Ending::Terminated } else { Ending::Continues };
        let closed: f64 = (1..30).map(|t| discounted(t - 1, dynamic.step(now[t], ending(t)))).sum();
        assert!((closed + now[0]).abs() <= 1e-12);
        // Computed anew on departure, when the potential has changed in between.
        let anew: f64 = (1..30).map(|t| discounted(t - 1, step_term(now[t - 1] + 1.0, now[t], GAMMA, ending(t)))).sum();
        // Each departure is then 1 dearer, all 29 of them.
        let surplus = (1.0 - GAMMA.powi(29)) / (1.0 - GAMMA);
        assert!((anew + now[0] + surplus).abs() <= 1e-12 && surplus > 9.0);
    }
}

#[test]
fn bootstrapped_shaping_converges_where_it_is_a_contraction() {
    let (mdp, _) = random(1, 11);
    let best = optimum(&mdp);
    let q_best = action_values(&mdp, &best, GAMMA);
    assert!((largest_eta(GAMMA) - 0.1 / 1.9).abs() < 1e-15 && (modulus(GAMMA, largest_eta(GAMMA)) - 1.0).abs() < 1e-12);
    for eta in [-0.9, -0.5, -0.02, 0.02, 0.05] {
        assert!(modulus(GAMMA, eta) < 1.0);
        let run = bootstrapped(&mdp, GAMMA, eta, 12_000, &best).unwrap();
        assert!(run.errors[11_999] <= 1e-9, "{eta}: {}", run.errors[11_999]);
        let share: Vec<f64> = best.iter().map(|v| eta / (1.0 + eta) * v).collect();
        close(&run.q, less_by_state(&mdp, &q_best, &share), 1e-9);
        // Each sweep brings the maximum norm down by the modulus at least.
        let falls = run.errors[2..40].windows(2).all(|w| w[1] <= modulus(GAMMA, eta) * w[0] + 1e-12);
        assert!(falls, "{eta}");
    }
    for eta in [1.0, -1.2] {
        let errors = bootstrapped(&mdp, GAMMA, eta, 3000, &best).unwrap().errors;
        assert!(errors[2999] > 1e6, "{eta}: {}", errors[2999]);
    }
    assert!(bootstrapped(&mdp, GAMMA, -1.0, 1, &best).is_err() && bootstrapped(&mdp, GAMMA, 0.1, 1, &[0.0]).is_err());
}

#[test]
fn shaping_leaves_the_expected_policy_gradient_alone() {
    let (mdp, mut rng) = random(2, 4);
    let potential = random_potential(&mdp, &mut rng);
    let logits: Vec<f64> = (0..mdp.num_choices()).map(|_| rng::uniform(&mut rng)).collect();
    let plain = reinforce_moments(&mdp, &logits, GAMMA, 3, None).unwrap();
    let shaped = reinforce_moments(&mdp, &logits, GAMMA, 3, Some(&potential)).unwrap();
    close(&shaped.mean, plain.mean.iter().copied(), 1e-12);
    assert!((shaped.variance / plain.variance - 1.0).abs() > 0.1);
    assert!(reinforce_moments(&mdp, &[0.0], GAMMA, 3, None).is_err());
}

#[test]
fn a_shifted_potential_is_another_start_step_for_step() {
    // A row of five cells: left and right, 1 on entering the last one.
    let mut builder = MdpBuilder::new(5);
    for s in 0..4 {
        builder.choice(s, 0, &[(1.0, s.saturating_sub(1), 0.0)]);
        builder.choice(s, 1, &[(1.0, s + 1, f64::from(u8::from(s == 3)))]);
    }
    let mdp = builder.terminal(4).build().unwrap();
    let distance = Potential::new(&mdp, vec![-4.0, -3.0, -2.0, -1.0, 0.0]).unwrap();
    let shifted = distance.rescaled(&mdp, 1.0, 4.0).unwrap();
    assert_eq!(shifted.values(), [0.0, 1.0, 2.0, 3.0, 0.0]);
    let settings = LearnerSettings { gamma: 0.95, step_size: 0.1, exploration: Exploration::Greedy(0.1) };
    for seed in 0..5 {
        let run =
            |potential, initial| steps_to_goal(&mdp, Some(potential), settings, initial, (20, 500), seed).unwrap();
        assert_eq!(run(&distance, 4.0), run(&shifted, 0.0));
    }
    let wrong = LearnerSettings { step_size: 0.0, ..settings };
    assert!(steps_to_goal(&mdp, None, wrong, 0.0, (1, 1), 0).is_err());
}
