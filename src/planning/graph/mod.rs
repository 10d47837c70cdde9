//! What the graph of a table says by itself: strongly connected components, end components, and where a goal is reached
//! with probability zero or one.
//!
//! Undiscounted criteria depend on the graph discontinuously (a branch of probability 1e-300 can make a value infinite), so
//! these questions are answered exactly, from which branches have a positive probability and from nothing else. A branch of
//! probability zero is not there.
//!
//! | question | function | cost |
//! |---|---|---|
//! | strongly connected components, successors first | [`strong_components`] | `O(B)` |
//! | maximal end components | [`end_components`] | `O(B)` a round |
//! | `P_max(reach) = 0` | [`prob0_all`] | `O(B)` |
//! | `P_min(reach) = 0` | [`prob0_some`] | `O(B)` |
//! | `P_min(reach) = 1` | [`prob1_all`] | `O(B)` |
//! | `P_max(reach) = 1` | [`prob1_some`] | `O(B)` a round |
//!
//! A round of the two iterated ones removes at least a state; on the models that people build a handful of rounds is
//! enough. Nothing recurses, so that long chains do not exhaust the call stack.
//!
//! Sources: Tarjan (1972); de Alfaro, *Formal Verification of Probabilistic Systems* (1997), section 3.3; Baier and Katoen,
//! *Principles of Model Checking* (2008), sections 10.6.1 to 10.6.3.

mod end_components;
mod predecessors;
mod pruning;
mod reach;
mod scc;
#[cfg(test)]
mod tests;

pub use end_components::{EndComponents, end_components};
pub use predecessors::Predecessors;
pub(in crate::planning) use reach::{attraction, reachable};
pub use reach::{membership, prob0_all, prob0_some, prob1_all, prob1_some};
pub(in crate::planning) use scc::component_sizes;
pub use scc::{Components, strong_components, strong_components_among};

/// What stands for "in no component".
pub const NO_COMPONENT: u32 = u32::MAX;
