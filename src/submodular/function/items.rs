//! Collecting items of several groups: F(τ) = Σ_k min(|τ ∩ G_k|, d_k).

use super::SetFunction;
use super::bits::Bits;
use crate::{Error, Result};

/// Each group k has its states G_k, one item in each, and a demand d_k beyond which more items of it pay nothing.
///
/// Monotone and submodular. A gain costs O(1).
#[derive(Debug, Clone)]
pub struct Items {
    /// Number of the item of each state among those that have one.
    slot: Vec<usize>,
    group: Vec<Option<u32>>,
    demand: Vec<u32>,
}

/// The items taken, and how many of each group.
#[derive(Debug, Clone)]
pub struct Taken {
    visited: Bits,
    count: Vec<u32>,
}

impl Items {
    /// `group[s]` is the group of the item in state s, if it has one; `demand[k]` is what group k asks for.
    ///
    /// # Errors
    /// A group without a demand.
    pub fn new(group: Vec<Option<usize>>, demand: Vec<u32>) -> Result<Items> {
        for (state, group) in group.iter().enumerate() {
            if let Some(k) = group.filter(|&k| k >= demand.len()) {
                let reason = format!("state {state} has an item of group {k}, but the groups are 0..{}", demand.len());
                return Err(Error::NotApplicable { method: "item collection", reason });
            }
        }
        let group: Vec<Option<u32>> = group.into_iter().map(|k| k.map(|k| k as u32)).collect();
        let mut items = 0;
        let slot = group.iter().map(|group| {
            items += usize::from(group.is_some());
            items.saturating_sub(1)
        });
        Ok(Items { slot: slot.collect(), group, demand })
    }

    /// Σ_k min(|G_k|, d_k): what a walk through every state would collect.
    pub fn most(&self) -> f64 {
        let size = |k: usize| self.group.iter().filter(|group| **group == Some(k as u32)).count();
        self.demand.iter().enumerate().map(|(k, &d)| f64::from(d).min(size(k) as f64)).sum()
    }
}

impl SetFunction for Items {
    type Collected = Taken;

    fn num_states(&self) -> usize {
        self.group.len()
    }

    fn empty(&self) -> Taken {
        Taken { visited: Bits::none(self.group.iter().flatten().count()), count: vec![0; self.demand.len()] }
    }

    fn clear(&self, collected: &mut Taken) {
        collected.visited.clear();
        collected.count.fill(0);
    }

    #[inline]
    fn gain(&self, collected: &Taken, state: usize) -> f64 {
        match self.group[state] {
            Some(k)
                if !collected.visited.has(self.slot[state])
                    && collected.count[k as usize] < self.demand[k as usize] =>
            {
                1.0
            }
            _ => 0.0,
        }
    }

    #[inline]
    fn push(&self, collected: &mut Taken, state: usize) -> f64 {
        let gain = self.gain(collected, state);
        // What a group has no use for is not written down: sets that gain alike are then the same set.
        if gain > 0.0
            && let Some(k) = self.group[state]
        {
            collected.visited.insert(self.slot[state]);
            collected.count[k as usize] += 1;
            if collected.count[k as usize] == self.demand[k as usize] {
                let of_group = (0..self.group.len()).filter(|&s| self.group[s] == Some(k));
                of_group.for_each(|s| {
                    collected.visited.insert(self.slot[s]);
                });
            }
        }
        gain
    }

    fn key(&self, collected: &Taken) -> Option<u128> {
        collected.visited.word()
    }
}
