//! Gridworlds in which the reward is for acting in a cell, not for entering it.
//!
//! The moves are those of [`GridWorld`]. An action in a goal pays the goal's reward and ends the episode, wherever it would lead; all
//! other actions pay nothing, and entering a goal ends nothing.

use tabrl::mdp::{Branch, Branches, Cell, GridMap, Model};

use super::{Entering, GridWorld, Layout, Move, SlipTo, Tile};

/// A gridworld whose goals pay one step after they are entered.
#[derive(Debug, Clone)]
pub struct ActingGrid {
    world: GridWorld,
    goal: Vec<bool>,
    reward: f64,
}

impl ActingGrid {
    /// The rules on `layout`; as in [`GridWorld::new`], and `reward` for an action in a goal.
    pub fn new(layout: Layout, moves: [Move; 4], slip: f64, slip_to: SlipTo, reward: f64) -> ActingGrid {
        let goal = layout.tiles().iter().map(|&tile| tile == Tile::Goal).collect();
        let nothing = Entering { free: 0.0, goal: 0.0, hole: 0.0, cliff: 0.0 };
        ActingGrid { world: GridWorld::new(layout, moves, slip, slip_to, nothing), goal, reward }
    }
}

impl Model for ActingGrid {
    /// The number of the cell, row by row from the top left.
    type State = u32;

    fn initial(&self) -> Vec<(f64, u32)> {
        self.world.initial()
    }

    fn num_actions(&self) -> usize {
        self.world.num_actions()
    }

    fn step_law(&self, s: u32, action: usize, out: &mut Branches<u32>) {
        if self.goal[s as usize] {
            return out.push(Branch { probability: 1.0, next: s, reward: self.reward, terminal: true });
        }
        self.world.step_law(s, action, out);
        out.iter_mut().for_each(|branch| branch.terminal = false);
    }

    fn state_name(&self, s: u32) -> String {
        self.world.state_name(s)
    }

    fn action_name(&self, action: usize) -> String {
        self.world.action_name(action)
    }

    fn action_glyph(&self, action: usize) -> char {
        self.world.action_glyph(action)
    }

    fn map(&self) -> Option<GridMap> {
        self.world.map()
    }

    fn cell(&self, s: u32) -> Option<Cell> {
        self.world.cell(s)
    }
}
