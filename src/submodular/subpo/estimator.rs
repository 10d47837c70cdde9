//! The weight of ∇log π(a_i | ·), from the gains g_0 = F(s_0), g_j = F(s_j | τ_{0:j-1}) of a walk.

use crate::{Error, Result};

/// A weight for each action of a walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Estimator {
    /// F(τ) - F(τ_{0:i}) = Σ_{j>i} g_j; unbiased (theorem 2 without a baseline).
    RewardToGo,
    /// The same minus its mean over the batch at that step.
    RewardToGoBaseline,
    /// F(τ); unbiased, with more variance.
    Full,
    /// The same minus its mean over the batch.
    FullBaseline,
    /// F(τ_{0:i+1}), what the released code of the paper weighs with. *Not* the gradient of J: in expectation it is that of the
    /// myopic weight.
    Prefix,
    /// g_{i+1}, the next gain alone: myopic, and not the gradient of J.
    Myopic,
    /// The same minus its mean over the batch at that step.
    MyopicBaseline,
}

/// All estimators by name.
pub const ESTIMATORS: [(&str, Estimator); 7] = [
    ("rtgb", Estimator::RewardToGoBaseline),
    ("rtg", Estimator::RewardToGo),
    ("full", Estimator::Full),
    ("fullb", Estimator::FullBaseline),
    ("prefix", Estimator::Prefix),
    ("marg", Estimator::Myopic),
    ("margb", Estimator::MyopicBaseline),
];

impl Estimator {
    /// The estimator `name`.
    ///
    /// # Errors
    /// An unknown name; the nearest one is suggested.
    pub fn named(name: &str) -> Result<Estimator> {
        let known = ESTIMATORS.iter().find(|(known, _)| *known == name).map(|(_, estimator)| *estimator);
        known.ok_or_else(|| Error::unknown("estimator", name, ESTIMATORS.iter().map(|(known, _)| *known)))
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        ESTIMATORS.iter().find(|(_, estimator)| *estimator == self).map_or("", |(name, _)| name)
    }

    /// Whether its expectation is ∇J; with a baseline (1 - 1/B) ∇J for batches of B walks, since the mean has the walk's own part too.
    pub fn is_unbiased(self) -> bool {
        !matches!(self, Estimator::Prefix | Estimator::Myopic | Estimator::MyopicBaseline)
    }

    /// Whether the mean over the batch is taken off.
    pub fn has_baseline(self) -> bool {
        matches!(self, Estimator::RewardToGoBaseline | Estimator::FullBaseline | Estimator::MyopicBaseline)
    }

    /// The weights of the H - 1 actions of each walk, `[walks · (H - 1)]`, from the gains of its H states, `[walks · H]`.
    pub fn weights(self, gains: &[f64], horizon: usize, out: &mut Vec<f64>) {
        out.clear();
        let Some(steps) = horizon.checked_sub(1) else { return };
        for walk in gains.chunks_exact(horizon) {
            let total: f64 = walk.iter().sum();
            let mut before = walk[0];
            for &gain in &walk[1..] {
                out.push(match self {
                    Estimator::RewardToGo | Estimator::RewardToGoBaseline => total - before,
                    Estimator::Full | Estimator::FullBaseline => total,
                    Estimator::Prefix => before + gain,
                    Estimator::Myopic | Estimator::MyopicBaseline => gain,
                });
                before += gain;
            }
        }
        if self.has_baseline() {
            let walks = gains.len() / horizon;
            for step in 0..steps {
                let mean = (0..walks).map(|w| out[w * steps + step]).sum::<f64>() / walks as f64;
                (0..walks).for_each(|w| out[w * steps + step] -= mean);
            }
        }
    }
}
