//! Adversarial imitation whose discriminator is made of policies.
//!
//! For whole episodes `τ`, the discriminator `D = π̃(τ) / (π̃(τ) + π_G(τ))`, with `π(τ) = Π_t π(a_t|s_t)`, is trained to tell the expert's from the
//! generator's; the law of motion cancels. Its loss is least at `π̃ = π_E`, whatever the generator of full support (Barde et al. 2020, ASAF).
//!
//! For single transitions, the best discriminator without further constraint has `π̃(a|s) = π_G(a|s) x_E(s, a) / x_G(s, a)`, with the occupancies
//! `x`. Its rows sum to `d_E(s) / d_G(s)`, and so to one only if both visit states alike: a policy put in its place is biased, until the generator is the
//! expert.

use crate::mdp::{Mdp, Policy};
use crate::{Error, Result};

/// Most episodes that are enumerated.
const MOST_EPISODES: usize = 2_000_000;

/// The loss `−E_E[ln D] − E_G[ln(1 − D)]` over episodes of `horizon` steps at most, by enumeration, where `D` is made of `candidate`.
///
/// # Errors
/// More than two million episodes. Episodes that the candidate or the generator never produces, but the expert does, make the loss infinite.
pub fn episode_loss(mdp: &Mdp, expert: &Policy, generator: &Policy, candidate: &Policy, horizon: usize) -> Result<f64> {
    let mut walk = Walk { mdp, policies: [expert, generator, candidate], horizon, loss: 0.0, episodes: 0 };
    for &(s, p) in mdp.initial() {
        walk.from(s as usize, 0, p, [1.0; 3])?;
    }
    Ok(walk.loss)
}

/// `π_G(a|s) x_E(s, a) / x_G(s, a)` of each choice, `[C]`, and 0 where the generator never is: the best discriminator of transitions.
pub fn transition_optimum(mdp: &Mdp, generator: &Policy, expert: &[f64], generated: &[f64]) -> Vec<f64> {
    let mut best = vec![0.0; mdp.num_choices()];
    for s in 0..mdp.num_states() {
        for c in mdp.choices(s).filter(|&c| generated[c] > 0.0) {
            best[c] = generator.rule(0).probability(s, c) * expert[c] / generated[c];
        }
    }
    best
}

struct Walk<'a> {
    mdp: &'a Mdp,
    policies: [&'a Policy; 3],
    horizon: usize,
    loss: f64,
    episodes: usize,
}

impl Walk<'_> {
    /// `law` is the probability of the outcomes so far, `by` that of the actions under each policy.
    fn from(&mut self, s: usize, t: usize, law: f64, by: [f64; 3]) -> Result<()> {
        if self.mdp.is_terminal(s) || t == self.horizon {
            self.episodes += 1;
            if self.episodes > MOST_EPISODES {
                let reason = format!("there are more than {MOST_EPISODES} episodes; shorten the horizon");
                return Err(Error::NotApplicable { method: "enumerating episodes", reason });
            }
            let [expert, generator, candidate] = by;
            let term = |weight: f64, share: f64| if weight > 0.0 { -law * weight * share.ln() } else { 0.0 };
            self.loss += term(expert, candidate / (candidate + generator));
            self.loss += term(generator, generator / (candidate + generator));
            return Ok(());
        }
        for c in self.mdp.choices(s) {
            let taken: [f64; 3] = std::array::from_fn(|i| by[i] * self.policies[i].rule(t).probability(s, c));
            for b in self.mdp.branch_range(c) {
                let next = self.mdp.successors()[b] as usize;
                self.from(next, t + 1, law * self.mdp.probabilities()[b], taken)?;
            }
        }
        Ok(())
    }
}
