//! FrozenLake: cross the ice from `S` to `G` without falling into a hole `H`.
//!
//! ```text
//!   SFFF    actions: left, down, right, up; on slippery ice a move goes its way with probability 1/3 and to either side
//!   FHFH    with probability 1/3 each; 1 for reaching the goal, 0 otherwise; holes and the goal end the episode
//!   FFFH
//!   HFFG
//! ```
//! The law is Gymnasium's `FrozenLake-v1` (state = 4 row + column, or 8 row + column), compared with its table row by row.
//! Gymnasium's limit of 100 (4x4) or 200 (8x8) steps is a truncation, and no part of the law.

use crate::grid::{Entering, GridWorld, Layout, Move, SlipTo};
use crate::{Param, Spec, erase};

/// The registry's entries, one for each of Gymnasium's maps.
pub fn specs() -> Vec<Spec> {
    ["4x4", "8x8"].map(spec).into()
}

fn spec(size: &'static str) -> Spec {
    Spec {
        name: format!("frozenlake/{size}"),
        summary: "cross slippery ice to the goal without falling into a hole".into(),
        source: "Gymnasium FrozenLake-v1",
        params: vec![
            Param { name: "slippery", default: "true", doc: "whether moves may go sideways: true or false" },
            Param {
                name: "success",
                default: "1/3",
                doc: "probability that a move on slippery ice goes its way, in [0, 1]",
            },
        ],
        build: Box::new(move |settings| {
            let success = settings.probability("success")?;
            let slip = if settings.flag("slippery")? { 1.0 - success } else { 0.0 };
            let moves = [Move::Left, Move::Down, Move::Right, Move::Up];
            let entering = Entering { free: 0.0, goal: 1.0, hole: 0.0, cliff: 0.0 };
            let layout = Layout::load(&format!("frozenlake-{size}"))?;
            Ok(erase(GridWorld::new(layout, moves, slip, SlipTo::Sideways, entering)))
        }),
    }
}
