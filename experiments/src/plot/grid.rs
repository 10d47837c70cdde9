//! Values and actions on a map: one panel for each quantity, side by side.

use plotters::style::colors::colormaps::{ColorMap, ViridisRGB};
use plotters::style::{Color, RGBColor};
use tabrl::mdp::GridMap;

use super::axis::{Axis, Fitted, Scale, number};
use super::canvas::{Align, Canvas, Drawing, GREY, INK, Look, PAPER, Point, draw, text_width};
use super::fault;
use super::frame::{EDGE, Heading, SMALL, remark_missing};
use crate::Result;

/// Longest side of a panel in pixels.
const PANEL: f64 = 420.0;
const WALL: RGBColor = RGBColor(0x3A, 0x3F, 0x47);
const EMPTY: RGBColor = RGBColor(0xEC, 0xEC, 0xEC);
const PANEL_TITLE: f64 = 11.0;
/// Colour bar: gap before it and its width.
const BAR: (f64, f64) = (10.0, 11.0);

/// What is drawn in a cell of the map.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CellMark {
    /// The value that colours the cell.
    pub value: Option<f64>,
    /// A character for the action, such as `→`.
    pub glyph: Option<char>,
}

/// One quantity on the map.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// What the colours mean, with its unit.
    pub title: String,
    /// The cells, `[rows][columns]` as in the map.
    pub cells: Vec<Vec<CellMark>>,
    /// Spacing of the colours.
    pub scale: Scale,
}

/// Quantities on a map.
#[derive(Debug, Clone, PartialEq)]
pub struct GridFigure {
    /// The title.
    pub title: String,
    /// What a reader has to know, such as which states share a cell.
    pub caption: String,
    /// The map; `#` is a wall, and any other character but a blank and a dot is written into its cell.
    pub map: GridMap,
    /// The quantities.
    pub panels: Vec<Panel>,
}

impl GridFigure {
    /// Draws the figure.
    ///
    /// # Errors
    /// [`crate::Error::Figure`] for an empty map, a panel of another shape, or a panel without any value that can be drawn.
    pub fn draw(&self) -> Result<Drawing> {
        let (rows, columns) = self.validate()?;
        let cell = (PANEL / rows.max(columns) as f64).floor().clamp(4.0, 60.0);
        let size = (cell * columns as f64, cell * rows as f64);
        let mut colours = Vec::with_capacity(self.panels.len());
        let mut missing = 0;
        for panel in &self.panels {
            let axis = Axis { label: panel.title.clone(), scale: panel.scale, cover: Vec::new() };
            let values = || panel.cells.iter().flatten().filter_map(|c| c.value);
            missing += values().filter(|&v| !axis.shows(v)).count();
            colours.push(axis.fit(values(), 6, 0.0)?);
        }
        let mut caption = self.caption.clone();
        remark_missing(&mut caption, missing, self.panels.iter().any(|p| p.scale == Scale::Log));
        let widths: Vec<f64> = colours.iter().map(|axis| panel_width(size.0, axis)).collect();
        let gap = 26.0;
        let width = widths.iter().sum::<f64>() + gap * (widths.len() - 1) as f64;
        let width = width.max(260.0);
        let heading = Heading::new(&self.title, &caption, width);
        let top = (EDGE + heading.height() + PANEL_TITLE + 12.0).ceil(); // whole pixels: sharp cells
        draw(width + 2.0 * EDGE, top + size.1 + EDGE, |canvas| {
            heading.draw(canvas, (EDGE, EDGE))?;
            let mut left = EDGE;
            for (panel, (axis, width)) in self.panels.iter().zip(colours.iter().zip(&widths)) {
                let title = Look::new(PANEL_TITLE, INK, Align::Left).bold();
                canvas.text(&axis.label, (left, top - PANEL_TITLE / 2.0 - 5.0), title)?;
                self.draw_cells(canvas, panel, axis, (left, top), cell)?;
                draw_colour_bar(canvas, axis, (left + size.0 + BAR.0, top), size.1)?;
                left += width + gap;
            }
            Ok(())
        })
    }

    fn validate(&self) -> Result<(usize, usize)> {
        let rows = self.map.rows.len();
        let columns = self.map.rows.first().map_or(0, Vec::len);
        if rows == 0 || columns == 0 || self.map.rows.iter().any(|r| r.len() != columns) {
            return fault(&self.title, "the map is empty, or its rows are not of the same length");
        }
        if self.panels.is_empty() {
            return fault(&self.title, "it has no panel");
        }
        let fits = |p: &&Panel| p.cells.len() == rows && p.cells.iter().all(|r| r.len() == columns);
        match self.panels.iter().find(|p| !fits(p)) {
            Some(p) => {
                fault(&self.title, format!("panel `{}` is not of the map's shape, {rows} rows of {columns}", p.title))
            }
            None => Ok((rows, columns)),
        }
    }

