//! Policies that weigh what a pull costs against what it tells: information-directed sampling and the knowledge gradient.

use super::order::{self, Node, WholePosteriors};
use crate::bandits::exact::bernoulli_divergence;
use crate::bandits::{CountPolicy, Counts, share_maximisers};

/// Points of the grid on which posteriors are integrated.
const POINTS: usize = 200;

/// Standard deviations around posterior means that the grid covers.
const REACH: f64 = 12.0;

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
/// Two arms with whole posteriors have sums for all of this. Otherwise integrals are sums over a grid of 200 points in u, x = u^k/(u^k + (1 - u)^k), over the
/// range of all posteriors; arms that are alike share their part of q.
#[derive(Debug, Clone)]
pub struct Ids {
    prior: (f64, f64),
    information: Information,
    whole: Option<WholePosteriors>,
}

impl Ids {
    /// The prior Beta(a, b), and what counts as information.
    pub fn new(prior: (f64, f64), information: Information) -> Ids {
        Ids { prior, information, whole: WholePosteriors::new(prior) }
    }

    /// What it tells to learn that a mean is `conditional` where it was `mean`.
    fn told(&self, conditional: f64, mean: f64) -> f64 {
        match self.information {
            // Rounding must not leave [0, 1].
            Information::Gain => bernoulli_divergence(conditional.clamp(0.0, 1.0), mean),
            Information::Variance => (conditional - mean).powi(2),
        }
    }

    fn posterior(&self, arm: Counts) -> (f64, f64) {
        (self.prior.0 + f64::from(arm.successes), self.prior.1 + f64::from(arm.failures))
    }

    /// Δ and g of two arms with whole posteriors. Since x f_{a,b}(x) = m f_{a+1,b}(x), E[θ₁; θ₁ > θ₂] is m₁ P(θ₁' > θ₂) with one more success.
    fn of_two(&self, one: (f64, f64), two: (f64, f64)) -> Option<(Pair, Pair)> {
        let whole = self.whole.as_ref()?;
        let first = whole.beats(one, two)?;
        let h = whole.by_a_success(one, two);
        let (m1, m2) = (one.0 / (one.0 + one.1), two.0 / (two.0 + two.1));
        // Means of each arm where the first one is best, times the probability of that; and the rest, where the second one is.
        let (own, other) = (m1 * (first + h / one.0), m2 * (first - h / two.0).max(0.0));
        let (second, rest) = ((1.0 - first).max(0.0), [m1 - own, m2 - other]);
        let best = own + rest[1];
        let gain = |mean: f64, here: f64, there: f64| {
            let share =
                |alpha: f64, moment: f64| if alpha < LEAST { 0.0 } else { alpha * self.told(moment / alpha, mean) };
            share(first, here) + share(second, there)
        };
        let gains = [gain(m1, own, rest[0]), gain(m2, other, rest[1])];
        Some(([m1, m2].map(|mean| (best - mean).max(0.0)), gains))
    }

    /// Places of the grid, the same for all arms: x, ln x, ln (1 - x) and the logarithm of dx/du but for a factor.
    fn places(&self, arms: &[Counts]) -> Vec<Place> {
        let power = order::power(self.prior);
        // u at x, and the range of u in which all posteriors lie.
        let u_at = |x: f64| {
            let (low, high) = (x.powf(1.0 / power), (1.0 - x).powf(1.0 / power));
            low / (low + high)
        };
        let (mut from, mut to) = (1.0f64, 0.0f64);
        for &arm in arms {
            let (a, b) = self.posterior(arm);
            let mean = a / (a + b);
            let reach = REACH * (mean * (1.0 - mean) / (a + b + 1.0)).sqrt();
            from = from.min(u_at((mean - reach).max(0.0)));
            to = to.max(u_at((mean + reach).min(1.0)));
        }
        let place = |i: usize| {
            let u = from + (to - from) * (i as f64 + 0.5) / POINTS as f64;
            let Node { x, y, .. } = Node::at(u, 1.0, power);
            let (log_x, log_y) = (x.ln(), y.ln());
            Place { x, log_x, log_y, log_slope: log_x + log_y - (u * (1.0 - u)).ln() }
        };
        (0..POINTS).map(place).collect()
    }

