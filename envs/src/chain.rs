//! Chains: walk along a line to the reward at its end. Four that circulate under this name.
//!
//! ```text
//!   0 ── 1 ── … ── n−1       left: one step down; right: one step up; both stop at the ends
//! ```
//!
//! | name | law | rewards |
//! |---|---|---|
//! | `chain` | each action goes the other way with probability `p` | 1 in state n−1, 0.05 in state 0, for any action |
//! | `chain/deterministic` | as chosen | mean 0 for (0, left), mean 1 for (n−1, right) |
//! | `chain/stochastic` | right goes left with probability 1/n | the same |
//! | `chain/boot-dqn` | right goes left with probability 1/2 | mean 0.01 for (0, left), mean 1 for (n−1, right) |
//!
//! The last three pay `N(mean, 1)` in their source. A finite table holds no normal distribution: `noise=none` pays the mean, and
//! `noise=two-point` pays mean ± 1 with probability ½ each, which has the same mean and variance.
//!
//! Sources: `chain` is rlberry's; the others are TabulaRL's (Osband and Van Roy), where an episode has n steps and
//! `V*(0) = (1 − 1/n)^(n−1)` in the stochastic chain; in the last one it has n + 9 (6 states and 15 steps are usual).

use tabrl::mdp::{Branch, Branches, Model};

use crate::{Param, Result, Settings, Spec, erase};

/// A walk on the states `0..n`: left is 0, right is 1.
#[derive(Debug, Clone)]
pub struct Chain {
    /// Number of states, at least 2.
    n: u32,
    /// Probability that left goes right, and that right goes left.
    fails: [f64; 2],
    rewards: Rewards,
    /// Steps of an episode.
    steps: Option<usize>,
}

/// Who pays.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Rewards {
    /// 1 in state n−1 and 0.05 in state 0.
    Places,
    /// 1 for right in state n−1; plus or minus 1 there and for left in state 0, if noisy.
    EndRight { noisy: bool, left: f64 },
}

impl Chain {
    /// rlberry's chain: every action fails with probability `p`.
    pub fn new(n: u32, p: f64) -> Chain {
        Chain { n, fails: [p, p], rewards: Rewards::Places, steps: None }
    }

    /// TabulaRL's deterministic chain; `noisy` adds ±1 to the rewards at the two ends.
    pub fn deterministic(n: u32, noisy: bool) -> Chain {
        Chain { n, fails: [0.0; 2], rewards: Rewards::EndRight { noisy, left: 0.0 }, steps: Some(n as usize) }
    }

    /// TabulaRL's stochastic chain: right goes left with probability `1/n`.
    pub fn stochastic(n: u32, noisy: bool) -> Chain {
        Chain { fails: [0.0, 1.0 / f64::from(n)], ..Chain::deterministic(n, noisy) }
    }

    /// TabulaRL's chain of bootstrapped DQN: right goes either way with probability ½, and drifting to the left pays 0.01.
    pub fn boot_dqn(n: u32, noisy: bool) -> Chain {
        let rewards = Rewards::EndRight { noisy, left: 0.01 };
        Chain { n, fails: [0.0, 0.5], rewards, steps: Some(n as usize + 9) }
    }
}

impl Model for Chain {
    type State = u32;

    fn initial(&self) -> Vec<(f64, u32)> {
        vec![(1.0, 0)]
    }

    fn num_actions(&self) -> usize {
        2
    }

    fn episode_length(&self) -> Option<usize> {
        self.steps
    }

