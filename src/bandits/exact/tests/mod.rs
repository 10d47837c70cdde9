#![allow(clippy::unwrap_used)]

mod bayes;
mod gittins;
mod limits;
mod policies;
mod structure;

/// Asserts that two numbers are at most `tolerance` apart.
#[track_caller]
fn close(measured: f64, expected: f64, tolerance: f64) {
    assert!((measured - expected).abs() <= tolerance, "{measured} is not within {tolerance:e} of {expected}");
}

/// The uniform prior.
const UNIFORM: (f64, f64) = (1.0, 1.0);
