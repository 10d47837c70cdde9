//! Inner maximisation: the most that `p · v` can be for distributions `p` near an empirical one.
//!
//! ```text
//! l1         ‖p − p̂‖₁ ≤ β                    move β/2 to the best outcome, off the worst ones           (Jaksch et al. 2010)
//! boxed      |p_i − p̂_i| ≤ β_i               start at the lower ends, fill up the best first            (Bernstein's UCRL)
//! kl         KL(p̂ ‖ p) ≤ β                   p_i ∝ p̂_i / (ν − v_i), with mass on an unseen best outcome  (Filippi et al. 2010)
//! ```
//! Each changes the probabilities in place. The outcomes must be sorted from the best to the worst ([`sort`]): passing `−v` with
//! the order reversed minimises. Outcomes that have probability 0 may be left out, except the best of all.

/// An outcome with its probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// Which one it is.
    pub index: u32,
    /// What it is worth.
    pub value: f64,
    /// Its probability.
    pub p: f64,
}

/// Sorts outcomes from the best to the worst; equals by index.
pub fn sort(outcomes: &mut [Outcome]) {
    outcomes.sort_unstable_by(|a, b| b.value.total_cmp(&a.value).then(a.index.cmp(&b.index)));
}

/// `Σ p v`.
pub fn mean(outcomes: &[Outcome]) -> f64 {
    outcomes.iter().map(|outcome| outcome.p * outcome.value).sum()
}

/// Maximises over `‖p − p̂‖₁ ≤ radius`.
pub fn l1(outcomes: &mut [Outcome], radius: f64) {
    let Some(best) = outcomes.first_mut() else { return };
    let mut excess = (radius / 2.0).min(1.0 - best.p).max(0.0);
    best.p += excess;
    for worst in outcomes[1..].iter_mut().rev() {
        let moved = worst.p.min(excess);
        worst.p -= moved;
        excess -= moved;
        if excess <= 0.0 {
            break;
        }
    }
}

/// Maximises over `|p_i − p̂_i| ≤ radius(i)`, `i` the outcome's index. What is left out has radius 0.
pub fn boxed(outcomes: &mut [Outcome], radius: impl Fn(&Outcome) -> f64) {
    let mut left = 1.0;
    for outcome in outcomes.iter() {
        left -= (outcome.p - radius(outcome)).max(0.0);
    }
    for outcome in outcomes.iter_mut() {
        let radius = radius(outcome);
        let low = (outcome.p - radius).max(0.0);
        let more = (outcome.p + radius - low).min(left).max(0.0);
        outcome.p = low + more;
        left -= more;
    }
}

