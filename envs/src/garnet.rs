//! Garnet: random MDPs with a fixed number of successors (Generic Average Reward Non-stationary Environment Testbed).
//!
//! For each state and action, `branches` distinct successors are drawn uniformly; the lengths of the pieces into which
//! `branches − 1` uniform numbers cut `[0, 1]` are their probabilities. Rewards are one number per state and action:
//!
//! | `reward` | r(s, a) |
//! |---|---|
//! | `normal` | N(0, 1) |
//! | `uniform` | uniform on [0, 1] |
//! | `sparse` | uniform on [0, 1] with probability 0.1, else 0 |
//!
//! Episodes start uniformly in all states, so that every state has a row. Row (s, a) is drawn from its own stream (seed,
//! s · actions + a): nothing is stored, and the same state has the same law in any order of questions.
//!
//! Source: Bhatnagar, Sutton, Ghavamzadeh and Lee 2009 (Automatica 45), after Archibald, McKinnon and Thomas 1995.

use rand::Rng;
use rand_distr::{Distribution, StandardNormal};
use tabrl::mdp::{Branch, Branches, Model};
use tabrl::rng::{self, Purpose};

use crate::{Param, Spec, erase};

/// Most branches a table of this family may have.
const LARGEST: usize = 1_000_000_000;

/// How rewards are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RewardKind {
    /// Standard normal.
    Normal,
    /// Uniform on `[0, 1]`.
    Uniform,
    /// Uniform on `[0, 1]` with probability 0.1, else 0.
    Sparse,
}

/// A random MDP of `states` states, `actions` actions and `branches` successors of each.
#[derive(Debug, Clone)]
pub struct Garnet {
    states: u32,
    actions: u32,
    branches: u32,
    reward: RewardKind,
    seed: u64,
}

impl Garnet {
    /// `1 <= branches <= states`; each number at least 1.
    pub fn new(states: u32, actions: u32, branches: u32, reward: RewardKind, seed: u64) -> Garnet {
        Garnet { states, actions, branches, reward, seed }
    }
}

/// `count` distinct numbers out of `0..n`, ascending, all sets equally likely (Floyd's algorithm: `count` draws).
fn distinct(rng: &mut impl Rng, count: u32, n: u32) -> Vec<u32> {
    let mut chosen: Vec<u32> = Vec::with_capacity(count as usize);
    for high in n - count..n {
        let drawn = rng::below(rng, high as usize + 1) as u32;
        match chosen.binary_search(&drawn) {
            Ok(_) => chosen.push(high), // taken already, and `high` is larger than all so far
            Err(place) => chosen.insert(place, drawn),
        }
    }
    chosen
}

impl Model for Garnet {
    type State = u32;

    fn initial(&self) -> Vec<(f64, u32)> {
        (0..self.states).map(|s| (1.0 / f64::from(self.states), s)).collect()
    }

    fn num_actions(&self) -> usize {
        self.actions as usize
    }

    fn step_law(&self, s: u32, action: usize, out: &mut Branches<u32>) {
        let row = u64::from(s) * u64::from(self.actions) + action as u64;
        let mut rng = rng::fast(self.seed, Purpose::Generation, row);
        let reward = match self.reward {
            RewardKind::Normal => StandardNormal.sample(&mut rng),
            RewardKind::Uniform => rng::uniform(&mut rng),
            RewardKind::Sparse if rng::uniform(&mut rng) < 0.1 => rng::uniform(&mut rng),
            RewardKind::Sparse => 0.0,
        };
        let mut cuts: Vec<f64> = (1..self.branches).map(|_| rng::uniform(&mut rng)).collect();
        cuts.sort_by(f64::total_cmp);
        cuts.push(1.0);
        let mut below = 0.0;
        for (next, cut) in distinct(&mut rng, self.branches, self.states).into_iter().zip(cuts) {
            out.push(Branch { probability: cut - below, next, reward, terminal: false });
            below = cut;
        }
    }
}

