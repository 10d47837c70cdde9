//! Thompson sampling: one draw from each posterior, and the arm of the largest.

use std::sync::OnceLock;

use rand_distr::{Beta, Distribution};
use statrs::function::beta::{beta_reg, ln_beta};

use super::normal::marks;
use crate::bandits::exact::gauss_legendre;
use crate::bandits::{CountPolicy, Counts};
use crate::rng::Fast;

/// Thompson sampling under the prior Beta(a, b), with the exact probability of each arm.
#[derive(Debug, Clone)]
pub struct Thompson {
    prior: (f64, f64),
    /// ln n!, for two arms and a prior of whole numbers.
    log_factorials: Vec<f64>,
    nodes: Vec<(f64, f64)>,
    /// For counts in the order of [`Thompson::place`], distribution function and density at each node.
    tabulated: OnceLock<Vec<(f64, f64)>>,
}

/// Most pulls of an arm whose posterior is tabulated.
const TABULATED: u32 = 40;

/// Sum of prior and counts above which a posterior is too narrow for nodes that do not depend on it.
const NARROW: f64 = 400.0;

/// Largest sum of prior and counts for which logarithms of factorials are kept.
const LARGEST: usize = 4096;

impl Thompson {
    /// The prior Beta(a, b).
    pub fn new(prior: (f64, f64)) -> Thompson {
        let mut log_factorials = vec![0.0];
        let whole = |x: f64| x.fract() == 0.0 && x < LARGEST as f64;
        if whole(prior.0) && whole(prior.1) {
            for n in 1..LARGEST {
                log_factorials.push(log_factorials[n - 1] + (n as f64).ln());
            }
        }
        // Panels of eight nodes, as dense at the ends as a posterior may be narrow there.
        const PANELS: usize = 32;
        let mut nodes = Vec::with_capacity(8 * PANELS);
        for panel in 0..PANELS {
            for (x, w) in gauss_legendre(8) {
                let u = (panel as f64 + x) / PANELS as f64;
                let slope = 6.0 * u * (1.0 - u);
                nodes.push((u * u * (3.0 - 2.0 * u), w * slope / PANELS as f64));
            }
        }
        Thompson { prior, log_factorials, nodes, tabulated: OnceLock::new() }
    }

    fn posterior(&self, arm: Counts) -> (f64, f64) {
        (self.prior.0 + f64::from(arm.successes), self.prior.1 + f64::from(arm.failures))
    }

    fn place(arm: Counts) -> usize {
        let pulls = arm.pulls() as usize;
        pulls * (pulls + 1) / 2 + arm.successes as usize
    }

    /// Distribution function and density of a posterior at each node, `out` being `[nodes]`.
    fn at_nodes(&self, arm: Counts, out: &mut [(f64, f64)]) {
        let (a, b) = self.posterior(arm);
        let constant = ln_beta(a, b);
        for (entry, &(x, _)) in out.iter_mut().zip(&self.nodes) {
            let density = ((a - 1.0) * x.ln() + (b - 1.0) * (1.0 - x).ln() - constant).exp();
            *entry = (beta_reg(a, b, x), density);
        }
    }

    /// P(arm i is largest), with nodes between marks around each posterior's mean, no wider apart than it is.
    pub(super) fn largest_of_narrow(&self, arms: &[Counts], out: &mut [f64]) {
        let posteriors: Vec<(f64, f64)> = arms.iter().map(|&arm| self.posterior(arm)).collect();
        let shape = |&(a, b): &(f64, f64)| {
            let mean = a / (a + b);
            (mean, (mean * (1.0 - mean) / (a + b + 1.0)).sqrt())
        };
        let constants: Vec<f64> = posteriors.iter().map(|&(a, b)| ln_beta(a, b)).collect();
        let marks = marks(posteriors.iter().map(shape));
        let nodes = gauss_legendre(8);
        out.fill(0.0);
        let mut below = vec![0.0; arms.len()];
        for pair in marks.windows(2) {
            let (from, to) = (pair[0].clamp(0.0, 1.0), pair[1].clamp(0.0, 1.0));
            if from >= to {
                continue;
            }
            for &(u, w) in &nodes {
                let x = from + u * (to - from);
                below.iter_mut().zip(&posteriors).for_each(|(f, &(a, b))| *f = beta_reg(a, b, x));
                for (i, &(a, b)) in posteriors.iter().enumerate() {
                    let density = ((a - 1.0) * x.ln() + (b - 1.0) * (1.0 - x).ln() - constants[i]).exp();
                    let others: f64 = (0..below.len()).filter(|&j| j != i).map(|j| below[j]).product();
                    out[i] += w * (to - from) * density * others;
                }
            }
        }
        let total: f64 = out.iter().sum();
        out.iter_mut().for_each(|p| *p /= total);
    }

