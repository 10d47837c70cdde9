//! GORP's success probability without sampling.
//!
//! GORP (greedy over random policy) learns an action sequence for a deterministic MDP: for `i = 1..T`, each of the `A^k`
//! sequences that may follow the prefix chosen so far is played and then followed by random actions, `m` episodes each;
//! the first action of the sequence with the largest mean return (the first in lexicographic order, if tied) is appended.
//!
//! Where rewards are multiples of one unit, the law of a sequence's mean is a convolution of the law of the return
//! (a binomial, where every return is 0 or one constant), so the law of the next action is known exactly. A sequence is
//! optimal if and only if each of its actions is, so the success probability follows from a recursion forwards over the
//! states that optimal actions visit. From it: `m_k`, the least m with probability at least 1/2, and `H_k = k + log_A m_k`.
//!
//! Cost: per m, `O(visited (t, s) · A^k · √m)` where returns are 0 or one constant; convolutions of `O(m)` terms otherwise.
//! Reference: Laidlaw et al. (NeurIPS 2023), algorithm 1 and definition 5.2.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::argmax::{Lane, Ties, Window, winners};
use super::log_base;
use super::process::{Process, max};
use super::q_values::QTable;
use super::returns::ReturnLaws;
use crate::Result;
use crate::mdp::Policy;

/// States with less probability than this are not followed; what they held is reported as neglected.
const NEGLIGIBLE_MASS: f64 = 1e-13;
/// An action that loses less than this many units is optimal.
const LOSS: f64 = 1e-6;
/// Largest m that a search tries where returns are more than two values.
const GRADED_LIMIT: u64 = 256;

/// GORP on a deterministic process whose rewards are multiples of one unit.
#[derive(Debug, Clone)]
pub struct ExactGorp<'a> {
    pub(super) process: Process<'a>,
    q_star: &'a QTable,
    pub(super) returns: ReturnLaws,
    ties: Ties,
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
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
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

/// One sequence's mean: the group (first action), the state behind it at stage `t + k` (`None` if the episode is over),
/// and the reward on the way, in units.
type Leaf = (usize, Option<usize>, i64);

