//! Three finite classes in which what MEX does can be worked out by hand.

use crate::Result;
use crate::mdp::{Mdp, MdpBuilder};

/// A bandit of one step whose arms pay 1 with the probabilities `means`: state 0, then won (1) or lost (2). A reward is a transition,
/// so that the likelihood of transitions sees it.
///
/// # Errors
/// A mean outside `[0, 1]`.
pub fn bandit(means: &[f64]) -> Result<Mdp> {
    let mut builder = MdpBuilder::new(3);
    for (a, &mean) in means.iter().enumerate() {
        builder.choice(0, a, &[(mean, 1, 1.0), (1.0 - mean, 2, 0.0)]);
    }
    builder.terminal(1).terminal(2).build()
}

/// Closed identifiability: arm 0 has mean 0.5, arm 1 has mean 0.4 or 0.9. Playing arm 0 says nothing about arm 1. The bad world comes
/// first.
///
/// # Errors
/// None with these numbers.
pub fn pair() -> Result<Vec<Mdp>> {
    Ok(vec![bandit(&[0.5, 0.4])?, bandit(&[0.5, 0.9])?])
}

/// The guessing game: `n` arms of which one pays 1, and one model for each.
///
/// # Errors
/// None with these numbers.
pub fn guessing(n: usize) -> Result<Vec<Mdp>> {
    let means = |right: usize| (0..n).map(move |a| f64::from(u8::from(a == right))).collect::<Vec<_>>();
    (0..n).map(|right| bandit(&means(right))).collect()
}

