//! RiverSwim: swimming against the current for a large reward, or drifting to a small one.
//!
//! ```text
//!   0 ── 1 ── 2 ── … ── n−1        left: one step down, surely;   a small reward for (0, left)
//!                                  right: see the table;          a large one for (n−1, right)
//! ```
//!
//! | variant, action right | at 0 | in the middle | at n−1 | rewards |
//! |---|---|---|---|---|
//! | `osband` | stay `1 − p01`, ahead `p01 = 0.6` | back 0.05, stay 0.6, ahead 0.35 | back 0.4, stay 0.6 | 0.005 and 1 |
//! | `strehl-littman` | stay `1 − p01`, ahead `p01 = 0.3` | back 0.1, stay 0.6, ahead 0.3 | back 0.7, stay 0.3 | 5 and 10000 |
//!
//! Numbers published for one do not hold for another: the first also circulates with `p01 = 0.4` (an RL text book), and the
//! large reward is paid either for the action right at n−1 or only when the swimmer stays there (`reward_on`).
//!
//! Sources: Strehl and Littman 2008 (Journal of Computer and System Sciences 74); Osband's TabulaRL and the UCRL code.

use tabrl::mdp::{Branch, Branches, Model};

use crate::{Param, Spec, erase};

/// The numbers of one variant.
#[derive(Debug, Clone, PartialEq)]
struct Numbers {
    /// Back, stay, ahead for right in the middle.
    middle: [f64; 3],
    /// Probability of staying for right at the last state.
    stay_last: f64,
    /// Reward of left at state 0.
    small: f64,
    /// Reward of right at the last state.
    large: f64,
}

const OSBAND: Numbers = Numbers { middle: [0.05, 0.6, 0.35], stay_last: 0.6, small: 0.005, large: 1.0 };
const STREHL_LITTMAN: Numbers = Numbers { middle: [0.1, 0.6, 0.3], stay_last: 0.3, small: 5.0, large: 10_000.0 };

/// RiverSwim on the states `0..n`.
#[derive(Debug, Clone)]
pub struct RiverSwim {
    n: u32,
    p01: f64,
    numbers: Numbers,
    only_when_staying: bool,
    start_inside: bool,
}

impl RiverSwim {
    /// Osband's numbers: `n >= 2` states; `p01` is the probability that swimming right leaves state 0.
    pub fn new(n: u32, p01: f64) -> RiverSwim {
        RiverSwim { n, p01, numbers: OSBAND, only_when_staying: false, start_inside: false }
    }

    /// Strehl and Littman's numbers, `p01 = 0.3` in the original.
    pub fn strehl_littman(n: u32, p01: f64) -> RiverSwim {
        RiverSwim { numbers: STREHL_LITTMAN, ..RiverSwim::new(n, p01) }
    }

    /// Pays the large reward only when the swimmer stays at n−1.
    pub fn pay_only_when_staying(self) -> RiverSwim {
        RiverSwim { only_when_staying: true, ..self }
    }

    /// Starts in state 1 or 2, each with probability ½; needs `n >= 3`.
    pub fn start_inside(self) -> RiverSwim {
        RiverSwim { start_inside: true, ..self }
    }
}

impl Model for RiverSwim {
    type State = u32;

    fn initial(&self) -> Vec<(f64, u32)> {
        if self.start_inside { vec![(0.5, 1), (0.5, 2)] } else { vec![(1.0, 0)] }
    }

    fn num_actions(&self) -> usize {
        2
    }

    fn episode_length(&self) -> Option<usize> {
        Some(20)
    }

