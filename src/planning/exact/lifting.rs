//! Linear systems of integers, solved exactly by p-adic lifting.
//!
//! To solve `A x = b`, factor `A` modulo a prime `p` once. The digits of `x` in base `p` follow one by one:
//! ```text
//! r_0 = b      x_k = A⁻¹ r_k mod p      r_{k+1} = (r_k − A x_k) / p      x = Σ_k x_k pᵏ  mod p^K
//! ```
//! and the fractions follow from the digits by rational reconstruction (the extended Euclidean algorithm stopped half way),
//! with one common denominator. (Dixon 1982, *Exact solution of linear equations using p-adic expansions*.)
//!
//! Guarantee: the result is checked, `A n = d b` in integers, so it is the solution: `A` is invertible modulo `p`, hence
//! invertible. Too few digits only mean that the check fails and more are computed.
//!
//! Cost: `n³ / 3` operations on machine words for the factors, `O(n²)` a digit; as many digits as the numerators and
//! denominators have (by Cramer's rule at most the size of a determinant). No fraction is ever reduced on the way, which
//! is what makes elimination on fractions slow.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};

use crate::{Error, Result};

/// The largest primes below 2³¹. A matrix that is singular modulo all of them is as good as certainly singular.
const PRIMES: [u64; 4] = [2_147_483_647, 2_147_483_629, 2_147_483_587, 2_147_483_579];

/// A sparse row of integers, `(column, entry)`.
pub(crate) type IntegerRow = Vec<(usize, BigInt)>;

/// Numbers with a common denominator, which is positive.
#[derive(Debug, Clone)]
pub(crate) struct Fractions {
    pub numerators: Vec<BigInt>,
    pub denominator: BigInt,
}

/// A square matrix of integers, factored modulo a prime.
#[derive(Debug)]
pub(crate) struct Lifting {
    rows: Vec<IntegerRow>,
    prime: u64,
    /// `L` below the diagonal (with ones on it), `U` above; the diagonal holds the inverses of the pivots. Row-major.
    factors: Vec<u64>,
    /// Row `i` of the factors is row `order[i]` of the matrix.
    order: Vec<usize>,
}

impl Lifting {
    /// Factors the matrix.
    ///
    /// # Errors
    /// [`Error::NotApplicable`] if it is singular.
    pub fn new(rows: Vec<IntegerRow>) -> Result<Lifting> {
        for prime in PRIMES {
            if let Some((factors, order)) = factor(&rows, prime) {
                return Ok(Lifting { rows, prime, factors, order });
            }
        }
        Err(Error::NotApplicable {
            method: "exact arithmetic",
            reason: "the equations of a policy have no unique solution; check that the rows sum to one".into(),
        })
    }

    /// The solution of `A x = b`.
    pub fn solve(&self, b: &[BigInt]) -> Fractions {
        let n = b.len();
        let prime = BigInt::from(self.prime);
        let (mut residual, mut sum) = (b.to_vec(), vec![BigInt::zero(); n]);
        let (mut modulus, mut digits, mut check) = (BigInt::one(), 0, 4);
        loop {
            let digit = self.solve_modular(&residual);
            for (row, r) in self.rows.iter().zip(&mut residual) {
                for (j, entry) in row {
                    if digit[*j] != 0 {
                        *r -= entry * digit[*j];
                    }
                }
                *r /= &prime; // exact by the choice of the digit
            }
            for (total, &x) in sum.iter_mut().zip(&digit) {
                if x != 0 {
                    *total += &modulus * x;
                }
            }
            modulus *= &prime;
            digits += 1;
            // Digits that are all used up end the expansion, which is then an integer.
            if digits >= check || residual.iter().all(Zero::is_zero) {
                if let Some(found) = self.reconstruct(&sum, &modulus, b) {
                    return found;
                }
                check = digits + digits / 2;
            }
        }
    }

    /// Fractions equal to `sum` modulo `modulus`, if they solve the system.
    fn reconstruct(&self, sum: &[BigInt], modulus: &BigInt, b: &[BigInt]) -> Option<Fractions> {
        let limit: BigInt = (modulus >> 1u32).sqrt();
        let mut denominator = BigInt::one();
        let mut numerators: Vec<BigInt> = Vec::with_capacity(sum.len());
        for x in sum {
            let scaled = symmetric((x * &denominator).mod_floor(modulus), modulus);
            if scaled.abs() <= limit {
                numerators.push(scaled);
                continue;
            }
            let (numerator, factor) = fraction(&scaled.mod_floor(modulus), modulus, &limit)?;
            numerators.iter_mut().for_each(|earlier| *earlier *= &factor);
            denominator *= factor;
            if denominator > limit {
                return None;
            }
            numerators.push(numerator);
        }
        let solves = self.rows.iter().zip(b).all(|(row, b)| {
            let image: BigInt = row.iter().map(|(j, entry)| entry * &numerators[*j]).sum();
            image == b * &denominator
        });
        solves.then_some(Fractions { numerators, denominator })
    }

    /// `A⁻¹ r mod p`.
    fn solve_modular(&self, r: &[BigInt]) -> Vec<u64> {
        let n = r.len();
        let mut x: Vec<u64> = self.order.iter().map(|&i| residue(&r[i], self.prime)).collect();
        for i in 0..n {
            let row = &self.factors[i * n..i * n + i];
            x[i] = minus(x[i], self.dot(row, &x[..i]), self.prime);
        }
        for i in (0..n).rev() {
            let row = &self.factors[i * n..(i + 1) * n];
            let rest = minus(x[i], self.dot(&row[i + 1..], &x[i + 1..]), self.prime);
            x[i] = rest * row[i] % self.prime;
        }
        x
    }

