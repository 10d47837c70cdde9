//! RiverSwim: swimming against the current for a large reward, or drifting to a small one.
//!
//! ```text
//!   0 ── 1 ── 2 ── … ── n−1        left: one step down, surely;   r(0, left) = 0.005
//!                                  right: see below;              r(n−1, right) = 1
//! ```
//! Right at 0: ahead with probability `p01`, else stay. In the middle: back 0.05, stay 0.6, ahead 0.35. At n−1: stay 0.6,
//! back 0.4. Two variants circulate: `p01 = 0.6` (Osband's TabulaRL and the UCRL code) and `p01 = 0.4` (an RL text book);
//! numbers published for one do not hold for the other. Origin: Strehl and Littman, 2008, with other numbers.

use tabrl::mdp::{Branch, Branches, Model};

use crate::{Param, Spec, erase};

/// RiverSwim on the states `0..n`.
#[derive(Debug, Clone)]
pub struct RiverSwim {
    n: u32,
    p01: f64,
}

impl RiverSwim {
    /// `n >= 2` states; `p01` is the probability that swimming right leaves state 0.
    pub fn new(n: u32, p01: f64) -> RiverSwim {
        RiverSwim { n, p01 }
    }
}

impl Model for RiverSwim {
    type State = u32;

    fn initial(&self) -> Vec<(f64, u32)> {
        vec![(1.0, 0)]
    }

    fn num_actions(&self) -> usize {
        2
    }

    fn step_law(&self, s: u32, action: usize, out: &mut Branches<u32>) {
        let last = self.n - 1;
        let mut to = |probability, next, reward| out.push(Branch { probability, next, reward, terminal: false });
        match (action, s) {
            (0, 0) => to(1.0, 0, 0.005),
            (0, _) => to(1.0, s - 1, 0.0),
            (_, 0) => {
                to(1.0 - self.p01, 0, 0.0);
                to(self.p01, 1, 0.0);
            }
            (_, _) if s == last => {
                to(0.4, s - 1, 1.0);
                to(0.6, s, 1.0);
            }
            _ => {
                to(0.05, s - 1, 0.0);
                to(0.6, s, 0.0);
                to(0.35, s + 1, 0.0);
            }
        }
    }

    fn action_name(&self, action: usize) -> String {
        ["left", "right"][action].to_owned()
    }

    fn action_glyph(&self, action: usize) -> char {
        ['←', '→'][action]
    }
}

/// The registry's entry.
pub fn spec() -> Spec {
    Spec {
        name: "riverswim".into(),
        summary: "swim against the current for a large reward, or drift to a small one".into(),
        source: "Strehl and Littman 2008; numbers of Osband's TabulaRL",
        params: vec![
            Param { name: "n", default: "6", doc: "number of states, at least 2" },
            Param {
                name: "p01",
                default: "0.6",
                doc: "probability that right leaves state 0; 0.4 in the other variant",
            },
        ],
        build: Box::new(|settings| {
            let n = settings.count("n", 2, 1_000_000_000)? as u32;
            Ok(erase(RiverSwim::new(n, settings.probability("p01")?)))
        }),
    }
}

#[cfg(test)]
mod tests {
    use tabrl::mdp::enumerate;

    use super::*;

    #[test]
    fn rows() {
        let table = enumerate(&RiverSwim::new(6, 0.6), 100).unwrap();
        assert_eq!(table.states, [0, 1, 2, 3, 4, 5]);
        assert_eq!((table.mdp.num_choices(), table.mdp.num_branches()), (12, 6 + 2 + 3 * 4 + 2));
        assert_eq!(table.mdp.rewards()[0], 0.005);
        assert_eq!(table.mdp.rewards()[11], 1.0);
    }
}
