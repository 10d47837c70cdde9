//! Tabular policies: deterministic or stochastic, stationary or time-indexed, always validated against a table.

use serde::{Deserialize, Serialize};

use super::Mdp;
use crate::error::PolicyFault;
use crate::{Error, Result};

/// What a deterministic rule holds for a terminal state.
pub const NO_CHOICE: u32 = u32::MAX;

/// How to act at one stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum DecisionRule {
    /// The choice taken in each state (an index into the table's choices; [`NO_CHOICE`] if terminal). Shape `[S]`.
    Deterministic(Vec<u32>),
    /// The probability of each choice, given its state. Shape `[C]`.
    Stochastic(Vec<f64>),
}

impl DecisionRule {
    /// The probability that choice `c` of state `s` is taken.
    #[inline]
    pub fn probability(&self, s: usize, c: usize) -> f64 {
        match self {
            DecisionRule::Deterministic(choice) => f64::from(u8::from(choice[s] as usize == c)),
            DecisionRule::Stochastic(probability) => probability[c],
        }
    }

    fn validate(&self, mdp: &Mdp, stage: usize) -> Result<()> {
        let (what, found, expected) = match self {
            DecisionRule::Deterministic(choice) => ("a deterministic rule", choice.len(), mdp.num_states()),
            DecisionRule::Stochastic(probability) => ("a stochastic rule", probability.len(), mdp.num_choices()),
        };
        if found != expected {
            return Err(Error::Shape { what: what.into(), found: vec![found], expected: vec![expected] });
        }
        for s in (0..mdp.num_states()).filter(|&s| !mdp.is_terminal(s)) {
            let range = mdp.choices(s);
            let reason = match self {
                DecisionRule::Deterministic(choice) if !range.contains(&(choice[s] as usize)) => {
                    PolicyFault::Choice { choice: choice[s] as usize, first: range.start, end: range.end }
                }
                DecisionRule::Deterministic(_) => continue,
                DecisionRule::Stochastic(probability) => {
                    let row = &probability[range];
                    let sum: f64 = row.iter().sum();
                    let smallest = row.iter().copied().fold(f64::INFINITY, f64::min);
                    if smallest >= 0.0 && (sum - 1.0).abs() <= 1e-9 {
                        continue;
                    }
                    PolicyFault::Distribution { sum, smallest }
                }
            };
            return Err(Error::Policy { state: s, stage, reason });
        }
        Ok(())
    }
}

/// A tabular policy: one rule for ever, or one rule a stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    rules: Vec<DecisionRule>,
    stationary: bool,
}

impl Policy {
    /// The same rule at every stage.
    ///
    /// # Errors
    /// A rule that does not fit the table.
    pub fn stationary(mdp: &Mdp, rule: DecisionRule) -> Result<Policy> {
        rule.validate(mdp, 0)?;
        Ok(Policy { rules: vec![rule], stationary: true })
    }

    /// One rule for each stage `0..T`.
    ///
    /// # Errors
    /// No stage at all, or a rule that does not fit the table.
    pub fn time_indexed(mdp: &Mdp, rules: Vec<DecisionRule>) -> Result<Policy> {
        if rules.is_empty() {
            return Err(Error::Parameter { name: "stages", value: 0.0, expected: "at least 1" });
        }
        for (stage, rule) in rules.iter().enumerate() {
            rule.validate(mdp, stage)?;
        }
        Ok(Policy { rules, stationary: false })
    }

    /// Each choice of a state with the same probability.
    pub fn uniform(mdp: &Mdp) -> Policy {
        let mut probability = vec![0.0; mdp.num_choices()];
        for s in 0..mdp.num_states() {
            let range = mdp.choices(s);
            let share = 1.0 / range.len() as f64;
            probability[range].fill(share);
        }
        Policy { rules: vec![DecisionRule::Stochastic(probability)], stationary: true }
    }

    /// The stationary policy that is greedy for action values `q` (shape `[C]`), ties to the first choice.
    pub fn greedy(mdp: &Mdp, q: &[f64]) -> Policy {
        let choice = (0..mdp.num_states()).map(|s| greedy_choice(mdp, q, s)).collect();
        Policy { rules: vec![DecisionRule::Deterministic(choice)], stationary: true }
    }

    /// The rule at stage `t` (counted from 0).
    ///
    /// # Panics
    /// If the policy is time-indexed and has no stage `t`.
    pub fn rule(&self, t: usize) -> &DecisionRule {
        if self.stationary { &self.rules[0] } else { &self.rules[t] }
    }

    /// Whether one rule serves every stage.
    pub fn is_stationary(&self) -> bool {
        self.stationary
    }

    /// Number of stages of a time-indexed policy, `None` if stationary.
    pub fn stages(&self) -> Option<usize> {
        (!self.stationary).then_some(self.rules.len())
    }
}

/// The first choice of `s` with the largest `q`; [`NO_CHOICE`] if `s` is terminal.
pub(crate) fn greedy_choice(mdp: &Mdp, q: &[f64], s: usize) -> u32 {
    let mut best = NO_CHOICE;
    let mut value = f64::NEG_INFINITY;
    for c in mdp.choices(s) {
        if q[c] > value || best == NO_CHOICE {
            (best, value) = (c as u32, q[c]);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mdp::MdpBuilder;

    fn mdp() -> Mdp {
        let mut builder = MdpBuilder::new(3);
        builder.choice(0, 0, &[(1.0, 1, 0.0)]).choice(0, 1, &[(1.0, 2, 1.0)]);
        builder.choice(1, 0, &[(1.0, 2, 1.0)]).terminal(2);
        builder.build().unwrap()
    }

    #[test]
    fn faults_are_found() {
        let mdp = mdp();
        let wrong = Policy::stationary(&mdp, DecisionRule::Deterministic(vec![2, 2, NO_CHOICE]));
        assert!(matches!(wrong, Err(Error::Policy { state: 0, .. })));
        let wrong = Policy::time_indexed(
            &mdp,
            vec![DecisionRule::Stochastic(vec![0.5, 0.5, 1.0]), DecisionRule::Stochastic(vec![0.5, 0.5, 0.9])],
        );
        assert!(matches!(wrong, Err(Error::Policy { state: 1, stage: 1, .. })));
        assert!(Policy::stationary(&mdp, DecisionRule::Stochastic(vec![1.0])).is_err());
    }

    #[test]
    fn greedy_takes_the_first_of_equals() {
        let mdp = mdp();
        let policy = Policy::greedy(&mdp, &[1.0, 1.0, 0.0]);
        assert_eq!(*policy.rule(5), DecisionRule::Deterministic(vec![0, 2, NO_CHOICE]));
        assert_eq!(Policy::uniform(&mdp).rule(0).probability(0, 1), 0.5);
    }
}
