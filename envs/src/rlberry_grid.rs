//! rlberry's gridworld: five by five cells, two walls, and a cell in the far corner that pays for every action taken in it.
//!
//! ```text
//!   S . . . .     actions: left, right, down, up; a move towards a wall or the edge stays, surely; any other one goes its way
//!   . # . . .     with probability 1 − slip, and to each other free neighbour with an equal share of slip (with no other
//!   . . # . .     neighbour it cannot slip);
//!   . . . . .     1 for any action in R, 0 elsewhere; no state ends the episode
//!   . . . . R
//! ```
//! Unlike in the other gridworlds here, the reward depends on the cell in which one acts, and a blocked move never slips.
//!
//! Source: `GridWorld` of rlberry-scool 0.7.3 with its default arguments (`slip` is one minus its success probability).

use tabrl::mdp::{Branch, Branches, Cell, GridMap, Model};

use crate::{Param, Spec, erase};

const MAP: [&str; 5] = ["S....", ".#...", "..#..", ".....", "....R"];

/// A gridworld with rlberry's rules; a state is a cell's number, row by row.
#[derive(Debug, Clone)]
pub struct RlberryGrid {
    map: Vec<Vec<char>>,
    /// Reward of every action in a cell, and whether the episode ends with it, cell by cell.
    pays: Vec<(f64, bool)>,
    start: u32,
    slip: f64,
}

impl RlberryGrid {
    /// The map above. `slip` is the probability, in `[0, 1]`, that a move that is not blocked goes elsewhere.
    pub fn new(slip: f64) -> RlberryGrid {
        let map = MAP.iter().map(|row| row.chars().collect()).collect();
        RlberryGrid::from_map(map, |cell| (f64::from(u8::from(cell == 'R')), false), slip)
    }

    /// Another map, of rows of equal length with one `S` at least (the first is the start) and `#` for walls. `pays` gives the reward
    /// of an action in a cell of that character, and whether the episode ends with it.
    pub(crate) fn from_map(map: Vec<Vec<char>>, pays: impl Fn(char) -> (f64, bool), slip: f64) -> RlberryGrid {
        let cells = || map.iter().flatten().copied();
        let start = cells().position(|cell| cell == 'S').unwrap_or(0) as u32;
        RlberryGrid { pays: cells().map(pays).collect(), start, slip, map }
    }

    fn width(&self) -> u32 {
        self.map[0].len() as u32
    }

    /// The cell that `action` leads to, unless a wall or the edge is in the way.
    fn neighbour(&self, s: u32, action: usize) -> Option<u32> {
        let width = self.width();
        let (row, column) = (s / width, s % width);
        let next = match action {
            0 if column > 0 => s - 1,
            1 if column + 1 < width => s + 1,
            2 if row + 1 < self.map.len() as u32 => s + width,
            3 if row > 0 => s - width,
            _ => return None,
        };
        (self.map[(next / width) as usize][(next % width) as usize] != '#').then_some(next)
    }
}

impl Model for RlberryGrid {
    type State = u32;

    fn initial(&self) -> Vec<(f64, u32)> {
        vec![(1.0, self.start)]
    }

    fn num_actions(&self) -> usize {
        4
    }

    fn step_law(&self, s: u32, action: usize, out: &mut Branches<u32>) {
        let (reward, terminal) = self.pays[s as usize];
        let mut to = |probability, next| out.push(Branch { probability, next, reward, terminal });
        if terminal {
            return to(1.0, s);
        }
        let Some(target) = self.neighbour(s, action) else { return to(1.0, s) };
        let others = || (0..4).filter(|&a| a != action).filter_map(|a| self.neighbour(s, a));
        match others().count() {
            0 => to(1.0, target),
            count => {
                to(1.0 - self.slip, target);
                others().for_each(|next| to(self.slip / count as f64, next));
            }
        }
    }

    fn state_name(&self, s: u32) -> String {
        format!("row {}, column {}", s / self.width(), s % self.width())
    }

    fn action_name(&self, action: usize) -> String {
        ["left", "right", "down", "up"][action].to_owned()
    }

    fn action_glyph(&self, action: usize) -> char {
        ['←', '→', '↓', '↑'][action]
    }

    fn map(&self) -> Option<GridMap> {
        Some(GridMap { rows: self.map.clone() })
    }

    fn cell(&self, s: u32) -> Option<Cell> {
        Some(Cell { row: (s / self.width()) as usize, column: (s % self.width()) as usize })
    }
}

/// The registry's entry.
pub fn spec() -> Spec {
    Spec {
        name: "gridworld/rlberry".into(),
        summary: "five by five cells with two walls; the far corner pays for every step spent in it".into(),
        source: "rlberry-scool 0.7.3",
        params: vec![Param {
            name: "slip",
            default: "0.1",
            doc: "probability that a move goes to another free neighbour, in [0, 1]",
        }],
        build: Box::new(|settings| Ok(erase(RlberryGrid::new(settings.probability("slip")?)))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use tabrl::mdp::enumerate;

    use super::*;
    use crate::solved::{discounted, finite};

    /// Values of the matrices that rlberry-scool builds: of the start, and summed over the states.
    #[test]
    fn reference_values() {
        for (slip, start, sum, twenty) in [
            (0.1, 91.23161670352839, 2196.522372769706, 10.85539307890209),
            (0.4, 84.19054852463941, 2087.4193055184264, 4.6567363399743344),
        ] {
            let mdp = enumerate(&RlberryGrid::new(slip), 100).unwrap().mdp;
            assert_eq!(mdp.num_states(), 23);
            let v = discounted(&mdp, 0.99).values;
            assert!((v[0] - start).abs() < 1e-9 && (v.iter().sum::<f64>() - sum).abs() < 1e-8, "{slip}: {}", v[0]);
            assert!((finite(&mdp, 20).values[0] - twenty).abs() < 1e-12);
        }
    }
}
