//! The one place that draws: pixels in, the same figure as SVG and PNG out.
//!
//! Coordinates are logical pixels, y downwards. The SVG back-end only knows whole numbers, so everything is drawn on a
//! grid of [`GRID`] units a pixel and the view box is scaled back: lines and curves keep tenths of a pixel. The PNG is
//! rasterised from that very SVG at twice the logical size.
//!
//! The font (DejaVu Sans, which has Greek, arrows and superscripts) is part of the program: no font of the system is
//! looked for, and the same figure gives the same bytes everywhere.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use plotters::coord::Shift;
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::prelude::{DrawingArea, IntoDrawingArea, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontStyle, FontTransform, IntoFont, RGBAColor, RGBColor, ShapeStyle, TextStyle};
use resvg::{tiny_skia, usvg};

use super::fault;
use crate::runner::write_atomically;
use crate::{Error, Result};

/// Drawing units a logical pixel.
const GRID: f64 = 10.0;
/// PNG pixels a logical pixel.
const PNG_SCALE: f64 = 2.0;
/// Widest and tallest figure, in logical pixels.
const LARGEST: f64 = 8_000.0;
/// The family named in the SVG: a viewer without DejaVu falls back to its own sans-serif font.
const FAMILY: &str = "DejaVu Sans, sans-serif";
/// `(ascent - descent) / em` of DejaVu Sans: the metrics count in units of the former.
const HEIGHT_PER_EM: f64 = 2384.0 / 2048.0;
/// The back-end writes `size / 1.24` as the font size.
const SIZE_PER_EM: f64 = 1.24;

/// A point in logical pixels.
pub(super) type Point = (f64, f64);

/// Black that is easy on the eyes.
pub(super) const INK: RGBColor = RGBColor(0x22, 0x22, 0x22);
/// Secondary text.
pub(super) const GREY: RGBColor = RGBColor(0x66, 0x66, 0x66);
/// Grid lines.
pub(super) const PALE: RGBColor = RGBColor(0xE4, 0xE4, 0xE4);
/// Rows that are told apart from their neighbours.
pub(super) const SHADE: RGBColor = RGBColor(0xF5, 0xF5, 0xF5);
/// Paper.
pub(super) const PAPER: RGBColor = RGBColor(0xFF, 0xFF, 0xFF);

/// Okabe and Ito's palette (2008), readable with any colour vision; its yellow is left out since it fails on white.
pub const PALETTE: [RGBColor; 7] = [
    RGBColor(0x00, 0x72, 0xB2),
    RGBColor(0xD5, 0x5E, 0x00),
    RGBColor(0x00, 0x9E, 0x73),
    RGBColor(0xCC, 0x79, 0xA7),
    RGBColor(0xE6, 0x9F, 0x00),
    RGBColor(0x56, 0xB4, 0xE9),
    RGBColor(0x00, 0x00, 0x00),
];

/// The colour of the `i`-th series.
pub(super) fn colour(i: usize) -> RGBColor {
    PALETTE[i % PALETTE.len()]
}

/// The shape of the `i`-th series: a second cue beside its colour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Shape {
    Circle,
    Square,
    Triangle,
    Diamond,
}

impl Shape {
    pub(super) fn of(i: usize) -> Shape {
        [Shape::Circle, Shape::Square, Shape::Triangle, Shape::Diamond][i % 4]
    }
}

/// Where a text lies, seen from the point it is drawn at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Align {
    Left,
    Centre,
    Right,
}

/// How a text looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    /// Em size in logical pixels.
    pub size: f64,
    pub colour: RGBColor,
    pub align: Align,
    pub bold: bool,
    /// Turned a quarter anticlockwise, to be read from the right.
    pub turned: bool,
}

impl Look {
    pub(super) const fn new(size: f64, colour: RGBColor, align: Align) -> Look {
        Look { size, colour, align, bold: false, turned: false }
    }

    pub(super) const fn bold(self) -> Look {
        Look { bold: true, ..self }
    }
}

/// Registers the embedded font with the drawing library, once.
fn register_font() {
    static DONE: OnceLock<()> = OnceLock::new();
    DONE.get_or_init(|| {
        let faces = [(FontStyle::Normal, dejavu::sans::regular()), (FontStyle::Bold, dejavu::sans::bold())];
        for (style, bytes) in faces {
            let registered = plotters::style::register_font(FAMILY, style, bytes);
            assert!(registered.is_ok(), "the embedded font is a valid TrueType file");
        }
    });
}

/// The embedded font for the rasteriser.
fn font_database() -> Arc<usvg::fontdb::Database> {
    static FONTS: OnceLock<Arc<usvg::fontdb::Database>> = OnceLock::new();
    let load = || {
        let mut fonts = usvg::fontdb::Database::new();
        for face in [dejavu::sans::regular(), dejavu::sans::bold()] {
            fonts.load_font_source(usvg::fontdb::Source::Binary(Arc::new(face)));
        }
        fonts.set_sans_serif_family("DejaVu Sans");
        Arc::new(fonts)
    };
    FONTS.get_or_init(load).clone()
}

