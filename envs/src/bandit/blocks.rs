//! Two Bernoulli arms in blocks: after each pull the block ends with probability 1/length, and both arms are drawn anew.

use tabrl::bandits::Counts;
use tabrl::mdp::{Branch, Branches, Model};

use crate::{Param, Spec, erase};

/// The counts of the current block, and the pulls left.
pub type State = ([Counts; 2], u32);

/// Two Bernoulli arms with Beta(a, b) means in blocks of geometric length, whose end is signalled.
#[derive(Debug, Clone)]
pub struct BlockBandit {
    prior: (f64, f64),
    end: f64,
    pulls: u32,
}

impl BlockBandit {
    /// Prior Beta(a, b), mean block `length` of at least 1 (infinite for one block), `pulls` pulls.
    pub fn new(prior: (f64, f64), length: f64, pulls: u32) -> BlockBandit {
        BlockBandit { prior, end: 1.0 / length, pulls }
    }
}

impl Model for BlockBandit {
    type State = State;

    fn initial(&self) -> Vec<(f64, State)> {
        vec![(1.0, ([Counts::default(); 2], self.pulls))]
    }

    fn num_actions(&self) -> usize {
        2
    }

    fn step_law(&self, (arms, left): State, action: usize, out: &mut Branches<State>) {
        let p = arms[action].posterior_mean(self.prior);
        for (success, p) in [(true, p), (false, 1.0 - p)] {
            let mut next = arms;
            next[action] = next[action].after(success);
            let reward = f64::from(u8::from(success));
            let mut to = |probability, arms| {
                out.push(Branch { probability, next: (arms, left - 1), reward, terminal: left == 1 });
            };
            to(p * self.end, [Counts::default(); 2]);
            to(p * (1.0 - self.end), next);
        }
    }

    fn state_name(&self, (arms, left): State) -> String {
        let arm = |arm: Counts| format!("{}:{}", arm.successes, arm.failures);
        format!("{} {}, {left} left", arm(arms[0]), arm(arms[1]))
    }

    fn action_name(&self, action: usize) -> String {
        format!("arm {}", action + 1)
    }

    fn episode_length(&self) -> Option<usize> {
        Some(self.pulls as usize)
    }
}

pub(super) const A_DOC: &str = "a of the Beta(a, b) prior, positive";
pub(super) const B_DOC: &str = "b of the Beta(a, b) prior, positive";
pub(super) const PRIOR_RANGE: &str = "must be a positive number, at most 1e9";

/// Whether `x` may be a parameter of a Beta prior.
pub(super) fn is_prior(x: &f64) -> bool {
    *x > 0.0 && *x <= 1e9
}

/// The registry's entry.
pub(super) fn spec() -> Spec {
    Spec {
        name: "bandit/blocks".into(),
        summary: "two unknown arms, drawn anew at the signalled end of each block: beliefs".into(),
        source: "Bayes-adaptive bandit; blocks as in Rentschler and Roberts (2025)",
        params: vec![
            Param { name: "length", default: "none", doc: "mean length of a block, 1 to 1e6, or none: a single block" },
            Param { name: "pulls", default: "10", doc: "pulls of an episode, 1 to 100" },
            Param { name: "a", default: "1", doc: A_DOC },
            Param { name: "b", default: "1", doc: B_DOC },
        ],
        build: Box::new(|settings| {
            let length = match settings.text("length") {
                "none" => f64::INFINITY,
                _ => settings
                    .get("length", "must be a number from 1 to 1e6, or none", |x: &f64| (1.0..=1e6).contains(x))?,
            };
            let pulls = settings.count("pulls", 1, 100)? as u32;
            let prior = (settings.get("a", PRIOR_RANGE, is_prior)?, settings.get("b", PRIOR_RANGE, is_prior)?);
            Ok(erase(BlockBandit::new(prior, length, pulls)))
        }),
    }
}
