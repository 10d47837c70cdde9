//! The four rooms of HPGD: a leader shapes the way of a follower to one of two goals.
//!
//! ```text
//!   #############      13 x 13 cells with the outer wall, 104 of them free; actions: up, right, down, left
//!   #.....#..1..#      start S; in each context one of the cells 1 and 2 is the goal, with equal chances;
//!   #.....#.....#      an action in the goal pays the follower 1 and ends the episode;
//!   #...........#      + is where the leader is paid 1 for every step
//!   #S....#.....#
//!   #.....#.....#
//!   ##.####.....#
//!   #.....###.###
//!   #...+.#.....#
//!   #.....#.....#
//!   #...........#
//!   #.....#....2#
//!   #############
//! ```
//! The published code has two laws of motion. Its matrix lets a move go in one of the three other directions with probability 0.44,
//! its sampler draws a uniform move with probability 0.44, which goes in another direction with probability 0.33: parameter `slip`.
//!
//! Source: Thoma, Pásztor, Krause, Ramponi and Hu, "Contextual Bilevel Reinforcement Learning for Incentive Alignment" (NeurIPS 2024), and
//! its published code.

use tabrl::mdp::{Branches, Cell, Mdp, MdpBuilder, Model};

use crate::grid::{ActingGrid, Layout, Move, SlipTo, check_slip};
use crate::{Param, Result, Spec, erase};

/// Probability of going in one of the three other directions, in the matrix of the published code.
pub const MATRIX_SLIP: f64 = 0.44;

/// The same in its sampler.
pub const SAMPLER_SLIP: f64 = 0.33;

/// Where the follower may have to go: row and column of each context's goal.
pub const GOALS: [(usize, usize); 2] = [(1, 9), (11, 11)];

/// Where the leader is paid.
pub const BONUS: (usize, usize) = (8, 4);

const WIDTH: usize = 13;

/// The rooms with a goal.
fn rooms(goal: (usize, usize), slip: f64) -> Result<ActingGrid> {
    check_slip(slip)?;
    let mut rows: Vec<Vec<char>> = Layout::load("fourrooms")?.map().rows.clone();
    rows.iter_mut().flatten().filter(|tile| matches!(tile, 'S' | 'G')).for_each(|tile| *tile = '.');
    rows[4][1] = 'S';
    rows[goal.0][goal.1] = 'G';
    let text: Vec<String> = rows.iter().map(|row| row.iter().collect()).collect();
    let moves = [Move::Up, Move::Right, Move::Down, Move::Left];
    Ok(ActingGrid::new(Layout::parse("hpgd-rooms", &text.join("\n"))?, moves, slip, SlipTo::Others, 1.0))
}

/// The tables of both contexts, with the same numbers for the same cells.
#[derive(Debug, Clone)]
pub struct HpgdTables {
    /// One table a context, with the follower's reward before any penalty. States are the cells row by row, then the end.
    pub mdps: [Mdp; 2],
    /// The cell of each state, `[S]`; `None` for the end.
    pub cells: Vec<Option<Cell>>,
    /// The state of each context's goal.
    pub goals: [usize; 2],
    /// The state in which the leader is paid.
    pub bonus: usize,
}

