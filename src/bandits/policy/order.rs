//! Which of some Beta posteriors is the largest: what Thompson sampling and information-directed sampling are made of.

/// Largest sum of prior and counts for which logarithms of factorials are kept.
const LARGEST: usize = 4096;

/// Comparisons of two Beta variables with whole parameters.
#[derive(Debug, Clone)]
pub(super) struct WholePosteriors {
    /// ln n!.
    log_factorials: Vec<f64>,
}

impl WholePosteriors {
    /// For a prior of whole numbers below 4096, if it is one.
    pub fn new((a, b): (f64, f64)) -> Option<WholePosteriors> {
        let whole = |x: f64| x >= 1.0 && x.fract() == 0.0 && x < LARGEST as f64;
        if !(whole(a) && whole(b)) {
            return None;
        }
        let mut log_factorials = vec![0.0];
        for n in 1..LARGEST {
            log_factorials.push(log_factorials[n - 1] + (n as f64).ln());
        }
        Some(WholePosteriors { log_factorials })
    }

    /// ln Γ(x).
    fn log_gamma(&self, x: f64) -> f64 {
        self.log_factorials[x as usize - 1]
    }

    /// P(θ₁ > θ₂) for whole parameters, a sum over the least of the four: with i = a₁ - 1,
    ///
    /// ```text
    /// P = Σ_{j=0}^{i} t_j,   t_0 = B(a₂, b₁ + b₂)/B(a₂, b₂),   t_{j+1}/t_j = (a₂ + j)(b₁ + j)/((a₂ + b₁ + b₂ + j)(1 + j))
    /// ```
    /// and P(θ₁ > θ₂) = 1 - P(θ₂ > θ₁) = P(1 - θ₂ > 1 - θ₁) gives the other three sums. `None` if the parameters are too large.
    pub fn beats(&self, (a1, b1): (f64, f64), (a2, b2): (f64, f64)) -> Option<f64> {
        if a1 + b1 + a2 + b2 >= LARGEST as f64 {
            return None;
        }
        let sum = |a1: f64, b1: f64, a2: f64, b2: f64| {
            let first =
                self.log_gamma(b1 + b2) + self.log_gamma(a2 + b2) - self.log_gamma(a2 + b1 + b2) - self.log_gamma(b2);
            let mut term = first.exp();
            let mut sum = term;
            for j in 0..a1 as usize - 1 {
                let j = j as f64;
                term *= (a2 + j) * (b1 + j) / ((a2 + b1 + b2 + j) * (1.0 + j));
                sum += term;
            }
            sum
        };
        let least = a1.min(b1).min(a2).min(b2);
        Some(if a1 == least {
            sum(a1, b1, a2, b2)
        } else if b2 == least {
            sum(b2, a2, b1, a1)
        } else if a2 == least {
            1.0 - sum(a2, b2, a1, b1)
        } else {
            1.0 - sum(b1, a1, b2, a2)
        })
    }

    /// h = B(a₁ + a₂, b₁ + b₂)/(B(a₁, b₁) B(a₂, b₂)): one more success of the first raises P(θ₁ > θ₂) by h/a₁, of the second lowers it by h/a₂.
    pub fn by_a_success(&self, (a1, b1): (f64, f64), (a2, b2): (f64, f64)) -> f64 {
        let log_beta = |a: f64, b: f64| self.log_gamma(a) + self.log_gamma(b) - self.log_gamma(a + b);
        (log_beta(a1 + a2, b1 + b2) - log_beta(a1, b1) - log_beta(a2, b2)).exp()
    }
}

/// A place of [0, 1] and what it weighs in an integral: x = u^k / (u^k + (1 - u)^k), which has a large power k where densities have singularities.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub x: f64,
    /// 1 - x.
    pub y: f64,
    /// Weight times dx/du.
    pub weight: f64,
}

impl Node {
    /// At `u`, in (0, 1), where an integral over u weighs `weight`.
    pub fn at(u: f64, weight: f64, power: f64) -> Node {
        let (low, high) = (u.powf(power), (1.0 - u).powf(power));
        let (x, y) = (low / (low + high), high / (low + high));
        Node { x, y, weight: weight * power * x * y / (u * (1.0 - u)) }
    }
}

/// The power k under which Beta densities with parameters of at least these behave like u² at the ends.
pub(super) fn power((a, b): (f64, f64)) -> f64 {
    (3.0 / a.min(b)).clamp(3.0, 60.0)
}
