//! Draws from the posteriors of sampled-model agents.

use rand_distr::{Distribution, Gamma, StandardNormal};

use crate::rng::{self, Fast};

/// A standard normal number.
#[inline]
pub(super) fn normal(rng: &mut Fast) -> f64 {
    StandardNormal.sample(rng)
}

/// The logarithm of a `Gamma(shape, 1)` number, `shape > 0` and finite, without underflow for small shapes:
/// `log G(a) = log G(a + 1) + log(U) / a`.
fn log_gamma(shape: f64, rng: &mut Fast) -> f64 {
    let (boosted, boost) = if shape < 1.0 { (shape + 1.0, true) } else { (shape, false) };
    // A positive finite shape is always accepted; the fallback is its mean.
    let draw = Gamma::new(boosted, 1.0).map_or(boosted, |gamma| gamma.sample(rng)).ln();
    if boost { draw + (1.0 - rng::uniform(rng)).ln() / shape } else { draw }
}

/// Replaces the parameters of a Dirichlet distribution (positive, finite) by a draw from it.
pub(super) fn dirichlet(p: &mut [f64], rng: &mut Fast) {
    p.iter_mut().for_each(|p| *p = log_gamma(*p, rng));
    let most = p.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    p.iter_mut().for_each(|p| *p = (*p - most).exp());
    let sum: f64 = p.iter().sum();
    p.iter_mut().for_each(|p| *p /= sum);
}

/// A draw from `Beta(a, b)`, both positive and finite.
pub(super) fn beta(a: f64, b: f64, rng: &mut Fast) -> f64 {
    let mut pair = [a, b];
    dirichlet(&mut pair, rng);
    pair[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Purpose;

    #[test]
    fn moments_of_a_dirichlet() {
        let mut rng = rng::fast(1, Purpose::Policy, 0);
        let alpha = [0.05, 0.7, 3.0];
        let total: f64 = alpha.iter().sum();
        let (mut mean, mut square) = ([0.0; 3], [0.0; 3]);
        let n = 20_000.0;
        for _ in 0..20_000 {
            let mut p = alpha;
            dirichlet(&mut p, &mut rng);
            assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            (0..3).for_each(|i| {
                mean[i] += p[i] / n;
                square[i] += p[i] * p[i] / n;
            });
        }
        for i in 0..3 {
            let expected = alpha[i] / total;
            let variance = expected * (1.0 - expected) / (total + 1.0);
            assert!((mean[i] - expected).abs() < 4.0 * (variance / n).sqrt(), "{i}: {}", mean[i]);
            assert!(((square[i] - mean[i] * mean[i]) / variance - 1.0).abs() < 0.08, "{i}");
        }
    }
}
