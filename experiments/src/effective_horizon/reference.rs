//! Reference values of an independent implementation, one row per environment (`reference.csv`).

use std::collections::BTreeMap;

use crate::{Error, Result};

/// The horizon of the reference values.
pub const HORIZON: usize = 100;
/// The stickiness of the reference values.
pub const STICKY: f64 = 0.25;

/// A row, by column.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    values: BTreeMap<String, String>,
}

impl Reference {
    /// All rows, by environment.
    ///
    /// # Errors
    /// A damaged table (it is part of the program, so: none in practice).
    pub fn all() -> Result<BTreeMap<String, Reference>> {
        let text = include_str!("reference.csv");
        let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
        let rows = reader.deserialize::<BTreeMap<String, String>>();
        let row = |values: BTreeMap<String, String>| (values["environment"].clone(), Reference { values });
        rows.map(|values| values.map(row)).collect::<std::result::Result<_, _>>().map_err(|error| Error::Config {
            place: "the reference table of effective-horizon".into(),
            problem: error.to_string(),
        })
    }

    /// The number in a column; NaN where there is none, which agrees with nothing.
    pub fn number(&self, column: &str) -> f64 {
        self.values.get(column).and_then(|text| text.parse().ok()).unwrap_or(f64::NAN)
    }
}
