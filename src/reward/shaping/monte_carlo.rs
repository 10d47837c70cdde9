//! What shaping does to Monte-Carlo policy gradients: nothing to their mean.
//!
//! With `Φ = 0` at the end, the shaped return from step `t` on is `G_t − Φ(s_t)`, so that shaping is a baseline that depends on the state:
//! the expected gradient is the same, only its variance differs (Gupta et al. 2023 build on this). Here both are computed by
//! enumerating all episodes.

use super::potential::{Potential, check_discount};
use crate::mdp::{DecisionRule, Mdp, Policy};
use crate::{Error, Result};

/// Most episodes that are enumerated, and most steps of all of them together.
const MOST_EPISODES: usize = 2_000_000;
const MOST_STEPS: usize = 20_000_000;

/// Moments of the gradient estimate of one episode.
#[derive(Debug, Clone, PartialEq)]
pub struct GradientMoments {
    /// `E[g]`, one entry a choice, `[C]`: the gradient with respect to the logits of the softmax policy.
    pub mean: Vec<f64>,
    /// `E‖g − E g‖²`.
    pub variance: f64,
}

/// The mean and the total variance of `g = Σ_t γᵗ ∇ ln π(a_t|s_t) G_t` over episodes of `horizon` steps at most, for the softmax policy with
/// these logits, `[C]`; `G_t = Σ_{k ≥ t} γ^{k − t} (r_k + F_k)`, with the potential taken for 0 where the episode ends, by itself or at the horizon.
///
/// # Errors
/// Logits that are not one number a choice, a discount outside (0, 1], a potential for another number of states, or more than two million episodes or
/// twenty million steps.
pub fn reinforce_moments(
    mdp: &Mdp,
    logits: &[f64],
    gamma: f64,
    horizon: usize,
    potential: Option<&Potential>,
) -> Result<GradientMoments> {
    if logits.len() != mdp.num_choices() {
        let (found, expected) = (vec![logits.len()], vec![mdp.num_choices()]);
        return Err(Error::Shape { what: "the logits".into(), found, expected });
    }
    check_discount(gamma)?;
    potential.map_or(Ok(()), |potential| potential.check(mdp))?;
    let rule = DecisionRule::Stochastic(softmax_rows(mdp, logits));
    let policy = Policy::stationary(mdp, rule)?;
    let mut walk = Walk {
        mdp,
        policy: &policy,
        gamma,
        horizon,
        potential,
        steps: Vec::new(),
        mean: vec![0.0; logits.len()],
        square: 0.0,
        episodes: 0,
        walked: 0,
    };
    for &(s, p) in mdp.initial() {
        walk.from(s as usize, p)?;
    }
    let variance = (walk.square - walk.mean.iter().map(|x| x * x).sum::<f64>()).max(0.0);
    Ok(GradientMoments { mean: walk.mean, variance })
}

/// `exp(θ_c) / Σ exp(θ)` within each state, `[C]`.
fn softmax_rows(mdp: &Mdp, logits: &[f64]) -> Vec<f64> {
    let mut rows = vec![0.0; logits.len()];
    for s in 0..mdp.num_states() {
        let largest = mdp.choices(s).map(|c| logits[c]).fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = mdp.choices(s).map(|c| (logits[c] - largest).exp()).sum();
        mdp.choices(s).for_each(|c| rows[c] = (logits[c] - largest).exp() / total);
    }
    rows
}

/// The tree of episodes, walked depth first.
struct Walk<'a> {
    mdp: &'a Mdp,
    policy: &'a Policy,
    gamma: f64,
    horizon: usize,
    potential: Option<&'a Potential>,
    /// The steps so far.
    steps: Vec<Step>,
    mean: Vec<f64>,
    square: f64,
    episodes: usize,
    walked: usize,
}

/// A step: state, choice and shaped reward.
type Step = (usize, usize, f64);

/// Where a walk goes on.
struct Node {
    s: usize,
    /// Steps until there.
    depth: usize,
    probability: f64,
    /// The last of them.
    step: Option<Step>,
}

impl Walk<'_> {
    /// All episodes from `s`. The nodes still to be visited are on a list of its own, since the horizon may be longer than a stack is deep.
    fn from(&mut self, s: usize, probability: f64) -> Result<()> {
        let mut open = vec![Node { s, depth: 0, probability, step: None }];
        while let Some(Node { s, depth, probability, step }) = open.pop() {
            self.steps.truncate(depth.saturating_sub(1));
            self.steps.extend(step);
            if self.mdp.is_terminal(s) || depth == self.horizon {
                self.end(probability)?;
                continue;
            }
            let first = open.len();
            for c in self.mdp.choices(s) {
                let taken = probability * self.policy.rule(0).probability(s, c);
                for b in self.mdp.branch_range(c) {
                    let next = self.mdp.successors()[b] as usize;
                    let ends = self.mdp.is_terminal(next) || depth + 1 == self.horizon;
                    let shaping = self.potential.map_or(0.0, |potential| {
                        let there = if ends { 0.0 } else { potential.values()[next] };
                        self.gamma * there - potential.values()[s]
                    });
                    let step = Some((s, c, self.mdp.branch_reward(c, b) + shaping));
                    open.push(Node {
                        s: next,
                        depth: depth + 1,
                        probability: taken * self.mdp.probabilities()[b],
                        step,
                    });
                }
            }
            // In the order of choices and branches.
            open[first..].reverse();
        }
        Ok(())
    }

    /// Adds the estimate of the episode that ends here.
    fn end(&mut self, probability: f64) -> Result<()> {
        self.episodes += 1;
        self.walked = self.walked.saturating_add(self.steps.len());
        if self.episodes > MOST_EPISODES || self.walked > MOST_STEPS {
            let reason = format!(
                "there are more than {MOST_EPISODES} episodes, or {MOST_STEPS} steps of all of them; shorten the horizon"
            );
            return Err(Error::NotApplicable { method: "enumerating episodes", reason });
        }
        let mut gradient = vec![0.0; self.mean.len()];
        let mut gain = 0.0;
        for (t, &(s, c, reward)) in self.steps.iter().enumerate().rev() {
            gain = reward + self.gamma * gain;
            let weight = self.gamma.powi(t as i32) * gain;
            for d in self.mdp.choices(s) {
                let taken = f64::from(u8::from(c == d));
                gradient[d] += weight * (taken - self.policy.rule(0).probability(s, d));
            }
        }
        self.mean.iter_mut().zip(&gradient).for_each(|(mean, g)| *mean += probability * g);
        self.square += probability * gradient.iter().map(|g| g * g).sum::<f64>();
        Ok(())
    }
}
