//! CliffWalking: walk along the edge of a cliff, or keep away from it.
//!
//! ```text
//!   . . . . . . . . . . . .     actions: up, right, down, left; −1 a step; stepping into the cliff C costs 100 and leads
//!   . . . . . . . . . . . .     back to the start S without ending the episode; the goal G ends it
//!   . . . . . . . . . . . .
//!   S C C C C C C C C C C G
//! ```
//! With `slippery=true` a move goes its way, or to either side, with probability 1/3 each. The law is Gymnasium's
//! `CliffWalking-v1` (state = 12 row + column), compared with its table row by row. Origin: Sutton and Barto, Example 6.6.

use crate::grid::{Entering, GridWorld, Layout, Move, SlipTo};
use crate::{Param, Spec, erase};

/// The registry's entry.
pub fn spec() -> Spec {
    Spec {
        name: "cliffwalking".into(),
        summary: "walk along the edge of a cliff, or keep away from it".into(),
        source: "Sutton and Barto, Example 6.6; Gymnasium CliffWalking-v1",
        params: vec![Param {
            name: "slippery",
            default: "false",
            doc: "whether moves go sideways with probability 2/3: true or false",
        }],
        build: Box::new(|settings| {
            let slip = if settings.flag("slippery")? { 2.0 / 3.0 } else { 0.0 };
            let moves = [Move::Up, Move::Right, Move::Down, Move::Left];
            let entering = Entering { free: -1.0, goal: -1.0, hole: -1.0, cliff: -100.0 };
            Ok(erase(GridWorld::new(Layout::load("cliffwalking")?, moves, slip, SlipTo::Sideways, entering)))
        }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use crate::make;
    use crate::solved::finite;

    /// Thirteen steps: up, eleven to the right, down.
    #[test]
    fn the_shortest_way() {
        let mdp = make("cliffwalking", &[]).unwrap().table(100).unwrap().mdp;
        assert_eq!((mdp.num_states(), mdp.num_terminal()), (38, 1));
        assert_eq!(mdp.initial_value(&finite(&mdp, 100).values), -13.0);
    }
}
