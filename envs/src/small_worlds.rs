//! Worlds in which rewards are shaped or guessed: an open grid, a corridor, and five states for inverse reinforcement learning.
//!
//! | name | what it is |
//! |---|---|
//! | `open-grid` | `n` by `n` cells, from one corner to the opposite one, sure moves, 1 on entering the goal |
//! | `corridor` | `n` cells in a row from left to right, sure moves, 1 on entering the last one |
//! | `irl-five` | five states, three actions, a reward of the state one acts in, 20 decisions (the test problem of the package `imitation`) |

use tabrl::mdp::{Branch, Branches, Model};

use crate::grid::{Entering, GridWorld, Layout, Move, SlipTo};
use crate::{Environment, Param, Result, Spec, erase};

/// A walk to the goal over a free map.
fn free_grid(name: &str, rows: usize, columns: usize) -> Result<Box<dyn Environment>> {
    let mut map = vec![vec!['.'; columns]; rows];
    map[0][0] = 'S';
    map[rows - 1][columns - 1] = 'G';
    let text: Vec<String> = map.iter().map(|row| row.iter().collect()).collect();
    let moves = [Move::Up, Move::Right, Move::Down, Move::Left];
    let entering = Entering { free: 0.0, goal: 1.0, hole: 0.0, cliff: 0.0 };
    Ok(erase(GridWorld::new(Layout::parse(name, &text.join("\n"))?, moves, 0.0, SlipTo::Others, entering)))
}

/// The five-state problem: `(successor, probability)` of each action, by state.
const FIVE: [[&[(u32, f64)]; 3]; 5] = [
    [&[(1, 0.9), (2, 0.1)], &[(3, 1.0)], &[(1, 0.1), (2, 0.9)]],
    [&[(3, 0.05), (4, 0.95)], &[(3, 1.0)], &[(4, 1.0)]],
    [&[(3, 0.05), (4, 0.95)], &[(3, 1.0)], &[(4, 1.0)]],
    [&[(4, 1.0)], &[(4, 1.0)], &[(4, 1.0)]],
    [&[(0, 1.0)], &[(0, 1.0)], &[(0, 1.0)]],
];

/// Reward of acting in each of its states.
const FIVE_REWARDS: [f64; 5] = [1.0, 2.0, 2.0, -20.0, 3.0];

/// The five-state problem.
struct Five;

impl Model for Five {
    type State = u32;

    fn initial(&self) -> Vec<(f64, u32)> {
        vec![(0.5, 0), (0.5, 4)]
    }

    fn num_actions(&self) -> usize {
        3
    }

    fn step_law(&self, s: u32, action: usize, out: &mut Branches<u32>) {
        let reward = FIVE_REWARDS[s as usize];
        let branch = |&(next, probability): &(u32, f64)| Branch { probability, next, reward, terminal: false };
        out.extend(FIVE[s as usize][action].iter().map(branch));
    }

    fn episode_length(&self) -> Option<usize> {
        Some(20)
    }
}

/// The registry's entries.
pub fn specs() -> Vec<Spec> {
    let length = |default: &'static str| Param { name: "n", default, doc: "cells along a side, 2 to 1000" };
    vec![
        Spec {
            name: "open-grid".into(),
            summary: "an open square, from one corner to the other".into(),
            source: "the usual test of reward shaping",
            params: vec![length("10")],
            build: Box::new(|settings| {
                let n = settings.count("n", 2, 1000)?;
                free_grid("open-grid", n, n)
            }),
        },
        Spec {
            name: "corridor".into(),
            summary: "a row of cells, from the left to the right".into(),
            source: "Adamczyk et al. 2025 (bootstrapped reward shaping): SFFG",
            params: vec![length("4")],
            build: Box::new(|settings| free_grid("corridor", 1, settings.count("n", 2, 1000)?)),
        },
        Spec {
            name: "irl-five".into(),
            summary: "five states of which one is to be avoided, for inverse reinforcement learning".into(),
            source: "tests of the package imitation (Gleave et al. 2022)",
            params: vec![],
            build: Box::new(|_| Ok(erase(Five))),
        },
    ]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use crate::make;
    use crate::solved::discounted;

    #[test]
    fn ways_to_the_goal() {
        let five = make("irl-five", &[]).unwrap().table(10).unwrap();
        assert_eq!((five.mdp.num_states(), five.mdp.num_actions(), five.mdp.initial().len()), (5, 3, 2));
        assert_eq!(five.mdp.reward_range(), (-20.0, 3.0));
        let one = five.state_names.iter().position(|name| name == "1").unwrap();
        let law: Vec<f64> = five.mdp.branches(five.mdp.choices(one).start).map(|(_, p)| p).collect();
        assert_eq!(law, [0.05, 0.95]);
        for (name, states, steps) in [("open-grid", 100, 18), ("corridor", 4, 3)] {
            let mdp = make(name, &[]).unwrap().table(1000).unwrap().mdp;
            assert_eq!((mdp.num_states(), mdp.num_terminal()), (states, 1));
            let v = mdp.initial_value(&discounted(&mdp, 0.9).values);
            assert!((v - 0.9f64.powi(steps - 1)).abs() < 1e-12, "{name}: {v}");
        }
    }
}
