//! Random problems for the tests of this room.

use super::super::{Counts, Setup};
use crate::mdp::{Mdp, MdpBuilder};
use crate::rng::{self, Fast, Purpose};

/// `states` states with `actions` actions each, full rows drawn as normalised exponentials, rewards in `[0, 1]`, start in 0.
pub(crate) fn random_mdp(states: usize, actions: usize, seed: u64) -> Mdp {
    let mut rng = rng::fast(seed, Purpose::Generation, 0);
    let mut builder = MdpBuilder::new(states);
    for s in 0..states {
        for a in 0..actions {
            let weights: Vec<f64> = (0..states).map(|_| -(1.0 - rng::uniform(&mut rng)).ln()).collect();
            let sum: f64 = weights.iter().sum();
            let reward = rng::uniform(&mut rng);
            let branches: Vec<(f64, usize, f64)> = (0..states).map(|t| (weights[t] / sum, t, reward)).collect();
            builder.choice(s, a, &branches);
        }
    }
    builder.build().unwrap()
}

/// Counts `episodes` episodes of the uniform policy.
pub(crate) fn explore(setup: &Setup, counts: &mut Counts, episodes: usize, rng: &mut Fast) {
    for _ in 0..episodes {
        let mut state = draw(setup.mdp.initial().iter().map(|&(s, p)| (s as usize, p)), rng);
        for stage in 0..setup.horizon {
            let row = setup.choices(state);
            if row.is_empty() {
                break;
            }
            let choice = row.start + rng::below(rng, row.len());
            let next = draw(setup.mdp.branches(choice), rng);
            counts.add(counts.row(stage, choice), setup.mdp.rewards()[choice], next);
            state = next;
        }
    }
}

fn draw(branches: impl Iterator<Item = (usize, f64)>, rng: &mut Fast) -> usize {
    let mut left = rng::uniform(rng);
    let mut last = 0;
    for (t, p) in branches {
        last = t;
        left -= p;
        if left < 0.0 {
            break;
        }
    }
    last
}
