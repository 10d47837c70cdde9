//! How far the states a policy visits are from those a distribution covers.
//!
//! ```text
//! d_ρ^π(s) = (1 − γ) Σ_t γᵗ P_π(s_t = s | s_0 ~ ρ)            ‖d_ρ^π / μ‖_∞ = max_s d_ρ^π(s) / μ(s)
//! ```
//! is the distribution mismatch coefficient of `μ` with respect to `π` (Agarwal, Kakade, Lee and Mahajan 2021, section 4), usually taken at an optimal `π`. `ρ` is the table's initial distribution. A state
//! without weight in both counts 0, one that is visited and not covered makes it infinite.

use super::super::Criterion;
use crate::mdp::{Mdp, Policy, occupancy};
use crate::{Error, Result};

/// The coefficient of a stationary policy under discount `gamma`, for a distribution `mu` over states, shape `[S]`.
///
/// At least 1 (both are distributions), and at most `max_s 1 / μ(s)`.
///
/// # Errors
/// A discount outside (0, 1), a time-indexed policy, or a `mu` that is not a distribution over the states.
///
/// ```
/// use tabrl::mdp::{MdpBuilder, Policy};
/// use tabrl::planning::analysis::distribution_mismatch;
///
/// // Start in 0, which ends in 1 after one step: d = (1 − γ, γ).
/// let mut builder = MdpBuilder::new(2);
/// builder.choice(0, 0, &[(1.0, 1, 0.0)]).terminal(1);
/// let mdp = builder.build()?;
/// let of = |mu: [f64; 2]| distribution_mismatch(&mdp, &Policy::uniform(&mdp), 0.75, &mu);
/// assert!((of([0.5, 0.5])? - 1.5).abs() < 1e-12);
/// assert_eq!(of([1.0, 0.0])?, f64::INFINITY);
/// # Ok::<(), tabrl::Error>(())
/// ```
pub fn distribution_mismatch(mdp: &Mdp, policy: &Policy, gamma: f64, mu: &[f64]) -> Result<f64> {
    check_distribution("mu", mu, mdp.num_states())?;
    Ok(largest_ratio(&normalised_occupancy(mdp, policy, gamma)?, mu))
}

/// `d_ρ^π(s)`, shape `[S]`, which sums to one: terminal states are stayed in for ever, unlike in
/// [`occupancy::discounted`], which counts the step of arrival alone.
///
/// # Errors
/// A discount outside (0, 1), or a time-indexed policy.
pub fn normalised_occupancy(mdp: &Mdp, policy: &Policy, gamma: f64) -> Result<Vec<f64>> {
    Criterion::Discounted { gamma }.validate()?;
    let d = occupancy::discounted(mdp, policy, gamma)?.states;
    let weight = |s: usize| if mdp.is_terminal(s) { 1.0 } else { 1.0 - gamma };
    Ok(d.iter().enumerate().map(|(s, d)| weight(s) * d).collect())
}

/// `max_i x_i / y_i` with `0 / 0 = 0`.
pub(super) fn largest_ratio(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).filter(|(x, _)| **x > 0.0).map(|(x, y)| x / y).fold(0.0, f64::max)
}

/// Checks that `p` is a distribution over `expected` things.
pub(super) fn check_distribution(what: &'static str, p: &[f64], expected: usize) -> Result<()> {
    if p.len() != expected {
        return Err(Error::Shape { what: what.into(), found: vec![p.len()], expected: vec![expected] });
    }
    let sum: f64 = p.iter().sum();
    let outside = p.iter().find(|x| !(0.0..=1.0).contains(*x));
    match outside {
        Some(&value) => Err(Error::Parameter { name: what, value, expected: "a probability in [0, 1] in each entry" }),
        None if (sum - 1.0).abs() > 1e-9 => {
            Err(Error::Parameter { name: what, value: sum, expected: "a distribution, whose sum is 1" })
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::communicating;
    use super::*;
    use crate::planning::tests::random;

    #[test]
    fn the_occupancy_is_the_sum_over_time() {
        for seed in 0..10 {
            let mdp = random(6, 2, seed);
            let policy = Policy::uniform(&mdp);
            let d = normalised_occupancy(&mdp, &policy, 0.8).unwrap();
            assert!((d.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            // Σ_t (1 − γ) γᵗ d_t, with what has ended kept where it ended.
            let steps = occupancy::per_step(&mdp, &policy, 200).unwrap();
            let mut sum = [0.0; 6];
            let mut ended = [0.0; 6];
            for t in 0..200 {
                for s in 0..6 {
                    if mdp.is_terminal(s) {
                        ended[s] += steps[[t, s]];
                    }
                    let now = if mdp.is_terminal(s) { ended[s] } else { steps[[t, s]] };
                    sum[s] += 0.2 * 0.8f64.powi(t as i32) * now;
                }
            }
            for s in 0..6 {
                assert!((sum[s] - d[s]).abs() < 1e-12, "{} {}", sum[s], d[s]);
            }
        }
    }

    #[test]
    fn it_is_one_at_the_policys_own_distribution_and_bounded_by_the_rarest_state() {
        for seed in 0..10 {
            let mdp = communicating(5, 2, seed);
            let policy = Policy::uniform(&mdp);
            let own = normalised_occupancy(&mdp, &policy, 0.9).unwrap();
            assert!((distribution_mismatch(&mdp, &policy, 0.9, &own).unwrap() - 1.0).abs() < 1e-12);
            let mismatch = distribution_mismatch(&mdp, &policy, 0.9, &[0.1, 0.2, 0.3, 0.2, 0.2]).unwrap();
            assert!((1.0..=10.0).contains(&mismatch));
        }
    }

    #[test]
    fn distributions_are_checked() {
        let mdp = communicating(3, 1, 0);
        let of = |mu: &[f64]| distribution_mismatch(&mdp, &Policy::uniform(&mdp), 0.9, mu);
        assert!(matches!(of(&[0.5, 0.5]), Err(Error::Shape { .. })));
        for bad in [[0.5, 0.6, -0.1], [0.2, 0.2, 0.2], [f64::NAN, 0.5, 0.5]] {
            assert!(matches!(of(&bad), Err(Error::Parameter { .. })), "{bad:?}");
        }
    }
}
