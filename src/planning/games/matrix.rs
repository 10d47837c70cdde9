//! Matrix games: value and optimal strategies of both players by linear programming, with a duality gap that proves
//! them.
//!
//! For any `x`, `y` in the simplices, `min_j (xᵀM)_j ≤ val(M) ≤ max_i (M y)_i`; the difference is the duality gap, 0
//! for optimal ones (von Neumann 1928). A saddle point in pure strategies is looked for first: it is exact, and in most
//! states of a Markov game it is there. Otherwise `M` is mapped to `B = 1 + (M − min M) / (max M − min M)`, in `[1,
//! 2]`, and `max Σ y, B y ≤ 1, y ≥ 0` is solved by pivots (`simplex`), whose duals are the row player's strategy.

use ndarray::ArrayView2;
use serde::Serialize;

use super::simplex::Simplex;
use crate::numeric::directed::{add_down, add_up, mul_up, rounding_factor};
use crate::{Error, Result};

/// Entries may be this large, so that no sum leaves the range of 64-bit numbers.
const LARGEST: f64 = 1e300;

/// Value and strategies of a matrix game.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MatrixSolution {
    /// The value, the middle of the bounds.
    pub value: f64,
    /// Certified lower bound: `row_strategy` (scaled to sum to one exactly) wins at least this, whatever the column
    /// player does.
    pub lower: f64,
    /// Certified upper bound: `column_strategy` pays at most this.
    pub upper: f64,
    /// An optimal strategy of the row player, `[m]`.
    pub row_strategy: Vec<f64>,
    /// An optimal strategy of the column player, `[n]`.
    pub column_strategy: Vec<f64>,
    /// Pivots of the simplex method; 0 where there is a saddle point in pure strategies.
    pub pivots: usize,
}

impl MatrixSolution {
    /// `upper − lower`: at least `max_i (M y)_i − min_j (xᵀM)_j`, rounding included; 0 at a pure saddle point.
    pub fn duality_gap(&self) -> f64 {
        self.upper - self.lower
    }
}

/// Solves the game in which the row player receives `payoffs[[i, j]]` from the column player.
///
/// # Errors
/// [`Error::NotApplicable`] for a matrix without rows or columns, or an entry that is no finite number of magnitude at
/// most 1e300.
pub fn solve_matrix(payoffs: ArrayView2<f64>) -> Result<MatrixSolution> {
    let (rows, columns) = payoffs.dim();
    let entries: Vec<f64> = payoffs.iter().copied().collect();
    let mut solver = MatrixSolver::default();
    let MatrixValue { value, lower, upper, pivots } = solver.solve(rows, columns, &entries)?;
    Ok(MatrixSolution { value, lower, upper, row_strategy: solver.row, column_strategy: solver.column, pivots })
}

/// What [`MatrixSolver::solve`] returns; the fields are those of [`MatrixSolution`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MatrixValue {
    /// The value, the middle of the bounds.
    pub value: f64,
    /// Certified lower bound.
    pub lower: f64,
    /// Certified upper bound.
    pub upper: f64,
    /// Pivots; 0 at a pure saddle point.
    pub pivots: usize,
}

/// Solves one matrix game after another without allocating, once it has seen the largest.
#[derive(Debug, Clone, Default)]
pub struct MatrixSolver {
    simplex: Simplex,
    positive: Vec<f64>,
    row: Vec<f64>,
    column: Vec<f64>,
}

impl MatrixSolver {
    /// The row player's strategy of the last game, `[m]`.
    pub fn row_strategy(&self) -> &[f64] {
        &self.row
    }

    /// The column player's strategy of the last game, `[n]`.
    pub fn column_strategy(&self) -> &[f64] {
        &self.column
    }

