//! A hidden goal in a grid, searched for episode after episode: beliefs.
//!
//! ```text
//!   S X .    start S in the corner; the goal is uniform over the other cells and stays for all episodes
//!   . . .    entering the goal pays 1 and ends the episode, as does the safe exit X of `safe-exit`, which pays its reward
//!   . . .    a belief is the set of cells where the goal may be
//! ```
//! Actions: up, right, down, left; at the border one stays.

use tabrl::mdp::{Branch, Branches, Cell, GridMap, Model};

use crate::{Param, Spec, erase};

/// Where a search is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct State {
    cell: u8,
    /// Cells where the goal may be, as bits; one bit if it is found.
    mask: u32,
    steps: u8,
    episodes: u8,
}

/// The search.
#[derive(Debug, Clone)]
pub struct HiddenGoal {
    width: u8,
    steps: u8,
    episodes: u8,
    /// Reward of the exit in cell (0, 1), if there is one.
    exit: Option<f64>,
}

impl HiddenGoal {
    /// A grid of `width × width` cells (2 to 5), episodes of `steps` steps, `episodes` episodes, and the reward of the exit, if any.
    pub fn new(width: u8, steps: u8, episodes: u8, exit: Option<f64>) -> HiddenGoal {
        HiddenGoal { width, steps, episodes, exit }
    }

    /// The number of the episode that a state belongs to, from the first one, 0; the end of a block counts as one more.
    pub fn episode(&self, s: State) -> u32 {
        u32::from(self.episodes - s.episodes)
    }

    /// What an agent without memory sees: the cell, and the steps that are left of the episode.
    pub fn without_memory(&self, s: State) -> u32 {
        u32::from(s.cell) * (u32::from(self.steps) + 1) + u32::from(s.steps)
    }

    /// The cell that an action leads to.
    fn neighbour(&self, cell: u8, action: usize) -> u8 {
        let (w, row, column) = (self.width, cell / self.width, cell % self.width);
        match action {
            0 if row > 0 => cell - w,
            1 if column + 1 < w => cell + 1,
            2 if row + 1 < w => cell + w,
            3 if column > 0 => cell - 1,
            _ => cell,
        }
    }
}

impl Model for HiddenGoal {
    type State = State;

    fn initial(&self) -> Vec<(f64, State)> {
        let all = (1u32 << (self.width * self.width)) - 2;
        let mask = if self.exit.is_some() { all & !2 } else { all };
        vec![(1.0, State { cell: 0, mask, steps: self.steps, episodes: self.episodes })]
    }

    fn num_actions(&self) -> usize {
        4
    }

    fn step_law(&self, s: State, action: usize, out: &mut Branches<State>) {
        let cell = self.neighbour(s.cell, action);
        let mut to = |probability, mask, reward, ends: bool| {
            let ends = ends || s.steps == 1;
            let next = if ends {
                State { cell: 0, mask, steps: self.steps, episodes: s.episodes - 1 }
            } else {
                State { cell, mask, steps: s.steps - 1, episodes: s.episodes }
            };
            out.push(Branch { probability, next, reward, terminal: next.episodes == 0 });
        };
        match self.exit {
            Some(reward) if cell == 1 => to(1.0, s.mask, reward, true),
            _ if s.mask >> cell & 1 == 0 => to(1.0, s.mask, 0.0, false),
            _ => {
                let found = 1.0 / f64::from(s.mask.count_ones());
                to(found, 1 << cell, 1.0, true);
                if found < 1.0 {
                    to(1.0 - found, s.mask & !(1 << cell), 0.0, false);
                }
            }
        }
    }

    fn state_name(&self, s: State) -> String {
        let goals: Vec<String> =
            (0..self.width * self.width).filter(|c| s.mask >> c & 1 == 1).map(|c| c.to_string()).collect();
        format!("cell {}, goal in {}, {} steps, {} episodes left", s.cell, goals.join("/"), s.steps, s.episodes)
    }

    fn action_name(&self, action: usize) -> String {
        ["up", "right", "down", "left"][action].to_owned()
    }

    fn action_glyph(&self, action: usize) -> char {
        ['↑', '→', '↓', '←'][action]
    }

    fn map(&self) -> Option<GridMap> {
        let w = usize::from(self.width);
        let mut rows = vec![vec!['.'; w]; w];
        rows[0][0] = 'S';
        if self.exit.is_some() {
            rows[0][1] = 'X';
        }
        Some(GridMap { rows })
    }

    fn cell(&self, s: State) -> Option<Cell> {
        Some(Cell { row: usize::from(s.cell / self.width), column: usize::from(s.cell % self.width) })
    }

    fn episode_length(&self) -> Option<usize> {
        Some(usize::from(self.steps) * usize::from(self.episodes))
    }
}

/// The registry's entries.
pub fn specs() -> Vec<Spec> {
    let entry = |name: &str, summary: &str, exit: bool| {
        let mut params = vec![
            Param { name: "width", default: "3", doc: "cells of a side, 2 to 5" },
            Param { name: "steps", default: "4", doc: "steps of an episode, 1 to 50" },
            Param { name: "episodes", default: "2", doc: "episodes with the same goal, 1 to 50" },
        ];
        if exit {
            params.push(Param { name: "safe", default: "0.6", doc: "reward of the safe exit, in [0, 1]" });
        }
        Spec {
            name: name.into(),
            summary: summary.into(),
            source: "Rentschler and Roberts (2025) study gridworlds with recurring structure; this one is a substitute",
            params,
            build: Box::new(move |settings| {
                let count = |name, low, high| settings.count(name, low, high).map(|n| n as u8);
                let exit = if exit { Some(settings.probability("safe")?) } else { None };
                let (width, steps) = (count("width", 2, 5)?, count("steps", 1, 50)?);
                Ok(erase(HiddenGoal::new(width, steps, count("episodes", 1, 50)?, exit)))
            }),
        }
    };
    vec![
        entry("hidden-goal", "look for a goal that stays where it is for some episodes: beliefs", false),
        entry("safe-exit", "look for the hidden goal, or take a sure smaller reward: beliefs", true),
    ]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use tabrl::bandits::exact::{GridSearch, SafeExit};
    use tabrl::mdp::enumerate;
    use tabrl::planning::{Criterion, SolveOptions, solve};

    use super::*;

    #[test]
    fn tables_are_worth_what_the_recursion_says() {
        for (width, steps, episodes, reward) in
            [(3, 4, 3, None), (3, 4, 3, Some(0.6)), (3, 4, 3, Some(0.9)), (2, 2, 4, None)]
        {
            let mdp = enumerate(&HiddenGoal::new(width, steps, episodes, reward), 100_000).unwrap().mdp;
            let horizon = usize::from(steps) * usize::from(episodes);
            let solution = solve(&mdp, Criterion::FiniteHorizon { horizon }, &SolveOptions::default()).unwrap();
            let exit = reward.map(|reward| SafeExit { cell: (0, 1), reward });
            let search = GridSearch::new(usize::from(width), usize::from(steps), exit).unwrap();
            let expected = search.values(usize::from(episodes)).unwrap().optimal[usize::from(episodes)];
            assert!((solution.values[0] - expected).abs() < 1e-12, "{} {expected}", solution.values[0]);
        }
    }
}