    fn step_law(&self, s: u32, action: usize, out: &mut Branches<u32>) {
        let (last, numbers) = (self.n - 1, &self.numbers);
        let mut to = |probability, next, reward| out.push(Branch { probability, next, reward, terminal: false });
        match (action, s) {
            (0, 0) => to(1.0, 0, numbers.small),
            (0, _) => to(1.0, s - 1, 0.0),
            (_, 0) => {
                to(1.0 - self.p01, 0, 0.0);
                to(self.p01, 1, 0.0);
            }
            (_, _) if s == last => {
                to(1.0 - numbers.stay_last, s - 1, if self.only_when_staying { 0.0 } else { numbers.large });
                to(numbers.stay_last, s, numbers.large);
            }
            _ => {
                let [back, stay, ahead] = numbers.middle;
                to(back, s - 1, 0.0);
                to(stay, s, 0.0);
                to(ahead, s + 1, 0.0);
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
        source: "Strehl and Littman 2008; numbers of Osband's TabulaRL by default",
        params: vec![
            Param { name: "n", default: "6", doc: "number of states, at least 2" },
            Param {
                name: "p01",
                default: "auto",
                doc: "probability that right leaves state 0: 0.6 (osband) or 0.3 (strehl-littman) if auto; 0.4 circulates too",
            },
            Param { name: "variant", default: "osband", doc: "the numbers: osband or strehl-littman" },
            Param {
                name: "reward_on",
                default: "action",
                doc: "pay for right at n-1 always (action), or only on staying there (stay)",
            },
            Param {
                name: "start",
                default: "0",
                doc: "start in state 0, or in 1 or 2 with probability 1/2 each (1-2)",
            },
        ],
        build: Box::new(|settings| {
            let n = settings.count("n", 2, 1_000_000_000)? as u32;
            let original = settings.word("variant", &["osband", "strehl-littman"])? == "strehl-littman";
            let p01 = match settings.text("p01") {
                "auto" => {
                    if original {
                        0.3
                    } else {
                        0.6
                    }
                }
                _ => settings.probability("p01")?,
            };
            let mut model = if original { RiverSwim::strehl_littman(n, p01) } else { RiverSwim::new(n, p01) };
            if settings.word("reward_on", &["action", "stay"])? == "stay" {
                model = model.pay_only_when_staying();
            }
            if settings.word("start", &["0", "1-2"])? == "1-2" {
                if n < 3 {
                    return Err(settings.fault("start", "must be 0 if there are only two states"));
                }
                model = model.start_inside();
            }
            Ok(erase(model))
        }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use approx::assert_relative_eq;
    use tabrl::mdp::{Mdp, enumerate};
    use tabrl::planning::{Criterion, SolveOptions, solve};

    use super::*;
    use crate::solved::{action, discounted, finite};

    fn table(given: &[(&str, &str)]) -> Mdp {
        crate::make("riverswim", given).unwrap().table(100).unwrap().mdp
    }

    #[test]
    fn rows() {
        let table = enumerate(&RiverSwim::new(6, 0.6), 100).unwrap();
        assert_eq!(table.states, [0, 1, 2, 3, 4, 5]);
        assert_eq!((table.mdp.num_choices(), table.mdp.num_branches()), (12, 6 + 2 + 3 * 4 + 2));
        assert_eq!(table.mdp.rewards()[0], 0.005);
        assert_eq!(table.mdp.rewards()[11], 1.0);
    }

    /// References computed independently for both circulating values of `p01`.
    #[test]
    fn finite_horizon_values() {
        for (p01, expected) in [("0.6", [0.352384, 3.397264, 37.502947]), ("0.4", [0.276164, 3.064473, 37.084769])] {
            let mdp = table(&[("p01", p01)]);
            for (horizon, value) in [10, 20, 100].into_iter().zip(expected) {
                let v = finite(&mdp, horizon).values[0];
                assert!((v - value).abs() <= 0.5e-6, "{p01} {horizon}: {v}");
            }
        }
    }

    #[test]
    fn state_0_gives_up_six_steps_before_the_end() {
        let mdp = table(&[]);
        let best = finite(&mdp, 20);
        let plan: Vec<usize> = (0..20).filter_map(|h| action(&mdp, &best, 0, h)).collect();
        assert_eq!(plan, [[1; 14].as_slice(), &[0; 6]].concat());
        // Left from the start on: 20 times 0.005.
        assert_relative_eq!((0..20).map(|_| mdp.rewards()[0]).sum::<f64>(), 0.1, max_relative = 1e-14);
    }

    #[test]
    fn strehl_and_littman() {
        let stay = table(&[("variant", "strehl-littman"), ("reward_on", "stay")]);
        assert!((discounted(&stay, 0.95).values[0] - 6137.9315).abs() < 0.5e-4);
        let always = table(&[("variant", "strehl-littman")]);
        assert!((discounted(&always, 0.95).values[0] - 20459.7715).abs() < 0.5e-4);
        for (mdp, gain) in [(&stay, 668.8073394495), (&always, 2229.357798)] {
            let options = SolveOptions { epsilon: 1e-7, ..SolveOptions::default() };
            let found = solve(mdp, Criterion::AverageReward, &options).unwrap().values;
            assert!(found.iter().all(|g| (g - gain).abs() < 1e-6), "{found:?}");
        }
        let inside = table(&[("variant", "strehl-littman"), ("start", "1-2")]);
        assert_eq!(inside.initial(), [(0, 0.5), (1, 0.5)]); // numbered breadth first: these are states 1 and 2
        assert_eq!(inside.num_states(), 6);
    }
}
