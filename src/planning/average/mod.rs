//! The long-run average reward, for any finite table: gain bounds of every state, a policy, and its bias.
//!
//! **Problem.** `g*(s) = max_π lim inf (1/T) E_π[Σ_{t<T} r_t | s_0 = s]` (Puterman 2005, chapters 8 and 9). A terminal
//! state has gain 0. Nothing is assumed of the chains: policies may have several recurrent classes, which may be
//! periodic, and transient states.
//!
//! **Method.** In the long run every policy stays in an end component, and within a maximal end component all states
//! have the same optimal gain, since each can be reached from each (de Alfaro 1997, section 4.3). So
//! 1. the maximal end components `M`, by the graph alone ([`graph`](super::graph));
//! 2. the gain `g_M` of each on its own, that is with the choices that stay in it: bounds `l_M ≤ g_M ≤ u_M` and a
//!    policy (module `gain`);
//! 3. whether to stay or to move on: each component drawn together into one state, in which one may stay for ever,
//!    worth `g_M`, or take a choice that leaves (module `quotient`). This is a total-reward problem in which every
//!    policy ends (Ashok, Chatterjee, Daca, Křetínský and Meggendorfer 2017, section 4; Puterman 2005, section 9.5). It
//!    is monotone in `g_M`, so that `l_M` gives lower bounds and `u_M` upper bounds.
//!
//! The policy returned is worth at least the lower bound in every state: it stays where the problem of the lower bounds
//! stays, with the policy to which `l_M` belongs, and elsewhere goes to the state with the choice that leaves, which it
//! reaches with probability one, since within the component every state has a choice that leads nearer to it.
//!
//! **What is certified.** Which branches exist is taken from the table (a positive probability, however small). The
//! probabilities are those of the table scaled to sum to one in each row: a row that sums to `1 + 1e-9` would otherwise
//! create reward out of nothing for ever, and no average would exist. Scaling and all rounding are inside the bounds.
//!
//! **Bias.** `h` of the policy returned, with `P* h = 0`, from its linear systems
//! ([`evaluate_average`](crate::mdp::evaluate_average)); not certified.
//!
//! Cost: `O(B)` for the graph, sweeps of each component until its bounds are close, and the quotient, which is as large
//! as what lies outside of the components.

mod component;
mod gain;
mod quotient;
#[cfg(test)]
mod tests;

use self::component::Component;
use self::quotient::Quotient;
use super::graph::{EndComponents, Predecessors, end_components};
use super::progress::{Outcome, Progress};
use super::{Method, SolveOptions, Status};
use crate::Result;
use crate::mdp::{DecisionRule, Mdp, NO_CHOICE, Policy, long_run};

/// Bounds of a gain.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Gain {
    lower: f64,
    upper: f64,
}

/// Maximises the long-run average.
pub(super) fn run(mdp: &Mdp, options: &SolveOptions, method: Method) -> Result<Outcome> {
    let predecessors = Predecessors::new(mdp);
    let components = end_components(mdp, &predecessors, vec![true; mdp.num_choices()]);
    let moves = components.stays.iter().any(|stays| !stays) || components.states.len() < mdp.num_states();
    // Where there is something to decide between components, half of the accuracy is left to that.
    let epsilon = if moves { 0.5 * options.epsilon } else { options.epsilon };
    let mut progress = Progress::new(options, None);
    let mut rule = vec![NO_CHOICE; mdp.num_states()];
    let mut near = vec![0.0; mdp.num_states()];
    let (mut gains, mut status) = (Vec::with_capacity(components.len()), Status::Certified);
    let mut local = vec![0; mdp.num_states()];
    let spans = spans_to_come(mdp, &components);
    let mut widest = 0.0f64;
    for i in 0..components.len() {
        let members = components.states(i);
        let gain = match *members {
            [s] => loops(mdp, &components, s as usize, &mut rule),
            _ => {
                let component = Component::new(mdp, &components, i, &mut local)?;
                let others = widest.max(spans[i + 1]);
                let found = gain::solve(&component, epsilon, others, method, &mut progress)?;
                component.write(&found, &mut rule, &mut near);
                status = worse(status, found.status);
                found.gain
            }
        };
        widest = widest.max(gain.upper - gain.lower);
        gains.push(gain);
    }
    let (lower, upper) = if moves {
        let quotient = Quotient::new(mdp, &components)?;
        let decided = quotient.solve(&gains, &mut progress)?;
        quotient.direct(&components, &predecessors, &decided.policy, &mut rule);
        (quotient.spread(&decided.lower), quotient.spread(&decided.upper))
    } else {
        let of = |s: usize| gains[components.of[s] as usize];
        ((0..mdp.num_states()).map(|s| of(s).lower).collect(), (0..mdp.num_states()).map(|s| of(s).upper).collect())
    };
    let gap = lower.iter().zip(&upper).map(|(low, high): (&f64, &f64)| high - low).fold(0.0, f64::max);
    if moves {
        progress.step(gap);
    }
    let status = match status {
        _ if gap <= options.epsilon => Status::Certified,
        Status::Certified => Status::RoundingLimit,
        status => status,
    };
    let rule = DecisionRule::Deterministic(rule);
    let bias = long_run(mdp, &rule, Some(&near)).bias;
    let policy = Policy::stationary(mdp, rule)?;
    Ok(Outcome { lower, upper, bias: Some(bias), policy, status, work: progress.into_work() })
}

/// A component of a single state: the best of its loops, exactly.
fn loops(mdp: &Mdp, components: &EndComponents, s: usize, rule: &mut [u32]) -> Gain {
    let mut best = f64::NEG_INFINITY;
    for c in mdp.choices(s).filter(|&c| components.stays[c]) {
        if mdp.rewards()[c] > best {
            (best, rule[s]) = (mdp.rewards()[c], c as u32);
        }
    }
    Gain { lower: best, upper: best }
}

/// How far apart the rewards are, at most, in the components from `i` on: that bounds the gap of those to come.
fn spans_to_come(mdp: &Mdp, components: &EndComponents) -> Vec<f64> {
    let mut spans = vec![0.0f64; components.len() + 1];
    for i in (0..components.len()).rev() {
        let staying =
            components.states(i).iter().flat_map(|&s| mdp.choices(s as usize)).filter(|&c| components.stays[c]);
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        staying.for_each(|c| (low, high) = (low.min(mdp.rewards()[c]), high.max(mdp.rewards()[c])));
        spans[i] = spans[i + 1].max(if components.states(i).len() > 1 { high - low } else { 0.0 });
    }
    spans
}

/// The status of the whole, where it is not known from the gap.
fn worse(a: Status, b: Status) -> Status {
    match (a, b) {
        (Status::IterationLimit, _) | (_, Status::IterationLimit) => Status::IterationLimit,
        (Status::RoundingLimit, _) | (_, Status::RoundingLimit) => Status::RoundingLimit,
        _ => Status::Certified,
    }
}
