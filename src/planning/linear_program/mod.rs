//! Linear programming: values and occupancies as a pair of dual programs.
//!
//! For weights `α > 0` of the states that are not terminal (terminal ones are worth 0 and are no variables):
//! ```text
//! primal   min  Σ_s α(s) v(s)        v(s) ≥ r(s, a) + γ Σ_s' p(s'|s, a) v(s')   for every choice
//! dual     max  Σ_{s,a} d(s, a) r(s, a)     Σ_a d(s, a) − γ Σ_{s',a'} p(s|s', a') d(s', a') = α(s),   d ≥ 0
//! ```
//! The solution of the primal is `v*`, whatever the weights; a feasible `d` is the discounted occupancy of the policy
//! `d(s, a) / Σ_a' d(s, a')` started from `α`, in the normalisation of [`occupancy`](crate::mdp::occupancy): the entries sum to
//! `Σ α / (1 − γ)` where no state is terminal (d'Epenoux 1963; Puterman 2005, section 6.9). Constraints `Σ d c_k ≤ b_k` on expected
//! discounted costs (Altman 1999, chapter 3) add a variable `λ_k ≥ 0` each to the primal: `b_k λ_k` to what is minimised
//! and `λ_k c_k(s, a)` to the left side of every inequality ([`occupancy_lp`]).
//!
//! Both come out of one primal-dual interior-point run (the crate `clarabel`; Goulart and Chen 2024) on the sparse matrix.
//! Rewards and costs are scaled to a largest entry of one first. The numbers are approximations, to about `1e-8` of the
//! sums: proofs come from sweeps ([`bounds`](crate::planning::bounds)) that others put around them.
//!
//! The same program has the long-run average of a communicating table as its value, with `γ = 1`, no weights, one state pinned to 0,
//! and the gain as the multiplier of a cost of one a step (`relative_values`; Puterman 2005, section 8.8).
//!
//! Cost: tens of factorisations of a matrix with as many rows as there are states and choices. On grids and chains they
//! stay sparse; where successors are all over the table they fill in and cost `O(S³)` each. How much it will be is known from the
//! pattern alone, by the ordering that the solver uses (approximate minimum degree; Amestoy, Davis and Duff 1996), and a table
//! with factorisations of more than 10⁹ multiplications is refused: that is some 1400 states with successors everywhere.

mod constrained;
#[cfg(test)]
mod tests;

use clarabel::algebra::CscMatrix;
use clarabel::solver::{DefaultSettings, DefaultSolver, IPSolver, SolverStatus, SupportedConeT};

pub(in crate::planning) use self::constrained::weak_duality;
pub use self::constrained::{ACCURACY, ConstrainedSolution, Constraint, occupancy_lp};
use crate::mdp::Mdp;
use crate::{Error, Result};

/// Most choices of a table that is handed to the solver.
pub(super) const MOST_CHOICES: usize = 200_000;

/// Most multiplications of a factorisation: about a second each.
const MOST_PRODUCTS: f64 = 1e9;

/// Interior-point steps, at most; tens are usual.
const MOST_STEPS: usize = 200;

/// What the solver aims at, relative to the size of the numbers; it stops where it makes no more headway.
const TOLERANCE: f64 = 1e-10;

/// What the solver is to decide.
#[derive(Clone, Copy)]
pub(super) struct Program<'a> {
    pub mdp: &'a Mdp,
    pub gamma: f64,
    /// The states that are variables, ascending: none is terminal, and no choice of theirs leads to other states that are
    /// not.
    pub states: &'a [u32],
    /// The weight of each of them.
    pub weights: &'a [f64],
    /// A state that is worth 0, but whose choices count as those of the variables do.
    pub pinned: Option<u32>,
    /// The reward of each choice, `[C]`.
    pub rewards: &'a [f64],
    pub constraints: &'a [Constraint],
}

/// What the solver found.
pub(super) struct Answer {
    /// The value of each variable state.
    pub values: Vec<f64>,
    /// `d`, `[C]`; 0 for choices of other states.
    pub occupancy: Vec<f64>,
    /// `λ` of each constraint.
    pub multipliers: Vec<f64>,
    pub steps: usize,
    pub status: SolverStatus,
}

