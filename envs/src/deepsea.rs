//! DeepSea: a diagonal descent that only a long run of right actions completes.
//!
//! ```text
//!   ╲ . . .     start at the top left; every step goes down one row, to the left or to the right (stopped by the walls);
//!   . ╲ . .     moving right costs 0.01/n; moving right in the last column pays 1 (less the cost);
//!   . . ╲ .     the episode ends after n steps
//!   . . . ╲
//! ```
//! Which of the two actions means right differs from cell to cell (`mapping=random`), so that no policy that repeats one
//! action finds the reward. `stochastic=true` lets a move to the right fail, staying in its column, with probability 1/n.
//! The optimum is 0.99 without chance; with it, 0.380907 for n = 10 (bsuite's own figure `(1 − 1/n)^(n−1) − 0.01` overstates the
//! cost: after a failure an optimal agent stops paying it).
//!
//! Deviations from bsuite: the map of actions is drawn from this toolkit's stream of `mapping_seed` (its generator cannot be
//! matched bit for bit), and the `N(0, 1)` noise of the stochastic version on both bottom corners, which no finite table can
//! hold, is left out (`noise=none`) or replaced by ±1 with probability ½ each (`noise=two-point`: same mean and variance).
//!
//! Source: Osband et al. 2020, "Behaviour Suite for Reinforcement Learning" (bsuite), experiments `deep_sea`, `deep_sea_stochastic`.

use rand::Rng;
use tabrl::mdp::{Branch, Branches, Cell, GridMap, Model};
use tabrl::rng::{self, Purpose};

use crate::{Param, Spec, erase};

/// The cells of an `n` by `n` grid; the episode ends in row `n`, below the last one.
#[derive(Debug, Clone)]
pub struct DeepSea {
    n: u32,
    stochastic: bool,
    noisy: bool,
    /// One bit a cell: the action that means right. Empty for the identity: action 1 everywhere.
    right: Vec<u64>,
}

impl DeepSea {
    /// Action 1 means right in every cell.
    pub fn new(n: u32, stochastic: bool, noisy: bool) -> DeepSea {
        DeepSea { n, stochastic, noisy, right: Vec::new() }
    }

    /// The meaning of the actions is drawn for each cell, Bernoulli(½), from `seed`.
    pub fn shuffled(self, seed: u64) -> DeepSea {
        let words = (self.n as usize * self.n as usize).div_ceil(64);
        let mut rng = rng::stream(seed, Purpose::Generation, 0);
        DeepSea { right: (0..words).map(|_| rng.next_u64()).collect(), ..self }
    }

    fn is_right(&self, (row, column): (u32, u32), action: usize) -> bool {
        let bit = row as usize * self.n as usize + column as usize;
        action as u64 == self.right.get(bit / 64).map_or(1, |word| word >> (bit % 64) & 1)
    }
}

impl Model for DeepSea {
    /// Row and column.
    type State = (u32, u32);

    fn initial(&self) -> Vec<(f64, Self::State)> {
        vec![(1.0, (0, 0))]
    }

    fn num_actions(&self) -> usize {
        2
    }

    fn episode_length(&self) -> Option<usize> {
        Some(self.n as usize)
    }

    fn step_law(&self, (row, column): Self::State, action: usize, out: &mut Branches<Self::State>) {
        let (last, n) = (self.n - 1, f64::from(self.n));
        let right = self.is_right((row, column), action);
        let reward = match right {
            true => f64::from(u8::from(column == last)) - 0.01 / n,
            false => 0.0,
        };
        let noisy = self.noisy && row == last && (column == 0 || column == last);
        let fails = if right && self.stochastic { 1.0 / n } else { 0.0 };
        let target = if right { (column + 1).min(last) } else { column.saturating_sub(1) };
        for (probability, column) in [(1.0 - fails, target), (fails, column)] {
            let next = (row + 1, column);
            let mut to = |probability, reward| out.push(Branch { probability, next, reward, terminal: row == last });
            if noisy {
                to(0.5 * probability, reward - 1.0);
                to(0.5 * probability, reward + 1.0);
            } else {
                to(probability, reward);
            }
        }
    }

