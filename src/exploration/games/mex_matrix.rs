//! MEX in a matrix game: one optimistic estimate of the matrix, no confidence set, and an exploiter as opponent.
//!
//! ```text
//! f_k = argmax_M  val(M) − η Σ_ij n_ij (M_ij − M̂_ij)²              μ_k: its optimal row strategy
//! g_k = argmax_M  −min_j (μ_kᵀM)_j − η Σ_ij n_ij (M_ij − M̂_ij)²    the column played: its best response to μ_k
//! ```
//! (MEX-MG of Liu et al. 2023, arXiv 2305.18258, with the squared loss of a one-step game.) For a fixed `μ`, with `ĉ_j
//! = Σ_i μ_i M̂_ij` and `s_j = Σ_i μ_i² / n_ij`, raising column `j` to the level `v` costs `η (v − ĉ_j)₊² / s_j`, so
//! ```text
//! Φ(μ) = max_v  v − η Σ_j (v − ĉ_j)₊² / s_j         concave and piecewise quadratic: v by sorting the ĉ_j
//! g_k:   j = argmin_j  ĉ_j − s_j / (4 η)
//! ```
//! `Φ` is not concave in `μ`. It is maximised over a lattice of the simplex and the last `μ`; the best point, and the
//! row strategy that is optimal for `M̂`, are then improved by alternating between the matrix that is best for `μ` and
//! the row strategy that is optimal for that matrix, neither of which lowers the objective. All that the regret bound
//! asks is `J(f_k) ≥ J(f*)`; from the lattice alone the climb may end below that, where the equilibrium is no point of
//! it.
//!
//! A cell that was never tried counts as `prior_count` observations of a payoff `prior`: of the least one, by default,
//! so that a large `η`, which trusts the first impression, may never try it.

use super::regret::{draw, least};
use super::{GameAgent, GameSetup};
use crate::exploration::Step;
use crate::learning::params::hyper_parameters;
use crate::planning::games::{MatrixSolver, Player};
use crate::rng::{self, Fast, Purpose};
use crate::{Error, Result};

/// Most lattice points; the lattice is made coarser until there are not more.
const MOST_POINTS: usize = 5000;

/// Rounds of alternation, at most; a few are usual.
const MOST_ROUNDS: usize = 100;

hyper_parameters! {
    /// Hyper-parameters of MEX in a matrix game.
    MexMatrixParams {
        /// Weight `η` of the loss against the value.
        eta: f64 = 0.1, "a positive number", |x: f64| x > 0.0 && x.is_finite();
        /// What a cell counts that was never tried.
        prior_count: f64 = 0.25, "a positive number", |x: f64| x > 0.0 && x.is_finite();
        /// Expected payoff of a cell that was never tried: from 0, the least reward, to 1, the most.
        prior: f64 = 0.0, "in [0, 1]", |x: f64| (0.0..=1.0).contains(&x);
        /// Points on an edge of the lattice of row strategies, less one.
        grid: usize = 20, "1 to 1000", |x: usize| (1..=1000).contains(&x);
    }
}

/// The agent.
#[derive(Debug, Clone)]
pub struct MexMatrix {
    params: MexMatrixParams,
    /// The first joint choice of the state that is played.
    first: usize,
    rows: usize,
    columns: usize,
    visits: Vec<f64>,
    sums: Vec<f64>,
    /// `M̂` and `n`, the prior included, `[m · n]`.
    mean: Vec<f64>,
    weight: Vec<f64>,
    /// `[points · m]`.
    lattice: Vec<f64>,
    search: Search,
    solver: MatrixSolver,
    rng: Fast,
    column: usize,
}

/// A row strategy with its objective, and room for trying others.
#[derive(Debug, Clone)]
struct Search {
    mu: Vec<f64>,
    /// `Φ(μ)`, and the level `v` at which it is attained.
    objective: f64,
    level: f64,
    /// `ĉ` and `s`, `[n]`.
    expected: Vec<f64>,
    spread: Vec<f64>,
    order: Vec<usize>,
    raised: Vec<f64>,
}

