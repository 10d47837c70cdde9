//! Policies that pull the largest of one normal draw for each arm.

use rand_distr::{Distribution, StandardNormal};
use smallvec::SmallVec;
use statrs::function::erf::erfc;

use crate::bandits::counts::draw;
use crate::bandits::exact::gauss_legendre;
use crate::bandits::{CountPolicy, Counts, share_maximisers};
use crate::rng::Fast;
use crate::{Error, Result};

/// Mean and standard deviation of the draw of each arm.
type Draws = SmallVec<[(f64, f64); 16]>;

/// The largest of one normal draw for each arm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NormalDraws {
    rule: Rule,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Rule {
    /// N(p̂, σ²/n).
    Empirical { deviation: f64 },
    /// Normal with the posterior's mean, and its standard deviation times the scale.
    Posterior { prior: (f64, f64), scale: f64 },
}

impl NormalDraws {
    /// Thompson sampling with normal draws, N(p̂, σ²/n), arms without pulls first. σ is what the standard deviation of a reward is taken
    /// to be; 1/2 is the largest that rewards in `[0, 1]` can have.
    ///
    /// # Errors
    /// A σ that is not from 1e-4 to 1e4.
    pub fn thompson(deviation: f64) -> Result<NormalDraws> {
        let deviation = moderate("deviation of thompson-normal", deviation)?;
        Ok(NormalDraws { rule: Rule::Empirical { deviation } })
    }

    /// Myopic play with an error: the largest posterior mean under the prior Beta(a, b) plus `scale` times the posterior's standard
    /// deviation times a fresh normal draw.
    ///
    /// It is what an agent without credit for later rewards does if its predictions err by as much as it does not know: a reading of
    /// the "pseudo-Thompson effect" of Rentschler and Roberts (arXiv 2508.01287).
    ///
    /// # Errors
    /// A scale that is not from 1e-4 to 1e4.
    pub fn perturbed_myopic(prior: (f64, f64), scale: f64) -> Result<NormalDraws> {
        let scale = moderate("scale of perturbed-myopic", scale)?;
        Ok(NormalDraws { rule: Rule::Posterior { prior, scale } })
    }

    fn draws(&self, arms: &[Counts]) -> Draws {
        let draw = |arm: &Counts| {
            let n = f64::from(arm.pulls());
            match self.rule {
                Rule::Empirical { .. } if n == 0.0 => (f64::INFINITY, 0.0),
                Rule::Empirical { deviation } => (f64::from(arm.successes) / n, deviation / n.sqrt()),
                Rule::Posterior { prior, scale } => {
                    let mean = arm.posterior_mean(prior);
                    (mean, scale * (mean * (1.0 - mean) / (prior.0 + prior.1 + n + 1.0)).sqrt())
                }
            }
        };
        // What is decided keeps a deviation, so that nothing is divided by 0.
        arms.iter().map(draw).map(|(mean, deviation)| (mean, deviation.max(DECIDED))).collect()
    }
}

/// Least standard deviation of a draw.
const DECIDED: f64 = 1e-12;

/// A scale that leaves densities which can be integrated.
fn moderate(name: &'static str, value: f64) -> Result<f64> {
    if (1e-4..=1e4).contains(&value) {
        return Ok(value);
    }
    Err(Error::Parameter { name, value, expected: "from 1e-4 to 1e4" })
}

impl CountPolicy for NormalDraws {
    fn probabilities(&self, arms: &[Counts], _step: usize, _horizon: usize, out: &mut [f64]) {
        largest(&self.draws(arms), out);
    }

    fn choose(&self, arms: &[Counts], _step: usize, _horizon: usize, rng: &mut Fast, scratch: &mut [f64]) -> usize {
        let mut scores: SmallVec<[f64; 16]> = SmallVec::new();
        for (mean, deviation) in self.draws(arms) {
            let z: f64 = StandardNormal.sample(rng);
            scores.push(mean + deviation * z);
        }
        share_maximisers(&scores, scratch);
        draw(scratch, rng)
    }
}

/// Places around means at multiples of their standard deviations, in order: between two of them no density or step is narrower.
pub(super) fn marks(shapes: impl Iterator<Item = (f64, f64)>) -> Vec<f64> {
    const MULTIPLES: [f64; 13] = [-8.0, -6.0, -4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0];
    let mut places: Vec<f64> = shapes.flat_map(|(m, s)| MULTIPLES.map(|z| m + z * s)).collect();
    places.sort_by(f64::total_cmp);
    places
}

/// The probability that each of some independent normal draws is the largest, `[K]`. Infinite means share everything evenly; two draws
/// have a closed form; for more, P(i) = ∫ f_i Π_{j≠i} F_j by quadrature between points that no density or step is narrower than.
fn largest(draws: &[(f64, f64)], out: &mut [f64]) {
    if draws.iter().any(|(mean, _)| mean.is_infinite()) {
        let scores: SmallVec<[f64; 16]> = draws.iter().map(|(mean, _)| *mean).collect();
        return share_maximisers(&scores, out);
    }
    let below = |x: f64| 0.5 * erfc(-x / std::f64::consts::SQRT_2);
    if let [(m1, s1), (m2, s2)] = *draws {
        out[0] = below((m1 - m2) / s1.hypot(s2));
        out[1] = below((m2 - m1) / s1.hypot(s2));
        return;
    }
    let nodes = gauss_legendre(8);
    out.fill(0.0);
    for pair in marks(draws.iter().copied()).windows(2).filter(|pair| pair[1] > pair[0]) {
        for &(x, w) in &nodes {
            let x = pair[0] + x * (pair[1] - pair[0]);
            let w = w * (pair[1] - pair[0]);
            for (i, p) in out.iter_mut().enumerate() {
                let z = (x - draws[i].0) / draws[i].1;
                if z.abs() > 9.0 {
                    continue;
                }
                let others: f64 =
                    (0..draws.len()).filter(|&j| j != i).map(|j| below((x - draws[j].0) / draws[j].1)).product();
                *p += w * (-0.5 * z * z).exp() / draws[i].1 * others;
            }
        }
    }
    let total: f64 = out.iter().sum();
    out.iter_mut().for_each(|p| *p /= total);
}
