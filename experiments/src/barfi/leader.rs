//! The leader of HPGD: penalties on cells steer a soft-optimal follower, whose goal the leader does not know, past a cell that pays.
//!
//! ```text
//! follower: 1 for acting in its goal, and −0.2 p_s in every other cell, p = softmax(w) over the 104 cells and one number more
//! leader:   1 for every step in the cell (8, 4), and −price · Σ 0.2 p_s once, at the goal (cells other than the goal)
//! F(w) = mean over both goals of the leader's value;   ∂F/∂w by the exact gradient and the chain rule
//! ```

use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};
use tabrl::mdp::Mdp;
use tabrl::reward::bilevel::{Discount, hypergradient, soft_optimum};
use tabrl::rng::{self, Purpose};
use tabrl_envs::hpgd_rooms::{HpgdTables, MATRIX_SLIP, tables};

use crate::Result;

/// Largest sum of penalties.
const BUDGET: f64 = 0.2;

/// Settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Discount of both.
    pub gamma: f64,
    /// Steps.
    pub iterations: usize,
    /// Iterates at the end whose mean value is the score.
    pub scored: usize,
    /// Starts.
    pub starts: u64,
    /// Step sizes; gradients are cut to norm 1.
    pub rates: Vec<f64>,
    /// Temperatures of the follower.
    pub temperatures: Vec<f64>,
    /// Prices of penalties.
    pub prices: Vec<f64>,
}

/// A temperature, a price and a step size.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CellOf {
    /// `λ`.
    pub temperature: f64,
    /// `β`.
    pub price: f64,
    /// Step size.
    pub rate: f64,
}

impl CellOf {
    /// For units.
    pub fn name(&self) -> String {
        format!("leader temperature={} price={} rate={}", self.temperature, self.price, self.rate)
    }
}

impl Settings {
    /// All combinations.
    pub fn cells(&self) -> Vec<CellOf> {
        let mut cells = Vec::new();
        for &temperature in &self.temperatures {
            for &price in &self.prices {
                cells.extend(self.rates.iter().map(|&rate| CellOf { temperature, price, rate }));
            }
        }
        cells
    }
}

/// One ascent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    /// The cell of the table.
    pub cell: CellOf,
    /// The start.
    pub seed: u64,
    /// `F`, about a hundred times, with the iteration.
    pub trace: Vec<(u64, f64)>,
    /// Mean of the last iterates.
    pub score: f64,
    /// The best iterate.
    pub best: f64,
    /// Share of the budget of the two cells with the largest penalties: `(row, column, share)`.
    pub largest: Vec<(usize, usize, f64)>,
    /// Largest difference to the gradient by differences at the start, relative to its largest entry.
    pub gradient_error: f64,
}

/// `F` and its gradient by the logits; `starts` are the followers' values, for Newton's method.
fn evaluate(
    rooms: &HpgdTables,
    settings: &Settings,
    cell: CellOf,
    logits: &[f64],
    starts: &mut [Option<Vec<f64>>; 2],
) -> Result<(f64, Vec<f64>)> {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut p: Vec<f64> = logits.iter().map(|w| (w - largest).exp()).collect();
    let sum: f64 = p.iter().sum();
    p.iter_mut().for_each(|x| *x /= sum);
    let (mut value, mut by_share) = (0.0, vec![0.0; p.len()]);
    for (k, mdp) in rooms.mdps.iter().enumerate() {
        let goal = rooms.goals[k];
        let cells = mdp.num_states() - 1;
        let spent: f64 = (0..cells).filter(|&s| s != goal).map(|s| BUDGET * p[s]).sum();
        let mut follower = mdp.rewards().to_vec();
        let mut leader = vec![0.0; follower.len()];
        for s in (0..cells).filter(|&s| s != goal) {
            mdp.choices(s).for_each(|c| follower[c] -= BUDGET * p[s]);
        }
        mdp.choices(rooms.bonus).for_each(|c| leader[c] = 1.0);
        mdp.choices(goal).for_each(|c| leader[c] -= cell.price * spent);
        let discount = Discount::Constant(settings.gamma);
        let inner = soft_optimum(mdp, &follower, cell.temperature, &discount, starts[k].as_deref())?;
        let found = hypergradient(mdp, &inner, &leader, settings.gamma)?;
        let sum_of = |numbers: &[f64], s: usize| mdp_sum(mdp, numbers, s);
        let ended = sum_of(&found.occupancy, goal);
        value += 0.5 * found.value;
        for s in (0..cells).filter(|&s| s != goal) {
            by_share[s] -= 0.5 * BUDGET * (sum_of(&found.reward, s) + cell.price * ended);
        }
        starts[k] = Some(inner.values);
    }
    let mean: f64 = p.iter().zip(&by_share).map(|(p, g)| p * g).sum();
    Ok((value, p.iter().zip(&by_share).map(|(p, g)| p * (g - mean)).collect()))
}

