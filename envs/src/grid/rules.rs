//! How one walks on a map.
//!
//! Each of four actions moves one cell; walls and the edge of the map stop it. With probability `slip` the move goes another
//! way: to either side with half of it (`Sideways`), or in each of the three other directions with a third (`Others`). The
//! reward depends on the cell that is entered (staying enters the own cell again). Goals and holes end the episode; a cliff
//! leads back to the start.

use tabrl::mdp::{Branch, Branches, Cell, GridMap, Model};

use super::{Layout, Tile};

/// A direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// One row up.
    Up,
    /// One column to the right.
    Right,
    /// One row down.
    Down,
    /// One column to the left.
    Left,
}

impl Move {
    /// Clockwise, from up.
    const CLOCKWISE: [Move; 4] = [Move::Up, Move::Right, Move::Down, Move::Left];

    /// The direction `quarters` quarter turns clockwise of this one.
    fn turned(self, quarters: usize) -> Move {
        Move::CLOCKWISE[(self as usize + quarters) % 4]
    }
}

/// Where a slip leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlipTo {
    /// To either side, each with half of the probability.
    Sideways,
    /// In any of the three other directions, each with a third of the probability.
    Others,
}

/// Rewards by the cell that is entered; nothing is added to them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entering {
    /// Entering a free cell or a start, or staying.
    pub free: f64,
    /// Entering a goal.
    pub goal: f64,
    /// Entering a hole.
    pub hole: f64,
    /// Stepping into a cliff.
    pub cliff: f64,
}

/// A gridworld.
#[derive(Debug, Clone)]
pub struct GridWorld {
    layout: Layout,
    starts: Vec<u32>,
    /// What the actions `0..4` mean.
    moves: [Move; 4],
    slip: f64,
    slip_to: SlipTo,
    entering: Entering,
}

impl GridWorld {
    /// The rules on `layout`. `moves` gives the meaning of the actions 0 to 3; `slip` must be in `[0, 1]`.
    pub fn new(layout: Layout, moves: [Move; 4], slip: f64, slip_to: SlipTo, entering: Entering) -> GridWorld {
        let tiles = layout.tiles();
        let starts = (0..tiles.len()).filter(|&i| tiles[i] == Tile::Start).map(|i| i as u32).collect();
        GridWorld { layout, starts, moves, slip, slip_to, entering }
    }

    /// Starts in every cell in which one can stand and that does not end the episode, uniformly.
    pub fn start_anywhere(self) -> GridWorld {
        let tiles = self.layout.tiles();
        let stands = |&i: &usize| matches!(tiles[i], Tile::Free | Tile::Start);
        GridWorld { starts: (0..tiles.len()).filter(stands).map(|i| i as u32).collect(), ..self }
    }

    /// The cell that a move from `s` leads to; `s` itself if a wall or the edge is in the way.
    fn target(&self, s: u32, direction: Move) -> u32 {
        let width = self.layout.width();
        let (row, column) = (s as usize / width, s as usize % width);
        let next = match direction {
            Move::Up if row > 0 => s as usize - width,
            Move::Down if row + 1 < self.layout.height() => s as usize + width,
            Move::Left if column > 0 => s as usize - 1,
            Move::Right if column + 1 < width => s as usize + 1,
            _ => return s,
        };
        if self.layout.tiles()[next] == Tile::Wall { s } else { next as u32 }
    }

    fn enter(&self, probability: f64, next: u32, out: &mut Branches<u32>) {
        let (reward, terminal) = match self.layout.tiles()[next as usize] {
            Tile::Goal => (self.entering.goal, true),
            Tile::Hole => (self.entering.hole, true),
            Tile::Cliff => {
                let each = probability / self.starts.len() as f64;
                let back = |&next| Branch { probability: each, next, reward: self.entering.cliff, terminal: false };
                return out.extend(self.starts.iter().map(back));
            }
            Tile::Free | Tile::Start | Tile::Wall => (self.entering.free, false),
        };
        out.push(Branch { probability, next, reward, terminal });
    }
}

