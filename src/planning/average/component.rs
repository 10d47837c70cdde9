//! An end component as a table of its own: its states, and the choices that stay in it, with rows scaled to sum to one.

use super::gain::Found;
use crate::Result;
use crate::mdp::{CsrParts, Mdp};
use crate::numeric::directed::{add_up, mul_up};
use crate::planning::bounds::Certifier;
use crate::planning::graph::EndComponents;

/// How far a row sum of a shared table may be from one: next to rounding.
const SMALL_ROW_ERROR: f64 = 1e-13;

/// A maximal end component with more than one state.
#[derive(Debug)]
pub(super) struct Component {
    /// The table. No state is terminal.
    pub mdp: Mdp,
    /// What its bounds need.
    certifier: Certifier,
    /// Which states its states are, ascending.
    states: Vec<u32>,
    /// Which choices its choices are.
    choices: Vec<u32>,
}

impl Component {
    /// Copies component `i`. `local` is room for a number a state. Cost: its states, choices and branches. A component
    /// that is the whole table, with rows that sum to one well enough, shares its arrays.
    pub fn new(mdp: &Mdp, components: &EndComponents, i: usize, local: &mut [u32]) -> Result<Component> {
        if components.states(i).len() == mdp.num_states() && components.stays.iter().all(|&stays| stays) {
            let certifier = Certifier::undiscounted(mdp, 1.0);
            if certifier.row_error() <= SMALL_ROW_ERROR {
                let (states, choices) = (0..mdp.num_states() as u32, 0..mdp.num_choices() as u32);
                return Ok(Component {
                    mdp: mdp.clone(),
                    certifier,
                    states: states.collect(),
                    choices: choices.collect(),
                });
            }
        }
        let mut states = components.states(i).to_vec();
        states.sort_unstable();
        states.iter().zip(0..).for_each(|(&s, position)| local[s as usize] = position);
        let mut parts = CsrParts { choice_start: vec![0], branch_start: vec![0], ..CsrParts::default() };
        let all = states.iter().flat_map(|&s| mdp.choices(s as usize)).filter(|&c| components.stays[c]);
        let room = all.map(|c| mdp.branch_range(c).len()).sum();
        parts.next.reserve_exact(room);
        parts.probability.reserve_exact(room);
        let mut choices = Vec::new();
        for &s in &states {
            for c in mdp.choices(s as usize).filter(|&c| components.stays[c]) {
                push_scaled_row(mdp, c, &mut parts, |t| local[t]);
                parts.reward.push(mdp.rewards()[c]);
                choices.push(c as u32);
            }
            parts.choice_start.push(choices.len() as u32);
        }
        let mdp = Mdp::from_csr(parts)?;
        Ok(Component { certifier: Certifier::undiscounted(&mdp, 1.0), mdp, states, choices })
    }

    /// The most by which a swept value can differ from that of the table with exactly scaled rows, for `|v| ≤
    /// magnitude`.
    ///
    /// A copied probability has `n + 1` roundings, no more than the sweep itself: twice the rounding of a sweep. A
    /// shared row with the sum `σ` is off by `|1 − 1/σ| Σ p |v|`. Both are counted, always.
    pub fn rounding(&self, magnitude: f64) -> f64 {
        let rows = mul_up(2.0 * self.certifier.row_error(), magnitude);
        add_up(2.0 * self.certifier.rounding(magnitude), rows)
    }

    /// Writes the policy and the relative values to the states of the original table.
    pub fn write(&self, found: &Found, rule: &mut [u32], near: &mut [f64]) {
        for (i, &s) in self.states.iter().enumerate() {
            rule[s as usize] = self.choices[found.policy[i] as usize];
            near[s as usize] = found.relative[i];
        }
    }
}

/// Appends the branches of choice `c`, each successor replaced by `target`, with probabilities divided by their sum.
/// What is stored differs from the exact quotient by a relative error of `n + 1` roundings, `n` the length of the row.
pub(super) fn push_scaled_row(mdp: &Mdp, c: usize, parts: &mut CsrParts, target: impl Fn(usize) -> u32) {
    let sum: f64 = mdp.probabilities()[mdp.branch_range(c)].iter().sum();
    for (t, p) in mdp.branches(c).filter(|&(_, p)| p > 0.0) {
        parts.next.push(target(t));
        parts.probability.push((p / sum).min(1.0));
    }
    parts.branch_start.push(parts.next.len() as u32);
}
