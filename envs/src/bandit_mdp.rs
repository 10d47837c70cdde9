//! Bandits written as MDPs: one decision, whose outcome is paid at every later step.
//!
//! | name | law of the decision in state 0 | rewards |
//! |---|---|---|
//! | `bandit/hard` | action 0 to state 1 with probability ½ + gap, the others with ½; else to state 2 | 1 a step in state 1 |
//! | `bandit/state` | action 0 to all `2·mul` states alike, action 1 to the odd ones with ½ + gap in all and to the even ones with ½ − gap | 1 a step in an odd state |
//!
//! All states but 0 are absorbing. Over `H` steps `V*(0) = (½ + gap)(H − 1)`: a lower bound's family, where each episode is one
//! pull of an arm. In `bandit/state` the outcomes are spread over many states that have to be told apart.
//!
//! Source: `hardBanditMDP` and `stateBanditMDP` of TabulaRL (Osband and Van Roy); there the rewards may be noisy.

use tabrl::mdp::{Branch, Branches, Model};

use crate::{Param, Spec, erase};

/// A bandit as an MDP. State 0 decides; odd states pay.
#[derive(Debug, Clone)]
pub struct BanditMdp {
    actions: u32,
    /// Number of odd states, and of even ones besides 0.
    mul: u32,
    gap: f64,
    /// Which action has the gap.
    better: u32,
}

impl BanditMdp {
    /// One odd and one even state; action 0 is better by `gap`, in `[0, 0.5]`.
    pub fn hard(actions: u32, gap: f64) -> BanditMdp {
        BanditMdp { actions, mul: 1, gap, better: 0 }
    }

    /// `mul >= 1` odd and even states each; action 1 of two is better by `gap`, in `[0, 0.5]`.
    pub fn states(mul: u32, gap: f64) -> BanditMdp {
        BanditMdp { actions: 2, mul, gap, better: 1 }
    }
}

impl Model for BanditMdp {
    type State = u32;

    fn initial(&self) -> Vec<(f64, u32)> {
        vec![(1.0, 0)]
    }

    fn num_actions(&self) -> usize {
        self.actions as usize
    }

    fn step_law(&self, s: u32, action: usize, out: &mut Branches<u32>) {
        let mut to = |probability, next, reward| out.push(Branch { probability, next, reward, terminal: false });
        if s > 0 {
            return to(1.0, s, f64::from(s % 2));
        }
        let gap = if action as u32 == self.better { self.gap } else { 0.0 };
        for next in 1..=2 * self.mul {
            let share = if next % 2 == 1 { 0.5 + gap } else { 0.5 - gap };
            to(share / f64::from(self.mul), next, 0.0);
        }
    }
}

const GAP_DOC: &str = "what the better action has more, in [0, 0.5]";
const GAP_RANGE: &str = "must be a number from 0 to 0.5";

/// The registry's entries.
pub fn specs() -> Vec<Spec> {
    let source = "TabulaRL (Osband and Van Roy)";
    vec![
        Spec {
            name: "bandit/hard".into(),
            summary: "one decision between two outcomes, paid at every later step".into(),
            source,
            params: vec![
                Param { name: "actions", default: "2", doc: "number of actions, 1 to 1000" },
                Param { name: "gap", default: "0.01", doc: GAP_DOC },
            ],
            build: Box::new(|settings| {
                let gap = settings.get("gap", GAP_RANGE, |x: &f64| (0.0..=0.5).contains(x))?;
                Ok(erase(BanditMdp::hard(settings.count("actions", 1, 1000)? as u32, gap)))
            }),
        },
        Spec {
            name: "bandit/state".into(),
            summary: "one decision between many outcomes, half of which pay at every later step".into(),
            source,
            params: vec![
                Param { name: "mul", default: "1", doc: "number of outcomes of either kind, 1 to 1,000,000" },
                Param { name: "gap", default: "0.1", doc: GAP_DOC },
            ],
            build: Box::new(|settings| {
                let gap = settings.get("gap", GAP_RANGE, |x: &f64| (0.0..=0.5).contains(x))?;
                Ok(erase(BanditMdp::states(settings.count("mul", 1, 1_000_000)? as u32, gap)))
            }),
        },
    ]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use approx::assert_relative_eq;
    use tabrl::mdp::enumerate;

    use super::*;
    use crate::solved::{action, finite};

    #[test]
    fn closed_form_and_best_action() {
        for (model, states, better) in
            [(BanditMdp::hard(3, 0.01), 3, 0), (BanditMdp::states(1, 0.1), 3, 1), (BanditMdp::states(7, 0.1), 15, 1)]
        {
            let mdp = enumerate(&model, 100).unwrap().mdp;
            assert_eq!(mdp.num_states(), states);
            let best = finite(&mdp, 10);
            assert_relative_eq!(best.values[0], (0.5 + model.gap) * 9.0, max_relative = 1e-12);
            assert_eq!(action(&mdp, &best, 0, 0), Some(better));
        }
    }
}
