//! The simplex method for `max Σ_j y_j` over `B y ≤ 1`, `y ≥ 0` with all `B > 0`, which is a matrix game: `y = 0` is
//! feasible, so there is no first phase, and `Σ y = 1 / val(B)` is bounded (Dantzig 1951; Chvátal 1983, chapter 15).
//!
//! A condensed tableau (dictionary) is kept: basic variables as affine functions of the others,
//! ```text
//! basic_p = t[p][n] − Σ_q t[p][q] nonbasic_q        Σ y = −t[m][n] + Σ_q t[m][q] nonbasic_q
//! ```
//! and its optimal reduced costs are the dual solution `x`. The variable that enters has the largest reduced cost;
//! after as many steps without progress as there are variables, the lowest index enters and leaves (Bland 1977) until
//! there is some, so that in exact arithmetic no basis is met twice. What rounding did is judged by the caller, who
//! holds `B`.

/// Reduced costs, pivots and steps up to this size are taken for 0; the entries of `B` are of the order of one.
const TINY: f64 = 1e-12;

/// Room for one program at a time; nothing is allocated once it is large enough.
#[derive(Debug, Clone, Default)]
pub(super) struct Simplex {
    rows: usize,
    columns: usize,
    /// `[(m + 1) (n + 1)]`, the objective last.
    tableau: Vec<f64>,
    /// The variable of each row: `j < n` is `y_j`, `n + i` is the slack of row `i`. `[m]`.
    basic: Vec<usize>,
    /// The variable of each column, `[n]`.
    nonbasic: Vec<usize>,
    residual: Vec<f64>,
}

impl Simplex {
    /// Solves for `b`, `[m · n]`, row by row; how many pivots that took.
    pub fn solve(&mut self, rows: usize, columns: usize, b: &[f64]) -> usize {
        (self.rows, self.columns) = (rows, columns);
        self.tableau.clear();
        for row in b.chunks_exact(columns) {
            self.tableau.extend_from_slice(row);
            self.tableau.push(1.0);
        }
        self.tableau.resize((rows + 1) * (columns + 1) - 1, 1.0);
        self.tableau.push(0.0);
        self.basic.clear();
        self.basic.extend(columns..columns + rows);
        self.nonbasic.clear();
        self.nonbasic.extend(0..columns);
        // Far beyond what pivoting takes; ends a cycle that rounding may cause.
        let most = 1000 + 50 * (rows + columns);
        let (mut pivots, mut idle) = (0, 0);
        while pivots < most {
            let careful = idle > rows + columns;
            let Some(entering) = self.entering(careful) else { break };
            let Some((leaving, step)) = self.leaving(entering, careful) else { break };
            self.pivot(leaving, entering);
            pivots += 1;
            idle = if step > TINY { 0 } else { idle + 1 };
        }
        pivots
    }

    #[inline]
    fn at(&self, p: usize, q: usize) -> f64 {
        self.tableau[p * (self.columns + 1) + q]
    }

    /// The column that enters the basis; none at an optimum.
    fn entering(&self, careful: bool) -> Option<usize> {
        let costs = &self.tableau[self.rows * (self.columns + 1)..][..self.columns];
        let positive = (0..self.columns).filter(|&q| costs[q] > TINY);
        if careful {
            positive.min_by_key(|&q| self.nonbasic[q])
        } else {
            positive.reduce(|best, q| if costs[q] > costs[best] { q } else { best })
        }
    }

    /// The row that leaves the basis, and how far the entering variable rises.
    fn leaving(&self, entering: usize, careful: bool) -> Option<(usize, f64)> {
        let mut best: Option<(usize, f64)> = None;
        for p in 0..self.rows {
            let pivot = self.at(p, entering);
            if pivot <= TINY {
                continue;
            }
            let step = self.at(p, self.columns).max(0.0) / pivot;
            let better = best.is_none_or(|(held, shortest)| {
                if (step - shortest).abs() > TINY {
                    step < shortest
                } else if careful {
                    self.basic[p] < self.basic[held]
                } else {
                    pivot > self.at(held, entering) // the larger divisor rounds less
                }
            });
            if better {
                best = Some((p, step));
            }
        }
        best
    }

    fn pivot(&mut self, leaving: usize, entering: usize) {
        let width = self.columns + 1;
        let divisor = self.at(leaving, entering);
        let (above, rest) = self.tableau.split_at_mut(leaving * width);
        let (row, below) = rest.split_at_mut(width);
        row.iter_mut().for_each(|x| *x /= divisor);
        row[entering] = 1.0 / divisor;
        for other in above.chunks_exact_mut(width).chain(below.chunks_exact_mut(width)) {
            let factor = other[entering];
            if factor == 0.0 {
                continue;
            }
            other[entering] = 0.0;
            for (x, pivot_row) in other.iter_mut().zip(row.iter()) {
                *x -= factor * pivot_row;
            }
        }
        std::mem::swap(&mut self.basic[leaving], &mut self.nonbasic[entering]);
    }

    /// Writes the primal `y`, `[n]`, and the dual `x`, `[m]`, after `corrections` steps of iterative refinement: the
    /// block of the tableau between the columns `J` and the rows `I` in use is the inverse of `B_IJ`, and turns
    /// residuals into corrections.
    pub fn read(&mut self, b: &[f64], corrections: usize, y: &mut [f64], x: &mut [f64]) {
        let (m, n) = (self.rows, self.columns);
        y.fill(0.0);
        x.fill(0.0);
        for p in 0..m {
            if self.basic[p] < n {
                y[self.basic[p]] = self.at(p, n);
            }
        }
        for q in 0..n {
            if self.nonbasic[q] >= n {
                x[self.nonbasic[q] - n] = -self.at(m, q);
            }
        }
        for _ in 0..corrections {
            self.residual.clear();
            self.residual.extend(b.chunks_exact(n).map(|row| 1.0 - dot(row, y)));
            for p in (0..m).filter(|&p| self.basic[p] < n) {
                let used = (0..n).filter(|&q| self.nonbasic[q] >= n);
                let correction: f64 = used.map(|q| self.at(p, q) * self.residual[self.nonbasic[q] - n]).sum();
                y[self.basic[p]] += correction;
            }
            self.residual.clear();
            self.residual.resize(n, 1.0);
            for (row, &x) in b.chunks_exact(n).zip(x.iter()).filter(|(_, x)| **x != 0.0) {
                self.residual.iter_mut().zip(row).for_each(|(r, b)| *r -= x * b);
            }
            for q in (0..n).filter(|&q| self.nonbasic[q] >= n) {
                let used = (0..m).filter(|&p| self.basic[p] < n);
                let correction: f64 = used.map(|p| self.at(p, q) * self.residual[self.basic[p]]).sum();
                x[self.nonbasic[q] - n] += correction;
            }
        }
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
