//! Sampled returns of a tabular policy.

use rand::Rng;
use rayon::prelude::*;

use super::{Dynamics, PolicySampler, TableDynamics};
use crate::mdp::{Mdp, Policy};
use crate::rng::{self, Purpose};
use crate::{Error, Result};

/// What to sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RolloutOptions {
    /// Number of episodes.
    pub episodes: usize,
    /// Most steps of an episode.
    pub horizon: u64,
    /// Discount `γ` of the return `Σ_{t<T} γᵗ r_t`, in `(0, 1]`.
    pub discount: f64,
    /// Root seed; episode `i` draws from the stream `(seed, Evaluation, i)`.
    pub seed: u64,
}

/// Returns and lengths of the sampled episodes.
#[derive(Debug, Clone, PartialEq)]
pub struct Rollouts {
    /// Return of each episode, `[N]`.
    pub returns: Vec<f64>,
    /// Steps of each episode, `[N]`.
    pub lengths: Vec<u64>,
}

impl Rollouts {
    /// Mean return: an unbiased estimate of the policy's finite-horizon value.
    pub fn mean(&self) -> f64 {
        self.returns.iter().sum::<f64>() / self.returns.len() as f64
    }

    /// Standard error of the mean (0 for one episode).
    pub fn standard_error(&self) -> f64 {
        let n = self.returns.len() as f64;
        let mean = self.mean();
        let squares: f64 = self.returns.iter().map(|r| (r - mean) * (r - mean)).sum();
        (squares / (n - 1.0).max(1.0) / n).sqrt()
    }
}

/// Samples episodes of `policy` from the initial distribution, in parallel, with bytes that no thread count changes.
///
/// # Errors
/// No episode, a horizon of 0, a discount outside `(0, 1]`, a policy that does not fit the table or has fewer stages than the
/// horizon, or an initial state that is terminal.
///
/// ```
/// use tabrl::mdp::{MdpBuilder, Policy};
/// use tabrl::simulation::{RolloutOptions, rollout};
///
/// let mut builder = MdpBuilder::new(1);
/// builder.choice(0, 0, &[(1.0, 0, 1.0)]);
/// let mdp = builder.build()?;
/// let options = RolloutOptions { episodes: 3, horizon: 4, discount: 0.5, seed: 1 };
/// assert_eq!(rollout(&mdp, &Policy::uniform(&mdp), &options)?.returns, [1.875; 3]);
/// # Ok::<(), tabrl::Error>(())
/// ```
pub fn rollout(mdp: &Mdp, policy: &Policy, options: &RolloutOptions) -> Result<Rollouts> {
    let &RolloutOptions { episodes, horizon, discount, seed } = options;
    if episodes == 0 {
        return Err(Error::Parameter { name: "episodes", value: 0.0, expected: "at least 1" });
    }
    if horizon == 0 {
        return Err(Error::Parameter { name: "horizon", value: 0.0, expected: "at least 1" });
    }
    if !(discount > 0.0 && discount <= 1.0) {
        return Err(Error::Parameter { name: "discount", value: discount, expected: "in (0, 1]" });
    }
    let dynamics = TableDynamics::new(mdp)?;
    let policy = PolicySampler::new(mdp, policy, Some(horizon))?;
    let episode = |i: usize| {
        let mut random = rng::fast(seed, Purpose::Evaluation, i as u64);
        let mut state = dynamics.reset(random.next_u64());
        let (mut total, mut weight) = (0.0, 1.0);
        for t in 0..horizon {
            let choice = policy.choose(state, t, random.next_u64());
            let outcome = dynamics.step(state, choice, random.next_u64(), &mut ());
            total += weight * outcome.reward;
            weight *= discount;
            if outcome.terminal {
                return (total, t + 1);
            }
            state = outcome.next;
        }
        (total, horizon)
    };
    let (returns, lengths) = (0..episodes).into_par_iter().with_min_len(64).map(episode).unzip();
    Ok(Rollouts { returns, lengths })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mdp::{DecisionRule, MdpBuilder, evaluate_discounted, evaluate_finite};

    /// A random MDP: 8 states (7 is terminal), 1 to 3 actions, 12 branches a choice so that alias rows are used too.
    fn random_mdp(seed: u64) -> Mdp {
        let mut random = rng::fast(seed, Purpose::Generation, 0);
        let mut builder = MdpBuilder::new(8);
        for s in 0..7 {
            for a in 0..1 + rng::below(&mut random, 3) {
                let count = [2, 12][a % 2];
                let weight: Vec<f64> = (0..count).map(|_| rng::uniform(&mut random) + 1e-3).collect();
                let total: f64 = weight.iter().sum();
                let branches: Vec<(f64, usize, f64)> =
                    weight.iter().map(|w| (w / total, rng::below(&mut random, 8), rng::uniform(&mut random))).collect();
                builder.choice(s, a, &branches);
            }
        }
        builder.terminal(7).initial(0, 0.3).initial(3, 0.7);
        builder.build().unwrap()
    }

    #[test]
    fn monte_carlo_agrees_with_dynamic_programming() {
        for seed in 0..5 {
            let mdp = random_mdp(seed);
            let options = RolloutOptions { episodes: 20_000, horizon: 12, discount: 1.0, seed };
            let policy = Policy::uniform(&mdp);
            let sampled = rollout(&mdp, &policy, &options).unwrap();
            let exact = mdp.initial_value(&evaluate_finite(&mdp, &policy, 12).unwrap().values);
            assert!((sampled.mean() - exact).abs() < 4.5 * sampled.standard_error(), "seed {seed}");
            let sampled = rollout(&mdp, &policy, &RolloutOptions { discount: 0.7, horizon: 100, ..options }).unwrap();
            let exact = mdp.initial_value(&evaluate_discounted(&mdp, &policy, 0.7).unwrap().values);
            assert!((sampled.mean() - exact).abs() < 4.5 * sampled.standard_error(), "seed {seed}");
        }
    }

    #[test]
    fn a_time_indexed_policy_uses_its_stages() {
        let mut builder = MdpBuilder::new(1);
        builder.choice(0, 0, &[(1.0, 0, 1.0)]).choice(0, 1, &[(1.0, 0, 10.0)]);
        let mdp = builder.build().unwrap();
        let rules = [0, 1, 0].map(|c| DecisionRule::Deterministic(vec![c])).to_vec();
        let policy = Policy::time_indexed(&mdp, rules).unwrap();
        let options = RolloutOptions { episodes: 1, horizon: 3, discount: 1.0, seed: 0 };
        assert_eq!(rollout(&mdp, &policy, &options).unwrap().returns, [12.0]);
        let message = rollout(&mdp, &policy, &RolloutOptions { horizon: 4, ..options }).unwrap_err().to_string();
        assert!(message.contains("3 stages"), "{message}");
    }
}
