//! Bandits: problems where exploring is all there is to learn.

mod counts;

pub use counts::{CountPolicy, Counts, TIE, share_maximisers};
