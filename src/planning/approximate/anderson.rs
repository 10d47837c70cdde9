//! Anderson acceleration of value iteration, safeguarded.
//!
//! ```text
//! f_k = T v_k − v_k,     θ = argmin ‖f_k − Σ_i θ_i Δf_i‖₂,     v_{k+1} = T v_k − Σ_i θ_i Δ(T v)_i
//! ```
//! over the last [`MEMORY`] differences `Δf_i = f_{i+1} − f_i` (Anderson 1965; Walker and Ni 2011; for value iteration, Geist and
//! Scherrer 2018). The least squares problem is solved by its normal equations, a little regularised.
//!
//! **Safeguard.** `T` has kinks where the greedy policy changes, so a step may lead away. The `n`-th accelerated step is kept only
//! if its residual is at most `100 r_0 / n^1.1`, with `r_0` the residual of the start (Zhang, O'Donoghue and Boyd 2020);
//! otherwise the plain step from the last vector kept is taken instead, and the memory is emptied.
//!
//! Cost: a sweep a step, and about `3 MEMORY` passes over vectors; `2 MEMORY` vectors of memory.

use nalgebra::DMatrix;

use super::Improvement;
use crate::Result;
use crate::numeric::solve_dense;
use crate::planning::bellman::Sweeper;
use crate::planning::progress::Progress;

/// Differences remembered.
const MEMORY: usize = 5;

/// How much the normal equations are regularised, relative to their largest diagonal entry.
const REGULARISATION: f64 = 1e-12;

/// How much larger than the first residual an accelerated one may be.
const SLACK: f64 = 100.0;

/// Iterates with acceleration.
pub(super) fn run(sweeper: &Sweeper, v: &mut [f64], target: f64, progress: &mut Progress) -> Result<()> {
    let states = v.len();
    let mut step = Improvement::new(states);
    let mut memory = Memory::new(states);
    // `T v` of the last vector that was kept, and whether `v` is an accelerated one on trial.
    let mut image = vec![0.0; states];
    let (mut first, mut accelerated, mut on_trial) = (f64::INFINITY, 1, false);
    loop {
        let residual = step.residual(sweeper, v, progress)?;
        if residual <= target || progress.exhausted() {
            return Ok(());
        }
        progress.advance();
        first = if first.is_finite() { first } else { residual };
        if on_trial && residual > SLACK * first / f64::from(accelerated).powf(1.1) {
            v.copy_from_slice(&image);
            memory.clear();
            on_trial = false;
            continue;
        }
        accelerated += u32::from(on_trial);
        image.copy_from_slice(&step.swept);
        memory.push(v, &step.swept);
        on_trial = memory.accelerate(v);
    }
}

/// The last differences of `f` and of `T v`, and what they were taken from.
struct Memory {
    f: Vec<f64>,
    image: Vec<f64>,
    change_of_f: Vec<Vec<f64>>,
    change_of_image: Vec<Vec<f64>>,
    /// `FᵀF` with the columns `Δf`.
    normal: DMatrix<f64>,
    /// Vectors seen since the memory was empty.
    seen: usize,
}

impl Memory {
    fn new(states: usize) -> Memory {
        let zeros = || vec![0.0; states];
        Memory {
            f: zeros(),
            image: zeros(),
            change_of_f: (0..MEMORY).map(|_| zeros()).collect(),
            change_of_image: (0..MEMORY).map(|_| zeros()).collect(),
            normal: DMatrix::zeros(MEMORY, MEMORY),
            seen: 0,
        }
    }

    fn clear(&mut self) {
        self.seen = 0;
    }

    /// Takes in `v` and `T v`.
    fn push(&mut self, v: &[f64], image: &[f64]) {
        if self.seen > 0 {
            let slot = (self.seen - 1) % MEMORY;
            for s in 0..v.len() {
                self.change_of_f[slot][s] = image[s] - v[s] - self.f[s];
                self.change_of_image[slot][s] = image[s] - self.image[s];
            }
            for i in 0..self.seen.min(MEMORY) {
                let product = dot(&self.change_of_f[slot], &self.change_of_f[i]);
                (self.normal[(slot, i)], self.normal[(i, slot)]) = (product, product);
            }
        }
        for s in 0..v.len() {
            (self.f[s], self.image[s]) = (image[s] - v[s], image[s]);
        }
        self.seen += 1;
    }

    /// Writes the next vector to `v`; whether it is more than the plain step.
    fn accelerate(&self, v: &mut [f64]) -> bool {
        v.copy_from_slice(&self.image);
        let columns = (self.seen - 1).min(MEMORY);
        let Some(theta) = self.least_squares(columns).filter(|theta| theta.iter().all(|x| x.is_finite())) else {
            return false;
        };
        for (theta, change) in theta.iter().zip(&self.change_of_image) {
            for (v, change) in v.iter_mut().zip(change) {
                *v -= theta * change;
            }
        }
        columns > 0
    }

    /// `argmin ‖f − F θ‖₂` over the first columns.
    fn least_squares(&self, columns: usize) -> Option<Vec<f64>> {
        let mut normal = self.normal.view((0, 0), (columns, columns)).clone_owned();
        let largest = normal.diagonal().iter().copied().fold(0.0, f64::max);
        (0..columns).for_each(|i| normal[(i, i)] += REGULARISATION * largest);
        let rhs: Vec<f64> = self.change_of_f[..columns].iter().map(|column| dot(column, &self.f)).collect();
        solve_dense(&normal, &rhs)
    }
}

/// In index order, so that the bits do not depend on the number of threads.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
