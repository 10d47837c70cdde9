//! A way around lava: the short way to the goal leads through it, and a budget says how much of it may be crossed.
//!
//! ```text
//!   S L L L G      actions: up, right, down, left; with probability `slip` a uniformly drawn one is executed instead;
//!   . L L L .      an action in G pays 1 and ends the episode, all others pay nothing;
//!   . L L L .      the cells L have the label `lava`: what a step in them costs is up to the constraint
//!   . . . . .
//! ```
//! Source: this toolkit's own, after the lava of "Direct Behavior Specification via Constrained Reinforcement Learning" (Roy et al.,
//! ICML 2022).

use tabrl::mdp::{Branches, Cell, GridMap, Model};

use crate::grid::{ActingGrid, Layout, Move, SlipTo, check_slip};
use crate::{Param, Result, Spec, erase};

const MAP: [&str; 4] = ["SLLLG", ".LLL.", ".LLL.", "....."];

/// The grid; a state is a cell's number, row by row.
#[derive(Debug, Clone)]
pub struct LavaGrid {
    world: ActingGrid,
}

impl LavaGrid {
    /// The grid with that probability of drawing a move uniformly.
    ///
    /// # Errors
    /// A slip that is not a probability.
    pub fn new(slip: f64) -> Result<LavaGrid> {
        check_slip(slip)?;
        let layout = Layout::parse("lava-grid", &MAP.join("\n").replace('L', "."))?;
        let moves = [Move::Up, Move::Right, Move::Down, Move::Left];
        // A uniform draw goes another way three times out of four.
        Ok(LavaGrid { world: ActingGrid::new(layout, moves, 0.75 * slip, SlipTo::Others, 1.0) })
    }
}

impl Model for LavaGrid {
    type State = u32;

    fn initial(&self) -> Vec<(f64, u32)> {
        self.world.initial()
    }

    fn num_actions(&self) -> usize {
        self.world.num_actions()
    }

    fn step_law(&self, s: u32, action: usize, out: &mut Branches<u32>) {
        self.world.step_law(s, action, out);
    }

    fn state_name(&self, s: u32) -> String {
        self.world.state_name(s)
    }

    fn action_name(&self, action: usize) -> String {
        self.world.action_name(action)
    }

    fn action_glyph(&self, action: usize) -> char {
        self.world.action_glyph(action)
    }

    fn map(&self) -> Option<GridMap> {
        Some(GridMap { rows: MAP.iter().map(|row| row.chars().collect()).collect() })
    }

    fn cell(&self, s: u32) -> Option<Cell> {
        self.world.cell(s)
    }

    fn labels(&self, s: u32) -> Vec<String> {
        let lava = self.cell(s).is_some_and(|cell| MAP[cell.row].as_bytes()[cell.column] == b'L');
        if lava { vec!["lava".to_owned()] } else { Vec::new() }
    }
}

/// The registry's entry.
pub fn spec() -> Spec {
    Spec {
        name: "lava-grid".into(),
        summary: "a short way through lava and a long one around it, for constraints on the label `lava`".into(),
        source: "tabrl, after Roy et al. 2022",
        params: vec![Param {
            name: "slip",
            default: "0.1",
            doc: "probability that a uniformly drawn move is executed instead, in [0, 1]",
        }],
        build: Box::new(|settings| Ok(erase(LavaGrid::new(settings.probability("slip")?)?))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use tabrl::mdp::occupancy;

    use crate::make;
    use crate::solved::discounted;

    #[test]
    fn the_unconstrained_optimum_and_its_lava() {
        let table = make("lava-grid", &[]).unwrap().table(100).unwrap();
        let lava = table.mdp.labels()["lava"].clone();
        assert_eq!((table.mdp.num_states(), lava.len()), (21, 9));
        let best = discounted(&table.mdp, 0.95);
        assert!((table.mdp.initial_value(&best.values) - 0.793683).abs() <= 1e-6);
        let visits = occupancy::discounted(&table.mdp, &best.policy, 0.95).unwrap();
        let cost: f64 = lava.iter().map(|&s| 0.05 * visits.states[s as usize]).sum();
        assert!((cost - 0.147071).abs() <= 1e-6, "{cost}");
        for slip in [1.2, -0.1, f64::NAN] {
            let refused = [
                super::LavaGrid::new(slip).err().map(|e| e.to_string()),
                crate::barfi_grid::tables(slip, crate::barfi_grid::Auxiliary::named("bad").unwrap())
                    .err()
                    .map(|e| e.to_string()),
                crate::hpgd_rooms::tables(slip).err().map(|e| e.to_string()),
            ];
            assert!(refused.iter().all(|text| text.as_ref().is_some_and(|text| text.contains("slip"))), "{refused:?}");
        }
        // Wrappers keep the label.
        let sticky = make("lava-grid", &[("sticky", "0.1")]).unwrap().table(1000).unwrap();
        let cells = |s: &u32| {
            sticky.map.as_ref().unwrap().rows[sticky.cells[*s as usize].unwrap().row]
                [sticky.cells[*s as usize].unwrap().column]
        };
        assert!(sticky.mdp.labels()["lava"].len() > 9 && sticky.mdp.labels()["lava"].iter().all(|s| cells(s) == 'L'));
    }
}