    fn dot(&self, a: &[u64], b: &[u64]) -> u64 {
        // Products are below 2⁶², the sum is kept below 2⁶³.
        let limit = self.prime << 32;
        let mut sum = 0;
        for (x, y) in a.iter().zip(b) {
            sum += x * y;
            if sum >= limit {
                sum -= limit;
            }
        }
        sum % self.prime
    }
}

/// LU with row exchanges modulo `p`; `None` if singular modulo `p`.
fn factor(rows: &[IntegerRow], p: u64) -> Option<(Vec<u64>, Vec<usize>)> {
    let n = rows.len();
    let mut a = vec![0; n * n];
    for (i, row) in rows.iter().enumerate() {
        for (j, entry) in row {
            a[i * n + j] = (a[i * n + j] + residue(entry, p)) % p;
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    for k in 0..n {
        let pivot = (k..n).find(|&i| a[i * n + k] != 0)?;
        if pivot != k {
            order.swap(k, pivot);
            (0..n).for_each(|j| a.swap(k * n + j, pivot * n + j));
        }
        let inverse = power(a[k * n + k], p - 2, p);
        a[k * n + k] = inverse;
        let (above, below) = a.split_at_mut((k + 1) * n);
        let top = &above[k * n..];
        for row in below.chunks_exact_mut(n) {
            if row[k] == 0 {
                continue;
            }
            let factor = row[k] * inverse % p;
            row[k] = factor;
            for j in k + 1..n {
                row[j] = (row[j] + (p - factor) * top[j]) % p;
            }
        }
    }
    Some((a, order))
}

fn residue(x: &BigInt, p: u64) -> u64 {
    x.mod_floor(&BigInt::from(p)).to_u64().unwrap_or(0) // a residue is below 2³¹
}

fn minus(a: u64, b: u64, p: u64) -> u64 {
    if a >= b { a - b } else { a + p - b }
}

fn power(mut base: u64, mut exponent: u64, p: u64) -> u64 {
    let mut result = 1;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result * base % p;
        }
        base = base * base % p;
        exponent >>= 1;
    }
    result
}

/// The representative in `(−m/2, m/2]`.
fn symmetric(x: BigInt, modulus: &BigInt) -> BigInt {
    if &x + &x > *modulus { x - modulus } else { x }
}

/// `n / d ≡ x mod m` with `|n| ≤ limit` and `0 < d ≤ limit` (Wang 1981), if there is one.
fn fraction(x: &BigInt, modulus: &BigInt, limit: &BigInt) -> Option<(BigInt, BigInt)> {
    let (mut r, mut t) = ((modulus.clone(), x.clone()), (BigInt::zero(), BigInt::one()));
    while r.1 > *limit {
        let (quotient, rest) = r.0.div_rem(&r.1);
        r = (r.1, rest);
        let next = t.0 - quotient * &t.1;
        t = (t.1, next);
    }
    if t.1.is_zero() || t.1.abs() > *limit {
        return None;
    }
    Some(if t.1.is_negative() { (-r.1, -t.1) } else { (r.1, t.1) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integers(rows: &[&[i64]]) -> Vec<IntegerRow> {
        rows.iter().map(|row| row.iter().enumerate().map(|(j, &x)| (j, BigInt::from(x))).collect()).collect()
    }

    #[test]
    fn hilbert_like_systems_come_out_exactly() {
        // A_ij = lcm / (i + j + 1): the inverse of the Hilbert matrix has known integer entries.
        for n in 1..=12usize {
            let scale: i64 = (1..2 * n as i64).fold(1, |a, b| a.lcm(&b));
            let rows: Vec<IntegerRow> =
                (0..n).map(|i| (0..n).map(|j| (j, BigInt::from(scale / (i + j + 1) as i64))).collect()).collect();
            let truth: Vec<(i64, i64)> = (0..n as i64).map(|i| (2 * i - 7, i + 3)).collect();
            let common: i64 = truth.iter().fold(1, |a, (_, d)| a.lcm(d));
            let b: Vec<BigInt> = rows
                .iter()
                .map(|row| row.iter().zip(&truth).map(|((_, a), (x, d))| a * BigInt::from(x * (common / d))).sum())
                .collect();
            let found = Lifting::new(rows).unwrap().solve(&b);
            for (x, (numerator, denominator)) in found.numerators.iter().zip(&truth) {
                assert_eq!(x * *denominator, &found.denominator * *numerator * common);
            }
        }
    }

    #[test]
    fn row_exchanges_and_singular_matrices() {
        let found = Lifting::new(integers(&[&[0, 2], &[3, 0]])).unwrap().solve(&[1.into(), 1.into()]);
        assert_eq!(found.numerators[0].clone() * 3, found.denominator);
        assert_eq!(found.numerators[1].clone() * 2, found.denominator);
        assert!(Lifting::new(integers(&[&[1, 2], &[2, 4]])).is_err());
        assert!(Lifting::new(Vec::new()).unwrap().solve(&[]).numerators.is_empty());
        // Singular modulo the first prime only.
        let found = Lifting::new(integers(&[&[2_147_483_647]])).unwrap().solve(&[1.into()]);
        assert_eq!((found.numerators[0].clone(), found.denominator), (1.into(), 2_147_483_647.into()));
    }
}
