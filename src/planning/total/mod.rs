//! Undiscounted total reward, until a goal or for ever, and the probability of reaching a goal.
//!
//! ```text
//! until a goal G:  v*(s) = opt_π E[Σ_{t < T_G} r_t]     for ever:  v*(s) = opt_π E[Σ_t r_t]     reach:  opt_π P(T_G < ∞)
//! ```
//! Without a discount the Bellman equation can have many solutions, and sweeps may converge to a wrong one, or stop far
//! from the right one. So first the graph decides what it can, exactly (module [`fate`]); the rest is reduced
//! to a problem whose equation has one solution ([`core`]); that is solved with bounds that are proven by
//! a sweep each ([`certificate`]). States whose value the graph decides are exact: 0, 1 and the infinities.
//!
//! **Policy.** Worth at least the lower bound if we maximise (at most the upper one if we minimise), infinite values
//! included; in components that were drawn together it leads to the choice that leaves, or stays for ever where that is right.
//! The exception: with a goal and rewards of both signs the optimum can be an infinity that no policy attains, since the
//! goal must be reached in the end; there the policy is one that reaches the goal.
//!
//! **Refused**: rewards of both signs within one end component (after those without rewards are drawn together), where the
//! sign of its gain is not visible in the graph. Without a goal and with rewards of both signs, a policy that
//! collects both infinities counts as the worse one.
//!
//! **Row sums.** What the graph decides, it decides as if rows summed to one; probabilities are cut to [0, 1]. The equations
//! count every number as stored, see [`certificate`].
//!
//! Sources: Puterman (2005), chapter 7; Bertsekas and Tsitsiklis (1991); de Alfaro (1999); Haddad and Monmege (2018); Baier et al. (2017).

mod certificate;
mod core;
mod fate;
mod gain;
mod interval;
#[cfg(test)]
mod storm_tests;
#[cfg(test)]
mod tests;

use self::certificate::Bounded;
use self::core::Core;
use self::fate::{Decided, Fate};
use super::graph::{EndComponents, Predecessors, membership};
use super::progress::{Outcome, Progress};
use super::{Criterion, Method, Objective, SolveOptions, Status};
use crate::mdp::{DecisionRule, Mdp, NO_CHOICE, Policy};
use crate::{Error, Result};

/// Solves for [`Criterion::TotalReward`] and [`Criterion::Reachability`].
pub(super) fn run(mdp: &Mdp, criterion: &Criterion, options: &SolveOptions, method: Method) -> Result<Outcome> {
    let sign = match options.objective {
        Objective::Maximise => 1.0,
        Objective::Minimise => -1.0,
    };
    let (goal, reach) = match criterion {
        Criterion::Reachability { goal } => (Some(goal), true),
        Criterion::TotalReward { goal } => (goal.as_ref(), false),
        _ => {
            return Err(Error::NotApplicable { method: "the undiscounted solver", reason: format!("{criterion}") });
        }
    };
    // Maximised from here on. Probabilities are the reward of a state that stands for certainty.
    let turned =
        if reach { vec![0.0; mdp.num_choices()] } else { mdp.rewards().iter().map(|r| 0.0 + sign * r).collect() };
    let table = mdp.clone().with_rewards(turned)?;
    let predecessors = Predecessors::new(&table);
    let goal = goal.map(|goal| membership(table.num_states(), goal));
    let certainty = if reach { sign } else { 0.0 };
    let (mut decided, free) = decide(&table, &predecessors, goal.as_deref(), reach, sign);
    let mut core = Core::new(&table, &predecessors, &decided, &free, certainty)?;
    let earns = decided.may_earn && core.mdp.reward_range().1 > 0.0;
    if earns && gain::decide(&table, &predecessors, &core, &free, &mut decided)? {
        core = Core::new(&table, &predecessors, &decided, &free, certainty)?;
    }
    let mut progress = Progress::new(options, None);
    let bounded = solve(&core, certainty, options, method, &mut progress)?;
    let mut outcome = assemble(&table, &predecessors, &decided, &free, &core, bounded, certainty, progress)?;
    // Cut to their range, bounds can be close enough that were not before.
    let gap = |(&low, &high): (&f64, &f64)| if low == high { 0.0 } else { high - low };
    if outcome.lower.iter().zip(&outcome.upper).all(|pair| gap(pair) <= options.epsilon) {
        outcome.status = Status::Certified;
    }
    Ok(if sign > 0.0 { outcome } else { outcome.negated() })
}

