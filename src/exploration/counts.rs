//! What was seen: visits, rewards and successors of each choice, by step of the episode or pooled over the steps.
//!
//! ```text
//! n_h(s, a)   visits        r̂ = (Σ r) / n        p̂_h(s' | s, a) = n_h(s, a, s') / n_h(s, a)
//! ```
//! An MDP whose law does not depend on the step may be learnt with pooled counts (`n = Σ_h n_h`), which is what explains
//! differences of several times between published regrets; every result says which was used.

use smallvec::SmallVec;

use crate::learning::Value;

/// Whether visits at different steps of an episode are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counting {
    /// One set of counts: the law is the same at every step.
    Pooled,
    /// A set of counts for each step of the episode.
    Staged,
}

impl Value for Counting {
    fn read(text: &str) -> Option<Counting> {
        match text.trim() {
            "pooled" => Some(Counting::Pooled),
            "staged" => Some(Counting::Staged),
            _ => None,
        }
    }

    fn write(self) -> String {
        match self {
            Counting::Pooled => "pooled".into(),
            Counting::Staged => "staged".into(),
        }
    }
}

/// Visits of each choice and what followed them. Memory grows with what was seen.
#[derive(Debug, Clone)]
pub struct Counts {
    counting: Counting,
    choices: usize,
    rows: Vec<Row>,
}

#[derive(Debug, Clone, Default)]
struct Row {
    visits: u32,
    rewards: f64,
    squares: f64,
    successors: SmallVec<[(u32, u32); 3]>,
}

impl Counts {
    /// Nothing seen yet, of a table with `choices` choices over `horizon` steps.
    pub fn new(counting: Counting, choices: usize, horizon: usize) -> Counts {
        let sets = match counting {
            Counting::Pooled => 1,
            Counting::Staged => horizon,
        };
        Counts { counting, choices, rows: vec![Row::default(); sets * choices] }
    }

    /// How visits are counted.
    pub fn counting(&self) -> Counting {
        self.counting
    }

    /// Index of the row of `choice` at step `stage`: in `0..C` pooled, in `0..H·C` staged.
    #[inline]
    pub fn row(&self, stage: usize, choice: usize) -> usize {
        match self.counting {
            Counting::Pooled => choice,
            Counting::Staged => stage * self.choices + choice,
        }
    }

    /// Number of rows.
    pub fn num_rows(&self) -> usize {
        self.rows.len()
    }

    /// Adds a step to a row.
    #[inline]
    pub fn add(&mut self, row: usize, reward: f64, next: usize) {
        let row = &mut self.rows[row];
        row.visits += 1;
        row.rewards += reward;
        row.squares += reward * reward;
        match row.successors.iter_mut().find(|(s, _)| *s == next as u32) {
            Some((_, n)) => *n += 1,
            None => row.successors.push((next as u32, 1)),
        }
    }

    /// `n`.
    #[inline]
    pub fn visits(&self, row: usize) -> u32 {
        self.rows[row].visits
    }

    /// `r̂` of a row that was visited.
    #[inline]
    pub fn mean_reward(&self, row: usize) -> f64 {
        self.rows[row].rewards / f64::from(self.rows[row].visits)
    }

    /// `Σ (r − r̂)² / n` of a row that was visited.
    #[inline]
    pub fn reward_variance(&self, row: usize) -> f64 {
        let mean = self.mean_reward(row);
        (self.rows[row].squares / f64::from(self.rows[row].visits) - mean * mean).max(0.0)
    }

    /// The successors of a row with their counts, in the order in which they were first seen.
    #[inline]
    pub fn successors(&self, row: usize) -> &[(u32, u32)] {
        &self.rows[row].successors
    }

    /// `p̂ · v` of a row that was visited; `v` is `[S]`.
    #[inline]
    pub fn expect(&self, row: usize, v: &[f64]) -> f64 {
        let row = &self.rows[row];
        let sum: f64 = row.successors.iter().map(|&(s, n)| f64::from(n) * v[s as usize]).sum();
        sum / f64::from(row.visits)
    }

    /// `Var_p̂(v) = p̂ · v² − (p̂ · v)²` of a row that was visited.
    #[inline]
    pub fn variance(&self, row: usize, v: &[f64]) -> f64 {
        let mean = self.expect(row, v);
        let row = &self.rows[row];
        let square = |x: f64| x * x;
        let sum: f64 = row.successors.iter().map(|&(s, n)| f64::from(n) * square(v[s as usize] - mean)).sum();
        sum / f64::from(row.visits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_what_was_added() {
        let mut counts = Counts::new(Counting::Staged, 2, 3);
        let row = counts.row(2, 1);
        assert_eq!((row, counts.num_rows()), (5, 6));
        for (reward, next) in [(1.0, 0), (0.0, 2), (1.0, 2), (0.0, 2)] {
            counts.add(row, reward, next);
        }
        let v = [4.0, f64::NAN, 8.0];
        assert_eq!((counts.visits(row), counts.mean_reward(row), counts.reward_variance(row)), (4, 0.5, 0.25));
        assert_eq!((counts.expect(row, &v), counts.variance(row, &v)), (7.0, 3.0));
        assert_eq!(counts.successors(row), [(0, 1), (2, 3)]);
        assert_eq!(Counts::new(Counting::Pooled, 2, 3).row(2, 1), 1);
    }
}
