//! Linear systems: dense LU for small ones, stabilised biconjugate gradients, with or without a preconditioner, for large ones.
//!
//! Both are used for systems `(I − γ P) x = b`, where the residual bounds the error; callers check it themselves, so a
//! solver that fails to converge can never pass unseen.

use nalgebra::{DMatrix, DVector};

/// How an iterative solver ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Convergence {
    /// Matrix-vector products that were taken.
    pub products: usize,
    /// Largest absolute entry of the residual `b − A x`, computed afresh at the end.
    pub residual: f64,
}

/// Solves `A x = b` by LU with partial pivoting and one step of iterative refinement; `None` if `A` is singular.
///
/// `A` has shape `[n, n]`. Cost `O(n³)`.
pub fn solve_dense(a: &DMatrix<f64>, b: &[f64]) -> Option<Vec<f64>> {
    if b.is_empty() {
        return Some(Vec::new()); // nalgebra's triangular solver does not take a matrix of shape [0, 0]
    }
    let rhs = DVector::from_column_slice(b);
    let lu = a.clone().lu();
    let mut x = lu.solve(&rhs)?;
    let residual = &rhs - a * &x;
    x += lu.solve(&residual)?;
    Some(x.as_slice().to_vec())
}

/// The stationary distribution `d = d P` of an irreducible stochastic matrix, by elimination without subtractions, so that
/// every entry is accurate relative to its own size (Grassmann, Taksar and Heyman 1985). Diagonal entries are not read.
///
/// `P` has shape `[n, n]`, `n >= 1`. Cost `O(n³)`.
pub fn stationary_dense(mut p: DMatrix<f64>) -> Vec<f64> {
    let n = p.nrows();
    for k in (1..n).rev() {
        let leaving: f64 = (0..k).map(|j| p[(k, j)]).sum();
        for i in 0..k {
            p[(i, k)] /= leaving;
        }
        for j in 0..k {
            let back = p[(k, j)];
            if back != 0.0 {
                for i in 0..k {
                    p[(i, j)] += p[(i, k)] * back;
                }
            }
        }
    }
    let mut d = vec![1.0; n];
    for k in 1..n {
        d[k] = (0..k).map(|i| d[i] * p[(i, k)]).sum();
    }
    let total: f64 = d.iter().sum();
    d.iter_mut().for_each(|x| *x /= total);
    d
}

/// Solves `A x = b` by BiCGSTAB (van der Vorst 1992), starting from `x`, until the largest entry of the residual is at
/// most `tolerance` or `max_products` products were taken. `apply(v, out)` writes `A v` to `out`.
///
/// Sums run in index order, so the result is the same on every machine and for any number of threads. Restarts from the
/// current point on a breakdown. Gives up after five restarts in a row that did not halve the residual, as where
/// rounding forbids the tolerance. `x` ends at the best point found.
pub fn bicgstab(
    apply: impl FnMut(&[f64], &mut [f64]),
    b: &[f64],
    x: &mut [f64],
    tolerance: f64,
    max_products: usize,
) -> Convergence {
    preconditioned_bicgstab(apply, |v, out| out.copy_from_slice(v), b, x, tolerance, max_products)
}

/// The same for `A M⁻¹ y = b`, `x = M⁻¹ y`, with a matrix `M` close to `A` that is easy to solve with: `precondition(v, out)`
/// writes `M⁻¹ v` to `out`. Preconditioning on the right leaves the residual what it is.
pub fn preconditioned_bicgstab(
    mut apply: impl FnMut(&[f64], &mut [f64]),
    mut precondition: impl FnMut(&[f64], &mut [f64]),
    b: &[f64],
    x: &mut [f64],
    tolerance: f64,
    max_products: usize,
) -> Convergence {
    let n = b.len();
    let mut r = vec![0.0; n];
    let mut products = 0;
    let (mut shadow, mut p, mut v, mut t) = (vec![0.0; n], vec![0.0; n], vec![0.0; n], vec![0.0; n]);
    let (mut p_hat, mut r_hat) = (vec![0.0; n], vec![0.0; n]);
    let (mut best, mut best_residual, mut futile) = (x.to_vec(), f64::INFINITY, 0);
    loop {
        // The true residual; the recursive one drifts away from it.
        apply(x, &mut r);
        products += 1;
        for i in 0..n {
            r[i] = b[i] - r[i];
        }
        let residual = max_abs(&r);
        futile = if residual <= 0.5 * best_residual { 0 } else { futile + 1 };
        if residual < best_residual {
            best.copy_from_slice(x);
            best_residual = residual;
        }
        let over = products >= max_products || futile > MOST_FUTILE || !residual.is_finite();
        if best_residual <= tolerance || over {
            x.copy_from_slice(&best);
            return Convergence { products, residual: best_residual };
        }
        shadow.copy_from_slice(&r);
        p.copy_from_slice(&r);
        let mut rho = dot(&shadow, &r);
        // One Krylov run, left on convergence of the recursive residual, on a breakdown, or at the limit.
        while products + 2 <= max_products {
            precondition(&p, &mut p_hat);
            apply(&p_hat, &mut v);
            products += 1;
            let denominator = dot(&shadow, &v);
            if denominator == 0.0 {
                break;
            }
            let alpha = rho / denominator;
            for i in 0..n {
                r[i] -= alpha * v[i];
            }
            precondition(&r, &mut r_hat);
            apply(&r_hat, &mut t);
            products += 1;
            let norm = dot(&t, &t);
            let omega = if norm > 0.0 { dot(&t, &r) / norm } else { 0.0 };
            for i in 0..n {
                x[i] += alpha * p_hat[i] + omega * r_hat[i];
                r[i] -= omega * t[i];
            }
            let next_rho = dot(&shadow, &r);
            if max_abs(&r) <= tolerance || next_rho == 0.0 || omega == 0.0 {
                break;
            }
            let beta = (next_rho / rho) * (alpha / omega);
            rho = next_rho;
            for i in 0..n {
                p[i] = r[i] + beta * (p[i] - omega * v[i]);
            }
        }
    }
}