    fn draw_cells(&self, canvas: &Canvas, panel: &Panel, axis: &Fitted, from: Point, cell: f64) -> Result<()> {
        let (rows, columns) = (self.map.rows.len() as f64, self.map.rows[0].len() as f64);
        let to = (from.0 + cell * columns, from.1 + cell * rows);
        // One rectangle for all walls: no seams between them.
        canvas.rectangle(from, to, WALL)?;
        let edge = if cell >= 12.0 { 0.4 } else { 0.0 };
        for (r, row) in self.map.rows.iter().enumerate() {
            for (c, &symbol) in row.iter().enumerate() {
                let (x, y) = (from.0 + cell * c as f64, from.1 + cell * r as f64);
                let mark = panel.cells[r][c];
                let value = mark.value.filter(|v| v.is_finite() && (panel.scale == Scale::Linear || *v > 0.0));
                let fill = match (value, symbol) {
                    (Some(v), _) => viridis(axis.place(v)),
                    (None, '#') => WALL,
                    (None, _) => EMPTY,
                };
                if fill == WALL {
                    continue;
                }
                canvas.rectangle((x, y), (x + cell, y + cell), PAPER)?;
                canvas.rectangle((x + edge, y + edge), (x + cell - edge, y + cell - edge), fill)?;
                let ink = if luminance(fill) > 0.18 { INK } else { PAPER };
                draw_mark(canvas, (x, y), cell, symbol, CellMark { value, ..mark }, ink)?;
            }
        }
        canvas.outline(from, to, GREY, 0.8)
    }
}

/// Writes the symbol of the map, the action and the number, as far as there is room.
fn draw_mark(canvas: &Canvas, (x, y): Point, cell: f64, symbol: char, mark: CellMark, ink: RGBColor) -> Result<()> {
    let (middle, centre) = (x + cell / 2.0, y + cell / 2.0);
    let symbol = (!matches!(symbol, '#' | '.' | ' ')).then_some(symbol);
    let digits = mark.value.map(number).filter(|_| cell >= 32.0);
    let digits = digits.map(|text| (0.86 * cell / text_width(&text, 1.0, false), text));
    // A number that would be smaller than six pixels cannot be read.
    let digits = digits.map(|(fits, text)| (fits.min(11.0).min(0.27 * cell), text)).filter(|(size, _)| *size >= 6.0);
    let has_digits = digits.is_some();
    if let Some((size, text)) = digits {
        let place = if mark.glyph.is_some() { centre + 0.27 * cell } else { centre };
        canvas.text(&text, (middle, place), Look::new(size, ink, Align::Centre))?;
    }
    if let (Some(glyph), true) = (mark.glyph, cell >= 9.0) {
        let (size, place) = if has_digits { (0.42, centre - 0.12 * cell) } else { (0.62, centre) };
        canvas.text(&glyph.to_string(), (middle, place), Look::new(size * cell, ink, Align::Centre))?;
    }
    match symbol {
        Some(symbol) if mark.value.is_none() && cell >= 9.0 => {
            canvas.text(&symbol.to_string(), (middle, centre), Look::new(0.5 * cell, GREY, Align::Centre))
        }
        Some(symbol) if cell >= 26.0 => {
            let size = 0.2 * cell;
            canvas.text(&symbol.to_string(), (x + 0.09 * cell, y + 0.17 * cell), Look::new(size, ink, Align::Left))
        }
        _ => Ok(()),
    }
}

fn panel_width(map: f64, axis: &Fitted) -> f64 {
    let ticks = axis.ticks.iter().map(|t| text_width(&t.label, SMALL, false)).fold(0.0, f64::max);
    (map + BAR.0 + BAR.1 + 8.0 + ticks).max(1.1 * text_width(&axis.label, PANEL_TITLE, true))
}

fn draw_colour_bar(canvas: &Canvas, axis: &Fitted, (x, top): Point, height: f64) -> Result<()> {
    let steps = 128;
    for i in 0..steps {
        // Each stripe reaches down to the end, and the next one covers it: no seams.
        let y = top + height * f64::from(i) / f64::from(steps);
        let colour = viridis(1.0 - (f64::from(i) + 0.5) / f64::from(steps));
        canvas.rectangle((x, y), (x + BAR.1, top + height), colour)?;
    }
    canvas.outline((x, top), (x + BAR.1, top + height), GREY, 0.8)?;
    for tick in axis.ticks.iter().filter(|t| !t.label.is_empty()) {
        let y = top + height * (1.0 - axis.place(tick.value));
        canvas.line(&[(x + BAR.1, y), (x + BAR.1 + 3.0, y)], INK, 0.8)?;
        canvas.text(&tick.label, (x + BAR.1 + 5.0, y), Look::new(SMALL, INK, Align::Left))?;
    }
    Ok(())
}

fn viridis(share: f64) -> RGBColor {
    ViridisRGB.get_color(share)
}

/// Relative luminance, from 0 (black) to 1 (white). Black and white text are equally readable at 0.18.
fn luminance(colour: RGBColor) -> f64 {
    let (r, g, b) = colour.rgb();
    let linear = |channel: u8| (f64::from(channel) / 255.0).powf(2.2);
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
}
