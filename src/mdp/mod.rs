//! What everything stands on: models, the sparse table, policies, occupancies, files.
//!
//! An environment is written once, as the law of one step ([`Model`]). [`enumerate`] turns that law into the sparse table
//! [`Mdp`]; the simulator reads either. Wrappers ([`wrappers`]) are models too, so their exact reading is free.

mod as_model;
mod builder;
mod chain;
mod csr;
mod dense;
mod enumerate;
mod evaluate;
pub mod files;
mod long_run;
mod model;
pub mod occupancy;
mod policy;
mod restriction;
mod table;
#[cfg(test)]
mod tests;
pub mod wrappers;

pub use builder::MdpBuilder;
pub(crate) use chain::PolicyChain;
pub use csr::{CsrParts, ROW_SUM_TOLERANCE};
pub use enumerate::{Enumeration, enumerate};
pub use evaluate::{Evaluation, action_values, evaluate_discounted, evaluate_finite};
pub use long_run::{LongRun, evaluate_average};
pub(crate) use long_run::{expected_total, long_run};
pub use model::{Branch, Branches, Cell, GridMap, Model, View};
pub use occupancy::Occupancy;
pub use policy::{DecisionRule, NO_CHOICE, Policy};
pub use table::{Mdp, Rewards};
