//! Gittins indices.

use proptest::prelude::*;

use super::{UNIFORM, close};
use crate::bandits::Counts;
use crate::bandits::exact::gaussian::on_grid;
use crate::bandits::exact::{
    GittinsTable, finite_gittins_index, gaussian_index, gaussian_index_lower, gaussian_index_upper, gittins_index,
    gittins_index_lower, gittins_index_upper,
};

/// Rows b = 1.., columns a = 1..
#[allow(clippy::approx_constant)] // 0.4342 is no logarithm here
const AT_09: [[f64; 6]; 6] = [
    [0.7029, 0.8001, 0.8452, 0.8723, 0.8905, 0.9039],
    [0.5001, 0.6346, 0.7072, 0.7539, 0.7869, 0.8115],
    [0.3796, 0.5163, 0.6010, 0.6579, 0.6996, 0.7318],
    [0.3021, 0.4342, 0.5184, 0.5809, 0.6276, 0.6642],
    [0.2488, 0.3720, 0.4561, 0.5179, 0.5676, 0.6071],
    [0.2103, 0.3245, 0.4058, 0.4677, 0.5168, 0.5581],
];
const AT_099: [[f64; 6]; 4] = [
    [0.8699, 0.9102, 0.9285, 0.9395, 0.9470, 0.9525],
    [0.7005, 0.7844, 0.8268, 0.8533, 0.8719, 0.8857],
    [0.5671, 0.6726, 0.7308, 0.7697, 0.7973, 0.8184],
    [0.4701, 0.5806, 0.6491, 0.6952, 0.7295, 0.7561],
];
const AT_05: [[f64; 6]; 2] =
    [[0.5590, 0.7060, 0.7772, 0.8199, 0.8485, 0.8691], [0.3758, 0.5359, 0.6289, 0.6899, 0.7333, 0.7658]];

#[test]
fn bernoulli_indices_have_the_known_values() {
    for (discount, rows) in [(0.9, &AT_09[..]), (0.99, &AT_099), (0.5, &AT_05)] {
        let table = GittinsTable::new(UNIFORM, discount, 12).unwrap();
        for (failures, row) in rows.iter().enumerate() {
            for (successes, &expected) in row.iter().enumerate() {
                let arm = Counts { successes: successes as u32, failures: failures as u32 };
                let index = table.index(arm).unwrap();
                close(index, expected, 2e-4);
                if discount < 0.99 || successes + failures < 2 {
                    let posterior = (successes as f64 + 1.0, failures as f64 + 1.0);
                    let bracket = gittins_index(posterior, discount, 1e-6).unwrap();
                    assert!(bracket.lower <= bracket.upper && bracket.upper - bracket.lower <= 1e-6, "{bracket:?}");
                    close(bracket.value(), index, 2e-5);
                }
            }
        }
    }
}

/// Also of arms with many pulls, whose index is near their mean.
#[test]
fn tables_agree_with_bisection() {
    for (prior, pulls, discount, tolerance) in
        [(UNIFORM, 300, 0.9, 5e-5), (UNIFORM, 20, 0.97, 5e-5), ((1e5, 1.003e5), 10, 0.9, 1e-4)]
    {
        let table = GittinsTable::new(prior, discount, pulls).unwrap();
        for n in [0, 1, 7, 20, 60, 100, 200, 300].into_iter().filter(|&n| n <= pulls) {
            for s in [0, 1, n / 4, n / 2, 3 * n / 4, n].into_iter().filter(|&s| s <= n) {
                let arm = Counts { successes: s as u32, failures: (n - s) as u32 };
                let exact = gittins_index((prior.0 + s as f64, prior.1 + (n - s) as f64), discount, 1e-7).unwrap();
                close(table.index(arm).unwrap(), exact.value(), tolerance);
            }
        }
    }
}

#[test]
fn indices_agree_with_published_programs() {
    let index = |a, b, discount| gittins_index((a, b), discount, 1e-9).unwrap().value();
    for (a, b, discount, expected) in [
        (3.0, 2.0, 0.8, 0.67143994),
        (2.0, 1.0, 0.5, 0.70600586),
        (2.0, 2.0, 0.5, 0.53586272),
        (3.0, 1.0, 0.5, 0.77735112),
    ] {
        close(index(a, b, discount), expected, 5e-4);
    }
    // Independent computations, to their last digit.
    for (a, b, discount, expected) in
        [(3.0, 2.0, 0.8, 0.671462), (2.0, 1.0, 0.5, 0.705967), (2.0, 2.0, 0.5, 0.535869), (3.0, 1.0, 0.5, 0.777232)]
    {
        close(index(a, b, discount), expected, 1e-6);
    }
    close(gittins_index_lower((2.0, 2.0), 0.9), 0.58181818, 1e-8);
    // The program's own tolerance is 1e-4.
    close(gittins_index_upper((3.0, 2.0), 0.8), 0.7168457, 1e-4);
    // Nine wins and one loss.
    close(index(10.0, 2.0, 0.9), 0.8695, 2e-4);
}

