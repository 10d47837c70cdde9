//! Policies that weigh what a pull costs against what it tells: information-directed sampling and the knowledge gradient.

use crate::bandits::exact::bernoulli_divergence;
use crate::bandits::{CountPolicy, Counts, share_maximisers};

/// Points of the grid on which posteriors are integrated.
const POINTS: usize = 200;

/// What information-directed sampling counts as information.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Information {
    /// g_a = Σ_i α_i kl(M_{a|i}, m_a): the mutual information of the reward and the best arm.
    Gain,
    /// g_a = Σ_i α_i (M_{a|i} - m_a)², a lower bound of it up to a factor.
    Variance,
}

/// Information-directed sampling (Russo and Van Roy 2014): the mixture of two arms that minimises (expected regret)² / information.
///
/// ```text
/// α_i     = P(arm i is best) = ∫ f_i Π_{j≠i} F_j          M_{a|i} = E[θ_a | arm i is best]
/// Δ_a     = Σ_i α_i M_{i|i} - m_a                         m_a     = E θ_a
/// minimise (q Δ_a + (1 - q) Δ_b)² / (q g_a + (1 - q) g_b)   over arms a, b and q in [0, 1]
/// ```
/// Integrals are sums over a grid of 200 points, so that posteriors much narrower than 1/200 count as points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ids {
    /// (a, b) of the Beta prior.
    pub prior: (f64, f64),
    /// What counts as information.
    pub information: Information,
}

impl Ids {
    /// Δ and g of each arm.
    fn costs_and_gains(&self, arms: &[Counts]) -> (Vec<f64>, Vec<f64>) {
        let k = arms.len();
        let x = |i: usize| (i as f64 + 0.5) / POINTS as f64;
        // Posterior weights, distribution functions and E[θ | θ < x] of each arm on the grid.
        let (mut weight, mut below, mut mean_below) =
            (vec![0.0; k * POINTS], vec![0.0; k * POINTS], vec![0.0; k * POINTS]);
        for (arm, counts) in arms.iter().enumerate() {
            let a = self.prior.0 + f64::from(counts.successes) - 1.0;
            let b = self.prior.1 + f64::from(counts.failures) - 1.0;
            let row = &mut weight[arm * POINTS..][..POINTS];
            for (i, w) in row.iter_mut().enumerate() {
                *w = a * LOG[i] + b * LOG[POINTS - 1 - i];
            }
            let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            row.iter_mut().for_each(|w| *w = (*w - largest).exp());
            let total: f64 = row.iter().sum();
            let (mut sum, mut moment) = (0.0, 0.0);
            for i in 0..POINTS {
                row[i] /= total;
                let (half, here) = (0.5 * row[i], arm * POINTS + i);
                below[here] = sum + half;
                mean_below[here] = if below[here] > 1e-290 { (moment + half * x(i)) / below[here] } else { x(i) };
                sum += row[i];
                moment += row[i] * x(i);
            }
        }
        let means: Vec<f64> = arms.iter().map(|arm| arm.posterior_mean(self.prior)).collect();
        let (mut best, mut gains) = (0.0, vec![0.0; k]);
        let mut best_here = [0.0; POINTS];
        for i in 0..k {
            let mut alpha = 0.0;
            for (point, b) in best_here.iter_mut().enumerate() {
                let others = (0..k).filter(|&j| j != i).map(|j| below[j * POINTS + point]).product::<f64>();
                *b = weight[i * POINTS + point] * others;
                alpha += *b;
            }
            if alpha < 1e-12 {
                continue;
            }
            for a in 0..k {
                let moment = |point: usize| if a == i { x(point) } else { mean_below[a * POINTS + point] };
                let conditional = best_here.iter().enumerate().map(|(point, b)| b * moment(point)).sum::<f64>() / alpha;
                if a == i {
                    best += alpha * conditional;
                }
                gains[a] += alpha
                    * match self.information {
                        Information::Gain => bernoulli_divergence(conditional, means[a]),
                        Information::Variance => (conditional - means[a]).powi(2),
                    };
            }
        }
        (means.iter().map(|mean| (best - mean).max(0.0)).collect(), gains)
    }
}

/// ln x on the grid; ln(1 - x) is the same backwards.
static LOG: std::sync::LazyLock<[f64; POINTS]> =
    std::sync::LazyLock::new(|| std::array::from_fn(|i| ((i as f64 + 0.5) / POINTS as f64).ln()));

impl CountPolicy for Ids {
    fn probabilities(&self, arms: &[Counts], _step: usize, _horizon: usize, out: &mut [f64]) {
        let (costs, gains) = self.costs_and_gains(arms);
        let ratio = |cost: f64, gain: f64| if gain > 0.0 { cost * cost / gain } else { f64::INFINITY };
        // Nothing is told any more, or nothing is known yet: the least cost, evenly shared.
        let negative: Vec<f64> = (0..arms.len()).map(|a| -ratio(costs[a], gains[a])).collect();
        if negative.iter().all(|r| r.is_infinite()) {
            return share_maximisers(&costs.iter().map(|cost| -cost).collect::<Vec<f64>>(), out);
        }
        share_maximisers(&negative, out);
        let mut least = -negative.iter().copied().fold(f64::NEG_INFINITY, f64::max) * (1.0 - 1e-9);
        for a in 0..arms.len() {
            for b in 0..a {
                // With Δ = Δ_b + q d and g = g_b + q e the derivative vanishes where 2 d g = e Δ.
                let (d, e) = (costs[a] - costs[b], gains[a] - gains[b]);
                let q = costs[b] / d - 2.0 * gains[b] / e;
                if !(0.0..=1.0).contains(&q) {
                    continue;
                }
                let value = ratio(costs[b] + q * d, gains[b] + q * e);
                if value < least {
                    least = value;
                    out.fill(0.0);
                    out[a] = q;
                    out[b] = 1.0 - q;
                }
            }
        }
    }
}

/// The knowledge gradient: the arm with the largest posterior mean plus (T - t) times what one more pull of it is expected to add to
/// the largest posterior mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KnowledgeGradient {
    /// (a, b) of the Beta prior.
    pub prior: (f64, f64),
}

impl CountPolicy for KnowledgeGradient {
    fn probabilities(&self, arms: &[Counts], step: usize, horizon: usize, out: &mut [f64]) {
        let means: Vec<f64> = arms.iter().map(|arm| arm.posterior_mean(self.prior)).collect();
        let largest = means.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let score = |a: usize| {
            let others = (0..arms.len()).filter(|&j| j != a).map(|j| means[j]).fold(f64::NEG_INFINITY, f64::max);
            let after = |success| arms[a].after(success).posterior_mean(self.prior).max(others);
            let expected = means[a] * after(true) + (1.0 - means[a]) * after(false);
            means[a] + horizon.saturating_sub(step) as f64 * (expected - largest).max(0.0)
        };
        share_maximisers(&(0..arms.len()).map(score).collect::<Vec<f64>>(), out);
    }
}
