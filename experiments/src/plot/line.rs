//! Lines with bands: learning curves, performance profiles, convergence.

use plotters::style::{Color, RGBColor};

use super::axis::{Axis, PAD, Scale};
use super::canvas::{Align, Canvas, Drawing, GREY, Look, PALETTE, Point, Shape, colour, draw, text_width};
use super::fault;
use super::frame::{Entry, Frame, Key, SMALL, Vertical, remark, remark_missing};
use crate::Result;

/// How two neighbouring points are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Join {
    /// By a straight line.
    Straight,
    /// The value holds until the next point: for distribution functions and counts.
    Step,
}

/// A line of a [`LineFigure`].
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its name in the legend.
    pub name: String,
    /// The points, in drawing order. The line breaks at a point that cannot be drawn.
    pub points: Vec<(f64, f64)>,
    /// Lower and upper end of the band at each point.
    pub band: Option<Vec<(f64, f64)>>,
    /// How the points are joined.
    pub join: Join,
    /// Whether every point is marked.
    pub markers: bool,
}

impl Series {
    /// A straight line without band and markers.
    pub fn new(name: impl Into<String>, points: Vec<(f64, f64)>) -> Series {
        Series { name: name.into(), points, band: None, join: Join::Straight, markers: false }
    }
}

/// A dashed line across the whole figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// What it stands for; written on the line.
    pub name: String,
    /// Its height.
    pub value: f64,
}

/// Lines with bands over two numeric axes.
#[derive(Debug, Clone, PartialEq)]
pub struct LineFigure {
    /// The title.
    pub title: String,
    /// What the bands are, and anything else that a reader has to know.
    pub caption: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// The lines; the legend keeps their order.
    pub series: Vec<Series>,
    /// Horizontal reference lines.
    pub references: Vec<Reference>,
}

impl LineFigure {
    /// Draws the figure.
    ///
    /// # Errors
    /// [`crate::Error::Figure`] if there is nothing to draw, or a band does not have one interval for each point.
    pub fn draw(&self) -> Result<Drawing> {
        self.validate()?;
        let points = || self.series.iter().flat_map(|s| &s.points).filter(|p| self.shows(**p));
        let bands = self.series.iter().flat_map(|s| s.band.iter().flatten()).flat_map(|&(low, high)| [low, high]);
        let x = self.x.fit(points().map(|p| p.0), 7, PAD)?;
        let references = self.references.iter().map(|r| r.value);
        let y = self.y.fit(points().map(|p| p.1).chain(bands).chain(references), 6, PAD)?;
        let frame = Frame::new(&self.title, &self.caption(), (460.0, 290.0), x, Vertical::Numbers(y), self.legend());
        draw(frame.size.0, frame.size.1, |canvas| {
            frame.draw(canvas)?;
            for (i, series) in self.series.iter().enumerate() {
                self.draw_band(canvas, &frame, series, colour(i))?;
            }
            self.draw_references(canvas, &frame)?;
            for (i, series) in self.series.iter().enumerate() {
                self.draw_line(canvas, &frame, series, i)?;
            }
            Ok(())
        })
    }

    fn validate(&self) -> Result<()> {
        for series in &self.series {
            let (points, found) = (series.points.len(), series.band.as_ref().map_or(series.points.len(), Vec::len));
            if points != found {
                return fault(
                    &self.title,
                    format!("series `{}` has {points} points but {found} intervals", series.name),
                );
            }
        }
        if self.series.iter().all(|s| s.points.is_empty()) {
            return fault(&self.title, "it has no points");
        }
        Ok(())
    }

    fn shows(&self, (x, y): (f64, f64)) -> bool {
        self.x.shows(x) && self.y.shows(y)
    }

    fn caption(&self) -> String {
        let mut caption = self.caption.clone();
        let logarithmic = self.x.scale == Scale::Log || self.y.scale == Scale::Log;
        let missing = self.series.iter().flat_map(|s| &s.points).filter(|p| !self.shows(**p)).count();
        remark_missing(&mut caption, missing, logarithmic);
        let cut = |&&(low, high): &&(f64, f64)| low <= 0.0 && high > 0.0;
        let cut = self.series.iter().flat_map(|s| s.band.iter().flatten()).filter(cut).count();
        if self.y.scale == Scale::Log && cut > 0 {
            remark(&mut caption, "Where a band reaches zero or below it is cut at the lower end of the axis.");
        }
        caption
    }

