//! Rewards for an agent that plans only a few steps ahead.
//!
//! The agent plans to depth `D` and acts on what it sees:
//! ```text
//! Q^1 = r,   Q^d = r + γ P M Q^{d−1},   π(a|s) ∝ exp(κ Q^D(s, a)),      M = max_a, or the soft maximum
//! ```
//! What its behaviour is worth in the reward that counts has the exact gradient, backwards through the plan,
//! ```text
//! λ_D = κ d π A_u,    λ_{d−1}(s', b) = β_{d−1}(b|s') γ Σ_{s,a} λ_d(s, a) P(s'|s, a),    ∂F/∂r = Σ_d λ_d
//! ```
//! with `β` the branch that the maximum took (the first one among equals), or the softmax. A reward that adds what lies beyond the
//! horizon makes up for a short plan: with `r = r_p + γ P V* − V*` one step is enough as `κ → ∞`. For an agent
//! without limits nothing beats `r_p` then.
//!
//! Source: Sorg, Singh and Lewis 2010 (PGRD); Singh, Lewis and Barto 2009. The gradient here is the expectation of theirs.

use super::hypergradient::Hypergradient;
use super::implicit::check_task;
use super::policy_space::Flow;
use super::soft::soft_max;
use super::{Task, check_choices, check_discount, check_positive};
use crate::mdp::Mdp;
use crate::{Error, Result};

/// How the plan backs up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Backup {
    /// By the maximum.
    Max,
    /// By `τ ln Σ exp(q / τ)`.
    Soft {
        /// `τ`.
        temperature: f64,
    },
}

/// An agent with a bounded plan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DepthLimited {
    /// `D`, at least 1.
    pub depth: usize,
    /// `κ`, the inverse temperature of its choices.
    pub sharpness: f64,
    /// `γ` of its plan.
    pub discount: f64,
    /// How it backs up.
    pub backup: Backup,
}

/// What the agent's behaviour for the rewards `reward`, `[C]`, is worth in `outer`, with the gradient by `reward`.
/// (`discounts` of the result are those of the plan, by state.)
///
/// # Errors
/// Rewards that do not fit the table; depth 0; a sharpness or temperature that is not positive; a discount outside [0, 1).
pub fn depth_limited(mdp: &Mdp, agent: &DepthLimited, reward: &[f64], outer: Task) -> Result<Hypergradient> {
    check_choices("the reward", mdp, reward)?;
    check_task(mdp, "the outer reward", outer)?;
    check_discount("the discount of the plan", agent.discount)?;
    if agent.depth == 0 {
        return Err(Error::Parameter { name: "depth", value: 0.0, expected: "at least 1" });
    }
    check_positive("sharpness", agent.sharpness)?;
    if let Backup::Soft { temperature } = agent.backup {
        check_positive("temperature", temperature)?;
    }
    let (states, choices, gamma) = (mdp.num_states(), mdp.num_choices(), agent.discount);
    let mut q = reward.to_vec();
    let (mut branches, mut ahead) = (Vec::new(), Vec::new());
    for _ in 1..agent.depth {
        let mut values = vec![0.0; states];
        let mut branch = vec![0.0; choices];
        for s in (0..states).filter(|&s| !mdp.is_terminal(s)) {
            let row = mdp.choices(s);
            values[s] = match agent.backup {
                Backup::Soft { temperature } => soft_max(&q[row.clone()], temperature, &mut branch[row]),
                Backup::Max => {
                    let best = row.clone().fold(row.start, |best, c| if q[c] > q[best] { c } else { best });
                    branch[best] = 1.0;
                    q[best]
                }
            };
        }
        let next: Vec<f64> = (0..choices).map(|c| mdp.expect(c, &values)).collect();
        (0..choices).for_each(|c| q[c] = reward[c] + gamma * next[c]);
        branches.push(branch);
        ahead.push(next);
    }
    let logits: Vec<f64> = q.iter().map(|q| agent.sharpness * q).collect();
    let flow = Flow::new(mdp, &logits, outer.discount)?;
    let worth = flow.valued(outer.reward, outer.temperature)?;
    let mut lambda = flow.gradient(&worth);
    lambda.iter_mut().for_each(|x| *x *= agent.sharpness);
    let (mut w, mut discounts) = (lambda.clone(), vec![0.0; states]);
    for (branch, next) in branches.iter().zip(&ahead).rev() {
        let mut arriving = vec![0.0; states];
        for s in 0..states {
            for c in mdp.choices(s) {
                discounts[s] += lambda[c] * next[c];
                mdp.branches(c).for_each(|(t, p)| arriving[t] += gamma * lambda[c] * p);
            }
        }
        for s in 0..states {
            for c in mdp.choices(s) {
                lambda[c] = branch[c] * arriving[s];
                w[c] += lambda[c];
            }
        }
    }
    Ok(Hypergradient {
        value: worth.objective,
        reward: w,
        discounts,
        occupancy: flow.occupancy(),
        advantages: worth.advantages,
    })
}
