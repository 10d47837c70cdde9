//! Adam: steps of a stochastic gradient method, scaled by running means of the gradient and of its square.
//!
//! ```text
//! m ← β₁ m + (1 - β₁) g,   v ← β₂ v + (1 - β₂) g²,   θ ← θ + α m̂ / (√v̂ + ε),   m̂ = m/(1 - β₁ᵗ), v̂ = v/(1 - β₂ᵗ)
//! ```
//! with β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸. Source: Kingma and Ba, "Adam: a method for stochastic optimization" (ICLR 2015).

use crate::{Error, Result};

/// Decay rates and the safeguard, as published.
const FIRST: f64 = 0.9;
const SECOND: f64 = 0.999;
const SAFE: f64 = 1e-8;

/// The state of the method for a vector of parameters.
#[derive(Debug, Clone)]
pub struct Adam {
    /// α, the step size.
    pub step_size: f64,
    mean: Vec<f64>,
    square: Vec<f64>,
    taken: i32,
}

impl Adam {
    /// The state before the first step, for `parameters` numbers.
    pub fn new(parameters: usize, step_size: f64) -> Adam {
        Adam { step_size, mean: vec![0.0; parameters], square: vec![0.0; parameters], taken: 0 }
    }

    /// Makes room for `parameters` numbers; new ones start with means of zero.
    pub fn grow(&mut self, parameters: usize) {
        self.mean.resize(parameters, 0.0);
        self.square.resize(parameters, 0.0);
    }

    /// All of the state but the step size: means, squares, the number of steps taken.
    pub fn memory(&self) -> impl Iterator<Item = f64> + '_ {
        self.mean.iter().chain(&self.square).copied().chain([f64::from(self.taken)])
    }

    /// Takes up what [`Adam::memory`] gave for as many parameters.
    ///
    /// # Errors
    /// Another number of numbers.
    pub fn restore(&mut self, memory: &[f64]) -> Result<()> {
        let n = self.mean.len();
        if memory.len() != 2 * n + 1 {
            let (what, found, expected) = ("the state of Adam".into(), vec![memory.len()], vec![2 * n + 1]);
            return Err(Error::Shape { what, found, expected });
        }
        self.mean.copy_from_slice(&memory[..n]);
        self.square.copy_from_slice(&memory[n..2 * n]);
        self.taken = memory[2 * n] as i32;
        Ok(())
    }

    /// One step uphill.
    pub fn ascend(&mut self, parameters: &mut [f64], gradient: &[f64]) {
        self.taken = self.taken.saturating_add(1);
        let step = self.step_size / (1.0 - FIRST.powi(self.taken));
        let spread = 1.0 / (1.0 - SECOND.powi(self.taken));
        let moments = self.mean.iter_mut().zip(&mut self.square);
        for ((parameter, g), (mean, square)) in parameters.iter_mut().zip(gradient).zip(moments) {
            *mean = FIRST * *mean + (1.0 - FIRST) * g;
            *square = SECOND * *square + (1.0 - SECOND) * g * g;
            *parameter += step * *mean / ((*square * spread).sqrt() + SAFE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first step has length α whatever the gradient; then it comes to rest at the maximum.
    #[test]
    fn it_climbs_a_parabola() {
        let (mut x, mut adam) = ([5.0, -3.0], Adam::new(2, 0.1));
        let gradient = |x: &[f64; 2]| [-2.0 * (x[0] - 1.0), -200.0 * (x[1] - 2.0)];
        adam.ascend(&mut x, &gradient(&[5.0, -3.0]));
        assert!((x[0] - 4.9).abs() < 1e-6 && (x[1] + 2.9).abs() < 1e-6, "{x:?}");
        for _ in 0..2000 {
            let slope = gradient(&x);
            adam.ascend(&mut x, &slope);
        }
        assert!((x[0] - 1.0).abs() < 1e-3 && (x[1] - 2.0).abs() < 1e-3, "{x:?}");
    }
}
