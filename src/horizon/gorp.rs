//! GORP's success probability without sampling.
//!
//! GORP (greedy over random policy) learns an action sequence for a deterministic MDP: for `i = 1..T`, each of the `A^k`
//! sequences that may follow the prefix chosen so far is played and then followed by random actions, `m` episodes each;
//! the first action of the sequence with the largest mean return (the first in lexicographic order, if tied) is appended.
//!
//! Where every return is 0 or one constant, a sequence's mean is `Binomial(m, q)/m` with `q` read off `Q¹`, so the law of
//! the next action is known exactly and the probability that GORP returns an optimal sequence follows from a forward
//! recursion over `(t, s)`. From it: `m_k`, the least m with probability at least 1/2, and `H_k = k + log_A m_k`.
//!
//! Cost: per m, `O(reachable (t, s) · A^k · √m)` at worst. Reference: Laidlaw et al. (NeurIPS 2023), algorithm 1 and
//! definition 5.2.

use rayon::prelude::*;
use serde::Serialize;

use super::argmax::Race;
use super::log_base;
use super::process::{Process, max};
use super::q_values::QTable;
use crate::{Error, Result};

/// States with less probability than this are not followed; what they held is reported as neglected.
const NEGLIGIBLE_MASS: f64 = 1e-13;

/// GORP on a deterministic process whose returns are 0 or one positive constant.
#[derive(Debug, Clone, Copy)]
pub struct ExactGorp<'a> {
    process: Process<'a>,
    q_1: &'a QTable,
    q_star: &'a QTable,
    unit: f64,
}

/// The probability that GORP returns an optimal action sequence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct GorpSuccess {
    /// The probability, from below.
    pub probability: f64,
    /// How much larger it may be: the mass of states too improbable to follow.
    pub neglected: f64,
}

/// The least number of episodes per sequence with which GORP succeeds more often than not.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct GorpSearch {
    /// Length of the sequences tried.
    pub k: usize,
    /// Episodes per sequence, `m_k`.
    pub m: u64,
    /// Success probability with `m`.
    pub probability: f64,
    /// Success probability with `m - 1` (`None` if `m` is 1).
    pub probability_below: Option<f64>,
    /// `H_k = k + log_A m_k`.
    pub effective_horizon: f64,
}

