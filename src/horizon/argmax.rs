//! Which of several sample means is the largest, exactly.
//!
//! Group `a` holds independent sums of `m` draws each; `F_a` is the product of their distribution functions and
//! `f_a(j) = F_a(j) - F_a(j-1)`. The first group (in order) that attains the overall maximum is `a` with probability
//! `Σ_j f_a(j) · Π_{b<a} F_b(j-1) · Π_{b>a} F_b(j)`. One drawn among those that attain it is `a` with probability
//! `Σ_j f_a(j) · ∫₀¹ Π_{b≠a} (F_b(j-1) + x f_b(j)) dx`: in a random order, `x` is the chance that a group comes before `a`.

use serde::{Deserialize, Serialize};

/// Terms of a distribution this much smaller than the largest (or the whole) are left out.
const NEGLIGIBLE: f64 = 1e-20;

/// The distribution function of a whole-numbered variable where it is neither 0 nor 1 up to rounding.
#[derive(Debug, Clone, Default)]
pub(super) struct Window {
    low: i64,
    cdf: Vec<f64>,
}

impl Window {
    /// The sum of `m` independent draws from a law with mass `law[i]` at `low + i`.
    pub fn sum(m: u64, low: i64, law: &[f64]) -> Window {
        let first = low * m as i64;
        match law {
            [_] => Window { low: first, cdf: vec![1.0] },
            [failure, success] => Window::binomial(m, success / (failure + success)).moved(first),
            _ => Window::convolution(m, law).moved(first),
        }
    }

    fn moved(mut self, by: i64) -> Window {
        self.low += by;
        self
    }

    /// Outwards from the mode by the recurrence of the probabilities, then normalised: no logarithm of a factorial is
    /// needed, and the error is that of a sum of positive terms.
    fn binomial(m: u64, q: f64) -> Window {
        if q <= 0.0 || q >= 1.0 {
            return Window { low: if q <= 0.0 { 0 } else { m as i64 }, cdf: vec![1.0] };
        }
        let odds = q / (1.0 - q);
        let mode = (((m + 1) as f64) * q).floor().min(m as f64) as u64;
        let (mut j, mut term) = (mode, 1.0);
        let mut mass = vec![term];
        while j > 0 && term > NEGLIGIBLE {
            term *= j as f64 / ((m - j + 1) as f64 * odds);
            mass.push(term);
            j -= 1;
        }
        let low = j as i64;
        mass.reverse();
        (j, term) = (mode, 1.0);
        while j < m && term > NEGLIGIBLE {
            term *= (m - j) as f64 * odds / (j + 1) as f64;
            mass.push(term);
            j += 1;
        }
        Window::from_mass(low, mass)
    }

    /// By repeated squaring; tails below rounding are cut.
    fn convolution(m: u64, law: &[f64]) -> Window {
        let mut power = (0, law.to_vec());
        let mut sum: (i64, Vec<f64>) = (0, vec![1.0]);
        let mut rest = m;
        loop {
            if rest & 1 == 1 {
                sum = convolve(&sum, &power);
            }
            rest >>= 1;
            if rest == 0 {
                return Window::from_mass(sum.0, sum.1);
            }
            power = convolve(&power, &power);
        }
    }

    fn from_mass(low: i64, mut mass: Vec<f64>) -> Window {
        let total: f64 = mass.iter().sum();
        let mut sum = 0.0;
        for entry in &mut mass {
            sum += *entry;
            *entry = (sum / total).min(1.0);
        }
        Window { low, cdf: mass }
    }

    fn at(&self, j: i64) -> f64 {
        if j < self.low { 0.0 } else { self.cdf.get((j - self.low) as usize).copied().unwrap_or(1.0) }
    }

    fn high(&self) -> i64 {
        self.low + self.cdf.len() as i64 - 1
    }
}

fn convolve(a: &(i64, Vec<f64>), b: &(i64, Vec<f64>)) -> (i64, Vec<f64>) {
    let mut out = vec![0.0; a.1.len() + b.1.len() - 1];
    for (i, p) in a.1.iter().enumerate().filter(|(_, p)| **p > 0.0) {
        out[i..].iter_mut().zip(&b.1).for_each(|(sum, q)| *sum += p * q);
    }
    let first = out.iter().position(|&p| p > NEGLIGIBLE).unwrap_or(0);
    let last = out.iter().rposition(|&p| p > NEGLIGIBLE).unwrap_or(0);
    (a.0 + b.0 + first as i64, out[first..=last].to_vec())
}

/// Who wins among groups that attain the maximum together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ties {
    /// The first.
    First,
    /// Each with the same chance.
    Drawn,
}

/// `∫₀¹ Π (less + x · equal) dx` over the pairs; `product` is scratch.
pub(super) fn drawn(pairs: impl Iterator<Item = (f64, f64)>, product: &mut Vec<f64>) -> f64 {
    product.clear();
    product.push(1.0);
    for (less, equal) in pairs {
        if equal > 0.0 {
            product.push(0.0);
        }
        for i in (0..product.len()).rev() {
            let below = if i > 0 { product[i - 1] } else { 0.0 };
            product[i] = product[i] * less + below * equal;
        }
    }
    product.iter().enumerate().map(|(i, x)| x / (i + 1) as f64).sum()
}

/// `count` independent sums of one law, moved by `shift`, that belong to a group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lane<'a> {
    pub group: usize,
    pub window: &'a Window,
    pub shift: i64,
    pub count: i32,
}

