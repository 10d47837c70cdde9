//! All agents of the registry, together.

use super::testing::random_table;
use super::*;
use crate::learning::EvaluationPoints;
use crate::mdp::{Mdp, MdpBuilder};

/// Three states in a row and an end; the longer way pays, with a reward that depends on the outcome.
fn with_an_end() -> Mdp {
    let mut builder = MdpBuilder::new(4);
    builder.choice(0, 0, &[(1.0, 3, 0.2)]).choice(0, 1, &[(0.7, 1, 0.0), (0.3, 0, 0.0)]);
    builder.choice(1, 0, &[(1.0, 0, 0.0)]).choice(1, 1, &[(0.5, 2, 0.0), (0.5, 1, 0.1)]);
    builder.choice(2, 0, &[(0.5, 3, 1.0), (0.5, 2, 0.5)]);
    builder.terminal(3);
    builder.build().unwrap()
}

fn curve(name: &str, given: &[(&str, &str)], setup: &Setup) -> RegretCurve {
    let mut agent = make(name, given, setup).unwrap();
    run(setup, agent.as_mut(), &RegretOptions { points: EvaluationPoints::Even(4) }).unwrap()
}

#[test]
fn every_agent_keeps_its_promises() {
    let tables = [with_an_end(), random_table(1, 4, 3)];
    for spec in registry() {
        assert!(!spec.summary.is_empty() && !spec.source.is_empty(), "{}", spec.name);
        let theory: &[(&str, &str)] = match spec.params.iter().any(|param| param.name == "theory") {
            true => &[("theory", "true")],
            false if spec.params.iter().any(|param| param.name == "scaling") => &[("scaling", "theory")],
            false if spec.name == "rlsvi" => &[("noise", "theory")],
            false => &[],
        };
        for mdp in &tables {
            for given in [&[], theory] {
                let setup = Setup { mdp, horizon: 4, episodes: 60, reward_range: (0.0, 1.0), seed: 3 };
                conformance::check_explorer(spec.name, |setup| make(spec.name, given, setup), &setup)
                    .unwrap_or_else(|error| panic!("{given:?}: {error}"));
            }
        }
    }
}

#[test]
fn negative_rewards_are_no_obstacle() {
    let mut builder = MdpBuilder::new(2);
    builder.choice(0, 0, &[(1.0, 0, -1.0)]).choice(0, 1, &[(0.5, 0, -0.2), (0.5, 1, -0.2)]);
    builder.choice(1, 0, &[(1.0, 1, -0.5)]).choice(1, 1, &[(1.0, 0, -0.1)]);
    let mdp = builder.build().unwrap();
    let setup = Setup { mdp: &mdp, horizon: 5, episodes: 400, reward_range: (-1.0, 0.0), seed: 3 };
    for spec in registry() {
        conformance::check_explorer(spec.name, |setup| make(spec.name, &[], setup), &setup).unwrap();
    }
    for name in ["ucbvi", "ucbvi-bernstein", "ucb-q", "psrl", "rlsvi", "mbie-eb", "r-max", "lsvi-ucb"] {
        let late = curve(name, &[], &setup).late;
        assert!(late < 0.3, "{name}: {late}");
    }
}

/// Rewards of an episode of fixed length that are all less by 1 change nothing for agents that clip at what can be earned: the
/// bonuses are the same.
#[test]
fn a_shift_of_the_rewards_shifts_nothing_else() {
    let table = |shift: f64| {
        let mut builder = MdpBuilder::new(1);
        builder.choice(0, 0, &[(1.0, 0, 0.5 + shift)]).choice(0, 1, &[(0.25, 0, shift), (0.75, 0, 1.0 + shift)]);
        builder.build().unwrap()
    };
    let (above, below) = (table(0.0), table(-1.0));
    for name in ["ucbvi", "ucbvi-bernstein", "euler", "ucb-q", "ucrl2", "mbie-eb", "r-max", "mex-mf"] {
        for seed in 0..5 {
            let setup = Setup { mdp: &above, horizon: 4, episodes: 200, reward_range: (0.0, 1.0), seed };
            let shifted = Setup { mdp: &below, reward_range: (-1.0, 0.0), ..setup };
            let (one, other) = (curve(name, &[], &setup), curve(name, &[], &shifted));
            assert!((one.total() - other.total()).abs() < 1e-9, "{name} {seed}: {} {}", one.total(), other.total());
        }
    }
}

