//! How many environment steps of SQIRL suffice, for one instance and a table oracle.
//!
//! Returns scaled to [0, 1], `k`-QVI-solvable, `Δ` the smallest gap of `Q^k`, `|X|` states in which a step can begin. Let
//! `η` bound the expected squared error of `Q̂_i` under its data law (states as `π_1..π_{i-1}` leave them, actions uniform).
//!
//! 1. *Regression.* For a cell of probability `p`, with `n ~ Bin(m, p)` targets in [0, 1], the squared error of the mean is at most
//!    `1/(4n)`, and at most 1 if `n = 0`. Since `E[1/n; n > 0] ≤ 2/(mp)` and `p (1-p)^m ≤ 1/(e m)`, the sum over the cells is at
//!    most `c |X| A / m` with `c = 1/2 + 1/e`.
//! 2. *Lookahead.* `E max_a e² ≤ A E e²` for uniform actions, and `(x + y)² ≤ 2x² + 2y²`, hence `η_1 = c|X|A/m` and
//!    `η_{j+1} = 2A η_j + 2 c|X|A/m`, if every regression has its own `m` episodes.
//! 3. *Decision.* By Markov's inequality, an action that is not greedy for `Q^k` is chosen at some step of an episode with
//!    probability at most `4AT η_k / Δ²`, so `E[J* − J(π)] ≤ 4AT η_k / Δ²`.
//!
//! Setting that to `ε` gives `m`, and `N = k m T²` steps: `T³ A^{H̄_k} |X| A / ε` up to factors of `k`, where
//! `A^{H̄_k} = A^k / Δ²`. It holds in expectation over the data. The algorithm here uses the same episodes for its `k` regressions, as
//! the paper's does; the bound then stands for `k` times the data. Form: Laidlaw et al. (ICLR 2024), theorem 3.6.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// `1/2 + 1/e`, see step 1 above.
const REGRESSION: f64 = 0.867_879_441_171_442_3;

/// What the bound depends on, and the bound.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SampleBound {
    /// Steps of lookahead.
    pub k: usize,
    /// Steps of an episode, `T`.
    pub horizon: usize,
    /// Number of actions `A`.
    pub actions: usize,
    /// States in which a step can begin, `|X|`.
    pub states: usize,
    /// The smallest gap of `Q^k`, of returns scaled to [0, 1].
    pub gap: f64,
    /// How far from optimal the result may be, on the same scale.
    pub epsilon: f64,
    /// Episodes for each regression.
    pub episodes: f64,
    /// Environment steps, `k m T²`.
    pub steps: f64,
}

impl SampleBound {
    /// The bound. A gap of infinity (all actions are equally good everywhere) asks for one episode.
    ///
    /// # Errors
    /// `k` outside `1..=T`, no action or state, a gap or `ε` that is not positive.
    pub fn new(k: usize, horizon: usize, actions: usize, states: usize, gap: f64, epsilon: f64) -> Result<SampleBound> {
        let fault = |name, value, expected| Err(Error::Parameter { name, value, expected });
        if k == 0 || k > horizon {
            return fault("k", k as f64, "from 1 to the horizon");
        }
        if actions == 0 || states == 0 {
            return fault("states and actions", 0.0, "at least 1");
        }
        if gap.is_nan() || gap <= 0.0 {
            return fault("gap", gap, "positive: otherwise the process is not k-QVI-solvable by a margin");
        }
        if epsilon.is_nan() || epsilon <= 0.0 {
            return fault("epsilon", epsilon, "positive");
        }
        let (a, t) = (actions as f64, horizon as f64);
        // η_k · m: the recursion of step 2 without the 1/m.
        let one = REGRESSION * states as f64 * a;
        let error = (1..k).fold(one, |error, _| 2.0 * a * error + 2.0 * one);
        let episodes = (4.0 * a * t * error / (epsilon * gap * gap)).ceil().max(1.0);
        Ok(SampleBound { k, horizon, actions, states, gap, epsilon, episodes, steps: k as f64 * episodes * t * t })
    }
}
