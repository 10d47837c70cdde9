//! The ε-bandit class: every state can be chosen from anywhere, and the choice is followed with probability 1 - ε.
//!
//! Policies that do not look at the state, π^h(a) with Σ_a π^h(a) <= 1 (what is missing is a null action that visits nothing), make
//! J(π) = Σ over tuples of Π_h π^h(a_h) E F a monotone DR-submodular function of π if F is monotone and submodular: continuous greedy (Frank and Wolfe) reaches
//! (1 - 1/e) of the best, every stationary point 1/2. J is linear in each π^h, so rounding one step after the other loses nothing.
//!
//! Source: Prajapat et al. (ICLR 2024), the definition of ε-bandit problems; Bian et al. 2017; Hassani et al. 2017.

use crate::submodular::SetFunction;
use crate::submodular::lattice::{TIE, first_best};
use crate::{Error, Result};

/// T choices among the states of a set function.
#[derive(Debug, Clone)]
pub struct EpsilonBandit<F> {
    function: F,
    steps: usize,
    epsilon: f64,
}

/// Most tuples that are summed over.
const MOST_TUPLES: f64 = 1e5;

impl<F: SetFunction> EpsilonBandit<F> {
    /// `steps` choices; a choice of a visits a with probability 1 - ε and each other state with ε/(n - 1).
    ///
    /// # Errors
    /// No step, fewer than two states, ε outside `[0, 1]`, or more tuples than can be summed over.
    pub fn new(function: F, steps: usize, epsilon: f64) -> Result<EpsilonBandit<F>> {
        let n = function.num_states();
        if steps == 0 {
            return Err(Error::Parameter { name: "horizon", value: 0.0, expected: "at least 1 choice" });
        }
        if n < 2 {
            return Err(Error::Parameter { name: "states", value: n as f64, expected: "at least 2" });
        }
        if !(0.0..=1.0).contains(&epsilon) {
            return Err(Error::Parameter { name: "epsilon", value: epsilon, expected: "in [0, 1]" });
        }
        let tuples = (n as f64 + 1.0).powf(steps as f64);
        if tuples > MOST_TUPLES {
            let reason = format!("it sums over {tuples:e} tuples of states; at most {MOST_TUPLES:e} are allowed");
            return Err(Error::NotApplicable { method: "the exact value of an ε-bandit", reason });
        }
        Ok(EpsilonBandit { function, steps, epsilon })
    }

    /// T.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Number n of states.
    pub fn states(&self) -> usize {
        self.function.num_states()
    }

    /// J of a policy `[T][n]`, each row with a sum of at most 1; the rest of a row is the null action.
    pub fn value(&self, policy: &[Vec<f64>]) -> f64 {
        let n = self.states();
        let visits: Vec<Vec<f64>> = policy
            .iter()
            .map(|row| {
                let total: f64 = row.iter().sum();
                let stray = self.epsilon / (n as f64 - 1.0);
                row.iter().map(|p| p * (1.0 - self.epsilon) + (total - p) * stray).collect()
            })
            .collect();
        self.expect(&visits, 0, 1.0, &self.function.empty())
    }

    /// E of what is still gained, times the probability of being here.
    fn expect(&self, visits: &[Vec<f64>], step: usize, reach: f64, collected: &F::Collected) -> f64 {
        if step == visits.len() || reach == 0.0 {
            return 0.0;
        }
        let total: f64 = visits[step].iter().sum();
        let mut sum = self.expect(visits, step + 1, reach * (1.0 - total).max(0.0), collected);
        for (s, &p) in visits[step].iter().enumerate().filter(|(_, p)| **p > 0.0) {
            let mut more = collected.clone();
            let gain = self.function.push(&mut more, s);
            sum += reach * p * gain + self.expect(visits, step + 1, reach * p, &more);
        }
        sum
    }

