//! Incomplete LU factorisation without fill-in, ILU(0): a preconditioner.
//!
//! `A ≈ L U`, where `L` (unit lower) and `U` (upper triangular) have entries only where `A` has, and `L U` equals `A` there. It
//! exists and is stable for M-matrices (Meijerink and van der Vorst 1977), which `I − γ P` is; algorithm: Saad (2003), *Iterative
//! Methods for Sparse Linear Systems*, 10.3.2. Cost: for each row, its length times that of the rows it refers to; one pass over the
//! entries for a solution, on one thread.

/// The factors, in compressed rows by ascending column.
#[derive(Debug, Clone)]
pub struct IncompleteLu {
    start: Vec<u32>,
    column: Vec<u32>,
    value: Vec<f64>,
    /// Where the diagonal entry of each row is.
    diagonal: Vec<u32>,
}

impl IncompleteLu {
    /// Factorises the matrix of shape `[n, n]` whose row `i` is written by `row(i, out)` as (column, value) in any order;
    /// values of the same column add up. `None` if a pivot is 0 or not finite.
    pub fn new(n: usize, mut row: impl FnMut(usize, &mut Vec<(u32, f64)>)) -> Option<IncompleteLu> {
        let (mut start, mut column, mut value) = (vec![0], Vec::new(), Vec::<f64>::new());
        let mut diagonal = Vec::with_capacity(n);
        let mut entries = Vec::new();
        // Where the row at hand has a column, plus one.
        let mut place = vec![0u32; n];
        for i in 0..n {
            entries.clear();
            row(i, &mut entries);
            entries.sort_unstable_by_key(|entry| entry.0);
            let first = column.len();
            for &(j, a) in &entries {
                if column.len() > first && column[column.len() - 1] == j {
                    let last = value.len() - 1;
                    value[last] += a;
                } else {
                    column.push(j);
                    value.push(a);
                }
            }
            let end = column.len();
            (first..end).for_each(|k| place[column[k] as usize] = k as u32 + 1);
            let mut pivot = None;
            for k in first..end {
                let j = column[k] as usize;
                if j >= i {
                    pivot = (j == i).then_some(k);
                    break;
                }
                let above = diagonal[j] as usize;
                let factor = value[k] / value[above];
                value[k] = factor;
                for other in above + 1..start[j + 1] as usize {
                    let at = place[column[other] as usize];
                    if at > 0 {
                        value[at as usize - 1] -= factor * value[other];
                    }
                }
            }
            (first..end).for_each(|k| place[column[k] as usize] = 0);
            let pivot = pivot.filter(|&k| value[k] != 0.0 && value[k].is_finite())?;
            diagonal.push(pivot as u32);
            start.push(end as u32);
        }
        Some(IncompleteLu { start, column, value, diagonal })
    }

    /// `out = (L U)⁻¹ b`.
    pub fn solve(&self, b: &[f64], out: &mut [f64]) {
        let entries = |range: std::ops::Range<usize>| self.column[range.clone()].iter().zip(&self.value[range]);
        for i in 0..b.len() {
            let mut x = b[i];
            for (&j, a) in entries(self.start[i] as usize..self.diagonal[i] as usize) {
                x -= a * out[j as usize];
            }
            out[i] = x;
        }
        for i in (0..b.len()).rev() {
            let pivot = self.diagonal[i] as usize;
            let mut x = out[i];
            for (&j, a) in entries(pivot + 1..self.start[i + 1] as usize) {
                x -= a * out[j as usize];
            }
            out[i] = x / self.value[pivot];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factors(rows: &[&[(u32, f64)]]) -> Option<IncompleteLu> {
        IncompleteLu::new(rows.len(), |i, row| row.extend_from_slice(rows[i]))
    }

    #[test]
    fn without_fill_in_it_is_the_exact_factorisation() {
        // Tridiagonal, so that L U has no entry outside; entries in any order, one of them in two parts.
        let a: [&[(u32, f64)]; 4] = [
            &[(1, -0.5), (0, 1.0)],
            &[(0, -0.25), (1, 0.75), (2, -0.4), (1, 0.25)],
            &[(3, -0.1), (2, 1.0), (1, -0.7)],
            &[(2, -0.9), (3, 1.0)],
        ];
        let truth = [1.0, -2.0, 3.0, 0.5];
        let b: Vec<f64> = a.iter().map(|row| row.iter().map(|&(j, x)| x * truth[j as usize]).sum()).collect();
        let mut x = [0.0; 4];
        factors(&a).unwrap().solve(&b, &mut x);
        for (x, truth) in x.iter().zip(truth) {
            approx::assert_relative_eq!(*x, truth, max_relative = 1e-14);
        }
    }

    #[test]
    fn the_product_of_the_factors_is_the_matrix_where_it_has_entries() {
        let a: [&[(u32, f64)]; 3] =
            [&[(0, 1.0), (1, -0.3), (2, -0.3)], &[(0, -0.4), (1, 1.0)], &[(0, -0.2), (1, -0.5), (2, 1.0)]];
        let factors = factors(&a).unwrap();
        let entry = |i: usize, j: usize| {
            (factors.start[i] as usize..factors.start[i + 1] as usize)
                .find(|&k| factors.column[k] as usize == j)
                .map_or(0.0, |k| factors.value[k])
        };
        for (i, row) in a.iter().enumerate() {
            for &(j, x) in row.iter() {
                let j = j as usize;
                let product = |k| if k == i { entry(k, j) } else { entry(i, k) * entry(k, j) };
                approx::assert_relative_eq!((0..=i.min(j)).map(product).sum::<f64>(), x, epsilon = 1e-15);
            }
        }
        assert_eq!(entry(1, 2), 0.0);
    }

    #[test]
    fn a_pivot_of_zero_is_refused() {
        assert!(factors(&[&[(0, 0.0)]]).is_none());
        assert!(factors(&[&[(1, 1.0)], &[(0, 1.0)]]).is_none());
    }
}