/// Restarts in a row that may fail to halve the residual.
const MOST_FUTILE: usize = 5;

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn max_abs(a: &[f64]) -> f64 {
    // `max` ignores NaN, so a NaN is turned into an infinity that callers see.
    a.iter().fold(0.0, |m: f64, x| if x.is_nan() { f64::INFINITY } else { m.max(x.abs()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(n: usize) -> DMatrix<f64> {
        DMatrix::from_fn(n, n, |i, j| {
            if i == j { 1.0 } else { -0.9 / (n as f64) * f64::from(((i * 7 + j * 3) % 5) as u32) / 4.0 }
        })
    }

    #[test]
    fn both_solvers_find_the_solution() {
        let a = matrix(30);
        let truth: Vec<f64> = (0..30).map(|i| f64::from(i) - 7.0).collect();
        let b = &a * DVector::from_column_slice(&truth);
        let x = solve_dense(&a, b.as_slice()).unwrap();
        let mut y = vec![0.0; 30];
        let apply = |v: &[f64], out: &mut [f64]| out.copy_from_slice((&a * DVector::from_column_slice(v)).as_slice());
        let end = bicgstab(apply, b.as_slice(), &mut y, 1e-12, 1000);
        assert!(end.residual <= 1e-12 && end.products < 100);
        for i in 0..30 {
            approx::assert_relative_eq!(x[i], truth[i], epsilon = 1e-12, max_relative = 1e-12);
            approx::assert_relative_eq!(y[i], truth[i], epsilon = 1e-11, max_relative = 1e-11);
        }
    }

    #[test]
    fn rare_states_of_a_stationary_distribution_are_as_accurate_as_common_ones() {
        // A birth-death chain that climbs with probability 1/1001: d(i + 1) / d(i) = 1/1000.
        let n = 12;
        let up = 1.0 / 1001.0;
        let p = DMatrix::from_fn(n, n, |i, j| match (i, j) {
            (0, 0) => 1.0 - up,
            _ if j == i + 1 => up,
            _ if i == j + 1 => 1.0 - up,
            _ if i == n - 1 && j == n - 1 => up,
            _ => 0.0,
        });
        let d = stationary_dense(p);
        for i in 1..n {
            approx::assert_relative_eq!(d[i] / d[i - 1], 1e-3, max_relative = 1e-12);
        }
        approx::assert_relative_eq!(d.iter().sum::<f64>(), 1.0, max_relative = 1e-14);
        assert_eq!(stationary_dense(DMatrix::identity(1, 1)), [1.0]);
        // Periodic: the distribution still exists.
        assert_eq!(stationary_dense(DMatrix::from_row_slice(2, 2, &[0.0, 1.0, 1.0, 0.0])), [0.5, 0.5]);
    }

    #[test]
    fn a_singular_matrix_and_a_product_limit_are_reported() {
        assert!(solve_dense(&DMatrix::zeros(2, 2), &[1.0, 1.0]).is_none());
        assert_eq!(solve_dense(&DMatrix::zeros(0, 0), &[]), Some(vec![]));
        let a = matrix(30);
        let apply = |v: &[f64], out: &mut [f64]| out.copy_from_slice((&a * DVector::from_column_slice(v)).as_slice());
        let end = bicgstab(apply, &[1.0; 30], &mut [0.0; 30], 0.0, 5);
        assert!(end.products <= 6 && end.residual > 0.0);
    }
}
