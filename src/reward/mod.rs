//! Where rewards come from: shaping that leaves the optimum alone.

pub mod shaping;
