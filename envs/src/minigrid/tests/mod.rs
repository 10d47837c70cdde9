//! State counts, values of whole problems, and the registry; the rules one by one, and the recordings, in their own files.

mod recorded;
mod rules;
mod views;

use tabrl::mdp::{Mdp, enumerate};

use super::*;

fn model(name: &str, shaping: &str) -> MiniGrid {
    MiniGrid::new(layout(name).unwrap(), Rules::Paper, Shaping::parse(shaping).unwrap()).unwrap()
}

fn table(name: &str, shaping: &str) -> Mdp {
    enumerate(&model(name, shaping), 200_000).unwrap().mdp
}

fn living(mdp: &Mdp) -> usize {
    mdp.num_states() - mdp.num_terminal()
}

#[test]
fn numbers_of_states() {
    // Reachable states that do not end the episode, counted by an independent implementation.
    for (name, states) in [
        ("Empty-5x5", 32),
        ("Empty-6x6", 60),
        ("Empty-8x8", 140),
        ("Empty-16x16", 780),
        ("DoorKey-5x5", 260),
        ("DoorKey-6x6", 1272),
        ("DoorKey-8x8", 9152),
        ("MultiRoom-N4-S5", 5696),
        ("MultiRoom-N6", 11200),
        ("KeyCorridorS3R1", 156),
        ("KeyCorridorS3R2", 4688),
        ("KeyCorridorS3R3", 104_960),
        ("LavaCrossingS9N1", 168),
        ("LavaCrossingS9N2", 128),
        ("LavaCrossingS9N3", 48),
        ("LavaCrossingS11N5", 80),
        ("SimpleCrossingS9N1", 168),
        ("SimpleCrossingS9N3", 48),
        ("SimpleCrossingS11N5", 80),
        ("LavaGapS5", 16),
        ("LavaGapS7", 80),
        ("DistShift1", 112),
        ("FourRooms", 1036),
        ("Unlock", 1024),
        ("UnlockPickup", 17164),
        ("ObstructedMaze-1Dl", 3140),
        ("ObstructedMaze-1Dlh", 4164),
        ("ObstructedMaze-1Dlhb", 62520),
        ("RedBlueDoors-6x6", 196),
        ("RedBlueDoors-8x8", 436),
        ("Empty-Random-5x5", 32),
        ("Empty-Random-6x6", 60),
        ("Fetch-5x5-N2", 28),
        ("MemoryS7", 40),
        ("MemoryS11", 56),
        ("MemoryS13", 64),
    ] {
        assert_eq!(living(&table(name, "none")), states, "{name}");
    }
}

/// Optimal value and value of uniformly random play over `horizon` steps, from the initial state, without discount.
fn values(mdp: &Mdp, horizon: usize) -> (f64, f64) {
    let states = mdp.num_states();
    let (mut best, mut random) = (vec![0.0; states], vec![0.0; states]);
    for _ in 0..horizon {
        let (mut next_best, mut next_random) = (vec![0.0; states], vec![0.0; states]);
        for s in (0..states).filter(|&s| !mdp.is_terminal(s)) {
            let q = |v: &[f64]| mdp.choices(s).map(|c| mdp.rewards()[c] + mdp.expect(c, v)).collect::<Vec<f64>>();
            next_best[s] = q(&best).into_iter().fold(f64::NEG_INFINITY, f64::max);
            next_random[s] = q(&random).iter().sum::<f64>() / mdp.choices(s).len() as f64;
        }
        (best, random) = (next_best, next_random);
    }
    (mdp.initial_value(&best), mdp.initial_value(&random))
}

#[test]
fn values_with_the_papers_shaping() {
    // Within 100 steps; random play is known to the digits given.
    for (name, shaping, optimal, random, digits) in [
        ("Empty-5x5", "none", 1.0, 0.7620095947061016, 14),
        ("KeyCorridorS3R1", "none", 1.0, 0.0032357130021994796, 15),
        ("Empty-16x16", "distance", 3.7, 0.68827591, 8),
        ("UnlockPickup", "open-doors+pickup", 1.6, 0.11348201, 8),
        ("Empty-8x8", "distance", 2.1, 0.6972, 4),
        ("SimpleCrossingS9N1", "distance", 2.3, 0.2973, 4),
        ("KeyCorridorS3R1", "distance", 1.3, -0.0555, 4),
        ("KeyCorridorS3R1", "open-doors", 1.4, 0.1558, 4),
        ("KeyCorridorS3R1", "pickup", 1.4, 0.1060, 4),
        ("KeyCorridorS3R1", "open-doors+pickup", 1.8, 0.2586, 4),
        ("KeyCorridorS3R1", "distance+open-doors+pickup", 2.1, 0.1999, 4),
        ("DoorKey-5x5", "distance", 1.4, 0.0155, 4),
        ("DoorKey-5x5", "open-doors", 1.2, 0.0351, 4),
        ("DoorKey-5x5", "pickup", 1.2, 0.1999, 4),
        ("DoorKey-5x5", "open-doors+pickup", 1.4, 0.2264, 4),
        ("Unlock", "none", 1.0, 0.0016, 4),
        ("Unlock", "open-doors", 1.2, 0.0019, 4),
        ("Unlock", "pickup", 1.2, 0.0562, 4),
    ] {
        let (best, uniform) = values(&table(name, shaping), 100);
        assert!((best - optimal).abs() < 1e-12, "{name} {shaping}: optimal {best}, not {optimal}");
        let half = 0.5 * 10f64.powi(-digits) * (1.0 + 1e-9);
        assert!((uniform - random).abs() <= half, "{name} {shaping}: random {uniform}, not {random}");
    }
}

