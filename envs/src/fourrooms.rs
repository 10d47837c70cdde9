//! FourRooms: four rooms joined by four hallways.
//!
//! ```text
//!   #############      13 x 13 cells with the outer wall, 104 of them free; actions: up, down, left, right
//!   #S....#.....#      a move goes its way with probability 2/3, and in each other direction with probability 1/9;
//!   #.....#.....#      1 for reaching the goal G, which ends the episode, 0 otherwise
//!   #...........#
//!   #.....#.....#
//!   #.....#.....#
//!   ##.####.....#
//!   #.....###G###
//!   #.....#.....#
//!   #.....#.....#
//!   #...........#
//!   #.....#.....#
//!   #############
//! ```
//! Source: Sutton, Precup and Singh 1999, "Between MDPs and semi-MDPs" (Artificial Intelligence 112), which leaves the start
//! open: here it is uniform over the cells other than the goal (`start=anywhere`) or the corner `S` (`start=corner`). The goal
//! is the hallway between the two rooms on the right, the usual one in code for options.

use crate::grid::{Entering, GridWorld, Layout, Move, SlipTo};
use crate::{Param, Spec, erase};

/// The registry's entry.
pub fn spec() -> Spec {
    Spec {
        name: "fourrooms".into(),
        summary: "four rooms joined by hallways, with moves that slip".into(),
        source: "Sutton, Precup and Singh 1999",
        params: vec![
            Param {
                name: "slip",
                default: "1/3",
                doc: "probability that a move goes in one of the three other directions, in [0, 1]",
            },
            Param { name: "start", default: "anywhere", doc: "anywhere (uniform), or corner (top left)" },
        ],
        build: Box::new(|settings| {
            let moves = [Move::Up, Move::Down, Move::Left, Move::Right];
            let entering = Entering { free: 0.0, goal: 1.0, hole: 0.0, cliff: 0.0 };
            let slip = settings.probability("slip")?;
            let world = GridWorld::new(Layout::load("fourrooms")?, moves, slip, SlipTo::Others, entering);
            match settings.word("start", &["anywhere", "corner"])? {
                "corner" => Ok(erase(world)),
                _ => Ok(erase(world.start_anywhere())),
            }
        }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use crate::make;
    use crate::solved::discounted;

    #[test]
    fn the_rooms() {
        let table = make("fourrooms", &[]).unwrap().table(1000).unwrap();
        assert_eq!((table.mdp.num_states(), table.mdp.num_terminal()), (104, 1));
        assert_eq!(table.mdp.initial().len(), 103);
        assert_eq!(table.action_names, ["up", "down", "left", "right"]);
        // Without slips the goal is as far away as a walk through the hallways: 14 steps from the corner.
        let sure = make("fourrooms", &[("slip", "0"), ("start", "corner")]).unwrap().table(1000).unwrap().mdp;
        let v = sure.initial_value(&discounted(&sure, 0.9).values);
        assert!((v - 0.9f64.powi(13)).abs() < 1e-12, "{}", v.ln() / 0.9f64.ln());
    }
}
