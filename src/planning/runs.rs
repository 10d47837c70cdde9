//! How a table is cut for sweeps: into runs of about [`CHUNK`] branches, of one row length each where the table allows.
//!
//! The cuts depend on the table alone. A stretch of states whose rows all have the same length `1..=`[`LONGEST`] becomes runs of
//! its own, for the loops of [`uniform_rows`](super::uniform_rows), if it is worth a task; what lies between is swept by loops
//! for rows of any length. A terminal state has no row and fits everywhere.

use super::uniform_rows::LONGEST;
use crate::mdp::Mdp;

/// Branches per parallel task, about: 200 kB of the table, some 20 microseconds.
const CHUNK: usize = 1 << 14;

/// What a stretch of uniform rows must weigh for a run of its own: a task more costs a small part of its sweep.
const SMALLEST: usize = 1 << 10;

/// Run `i` is the states `cuts[i]..cuts[i + 1]`; all its rows have the length `row_lengths[i]`, which is 0 if there is no such.
#[derive(Debug, Clone)]
pub(super) struct Runs {
    pub cuts: Vec<u32>,
    pub row_lengths: Vec<u8>,
    /// How many branches one row a state makes in the uniform runs before run `i`; their number at the end.
    pub rows: Vec<usize>,
}

impl Runs {
    /// Cuts the table. Cost `O(C)`.
    pub fn new(mdp: &Mdp) -> Runs {
        let states = mdp.num_states();
        let mut runs = Runs { cuts: vec![0], row_lengths: Vec::new(), rows: vec![0] };
        // The stretch that ends at `s`, and where what comes before it and has no run yet begins.
        let (mut pending, mut begin, mut length) = (0, 0, ANY);
        for s in 0..states {
            let here = row_length(mdp, s);
            if here == length || here == ANY {
                continue;
            }
            if length != ANY {
                if length != MIXED && weight(mdp, begin, s) >= SMALLEST {
                    runs.push(mdp, pending, begin, 0);
                    runs.push(mdp, begin, s, length);
                    pending = s;
                }
                begin = s;
            }
            length = here;
        }
        if length != ANY && length != MIXED && weight(mdp, begin, states) >= SMALLEST.min(weight(mdp, 0, states)) {
            runs.push(mdp, pending, begin, 0);
            runs.push(mdp, begin, states, length);
        } else {
            runs.push(mdp, pending, states, 0);
        }
        runs
    }

    /// Appends the states `begin..end`, in runs of about [`CHUNK`].
    fn push(&mut self, mdp: &Mdp, mut begin: usize, end: usize, row_length: u8) {
        while begin < end {
            // The smallest `cut` that weighs enough.
            let (mut low, mut high) = (begin + 1, end);
            while low < high {
                let middle = low + (high - low) / 2;
                (low, high) = if weight(mdp, begin, middle) < CHUNK { (middle + 1, high) } else { (low, middle) };
            }
            self.cuts.push(low as u32);
            self.row_lengths.push(row_length);
            self.rows.push(self.rows[self.rows.len() - 1] + usize::from(row_length) * (low - begin));
            begin = low;
        }
    }
}

/// Length of a state without rows.
const ANY: u8 = u8::MAX;

/// Length of rows that differ or are long.
const MIXED: u8 = 0;

/// The length of all rows of state `s`.
fn row_length(mdp: &Mdp, s: usize) -> u8 {
    let choices = mdp.choices(s);
    if choices.is_empty() {
        return ANY;
    }
    let ends = &mdp.branch_starts()[choices.start..=choices.end];
    let length = ends[1] - ends[0];
    let same = ends.windows(2).all(|pair| pair[1] - pair[0] == length);
    if same && (1..=LONGEST as u32).contains(&length) { length as u8 } else { MIXED }
}

/// What a sweep of the states `begin..end` costs: their branches, and the states themselves, since terminal ones are work too.
fn weight(mdp: &Mdp, begin: usize, end: usize) -> usize {
    let (choices, branches) = (mdp.choice_starts(), mdp.branch_starts());
    (branches[choices[end] as usize] - branches[choices[begin] as usize]) as usize + end - begin
}
