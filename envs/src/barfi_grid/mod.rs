//! The maze of BARFI: a square without walls in which an agent is paid for reaching a corner, and distracted on the way.
//!
//! ```text
//!   1 ┌────────────┐     position (x, y) in [0, 1]², start (0.125, 0.125); actions: up, right, down, left
//!     │         GGG│     an action is four steps of 0.045 (the largest number within 0.2); a step that would leave the square
//!     │     CC  GGG│     ends it; with probability `slip` a uniformly drawn action is executed instead;
//!     │     CC     │     every action costs 0.1; a step into the goal G = [0.75, 0.99]² pays 100 and ends the episode;
//!     │ S          │     episodes are studied over 50 actions
//!   0 └────────────┘
//! ```
//! All coordinates that can be reached are `0.035 + 0.045 k` with `k = 0..=21`, so that the problem is exactly a finite one: 264
//! positions and the goal. Next to the reward there are auxiliary ones, paid after every step of an action:
//! - `bad`: 50 inside C = [0.4, 0.6]², again and again;
//! - `good`: minus the squared distance to (0.87, 0.87), but with the goal's border 0.75 in the place of y, as in the authors'
//!   code, so that it only depends on x;
//! - `good-fixed`: the same with the agent's y.
//!
//! Source: Gupta, Chandak, Jordan, Thomas and da Silva, "Behavior Alignment via Reward Function Optimization" (NeurIPS 2023), and
//! its published code.

use tabrl::Error;
use tabrl::mdp::{Branch, Branches, Cell, GridMap, Mdp, Model, enumerate};

use crate::grid::check_slip;
use crate::{Param, Result, Spec, erase};

#[cfg(test)]
mod tests;

/// Coordinates that can be reached: `0.035 + 0.045 k`, `k` below this.
pub const POINTS: u32 = 22;

/// Steps of an action.
const STEPS: usize = 4;

/// What is paid next to the reward.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auxiliary {
    /// Nothing.
    None,
    /// 50 for every step that ends in the centre.
    Bad,
    /// `−(x − 0.87)² − (0.75 − 0.87)²` for every step.
    Good,
    /// `−(x − 0.87)² − (y − 0.87)²` for every step.
    GoodFixed,
}

impl Auxiliary {
    /// The words for them.
    pub const WORDS: [&str; 4] = ["none", "bad", "good", "good-fixed"];

    /// The one of that name.
    ///
    /// # Errors
    /// An unknown name; the nearest one is suggested.
    pub fn named(word: &str) -> Result<Auxiliary> {
        use Auxiliary::{Bad, Good, GoodFixed, None};
        let found = Auxiliary::WORDS.iter().position(|known| *known == word);
        match found {
            Some(i) => Ok([None, Bad, Good, GoodFixed][i]),
            Option::None => Err(Error::unknown("auxiliary reward", word, Auxiliary::WORDS).into()),
        }
    }

    /// What a step that ends at `(x, y)` is paid.
    pub fn at(self, x: f64, y: f64) -> f64 {
        let squared_distance = |y: f64| (x - 0.87).powi(2) + (y - 0.87).powi(2);
        match self {
            Auxiliary::None => 0.0,
            Auxiliary::Bad if (0.4..=0.6).contains(&x) && (0.4..=0.6).contains(&y) => 50.0,
            Auxiliary::Bad => 0.0,
            Auxiliary::Good => -squared_distance(0.75),
            Auxiliary::GoodFixed => -squared_distance(y),
        }
    }
}

/// `0.035 + 0.045 k`.
pub fn coordinate(k: u32) -> f64 {
    0.035 + 0.045 * f64::from(k)
}

/// The maze as a lattice. A state is `22 y + x`; all places in the goal are one state.
#[derive(Debug, Clone)]
pub struct BarfiGrid {
    slip: f64,
    auxiliary: Auxiliary,
    /// Weights of the reward and of the auxiliary one in what a step pays.
    weights: [f64; 2],
}

/// The goal's state: its lowest corner.
const GOAL: u32 = 16 * POINTS + 16;

impl BarfiGrid {
    /// The maze that pays the reward alone. `slip` must be a probability.
    pub fn new(slip: f64, auxiliary: Auxiliary) -> BarfiGrid {
        BarfiGrid { slip, auxiliary, weights: [1.0, 0.0] }
    }

    /// What an action executed in `state` leads to, without chance: next state, reward, auxiliary reward.
    pub fn outcome(&self, state: u32, executed: usize) -> (u32, f64, f64) {
        let (mut x, mut y) = (state % POINTS, state / POINTS);
        let (mut reward, mut auxiliary) = (-0.1, 0.0);
        for _ in 0..STEPS {
            match executed {
                0 if y + 1 < POINTS => y += 1,
                1 if x + 1 < POINTS => x += 1,
                2 if y > 0 => y -= 1,
                3 if x > 0 => x -= 1,
                _ => break,
            }
            auxiliary += self.auxiliary.at(coordinate(x), coordinate(y));
            if x >= 16 && y >= 16 {
                reward += 100.0;
                return (GOAL, reward, auxiliary);
            }
        }
        (y * POINTS + x, reward, auxiliary)
    }

