//! A pole on a cart, to be kept upright by pushing the cart left or right.
//!
//! ```text
//! f = ±10,  t = (f + 0.05 ω² sin θ)/1.1,  α = (9.8 sin θ - t cos θ)/(0.5 (4/3 - 0.1 cos² θ/1.1)),  a = t - 0.05 α cos θ/1.1
//! x += 0.02 v,  v += 0.02 a,  θ += 0.02 ω,  ω += 0.02 α      (old v and ω in the first and the third)
//! ```
//! |x| > 2.4 or |θ| > 12° ends the episode. Every step pays 1, the one that ends included. The start is at the origin, where the original
//! draws every coordinate from [-0.05, 0.05]. Speeds beyond the grid count as its ends.
//!
//! How faithful it is: a controller made of the table's values keeps the continuous pole up for 500 steps, even with n = 1, but values are
//! far too low, since the grid's noise topples the pole: from near the start, discounted with 0.999, 122 (n = 1) and 370 (n = 2) where
//! 500 steps upright pay 394 and an endless balance 1000. Use it for controllers, not for values.
//!
//! Source: Barto, Sutton and Anderson 1983; the rules are those of Gymnasium's CartPole.

use tabrl::mdp::{Branch, Branches, Model};

use super::{Arrival, Axes};
use crate::{Param, Spec, erase};

/// The cart on a grid; a state is the number of a grid point, or `u32::MAX` after the end.
#[derive(Debug, Clone)]
pub struct CartPole {
    axes: Axes<4>,
}

/// The state after the end.
const END: u32 = u32::MAX;
/// Largest |x|.
const TRACK: f64 = 2.4;
/// Largest |θ|, 12 degrees.
const TILT: f64 = 12.0 * std::f64::consts::PI / 180.0;

impl CartPole {
    /// A grid of 6 n + 1 positions, 8 n + 1 speeds, 8 n + 1 angles and 10 n + 1 angular speeds, for n = `resolution` of at least 1.
    pub fn new(resolution: u32) -> CartPole {
        let n = resolution;
        let axes = Axes::new([
            (-TRACK, TRACK, 6 * n + 1),
            (-2.5, 2.5, 8 * n + 1),
            (-TILT, TILT, 8 * n + 1),
            (-3.5, 3.5, 10 * n + 1),
        ]);
        CartPole { axes }
    }

    /// The grid.
    pub fn axes(&self) -> &Axes<4> {
        &self.axes
    }

    /// One step of the continuous problem.
    pub fn step(&self, [x, v, angle, spin]: [f64; 4], action: usize) -> Arrival<4> {
        let (sin, cos) = angle.sin_cos();
        let force = if action == 1 { 10.0 } else { -10.0 };
        let t = (force + 0.05 * spin * spin * sin) / 1.1;
        let angular = (9.8 * sin - t * cos) / (0.5 * (4.0 / 3.0 - 0.1 * cos * cos / 1.1));
        let linear = t - 0.05 * angular * cos / 1.1;
        let next = [x + 0.02 * v, v + 0.02 * linear, angle + 0.02 * spin, spin + 0.02 * angular];
        if next[0].abs() > TRACK || next[2].abs() > TILT { Arrival::End } else { Arrival::At(next) }
    }
}

impl Model for CartPole {
    type State = u32;

    fn initial(&self) -> Vec<(f64, u32)> {
        let mut starts = Vec::new();
        self.axes.corners(&[0.0; 4], |point, weight| starts.push((weight, point)));
        starts
    }

    fn num_actions(&self) -> usize {
        2
    }

    fn step_law(&self, s: u32, action: usize, out: &mut Branches<u32>) {
        match self.step(self.axes.place(s), action) {
            Arrival::End => out.push(Branch { probability: 1.0, next: END, reward: 1.0, terminal: true }),
            Arrival::At(place) => self.axes.corners(&place, |next, probability| {
                out.push(Branch { probability, next, reward: 1.0, terminal: false });
            }),
        }
    }

    fn episode_length(&self) -> Option<usize> {
        Some(500)
    }

    fn state_name(&self, s: u32) -> String {
        if s == END {
            return "fallen".into();
        }
        let [x, v, angle, spin] = self.axes.place(s);
        format!("x {x:.3}, v {v:.3}, angle {angle:.4}, spin {spin:.3}")
    }

    fn action_name(&self, action: usize) -> String {
        ["left", "right"][action].to_owned()
    }

    fn action_glyph(&self, action: usize) -> char {
        ['←', '→'][action]
    }
}

pub(super) fn spec() -> Spec {
    Spec {
        name: "cart-pole".into(),
        summary: "a pole to be balanced on a cart, on a grid of four coordinates (interpolated)".into(),
        source: "Barto, Sutton and Anderson 1983; Gymnasium's CartPole",
        params: vec![Param {
            name: "resolution",
            default: "1",
            doc: "n: 6n + 1 positions, 8n + 1 speeds, 8n + 1 angles, 10n + 1 angular speeds; 1 to 6",
        }],
        build: Box::new(|settings| Ok(erase(CartPole::new(settings.count("resolution", 1, 6)? as u32)))),
    }
}
