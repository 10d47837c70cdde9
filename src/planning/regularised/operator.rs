//! One sweep of the soft Bellman operator, and the softmax policy it leaves behind.

use crate::mdp::{DecisionRule, Mdp};
use crate::numeric::directed::{add_up, mul_up, rounding_factor};
use crate::planning::bellman::{Change, Sweeper};
use crate::planning::bounds::Certifier;

/// A table, a temperature and a reference, ready for sweeps. Runs of states are swept in parallel, with the same bits
/// for any number of threads; a sweep allocates nothing.
pub(super) struct SoftSweeper<'a> {
    sweeper: Sweeper<'a>,
    temperature: f64,
    /// `τ ln μ(a|s)`, `[C]`: `−∞` where the reference never goes. `None` if `μ = 1`.
    offset: Option<Vec<f64>>,
    /// Largest finite `|offset|`.
    largest_offset: f64,
    most_choices: usize,
}

impl<'a> SoftSweeper<'a> {
    pub fn new(mdp: &'a Mdp, gamma: f64, temperature: f64, reference: Option<&DecisionRule>) -> SoftSweeper<'a> {
        let offset: Option<Vec<f64>> = reference.map(|rule| {
            let log = |s: usize, c| temperature * rule.probability(s, c).ln();
            (0..mdp.num_states()).flat_map(|s| mdp.choices(s).map(move |c| log(s, c))).collect()
        });
        let finite = offset.iter().flatten().filter(|x| x.is_finite());
        let largest_offset = finite.fold(0.0, |largest: f64, x| largest.max(x.abs()));
        let most_choices = (0..mdp.num_states()).map(|s| mdp.choices(s).len()).max().unwrap_or(0);
        SoftSweeper { sweeper: Sweeper::new(mdp, gamma), temperature, offset, largest_offset, most_choices }
    }

    pub fn mdp(&self) -> &'a Mdp {
        self.sweeper.mdp()
    }

    pub fn gamma(&self) -> f64 {
        self.sweeper.gamma()
    }

    /// Bytes that a sweep moves: those of a hard one, and the action values.
    pub fn bytes(&self) -> u64 {
        self.sweeper.bytes() + 16 * self.mdp().num_choices() as u64
    }

    /// `out = T v`, with `q(s, a) + τ ln μ(a|s)` of each choice in `q` (shape `[C]`).
    pub fn sweep(&self, v: &[f64], out: &mut [f64], q: &mut [f64]) -> Change {
        self.fork(self.sweeper.cuts(), v, out, q)
    }

    /// Halves the runs between two threads until one is left.
    fn fork(&self, cuts: &[u32], v: &[f64], out: &mut [f64], q: &mut [f64]) -> Change {
        if cuts.len() <= 2 {
            return self.run(cuts[0] as usize, v, out, q);
        }
        let (middle, starts) = (cuts.len() / 2, self.mdp().choice_starts());
        let (out_left, out_right) = out.split_at_mut((cuts[middle] - cuts[0]) as usize);
        let choices = starts[cuts[middle] as usize] - starts[cuts[0] as usize];
        let (q_left, q_right) = q.split_at_mut(choices as usize);
        let (left, right) = rayon::join(
            || self.fork(&cuts[..=middle], v, out_left, q_left),
            || self.fork(&cuts[middle..], v, out_right, q_right),
        );
        left.join(right)
    }

    /// The states `first..first + out.len()`; `q` begins at their first choice.
    fn run(&self, first: usize, v: &[f64], out: &mut [f64], q: &mut [f64]) -> Change {
        let (mdp, gamma) = (self.mdp(), self.gamma());
        let origin = mdp.choices(first).start;
        let mut change = Change::NONE;
        for (s, out) in (first..).zip(out) {
            let choices = mdp.choices(s);
            if choices.is_empty() {
                *out = 0.0;
                continue;
            }
            let row = &mut q[choices.start - origin..choices.end - origin];
            for (c, q) in choices.clone().zip(row.iter_mut()) {
                *q = mdp.rewards()[c] + gamma * mdp.expect(c, v);
                if let Some(offset) = &self.offset {
                    *q += offset[c];
                }
            }
            let largest = largest(row);
            // An overflow stays visible: the weights of infinite values would be NaN.
            *out =
                if largest.is_finite() { largest + self.temperature * self.weight(row, largest).ln() } else { largest };
            change.add(v[s], *out);
        }
        change
    }

    /// `Z = Σ_a exp((q(a) − max q) / τ)`.
    fn weight(&self, row: &[f64], largest: f64) -> f64 {
        row.iter().map(|q| ((q - largest) / self.temperature).exp()).sum()
    }

    /// The softmax policy of the action values of a sweep, `[C]`.
    pub fn policy(&self, q: &[f64]) -> DecisionRule {
        let mut probability = vec![0.0; q.len()];
        for s in 0..self.mdp().num_states() {
            let row = &q[self.mdp().choices(s)];
            let largest = largest(row);
            let total = self.weight(row, largest);
            for (p, q) in probability[self.mdp().choices(s)].iter_mut().zip(row) {
                *p = ((q - largest) / self.temperature).exp() / total;
            }
        }
        DecisionRule::Stochastic(probability)
    }

    /// The most by which a swept value can differ from the exact one, for `|v| ≤ magnitude`: see the
    /// [module](super).
    pub fn rounding(&self, certifier: &Certifier, magnitude: f64) -> f64 {
        let n = self.most_choices;
        let logarithm = (n.max(1) as f64).ln().ceil();
        // The offsets carry 9 roundings of their own, and are added with one more of the sum.
        let scale = add_up(certifier.scale(magnitude), self.largest_offset);
        let values = add_up(certifier.rounding(magnitude), mul_up(rounding_factor(11), self.largest_offset));
        let sums = mul_up(rounding_factor(3), add_up(scale, mul_up(self.temperature, logarithm)));
        let weights = mul_up(self.temperature, rounding_factor(2 * n + 10 + 10 * logarithm as usize));
        add_up(add_up(values, sums), add_up(weights, (n + 2) as f64 * f64::MIN_POSITIVE * (1.0 + self.temperature)))
    }
}

fn largest(row: &[f64]) -> f64 {
    row.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}
