//! How a solver closed in on the answer: the certified gap over time.

use tabrl::planning::Solution;

use super::{Axis, LineFigure, Series, fault};
use crate::Result;

/// The certified gap of a solver over wall time, both axes logarithmic.
///
/// # Errors
/// [`crate::Error::Figure`] if the solver never certified a finite gap, such as one that is exact in one step.
pub fn convergence(name: &str, solution: &Solution) -> Result<LineFigure> {
    let title = format!("{name}: {}", solution.method);
    let points: Vec<(f64, f64)> = solution
        .trace
        .iter()
        .map(|point| (1e3 * point.seconds, point.gap))
        .filter(|(_, gap)| gap.is_finite())
        .collect();
    if points.iter().all(|&(_, gap)| gap <= 0.0) {
        return fault(&title, "the solver certified no positive finite gap on its way; there is no curve to draw");
    }
    let mut series = Series::new(solution.method.to_string(), points);
    series.markers = series.points.len() <= 60;
    Ok(LineFigure {
        caption: format!(
            "{}: largest difference between the proven upper and lower bound over all states. {} iterations, {} sweeps, \
             {} moved.",
            solution.criterion,
            solution.iterations,
            solution.sweeps,
            size(solution.bytes)
        ),
        title,
        x: Axis::log("wall time [ms]"),
        y: Axis::log("certified gap [reward]"),
        series: vec![series],
        references: vec![],
    })
}

/// A number of bytes for people, with three digits.
pub(crate) fn size(bytes: u64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB", "PB"];
    let (mut x, mut unit) = (bytes as f64, 0);
    while x >= 999.5 && unit + 1 < units.len() {
        (x, unit) = (x / 1000.0, unit + 1);
    }
    let digits = if unit == 0 || x >= 99.95 {
        0
    } else if x >= 9.995 {
        1
    } else {
        2
    };
    format!("{x:.digits$} {}", units[unit])
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_have_three_digits() {
        for (bytes, text) in
            [(0, "0 B"), (999, "999 B"), (1000, "1.00 kB"), (12_345_678, "12.3 MB"), (999_600, "1.00 MB")]
        {
            assert_eq!(size(bytes), text);
        }
    }
}