    fn map(&self) -> Option<GridMap> {
        // A row more than the sea has: the bottom, where every episode ends.
        Some(GridMap { rows: vec![vec!['.'; self.n as usize]; self.n as usize + 1] })
    }

    fn cell(&self, (row, column): Self::State) -> Option<Cell> {
        Some(Cell { row: row as usize, column: column as usize })
    }

    fn state_name(&self, (row, column): Self::State) -> String {
        format!("row {row}, column {column}")
    }
}

/// The registry's entry.
pub fn spec() -> Spec {
    Spec {
        name: "deepsea".into(),
        summary: "a diagonal descent that only a long run of right actions completes".into(),
        source: "bsuite (Osband et al. 2020)",
        params: vec![
            Param { name: "n", default: "10", doc: "rows and columns, 1 to 10,000" },
            Param {
                name: "stochastic",
                default: "false",
                doc: "whether right fails with probability 1/n: true or false",
            },
            Param { name: "mapping", default: "random", doc: "which action means right: random by cell, or identity" },
            Param { name: "mapping_seed", default: "42", doc: "root of the stream the mapping is drawn from" },
            Param {
                name: "noise",
                default: "none",
                doc: "of the bottom corners: none, or two-point (plus or minus 1)",
            },
        ],
        build: Box::new(|settings| {
            let n = settings.count("n", 1, 10_000)? as u32;
            let noisy = settings.word("noise", &["none", "two-point"])? == "two-point";
            let seed = settings.seed("mapping_seed")?;
            let model = DeepSea::new(n, settings.flag("stochastic")?, noisy);
            match settings.word("mapping", &["random", "identity"])? {
                "random" => Ok(erase(model.shuffled(seed))),
                _ => Ok(erase(model)),
            }
        }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use approx::assert_relative_eq;
    use tabrl::mdp::enumerate;

    use super::*;
    use crate::solved::finite;

    fn optimum(model: &DeepSea) -> f64 {
        let mdp = enumerate(model, 10_000).unwrap().mdp;
        finite(&mdp, model.n as usize).values[0]
    }

    #[test]
    fn optimal_values_under_every_mapping() {
        for n in [2, 10, 20] {
            for model in [DeepSea::new(n, false, false), DeepSea::new(n, false, true).shuffled(42)] {
                assert_relative_eq!(optimum(&model), 0.99, max_relative = 1e-13);
            }
        }
        // Exact dynamic programming; bsuite's approximation is 0.377420 and 0.367354.
        for (n, value) in [(10, 0.380907), (20, 0.370938)] {
            for model in [DeepSea::new(n, true, false), DeepSea::new(n, true, true).shuffled(7)] {
                assert!((optimum(&model) - value).abs() <= 0.5e-6, "{n}: {}", optimum(&model));
            }
        }
    }

    #[test]
    fn the_mapping_is_fair_and_a_function_of_its_seed() {
        let rights = |seed| {
            let sea = DeepSea::new(100, false, false).shuffled(seed);
            (0..100u32).flat_map(|r| (0..100u32).map(move |c| (r, c))).map(|at| sea.is_right(at, 1)).collect::<Vec<_>>()
        };
        assert_eq!(rights(42), rights(42));
        assert_ne!(rights(42), rights(43));
        let ones = rights(42).iter().filter(|&&x| x).count() as f64;
        assert!((ones - 5000.0).abs() < 4.0 * 50.0, "{ones}");
    }

    #[test]
    fn the_triangle_that_can_be_reached() {
        let table = enumerate(&DeepSea::new(10, false, false), 1000).unwrap();
        // Row r is reached in the columns 0..=r: all parities, since the left wall absorbs a step.
        assert_eq!(table.mdp.num_states() - table.mdp.num_terminal(), 55);
        assert_eq!(table.mdp.num_terminal(), 10);
    }
}