impl Answer {
    /// Whether it is an approximate solution, not a proof that there is none.
    pub fn is_point(&self) -> bool {
        use SolverStatus::{AlmostDualInfeasible, AlmostPrimalInfeasible, DualInfeasible, PrimalInfeasible};
        !matches!(self.status, PrimalInfeasible | DualInfeasible | AlmostPrimalInfeasible | AlmostDualInfeasible)
    }
}

impl Program<'_> {
    /// Runs the solver for `most` steps at most.
    ///
    /// # Errors
    /// [`Error::NotApplicable`] above [`MOST_CHOICES`] or [`MOST_PRODUCTS`], or if the solver refuses the numbers.
    pub fn solve(&self, most: usize) -> Result<Answer> {
        let choices = self.mdp.num_choices();
        if choices > MOST_CHOICES {
            let reason = format!(
                "the table has {choices} choices, and its factorisations would not fit beyond {MOST_CHOICES}; use \
                 modified-policy-iteration or policy-iteration"
            );
            return Err(Error::NotApplicable { method: "linear-programming", reason });
        }
        let rows: Vec<u32> = self.owners().flat_map(|s| self.mdp.choices(s)).map(|c| c as u32).collect();
        let of_rows = |of: &[f64]| rows.iter().fold(0.0, |largest: f64, &c| largest.max(of[c as usize].abs()));
        let reward_scale = unless_zero(of_rows(self.rewards));
        let cost_scales: Vec<f64> = self.constraints.iter().map(|k| unless_zero(of_rows(&k.costs))).collect();
        let (variables, inequalities) = (self.states.len() + cost_scales.len(), rows.len() + cost_scales.len());
        if variables == 0 {
            // Nothing to decide, which the solver does not provide for.
            let occupancy = vec![0.0; choices];
            return Ok(Answer {
                values: vec![],
                occupancy,
                multipliers: vec![],
                steps: 0,
                status: SolverStatus::Solved,
            });
        }
        let mut objective = self.weights.to_vec();
        objective.extend(self.constraints.iter().zip(&cost_scales).map(|(k, scale)| {
            // What no policy can cost, up or down, differs in nothing from infinity.
            let most = 2.0 / (1.0 - self.gamma);
            (k.bound / scale).clamp(-most, most)
        }));
        let mut sides: Vec<f64> = rows.iter().map(|&c| -self.rewards[c as usize] / reward_scale).collect();
        sides.resize(inequalities, 0.0);
        let settings = DefaultSettings {
            verbose: false,
            // It takes sides above 1e20 for infinite; here none is.
            presolve_enable: false,
            max_iter: most.min(MOST_STEPS) as u32,
            tol_gap_abs: TOLERANCE,
            tol_gap_rel: TOLERANCE,
            tol_feas: TOLERANCE,
            ..DefaultSettings::default()
        };
        let matrix = self.matrix(&rows, &cost_scales);
        check_products(&matrix)?;
        let quadratic = CscMatrix::zeros((variables, variables));
        let cones = [SupportedConeT::NonnegativeConeT(inequalities)];
        let mut solver = DefaultSolver::new(&quadratic, &objective, &matrix, &sides, &cones, settings)
            .map_err(|error| Error::NotApplicable { method: "linear-programming", reason: error.to_string() })?;
        solver.solve();
        let found = solver.solution;
        let mut occupancy = vec![0.0; choices];
        rows.iter().zip(&found.z).for_each(|(&c, d)| occupancy[c as usize] = d.max(0.0));
        let (values, multipliers) = found.x.split_at(self.states.len());
        let unscaled = |(multiplier, scale): (&f64, &f64)| multiplier.max(0.0) * reward_scale / scale;
        Ok(Answer {
            values: values.iter().map(|v| v * reward_scale).collect(),
            occupancy,
            multipliers: multipliers.iter().zip(&cost_scales).map(unscaled).collect(),
            steps: found.iterations as usize,
            status: found.status,
        })
    }

    /// The states whose choices are inequalities.
    fn owners(&self) -> impl Iterator<Item = usize> {
        self.states.iter().copied().chain(self.pinned).map(|s| s as usize)
    }

    /// The left sides, by column: `γ P − 1` for the states and `−c_k` for the constraints, a row a choice; then `−λ_k ≤ 0`.
    fn matrix(&self, rows: &[u32], cost_scales: &[f64]) -> CscMatrix<f64> {
        let columns = self.states.len();
        let mut column = vec![usize::MAX; self.mdp.num_states()];
        self.states.iter().enumerate().for_each(|(i, &s)| column[s as usize] = i);
        let mut entries: Vec<Vec<(usize, f64)>> = vec![Vec::new(); columns + cost_scales.len()];
        let mut add = |column: usize, row: usize, x: f64| match entries[column].last_mut() {
            // A state may be a successor twice, and of itself.
            Some((last, sum)) if *last == row => *sum += x,
            _ => entries[column].push((row, x)),
        };
        let mut row = 0;
        for s in self.owners() {
            for c in self.mdp.choices(s) {
                if column[s] != usize::MAX {
                    add(column[s], row, -1.0);
                }
                for (t, p) in self.mdp.branches(c).filter(|&(t, _)| column[t] != usize::MAX) {
                    add(column[t], row, self.gamma * p);
                }
                for (k, (constraint, scale)) in self.constraints.iter().zip(cost_scales).enumerate() {
                    if constraint.costs[c] != 0.0 {
                        add(columns + k, row, -constraint.costs[c] / scale);
                    }
                }
                row += 1;
            }
        }
        (0..cost_scales.len()).for_each(|k| add(columns + k, rows.len() + k, -1.0));
        let mut starts = vec![0];
        let (mut indices, mut numbers) = (Vec::new(), Vec::new());
        for column in &entries {
            indices.extend(column.iter().map(|&(row, _)| row));
            numbers.extend(column.iter().map(|&(_, x)| x));
            starts.push(indices.len());
        }
        CscMatrix::new(rows.len() + cost_scales.len(), entries.len(), starts, indices, numbers)
    }
}