impl Model for GridWorld {
    /// The number of the cell, row by row from the top left.
    type State = u32;

    fn initial(&self) -> Vec<(f64, u32)> {
        let each = 1.0 / self.starts.len() as f64;
        self.starts.iter().map(|&s| (each, s)).collect()
    }

    fn num_actions(&self) -> usize {
        4
    }

    fn step_law(&self, s: u32, action: usize, out: &mut Branches<u32>) {
        let direction = self.moves[action];
        let turns: &[usize] = match self.slip_to {
            SlipTo::Sideways => &[3, 1],
            SlipTo::Others => &[3, 2, 1],
        };
        self.enter(1.0 - self.slip, self.target(s, direction), out);
        if self.slip > 0.0 {
            for &quarters in turns {
                self.enter(self.slip / turns.len() as f64, self.target(s, direction.turned(quarters)), out);
            }
        }
    }

    fn state_name(&self, s: u32) -> String {
        let (row, column) = (s as usize / self.layout.width(), s as usize % self.layout.width());
        format!("row {row}, column {column}")
    }

    fn action_name(&self, action: usize) -> String {
        ["up", "right", "down", "left"][self.moves[action] as usize].to_owned()
    }

    fn action_glyph(&self, action: usize) -> char {
        ['↑', '→', '↓', '←'][self.moves[action] as usize]
    }

    fn map(&self) -> Option<GridMap> {
        Some(self.layout.map().clone())
    }

    fn cell(&self, s: u32) -> Option<Cell> {
        Some(Cell { row: s as usize / self.layout.width(), column: s as usize % self.layout.width() })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn world(map: &str, slip: f64, slip_to: SlipTo) -> GridWorld {
        let entering = Entering { free: -1.0, goal: 5.0, hole: -7.0, cliff: -9.0 };
        GridWorld::new(Layout::parse("test", map).unwrap(), Move::CLOCKWISE, slip, slip_to, entering)
    }

    fn law(world: &GridWorld, s: u32, action: usize) -> Vec<(f64, u32, f64, bool)> {
        let mut out = Branches::new();
        world.step_law(s, action, &mut out);
        out.iter().map(|b| (b.probability, b.next, b.reward, b.terminal)).collect()
    }

    #[test]
    fn every_kind_of_cell() {
        let sure = world("SGH\nC#.\nS..", 0.0, SlipTo::Sideways);
        assert_eq!(law(&sure, 0, 1), [(1.0, 1, 5.0, true)]);
        assert_eq!(law(&sure, 5, 0), [(1.0, 2, -7.0, true)]);
        assert_eq!(law(&sure, 5, 3), [(1.0, 5, -1.0, false)]); // a wall
        assert_eq!(law(&sure, 5, 1), [(1.0, 5, -1.0, false)]); // the edge
        assert_eq!(law(&sure, 0, 2), [(0.5, 0, -9.0, false), (0.5, 6, -9.0, false)]); // back to either start
        assert_eq!(sure.initial(), [(0.5, 0), (0.5, 6)]);
        let anywhere = sure.start_anywhere().initial();
        assert_eq!(anywhere.iter().map(|x| x.1).collect::<Vec<_>>(), [0, 5, 6, 7, 8]);
    }

    #[test]
    fn slips() {
        let open = "...\n.S.\n...";
        let sideways = world(open, 0.2, SlipTo::Sideways);
        assert_eq!(law(&sideways, 4, 0), [(0.8, 1, -1.0, false), (0.1, 3, -1.0, false), (0.1, 5, -1.0, false)]);
        let others = world(open, 0.3, SlipTo::Others);
        let laws = law(&others, 4, 1);
        assert_eq!(laws.iter().map(|x| x.1).collect::<Vec<_>>(), [5, 1, 3, 7]);
        assert!((laws.iter().map(|x| x.0).sum::<f64>() - 1.0).abs() < 1e-15);
        assert!(laws[1..].iter().all(|x| (x.0 - 0.1).abs() < 1e-15));
    }
}
