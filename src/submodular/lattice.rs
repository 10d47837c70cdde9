//! Everything exact about a small submodular walk: dynamic programming over (step, state, collected set).
//!
//! ```text
//! V_h(s, C) = max_a Σ_{s'} P(s'|s,a) [ gain(s'|C) + V_{h+1}(s', C ∪ {s'}) ]
//! ```
//! Histories that have collected the same are the same node, so the nodes are what a history-dependent policy must tell apart, and a
//! Markov policy π_h(a|s) is one that does not tell apart the nodes of a state. Memory and time grow with the number of nodes reached.

use std::collections::HashMap;

use super::{Problem, SetFunction};
use crate::mdp::Mdp;
use crate::{Error, Result};

/// Most branches of all nodes together, 24 bytes each.
const MOST_BRANCHES: usize = 20_000_000;

struct Branch {
    probability: f64,
    gain: f64,
    next: u32,
}

/// The nodes of a step. Choices of a node are those of its state, in order.
#[derive(Default)]
struct Layer {
    state: Vec<u32>,
    /// First branch of each node.
    start: Vec<usize>,
    branches: Vec<Branch>,
}

/// All that can be reached and collected in H states.
pub struct Lattice<'a> {
    mdp: &'a Mdp,
    initial: Vec<Branch>,
    layers: Vec<Layer>,
}

/// A plan that is certainly best.
#[derive(Debug, Clone, PartialEq)]
pub struct Optimum {
    /// max_π J(π) over history-dependent policies.
    pub value: f64,
    /// The states visited if every action has its most probable outcome.
    pub trajectory: Vec<usize>,
}

/// What a rule sees of a node.
pub struct Node<'a> {
    /// The step h, from 0.
    pub step: usize,
    /// The state.
    pub state: usize,
    /// Expected gain of the next state, by choice of the state.
    pub gains: &'a [f64],
    /// Expected value to come from here on, by choice.
    pub values: &'a [f64],
}

/// A Markov policy π_h(a|s): a probability for each step h < H - 1 and choice, `[(H - 1) · choices]`.
#[derive(Debug, Clone, PartialEq)]
pub struct MarkovPolicy {
    choices: usize,
    probabilities: Vec<f64>,
}

impl MarkovPolicy {
    /// A policy from its probabilities, step by step.
    ///
    /// # Errors
    /// Another number of them, or a state at a step whose probabilities are not a distribution (to 1e-9).
    pub fn new(mdp: &Mdp, horizon: usize, probabilities: Vec<f64>) -> Result<MarkovPolicy> {
        let (choices, steps) = (mdp.num_choices(), horizon.saturating_sub(1));
        if probabilities.len() != choices * steps {
            let (what, found) = ("the policy of a walk".into(), vec![probabilities.len()]);
            return Err(Error::Shape { what, found, expected: vec![choices * steps] });
        }
        let policy = MarkovPolicy { choices, probabilities };
        for (h, s) in (0..steps).flat_map(|h| (0..mdp.num_states()).map(move |s| (h, s))) {
            let row = &policy.step(h)[mdp.choices(s)];
            let (sum, smallest) = (row.iter().sum::<f64>(), row.iter().copied().fold(f64::INFINITY, f64::min));
            if (sum - 1.0).abs().is_nan() || (sum - 1.0).abs() > 1e-9 || smallest < 0.0 {
                let reason = format!(
                    "at step {h}, state {s}, the probabilities sum to {sum}, the smallest being {smallest}; they must be a \
                     distribution"
                );
                return Err(Error::NotApplicable { method: "the policy of a walk", reason });
            }
        }
        Ok(policy)
    }

    /// All choices of a state alike.
    pub fn uniform(mdp: &Mdp, horizon: usize) -> MarkovPolicy {
        let mut row = vec![0.0; mdp.num_choices()];
        for s in 0..mdp.num_states() {
            row[mdp.choices(s)].fill(1.0 / mdp.choices(s).len() as f64);
        }
        MarkovPolicy { choices: row.len(), probabilities: row.repeat(horizon.saturating_sub(1)) }
    }

