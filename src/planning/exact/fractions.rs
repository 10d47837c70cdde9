//! Fractions from 64-bit numbers and back.

use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};

/// The number that `x` is: every finite 64-bit number is an integer times a power of two. 0 for infinities and NaN, which
/// no table holds.
pub fn exactly(x: f64) -> BigRational {
    if x == 0.0 || !x.is_finite() {
        return BigRational::zero();
    }
    let bits = x.to_bits();
    let (stored, fraction) = ((bits >> 52 & 0x7ff) as i64, bits & ((1 << 52) - 1));
    let (mantissa, exponent) = if stored == 0 { (fraction, -1074) } else { (fraction | 1 << 52, stored - 1075) };
    let sign = if x < 0.0 { Sign::Minus } else { Sign::Plus };
    let shift = mantissa.trailing_zeros().min((-exponent).max(0) as u32);
    let (mantissa, exponent) = (mantissa >> shift, exponent + i64::from(shift));
    let integer = BigInt::from_biguint(sign, mantissa.into());
    if exponent >= 0 {
        BigRational::from_integer(integer << exponent)
    } else {
        BigRational::new_raw(integer, BigInt::one() << -exponent)
    }
}

/// The fraction with the smallest denominator among all that round to `x`, to nearest or in any direction: 1/10 for `0.1`,
/// 1/3 for `1.0 / 3.0`. (Files of model checkers hold fractions rounded towards zero.)
///
/// These are the fractions strictly between the neighbours of `x`. The search is the one for the simplest fraction in an
/// interval by its continued fraction (Stern 1858; Graham, Knuth and Patashnik, *Concrete Mathematics*, 2nd ed., section 4.5
/// and exercise 4.39).
///
/// ```
/// use tabrl::planning::exact::simplest;
///
/// assert_eq!(simplest(0.1).to_string(), "1/10");
/// assert_eq!(simplest(-2.0 / 3.0).to_string(), "-2/3");
/// ```
pub fn simplest(x: f64) -> BigRational {
    if x < 0.0 {
        return -simplest(-x);
    }
    if x == 0.0 || !x.is_finite() {
        return BigRational::zero();
    }
    let (exact, mut low) = (exactly(x), exactly(x.next_down()));
    // The neighbour above the largest number is as far away as the one below.
    let mut high = if x == f64::MAX { &exact + (&exact - &low) } else { exactly(x.next_up()) };
    // The last two convergents of the continued fraction that both ends have in common.
    let (mut h, mut k) = ((BigInt::one(), BigInt::zero()), (BigInt::zero(), BigInt::one()));
    loop {
        let floor = low.floor().to_integer();
        let fits = BigRational::from_integer(&floor + 1) < high;
        let digit = if fits { &floor + 1 } else { floor };
        h = (&digit * &h.0 + &h.1, h.0);
        k = (&digit * &k.0 + &k.1, k.0);
        if fits {
            return BigRational::new(h.0, k.0);
        }
        let digit = BigRational::from_integer(digit);
        let (below, above) = (low - &digit, high - &digit);
        if below.is_zero() {
            // The simplest in (0, above) is 1/n for the first n above 1/above.
            let n = above.recip().floor().to_integer() + 1;
            return BigRational::new(&n * h.0 + h.1, &n * k.0 + k.1);
        }
        (low, high) = (above.recip(), below.recip());
    }
}

/// The largest 64-bit number not above `x` (−∞ below all of them).
pub fn nearest_below(x: &BigRational) -> f64 {
    let mut guess = approximately(x);
    while guess > f64::NEG_INFINITY && (guess == f64::INFINITY || exactly(guess) > *x) {
        guess = guess.next_down();
    }
    while guess.next_up() < f64::INFINITY && exactly(guess.next_up()) <= *x {
        guess = guess.next_up();
    }
    guess
}

/// The smallest 64-bit number not below `x` (+∞ above all of them).
pub fn nearest_above(x: &BigRational) -> f64 {
    0.0 - nearest_below(&-x)
}

/// A number within a few units in the last place of `x`.
fn approximately(x: &BigRational) -> f64 {
    if x.is_zero() {
        return 0.0;
    }
    // 64 leading bits of |x| as an integer, and the power of two they were scaled by.
    let shift = 64 - (x.numer().bits() as i64 - x.denom().bits() as i64);
    let (numerator, denominator) = (x.numer().abs(), x.denom());
    let quotient = if shift >= 0 {
        (numerator << shift).div_floor(denominator)
    } else {
        numerator.div_floor(&(denominator << -shift))
    };
    let leading = quotient.to_f64().unwrap_or(f64::INFINITY);
    // In two steps, so that no factor overflows while the product does not.
    let half = (-shift).clamp(-2200, 2200) as i32 / 2;
    let rest = (-shift).clamp(-2200, 2200) as i32 - half;
    let size = leading * 2f64.powi(half.clamp(-1022, 1023)) * 2f64.powi(rest.clamp(-1022, 1023));
    if x.is_negative() { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{self, Purpose};

    fn over(n: i64, d: i64) -> BigRational {
        BigRational::new(n.into(), d.into())
    }

    #[test]
    fn short_fractions_are_found_again() {
        for d in 1..200i64 {
            for n in 0..=d {
                assert_eq!(simplest(n as f64 / d as f64), over(n, d), "{n}/{d}");
                assert_eq!(simplest(-(n as f64) / d as f64), over(-n, d));
                if n > 0 && n < d {
                    assert_eq!(simplest(nearest_below(&over(n, d))), over(n, d), "{n}/{d} towards zero");
                    assert_eq!(simplest(nearest_above(&over(n, d))), over(n, d), "{n}/{d} away from zero");
                }
            }
        }
        assert_eq!(simplest(0.5511), over(5511, 10000));
        assert_eq!(simplest(1e-9), over(1, 1_000_000_000));
        assert_eq!(simplest(12345.0), over(12345, 1));
        for x in [f64::MAX, f64::MIN_POSITIVE, 5e-324, 2f64.powi(53), 2f64.powi(60)] {
            let found = simplest(x);
            assert!(exactly(x.next_down()) < found && (x == f64::MAX || found < exactly(x.next_up())), "{x}");
        }
    }

    #[test]
    fn every_number_survives() {
        let mut rng = rng::fast(3, Purpose::Generation, 1);
        for _ in 0..2000 {
            let x = f64::from_bits(rng::below(&mut rng, usize::MAX) as u64);
            if !x.is_finite() {
                continue;
            }
            let exact = exactly(x);
            assert_eq!((nearest_below(&exact), nearest_above(&exact)), (x, x));
            let third = &exact / BigInt::from(3);
            let (low, high) = (nearest_below(&third), nearest_above(&third));
            assert!(exactly(low) <= third && third <= exactly(high) && (low == high || low.next_up() == high));
            // The simplest fraction lies between the neighbours, and has no larger denominator.
            let found = simplest(x);
            let (low, high) = (exactly(x.next_down()), exactly(x.next_up()));
            assert!(low < found && found < high, "{x:e}");
            assert!(found.denom() <= exact.denom());
        }
        let huge = BigRational::from_integer(BigInt::one() << 2000);
        assert_eq!((nearest_below(&huge), nearest_above(&huge)), (f64::MAX, f64::INFINITY));
        assert_eq!((nearest_below(&-huge.clone()), nearest_above(&-huge)), (f64::NEG_INFINITY, f64::MIN));
        let tiny = BigRational::new(1.into(), BigInt::one() << 2000);
        assert_eq!((nearest_below(&tiny), nearest_above(&tiny)), (0.0, 5e-324));
    }
}
