//! Every step recorded from the real MiniGrid, replayed.
//!
//! The recordings (MiniGrid 3.2.0) are data beside the repository, not part of it: without them this test says that it is
//! skipped. Format: one episode a line, see the replay below.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use flate2::Crc;
use flate2::read::GzDecoder;
use serde_json::Value;

use crate::minigrid::view::{grid_codes, view_codes};
use crate::minigrid::*;

const RECORDINGS: &str = "../../shared/data/minigrid/transitions.jsonl.gz";

#[test]
fn the_recordings_of_the_real_minigrid_replay_exactly() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(RECORDINGS);
    let Ok(file) = File::open(&path) else {
        println!("skipped: no recordings at {}", path.display());
        return;
    };
    let (mut episodes, mut transitions) = (0, 0);
    for line in BufReader::new(GzDecoder::new(file)).lines().skip(1) {
        let episode: Value = serde_json::from_str(&line.unwrap()).unwrap();
        transitions += replay(&episode);
        episodes += 1;
    }
    println!("{transitions} transitions of {episodes} episodes replayed");
    assert!(transitions > 18_000, "{transitions} transitions");
}

/// Replays an episode and compares everything recorded, exactly. Number of steps.
fn replay(episode: &Value) -> usize {
    let name = format!("{} seed {}", episode["env"], episode["seed"]);
    let model = MiniGrid::new(recorded_layout(episode), Rules::MiniGrid, Shaping::default()).unwrap();
    let layout = model.layout();
    let see_through = episode["see_through_walls"].as_bool().unwrap();
    let mut state = model.start();
    assert_eq!(grid_codes(layout, state, false), bytes(&episode["grid0"]), "{name}");
    assert_eq!(view_codes(layout, state, see_through).to_vec(), bytes(&episode["obs0"]), "{name}");
    let steps = episode["steps"].as_array().unwrap();
    for (t, step) in steps.iter().enumerate() {
        let number = |i: usize| step[i].as_i64().unwrap();
        let outcome = model.step(state, number(0) as usize);
        state = outcome.next;
        let place = format!("{name}, step {t}, action {}:\n{}", number(0), model.render(state));
        assert_eq!(outcome.reward, step[1].as_f64().unwrap(), "reward, {place}");
        assert_eq!(i64::from(outcome.terminal), number(2), "terminated, {place}");
        assert_eq!(i64::from(state.steps == layout.max_steps), number(3), "truncated, {place}");
        let (x, y) = layout.column_row(state.cell);
        assert_eq!([x as i64, y as i64, i64::from(state.direction)], [number(4), number(5), number(6)], "{place}");
        let carried = state.carried().map(|i| layout.objects[i]);
        let carried = carried.map_or([-1, -1], |object| [object.kind as i64, object.colour as i64]);
        assert_eq!(carried, [number(7), number(8)], "carried, {place}");
        assert_eq!(crc(&grid_codes(layout, state, false)), number(9), "grid, {place}");
        let view = view_codes(layout, state, see_through);
        assert_eq!(crc(&view), number(10), "view, {place}");
        if let Some(full) = step.get(11) {
            assert_eq!(view.to_vec(), bytes(full), "view, {place}");
        }
    }
    steps.len()
}

/// The layout an episode starts in, read from the encoded grid.
fn recorded_layout(episode: &Value) -> Layout {
    let number = |value: &Value| value.as_u64().unwrap() as usize;
    let (width, height) = (number(&episode["w"]), number(&episode["h"]));
    let start = (number(&episode["pos0"][0]), number(&episode["pos0"][1]));
    let direction = number(&episode["dir0"]) as u8;
    let mut layout = Layout::from_codes(width, height, &bytes(&episode["grid0"]), start, direction).unwrap();
    layout.max_steps = number(&episode["max_steps"]) as u16;
    let cell = |target: &Value| (number(&target[3]) * width + number(&target[2])) as u16;
    let door = |colour| layout.doors.iter().position(|door| door.colour == colour).unwrap() as u8;
    let target = &episode["target"];
    layout.task = if target.get("door").is_some() {
        Task::Unlock(layout.door_at(cell(&target["door"])).unwrap())
    } else if target.get("obj").is_some() {
        Task::PickUp(layout.object_at(cell(&target["obj"])).unwrap())
    } else if episode["env"].as_str().unwrap().contains("RedBlue") {
        Task::RedBlue { red: door(Colour::Red), blue: door(Colour::Blue) }
    } else {
        Task::Goal
    };
    layout
}

fn crc(bytes: &[u8]) -> i64 {
    let mut crc = Crc::new();
    crc.update(bytes);
    i64::from(crc.sum())
}

fn bytes(hex: &Value) -> Vec<u8> {
    let hex = hex.as_str().unwrap();
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
}
