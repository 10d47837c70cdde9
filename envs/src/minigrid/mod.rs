//! MiniGrid: a small agent with a direction among walls, doors, keys, balls, boxes and lava.
//!
//! The rules are those of MiniGrid (Chevalier-Boisvert et al., 2023), checked against recordings of MiniGrid 3.2.0; the
//! layouts are the ones it draws for seed 0. Two readings of the rules:
//!
//! | `rules` | actions | reward of a success |
//! |---|---|---|
//! | `paper` | left, right, forward, pickup, drop, toggle; only the first three where the name contains `Empty` | 1 |
//! | `minigrid` | those six and done | `1 − 0.9 t / max_steps`, `t` steps after the start, so the state counts steps |
//!
//! `paper` is what the effective-horizon papers turn into tables (Laidlaw et al., 2023 and 2024). Neither reading cuts the
//! episode: a time limit is no termination, it belongs to a wrapper or the simulator. The counter of `minigrid` stops at
//! `max_steps`, which keeps the table finite; that a step there earns the smallest reward is a consequence no episode of
//! MiniGrid sees, since it is cut at that very step.
//!
//! [`rules`] has the law of a step, [`shaping`] the papers' shaped rewards, [`view`] what an agent is shown.

mod layout;
mod layouts;
mod parse;
pub mod rules;
pub mod shaping;
mod state;
mod things;
pub mod view;

use tabrl::mdp::{Branches, Cell, GridMap, Model};

pub use layout::{Door, Fixed, Layout, MAX_DOORS, MAX_OBJECTS, Object, Place, Task};
pub use layouts::{layout, names};
pub use shaping::Shaping;
pub use state::{BOXED, CARRIED, GONE, State};
pub use things::{ARROWS, Colour, DIRECTIONS, DoorState, Kind};

use crate::{EnvError, Param, Result, Settings, Spec, erase};

/// Which reading of the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rules {
    /// Reward 1 for success, no counter, no `done`; no objects' actions in empty rooms.
    Paper,
    /// MiniGrid's seven actions and its reward that falls with time.
    MiniGrid,
}

/// A layout with its rules, as a model.
#[derive(Debug, Clone)]
pub struct MiniGrid {
    layout: Layout,
    rules: Rules,
    shaping: Shaping,
    max_steps: u16,
    actions: usize,
    pickup_toggles: bool,
    /// The layout's `fixed`, and a wall for everything outside.
    fixed: Vec<Fixed>,
    /// The cell ahead, by cell and direction.
    ahead: Vec<[u16; 4]>,
}

impl MiniGrid {
    /// The model of a layout; MiniGrid's rules take the layout's `max_steps`.
    ///
    /// # Errors
    /// [`EnvError::Map`] if the distance shaping is asked for and there is neither exactly one goal nor an object to pick up,
    /// or if `max_steps` is zero.
    pub fn new(layout: Layout, rules: Rules, shaping: Shaping) -> Result<MiniGrid> {
        if shaping.distance && shaping::distance(&layout, State::start(&layout)).is_none() {
            let problem = "distance shaping needs one goal tile or an object to pick up as its target".to_owned();
            return Err(EnvError::Map { map: layout.name, problem });
        }
        if layout.max_steps == 0 {
            return Err(EnvError::Map { map: layout.name, problem: "max_steps must be at least 1".to_owned() });
        }
        let ahead = (0..layout.fixed.len() as u16).map(|cell| [0, 1, 2, 3].map(|d| layout.ahead(cell, d))).collect();
        let mut fixed = layout.fixed.clone();
        fixed.push(Fixed::Wall);
        let actions = match rules {
            Rules::MiniGrid => 7,
            Rules::Paper if layout.name.contains("Empty") => 3,
            Rules::Paper => 6,
        };
        Ok(MiniGrid {
            rules,
            shaping,
            max_steps: layout.max_steps,
            actions,
            pickup_toggles: matches!(layout.task, Task::Memory { .. }),
            fixed,
            ahead,
            layout,
        })
    }

    /// The layout.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The state in which every episode starts.
    pub fn start(&self) -> State {
        State::start(&self.layout)
    }

    /// A state as a picture in text.
    pub fn render(&self, state: State) -> String {
        view::render(&self.layout, state)
    }

    fn place_name(&self, cell: u16) -> String {
        let (column, row) = self.layout.column_row(cell);
        format!("({column},{row})")
    }
}

impl Model for MiniGrid {
    type State = State;

    fn initial(&self) -> Vec<(f64, State)> {
        vec![(1.0, self.start())]
    }

