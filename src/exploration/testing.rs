//! Small tables and walks for the tests of this room.

use rand::Rng;

use super::{Setup, Step};
use crate::mdp::{Mdp, MdpBuilder};
use crate::rng::{self, Purpose, below, uniform};
use crate::simulation::{Dynamics, TableDynamics};

/// A table with random rows to all states, random rewards in [0, 1], and a uniform start.
pub fn random_table(seed: u64, states: usize, actions: usize) -> Mdp {
    let mut rng = rng::fast(seed, Purpose::Generation, 0);
    let mut builder = MdpBuilder::new(states);
    for s in 0..states {
        for a in 0..actions {
            let weights: Vec<f64> = (0..states).map(|_| -(1.0 - uniform(&mut rng)).ln()).collect();
            let (sum, reward): (f64, f64) = (weights.iter().sum(), uniform(&mut rng));
            let row: Vec<(f64, usize, f64)> = weights.iter().enumerate().map(|(t, w)| (w / sum, t, reward)).collect();
            builder.choice(s, a, &row);
        }
    }
    let start = (0..states as u32).map(|s| (s, 1.0 / states as f64)).collect();
    builder.build().unwrap().with_initial(start).unwrap()
}

/// Episodes of the uniformly random policy.
pub fn walk(setup: &Setup, episodes: u64, seed: u64, mut see: impl FnMut(&Step)) {
    let dynamics = TableDynamics::new(setup.mdp).unwrap();
    let mut rng = rng::fast(seed, Purpose::Environment, 9);
    for _ in 0..episodes {
        let mut state = dynamics.reset(rng.next_u64());
        for stage in 0..setup.horizon {
            let row = setup.choices(state as usize);
            let choice = row.start + below(&mut rng, row.len());
            let outcome = dynamics.step(state, choice as u32, rng.next_u64(), &mut ());
            let (reward, next) = (outcome.reward, outcome.next as usize);
            see(&Step { stage, state: state as usize, choice, reward, next });
            state = outcome.next;
            if outcome.terminal {
                break;
            }
        }
    }
}
