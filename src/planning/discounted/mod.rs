//! Methods for discounted problems.

pub(super) mod policy_iteration;
pub(super) mod sweeping;
