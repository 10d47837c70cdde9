//! Weighted coverage: F(τ) = Σ_{v ∈ ∪_j D(s_j)} w(v).

use super::SetFunction;
use super::bits::Bits;
use crate::{Error, Result};

/// Weighted coverage: each state covers its footprint D(s) of cells, and a cell is paid once.
///
/// Monotone and submodular for weights that are not negative. A gain costs O(|D(s)|).
///
/// ```
/// use tabrl::submodular::{SetFunction, function::Coverage};
///
/// let coverage = Coverage::new(vec![vec![0, 1], vec![1, 2]], vec![1.0, 2.0, 4.0])?;
/// assert_eq!(coverage.value(&[0, 1, 0]), 7.0);
/// # Ok::<(), tabrl::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Coverage {
    start: Vec<u32>,
    /// Footprints one after the other, without cells that weigh nothing.
    cells: Vec<u32>,
    /// Of the cells that are covered by some state.
    weights: Vec<f64>,
}

/// The cells that are covered.
#[derive(Debug, Clone)]
pub struct Covered(Bits);

impl Coverage {
    /// `footprints[s]` lists the cells that state s covers, `weights` has one weight a cell.
    ///
    /// # Errors
    /// A footprint outside the cells, a weight that is negative or not finite, or weights whose sum is not.
    pub fn new(footprints: Vec<Vec<usize>>, weights: Vec<f64>) -> Result<Coverage> {
        for (cell, &weight) in weights.iter().enumerate() {
            if !(weight >= 0.0 && weight.is_finite()) {
                let reason = format!("cell {cell} has weight {weight}, and covering it must not lower the value");
                return Err(Error::NotApplicable { method: "weighted coverage", reason });
            }
        }
        let (mut start, mut cells) = (vec![0], Vec::new());
        for (state, footprint) in footprints.into_iter().enumerate() {
            let first = cells.len();
            for cell in footprint {
                match weights.get(cell) {
                    None => {
                        let reason = format!(
                            "the footprint of state {state} has cell {cell}, but the cells are 0..{}",
                            weights.len()
                        );
                        return Err(Error::NotApplicable { method: "weighted coverage", reason });
                    }
                    Some(&weight) if weight > 0.0 && !cells[first..].contains(&(cell as u32)) => {
                        cells.push(cell as u32)
                    }
                    Some(_) => {}
                }
            }
            start.push(cells.len() as u32);
        }
        if !weights.iter().sum::<f64>().is_finite() {
            let reason = "the weights are so large that their sum is not a finite number".into();
            return Err(Error::NotApplicable { method: "weighted coverage", reason });
        }
        // Cells that some state covers are numbered anew, so that masks have no bits for others.
        let mut known = cells.clone();
        known.sort_unstable();
        known.dedup();
        cells.iter_mut().for_each(|cell| *cell = known.partition_point(|k| *k < *cell) as u32);
        let weights = known.iter().map(|&cell| weights[cell as usize]).collect();
        Ok(Coverage { start, cells, weights })
    }

    fn footprint(&self, state: usize) -> &[u32] {
        &self.cells[self.start[state] as usize..self.start[state + 1] as usize]
    }
}

impl SetFunction for Coverage {
    type Collected = Covered;

    fn num_states(&self) -> usize {
        self.start.len() - 1
    }

    fn empty(&self) -> Covered {
        Covered(Bits::none(self.weights.len()))
    }

    fn clear(&self, collected: &mut Covered) {
        collected.0.clear();
    }

    #[inline]
    fn gain(&self, collected: &Covered, state: usize) -> f64 {
        let fresh = self.footprint(state).iter().filter(|&&cell| !collected.0.has(cell as usize));
        fresh.map(|&cell| self.weights[cell as usize]).sum()
    }

    #[inline]
    fn push(&self, collected: &mut Covered, state: usize) -> f64 {
        let fresh = self.footprint(state).iter().filter(|&&cell| collected.0.insert(cell as usize));
        fresh.map(|&cell| self.weights[cell as usize]).sum()
    }

    fn key(&self, collected: &Covered) -> Option<u128> {
        collected.0.word()
    }
}
