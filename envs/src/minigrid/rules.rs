//! One step of MiniGrid.
//!
//! * `left`, `right`: turn on the spot.
//! * `forward`: onto an empty cell, floor, goal, lava or an open door; everything else blocks.
//! * `pickup`: the key, ball or box ahead, if the hands are empty.
//! * `drop`: what is carried, onto an empty cell ahead (no floor tile, goal, lava or door, and nothing there yet).
//! * `toggle`: a locked door ahead opens if a key of its colour is carried, and is never locked again (the key is kept); an
//!   unlocked one opens or closes; a box ahead is replaced by what is in it, perhaps nothing.
//! * `done`: nothing.
//!
//! The agent may stand on an open door; it cannot toggle the cell it stands on. Cost of a step: a handful of comparisons, no
//! allocation.

use tabrl::mdp::Branch;

use super::layout::{Fixed, Place, Task};
use super::state::{BOXED, CARRIED, GONE, State};
use super::things::{DoorState, Kind};
use super::{MiniGrid, Rules, shaping};

/// Turn left.
pub const LEFT: usize = 0;
/// Turn right.
pub const RIGHT: usize = 1;
/// Go one cell ahead.
pub const FORWARD: usize = 2;
/// Pick up what is ahead.
pub const PICKUP: usize = 3;
/// Drop what is carried.
pub const DROP: usize = 4;
/// Open, close or unlock the door ahead, or open the box ahead.
pub const TOGGLE: usize = 5;
/// Do nothing.
pub const DONE: usize = 6;

impl MiniGrid {
    /// The outcome of `action` in `state`: MiniGrid is deterministic, so the probability is one.
    #[inline]
    pub fn step(&self, state: State, action: usize) -> Branch<State> {
        let mut next = state;
        let ahead = self.ahead[usize::from(state.cell)][usize::from(state.direction)];
        let action = if action == PICKUP && self.pickup_toggles { TOGGLE } else { action };
        match action {
            LEFT => next.direction = (state.direction + 3) & 3,
            RIGHT => next.direction = (state.direction + 1) & 3,
            FORWARD if self.can_enter(state, ahead) => next.cell = ahead,
            PICKUP if state.carried().is_none() => {
                if let Some(i) = state.object_in(ahead) {
                    next.objects[i] = CARRIED;
                    next.picked |= u8::from(self.shaping.pickup) << i;
                }
            }
            DROP if self.is_empty(state, ahead) => {
                if let Some(i) = state.carried() {
                    next.objects[i] = ahead;
                }
            }
            TOGGLE => self.toggle(&mut next, ahead),
            _ => {}
        }
        if self.rules == Rules::MiniGrid {
            next.steps = self.max_steps.min(state.steps + 1);
        }
        let (terminal, success) = self.judge(state, next, action);
        let mut reward = match (success, self.rules) {
            (false, _) => 0.0,
            (true, Rules::Paper) => 1.0,
            (true, Rules::MiniGrid) => 1.0 - 0.9 * (f64::from(next.steps) / f64::from(self.max_steps)),
        };
        if self.shaping.any() {
            reward += shaping::bonus(self, state, next);
        }
        Branch { probability: 1.0, next, reward, terminal }
    }

    /// Whether the agent can walk onto the cell.
    #[inline]
    fn can_enter(&self, state: State, cell: u16) -> bool {
        let open = match self.fixed[usize::from(cell)] {
            Fixed::Wall => false,
            Fixed::Door(i) => state.door(usize::from(i)) == DoorState::Open,
            _ => true,
        };
        open && state.object_in(cell).is_none()
    }

    /// Whether something can be dropped there.
    #[inline]
    fn is_empty(&self, state: State, cell: u16) -> bool {
        self.fixed[usize::from(cell)] == Fixed::Empty && state.object_in(cell).is_none()
    }

    #[inline]
    fn toggle(&self, state: &mut State, ahead: u16) {
        if let Fixed::Door(i) = self.fixed[usize::from(ahead)] {
            let i = usize::from(i);
            let key = || {
                state.carried().is_some_and(|k| {
                    let object = &self.layout.objects[k];
                    object.kind == Kind::Key && object.colour == self.layout.doors[i].colour
                })
            };
            match state.door(i) {
                DoorState::Open => state.set_door(i, DoorState::Closed),
                DoorState::Closed => state.set_door(i, DoorState::Open),
                DoorState::Locked if key() => state.set_door(i, DoorState::Open),
                DoorState::Locked => {}
            }
        } else if let Some(outer) = state.object_in(ahead)
            && self.layout.objects[outer].kind == Kind::Box
        {
            state.objects[outer] = GONE;
            for (i, object) in self.layout.objects.iter().enumerate() {
                if object.place == Place::InBox(outer as u8) && state.objects[i] == BOXED {
                    state.objects[i] = ahead;
                }
            }
        }
    }

    /// Whether the step ends the episode, and with success.
    #[inline]
    fn judge(&self, state: State, next: State, action: usize) -> (bool, bool) {
        if next.cell != state.cell {
            match self.fixed[usize::from(next.cell)] {
                Fixed::Goal => return (true, true),
                Fixed::Lava => return (true, false),
                _ => {}
            }
        }
        let open = |state: State, door: u8| state.door(usize::from(door)) == DoorState::Open;
        match self.layout.task {
            Task::Goal => (false, false),
            Task::PickUp(target) => both(next.objects[usize::from(target)] == CARRIED),
            Task::Unlock(door) => both(action == TOGGLE && open(next, door)),
            Task::RedBlue { red, blue } => {
                let ends = open(next, blue) || open(next, red) && open(state, blue);
                (ends, open(next, blue) && open(state, red))
            }
            Task::Fetch { kind, colour } => match next.carried() {
                None => (false, false),
                Some(i) => (true, self.layout.objects[i].kind == kind && self.layout.objects[i].colour == colour),
            },
            Task::Memory { success, failure } => (next.cell == success || next.cell == failure, next.cell == success),
        }
    }
}

fn both(success: bool) -> (bool, bool) {
    (success, success)
}
