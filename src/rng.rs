//! Random streams: a run is a function of its configuration.
//!
//! Every stream is derived from `(root seed, purpose, index)`: a ChaCha8 generator keyed by the root seed, on the stream
//! numbered by purpose and index. ChaCha is counter based, so streams with different numbers never overlap, and none
//! depends on a thread or on the time. Hot loops draw from a [`Fast`] generator (Xoshiro256++) seeded by its stream.
//!
//! ```
//! use rand::Rng;
//! use tabrl::rng::{self, Purpose};
//!
//! let mut first = rng::fast(7, Purpose::Environment, 0);
//! let mut again = rng::fast(7, Purpose::Environment, 0);
//! let mut other = rng::fast(7, Purpose::Environment, 1);
//! let word = first.next_u64();
//! assert_eq!(word, again.next_u64());
//! assert_ne!(word, other.next_u64());
//! ```

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The generator of hot loops: 256 bits of state, below a nanosecond a word.
pub type Fast = rand_xoshiro::Xoshiro256PlusPlus;

/// What a stream is used for. Two purposes never share random numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u64)]
pub enum Purpose {
    /// Transitions and resets of an environment; shared across agents (common random numbers).
    Environment = 1,
    /// Action choice of an agent or of a sampled policy.
    Policy = 2,
    /// Initial parameters of an agent.
    Initialisation = 3,
    /// Resampling in statistics.
    Bootstrap = 4,
    /// Evaluation episodes.
    Evaluation = 5,
    /// Random problem instances.
    Generation = 6,
}

/// The counter-based stream `(root, purpose, index)`. `index` must be below 2⁵⁶.
pub fn stream(root: u64, purpose: Purpose, index: u64) -> ChaCha8Rng {
    debug_assert!(index < 1 << 56, "stream index {index} needs more than 56 bits");
    let mut rng = ChaCha8Rng::seed_from_u64(root);
    rng.set_stream((purpose as u64) << 56 | index);
    rng
}

/// A fast generator seeded by 32 bytes of [`stream`]`(root, purpose, index)`.
pub fn fast(root: u64, purpose: Purpose, index: u64) -> Fast {
    let mut seed = [0u8; 32];
    stream(root, purpose, index).fill_bytes(&mut seed);
    Fast::from_seed(seed)
}

/// A number in `[0, 1)` with 53 random bits.
#[inline]
pub fn uniform(rng: &mut impl Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
}

/// An index in `0..n` (`n >= 1`), by the multiply-shift method: biased by less than `n / 2⁶⁴`.
#[inline]
pub fn below(rng: &mut impl Rng, n: usize) -> usize {
    ((u128::from(rng.next_u64()) * n as u128) >> 64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_differ_by_each_of_their_three_keys() {
        let first = |root, purpose, index| stream(root, purpose, index).next_u64();
        let word = first(1, Purpose::Environment, 0);
        assert_eq!(word, first(1, Purpose::Environment, 0));
        assert_ne!(word, first(2, Purpose::Environment, 0));
        assert_ne!(word, first(1, Purpose::Policy, 0));
        assert_ne!(word, first(1, Purpose::Environment, 1));
    }

    #[test]
    fn uniform_and_below_stay_in_range_and_have_the_right_mean() {
        let mut rng = fast(3, Purpose::Evaluation, 0);
        let n = 100_000;
        let mean = (0..n).map(|_| uniform(&mut rng)).sum::<f64>() / f64::from(n);
        assert!((mean - 0.5).abs() < 4.0 * (1.0 / 12.0f64).sqrt() / f64::from(n).sqrt());
        let mut counts = [0u32; 3];
        for _ in 0..n {
            counts[below(&mut rng, 3)] += 1;
        }
        for count in counts {
            assert!((f64::from(count) - f64::from(n) / 3.0).abs() < 4.0 * (f64::from(n) * 2.0 / 9.0).sqrt());
        }
    }
}
