//! Building an [`Mdp`] choice by choice.

use std::collections::BTreeMap;

use super::{CsrParts, Mdp};
use crate::{Error, Result};

/// State, action, and outcomes `(probability, successor, reward)`.
type BuiltChoice = (u32, u32, Vec<(f64, u32, f64)>);

/// Collects choices in any order and builds a validated [`Mdp`].
///
/// Branches of a choice with the same successor and reward are joined; zero probabilities are dropped.
#[derive(Debug, Clone, Default)]
pub struct MdpBuilder {
    states: usize,
    choices: Vec<BuiltChoice>,
    terminal: Vec<usize>,
    initial: Vec<(u32, f64)>,
    labels: BTreeMap<String, Vec<u32>>,
}

impl MdpBuilder {
    /// A builder for `states` states, numbered from 0.
    pub fn new(states: usize) -> MdpBuilder {
        MdpBuilder { states, ..MdpBuilder::default() }
    }

    /// Gives `state` the action `action` with the outcomes `(probability, successor, reward)`.
    pub fn choice(&mut self, state: usize, action: usize, branches: &[(f64, usize, f64)]) -> &mut Self {
        let branches = branches.iter().map(|&(p, t, r)| (p, t as u32, r)).collect();
        self.choices.push((state as u32, action as u32, branches));
        self
    }

    /// Marks `state` terminal: the episode ends on arrival, and its value is 0.
    pub fn terminal(&mut self, state: usize) -> &mut Self {
        self.terminal.push(state);
        self
    }

    /// Adds `state` to the initial distribution with this probability (state 0, if this is never called).
    pub fn initial(&mut self, state: usize, probability: f64) -> &mut Self {
        self.initial.push((state as u32, probability));
        self
    }

    /// Adds `state` to the set of states called `label`.
    pub fn label(&mut self, label: &str, state: usize) -> &mut Self {
        self.labels.entry(label.to_owned()).or_default().push(state as u32);
        self
    }

    /// Validates what was collected.
    ///
    /// # Errors
    /// Row sums off by more than 1e-9, NaN, negative probabilities, dangling successors, a state that has neither a choice
    /// nor the terminal mark, an action given twice: each with the state, the action and the number.
    pub fn build(&self) -> Result<Mdp> {
        let states = self.states;
        let mut terminal = vec![false; states];
        for &s in &self.terminal {
            *terminal.get_mut(s).ok_or(Error::StateIndex { what: "a terminal mark", state: s, states })? = true;
        }
        let mut order: Vec<usize> = (0..self.choices.len()).collect();
        order.sort_by_key(|&i| (self.choices[i].0, self.choices[i].1));
        let mut parts = CsrParts {
            choice_start: vec![0; states + 1],
            branch_start: vec![0],
            initial: self.initial.clone(),
            labels: self.labels.clone(),
            ..CsrParts::default()
        };
        let mut actions = Vec::with_capacity(order.len());
        let mut branch_reward = Vec::new();
        let mut depends_on_branch = false;
        for i in order {
            let (s, a, branches) = &self.choices[i];
            let state = *s as usize;
            if state >= states {
                return Err(Error::StateIndex { what: "a choice", state, states });
            }
            if terminal[state] {
                return Err(Error::TerminalWithChoices { state });
            }
            let first = parts.next.len();
            let mut expected = 0.0;
            for &(p, t, r) in branches {
                if !r.is_finite() {
                    return Err(Error::Reward { state, action: *a as usize, value: r });
                }
                if p == 0.0 {
                    continue;
                }
                expected += p * r;
                let joined = (first..parts.next.len()).find(|&b| parts.next[b] == t && branch_reward[b] == r);
                match joined {
                    Some(b) => parts.probability[b] += p,
                    None => {
                        parts.next.push(t);
                        parts.probability.push(p);
                        branch_reward.push(r);
                    }
                }
            }
            // One reward for every outcome is exactly the choice's reward, free of rounding.
            let same = branch_reward[first..].windows(2).all(|w| w[0] == w[1]);
            depends_on_branch |= !same;
            parts.reward.push(if same { branch_reward.get(first).copied().unwrap_or(0.0) } else { expected });
            parts.branch_start.push(parts.next.len() as u32);
            parts.choice_start[state + 1] += 1;
            actions.push(*a);
        }
        for s in 0..states {
            if parts.choice_start[s + 1] == 0 && !terminal[s] {
                return Err(Error::EmptyState { state: s });
            }
            parts.choice_start[s + 1] += parts.choice_start[s];
        }
        let consecutive = (0..states).all(|s| {
            (parts.choice_start[s]..parts.choice_start[s + 1]).enumerate().all(|(i, c)| actions[c as usize] == i as u32)
        });
        parts.action = (!consecutive).then_some(actions);
        parts.branch_reward = depends_on_branch.then_some(branch_reward);
        Mdp::from_csr(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_does_not_matter_and_equal_branches_join() {
        let mut builder = MdpBuilder::new(3);
        builder.choice(1, 2, &[(0.25, 2, 1.0), (0.25, 2, 1.0), (0.5, 0, 3.0)]);
        builder.choice(0, 0, &[(1.0, 1, 0.0), (0.0, 2, 9.0)]).terminal(2).label("end", 2);
        let mdp = builder.build().unwrap();
        assert_eq!(mdp.num_branches(), 3);
        assert_eq!(mdp.action_of(1, 1), 2);
        assert_eq!(mdp.num_actions(), 3);
        assert_eq!(mdp.rewards(), [0.0, 2.0]);
        assert_eq!(mdp.branch_reward(1, 1), 1.0);
        assert_eq!(mdp.labels()["end"], [2]);
        assert_eq!(mdp.choice_of(1, 2), Some(1));
        assert_eq!(mdp.choice_of(1, 0), None);
    }

    #[test]
    fn faults_name_the_state() {
        let mut empty = MdpBuilder::new(2);
        empty.choice(0, 0, &[(1.0, 1, 0.0)]);
        assert!(matches!(empty.build(), Err(Error::EmptyState { state: 1 })));
        empty.terminal(1).choice(1, 0, &[(1.0, 0, 0.0)]);
        assert!(matches!(empty.build(), Err(Error::TerminalWithChoices { state: 1 })));
        let mut twice = MdpBuilder::new(1);
        twice.choice(0, 0, &[(1.0, 0, 0.0)]).choice(0, 0, &[(1.0, 0, 0.0)]);
        assert!(matches!(twice.build(), Err(Error::DuplicateAction { state: 0, action: 0 })));
        let mut outside = MdpBuilder::new(1);
        outside.choice(4, 0, &[(1.0, 0, 0.0)]);
        assert!(matches!(outside.build(), Err(Error::StateIndex { state: 4, .. })));
    }
}
