//! Random problems for the tests of this room.

use crate::mdp::{Mdp, MdpBuilder};
use crate::rng::{self, Purpose};

/// A problem in which every state is reached from every other one: each choice has a positive probability to stay, to go on
/// to the next state of a circle, and to one or two further states. Rewards are in [0, 1].
pub fn communicating(states: usize, actions: usize, seed: u64) -> Mdp {
    let mut rng = rng::fast(seed, Purpose::Generation, 11);
    let mut builder = MdpBuilder::new(states);
    for s in 0..states {
        for a in 0..actions {
            let mut row = vec![(0.05 + rng::uniform(&mut rng), s), (0.05 + rng::uniform(&mut rng), (s + 1) % states)];
            for _ in 0..1 + rng::below(&mut rng, 2) {
                row.push((rng::uniform(&mut rng), rng::below(&mut rng, states)));
            }
            let total: f64 = row.iter().map(|(w, _)| w).sum();
            let reward = rng::uniform(&mut rng);
            let row: Vec<_> = row.into_iter().map(|(w, t)| (w / total, t, reward)).collect();
            builder.choice(s, a, &row);
        }
    }
    builder.build().unwrap()
}

/// All deterministic rules.
pub fn rules(mdp: &Mdp) -> Vec<Vec<u32>> {
    let mut all = vec![vec![]];
    for s in 0..mdp.num_states() {
        let choices: Vec<u32> =
            if mdp.is_terminal(s) { vec![crate::mdp::NO_CHOICE] } else { mdp.choices(s).map(|c| c as u32).collect() };
        all = all.iter().flat_map(|rule| choices.iter().map(|&c| [rule.as_slice(), &[c]].concat())).collect();
    }
    all
}