fn font(size: f64, bold: bool) -> plotters::style::FontDesc<'static> {
    register_font();
    let style = if bold { FontStyle::Bold } else { FontStyle::Normal };
    (FAMILY, size, style).into_font()
}

/// Width of a text in logical pixels.
pub(super) fn text_width(text: &str, size: f64, bold: bool) -> f64 {
    let width = font(size * HEIGHT_PER_EM * GRID, bold).box_size(text).map(|(w, _)| f64::from(w));
    // The only failure is a font that is not registered, and `font` registers it.
    width.unwrap_or(0.0) / GRID
}

/// Breaks a text into lines no wider than `width`, between words; a word that is wider has a line of its own.
pub(super) fn wrap(text: &str, size: f64, bold: bool, width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if line.is_empty() || text_width(&longer, size, bold) <= width {
                line = longer;
            } else {
                lines.push(std::mem::replace(&mut line, word.to_owned()));
            }
        }
        if !line.is_empty() {
            lines.push(line);
        }
    }
    lines
}

/// A surface to draw on.
pub(super) struct Canvas<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
}

fn grid((x, y): Point) -> (i32, i32) {
    ((x * GRID).round() as i32, (y * GRID).round() as i32)
}

fn drawn<T, E: std::error::Error>(outcome: std::result::Result<T, E>) -> Result<T> {
    outcome.map_err(|e| Error::Figure { name: "a figure".into(), problem: e.to_string() })
}

fn stroke(colour: impl Color, width: f64) -> ShapeStyle {
    ShapeStyle { color: colour.to_rgba(), filled: false, stroke_width: (width * GRID).round() as u32 }
}

impl Canvas<'_> {
    /// A line through `points`.
    pub(super) fn line(&self, points: &[Point], colour: impl Color, width: f64) -> Result<()> {
        let path: Vec<_> = points.iter().copied().map(grid).collect();
        drawn(self.area.draw(&PathElement::new(path, stroke(colour, width))))
    }

    /// A line of dashes through `points`: `on` pixels drawn, `off` pixels left out.
    pub(super) fn dashed(
        &self,
        points: &[Point],
        colour: impl Color + Copy,
        width: f64,
        on: f64,
        off: f64,
    ) -> Result<()> {
        let mut position = 0.0; // along the pattern
        for pair in points.windows(2) {
            let (dx, dy) = (pair[1].0 - pair[0].0, pair[1].1 - pair[0].1);
            let length = dx.hypot(dy);
            let at = |d: f64| (pair[0].0 + dx * d / length, pair[0].1 + dy * d / length);
            let mut done = 0.0;
            while length - done > 1e-9 {
                let draws = position < on;
                let step = (if draws { on } else { on + off } - position).min(length - done);
                if draws {
                    self.line(&[at(done), at(done + step)], colour, width)?;
                }
                done += step;
                position += step;
                if position >= on + off - 1e-9 {
                    position = 0.0;
                }
            }
        }
        Ok(())
    }

    /// A filled polygon.
    pub(super) fn polygon(&self, points: &[Point], colour: impl Color) -> Result<()> {
        let path: Vec<_> = points.iter().copied().map(grid).collect();
        drawn(self.area.draw(&Polygon::new(path, colour.to_rgba().filled())))
    }

    /// A filled rectangle.
    pub(super) fn rectangle(&self, from: Point, to: Point, colour: impl Color) -> Result<()> {
        drawn(self.area.draw(&Rectangle::new([grid(from), grid(to)], colour.to_rgba().filled())))
    }

    /// The outline of a rectangle.
    pub(super) fn outline(&self, from: Point, to: Point, colour: impl Color, width: f64) -> Result<()> {
        self.line(&[from, (to.0, from.1), to, (from.0, to.1), from, (to.0, from.1)], colour, width)
    }

    /// A filled marker with a thin paper edge that keeps overlapping ones apart.
    pub(super) fn marker(&self, shape: Shape, centre: Point, radius: f64, colour: RGBColor) -> Result<()> {
        self.shape(shape, centre, radius + 0.8, PAPER.to_rgba())?;
        self.shape(shape, centre, radius, colour.to_rgba())
    }

    fn shape(&self, shape: Shape, (x, y): Point, r: f64, colour: RGBAColor) -> Result<()> {
        match shape {
            Shape::Circle => {
                drawn(self.area.draw(&Circle::new(grid((x, y)), (r * GRID).round() as i32, colour.filled())))
            }
            Shape::Square => {
                let h = 0.886 * r; // the area of the circle
                self.rectangle((x - h, y - h), (x + h, y + h), colour)
            }
            Shape::Triangle => {
                let h = 1.2 * r;
                self.polygon(&[(x, y - 1.1 * h), (x + h, y + 0.7 * h), (x - h, y + 0.7 * h)], colour)
            }
            Shape::Diamond => {
                let h = 1.25 * r;
                self.polygon(&[(x, y - h), (x + h, y), (x, y + h), (x - h, y)], colour)
            }
        }
    }

    /// A text whose capitals are centred on the height of `(x, y)`. Control characters are left out.
    pub(super) fn text(&self, text: &str, (x, y): Point, look: Look) -> Result<()> {
        let text: String = text.chars().filter(|c| !c.is_control() && !matches!(c, '\u{FFFE}' | '\u{FFFF}')).collect();
        if text.is_empty() {
            return Ok(());
        }
        // The back-end puts the base line 0.76 em below the point; capitals are 0.73 em high.
        let rise = (0.76 - 0.365) * look.size;
        let (from, transform) = match look.turned {
            false => ((x, y - rise), FontTransform::None),
            true => ((x - rise, y), FontTransform::Rotate270),
        };
        let side = match look.align {
            Align::Left => HPos::Left,
            Align::Centre => HPos::Center,
            Align::Right => HPos::Right,
        };
        let font = font(look.size * SIZE_PER_EM * GRID, look.bold).transform(transform);
        let style = TextStyle::from(font).color(&look.colour).pos(Pos::new(side, VPos::Top));
        drawn(self.area.draw(&Text::new(text, grid(from), style)))
    }
}

