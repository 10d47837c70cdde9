//! Values of named things: a row each, a dot or a bar for each group.

use super::axis::{Axis, PAD, Scale};
use super::canvas::{Align, Canvas, Drawing, INK, Look, Shape, colour, draw};
use super::fault;
use super::frame::{Entry, Frame, Key, Rows, SMALL, Vertical, remark};
use crate::Result;

/// How a value is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A dot: for any axis.
    Dot,
    /// A bar from zero: for a linear axis.
    Bar,
}

/// A value with an optional interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The value; infinity is written as `∞` at the end of the axis, and NaN means that there is none.
    pub value: f64,
    /// Lower and upper end of its interval.
    pub interval: Option<(f64, f64)>,
}

impl From<f64> for Estimate {
    fn from(value: f64) -> Estimate {
        Estimate { value, interval: None }
    }
}

/// One value for each row, under a common name.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Its name in the legend.
    pub name: String,
    /// The value of each row.
    pub values: Vec<Estimate>,
}

/// Named rows with one dot or bar for each group.
#[derive(Debug, Clone, PartialEq)]
pub struct DotFigure {
    /// The title.
    pub title: String,
    /// What the intervals are, and anything else that a reader has to know.
    pub caption: String,
    /// The names of the rows, from top to bottom.
    pub rows: Vec<String>,
    /// The axis of the values.
    pub axis: Axis,
    /// The groups.
    pub groups: Vec<Group>,
    /// Dots or bars.
    pub mark: Mark,
}

impl DotFigure {
    /// Draws the figure.
    ///
    /// # Errors
    /// [`crate::Error::Figure`] if there is nothing to draw, a group does not have one value for each row, or bars are asked
    /// for on a logarithmic axis, which has no zero.
    pub fn draw(&self) -> Result<Drawing> {
        self.validate()?;
        let estimates = || self.groups.iter().flat_map(|g| &g.values);
        let ends = estimates().filter_map(|e| e.interval).flat_map(|(low, high)| [low, high]);
        let zero = (self.mark == Mark::Bar).then_some(0.0);
        let axis = self.axis.fit(estimates().map(|e| e.value).chain(ends).chain(zero), 6, PAD)?;
        let height = 10.0 + self.spacing() * self.groups.len() as f64;
        let rows = Vertical::Rows(Rows { names: &self.rows, height });
        let plot = (380.0, height * self.rows.len() as f64);
        let frame = Frame::new(&self.title, &self.caption(), plot, axis, rows, self.legend());
        draw(frame.size.0, frame.size.1, |canvas| {
            frame.draw(canvas)?;
            for (i, group) in self.groups.iter().enumerate() {
                for (row, estimate) in group.values.iter().enumerate() {
                    self.draw_estimate(canvas, &frame, i, row, estimate)?;
                }
            }
            Ok(())
        })
    }

    fn validate(&self) -> Result<()> {
        if self.rows.is_empty() || self.groups.is_empty() {
            return fault(&self.title, "it has no values");
        }
        if self.mark == Mark::Bar && self.axis.scale == Scale::Log {
            return fault(&self.title, "bars need a linear axis; use dots on a logarithmic one");
        }
        let rows = self.rows.len();
        match self.groups.iter().find(|g| g.values.len() != rows) {
            Some(g) => fault(&self.title, format!("group `{}` has {} values for {rows} rows", g.name, g.values.len())),
            None => Ok(()),
        }
    }

    fn caption(&self) -> String {
        let mut caption = self.caption.clone();
        let values = || self.groups.iter().flat_map(|g| &g.values).map(|e| e.value);
        if values().any(f64::is_infinite) {
            remark(&mut caption, "∞: infinite.");
        }
        let missing = |i: &usize| self.groups.iter().any(|g| !g.values[*i].value.is_infinite() && !self.shows(g, *i));
        let missing: Vec<usize> = (0..self.rows.len()).filter(missing).collect();
        if !missing.is_empty() {
            let kind = if self.axis.scale == Scale::Log { "no positive value" } else { "no value" };
            let named: Vec<&str> = missing.iter().take(3).map(|&i| self.rows[i].as_str()).collect();
            let more = if missing.len() > 3 { format!(" and {} more", missing.len() - 3) } else { String::new() };
            remark(&mut caption, &format!("There is {kind} for {}{more}.", named.join(", ")));
        }
        caption
    }

    /// Distance between the groups of a row: dots may overlap a little where there are no intervals to tell apart.
    fn spacing(&self) -> f64 {
        let intervals = self.groups.iter().flat_map(|g| &g.values).any(|e| e.interval.is_some());
        if intervals || self.mark == Mark::Bar { 7.0 } else { 4.0 }
    }

    fn shows(&self, group: &Group, row: usize) -> bool {
        self.axis.shows(group.values[row].value)
    }

    fn legend(&self) -> Vec<Entry> {
        if self.groups.len() == 1 {
            return Vec::new();
        }
        let key = |i| if self.mark == Mark::Bar { Key::Patch } else { Key::Marker(Shape::of(i)) };
        let entry = |(i, g): (usize, &Group)| Entry { name: g.name.clone(), colour: colour(i), key: key(i) };
        self.groups.iter().enumerate().map(entry).collect()
    }

    fn draw_estimate(&self, canvas: &Canvas, frame: &Frame, i: usize, row: usize, estimate: &Estimate) -> Result<()> {
        let y = frame.y(row as f64) + self.spacing() * (i as f64 - (self.groups.len() - 1) as f64 / 2.0);
        if estimate.value.is_infinite() {
            let (x, align) =
                if estimate.value > 0.0 { (frame.to.0 - 3.0, Align::Right) } else { (frame.from.0 + 4.0, Align::Left) };
            let sign = if estimate.value > 0.0 { "∞" } else { "−∞" };
            return canvas.text(sign, (x, y), Look::new(SMALL, colour(i), align).bold());
        }
        if !self.axis.shows(estimate.value) {
            return Ok(());
        }
        let x = frame.x(estimate.value);
        if self.mark == Mark::Bar {
            let half = if self.groups.len() == 1 { 5.0 } else { 3.2 };
            let zero = frame.x(0.0);
            canvas.rectangle((x.min(zero), y - half), (x.max(zero), y + half), colour(i))?;
        }
        if let Some((low, high)) = estimate.interval.filter(|(low, high)| low.is_finite() && high.is_finite()) {
            let (low, high) = (frame.x(low), frame.x(high));
            let ink = if self.mark == Mark::Bar { INK } else { colour(i) };
            canvas.line(&[(low, y), (high, y)], ink, 1.2)?;
            for end in [low, high] {
                canvas.line(&[(end, y - 2.2), (end, y + 2.2)], ink, 1.2)?;
            }
        }
        if self.mark == Mark::Dot {
            canvas.marker(Shape::of(i), (x, y), 3.4, colour(i))?;
        }
        Ok(())
    }
}