    /// One choice for each step and state: `pick(h, s)`, a choice of the table.
    ///
    /// # Panics
    /// If a pick is not a choice of its state.
    pub fn deterministic(mdp: &Mdp, horizon: usize, pick: impl Fn(usize, usize) -> usize) -> MarkovPolicy {
        let (choices, steps) = (mdp.num_choices(), horizon.saturating_sub(1));
        let mut probabilities = vec![0.0; choices * steps];
        for (h, s) in (0..steps).flat_map(|h| (0..mdp.num_states()).map(move |s| (h, s))) {
            let choice = pick(h, s);
            assert!(mdp.choices(s).contains(&choice), "choice {choice} at step {h} is not one of state {s}");
            probabilities[h * choices + choice] = 1.0;
        }
        MarkovPolicy { choices, probabilities }
    }

    /// The probabilities at step h, `[choices]`.
    pub fn step(&self, h: usize) -> &[f64] {
        &self.probabilities[h * self.choices..(h + 1) * self.choices]
    }

    /// Those probabilities, to be changed; whoever changes them keeps them distributions.
    pub(super) fn step_mut(&mut self, h: usize) -> &mut [f64] {
        &mut self.probabilities[h * self.choices..(h + 1) * self.choices]
    }
}

/// What is exactly true of a Markov policy. Tables are `[(H - 1) · choices]`, and weighted with the probability d_h of being there:
/// an entry for (h, s, a) is Σ_C d_h(s, C) x(s, C, a).
#[derive(Debug, Clone)]
pub struct MarkovTables {
    /// J(π).
    pub value: f64,
    /// x = expected gains to come, the reward-to-go; so ∂J/∂π_h(a|s) for probabilities as free numbers.
    pub to_go: Vec<f64>,
    /// x = expected gain of the next state.
    pub next: Vec<f64>,
    /// x = F collected before the step, F(τ_{0:h}).
    pub before: Vec<f64>,
    /// d_h(s), `[(H - 1) · S]`.
    pub visits: Vec<f64>,
}

