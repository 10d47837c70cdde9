//! Between a set function and its modular version: F_λ(τ) = λ F(τ) + (1 - λ) Σ_j F({s_j}).

use super::SetFunction;
use crate::{Error, Result};

/// A set function with curvature at most λ: at λ = 1 it is F, at λ = 0 it is additive and the problem is an ordinary MDP.
///
/// For functions that pay a state once (coverage) the curvature is exactly λ.
#[derive(Debug, Clone)]
pub struct Mixture<F> {
    function: F,
    lambda: f64,
    single: Vec<f64>,
}

impl<F: SetFunction> Mixture<F> {
    /// The mixture of `function` with weight λ.
    ///
    /// # Errors
    /// λ outside `[0, 1]`.
    pub fn new(function: F, lambda: f64) -> Result<Mixture<F>> {
        if !(0.0..=1.0).contains(&lambda) {
            return Err(Error::Parameter { name: "lambda", value: lambda, expected: "in [0, 1]" });
        }
        let single = singles(&function);
        Ok(Mixture { function, lambda, single })
    }
}

/// F({s}) for every state s, `[n]`: the rewards of the modular version.
pub fn singles(function: &impl SetFunction) -> Vec<f64> {
    let mut single = vec![0.0; function.num_states()];
    function.gains(&function.empty(), &mut single);
    single
}

impl<F: SetFunction> SetFunction for Mixture<F> {
    type Collected = F::Collected;

    fn num_states(&self) -> usize {
        self.function.num_states()
    }

    fn empty(&self) -> F::Collected {
        self.function.empty()
    }

    fn clear(&self, collected: &mut F::Collected) {
        self.function.clear(collected);
    }

    fn gain(&self, collected: &F::Collected, state: usize) -> f64 {
        self.lambda * self.function.gain(collected, state) + (1.0 - self.lambda) * self.single[state]
    }

    fn push(&self, collected: &mut F::Collected, state: usize) -> f64 {
        self.lambda * self.function.push(collected, state) + (1.0 - self.lambda) * self.single[state]
    }

    fn key(&self, collected: &F::Collected) -> Option<u128> {
        self.function.key(collected)
    }
}
