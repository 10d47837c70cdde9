//! Backward induction over a finite horizon: `v_T = 0`, `v_t = T v_{t+1}` with `γ = 1`, and a greedy rule a stage.
//!
//! (Puterman 2005, section 4.5.) Exact up to rounding, and the rounding is bounded: with `η_t` the rounding of one sweep
//! ([`bounds`](super::bounds)) and `ρ_max` the largest row sum, the error `e_t = η_t + ρ_max e_{t+1}` bounds the
//! distance of the computed value both from the optimum and from the value of the policy returned, so the bounds are
//! `v_0 ± e_0` and the policy attains the lower one.
//!
//! Cost: `T` sweeps; two value vectors, and 4 bytes a state and stage for the policy.

use super::bellman::Sweeper;
use super::bounds::{Bracket, Certifier};
use super::progress::{Outcome, Progress, finite};
use super::{SolveOptions, Status};
use crate::mdp::{DecisionRule, Mdp, NO_CHOICE, Policy};
use crate::numeric::directed::{add_up, mul_up};
use crate::{Error, Result};

/// Most bytes that the policy may take.
const POLICY_LIMIT: usize = 1 << 34;

/// Fails if a policy over `horizon` stages with `entries` numbers of `bytes` bytes a stage would not fit into memory.
pub(super) fn check_policy_size(method: &'static str, entries: usize, horizon: usize, bytes: usize) -> Result<()> {
    if entries.saturating_mul(horizon).saturating_mul(bytes) <= POLICY_LIMIT {
        return Ok(());
    }
    Err(Error::NotApplicable {
        method,
        reason: format!(
            "a policy over {horizon} stages with {entries} entries each takes more than 16 GiB; shorten the horizon"
        ),
    })
}

/// Solves over `horizon` stages.
pub(super) fn run(mdp: &Mdp, horizon: usize, options: &SolveOptions) -> Result<Outcome> {
    let states = mdp.num_states();
    check_policy_size("backward-induction", states, horizon, 4)?;
    let certifier = Certifier::undiscounted(mdp, 1.0);
    let sweeper = Sweeper::new(mdp, 1.0);
    let mut v = vec![0.0; states];
    let mut swept = v.clone();
    let mut rules = Vec::with_capacity(horizon);
    let (mut error, mut magnitude) = (0.0, 0.0);
    let mut progress = Progress::new(options, None);
    for _ in 0..horizon {
        let mut rule = vec![NO_CHOICE; states];
        let change = sweeper.improve(&v, &mut swept, &mut rule);
        finite(change.magnitude)?;
        error = add_up(certifier.rounding(magnitude), mul_up(certifier.largest_mass(), error));
        progress.count(1, sweeper.bytes());
        progress.step(2.0 * error);
        magnitude = change.magnitude;
        rules.push(DecisionRule::Deterministic(rule));
        std::mem::swap(&mut v, &mut swept);
    }
    finite(error)?;
    rules.reverse();
    let (lower, upper) =
        Bracket { lower: -error, upper: error, gap: 2.0 * error, rounding_gap: 2.0 * error }.around(mdp, &v);
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
