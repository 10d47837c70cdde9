//! Where rewards come from: shaping that leaves the optimum alone, rewards guessed from behaviour, and rewards learnt for what they lead to.

pub mod bilevel;
pub mod inverse;
pub mod shaping;