impl<'a> ExactGorp<'a> {
    /// Prepares the recursion: the laws of the return under the exploration policy (uniformly random if none is given).
    ///
    /// # Errors
    /// [`crate::Error::NotApplicable`] if the process is not deterministic, a state lacks an action, rewards are not small
    /// multiples of one unit, or there are too many different returns.
    pub fn new(process: Process<'a>, q_star: &'a QTable, policy: Option<&Policy>) -> Result<ExactGorp<'a>> {
        process.require_deterministic("exact GORP")?;
        process.require_uniform_actions("exact GORP")?;
        Ok(ExactGorp { process, q_star, returns: ReturnLaws::new(&process, policy)?, ties: Ties::First })
    }

    /// The same with another rule for sequences that are tied (between first actions; the algorithm takes the first).
    pub fn with_ties(self, ties: Ties) -> ExactGorp<'a> {
        ExactGorp { ties, ..self }
    }

    /// The success probability of GORP(k, m).
    ///
    /// # Panics
    /// If `k` or `m` is 0.
    pub fn success(&self, k: usize, m: u64) -> GorpSuccess {
        assert!(k > 0 && m > 0, "GORP needs k >= 1 and m >= 1, not k = {k}, m = {m}");
        self.success_of(|t, frontier| self.next_actions(t, k, m, frontier))
    }

    /// The probability that a learner whose next action has a known law, `laws(t, states)` `[states, A]`, learns an optimal
    /// sequence.
    pub(super) fn success_of(&self, laws: impl Fn(usize, &[usize]) -> Vec<f64>) -> GorpSuccess {
        let (mdp, horizon) = (self.process.mdp(), self.process.horizon());
        let actions = mdp.num_actions();
        let mut result = GorpSuccess { probability: 0.0, neglected: 0.0 };
        let mut mass = vec![0.0; mdp.num_states()];
        let mut frontier = vec![mdp.initial()[0].0 as usize];
        mass[frontier[0]] = 1.0;
        for t in 0..horizon {
            let laws = laws(t, &frontier);
            let here: Vec<f64> = frontier.iter().map(|&s| std::mem::take(&mut mass[s])).collect();
            let mut next = Vec::new();
            for ((&s, p), law) in frontier.iter().zip(here).zip(laws.chunks_exact(actions)) {
                if mdp.is_terminal(s) {
                    result.probability += p;
                    continue;
                }
                let q = &self.q_star.layer(t)[mdp.choices(s)];
                let least = max(q) - LOSS * self.returns.unit;
                for (a, c) in mdp.choices(s).enumerate().filter(|&(a, _)| q[a] >= least && law[a] > 0.0) {
                    let successor = mdp.successors()[c] as usize;
                    if mass[successor] == 0.0 {
                        next.push(successor);
                    }
                    mass[successor] += p * law[a];
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
        result.probability += frontier.iter().map(|&s| mass[s]).sum::<f64>();
        result
    }

    /// The least `m` with success probability at least 1/2, among those with which GORP takes at most `max_steps`
    /// environment steps (`T² A^k m`), and among `m ≤ 256` where returns take more than two values; `None` if there is
    /// none. Found by doubling and bisection, so it is the least one provided that the probability crosses 1/2 once.
    pub fn search(&self, k: usize, max_steps: f64) -> Option<GorpSearch> {
        let actions = self.process.mdp().num_actions();
        let episodes = (self.process.horizon() as f64).powi(2) * (actions as f64).powi(k as i32);
        let affordable = (max_steps / episodes).floor() as u64;
        let limit = if self.returns.width() > 2 { affordable.min(GRADED_LIMIT) } else { affordable };
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

    /// The law of the next action in each state of the frontier at stage `t`, `[frontier, A]`.
    fn next_actions(&self, t: usize, k: usize, m: u64, frontier: &[usize]) -> Vec<f64> {
        let mdp = self.process.mdp();
        let actions = mdp.num_actions();
        let k = k.min(self.process.horizon() - t);
        let leaves: Vec<Vec<(Leaf, i32)>> = frontier.par_iter().map(|&s| self.leaves(t, s, k)).collect();
        // Sequences of different states often lead to the same one: each sum is computed once.
        let mut ends: Vec<usize> = leaves.iter().flatten().filter_map(|((_, end, _), _)| *end).collect();
        ends.sort_unstable();
        ends.dedup();
        let sum = |&end: &usize| {
            let (low, law) = self.returns.law(t + k, end);
            Window::sum(m, low, law)
        };
        let windows: Vec<Window> = ends.par_iter().with_min_len(16).map(sum).collect();
        let over = Window::sum(m, 0, &[1.0]);
        let race = |leaves: &Vec<(Leaf, i32)>| {
            let lane = |&((group, end, reward), count): &(Leaf, i32)| {
                let window = end.and_then(|end| ends.binary_search(&end).ok()).map_or(&over, |i| &windows[i]);
                Lane { group, window, shift: m as i64 * reward, count }
            };
            let mut law = vec![0.0; actions];
            winners(&leaves.iter().map(lane).collect::<Vec<_>>(), self.ties, &mut law);
            law
        };
        leaves.par_iter().with_min_len(16).flat_map_iter(race).collect()
    }

    /// All sequences of length `k` from `s`, with their multiplicities. One whose episode ends early stands for all its
    /// extensions, which share its certain outcome.
    fn leaves(&self, t: usize, s: usize, k: usize) -> Vec<(Leaf, i32)> {
        let mdp = self.process.mdp();
        let mut leaves: Vec<(Leaf, i32)> = Vec::new();
        let mut stack: Vec<(usize, usize, i64, usize)> =
            mdp.choices(s).enumerate().rev().map(|(a, c)| (a, c, 0, 1)).collect();
        while let Some((group, c, reward, length)) = stack.pop() {
            let (reward, successor) = (reward + self.returns.rewards[c], mdp.successors()[c] as usize);
            if length < k && !mdp.is_terminal(successor) {
                stack.extend(mdp.choices(successor).rev().map(|next| (group, next, reward, length + 1)));
                continue;
            }
            let over = mdp.is_terminal(successor) || t + length == self.process.horizon();
            let leaf = (group, (!over).then_some(successor), reward);
            match leaves.iter_mut().find(|(known, _)| *known == leaf) {
                Some((_, count)) => *count += 1,
                None => leaves.push((leaf, 1)),
            }
        }
        leaves
    }
}
