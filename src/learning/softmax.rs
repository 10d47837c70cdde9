//! The tabular softmax policy `π_θ(a|s) = exp θ(s, a) / Σ_b exp θ(s, b)`, with one number `θ` a choice.
//!
//! Its score is `∂ log π(a|s) / ∂θ(s, b) = 1[a = b] − π(b|s)`. A state's largest `θ` is subtracted before `exp`, so no finite `θ`
//! overflows; a probability below the smallest double is 0.

use super::agent::{Shape, check_size};
use crate::mdp::{DecisionRule, Mdp};
use crate::rng::{self, Fast};
use crate::{Error, Result};

/// The rule `π_θ`; `theta` has shape `[C]`.
///
/// # Errors
/// A `theta` of another shape, or with an entry that is not finite.
pub fn softmax_rule(mdp: &Mdp, theta: &[f64]) -> Result<DecisionRule> {
    if theta.len() != mdp.num_choices() {
        return Err(Error::Shape {
            what: "the softmax parameters".into(),
            found: vec![theta.len()],
            expected: vec![mdp.num_choices()],
        });
    }
    match theta.iter().find(|x| !x.is_finite()) {
        Some(&value) => Err(Error::Parameter { name: "a softmax parameter", value, expected: "a finite number" }),
        None => Ok(DecisionRule::Stochastic(probabilities(&Shape::of(mdp), theta))),
    }
}

/// `π_θ` of every choice, `[C]`, for finite `theta`.
pub(super) fn probabilities(shape: &Shape, theta: &[f64]) -> Vec<f64> {
    let mut probability = theta.to_vec();
    for s in 0..shape.num_states() {
        normalise(&mut probability[shape.choices(s)]);
    }
    probability
}

/// Turns the `θ` of one state into probabilities.
pub(super) fn normalise(row: &mut [f64]) {
    let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    row.iter_mut().for_each(|x| *x = (*x - largest).exp());
    let sum: f64 = row.iter().sum();
    row.iter_mut().for_each(|x| *x /= sum);
}

/// A choice of `s` drawn from `π_θ`, without allocation: one random word, O(actions).
pub(super) fn draw(shape: &Shape, theta: &[f64], s: usize, rng: &mut Fast) -> usize {
    let range = shape.choices(s);
    let largest = theta[range.clone()].iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = theta[range.clone()].iter().map(|x| (x - largest).exp()).sum();
    let mark = rng::uniform(rng) * sum;
    let (mut reached, mut last) = (0.0, range.start);
    for c in range {
        let weight = (theta[c] - largest).exp();
        if weight > 0.0 {
            reached += weight;
            last = c;
            if mark < reached {
                break;
            }
        }
    }
    last
}

/// Adds `size · direction` to `theta`; an entry that would leave ±1e300 stays there, and one whose change is not a number is left.
pub(super) fn ascend(theta: &mut [f64], direction: &[f64], size: f64) {
    for (x, d) in theta.iter_mut().zip(direction) {
        let moved = *x + size * d;
        if !moved.is_nan() {
            *x = moved.clamp(-1e300, 1e300);
        }
    }
}

/// Checks saved parameters: right size and finite.
pub(super) fn check_theta(agent: &'static str, theta: &[f64], shape: &Shape) -> Result<()> {
    check_size(agent, theta.len(), shape.num_choices())?;
    match theta.iter().find(|x| !x.is_finite()) {
        Some(&value) => Err(Error::Parameter { name: "a saved parameter", value, expected: "a finite number" }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::random_mdp;
    use super::*;
    use crate::rng::Purpose;

    #[test]
    fn probabilities_are_right_for_moderate_and_for_huge_parameters() {
        let mdp = random_mdp(1);
        let mut theta = vec![0.0; 18];
        theta[..6].copy_from_slice(&[0.0, 2f64.ln(), 5f64.ln(), 1e300, -1e300, 1e300]);
        let DecisionRule::Stochastic(p) = softmax_rule(&mdp, &theta).unwrap() else { panic!("stochastic") };
        for (found, right) in p.iter().zip([0.125, 0.25, 0.625, 0.5, 0.0, 0.5, 1.0 / 3.0]) {
            assert!((found - right).abs() <= 1e-15, "{found} {right}");
        }
        assert!(softmax_rule(&mdp, &theta[1..]).is_err());
        theta[3] = f64::NAN;
        assert!(softmax_rule(&mdp, &theta).is_err());
    }

    #[test]
    fn draws_have_the_probabilities() {
        let shape = Shape::of(&random_mdp(1));
        let mut theta = vec![0.0; 18];
        theta[3..6].copy_from_slice(&[1.0, -2000.0, -0.5]);
        let right = probabilities(&shape, &theta);
        let mut rng = crate::rng::fast(2, Purpose::Policy, 0);
        let (n, mut counts) = (100_000, [0u32; 18]);
        for _ in 0..n {
            counts[draw(&shape, &theta, 1, &mut rng)] += 1;
        }
        for c in 3..6 {
            let deviation = f64::from(counts[c]) - f64::from(n) * right[c];
            assert!(deviation.abs() <= 4.0 * (f64::from(n) * right[c] * (1.0 - right[c])).sqrt(), "{c}: {deviation}");
        }
        assert_eq!(counts.iter().sum::<u32>(), counts[3] + counts[5]);
    }
}
