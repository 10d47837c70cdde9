//! Singular values and the rank they tell.

use nalgebra::DMatrix;

/// The singular values of a matrix and how many of them are not rounding.
#[derive(Debug, Clone, PartialEq)]
pub struct Spectrum {
    /// In descending order, `min(m, n)` of them.
    pub singular_values: Vec<f64>,
    /// Values up to this count as 0.
    pub threshold: f64,
    /// Number of values above the threshold.
    pub rank: usize,
}

/// The spectrum of `a`, shape `[m, n]`, whose entries are known up to an absolute error of `entry_error` each.
///
/// Singular values move by at most the spectral norm of a perturbation (Weyl), so the threshold is
/// `√(m n) entry_error + max(m, n) ε σ₁`: the first part for the entries, the second, the usual one, for the decomposition
/// (Golub and Van Loan 2013, section 5.4.1). Cost `O(m n min(m, n))`.
pub fn spectrum(a: &DMatrix<f64>, entry_error: f64) -> Spectrum {
    let (m, n) = a.shape();
    let mut singular_values: Vec<f64> =
        if m == 0 || n == 0 { Vec::new() } else { a.singular_values().iter().copied().collect() };
    singular_values.sort_by(|x, y| y.total_cmp(x));
    let largest = singular_values.first().copied().unwrap_or(0.0);
    let threshold = ((m * n) as f64).sqrt() * entry_error + m.max(n) as f64 * f64::EPSILON * largest;
    let rank = singular_values.iter().filter(|&&x| x > threshold).count();
    Spectrum { singular_values, threshold, rank }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rank_of_a_product_is_its_inner_dimension() {
        let entry = |i: usize, j: usize, k: usize| ((i * 37 + j * 17 + k * 101 + i * i * j) % 23) as f64 / 23.0;
        for inner in 1..5 {
            let left = DMatrix::from_fn(12, inner, |i, j| entry(i, j, 1));
            let right = DMatrix::from_fn(inner, 9, |i, j| entry(i, j, 2));
            let found = spectrum(&(left * right), 0.0);
            assert_eq!((found.rank, found.singular_values.len()), (inner, 9));
            assert!(found.singular_values.is_sorted_by(|a, b| a >= b));
        }
    }

    #[test]
    fn noise_is_no_rank() {
        assert_eq!(spectrum(&DMatrix::zeros(3, 2), 0.0).rank, 0);
        assert_eq!(spectrum(&DMatrix::from_element(3, 2, 1e-17), 1e-16).rank, 0);
        assert_eq!(spectrum(&DMatrix::from_diagonal_element(3, 3, 2.0), 1e-9).singular_values, [2.0; 3]);
        assert_eq!(spectrum(&DMatrix::zeros(0, 4), 0.0).singular_values, Vec::<f64>::new());
    }
}
