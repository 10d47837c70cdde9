//! What surrounds the data: title, caption, axes, grid lines, legend, and margins wide enough for all of them.

use plotters::style::RGBColor;

use super::axis::Fitted;
use super::canvas::{Align, Canvas, GREY, INK, Look, PALE, Point, SHADE, Shape, text_width, wrap};
use crate::Result;

/// Em size of tick labels and legends.
pub(super) const SMALL: f64 = 10.0;
const TITLE: f64 = 13.0;
const LABEL: f64 = 11.0;
const CAPTION: f64 = 9.5;
const LINE: f64 = 1.45; // line height in em
/// Empty space along the outer edge.
pub(super) const EDGE: f64 = 14.0;

/// What stands for a series in the legend.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Key {
    Line { dashed: bool, marker: Option<Shape> },
    Marker(Shape),
    Patch,
}

/// A line of the legend.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub name: String,
    pub colour: RGBColor,
    pub key: Key,
}

/// Title and caption, laid out for a width.
pub(super) struct Heading {
    title: Vec<String>,
    caption: Vec<String>,
}

impl Heading {
    pub(super) fn new(title: &str, caption: &str, width: f64) -> Heading {
        Heading { title: wrap(title, TITLE, true, width), caption: wrap(caption, CAPTION, false, width) }
    }

    pub(super) fn height(&self) -> f64 {
        let lines = self.title.len() as f64 * TITLE + self.caption.len() as f64 * CAPTION;
        if lines > 0.0 { lines * LINE + 8.0 } else { 0.0 }
    }

    /// Draws it with its upper left corner at `(x, y)`.
    pub(super) fn draw(&self, canvas: &Canvas, (x, mut y): Point) -> Result<()> {
        for line in &self.title {
            canvas.text(line, (x, y + TITLE * LINE / 2.0), Look::new(TITLE, INK, Align::Left).bold())?;
            y += TITLE * LINE;
        }
        for line in &self.caption {
            canvas.text(line, (x, y + CAPTION * LINE / 2.0), Look::new(CAPTION, GREY, Align::Left))?;
            y += CAPTION * LINE;
        }
        Ok(())
    }
}

/// The categories of an axis that has names instead of numbers, from top to bottom.
pub(super) struct Rows<'a> {
    pub names: &'a [String],
    pub height: f64,
}

/// The vertical axis.
pub(super) enum Vertical<'a> {
    Numbers(Fitted),
    Rows(Rows<'a>),
}

/// A plot area inside its surroundings.
pub(super) struct Frame<'a> {
    /// Size of the whole figure.
    pub size: Point,
    /// Upper left corner of the plot area.
    pub from: Point,
    /// Lower right corner of the plot area.
    pub to: Point,
    x: Fitted,
    y: Vertical<'a>,
    legend: Vec<Entry>,
    heading: Heading,
}

