//! A table of measurements: one row per record, written as CSV.

use super::store::write_atomically;
use crate::{Error, Result};
use std::path::Path;

/// A column: its header is the name, followed by `_unit` if it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The unit (`steps`, `seconds`, `episodes`), empty for what has none.
    pub unit: String,
    /// What it is, for the report.
    pub meaning: String,
}

/// One entry.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// A count.
    Integer(i64),
    /// A number, written so that it reads back bit for bit.
    Real(f64),
    /// Not applicable here.
    Empty,
}

/// A table of measurements.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// File name without extension.
    pub name: String,
    /// What a row is.
    pub caption: String,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, each as long as `columns`.
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    /// An empty table; the columns as `(name, unit, meaning)`.
    pub fn new(name: &str, caption: &str, columns: &[(&str, &str, &str)]) -> Table {
        let column = |&(name, unit, meaning): &(&str, &str, &str)| Column {
            name: name.into(),
            unit: unit.into(),
            meaning: meaning.into(),
        };
        Table {
            name: name.into(),
            caption: caption.into(),
            columns: columns.iter().map(column).collect(),
            rows: Vec::new(),
        }
    }

    /// Appends a row.
    ///
    /// # Panics
    /// If it is not as long as the columns: a mistake in the experiment's code.
    pub fn row(&mut self, cells: Vec<Cell>) {
        assert_eq!(cells.len(), self.columns.len(), "a row of table {} does not fit its columns", self.name);
        self.rows.push(cells);
    }

    /// The table as CSV (RFC 4180, lines end in `\n`).
    ///
    /// # Errors
    /// None in practice: memory is the only place written to.
    pub fn csv(&self) -> Result<Vec<u8>> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let failed = |error: String| Error::Config { place: format!("table {}", self.name), problem: error };
        writer.write_record(self.columns.iter().map(Column::header)).map_err(|e| failed(e.to_string()))?;
        for row in &self.rows {
            writer.write_record(row.iter().map(Cell::text)).map_err(|e| failed(e.to_string()))?;
        }
        writer.into_inner().map_err(|e| failed(e.to_string()))
    }

    /// Writes `<name>.csv` into `directory`.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn write(&self, directory: &Path) -> Result<()> {
        write_atomically(&directory.join(format!("{}.csv", self.name)), &self.csv()?)
    }
}

impl Column {
    /// The name with the unit.
    pub fn header(&self) -> String {
        if self.unit.is_empty() { self.name.clone() } else { format!("{}_{}", self.name, self.unit) }
    }
}

impl Cell {
    /// The entry as it stands in the file.
    pub fn text(&self) -> String {
        match self {
            Cell::Text(text) => text.clone(),
            Cell::Integer(n) => n.to_string(),
            Cell::Real(x) => format!("{x:?}"),
            Cell::Empty => String::new(),
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::Text(text.into())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell::Text(text)
    }
}

impl From<f64> for Cell {
    fn from(x: f64) -> Cell {
        Cell::Real(x)
    }
}

impl From<bool> for Cell {
    fn from(yes: bool) -> Cell {
        Cell::Text(yes.to_string())
    }
}

impl From<i64> for Cell {
    fn from(n: i64) -> Cell {
        Cell::Integer(n)
    }
}

impl From<u32> for Cell {
    fn from(n: u32) -> Cell {
        Cell::Integer(n.into())
    }
}

impl From<usize> for Cell {
    fn from(n: usize) -> Cell {
        i64::try_from(n).map_or_else(|_| Cell::Text(n.to_string()), Cell::Integer)
    }
}

impl From<u64> for Cell {
    fn from(n: u64) -> Cell {
        i64::try_from(n).map_or_else(|_| Cell::Text(n.to_string()), Cell::Integer)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Cell {
        value.map_or(Cell::Empty, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_has_units_in_the_header_and_full_precision() {
        let mut table = Table::new("t", "", &[("environment", "", ""), ("horizon", "steps", ""), ("v", "", "")]);
        table.row(vec!["a,b".into(), 3usize.into(), (1.0 / 3.0).into()]);
        table.row(vec!["c".into(), Cell::from(None::<usize>), f64::INFINITY.into()]);
        let text = String::from_utf8(table.csv().unwrap()).unwrap();
        assert_eq!(text, "environment,horizon_steps,v\n\"a,b\",3,0.3333333333333333\nc,,inf\n");
    }
}
