//! The law of the return under an exploration policy, at every stage and state of a deterministic process.
//!
//! Where every reward is a whole multiple of one unit, so is every return, and its law is a short array:
//! `D_t(s) = Σ_a π_t(a|s) · shift(D_{t+1}(s'), r(s, a))`. Cost: `O(T · C · width)`, width the number of different returns.

use super::process::Process;
use crate::mdp::{Mdp, Policy};
use crate::{Error, Result};

/// Returns may differ by at most this many units.
const WIDEST: i64 = 4096;
/// How far a reward may be from a multiple of the unit, relative to the largest (single-precision files are this rough).
const ROUGHNESS: f64 = 1e-6;

/// The laws of the return-to-go.
#[derive(Debug, Clone)]
pub(super) struct ReturnLaws {
    /// The unit of returns.
    pub unit: f64,
    /// Rewards in units, `[C]`.
    pub rewards: Vec<i64>,
    layers: Vec<Layer>,
}

/// The laws at one stage: state `s` has mass `mass[start[s] + i]` at `low[s] + i` units.
#[derive(Debug, Clone)]
struct Layer {
    low: Vec<i64>,
    start: Vec<usize>,
    mass: Vec<f64>,
}

impl ReturnLaws {
    /// Computes all laws, for the uniformly random policy if none is given.
    ///
    /// # Errors
    /// [`Error::NotApplicable`] if the rewards are not multiples of a unit, or the returns are too many.
    pub fn new(process: &Process, policy: Option<&Policy>) -> Result<ReturnLaws> {
        let (mdp, horizon) = (process.mdp(), process.horizon());
        let (unit, rewards) = in_units(mdp)?;
        let states = mdp.num_states();
        let end = Layer { low: vec![0; states], start: (0..=states).collect(), mass: vec![1.0; states] };
        let mut layers = vec![end];
        for t in (0..horizon).rev() {
            let next = &layers[layers.len() - 1];
            let mut layer = Layer { low: Vec::with_capacity(states), start: vec![0], mass: Vec::new() };
            for s in 0..states {
                let row = mdp.choices(s);
                let ends = row.clone().map(|c| {
                    let (low, law) = next.law(mdp.successors()[c] as usize);
                    (rewards[c] + low, rewards[c] + low + law.len() as i64)
                });
                let (low, high) = ends.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).unwrap_or((0, 1));
                if high - low > WIDEST {
                    return Err(refuse(format!("from state {s} there are more than {WIDEST} different returns")));
                }
                let first = layer.mass.len();
                layer.mass.resize(first + (high - low) as usize, 0.0);
                if row.is_empty() {
                    layer.mass[first] = 1.0;
                }
                let share = 1.0 / row.len() as f64;
                for c in row {
                    let weight = policy.map_or(share, |policy| policy.rule(t).probability(s, c));
                    let (start, law) = next.law(mdp.successors()[c] as usize);
                    let offset = first + (rewards[c] + start - low) as usize;
                    law.iter().zip(&mut layer.mass[offset..]).for_each(|(p, sum)| *sum += weight * p);
                }
                layer.low.push(low);
                layer.start.push(layer.mass.len());
            }
            layers.push(layer);
        }
        layers.reverse();
        Ok(ReturnLaws { unit, rewards, layers })
    }

    /// The law of the return-to-go from `s` at stage `t` (`t = T`: nothing is left): the smallest value in units, and
    /// the mass of it and the values after it.
    pub fn law(&self, t: usize, s: usize) -> (i64, &[f64]) {
        self.layers[t].law(s)
    }

    /// The largest number of different returns at the first stage.
    pub fn width(&self) -> usize {
        self.layers[0].start.windows(2).map(|w| w[1] - w[0]).max().unwrap_or(1)
    }
}

impl Layer {
    fn law(&self, s: usize) -> (i64, &[f64]) {
        (self.low[s], &self.mass[self.start[s]..self.start[s + 1]])
    }
}

fn refuse(reason: String) -> Error {
    Error::NotApplicable { method: "exact GORP", reason }
}

/// The largest unit of which every reward is a multiple, and the rewards in it.
fn in_units(mdp: &Mdp) -> Result<(f64, Vec<i64>)> {
    let largest = mdp.rewards().iter().fold(0.0f64, |largest, r| largest.max(r.abs()));
    if largest == 0.0 {
        return Ok((1.0, vec![0; mdp.num_choices()]));
    }
    // Euclid's algorithm; what is smaller than the roughness is rounding.
    let mut unit: f64 = 0.0;
    for r in mdp.rewards() {
        let (mut a, mut b) = (r.abs(), unit);
        while b > ROUGHNESS * largest {
            (a, b) = (b, (a - (a / b).round() * b).abs());
        }
        unit = a.max(b);
    }
    let rewards: Vec<i64> = mdp.rewards().iter().map(|r| (r / unit).round() as i64).collect();
    for s in 0..mdp.num_states() {
        for c in mdp.choices(s) {
            let reward = mdp.rewards()[c];
            let rough = (rewards[c] as f64 * unit - reward).abs() > ROUGHNESS * largest;
            if rough || rewards[c].abs() > WIDEST {
                return Err(refuse(format!(
                    "rewards must be small multiples of one unit, which reward {reward} of state {s}, action {} is not",
                    mdp.action_of(s, c)
                )));
            }
        }
    }
    Ok((unit, rewards))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::horizon::QTable;
    use crate::mdp::MdpBuilder;

    #[test]
    fn laws_are_distributions_with_the_right_mean() {
        let mut builder = MdpBuilder::new(4);
        builder.choice(0, 0, &[(1.0, 1, -0.2)]).choice(0, 1, &[(1.0, 0, 0.1)]);
        builder.choice(1, 0, &[(1.0, 2, 0.0)]).choice(1, 1, &[(1.0, 3, 1.1)]);
        builder.choice(2, 0, &[(1.0, 0, 0.3)]).choice(2, 1, &[(1.0, 2, 0.0)]);
        let mdp = builder.terminal(3).build().unwrap();
        let process = Process::new(&mdp, 7, None).unwrap();
        let laws = ReturnLaws::new(&process, None).unwrap();
        assert!((laws.unit - 0.1).abs() < 1e-12);
        assert_eq!(laws.rewards, [-2, 1, 0, 11, 3, 0]);
        let q = QTable::exploration(&process, None).unwrap();
        for t in 0..7 {
            for s in 0..3 {
                let (low, law) = laws.law(t, s);
                let mean: f64 = (low..).zip(law).map(|(j, p)| j as f64 * laws.unit * p).sum();
                let value = mdp.choices(s).map(|c| q.layer(t)[c]).sum::<f64>() / 2.0;
                assert!((law.iter().sum::<f64>() - 1.0).abs() < 1e-14 && (mean - value).abs() < 1e-13);
            }
        }
        assert_eq!(laws.law(0, 3), (0, &[1.0][..]));
    }
}