/// What the graph decides, and the end components without rewards that are left.
fn decide(
    table: &Mdp,
    predecessors: &Predecessors,
    goal: Option<&[bool]>,
    reach: bool,
    sign: f64,
) -> (Decided, EndComponents) {
    let none = || vec![false; table.num_choices()];
    let counts = |c: &usize| goal.is_none_or(|goal| !goal[predecessors.owner(*c)]);
    let rewards = || (0..table.num_choices()).filter(counts).map(|c| table.rewards()[c]);
    let (gains, costs) = (rewards().any(|r| r > 0.0), rewards().any(|r| r < 0.0));
    let decided = match goal {
        Some(goal) if reach && sign > 0.0 => fate::reach_most(table, predecessors, goal),
        Some(goal) if reach => {
            let decided = fate::reach_least(table, predecessors, goal);
            return (decided, fate::free_components(table, predecessors, &none()));
        }
        Some(goal) => {
            // Missing the goal is worth +∞ where rewards (before they were turned) are not negative, −∞ where they are
            // not positive, and the worse of both otherwise.
            let infinitely_good = if sign > 0.0 { !costs } else { gains && !costs };
            if infinitely_good {
                let decided = fate::may_miss(table, predecessors, goal);
                return (decided, fate::free_components(table, predecessors, &none()));
            }
            fate::must_reach(table, predecessors, goal)
        }
        None if !gains => {
            let usable = vec![true; table.num_choices()];
            let free = fate::free_components(table, predecessors, &usable);
            let decided = fate::for_ever_at_cost(table, predecessors, &free);
            return (decided, fate::free_components(table, predecessors, &none()));
        }
        None => fate::for_ever(table, predecessors),
    };
    let free = fate::free_components(table, predecessors, &decided.usable);
    (decided, free)
}

/// Solves the reduced problem.
fn solve(
    core: &Core,
    certainty: f64,
    options: &SolveOptions,
    method: Method,
    progress: &mut Progress,
) -> Result<Bounded> {
    match method {
        Method::IntervalIteration => interval::run(&core.mdp, certainty, options, progress),
        Method::OptimisticValueIteration => interval::optimistic(&core.mdp, certainty, options, progress),
        _ => certificate::run(&core.mdp, method, options, progress),
    }
}

/// Bounds and policy of the original table, still of the problem to maximise.
#[expect(clippy::too_many_arguments)]
fn assemble(
    table: &Mdp,
    predecessors: &Predecessors,
    decided: &Decided,
    free: &EndComponents,
    core: &Core,
    bounded: Bounded,
    certainty: f64,
    progress: Progress,
) -> Result<Outcome> {
    let (lowest, highest) = core.mdp.reward_range();
    let mut policy = decided.policy.clone();
    core.lift(table, predecessors, free, &bounded.policy, |_| true, &mut policy);
    // Without rewards of a sign there is no value of that sign; probabilities lie between 0 and certainty.
    let floor = if lowest >= 0.0 {
        0.0
    } else if certainty != 0.0 {
        certainty
    } else {
        f64::NEG_INFINITY
    };
    let ceiling = if highest <= 0.0 {
        0.0
    } else if certainty != 0.0 {
        certainty
    } else {
        f64::INFINITY
    };
    let bounds = |of_core: &[f64], (low, high): (f64, f64)| -> Vec<f64> {
        let bound = |s: usize| match decided.fate[s] {
            Fate::Open => of_core[core.of[s] as usize].clamp(low, high),
            Fate::Zero => 0.0,
            Fate::One => certainty,
            Fate::Best => f64::INFINITY,
            Fate::Worst => f64::NEG_INFINITY,
        };
        (0..decided.fate.len()).map(bound).collect()
    };
    debug_assert!((0..policy.len()).all(|s| table.is_terminal(s) || policy[s] != NO_CHOICE));
    Ok(Outcome {
        lower: bounds(&bounded.lower, (floor, ceiling)),
        upper: bounds(&bounded.upper, (floor, ceiling)),
        bias: None,
        policy: Policy::stationary(table, DecisionRule::Deterministic(policy))?,
        status: bounded.status,
        work: progress.into_work(),
    })
}
