//! What a paper's room gives to the runner.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Claim, Settings, Table};
use crate::plot::Drawing;
use crate::{Error, Result};

/// A paper (or another body of claims) that can be reproduced.
pub struct Spec {
    /// Its name on the command line, such as `effective-horizon`.
    pub name: &'static str,
    /// What it is about, in one line.
    pub title: &'static str,
    /// The papers, with year.
    pub source: &'static str,
    /// The text of `configs/<name>.toml`: every number a researcher may want to turn, with the paper's value as default; a
    /// table `[quick]` holds what `--quick` changes.
    pub config: &'static str,
    /// Checks the settings and makes the experiment.
    pub build: fn(&Settings) -> Result<Box<dyn Experiment>>,
}

/// An experiment with its settings fixed.
pub trait Experiment: Send + Sync {
    /// The units of work, in an order that depends on the settings alone. Their ids differ.
    ///
    /// # Errors
    /// Settings that name something that does not exist.
    fn units(&self) -> Result<Vec<Unit>>;

    /// Carries out one unit: a function of the settings and the unit, without clocks, threads' names, or anything else that
    /// could differ between two machines. The result is what [`Experiment::conclude`] needs, as JSON (see [`record`]).
    ///
    /// # Errors
    /// Whatever stops it; the run stops, and the units that are finished stay.
    fn run(&self, unit: &Unit) -> Result<Value>;

    /// Claims, tables and figures from all results, which come in the order of [`Experiment::units`].
    ///
    /// # Errors
    /// Results that cannot be read or drawn.
    fn conclude(&self, results: &[Finished]) -> Result<Outcome>;
}

/// A unit of work: one setting with one seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its name in messages and on disk; unique in the run.
    pub id: String,
    /// Index of the setting in the experiment's own list.
    pub setting: usize,
    /// Index of the seed: 0 for what is exact. Streams are derived from (root seed, purpose, this).
    pub seed: u64,
}

impl Unit {
    /// One exact unit for each setting.
    pub fn exact<S: AsRef<str>>(settings: &[S]) -> Vec<Unit> {
        let unit = |(setting, name): (usize, &S)| Unit { id: name.as_ref().to_owned(), setting, seed: 0 };
        settings.iter().enumerate().map(unit).collect()
    }

    /// Every setting with every seed in `0..seeds`.
    pub fn grid<S: AsRef<str>>(settings: &[S], seeds: u64) -> Vec<Unit> {
        let unit = |setting: usize, name: &str, seed| Unit { id: format!("{name} seed={seed}"), setting, seed };
        settings.iter().enumerate().flat_map(|(i, s)| (0..seeds).map(move |seed| unit(i, s.as_ref(), seed))).collect()
    }
}

/// A unit with its result, read back from where it was stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// The unit.
    pub unit: Unit,
    /// What [`Experiment::run`] returned.
    pub result: Value,
}

impl Finished {
    /// The result as the type it was made of by [`record`].
    ///
    /// # Errors
    /// A result of another type: the stored run stems from another version.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T> {
        T::deserialize(&self.result).map_err(|error| Error::Config {
            place: format!("unit {}", self.unit.id),
            problem: format!("its stored result does not fit this version ({error}); delete the run's folder"),
        })
    }
}

/// A unit's result as JSON. Numbers keep every bit; those that may be infinite need `#[serde(with = "real")]`
/// ([`super::real`]), since JSON has no infinity.
///
/// # Errors
/// A type that JSON cannot hold (a map whose keys are not text).
pub fn record(result: &impl Serialize) -> Result<Value> {
    serde_json::to_value(result)
        .map_err(|error| Error::Config { place: "a unit's result".into(), problem: error.to_string() })
}

/// A figure, drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// File name without extension.
    pub name: String,
    /// What it shows, units and bands included; printed below it.
    pub caption: String,
    /// The drawing.
    pub drawing: Drawing,
}

/// What an experiment found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// The claims in the paper's order, judged.
    pub claims: Vec<Claim>,
    /// What was measured, one table per kind of measurement.
    pub tables: Vec<Table>,
    /// The figures.
    pub figures: Vec<Figure>,
    /// Paragraphs (Markdown) for the report: what a reader must know to read the tables, and what deviates from the paper.
    pub notes: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_takes_every_setting_with_every_seed() {
        let ids: Vec<String> = Unit::grid(&["a", "b"], 2).into_iter().map(|unit| unit.id).collect();
        assert_eq!(ids, ["a seed=0", "a seed=1", "b seed=0", "b seed=1"]);
    }
}
