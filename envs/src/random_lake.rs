//! Random frozen lakes, as tasks that recur: the same seed is the same lake.
//!
//! A square of `size × size` cells with start and goal drawn at random, each other cell a hole with probability `holes`; lakes whose
//! goal cannot be reached are drawn anew. Rules and actions are those of FrozenLake, without slipping by default.
//!
//! Source: sets of 20 to 40 episodes on one random map are what Rentschler and Roberts (2025) train on; their maps are 3 to 5 cells
//! wide.

use tabrl::rng::{self, Purpose, below, uniform};

use crate::grid::{Entering, GridWorld, Layout, Move, SlipTo};
use crate::{Param, Result, Spec, erase};

/// Draws the map of a lake as text.
pub fn draw(size: usize, holes: f64, seed: u64) -> String {
    let mut stream = rng::fast(seed, Purpose::Generation, 0);
    loop {
        let start = below(&mut stream, size * size);
        let goal = (start + 1 + below(&mut stream, size * size - 1)) % (size * size);
        let tile = |cell: usize, hole: bool| match cell {
            _ if cell == start => 'S',
            _ if cell == goal => 'G',
            _ if hole => 'H',
            _ => 'F',
        };
        let tiles: Vec<char> = (0..size * size).map(|cell| tile(cell, uniform(&mut stream) < holes)).collect();
        if reachable(size, &tiles, start, goal) {
            return tiles.chunks(size).map(|row| row.iter().collect::<String>() + "\n").collect();
        }
    }
}

/// Whether a path without holes leads from one cell to another.
fn reachable(size: usize, tiles: &[char], start: usize, goal: usize) -> bool {
    let mut seen = vec![false; tiles.len()];
    let mut open = vec![start];
    while let Some(cell) = open.pop() {
        if cell == goal {
            return true;
        }
        if std::mem::replace(&mut seen[cell], true) || tiles[cell] == 'H' {
            continue;
        }
        let (row, column) = (cell / size, cell % size);
        if row > 0 {
            open.push(cell - size);
        }
        if row + 1 < size {
            open.push(cell + size);
        }
        if column > 0 {
            open.push(cell - 1);
        }
        if column + 1 < size {
            open.push(cell + 1);
        }
    }
    false
}

/// The registry's entry.
pub fn spec() -> Spec {
    Spec {
        name: "frozenlake/random".into(),
        summary: "a random lake that stays the same for a set of episodes".into(),
        source: "Rentschler and Roberts (2025), reconstructed",
        params: vec![
            Param { name: "size", default: "4", doc: "cells of a side, 2 to 50" },
            Param { name: "holes", default: "0.2", doc: "probability that a cell is a hole, in [0, 0.5]" },
            Param { name: "slip", default: "0", doc: "probability that a move goes to a side, in [0, 1]" },
            Param { name: "seed", default: "0", doc: "which lake: a whole number" },
        ],
        build: Box::new(|settings| {
            let size = settings.count("size", 2, 50)?;
            let holes =
                settings.get("holes", "must be a probability from 0 to 0.5", |p: &f64| (0.0..=0.5).contains(p))?;
            let layout = lake(size, holes, settings.seed("seed")?)?;
            let moves = [Move::Left, Move::Down, Move::Right, Move::Up];
            let entering = Entering { free: 0.0, goal: 1.0, hole: 0.0, cliff: 0.0 };
            Ok(erase(GridWorld::new(layout, moves, settings.probability("slip")?, SlipTo::Sideways, entering)))
        }),
    }
}

fn lake(size: usize, holes: f64, seed: u64) -> Result<Layout> {
    Layout::parse("random lake", &draw(size, holes, seed))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn lakes_are_functions_of_their_seed_and_can_be_crossed() {
        assert_eq!(draw(4, 0.2, 3), draw(4, 0.2, 3));
        assert_ne!(draw(4, 0.2, 3), draw(4, 0.2, 4));
        for seed in 0..50 {
            let text = draw(4, 0.5, seed);
            let tiles: Vec<char> = text.chars().filter(|c| *c != '\n').collect();
            let find = |wanted: char| tiles.iter().position(|&c| c == wanted).unwrap();
            assert!(reachable(4, &tiles, find('S'), find('G')));
            assert_eq!(tiles.len(), 16);
            lake(4, 0.5, seed).unwrap();
        }
    }
}