#[test]
fn gaussian_indices_lie_between_their_bounds() {
    close(gaussian_index_lower(1.0, 0.8).unwrap(), 0.44973755, 1e-4);
    close(gaussian_index_upper(1.0, 0.8).unwrap(), 0.63601685, 1e-4);
    // Convexity makes every grid's index an upper bound that falls as the grid gets finer, and the published program's value,
    // said to stem from a coarse grid, is above one of them.
    let index = gaussian_index(1.0, 0.8).unwrap();
    let grids = [50, 100, 200, 400].map(|points| on_grid(1.0, 0.8, points));
    assert!(grids.windows(2).all(|pair| pair[0] > pair[1]) && grids[3] > index, "{grids:?} {index}");
    assert!(grids[3] - index < 1e-4 && grids[3] < 0.50552724);
    close(index, 0.50552724, 1e-3);
    for discount in [0.0, 0.5, 0.9, 0.95] {
        let mut last = f64::INFINITY;
        for precision in [0.1, 1.0, 4.0, 30.0] {
            let index = gaussian_index(precision, discount).unwrap();
            let (lower, upper) = (
                gaussian_index_lower(precision, discount).unwrap(),
                gaussian_index_upper(precision, discount).unwrap(),
            );
            assert!(lower <= index && index <= upper, "{precision} {discount}: {lower} {index} {upper}");
            assert!(index < last || discount == 0.0, "{precision} {discount}: {index} {last}");
            last = index;
        }
    }
    // Against finer grids than are taken by default, for vague and for sharp priors.
    for (precision, discount) in [(0.001, 0.9), (0.09, 0.9), (1.0, 0.95), (320.0, 0.5)] {
        let (coarse, fine) = (on_grid(precision, discount, 1200), on_grid(precision, discount, 2400));
        let index = gaussian_index(precision, discount).unwrap();
        close(index * precision.sqrt(), (fine + (fine - coarse) / 3.0) * precision.sqrt(), 3e-5);
    }
    // With many observations a pull moves the mean by 1/n, whatever came before, so that the index is of the order of 1/n.
    let scaled = |precision: f64| precision * gaussian_index(precision, 0.5).unwrap();
    close(scaled(1e6), scaled(1e4), 1e-4);
    assert!(gaussian_index(1.0, 1.0).is_err() && gaussian_index(-1.0, 0.5).is_err());
}

#[test]
fn what_is_no_discount_or_posterior_is_refused() {
    for discount in [1.0, -0.1, f64::NAN, f64::INFINITY] {
        assert!(gittins_index(UNIFORM, discount, 1e-6).unwrap_err().to_string().contains("discount"));
    }
    assert!(gittins_index((0.0, 1.0), 0.5, 1e-6).is_err());
    assert!(gittins_index(UNIFORM, 0.9999, 1e-9).unwrap_err().to_string().contains("pulls ahead"));
    assert!(finite_gittins_index(UNIFORM, 0, 1e-6).is_err());
    for accuracy in [f64::NAN, -1.0, 0.0, 2.0] {
        assert!(finite_gittins_index(UNIFORM, 5, accuracy).unwrap_err().to_string().contains("accuracy"));
        assert!(gittins_index(UNIFORM, 0.5, accuracy).is_err());
    }
    // Rounding is part of the bounds.
    let bracket = finite_gittins_index(UNIFORM, 100, 1e-12).unwrap();
    assert!(bracket.upper - bracket.lower >= 16.0 * f64::EPSILON * 1e4);
    let bracket = gittins_index(UNIFORM, 0.99, 1e-9).unwrap();
    assert!(bracket.upper - bracket.lower >= 16.0 * f64::EPSILON * 1e4);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Between the posterior mean and 1, between its bounds, and monotone in every argument.
    #[test]
    fn indices_are_monotone_and_between_their_bounds(a in 0.2..8.0, b in 0.2..8.0, discount in 0.0..0.93_f64, more in 0.01..3.0_f64) {
        let index = |a: f64, b: f64, discount: f64| gittins_index((a, b), discount, 1e-9).unwrap();
        let here = index(a, b, discount);
        prop_assert!(here.upper - here.lower <= 1e-9);
        // By more than the brackets are wide, since the arguments differ by more than nothing.
        let mean = |a: f64, b: f64| a / (a + b);
        prop_assert!(discount < 0.01 || here.lower > mean(a, b));
        let rise = 0.05 * (mean(a + more, b) - mean(a, b)) * (1.0 - discount);
        prop_assert!(index(a + more, b, discount).lower > here.upper + rise - 2e-9);
        prop_assert!(index(a, b + more, discount).upper < here.lower + 2e-9);
        prop_assert!(index(a, b, (discount + 0.05 * more).min(0.94)).lower >= here.lower - 1e-9);
        // A win never lowers it; without a future it is the posterior mean.
        prop_assert!(index(a + 1.0, b, discount).lower > here.upper - 1e-9);
        // Whoever decides after one pull, or is told the mean after a success, is strictly worse or better off: the recursion for 200 pulls lies between.
        let (low, high) = (gittins_index_lower((a, b), discount), gittins_index_upper((a, b), discount));
        prop_assert!(discount < 0.3 || low + 1e-7 < here.lower && here.upper + 1e-7 < high, "{low} {here:?} {high}");
        prop_assert!((index(a, b, 0.0).value() - a / (a + b)).abs() < 1e-9);
        prop_assert!((index(a, b, 1e-6).value() - a / (a + b)).abs() < 1e-5);
        // With steps left the index grows with their number.
        let finite = |steps| finite_gittins_index((a, b), steps, 1e-10).unwrap();
        prop_assert!((finite(1).value() - a / (a + b)).abs() < 1e-9 && finite(2).upper < finite(9).lower);
    }
}
