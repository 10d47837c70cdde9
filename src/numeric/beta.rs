//! The Beta distribution, accurate for parameters of any size and in both tails.
//!
//! ```text
//! x y f(x) = xᵃ yᵇ / B(a, b) = √(a b / (2 π n)) exp(−n kl(p, x) + δ(n) − δ(a) − δ(b)),   y = 1 − x, n = a + b, p = a/n
//! δ(z)     = ln Γ(z) − [(z − ½) ln z − z + ½ ln 2π]                                       Stirling's error
//! ```
//! so that nothing large cancels (Loader 2000, "Fast and accurate computation of binomial probabilities"). Tails are a continued fraction of
//! it (Didonato and Morris 1992), which needs about √max(a, b) steps. `x` and `y` are both given, since either may be too near 1 for the other to be known by it.

use statrs::function::gamma::ln_gamma;

/// t − ln(1 + t) with 1 + t = x/p, which is never negative.
fn excess(x: f64, p: f64) -> f64 {
    let t = (x - p) / p;
    if t.abs() > 0.1 {
        // Of a small x the quotient is accurate, and t is not.
        return t - (x / p).ln();
    }
    // t²/2 − t³/3 + t⁴/4 − ...
    let (mut power, mut sum, mut k) = (t * t, 0.0, 2.0);
    loop {
        let term = power / k;
        sum += term;
        if term.abs() <= 1e-17 * sum.abs() {
            return sum;
        }
        power *= -t;
        k += 1.0;
    }
}

/// p ln(p/x) + q ln(q/y) for p + q = x + y = 1, from parts that do not cancel.
pub(crate) fn divergence((p, q): (f64, f64), (x, y): (f64, f64)) -> f64 {
    let part = |p: f64, x: f64| if p == 0.0 { x } else { p * excess(x, p) };
    part(p, x) + part(q, y)
}

/// δ(z).
fn stirling_error(z: f64) -> f64 {
    if z < 15.0 {
        return ln_gamma(z) - ((z - 0.5) * z.ln() - z + 0.5 * (2.0 * std::f64::consts::PI).ln());
    }
    let inverse = 1.0 / (z * z);
    (1.0 / 12.0 - inverse * (1.0 / 360.0 - inverse * (1.0 / 1260.0 - inverse * (1.0 / 1680.0 - inverse / 1188.0)))) / z
}

/// A Beta distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Beta {
    a: f64,
    b: f64,
    /// √(a b / (2 π n)) e^{δ(n) − δ(a) − δ(b)}.
    front: f64,
}

impl Beta {
    /// Beta(a, b), for positive parameters.
    pub fn new(a: f64, b: f64) -> Beta {
        let n = a + b;
        let corrections = stirling_error(n) - stirling_error(a) - stirling_error(b);
        // The root is taken of factors apart, since their product may overflow.
        let front = (a / (2.0 * std::f64::consts::PI)).sqrt() * (b / n).sqrt() * corrections.exp();
        Beta { a, b, front }
    }

    /// xᵃ yᵇ / B(a, b).
    fn mass(&self, x: f64, y: f64) -> f64 {
        let n = self.a + self.b;
        self.front * (-n * divergence((self.a / n, self.b / n), (x, y))).exp()
    }

    /// The density at x, where y = 1 − x.
    pub fn density(&self, x: f64, y: f64) -> f64 {
        self.mass(x, y) / (x * y)
    }

    /// P(θ <= x) and P(θ > x), where y = 1 − x. The smaller of the two is relatively accurate.
    pub fn tails(&self, x: f64, y: f64) -> (f64, f64) {
        if x <= 0.0 {
            return (0.0, 1.0);
        }
        if y <= 0.0 {
            return (1.0, 0.0);
        }
        let Beta { a, b, .. } = *self;
        let mass = self.mass(x, y);
        if x < (a + 1.0) / (a + b + 2.0) {
            let below = (mass / fraction((a, b), (x, y))).min(1.0);
            (below, 1.0 - below)
        } else {
            let above = (mass / fraction((b, a), (y, x))).min(1.0);
            (1.0 - above, above)
        }
    }
}