/// The tables of both contexts, for instance with [`MATRIX_SLIP`] or [`SAMPLER_SLIP`].
///
/// # Errors
/// A slip that is not a probability.
pub fn tables(slip: f64) -> Result<HpgdTables> {
    let free: Vec<u32> = Layout::load("fourrooms")?
        .map()
        .rows
        .iter()
        .flatten()
        .enumerate()
        .filter_map(|(cell, &tile)| (tile != '#').then_some(cell as u32))
        .collect();
    let state_of = |(row, column): (usize, usize)| {
        free.iter().position(|&cell| cell as usize == row * WIDTH + column).unwrap_or(free.len())
    };
    let table = |goal: (usize, usize)| -> Result<Mdp> {
        let model = rooms(goal, slip)?;
        let mut builder = MdpBuilder::new(free.len() + 1);
        let mut branches = Branches::new();
        for (s, &cell) in free.iter().enumerate() {
            for action in 0..4 {
                branches.clear();
                model.step_law(cell, action, &mut branches);
                let to = |next: u32| state_of((next as usize / WIDTH, next as usize % WIDTH));
                let next = |b: &tabrl::mdp::Branch<u32>| if b.terminal { free.len() } else { to(b.next) };
                let law: Vec<_> = branches.iter().map(|b| (b.probability, next(b), b.reward)).collect();
                builder.choice(s, action, &law);
            }
        }
        builder.terminal(free.len()).initial(state_of((4, 1)), 1.0);
        Ok(builder.build()?)
    };
    let cell = |&cell: &u32| Some(Cell { row: cell as usize / WIDTH, column: cell as usize % WIDTH });
    Ok(HpgdTables {
        mdps: [table(GOALS[0])?, table(GOALS[1])?],
        cells: free.iter().map(cell).chain([None]).collect(),
        goals: GOALS.map(state_of),
        bonus: state_of(BONUS),
    })
}

/// The registry's entry.
pub fn spec() -> Spec {
    Spec {
        name: "hpgd-rooms".into(),
        summary: "four rooms with one of two goals, which a leader steers a follower through".into(),
        source: "Thoma et al. 2024 (HPGD)",
        params: vec![
            Param {
                name: "goal",
                default: "top",
                doc: "the context: top (row 1, column 9) or bottom (row 11, column 11)",
            },
            Param {
                name: "slip",
                default: "0.44",
                doc: "probability that a move goes in one of the three other directions, in [0, 1]; 0.33 is the published sampler",
            },
        ],
        build: Box::new(|settings| {
            let goal = match settings.word("goal", &["top", "bottom"])? {
                "top" => GOALS[0],
                _ => GOALS[1],
            };
            Ok(erase(rooms(goal, settings.probability("slip")?)?))
        }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::solved::discounted;

    #[test]
    fn both_contexts_share_their_states() {
        let rooms = tables(MATRIX_SLIP).unwrap();
        assert_eq!(rooms.cells.len(), 105);
        for (mdp, goal) in rooms.mdps.iter().zip(rooms.goals) {
            assert_eq!((mdp.num_states(), mdp.num_terminal()), (105, 1));
            let law: Vec<_> = mdp.choices(goal).flat_map(|c| mdp.branches(c)).collect();
            assert_eq!(law, [(104, 1.0); 4]);
            assert!(mdp.choices(goal).all(|c| mdp.rewards()[c] == 1.0));
            assert_eq!(mdp.rewards().iter().sum::<f64>(), 4.0);
        }
        assert_eq!(rooms.cells[rooms.bonus], Some(Cell { row: 8, column: 4 }));
        // Next to the left wall, up is meant: 0.56, and a third of 0.44 each to the right, down and into the wall.
        let start = rooms.mdps[0].initial()[0].0 as usize;
        let up = rooms.mdps[0].choices(start).start;
        let mut law: Vec<f64> = rooms.mdps[0].branches(up).map(|(_, p)| p).collect();
        law.sort_by(f64::total_cmp);
        assert!(law.iter().zip([0.44 / 3.0, 0.44 / 3.0, 0.44 / 3.0, 0.56]).all(|(p, q)| (p - q).abs() < 1e-15));
        // The enumerated model is the same problem.
        for (mdp, goal) in rooms.mdps.iter().zip(["top", "bottom"]) {
            let table = crate::make("hpgd-rooms", &[("goal", goal)]).unwrap().table(200).unwrap().mdp;
            let [a, b] = [mdp, &table].map(|mdp| mdp.initial_value(&discounted(mdp, 0.99).values));
            assert!((a - b).abs() < 1e-12);
        }
    }
}
