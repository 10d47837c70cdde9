//! SixArms: six levers from a hub to six rooms; the better a room pays, the more rarely its lever works.
//!
//! ```text
//!   lever        1     2     3     4     5     6        a lever that fails leaves one in the hub (state 0)
//!   works with   1   0.15   0.1  0.05  0.03  0.01       and leads to the room of its number
//!   room pays   50    133   300   800  1660  6000
//! ```
//! Room `i >= 2`: lever `i` stays and pays, every other one leads back to the hub. Room 1: lever 5 leads to the hub, every
//! other one stays and pays. Levers are numbered from 1 here and in the names; actions from 0.
//!
//! Source: Strehl and Littman 2008 (Journal of Computer and System Sciences 74), after two public implementations that agree.

use tabrl::mdp::{Branch, Branches, Model};

use crate::{Spec, erase};

const WORKS: [f64; 6] = [1.0, 0.15, 0.1, 0.05, 0.03, 0.01];
const PAYS: [f64; 6] = [50.0, 133.0, 300.0, 800.0, 1660.0, 6000.0];

/// State 0 is the hub, state `i` room `i`.
#[derive(Debug, Clone, Copy, Default)]
pub struct SixArms;

impl Model for SixArms {
    type State = u32;

    fn initial(&self) -> Vec<(f64, u32)> {
        vec![(1.0, 0)]
    }

    fn num_actions(&self) -> usize {
        6
    }

    fn step_law(&self, s: u32, action: usize, out: &mut Branches<u32>) {
        let mut to = |probability, next, reward| out.push(Branch { probability, next, reward, terminal: false });
        let stays = if s == 1 { action != 4 } else { action + 1 == s as usize };
        match s {
            0 => {
                to(WORKS[action], action as u32 + 1, 0.0);
                to(1.0 - WORKS[action], 0, 0.0);
            }
            _ if stays => to(1.0, s, PAYS[s as usize - 1]),
            _ => to(1.0, 0, 0.0),
        }
    }

    fn state_name(&self, s: u32) -> String {
        if s == 0 { "hub".to_owned() } else { format!("room {s}") }
    }

    fn action_name(&self, action: usize) -> String {
        format!("lever {}", action + 1)
    }

    fn action_glyph(&self, action: usize) -> char {
        ['1', '2', '3', '4', '5', '6'][action]
    }
}

/// The registry's entry.
pub fn spec() -> Spec {
    Spec {
        name: "sixarms".into(),
        summary: "six levers to six rooms: the better the room, the rarer its lever works".into(),
        source: "Strehl and Littman 2008",
        params: vec![],
        build: Box::new(|_| Ok(erase(SixArms))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use tabrl::mdp::enumerate;

    use super::*;
    use crate::solved::{action, discounted, finite};

    #[test]
    fn reference_values() {
        let mdp = enumerate(&SixArms, 10).unwrap().mdp;
        assert_eq!(mdp.num_states(), 7);
        let best = discounted(&mdp, 0.95);
        let v = &best.values;
        assert!((v[0] - 19159.663866).abs() < 0.5e-6, "{}", v[0]);
        let room_6 = 6; // rooms are found in the order of the levers
        assert!((v[room_6] - 120_000.0).abs() < 1e-6, "{}", v[room_6]);
        assert_eq!(action(&mdp, &best, 0, 0), Some(5));
        for (horizon, value) in [(20, 10744.1626), (100, 219619.4048)] {
            let v = finite(&mdp, horizon).values[0];
            assert!((v - value).abs() < 0.5e-4, "{horizon}: {v}");
        }
    }
}