impl<'a> Frame<'a> {
    /// Surrounds a plot area of `plot` pixels.
    pub(super) fn new(
        title: &str,
        caption: &str,
        plot: Point,
        x: Fitted,
        y: Vertical<'a>,
        legend: Vec<Entry>,
    ) -> Frame<'a> {
        let left = EDGE
            + match &y {
                Vertical::Numbers(axis) => widest(axis.ticks.iter().map(|t| t.label.as_str())) + LABEL * LINE + 12.0,
                Vertical::Rows(rows) => widest(rows.names.iter().map(String::as_str)) + 10.0,
            };
        let keys = widest(legend.iter().map(|e| e.name.as_str()));
        let legend_width = if legend.is_empty() { 0.0 } else { keys + 46.0 };
        // Half of a tick label may stand out beyond the corner, and so may a long label of the axis.
        let tick = x.ticks.iter().map(|t| plot.0 * (x.place(t.value) - 1.0) + text_width(&t.label, SMALL, false) / 2.0);
        let label = (text_width(&x.label, LABEL, false) - plot.0) / 2.0;
        let overhang = tick.fold(label.max(4.0), f64::max);
        let width = left.max(EDGE + overhang) + plot.0 + overhang.max(legend_width) + EDGE;
        let left = left.max(EDGE + overhang);
        let heading = Heading::new(title, caption, width - 2.0 * EDGE);
        let top = EDGE + heading.height() + 4.0;
        let to = (left + plot.0, top + plot.1);
        let below = 10.0 + SMALL * LINE + LABEL * LINE + 2.0;
        let rows = legend.len() as f64 * SMALL * 1.7;
        let size = (width, (to.1 + below).max(top + rows) + EDGE - 4.0);
        Frame { size, from: (left, top), to, x, y, legend, heading }
    }

    /// The horizontal place of `x`.
    pub(super) fn x(&self, x: f64) -> f64 {
        self.from.0 + (self.to.0 - self.from.0) * self.x.place(x)
    }

    /// The vertical place of `y`, or of row `y` counted from the top.
    pub(super) fn y(&self, y: f64) -> f64 {
        match &self.y {
            Vertical::Numbers(axis) => self.to.1 - (self.to.1 - self.from.1) * axis.place(y),
            Vertical::Rows(rows) => self.from.1 + rows.height * (y + 0.5),
        }
    }

    /// Where the point `(x, y)` is drawn.
    pub(super) fn at(&self, (x, y): Point) -> Point {
        (self.x(x), self.y(y))
    }

    /// Draws everything that lies behind the data and beside it.
    pub(super) fn draw(&self, canvas: &Canvas) -> Result<()> {
        self.heading.draw(canvas, (EDGE, EDGE))?;
        match &self.y {
            Vertical::Numbers(axis) => self.draw_vertical(canvas, axis)?,
            Vertical::Rows(rows) => {
                for (i, name) in rows.names.iter().enumerate() {
                    let y = self.y(i as f64);
                    // Every other row is shaded, so that the eye stays in its row.
                    if i % 2 == 0 {
                        let half = rows.height / 2.0;
                        canvas.rectangle((self.from.0, y - half), (self.to.0, y + half), SHADE)?;
                    }
                    canvas.text(name, (self.from.0 - 7.0, y), Look::new(SMALL, INK, Align::Right))?;
                }
            }
        }
        self.draw_horizontal(canvas)?;
        self.draw_legend(canvas)?;
        canvas.line(&[self.from, (self.from.0, self.to.1), self.to], INK, 1.0)
    }

    fn draw_horizontal(&self, canvas: &Canvas) -> Result<()> {
        for tick in &self.x.ticks {
            let (x, major) = (self.x(tick.value), !tick.label.is_empty());
            if major {
                canvas.line(&[(x, self.from.1), (x, self.to.1)], PALE, 0.8)?;
            }
            canvas.line(&[(x, self.to.1), (x, self.to.1 + if major { 4.0 } else { 2.5 })], INK, 0.8)?;
            canvas.text(&tick.label, (x, self.to.1 + 12.0), Look::new(SMALL, INK, Align::Centre))?;
        }
        let middle = (self.from.0 + self.to.0) / 2.0;
        let y = self.to.1 + 10.0 + SMALL * LINE + LABEL * LINE / 2.0;
        canvas.text(&self.x.label, (middle, y), Look::new(LABEL, INK, Align::Centre))
    }

    fn draw_vertical(&self, canvas: &Canvas, axis: &Fitted) -> Result<()> {
        for tick in &axis.ticks {
            let (y, major) = (self.y(tick.value), !tick.label.is_empty());
            if major {
                canvas.line(&[(self.from.0, y), (self.to.0, y)], PALE, 0.8)?;
            }
            canvas.line(&[(self.from.0 - if major { 4.0 } else { 2.5 }, y), (self.from.0, y)], INK, 0.8)?;
            canvas.text(&tick.label, (self.from.0 - 7.0, y), Look::new(SMALL, INK, Align::Right))?;
        }
        let middle = (self.from.1 + self.to.1) / 2.0;
        let turned = Look { turned: true, ..Look::new(LABEL, INK, Align::Centre) };
        canvas.text(&axis.label, (EDGE + LABEL / 2.0, middle), turned)
    }

    fn draw_legend(&self, canvas: &Canvas) -> Result<()> {
        for (i, entry) in self.legend.iter().enumerate() {
            let (x, y) = (self.to.0 + 14.0, self.from.1 + SMALL * 1.7 * (i as f64 + 0.5));
            let ends = [(x, y), (x + 20.0, y)];
            match entry.key {
                Key::Line { dashed, marker } => {
                    match dashed {
                        true => canvas.dashed(&ends, entry.colour, 1.6, 5.0, 2.5)?,
                        false => canvas.line(&ends, entry.colour, 1.8)?,
                    }
                    if let Some(shape) = marker {
                        canvas.marker(shape, (x + 10.0, y), 3.2, entry.colour)?;
                    }
                }
                Key::Marker(shape) => canvas.marker(shape, (x + 10.0, y), 3.8, entry.colour)?,
                Key::Patch => canvas.rectangle((x + 4.0, y - 4.0), (x + 16.0, y + 4.0), entry.colour)?,
            }
            canvas.text(&entry.name, (x + 26.0, y), Look::new(SMALL, INK, Align::Left))?;
        }
        Ok(())
    }
}

fn widest<'a>(texts: impl Iterator<Item = &'a str>) -> f64 {
    texts.map(|t| text_width(t, SMALL, false)).fold(0.0, f64::max)
}

/// Adds a sentence to a caption.
pub(super) fn remark(caption: &mut String, sentence: &str) {
    if !caption.is_empty() {
        let end = if caption.ends_with(['.', ';', '?', '!', '\n']) { " " } else { ". " };
        caption.push_str(end);
    }
    caption.push_str(sentence);
}

/// Notes in a caption how many values could not be drawn.
pub(super) fn remark_missing(caption: &mut String, missing: usize, logarithmic: bool) {
    if missing > 0 {
        let kind = if logarithmic { "not positive or not finite" } else { "not finite" };
        let (values, verb) = if missing == 1 { ("value is", "is") } else { ("values are", "are") };
        remark(caption, &format!("{missing} {values} {kind} and {verb} not drawn."));
    }
}
