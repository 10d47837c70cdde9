//! Running sums of experience: all that fitted Q-iteration with squared loss needs of it.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::{Data, RegressionOracle};
use crate::Result;

/// For each choice: how often it was made, the sums of returns and rewards that followed, and where it led how often.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Pool {
    pairs: Vec<Pair>,
    /// The pairs with data, in the order in which they were first seen.
    seen: Vec<u32>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Pair {
    visits: u64,
    returns: f64,
    rewards: f64,
    #[serde(with = "as_list")]
    outcomes: SmallVec<[(u32, u32); 3]>,
}

impl Pool {
    /// No experience of `choices` choices.
    pub fn new(choices: usize) -> Pool {
        Pool { pairs: vec![Pair::default(); choices], seen: Vec::new() }
    }

    /// Number of choices.
    pub fn num_choices(&self) -> usize {
        self.pairs.len()
    }

    /// How often `choice` was made.
    pub fn visits(&self, choice: usize) -> u64 {
        self.pairs[choice].visits
    }

    /// The empirical backup `r̂ + γ Σ p̂ v(s')` of a choice that was made; `v` is `[S]`, 0 in terminal states.
    #[inline]
    pub fn backup(&self, choice: usize, discount: f64, v: &[f64]) -> f64 {
        let pair = &self.pairs[choice];
        let future: f64 = pair.outcomes.iter().map(|&(s, count)| f64::from(count) * v[s as usize]).sum();
        (pair.rewards + discount * future) / pair.visits as f64
    }

    /// Whether this is experience of a table with so many choices and states.
    pub fn fits(&self, choices: usize, states: usize) -> bool {
        let outcomes = |pair: &Pair| pair.outcomes.iter().all(|&(s, _)| (s as usize) < states);
        self.pairs.len() == choices
            && self.pairs.iter().all(outcomes)
            && self.seen.iter().all(|&c| (c as usize) < choices && self.pairs[c as usize].visits > 0)
    }

    /// Forgets everything. Cost: what was seen.
    pub fn clear(&mut self) {
        for &c in &self.seen {
            let pair = &mut self.pairs[c as usize];
            (pair.visits, pair.returns, pair.rewards) = (0, 0.0, 0.0);
            pair.outcomes.clear();
        }
        self.seen.clear();
    }

    /// Adds a step: `choice` was made, `reward` and the state `next` followed, and `ret` is the return from there on, the
    /// reward included.
    #[inline]
    pub fn add(&mut self, choice: usize, reward: f64, next: usize, ret: f64) {
        let pair = &mut self.pairs[choice];
        if pair.visits == 0 {
            self.seen.push(choice as u32);
        }
        pair.visits += 1;
        pair.returns += ret;
        pair.rewards += reward;
        match pair.outcomes.iter_mut().find(|(state, _)| *state == next as u32) {
            Some((_, count)) => *count += 1,
            None => pair.outcomes.push((next as u32, 1)),
        }
    }

    /// Regresses the returns: `values` `[C]` becomes `Q̂¹`.
    ///
    /// # Errors
    /// The oracle's.
    pub fn fit_returns(&self, oracle: &mut dyn RegressionOracle, data: &mut Data, values: &mut [f64]) -> Result<()> {
        data.clear();
        for &c in &self.seen {
            let pair = &self.pairs[c as usize];
            data.push(c as usize, pair.visits as f64, pair.returns / pair.visits as f64);
        }
        oracle.fit(data, values)
    }

    /// One step of fitted Q-iteration: regresses `r + γ v(s')`, where `v` is `next` `[S]`, 0 in terminal states.
    ///
    /// # Errors
    /// The oracle's.
    pub fn fit_backup(
        &self,
        oracle: &mut dyn RegressionOracle,
        discount: f64,
        next: &[f64],
        data: &mut Data,
        values: &mut [f64],
    ) -> Result<()> {
        data.clear();
        for &c in &self.seen {
            let c = c as usize;
            data.push(c, self.pairs[c].visits as f64, self.backup(c, discount, next));
        }
        oracle.fit(data, values)
    }
}

/// `max_a q(s, a)` of every state, 0 where `starts` `[S + 1]` gives it no choice.
pub(crate) fn state_values(starts: &[u32], q: &[f64], out: &mut [f64]) {
    for (s, out) in out.iter_mut().enumerate() {
        let row = &q[starts[s] as usize..starts[s + 1] as usize];
        *out = if row.is_empty() { 0.0 } else { row.iter().copied().fold(f64::NEG_INFINITY, f64::max) };
    }
}

mod as_list {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use smallvec::SmallVec;

    type Outcomes = SmallVec<[(u32, u32); 3]>;

    pub fn serialize<S: Serializer>(outcomes: &Outcomes, serializer: S) -> Result<S::Ok, S::Error> {
        outcomes.as_slice().serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Outcomes, D::Error> {
        Vec::<(u32, u32)>::deserialize(deserializer).map(Outcomes::from_vec)
    }
}