    /// Δ and g of each arm.
    fn costs_and_gains(&self, arms: &[Counts]) -> (Vec<f64>, Vec<f64>) {
        if let &[one, two] = arms
            && let Some((costs, gains)) = self.of_two(self.posterior(one), self.posterior(two))
        {
            return (costs.to_vec(), gains.to_vec());
        }
        let k = arms.len();
        let places = self.places(arms);
        // Posterior weights, distribution functions and E[θ | θ < x] of each arm on the grid, and the means there.
        let (mut weight, mut below, mut mean_below) =
            (vec![0.0; k * POINTS], vec![0.0; k * POINTS], vec![0.0; k * POINTS]);
        let mut means = vec![0.0; k];
        for (arm, &counts) in arms.iter().enumerate() {
            let (a, b) = self.posterior(counts);
            let row = &mut weight[arm * POINTS..][..POINTS];
            for (w, place) in row.iter_mut().zip(&places) {
                *w = (a - 1.0) * place.log_x + (b - 1.0) * place.log_y + place.log_slope;
            }
            let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            row.iter_mut().for_each(|w| *w = (*w - largest).exp());
            let total: f64 = row.iter().sum();
            row.iter_mut().for_each(|w| *w /= total);
            let (mut sum, mut moment) = (0.0, 0.0);
            for i in 0..POINTS {
                let here = arm * POINTS + i;
                let (mass, first) = (row[i], row[i] * places[i].x);
                // Half of the cell, and what the slope of the density takes off it: of fourth order.
                let near = |j: Option<usize>| j.map_or(0.0, |j| row[j]);
                let moved = |j: Option<usize>| j.map_or(0.0, |j| row[j] * places[j].x);
                let (back, ahead) = (i.checked_sub(1), (i + 1 < POINTS).then_some(i + 1));
                below[here] = (sum + 0.5 * mass - (near(ahead) - near(back)) / 24.0).clamp(0.0, 1.0);
                let so_far = (moment + 0.5 * first - (moved(ahead) - moved(back)) / 24.0).max(0.0);
                mean_below[here] =
                    if below[here] > 1e-290 { (so_far / below[here]).min(places[i].x) } else { places[i].x };
                sum += mass;
                moment += first;
            }
            means[arm] = moment;
        }
        let (mut best, mut gains) = (0.0, vec![0.0; k]);
        let mut best_here = [0.0; POINTS];
        for i in 0..k {
            let mut alpha = 0.0;
            for (point, b) in best_here.iter_mut().enumerate() {
                let others = (0..k).filter(|&j| j != i).map(|j| below[j * POINTS + point]).product::<f64>();
                *b = weight[i * POINTS + point] * others;
                alpha += *b;
            }
            if alpha < LEAST {
                continue;
            }
            for a in 0..k {
                let moment = |point: usize| if a == i { places[point].x } else { mean_below[a * POINTS + point] };
                let conditional = best_here.iter().enumerate().map(|(point, b)| b * moment(point)).sum::<f64>() / alpha;
                if a == i {
                    best += alpha * conditional;
                }
                gains[a] += alpha * self.told(conditional, means[a]);
            }
        }
        (means.iter().map(|mean| (best - mean).max(0.0)).collect(), gains)
    }
}

/// One number of each of two arms.
type Pair = [f64; 2];

/// An arm that is best with less than this probability tells nothing.
const LEAST: f64 = 1e-12;

/// A place of the grid.
struct Place {
    x: f64,
    log_x: f64,
    log_y: f64,
    /// ln(dx/du) but for a constant.
    log_slope: f64,
}

/// Shares `q` among all arms that look like arm `a`.
fn share_among_twins(arms: &[Counts], a: usize, q: f64, out: &mut [f64]) {
    let twins = arms.iter().filter(|arm| **arm == arms[a]).count() as f64;
    out.iter_mut().zip(arms).filter(|(_, arm)| **arm == arms[a]).for_each(|(p, _)| *p += q / twins);
}

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
                    share_among_twins(arms, a, q, out);
                    share_among_twins(arms, b, 1.0 - q, out);
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
