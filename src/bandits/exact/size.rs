//! How many beliefs there are.

use crate::{Error, Result};

/// Most beliefs that the exact recursion visits: two arms are dense, more are looked up.
pub const MOST_STATES: [f64; 2] = [2e9, 2e7];

/// Most arms, of which a belief keeps a list.
const MOST_ARMS: usize = 1_000_000;

/// Number of beliefs of `arms` exchangeable arms with fewer than `horizon` pulls in all, up to the order of the arms; of two arms the number that is
/// kept, with n₁ <= n₂ pulls in both orders of their successes. Infinite if it is more than a thousand times what is visited at most.
///
/// An arm with j pulls is in one of j + 1 states, so the number of multisets of at most K pulled arms with n pulls in all is the
/// coefficient of xⁿ in the terms y⁰..y^K of Π_j (1 - y x^j)^-(j+1).
pub fn num_states(arms: usize, horizon: usize) -> f64 {
    match arms {
        0 => return 1.0,
        1 => return 0.5 * horizon as f64 * (horizon as f64 + 1.0),
        2 => return two_arms(horizon),
        _ => {}
    }
    // Three arms over as many steps have more than a thousand times what is visited, and no more arms than steps are pulled.
    let horizon = horizon.min(1000);
    let arms = arms.min(horizon);
    if horizon == 0 {
        return 0.0;
    }
    // ways[k][n]: multisets of k pulled arms with n pulls.
    let most = horizon - 1;
    let mut ways = vec![vec![0.0_f64; most + 1]; arms + 1];
    ways[0][0] = 1.0;
    for j in 1..=most {
        for _ in 0..=j {
            for k in 1..=arms {
                for n in j..=most {
                    ways[k][n] += ways[k - 1][n - j];
                }
            }
            if ways.iter().flatten().sum::<f64>() > 1e3 * MOST_STATES[0] {
                return f64::INFINITY;
            }
        }
    }
    ways.iter().flatten().sum()
}

/// Σ over n < T of Σ_{f <= n/2} (f + 1)(n - f + 1), which is (m + 1)(4 m² + 11 m + 6)/6 for n = 2 m and (m + 1)(m + 2)(2 m + 3)/3 for n = 2 m + 1.
fn two_arms(horizon: usize) -> f64 {
    // Σ_{m < x} of m, m² and m³.
    let sums = |x: f64| {
        let first = 0.5 * x * (x - 1.0);
        (first, first * (2.0 * x - 1.0) / 3.0, first * first)
    };
    let (even, odd) = (horizon.div_ceil(2) as f64, (horizon / 2) as f64);
    let ((e1, e2, e3), (o1, o2, o3)) = (sums(even), sums(odd));
    (4.0 * e3 + 15.0 * e2 + 17.0 * e1 + 6.0 * even) / 6.0 + (2.0 * o3 + 9.0 * o2 + 13.0 * o1 + 6.0 * odd) / 3.0
}

/// Refuses what is too large, and says how large it is.
pub(super) fn check(arms: usize, horizon: usize) -> Result<()> {
    if arms == 0 {
        return Err(Error::Parameter { name: "arms", value: 0.0, expected: "at least 1" });
    }
    if horizon == 0 {
        return Err(Error::Parameter { name: "horizon", value: 0.0, expected: "at least 1" });
    }
    if arms > MOST_ARMS {
        let (value, expected) = (arms as f64, "at most 1000000");
        return Err(Error::Parameter { name: "arms", value, expected });
    }
    let (needed, most) = (num_states(arms, horizon), MOST_STATES[usize::from(arms > 2)]);
    if needed > most {
        let needed = if needed.is_finite() { format!("{needed:.2e}") } else { format!("more than {:.0e}", 1e3 * most) };
        let reason = format!(
            "{arms} arms over {horizon} steps have {needed} beliefs, and at most {most:.0e} are visited; take fewer arms or \
             steps, or simulate"
        );
        return Err(Error::NotApplicable { method: "the exact recursion over beliefs", reason });
    }
    Ok(())
}

/// Refuses what is no Beta prior.
pub(in crate::bandits) fn check_prior(prior: (f64, f64)) -> Result<()> {
    for (name, value) in [("prior a", prior.0), ("prior b", prior.1)] {
        if !(value > 0.0 && value <= 1e9) {
            return Err(Error::Parameter { name, value, expected: "positive and at most 1e9" });
        }
    }
    Ok(())
}

/// Refuses what is no posterior of such a prior.
pub(super) fn check_posterior(posterior: (f64, f64)) -> Result<()> {
    for (name, value) in [("posterior a", posterior.0), ("posterior b", posterior.1)] {
        if !(value > 0.0 && value <= 1e10) {
            return Err(Error::Parameter { name, value, expected: "positive and at most 1e10" });
        }
    }
    Ok(())
}

/// Refuses what is no discount.
pub(super) fn check_discount(discount: f64) -> Result<()> {
    if (0.0..1.0).contains(&discount) {
        return Ok(());
    }
    Err(Error::Parameter { name: "discount", value: discount, expected: "in [0, 1)" })
}

/// Refuses what is no probability.
pub(in crate::bandits) fn check_probability(name: &'static str, value: f64) -> Result<()> {
    if (0.0..=1.0).contains(&value) {
        return Ok(());
    }
    Err(Error::Parameter { name, value, expected: "in [0, 1]" })
}
