//! Packed distributions to sample from: one random word, no division, no allocation.
//!
//! A row of up to [`LINEAR`] outcomes is sampled by counting the cumulative thresholds at or below the word; a longer row by
//! Walker's alias method (Walker 1977; set-up of Vose 1991). Probabilities are held as 64-bit fractions: a sampled
//! probability differs from the stored one by rounding of `f64` sums only (below `1e-15` for rows of a few outcomes), and by
//! less than `n / 2⁶⁴` for an alias row of `n` outcomes. A sum that is off one (by at most the table's tolerance) is
//! normalised. Outcomes of probability 0 are left out, so they are never drawn.

/// Longest row that is sampled through its cumulative sums.
pub const LINEAR: usize = 8;

/// One outcome of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry {
    /// Cumulative: the end of this outcome's interval. Alias: below it the outcome itself is drawn, else its alias.
    threshold: u64,
    /// A number that comes with the outcome (its reward).
    pub number: f64,
    /// What is drawn.
    pub item: u32,
    /// The entry (in its row) drawn in the other case of the alias method.
    alias: u32,
}

/// A list of distributions.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    starts: Vec<u32>,
    entries: Vec<Entry>,
}

/// `(⌊word · n / 2⁶⁴⌋, the fraction that is left)`: an index in `0..n` and a fresh word with `log2 n` bits less.
#[inline]
pub fn split(word: u64, n: usize) -> (usize, u64) {
    let product = u128::from(word) * n as u128;
    ((product >> 64) as usize, product as u64)
}

/// `x · 2⁶⁴`, clipped to the range of a word.
fn fraction(x: f64) -> u64 {
    (x * 18_446_744_073_709_551_616.0) as u64
}

impl Rows {
    /// No row yet.
    pub fn new() -> Rows {
        Rows { starts: vec![0], entries: Vec::new() }
    }

    /// Appends the distribution of `(probability, item, number)`; at least one probability must be positive.
    pub fn push(&mut self, row: impl Iterator<Item = (f64, u32, f64)>) {
        let first = self.entries.len();
        let mut probability = Vec::new();
        for (p, item, number) in row.filter(|&(p, ..)| p > 0.0) {
            probability.push(p);
            self.entries.push(Entry { threshold: u64::MAX, number, item, alias: 0 });
        }
        let total: f64 = probability.iter().sum();
        let entries = &mut self.entries[first..];
        if probability.len() <= LINEAR {
            let mut sum = 0.0;
            for (entry, p) in entries.iter_mut().zip(&probability) {
                sum += p;
                entry.threshold = fraction(sum / total);
            }
        } else {
            alias(entries, &probability, total);
        }
        self.starts.push(self.entries.len() as u32);
    }

    /// Draws from row `row` with the random word `word`.
    #[inline]
    pub fn sample(&self, row: usize, word: u64) -> &Entry {
        let start = self.starts[row] as usize;
        let entries = &self.entries[start..self.starts[row + 1] as usize];
        match entries.len() {
            1 => &entries[0],
            n if n <= LINEAR => {
                // Counting beats leaving early: the processor cannot predict where a draw falls.
                let mut k = 0;
                for entry in &entries[..n - 1] {
                    k += usize::from(word >= entry.threshold);
                }
                &entries[k]
            }
            n => {
                let (k, rest) = split(word, n);
                let entry = &entries[k];
                if rest < entry.threshold { entry } else { &entries[entry.alias as usize] }
            }
        }
    }
}

/// Vose's set-up: every column of height `1/n` is filled by one outcome and topped up by another.
fn alias(entries: &mut [Entry], probability: &[f64], total: f64) {
    let n = entries.len();
    let mut height: Vec<f64> = probability.iter().map(|p| p * n as f64 / total).collect();
    let (mut small, mut large): (Vec<usize>, Vec<usize>) = (0..n).partition(|&i| height[i] < 1.0);
    for (i, entry) in entries.iter_mut().enumerate() {
        entry.alias = i as u32;
    }
    while let (Some(&low), Some(&high)) = (small.last(), large.last()) {
        small.pop();
        entries[low].threshold = fraction(height[low]);
        entries[low].alias = high as u32;
        height[high] -= 1.0 - height[low];
        if height[high] < 1.0 {
            large.pop();
            small.push(high);
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;
    use crate::rng::{self, Purpose};

    /// The probability of each entry, read off the thresholds.
    fn exact(rows: &Rows) -> Vec<f64> {
        let entries = &rows.entries;
        let n = entries.len();
        let unit = 1.0 / 18_446_744_073_709_551_616.0;
        let mut p = vec![0.0; n];
        for (i, entry) in entries.iter().enumerate() {
            if n <= LINEAR {
                let below = if i == 0 { 0 } else { entries[i - 1].threshold };
                let end = if i + 1 == n { u64::MAX } else { entry.threshold };
                p[i] = (end - below) as f64 * unit;
            } else {
                p[i] += entry.threshold as f64 * unit / n as f64;
                p[entry.alias as usize] += (u64::MAX - entry.threshold) as f64 * unit / n as f64;
            }
        }
        p
    }

    #[test]
    fn thresholds_hold_the_probabilities() {
        let mut random = rng::fast(5, Purpose::Generation, 0);
        for n in [1usize, 2, 3, 7, 8, 9, 10, 31, 100] {
            let mut weight: Vec<f64> = (0..n).map(|_| rng::uniform(&mut random)).collect();
            weight[n / 2] *= 1e-6;
            let total: f64 = weight.iter().sum();
            weight.iter_mut().for_each(|w| *w /= total);
            let mut rows = Rows::new();
            rows.push(weight.iter().enumerate().map(|(i, &p)| (p, i as u32, 0.0)));
            for (found, expected) in exact(&rows).iter().zip(&weight) {
                assert!((found - expected).abs() < 1e-15 * n as f64, "n = {n}: {found} {expected}");
            }
        }
    }

    #[test]
    fn an_outcome_of_probability_zero_is_never_drawn() {
        let mut rows = Rows::new();
        rows.push([(0.5, 0, 0.0), (0.5, 1, 0.0), (0.0, 2, 0.0)].into_iter());
        assert_eq!(rows.sample(0, u64::MAX).item, 1);
        assert_eq!(rows.sample(0, 0).item, 0);
        assert_eq!(rows.sample(0, 1 << 63).item, 1);
        assert_eq!(rows.sample(0, (1 << 63) - 1).item, 0);
    }

    #[test]
    fn a_split_word_gives_an_index_and_an_independent_rest() {
        let mut random = rng::fast(5, Purpose::Generation, 1);
        let (mut mean, n) = ([0.0; 3], 90_000);
        for _ in 0..n {
            let (k, rest) = split(random.next_u64(), 3);
            mean[k] += rest as f64 / 18_446_744_073_709_551_616.0 / f64::from(n / 3);
        }
        for m in mean {
            assert!((m - 0.5).abs() < 0.02, "{m}");
        }
    }
}
