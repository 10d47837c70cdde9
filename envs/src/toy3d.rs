//! Toy3D: three states whose diameter grows without bound while the span of the optimal bias does not.
//!
//! ```text
//!   0 ── δ ──▶ 1, 1 − δ ──▶ 2      r = 0            one action
//!   1 ───────▶ 0                   r = 1/3          one action
//!   2 ── a0: 1 − δ ──▶ 0, δ ──▶ 1  r = 2/3
//!     ── a1: stays                 r = 2/3
//! ```
//! Staying in 2 is optimal: gain 2/3. State 1 is reached with probability δ only (`delta=0.005` in the source's runs), so that
//! the diameter is about 1/δ.
//!
//! Source: the toy problem of span-constrained exploration (SCAL; Fruit, Pirotta, Lazaric and Ortner 2018), from its public code.

use tabrl::mdp::{Branch, Branches, Model};

use crate::{Param, Spec, erase};

/// The toy problem.
#[derive(Debug, Clone)]
pub struct Toy3d {
    delta: f64,
}

impl Toy3d {
    /// `delta`, in `[0, 1]`, is the probability of the detour over state 1.
    pub fn new(delta: f64) -> Toy3d {
        Toy3d { delta }
    }
}

impl Model for Toy3d {
    type State = u32;

    fn initial(&self) -> Vec<(f64, u32)> {
        vec![(1.0, 0)]
    }

    fn num_actions(&self) -> usize {
        2
    }

    fn allows(&self, s: u32, action: usize) -> bool {
        s == 2 || action == 0
    }

    fn step_law(&self, s: u32, action: usize, out: &mut Branches<u32>) {
        let mut to = |probability, next, reward| out.push(Branch { probability, next, reward, terminal: false });
        match (s, action) {
            (0, _) => {
                to(self.delta, 1, 0.0);
                to(1.0 - self.delta, 2, 0.0);
            }
            (1, _) => to(1.0, 0, 1.0 / 3.0),
            (_, 0) => {
                to(1.0 - self.delta, 0, 2.0 / 3.0);
                to(self.delta, 1, 2.0 / 3.0);
            }
            _ => to(1.0, 2, 2.0 / 3.0),
        }
    }
}

/// The registry's entry.
pub fn spec() -> Spec {
    Spec {
        name: "toy3d".into(),
        summary: "three states with a large diameter and a small bias span".into(),
        source: "Fruit, Pirotta, Lazaric and Ortner 2018",
        params: vec![Param {
            name: "delta",
            default: "0.005",
            doc: "probability of the detour over state 1, in [0, 1]",
        }],
        build: Box::new(|settings| Ok(erase(Toy3d::new(settings.probability("delta")?)))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use approx::assert_relative_eq;
    use tabrl::mdp::enumerate;

    use super::*;
    use crate::solved::{action, discounted, finite};

    #[test]
    fn staying_is_optimal() {
        for delta in [0.005, 0.3] {
            let table = enumerate(&Toy3d::new(delta), 10).unwrap();
            assert_eq!((table.mdp.num_states(), table.mdp.num_choices()), (3, 4));
            let at = |s: u32| table.states.iter().position(|&t| t == s).unwrap();
            let best = discounted(&table.mdp, 0.99);
            assert_relative_eq!(best.values[at(2)], 200.0 / 3.0, max_relative = 1e-10);
            assert_eq!(action(&table.mdp, &best, at(2), 0), Some(1));
            // Two steps from 0: nothing, then 1/3 on the detour and 2/3 else.
            let expected = delta / 3.0 + (1.0 - delta) * 2.0 / 3.0;
            assert_relative_eq!(finite(&table.mdp, 2).values[at(0)], expected, max_relative = 1e-12);
        }
    }
}