fn mdp_sum(mdp: &Mdp, numbers: &[f64], s: usize) -> f64 {
    mdp.choices(s).map(|c| numbers[c]).sum()
}

/// One ascent from normally distributed logits.
///
/// # Errors
/// Settings out of range.
pub fn measure(settings: &Settings, cell: CellOf, seed: u64) -> Result<Record> {
    let rooms = tables(MATRIX_SLIP)?;
    let mut rng = rng::fast(seed, Purpose::Initialisation, 0);
    let mut logits: Vec<f64> = (0..rooms.cells.len()).map(|_| StandardNormal.sample(&mut rng)).collect();
    let mut starts = [None, None];
    let gradient_error = difference(&rooms, settings, cell, &logits)?;
    let every = (settings.iterations / 100).max(1);
    let (mut trace, mut score, mut best) = (Vec::new(), 0.0, f64::NEG_INFINITY);
    for i in 0..settings.iterations {
        let (value, gradient) = evaluate(&rooms, settings, cell, &logits, &mut starts)?;
        best = best.max(value);
        if i % every == 0 || i + 1 == settings.iterations {
            trace.push((i as u64, value));
        }
        if i >= settings.iterations - settings.scored {
            score += value / settings.scored as f64;
        }
        let norm = gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
        let step = cell.rate / norm.max(1.0);
        logits.iter_mut().zip(&gradient).for_each(|(w, g)| *w += step * g);
    }
    let sum: f64 = logits.iter().map(|w| w.exp()).sum();
    let mut largest: Vec<(usize, usize, f64)> =
        logits.iter().zip(&rooms.cells).filter_map(|(w, at)| at.map(|at| (at.row, at.column, w.exp() / sum))).collect();
    largest.sort_by(|a, b| b.2.total_cmp(&a.2));
    largest.truncate(2);
    Ok(Record { cell, seed, trace, score, best, largest, gradient_error })
}

/// The largest difference between the gradient and differences, over some logits, relative to the largest entry.
fn difference(rooms: &HpgdTables, settings: &Settings, cell: CellOf, logits: &[f64]) -> Result<f64> {
    let at = |logits: &[f64]| evaluate(rooms, settings, cell, logits, &mut [None, None]);
    let gradient = at(logits)?.1;
    let scale = gradient.iter().fold(0.0f64, |m, g| m.max(g.abs()));
    let mut worst = 0.0f64;
    for i in (0..logits.len()).step_by(35) {
        let moved = |by: f64| -> Result<f64> {
            let mut logits = logits.to_vec();
            logits[i] += by;
            Ok(at(&logits)?.0)
        };
        let h = 1e-3;
        let slope = (8.0 * (moved(h)? - moved(-h)?) - (moved(2.0 * h)? - moved(-2.0 * h)?)) / (12.0 * h);
        worst = worst.max((slope - gradient[i]).abs() / scale);
    }
    Ok(worst)
}
