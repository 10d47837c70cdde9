//! Arithmetic that errs on a known side.
//!
//! An operation in double precision returns the number nearest to the exact result, so the exact result lies between the
//! neighbours of what is returned. Stepping to a neighbour after each operation gives a bound without changing the
//! processor's rounding mode.

/// A number not above the exact `a + b`.
pub fn add_down(a: f64, b: f64) -> f64 {
    (a + b).next_down()
}

/// A number not below the exact `a + b`.
pub fn add_up(a: f64, b: f64) -> f64 {
    (a + b).next_up()
}

/// A number not above the exact `a b`.
pub fn mul_down(a: f64, b: f64) -> f64 {
    (a * b).next_down()
}

/// A number not below the exact `a b`.
pub fn mul_up(a: f64, b: f64) -> f64 {
    (a * b).next_up()
}

/// A number not above the exact `a / b`.
pub fn div_down(a: f64, b: f64) -> f64 {
    (a / b).next_down()
}

/// A number not below the exact `a / b`.
pub fn div_up(a: f64, b: f64) -> f64 {
    (a / b).next_up()
}

/// A bound on the relative error that `operations` rounded operations build up: at least `k u / (1 − k u)` with the unit
/// roundoff `u = 2⁻⁵³` (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., Lemma 3.1), for `k` below 2⁴⁰.
pub fn rounding_factor(operations: usize) -> f64 {
    1.001 * operations as f64 * (f64::EPSILON / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exact_result_is_enclosed() {
        // 0.1 + 0.2 and 1/3 are not representable; integers scaled up give the exact answer.
        assert!(add_down(0.1, 0.2) <= 0.3 && add_up(0.1, 0.2) > 0.3);
        assert!(mul_down(3.0, div_down(1.0, 3.0)) < 1.0 && mul_up(3.0, div_up(1.0, 3.0)) > 1.0);
        assert!(mul_down(1e-300, 1e-300) < 0.0 && mul_up(1e-300, 1e-300) > 0.0);
        let exact_sum = |n: usize| (0..n).map(|_| 0.1f64).sum::<f64>();
        assert!((exact_sum(1000) - 100.0).abs() <= rounding_factor(1000) * 100.0);
    }
}
