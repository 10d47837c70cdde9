//! More arms: beliefs up to the order of the arms, layer by layer, looked up by their sorted counts.

use std::collections::HashMap;

use rayon::prelude::*;

use super::index_table::{place, scores};
use crate::bandits::{CountPolicy, Counts, share_maximisers};

/// Values of a layer by the sorted counts of the pulled arms.
type Layer = HashMap<Vec<Counts>, f64>;

/// All beliefs with `pulls` pulls in all on at most `arms` arms, sorted; arms without pulls are left out.
pub(super) fn beliefs(arms: usize, pulls: usize) -> Vec<Vec<Counts>> {
    /// Appends arms that are not below the last one until all pulls are spent.
    fn extend(arms: usize, pulls: usize, belief: &mut Vec<Counts>, all: &mut Vec<Vec<Counts>>) {
        if pulls == 0 {
            all.push(belief.clone());
        } else if belief.len() < arms {
            let least = belief.last().copied().unwrap_or_default();
            for successes in least.successes..=pulls as u32 {
                for failures in 0..=pulls as u32 - successes {
                    let arm = Counts { successes, failures };
                    if arm.pulls() > 0 && arm >= least {
                        belief.push(arm);
                        extend(arms, pulls - arm.pulls() as usize, belief, all);
                        belief.pop();
                    }
                }
            }
        }
    }
    let mut all = Vec::new();
    extend(arms, pulls, &mut Vec::new(), &mut all);
    all
}

/// Value of the belief that follows when `arm` (one of `belief`, or a new one) becomes `then`.
fn look_up(next: &Layer, belief: &[Counts], arm: Option<usize>, then: Counts, key: &mut Vec<Counts>) -> f64 {
    key.clear();
    key.extend(belief.iter().enumerate().filter(|&(i, _)| Some(i) != arm).map(|(_, &counts)| counts));
    let position = key.partition_point(|&counts| counts < then);
    key.insert(position, then);
    next.get(key.as_slice()).copied().unwrap_or(0.0)
}

/// The value of the empty belief over `horizon` steps; `policy` decides, or the maximum if there is none.
pub(super) fn value(prior: (f64, f64), arms: usize, horizon: usize, policy: Option<&dyn CountPolicy>) -> f64 {
    // Nothing follows the last step, so its layer may stay empty.
    let mut next = Layer::new();
    for n in (0..horizon).rev() {
        let scores = policy.and_then(|policy| scores(policy, arms, n + 1, horizon));
        let value = |belief: &Vec<Counts>, key: &mut Vec<Counts>| {
            let mut q = |arm: Option<usize>| {
                let counts = arm.map(|i| belief[i]).unwrap_or_default();
                let p = counts.posterior_mean(prior);
                let mut after = |success| look_up(&next, belief, arm, counts.after(success), key);
                p * (1.0 + after(true)) + (1.0 - p) * after(false)
            };
            // Arms without pulls are alike: one of them stands for all.
            let fresh = arms - belief.len();
            let mut values: Vec<f64> = (0..belief.len()).map(|i| q(Some(i))).collect();
            if fresh > 0 {
                let value = q(None);
                values.extend(std::iter::repeat_n(value, fresh));
            }
            let Some(policy) = policy else {
                return values.into_iter().fold(f64::NEG_INFINITY, f64::max);
            };
            let mut all = belief.clone();
            all.resize(arms, Counts::default());
            let mut probabilities = vec![0.0; arms];
            match &scores {
                Some(scores) => {
                    let score = |arm: &Counts| scores[place(arm.pulls() as usize, arm.successes as usize)];
                    share_maximisers(&all.iter().map(score).collect::<Vec<f64>>(), &mut probabilities);
                }
                None => policy.probabilities(&all, n + 1, horizon, &mut probabilities),
            }
            probabilities.iter().zip(&values).map(|(p, q)| p * q).sum()
        };
        let layer = beliefs(arms, n);
        let values: Vec<f64> =
            layer.par_iter().map_init(Vec::new, |key: &mut Vec<Counts>, belief| value(belief, key)).collect();
        next = layer.into_iter().zip(values).collect();
    }
    next.values().sum()
}
