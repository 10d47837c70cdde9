//! Tables with fewer choices.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Mdp;
use super::table::{Rewards, Transitions};

impl Mdp {
    /// The table with the choices `kept` alone (ascending), numbered anew; a state that keeps none becomes terminal. Actions,
    /// names, labels and rewards of branches are left behind: it is for solvers. Cost `O(S + B)`.
    pub(crate) fn keeping(&self, kept: &[u32]) -> Mdp {
        let from = &*self.transitions;
        let mut choice_start = Vec::with_capacity(from.choice_start.len());
        let mut before = 0;
        for &first in &from.choice_start {
            before += kept[before..].iter().take_while(|&&c| c < first).count();
            choice_start.push(before as u32);
        }
        let branches = kept.iter().map(|&c| self.branch_range(c as usize).len()).sum();
        let mut branch_start = Vec::with_capacity(kept.len() + 1);
        let (mut next, mut probability) = (Vec::with_capacity(branches), Vec::with_capacity(branches));
        branch_start.push(0);
        for &c in kept {
            let row = self.branch_range(c as usize);
            next.extend_from_slice(&from.next[row.clone()]);
            probability.extend_from_slice(&from.probability[row]);
            branch_start.push(next.len() as u32);
        }
        let reward = kept.iter().map(|&c| self.reward.expected[c as usize]).collect();
        Mdp::of_valid_rows(choice_start, branch_start, next, probability, reward)
    }

    /// A table for solvers from rows that are known to be valid, or to lack mass that ends with value 0: nothing is checked.
    pub(crate) fn of_valid_rows(
        choice_start: Vec<u32>,
        branch_start: Vec<u32>,
        next: Vec<u32>,
        probability: Vec<f64>,
        reward: Vec<f64>,
    ) -> Mdp {
        let most = choice_start.windows(2).map(|pair| pair[1] - pair[0]).max();
        let transitions = Transitions {
            choice_start,
            branch_start,
            next,
            probability,
            action: None,
            num_actions: most.unwrap_or(0),
            action_names: Vec::new(),
        };
        Mdp {
            transitions: Arc::new(transitions),
            reward: Rewards { expected: reward, per_branch: None },
            reward_name: None,
            other_rewards: BTreeMap::new(),
            initial: vec![(0, 1.0)],
            labels: BTreeMap::new(),
        }
    }
}
