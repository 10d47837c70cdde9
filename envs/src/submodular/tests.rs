#![allow(clippy::unwrap_used)]

use tabrl::submodular::function::{Search, violation};
use tabrl::submodular::planner::beam;
use tabrl::submodular::{Lattice, SetFunction};

use super::*;

#[test]
fn every_walk_is_monotone_and_submodular() {
    for spec in registry() {
        let walk = make(spec.name, &Given::default()).unwrap();
        assert_eq!(walk.problem.horizon, spec.horizon, "{}", spec.name);
        assert_eq!(walk.worth.len(), walk.problem.mdp.num_states(), "{}", spec.name);
        assert!(!walk.worth.iter().any(|w| *w < 0.0), "{}", spec.name);
        // Gains of measurements with noise 10⁻⁶ lose digits to rounding.
        let search = Search { samples: 200, tolerance: 1e-6, ..Search::default() };
        assert_eq!(violation(&walk.problem.function, &search, true), None, "{}", spec.name);
    }
}

/// All cells of two rooms can be covered in 40 states, and two new cells a move is the most where all weigh 1.
#[test]
fn walks_whose_optimum_is_known() {
    let value = |name: &str, given: Given, width| beam(&make(name, &given).unwrap().problem, width).unwrap().value;
    assert_eq!(value("submodular/two-rooms", Given::default(), 40), 68.0);
    assert_eq!(value("submodular/constant-30x30", Given::default(), 2), 162.0);
    assert_eq!(value("submodular/items-7x15", Given::default(), 5), 21.0);
    assert!(value("submodular/bimodal-30x30", Given::default(), 20) >= 51.4);
    for (name, best) in [("coverage-5x5", 60.0), ("trap", 100.0), ("gp-5x5", 5.124713), ("items-5x5", 4.0)] {
        let walk = make(&format!("submodular/{name}"), &Given::default()).unwrap();
        assert!((Lattice::new(&walk.problem).unwrap().optimum().value - best).abs() < 1e-6, "{name}");
    }
    let bandit = make("submodular/bandit", &Given::default()).unwrap();
    // A policy that sees the history does a little better than fixed choices, which have 11.593063.
    assert!(Lattice::new(&bandit.problem).unwrap().optimum().value >= 11.593063 - 1e-6);
}

#[test]
fn fields_have_the_published_look() {
    for seed in 0..3 {
        let walk = make("submodular/field-30x30", &Given { seed, ..Given::default() }).unwrap();
        let mean = walk.worth.iter().sum::<f64>() / 900.0;
        let most = walk.worth.iter().copied().fold(0.0, f64::max);
        assert!((1.0..5.5).contains(&mean) && (2.0..8.0).contains(&most), "seed {seed}: mean {mean}, most {most}");
    }
    let entropy = make("submodular/entropy-30x30", &Given::default()).unwrap();
    assert!(entropy.worth.iter().all(|v| (0.0..=0.6932).contains(v)));
    // The first measurement's information is ½ ln(1 + v/σ²).
    let first = entropy.problem.function.value(&[34]);
    assert!((first - 0.5 * (1.0 + entropy.worth[34] / 1e-6).ln()).abs() < 1e-9);
}

#[test]
fn bad_input_is_named() {
    let said = |name: &str, given: Given| make(name, &given).err().unwrap().to_string();
    assert_eq!(
        said("submodular/two-room", Given::default()),
        "unknown submodular problem `submodular/two-room`; did you mean `submodular/two-rooms`?"
    );
    assert!(said("submodular/trap", Given { horizon: Some(0), ..Given::default() }).contains("horizon = 0"));
    assert!(said("submodular/trap", Given { slip: Some(1.5), ..Given::default() }).contains("slip = 1.5"));
}