impl<'a> Lattice<'a> {
    /// Reaches every node.
    ///
    /// # Errors
    /// A function whose collected sets do not fit in 128 bits, or more nodes than memory is allowed for.
    pub fn new<F: SetFunction>(problem: &'a Problem<F>) -> Result<Lattice<'a>> {
        Lattice::within(problem, MOST_BRANCHES)
    }

    /// The same, if it takes at most `most` transitions.
    ///
    /// # Errors
    /// As [`Lattice::new`].
    pub fn within<F: SetFunction>(problem: &'a Problem<F>, most: usize) -> Result<Lattice<'a>> {
        let (mdp, function) = (&problem.mdp, &problem.function);
        let method = "exact dynamic programming over collected sets";
        let unkeyed = || Error::NotApplicable {
            method,
            reason: format!(
                "what is collected on {} states does not fit into a mask of 128 bits; use a method that needs none, such as beam \
                 search",
                mdp.num_states()
            ),
        };
        let mut index: HashMap<(u32, u128), u32> = HashMap::new();
        let mut collected: Vec<F::Collected> = Vec::new();
        let mut layer = Layer::default();
        let mut initial = Vec::new();
        let mut scratch = function.empty();
        // The node of `scratch` in `state`, new or known.
        let node = |layer: &mut Layer,
                    collected: &mut Vec<F::Collected>,
                    index: &mut HashMap<(u32, u128), u32>,
                    state: u32,
                    scratch: &F::Collected| {
            let key = function.key(scratch).ok_or_else(unkeyed)?;
            Ok::<u32, Error>(*index.entry((state, key)).or_insert_with(|| {
                layer.state.push(state);
                collected.push(scratch.clone());
                layer.state.len() as u32 - 1
            }))
        };
        for &(s, probability) in mdp.initial() {
            function.clear(&mut scratch);
            let gain = function.push(&mut scratch, s as usize);
            let next = node(&mut layer, &mut collected, &mut index, s, &scratch)?;
            initial.push(Branch { probability, gain, next });
        }
        let (mut layers, mut branches) = (Vec::new(), 0);
        for step in 1..problem.horizon {
            let (mut after, mut kept) = (Layer::default(), Vec::new());
            index.clear();
            for (i, set) in collected.iter().enumerate() {
                layer.start.push(layer.branches.len());
                for c in mdp.choices(layer.state[i] as usize) {
                    for (s, probability) in mdp.branches(c) {
                        scratch.clone_from(set);
                        let gain = function.push(&mut scratch, s);
                        let next = node(&mut after, &mut kept, &mut index, s as u32, &scratch)?;
                        layer.branches.push(Branch { probability, gain, next });
                    }
                }
                if branches + layer.branches.len() > most {
                    let reason = format!(
                        "by step {step} of {} there are {} sets in a place, with over {most} transitions; shorten the \
                         horizon, or use beam search",
                        problem.horizon - 1,
                        kept.len()
                    );
                    return Err(Error::NotApplicable { method, reason });
                }
            }
            branches += layer.branches.len();
            layers.push(std::mem::replace(&mut layer, after));
            collected = kept;
        }
        layers.push(layer);
        Ok(Lattice { mdp, initial, layers })
    }

    /// Number of (step, state, collected set) that can be reached.
    pub fn nodes(&self) -> usize {
        self.layers.iter().map(|layer| layer.state.len()).sum()
    }

    /// The value of the rule that makes a node worth `worth(node)`, a mean or maximum of the node's values; the values of all nodes
    /// by step are left in `values`.
    fn backward(&self, mut worth: impl FnMut(&Node) -> f64, values: &mut Vec<Vec<f64>>) -> f64 {
        *values = self.layers.iter().map(|layer| vec![0.0; layer.state.len()]).collect();
        let (mut gains, mut sums) = (Vec::new(), Vec::new());
        for step in (0..self.layers.len() - 1).rev() {
            for i in 0..self.layers[step].state.len() {
                self.node(step, i, &values[step + 1], &mut gains, &mut sums);
                let state = self.layers[step].state[i] as usize;
                values[step][i] = worth(&Node { step, state, gains: &gains, values: &sums });
            }
        }
        self.initial.iter().map(|b| b.probability * (b.gain + values[0][b.next as usize])).sum()
    }

    /// The expected next gain and the expected value to come of each choice of a node.
    fn node(&self, step: usize, i: usize, after: &[f64], gains: &mut Vec<f64>, sums: &mut Vec<f64>) {
        let layer = &self.layers[step];
        let mut at = layer.start[i];
        gains.clear();
        sums.clear();
        for c in self.mdp.choices(layer.state[i] as usize) {
            let (mut gain, mut sum) = (0.0, 0.0);
            for b in &layer.branches[at..at + self.mdp.branch_range(c).len()] {
                gain += b.probability * b.gain;
                sum += b.probability * (b.gain + after[b.next as usize]);
            }
            at += self.mdp.branch_range(c).len();
            gains.push(gain);
            sums.push(sum);
        }
    }

    /// The best history-dependent policy.
    pub fn optimum(&self) -> Optimum {
        let mut values = Vec::new();
        let value = self.backward(|node| node.values.iter().copied().fold(f64::NEG_INFINITY, f64::max), &mut values);
        let likely = |best: usize, all: &[Branch]| {
            (0..all.len()).fold(best, |best, b| if all[b].probability > all[best].probability { b } else { best })
        };
        let mut i = self.initial[likely(0, &self.initial)].next as usize;
        let mut trajectory = vec![self.layers[0].state[i] as usize];
        let (mut gains, mut sums) = (Vec::new(), Vec::new());
        for step in 0..self.layers.len() - 1 {
            self.node(step, i, &values[step + 1], &mut gains, &mut sums);
            let best = first_best(&sums);
            let layer = &self.layers[step];
            let choices = self.mdp.choices(layer.state[i] as usize);
            let skipped: usize = choices.clone().take(best).map(|c| self.mdp.branch_range(c).len()).sum();
            let at = layer.start[i] + skipped;
            let all = &layer.branches[at..at + self.mdp.branch_range(choices.start + best).len()];
            i = all[likely(0, all)].next as usize;
            trajectory.push(self.layers[step + 1].state[i] as usize);
        }
        Optimum { value, trajectory }
    }

    /// J of the rule that takes, in each node, the choice with the largest expected next gain; the first of equals.
    pub fn greedy(&self) -> f64 {
        self.backward(|node| node.values[first_best(node.gains)], &mut Vec::new())
    }

    /// J of the same rule with equals drawn evenly.
    pub fn greedy_with_even_ties(&self) -> f64 {
        let worth = |node: &Node| {
            let most = node.gains.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let best = (0..node.gains.len()).filter(|&a| node.gains[a] >= most - TIE);
            let (count, sum) = best.fold((0.0, 0.0), |(count, sum), a| (count + 1.0, sum + node.values[a]));
            sum / count
        };
        self.backward(worth, &mut Vec::new())
    }

    /// J of a Markov policy.
    ///
    /// # Panics
    /// If the policy is that of another table or horizon, here and in the following.
    pub fn value(&self, policy: &MarkovPolicy) -> f64 {
        self.check(policy);
        let worth = |node: &Node| {
            let row = &policy.step(node.step)[self.mdp.choices(node.state)];
            row.iter().zip(node.values).map(|(p, v)| p * v).sum()
        };
        self.backward(worth, &mut Vec::new())
    }

    fn check(&self, policy: &MarkovPolicy) {
        let expected = (self.layers.len() - 1) * self.mdp.num_choices();
        assert_eq!(policy.probabilities.len(), expected, "the policy is not one of this table and horizon");
    }

    /// J of a Markov policy, and what the theory of its gradient is made of.
    pub fn tables(&self, policy: &MarkovPolicy) -> MarkovTables {
        self.check(policy);
        let mut values = Vec::new();
        let worth = |node: &Node| {
            let row = &policy.step(node.step)[self.mdp.choices(node.state)];
            row.iter().zip(node.values).map(|(p, v)| p * v).sum()
        };
        let value = self.backward(worth, &mut values);
        let (steps, choices, states) = (self.layers.len() - 1, self.mdp.num_choices(), self.mdp.num_states());
        let mut tables = MarkovTables {
            value,
            to_go: vec![0.0; steps * choices],
            next: vec![0.0; steps * choices],
            before: vec![0.0; steps * choices],
            visits: vec![0.0; steps * states],
        };
        // Probability of each node, and that times what was collected on the way, in expectation.
        let mut here = vec![(0.0, 0.0); self.layers[0].state.len()];
        for b in &self.initial {
            here[b.next as usize].0 += b.probability;
            here[b.next as usize].1 += b.probability * b.gain;
        }
        let (mut gains, mut sums) = (Vec::new(), Vec::new());
        for step in 0..steps {
            let layer = &self.layers[step];
            let mut there = vec![(0.0, 0.0); self.layers[step + 1].state.len()];
            for (i, &(reach, collected)) in here.iter().enumerate() {
                self.node(step, i, &values[step + 1], &mut gains, &mut sums);
                let s = layer.state[i] as usize;
                tables.visits[step * states + s] += reach;
                let mut at = layer.start[i];
                for (a, c) in self.mdp.choices(s).enumerate() {
                    let entry = step * choices + c;
                    tables.to_go[entry] += reach * sums[a];
                    tables.next[entry] += reach * gains[a];
                    tables.before[entry] += collected;
                    let chosen = policy.step(step)[c];
                    for b in &layer.branches[at..at + self.mdp.branch_range(c).len()] {
                        let weight = chosen * b.probability;
                        there[b.next as usize].0 += weight * reach;
                        there[b.next as usize].1 += weight * (collected + reach * b.gain);
                    }
                    at += self.mdp.branch_range(c).len();
                }
            }
            here = there;
        }
        tables
    }

    /// Improves a Markov policy one step at a time, to one that no change of a single step improves: J is linear in each π_h, so each
    /// switch to the best choices by [`MarkovTables::to_go`] cannot lower it, and there are finitely many. The value is that of a local
    /// optimum among Markov policies.
    pub fn improve(&self, start: MarkovPolicy) -> (f64, MarkovPolicy) {
        let (mut policy, mut value) = (start, f64::NEG_INFINITY);
        loop {
            for step in 0..self.layers.len() - 1 {
                let tables = self.tables(&policy);
                let row = &tables.to_go[step * self.mdp.num_choices()..(step + 1) * self.mdp.num_choices()];
                for s in 0..self.mdp.num_states() {
                    let choices = self.mdp.choices(s);
                    let (old, best) = (&policy.step(step)[choices.clone()], first_best(&row[choices.clone()]));
                    let kept: f64 = old.iter().zip(&row[choices.clone()]).map(|(p, q)| p * q).sum();
                    // Equal choices are kept, so that the search ends.
                    let improved = row[choices.start + best] > kept + TIE;
                    if improved || old.iter().all(|p| *p < 1.0) {
                        let new = &mut policy.step_mut(step)[choices];
                        new.fill(0.0);
                        new[best] = 1.0;
                    }
                }
            }
            let next = self.value(&policy);
            if next <= value + TIE {
                return (next.max(value), policy);
            }
            value = next;
        }
    }
}

/// Differences up to this are ties; values are meant to be of the order of one.
pub(super) const TIE: f64 = 1e-12;

/// The first of the largest numbers, up to rounding.
pub(super) fn first_best(numbers: &[f64]) -> usize {
    (1..numbers.len()).fold(0, |best, i| if numbers[i] > numbers[best] + TIE { i } else { best })
}