impl MexMatrix {
    /// An agent that has seen nothing.
    ///
    /// # Errors
    /// A hyper-parameter or the setup out of range, or a game that is not one play from one state.
    pub fn new(setup: &GameSetup, params: &MexMatrixParams) -> Result<MexMatrix> {
        params.validate()?;
        setup.validate()?;
        let joint = setup.game.joint();
        let [(state, _)] = *joint.initial() else {
            return Err(refused("it starts in several states; it must be a single matrix"));
        };
        if setup.horizon != 1 {
            return Err(refused("episodes have more than one step; set the horizon to 1"));
        }
        let state = state as usize;
        if setup.game.num_actions(Player::Row) != setup.game.shape(state).0 {
            return Err(refused("it has other states with actions; it must be a single matrix"));
        }
        let (rows, columns) = setup.game.shape(state);
        let (low, high) = setup.reward_range;
        let prior = low + params.prior * (high - low);
        let cells = rows * columns;
        let mut agent = MexMatrix {
            params: *params,
            first: joint.choices(state).start,
            rows,
            columns,
            visits: vec![0.0; cells],
            sums: vec![0.0; cells],
            mean: vec![prior; cells],
            weight: vec![params.prior_count; cells],
            lattice: lattice(rows, params.grid),
            search: Search {
                mu: vec![1.0 / rows as f64; rows],
                objective: 0.0,
                level: 0.0,
                expected: vec![0.0; columns],
                spread: vec![0.0; columns],
                order: (0..columns).collect(),
                raised: vec![0.0; cells],
            },
            solver: MatrixSolver::default(),
            rng: rng::fast(setup.seed, Purpose::Policy, 0),
            column: 0,
        };
        agent.maximise()?;
        Ok(agent)
    }

    /// `J(f_k) = val(f_k) − η L(f_k)` of the current estimate.
    pub fn objective(&self) -> f64 {
        self.search.objective
    }

    /// `J(M)` of any matrix, `[m · n]`, row by row.
    ///
    /// # Errors
    /// A matrix of another shape, or entries that are no numbers.
    pub fn objective_of(&mut self, matrix: &[f64]) -> Result<f64> {
        let value = self.solver.solve(self.rows, self.columns, matrix)?.value;
        let cells = matrix.iter().zip(&self.mean).zip(&self.weight);
        Ok(value - self.params.eta * cells.map(|((m, mean), n)| n * (m - mean) * (m - mean)).sum::<f64>())
    }

    /// Finds `f_k` and `μ_k`.
    fn maximise(&mut self) -> Result<()> {
        let MexMatrix { params, rows, columns, mean, weight, lattice, search, solver, .. } = self;
        let eta = params.eta;
        let last = search.mu.clone();
        let mut best = (f64::NEG_INFINITY, last.as_slice());
        for mu in lattice.chunks_exact(*rows).chain([last.as_slice()]) {
            let (objective, _) = search.evaluate(eta, mean, weight, mu);
            if objective > best.0 {
                best = (objective, mu);
            }
        }
        let lattice_start = best.1.to_vec();
        solver.solve(*rows, *columns, mean)?;
        let mean_start = solver.row_strategy().to_vec();
        let (first, second) = (
            search.climb(eta, (mean, weight), lattice_start, solver)?,
            search.climb(eta, (mean, weight), mean_start, solver)?,
        );
        (search.objective, search.level, search.mu) = if second.0 > first.0 { second } else { first };
        Ok(())
    }
}

impl Search {
    /// `Φ(μ)` and the level `v` that attains it; leaves `ĉ` and `s` behind.
    fn evaluate(&mut self, eta: f64, mean: &[f64], weight: &[f64], mu: &[f64]) -> (f64, f64) {
        let Search { expected, spread, order, .. } = self;
        let columns = expected.len();
        expected.fill(0.0);
        spread.fill(0.0);
        for (i, &p) in mu.iter().enumerate().filter(|(_, p)| **p != 0.0) {
            let row = i * columns..(i + 1) * columns;
            for (j, (m, n)) in mean[row.clone()].iter().zip(&weight[row]).enumerate() {
                expected[j] += p * m;
                spread[j] += p * p / n;
            }
        }
        order.sort_by(|&a, &b| expected[a].total_cmp(&expected[b]));
        // Columns below the level are raised to it: the derivative 1 − 2 η Σ (v − ĉ_j) / s_j over them is 0.
        let (mut slopes, mut sum, mut level) = (0.0, 0.5 / eta, 0.0);
        for (k, &j) in order.iter().enumerate() {
            slopes += 1.0 / spread[j];
            sum += expected[j] / spread[j];
            level = sum / slopes;
            if order.get(k + 1).is_none_or(|&next| level <= expected[next]) {
                break;
            }
        }
        let cost = |j: usize| {
            let raise = (level - expected[j]).max(0.0);
            raise * raise / spread[j]
        };
        (level - eta * (0..columns).map(cost).sum::<f64>(), level)
    }