impl<'a> ExactGorp<'a> {
    /// Prepares the recursion from `Q¹` of the exploration policy and `Q*`.
    ///
    /// # Errors
    /// [`Error::NotApplicable`] if the process is not deterministic, a state lacks an action, or some return can be
    /// anything but 0 and one positive constant.
    pub fn new(process: Process<'a>, q_1: &'a QTable, q_star: &'a QTable) -> Result<ExactGorp<'a>> {
        process.require_deterministic("exact GORP")?;
        process.require_uniform_actions("exact GORP")?;
        let unit = return_unit(&process, q_star)?;
        Ok(ExactGorp { process, q_1, q_star, unit })
    }

    /// The success probability of GORP(k, m).
    ///
    /// # Panics
    /// If `k` or `m` is 0.
    pub fn success(&self, k: usize, m: u64) -> GorpSuccess {
        assert!(k > 0 && m > 0, "GORP needs k >= 1 and m >= 1, not k = {k}, m = {m}");
        let (mdp, horizon) = (self.process.mdp(), self.process.horizon());
        let actions = mdp.num_actions();
        let start = mdp.initial()[0].0 as usize;
        if !self.can_succeed(0, start) {
            return GorpSuccess { probability: 1.0, neglected: 0.0 }; // every sequence is optimal
        }
        let mut result = GorpSuccess { probability: 0.0, neglected: 0.0 };
        let mut mass = vec![0.0; mdp.num_states()];
        let mut frontier = vec![start];
        mass[start] = 1.0;
        for t in 0..horizon {
            let laws: Vec<f64> = frontier
                .par_iter()
                .with_min_len(64)
                .map_init(Race::default, |race, &s| {
                    let mut law = vec![0.0; actions];
                    race.clear();
                    mdp.choices(s).enumerate().for_each(|(a, c)| self.enter(race, a, t, c, k));
                    race.winners(m, &mut law);
                    law
                })
                .flatten_iter()
                .collect();
            let here: Vec<f64> = frontier.iter().map(|&s| std::mem::take(&mut mass[s])).collect();
            let mut next = Vec::new();
            for ((&s, p), law) in frontier.iter().zip(here).zip(laws.chunks_exact(actions)) {
                for (c, share) in mdp.choices(s).zip(law) {
                    let (p, successor) = (p * share, mdp.successors()[c] as usize);
                    if p == 0.0 {
                        continue;
                    } else if mdp.rewards()[c] == self.unit {
                        result.probability += p;
                    } else if t + 1 < horizon && self.can_succeed(t + 1, successor) {
                        if mass[successor] == 0.0 {
                            next.push(successor);
                        }
                        mass[successor] += p;
                    }
                }
            }
            next.retain(|&s| {
                let keep = mass[s] >= NEGLIGIBLE_MASS;
                if !keep {
                    result.neglected += std::mem::take(&mut mass[s]);
                }
                keep
            });
            frontier = next;
        }
        result
    }

    /// The least `m` with success probability at least 1/2, among those with which GORP takes at most `max_steps`
    /// environment steps (`T² A^k m`); `None` if there is none. Found by doubling and bisection, so it is the least one
    /// provided that the probability crosses 1/2 only once.
    pub fn search(&self, k: usize, max_steps: f64) -> Option<GorpSearch> {
        let actions = self.process.mdp().num_actions();
        let episodes = (self.process.horizon() as f64).powi(2) * (actions as f64).powi(k as i32);
        let limit = (max_steps / episodes).floor() as u64;
        if limit == 0 {
            return None;
        }
        let (mut low, mut below) = (0, None);
        let mut high = 1;
        let mut probability = self.success(k, high).probability;
        while probability < 0.5 {
            if high == limit {
                return None;
            }
            (low, below) = (high, Some(probability));
            high = (2 * high).min(limit);
            probability = self.success(k, high).probability;
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            let p = self.success(k, middle).probability;
            if p >= 0.5 {
                (high, probability) = (middle, p);
            } else {
                (low, below) = (middle, Some(p));
            }
        }
        let effective_horizon = k as f64 + log_base(actions, high as f64);
        Some(GorpSearch { k, m: high, probability, probability_below: below, effective_horizon })
    }

    /// Whether the reward can still be reached from `s` at stage `t`.
    fn can_succeed(&self, t: usize, s: usize) -> bool {
        let row = self.process.mdp().choices(s);
        !row.is_empty() && max(&self.q_star.layer(t)[row]) > 0.0
    }

    /// Enters all sequences of length `k` that start with choice `c` at stage `t`. A sequence whose outcome is settled
    /// early stands for all its extensions, which share it.
    fn enter(&self, race: &mut Race, group: usize, t: usize, c: usize, k: usize) {
        let mdp = self.process.mdp();
        let settled = mdp.rewards()[c] == self.unit;
        let row = mdp.choices(mdp.successors()[c] as usize);
        if settled || row.is_empty() || t + 1 == self.process.horizon() {
            race.enter(group, f64::from(u8::from(settled)));
        } else if k == 1 {
            race.enter(group, (self.q_1.layer(t)[c] / self.unit).min(1.0));
        } else {
            row.for_each(|next| self.enter(race, group, t + 1, next, k - 1));
        }
    }
}

/// The constant that every return equals unless it is 0.
fn return_unit(process: &Process, q_star: &QTable) -> Result<f64> {
    let (mdp, horizon) = (process.mdp(), process.horizon());
    let refuse = |s: usize, c: usize, why: &str| Error::NotApplicable {
        method: "exact GORP",
        reason: format!(
            "every return must be 0 or one positive constant, but in state {s} action {} has reward {} {why}",
            mdp.action_of(s, c),
            mdp.rewards()[c]
        ),
    };
    // Breadth first: a state matters most at the earliest stage it can be visited.
    let mut unit = 1.0;
    let mut found = false;
    let mut seen = vec![false; mdp.num_states()];
    let mut frontier = vec![mdp.initial()[0].0 as usize];
    seen[frontier[0]] = true;
    for t in 0..horizon {
        let mut next = Vec::new();
        for &s in &frontier {
            for c in mdp.choices(s) {
                let reward = mdp.rewards()[c];
                let successor = mdp.successors()[c] as usize;
                if reward < 0.0 || (found && reward > 0.0 && reward != unit) {
                    return Err(refuse(s, c, "beside others"));
                }
                if reward > 0.0 {
                    (unit, found) = (reward, true);
                    let row = mdp.choices(successor);
                    if t + 1 < horizon && !row.is_empty() && max(&q_star.layer(t + 1)[row]) > 0.0 {
                        return Err(refuse(s, c, "and more can follow"));
                    }
                }
                if !std::mem::replace(&mut seen[successor], true) {
                    next.push(successor);
                }
            }
        }
        frontier = next;
    }
    Ok(unit)
}
