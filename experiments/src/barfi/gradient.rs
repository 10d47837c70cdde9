//! The exact gradient: against differences, through the policy's parameters, as a flow, and the Neumann series that approximates it.

use serde::{Deserialize, Serialize};
use tabrl::mdp::Mdp;
use tabrl::reward::bilevel::{
    Discount, Inverse, Parametrisation, SoftOptimum, Task, hessian, hypergradient, implicit, soft_optimum, unrolled,
};
use tabrl::rng::{self, Fast};

use super::maze::{GAMMA, Maze, known_values};
use crate::Result;
use crate::shaping::{apart, random_table};

/// Settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Random tables.
    pub tables: u64,
    /// Their states.
    pub states: usize,
    /// Their actions.
    pub actions: usize,
    /// Their discount.
    pub gamma: f64,
    /// Temperature of the inner problem.
    pub temperature: f64,
    /// Last powers of the Neumann series.
    pub terms: Vec<usize>,
    /// Its steps times the largest eigenvalue.
    pub shares: Vec<f64>,
}

/// One approximation by a Neumann series.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Series {
    /// The table's seed.
    pub table: u64,
    /// Step times the largest eigenvalue.
    pub share: f64,
    /// Last power.
    pub terms: usize,
    /// Relative error of the gradient.
    pub error: f64,
    /// Cosine of the angle to it.
    pub cosine: f64,
}

/// What was found.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    /// Largest errors, by what is compared.
    pub errors: Vec<(String, f64)>,
    /// Approximations.
    pub series: Vec<Series>,
    /// `(what, known value, value here)` of the maze.
    pub known: Vec<(String, f64, f64)>,
}

/// Measures everything.
///
/// # Errors
/// Settings out of range.
pub fn measure(settings: &Settings) -> Result<Record> {
    let mut errors: Vec<(String, f64)> = Vec::new();
    let mut note = |what: &str, error: f64| match errors.iter_mut().find(|(name, _)| name == what) {
        Some((_, largest)) => *largest = largest.max(error),
        None => errors.push((what.to_owned(), error)),
    };
    let mut series = Vec::new();
    for table in 0..settings.tables {
        let (mdp, mut rng) = random_table(settings.states, settings.actions, 0, 500 + table)?;
        let n = mdp.num_choices();
        let reward = numbers(&mut rng, n);
        let (tau, gamma) = (settings.temperature, settings.gamma);
        let at = |reward: &[f64], gamma: f64| soft_optimum(&mdp, reward, tau, &Discount::Constant(gamma), None);
        let inner = at(&reward, gamma)?;
        let found = hypergradient(&mdp, &inner, mdp.rewards(), gamma)?;
        let value = |reward: &[f64], gamma: f64| -> Result<f64> {
            Ok(hypergradient(&mdp, &at(reward, gamma)?, mdp.rewards(), settings.gamma)?.value)
        };
        let mut differences = Vec::with_capacity(n);
        for c in 0..n {
            let moved = |by: f64| {
                let mut reward = reward.clone();
                reward[c] += by;
                value(&reward, gamma)
            };
            differences.push(fourth_order(2e-3, moved)?);
        }
        note("differences, reward", apart(&found.reward, differences));
        let by_gamma = fourth_order(3e-4, |by| value(&reward, gamma + by))?;
        note("differences, discount (relative)", (by_gamma / found.discount() - 1.0).abs());

        let logits: Vec<f64> = inner.action_values.iter().map(|q| q / tau).collect();
        let (task, outer) = (
            Task { reward: &reward, temperature: tau, discount: gamma },
            Task { reward: mdp.rewards(), temperature: 0.0, discount: gamma },
        );
        let class = Parametrisation::Tabular;
        let by = |inverse| implicit(&mdp, &class, &logits, (task, 1.0), outer, inverse);
        let pseudo = by(Inverse::PseudoInverse { cutoff: 1e-10 })?;
        note("implicit, pseudo-inverse", apart(&found.reward, pseudo.reward));
        let conjugate = by(Inverse::ConjugateGradients { tolerance: 1e-12, most: 500 })?;
        note("implicit, conjugate gradients", apart(&found.reward, conjugate.reward));
        let first = by(Inverse::Identity)?;
        let stepped = unrolled(&mdp, &class, &logits, task, outer, (1, 0.1))?;
        note("one unrolled step against first order", apart(&first.reward, stepped.reward.iter().map(|x| x / 0.1)));
        flow_errors(&mdp, &inner, &found.reward, gamma, &mut rng, &mut note);

        let eigenvalues = hessian(&mdp, &class, &logits, task)?.symmetric_eigenvalues();
        let largest = eigenvalues.iter().fold(0.0f64, |m, x| m.max(x.abs()));
        let zeros = eigenvalues.iter().filter(|x| x.abs() <= 1e-11 * largest).count();
        note("zero eigenvalues that are not one a state", zeros.abs_diff(settings.states) as f64);
        for &share in &settings.shares {
            for &terms in &settings.terms {
                let near = by(Inverse::Neumann { terms, step: share / largest })?.reward;
                let off: Vec<f64> = near.iter().zip(&found.reward).map(|(a, b)| a - b).collect();
                let (size, own) = (norm(&found.reward), norm(&near));
                let dot: f64 = near.iter().zip(&found.reward).map(|(a, b)| a * b).sum();
                series.push(Series { table, share, terms, error: norm(&off) / size, cosine: dot / size / own });
            }
        }
    }
    note("differences, the maze (relative)", maze_error()?);
    Ok(Record { errors, series, known: known_values()? })
}