    fn num_actions(&self) -> usize {
        self.actions
    }

    fn step_law(&self, state: State, action: usize, out: &mut Branches<State>) {
        out.push(self.step(state, action));
    }

    /// Such as `(2,1) right; yellow key carried; yellow door (2,1) open`, places as (column,row).
    fn state_name(&self, state: State) -> String {
        let mut name = format!("{} {}", self.place_name(state.cell), DIRECTIONS[usize::from(state.direction)]);
        for (i, object) in self.layout.objects.iter().enumerate() {
            let place = match state.objects[i] {
                CARRIED => "carried".to_owned(),
                BOXED => "boxed".to_owned(),
                GONE => "gone".to_owned(),
                cell => self.place_name(cell),
            };
            let flag = if state.picked >> i & 1 == 1 { " (was picked up)" } else { "" };
            name.push_str(&format!("; {} {} {place}{flag}", object.colour.word(), object.kind.word()));
        }
        for (i, door) in self.layout.doors.iter().enumerate() {
            let (colour, place) = (door.colour.word(), self.place_name(door.cell));
            name.push_str(&format!("; {colour} door {place} {}", state.door(i).word()));
        }
        if self.rules == Rules::MiniGrid {
            name.push_str(&format!("; step {}", state.steps));
        }
        name
    }

    fn action_name(&self, action: usize) -> String {
        ["left", "right", "forward", "pickup", "drop", "toggle", "done"][action].to_owned()
    }

    fn action_glyph(&self, action: usize) -> char {
        ['↺', '↻', '↑', 'p', 'd', 't', '·'][action]
    }

    fn map(&self) -> Option<GridMap> {
        let start = self.start();
        let cell = |row, column| view::glyph(&self.layout, start, (row * self.layout.width + column) as u16);
        let row = |row| (0..self.layout.width).map(|column| cell(row, column)).collect();
        Some(GridMap { rows: (0..self.layout.height).map(row).collect() })
    }

    fn cell(&self, state: State) -> Option<Cell> {
        let (column, row) = self.layout.column_row(state.cell);
        Some(Cell { row, column })
    }

    /// [`view::state_codes`], then what the rules and the shaping remember: the time, and what was ever picked up.
    fn observation(&self, state: State) -> Vec<u32> {
        let mut codes: Vec<u32> = view::state_codes(&self.layout, state).into_iter().map(u32::from).collect();
        if self.rules == Rules::MiniGrid {
            codes.push(state.steps.into());
        }
        if self.shaping.pickup {
            codes.push(state.picked.into());
        }
        codes
    }
}

/// The registry's entries, one for each layout.
pub fn specs() -> Vec<Spec> {
    names().filter_map(layout).map(spec).collect()
}

fn spec(layout: Layout) -> Spec {
    Spec {
        name: format!("minigrid/{}", layout.name),
        summary: format!("{}x{}: {}", layout.width, layout.height, layout.mission),
        source: "MiniGrid (Chevalier-Boisvert et al. 2023), layout of seed 0; rules=paper as tabulated by Laidlaw et al. 2023",
        params: vec![
            Param {
                name: "rules",
                default: "paper",
                doc: "paper (reward 1, no done, no counter) or minigrid (7 actions, reward falls with time)",
            },
            Param {
                name: "shaping",
                default: "none",
                doc: "none, or any of distance, open-doors, pickup, lava joined by +",
            },
            Param {
                name: "max_steps",
                default: "own",
                doc: "rules=minigrid: the time at which the reward has fallen to 0.1, 1 to 65535; own is MiniGrid's",
            },
        ],
        build: Box::new(move |settings| Ok(erase(from_settings(layout.clone(), settings)?))),
    }
}

fn from_settings(mut layout: Layout, settings: &Settings) -> Result<MiniGrid> {
    let rules = match settings.word("rules", &["paper", "minigrid"])? {
        "paper" => Rules::Paper,
        _ => Rules::MiniGrid,
    };
    if settings.text("max_steps") != "own" {
        if rules == Rules::Paper {
            return Err(settings.fault("max_steps", "only means something with rules=minigrid"));
        }
        let expected = "must be own or a whole number from 1 to 65535";
        layout.max_steps = settings.get("max_steps", expected, |&n: &u16| n > 0)?;
    }
    let expected = "must be none, or any of distance, open-doors, pickup, lava joined by +";
    let shaping = Shaping::parse(settings.text("shaping")).ok_or_else(|| settings.fault("shaping", expected))?;
    MiniGrid::new(layout, rules, shaping)
}

#[cfg(test)]
mod tests;
