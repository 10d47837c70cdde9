//! What an agent of MiniGrid is shown: the whole grid, or a 7 x 7 window ahead of it.

use super::layout::Layout;
use super::state::State;
use super::things::{ARROWS, Colour, DoorState, Kind, STEPS};

/// Side of the partial view.
pub const VIEW: usize = 7;

/// The column in which the agent stands in its view; its row is the last one.
const AGENT_COLUMN: usize = VIEW / 2;

type Thing = (Kind, Colour, DoorState);

const NOTHING: Thing = (Kind::Empty, Colour::Red, DoorState::Open);
const WALL: Thing = (Kind::Wall, Colour::Grey, DoorState::Open);

fn code((kind, colour, state): Thing) -> [u8; 3] {
    [kind as u8, colour as u8, state as u8]
}

/// MiniGrid's encoding of the whole grid, `[width][height][3]`: object, colour and state of each cell. With `agent`, the
/// agent's cell is (agent, red, direction), as in MiniGrid's fully observable wrapper; the agent hides what it stands on, and
/// neither form shows what it carries.
pub fn grid_codes(layout: &Layout, state: State, agent: bool) -> Vec<u8> {
    let mut codes = Vec::with_capacity(3 * layout.fixed.len());
    for column in 0..layout.width {
        for row in 0..layout.height {
            let cell = (row * layout.width + column) as u16;
            if agent && cell == state.cell {
                codes.extend([Kind::Agent as u8, Colour::Red as u8, state.direction]);
            } else {
                codes.extend(code(state.look(layout, cell)));
            }
        }
    }
    codes
}

/// The effective-horizon papers' encoding of the full grid: [`grid_codes`] with the agent, of length `3 width height`, and then
/// kind and colour of what it carries (empty and red for nothing). States of an episode that differ have different codes, as
/// long as the rules count no steps and the shaping no pickups.
pub fn state_codes(layout: &Layout, state: State) -> Vec<u8> {
    let mut codes = grid_codes(layout, state, true);
    codes.extend(&code(hands(layout, state))[..2]);
    codes
}

/// What the agent carries.
fn hands(layout: &Layout, state: State) -> Thing {
    state.carried().map_or(NOTHING, |i| (layout.objects[i].kind, layout.objects[i].colour, DoorState::Open))
}

/// The 7 x 7 view of MiniGrid, `[column][row][3]`: object, colour and state of each cell, the agent at column 3 and row 6
/// looking towards row 0; its own cell shows what it carries. Cells outside of the map are walls, and those out of sight are
/// zeros, unless it sees through walls.
///
/// Sight spreads row by row from the agent's: from each cell seen that does not block the sight (walls, and doors that are not
/// open, do), first from left to right to the cell on its right and the two ahead of these, then the same from right to left.
pub fn view_codes(layout: &Layout, state: State, see_through_walls: bool) -> [u8; 3 * VIEW * VIEW] {
    let (ahead_x, ahead_y) = STEPS[usize::from(state.direction)];
    let mut things = [[WALL; VIEW]; VIEW];
    for (column, things) in things.iter_mut().enumerate() {
        for (row, thing) in things.iter_mut().enumerate() {
            let ahead = (VIEW - 1 - row) as isize;
            let aside = column as isize - AGENT_COLUMN as isize;
            let cell = layout.offset(state.cell, ahead * ahead_x - aside * ahead_y, ahead * ahead_y + aside * ahead_x);
            if let Some(cell) = cell {
                *thing = state.look(layout, cell);
            }
        }
    }
    let seen = if see_through_walls { [[true; VIEW]; VIEW] } else { sight(&things) };
    things[AGENT_COLUMN][VIEW - 1] = hands(layout, state);
    let mut codes = [0; 3 * VIEW * VIEW];
    for column in 0..VIEW {
        for row in 0..VIEW {
            if seen[column][row] {
                codes[3 * (column * VIEW + row)..][..3].copy_from_slice(&code(things[column][row]));
            }
        }
    }
    codes
}

fn sight(things: &[[Thing; VIEW]; VIEW]) -> [[bool; VIEW]; VIEW] {
    let mut seen = [[false; VIEW]; VIEW];
    seen[AGENT_COLUMN][VIEW - 1] = true;
    for row in (0..VIEW).rev() {
        let mut spread = |from: usize, to: usize| {
            if seen[from][row] && !blocks(things[from][row]) {
                seen[to][row] = true;
                if row > 0 {
                    seen[from][row - 1] = true;
                    seen[to][row - 1] = true;
                }
            }
        };
        (0..VIEW - 1).for_each(|column| spread(column, column + 1));
        (1..VIEW).rev().for_each(|column| spread(column, column - 1));
    }
    seen
}

fn blocks((kind, _, state): Thing) -> bool {
    kind == Kind::Wall || kind == Kind::Door && state != DoorState::Open
}

/// A state as a picture in text: the map with the agent's arrow, doors `/` open, `d` closed, `D` locked, keys `k`, balls `o`,
/// boxes `b`, and a last line on what is carried, if anything is.
pub fn render(layout: &Layout, state: State) -> String {
    let mut text = String::new();
    for cell in 0..layout.fixed.len() as u16 {
        text.push(if cell == state.cell { ARROWS[usize::from(state.direction)] } else { glyph(layout, state, cell) });
        if (usize::from(cell) + 1) % layout.width == 0 {
            text.push('\n');
        }
    }
    if let Some(i) = state.carried() {
        let object = layout.objects[i];
        text.push_str(&format!("carrying the {} {}\n", object.colour.word(), object.kind.word()));
    }
    text
}

/// The character that draws a cell without the agent.
pub(super) fn glyph(layout: &Layout, state: State, cell: u16) -> char {
    match state.look(layout, cell) {
        (Kind::Door, _, door) => door.glyph(),
        (kind, _, _) => kind.glyph(),
    }
}
