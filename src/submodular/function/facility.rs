//! Facility location: F(τ) = Σ_i max_{s ∈ τ} m(s, i).

use ndarray::Array2;

use super::SetFunction;
use crate::{Error, Result};

/// Each client is served by the best of the visited states. Monotone and submodular; a gain costs O(clients).
#[derive(Debug, Clone)]
pub struct FacilityLocation {
    merit: Array2<f64>,
}

impl FacilityLocation {
    /// What state s is worth to client i, `[n, clients]`.
    ///
    /// # Errors
    /// A merit that is negative or not finite.
    pub fn new(merit: Array2<f64>) -> Result<FacilityLocation> {
        match merit.iter().find(|x| !(**x >= 0.0 && x.is_finite())) {
            Some(&value) => Err(Error::Parameter { name: "merit", value, expected: "finite and not negative" }),
            None if !merit.sum().is_finite() => {
                let expected = "so small that all together have a finite sum";
                Err(Error::Parameter { name: "merit", value: merit.sum(), expected })
            }
            None => Ok(FacilityLocation { merit }),
        }
    }
}

impl SetFunction for FacilityLocation {
    /// The merit that each client has now.
    type Collected = Vec<f64>;

    fn num_states(&self) -> usize {
        self.merit.nrows()
    }

    fn empty(&self) -> Vec<f64> {
        vec![0.0; self.merit.ncols()]
    }

    fn clear(&self, collected: &mut Vec<f64>) {
        collected.fill(0.0);
    }

    fn gain(&self, collected: &Vec<f64>, state: usize) -> f64 {
        self.merit.row(state).iter().zip(collected).map(|(new, old)| (new - old).max(0.0)).sum()
    }

    fn push(&self, collected: &mut Vec<f64>, state: usize) -> f64 {
        let mut gain = 0.0;
        for (new, old) in self.merit.row(state).iter().zip(collected) {
            gain += (new - *old).max(0.0);
            *old = old.max(*new);
        }
        gain
    }

    fn key(&self, _: &Vec<f64>) -> Option<u128> {
        None
    }
}
