//! Looking for a hidden goal in a grid, episode after episode.
//!
//! The agent starts in the corner (0, 0); the goal is uniform over the other cells that are not the safe exit, and stays for a block of
//! m episodes of H steps. Entering the goal pays 1 and ends the episode; entering the safe exit, if there is one, pays its reward
//! and ends the episode. A belief is the set of cells where the goal may still be; once found, the goal is visited in each episode.

use std::collections::HashMap;

use super::size::check_probability;
use crate::{Error, Result};

/// A cell that pays a sure reward and ends the episode.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SafeExit {
    /// Its row and column.
    pub cell: (usize, usize),
    /// Its reward, in `[0, 1]`.
    pub reward: f64,
}

/// A square grid with a hidden goal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GridSearch {
    width: usize,
    steps: usize,
    exit: Option<SafeExit>,
}

/// Values of a block of episodes.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchValues {
    /// The optimal value of a block of m episodes, at index m.
    pub optimal: Vec<f64>,
    /// The value of the policy that maximises each episode's own return (discount 0 from an episode to the next), at index m. Among
    /// equal actions it takes the first of up, right, down, left.
    pub myopic: Vec<f64>,
}

/// Episodes left (this one included), cell, possible goal cells as bits, steps left.
type Place = (u32, usize, u64, usize);

/// Longest block, and most places that are visited.
const MOST_EPISODES: usize = 200;
const MOST_PLACES: usize = 20_000_000;

/// A later action must be better by this much to be preferred.
const SLACK: f64 = 1e-12;

impl GridSearch {
    /// A grid of `width × width` cells and episodes of `steps` steps.
    ///
    /// # Errors
    /// A width that is not from 2 to 4, steps that are not from 1 to 16, or an exit that is off the grid, the start, or pays more
    /// than 1.
    pub fn new(width: usize, steps: usize, exit: Option<SafeExit>) -> Result<GridSearch> {
        if !(2..=4).contains(&width) {
            return Err(Error::Parameter { name: "width", value: width as f64, expected: "from 2 to 4" });
        }
        if !(1..=16).contains(&steps) {
            return Err(Error::Parameter { name: "steps", value: steps as f64, expected: "from 1 to 16" });
        }
        if let Some(SafeExit { cell: (row, column), reward }) = exit {
            check_probability("safe reward", reward)?;
            if row >= width || column >= width || (row, column) == (0, 0) {
                let value = (row * width + column) as f64;
                return Err(Error::Parameter { name: "safe cell", value, expected: "on the grid and not the start" });
            }
        }
        Ok(GridSearch { width, steps, exit })
    }

    /// Optimal and myopic values of blocks of up to `episodes` episodes. Without structure (a new goal in every episode) a block is
    /// worth m times the optimal value of one episode.
    ///
    /// # Errors
    /// More than 200 episodes, or more than 20 million beliefs to visit.
    pub fn values(&self, episodes: usize) -> Result<SearchValues> {
        if episodes > MOST_EPISODES {
            let (value, expected) = (episodes as f64, "at most 200");
            return Err(Error::Parameter { name: "episodes", value, expected });
        }
        let mut optimal = Search { grid: self, memo: HashMap::new() };
        let mut own = Search { grid: self, memo: HashMap::new() };
        let mut greedy = Search { grid: self, memo: HashMap::new() };
        let blocks = 0..=episodes as u32;
        let found = SearchValues {
            optimal: blocks.clone().map(|m| optimal.best(self.start(m, self.candidates()))).collect(),
            myopic: blocks.map(|m| greedy.follow(self.start(m, self.candidates()), &mut own)).collect(),
        };
        if [&optimal, &own, &greedy].iter().any(|search| search.memo.len() >= MOST_PLACES) {
            let reason =
                format!("there are more than {MOST_PLACES} beliefs and places; take fewer cells, steps or episodes");
            return Err(Error::NotApplicable { method: "the search of a hidden goal", reason });
        }
        Ok(found)
    }

    fn exit(&self) -> Option<usize> {
        self.exit.map(|exit| exit.cell.0 * self.width + exit.cell.1)
    }

    fn candidates(&self) -> u64 {
        (1..self.width * self.width).filter(|&cell| Some(cell) != self.exit()).fold(0, |mask, cell| mask | 1 << cell)
    }

    fn start(&self, episodes: u32, candidates: u64) -> Place {
        (episodes, 0, candidates, self.steps)
    }

    /// The cells that up, right, down and left lead to; at the border one stays.
    fn neighbours(&self, cell: usize) -> [usize; 4] {
        let (w, row, column) = (self.width, cell / self.width, cell % self.width);
        [
            if row > 0 { cell - w } else { cell },
            if column + 1 < w { cell + 1 } else { cell },
            if row + 1 < w { cell + w } else { cell },
            if column > 0 { cell - 1 } else { cell },
        ]
    }

    /// The value of entering `to`: `then` is the value of a place, and an episode with known goal is worth 1.
    fn enter(&self, (episodes, _, mask, steps): Place, to: usize, then: &mut impl FnMut(Place) -> f64) -> f64 {
        if Some(to) == self.exit() {
            let reward = self.exit.map_or(0.0, |exit| exit.reward);
            return reward + then(self.start(episodes - 1, mask));
        }
        let mut after = |mask: u64| {
            let next = if steps > 1 { (episodes, to, mask, steps - 1) } else { self.start(episodes - 1, mask) };
            then(next)
        };
        if mask >> to & 1 == 0 {
            return after(mask);
        }
        let (rest, found) = (mask & !(1 << to), 1.0 / f64::from(mask.count_ones()));
        // The goal was reached within an episode, so it can be in each that follows.
        let elsewhere = if rest == 0 { 0.0 } else { after(rest) };
        found * f64::from(episodes) + (1.0 - found) * elsewhere
    }
}

struct Search<'a> {
    grid: &'a GridSearch,
    memo: HashMap<Place, f64>,
}

impl Search<'_> {
    /// The optimal value.
    fn best(&mut self, place: Place) -> f64 {
        if place.0 == 0 || self.memo.len() >= MOST_PLACES {
            return 0.0;
        }
        if let Some(&value) = self.memo.get(&place) {
            return value;
        }
        let grid = self.grid;
        let enter = |to| grid.enter(place, to, &mut |next| self.best(next));
        let value = grid.neighbours(place.1).map(enter).into_iter().fold(f64::NEG_INFINITY, f64::max);
        self.memo.insert(place, value);
        value
    }

    /// The value of taking, in each place, the action that is best for the episode, by `own`.
    fn follow(&mut self, place: Place, own: &mut Search) -> f64 {
        if place.0 == 0 || self.memo.len() >= MOST_PLACES {
            return 0.0;
        }
        if let Some(&value) = self.memo.get(&place) {
            return value;
        }
        let grid = self.grid;
        let single = (1, place.1, place.2, place.3);
        let values = grid.neighbours(place.1).map(|to| grid.enter(single, to, &mut |next| own.best(next)));
        let mut chosen = 0;
        for action in 1..values.len() {
            if values[action] > values[chosen] + SLACK {
                chosen = action;
            }
        }
        let to = grid.neighbours(place.1)[chosen];
        let value = grid.enter(place, to, &mut |next| self.follow(next, own));
        self.memo.insert(place, value);
        value
    }
}
