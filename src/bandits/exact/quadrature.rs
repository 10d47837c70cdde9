//! Gauss–Legendre nodes, and the expected maximum of Beta variables.

use crate::numeric::beta::Beta;

/// Nodes and weights of Gauss–Legendre quadrature on `[0, 1]`, exact for polynomials of degree `2 nodes - 1`.
///
/// The nodes are the roots of the Legendre polynomial, by Newton's method from their asymptotic places.
pub fn gauss_legendre(nodes: usize) -> Vec<(f64, f64)> {
    let n = nodes as f64;
    (0..nodes)
        .map(|i| {
            let mut x = (std::f64::consts::PI * (i as f64 + 0.75) / (n + 0.5)).cos();
            let mut slope = 1.0;
            for _ in 0..100 {
                let (mut before, mut value) = (1.0, x);
                for k in 2..=nodes {
                    let k = k as f64;
                    (before, value) = (value, ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k);
                }
                slope = n * (x * value - before) / (x * x - 1.0);
                let step = value / slope;
                x -= step;
                if step.abs() < 1e-15 {
                    break;
                }
            }
            // Half of 2 / ((1 - x²) P'(x)²), since the interval has length 1.
            (0.5 * (1.0 - x), 1.0 / ((1.0 - x * x) * slope * slope))
        })
        .collect()
}

/// E\[max of `arms` independent Beta(a, b) variables\] = ∫ 1 - F(x)^K dx.
///
/// Panels are halved towards both ends, where F has a singularity if a or b is below 1, and are no wider than the law around its mean.
pub fn expected_maximum(prior: (f64, f64), arms: usize) -> f64 {
    let law = Beta::new(prior.0, prior.1);
    let mean = prior.0 / (prior.0 + prior.1);
    let deviation = (mean * (1.0 - mean) / (prior.0 + prior.1 + 1.0)).sqrt();
    // 1 - F(x)^K, with y = 1 - x.
    let above = |x: f64, y: f64| {
        let (below, above) = law.tails(x, y);
        let log_below = if above < 0.5 { (-above).ln_1p() } else { below.ln() };
        -(arms as f64 * log_below).exp_m1()
    };
    let nodes = gauss_legendre(16);
    let between = |from: f64, to: f64, f: &dyn Fn(f64) -> f64| -> f64 {
        nodes.iter().map(|(u, w)| w * (to - from) * f(from + u * (to - from))).sum()
    };
    // Up to 1/2 by x, and from there by y.
    let half = |centre: f64, f: &dyn Fn(f64) -> f64| -> f64 {
        let halved = (1..=100).map(|i| 0.5f64.powi(i));
        let around = (-40..=40).map(|i| centre + 0.5 * f64::from(i) * deviation);
        let mut marks: Vec<f64> = halved.chain(around).chain([0.0]).filter(|x| (0.0..=0.5).contains(x)).collect();
        marks.sort_by(f64::total_cmp);
        marks.windows(2).map(|pair| between(pair[0], pair[1], f)).sum()
    };
    half(mean, &|x| above(x, 1.0 - x)) + half(1.0 - mean, &|y| above(1.0 - y, y))
}

/// E max(θ, λ) of a Beta(a, b) variable θ: λ F_{a,b}(λ) + a/(a + b) (1 - F_{a+1,b}(λ)).
pub(super) fn expected_above((a, b): (f64, f64), lambda: f64) -> f64 {
    let (below, _) = Beta::new(a, b).tails(lambda, 1.0 - lambda);
    let (_, above) = Beta::new(a + 1.0, b).tails(lambda, 1.0 - lambda);
    lambda * below + a / (a + b) * above
}
