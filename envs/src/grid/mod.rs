//! Gridworlds: one set of rules for every environment that walks on a map.

mod acting;
mod layout;
mod rules;
mod spec;

pub use acting::ActingGrid;
pub use layout::{BUILT_IN, Layout, Tile};
pub use rules::{Entering, GridWorld, Move, SlipTo};
pub use spec::spec;

use crate::Result;

/// Refuses a slip that is not a probability.
pub(crate) fn check_slip(slip: f64) -> Result<()> {
    if (0.0..=1.0).contains(&slip) {
        return Ok(());
    }
    Err(tabrl::Error::Parameter { name: "slip", value: slip, expected: "a probability, in [0, 1]" }.into())
}
