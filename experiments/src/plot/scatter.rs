//! Two numbers of each of many things, against each other.

use super::axis::{Axis, PAD, Scale};
use super::canvas::{Align, Canvas, Drawing, GREY, INK, Look, Point, Shape, colour, draw, text_width};
use super::fault;
use super::frame::{Entry, Frame, Key, Vertical, remark_missing};
use crate::Result;

const LABEL: f64 = 8.5;

/// A thing with two numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Dot {
    /// Horizontal.
    pub x: f64,
    /// Vertical.
    pub y: f64,
    /// Its name, written beside it; may be empty.
    pub label: String,
}

/// Dots of one colour and shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Cloud {
    /// Its name in the legend.
    pub name: String,
    /// Its dots.
    pub dots: Vec<Dot>,
}

/// Dots over two numeric axes.
#[derive(Debug, Clone, PartialEq)]
pub struct ScatterFigure {
    /// The title.
    pub title: String,
    /// What a reader has to know.
    pub caption: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// The dots.
    pub clouds: Vec<Cloud>,
    /// Whether to draw the line on which both numbers are equal.
    pub diagonal: bool,
}

/// A rectangle that a label or a dot takes.
type Extent = (Point, Point);

impl ScatterFigure {
    /// Draws the figure.
    ///
    /// # Errors
    /// [`crate::Error::Figure`] if there is no dot that can be drawn.
    pub fn draw(&self) -> Result<Drawing> {
        let all = || self.clouds.iter().flat_map(|c| &c.dots);
        let dots = || all().filter(|d| self.shows(d));
        if all().next().is_none() {
            return fault(&self.title, "it has no dots");
        }
        let x = self.x.fit(dots().map(|d| d.x), 7, PAD)?;
        let y = self.y.fit(dots().map(|d| d.y), 7, PAD)?;
        let common = (x.low.max(y.low), x.high.min(y.high));
        let mut caption = self.caption.clone();
        let logarithmic = self.x.scale == Scale::Log || self.y.scale == Scale::Log;
        remark_missing(&mut caption, all().count() - dots().count(), logarithmic);
        let frame = Frame::new(&self.title, &caption, (440.0, 380.0), x, Vertical::Numbers(y), self.legend());
        draw(frame.size.0, frame.size.1, |canvas| {
            frame.draw(canvas)?;
            let mut taken = Vec::new();
            if self.diagonal && common.0 < common.1 {
                let ends = [frame.at((common.0, common.0)), frame.at((common.1, common.1))];
                canvas.dashed(&ends, GREY, 1.0, 4.0, 3.0)?;
                taken.extend(along(ends));
            }
            self.draw_labels(canvas, &frame, taken)?;
            for (i, cloud) in self.clouds.iter().enumerate() {
                for dot in cloud.dots.iter().filter(|d| self.shows(d)) {
                    canvas.marker(Shape::of(i), frame.at((dot.x, dot.y)), 3.6, colour(i))?;
                }
            }
            Ok(())
        })
    }

    fn shows(&self, dot: &Dot) -> bool {
        self.x.shows(dot.x) && self.y.shows(dot.y)
    }

    fn legend(&self) -> Vec<Entry> {
        let entry = |(i, cloud): (usize, &Cloud)| Entry {
            name: cloud.name.clone(),
            colour: colour(i),
            key: Key::Marker(Shape::of(i)),
        };
        let mut legend: Vec<Entry> =
            self.clouds.iter().enumerate().filter(|c| !c.1.name.is_empty()).map(entry).collect();
        if self.diagonal {
            let key = Key::Line { dashed: true, marker: None };
            legend.push(Entry { name: "y = x".into(), colour: GREY, key });
        }
        legend
    }

    /// Writes each label at the nearest place around its dot that is not taken; farther ones are tied to it by a thin
    /// line.
    fn draw_labels(&self, canvas: &Canvas, frame: &Frame, mut taken: Vec<Extent>) -> Result<()> {
        let dots = || self.clouds.iter().flat_map(|c| &c.dots).filter(|d| self.shows(d));
        taken.extend(dots().map(|d| around(frame.at((d.x, d.y)), 4.5)));
        for dot in dots().filter(|d| !d.label.is_empty()) {
            let centre = frame.at((dot.x, dot.y));
            let size = (text_width(&dot.label, LABEL, false), LABEL * 1.15);
            let inside = |e: &Extent| {
                e.0.0 >= frame.from.0 && e.1.0 <= frame.to.0 && e.0.1 >= frame.from.1 && e.1.1 <= frame.to.1
            };
            let overlap = |e: &Extent| taken.iter().map(|t| shared_area(e, t)).sum::<f64>();
            let places: Vec<(Extent, f64)> = candidates(centre, size).filter(|(e, _)| inside(e)).collect();
            let least = |a: &&(Extent, f64), b: &&(Extent, f64)| overlap(&a.0).total_cmp(&overlap(&b.0));
            let free = places.iter().find(|(e, _)| overlap(e) == 0.0).or_else(|| places.iter().min_by(least));
            let Some(&(extent, distance)) = free else { continue };
            let (middle, left) = ((extent.0.1 + extent.1.1) / 2.0, extent.0.0);
            if distance > 10.0 {
                let end = (centre.0.clamp(extent.0.0, extent.1.0), centre.1.clamp(extent.0.1, extent.1.1));
                canvas.line(&[centre, end], GREY, 0.5)?;
            }
            canvas.text(&dot.label, (left, middle), Look::new(LABEL, INK, Align::Left))?;
            taken.push(extent);
        }
        Ok(())
    }
}

/// Places for a label of `size` around `centre`, nearest first, each with its distance.
fn candidates(centre: Point, (w, h): Point) -> impl Iterator<Item = (Extent, f64)> {
    let directions =
        [(1.0, 0.0), (-1.0, 0.0), (0.0, -1.0), (0.0, 1.0), (0.7, -0.7), (0.7, 0.7), (-0.7, -0.7), (-0.7, 0.7)];
    [7.0, 16.0, 28.0, 42.0, 58.0, 80.0].into_iter().flat_map(move |distance| {
        directions.into_iter().map(move |(dx, dy): (f64, f64)| {
            let near = (centre.0 + dx * distance, centre.1 + dy * distance);
            // The side of the label that faces the dot touches the circle.
            let left = near.0 - w * (1.0 - dx.signum() * f64::from(u8::from(dx != 0.0))) / 2.0;
            let top = near.1 - h * (1.0 - dy) / 2.0;
            (((left, top), (left + w, top + h)), distance)
        })
    })
}

fn around((x, y): Point, r: f64) -> Extent {
    ((x - r, y - r), (x + r, y + r))
}

/// Small squares that cover a line.
fn along([from, to]: [Point; 2]) -> impl Iterator<Item = Extent> {
    let steps = ((to.0 - from.0).hypot(to.1 - from.1) / 4.0).ceil().max(1.0);
    let at = move |i: f64| (from.0 + (to.0 - from.0) * i / steps, from.1 + (to.1 - from.1) * i / steps);
    (0..=steps as usize).map(move |i| around(at(i as f64), 2.0))
}

fn shared_area(a: &Extent, b: &Extent) -> f64 {
    let w = a.1.0.min(b.1.0) - a.0.0.max(b.0.0);
    let h = a.1.1.min(b.1.1) - a.0.1.max(b.0.1);
    w.max(0.0) * h.max(0.0)
}
