//! A safe arm of known mean beside an unknown one: exploring costs now and pays later, if there is time.

use tabrl::bandits::Counts;
use tabrl::mdp::{Branch, Branches, Model};

use super::blocks::{A_DOC, B_DOC, PRIOR_RANGE, is_prior};
use crate::{Param, Spec, erase};

/// The counts of the unknown arm, and the pulls left.
pub type State = (Counts, u32);

/// A Bernoulli arm of known mean (action 0) and one with a Beta(a, b) mean (action 1).
#[derive(Debug, Clone)]
pub struct SafeArm {
    safe: f64,
    prior: (f64, f64),
    pulls: u32,
}

impl SafeArm {
    /// The known mean, the prior of the other, and the number of pulls.
    pub fn new(safe: f64, prior: (f64, f64), pulls: u32) -> SafeArm {
        SafeArm { safe, prior, pulls }
    }
}

impl Model for SafeArm {
    type State = State;

    fn initial(&self) -> Vec<(f64, State)> {
        vec![(1.0, (Counts::default(), self.pulls))]
    }

    fn num_actions(&self) -> usize {
        2
    }

    fn step_law(&self, (arm, left): State, action: usize, out: &mut Branches<State>) {
        let p = if action == 0 { self.safe } else { arm.posterior_mean(self.prior) };
        for (success, probability) in [(true, p), (false, 1.0 - p)] {
            let next = (if action == 0 { arm } else { arm.after(success) }, left - 1);
            out.push(Branch { probability, next, reward: f64::from(u8::from(success)), terminal: left == 1 });
        }
    }

    fn state_name(&self, (arm, left): State) -> String {
        format!("{}:{}, {left} left", arm.successes, arm.failures)
    }

    fn action_name(&self, action: usize) -> String {
        ["safe arm", "unknown arm"][action].to_owned()
    }

    fn episode_length(&self) -> Option<usize> {
        Some(self.pulls as usize)
    }
}

/// The registry's entry.
pub(super) fn spec() -> Spec {
    Spec {
        name: "bandit/safe-arm".into(),
        summary: "an arm of known mean and an unknown one: beliefs".into(),
        source: "one-armed bandit; Rentschler and Roberts (2025), third condition",
        params: vec![
            Param { name: "safe", default: "0.6", doc: "mean of the safe arm, in [0, 1]" },
            Param { name: "pulls", default: "20", doc: "pulls of an episode, 1 to 300" },
            Param { name: "a", default: "1", doc: A_DOC },
            Param { name: "b", default: "1", doc: B_DOC },
        ],
        build: Box::new(|settings| {
            let (safe, pulls) = (settings.probability("safe")?, settings.count("pulls", 1, 300)? as u32);
            let prior = (settings.get("a", PRIOR_RANGE, is_prior)?, settings.get("b", PRIOR_RANGE, is_prior)?);
            Ok(erase(SafeArm::new(safe, prior, pulls)))
        }),
    }
}
