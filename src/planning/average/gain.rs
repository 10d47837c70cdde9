//! The gain of an end component: value iteration with certified bounds, and Howard's policy iteration.
//!
//! **Bounds.** Let `T` be the optimality operator of the component with discount 1, `v` any vector and `π` greedy for
//! it.
//! ```text
//! min_s (Tv − v)(s)  ≤  g_π(s)  ≤  g*  ≤  max_s (Tv − v)(s)          for every state s of the component
//! ```
//! since `g_π = P*_π r_π = P*_π (T_π v − v)` for `P*_π = P*_π P_π`, and `T_π v = Tv`, while `T_π v ≤ Tv` for any other
//! (Puterman 2005, theorem 8.5.5, whose proof needs no unichain policy for these). The lower bound holds for the greedy
//! policy in every state, whatever classes it has.
//!
//! **Value iteration** takes `v ← v + α (Tv − v)`, minus a constant to keep the numbers small. `α < 1` is the
//! transformation that makes every chain aperiodic, with which the bounds meet for any component (Puterman 2005,
//! sections 8.5.4 and 9.4). Steps are full (`α = 1`) as long as each narrows the bounds; a few that do not are taken
//! for a sign of periodicity. The bounds do not depend on how `v` was found.
//!
//! **Policy iteration** (Howard 1960; Puterman 2005, section 9.2): evaluate gain and bias; in each state take a choice
//! that leads to more gain, if there is one, else among those that keep the gain one that improves the bias; until none
//! does. It begins with the policy that is greedy after a few sweeps, since a blind one can have classes that are left
//! so rarely that its equations are noise. From the last bias on, one sweep certifies; if that is no better than
//! before, the evaluations are taken back and sweeps go on. Modified policy iteration does the same later and with
//! fewer improvements at a time: only once many sweeps were not enough (slow mixing).
//!
//! **Linear programming** begins with the relative values of an interior point of the program, and pivots by policy iteration from
//! there ([`relative_values`]). The program leaves the relative values of states that the optimal policy does not come back to
//! free from above, which policy iteration puts right.
//!
//! **Rounding.** As in [`bounds`](crate::planning::bounds), and what scaling the rows adds ([`Component::rounding`]).

use super::Gain;
use super::component::Component;
use crate::Result;
use crate::mdp::{DecisionRule, LongRun, Mdp, NO_CHOICE, action_values, long_run};
use crate::numeric::directed::{add_down, add_up};
use crate::planning::bellman::{Change, Sweeper};
use crate::planning::linear_program::relative_values;
use crate::planning::progress::{Progress, finite};
use crate::planning::{Method, Status};

/// The step of value iteration where full steps do not converge: 0.8 costs little where chains mix slowly, and brings
/// the eigenvalue −1 of period 2 to −0.6.
const DAMPING: f64 = 0.8;

/// By how much a full step narrows the bounds, if chains are aperiodic and mix fast.
const GOOD_STEP: f64 = 0.9;

/// So many full steps may fail to.
const BAD_STEPS: usize = 3;

/// Sweeps before modified policy iteration evaluates policies for the first time; then twice as many, and so on.
const SWEEPS: usize = 100;

/// Improvements that it then tries at most; then twice as many, and so on.
const FIRST_IMPROVEMENTS: usize = 4;

/// Residual, relative to the rewards, beyond which gain and bias are noise: a chain that is left once in 10²⁰ steps.
const SOUND: f64 = 1e-6;

/// Most improvements of policy iteration; where so many did not do, rounding is in the way, and sweeps go on.
const MOST_IMPROVEMENTS: usize = 200;

/// Differences of gain and bias below this, relative to their size, are taken for rounding.
const TIE: f64 = 1e-11;

/// What is known about a component in the end.
#[derive(Debug)]
pub(super) struct Found {
    pub gain: Gain,
    /// A policy of the component worth at least `gain.lower`, `[S]`.
    pub policy: Vec<u32>,
    /// The relative values of the last sweep, `[S]`: near the bias of the policy, but for a constant.
    pub relative: Vec<f64>,
    pub status: Status,
}

/// Bounds of the gain no further apart than `epsilon`. `others` is the gap of the other components, for the trace.
pub(super) fn solve(
    component: &Component,
    epsilon: f64,
    others: f64,
    method: Method,
    progress: &mut Progress,
) -> Result<Found> {
    let mdp = &component.mdp;
    let states = mdp.num_states();
    let sweeper = Sweeper::new(mdp, 1.0);
    let mut v = vec![0.0; states];
    let (mut swept, mut policy) = (vec![0.0; states], vec![NO_CHOICE; states]);
    let (mut before, mut bad_steps) = (f64::INFINITY, 0);
    let mut jump = match method {
        Method::PolicyIteration => {
            Some(Jump { due: SWEEPS.min(2 * states), improvements: MOST_IMPROVEMENTS, ..Jump::NEW })
        }
        Method::ModifiedPolicyIteration => Some(Jump::NEW),
        Method::LinearProgramming => {
            let (relative, steps) = relative_values(mdp, progress.remaining())?;
            (0..steps).for_each(|_| progress.advance());
            v = relative.unwrap_or(v);
            Some(Jump { due: 1, improvements: MOST_IMPROVEMENTS, ..Jump::NEW })
        }
        _ => None,
    };
    let mut magnitude = largest(&v);
    loop {
        let change = sweeper.improve(&v, &mut swept, &mut policy);
        finite(change.magnitude)?;
        progress.count(1, sweeper.bytes());
        let rounding = component.rounding(magnitude);
        let gain = bounds(&change, rounding);
        let gap = add_up(gain.upper, -gain.lower);
        progress.step(gap.max(others));
        let rounded_out = 2.0 * rounding > epsilon && gap <= 8.0 * rounding;
        let status = match () {
            () if gap <= epsilon => Some(Status::Certified),
            () if rounded_out => Some(Status::RoundingLimit),
            () if progress.exhausted() => Some(Status::IterationLimit),
            () => None,
        };
        if let Some(status) = status {
            return Ok(Found { gain, policy, relative: swept, status });
        }
        if let Some(jump) = &mut jump
            && jump.replaces(&sweeper, &policy, gap, &mut v, progress)
        {
            magnitude = largest(&v);
            continue;
        }
        bad_steps += usize::from(gap > GOOD_STEP * before);
        before = gap;
        let step = if bad_steps > BAD_STEPS { DAMPING } else { 1.0 };
        let shift = v[0] + step * (swept[0] - v[0]);
        magnitude = 0.0;
        for (v, swept) in v.iter_mut().zip(&swept) {
            *v += step * (swept - *v) - shift;
            magnitude = f64::max(magnitude, v.abs());
        }
    }
}