#[test]
fn the_pickup_shaping_alone_makes_states_remember() {
    assert_eq!(living(&table("UnlockPickup", "pickup+open-doors")), 17224);
    assert_eq!(living(&table("UnlockPickup", "open-doors")), 17164);
    assert_eq!(living(&table("KeyCorridorS3R1", "pickup")), 168);
}

#[test]
fn rewards_of_the_shaped_tables() {
    for (name, shaping, expected) in [
        ("Empty-16x16", "distance", vec![-0.2, -0.1, 0.0, 0.1, 1.1]),
        ("UnlockPickup", "open-doors+pickup", vec![-0.2, 0.0, 0.2, 1.2]),
        ("LavaGapS5", "lava", vec![-1.0, 0.0, 1.0]),
    ] {
        let mut rewards = table(name, shaping).rewards().to_vec();
        rewards.sort_by(f64::total_cmp);
        rewards.dedup();
        assert_eq!(rewards, expected, "{name}");
    }
}

#[test]
fn every_layout_is_in_the_registry_and_too_large_ones_meet_the_limit() {
    let specs = crate::registry();
    for name in names() {
        let layout = layout(name).unwrap();
        let spec = specs.iter().find(|spec| spec.name == format!("minigrid/{name}")).unwrap();
        assert_eq!(spec.summary, format!("{}x{}: {}", layout.width, layout.height, layout.mission));
        for rules in ["paper", "minigrid"] {
            crate::make(&spec.name, &[("rules", rules)]).unwrap();
        }
    }
    assert_eq!(names().count(), 49);
    let large = crate::make("minigrid/BlockedUnlockPickup", &[]).unwrap();
    let error = large.table(10_000).unwrap_err().to_string();
    assert!(error.contains("10000"), "{error}");
    let table = crate::make("minigrid/DoorKey-5x5", &[("shaping", "pickup")]).unwrap().table(1_000).unwrap();
    assert_eq!(table.state_names[0], "(1,3) left; yellow key (1,2); yellow door (2,1) locked");
    assert_eq!(table.action_names, ["left", "right", "forward", "pickup", "drop", "toggle"]);
}

#[test]
fn names_tell_states_apart() {
    for (name, shaping, rules) in
        [("ObstructedMaze-1Dlh", "none", Rules::Paper), ("KeyCorridorS3R1", "pickup", Rules::MiniGrid)]
    {
        let mut layout = layout(name).unwrap();
        layout.max_steps = 20;
        let model = MiniGrid::new(layout, rules, Shaping::parse(shaping).unwrap()).unwrap();
        let states = enumerate(&model, 20_000).unwrap().states;
        let mut seen: Vec<State> = states;
        seen.sort();
        seen.dedup();
        let names: std::collections::HashSet<String> = seen.iter().map(|&s| model.state_name(s)).collect();
        assert_eq!(names.len(), seen.len(), "{name}");
    }
}

#[test]
fn actions_depend_on_the_rules() {
    let actions = |name, rules| MiniGrid::new(layout(name).unwrap(), rules, Shaping::default()).unwrap().num_actions();
    assert_eq!(actions("Empty-5x5", Rules::Paper), 3);
    assert_eq!(actions("DoorKey-5x5", Rules::Paper), 6);
    assert_eq!(actions("Empty-5x5", Rules::MiniGrid), 7);
}

#[test]
fn bad_settings_say_what_would_be_right() {
    for (environment, name, value, expected) in [
        ("DoorKey-5x5", "rules", "gym", "paper, minigrid"),
        ("DoorKey-5x5", "shaping", "pickup+door", "open-doors"),
        ("DoorKey-5x5", "max_steps", "50", "rules=minigrid"),
        ("Unlock", "shaping", "distance", "goal tile"),
    ] {
        let error = crate::make(&format!("minigrid/{environment}"), &[(name, value)]).err().unwrap().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let error = crate::make("minigrid/DoorKey-5x5", &[("rules", "minigrid"), ("max_steps", "0")]).err().unwrap();
    assert!(error.to_string().contains("1 to 65535"), "{error}");
}

#[test]
fn broken_layouts_say_where() {
    for (text, expected) in [
        ("task goal\n#>G#", "empty line"),
        ("task goal\n\n#>G#\n###\n", "row 1"),
        ("task goal\n\n#.G#\n", "0 agents"),
        ("task goal\n\n#>x#\n", "'x'"),
        ("task goal\nx key pink\n\n#>x#\n", "x key pink"),
        ("task pickup x\nx key red\n\n#>xx#\n", "exactly once"),
        ("task unlock x\nx key red\n\n#>x#\n", "no door"),
        ("task win\n\n#>.#\n", "must be goal"),
        ("task goal\nmax_steps 0\n\n#>.#\n", "1 to 65535"),
        ("task goal\nx key red\n\n>xxxxx\n", "more than 4"),
        ("task goal\nnonsense\n\n#>.#\n", "nonsense"),
    ] {
        let error = Layout::parse("broken", text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text:?}: {error}");
    }
    assert!(Layout::from_codes(2, 1, &[1, 0, 0], (0, 0), 0).is_err());
    assert!(Layout::from_codes(1, 1, &[10, 0, 0], (0, 0), 0).is_err());
    assert!(Layout::from_codes(1, 1, &[1, 0, 0], (1, 0), 0).is_err());
}
