//! Where rewards come from: shaping that leaves the optimum alone, and rewards guessed from behaviour.

pub mod inverse;
pub mod shaping;
