//! A set of small numbers as words of 64 bits.

/// A set of numbers below a bound fixed at construction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bits {
    words: Vec<u64>,
}

impl Bits {
    /// No number of 0..n.
    pub(super) fn none(n: usize) -> Bits {
        Bits { words: vec![0; n.div_ceil(64)] }
    }

    /// Takes all numbers out.
    pub(super) fn clear(&mut self) {
        self.words.fill(0);
    }

    /// Whether `i` is in.
    #[inline]
    pub(super) fn has(&self, i: usize) -> bool {
        self.words[i / 64] >> (i % 64) & 1 == 1
    }

    /// Puts `i` in; whether it was not.
    #[inline]
    pub(super) fn insert(&mut self, i: usize) -> bool {
        let fresh = !self.has(i);
        self.words[i / 64] |= 1 << (i % 64);
        fresh
    }

    /// The whole set in one word of 128 bits, if the bound is at most 128.
    pub(super) fn word(&self) -> Option<u128> {
        match self.words[..] {
            [] => Some(0),
            [low] => Some(u128::from(low)),
            [low, high] => Some(u128::from(high) << 64 | u128::from(low)),
            _ => None,
        }
    }
}
