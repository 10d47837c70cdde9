//! The mean over the nearest states with data.
//!
//! `f(s, a)` is the mean target of the `n` samples of action `a` whose states are nearest to `s` in the Euclidean distance
//! of their features (the earlier state first, if tied); pairs are taken whole, weighted by their numbers of samples. Cost of
//! a fit: `O(C · rows per action · d)`.

use std::cmp::Ordering;
use std::sync::Arc;

use super::features::{Features, pairs};
use super::{Data, RegressionOracle};
use crate::mdp::Mdp;
use crate::{Error, Result};

/// Nearest-neighbour regression on features of the state.
#[derive(Debug, Clone)]
pub struct NearestNeighbours {
    features: Arc<Features>,
    pairs: Vec<(u32, u32)>,
    actions: usize,
    neighbours: f64,
}

impl NearestNeighbours {
    /// The mean over at least `neighbours` samples (all there are, if fewer); an action without data is worth 0.
    ///
    /// # Errors
    /// Features of another number of states, or no neighbour.
    pub fn new(mdp: &Mdp, features: &Arc<Features>, neighbours: u64) -> Result<NearestNeighbours> {
        features.check(mdp)?;
        if neighbours == 0 {
            return Err(Error::Parameter { name: "neighbours", value: 0.0, expected: "at least 1" });
        }
        let (pairs, actions) = (pairs(mdp), mdp.num_actions());
        let features = features.clone();
        Ok(NearestNeighbours { features, pairs, actions, neighbours: neighbours as f64 })
    }
}

impl RegressionOracle for NearestNeighbours {
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
                (squared_distance(here, there), i)
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

/// `‖x − y‖²` of vectors given by their entries that are not zero, by ascending column.
fn squared_distance(mut x: &[(u32, f64)], mut y: &[(u32, f64)]) -> f64 {
    let mut sum = 0.0;
    while let (Some(&(i, a)), Some(&(j, b))) = (x.first(), y.first()) {
        let difference = match i.cmp(&j) {
            Ordering::Less => a,
            Ordering::Equal => a - b,
            Ordering::Greater => b,
        };
        sum += difference * difference;
        x = if i <= j { &x[1..] } else { x };
        y = if j <= i { &y[1..] } else { y };
    }
    sum + x.iter().chain(y).map(|(_, a)| a * a).sum::<f64>()
}