/// Draws a figure of `width` by `height` logical pixels.
///
/// # Errors
/// [`Error::Figure`] for a figure that would be larger than any screen.
pub(super) fn draw(width: f64, height: f64, paint: impl FnOnce(&Canvas) -> Result<()>) -> Result<Drawing> {
    if !(width <= LARGEST && height <= LARGEST) {
        return fault(
            "a figure",
            format!("it would be {width:.0} x {height:.0} pixels; at most {LARGEST} each way can be drawn"),
        );
    }
    let (width, height) = (width.ceil(), height.ceil());
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, grid_size(width, height)).into_drawing_area();
        drawn(area.fill(&PAPER))?;
        let canvas = Canvas { area };
        paint(&canvas)?;
        drawn(canvas.area.present())?;
    }
    let (w, h) = grid_size(width, height);
    let written = format!("<svg width=\"{w}\" height=\"{h}\"");
    let scaled = format!("<svg width=\"{width}\" height=\"{height}\" stroke-linejoin=\"round\"");
    Ok(Drawing { svg: svg.replacen(&written, &scaled, 1) })
}

fn grid_size(width: f64, height: f64) -> (u32, u32) {
    ((width * GRID) as u32, (height * GRID) as u32)
}

/// A finished figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawing {
    svg: String,
}

/// The files of a figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedFigure {
    /// The vector version.
    pub svg: PathBuf,
    /// The same at twice its logical size in pixels.
    pub png: PathBuf,
}

impl Drawing {
    /// The figure as an SVG document.
    pub fn svg(&self) -> &str {
        &self.svg
    }

    /// The figure as the bytes of a PNG file, rasterised from the SVG at twice its logical size.
    ///
    /// # Errors
    /// [`Error::Figure`] if the rasteriser refuses the figure.
    pub fn png(&self) -> Result<Vec<u8>> {
        let mut options = usvg::Options { font_family: "DejaVu Sans".into(), ..usvg::Options::default() };
        options.fontdb = font_database();
        let tree = drawn(usvg::Tree::from_str(&self.svg, &options))?;
        let side = |length: f32| (f64::from(length) * PNG_SCALE).round() as u32;
        let (width, height) = (side(tree.size().width()), side(tree.size().height()));
        let mut pixels = tiny_skia::Pixmap::new(width, height).ok_or_else(|| Error::Figure {
            name: "a figure".into(),
            problem: format!("no image of {width} x {height} pixels can be made"),
        })?;
        let scale = PNG_SCALE as f32;
        resvg::render(&tree, tiny_skia::Transform::from_scale(scale, scale), &mut pixels.as_mut());
        drawn(pixels.encode_png())
    }

    /// Writes `stem.svg` and `stem.png`, each whole or not at all; missing folders are made.
    ///
    /// # Errors
    /// [`Error::Write`] with the path that could not be written.
    pub fn save(&self, stem: &Path) -> Result<SavedFigure> {
        let with = |extension: &str| {
            let mut name = stem.as_os_str().to_owned();
            name.push(extension);
            PathBuf::from(name)
        };
        let saved = SavedFigure { svg: with(".svg"), png: with(".png") };
        let png = self.png()?;
        if let Some(folder) = stem.parent().filter(|p| !p.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(Error::write(folder))?;
        }
        write_atomically(&saved.svg, self.svg.as_bytes())?;
        write_atomically(&saved.png, &png)?;
        Ok(saved)
    }
}
