//! What the rooms of inverse learning share: quasi-Newton ascent, and small dense linear programs.

use clarabel::algebra::CscMatrix;
use clarabel::solver::{DefaultSettings, DefaultSolver, IPSolver, SolverStatus, SupportedConeT};

use crate::{Error, Result};

/// Where an ascent ended.
pub(super) struct Ascent {
    pub point: Vec<f64>,
    pub value: f64,
    pub gradient: Vec<f64>,
    pub iterations: usize,
}

/// By how much rounding may make a value fall that does rise, as a share of it.
const ROUNDING: f64 = 1e-12;

/// Maximises a smooth concave function, given with its gradient, by BFGS with Armijo's rule, until the largest entry of the gradient is at most
/// `tolerance`. Near the maximum, where values differ by rounding only, a step is taken if it makes the slope smaller (Hager and Zhang 2005).
pub(super) fn maximise(
    evaluate: impl Fn(&[f64]) -> Result<(f64, Vec<f64>)>,
    start: Vec<f64>,
    tolerance: f64,
    most: usize,
) -> Result<Ascent> {
    let n = start.len();
    let mut point = start;
    let (mut value, mut gradient) = evaluate(&point)?;
    // The negative inverse Hessian, as known so far.
    let mut inverse = identity(n);
    let mut iterations = 0;
    while iterations < most && gradient.iter().any(|g| g.abs() > tolerance) {
        iterations += 1;
        let mut direction = product(&inverse, &gradient);
        if dot(&direction, &gradient) <= 0.0 {
            inverse = identity(n);
            direction.clone_from(&gradient);
        }
        let slope = dot(&direction, &gradient);
        let mut step = 1.0;
        let accepted = loop {
            let tried: Vec<f64> = point.iter().zip(&direction).map(|(x, d)| x + step * d).collect();
            // A point at which nothing can be computed is too far.
            if let Ok((there, slopes)) = evaluate(&tried) {
                let level = (there - value).abs() <= ROUNDING * value.abs();
                let flatter = dot(&direction, &slopes).abs() <= 0.9 * slope;
                if there >= value + 1e-4 * step * slope || level && flatter {
                    break Some((tried, there, slopes));
                }
            }
            step *= 0.5;
            if step < 1e-20 {
                break None;
            }
        };
        // Rounding forbids any more ascent.
        let Some((tried, there, slopes)) = accepted else { break };
        let moved: Vec<f64> = tried.iter().zip(&point).map(|(a, b)| a - b).collect();
        let fell: Vec<f64> = gradient.iter().zip(&slopes).map(|(a, b)| a - b).collect();
        update(&mut inverse, &moved, &fell);
        (point, value, gradient) = (tried, there, slopes);
    }
    Ok(Ascent { point, value, gradient, iterations })
}

/// `H ← (I − ρ s yᵀ) H (I − ρ y sᵀ) + ρ s sᵀ` with `ρ = 1 / sᵀy`, for the step `s` along which the gradient fell by `y`.
fn update(inverse: &mut [Vec<f64>], s: &[f64], y: &[f64]) {
    let curvature = dot(s, y);
    if curvature <= 1e-14 * dot(s, s).sqrt() * dot(y, y).sqrt() {
        return;
    }
    let rho = 1.0 / curvature;
    let hy = product(inverse, y);
    let yhy = dot(y, &hy);
    for i in 0..s.len() {
        for j in 0..s.len() {
            inverse[i][j] += rho * ((1.0 + rho * yhy) * s[i] * s[j] - hy[i] * s[j] - s[i] * hy[j]);
        }
    }
}

fn identity(n: usize) -> Vec<Vec<f64>> {
    (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect()
}

fn product(matrix: &[Vec<f64>], x: &[f64]) -> Vec<f64> {
    matrix.iter().map(|row| dot(row, x)).collect()
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// A row of a linear program: coefficients by variable, and the right side.
pub(super) type Row = (Vec<(usize, f64)>, f64);

/// The point that minimises `objective · x` with `a · x = b` for each of `equalities` and `a · x ≤ b` for each of `inequalities`.
///
/// # Errors
/// [`Error::NotApplicable`] if there is no such point, or the solver does not find it.
pub(super) fn minimise_linear(
    method: &'static str,
    objective: &[f64],
    equalities: &[Row],
    inequalities: &[Row],
) -> Result<Vec<f64>> {
    let (n, m) = (objective.len(), equalities.len() + inequalities.len());
    let mut columns: Vec<Vec<(usize, f64)>> = vec![Vec::new(); n];
    let mut sides = Vec::with_capacity(m);
    for (i, (row, side)) in equalities.iter().chain(inequalities).enumerate() {
        for &(j, x) in row {
            match columns[j].last_mut() {
                Some((last, sum)) if *last == i => *sum += x,
                _ => columns[j].push((i, x)),
            }
        }
        sides.push(*side);
    }
    let mut starts = vec![0];
    let (mut rows, mut numbers) = (Vec::new(), Vec::new());
    for column in &columns {
        rows.extend(column.iter().map(|&(row, _)| row));
        numbers.extend(column.iter().map(|&(_, x)| x));
        starts.push(rows.len());
    }
    let refused = |reason: String| Error::NotApplicable { method, reason };
    let settings = DefaultSettings { verbose: false, presolve_enable: false, ..DefaultSettings::default() };
    let cones = [SupportedConeT::ZeroConeT(equalities.len()), SupportedConeT::NonnegativeConeT(inequalities.len())];
    let matrix = CscMatrix::new(m, n, starts, rows, numbers);
    let mut solver = DefaultSolver::new(&CscMatrix::zeros((n, n)), objective, &matrix, &sides, &cones, settings)
        .map_err(|error| refused(error.to_string()))?;
    solver.solve();
    match solver.solution.status {
        SolverStatus::Solved | SolverStatus::AlmostSolved => Ok(solver.solution.x),
        status => Err(refused(format!("the linear program was not solved ({status:?}); scale the numbers"))),
    }
}
