//! How much a vector of values differs between states.

/// `sp(v) = max_s v(s) − min_s v(s)`, of a value or a bias `v` of shape `[S]` (0 if it is empty; infinite or NaN as its
/// entries are).
///
/// Values and biases are told apart by differences alone in the long run: the span of the optimal bias is at most the
/// diameter times the range of the rewards (Bartlett and Tewari 2009), and so is that of the optimal
/// discounted value, for every discount.
pub fn span(v: &[f64]) -> f64 {
    if v.is_empty() {
        return 0.0;
    }
    if v.iter().any(|x| x.is_nan()) {
        return f64::NAN;
    }
    let (low, high) = v.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &x| (low.min(x), high.max(x)));
    high - low
}

#[cfg(test)]
mod tests {
    use super::super::diameter;
    use super::super::testing::communicating;
    use super::*;
    use crate::planning::{Criterion, SolveOptions, solve};

    #[test]
    fn of_numbers() {
        assert_eq!(span(&[1.0, -2.0, 0.5]), 3.0);
        assert_eq!(span(&[]), 0.0);
        assert_eq!(span(&[f64::INFINITY, 0.0]), f64::INFINITY);
        assert!(span(&[1.0, f64::NAN, 2.0]).is_nan());
    }

    #[test]
    fn the_optimal_value_spans_at_most_the_diameter_times_the_rewards() {
        for seed in 0..20 {
            let mdp = communicating(6, 2, seed);
            let (low, high) = mdp.reward_range();
            let most = diameter(&mdp, &SolveOptions::default()).unwrap().upper * (high - low);
            for gamma in [0.5, 0.9, 0.999] {
                let solution = solve(&mdp, Criterion::Discounted { gamma }, &SolveOptions::default()).unwrap();
                let spanned = span(&solution.values);
                assert!(spanned <= most + 1e-5, "{spanned} > {most}");
                assert!(spanned > 0.0);
            }
        }
    }
}