    /// The probability that `executed` is what happens when `action` is meant.
    fn chance(&self, action: usize, executed: usize) -> f64 {
        0.25 * self.slip + if executed == action { 1.0 - self.slip } else { 0.0 }
    }
}

/// The table with what is known of its rows.
#[derive(Debug, Clone)]
pub struct BarfiTables {
    /// The table, with the reward that counts.
    pub mdp: Mdp,
    /// Expected auxiliary reward of each choice, `[C]`.
    pub auxiliary: Vec<f64>,
    /// Position of each state, `[S]`; `None` for the goal.
    pub positions: Vec<Option<(f64, f64)>>,
}

/// The table of the maze and its auxiliary rewards.
///
/// # Errors
/// A slip that is not a probability.
pub fn tables(slip: f64, auxiliary: Auxiliary) -> Result<BarfiTables> {
    check_slip(slip)?;
    let model = BarfiGrid::new(slip, auxiliary);
    let table = enumerate(&model, (POINTS * POINTS) as usize)?;
    let mut expected = Vec::with_capacity(table.mdp.num_choices());
    for (s, &state) in table.states.iter().enumerate() {
        for c in table.mdp.choices(s) {
            let action = table.mdp.action_of(s, c);
            expected.push((0..4).map(|e| model.chance(action, e) * model.outcome(state, e).2).sum());
        }
    }
    let place = |&s: &u32| (s != GOAL).then(|| (coordinate(s % POINTS), coordinate(s / POINTS)));
    Ok(BarfiTables { positions: table.states.iter().map(place).collect(), mdp: table.mdp, auxiliary: expected })
}

impl Model for BarfiGrid {
    type State = u32;

    fn initial(&self) -> Vec<(f64, u32)> {
        vec![(1.0, 2 * POINTS + 2)]
    }

    fn num_actions(&self) -> usize {
        4
    }

    fn step_law(&self, s: u32, action: usize, out: &mut Branches<u32>) {
        for executed in 0..4 {
            let probability = self.chance(action, executed);
            if probability > 0.0 {
                let (next, reward, auxiliary) = self.outcome(s, executed);
                let reward = self.weights[0] * reward + self.weights[1] * auxiliary;
                out.push(Branch { probability, next, reward, terminal: next == GOAL });
            }
        }
    }

    fn episode_length(&self) -> Option<usize> {
        Some(50)
    }

    fn state_name(&self, s: u32) -> String {
        if s == GOAL {
            return "goal".into();
        }
        format!("x {:.3}, y {:.3}", coordinate(s % POINTS), coordinate(s / POINTS))
    }

    fn action_name(&self, action: usize) -> String {
        ["up", "right", "down", "left"][action].to_owned()
    }

    fn action_glyph(&self, action: usize) -> char {
        ['↑', '→', '↓', '←'][action]
    }

    fn map(&self) -> Option<GridMap> {
        let tile = |row: u32, x: u32| match (x, POINTS - 1 - row) {
            (2, 2) => 'S',
            (x, y) if x >= 16 && y >= 16 => 'G',
            (x, y) if (9..=12).contains(&x) && (9..=12).contains(&y) => 'C',
            _ => '.',
        };
        Some(GridMap { rows: (0..POINTS).map(|row| (0..POINTS).map(|x| tile(row, x)).collect()).collect() })
    }

    fn cell(&self, s: u32) -> Option<Cell> {
        Some(Cell { row: (POINTS - 1 - s / POINTS) as usize, column: (s % POINTS) as usize })
    }
}

/// The registry's entry.
pub fn spec() -> Spec {
    Spec {
        name: "barfi-grid".into(),
        summary: "an open square with a goal in the corner and auxiliary rewards that help or distract".into(),
        source: "Gupta et al. 2023 (BARFI)",
        params: vec![
            Param {
                name: "slip",
                default: "0.1",
                doc: "probability that a uniformly drawn action is executed instead, in [0, 1]",
            },
            Param { name: "auxiliary", default: "none", doc: "auxiliary reward: none, bad, good or good-fixed" },
            Param {
                name: "pays",
                default: "primary",
                doc: "what a step pays: primary (the reward that counts), auxiliary, or both (their sum)",
            },
        ],
        build: Box::new(|settings| {
            let auxiliary = Auxiliary::named(settings.word("auxiliary", &Auxiliary::WORDS)?)?;
            let weights = match settings.word("pays", &["primary", "auxiliary", "both"])? {
                "primary" => [1.0, 0.0],
                "auxiliary" => [0.0, 1.0],
                _ => [1.0, 1.0],
            };
            Ok(erase(BarfiGrid { slip: settings.probability("slip")?, auxiliary, weights }))
        }),
    }
}