/// Fails if factorisations of the solver's matrix, `[0 Aᵀ; A D]`, would fill in too much.
fn check_products(matrix: &CscMatrix<f64>) -> Result<()> {
    let size = matrix.n + matrix.m;
    let (mut starts, mut rows) = (vec![0], Vec::with_capacity(size + matrix.rowval.len()));
    for column in 0..size {
        rows.push(column);
        if column < matrix.n {
            let entries = matrix.colptr[column]..matrix.colptr[column + 1];
            rows.extend(matrix.rowval[entries].iter().map(|row| matrix.n + row));
        }
        starts.push(rows.len());
    }
    let products = match amd::order(size, &starts, &rows, &amd::Control::default()) {
        Ok((_, _, info)) => info.n_mult_subs_ldl as f64,
        Err(status) => {
            let reason = format!("the pattern of the program cannot be ordered ({status:?})");
            return Err(Error::NotApplicable { method: "linear-programming", reason });
        }
    };
    if products <= MOST_PRODUCTS {
        return Ok(());
    }
    Err(Error::NotApplicable {
        method: "linear-programming",
        reason: format!(
            "successors are all over the table, so that each of tens of factorisations takes {products:.1e} multiplications, more              than {MOST_PRODUCTS:.0e}; use modified-policy-iteration or policy-iteration"
        ),
    })
}

/// Relative values near those of the best gain of a table in which every state can be reached from every other, by the program
/// ```text
/// min g     g + h(s) ≥ r(s, a) + Σ_s' p(s'|s, a) h(s')   for every choice,   h(0) = 0
/// ```
/// `None` if no solution was found; also the number of steps taken, `most` at most.
///
/// # Errors
/// As [`Program::solve`].
pub(super) fn relative_values(mdp: &Mdp, most: usize) -> Result<(Option<Vec<f64>>, usize)> {
    let states: Vec<u32> = (1..mdp.num_states() as u32).collect();
    // With no reward below 0 the gain is not either, and may be a multiplier.
    let least = mdp.reward_range().0;
    let rewards: Vec<f64> = mdp.rewards().iter().map(|r| r - least).collect();
    let gain = Constraint::at_most(vec![1.0; rewards.len()], 1.0);
    let program = Program {
        mdp,
        gamma: 1.0,
        states: &states,
        weights: &vec![0.0; states.len()],
        pinned: Some(0),
        rewards: &rewards,
        constraints: &[gain],
    };
    let answer = program.solve(most)?;
    let sound = answer.is_point() && answer.values.iter().all(|x| x.is_finite());
    let values = sound.then(|| std::iter::once(0.0).chain(answer.values).collect());
    Ok((values, answer.steps))
}

/// `x`, or 1 instead of 0.
fn unless_zero(x: f64) -> f64 {
    if x > 0.0 { x } else { 1.0 }
}
