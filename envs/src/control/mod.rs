//! Continuous control problems as finite ones, by interpolation on a grid.
//!
//! From a grid point an action leads, by the continuous rules, to a place between grid points; each corner around it is reached with its
//! weight in multilinear interpolation (Kushner and Dupuis 2001). The mean of the next place is exact. What is lost: it gets a variance,
//! of at most a quarter of a squared grid step in each coordinate and step of time, so that values are those of a noisier problem, and
//! what needs precision finer than the grid cannot be seen. [`Axes::value`] interpolates values the same way, which makes a controller for
//! the continuous problem of them; the tests compare both.

mod cart_pole;
mod mountain_car;
#[cfg(test)]
mod tests;

pub use cart_pole::CartPole;
pub use mountain_car::MountainCar;

use crate::Spec;

/// The registry's entries.
pub(crate) fn specs() -> Vec<Spec> {
    vec![mountain_car::spec(), cart_pole::spec()]
}

/// Grid points of one coordinate, evenly spaced, ends included.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Axis {
    low: f64,
    high: f64,
    points: u32,
}

impl Axis {
    fn at(&self, i: u32) -> f64 {
        self.low + (self.high - self.low) * f64::from(i) / f64::from(self.points - 1)
    }

    /// The grid point below `x` and the weight of the one above it; places outside count as the nearest end.
    fn split(&self, x: f64) -> (u32, f64) {
        let place = (x - self.low) / (self.high - self.low) * f64::from(self.points - 1);
        let place = place.clamp(0.0, f64::from(self.points - 1));
        let below = (place.floor() as u32).min(self.points - 2);
        (below, place - f64::from(below))
    }
}

/// A grid of `D` coordinates; points are numbered with the first coordinate running fastest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Axes<const D: usize> {
    axes: [Axis; D],
}

impl<const D: usize> Axes<D> {
    /// From `(low, high, points)` of each coordinate, at least 2 points each.
    fn new(axes: [(f64, f64, u32); D]) -> Axes<D> {
        Axes { axes: axes.map(|(low, high, points)| Axis { low, high, points }) }
    }

    /// The coordinates of a point.
    pub fn place(&self, point: u32) -> [f64; D] {
        let mut rest = point;
        self.axes.map(|axis| {
            let i = rest % axis.points;
            rest /= axis.points;
            axis.at(i)
        })
    }

    /// Calls `visit(point, weight)` for the corners around `place`; the weights are positive and sum to one.
    fn corners(&self, place: &[f64; D], mut visit: impl FnMut(u32, f64)) {
        let mut split = [(0, 0.0); D];
        for (split, (axis, &x)) in split.iter_mut().zip(self.axes.iter().zip(place)) {
            *split = axis.split(x);
        }
        for corner in 0..1u32 << D {
            let (mut point, mut weight, mut stride) = (0, 1.0, 1);
            for (d, (axis, &(below, share))) in self.axes.iter().zip(&split).enumerate() {
                let up = corner >> d & 1;
                point += (below + up) * stride;
                weight *= if up == 1 { share } else { 1.0 - share };
                stride *= axis.points;
            }
            if weight > 0.0 {
                visit(point, weight);
            }
        }
    }

    /// The interpolated value at `place` of values of points.
    pub fn value(&self, place: &[f64; D], of: impl Fn(u32) -> f64) -> f64 {
        let mut sum = 0.0;
        self.corners(place, |point, weight| sum += weight * of(point));
        sum
    }
}

/// Where a step of the continuous problem ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Arrival<const D: usize> {
    /// Somewhere inside.
    At([f64; D]),
    /// At the end of the episode.
    End,
}
