//! The success probability of literal SQIRL with `k = 1` and a table, without sampling.
//!
//! Where nothing is random but the exploration, all `m` episodes of step `i` come through the same state, in which `n_a` of
//! them take action `a`: `n` is multinomial. Where every return is 0 or 1, `h_a ~ Bin(n_a, q_a)` of those succeed, with
//! `q_a = Q¹(s, a)`, and the next action is the `a` with the largest `h_a / n_a` (0 if `n_a` is 0), ties drawn. Given `n`, it is
//! ```text
//! Σ_j P(h_a = j) ∫₀¹ Π_{b≠a} (P(h_b/n_b < j/n_a) + x P(h_b/n_b = j/n_a)) dx
//! ```
//! and the rest is the recursion of [`ExactGorp`]. It is what the sampled algorithm is tested against. Cost: all
//! `C(m+A-1, A-1)` values of `n`, times `m A²`, for each state visited.

use rayon::prelude::*;

use super::argmax::drawn;
use super::gorp::{ExactGorp, GorpSuccess};
use crate::{Error, Result};

/// Most triples of `n`, an action and its number of successes for one state: a second or so.
const MOST_WORK: f64 = 3e7;

impl ExactGorp<'_> {
    /// The probability that literal SQIRL with `k = 1`, a table and `m` episodes a step learns an optimal policy, exploring
    /// uniformly.
    ///
    /// # Errors
    /// [`Error::NotApplicable`] where returns are not 0 or 1 (in units), or `m` is too large to enumerate.
    pub fn literal_success(&self, m: u64) -> Result<GorpSuccess> {
        let mdp = self.process.mdp();
        let actions = mdp.num_actions();
        let refuse = |reason: String| Err(Error::NotApplicable { method: "the exact law of literal SQIRL", reason });
        let partitions: f64 = (1..actions).map(|i| (m as f64 + i as f64) / i as f64).product();
        if partitions * (m as f64 + actions as f64) * actions as f64 > MOST_WORK {
            return refuse(format!("m = {m} episodes can be shared by {actions} actions in {partitions:.1e} ways"));
        }
        let goal_only = (0..mdp.num_choices()).all(|c| {
            let reward = self.returns.rewards[c];
            reward == 0 || (reward == 1 && mdp.is_terminal(mdp.successors()[c] as usize))
        });
        if !goal_only {
            return refuse("it is for rewards of one size that end the episode".into());
        }
        let law = |t: usize, s: usize| {
            let success = |c: usize| {
                let (low, law) = self.returns.law(t + 1, mdp.successors()[c] as usize);
                // Mass at 1: of a law on {0, 1}, or of a certain return.
                let later = if low == 1 { 1.0 } else { law.get(1).copied().unwrap_or(0.0) };
                self.returns.rewards[c] as f64 + later
            };
            race(m as usize, &mdp.choices(s).map(success).collect::<Vec<_>>())
        };
        Ok(self.success_of(|t, frontier| {
            let of = |&s: &usize| if mdp.is_terminal(s) { vec![0.0; actions] } else { law(t, s) };
            frontier.par_iter().flat_map_iter(of).collect()
        }))
    }
}

