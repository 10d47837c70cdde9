//! How long until the chain of a policy has forgotten where it started.
//!
//! ```text
//! d(t) = max_s ‖Pᵗ(s, ·) − π‖_TV        ‖x − y‖_TV = ½ Σ |x − y|        t_mix(ε) = min { t ≥ 0 : d(t) ≤ ε }
//! ```
//! with `π` the stationary distribution and `ε = 1/4` by custom (Levin and Peres 2017, sections 4.4 and 4.5). `d`
//! does not increase, so the first `t` is found by doubling and then by bits, with products of
//! dense matrices. The maximum is over all states, those that a start in the initial distribution never visits included.
//!
//! The chain must have one recurrent class (transient states are allowed) and that class must be aperiodic; else there is
//! no such `t` for small `ε`, and that is said. A terminal state is absorbing.

use nalgebra::DMatrix;

use crate::mdp::{CsrParts, Mdp, Policy};
use crate::numeric::stationary_dense;
use crate::planning::graph::{Components, strong_components};
use crate::{Error, Result};

/// Most states: the powers are dense.
const MOST_STATES: usize = 2000;

/// Doublings after which a chain counts as one that does not mix, `2⁶⁰` steps.
const MOST_DOUBLINGS: usize = 60;

/// When a chain has mixed.
#[derive(Debug, Clone, PartialEq)]
pub struct MixingTime {
    /// `t_mix(ε)` in steps.
    pub steps: u64,
    /// `d(steps)`.
    pub distance: f64,
    /// The stationary distribution `π`, `[S]`.
    pub stationary: Vec<f64>,
}

/// The mixing time of a stationary policy's chain, for a total variation distance `epsilon` in (0, 1).
///
/// Exact but for rounding: a distance within about `S · 1e-16` of `epsilon` may be judged either way. Cost `O(S³ log t)`.
///
/// # Errors
/// A distance outside (0, 1), a time-indexed policy, more than 2000 states, several recurrent classes, or a periodic one.
///
/// ```
/// use tabrl::mdp::{MdpBuilder, Policy};
/// use tabrl::planning::analysis::mixing_time;
///
/// // Two states that are left with probability 0.1: d(t) = 0.8ᵗ / 2.
/// let mut builder = MdpBuilder::new(2);
/// builder.choice(0, 0, &[(0.9, 0, 0.0), (0.1, 1, 0.0)]).choice(1, 0, &[(0.9, 1, 0.0), (0.1, 0, 0.0)]);
/// let mdp = builder.build()?;
/// let mixing = mixing_time(&mdp, &Policy::uniform(&mdp), 0.25)?;
/// assert_eq!(mixing.steps, 4); // 0.8³ / 2 = 0.256, 0.8⁴ / 2 = 0.2048
/// # Ok::<(), tabrl::Error>(())
/// ```
pub fn mixing_time(mdp: &Mdp, policy: &Policy, epsilon: f64) -> Result<MixingTime> {
    if !(epsilon > 0.0 && epsilon < 1.0) {
        return Err(Error::Parameter { name: "epsilon", value: epsilon, expected: "strictly between 0 and 1" });
    }
    let refuse = |reason: String| Err(Error::NotApplicable { method: "the mixing time", reason });
    if let Some(stages) = policy.stages() {
        return refuse(format!("the policy has {stages} stages; a stationary one is needed"));
    }
    let states = mdp.num_states();
    if states > MOST_STATES {
        return refuse(format!(
            "the table has {states} states, and powers of its matrix are dense; at most {MOST_STATES}"
        ));
    }
    let p = transition_matrix(mdp, policy);
    let class = match recurrent_classes(&p)?.as_slice() {
        [class] => class.clone(),
        several => return refuse(format!("the policy's chain has {} recurrent classes; one is needed", several.len())),
    };
    let period = period(&p, &class);
    if period != 1 {
        return refuse(format!("the policy's chain has period {period}; it comes near no distribution"));
    }
    let stationary = stationary(&p, &class);
    let distance = |power: &DMatrix<f64>| {
        let from = |s: usize| 0.5 * (0..states).map(|t| (power[(s, t)] - stationary[t]).abs()).sum::<f64>();
        (0..states).map(from).fold(0.0, f64::max)
    };
    // P^(2^k) until it is near enough.
    let mut now = DMatrix::identity(states, states);
    if distance(&now) <= epsilon {
        return Ok(MixingTime { steps: 0, distance: distance(&now), stationary });
    }
    let mut powers = vec![p];
    while distance(&powers[powers.len() - 1]) > epsilon {
        if powers.len() > MOST_DOUBLINGS {
            return refuse(format!("the policy's chain has not mixed after 2^{MOST_DOUBLINGS} steps"));
        }
        let last = &powers[powers.len() - 1];
        powers.push(last * last);
    }
    // The largest t that is not near enough, bit by bit from above; the next one is.
    let mut steps = 0u64;
    for (bit, power) in powers.iter().enumerate().rev() {
        let further = &now * power;
        if distance(&further) > epsilon {
            now = further;
            steps += 1 << bit;
        }
    }
    let mixed = now * &powers[0];
    Ok(MixingTime { steps: steps + 1, distance: distance(&mixed), stationary })
}