/// Writes to `out[a]` the probability that group `a` wins: it attains the maximum of all lanes, and the tie if there is one.
/// Every group has a lane.
pub(super) fn winners(lanes: &[Lane], ties: Ties, out: &mut [f64]) {
    out.fill(0.0);
    // Some sum is certain to reach `low`, and none goes beyond `high`.
    let low = lanes.iter().map(|lane| lane.window.low + lane.shift).max().unwrap_or(0);
    let high = lanes.iter().map(|lane| lane.window.high() + lane.shift).max().unwrap_or(0);
    let fill = |cdf: &mut [f64], j: i64| {
        cdf.fill(1.0);
        for lane in lanes {
            cdf[lane.group] *= lane.window.at(j - lane.shift).powi(lane.count);
        }
    };
    let (mut before, mut now) = (vec![0.0; out.len()], vec![0.0; out.len()]);
    let mut product = Vec::new();
    fill(&mut before, low - 1);
    for j in low..=high {
        fill(&mut now, j);
        let mut above = 1.0;
        for a in (0..out.len()).rev() {
            let others = match ties {
                Ties::First => before[..a].iter().product::<f64>() * above,
                Ties::Drawn => {
                    let others = (0..out.len()).filter(|&b| b != a);
                    drawn(others.map(|b| (before[b], now[b] - before[b])), &mut product)
                }
            };
            out[a] += (now[a] - before[a]) * others;
            above *= now[a];
        }
        std::mem::swap(&mut before, &mut now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The law of a sum, by adding one draw at a time.
    fn slowly(m: u64, law: &[f64]) -> Vec<f64> {
        let mut sum = vec![1.0];
        for _ in 0..m {
            let mut next = vec![0.0; sum.len() + law.len() - 1];
            for (i, p) in sum.iter().enumerate() {
                law.iter().enumerate().for_each(|(j, q)| next[i + j] += p * q);
            }
            sum = next;
        }
        sum
    }

    #[test]
    fn windows_agree_with_adding_one_draw_at_a_time() {
        let two = |q: f64| vec![1.0 - q, q];
        let mut laws = vec![two(0.3), two(0.02), two(0.5), two(0.98), two(1e-9), two(0.0), two(1.0)];
        laws.extend([vec![1.0], vec![0.2, 0.0, 0.8], vec![0.1, 0.5, 0.0, 0.1, 0.3]]);
        for law in laws {
            for m in [1, 2, 3, 17, 40] {
                let window = Window::sum(m, -2, &law);
                let mut sum = 0.0;
                for (i, p) in slowly(m, &law).iter().enumerate() {
                    sum += p;
                    let j = i as i64 - 2 * m as i64;
                    assert!((window.at(j) - sum).abs() < 1e-14, "m {m} law {law:?} j {j}: {} {sum}", window.at(j));
                }
            }
        }
    }

    #[test]
    fn winners_agree_with_brute_force() {
        let groups: [&[(f64, i64)]; 3] = [&[(0.2, 0), (0.7, 0)], &[(0.5, 1), (0.5, 1)], &[(0.65, 0)]];
        let m = 3;
        let flat: Vec<(usize, f64, i64)> = groups
            .iter()
            .enumerate()
            .flat_map(|(a, group)| group.iter().map(move |&(q, shift)| (a, q, shift)))
            .collect();
        let windows: Vec<Window> = flat.iter().map(|&(_, q, _)| Window::sum(m, 0, &[1.0 - q, q])).collect();
        let lanes: Vec<Lane> = flat
            .iter()
            .zip(&windows)
            .map(|(&(group, _, shift), window)| Lane { group, window, shift, count: 1 })
            .collect();
        let (mut out, mut drawn) = ([0.0; 3], [0.0; 3]);
        winners(&lanes, Ties::First, &mut out);
        winners(&lanes, Ties::Drawn, &mut drawn);
        let pmf: Vec<Vec<f64>> = flat.iter().map(|&(_, q, _)| slowly(m, &[1.0 - q, q])).collect();
        let (mut expected, mut expected_drawn) = ([0.0; 3], [0.0; 3]);
        for code in 0..4usize.pow(5) {
            let counts: Vec<usize> = (0..5).map(|i| code / 4usize.pow(i) % 4).collect();
            let p: f64 = counts.iter().enumerate().map(|(i, &j)| pmf[i][j]).product();
            let scores: Vec<i64> = counts.iter().zip(&flat).map(|(&j, lane)| j as i64 + lane.2).collect();
            let best = *scores.iter().max().unwrap();
            expected[flat[scores.iter().position(|&j| j == best).unwrap()].0] += p;
            let mut tied: Vec<usize> = (0..5).filter(|&i| scores[i] == best).map(|i| flat[i].0).collect();
            tied.dedup();
            tied.iter().for_each(|&a| expected_drawn[a] += p / tied.len() as f64);
        }
        for a in 0..3 {
            assert!((out[a] - expected[a]).abs() < 1e-14, "{out:?} {expected:?}");
            assert!((drawn[a] - expected_drawn[a]).abs() < 1e-14, "{drawn:?} {expected_drawn:?}");
        }
    }

    #[test]
    fn certain_and_hopeless_races() {
        let race = |m: u64, q: [f64; 3]| {
            let windows = q.map(|q| Window::sum(m, 0, &[1.0 - q, q]));
            let lane = |group: usize| Lane { group, window: &windows[group], shift: 0, count: 1 };
            let mut out = [0.0; 3];
            winners(&[lane(0), lane(1), lane(2)], Ties::First, &mut out);
            out
        };
        assert_eq!(race(5, [0.0; 3]), [1.0, 0.0, 0.0]);
        let out = race(2, [0.1, 1.0, 1.0]);
        assert!((out[0] - 0.01).abs() < 1e-15 && (out[1] - 0.99).abs() < 1e-15 && out[2] == 0.0, "{out:?}");
    }
}
