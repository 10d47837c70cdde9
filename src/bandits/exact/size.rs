//! How many beliefs there are.

use crate::{Error, Result};

/// Most beliefs that the exact recursion visits: two arms are dense, more are looked up.
pub const MOST_STATES: [f64; 2] = [2e9, 2e7];

/// Number of beliefs of `arms` exchangeable arms with fewer than `horizon` pulls in all, up to the order of the arms.
///
/// An arm with j pulls is in one of j + 1 states, so the number of multisets of at most K pulled arms with n pulls in all is the
/// coefficient of xⁿ in the terms y⁰..y^K of Π_j (1 - y x^j)^-(j+1).
pub fn num_states(arms: usize, horizon: usize) -> f64 {
    // Beyond this it is hopeless anyway, and the count below would take its time.
    let (horizon, arms) = (horizon.min(2000), arms.min(horizon));
    if arms <= 2 {
        let layer = |n: usize| (0..=n / 2).map(|first| (first as f64 + 1.0) * ((n - first) as f64 + 1.0)).sum::<f64>();
        return (0..horizon).map(|n| if arms == 1 { n as f64 + 1.0 } else { layer(n) }).sum();
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

/// Refuses what is too large, and says how large it is.
pub(super) fn check(arms: usize, horizon: usize) -> Result<()> {
    if arms == 0 {
        return Err(Error::Parameter { name: "arms", value: 0.0, expected: "at least 1" });
    }
    if horizon == 0 {
        return Err(Error::Parameter { name: "horizon", value: 0.0, expected: "at least 1" });
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
