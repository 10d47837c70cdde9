//! Value iteration, Newton's method, and backward induction with the soft operator.
//!
//! Newton's method on `v = T v`: `T` is convex with derivative `γ P_π` at `v`, `π` the softmax policy of `v`, so a step
//! solves `(I − γ P_π) x = Tv − v` and takes `v + x`, which is the value of `π`: soft policy iteration. The values rise
//! from the first step on, at least as fast as by value iteration, and in the end quadratically (Puterman and Brumelle
//! 1979). The linear systems may be solved coarsely, since the bounds come from the sweep that follows. Cost per step:
//! a sweep, and dense LU or BiCGSTAB on `P_π`.

use super::operator::SoftSweeper;
use crate::Result;
use crate::mdp::{Policy, PolicyChain};
use crate::numeric::directed::{add_up, mul_up};
use crate::planning::backward_induction::check_policy_size;
use crate::planning::bounds::{Bracket, Certifier};
use crate::planning::progress::{Outcome, Progress, Verdict, finite};
use crate::planning::{SolveOptions, Status};

/// Most Newton steps; where so many did not do, rounding is in the way, and plain sweeps go on.
const NEWTON_STEPS: usize = 60;

/// How far a linear system is solved, relative to the residual that it is to remove.
const NEWTON_ACCURACY: f64 = 1e-6;

/// Solves the discounted problem by sweeps, with a Newton step after each if `newton` says so.
pub(super) fn discounted(sweeper: &SoftSweeper, newton: bool, options: &SolveOptions) -> Result<Outcome> {
    let (mdp, gamma) = (sweeper.mdp(), sweeper.gamma());
    let certifier = Certifier::new(mdp, gamma)?;
    let mut progress = Progress::new(options, Some(certifier.modulus()));
    let mut v = vec![0.0; mdp.num_states()];
    let (mut swept, mut q) = (v.clone(), vec![0.0; mdp.num_choices()]);
    let mut magnitude = 0.0;
    let mut newton_steps = if newton { NEWTON_STEPS } else { 0 };
    loop {
        let change = sweeper.sweep(&v, &mut swept, &mut q);
        progress.count(1, sweeper.bytes());
        let bracket = certifier.bracket_rounded(&change, sweeper.rounding(&certifier, magnitude));
        if let Verdict::Stop(status) = progress.improved(&change, &bracket)? {
            let policy = Policy::stationary(mdp, sweeper.policy(&q))?;
            let (lower, upper) = bracket.around(mdp, &swept);
            return Ok(Outcome { lower, upper, bias: None, policy, status, work: progress.into_work() });
        }
        if newton_steps > 0 {
            newton_steps -= 1;
            let residual: Vec<f64> = swept.iter().zip(&v).map(|(t, v)| t - v).collect();
            let tolerance = NEWTON_ACCURACY * change.max.abs().max(change.min.abs());
            let chain = PolicyChain::new(mdp, &sweeper.policy(&q));
            let (step, end) = chain.solve(gamma, false, &residual, tolerance);
            progress.count(end.products, sweeper.bytes());
            if end.residual <= tolerance {
                v.iter_mut().zip(&step).for_each(|(v, x)| *v += x);
                magnitude = v.iter().fold(0.0, |largest: f64, v| largest.max(v.abs()));
                continue;
            }
        }
        magnitude = change.magnitude;
        std::mem::swap(&mut v, &mut swept);
    }
}

/// Solves over `horizon` stages: `v_T = 0`, `v_t = T v_{t+1}` with `γ = 1`. The error obeys `e_t = η_t + ρ_max
/// e_{t+1}`.
pub(super) fn finite_horizon(sweeper: &SoftSweeper, horizon: usize, options: &SolveOptions) -> Result<Outcome> {
    let mdp = sweeper.mdp();
    check_policy_size("backward-induction", mdp.num_choices(), horizon, 8)?;
    let certifier = Certifier::undiscounted(mdp, 1.0);
    let mut v = vec![0.0; mdp.num_states()];
    let (mut swept, mut q) = (v.clone(), vec![0.0; mdp.num_choices()]);
    let mut rules = Vec::with_capacity(horizon);
    let (mut error, mut magnitude) = (0.0, 0.0);
    let mut progress = Progress::new(options, None);
    for _ in 0..horizon {
        let change = sweeper.sweep(&v, &mut swept, &mut q);
        finite(change.magnitude)?;
        error = add_up(sweeper.rounding(&certifier, magnitude), mul_up(certifier.largest_mass(), error));
        progress.count(1, sweeper.bytes());
        progress.step(2.0 * error);
        magnitude = change.magnitude;
        rules.push(sweeper.policy(&q));
        std::mem::swap(&mut v, &mut swept);
    }
    finite(error)?;
    rules.reverse();
    let bracket = Bracket { lower: -error, upper: error, gap: 2.0 * error, rounding_gap: 2.0 * error };
    let (lower, upper) = bracket.around(mdp, &v);
    let gap = lower.iter().zip(&upper).map(|(low, high)| high - low).fold(0.0, f64::max);
    Ok(Outcome {
        lower,
        upper,
        policy: Policy::time_indexed(mdp, rules)?,
        status: if gap <= options.epsilon { Status::Certified } else { Status::RoundingLimit },
        bias: None,
        work: progress.into_work(),
    })
}
