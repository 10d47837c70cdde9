//! The runner: carries out an [`Experiment`] and leaves a folder that a person can read.
//!
//! A run is a function of its configuration. It is cut into [`Unit`]s of work (a setting times a seed), which share
//! nothing; each is stored when it is finished, so that a run that was stopped goes on where it was, and machines can share one
//! run. What is concluded (claims, tables, figures, the report) is computed from the stored results alone; so the files
//! are the same bytes for any number of threads, stopped or not, on one machine or on many.
//!
//! ```text
//! results/<experiment>/<run id>/
//!     config.toml       every number of the run; `tabrl reproduce config.toml` repeats it
//!     report.md         for people: claims, figures, tables
//!     claims.json       the claims with their verdicts
//!     <table>.csv       what was measured
//!     figures/          SVG and PNG
//!     units/            one file per unit of work
//!     manifest.json     version, compiler, command lines, times (the only file that differs between repetitions)
//! ```

mod bounds;
mod claim;
mod conclude;
mod config;
mod experiment;
mod manifest;
mod merge;
mod progress;
pub mod real;
mod report;
mod run;
mod shard;
mod store;
mod table;

pub use bounds::Bounds;
pub use claim::{Checks, Claim, Draft, Interval, Kind, Quantity, Tolerance, Verdict, mean};
pub use config::{Scale, Settings};
pub(crate) use config::{fnv1a, set_twice, split_setting, split_settings};
pub use experiment::{Experiment, Figure, Finished, Outcome, Spec, Unit, record};
pub use merge::merge;
pub use progress::Progress;
pub use run::{Options, Run, Stored, carry_out, reproduce};
pub use shard::Shard;
pub use store::write_atomically;
pub use table::{Cell, Column, Table};
