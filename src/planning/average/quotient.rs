//! Staying or moving on: the problem between the end components.
//!
//! Every maximal end component becomes one state, with a choice to stay for ever, which is worth its gain and ends, and
//! all choices of its states that leave; the other states are as they were, without rewards. No end component is left,
//! so that every policy ends with probability one, and the Bellman equation `v = Tv` has one solution.
//!
//! **Bounds.** Let `z ≥ 0` with `δ = min_s (z − max_a P_a z)(s) > 0`: the longest expected time to the end, `z = 1 +
//! max_a P_a z`, has `δ = 1`. If `|Tv − v| ≤ ε`, then `u = v + (ε/δ) z` satisfies `Tu ≤ Tv + (ε/δ)(z − δ) ≤ u`, and
//! since `T` is monotone and `Tⁿu` tends to `v*`, `v* ≤ u`; likewise `v* ≥ v − (ε/δ) z`, and for `π` greedy for `v` the
//! lower one bounds `v_π` (weighted norms: Bertsekas and Tsitsiklis 1991; Puterman 2005, section 6.10). `ε` and `δ`
//! come from one sweep each, widened by its rounding ([`bounds`](crate::planning::bounds)), twice since the rows were
//! scaled. `v` and `z` are found by policy iteration.

use super::Gain;
use super::component::push_scaled_row;
use crate::Result;
use crate::mdp::{CsrParts, DecisionRule, Mdp, NO_CHOICE, expected_total};
use crate::numeric::directed::{add_down, add_up, div_up, mul_up};
use crate::planning::bellman::{Change, Sweeper};
use crate::planning::bounds::Certifier;
use crate::planning::graph::{EndComponents, NO_COMPONENT, Predecessors, attraction};
use crate::planning::progress::Progress;

/// Most improvements of policy iteration.
const MOST_IMPROVEMENTS: usize = 200;

/// Improvements below this, relative to the largest value, are taken for rounding: the bounds pay for what is left.
const TIE: f64 = 1e-13;

/// The table between the components: component `i` is state `i`, then the other states, then the end.
#[derive(Debug)]
pub(super) struct Quotient {
    mdp: Mdp,
    /// The state that stands for a state, `[S]`.
    of: Vec<u32>,
    /// The choice that a choice stands for; [`NO_CHOICE`] for staying.
    choices: Vec<u32>,
}

/// The solved quotient, by its own states and choices.
#[derive(Debug)]
pub(super) struct Decided {
    pub lower: Vec<f64>,
    pub upper: Vec<f64>,
    /// A policy worth at least `lower`.
    pub policy: Vec<u32>,
}

impl Quotient {
    /// Draws the components together. Cost `O(S + B)`.
    pub fn new(mdp: &Mdp, components: &EndComponents) -> Result<Quotient> {
        let num_components = components.len();
        let others: Vec<u32> =
            (0..mdp.num_states() as u32).filter(|&s| components.of[s as usize] == NO_COMPONENT).collect();
        let mut of = components.of.clone();
        others.iter().zip(num_components as u32..).for_each(|(&s, number)| of[s as usize] = number);
        let end = (num_components + others.len()) as u32;
        let mut parts = CsrParts { choice_start: vec![0], branch_start: vec![0], ..CsrParts::default() };
        let mut choices = Vec::new();
        for i in 0..num_components {
            parts.next.push(end);
            parts.probability.push(1.0);
            parts.branch_start.push(parts.next.len() as u32);
            choices.push(NO_CHOICE);
            let all = components.states(i).iter().flat_map(|&s| mdp.choices(s as usize));
            for c in all.filter(|&c| !components.stays[c]) {
                push_scaled_row(mdp, c, &mut parts, |t| of[t]);
                choices.push(c as u32);
            }
            parts.choice_start.push(choices.len() as u32);
        }
        for &s in &others {
            for c in mdp.choices(s as usize) {
                push_scaled_row(mdp, c, &mut parts, |t| of[t]);
                choices.push(c as u32);
            }
            parts.choice_start.push(choices.len() as u32);
        }
        parts.choice_start.push(choices.len() as u32);
        parts.reward = vec![0.0; choices.len()];
        Ok(Quotient { mdp: Mdp::from_csr(parts)?, of, choices })
    }