/// A run without regret is not stuck, whatever the sign of what can be earned.
#[test]
fn stuck_is_a_matter_of_regret() {
    for (best, worst, range) in [(-0.1, -1.0, (-1.0, 0.0)), (1.0, 0.1, (0.0, 1.0))] {
        let mut builder = MdpBuilder::new(1);
        builder.choice(0, 0, &[(1.0, 0, best)]).choice(0, 1, &[(1.0, 0, worst)]);
        let mdp = builder.build().unwrap();
        let setup = Setup { mdp: &mdp, horizon: 3, episodes: 200, reward_range: range, seed: 0 };
        let (learns, uniform) =
            (curve("ucbvi", &[("bonus", "0.1")], &setup), curve("epsilon-greedy", &[("epsilon", "1")], &setup));
        assert!(!learns.is_stuck() && learns.late == 0.0, "{learns:?}");
        assert!(uniform.is_stuck() || best > 0.0, "{uniform:?}");
    }
}

/// With the constants of theory the believed value is at least the optimum in every episode.
#[test]
fn theory_is_optimistic() {
    for seed in 0..4 {
        let mdp = random_table(seed, 3, 2);
        let setup = Setup { mdp: &mdp, horizon: 3, episodes: 300, reward_range: (0.0, 1.0), seed };
        for (name, given) in [
            ("ucbvi", ("scaling", "theory")),
            ("ucbvi-bernstein", ("theory", "true")),
            ("euler", ("theory", "true")),
            ("mbie-eb", ("theory", "true")),
            ("ucrl2", ("scale", "1")),
            ("ucrl2", ("region", "bernstein")),
            ("kl-ucrl", ("scale", "1")),
            ("bpi-ucbvi", ("scale", "1")),
        ] {
            let least = curve(name, &[given], &setup).least_optimism.unwrap();
            assert!(least >= -1e-12, "{name} {seed}: {least}");
        }
    }
}

/// UCBVI within its theorem: `Reg ≤ 20 H^{3/2} L √(SAK) + 250 H² S² A L²` (rewards and law are easy here).
#[test]
fn regret_is_within_the_theorem() {
    let mdp = random_table(5, 3, 2);
    let setup = Setup { mdp: &mdp, horizon: 4, episodes: 500, reward_range: (0.0, 1.0), seed: 1 };
    let regret = curve("ucbvi", &[("scaling", "theory"), ("counts", "pooled")], &setup).total();
    let (h, s, a, k) = (4.0f64, 3.0f64, 2.0f64, 500.0f64);
    let log = (5.0 * h * s * a * k * h / 0.1).ln();
    assert!(regret <= 20.0 * h.powf(1.5) * log * (s * a * k).sqrt() + 250.0 * h * h * s * s * a * log * log);
}

#[test]
fn nonsense_is_refused_in_words() {
    let mdp = random_table(0, 2, 2);
    let setup = Setup { mdp: &mdp, horizon: 2, episodes: 10, reward_range: (0.0, 1.0), seed: 0 };
    let message =
        |name: &str, given: &[(&str, &str)], setup: &Setup| make(name, given, setup).err().unwrap().to_string();
    assert_eq!(message("ucbv", &[], &setup), "unknown episodic agent `ucbv`; did you mean `ucbvi`?");
    assert!(message("ucbvi", &[("bonus", "-1")], &setup).contains("bonus = -1"));
    assert!(message("ucb-q", &[("scaling", "horizon")], &setup).contains("plain or theory"));
    assert!(message("psrl", &[], &Setup { episodes: 0, ..setup }).contains("episodes = 0"));
    assert!(message("psrl", &[], &Setup { reward_range: (0.0, 0.01), ..setup }).contains("rewards lie in"));
    let most = |low, high| Setup { reward_range: (low, high), horizon: 3, ..setup };
    let mut ended = MdpBuilder::new(1);
    ended.terminal(0);
    let ended = ended.build().unwrap();
    for spec in registry() {
        assert!(message(spec.name, &[], &most(-1e308, 1e308)).contains("scale the rewards down"));
        assert!(message(spec.name, &[], &Setup { mdp: &ended, ..setup }).contains("terminal"));
        for param in &spec.params {
            for value in ["", "NaN", "-1", "no"] {
                if let Err(error) = make(spec.name, &[(param.name, value)], &setup) {
                    assert!(error.to_string().contains(param.name), "{}: {error}", spec.name);
                } else {
                    assert!(value == "-1" && param.name == "initial", "{} took {}={value}", spec.name, param.name);
                }
            }
        }
    }
}