/// The continued fraction K with P(θ <= x) = xᵃ yᵇ / (B(a, b) K), for x below the mean, by Lentz's method. Its terms are those of Didonato and Morris
/// (1992, "Algorithm 708", section 9), none of which cancels where a and b are far apart:
/// ```text
/// K = b₀ + a₁/(b₁ + a₂/(b₂ + ...)),   a_m = (a + m − 1)(a + b + m − 1) m (b − m) x² / (a + 2m − 1)²
/// b_m = m + m (b − m) x/(a + 2m − 1) + (a + m)(a y − b x + 1 + m (1 + y))/(a + 2m + 1)
/// ```
fn fraction((a, b): (f64, f64), (x, y): (f64, f64)) -> f64 {
    const TINY: f64 = f64::MIN_POSITIVE;
    let safe = |z: f64| if z.abs() < TINY { TINY } else { z };
    let ahead = a * y - b * x + 1.0;
    let mut value = safe(a * ahead / (a + 1.0));
    let (mut c, mut d) = (value, 0.0);
    for m in 1..10_000_000u64 {
        let m = m as f64;
        let odd = a + 2.0 * m - 1.0;
        let above = (a + m - 1.0) / odd * ((a + b + m - 1.0) * x) * (m * (b - m) * x / odd);
        let below = m + m * (b - m) * x / odd + (a + m) * (ahead + m * (1.0 + y)) / (a + 2.0 * m + 1.0);
        d = 1.0 / safe(below + above * d);
        c = safe(below + above / c);
        let change = c * d;
        value *= change;
        if (change - 1.0).abs() <= 2.0 * f64::EPSILON {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64, relative: f64) {
        assert!((found - expected).abs() <= relative * expected.abs(), "{found} instead of {expected}");
    }

    /// Powers, and symmetry, at all sizes.
    #[test]
    fn closed_forms_hold_at_any_size() {
        for a in [0.01, 0.5, 1.0, 3.0, 40.0, 1e3, 1e6, 1e8] {
            for y in [1e-9, 1e-3, 0.3, 0.9] {
                let x: f64 = 1.0 - y;
                // Beta(a, 1): P(θ <= x) = xᵃ.
                let power = (a * (-y).ln_1p()).exp();
                let tolerance = 1e-11 * (1.0 + a * y);
                let (below, above) = Beta::new(a, 1.0).tails(x, y);
                if power > 1e-290 {
                    assert!(
                        (below - power).abs() <= tolerance * power.max(1e-16 / tolerance),
                        "{a} {y}: {below} {power}"
                    );
                    close(Beta::new(a, 1.0).density(x, y), a * power / x, tolerance);
                }
                close(above, -(a * (-y).ln_1p()).exp_m1(), tolerance + 1e-15 / above.max(1e-300) * below.min(1.0));
            }
            let (below, above) = Beta::new(a, a).tails(0.5, 0.5);
            assert!((below - 0.5).abs() < 1e-9 && (above - 0.5).abs() < 1e-9, "{a}: {below}");
        }
    }

    /// Sums of binomial probabilities.
    #[test]
    fn whole_parameters_are_binomial_sums() {
        for (a, b) in [(1u32, 1u32), (2, 5), (20, 7), (150, 151), (290, 11)] {
            let n = a + b - 1;
            for x in [0.05f64, 0.4, 0.5, 0.93] {
                let term = |i: u32| {
                    let choose: f64 = (0..i).map(|k| (f64::from(n - k) / f64::from(k + 1)).ln()).sum();
                    (choose + f64::from(i) * x.ln() + f64::from(n - i) * (1.0 - x).ln()).exp()
                };
                let (below, above) = Beta::new(f64::from(a), f64::from(b)).tails(x, 1.0 - x);
                let sums: (f64, f64) = ((a..=n).map(term).sum(), (0..a).map(term).sum());
                if sums.0 < sums.1 { close(below, sums.0, 1e-10) } else { close(above, sums.1, 1e-10) }
            }
        }
    }

    /// Parameters that are far apart: of Beta(4, n) the upper tail at x = z/n is near that of a Gamma law, and exactly a binomial sum of four terms.
    #[test]
    fn parameters_far_apart_lose_no_digits() {
        for n in [1e5f64, 1e7, 1e9] {
            for z in [1.0, 4.0, 20.0] {
                let (x, trials) = (z / n, n + 3.0);
                // P(θ > x) = P(fewer than 4 successes of n + 3 trials).
                let none = (trials * (-x).ln_1p()).exp();
                let odds = x / (1.0 - x);
                let (mut term, mut sum) = (none, none);
                for i in 1..4 {
                    let i = f64::from(i);
                    term *= (trials - i + 1.0) / i * odds;
                    sum += term;
                }
                let (_, above) = Beta::new(4.0, n).tails(x, 1.0 - x);
                close(above, sum, 1e-12);
                let (below, _) = Beta::new(n, 4.0).tails(1.0 - x, x);
                close(below, sum, 1e-12);
            }
        }
    }

    /// The derivative of the tail is the density, and two standard deviations hold what a normal law says where n is large.
    #[test]
    fn large_parameters_are_nearly_normal() {
        for (a, b) in [(1e5, 1e5), (3e8, 7e8), (1e9, 1e9)] {
            let (n, law) = (a + b, Beta::new(a, b));
            let (mean, deviation) = (a / n, (a / n * (b / n) / (n + 1.0)).sqrt());
            let at = |z: f64| law.tails(mean + z * deviation, b / n - z * deviation);
            assert!((at(2.0).0 - at(-2.0).0 - 0.954_499_736).abs() < 3.0 / n.sqrt(), "{a} {b}");
            let slope = (at(0.5 + 1e-4).0 - at(0.5 - 1e-4).0) / (2e-4 * deviation);
            close(law.density(mean + 0.5 * deviation, b / n - 0.5 * deviation), slope, 1e-6);
        }
    }

    #[test]
    fn divergences_do_not_cancel() {
        // Near each other: d² / (2 p q).
        close(divergence((0.5, 0.5), (0.5 + 1e-9, 0.5 - 1e-9)), 2e-18, 1e-6);
        close(divergence((0.2, 0.8), (0.5, 0.5)), 0.2 * 0.4f64.ln() + 0.8 * 1.6f64.ln(), 1e-14);
        close(divergence((0.0, 1.0), (0.3, 0.7)), -0.7f64.ln(), 1e-14);
        close(divergence((1.0, 0.0), (0.3, 0.7)), -0.3f64.ln(), 1e-14);
        assert_eq!(divergence((0.3, 0.7), (0.0, 1.0)), f64::INFINITY);
        assert!(divergence((0.5, 0.5), (1.5, -0.5)).is_nan());
    }
}