    /// Bounds of the value of each state, given those of the gains. Whatever a policy does, it ends in a component or
    /// in a terminal state: where 64-bit numbers prove nothing better, that is what is left.
    pub fn solve(&self, gains: &[Gain], progress: &mut Progress) -> Result<Decided> {
        let states = self.mdp.num_states();
        let steps = self.mdp.clone().with_rewards(vec![1.0; self.choices.len()])?;
        let z = policy_iteration(&steps, vec![0.0; states], progress);
        // z − max P z = 1 − (Tz − z) on the states with choices.
        let delta = add_down(1.0, -add_up(z.change.max.next_up(), z.rounding));
        let proven = delta > 0.0 && z.v.iter().all(|&z| z >= 0.0);
        let with = |of: fn(&Gain) -> f64| {
            let mut rewards = vec![0.0; self.choices.len()];
            gains.iter().enumerate().for_each(|(i, gain)| rewards[self.mdp.choices(i).start] = of(gain));
            self.mdp.clone().with_rewards(rewards)
        };
        let below = policy_iteration(&with(|gain| gain.lower)?, vec![0.0; states], progress);
        let above = policy_iteration(&with(|gain| gain.upper)?, below.v.clone(), progress);
        // A state of the table is terminal if more than the end itself is so here.
        let none = if self.mdp.num_terminal() > 1 { 0.0 } else { f64::NAN };
        let least = gains.iter().fold(none, |least, gain| gain.lower.min(least));
        let most = gains.iter().fold(none, |most, gain| gain.upper.max(most));
        let error = |of: &Swept| {
            let largest = of.change.max.max(-of.change.min).max(0.0).next_up();
            if proven { div_up(add_up(largest, of.rounding), delta) } else { f64::INFINITY }
        };
        let (low, high) = (error(&below), error(&above));
        let alive = |s: usize| !self.mdp.is_terminal(s);
        let lower = |s: usize| add_down(below.v[s], -mul_up(low, z.v[s])).max(least);
        let upper = |s: usize| add_up(above.v[s], mul_up(high, z.v[s])).min(most);
        Ok(Decided {
            lower: (0..states).map(|s| if alive(s) { lower(s) } else { 0.0 }).collect(),
            upper: (0..states).map(|s| if alive(s) { upper(s) } else { 0.0 }).collect(),
            policy: below.greedy,
        })
    }

    /// A number of each state of the quotient, given to the states that it stands for.
    pub fn spread(&self, values: &[f64]) -> Vec<f64> {
        self.of.iter().map(|&state| values[state as usize]).collect()
    }

    /// Completes `rule`, which stays in every component, to what `policy` does in the quotient: where it leaves a
    /// component, every state of it takes a choice that leads nearer to the state that leaves.
    pub fn direct(&self, components: &EndComponents, predecessors: &Predecessors, policy: &[u32], rule: &mut [u32]) {
        for (s, rule) in rule.iter_mut().enumerate().filter(|&(s, _)| components.of[s] == NO_COMPONENT) {
            let choice = policy[self.of[s] as usize];
            *rule = if choice == NO_CHOICE { NO_CHOICE } else { self.choices[choice as usize] };
        }
        let mut exits = vec![false; rule.len()];
        for i in 0..components.len() {
            let leave = self.choices[policy[i] as usize];
            if leave != NO_CHOICE {
                let exit = predecessors.owner(leave as usize);
                (rule[exit], exits[exit]) = (leave, true);
            }
        }
        // What stays in a component leads to no other one.
        attraction(predecessors, &exits, |c| components.stays[c], |s, c| rule[s] = c);
    }
}

/// A vector, and what one sweep from it says.
struct Swept {
    v: Vec<f64>,
    greedy: Vec<u32>,
    change: Change,
    /// The most that the sweep can be wrong by.
    rounding: f64,
}

/// Policy iteration from the policy that is greedy for `v`. Where values leave the range of 64-bit numbers, the error
/// is infinite.
fn policy_iteration(mdp: &Mdp, mut v: Vec<f64>, progress: &mut Progress) -> Swept {
    let sweeper = Sweeper::new(mdp, 1.0);
    let certifier = Certifier::undiscounted(mdp, 1.0);
    let (mut swept, mut image) = (v.clone(), v.clone());
    let (mut greedy, mut current) = (vec![NO_CHOICE; v.len()], vec![NO_CHOICE; v.len()]);
    sweeper.improve(&v, &mut swept, &mut current);
    let mut left = MOST_IMPROVEMENTS;
    loop {
        left -= 1;
        v = expected_total(mdp, &DecisionRule::Deterministic(current.clone()));
        let magnitude =
            v.iter().fold(0.0, |largest: f64, x| if x.is_nan() { f64::INFINITY } else { largest.max(x.abs()) });
        if magnitude == f64::INFINITY {
            return Swept { v, greedy: current, change: Change::NONE, rounding: f64::INFINITY };
        }
        sweeper.evaluate(&current, &v, &mut image);
        let change = sweeper.improve(&v, &mut swept, &mut greedy);
        progress.count(2, sweeper.bytes());
        let rounding = 2.0 * certifier.rounding(magnitude);
        let tie = 2.0 * rounding + TIE * magnitude;
        let mut switched = false;
        for s in 0..v.len() {
            if swept[s] > image[s] + tie {
                (current[s], switched) = (greedy[s], true);
            }
        }
        if !switched || left == 0 {
            return Swept { v, greedy, change, rounding };
        }
    }
}
