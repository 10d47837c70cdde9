//! Thompson sampling: one draw from each posterior, and the arm of the largest.

use std::sync::OnceLock;

use rand_distr::Distribution;

use super::normal::marks;
use super::order::{self, WholePosteriors};
use crate::bandits::exact::gauss_legendre;
use crate::bandits::{CountPolicy, Counts};
use crate::numeric::beta::Beta;
use crate::rng::{self, Fast};

/// Thompson sampling under the prior Beta(a, b), with the exact probability of each arm.
#[derive(Debug, Clone)]
pub struct Thompson {
    prior: (f64, f64),
    /// For two arms and a prior of whole numbers.
    whole: Option<WholePosteriors>,
    nodes: Vec<order::Node>,
    /// For counts in the order of [`Thompson::place`], distribution function and density at each node.
    tabulated: OnceLock<Vec<(f64, f64)>>,
}

/// Most pulls of an arm whose posterior is tabulated.
const TABULATED: u32 = 40;

/// Sum of prior and counts above which a posterior is too narrow for nodes that do not depend on it.
const NARROW: f64 = 400.0;

impl Thompson {
    /// The prior Beta(a, b). For parameters below 0.05, whose mass lies within what numbers can tell from 0 and 1, probabilities of more than two arms are
    /// not accurate.
    pub fn new(prior: (f64, f64)) -> Thompson {
        let power = order::power(prior);
        // Panels of eight nodes; the larger the power, the fewer of them are left for the middle.
        let panels = (11.0 * power).ceil() as usize;
        let mut nodes = Vec::with_capacity(8 * panels);
        for panel in 0..panels {
            for (u, w) in gauss_legendre(8) {
                nodes.push(order::Node::at((panel as f64 + u) / panels as f64, w / panels as f64, power));
            }
        }
        Thompson { prior, whole: WholePosteriors::new(prior), nodes, tabulated: OnceLock::new() }
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
        let law = Beta::new(a, b);
        for (entry, node) in out.iter_mut().zip(&self.nodes) {
            *entry = (law.tails(node.x, node.y).0, law.density(node.x, node.y));
        }
    }

    /// P(arm i is largest), with nodes between marks around each posterior's mean, no wider apart than it is.
    pub(super) fn largest_of_narrow(&self, arms: &[Counts], out: &mut [f64]) {
        let posteriors: Vec<(f64, f64)> = arms.iter().map(|&arm| self.posterior(arm)).collect();
        let shape = |&(a, b): &(f64, f64)| {
            let mean = a / (a + b);
            (mean, (mean * (1.0 - mean) / (a + b + 1.0)).sqrt())
        };
        let laws: Vec<Beta> = posteriors.iter().map(|&(a, b)| Beta::new(a, b)).collect();
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
                below.iter_mut().zip(&laws).for_each(|(f, law)| *f = law.tails(x, 1.0 - x).0);
                for (i, law) in laws.iter().enumerate() {
                    let density = law.density(x, 1.0 - x);
                    let others: f64 = (0..below.len()).filter(|&j| j != i).map(|j| below[j]).product();
                    out[i] += w * (to - from) * density * others;
                }
            }
        }
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
}

impl CountPolicy for Thompson {
    /// Two arms with whole parameters by a sum; otherwise P(arm i is largest) = ∫ f_i Π_{j≠i} F_j dx by quadrature, scaled to sum to
    /// one.
    fn probabilities(&self, arms: &[Counts], _step: usize, _horizon: usize, out: &mut [f64]) {
        if let ([one, two], Some(whole)) = (arms, &self.whole)
            && let Some(p) = whole.beats(self.posterior(*one), self.posterior(*two))
        {
            out[0] = p.clamp(0.0, 1.0);
            out[1] = 1.0 - out[0];
            return;
        }
        // Nodes for priors below 1 are dense enough at the ends for what is narrow there; nodes of even panels are not.
        let narrow = if self.prior.0.min(self.prior.1) < 1.0 { 8.0 * NARROW } else { NARROW };
        if arms.iter().map(|&arm| self.posterior(arm)).any(|(a, b)| a + b > narrow) {
            self.largest_of_narrow(arms, out);
        } else {
            self.largest_at_nodes(arms, out);
        }
        let total: f64 = out.iter().sum();
        out.iter_mut().for_each(|p| *p /= total);
    }

    fn choose(&self, arms: &[Counts], _step: usize, _horizon: usize, rng: &mut Fast, _scratch: &mut [f64]) -> usize {
        // Draws of priors below 1 may round to 0 or 1, and then be the same: the arms that tie share.
        let (mut best, mut ties) = ((f64::NEG_INFINITY, 0), 0);
        for (i, &arm) in arms.iter().enumerate() {
            let (a, b) = self.posterior(arm);
            // A prior that the registry or the exact tools accept is positive, so there is a distribution.
            let sample = rand_distr::Beta::new(a, b).map_or(0.5, |beta| beta.sample(rng));
            if sample > best.0 {
                (best, ties) = ((sample, i), 1);
            } else if sample == best.0 {
                ties += 1;
                if rng::below(rng, ties) == 0 {
                    best.1 = i;
                }
            }
        }
        best.1
    }
}

impl Thompson {
    /// P(arm i is largest), at the nodes that serve all posteriors; how far their sum is from 1 tells the error.
    pub(super) fn largest_at_nodes(&self, arms: &[Counts], out: &mut [f64]) {
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
        for (node, order::Node { weight, .. }) in self.nodes.iter().enumerate() {
            for (i, p) in out.iter_mut().enumerate() {
                let others: f64 = (0..rows.len()).filter(|&j| j != i).map(|j| rows[j][node].0).product();
                *p += weight * rows[i][node].1 * others;
            }
        }
    }
}