/// `min (Tv − v)` and `max (Tv − v)`, rounded outwards.
fn bounds(change: &Change, rounding: f64) -> Gain {
    Gain { lower: add_down(change.min.next_down(), -rounding), upper: add_up(change.max.next_up(), rounding) }
}

/// When policies are evaluated, and what is gone back to if that did not help.
struct Jump {
    /// Sweeps before the next evaluation.
    due: usize,
    sweeps: usize,
    /// How many improvements are then tried.
    improvements: usize,
    /// The vector before the last evaluation, and its gap.
    undo: Option<(Vec<f64>, f64)>,
}

impl Jump {
    const NEW: Jump = Jump { due: SWEEPS, sweeps: 0, improvements: FIRST_IMPROVEMENTS, undo: None };

    /// Counts a sweep of `v` with this gap and greedy policy; whether another vector took the place of `v`.
    fn replaces(
        &mut self,
        sweeper: &Sweeper,
        policy: &[u32],
        gap: f64,
        v: &mut [f64],
        progress: &mut Progress,
    ) -> bool {
        if let Some((vector, gap_before)) = self.undo.take()
            && gap >= gap_before
        {
            v.copy_from_slice(&vector);
            return true;
        }
        self.sweeps += 1;
        if self.sweeps < self.due {
            return false;
        }
        self.undo = Some((v.to_vec(), gap));
        howard(sweeper, policy, v, self.improvements.min(MOST_IMPROVEMENTS), progress);
        (self.sweeps, self.due, self.improvements) = (0, 2 * self.due, 2 * self.improvements);
        true
    }
}

/// Gain and bias of a policy.
fn evaluate(mdp: &Mdp, policy: &[u32], near: &[f64], progress: &mut Progress) -> LongRun {
    let found = long_run(mdp, &DecisionRule::Deterministic(policy.to_vec()), Some(near));
    let branches: usize = policy.iter().map(|&c| mdp.branch_range(c as usize).len()).sum();
    progress.count(found.products, 20 * branches as u64);
    found
}

/// Howard's multichain policy iteration from `policy`, for so many improvements at most: `h`, where the evaluation of
/// the first begins, becomes the bias of the last.
fn howard(sweeper: &Sweeper, policy: &[u32], h: &mut [f64], improvements: usize, progress: &mut Progress) {
    let mdp = sweeper.mdp();
    let states = mdp.num_states();
    let mut policy = policy.to_vec();
    let best_of = |s: usize, value: &dyn Fn(usize) -> f64| {
        mdp.choices(s)
            .map(|c| (c, value(c)))
            .fold((0, f64::NEG_INFINITY), |best, x| if x.1 > best.1 { x } else { best })
    };
    for _ in 0..improvements {
        let found = evaluate(mdp, &policy, h, progress);
        if found.residual > SOUND * largest(mdp.rewards()) {
            return;
        }
        h.copy_from_slice(&found.bias);
        let (next_gain, q) = (expectations(mdp, &found.gain), action_values(mdp, h, 1.0));
        progress.count(2, sweeper.bytes());
        let (gain_tie, bias_tie) = (TIE * largest(&found.gain), TIE * largest(&q));
        let mut switched = false;
        for s in 0..states {
            let (c, gain) = best_of(s, &|c| next_gain[c]);
            if gain > found.gain[s] + gain_tie {
                (policy[s], switched) = (c as u32, true);
            }
        }
        for s in 0..if switched { 0 } else { states } {
            let keeps = |c: usize| next_gain[c] >= found.gain[s] - gain_tie;
            let (c, value) = best_of(s, &|c| if keeps(c) { q[c] } else { f64::NEG_INFINITY });
            if value > q[policy[s] as usize] + bias_tie {
                (policy[s], switched) = (c as u32, true);
            }
        }
        if !switched {
            return;
        }
    }
}

/// `E[x(s') | c]` of each choice, `[C]`.
fn expectations(mdp: &Mdp, x: &[f64]) -> Vec<f64> {
    (0..mdp.num_choices()).map(|c| mdp.expect(c, x)).collect()
}

fn largest(x: &[f64]) -> f64 {
    x.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()))
}