/// The registry's entry.
pub fn spec() -> Spec {
    Spec {
        name: "garnet".into(),
        summary: "a random MDP with a fixed number of successors of each state and action".into(),
        source: "Bhatnagar et al. 2009",
        params: vec![
            Param { name: "states", default: "100", doc: "number of states, 1 to 10,000,000" },
            Param { name: "actions", default: "4", doc: "number of actions, 1 to 1000" },
            Param {
                name: "branches",
                default: "5",
                doc: "successors of each state and action, 1 to the number of states",
            },
            Param { name: "reward", default: "normal", doc: "how rewards are drawn: normal, uniform or sparse" },
            Param { name: "seed", default: "0", doc: "root of the streams it is drawn from" },
        ],
        build: Box::new(|settings| {
            let states = settings.count("states", 1, 10_000_000)?;
            let actions = settings.count("actions", 1, 1000)?;
            let branches = settings.count("branches", 1, states)?;
            if states * actions * branches > LARGEST {
                let expected = format!("states x actions x branches must be at most {LARGEST}");
                return Err(settings.fault("branches", &expected));
            }
            let reward = match settings.word("reward", &["normal", "uniform", "sparse"])? {
                "normal" => RewardKind::Normal,
                "uniform" => RewardKind::Uniform,
                _ => RewardKind::Sparse,
            };
            let seed = settings.seed("seed")?;
            Ok(erase(Garnet::new(states as u32, actions as u32, branches as u32, reward, seed)))
        }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use tabrl::mdp::enumerate;

    use super::*;

    #[test]
    fn shape_and_seeds() {
        let table = |seed| enumerate(&Garnet::new(50, 3, 4, RewardKind::Normal, seed), 100).unwrap().mdp;
        let mdp = table(1);
        assert_eq!((mdp.num_states(), mdp.num_choices(), mdp.num_branches()), (50, 150, 600));
        assert_eq!(mdp, table(1));
        assert_ne!(mdp, table(2));
    }

    /// Means of many draws: pieces of [0, 1] average 1/b, every state is a successor equally often, rewards are N(0, 1).
    #[test]
    fn the_laws_it_is_drawn_from() {
        let mdp = enumerate(&Garnet::new(100, 100, 5, RewardKind::Normal, 3), 100).unwrap().mdp;
        let rows = mdp.num_choices() as f64;
        let first: f64 =
            (0..mdp.num_choices()).map(|c| mdp.probabilities()[mdp.branch_range(c).start]).sum::<f64>() / rows;
        // A piece is Beta(1, 4): mean 1/5, variance 4/150.
        assert!((first - 0.2).abs() < 4.0 * (4.0 / 150.0 / rows).sqrt(), "{first}");
        let mut counts = vec![0.0; 100];
        mdp.successors().iter().for_each(|&t| counts[t as usize] += 1.0);
        let expected = mdp.num_branches() as f64 / 100.0;
        // Draws without replacement vary less than a multinomial, so this chi-square is below 99 on average.
        let chi2: f64 = counts.iter().map(|c: &f64| (c - expected).powi(2) / expected).sum();
        assert!(chi2 < 160.0, "{chi2}");
        let mean = mdp.rewards().iter().sum::<f64>() / rows;
        let square = mdp.rewards().iter().map(|r| r * r).sum::<f64>() / rows;
        assert!(mean.abs() < 4.0 / rows.sqrt() && (square - 1.0).abs() < 4.0 * (2.0 / rows).sqrt(), "{mean} {square}");
    }

    #[test]
    fn sets_without_repetition() {
        let mut rng = rng::fast(0, Purpose::Generation, 0);
        let mut seen = std::collections::HashMap::new();
        for _ in 0..10_000 {
            let set = distinct(&mut rng, 2, 4);
            assert!(set[0] < set[1] && set[1] < 4);
            *seen.entry(set).or_insert(0u32) += 1;
        }
        assert_eq!(seen.len(), 6);
        assert!(
            seen.values()
                .all(|&count| (f64::from(count) - 10_000.0 / 6.0).abs() < 4.0 * (10_000.0f64 * 5.0 / 36.0).sqrt())
        );
        assert_eq!(distinct(&mut rng, 4, 4), [0, 1, 2, 3]);
    }

    #[test]
    fn sparse_and_uniform_rewards() {
        let rewards = |kind| enumerate(&Garnet::new(100, 10, 1, kind, 3), 100).unwrap().mdp.rewards().to_vec();
        let sparse = rewards(RewardKind::Sparse);
        let paid = sparse.iter().filter(|&&r| r > 0.0).count() as f64;
        assert!((paid - 100.0).abs() < 4.0 * 90.0f64.sqrt(), "{paid}");
        assert!(rewards(RewardKind::Uniform).iter().chain(&sparse).all(|r| (0.0..1.0).contains(r)));
    }
}