    fn step_law(&self, s: u32, action: usize, out: &mut Branches<u32>) {
        let (first, last) = (s == 0, s == self.n - 1);
        let (mean, noisy) = match self.rewards {
            Rewards::Places if last => (1.0, false),
            Rewards::Places => (if first { 0.05 } else { 0.0 }, false),
            Rewards::EndRight { noisy, .. } if last && action == 1 => (1.0, noisy),
            Rewards::EndRight { noisy, left } if first && action == 0 => (left, noisy),
            Rewards::EndRight { .. } => (0.0, false),
        };
        let (down, up) = (s.saturating_sub(1), (s + 1).min(self.n - 1));
        let (ahead, back) = if action == 0 { (down, up) } else { (up, down) };
        for (probability, next) in [(1.0 - self.fails[action], ahead), (self.fails[action], back)] {
            let mut to = |probability, reward| out.push(Branch { probability, next, reward, terminal: false });
            if noisy {
                to(0.5 * probability, mean - 1.0);
                to(0.5 * probability, mean + 1.0);
            } else {
                to(probability, mean);
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

const LENGTH_DOC: &str = "number of states, at least 2";

fn length(settings: &Settings) -> Result<u32> {
    Ok(settings.count("n", 2, 1_000_000_000)? as u32)
}

/// The registry's entries.
pub fn specs() -> Vec<Spec> {
    let tabular = |name: &str, n: &'static str, summary: &str, make: fn(u32, bool) -> Chain| Spec {
        name: name.into(),
        summary: summary.into(),
        source: "TabulaRL (Osband and Van Roy)",
        params: vec![
            Param { name: "n", default: n, doc: LENGTH_DOC },
            Param { name: "noise", default: "none", doc: "of the rewards: none, or two-point (plus or minus 1)" },
        ],
        build: Box::new(move |settings| {
            let noisy = settings.word("noise", &["none", "two-point"])? == "two-point";
            Ok(erase(make(length(settings)?, noisy)))
        }),
    };
    vec![
        Spec {
            name: "chain".into(),
            summary: "a walk whose actions fail, with a large reward at its far end".into(),
            source: "rlberry",
            params: vec![
                Param { name: "n", default: "5", doc: LENGTH_DOC },
                Param { name: "p", default: "0.1", doc: "probability that an action goes the other way, in [0, 1]" },
            ],
            build: Box::new(|settings| Ok(erase(Chain::new(length(settings)?, settings.probability("p")?)))),
        },
        tabular("chain/deterministic", "10", "a sure walk to the reward at the far end", Chain::deterministic),
        tabular("chain/stochastic", "10", "a walk that goes back with probability 1/n", Chain::stochastic),
        tabular(
            "chain/boot-dqn",
            "6",
            "a walk that goes either way, against a small reward for drifting",
            Chain::boot_dqn,
        ),
    ]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use approx::assert_relative_eq;
    use tabrl::mdp::enumerate;

    use super::*;
    use crate::solved::finite;

    #[test]
    fn stochastic_chain_closed_form() {
        for (n, rounded) in [(5, 0.4096), (10, 0.387420), (20, 0.377354), (50, 0.371602)] {
            for noisy in [false, true] {
                let mdp = enumerate(&Chain::stochastic(n, noisy), 100).unwrap().mdp;
                let v = finite(&mdp, n as usize).values[0];
                assert_relative_eq!(v, (1.0 - 1.0 / f64::from(n)).powi(n as i32 - 1), max_relative = 1e-12);
                assert!((v - rounded).abs() < 0.6e-6);
            }
        }
    }

    /// By hand for two states over two steps: right and right pays 1 if the first step went right; left and left pays 0.02.
    #[test]
    fn boot_dqn_chain_by_hand() {
        for noisy in [false, true] {
            let mdp = enumerate(&Chain::boot_dqn(2, noisy), 100).unwrap().mdp;
            assert_relative_eq!(finite(&mdp, 2).values[0], 0.5 + 0.5 * 0.01, max_relative = 1e-12);
            assert_relative_eq!(finite(&mdp, 1).values[1], 1.0, max_relative = 1e-12);
        }
        // Six states and fifteen steps: drifting is worth 0.15, far less than the optimum.
        let v = finite(&enumerate(&Chain::boot_dqn(6, false), 100).unwrap().mdp, 15).values[0];
        assert!(v > 0.15, "{v}");
    }

    #[test]
    fn episodes_have_the_length_of_their_source() {
        let length = |chain: Chain| chain.episode_length();
        assert_eq!(length(Chain::boot_dqn(6, false)), Some(15));
        assert_eq!((length(Chain::stochastic(7, true)), length(Chain::new(5, 0.1))), (Some(7), None));
    }

    #[test]
    fn deterministic_chain_pays_one_a_step_once_there() {
        let mdp = enumerate(&Chain::deterministic(4, true), 100).unwrap().mdp;
        assert_eq!(finite(&mdp, 10).values[0], 7.0);
        assert_eq!(mdp.num_branches(), 8 + 2); // the noise splits two outcomes
    }

    /// `0 → 0.9: right, 0.1: stay` and so on, by hand for three states.
    #[test]
    fn failing_chain_by_hand() {
        let mdp = enumerate(&Chain::new(3, 0.1), 100).unwrap().mdp;
        let (p, r) = mdp.to_dense().unwrap();
        let expected = [
            [[0.9, 0.1, 0.0], [0.1, 0.9, 0.0]],
            [[0.9, 0.0, 0.1], [0.1, 0.0, 0.9]],
            [[0.0, 0.9, 0.1], [0.0, 0.1, 0.9]],
        ];
        for (s, rows) in expected.iter().enumerate() {
            for (a, row) in rows.iter().enumerate() {
                for (t, &x) in row.iter().enumerate() {
                    assert_relative_eq!(p[[s, a, t]], x, epsilon = 1e-15);
                }
                assert_eq!(r[[s, a]], [0.05, 0.0, 1.0][s]);
            }
        }
        // Two steps from state 1: pay 0, then 1 with probability 0.9, else 0.05.
        assert_relative_eq!(finite(&mdp, 2).values[1], 0.9 + 0.1 * 0.05, max_relative = 1e-14);
    }
}
