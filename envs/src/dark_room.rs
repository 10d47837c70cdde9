//! The dark room: walk to a goal that cannot be seen.
//!
//! ```text
//!   S . . G    actions: up, down, left, right, stay; 1 for every step that ends on the goal
//!   . . . .    the goal is drawn uniformly at the start of an episode (or fixed); one sees one's own place alone
//! ```
//! With the goal drawn anew in each episode the state holds it, but the observation does not. As a task that recurs, fix the goal:
//! `goal=i`, cells being numbered row by row.
//!
//! Sources: Laskin et al. (2022): 9 × 9, from the centre, 20 steps; Lee et al. (2023): 10 × 10, from the corner, 100 steps.

use tabrl::mdp::{Branch, Branches, Cell, GridMap, Model};

use crate::{Param, Spec, erase};

/// Own cell and the goal's.
pub type State = (u16, u16);

/// The room.
#[derive(Debug, Clone)]
pub struct DarkRoom {
    width: u16,
    start: u16,
    goal: Option<u16>,
}

impl DarkRoom {
    /// `width × width` cells; episodes start in cell `start`; the goal is `goal`, or uniform over all cells.
    pub fn new(width: u16, start: u16, goal: Option<u16>) -> DarkRoom {
        DarkRoom { width, start, goal }
    }
}

impl Model for DarkRoom {
    type State = State;

    fn initial(&self) -> Vec<(f64, State)> {
        let cells = self.width * self.width;
        match self.goal {
            Some(goal) => vec![(1.0, (self.start, goal))],
            None => (0..cells).map(|goal| (1.0 / f64::from(cells), (self.start, goal))).collect(),
        }
    }

    fn num_actions(&self) -> usize {
        5
    }

    fn step_law(&self, (cell, goal): State, action: usize, out: &mut Branches<State>) {
        let (w, row, column) = (self.width, cell / self.width, cell % self.width);
        let cell = match action {
            0 if row > 0 => cell - w,
            1 if row + 1 < w => cell + w,
            2 if column > 0 => cell - 1,
            3 if column + 1 < w => cell + 1,
            _ => cell,
        };
        let reward = f64::from(u8::from(cell == goal));
        out.push(Branch { probability: 1.0, next: (cell, goal), reward, terminal: false });
    }

    fn state_name(&self, (cell, goal): State) -> String {
        format!("({}, {}), goal ({}, {})", cell / self.width, cell % self.width, goal / self.width, goal % self.width)
    }

    fn action_name(&self, action: usize) -> String {
        ["up", "down", "left", "right", "stay"][action].to_owned()
    }

    fn action_glyph(&self, action: usize) -> char {
        ['↑', '↓', '←', '→', '·'][action]
    }

    fn map(&self) -> Option<GridMap> {
        let w = usize::from(self.width);
        let mut rows = vec![vec!['.'; w]; w];
        let place = |cell: u16| (usize::from(cell / self.width), usize::from(cell % self.width));
        let (row, column) = place(self.start);
        rows[row][column] = 'S';
        if let Some(goal) = self.goal {
            let (row, column) = place(goal);
            rows[row][column] = 'G';
        }
        Some(GridMap { rows })
    }

    fn cell(&self, (cell, _): State) -> Option<Cell> {
        Some(Cell { row: usize::from(cell / self.width), column: usize::from(cell % self.width) })
    }

    fn observation(&self, (cell, _): State) -> Vec<u32> {
        vec![u32::from(cell / self.width), u32::from(cell % self.width)]
    }

    fn episode_length(&self) -> Option<usize> {
        Some(100)
    }
}

/// The registry's entry.
pub fn spec() -> Spec {
    Spec {
        name: "dark-room".into(),
        summary: "walk to a goal that cannot be seen".into(),
        source: "Laskin et al. (2022); Lee et al. (2023)",
        params: vec![
            Param { name: "width", default: "10", doc: "cells of a side, 2 to 20" },
            Param { name: "start", default: "corner", doc: "where episodes start: corner or centre" },
            Param {
                name: "goal",
                default: "any",
                doc: "cell of the goal, numbered row by row, or any: uniform over all cells",
            },
        ],
        build: Box::new(|settings| {
            let width = settings.count("width", 2, 20)? as u16;
            let start = match settings.word("start", &["corner", "centre"])? {
                "corner" => 0,
                _ => width / 2 * width + width / 2,
            };
            let last = usize::from(width) * usize::from(width) - 1;
            let goal = match settings.text("goal") {
                "any" => None,
                _ => Some(settings.count("goal", 0, last)? as u16),
            };
            Ok(erase(DarkRoom::new(width, start, goal)))
        }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use tabrl::mdp::enumerate;
    use tabrl::planning::{Criterion, SolveOptions, solve};

    use super::*;

    /// Who knows the goal walks there: H - distance + 1 steps pay (all H if it is where one starts).
    #[test]
    fn knowing_the_goal_is_worth_the_steps_that_are_left() {
        let mdp = enumerate(&DarkRoom::new(4, 0, Some(14)), 100).unwrap().mdp;
        let solution = solve(&mdp, Criterion::FiniteHorizon { horizon: 20 }, &SolveOptions::default()).unwrap();
        assert!((solution.values[0] - 16.0).abs() < 1e-12); // (3, 2) is five steps away
        let hidden = enumerate(&DarkRoom::new(4, 5, None), 1000).unwrap().mdp;
        assert_eq!((hidden.num_states(), hidden.initial().len()), (256, 16));
    }
}
