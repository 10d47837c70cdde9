//! The Markov chain that a stationary rule makes of an MDP: `P_π(s, s') = Σ_a π(a|s) p(s'|s, a)`, `r_π(s) = Σ_a π(a|s) r(s, a)`.

use nalgebra::DMatrix;

use super::{DecisionRule, Mdp};
use crate::numeric::directed::{add_down, add_up, div_up, mul_up, rounding_factor};
use crate::numeric::{Convergence, bicgstab, solve_dense};

/// Up to this many states a system is solved by dense LU.
const DENSE_LIMIT: usize = 400;

/// Sparse `P_π` (terminal rows are empty) and `r_π`.
#[derive(Debug, Clone)]
pub(crate) struct PolicyChain {
    start: Vec<u32>,
    next: Vec<u32>,
    probability: Vec<f64>,
    /// Expected reward of each state, `[S]`.
    pub reward: Vec<f64>,
}

impl PolicyChain {
    pub fn new(mdp: &Mdp, rule: &DecisionRule) -> PolicyChain {
        let states = mdp.num_states();
        let mut chain =
            PolicyChain { start: vec![0], next: Vec::new(), probability: Vec::new(), reward: vec![0.0; states] };
        for s in 0..states {
            for c in mdp.choices(s) {
                let weight = rule.probability(s, c);
                if weight == 0.0 {
                    continue;
                }
                chain.reward[s] += weight * mdp.rewards()[c];
                let range = mdp.branch_range(c);
                chain.next.extend_from_slice(&mdp.successors()[range.clone()]);
                chain.probability.extend(mdp.probabilities()[range].iter().map(|p| weight * p));
            }
            chain.start.push(chain.next.len() as u32);
        }
        chain
    }

    pub fn num_states(&self) -> usize {
        self.reward.len()
    }

    /// Scales each row that is not empty to sum to one.
    pub fn normalise(&mut self) {
        for s in 0..self.num_states() {
            let row = &mut self.probability[self.start[s] as usize..self.start[s + 1] as usize];
            let sum: f64 = row.iter().sum();
            row.iter_mut().for_each(|p| *p /= sum);
        }
    }

    /// The successors of `s` with their probabilities; a successor may occur more than once.
    pub fn row(&self, s: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let range = self.start[s] as usize..self.start[s + 1] as usize;
        self.next[range.clone()].iter().map(|&t| t as usize).zip(self.probability[range].iter().copied())
    }

    /// `out = P_π v`.
    pub fn apply(&self, v: &[f64], out: &mut [f64]) {
        for s in 0..self.num_states() {
            out[s] = self.row(s).map(|(t, p)| p * v[t]).sum();
        }
    }

    /// `out = P_πᵀ d`: where a distribution over states goes in one step.
    pub fn apply_transposed(&self, d: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        for s in 0..self.num_states() {
            if d[s] != 0.0 {
                for (t, p) in self.row(s) {
                    out[t] += p * d[s];
                }
            }
        }
    }

    /// A bound on `‖v − v_π‖∞` from one sweep: `(‖r_π + γ P_π v − v‖∞ + η) / (1 − γ ρ)`, rounded up, with `ρ` the largest row
    /// sum and `η` the rounding of an entry of the sweep. An entry is a sum of products that sees at most `n + 4` roundings,
    /// those of `P_π` and `r_π` included, `n` the longest row; `largest_reward` bounds the rewards of choices.
    /// `Err(ρ)` if `γ ρ ≥ 1`, where the sum of rewards need not converge.
    pub fn value_error(&self, gamma: f64, largest_reward: f64, v: &[f64]) -> std::result::Result<f64, f64> {
        let (mut residual, mut magnitude, mut mass, mut longest) = (0.0f64, 0.0f64, 0.0f64, 0);
        for s in 0..self.num_states() {
            let (mut sum, mut total) = (0.0, 0.0);
            for (t, p) in self.row(s) {
                sum += p * v[t];
                total += p;
            }
            let difference = self.reward[s] + gamma * sum - v[s];
            if difference.is_nan() {
                return Ok(f64::INFINITY);
            }
            residual = residual.max(difference.abs().next_up());
            (magnitude, mass) = (magnitude.max(v[s].abs()), mass.max(total));
            longest = longest.max((self.start[s + 1] - self.start[s]) as usize);
        }
        let factor = rounding_factor(longest + 4);
        let mass = mul_up(mass, 1.0 + factor);
        let modulus = mul_up(gamma, mass);
        if modulus >= 1.0 {
            return Err(mass);
        }
        // A rule's probabilities sum to one up to 1e-9.
        let scale = add_up(mul_up(1.0 + 2e-9, largest_reward), mul_up(modulus, magnitude));
        let rounding = add_up(mul_up(factor, scale), (longest + 4) as f64 * f64::MIN_POSITIVE);
        Ok(div_up(add_up(residual, rounding), add_down(1.0, -modulus)))
    }

    /// Solves `(I − γ P_π) x = b`, or its transpose, until the residual is at most `tolerance` in each entry.
    pub fn solve(&self, gamma: f64, transposed: bool, b: &[f64], tolerance: f64) -> (Vec<f64>, Convergence) {
        let n = self.num_states();
        let mut x = vec![0.0; n];
        if n <= DENSE_LIMIT {
            let mut a = DMatrix::identity(n, n);
            for s in 0..n {
                for (t, p) in self.row(s) {
                    let (i, j) = if transposed { (t, s) } else { (s, t) };
                    a[(i, j)] -= gamma * p;
                }
            }
            // Strictly diagonally dominant by rows (or columns) for γ < 1, hence never singular.
            x = solve_dense(&a, b).unwrap_or(x);
        }
        // Polishes the dense solution where rounding left a residual above the tolerance; solves from 0 otherwise.
        let apply = |v: &[f64], out: &mut [f64]| {
            if transposed {
                self.apply_transposed(v, out)
            } else {
                self.apply(v, out)
            }
            for i in 0..n {
                out[i] = v[i] - gamma * out[i];
            }
        };
        let end = bicgstab(apply, b, &mut x, tolerance, 20_000);
        (x, end)
    }
}
