//! A policy with one rule a step as flat arrays, and its exact value.

use crate::mdp::{Mdp, NO_CHOICE};

/// A policy over the steps `0..H` of an episode.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum StageRules<'a> {
    /// The choice taken at each step and state ([`NO_CHOICE`] if terminal), `[H · S]`.
    Deterministic(&'a [u32]),
    /// The probability of each choice at each step, given its state, `[H · C]`.
    Stochastic(&'a [f64]),
}

/// The exact value of a policy over `horizon` steps at step 0: `v_h = r_π + P_π v_{h+1}`, `v_H = 0`. The result is in the first `S`
/// entries of `v`, which is `[2 · S]`; nothing is allocated.
///
/// # Panics
/// Arrays of another shape.
pub fn evaluate(mdp: &Mdp, horizon: usize, rules: StageRules<'_>, v: &mut [f64]) {
    let (states, choices) = (mdp.num_states(), mdp.num_choices());
    let (now, next) = v.split_at_mut(states);
    next.fill(0.0);
    let worth = |c: usize, next: &[f64]| mdp.rewards()[c] + mdp.expect(c, next);
    for h in (0..horizon).rev() {
        match rules {
            StageRules::Deterministic(rules) => {
                for (v, &c) in now.iter_mut().zip(&rules[h * states..(h + 1) * states]) {
                    *v = if c == NO_CHOICE { 0.0 } else { worth(c as usize, next) };
                }
            }
            StageRules::Stochastic(rules) => {
                let weights = &rules[h * choices..(h + 1) * choices];
                for (s, v) in now.iter_mut().enumerate() {
                    *v = mdp.choices(s).filter(|&c| weights[c] != 0.0).map(|c| weights[c] * worth(c, next)).sum();
                }
            }
        }
        next.copy_from_slice(now);
    }
}
