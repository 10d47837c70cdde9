//! Quotients of whole numbers of any length, rounded to the nearest double.
//!
//! `n/d` with the binary lengths of `n` and `d` made equal lies in (1/2, 2); 55 steps of "compare, subtract, double" give 55
//! of its binary digits, and the remainder says whether there are more. That is one digit and one sticky digit beyond the 53
//! of a double, so that the final conversion rounds correctly (ties to even). Cost: 55 passes over the limbs.

/// How many binary digits of a quotient are computed.
const DIGITS: i64 = 55;

/// `numerator/denominator`, both with the lowest limb first, rounded to the nearest double; `None` if the denominator is zero.
pub(super) fn nearest_double(numerator: &[u64], denominator: &[u64]) -> Option<f64> {
    let (top_n, top_d) = (bit_length(numerator), bit_length(denominator));
    if top_d == 0 {
        return None;
    }
    if top_n == 0 {
        return Some(0.0);
    }
    if top_n <= 53 && top_d <= 53 {
        return Some(numerator[0] as f64 / denominator[0] as f64);
    }
    let length = top_n.max(top_d);
    let mut rest = shifted(numerator, length - top_n, length + 1);
    let divisor = shifted(denominator, length - top_d, length + 1);
    // The first digit stands for 2^exponent.
    let exponent = top_n as i64 - top_d as i64;
    let mut quotient = 0u64;
    for _ in 0..DIGITS {
        quotient <<= 1;
        if !less(&rest, &divisor) {
            subtract(&mut rest, &divisor);
            quotient |= 1;
        }
        double(&mut rest);
    }
    let sticky = u64::from(rest.iter().any(|&limb| limb != 0));
    Some(rounded(quotient << 1 | sticky, exponent - DIGITS))
}

/// The whole number that ASCII digits spell, lowest limb first; `None` for anything but digits. Quadratic in the length, which
/// is therefore limited to 4096 digits.
pub(super) fn whole_number(digits: &[u8]) -> Option<Vec<u64>> {
    if digits.is_empty() || digits.len() > 4096 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut limbs = Vec::new();
    for &digit in digits {
        let mut carry = u128::from(digit - b'0');
        for limb in &mut limbs {
            let product = u128::from(*limb) * 10 + carry;
            *limb = product as u64;
            carry = product >> 64;
        }
        if carry != 0 {
            limbs.push(carry as u64);
        }
    }
    Some(limbs)
}

fn bit_length(limbs: &[u64]) -> usize {
    let top = limbs.iter().rposition(|&limb| limb != 0);
    top.map_or(0, |i| 64 * i + 64 - limbs[i].leading_zeros() as usize)
}

/// `limbs · 2^shift` in as many limbs as `bits` need.
fn shifted(limbs: &[u64], shift: usize, bits: usize) -> Vec<u64> {
    let mut out = vec![0; bits.div_ceil(64)];
    let (whole, part) = (shift / 64, shift % 64);
    for (i, &limb) in limbs.iter().enumerate().filter(|(_, limb)| **limb != 0) {
        out[i + whole] |= limb << part;
        if part != 0 && limb >> (64 - part) != 0 {
            out[i + whole + 1] |= limb >> (64 - part);
        }
    }
    out
}

fn less(a: &[u64], b: &[u64]) -> bool {
    a.iter().rev().lt(b.iter().rev())
}

fn subtract(a: &mut [u64], b: &[u64]) {
    let mut borrow = false;
    for (x, &y) in a.iter_mut().zip(b) {
        let (difference, first) = x.overflowing_sub(y);
        let (difference, second) = difference.overflowing_sub(u64::from(borrow));
        (*x, borrow) = (difference, first || second);
    }
}

fn double(a: &mut [u64]) {
    let mut carry = 0;
    for x in a {
        (*x, carry) = (*x << 1 | carry, *x >> 63);
    }
}

/// `digits · 2^exponent` for at least 54 significant digits, of which the last is sticky, rounded once.
fn rounded(digits: u64, exponent: i64) -> f64 {
    // Below twice the smallest normal double all doubles are multiples of 2^-1074, and their bits count these.
    let shift = -1074 - exponent;
    if shift >= 3 {
        let kept = digits.checked_shr(shift as u32).filter(|_| shift < 64).unwrap_or(0);
        let half = 1u64.checked_shl(shift as u32 - 1).filter(|_| shift <= 64).unwrap_or(0);
        let rest = if shift < 64 { digits & ((1 << shift) - 1) } else { digits };
        let up = half != 0 && (rest > half || rest == half && kept % 2 == 1);
        return f64::from_bits(kept + u64::from(up));
    }
    // The conversion rounds; a power of two then changes nothing unless the quotient is too large.
    let (first, second) = (exponent.clamp(-1000, 1000), exponent - exponent.clamp(-1000, 1000));
    digits as f64 * 2f64.powi(first as i32) * 2f64.powi(second.min(1000) as i32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(n: &str, d: &str) -> f64 {
        nearest_double(&whole_number(n.as_bytes()).unwrap(), &whole_number(d.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn known_quotients() {
        assert_eq!(text("1", "3"), 1.0 / 3.0);
        assert_eq!(text("0", "7"), 0.0);
        assert_eq!(nearest_double(&[1], &[]), None);
        assert_eq!(nearest_double(&[1], &[0, 0]), None);
        assert_eq!(text("340282366920938463463374607431768211456", "340282366920938463463374607431768211456"), 1.0);
        assert_eq!(text("3333333333333333333333333333333333", "10000000000000000000000000000000000"), 1.0 / 3.0);
        // 2^53 + 1 over 1 is a tie that goes to the even neighbour; one more bit below it breaks the tie upwards.
        assert_eq!(text("9007199254740993", "1"), 9007199254740992.0);
        assert_eq!(text("90071992547409930000000000000000001", "10000000000000000000"), 9007199254740994.0);
        assert_eq!(text(&format!("1{}", "0".repeat(400)), "1"), f64::INFINITY);
        assert_eq!(text("1", &format!("1{}", "0".repeat(400))), 0.0);
        assert_eq!(text("5", &format!("1{}", "0".repeat(324))), 5e-324);
        assert_eq!(text("2", &format!("1{}", "0".repeat(324))), 0.0);
        assert_eq!(text("75927221", &format!("1{}", "0".repeat(316))), 7.5927221e-309);
        assert_eq!(whole_number(b"12x"), None);
        assert_eq!(whole_number(b""), None);
    }

    proptest! {
        /// A decimal fraction is a quotient, and the standard library rounds decimals correctly.
        #[test]
        fn agrees_with_decimal_fractions(digits in "[0-9]{1,40}", places in 0usize..330) {
            let quotient = text(&digits, &format!("1{}", "0".repeat(places)));
            prop_assert_eq!(quotient, format!("{digits}e-{places}").parse::<f64>().unwrap());
        }
    }
}
