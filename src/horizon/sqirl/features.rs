//! What a regression oracle sees of a state: a vector of numbers.

use crate::mdp::{Cell, GridMap, Mdp};
use crate::{Error, Result};

/// A feature vector for every state of a table, shape `[S, d]`; only what is not zero is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    width: usize,
    /// Where the entries of each state begin, `[S + 1]`.
    starts: Vec<usize>,
    /// Column and value of what is not zero, by state and then by column.
    entries: Vec<(u32, f64)>,
}

impl Features {
    /// Features from rows of equal width, one for each state in order.
    ///
    /// # Errors
    /// No feature at all, a row of another width, or a number that is not finite (the row is named).
    pub fn from_rows(rows: &[Vec<f64>]) -> Result<Features> {
        let width = rows.first().map_or(0, Vec::len);
        if width == 0 {
            return Err(Error::Parameter { name: "features", value: 0.0, expected: "at least one for each state" });
        }
        if let Some((s, row)) = rows.iter().enumerate().find(|(_, row)| row.len() != width) {
            let what = format!("the features of state {s}");
            return Err(Error::Shape { what, found: vec![row.len()], expected: vec![width] });
        }
        if let Some(&value) = rows.iter().flatten().find(|x| !x.is_finite()) {
            return Err(Error::Parameter { name: "feature", value, expected: "a finite number" });
        }
        Ok(Features::from_entries(width, rows.iter().map(|row| (0..).zip(row.iter().copied()).collect())))
    }

    /// Features from the entries of each state, by ascending column.
    fn from_entries(width: usize, rows: impl Iterator<Item = Vec<(u32, f64)>>) -> Features {
        let (mut starts, mut entries) = (vec![0], Vec::new());
        for row in rows {
            entries.extend(row.into_iter().filter(|&(_, x)| x != 0.0));
            starts.push(entries.len());
        }
        Features { width, starts, entries }
    }

    /// One indicator for each state: spans the same functions as a table.
    pub fn one_hot(states: usize) -> Features {
        Features::from_entries(states, (0..states as u32).map(|s| vec![(s, 1.0)]))
    }

    /// A constant, the row and the column, the latter scaled to [0, 1]. `cells` `[S]` say where each state is; those without a cell
    /// (terminal copies, say) have zeros.
    pub fn coordinates(map: &GridMap, cells: &[Option<Cell>]) -> Features {
        let (height, breadth) = extent(map);
        let scale = |x: usize, n: usize| if n > 1 { x as f64 / (n - 1) as f64 } else { 0.0 };
        let row = |cell: &Option<Cell>| match *cell {
            Some(Cell { row, column }) => {
                vec![(0, 1.0), (1, scale(row, height)), (2, scale(column, breadth))]
            }
            None => Vec::new(),
        };
        Features::from_entries(3, cells.iter().map(row))
    }

    /// An indicator for each square tile of `size` × `size` cells.
    ///
    /// # Errors
    /// A size of 0.
    pub fn tiles(map: &GridMap, cells: &[Option<Cell>], size: usize) -> Result<Features> {
        if size == 0 {
            return Err(Error::Parameter { name: "size", value: 0.0, expected: "at least 1" });
        }
        let (height, breadth) = extent(map);
        let across = breadth.div_ceil(size);
        let width = height.div_ceil(size) * across;
        let row = |cell: &Option<Cell>| match *cell {
            Some(Cell { row, column }) => vec![((row / size * across + column / size) as u32, 1.0)],
            None => Vec::new(),
        };
        Ok(Features::from_entries(width, cells.iter().map(row)))
    }

    /// Numbers that stand for one of several kinds, such as the object, colour and state of each cell in a full view of a
    /// gridworld, as indicators: one for each value that occurs in each place, none for places that never differ. `codes` has
    /// one list of the same length for each state. This is the papers' full-grid encoding when `codes` are full views.
    ///
    /// # Errors
    /// Lists of different lengths (the state is named).
    pub fn indicators(codes: &[Vec<u32>]) -> Result<Features> {
        let places = codes.first().map_or(0, Vec::len);
        if let Some((s, row)) = codes.iter().enumerate().find(|(_, row)| row.len() != places) {
            let what = format!("the codes of state {s}");
            return Err(Error::Shape { what, found: vec![row.len()], expected: vec![places] });
        }
        // Column 0 is the constant; the values of a place follow each other.
        let (mut rows, mut width) = (vec![vec![(0, 1.0)]; codes.len()], 1);
        for place in 0..places {
            let mut values: Vec<u32> = codes.iter().map(|row| row[place]).collect();
            values.sort_unstable();
            values.dedup();
            if values.len() > 1 {
                for (row, codes) in rows.iter_mut().zip(codes) {
                    let rank = values.partition_point(|&value| value < codes[place]);
                    row.push(((width + rank) as u32, 1.0));
                }
                width += values.len();
            }
        }
        Ok(Features::from_entries(width, rows.into_iter()))
    }

    /// Number of features `d`.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of states.
    pub fn num_states(&self) -> usize {
        self.starts.len() - 1
    }

    /// The features of state `s` that are not zero, as (column, value) by ascending column.
    #[inline]
    pub fn of(&self, s: usize) -> &[(u32, f64)] {
        &self.entries[self.starts[s]..self.starts[s + 1]]
    }

    /// Whether there is a row for each state of `mdp`.
    pub(super) fn check(&self, mdp: &Mdp) -> Result<()> {
        let (found, expected) = (self.num_states(), mdp.num_states());
        if found == expected {
            return Ok(());
        }
        Err(Error::Shape {
            what: "features".into(),
            found: vec![found, self.width],
            expected: vec![expected, self.width],
        })
    }
}

fn extent(map: &GridMap) -> (usize, usize) {
    (map.rows.len(), map.rows.iter().map(Vec::len).max().unwrap_or(0))
}

/// The state and the action of every choice, `[C]`.
pub(super) fn pairs(mdp: &Mdp) -> Vec<(u32, u32)> {
    (0..mdp.num_states()).flat_map(|s| mdp.choices(s).map(move |c| (s as u32, mdp.action_of(s, c) as u32))).collect()
}