/// Combination locks with `digits` binary digits, one model for each of the `2^digits` codes (bit `s` is the right action of state
/// `s`): a right action leads on, a wrong one back to 0 with the expected reward `wrong`; the open lock pays 1 a step.
///
/// # Errors
/// None with these numbers.
pub fn locks(digits: usize, wrong: f64) -> Result<Vec<Mdp>> {
    (0..1usize << digits)
        .map(|code| {
            let mut builder = MdpBuilder::new(digits + 1);
            for s in 0..digits {
                let right = (code >> s) & 1;
                builder.choice(s, right, &[(1.0, s + 1, 0.0)]).choice(s, 1 - right, &[(1.0, 0, wrong)]);
            }
            builder.choice(digits, 0, &[(1.0, digits, 1.0)]).choice(digits, 1, &[(1.0, digits, 1.0)]).build()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::{RegretOptions, Setup, run};
    use super::super::finite::{FiniteMex, Selection};
    use super::*;
    use crate::learning::EvaluationPoints;

    /// The regret, its mean over the last tenth of the episodes, and the optimal value.
    fn play(
        (models, truth): (&[Mdp], &Mdp),
        (horizon, episodes): (usize, u64),
        selection: Selection,
        seed: u64,
    ) -> (f64, f64, f64) {
        let setup = Setup { mdp: truth, horizon, episodes, reward_range: (0.0, 1.0), seed };
        let mut agent = FiniteMex::new(&setup, models, selection).unwrap();
        let curve = run(&setup, &mut agent, &RegretOptions { points: EvaluationPoints::Even(1) }).unwrap();
        assert!(curve.least_optimism.is_none_or(|least| least > -1e-9));
        (curve.total(), curve.late, curve.optimal)
    }

    /// The probability that arm 1 of the pair, of mean `theta`, is left within 200 pulls, and the mean number of pulls until then:
    /// exactly, over the number of times it paid. It is pulled while `0.4 ≥ η/2 · log-likelihood ratio`.
    fn exactly(theta: f64, eta: f64) -> (f64, f64) {
        let mut paid = vec![1.0f64];
        let (mut left, mut pulls) = (0.0, 0.0);
        for t in 0..200 {
            let mut next = vec![0.0; t + 2];
            for (wins, p) in paid.iter().enumerate() {
                let ratio = wins as f64 * (0.4f64 / 0.9).ln() + (t - wins) as f64 * (0.6f64 / 0.1).ln();
                if 0.5 * eta * ratio > 0.4 {
                    left += p;
                } else {
                    pulls += p;
                    next[wins + 1] += p * theta;
                    next[wins] += p * (1.0 - theta);
                }
            }
            paid = next;
        }
        (left, pulls)
    }

    /// `mex.md` section 2.1 (a), 2000 seeds in the bad world: arm 1 costs 0.1 a pull, so pulls are ten times the regret. The source's
    /// price is for half the log-likelihood.
    #[test]
    fn the_bad_world_is_left_after_as_many_pulls_as_the_price_says() {
        let models = pair().unwrap();
        for (eta, pulls, tolerance) in [(0.05, 22.43, 1.0), (0.1, 11.61, 1.0), (0.2, 6.57, 0.6), (0.5, 2.76, 0.3)] {
            let selection = Selection::Price(0.5 * eta);
            let total: f64 = (0..2000).map(|seed| play((&models, &models[0]), (1, 200), selection, seed).0).sum();
            let (mean, exact) = (total / 2000.0 / 0.1, exactly(0.4, eta).1);
            assert!((mean - pulls).abs() < tolerance && (exact - pulls).abs() < tolerance, "{eta}: {mean} {exact}");
            assert!((mean - exact).abs() < 0.05 * exact, "{eta}: {mean} {exact}");
            // Without overshoot the ratio would grow by kl(0.4‖0.9) a pull and stop at its limit.
            let kl = 0.4 * (0.4f64 / 0.9).ln() + 0.6 * 6f64.ln();
            assert!((kl - 0.7507).abs() < 1e-4 && 0.4 / (0.5 * eta * kl) < exact, "{kl}");
        }
    }

    /// In the good world a small price hardly ever abandons arm 1 (with probability at most `exp(−0.8 / η)`, by Ville's inequality; the
    /// source saw it in 0 of 1000 runs at 0.1), a large one does in more than a tenth of the runs.
    #[test]
    fn a_large_price_abandons_the_good_arm() {
        let models = pair().unwrap();
        for (eta, source) in [(0.1, 0.0), (0.5, 0.155), (2.0, 0.237)] {
            let exact = exactly(0.9, eta).0;
            assert!(exact <= f64::exp(-0.8 / eta) && (exact - source).abs() < 0.03, "{eta}: {exact}");
            let late = |seed| play((&models, &models[1]), (1, 200), Selection::Price(0.5 * eta), seed).1;
            let abandoned = (0..1000).filter(|&seed| late(seed) > 0.39).count() as f64;
            let deviation = (1000.0 * exact * (1.0 - exact)).sqrt();
            assert!((abandoned - 1000.0 * exact).abs() < 4.0 * deviation.max(0.5), "{eta}: {abandoned} {exact}");
        }
    }

    #[test]
    fn maximum_likelihood_with_an_unlucky_tie_never_tries_the_good_arm() {
        let models = pair().unwrap();
        let (regret, ..) = play((&models, &models[1]), (1, 500), Selection::PessimisticLikelihood, 0);
        assert!((regret - 0.4 * 500.0).abs() < 1e-9, "{regret}");
    }

    /// `mex.md` section 2.1 (b): every failed episode reveals a digit, so the regret is at most `L V* = 18`. The source's mean of 8.41 is
    /// that of policies that dial the code to the end: `½ Σ_j (3 − 0.05 ⌊9/(j+1)⌋) = 8.5` in expectation, had by a class in which a
    /// wrong digit costs. Policies that are optimal with its reward dial wrong digits on purpose in the last steps, where the lock
    /// cannot be opened any more; that reveals further digits, and costs less.
    #[test]
    fn every_lock_is_opened_within_as_many_failures_as_digits() {
        let truths = locks(6, 0.05).unwrap();
        let mut means = [0.0; 2];
        for (mean, class) in means.iter_mut().zip([locks(6, -0.05).unwrap(), truths.clone()]) {
            for (code, truth) in truths.iter().enumerate() {
                let (regret, late, optimal) = play((&class, truth), (9, 30), Selection::Price(0.01), code as u64);
                assert!((optimal - 3.0).abs() < 1e-12 && late == 0.0);
                assert!(regret <= 18.0, "{code}: {regret}");
                *mean += regret / 64.0;
            }
        }
        assert!((means[0] - 8.41).abs() < 1.0 && means[1] < means[0] - 0.5, "{means:?}");
    }

    #[test]
    fn guessing_fails_at_most_once_for_each_wrong_arm() {
        let models = guessing(7).unwrap();
        for (seed, truth) in models.iter().enumerate() {
            let (regret, late, _) = play((&models, truth), (1, 20), Selection::Price(1.0), 3 * seed as u64);
            assert!(regret <= 6.0 && late == 0.0, "{seed}: {regret}");
        }
    }
}