/// The law of the action with the largest share of successes, of `m` tries spread uniformly over actions that succeed with
/// probability `q[a]`.
fn race(m: usize, q: &[f64]) -> Vec<f64> {
    let actions = q.len();
    // cdf[a][n][j] = P(Bin(n, q_a) < j), so that a difference of neighbours is a probability.
    let cdf: Vec<Vec<Vec<f64>>> = q.iter().map(|&q| (0..=m).map(|n| binomial(n, q)).collect()).collect();
    let log_factorial: Vec<f64> = std::iter::once(0.0)
        .chain((1..=m).scan(0.0, |sum, n| {
            *sum += (n as f64).ln();
            Some(*sum)
        }))
        .collect();
    let mut out = vec![0.0; actions];
    let (mut n, mut product) = (vec![0; actions], Vec::new());
    n[0] = m;
    loop {
        let log =
            log_factorial[m] - n.iter().map(|&n| log_factorial[n]).sum::<f64>() - m as f64 * (actions as f64).ln();
        let weight = log.exp();
        for a in 0..actions {
            for j in 0..=n[a] {
                let p = cdf[a][n[a]][j + 1] - cdf[a][n[a]][j];
                if p == 0.0 {
                    continue;
                }
                let rival = |b: usize| {
                    let cdf = &cdf[b][n[b]];
                    // Actions that were never tried count as 0 successes of 1.
                    let (mine, theirs) = (n[a].max(1), n[b]);
                    let (floor, exact) = (j * theirs / mine, (j * theirs).is_multiple_of(mine));
                    match (theirs, exact) {
                        (0, _) => (f64::from(u8::from(j > 0)), f64::from(u8::from(j == 0))),
                        (_, true) => (cdf[floor], cdf[floor + 1] - cdf[floor]),
                        (_, false) => (cdf[floor + 1], 0.0),
                    }
                };
                out[a] += weight * p * drawn((0..actions).filter(|&b| b != a).map(rival), &mut product);
            }
        }
        if !next_composition(&mut n) {
            return out;
        }
    }
}

/// `P(Bin(n, q) < j)` for `j = 0..=n+1`.
fn binomial(n: usize, q: f64) -> Vec<f64> {
    let mut mass = vec![0.0; n + 1];
    mass[0] = 1.0;
    for tries in 1..=n {
        for j in (0..=tries).rev() {
            mass[j] = mass[j] * (1.0 - q) + if j > 0 { mass[j - 1] * q } else { 0.0 };
        }
    }
    let sum = mass.iter().scan(0.0, |sum, p| {
        *sum += p;
        Some(*sum)
    });
    std::iter::once(0.0).chain(sum).collect()
}

/// The next way to write a number as an ordered sum, starting from `[m, 0, ..., 0]`; `false` after `[0, ..., 0, m]`.
fn next_composition(n: &mut [usize]) -> bool {
    let last = n.len() - 1;
    let Some(i) = (0..last).rev().find(|&i| n[i] > 0) else { return false };
    let rest = std::mem::take(&mut n[last]);
    n[i] -= 1;
    n[i + 1] = rest + 1;
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_law_agrees_with_all_outcomes_written_out() {
        let (m, q) = (4, [0.3, 0.8, 0.55]);
        let mut expected = [0.0; 3];
        // Each try: an action, and whether it succeeds.
        for code in 0..6usize.pow(m) {
            let (mut tries, mut hits, mut p) = ([0; 3], [0; 3], 1.0);
            for i in 0..m {
                let digit = code / 6usize.pow(i) % 6;
                let (a, hit) = (digit / 2, digit % 2);
                tries[a] += 1;
                hits[a] += hit;
                p *= if hit == 1 { q[a] } else { 1.0 - q[a] } / 3.0;
            }
            let share = |a: usize| if tries[a] == 0 { 0.0 } else { hits[a] as f64 / tries[a] as f64 };
            let best = (0..3).map(share).fold(0.0, f64::max);
            let tied: Vec<usize> = (0..3).filter(|&a| share(a) == best).collect();
            tied.iter().for_each(|&a| expected[a] += p / tied.len() as f64);
        }
        let found = race(m as usize, &q);
        for a in 0..3 {
            assert!((found[a] - expected[a]).abs() < 1e-13, "{found:?} {expected:?}");
        }
    }

    #[test]
    fn compositions_come_once_each() {
        let (mut n, mut all) = (vec![5, 0, 0, 0], Vec::new());
        loop {
            assert_eq!(n.iter().sum::<usize>(), 5);
            all.push(n.clone());
            if !next_composition(&mut n) {
                break;
            }
        }
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!((count, all.len()), (56, 56));
    }
}
