//! Gittins indices of all counts at once, for policies.
//!
//! For each λ of a grid one recursion says for all counts what pulling gains over retiring. The gain falls with λ and is convex, and the index lies where
//! it changes sign: between two neighbours of the grid, below the root of the secant through them, and above that of the line through the two neighbours
//! before. The middle of the two is taken. An index is thus never off by more than a step of the grid, 1/4000, and what the end of the recursion adds; where
//! a posterior is as narrow as that, the gain has its kink within a step, and the error is of that size.

use std::ops::RangeInclusive;

use rayon::prelude::*;

use super::index_table::place;
use super::size::{check_discount, check_prior};
use crate::bandits::{CountPolicy, Counts, share_maximisers};
use crate::{Error, Result};

/// Points of the grid of λ.
const GRID: usize = 4000;
/// Parts of the grid that are searched in parallel.
const CHUNKS: usize = 8;
/// Longest horizon of a table.
const LONGEST: usize = 1000;

/// The discounted Gittins index of every pair of counts up to a number of pulls. Against bisection the largest error found is 4e-6 up to 12 pulls and 1e-4
/// up to 1000 (uniform prior, discounts up to 0.99); [`gittins_index`](super::gittins_index) gives one index between proven bounds.
#[derive(Debug, Clone)]
pub struct GittinsTable {
    pulls: usize,
    indices: Vec<f64>,
}

impl GittinsTable {
    /// The indices of arms with at most `pulls` pulls under the prior Beta(a, b).
    ///
    /// # Errors
    /// A prior or a discount that is none, too many pulls, or a discount so near 1 that the recursion would be too long.
    pub fn new(prior: (f64, f64), discount: f64, pulls: usize) -> Result<GittinsTable> {
        check_prior(prior)?;
        check_discount(discount)?;
        // What the last layer stands for weighs less than 4e-4, and is known to half a standard deviation of a well-known mean.
        let ahead = if discount == 0.0 { 1.0 } else { (-8.0 / discount.ln()).ceil() };
        let depth = pulls as f64 + ahead;
        if pulls > LONGEST || depth > 3000.0 {
            let reason = format!(
                "{pulls} pulls at discount {discount} need a recursion over {depth} pulls; at most {LONGEST} pulls and 3000 in all are \
                 allowed"
            );
            return Err(Error::NotApplicable { method: "a table of Gittins indices", reason });
        }
        let depth = depth as usize;
        let indices =
            in_chunks(place(pulls + 1, 0), |chunk, finder| discounted(prior, discount, pulls, depth, chunk, finder));
        Ok(GittinsTable { pulls, indices })
    }

    /// The index of an arm, which may have at most as many pulls as the table was made for.
    pub fn index(&self, arm: Counts) -> Option<f64> {
        let pulls = arm.pulls() as usize;
        (pulls <= self.pulls).then(|| self.indices[place(pulls, arm.successes as usize)])
    }
}

/// Finds the indices of `size` states: `search` goes through a chunk of the grid, all chunks in parallel.
fn in_chunks(size: usize, search: impl Fn(RangeInclusive<usize>, &mut Finder) + Sync) -> Vec<f64> {
    let chunk = |i: usize| {
        let mut finder = Finder { last: vec![[f64::INFINITY; 2]; size], found: vec![f64::NAN; size] };
        search(i * GRID / CHUNKS..=(i + 1) * GRID / CHUNKS, &mut finder);
        finder.found
    };
    let found: Vec<Vec<f64>> = (0..CHUNKS).into_par_iter().map(chunk).collect();
    // A chunk that begins above an index finds it at its first point, so the lowest chunk that finds it is right.
    (0..size).map(|i| found.iter().map(|chunk| chunk[i]).find(|x| !x.is_nan()).unwrap_or(f64::NAN)).collect()
}

/// Tells the gain of every state with at most `pulls` pulls, for each λ of a chunk.
fn discounted(
    (a, b): (f64, f64),
    discount: f64,
    pulls: usize,
    depth: usize,
    chunk: RangeInclusive<usize>,
    finder: &mut Finder,
) {
    let mut values = vec![0.0; depth + 1];
    // With fewer successes of n pulls than this, retiring is best, also at every larger λ.
    let mut worth = vec![0; depth + 1];
    for step in chunk {
        let lambda = step as f64 / GRID as f64;
        for (s, value) in values.iter_mut().enumerate() {
            *value = ((a + s as f64) / (a + b + depth as f64)).max(lambda);
        }
        for n in (0..depth).rev() {
            let inverse = 1.0 / (a + b + n as f64);
            let values = &mut values[..n + 2];
            let from = worth[n];
            values[..from].fill(lambda);
            let pull = |s: usize, values: &[f64]| {
                let p = (a + s as f64) * inverse;
                (1.0 - discount) * p + discount * (p * values[s + 1] + (1.0 - p) * values[s])
            };
            if n <= pulls {
                (from..=n).for_each(|s| finder.gain(place(n, s), lambda, pull(s, values) - lambda));
            }
            for s in from..=n {
                values[s] = pull(s, values).max(lambda);
            }
            while worth[n] <= n && values[worth[n]] <= lambda {
                worth[n] += 1;
            }
        }
    }
}

