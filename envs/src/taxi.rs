//! Taxi: fetch a passenger from one of four stands and drive to another.
//!
//! ```text
//!   R .#. . G     25 cells; # is a wall between two of them
//!   . .#. . .     actions: south, north, east, west, pick up, drop off
//!   . . . . .
//!   .#. .#. .
//!   Y#. .#B .
//! ```
//! −1 a step; −10 for picking up or dropping off where that is not possible; 20 for dropping the passenger off at the
//! destination, which ends the episode. Dropped at another stand, the passenger waits there. Episodes start uniformly in the
//! 300 states where the passenger waits at a stand other than the destination; 404 states can be reached, 4 of them ends.
//!
//! The law is Gymnasium's `Taxi-v3` (state = ((5 row + column) 5 + passenger) 4 + destination; passenger 4 is aboard), compared with its
//! table row by row; its limit of 200 steps is a truncation, and no part of the law. Origin: Dietterich 2000 (Journal of Artificial Intelligence Research 13).

use tabrl::mdp::{Branch, Branches, Cell, GridMap, Model};

use crate::{Spec, erase};

const STANDS: [(u32, u32); 4] = [(0, 0), (0, 4), (4, 0), (4, 3)];
const COLOURS: [char; 4] = ['R', 'G', 'Y', 'B'];
const ABOARD: u32 = 4;

/// Whether a wall is between `column` and `column + 1` in `row`.
fn wall(row: u32, column: u32) -> bool {
    matches!((row, column), (0 | 1, 1) | (3 | 4, 0 | 2))
}

fn encode(row: u32, column: u32, passenger: u32, destination: u32) -> u32 {
    ((row * 5 + column) * 5 + passenger) * 4 + destination
}

/// Row, column, passenger, destination.
fn decode(s: u32) -> (u32, u32, u32, u32) {
    (s / 100, s / 20 % 5, s / 4 % 5, s % 4)
}

/// The taxi world; it has no parameters.
#[derive(Debug, Clone, Copy, Default)]
pub struct Taxi;

impl Model for Taxi {
    type State = u32;

    fn initial(&self) -> Vec<(f64, u32)> {
        let waiting = (0..500).filter(|&s| {
            let (_, _, passenger, destination) = decode(s);
            passenger != ABOARD && passenger != destination
        });
        waiting.map(|s| (1.0 / 300.0, s)).collect()
    }

    fn num_actions(&self) -> usize {
        6
    }

    fn step_law(&self, s: u32, action: usize, out: &mut Branches<u32>) {
        let (row, column, passenger, destination) = decode(s);
        let stand = STANDS.iter().position(|&at| at == (row, column)).map(|i| i as u32);
        let mut to = |next, reward, terminal| out.push(Branch { probability: 1.0, next, reward, terminal });
        let mut drive = |row, column| to(encode(row, column, passenger, destination), -1.0, false);
        match action {
            0 => drive((row + 1).min(4), column),
            1 => drive(row.saturating_sub(1), column),
            2 if column < 4 && !wall(row, column) => drive(row, column + 1),
            3 if column > 0 && !wall(row, column - 1) => drive(row, column - 1),
            2 | 3 => drive(row, column),
            4 if stand == Some(passenger) => to(encode(row, column, ABOARD, destination), -1.0, false),
            5 if passenger == ABOARD && stand.is_some() => {
                let there = stand == Some(destination);
                let waits = stand.unwrap_or(ABOARD);
                to(encode(row, column, waits, destination), if there { 20.0 } else { -1.0 }, there);
            }
            _ => to(s, -10.0, false),
        }
    }

    fn state_name(&self, s: u32) -> String {
        let (row, column, passenger, destination) = decode(s);
        let at = match COLOURS.get(passenger as usize) {
            Some(colour) => format!("at {colour}"),
            None => "aboard".to_owned(),
        };
        format!("taxi in row {row}, column {column}, passenger {at}, to {}", COLOURS[destination as usize])
    }

    fn action_name(&self, action: usize) -> String {
        ["south", "north", "east", "west", "pick up", "drop off"][action].to_owned()
    }

    fn action_glyph(&self, action: usize) -> char {
        ['↓', '↑', '→', '←', 'P', 'D'][action]
    }

    fn map(&self) -> Option<GridMap> {
        // Every second column is the gap between two cells: a wall or nothing.
        let mut rows: Vec<Vec<char>> = vec![". . . . .".chars().collect(); 5];
        for (row, cells) in rows.iter_mut().enumerate() {
            (0..4).filter(|&c| wall(row as u32, c)).for_each(|c| cells[2 * c as usize + 1] = '#');
        }
        for (&(row, column), colour) in STANDS.iter().zip(COLOURS) {
            rows[row as usize][2 * column as usize] = colour;
        }
        Some(GridMap { rows })
    }

    fn cell(&self, s: u32) -> Option<Cell> {
        let (row, column, ..) = decode(s);
        Some(Cell { row: row as usize, column: 2 * column as usize })
    }
}

/// The registry's entry.
pub fn spec() -> Spec {
    Spec {
        name: "taxi".into(),
        summary: "fetch a passenger from one stand and drive to another".into(),
        source: "Dietterich 2000; Gymnasium Taxi-v3",
        params: vec![],
        build: Box::new(|_| Ok(erase(Taxi))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_drawing_is_the_one_above() {
        let rows: Vec<String> = Taxi.map().unwrap().rows.iter().map(|row| row.iter().collect()).collect();
        assert_eq!(rows, ["R .#. . G", ". .#. . .", ". . . . .", ".#. .#. .", "Y#. .#B ."]);
        assert_eq!(Taxi.state_name(encode(3, 1, 4, 2)), "taxi in row 3, column 1, passenger aboard, to Y");
        assert!((0..500).all(|s| {
            let (r, c, p, d) = decode(s);
            encode(r, c, p, d) == s
        }));
    }
}
