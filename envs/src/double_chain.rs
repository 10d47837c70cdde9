//! The double chain: two arms of length `n` from a common start; swimming out along either pays at its end.
//!
//! ```text
//!   n ── … ── 2 ── 1 ── 0 ── n+1 ── n+2 ── … ── 2n
//! ```
//! In state 0, left leads to 1 and right to n+1. On an arm, right moves outwards with probability `p` and inwards otherwise,
//! and left moves inwards; at the end of an arm, outwards means to stay. Rewards: 0.05 for any action in state 0, and 1
//! for right at the end of either arm.
//!
//! Source: public code of RiverSwim-like benchmarks (2n+1 states, n = 5, p = 0.7). A line of 31 states known under the same name
//! is another environment.

use tabrl::mdp::{Branch, Branches, Model};

use crate::{Param, Spec, erase};

/// State 0 is the start, `1..=n` one arm, `n+1..=2n` the other.
#[derive(Debug, Clone)]
pub struct DoubleChain {
    n: u32,
    p: f64,
}

impl DoubleChain {
    /// Arms of `n >= 1` states; `p` is the probability that right moves outwards.
    pub fn new(n: u32, p: f64) -> DoubleChain {
        DoubleChain { n, p }
    }
}

impl Model for DoubleChain {
    type State = u32;

    fn initial(&self) -> Vec<(f64, u32)> {
        vec![(1.0, 0)]
    }

    fn num_actions(&self) -> usize {
        2
    }

    fn step_law(&self, s: u32, action: usize, out: &mut Branches<u32>) {
        let mut to = |probability, next, reward| out.push(Branch { probability, next, reward, terminal: false });
        if s == 0 {
            return to(1.0, if action == 0 { 1 } else { self.n + 1 }, 0.05);
        }
        let inwards = if s == self.n + 1 { 0 } else { s - 1 };
        let end = s.is_multiple_of(self.n);
        if action == 0 {
            return to(1.0, inwards, 0.0);
        }
        let reward = f64::from(u8::from(end));
        to(self.p, if end { s } else { s + 1 }, reward);
        to(1.0 - self.p, inwards, reward);
    }

    fn state_name(&self, s: u32) -> String {
        match s {
            0 => "start".to_owned(),
            _ if s <= self.n => format!("left arm {s}"),
            _ => format!("right arm {}", s - self.n),
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
        name: "doublechain".into(),
        summary: "two arms from a common start, a reward at the end of each".into(),
        source: "public code; RiverSwim-like",
        params: vec![
            Param { name: "n", default: "5", doc: "length of each arm, at least 1" },
            Param { name: "p", default: "0.7", doc: "probability that right moves outwards, in [0, 1]" },
        ],
        build: Box::new(|settings| {
            let n = settings.count("n", 1, 1_000_000_000)? as u32;
            Ok(erase(DoubleChain::new(n, settings.probability("p")?)))
        }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use approx::assert_relative_eq;
    use tabrl::mdp::enumerate;

    use super::*;
    use crate::solved::{discounted, finite};

    #[test]
    fn both_arms_are_alike() {
        let table = enumerate(&DoubleChain::new(5, 0.7), 100).unwrap();
        assert_eq!(table.mdp.num_states(), 11);
        let v = discounted(&table.mdp, 0.9).values;
        let at = |s: u32| v[table.states.iter().position(|&t| t == s).unwrap()];
        (1..=5).for_each(|i| assert_relative_eq!(at(i), at(i + 5), max_relative = 1e-10));
        assert!((1..5).all(|i| at(i) < at(i + 1)));
    }

    /// With `p = 1` the arm is a sure walk: one step of 0.05, then n − 1 of nothing, then 1 a step.
    #[test]
    fn sure_walk() {
        for n in [1, 2, 5] {
            let mdp = enumerate(&DoubleChain::new(n, 1.0), 100).unwrap().mdp;
            assert_relative_eq!(finite(&mdp, 20).values[0], 0.05 + f64::from(20 - n), max_relative = 1e-14);
        }
    }
}
