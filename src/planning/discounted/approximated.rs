//! Any [`Approximator`](crate::planning::approximate::Approximator), with the bounds of a sweep around it.
//!
//! ```text
//! repeat:  t = T v, bounds off the change;  done if they are close;  v ← t (raised);  approximate to a smaller residual
//! ```
//! A residual of `x` everywhere makes a gap of `2 γ x / (1 − γ)` at most, but the bounds are closer where the change is nearly the same
//! everywhere (see [`bounds`](crate::planning::bounds)), so the target falls tenfold a round, and the number of steps of a
//! round is limited. Between rounds, if all changes have one sign and about one size, `v` moves to its lower bound, which is what
//! sweeps take longest for where no state is terminal. That, and the start, leave `T v ≥ v`, so that sweeps in place, of whatever
//! policy, rise to the optimum too. Methods that do best undisturbed get the last target at once.
//!
//! Guarantee: that of the last sweep, rounding included; the policy is the greedy one to which the lower bound belongs.

use super::sweeping::smallest_best_reward;
use crate::mdp::{Mdp, NO_CHOICE};
use crate::numeric::magnitude;
use crate::planning::approximate::{approximator, from_the_end};
use crate::planning::bellman::Sweeper;
use crate::planning::bounds::Certifier;
use crate::planning::progress::{Outcome, Progress, Verdict};
use crate::planning::{Method, SolveOptions, Status};
use crate::{Error, Result};

/// By how much the residual falls in a round.
const REDUCTION: f64 = 0.1;

/// Steps of the first round, at most; every round may take twice as many as the one before.
const FIRST_STEPS: usize = 32;

/// Rounds that met their target and brought the bounds no closer before rounding is found to be in the way.
const IDLE_ROUNDS: usize = 5;

/// Runs `method`, if it is an approximator.
pub(super) fn run(mdp: &Mdp, gamma: f64, options: &SolveOptions, method: Method) -> Result<Outcome> {
    let Some(approximate) = approximator(method) else {
        return Err(Error::NotApplicable { method: "the discounted solver", reason: format!("{method}") });
    };
    let certifier = Certifier::new(mdp, gamma)?;
    let order = if method == Method::GaussSeidel { from_the_end(mdp) } else { None };
    let sweeper = Sweeper::new(mdp, gamma).in_order(order);
    let undisturbed = matches!(method, Method::Topological | Method::LinearProgramming)
        || method == Method::PrioritisedSweeping && !sweeper.has_no_end();
    let finest = options.epsilon * (1.0 - certifier.modulus()) / (4.0 * certifier.modulus());
    let start = certifier.rising_start(smallest_best_reward(mdp));
    let mut v: Vec<f64> = (0..mdp.num_states()).map(|s| if mdp.is_terminal(s) { 0.0 } else { start }).collect();
    let (mut swept, mut policy) = (v.clone(), vec![NO_CHOICE; v.len()]);
    let mut progress = Progress::new(options, None);
    let mut steps = if undisturbed { usize::MAX } else { FIRST_STEPS };
    let (mut closest, mut idle, mut settled) = (f64::INFINITY, 0, false);
    loop {
        let change = sweeper.improve(&v, &mut swept, &mut policy);
        let bracket = certifier.bracket(&change, magnitude(&v));
        progress.count(1, sweeper.bytes());
        if let Verdict::Stop(status) = progress.improved(&change, &bracket)? {
            return progress.finish(mdp, status, &bracket, &swept, policy);
        }
        idle = if bracket.gap < closest { 0 } else { idle + usize::from(settled) };
        closest = closest.min(bracket.gap);
        if idle == IDLE_ROUNDS {
            return progress.finish(mdp, Status::RoundingLimit, &bracket, &swept, policy);
        }
        std::mem::swap(&mut v, &mut swept);
        let largest = change.max.max(-change.min);
        let uniform = change.span() <= 0.5 * largest;
        if uniform {
            (0..v.len()).filter(|&s| !mdp.is_terminal(s)).for_each(|s| v[s] += bracket.lower);
        }
        let wanted = match (undisturbed, uniform) {
            (true, _) => finest,
            (_, true) => REDUCTION * change.span(),
            _ => REDUCTION * largest,
        };
        // Finer where a target has been met that was too coarse, not finer than rounding lets.
        let target = wanted.max(0.1f64.powi(idle as i32) * finest).max(2.0 * certifier.rounding(magnitude(&v)));
        let left = progress.remaining().saturating_sub(1);
        let mut attempt = progress.attempt(steps.min(left));
        approximate(&sweeper, &mut v, target, &mut attempt)?;
        settled = !attempt.exhausted();
        progress.absorb(attempt);
        steps = steps.saturating_mul(2);
    }
}
