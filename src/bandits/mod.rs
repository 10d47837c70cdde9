//! Bandits: problems where exploring is all there is to learn.

mod counts;
pub mod exact;

pub use counts::{CountPolicy, Counts, TIE, share_maximisers};
