//! Grids to walk on: stay, right, down, left, up; a move into a wall or off the grid stays.

use tabrl::mdp::{GridMap, Mdp, MdpBuilder};
use tabrl::submodular::Problem;
use tabrl::submodular::function::{AnyFunction, Coverage, Items};

use super::NamedWalk;
use crate::Result;

/// The free cells of a grid, numbered row by row, and where a walk starts.
pub(super) struct Ground {
    rows: usize,
    columns: usize,
    /// The state of each cell, if it is free.
    state: Vec<Option<usize>>,
    cells: Vec<(usize, usize)>,
    start: usize,
}

impl Ground {
    pub(super) fn new(
        rows: usize,
        columns: usize,
        start: (usize, usize),
        free: impl Fn(usize, usize) -> bool,
    ) -> Ground {
        let (mut state, mut cells) = (Vec::new(), Vec::new());
        for (r, c) in (0..rows).flat_map(|r| (0..columns).map(move |c| (r, c))) {
            state.push(free(r, c).then_some(cells.len()));
            if free(r, c) {
                cells.push((r, c));
            }
        }
        let start = cells.iter().position(|&cell| cell == start).unwrap_or(0);
        Ground { rows, columns, state, cells, start }
    }

    pub(super) fn open(rows: usize, columns: usize, start: (usize, usize)) -> Ground {
        Ground::new(rows, columns, start, |_, _| true)
    }

    pub(super) fn states(&self) -> usize {
        self.cells.len()
    }

    fn at(&self, r: usize, c: usize) -> Option<usize> {
        (r < self.rows && c < self.columns).then(|| self.state[r * self.columns + c]).flatten()
    }

    /// The table; with probability `slip` a uniform action takes the place of the one chosen.
    fn table(&self, slip: f64) -> Result<Mdp> {
        let mut builder = MdpBuilder::new(self.states());
        for (s, &(r, c)) in self.cells.iter().enumerate() {
            let targets = [
                Some(s),
                self.at(r, c + 1),
                self.at(r + 1, c),
                c.checked_sub(1).and_then(|c| self.at(r, c)),
                r.checked_sub(1).and_then(|r| self.at(r, c)),
            ]
            .map(|target| target.unwrap_or(s));
            for (a, &target) in targets.iter().enumerate() {
                let mut row = vec![(1.0 - slip, target, 0.0)];
                row.extend(targets.iter().filter(|_| slip > 0.0).map(|&t| (slip / 5.0, t, 0.0)));
                builder.choice(s, a, &row);
            }
        }
        builder.initial(self.start, 1.0);
        Ok(builder.build()?)
    }

    pub(super) fn walk(self, horizon: usize, slip: f64, function: AnyFunction, worth: Vec<f64>) -> Result<NamedWalk> {
        let problem = Problem::new(self.table(slip)?, horizon, function)?;
        let tile = |r: usize, c: usize| match self.at(r, c) {
            None => '#',
            Some(s) if s == self.start => 'S',
            Some(_) => '.',
        };
        let rows = (0..self.rows).map(|r| (0..self.columns).map(|c| tile(r, c)).collect()).collect();
        Ok(NamedWalk { problem, map: Some(GridMap { rows }), cells: self.cells, worth, bandit: None })
    }

    /// Coverage with the footprint of the paper's grids: the cell itself and the ones right of it, below it, and between these, as far as
    /// they are free.
    pub(super) fn coverage(self, horizon: usize, slip: f64, weights: Vec<f64>) -> Result<NamedWalk> {
        let block = |&(r, c): &(usize, usize)| {
            [(r, c), (r, c + 1), (r + 1, c), (r + 1, c + 1)].into_iter().filter_map(|(r, c)| self.at(r, c)).collect()
        };
        let function = Coverage::new(self.cells.iter().map(block).collect(), weights.clone())?;
        self.walk(horizon, slip, AnyFunction::Coverage(function), weights)
    }

    pub(super) fn items(
        self,
        horizon: usize,
        slip: f64,
        group: Vec<Option<usize>>,
        demand: Vec<u32>,
    ) -> Result<NamedWalk> {
        let worth = group.iter().map(|k| k.map_or(0.0, |k| k as f64 + 1.0)).collect();
        self.walk(horizon, slip, AnyFunction::Items(Items::new(group, demand)?), worth)
    }
}
