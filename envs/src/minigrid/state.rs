//! The packed state and what can be read off it.

use super::layout::{Fixed, Layout, MAX_OBJECTS, Place};
use super::things::{Colour, DoorState, Kind};

/// Everything that changes during an episode, in 20 bytes. What never changes is in the [`Layout`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct State {
    /// The agent's cell, `row * width + column`.
    pub cell: u16,
    /// The agent's direction: 0 right, 1 down, 2 left, 3 up.
    pub direction: u8,
    /// Bit `i`: object `i` was picked up at some time. Stays zero unless the pickup shaping is on.
    pub picked: u8,
    /// Where each object is: a cell, or [`CARRIED`], [`BOXED`] or [`GONE`]. Entries beyond the layout's objects are [`GONE`].
    pub objects: [u16; MAX_OBJECTS],
    /// Steps taken, up to the limit. Stays zero under the papers' rules.
    pub steps: u16,
    /// The doors' states, two bits each, the first door in the lowest bits.
    pub doors: u32,
}

/// The object is in the agent's hands.
pub const CARRIED: u16 = u16::MAX;

/// The object is in its box.
pub const BOXED: u16 = u16::MAX - 1;

/// The object was destroyed, or there is no such object.
pub const GONE: u16 = u16::MAX - 2;

impl State {
    /// The state in which the layout starts.
    pub fn start(layout: &Layout) -> State {
        let mut objects = [GONE; MAX_OBJECTS];
        for (slot, object) in objects.iter_mut().zip(&layout.objects) {
            *slot = match object.place {
                Place::Cell(cell) => cell,
                Place::InBox(_) => BOXED,
            };
        }
        let mut state =
            State { cell: layout.start, direction: layout.direction, picked: 0, objects, steps: 0, doors: 0 };
        for (i, door) in layout.doors.iter().enumerate() {
            state.set_door(i, door.state);
        }
        state
    }

    /// The index of the object carried.
    #[inline]
    pub fn carried(&self) -> Option<usize> {
        self.object_in(CARRIED)
    }

    /// The index of the object in `place`, a cell or [`CARRIED`].
    #[inline]
    pub fn object_in(&self, place: u16) -> Option<usize> {
        self.objects.iter().position(|&p| p == place)
    }

    /// The state of a door.
    #[inline]
    pub fn door(&self, index: usize) -> DoorState {
        match self.doors >> (2 * index) & 3 {
            0 => DoorState::Open,
            1 => DoorState::Closed,
            _ => DoorState::Locked,
        }
    }

    /// Sets the state of a door.
    #[inline]
    pub fn set_door(&mut self, index: usize, state: DoorState) {
        self.doors = self.doors & !(3 << (2 * index)) | (state as u32) << (2 * index);
    }

    /// What is in a cell, the agent apart: kind, colour, and the state if it is a door. An object hides the floor below it.
    pub fn look(&self, layout: &Layout, cell: u16) -> (Kind, Colour, DoorState) {
        if let Some(i) = self.object_in(cell) {
            return (layout.objects[i].kind, layout.objects[i].colour, DoorState::Open);
        }
        match layout.fixed[usize::from(cell)] {
            Fixed::Empty => (Kind::Empty, Colour::Red, DoorState::Open),
            Fixed::Wall => (Kind::Wall, Colour::Grey, DoorState::Open),
            Fixed::Floor(colour) => (Kind::Floor, colour, DoorState::Open),
            Fixed::Goal => (Kind::Goal, Colour::Green, DoorState::Open),
            Fixed::Lava => (Kind::Lava, Colour::Red, DoorState::Open),
            Fixed::Door(i) => (Kind::Door, layout.doors[usize::from(i)].colour, self.door(usize::from(i))),
        }
    }
}
