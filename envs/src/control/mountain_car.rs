//! A car too weak for its hill must first go the other way.
//!
//! ```text
//! v' = clip(v + 0.001 (a - 1) - 0.0025 cos 3x, ±0.07),   x' = clip(x + v', -1.2, 0.6),   a = 0, 1, 2
//! ```
//! At x = -1.2 the car stops; x >= 0.5 ends the episode. The start is at rest, uniform over the grid points in [-0.6, -0.4].
//!
//! How faithful it is: with 61, 101 and 201 points the continuous car, following the table's values, arrives from (-0.5, 0) in 104, 103 and
//! 102 steps, and the table's value is 4.1, 1.6 and 0.7 % worse than what it pays (discount 0.999).
//!
//! Source: Moore 1990; the rules are those of Gymnasium's MountainCar; the reward for arriving that of BARFI's experiments.

use tabrl::mdp::{Branch, Branches, Model};

use super::{Arrival, Axes};
use crate::{Param, Spec, erase};

/// The car on a grid; a state is the number of a grid point, or `u32::MAX` after the end.
#[derive(Debug, Clone)]
pub struct MountainCar {
    axes: Axes<2>,
    /// Reward of a step, and of arriving on top of it.
    pays: [f64; 2],
}

/// The state after the end.
const END: u32 = u32::MAX;

impl MountainCar {
    /// `points` grid points of each coordinate, at least 8; `sparse` pays 1 for arriving, otherwise every step costs 1.
    pub fn new(points: u32, sparse: bool) -> MountainCar {
        let axes = Axes::new([(-1.2, 0.5, points), (-0.07, 0.07, points)]);
        MountainCar { axes, pays: if sparse { [0.0, 1.0] } else { [-1.0, 0.0] } }
    }

    /// The grid.
    pub fn axes(&self) -> &Axes<2> {
        &self.axes
    }

    /// One step of the continuous problem.
    pub fn step(&self, [x, v]: [f64; 2], action: usize) -> Arrival<2> {
        let v = (v + 0.001 * (action as f64 - 1.0) - 0.0025 * (3.0 * x).cos()).clamp(-0.07, 0.07);
        let x = (x + v).clamp(-1.2, 0.6);
        if x >= 0.5 {
            return Arrival::End;
        }
        Arrival::At([x, if x <= -1.2 { v.max(0.0) } else { v }])
    }
}

impl Model for MountainCar {
    type State = u32;

    fn initial(&self) -> Vec<(f64, u32)> {
        let [positions, _] = self.axes.axes;
        let mut starts = Vec::new();
        for i in (0..positions.points).filter(|&i| (-0.6..=-0.4).contains(&positions.at(i))) {
            self.axes.corners(&[positions.at(i), 0.0], |point, weight| starts.push((weight, point)));
        }
        let total: f64 = starts.iter().map(|(weight, _)| weight).sum();
        starts.iter_mut().for_each(|(weight, _)| *weight /= total);
        starts
    }

    fn num_actions(&self) -> usize {
        3
    }

    fn step_law(&self, s: u32, action: usize, out: &mut Branches<u32>) {
        let [paid, arriving] = self.pays;
        match self.step(self.axes.place(s), action) {
            Arrival::End => out.push(Branch { probability: 1.0, next: END, reward: paid + arriving, terminal: true }),
            Arrival::At(place) => self.axes.corners(&place, |next, probability| {
                out.push(Branch { probability, next, reward: paid, terminal: false });
            }),
        }
    }

    fn episode_length(&self) -> Option<usize> {
        Some(200)
    }

    fn state_name(&self, s: u32) -> String {
        if s == END {
            return "arrived".into();
        }
        let [x, v] = self.axes.place(s);
        format!("x {x:.4}, v {v:.5}")
    }

    fn action_name(&self, action: usize) -> String {
        ["left", "coast", "right"][action].to_owned()
    }

    fn action_glyph(&self, action: usize) -> char {
        ['←', '·', '→'][action]
    }
}

pub(super) fn spec() -> Spec {
    Spec {
        name: "mountain-car".into(),
        summary: "a weak car in a valley, on a grid of positions and speeds (interpolated)".into(),
        source: "Moore 1990; Gymnasium's MountainCar",
        params: vec![
            Param { name: "points", default: "61", doc: "grid points of each coordinate, 8 to 2000" },
            Param { name: "pays", default: "step", doc: "step: every step costs 1; goal: arriving pays 1" },
        ],
        build: Box::new(|settings| {
            let sparse = settings.word("pays", &["step", "goal"])? == "goal";
            Ok(erase(MountainCar::new(settings.count("points", 8, 2000)? as u32, sparse)))
        }),
    }
}
