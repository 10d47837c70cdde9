//! Whether a function has the properties that the theory assumes, with the sets that show where it has not.

use super::SetFunction;
use crate::rng::{self, Purpose};
use crate::{Error, Result};

/// A property, broken.
#[derive(Debug, Clone, PartialEq)]
pub enum Violation {
    /// Adding `state` to `set` lowers the value by `by`.
    NotMonotone {
        /// A.
        set: Vec<usize>,
        /// v.
        state: usize,
        /// F(A) - F(A ∪ {v}).
        by: f64,
    },
    /// `state` gains more after `set` and then `more` than after `set` alone.
    NotSubmodular {
        /// A.
        set: Vec<usize>,
        /// B without A.
        more: Vec<usize>,
        /// v.
        state: usize,
        /// gain(v | B) - gain(v | A).
        by: f64,
    },
}

impl std::fmt::Display for Violation {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Violation::NotMonotone { set, state, by } => {
                write!(out, "it is not monotone: adding state {state} to the set {set:?} lowers it by {by:e}")
            }
            Violation::NotSubmodular { set, more, state, by } => write!(
                out,
                "it is not submodular: state {state} gains {by:e} more once {more:?} has been added to the set {set:?}"
            ),
        }
    }
}

/// How a function is searched for violations: `samples` random chains A ⊆ B of at most `length` states, from `seed`.
#[derive(Debug, Clone, Copy)]
pub struct Search {
    /// Number of chains.
    pub samples: usize,
    /// Most states of B.
    pub length: usize,
    /// Seed.
    pub seed: u64,
    /// Differences up to this are rounding.
    pub tolerance: f64,
}

impl Default for Search {
    fn default() -> Self {
        Search { samples: 1000, length: 8, seed: 0, tolerance: 1e-9 }
    }
}

/// The first violation found, of monotonicity or, if `submodular`, of diminishing returns. None proves nothing.
pub fn violation(function: &impl SetFunction, search: &Search, submodular: bool) -> Option<Violation> {
    let n = function.num_states();
    let mut random = rng::fast(search.seed, Purpose::Generation, 0);
    let (mut small, mut large) = (function.empty(), function.empty());
    for _ in 0..if n == 0 { 0 } else { search.samples } {
        let size = rng::below(&mut random, search.length + 1);
        let order: Vec<usize> = (0..size + 1).map(|_| rng::below(&mut random, n)).collect();
        let (chain, state) = (&order[..size], order[size]);
        let cut = rng::below(&mut random, size + 1);
        function.clear(&mut small);
        function.clear(&mut large);
        for (i, &s) in chain.iter().enumerate() {
            if let Some(violation) = lowers(function, &large, &chain[..i], s, search.tolerance) {
                return Some(violation);
            }
            function.push(&mut large, s);
            if i < cut {
                function.push(&mut small, s);
            }
        }
        if let Some(violation) = lowers(function, &large, chain, state, search.tolerance) {
            return Some(violation);
        }
        let by = function.gain(&large, state) - function.gain(&small, state);
        // A number that is none is a violation too.
        if submodular && (by.is_nan() || by > search.tolerance) {
            let (set, more) = (chain[..cut].to_vec(), chain[cut..].to_vec());
            return Some(Violation::NotSubmodular { set, more, state, by });
        }
    }
    None
}

/// Whether `state` lowers the value of what was collected on `set`.
fn lowers<F: SetFunction>(
    function: &F,
    collected: &F::Collected,
    set: &[usize],
    state: usize,
    tolerance: f64,
) -> Option<Violation> {
    let by = -function.gain(collected, state);
    (by.is_nan() || by > tolerance).then(|| Violation::NotMonotone { set: set.to_vec(), state, by })
}

/// Refuses a function that a random search shows not to be monotone and, if `submodular`, submodular.
///
/// # Errors
/// The violation, with the sets that show it.
pub fn require(function: &impl SetFunction, method: &'static str, submodular: bool) -> Result<()> {
    match violation(function, &Search::default(), submodular) {
        Some(violation) => Err(Error::NotApplicable { method, reason: violation.to_string() }),
        None => Ok(()),
    }
}

/// The curvature of F on a ground set of states, each of them once: c = 1 - min_v F(v | V∖v)/F(v), over the v with F(v) > 0.
///
/// 0 for additive functions; 1 where some state gains nothing after all others. A trajectory's ground set is larger, since time is part
/// of it: with each state `copies` times (2 or more), coverage has curvature 1.
pub fn curvature(function: &impl SetFunction, copies: usize) -> f64 {
    let n = function.num_states();
    let mut collected = function.empty();
    let mut least = 1.0f64;
    for v in 0..n {
        let alone = function.gain(&function.empty(), v);
        if alone > 0.0 {
            function.clear(&mut collected);
            for s in 0..n {
                let times = if s == v { copies.saturating_sub(1) } else { copies };
                (0..times).for_each(|_| {
                    function.push(&mut collected, s);
                });
            }
            least = least.min(function.gain(&collected, v) / alone);
        }
    }
    1.0 - least
}

/// A random walk order for tests: `length` states, uniformly.
#[cfg(test)]
pub(super) fn random_states(n: usize, length: usize, random: &mut impl rand::Rng) -> Vec<usize> {
    (0..length).map(|_| rng::below(random, n)).collect()
}