    /// Solves the game with these payoffs to the row player, `[m · n]`, row by row. Cost: `O(m n)` a pivot, usually
    /// fewer than `m + n` of them.
    ///
    /// # Errors
    /// As [`solve_matrix`].
    pub fn solve(&mut self, rows: usize, columns: usize, payoffs: &[f64]) -> Result<MatrixValue> {
        check(rows, columns, payoffs)?;
        self.row.clear();
        self.row.resize(rows, 0.0);
        self.column.clear();
        self.column.resize(columns, 0.0);
        if let Some((i, j)) = saddle(rows, columns, payoffs) {
            (self.row[i], self.column[j]) = (1.0, 1.0);
            let value = payoffs[i * columns + j];
            return Ok(MatrixValue { value, lower: value, upper: value, pivots: 0 });
        }
        let (low, high) = payoffs.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &x| (l.min(x), h.max(x)));
        self.positive.clear();
        self.positive.extend(payoffs.iter().map(|x| 1.0 + (x - low) / (high - low)));
        let pivots = self.simplex.solve(rows, columns, &self.positive);
        self.simplex.read(&self.positive, 2, &mut self.column, &mut self.row);
        normalise(&mut self.row);
        normalise(&mut self.column);
        let (least, most) = (self.least(columns, payoffs), self.most(columns, payoffs));
        let error = expectation_error(rows.max(columns), low.abs().max(high.abs()));
        let value = 0.5 * least + 0.5 * most;
        Ok(MatrixValue { value, lower: add_down(least, -error), upper: add_up(most, error), pivots })
    }

    /// `min_j (xᵀM)_j`, as computed.
    fn least(&mut self, columns: usize, payoffs: &[f64]) -> f64 {
        let sums = &mut self.positive;
        sums.clear();
        sums.resize(columns, 0.0);
        for (row, &x) in payoffs.chunks_exact(columns).zip(&self.row).filter(|(_, x)| **x != 0.0) {
            sums.iter_mut().zip(row).for_each(|(sum, m)| *sum += x * m);
        }
        sums.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// `max_i (M y)_i`, as computed.
    fn most(&self, columns: usize, payoffs: &[f64]) -> f64 {
        let expected = |row: &[f64]| row.iter().zip(&self.column).map(|(m, y)| m * y).sum::<f64>();
        payoffs.chunks_exact(columns).map(expected).fold(f64::NEG_INFINITY, f64::max)
    }
}

/// How far the computed expectation of numbers up to `size` under `n` normalised weights is from that under the weights
/// scaled to sum to one exactly: the weights' sum, the products and the sum round `n` times each at most, and a product
/// that underflows is off by the smallest number there is at most.
fn expectation_error(n: usize, size: f64) -> f64 {
    add_up(mul_up(rounding_factor(3 * n + 4), size), (n + 1) as f64 * f64::from_bits(1))
}

/// Makes weights a distribution: negative ones are rounding, and become 0.
fn normalise(weights: &mut [f64]) {
    weights.iter_mut().for_each(|w| *w = w.max(0.0));
    let sum: f64 = weights.iter().sum();
    let even = 1.0 / weights.len() as f64;
    // Without any weight, which only numbers beyond repair can cause, anything is as good; the bounds will tell.
    weights.iter_mut().for_each(|w| *w = if sum > 0.0 && sum.is_finite() { *w / sum } else { even });
}

/// A row and a column whose entry is the least of its row and the largest of its column; the first of several.
fn saddle(rows: usize, columns: usize, payoffs: &[f64]) -> Option<(usize, usize)> {
    let least = |i: usize| payoffs[i * columns..][..columns].iter().copied().fold(f64::INFINITY, f64::min);
    let most = |j: usize| (0..rows).map(|i| payoffs[i * columns + j]).fold(f64::NEG_INFINITY, f64::max);
    let first_best = |of: &dyn Fn(usize) -> f64, n: usize| {
        let mut best = (0, of(0));
        for k in 1..n {
            let x = of(k);
            if x > best.1 {
                best = (k, x);
            }
        }
        best
    };
    let (i, guaranteed) = first_best(&least, rows);
    let (j, paid) = first_best(&|j| -most(j), columns);
    (guaranteed == -paid).then_some((i, j))
}

fn check(rows: usize, columns: usize, payoffs: &[f64]) -> Result<()> {
    let refused = |reason: String| Err(Error::NotApplicable { method: "a matrix game", reason });
    if rows == 0 || columns == 0 {
        return refused(format!("the matrix has {rows} rows and {columns} columns; at least one of each is needed"));
    }
    if payoffs.len() != rows * columns {
        return refused(format!("{} entries do not make {rows} rows of {columns}", payoffs.len()));
    }
    match payoffs.iter().position(|x| x.is_nan() || x.abs() > LARGEST) {
        Some(k) => refused(format!(
            "entry {:?} in row {}, column {} (counted from 1) is not a number of magnitude at most {LARGEST:e}",
            payoffs[k],
            k / columns + 1,
            k % columns + 1
        )),
        None => Ok(()),
    }
}
