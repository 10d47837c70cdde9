//! The map in a terminal: walls, values and actions in characters.

use tabrl::mdp::GridMap;

use super::axis::compact;
use super::grid::CellMark;

/// Draws a map with the values and actions of `cells` in at most `width` columns of text.
///
/// With enough room a cell is its action and its value, `→ 0.81`; else it is one character for the action, and the values
/// follow as a second map of tenths of their range, `0` to `9`. A wall is filled, and a cell without value and action shows
/// its symbol, a dot being blank.
pub fn text_map(map: &GridMap, cells: &[Vec<CellMark>], width: usize) -> String {
    let values = || cells.iter().flatten().filter_map(|c| c.value).filter(|v| v.is_finite());
    let digits = values().map(|v| cell_number(v).len()).max().unwrap_or(0);
    let columns = map.rows.first().map_or(0, Vec::len);
    if (digits + 3) * columns <= width {
        return render(map, cells, digits + 3, |symbol, mark| {
            let glyph = mark.glyph.unwrap_or(if mark.value.is_some() { ' ' } else { symbol });
            let number = mark.value.map(cell_number).unwrap_or_default();
            format!("{glyph} {number:>digits$} ")
        });
    }
    // Two characters a cell look square; with one, even wide maps fit.
    let wide = if 2 * columns <= width { 2 } else { 1 };
    let pad = " ".repeat(wide - 1);
    let actions = render(map, cells, wide, |symbol, mark| format!("{}{pad}", mark.glyph.unwrap_or(symbol)));
    let (low, high) = values().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    if low > high {
        return actions;
    }
    let tenth = |v: f64| if high > low { ((v - low) / (high - low) * 10.0).floor().clamp(0.0, 9.0) } else { 0.0 };
    let tenths = render(map, cells, wide, |symbol, mark| match mark.value.filter(|v| v.is_finite()) {
        Some(v) => format!("{}{pad}", tenth(v)),
        None => format!("{symbol}{pad}"),
    });
    format!("{actions}\nvalues in tenths of {} to {}:\n{tenths}", compact(low), compact(high))
}

fn render(map: &GridMap, cells: &[Vec<CellMark>], wide: usize, cell: impl Fn(char, CellMark) -> String) -> String {
    let mut text = String::new();
    for (row, marks) in map.rows.iter().zip(cells) {
        let mut line = String::new();
        for (&symbol, &mark) in row.iter().zip(marks) {
            match (symbol, mark.value) {
                ('#', None) => line.extend(std::iter::repeat_n('█', wide)),
                ('.', None) => line.push_str(&cell(' ', mark)),
                _ => line.push_str(&cell(symbol, mark)),
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Two decimals where they say something, three digits elsewhere.
fn cell_number(v: f64) -> String {
    if (0.01..1000.0).contains(&v.abs()) || v == 0.0 { format!("{v:.2}") } else { compact(v) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> (GridMap, Vec<Vec<CellMark>>) {
        let rows = ["####", "#.G#"].map(|r| r.chars().collect()).to_vec();
        let mut cells = vec![vec![CellMark::default(); 4]; 2];
        cells[1][1] = CellMark { value: Some(0.9), glyph: Some('→') };
        (GridMap { rows }, cells)
    }

    #[test]
    fn values_and_arrows_side_by_side() {
        let (map, cells) = small();
        let lines = ["████████████████████████████", "███████→ 0.90 G      ███████", ""].join("\n");
        assert_eq!(text_map(&map, &cells, 80), lines);
    }

    #[test]
    fn a_narrow_terminal_gets_two_maps() {
        let (map, mut cells) = small();
        cells[1][2].value = Some(1.9);
        let lines = ["████", "█→G█", "", "values in tenths of 0.9 to 1.9:", "████", "█09█", ""].join("\n");
        assert_eq!(text_map(&map, &cells, 4), lines);
    }

    #[test]
    fn no_value_is_no_fault() {
        let (map, _) = small();
        let none = vec![vec![CellMark::default(); 4]; 2];
        assert_eq!(text_map(&map, &none, 4), "████\n█ G█\n");
    }
}