/// The same without discount, for each number of steps left.
fn undiscounted((a, b): (f64, f64), horizon: usize, chunk: RangeInclusive<usize>, finder: &mut Finder) {
    let mut layers = [vec![0.0; place(horizon + 1, 0)], vec![0.0; place(horizon + 1, 0)]];
    let mut worth = vec![0; horizon * (horizon + 1)];
    for step in chunk {
        let lambda = step as f64 / GRID as f64;
        layers[0].fill(0.0);
        for left in 1..=horizon {
            let [next, values] = &mut layers;
            let (retired, begin) = (lambda * left as f64, start(horizon, left));
            for n in 0..=horizon - left {
                let inverse = 1.0 / (a + b + n as f64);
                let from = &mut worth[left * horizon + n];
                let values = &mut values[place(n, 0)..=place(n, n)];
                let next = &next[place(n + 1, 0)..=place(n + 1, n + 1)];
                values[..*from].fill(retired);
                for s in *from..=n {
                    let p = (a + s as f64) * inverse;
                    let value = p * (1.0 + next[s + 1]) + (1.0 - p) * next[s];
                    finder.gain(begin + place(n, s), lambda, value - retired);
                    values[s] = value.max(retired);
                }
                while *from <= n && values[*from] <= retired {
                    *from += 1;
                }
            }
            layers.swap(0, 1);
        }
    }
}

/// Where the states with `left` steps left begin: an arm has at most `horizon - left` pulls then.
fn start(horizon: usize, left: usize) -> usize {
    (1..left).map(|left| place(horizon - left + 1, 0)).sum()
}

/// Finds where gains change sign while λ grows.
struct Finder {
    /// The gains at the last two points of the grid.
    last: Vec<[f64; 2]>,
    found: Vec<f64>,
}

impl Finder {
    /// The gain of state `i` at λ; λ has grown by a step of the grid since it was last told.
    #[inline]
    fn gain(&mut self, i: usize, lambda: f64, gain: f64) {
        let [before, last] = self.last[i];
        if gain <= 0.0 && last > 0.0 {
            let step = 1.0 / GRID as f64;
            let share = if last.is_finite() { gain / (gain - last) } else { 0.0 };
            let secant = lambda - share * step;
            let steep = before.is_finite() && before > last;
            let tangent = if steep { lambda - step + step * last / (before - last) } else { secant };
            self.found[i] = 0.5 * (tangent.min(secant) + secant);
        }
        self.last[i] = [last, gain];
    }
}

/// Pulls the arm of largest Gittins index: optimal for endless discounted play, a heuristic over a fixed number of steps.
#[derive(Debug, Clone)]
pub struct GittinsPolicy {
    /// Indices at each number of steps left (from 1), or a single table that serves all steps.
    tables: Vec<GittinsTable>,
}

impl GittinsPolicy {
    /// Indices under `discount`, for play of at most `horizon` steps.
    ///
    /// # Errors
    /// As [`GittinsTable::new`].
    pub fn discounted(prior: (f64, f64), discount: f64, horizon: usize) -> Result<GittinsPolicy> {
        Ok(GittinsPolicy { tables: vec![GittinsTable::new(prior, discount, horizon.saturating_sub(1))?] })
    }

    /// Undiscounted indices for the number of steps that are left.
    ///
    /// # Errors
    /// A prior that is none, no step, or more than 200.
    pub fn finite(prior: (f64, f64), horizon: usize) -> Result<GittinsPolicy> {
        check_prior(prior)?;
        if !(1..=200).contains(&horizon) {
            let (name, value) = ("horizon", horizon as f64);
            return Err(Error::Parameter {
                name,
                value,
                expected: "from 1 to 200 for the indices of a finite horizon",
            });
        }
        let size = start(horizon, horizon + 1);
        let found = in_chunks(size, |chunk, finder| undiscounted(prior, horizon, chunk, finder));
        let table = |left: usize| {
            let indices = found[start(horizon, left)..start(horizon, left + 1)].to_vec();
            GittinsTable { pulls: horizon - left, indices }
        };
        Ok(GittinsPolicy { tables: (1..=horizon).map(table).collect() })
    }

    fn score(&self, arm: Counts, step: usize, horizon: usize) -> Option<f64> {
        let left = (horizon + 1).checked_sub(step)?;
        let table = if self.tables.len() == 1 { self.tables.first() } else { self.tables.get(left.checked_sub(1)?) };
        table?.index(arm)
    }
}

impl CountPolicy for GittinsPolicy {
    /// # Panics
    /// Beyond the horizon that the policy was made for.
    fn probabilities(&self, arms: &[Counts], step: usize, horizon: usize, out: &mut [f64]) {
        let score = |&arm: &Counts| {
            self.score(arm, step, horizon)
                .unwrap_or_else(|| panic!("step {step} of {horizon} is beyond the horizon of these Gittins indices"))
        };
        let scores: Vec<f64> = arms.iter().map(score).collect();
        share_maximisers(&scores, out);
    }

    fn index(&self, arm: Counts, _arms: usize, step: usize, horizon: usize) -> Option<f64> {
        self.score(arm, step, horizon)
    }
}
