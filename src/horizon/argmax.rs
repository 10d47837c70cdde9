//! Which of several sample means is the largest, exactly.
//!
//! Group `a` holds independent binomial counts `Binomial(m, q)`. The first group (in order) that attains the overall
//! maximum is `a` with probability `Σ_j (F_a(j) - F_a(j-1)) · Π_{b<a} F_b(j-1) · Π_{b>a} F_b(j)`, where `F_a` is the
//! product of the distribution functions of its counts.

/// Terms of a binomial this much smaller than the largest are left out.
const NEGLIGIBLE: f64 = 1e-20;

/// The distribution function of `Binomial(m, q)` where it is neither 0 nor 1 up to rounding.
#[derive(Debug, Clone, Default)]
struct Window {
    low: u64,
    cdf: Vec<f64>,
}

impl Window {
    /// Fills the window outwards from the mode by the recurrence of the probabilities, then normalises: no logarithm of
    /// a factorial is needed, and the error is that of a sum of positive terms.
    fn fill(&mut self, m: u64, q: f64) {
        self.cdf.clear();
        if q <= 0.0 || q >= 1.0 {
            self.low = if q <= 0.0 { 0 } else { m };
            self.cdf.push(1.0);
            return;
        }
        let odds = q / (1.0 - q);
        let mode = (((m + 1) as f64) * q).floor().min(m as f64) as u64;
        let (mut j, mut term) = (mode, 1.0);
        self.cdf.push(term);
        while j > 0 && term > NEGLIGIBLE {
            term *= j as f64 / ((m - j + 1) as f64 * odds);
            self.cdf.push(term);
            j -= 1;
        }
        self.low = j;
        self.cdf.reverse();
        (j, term) = (mode, 1.0);
        while j < m && term > NEGLIGIBLE {
            term *= (m - j) as f64 * odds / (j + 1) as f64;
            self.cdf.push(term);
            j += 1;
        }
        let total: f64 = self.cdf.iter().sum();
        let mut sum = 0.0;
        for entry in &mut self.cdf {
            sum += *entry;
            *entry = (sum / total).min(1.0);
        }
    }

    fn at(&self, j: u64) -> f64 {
        if j < self.low { 0.0 } else { self.cdf.get((j - self.low) as usize).copied().unwrap_or(1.0) }
    }

    fn high(&self) -> u64 {
        self.low + self.cdf.len() as u64 - 1
    }
}

/// Reusable buffers of [`Race::winners`].
#[derive(Debug, Clone, Default)]
pub(crate) struct Race {
    /// Distinct `(group, q)` with their multiplicities.
    lanes: Vec<(usize, f64, i32)>,
    windows: Vec<Window>,
    before: Vec<f64>,
    now: Vec<f64>,
}

impl Race {
    /// Empties the race.
    pub(crate) fn clear(&mut self) {
        self.lanes.clear();
    }

    /// Adds a count of success probability `q` to a group.
    pub(crate) fn enter(&mut self, group: usize, q: f64) {
        match self.lanes.iter_mut().find(|lane| lane.0 == group && lane.1 == q) {
            Some(lane) => lane.2 += 1,
            None => self.lanes.push((group, q, 1)),
        }
    }

    /// Writes to `out[a]` the probability that group `a` is the first to attain the maximum of `m`-sample counts.
    pub(crate) fn winners(&mut self, m: u64, out: &mut [f64]) {
        out.fill(0.0);
        if self.lanes.windows(2).all(|pair| pair[0].1 == pair[1].1) && self.lanes[0].1 <= 0.0 {
            out[0] = 1.0;
            return;
        }
        self.windows.resize_with(self.lanes.len().max(self.windows.len()), Window::default);
        let (mut low, mut high) = (0, 0);
        for (lane, window) in self.lanes.iter().zip(&mut self.windows) {
            window.fill(m, lane.1);
            low = low.max(window.low);
            high = high.max(window.high());
        }
        self.before.clear();
        self.before.resize(out.len(), 0.0);
        self.now.resize(out.len(), 0.0);
        for j in low..=high {
            self.now.fill(1.0);
            for (lane, window) in self.lanes.iter().zip(&self.windows) {
                self.now[lane.0] *= window.at(j).powi(lane.2);
            }
            // Some count is certain to reach `low`, so the maximum is never below it.
            if j == low && low > 0 {
                self.before.fill(1.0);
                for (lane, window) in self.lanes.iter().zip(&self.windows) {
                    self.before[lane.0] *= window.at(low - 1).powi(lane.2);
                }
            }
            let mut suffix = 1.0;
            for a in (0..out.len()).rev() {
                let prefix: f64 = self.before[..a].iter().product();
                out[a] += (self.now[a] - self.before[a]) * prefix * suffix;
                suffix *= self.now[a];
            }
            std::mem::swap(&mut self.before, &mut self.now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binomial(m: u64, q: f64) -> Vec<f64> {
        let mut row = vec![1.0];
        for _ in 0..m {
            let mut next = vec![0.0; row.len() + 1];
            for (j, p) in row.iter().enumerate() {
                next[j] += p * (1.0 - q);
                next[j + 1] += p * q;
            }
            row = next;
        }
        row
    }

    #[test]
    fn windows_agree_with_the_repeated_convolution() {
        for &(m, q) in &[(1, 0.3), (17, 0.02), (40, 0.5), (40, 0.98), (200, 1e-9), (3, 0.0), (3, 1.0)] {
            let mut window = Window::default();
            window.fill(m, q);
            let mut sum = 0.0;
            for (j, p) in binomial(m, q).iter().enumerate() {
                sum += p;
                assert!((window.at(j as u64) - sum).abs() < 1e-14, "m {m} q {q} j {j}: {} {sum}", window.at(j as u64));
            }
        }
    }

    #[test]
    fn winners_agree_with_brute_force() {
        let groups: [&[f64]; 3] = [&[0.2, 0.7], &[0.5, 0.5], &[0.65]];
        let m = 3;
        let mut race = Race::default();
        for (a, group) in groups.iter().enumerate() {
            group.iter().for_each(|&q| race.enter(a, q));
        }
        let mut out = [0.0; 3];
        race.winners(m, &mut out);
        let pmf: Vec<Vec<f64>> = groups.iter().flat_map(|g| g.iter().map(|&q| binomial(m, q))).collect();
        let owner = [0, 0, 1, 1, 2];
        let mut expected = [0.0; 3];
        for code in 0..4usize.pow(5) {
            let counts: Vec<usize> = (0..5).map(|i| code / 4usize.pow(i) % 4).collect();
            let p: f64 = counts.iter().enumerate().map(|(i, &j)| pmf[i][j]).product();
            let best = *counts.iter().max().unwrap();
            expected[owner[counts.iter().position(|&j| j == best).unwrap()]] += p;
        }
        for a in 0..3 {
            assert!((out[a] - expected[a]).abs() < 1e-14, "{out:?} {expected:?}");
        }
    }

    #[test]
    fn certain_and_hopeless_races() {
        let mut race = Race::default();
        let mut out = [0.0; 3];
        (0..3).for_each(|a| race.enter(a, 0.0));
        race.winners(5, &mut out);
        assert_eq!(out, [1.0, 0.0, 0.0]);
        race.clear();
        [0.1, 1.0, 1.0].iter().enumerate().for_each(|(a, &q)| race.enter(a, q));
        race.winners(2, &mut out);
        assert!((out[0] - 0.01).abs() < 1e-15 && (out[1] - 0.99).abs() < 1e-15 && out[2] == 0.0, "{out:?}");
    }
}
