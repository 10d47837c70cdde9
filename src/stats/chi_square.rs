//! Pearson's chi-square test of goodness of fit.
//!
//! `χ² = Σ_i (O_i − E_i)² / E_i` over the cells, compared with the chi-square distribution of `cells − 1` degrees of freedom. The
//! approximation needs expected counts of at least about five (Cochran 1954), so cells that fall short are pooled in one.

use statrs::distribution::{ChiSquared, ContinuousCDF};

/// The outcome of a test, or of several added up (independent statistics add, and so do their degrees of freedom).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ChiSquare {
    /// The statistic; infinite if an outcome of probability 0 was seen.
    pub statistic: f64,
    /// Degrees of freedom.
    pub degrees: usize,
}

impl ChiSquare {
    /// Adds an independent test.
    pub fn add(&mut self, other: ChiSquare) {
        self.statistic += other.statistic;
        self.degrees += other.degrees;
    }

    /// The probability of a statistic at least as large if the distribution is as claimed; 1 without degrees of freedom.
    pub fn p_value(&self) -> f64 {
        if self.statistic == f64::INFINITY {
            return 0.0;
        }
        match ChiSquared::new(self.degrees as f64) {
            Ok(law) if self.degrees > 0 => law.sf(self.statistic),
            _ => 1.0,
        }
    }
}

/// Tests `counts` against `probabilities` (both of shape `[K]`, the latter summing to one). Cells with an expected count below
/// 5 are pooled, and the pool is joined to the smallest other cell if it falls short itself.
pub fn chi_square(counts: &[u64], probabilities: &[f64]) -> ChiSquare {
    let total = counts.iter().sum::<u64>() as f64;
    let mut cells: Vec<(f64, f64)> = Vec::with_capacity(counts.len());
    let (mut rest_observed, mut rest_expected) = (0.0, 0.0);
    for (&count, &p) in counts.iter().zip(probabilities) {
        let (observed, expected) = (count as f64, p * total);
        if expected == 0.0 && observed > 0.0 {
            return ChiSquare { statistic: f64::INFINITY, degrees: 1 };
        }
        if expected >= 5.0 {
            cells.push((observed, expected));
        } else {
            rest_observed += observed;
            rest_expected += expected;
        }
    }
    if rest_expected >= 5.0 {
        cells.push((rest_observed, rest_expected));
    } else if rest_expected > 0.0
        && let Some(smallest) = cells.iter_mut().min_by(|a, b| a.1.total_cmp(&b.1))
    {
        smallest.0 += rest_observed;
        smallest.1 += rest_expected;
    }
    let statistic = cells.iter().map(|&(observed, expected)| (observed - expected).powi(2) / expected).sum();
    ChiSquare { statistic, degrees: cells.len().saturating_sub(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        // 60 throws of a die: χ² = 13.4 at 5 degrees of freedom, p = 0.0199.
        let test = chi_square(&[5, 8, 9, 8, 10, 20], &[1.0 / 6.0; 6]);
        assert!((test.statistic - 13.4).abs() < 1e-12 && test.degrees == 5);
        assert!((test.p_value() - 0.019_905_220_334_774_55).abs() < 1e-12, "{}", test.p_value());
    }

    #[test]
    fn small_cells_are_pooled_and_the_impossible_is_seen() {
        assert_eq!(chi_square(&[90, 3, 7], &[0.9, 0.03, 0.07]).degrees, 1);
        assert_eq!(chi_square(&[97, 3], &[0.97, 0.03]).degrees, 0);
        assert_eq!(chi_square(&[97, 3], &[1.0, 0.0]).p_value(), 0.0);
        assert_eq!(chi_square(&[100], &[1.0]).p_value(), 1.0);
    }
}
