//! Maps as text: one character a cell, one line a row.
//!
//! | character | cell |
//! |---|---|
//! | `#` | wall |
//! | `.`, `F` or a space | free |
//! | `S` | free, and a start (several: one is drawn uniformly) |
//! | `G` | goal: the episode ends |
//! | `H` | hole: the episode ends |
//! | `C` | cliff: back to the start |

use std::path::Path;

use tabrl::mdp::GridMap;

use crate::{EnvError, Result};

/// What a cell is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tile {
    /// Nobody enters.
    Wall,
    /// Nothing special.
    Free,
    /// A free cell in which episodes start.
    Start,
    /// The episode ends on entering, happily.
    Goal,
    /// The episode ends on entering.
    Hole,
    /// Entering leads back to the start.
    Cliff,
}

const ALLOWED: &str = "# (wall), . or F or a space (free), S (start), G (goal), H (hole), C (cliff)";

/// Largest number of cells and of bytes read from a file.
const LARGEST: usize = 16_000_000;

/// The maps that come with the toolkit, by name.
pub const BUILT_IN: [(&str, &str); 6] = [
    ("aima", include_str!("../../maps/aima.txt")),
    ("cliffwalking", include_str!("../../maps/cliffwalking.txt")),
    ("dyna-maze", include_str!("../../maps/dyna-maze.txt")),
    ("fourrooms", include_str!("../../maps/fourrooms.txt")),
    ("frozenlake-4x4", include_str!("../../maps/frozenlake-4x4.txt")),
    ("frozenlake-8x8", include_str!("../../maps/frozenlake-8x8.txt")),
];

/// A map that has been checked: rectangular, with at least one start. Cells are numbered row by row from the top left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    map: GridMap,
    tiles: Vec<Tile>,
    width: usize,
}

impl Layout {
    /// Reads a map from text; `name` is for messages. Empty lines at the end do not count.
    ///
    /// # Errors
    /// [`EnvError::Map`] for an unknown character, rows of different lengths, no row at all, or no start. Rows and columns
    /// are counted from 1 in its message.
    pub fn parse(name: &str, text: &str) -> Result<Layout> {
        let fault = |problem: String| EnvError::Map { map: name.to_owned(), problem };
        let mut rows: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
        while rows.last().is_some_and(|row| row.is_empty()) {
            rows.pop();
        }
        let width = rows.first().map_or(0, Vec::len);
        if width == 0 {
            return Err(fault("it is empty; write one line a row, with S for the start and G for the goal".into()));
        }
        if width * rows.len() > LARGEST {
            return Err(fault(format!("it has {} cells; at most {LARGEST} are allowed", width * rows.len())));
        }
        let mut tiles = Vec::with_capacity(width * rows.len());
        for (r, row) in rows.iter().enumerate() {
            if row.len() != width {
                let (found, row) = (row.len(), r + 1);
                return Err(fault(format!(
                    "row {row} has {found} characters, but row 1 has {width}; all must be equal"
                )));
            }
            for (c, &character) in row.iter().enumerate() {
                tiles.push(match character {
                    '#' => Tile::Wall,
                    '.' | 'F' | ' ' => Tile::Free,
                    'S' => Tile::Start,
                    'G' => Tile::Goal,
                    'H' => Tile::Hole,
                    'C' => Tile::Cliff,
                    _ => {
                        let (row, column) = (r + 1, c + 1);
                        return Err(fault(format!(
                            "row {row}, column {column}: unknown character {character:?}; allowed: {ALLOWED}"
                        )));
                    }
                });
            }
        }
        if !tiles.contains(&Tile::Start) {
            return Err(fault("it has no start; mark at least one cell with S".into()));
        }
        Ok(Layout { map: GridMap { rows }, tiles, width })
    }

    /// A built-in map, or the map in the file of that path.
    ///
    /// # Errors
    /// [`EnvError::Map`]: neither a built-in name nor a readable file, or a file that is no map.
    pub fn load(name: &str) -> Result<Layout> {
        if let Some((_, text)) = BUILT_IN.iter().find(|(known, _)| *known == name) {
            return Layout::parse(name, text);
        }
        let fault = |problem: String| EnvError::Map { map: name.to_owned(), problem };
        let length = std::fs::metadata(Path::new(name)).map(|meta| (meta.is_file(), meta.len()));
        let read = match length {
            Ok((false, _)) => return Err(fault("it is not a file; give the path of a text file".into())),
            Ok((true, bytes)) if bytes > LARGEST as u64 => {
                return Err(fault(format!("the file has {bytes} bytes; a map has at most {LARGEST}")));
            }
            Ok(_) => std::fs::read_to_string(name),
            Err(error) => Err(error),
        };
        match read {
            Ok(text) => Layout::parse(name, &text),
            Err(error) => {
                let known: Vec<&str> = BUILT_IN.iter().map(|(known, _)| *known).collect();
                Err(fault(format!(
                    "the file cannot be read ({error}), and no built-in map has this name; built in: {}",
                    known.join(", ")
                )))
            }
        }
    }

    /// Number of columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of rows.
    pub fn height(&self) -> usize {
        self.tiles.len() / self.width
    }

    /// The cells, row by row, `[height * width]`.
    pub fn tiles(&self) -> &[Tile] {
        &self.tiles
    }

    /// The characters, to draw on.
    pub fn map(&self) -> &GridMap {
        &self.map
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn problem(text: &str) -> String {
        Layout::parse("m", text).unwrap_err().to_string()
    }

    #[test]
    fn faults_say_where_and_what_would_be_right() {
        assert_eq!(
            problem("S..\n.x.\n"),
            "map m: row 2, column 2: unknown character 'x'; allowed: # (wall), . or F or a space (free), S (start), \
             G (goal), H (hole), C (cliff)"
        );
        assert_eq!(problem("S..\n.."), "map m: row 2 has 2 characters, but row 1 has 3; all must be equal");
        assert_eq!(problem("S..\n\n..."), "map m: row 2 has 0 characters, but row 1 has 3; all must be equal");
        assert_eq!(problem("..\n.."), "map m: it has no start; mark at least one cell with S");
        assert!(problem("\n\n").contains("empty"));
        assert!(problem("").contains("empty"));
        assert!(Layout::load("no/such/file").unwrap_err().to_string().contains("built in: aima, cliffwalking"));
        assert!(Layout::load("/").unwrap_err().to_string().contains("not a file"));
    }

    #[test]
    fn built_in_maps_are_maps() {
        for (name, _) in BUILT_IN {
            let layout = Layout::load(name).unwrap();
            assert_eq!(layout.width() * layout.height(), layout.tiles().len());
            assert!(layout.tiles().contains(&Tile::Goal), "{name}");
        }
        // Carriage returns and empty lines at the end are no part of a map.
        assert_eq!(Layout::parse("m", "S.\r\n.G\r\n\r\n").unwrap(), Layout::parse("m", "S.\n.G").unwrap());
    }
}