/// `P_π` with terminal states absorbing, each row normalised, so that powers stay stochastic.
fn transition_matrix(mdp: &Mdp, policy: &Policy) -> DMatrix<f64> {
    let states = mdp.num_states();
    let mut p = DMatrix::zeros(states, states);
    for s in 0..states {
        if mdp.is_terminal(s) {
            p[(s, s)] = 1.0;
        }
        for c in mdp.choices(s) {
            let weight = policy.rule(0).probability(s, c);
            mdp.branches(c).for_each(|(t, q)| p[(s, t)] += weight * q);
        }
        let sum = p.row(s).sum();
        p.row_mut(s).iter_mut().for_each(|x| *x /= sum);
    }
    p
}

/// The classes that are not left.
fn recurrent_classes(p: &DMatrix<f64>) -> Result<Vec<Vec<usize>>> {
    let states = p.nrows();
    let mut parts =
        CsrParts { choice_start: (0..=states as u32).collect(), branch_start: vec![0], ..CsrParts::default() };
    for s in 0..states {
        for t in (0..states).filter(|&t| p[(s, t)] > 0.0) {
            parts.next.push(t as u32);
            parts.probability.push(p[(s, t)]);
        }
        parts.branch_start.push(parts.next.len() as u32);
    }
    parts.reward = vec![0.0; states];
    let chain = Mdp::from_csr(parts)?;
    let components: Components = strong_components(&chain);
    let closed = |&i: &usize| {
        let inside = |&s: &u32| chain.branches(s as usize).all(|(t, _)| components.of[t] as usize == i);
        components.states(i).iter().all(inside)
    };
    let states = |i: usize| components.states(i).iter().map(|&s| s as usize).collect();
    Ok((0..components.len()).filter(closed).map(states).collect())
}

