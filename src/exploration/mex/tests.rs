//! The agents in episodes: certificates, exactness of what is skipped, and the relaxation against the block formulas.

use super::super::optimism::Plan;
use super::super::{Counting, Counts, EpisodicAgent, RegretOptions, Setup, StageRules, Step, make, run};
use super::testing::{explore, random_mdp};
use super::*;
use crate::learning::EvaluationPoints;
use crate::rng::{self, Purpose};

const END: RegretOptions = RegretOptions { points: EvaluationPoints::Even(1) };

/// `J(f_k) ≥ J(truth)` in every episode, by construction of the relaxations and by enough starts of the ascents.
#[test]
fn the_certificate_of_optimism_holds_in_every_episode() {
    let agents = [
        ("mex-mb", "solver=relaxation", "counts=staged", "rewards=known"),
        ("mex-mb", "solver=relaxation", "counts=staged", "rewards=learnt"),
        ("mex-mb", "solver=relaxation", "counts=pooled", "rewards=known"),
        ("mex-mb", "solver=relaxation", "counts=staged", "successors=layered"),
        ("mex-mb", "solver=ascent", "counts=staged", "rewards=known"),
        ("mex-mb", "solver=ascent", "counts=staged", "rewards=learnt"),
        ("mex-mb", "solver=ascent", "counts=pooled", "rewards=known"),
        ("mex-mf", "solver=relaxation", "counts=staged", ""),
        ("mex-mf", "solver=relaxation", "counts=pooled", ""),
    ];
    for (name, solver, counts, rewards) in agents {
        for (seed, eta) in [(0, "0.05"), (1, "0.3"), (2, "1")] {
            let mdp = random_mdp(3, 2, seed);
            let episodes = if solver == "solver=ascent" { 12 } else { 80 };
            let setup = Setup { mdp: &mdp, horizon: 3, episodes, reward_range: (0.0, 1.0), seed };
            let given = [solver, counts, rewards];
            let given: Vec<_> = given.iter().filter_map(|text| text.split_once('=')).chain([("eta", eta)]).collect();
            let mut agent = make(name, &given, &setup).unwrap();
            let curve = run(&setup, agent.as_mut(), &END).unwrap();
            assert!(curve.least_optimism.unwrap() > -1e-9, "{name} {given:?}: {curve:?}");
        }
    }
}

#[test]
fn what_is_skipped_in_planning_would_not_have_changed() {
    let mdp = random_mdp(4, 2, 8);
    let setup = Setup { mdp: &mdp, horizon: 5, episodes: 40, reward_range: (0.0, 1.0), seed: 4 };
    for counts in [Counting::Staged, Counting::Pooled] {
        let params = MexModelBasedParams { counts, ..MexModelBasedParams::default() };
        let mut agent = MexModelBased::new(&setup, &params).unwrap();
        let mut rng = rng::fast(0, Purpose::Environment, 0);
        for episode in 0..40 {
            agent.begin(episode);
            let objective = agent.objective();
            let mut plan = Plan::new(&setup);
            objective.relaxation(&mut plan, &mut rng);
            assert_eq!(plan.initial_value(&setup), agent.optimistic_value().unwrap());
            let StageRules::Deterministic(rules) = agent.rules() else { panic!("rules are deterministic") };
            for (i, &c) in rules.iter().enumerate() {
                assert_eq!(plan.q[i / 4 * 8 + c as usize], plan.v[i], "the rule is greedy");
            }
            // One episode in four changes nothing; the others only their first two steps.
            if episode % 4 > 0 {
                for stage in 0..2 {
                    let choice = rng::below(&mut rng, 8);
                    let next = rng::below(&mut rng, 4);
                    agent.observe(&Step { stage, state: choice / 2, choice, reward: 0.0, next });
                }
            }
        }
        let all = 40 * 5 * 8;
        let share = agent.computed() as f64 / all as f64;
        assert!(if counts == Counting::Staged { share < 0.45 } else { share < 1.0 }, "{counts:?}: {share}");
    }
}

/// To second order the bonus of a row is `Var_p̂(v) / (2 η N)`.
#[test]
fn the_bonus_is_a_variance_over_twice_the_price_when_much_was_seen() {
    let v = [0.0, 1.0, 3.0];
    let mut counts = Counts::new(Counting::Pooled, 1, 1);
    for i in 0..30_000 {
        counts.add(0, 0.0, i % 3);
    }
    let block = Block::solve(counts.successors(0), 0.5, 1.0, Worths::new(&v));
    let bonus = block.value - counts.expect(0, &v);
    let expected = counts.variance(0, &v) / (2.0 * 0.5 * 30_000.0);
    assert!((bonus / expected - 1.0).abs() < 1e-3, "{bonus} {expected}");
}

#[test]
fn the_law_of_the_relaxation_is_made_of_distributions() {
    let mdp = random_mdp(4, 2, 1);
    let setup = Setup { mdp: &mdp, horizon: 3, episodes: 1, reward_range: (0.0, 1.0), seed: 0 };
    let mut rng = rng::fast(0, Purpose::Generation, 8);
    let mut counts = Counts::new(Counting::Staged, 8, 3);
    explore(&setup, &mut counts, 5, &mut rng);
    let objective = Objective { setup: &setup, counts: &counts, eta: 0.1, rewards: Rewards::Known };
    let law = objective.relaxation(&mut Plan::new(&setup), &mut rng);
    for row in 0..24 {
        assert!((law.row(row).iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }
}

#[test]
fn bad_settings_are_refused() {
    let mdp = random_mdp(2, 2, 0);
    let setup = Setup { mdp: &mdp, horizon: 2, episodes: 3, reward_range: (0.0, 1.0), seed: 0 };
    let message = |name: &str, given: &[(&str, &str)]| make(name, given, &setup).err().unwrap().to_string();
    assert_eq!(message("mex-mb", &[("eta", "0")]), "eta = 0 is not valid: it must be a positive number");
    assert!(message("mex-mf", &[("schedule", "often")]).contains("anytime"));
    assert!(message("mex-mb", &[("starts", "11")]).contains("1 to 10"));
    let both = [("solver", "ascent"), ("counts", "pooled"), ("rewards", "learnt")];
    assert!(message("mex-mb", &both).contains("rewards=known"));
    assert!(message("mex-mb", &[("solver", "ascent"), ("successors", "layered")]).contains("successors=all"));
}
