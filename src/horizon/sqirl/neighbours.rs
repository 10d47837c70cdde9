//! The mean over the nearest states with data.
//!
//! `f(s, a)` is the mean target of the `n` samples of action `a` whose states are nearest to `s` in the Euclidean distance
//! of their features (the earlier state first, if tied); pairs are taken whole, weighted by their numbers of samples. Cost of
//! a fit: `O(C · rows per action · d)`.

use super::features::{Features, pairs};
use super::{Data, RegressionOracle};
use crate::mdp::Mdp;
use crate::{Error, Result};

/// Nearest-neighbour regression on features of the state.
#[derive(Debug, Clone)]
pub struct NearestNeighbours<'a> {
    features: &'a Features,
    pairs: Vec<(u32, u32)>,
    actions: usize,
    neighbours: f64,
}

impl<'a> NearestNeighbours<'a> {
    /// The mean over at least `neighbours` samples (all there are, if fewer); an action without data is worth 0.
    ///
    /// # Errors
    /// Features of another number of states, or no neighbour.
    pub fn new(mdp: &Mdp, features: &'a Features, neighbours: u64) -> Result<NearestNeighbours<'a>> {
        features.check(mdp)?;
        if neighbours == 0 {
            return Err(Error::Parameter { name: "neighbours", value: 0.0, expected: "at least 1" });
        }
        let (pairs, actions) = (pairs(mdp), mdp.num_actions());
        Ok(NearestNeighbours { features, pairs, actions, neighbours: neighbours as f64 })
    }
}

impl RegressionOracle for NearestNeighbours<'_> {
    fn fit(&mut self, data: &Data, values: &mut [f64]) -> Result<()> {
        let mut rows: Vec<Vec<usize>> = vec![Vec::new(); self.actions];
        let state = |c: u32| self.pairs[c as usize].0;
        (0..data.choices.len()).for_each(|i| rows[self.pairs[data.choices[i] as usize].1 as usize].push(i));
        rows.iter_mut().for_each(|rows| rows.sort_unstable_by_key(|&i| state(data.choices[i])));
        let mut near: Vec<(f64, usize)> = Vec::new();
        for (value, &(s, a)) in values.iter_mut().zip(&self.pairs) {
            let here = self.features.of(s as usize);
            near.clear();
            near.extend(rows[a as usize].iter().map(|&i| {
                let there = self.features.of(state(data.choices[i]) as usize);
                (here.iter().zip(there).map(|(x, y)| (x - y) * (x - y)).sum::<f64>(), i)
            }));
            near.sort_by(|x, y| x.0.total_cmp(&y.0));
            let (mut weight, mut sum) = (0.0, 0.0);
            for &(_, i) in &near {
                if weight >= self.neighbours {
                    break;
                }
                weight += data.weights[i];
                sum += data.weights[i] * data.targets[i];
            }
            *value = if weight > 0.0 { sum / weight } else { 0.0 };
        }
        Ok(())
    }
}