/// What enters a state leaves it; constants and potentials change nothing.
fn flow_errors(
    mdp: &Mdp,
    inner: &SoftOptimum,
    w: &[f64],
    gamma: f64,
    rng: &mut Fast,
    note: &mut impl FnMut(&str, f64),
) {
    let phi = numbers(rng, mdp.num_states());
    let mut arriving = vec![0.0; mdp.num_states()];
    for c in 0..w.len() {
        mdp.branches(c).for_each(|(t, p)| arriving[t] += gamma * w[c] * p);
    }
    let mut along = 0.0;
    let mut sources = 0.0f64;
    for s in 0..mdp.num_states() {
        sources = sources.max((mdp.choices(s).map(|c| w[c]).sum::<f64>() - arriving[s]).abs());
        along += mdp.choices(s).map(|c| w[c] * (gamma * mdp.expect(c, &phi) - phi[s])).sum::<f64>();
    }
    note("sources of the flow", sources);
    note("sum of the gradient", w.iter().sum::<f64>().abs());
    note("the gradient along potentials", along.abs());
    note("residual of the inner problem", inner.residual);
}

/// The gradient in the maze along random directions, against differences.
fn maze_error() -> Result<f64> {
    let maze = Maze::new("bad")?;
    let (mdp, reward) = (maze.mdp(), maze.sum(1.0 / 200.0));
    let at = |reward: &[f64]| soft_optimum(mdp, reward, 0.5, &Discount::Constant(GAMMA), None);
    let found = hypergradient(mdp, &at(&reward)?, mdp.rewards(), GAMMA)?;
    let mut rng = rng::fast(1, rng::Purpose::Generation, 0);
    let mut worst = 0.0f64;
    for _ in 0..3 {
        let direction = numbers(&mut rng, reward.len());
        let moved = |by: f64| -> Result<f64> {
            let reward: Vec<f64> = reward.iter().zip(&direction).map(|(r, d)| r + by * d).collect();
            Ok(hypergradient(mdp, &at(&reward)?, mdp.rewards(), GAMMA)?.value)
        };
        let exact: f64 = found.reward.iter().zip(&direction).map(|(w, d)| w * d).sum();
        worst = worst.max((fourth_order(5e-4, moved)? / exact - 1.0).abs());
    }
    Ok(worst)
}

fn fourth_order(h: f64, at: impl Fn(f64) -> Result<f64>) -> Result<f64> {
    Ok((8.0 * (at(h)? - at(-h)?) - (at(2.0 * h)? - at(-2.0 * h)?)) / (12.0 * h))
}

fn numbers(rng: &mut Fast, n: usize) -> Vec<f64> {
    (0..n).map(|_| 2.0 * rng::uniform(rng) - 1.0).collect()
}

fn norm(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum::<f64>().sqrt()
}
