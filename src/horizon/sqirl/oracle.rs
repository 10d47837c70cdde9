//! What SQIRL regresses with.

use crate::{Error, Result};

/// Data of a regression: for each pair that was seen, how often and the mean of what followed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Data {
    /// The pair, as a choice of the table. No choice comes twice.
    pub choices: Vec<u32>,
    /// The number of samples.
    pub weights: Vec<f64>,
    /// The mean of their targets.
    pub targets: Vec<f64>,
}

impl Data {
    /// Forgets everything but keeps the memory.
    pub fn clear(&mut self) {
        self.choices.clear();
        self.weights.clear();
        self.targets.clear();
    }

    /// Appends a pair.
    pub fn push(&mut self, choice: usize, weight: f64, target: f64) {
        self.choices.push(choice as u32);
        self.weights.push(weight);
        self.targets.push(target);
    }
}

/// Weighted least-squares regression over a class of functions of (state, action).
///
/// SQIRL's guarantee asks for accuracy where the data are only (Laidlaw et al. 2024, assumption 3.4); what an oracle says
/// elsewhere is up to it.
pub trait RegressionOracle: Send {
    /// Fits `data` and writes the fitted value of every choice of the table to `values`, shape `[C]`.
    ///
    /// # Errors
    /// A fit that is impossible. None of this crate's oracles fails.
    fn fit(&mut self, data: &Data, values: &mut [f64]) -> Result<()>;

    /// What it keeps from one fit to the next; nothing if every fit starts afresh.
    fn memory(&self) -> Vec<f64> {
        Vec::new()
    }

    /// Takes over the [`memory`](RegressionOracle::memory) of an oracle with the same settings.
    ///
    /// # Errors
    /// Another number of numbers.
    fn restore(&mut self, memory: &[f64]) -> Result<()> {
        check_memory(memory, 0)
    }
}

/// Whether a memory has so many numbers.
pub(super) fn check_memory(memory: &[f64], expected: usize) -> Result<()> {
    if memory.len() == expected {
        return Ok(());
    }
    let (what, found, expected) = ("the memory of a regression oracle".into(), vec![memory.len()], vec![expected]);
    Err(Error::Shape { what, found, expected })
}

/// One value for each pair: the mean of its targets, and `unseen` where there are none.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct TableOracle {
    /// The value of pairs without data.
    pub unseen: f64,
}

impl RegressionOracle for TableOracle {
    fn fit(&mut self, data: &Data, values: &mut [f64]) -> Result<()> {
        values.fill(self.unseen);
        for (&c, &target) in data.choices.iter().zip(&data.targets) {
            values[c as usize] = target;
        }
        Ok(())
    }
}
