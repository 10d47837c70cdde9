//! A layout: the map with its doors and objects, where the agent starts, and what counts as success.
//!
//! The text form has a header, an empty line and the map:
//!
//! ```text
//! mission use the key to open the door and then get to the goal
//! task goal
//! max_steps 250
//! k key yellow
//! D door yellow locked
//!
//! #####
//! #.D.#
//! #k#.#
//! #<#G#
//! #####
//! ```
//! `#` wall, `.` nothing, `G` goal, `L` lava, `> v < ^` the agent; every other letter of the map is explained by a line of
//! the header: `x key|ball|box|floor COLOUR`, `x box COLOUR KIND COLOUR` (a box and what is in it), `x door COLOUR STATE`,
//! `x empty` (a letter that only names a cell). The flag `see_through_walls` is a line of its own. Tasks: `goal`, `pickup x`,
//! `unlock x`, `redblue x y` (first the red door), `fetch KIND COLOUR`, `memory x y` (cells of success and of failure).

use super::things::{ARROWS, Colour, DoorState, Kind, STEPS};
use crate::{EnvError, Result};

/// The greatest number of things that can be carried (contents of boxes included).
pub const MAX_OBJECTS: usize = 4;

/// The greatest number of cells: they are numbered by 16 bits, some of which mean other places.
pub(super) const MAX_CELLS: usize = 10_000;

/// The greatest number of doors.
pub const MAX_DOORS: usize = 16;

/// What never moves in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fixed {
    /// Nothing.
    Empty,
    /// A wall.
    Wall,
    /// A floor tile.
    Floor(Colour),
    /// The goal.
    Goal,
    /// Lava.
    Lava,
    /// The door of this index in [`Layout::doors`].
    Door(u8),
}

/// Where an object is at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In this cell.
    Cell(u16),
    /// In the box of this index in [`Layout::objects`].
    InBox(u8),
}

/// Something that can be carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Object {
    /// Key, ball or box.
    pub kind: Kind,
    /// Its colour.
    pub colour: Colour,
    /// Where it is at the start.
    pub place: Place,
}

/// A door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Door {
    /// Its cell.
    pub cell: u16,
    /// Its colour.
    pub colour: Colour,
    /// Its state at the start.
    pub state: DoorState,
}

/// What counts as success, beside the goal tile (success) and lava (failure), which end every task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Nothing else.
    Goal,
    /// Picking up the object of this index.
    PickUp(u8),
    /// A toggle after which the door of this index is open.
    Unlock(u8),
    /// Opening the blue door: success if the red one was open before, otherwise failure.
    RedBlue {
        /// Index of the red door.
        red: u8,
        /// Index of the blue door.
        blue: u8,
    },
    /// Picking up anything ends the episode, with success if it is of this kind and colour.
    Fetch {
        /// The kind asked for.
        kind: Kind,
        /// The colour asked for.
        colour: Colour,
    },
    /// Reaching one of two cells ends the episode. `pickup` acts as `toggle`.
    Memory {
        /// The cell of success.
        success: u16,
        /// The cell of failure.
        failure: u16,
    },
}

/// A map with its objects, the agent's start and the task. Cells are numbered `row * width + column`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Its name, such as `DoorKey-8x8`.
    pub name: String,
    /// The mission in words.
    pub mission: String,
    /// Number of columns.
    pub width: usize,
    /// Number of rows.
    pub height: usize,
    /// What never moves, one entry a cell.
    pub fixed: Vec<Fixed>,
    /// What can be carried, at most [`MAX_OBJECTS`].
    pub objects: Vec<Object>,
    /// The doors, at most [`MAX_DOORS`].
    pub doors: Vec<Door>,
    /// Where the agent starts.
    pub start: u16,
    /// The direction it starts in.
    pub direction: u8,
    /// What counts as success.
    pub task: Task,
    /// MiniGrid's time limit.
    pub max_steps: u16,
    /// Whether MiniGrid's agent sees through walls here.
    pub see_through_walls: bool,
}

impl Layout {
    /// The cell ahead of `cell` in `direction`; outside of the map it is the number of cells.
    pub fn ahead(&self, cell: u16, direction: u8) -> u16 {
        let (right, down) = STEPS[usize::from(direction)];
        self.offset(cell, right, down).unwrap_or((self.width * self.height) as u16)
    }

    /// The cell so many columns to the right and rows down, if it is on the map.
    pub fn offset(&self, cell: u16, right: isize, down: isize) -> Option<u16> {
        let (column, row) = self.column_row(cell);
        let column = column.checked_add_signed(right).filter(|&c| c < self.width)?;
        let row = row.checked_add_signed(down).filter(|&r| r < self.height)?;
        Some((row * self.width + column) as u16)
    }