    /// The posteriors of all arms with few pulls, since an exact evaluation asks for each many times.
    fn table(&self) -> &[(f64, f64)] {
        self.tabulated.get_or_init(|| {
            let mut table = Vec::new();
            for pulls in 0..=TABULATED {
                for successes in 0..=pulls {
                    let begin = table.len();
                    table.resize(begin + self.nodes.len(), (0.0, 0.0));
                    self.at_nodes(Counts { successes, failures: pulls - successes }, &mut table[begin..]);
                }
            }
            table
        })
    }

    /// P(θ₁ > θ₂) for whole parameters, a sum over the least of the four: with i = a₁ - 1,
    ///
    /// ```text
    /// P = Σ_{j=0}^{i} t_j,   t_0 = B(a₂, b₁ + b₂)/B(a₂, b₂),   t_{j+1}/t_j = (a₂ + j)(b₁ + j)/((a₂ + b₁ + b₂ + j)(1 + j))
    /// ```
    /// and P(θ₁ > θ₂) = 1 - P(θ₂ > θ₁) = P(1 - θ₂ > 1 - θ₁) gives the other three sums.
    fn beats(&self, (a1, b1): (f64, f64), (a2, b2): (f64, f64)) -> Option<f64> {
        if a1 + b1 + a2 + b2 >= self.log_factorials.len() as f64 {
            return None;
        }
        let sum = |a1: f64, b1: f64, a2: f64, b2: f64| {
            let log_gamma = |x: f64| self.log_factorials[x as usize - 1];
            let first = log_gamma(b1 + b2) + log_gamma(a2 + b2) - log_gamma(a2 + b1 + b2) - log_gamma(b2);
            let mut term = first.exp();
            let mut sum = term;
            for j in 0..a1 as usize - 1 {
                let j = j as f64;
                term *= (a2 + j) * (b1 + j) / ((a2 + b1 + b2 + j) * (1.0 + j));
                sum += term;
            }
            sum
        };
        let least = a1.min(b1).min(a2).min(b2);
        Some(if a1 == least {
            sum(a1, b1, a2, b2)
        } else if b2 == least {
            sum(b2, a2, b1, a1)
        } else if a2 == least {
            1.0 - sum(a2, b2, a1, b1)
        } else {
            1.0 - sum(b1, a1, b2, a2)
        })
    }
}

impl CountPolicy for Thompson {
    /// Two arms with whole parameters by a sum; otherwise P(arm i is largest) = ∫ f_i Π_{j≠i} F_j dx by quadrature, scaled to sum to
    /// one.
    fn probabilities(&self, arms: &[Counts], _step: usize, _horizon: usize, out: &mut [f64]) {
        if let [one, two] = arms
            && let Some(p) = self.beats(self.posterior(*one), self.posterior(*two))
        {
            out[0] = p.clamp(0.0, 1.0);
            out[1] = 1.0 - out[0];
            return;
        }
        if arms.iter().map(|&arm| self.posterior(arm)).any(|(a, b)| a + b > NARROW) {
            return self.largest_of_narrow(arms, out);
        }
        let size = self.nodes.len();
        let mut own = Vec::new();
        let few = arms.iter().all(|arm| arm.pulls() <= TABULATED);
        if !few {
            own.resize(arms.len() * size, (0.0, 0.0));
            own.chunks_mut(size).zip(arms).for_each(|(row, &arm)| self.at_nodes(arm, row));
        }
        let row = |i: usize| {
            if few { &self.table()[Thompson::place(arms[i]) * size..][..size] } else { &own[i * size..][..size] }
        };
        let rows: Vec<&[(f64, f64)]> = (0..arms.len()).map(row).collect();
        out.fill(0.0);
        for (node, &(_, w)) in self.nodes.iter().enumerate() {
            for (i, p) in out.iter_mut().enumerate() {
                let others: f64 = (0..rows.len()).filter(|&j| j != i).map(|j| rows[j][node].0).product();
                *p += w * rows[i][node].1 * others;
            }
        }
        let total: f64 = out.iter().sum();
        out.iter_mut().for_each(|p| *p /= total);
    }

    fn choose(&self, arms: &[Counts], _step: usize, _horizon: usize, rng: &mut Fast, _scratch: &mut [f64]) -> usize {
        let mut best = (f64::NEG_INFINITY, 0);
        for (i, &arm) in arms.iter().enumerate() {
            let (a, b) = self.posterior(arm);
            // A prior that the registry or the exact tools accept is positive, so there is a distribution.
            let sample = Beta::new(a, b).map_or(0.5, |beta| beta.sample(rng));
            if sample > best.0 {
                best = (sample, i);
            }
        }
        best.1
    }
}
