//! The views drawn by hand.

use crate::minigrid::view::{VIEW, grid_codes, view_codes};
use crate::minigrid::*;

/// A view as text, a line for each row, `?` for what is out of sight; the agent's own cell shows what it carries.
fn drawn(layout: &Layout, state: State, see_through_walls: bool) -> Vec<String> {
    let codes = view_codes(layout, state, see_through_walls);
    let glyph = |column: usize, row: usize| {
        let code = &codes[3 * (column * VIEW + row)..][..3];
        let kind = Kind::ALL[usize::from(code[0])];
        if kind == Kind::Door { DoorState::ALL[usize::from(code[2])].glyph() } else { kind.glyph() }
    };
    (0..VIEW).map(|row| (0..VIEW).map(|column| glyph(column, row)).collect()).collect()
}

const ROOMS: &str = "task goal\nk key red\nd door blue closed\n\n########\n#..k#..#\n#...#..#\n#>..d.G#\n########\n";

#[test]
fn walls_and_closed_doors_hide_what_is_behind() {
    let layout = Layout::parse("rooms", ROOMS).unwrap();
    let mut state = State::start(&layout);
    let near = ["###d#??", "#k..#??", "#...#??", "#...#??"];
    assert_eq!(drawn(&layout, state, false)[..3], ["???????"; 3]);
    assert_eq!(drawn(&layout, state, false)[3..], near);
    state.set_door(0, DoorState::Locked);
    assert_eq!(drawn(&layout, state, false)[..3], ["???????"; 3]);
    state.set_door(0, DoorState::Open);
    let far = ["#####??", "#..G#??", "#...#??", "###/#??", "#k..#??", "#...#??", "#...#??"];
    assert_eq!(drawn(&layout, state, false), far);
}

#[test]
fn seeing_through_walls_shows_all_and_walls_outside() {
    let layout = Layout::parse("rooms", ROOMS).unwrap();
    let all = ["#######", "#..G###", "#...###", "###d###", "#k..###", "#...###", "#...###"];
    assert_eq!(drawn(&layout, State::start(&layout), true), all);
}

#[test]
fn the_agents_cell_shows_what_it_carries() {
    let layout = Layout::parse("rooms", ROOMS).unwrap();
    let mut state = State::start(&layout);
    (state.cell, state.direction, state.objects[0]) = (2 * 8 + 3, 2, CARRIED);
    let view = ["???????", "???????", "???????", "?#####?", "?#...#?", "?#...#?", "?#.k.#?"];
    assert_eq!(drawn(&layout, state, false), view);
}

#[test]
fn the_whole_grid_is_read_back() {
    let layout = Layout::parse("rooms", ROOMS).unwrap();
    let state = State::start(&layout);
    let codes = grid_codes(&layout, state, false);
    let again = Layout::from_codes(8, 5, &codes, (1, 3), 0).unwrap();
    assert_eq!((&again.fixed, &again.objects, &again.doors), (&layout.fixed, &layout.objects, &layout.doors));
    assert_eq!(State::start(&again), state);
    let door = 3 * (4 * 5 + 3);
    assert_eq!(codes[door..door + 3], [4, 2, 1]);
    let with_agent = grid_codes(&layout, state, true);
    let agent = 3 * (5 + 3);
    assert_eq!(with_agent[agent..agent + 3], [10, 0, 0]);
    assert_eq!(with_agent.iter().zip(&codes).filter(|(a, b)| a != b).count(), 1);
}

/// The papers' encoding on the layouts that are small: of the dimension it should have, and another one for each state that an
/// episode can be in (terminal states aside, in which nothing is encoded any more).
#[test]
fn states_that_differ_are_encoded_differently() {
    let mut checked = 0;
    for name in names() {
        for rules in ["paper", "minigrid"] {
            let shaping = if checked % 2 == 0 { "pickup" } else { "none" };
            let given =
                [("rules", rules), ("shaping", shaping), ("max_steps", if rules == "paper" { "own" } else { "9" })];
            let env = crate::make(&format!("minigrid/{name}"), &given).unwrap();
            let Ok(table) = env.observed_table(4_000) else { continue };
            let layout = layout(name).unwrap();
            let memory = usize::from(rules == "minigrid") + usize::from(shaping == "pickup");
            let length = 3 * layout.width * layout.height + 2 + memory;
            assert!(table.observations.iter().all(|codes| codes.len() == length), "{name}");
            let going_on: Vec<usize> = (0..table.mdp.num_states()).filter(|&s| !table.mdp.is_terminal(s)).collect();
            let different: std::collections::HashSet<_> = going_on.iter().map(|&s| &table.observations[s]).collect();
            assert_eq!(different.len(), going_on.len(), "{name}, {rules}, shaping={shaping}");
            assert_eq!(table.observations.len(), table.mdp.num_states());
            checked += 1;
        }
    }
    assert!(checked > 40, "{checked}");
}

#[test]
fn only_what_has_something_to_show_is_observed_and_wrappers_show_it() {
    let observed =
        |name: &str, given: &[(&str, &str)]| crate::make(name, given).unwrap().observed_table(10_000).unwrap();
    assert!(observed("frozenlake/4x4", &[]).observations.is_empty());
    let plain = observed("minigrid/DoorKey-5x5", &[]);
    let wrapped = observed("minigrid/DoorKey-5x5", &[("sticky", "0.25"), ("slip", "0.1"), ("horizon", "4")]);
    assert_eq!(plain.observations[0], wrapped.observations[0]);
    assert_eq!(wrapped.observations.len(), wrapped.mdp.num_states());
    assert!(wrapped.observations.iter().all(|codes| plain.observations.contains(codes)));
    let asked = crate::make("minigrid/DoorKey-5x5", &[("sticky", "0.25")]).unwrap().table(10_000).unwrap();
    assert!(asked.observations.is_empty() && asked.view().observations.is_empty() && asked.view().map.is_some());
}