    fn legend(&self) -> Vec<Entry> {
        let entry = |(i, series): (usize, &Series)| Entry {
            name: series.name.clone(),
            colour: colour(i),
            key: Key::Line { dashed: is_dashed(i), marker: series.markers.then(|| Shape::of(i)) },
        };
        if self.series.len() == 1 && self.series[0].name.is_empty() {
            return Vec::new();
        }
        self.series.iter().enumerate().map(entry).collect()
    }

    /// The maximal runs of points that can be drawn, as ranges.
    fn runs<'s>(&'s self, series: &'s Series) -> impl Iterator<Item = std::ops::Range<usize>> + 's {
        let shown = |i: usize| self.shows(series.points[i]);
        let starts = (0..series.points.len()).filter(move |&i| shown(i) && (i == 0 || !shown(i - 1)));
        starts.map(move |i| i..(i..series.points.len()).find(|&j| !shown(j)).unwrap_or(series.points.len()))
    }

    fn draw_line(&self, canvas: &Canvas, frame: &Frame, series: &Series, i: usize) -> Result<()> {
        for run in self.runs(series) {
            let points: Vec<Point> = series.points[run].iter().map(|&p| frame.at(p)).collect();
            let path = join(&points, series.join);
            match is_dashed(i) {
                true => canvas.dashed(&path, colour(i), 1.6, 5.0, 2.5)?,
                false => canvas.line(&path, colour(i), 1.8)?,
            }
            if series.markers || points.len() == 1 {
                for &point in &points {
                    canvas.marker(Shape::of(i), point, 3.2, colour(i))?;
                }
            }
        }
        Ok(())
    }

    fn draw_band(&self, canvas: &Canvas, frame: &Frame, series: &Series, colour: RGBColor) -> Result<()> {
        let Some(band) = &series.band else { return Ok(()) };
        for run in self.runs(series) {
            let within: Vec<usize> = run.filter(|&i| band[i].0.is_finite() && band[i].1.is_finite()).collect();
            // A point without an interval interrupts the band.
            for part in within.chunk_by(|i, j| i + 1 == *j) {
                let side = |end: fn(&(f64, f64)) -> f64| -> Vec<Point> {
                    let points: Vec<Point> =
                        part.iter().map(|&i| frame.at((series.points[i].0, end(&band[i])))).collect();
                    join(&points, series.join)
                };
                let mut outline = side(|b| b.1);
                let mut lower = side(|b| b.0);
                lower.reverse();
                outline.extend(lower);
                canvas.polygon(&outline, colour.mix(0.18))?;
            }
        }
        Ok(())
    }

    fn draw_references(&self, canvas: &Canvas, frame: &Frame) -> Result<()> {
        for reference in self.references.iter().filter(|r| self.y.shows(r.value)) {
            let y = frame.y(reference.value);
            canvas.dashed(&[(frame.from.0, y), (frame.to.0, y)], GREY, 1.0, 4.0, 3.0)?;
            // The label is written where the curves leave most room: at the end farther from them.
            let width = text_width(&reference.name, SMALL, false) + 8.0;
            let room = |from: f64, to: f64| {
                let near = self.series.iter().flat_map(|s| &s.points).filter(|p| self.shows(**p)).map(|&p| frame.at(p));
                let gaps = near.filter(|p| (from..=to).contains(&p.0)).map(|p| (p.1 - (y - 7.0)).abs());
                gaps.fold(f64::INFINITY, f64::min)
            };
            let left = room(frame.from.0, frame.from.0 + width) > room(frame.to.0 - width, frame.to.0);
            let (x, align) = if left { (frame.from.0 + 4.0, Align::Left) } else { (frame.to.0 - 4.0, Align::Right) };
            let side = if y - 14.0 < frame.from.1 { 8.0 } else { -7.0 };
            canvas.text(&reference.name, (x, y + side), Look::new(9.0, GREY, align))?;
        }
        Ok(())
    }
}

/// Whether the colours have been used up once: the line is then dashed.
fn is_dashed(i: usize) -> bool {
    (i / PALETTE.len()) % 2 == 1
}

fn join(points: &[Point], join: Join) -> Vec<Point> {
    match join {
        Join::Straight => points.to_vec(),
        Join::Step => {
            let corner = |pair: &[Point]| [(pair[1].0, pair[0].1), pair[1]];
            points.iter().take(1).copied().chain(points.windows(2).flat_map(corner)).collect()
        }
    }
}