    /// Column and row of a cell.
    pub fn column_row(&self, cell: u16) -> (usize, usize) {
        (usize::from(cell) % self.width, usize::from(cell) / self.width)
    }

    /// The only cell of the goal, if there is exactly one.
    pub fn goal(&self) -> Option<u16> {
        let mut goals = (0..self.fixed.len()).filter(|&cell| self.fixed[cell] == Fixed::Goal);
        goals.next().filter(|_| goals.next().is_none()).map(|cell| cell as u16)
    }

    /// Reads MiniGrid's encoding of a grid: `codes` is `[width][height][3]` (object, colour, state), without the agent, which
    /// stands at `start` = (column, row). What is in a box does not show in the encoding: boxes are taken to be empty. The task
    /// is [`Task::Goal`], the limit 100 steps: set them afterwards.
    ///
    /// # Errors
    /// [`EnvError::Map`]: a wrong length, an unknown code, or too many cells, doors or objects.
    pub fn from_codes(
        width: usize,
        height: usize,
        codes: &[u8],
        start: (usize, usize),
        direction: u8,
    ) -> Result<Layout> {
        let fault = |problem: String| EnvError::Map { map: "encoded grid".into(), problem };
        if codes.len() != 3 * width * height {
            return Err(fault(format!("{} bytes; {width} x {height} cells need {}", codes.len(), 3 * width * height)));
        }
        if width * height > MAX_CELLS {
            return Err(fault(format!("{width} x {height} cells; at most {MAX_CELLS} fit the packed state")));
        }
        if start.0 >= width || start.1 >= height || direction > 3 {
            return Err(fault(format!("agent at {start:?}, direction {direction}: not on the map")));
        }
        let mut layout = Layout::blank("encoded grid", width, height);
        layout.start = (start.1 * width + start.0) as u16;
        layout.direction = direction;
        for row in 0..height {
            for column in 0..width {
                let code = &codes[3 * (column * height + row)..][..3];
                let known = || fault(format!("column {column}, row {row}: no such thing as {code:?}"));
                let kind = *Kind::ALL.get(usize::from(code[0])).ok_or_else(known)?;
                let colour = *Colour::ALL.get(usize::from(code[1])).ok_or_else(known)?;
                let state = *DoorState::ALL.get(usize::from(code[2])).ok_or_else(known)?;
                layout.put((row * width + column) as u16, kind, colour, state).map_err(fault)?;
            }
        }
        Ok(layout)
    }

    /// The index of the object that starts in `cell`.
    pub fn object_at(&self, cell: u16) -> Option<u8> {
        self.objects.iter().position(|object| object.place == Place::Cell(cell)).map(|i| i as u8)
    }

    /// The index of the door in `cell`.
    pub fn door_at(&self, cell: u16) -> Option<u8> {
        self.doors.iter().position(|door| door.cell == cell).map(|i| i as u8)
    }

    /// An empty map.
    pub(super) fn blank(name: &str, width: usize, height: usize) -> Layout {
        Layout {
            name: name.to_owned(),
            mission: String::new(),
            width,
            height,
            fixed: vec![Fixed::Empty; width * height],
            objects: Vec::new(),
            doors: Vec::new(),
            start: 0,
            direction: 0,
            task: Task::Goal,
            max_steps: 100,
            see_through_walls: false,
        }
    }

    /// Puts a thing into a cell.
    pub(super) fn put(
        &mut self,
        cell: u16,
        kind: Kind,
        colour: Colour,
        state: DoorState,
    ) -> std::result::Result<(), String> {
        self.fixed[usize::from(cell)] = match kind {
            Kind::Empty => Fixed::Empty,
            Kind::Wall => Fixed::Wall,
            Kind::Floor => Fixed::Floor(colour),
            Kind::Goal => Fixed::Goal,
            Kind::Lava => Fixed::Lava,
            Kind::Door => {
                if self.doors.len() == MAX_DOORS {
                    return Err(format!("more than {MAX_DOORS} doors"));
                }
                self.doors.push(Door { cell, colour, state });
                Fixed::Door(self.doors.len() as u8 - 1)
            }
            Kind::Key | Kind::Ball | Kind::Box => {
                self.add(Object { kind, colour, place: Place::Cell(cell) })?;
                Fixed::Empty
            }
            Kind::Unseen | Kind::Agent => return Err(format!("{} cannot be put on a map", kind.word())),
        };
        Ok(())
    }

    /// Adds an object.
    pub(super) fn add(&mut self, object: Object) -> std::result::Result<(), String> {
        if self.objects.len() == MAX_OBJECTS {
            return Err(format!("more than {MAX_OBJECTS} things to carry"));
        }
        self.objects.push(object);
        Ok(())
    }
}

/// The direction of the agent's arrow.
pub(super) fn direction_of(arrow: char) -> Option<u8> {
    ARROWS.iter().position(|&c| c == arrow).map(|d| d as u8)
}
