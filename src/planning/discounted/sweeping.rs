//! Value iteration and modified policy iteration: sweeps until the bounds are close enough.
//!
//! ```text
//! value iteration:             v_{k+1} = T v_k                                     v_0 = 0
//! modified policy iteration:   v_{k+1} = T_{π_k}^{m_k} T v_k,  π_k greedy for v_k   v_0 = the constant certified from below
//! ```
//! (Puterman and Shin 1978; Puterman 2005, section 6.5.) One improvement step takes `T v` and the greedy policy, reads the
//! bounds off the change, and stops if they are as close as asked. A sweep of `T_π` reads one row a state instead of
//! all of them, so `m_k` adapts: until the policy's own bounds are narrower than those of the improvement step by
//! [`REDUCTION`], or fit the accuracy asked for, and at most [`MOST_EVALUATIONS`] times. Where an improvement finds
//! about the gap that the evaluation before it came to, the policy hardly changes any more: the factor is squared, until
//! one finds more. The start of modified policy
//! iteration has `T v ≥ v`, so the iterates rise to the optimum (Puterman 2005, theorem 6.5.5).
//!
//! Guarantee: the bounds of [`bounds`](crate::planning::bounds), rounding included. The lower one belongs to the policy that was
//! greedy in the last improvement step, which is the one returned. The gap shrinks by `γ` an improvement step at least, and
//! by `γ |λ₂|` with `λ₂` the second eigenvalue of the optimal chain once its policy is found (Puterman 2005, section 6.6.5).

use crate::Result;
use crate::mdp::{Mdp, NO_CHOICE};
use crate::planning::bellman::Sweeper;
use crate::planning::bounds::Certifier;
use crate::planning::progress::{Outcome, Progress, Verdict, finite};
use crate::planning::{Method, SolveOptions};

/// How much narrower the bounds become between two improvement steps while policies change.
const REDUCTION: f64 = 0.1;

/// Most applications of `T_π` between two improvement steps: early policies deserve few even where chains mix slowly.
const MOST_EVALUATIONS: usize = 200;

/// Runs one of the two methods.
pub(in crate::planning) fn run(mdp: &Mdp, gamma: f64, options: &SolveOptions, method: Method) -> Result<Outcome> {
    let certifier = Certifier::new(mdp, gamma)?;
    let sweeper = Sweeper::new(mdp, gamma);
    let evaluates = method == Method::ModifiedPolicyIteration;
    let start = if evaluates { certifier.rising_start(smallest_best_reward(mdp)) } else { 0.0 };
    let mut v: Vec<f64> = (0..mdp.num_states()).map(|s| if mdp.is_terminal(s) { 0.0 } else { start }).collect();
    let mut swept = v.clone();
    let mut policy = vec![NO_CHOICE; v.len()];
    let mut rows = evaluates.then(|| sweeper.policy_rows());
    let mut progress = Progress::new(options, Some(certifier.modulus()));
    let mut magnitude = start.abs();
    // The factor between this improvement and the next, and what the last evaluation came to.
    let (mut reduction, mut evaluated) = (REDUCTION, 0.0);
    loop {
        let change = match &mut rows {
            Some(rows) => sweeper.improve_copying(&v, &mut swept, &mut policy, rows),
            None => sweeper.improve(&v, &mut swept, &mut policy),
        };
        let bracket = certifier.bracket(&change, magnitude);
        progress.count(1, sweeper.bytes());
        if let Verdict::Stop(status) = progress.improved(&change, &bracket)? {
            return progress.finish(mdp, status, &bracket, &swept, policy);
        }
        magnitude = change.magnitude;
        std::mem::swap(&mut v, &mut swept);
        reduction = if bracket.gap <= 2.0 * evaluated { reduction * reduction } else { REDUCTION };
        let target = (reduction * bracket.gap).max(0.5 * options.epsilon);
        let Some(rows) = &rows else { continue };
        for _ in 0..MOST_EVALUATIONS {
            let change = sweeper.evaluate_copied(rows, &policy, &v, &mut swept);
            finite(change.magnitude)?;
            progress.count(1, sweeper.policy_bytes());
            let gap = certifier.bracket(&change, magnitude).gap;
            magnitude = change.magnitude;
            std::mem::swap(&mut v, &mut swept);
            evaluated = gap;
            if gap <= target {
                break;
            }
        }
    }
}

/// `min_s max_a r(s, a)` over the non-terminal states; 0 if there is none.
pub(super) fn smallest_best_reward(mdp: &Mdp) -> f64 {
    let best = |s: usize| mdp.rewards()[mdp.choices(s)].iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let smallest = (0..mdp.num_states()).filter(|&s| !mdp.is_terminal(s)).map(best).fold(f64::INFINITY, f64::min);
    if smallest.is_finite() { smallest } else { 0.0 }
}
