//! Figures: plain structs with a `draw`, the same bytes on every machine.
//!
//! A figure holds its numbers, labels and caption; `draw` lays it out and returns a [`Drawing`], which is an SVG document
//! and, rasterised from it, a PNG. Numbers that have no place on an axis (NaN, infinities, zero on a logarithmic axis) are
//! left out and the caption says how many; a figure with nothing to draw is an error.
//!
//! | figure | for |
//! |---|---|
//! | [`LineFigure`] | curves with bands, performance profiles, convergence |
//! | [`LearningCurves`] | from runs with many seeds to such curves |
//! | [`DotFigure`] | a value for each of many named things, as dots or bars, with intervals |
//! | [`GridFigure`] | values and actions on a map, panels side by side |
//! | [`ScatterFigure`] | two numbers of each thing against each other |
//! | [`text_map`] | a map in a terminal |
//!
//! ```
//! use tabrl_experiments::plot::{Axis, LineFigure, Series};
//!
//! let points = (1..=100).map(|n| (f64::from(n), 1.0 / f64::from(n))).collect();
//! let figure = LineFigure {
//!     title: "Error of the mean".into(),
//!     caption: "A line of slope −1.".into(),
//!     x: Axis::log("samples"),
//!     y: Axis::log("variance [reward²]"),
//!     series: vec![Series::new("exact", points)],
//!     references: vec![],
//! };
//! assert!(figure.draw()?.svg().contains("variance [reward²]"));
//! # Ok::<(), tabrl_experiments::Error>(())
//! ```

mod axis;
mod canvas;
mod convergence;
mod curves;
mod dots;
mod frame;
mod grid;
mod line;
mod scatter;
mod show;
#[cfg(test)]
mod tests;
mod text;

pub use axis::{Axis, Scale, number};
pub use canvas::{Drawing, PALETTE, SavedFigure};
pub use convergence::convergence;
pub(crate) use convergence::size;
pub use curves::{AgentRuns, LearningCurves, Unit};
pub use dots::{DotFigure, Estimate, Group, Mark};
pub use grid::{CellMark, GridFigure, Panel};
pub use line::{Join, LineFigure, Reference, Series};
pub use scatter::{Cloud, Dot, ScatterFigure};
pub use show::{Shown, show};
pub use text::text_map;

use crate::{Error, Result};

/// The error that a figure cannot be drawn.
fn fault<T>(name: &str, problem: impl Into<String>) -> Result<T> {
    Err(Error::Figure { name: name.to_owned(), problem: problem.into() })
}