/// The period of an irreducible class: the greatest common divisor of `level(s) + 1 − level(t)` over its edges, with the
/// levels of a breadth-first search (Denardo 1977).
fn period(p: &DMatrix<f64>, class: &[usize]) -> u64 {
    let mut level = vec![u64::MAX; p.nrows()];
    level[class[0]] = 0;
    let mut queue = vec![class[0]];
    let (mut head, mut divisor) = (0, 0);
    while head < queue.len() {
        let s = queue[head];
        head += 1;
        for &t in class.iter().filter(|&&t| p[(s, t)] > 0.0) {
            if level[t] == u64::MAX {
                level[t] = level[s] + 1;
                queue.push(t);
            }
            divisor = gcd(divisor, (level[s] + 1).abs_diff(level[t]));
        }
    }
    divisor
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The stationary distribution of a recurrent class, `[S]`.
fn stationary(p: &DMatrix<f64>, class: &[usize]) -> Vec<f64> {
    let within = DMatrix::from_fn(class.len(), class.len(), |i, j| p[(class[i], class[j])]);
    let mut all = vec![0.0; p.nrows()];
    class.iter().zip(stationary_dense(within)).for_each(|(&s, x)| all[s] = x);
    all
}

#[cfg(test)]
mod tests {
    use super::super::testing::communicating;
    use super::*;
    use crate::mdp::MdpBuilder;

    #[test]
    fn powers_one_by_one_give_the_same() {
        for seed in 0..15 {
            let mdp = communicating(7, 2, seed);
            let policy = Policy::uniform(&mdp);
            for epsilon in [0.25, 0.01, 1e-6] {
                let mixing = mixing_time(&mdp, &policy, epsilon).unwrap();
                let p = transition_matrix(&mdp, &policy);
                let distance = |power: &DMatrix<f64>| {
                    (0..7)
                        .map(|s| 0.5 * (0..7).map(|t| (power[(s, t)] - mixing.stationary[t]).abs()).sum::<f64>())
                        .fold(0.0, f64::max)
                };
                let (mut power, mut t) = (DMatrix::identity(7, 7), 0);
                while distance(&power) > epsilon {
                    power *= &p;
                    t += 1;
                }
                assert_eq!(mixing.steps, t);
                assert!(mixing.distance <= epsilon && (mixing.distance - distance(&power)).abs() < 1e-12);
                // π P = π.
                for t in 0..7 {
                    let next: f64 = (0..7).map(|s| mixing.stationary[s] * p[(s, t)]).sum();
                    assert!((next - mixing.stationary[t]).abs() < 1e-13);
                }
            }
        }
    }

    #[test]
    fn two_states_have_a_closed_form() {
        // d(t) = max(a, b) / (a + b) · |1 − a − b|ᵗ.
        for (a, b) in [(0.01, 0.02), (0.3, 0.4), (1e-6, 1e-6), (0.9, 0.95)] {
            let mut builder = MdpBuilder::new(2);
            builder.choice(0, 0, &[(1.0 - a, 0, 0.0), (a, 1, 0.0)]).choice(1, 0, &[(1.0 - b, 1, 0.0), (b, 0, 0.0)]);
            let mdp = builder.build().unwrap();
            let first = f64::max(a, b) / (a + b);
            let exact = ((0.25f64 / first).ln() / (1.0 - a - b).abs().ln()).ceil() as u64;
            let mixing = mixing_time(&mdp, &Policy::uniform(&mdp), 0.25).unwrap();
            assert_eq!(mixing.steps, exact, "{a} {b}");
            assert!((mixing.stationary[0] - b / (a + b)).abs() < 1e-9);
        }
    }

    #[test]
    fn absorption_is_mixing_and_what_never_mixes_is_refused() {
        let mut builder = MdpBuilder::new(2);
        builder.choice(0, 0, &[(0.5, 0, 0.0), (0.5, 1, 0.0)]).terminal(1);
        let mdp = builder.build().unwrap();
        let mixing = mixing_time(&mdp, &Policy::uniform(&mdp), 0.25).unwrap();
        assert_eq!((mixing.steps, mixing.stationary), (2, vec![0.0, 1.0])); // d(t) = 2⁻ᵗ
        let refused = |builder: &mut MdpBuilder| {
            let mdp = builder.build().unwrap();
            mixing_time(&mdp, &Policy::uniform(&mdp), 0.25).unwrap_err().to_string()
        };
        let mut circle = MdpBuilder::new(3);
        (0..3).for_each(|s| {
            circle.choice(s, 0, &[(1.0, (s + 1) % 3, 0.0)]);
        });
        assert!(refused(&mut circle).contains("period 3"));
        let mut two = MdpBuilder::new(3);
        two.choice(0, 0, &[(0.5, 1, 0.0), (0.5, 2, 0.0)]).terminal(1).terminal(2);
        assert!(refused(&mut two).contains("2 recurrent classes"));
        assert!(mixing_time(&mdp, &Policy::uniform(&mdp), 0.0).is_err());
        assert!(mixing_time(&mdp, &Policy::uniform(&mdp), f64::NAN).is_err());
    }
}
