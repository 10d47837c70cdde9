//! Gauss–Legendre nodes, and the expected maximum of Beta variables.

use statrs::function::beta::beta_reg;

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
/// The substitution x = 10u³ - 15u⁴ + 6u⁵ smooths the ends, where F has a singularity if a or b is below 1.
pub fn expected_maximum(prior: (f64, f64), arms: usize) -> f64 {
    const PANELS: usize = 64;
    let nodes = gauss_legendre(16);
    let mut sum = 0.0;
    for panel in 0..PANELS {
        for &(node, weight) in &nodes {
            let u = (panel as f64 + node) / PANELS as f64;
            let x = u * u * u * (10.0 - 15.0 * u + 6.0 * u * u);
            let slope = 30.0 * u * u * (1.0 - u) * (1.0 - u);
            sum += weight / PANELS as f64
                * slope
                * (1.0 - beta_reg(prior.0, prior.1, x.clamp(0.0, 1.0)).powi(arms as i32));
        }
    }
    sum
}
