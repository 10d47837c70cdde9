//! Gridworlds: one set of rules for every environment that walks on a map.

mod acting;
mod layout;
mod rules;
mod spec;

pub use acting::ActingGrid;
pub use layout::{BUILT_IN, Layout, Tile};
pub use rules::{Entering, GridWorld, Move, SlipTo};
pub use spec::spec;