    /// Alternates from `mu` until it gains no more; returns `Φ(μ)`, its level and `μ`.
    fn climb(
        &mut self,
        eta: f64,
        (mean, weight): (&[f64], &[f64]),
        mut mu: Vec<f64>,
        solver: &mut MatrixSolver,
    ) -> Result<(f64, f64, Vec<f64>)> {
        let (rows, columns) = (mu.len(), self.expected.len());
        let (mut objective, mut level) = self.evaluate(eta, mean, weight, &mu);
        for _ in 0..MOST_ROUNDS {
            self.level = level;
            self.raise(mean, weight, &mu, columns);
            solver.solve(rows, columns, &self.raised)?;
            let (better, its_level) = self.evaluate(eta, mean, weight, solver.row_strategy());
            if better <= objective + 1e-12 {
                break;
            }
            (objective, level) = (better, its_level);
            mu.copy_from_slice(solver.row_strategy());
        }
        Ok((objective, level, mu))
    }

    /// The matrix that attains `Φ(μ)`: `M_ij = M̂_ij + (μ_i / n_ij) (v − ĉ_j)₊ / s_j`.
    fn raise(&mut self, mean: &[f64], weight: &[f64], mu: &[f64], columns: usize) {
        // `ĉ` and `s` may be those of another strategy.
        self.expected.fill(0.0);
        self.spread.fill(0.0);
        for (k, (m, n)) in mean.iter().zip(weight).enumerate() {
            let (p, j) = (mu[k / columns], k % columns);
            self.expected[j] += p * m;
            self.spread[j] += p * p / n;
        }
        for (k, raised) in self.raised.iter_mut().enumerate() {
            let (p, j) = (mu[k / columns], k % columns);
            let raise = (self.level - self.expected[j]).max(0.0);
            *raised = mean[k] + p / weight[k] * raise / self.spread[j];
        }
    }
}

impl GameAgent for MexMatrix {
    fn begin(&mut self, _episode: u64) -> Result<()> {
        for k in 0..self.mean.len() {
            if self.visits[k] > 0.0 {
                (self.weight[k], self.mean[k]) = (self.visits[k], self.sums[k] / self.visits[k]);
            }
        }
        self.maximise()?;
        // The exploiter.
        let eta = self.params.eta;
        let mu = self.search.mu.clone();
        self.search.evaluate(eta, &self.mean, &self.weight, &mu);
        let Search { expected, spread, .. } = &mut self.search;
        expected.iter_mut().zip(spread.iter()).for_each(|(c, s)| *c -= s / (4.0 * eta));
        self.column = least(expected, &mut self.rng);
        Ok(())
    }

    fn row(&self) -> &[f64] {
        &self.search.mu
    }

    fn draw(&mut self, _stage: usize, _state: usize, rng: &mut Fast) -> usize {
        self.first + draw(&self.search.mu, rng) * self.columns + self.column
    }

    fn observe(&mut self, step: &Step) {
        let cell = step.choice - self.first;
        self.visits[cell] += 1.0;
        self.sums[cell] += step.reward;
    }

    fn optimistic_value(&self) -> Option<f64> {
        Some(self.search.level)
    }
}

/// The points of the simplex in `m` dimensions whose coordinates are multiples of `1/grid` (of a coarser step if those
/// are too many), `[points · m]`.
fn lattice(m: usize, grid: usize) -> Vec<f64> {
    let points = |grid: usize| (1..m).map(|k| (grid + k) as f64 / k as f64).product::<f64>();
    let grid = (1..=grid).rev().find(|&grid| points(grid) <= MOST_POINTS as f64).unwrap_or(1);
    let mut all = Vec::new();
    let mut parts = vec![0; m];
    parts[m - 1] = grid;
    loop {
        all.extend(parts.iter().map(|&k| k as f64 / grid as f64));
        // The next composition of `grid` into `m` parts, in lexicographic order: the last part that is not 0 gives one
        // to its left.
        let Some(k) = (1..m).rev().find(|&k| parts[k] > 0) else { return all };
        let rest = parts[k] - 1;
        parts[k] = 0;
        parts[k - 1] += 1;
        parts[m - 1] = rest;
    }
}

fn refused(reason: &str) -> Error {
    Error::NotApplicable { method: "MEX in a matrix game", reason: reason.into() }
}
