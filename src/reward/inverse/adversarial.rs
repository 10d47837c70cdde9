//! Adversarial imitation whose discriminator is made of policies.
//!
//! For whole episodes `τ`, the discriminator `D = π̃(τ) / (π̃(τ) + π_G(τ))`, with `π(τ) = Π_t π(a_t|s_t)`, is trained to tell the expert's from the
//! generator's; the law of motion cancels. Its loss is least at `π̃ = π_E`, whatever the generator of full support (Barde et al. 2020, ASAF).
//!
//! For single transitions, the best discriminator without further constraint has `π̃(a|s) = π_G(a|s) x_E(s, a) / x_G(s, a)`, with the occupancies
//! `x`. Its rows sum to `d_E(s) / d_G(s)`, and so to one only if both visit states alike: a policy put in its place is biased, until the generator is the
//! expert.

use super::check_length;
use crate::mdp::{Mdp, Policy};
use crate::{Error, Result};

/// Most nodes of the tree of episodes.
const MOST_NODES: usize = 20_000_000;

/// Where an episode has got to: the logarithms of the probability of its outcomes, and of its actions under expert, generator and candidate.
struct Node {
    s: usize,
    t: usize,
    law: f64,
    by: [f64; 3],
}

/// The loss `−E_E[ln D] − E_G[ln(1 − D)]` over episodes of `horizon` steps at most, by enumeration, where `D` is made of `candidate`. It is infinite if
/// the candidate never makes an episode that the expert and the generator do.
///
/// # Errors
/// More than twenty million steps to enumerate, a time-indexed policy with too few stages, or an episode that the expert makes and neither the candidate
/// nor the generator does: `D` is not defined there.
pub fn episode_loss(mdp: &Mdp, expert: &Policy, generator: &Policy, candidate: &Policy, horizon: usize) -> Result<f64> {
    let refused = |reason: String| Error::NotApplicable { method: "the loss of a discriminator of episodes", reason };
    let policies = [expert, generator, candidate];
    if let Some(stages) = policies.iter().filter_map(|policy| policy.stages()).find(|&stages| stages < horizon) {
        return Err(refused(format!("a policy has {stages} stages, but episodes have {horizon} steps")));
    }
    let start = mdp.initial().iter().map(|&(s, p)| Node { s: s as usize, t: 0, law: p.ln(), by: [0.0; 3] });
    // A list and not recursion: the horizon may be longer than a stack is deep.
    let mut open: Vec<Node> = start.collect();
    let (mut loss, mut nodes) = (0.0, 0);
    while let Some(Node { s, t, law, by }) = open.pop() {
        nodes += 1;
        if nodes > MOST_NODES {
            return Err(refused(format!("there are more than {MOST_NODES} steps to enumerate; shorten the horizon")));
        }
        if mdp.is_terminal(s) || t == horizon {
            let [expert, generator, candidate] = by;
            // −ln D = ln(1 + π_G / π̃), −ln(1 − D) = ln(1 + π̃ / π_G); what is not done has no share.
            let term = |doer: f64, odds: f64| {
                if doer == f64::NEG_INFINITY { 0.0 } else { (law + doer).exp() * soft_plus(odds) }
            };
            loss += term(expert, generator - candidate) + term(generator, candidate - generator);
            if loss.is_nan() {
                return Err(refused(
                    "the expert makes an episode that neither the candidate nor the generator makes".into(),
                ));
            }
            continue;
        }
        for c in mdp.choices(s) {
            let by: [f64; 3] = std::array::from_fn(|i| by[i] + policies[i].rule(t).probability(s, c).ln());
            // Neither of the doers gets there.
            if by[0] == f64::NEG_INFINITY && by[1] == f64::NEG_INFINITY {
                continue;
            }
            open.extend(mdp.branches(c).map(|(next, p)| Node { s: next, t: t + 1, law: law + p.ln(), by }));
        }
    }
    Ok(loss)
}

/// `ln(1 + eˣ)`.
fn soft_plus(x: f64) -> f64 {
    if x > 0.0 { x + (-x).exp().ln_1p() } else { x.exp().ln_1p() }
}

/// `π_G(a|s) x_E(s, a) / x_G(s, a)` of each choice, `[C]`, and 0 where the generator never is: the best discriminator of transitions, from the
/// occupancies of expert and generator, `[C]`.
///
/// # Errors
/// Occupancies that are not one number a choice.
pub fn transition_optimum(mdp: &Mdp, generator: &Policy, expert: &[f64], generated: &[f64]) -> Result<Vec<f64>> {
    check_length("the expert's occupancy", expert, mdp.num_choices())?;
    check_length("the generator's occupancy", generated, mdp.num_choices())?;
    let mut best = vec![0.0; mdp.num_choices()];
    for s in 0..mdp.num_states() {
        for c in mdp.choices(s).filter(|&c| generated[c] > 0.0) {
            best[c] = generator.rule(0).probability(s, c) * expert[c] / generated[c];
        }
    }
    Ok(best)
}