    /// ∂J/∂π^h(a): J with row h put on a, minus J with row h on the null action.
    pub fn gradient(&self, policy: &[Vec<f64>], h: usize) -> Vec<f64> {
        let mut changed = policy.to_vec();
        let mut at = |row: Vec<f64>| {
            changed[h] = row;
            self.value(&changed)
        };
        let n = self.states();
        let nothing = at(vec![0.0; n]);
        (0..n).map(|a| at(unit(n, a)) - nothing).collect()
    }

    /// Continuous greedy from 0 in `iterations` steps (at least 1; the share 1 - 1/e is reached up to a term of order 1/iterations): π += argmax over policies of the inner product with the gradient, over their number.
    pub fn continuous_greedy(&self, iterations: usize) -> Vec<Vec<f64>> {
        let (n, iterations) = (self.states(), iterations.max(1));
        let mut policy = vec![vec![0.0; n]; self.steps];
        for _ in 0..iterations {
            let best: Vec<usize> = (0..self.steps).map(|h| first_best(&self.gradient(&policy, h))).collect();
            best.iter().zip(&mut policy).for_each(|(&a, row)| row[a] += 1.0 / iterations as f64);
        }
        policy
    }

    /// The worst stationary point among certain choices, and its J: no other choice at one step alone improves it. Since J is linear in
    /// each row, no direction within the policies improves it to first order, so that it is worth at least half the best (Hassani et
    /// al. 2017).
    pub fn worst_stationary(&self) -> (Vec<usize>, f64) {
        let mut worst = (Vec::new(), f64::INFINITY);
        self.each_tuple(|choices| {
            let value = self.value_of(choices);
            let stationary = (0..self.steps).all(|h| {
                let mut changed = choices.to_vec();
                (0..self.states()).all(|a| {
                    changed[h] = a;
                    self.value_of(&changed) <= value + TIE
                })
            });
            if stationary && value < worst.1 {
                worst = (choices.to_vec(), value);
            }
        });
        worst
    }

    /// Puts each row on its best choice given the others, one after the other; J cannot fall if F is monotone.
    pub fn round(&self, policy: &[Vec<f64>]) -> Vec<usize> {
        let mut policy = policy.to_vec();
        let mut choices = Vec::with_capacity(self.steps);
        for h in 0..self.steps {
            let best = first_best(&self.gradient(&policy, h));
            policy[h] = unit(self.states(), best);
            choices.push(best);
        }
        choices
    }

    /// J of fixed choices.
    pub fn value_of(&self, choices: &[usize]) -> f64 {
        self.value(&choices.iter().map(|&a| unit(self.states(), a)).collect::<Vec<_>>())
    }

    /// The best and the worst fixed choices (a deterministic policy is optimal, J being linear in each row).
    pub fn extremes(&self) -> [(Vec<usize>, f64); 2] {
        let (mut best, mut worst) = ((Vec::new(), f64::NEG_INFINITY), (Vec::new(), f64::INFINITY));
        self.each_tuple(|choices| {
            let value = self.value_of(choices);
            if value > best.1 + TIE {
                best = (choices.to_vec(), value);
            }
            if value < worst.1 - TIE {
                worst = (choices.to_vec(), value);
            }
        });
        [best, worst]
    }

    /// Visits every tuple of choices, in order.
    fn each_tuple(&self, mut visit: impl FnMut(&[usize])) {
        let mut choices = vec![0; self.steps];
        loop {
            visit(&choices);
            let Some(at) = choices.iter().rposition(|&a| a + 1 < self.states()) else { return };
            choices[at] += 1;
            choices[at + 1..].fill(0);
        }
    }

    /// Sequential greedy: each step takes the choice with the largest gain given the ones before, the later ones being null.
    pub fn greedy(&self) -> (Vec<usize>, f64) {
        let mut policy = vec![vec![0.0; self.states()]; self.steps];
        let mut choices = Vec::with_capacity(self.steps);
        for h in 0..self.steps {
            let best = first_best(&self.gradient(&policy, h));
            policy[h] = unit(self.states(), best);
            choices.push(best);
        }
        let value = self.value(&policy);
        (choices, value)
    }
}

fn unit(n: usize, a: usize) -> Vec<f64> {
    let mut row = vec![0.0; n];
    row[a] = 1.0;
    row
}
