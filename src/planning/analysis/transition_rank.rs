//! The rank of the transition law: how many features a linear model of it needs.
//!
//! `P` has one row a choice and one column a state, `P(c, s') = p(s'|s, a)`. A low-rank MDP of dimension `d` is one with
//! `P = Φ M`, `Φ` of shape `[C, d]` (Agarwal et al. 2020, FLAMBE, definition 1), so `d` is at least the rank of `P`; a linear MDP asks
//! for `r = Φ θ` with the same features (Jin et al. 2020, assumption A), so its `d` is at least the rank of `(P | r)`, and that
//! many features do. (Both papers bound the norms of features as well; norms are not looked at here.)

use nalgebra::DMatrix;

use crate::mdp::Mdp;
use crate::numeric::{Spectrum, spectrum};
use crate::{Error, Result};

/// Most entries of the dense matrix.
const MOST_ENTRIES: usize = 16_000_000;

/// Ranks and singular values.
#[derive(Debug, Clone, PartialEq)]
pub struct TransitionRank {
    /// Of `P`, `[C, S]`: the smallest dimension of a low-rank MDP.
    pub transitions: Spectrum,
    /// Rank of `(P | r)`: the smallest dimension of a linear MDP; at most one more.
    pub linear: Spectrum,
}

/// The ranks of a table. Terminal states have no row. Cost `O(C S min(C, S))`, dense.
///
/// # Errors
/// A table whose dense matrix would have more than 16 million entries.
///
/// ```
/// use tabrl::mdp::MdpBuilder;
/// use tabrl::planning::analysis::transition_rank;
///
/// // Whatever is done, the next state is drawn from one of two distributions.
/// let mut builder = MdpBuilder::new(3);
/// for s in 0..3 {
///     builder.choice(s, 0, &[(0.2, 0, 0.0), (0.8, 1, 0.0)]).choice(s, 1, &[(1.0, 2, 1.0)]);
/// }
/// let rank = transition_rank(&builder.build()?)?;
/// assert_eq!((rank.transitions.rank, rank.linear.rank), (2, 2));
/// # Ok::<(), tabrl::Error>(())
/// ```
pub fn transition_rank(mdp: &Mdp) -> Result<TransitionRank> {
    let (choices, states) = (mdp.num_choices(), mdp.num_states());
    let entries = choices.saturating_mul(states + 1);
    if entries > MOST_ENTRIES {
        let reason = format!("a dense matrix of {choices} choices by {states} states; at most {MOST_ENTRIES} entries");
        return Err(Error::NotApplicable { method: "the rank of the transitions", reason });
    }
    let mut p = DMatrix::zeros(choices, states);
    for c in 0..choices {
        mdp.branches(c).for_each(|(t, q)| p[(c, t)] += q);
    }
    // Rewards of any size: the rank does not depend on their unit, so the column is scaled to that of the others.
    let largest = mdp.rewards().iter().fold(0.0, |m: f64, r| m.max(r.abs()));
    let unit = if largest > 0.0 { largest } else { 1.0 };
    let mut with_rewards = p.clone().resize_horizontally(states + 1, 0.0);
    (0..choices).for_each(|c| with_rewards[(c, states)] = mdp.rewards()[c] / unit);
    Ok(TransitionRank { transitions: spectrum(&p, f64::EPSILON), linear: spectrum(&with_rewards, 2.0 * f64::EPSILON) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mdp::MdpBuilder;
    use crate::rng::{self, Purpose};

    /// `P = Φ M` with `d` base distributions, features on the simplex; rewards linear in the features, or not.
    fn low_rank(states: usize, d: usize, linear: bool, seed: u64) -> Mdp {
        let mut rng = rng::fast(seed, Purpose::Generation, 3);
        let mut simplex = |n: usize| -> Vec<f64> {
            let w: Vec<f64> = (0..n).map(|_| rng::uniform(&mut rng)).collect();
            let total: f64 = w.iter().sum();
            w.iter().map(|x| x / total).collect()
        };
        let base: Vec<Vec<f64>> = (0..d).map(|_| simplex(states)).collect();
        let mut builder = MdpBuilder::new(states);
        for s in 0..states {
            for a in 0..3 {
                let phi = simplex(d);
                let reward = if linear { 1e6 * (phi[0] - phi[d - 1]) } else { ((s * 7 + a * 3) % 5) as f64 };
                let p: Vec<f64> = (0..states).map(|t| (0..d).map(|i| phi[i] * base[i][t]).sum()).collect();
                let total: f64 = p.iter().sum();
                let row: Vec<_> = p.iter().enumerate().map(|(t, p)| (p / total, t, reward)).collect();
                builder.choice(s, a, &row);
            }
        }
        builder.build().unwrap()
    }

    #[test]
    fn the_dimension_of_a_generated_model_is_found() {
        for d in 2..6 {
            for seed in 0..5 {
                let linear = transition_rank(&low_rank(12, d, true, seed)).unwrap();
                assert_eq!((linear.transitions.rank, linear.linear.rank), (d, d));
                let other = transition_rank(&low_rank(12, d, false, seed)).unwrap();
                assert_eq!((other.transitions.rank, other.linear.rank), (d, d + 1));
            }
        }
    }

    #[test]
    fn a_deterministic_chain_has_full_rank() {
        let mut builder = MdpBuilder::new(5);
        (0..5).for_each(|s| {
            builder.choice(s, 0, &[(1.0, (s + 1) % 5, 1.0)]);
        });
        let rank = transition_rank(&builder.build().unwrap()).unwrap();
        assert_eq!((rank.transitions.rank, rank.linear.rank), (5, 5));
        assert!(rank.transitions.singular_values.iter().all(|x| (x - 1.0).abs() < 1e-12));
    }
}
