//! Reward shaping of the effective-horizon paper (Laidlaw, Russell, Dragan, 2023, and its data set BRIDGE).
//!
//! Added to the reward of a step from `s` to `s'`:
//! * `distance`: `0.1 (d(s) − d(s'))` with `d = |dx| + |dy| + turns`, `(dx, dy)` leading from the agent to its target. At the
//!   target no turns; on a line with it `1 − cosine` of the angle to the agent's direction, 0, 1 or 2; elsewhere 1, or 2 if
//!   `sign(dx) · right + sign(dy) · down < 0` for the direction `(right, down)`. The target is the goal tile or the object to
//!   be picked up; carried, it is at distance zero, and once it is destroyed the term is gone.
//! * `open-doors`: 0.2 times the change of the number of open doors.
//! * `pickup`: 0.2 for every object picked up for the first time, the target included; the state then remembers which ones were.
//! * `lava`: −1 for walking into lava.
//!
//! All but `lava` are differences of potentials, without discount; the potential at the end is not zero.

use super::MiniGrid;
use super::layout::{Fixed, Layout, Task};
use super::state::{BOXED, CARRIED, GONE, State};
use super::things::{DoorState, STEPS};

/// Which terms are added to the reward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shaping {
    /// Getting nearer to the target.
    pub distance: bool,
    /// Opening doors.
    pub open_doors: bool,
    /// Picking up objects.
    pub pickup: bool,
    /// Walking into lava.
    pub lava: bool,
}

impl Shaping {
    /// Reads `none` or words joined by `+`, such as `distance+pickup`. `None` if a word is unknown.
    pub fn parse(text: &str) -> Option<Shaping> {
        let mut shaping = Shaping::default();
        for word in text.split('+').filter(|_| text != "none") {
            match word {
                "distance" => shaping.distance = true,
                "open-doors" => shaping.open_doors = true,
                "pickup" => shaping.pickup = true,
                "lava" => shaping.lava = true,
                _ => return None,
            }
        }
        Some(shaping)
    }

    /// Whether there is any.
    pub fn any(self) -> bool {
        self != Shaping::default()
    }
}

/// The sum of the shaping terms of one step.
pub(super) fn bonus(model: &MiniGrid, state: State, next: State) -> f64 {
    let (layout, shaping) = (&model.layout, model.shaping);
    let mut bonus = 0.0;
    if shaping.distance
        && let (Some(before), Some(after)) = (distance(layout, state), distance(layout, next))
    {
        bonus += 0.1 * (before - after) as f64;
    }
    if shaping.open_doors && next.doors != state.doors {
        bonus += 0.2 * (open_doors(layout, next) - open_doors(layout, state)) as f64;
    }
    if shaping.pickup {
        bonus += 0.2 * f64::from((next.picked & !state.picked).count_ones());
    }
    if shaping.lava && next.cell != state.cell && layout.fixed[usize::from(next.cell)] == Fixed::Lava {
        bonus -= 1.0;
    }
    bonus
}

/// Moves and turns to the target as the papers count them; `None` if the layout has none or it is destroyed (or in a box).
pub fn distance(layout: &Layout, state: State) -> Option<isize> {
    let target = match layout.task {
        Task::PickUp(object) => state.objects[usize::from(object)],
        _ => layout.goal()?,
    };
    match target {
        CARRIED => return Some(0),
        BOXED | GONE => return None,
        _ => {}
    }
    let (column, row) = layout.column_row(state.cell);
    let (to_column, to_row) = layout.column_row(target);
    let (dx, dy) = (to_column as isize - column as isize, to_row as isize - row as isize);
    let (right, down) = STEPS[usize::from(state.direction)];
    let along = dx.signum() * right + dy.signum() * down;
    let turns = match (dx, dy) {
        (0, 0) => 0,
        (0, _) | (_, 0) => 1 - along,
        _ if along < 0 => 2,
        _ => 1,
    };
    Some(dx.abs() + dy.abs() + turns)
}

fn open_doors(layout: &Layout, state: State) -> isize {
    (0..layout.doors.len()).filter(|&i| state.door(i) == DoorState::Open).count() as isize
}
