//! N closed doors, one of which pays 1 for the whole episode, and a safe door.

use tabrl::mdp::{Branch, Branches, Model};

use crate::{Param, Spec, erase};

/// How many doors are still closed (none: the paying one is found), and the pulls left.
pub type State = (u32, u32);

/// A safe door (action 0), and N doors of which one pays (action 1 opens one not opened before, or the one found).
#[derive(Debug, Clone)]
pub struct Doors {
    doors: u32,
    safe: f64,
    pulls: u32,
}

impl Doors {
    /// `doors` doors, the reward of the safe one, and the number of pulls.
    pub fn new(doors: u32, safe: f64, pulls: u32) -> Doors {
        Doors { doors, safe, pulls }
    }
}

impl Model for Doors {
    type State = State;

    fn initial(&self) -> Vec<(f64, State)> {
        vec![(1.0, (self.doors, self.pulls))]
    }

    fn num_actions(&self) -> usize {
        2
    }

    fn step_law(&self, (closed, left): State, action: usize, out: &mut Branches<State>) {
        let mut to = |probability, closed, reward| {
            out.push(Branch { probability, next: (closed, left - 1), reward, terminal: left == 1 });
        };
        match (action, closed) {
            (0, _) => to(1.0, closed, self.safe),
            (_, 0 | 1) => to(1.0, 0, 1.0),
            _ => {
                let found = 1.0 / f64::from(closed);
                to(found, 0, 1.0);
                to(1.0 - found, closed - 1, 0.0);
            }
        }
    }

    fn state_name(&self, (closed, left): State) -> String {
        if closed == 0 { format!("found, {left} left") } else { format!("{closed} closed, {left} left") }
    }

    fn action_name(&self, action: usize) -> String {
        ["safe door", "another door"][action].to_owned()
    }

    fn episode_length(&self) -> Option<usize> {
        Some(self.pulls as usize)
    }
}

/// The registry's entry.
pub(super) fn spec() -> Spec {
    Spec {
        name: "bandit/doors".into(),
        summary: "a safe door, and a needle behind one of N others: beliefs".into(),
        source: "needle in a haystack; Rentschler and Roberts (2025), third condition",
        params: vec![
            Param { name: "doors", default: "4", doc: "number of doors besides the safe one, at least 1" },
            Param { name: "safe", default: "0.4", doc: "reward of the safe door, in [0, 1]" },
            Param { name: "pulls", default: "10", doc: "pulls of an episode, at least 1" },
        ],
        build: Box::new(|settings| {
            let (doors, pulls) = (settings.count("doors", 1, 1_000_000)?, settings.count("pulls", 1, 1_000_000)?);
            Ok(erase(Doors::new(doors as u32, settings.probability("safe")?, pulls as u32)))
        }),
    }
}