/// Maximises over `KL(p̂ ‖ p) ≤ radius`.
///
/// With `f(ν) = Σ p̂ ln(ν − v) + ln Σ p̂ / (ν − v)`, which falls from `∞` to 0 for `ν` above the best seen value, the maximiser is
/// `p ∝ p̂ / (ν − v)` at the `ν` where `f = radius`; if the best outcome is unseen and `f` is below the radius at its value, then
/// `ν` is that value and the best outcome has probability `1 − exp(f(ν) − radius)`.
pub fn kl(outcomes: &mut [Outcome], radius: f64) {
    let Some(&best) = outcomes.first() else { return };
    let Some(seen) = outcomes.iter().find(|outcome| outcome.p > 0.0).map(|outcome| outcome.value) else { return };
    let worst = outcomes.iter().rev().find(|outcome| outcome.p > 0.0).map_or(seen, |outcome| outcome.value);
    if radius <= 0.0 || best.value <= worst {
        return;
    }
    let f = |nu: f64| {
        let (mut logs, mut inverses) = (0.0, 0.0);
        for outcome in outcomes.iter().filter(|outcome| outcome.p > 0.0) {
            logs += outcome.p * (nu - outcome.value).ln();
            inverses += outcome.p / (nu - outcome.value);
        }
        logs + inverses.ln()
    };
    let (mut nu, mut unseen) = (best.value, 0.0);
    if best.value > seen && f(best.value) < radius {
        unseen = 1.0 - (f(best.value) - radius).exp();
    } else {
        // f(seen + t) falls in t: bracket the root, then bisect in ln t.
        let spread = seen - worst;
        let (mut low, mut high) = (1e-14 * (best.value - worst), (best.value - worst).max(spread));
        while f(seen + high) > radius {
            high *= 2.0;
            if high > 1e18 * (best.value - worst) {
                return;
            }
        }
        for _ in 0..100 {
            let middle = (low * high).sqrt();
            if f(seen + middle) > radius { low = middle } else { high = middle }
        }
        nu = seen + high;
    }
    let mut sum = 0.0;
    for outcome in outcomes.iter_mut().filter(|outcome| outcome.p > 0.0) {
        outcome.p /= nu - outcome.value;
        sum += outcome.p;
    }
    outcomes.iter_mut().for_each(|outcome| outcome.p *= (1.0 - unseen) / sum);
    outcomes[0].p += unseen;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{self, Purpose, uniform};

    /// Runs `change` on sorted outcomes; the probabilities in the given order.
    fn after(p: &[f64], v: &[f64], change: impl Fn(&mut [Outcome])) -> Vec<f64> {
        let outcome = |(i, (&p, &value)): (usize, (&f64, &f64))| Outcome { index: i as u32, value, p };
        let mut outcomes: Vec<Outcome> = p.iter().zip(v).enumerate().map(outcome).collect();
        sort(&mut outcomes);
        change(&mut outcomes);
        let mut result = vec![0.0; p.len()];
        outcomes.iter().for_each(|outcome| result[outcome.index as usize] = outcome.p);
        result
    }

    fn close(found: &[f64], expected: &[f64]) {
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?} {expected:?}");
    }

    /// Vectors of public UCRL code.
    #[test]
    fn l1_vectors() {
        let (p, v) = ([0.2, 0.7, 0.1], [10.0, 4.0, 32.0]);
        close(&after(&p, &v, |o| l1(o, 0.1)), &[0.2, 0.65, 0.15]);
        close(&after(&p, &v, |o| l1(o, 2.0)), &[0.0, 0.0, 1.0]);
        let (p, v) = ([0.2, 0.7, 0.1, 0.0], [10.0, 4.0, 32.0, 122.0]);
        close(&after(&p, &v, |o| l1(o, 0.5)), &[0.2, 0.45, 0.1, 0.25]);
        close(&after(&p, &v, |o| l1(o, 1.0)), &[0.2, 0.2, 0.1, 0.5]);
        // Minimising is maximising the negative.
        close(&after(&[0.2, 0.7, 0.1], &[-10.0, -4.0, -32.0], |o| l1(o, 0.1)), &[0.2, 0.75, 0.05]);
    }

    #[test]
    fn box_vectors() {
        close(&after(&[0.2, 0.7, 0.1], &[10.0, 4.0, 32.0], |o| boxed(o, |_| 0.1)), &[0.2, 0.6, 0.2]);
        let (p, v) = ([0.2, 0.7, 0.1, 0.0], [10.0, 4.0, 32.0, 122.0]);
        close(&after(&p, &v, |o| boxed(o, |_| 0.5)), &[0.0, 0.2, 0.3, 0.5]);
    }

    fn divergence(p: &[f64], q: &[f64]) -> f64 {
        p.iter().zip(q).filter(|&(&p, _)| p > 0.0).map(|(&p, &q)| p * (p / q).ln()).sum()
    }

    /// With two outcomes the constraint alone decides: found by bisection.
    #[test]
    fn kl_of_two_outcomes() {
        for (p, radius) in [(0.3, 0.1), (0.9, 0.01), (0.5, 2.0), (0.02, 1e-6)] {
            let found = after(&[p, 1.0 - p], &[7.0, -2.0], |o| kl(o, radius));
            let (mut low, mut high) = (p, 1.0);
            for _ in 0..200 {
                let q = 0.5 * (low + high);
                if divergence(&[p, 1.0 - p], &[q, 1.0 - q]) > radius { high = q } else { low = q }
            }
            assert!((found[0] - low).abs() < 1e-9, "{p} {radius}: {found:?} {low}");
        }
        // An unseen best outcome next to one sure outcome: KL = −ln(1 − q), so q = 1 − e^{−β}.
        close(&after(&[0.0, 1.0], &[1.0, 0.0], |o| kl(o, 0.4)), &[1.0 - (-0.4f64).exp(), (-0.4f64).exp()]);
    }

    /// Random problems: feasible, and no random feasible distribution is better.
    #[test]
    fn each_is_feasible_and_best() {
        let mut rng = rng::fast(3, Purpose::Generation, 0);
        for trial in 0..300 {
            let n = 2 + trial % 4;
            let mut draw = |zeros: bool, n: usize| -> Vec<f64> {
                let mut p: Vec<f64> = (0..n).map(|_| -(1.0 - uniform(&mut rng)).ln()).collect();
                if zeros {
                    p[0] = 0.0;
                }
                let sum: f64 = p.iter().sum();
                p.iter_mut().for_each(|p| *p /= sum);
                p
            };
            let (p, v, others) =
                (draw(trial % 3 == 0, n), draw(false, n), [draw(false, n), draw(false, n), draw(false, n)]);
            let radius = [0.02, 0.3, 1.1][trial % 3];
            let worth = |p: &[f64]| -> f64 { p.iter().zip(&v).map(|(p, v)| p * v).sum() };
            type Distance = fn(&[f64], &[f64]) -> f64;
            let sets: [(Vec<f64>, Distance); 3] = [
                (after(&p, &v, |o| l1(o, radius)), |p, q| p.iter().zip(q).map(|(p, q)| (p - q).abs()).sum()),
                (after(&p, &v, |o| boxed(o, |_| radius)), |p, q| {
                    p.iter().zip(q).map(|(p, q)| (p - q).abs()).fold(0.0, f64::max)
                }),
                (after(&p, &v, |o| kl(o, radius)), divergence),
            ];
            for (kind, (best, distance)) in sets.iter().enumerate() {
                assert!(
                    (best.iter().sum::<f64>() - 1.0).abs() < 1e-9 && best.iter().all(|&p| p >= 0.0),
                    "{kind} {best:?}"
                );
                assert!(distance(&p, best) <= radius + 1e-9, "{kind}: {p:?} {best:?}");
                for other in &others {
                    // As far towards the other distribution as the radius allows.
                    let mixed = |t: f64| p.iter().zip(other).map(|(p, q)| p + t * (q - p)).collect::<Vec<f64>>();
                    let (mut low, mut high) = (0.0, 1.0);
                    for _ in 0..60 {
                        let t = 0.5 * (low + high);
                        if distance(&p, &mixed(t)) > radius { high = t } else { low = t }
                    }
                    assert!(worth(&mixed(low)) <= worth(best) + 1e-9, "{kind}: {p:?} {v:?} {radius}");
                }
            }
        }
    }
}
