//! Littman's soccer: a zero-sum game of two players on a field of four rows and five columns.
//!
//! ```text
//!     . . . . .        A scores by leaving the field to the left in the two middle rows with the ball, B to the right;
//!   | . B . . . |      each of them moves north, south, east or west, or stays
//!   | . . . A . |
//!     . . . . .
//! ```
//! Both choose at the same time; the moves are executed in random order, each order with probability ½. Who would step
//! onto the other stays, and the other has the ball then. Steps off the field (into one's own goal, or without the
//! ball) fail. A goal pays 1 to the scorer, the other loses it, and the players are set back, the ball given to either
//! with probability ½; then it goes on: 760 states. Littman plays with discount 0.9 and thinks of it as a draw called
//! with probability 0.1 a step.
//!
//! [`game`] is the game, with A as the row player. The environment `soccer` of the registry is what A faces if B plays
//! at random.
//!
//! Source: Littman 1994 (ICML), with the start of its figure.

use tabrl::mdp::{Branch, Branches, Cell, GridMap, Model};
use tabrl::planning::games::MarkovGame;

use crate::{Result, Spec, erase};

const ROWS: usize = 4;
const COLUMNS: usize = 5;
/// Moves: north, south, east, west, stay.
const MOVES: [(isize, isize); 5] = [(-1, 0), (1, 0), (0, 1), (0, -1), (0, 0)];
/// The rows that are open at the sides.
const GOAL_ROWS: std::ops::Range<isize> = 1..3;
/// Where A and B start.
const START: [Place; 2] = [Place { row: 2, column: 3 }, Place { row: 1, column: 1 }];

/// A cell of the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// From the top, in `0..4`.
    pub row: u8,
    /// From the left, in `0..5`.
    pub column: u8,
}

/// Where the players stand and who has the ball.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Of A and of B.
    pub at: [Place; 2],
    /// 0 if A has the ball, 1 if B has it.
    pub ball: u8,
}

impl Position {
    /// The players at their starts.
    pub fn start(ball: u8) -> Position {
        Position { at: START, ball }
    }

    /// The same position with the sides changed: the field turned by half a turn, A and B renamed.
    pub fn mirrored(self) -> Position {
        let turned = |p: Place| Place { row: ROWS as u8 - 1 - p.row, column: COLUMNS as u8 - 1 - p.column };
        Position { at: [turned(self.at[1]), turned(self.at[0])], ball: 1 - self.ball }
    }

    /// Moves one player; whether that scored.
    fn step(&mut self, player: usize, action: usize) -> bool {
        let (from, (down, right)) = (self.at[player], MOVES[action]);
        let (row, column) = (from.row as isize + down, from.column as isize + right);
        let aim = if player == 0 { -1 } else { COLUMNS as isize };
        if column == aim && GOAL_ROWS.contains(&row) && usize::from(self.ball) == player {
            return true;
        }
        if (0..ROWS as isize).contains(&row) && (0..COLUMNS as isize).contains(&column) {
            let to = Place { row: row as u8, column: column as u8 };
            if to == self.at[1 - player] {
                self.ball = 1 - player as u8;
            } else {
                self.at[player] = to;
            }
        }
        false
    }

    /// Appends the outcomes of both moves, their probabilities times `weight`; rewards are A's.
    fn play(self, moves: [usize; 2], weight: f64, out: &mut Branches<Position>) {
        for first in [0, 1] {
            let mut position = self;
            let scorer = [first, 1 - first].into_iter().find(|&player| position.step(player, moves[player]));
            let mut push = |share: f64, next, reward| {
                out.push(Branch { probability: 0.5 * share * weight, next, reward, terminal: false });
            };
            match scorer {
                None => push(1.0, position, 0.0),
                Some(player) => {
                    let reward = if player == 0 { 1.0 } else { -1.0 };
                    [0, 1].into_iter().for_each(|ball| push(0.5, Position::start(ball), reward));
                }
            }
        }
    }

    fn name(self) -> String {
        let [a, b] = self.at;
        let owner = ["A", "B"][usize::from(self.ball)];
        format!("A in row {}, column {}, B in row {}, column {}, ball {owner}", a.row, a.column, b.row, b.column)
    }
}

fn initial() -> Vec<(f64, Position)> {
    [0, 1].into_iter().map(|ball| (0.5, Position::start(ball))).collect()
}

/// The game as a model of joint actions: `5 i + j` for A's move `i` and B's move `j`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Soccer;

impl Model for Soccer {
    type State = Position;

    fn initial(&self) -> Vec<(f64, Position)> {
        initial()
    }

    fn num_actions(&self) -> usize {
        MOVES.len() * MOVES.len()
    }

    fn step_law(&self, s: Position, action: usize, out: &mut Branches<Position>) {
        s.play([action / MOVES.len(), action % MOVES.len()], 1.0, out);
    }

    fn state_name(&self, s: Position) -> String {
        s.name()
    }
}

/// What A faces if B takes every move with probability 1/5.
#[derive(Debug, Clone, Copy, Default)]
pub struct SoccerAlone;

impl Model for SoccerAlone {
    type State = Position;

    fn initial(&self) -> Vec<(f64, Position)> {
        initial()
    }

    fn num_actions(&self) -> usize {
        MOVES.len()
    }

    fn step_law(&self, s: Position, action: usize, out: &mut Branches<Position>) {
        (0..MOVES.len()).for_each(|theirs| s.play([action, theirs], 1.0 / MOVES.len() as f64, out));
    }

    fn state_name(&self, s: Position) -> String {
        s.name()
    }

    fn action_name(&self, action: usize) -> String {
        ["north", "south", "east", "west", "stay"][action].to_owned()
    }

    fn action_glyph(&self, action: usize) -> char {
        ['↑', '↓', '→', '←', '·'][action]
    }

    fn map(&self) -> Option<GridMap> {
        Some(GridMap { rows: vec![vec!['.'; COLUMNS]; ROWS] })
    }

    fn cell(&self, s: Position) -> Option<Cell> {
        Some(Cell { row: s.at[0].row.into(), column: s.at[0].column.into() })
    }
}

/// The game, A the row player, with the position of each state.
///
/// # Errors
/// None that a valid table could cause.
pub fn game() -> Result<(MarkovGame, Vec<Position>)> {
    Ok(MarkovGame::from_model(&Soccer, MOVES.len(), 1000)?)
}

/// The registry's entry.
pub fn spec() -> Spec {
    Spec {
        name: "soccer".into(),
        summary: "Littman's soccer against an opponent that moves at random (the game: `tabrl game soccer`)".into(),
        source: "Littman 1994",
        params: vec![],
        build: Box::new(|_| Ok(erase(SoccerAlone))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use tabrl::planning::Status;
    use tabrl::planning::games::{GameMethod, GameOptions, Player, exploitability, response_mdp, solve_game};
    use tabrl::planning::{Criterion, SolveOptions};

    use super::*;
    use crate::solved::discounted;

    fn at(row: u8, column: u8) -> Place {
        Place { row, column }
    }

    /// The outcomes of one pair of moves as `(probability, position, reward)`.
    fn outcomes(s: Position, moves: [usize; 2]) -> Vec<(f64, Position, f64)> {
        let mut out = Branches::new();
        s.play(moves, 1.0, &mut out);
        out.iter().map(|b| (b.probability, b.next, b.reward)).collect()
    }

    const NORTH: usize = 0;
    const EAST: usize = 2;
    const WEST: usize = 3;
    const STAY: usize = 4;

    #[test]
    fn the_rules() {
        // Into each other: whoever moves first fails, and gives the ball away or leaves it; then the other moves into
        // him.
        let s = Position { at: [at(1, 2), at(1, 1)], ball: 0 };
        let swapped = Position { ball: 1, ..s };
        assert_eq!(outcomes(s, [WEST, EAST]), [(0.5, s, 0.0), (0.5, swapped, 0.0)]);
        // Order matters where one leaves the cell that the other enters.
        let follow = outcomes(s, [EAST, EAST]);
        assert_eq!(follow[0], (0.5, Position { at: [at(1, 3), at(1, 2)], ball: 0 }, 0.0));
        assert_eq!(follow[1], (0.5, Position { at: [at(1, 3), at(1, 1)], ball: 0 }, 0.0));
        // A goal sets both back, whatever the other wanted; without the ball, or in a corner, the side is a wall.
        let near = Position { at: [at(2, 0), at(0, 4)], ball: 0 };
        let goals = outcomes(near, [WEST, STAY]);
        assert_eq!(goals.len(), 4);
        for (k, &(p, next, reward)) in goals.iter().enumerate() {
            assert_eq!((p, next, reward), (0.25, Position::start(k as u8 % 2), 1.0));
        }
        let without = Position { ball: 1, ..near };
        assert_eq!(outcomes(without, [WEST, EAST]), [(0.5, without, 0.0); 2]);
        let corner = Position { at: [at(0, 0), at(0, 4)], ball: 0 };
        assert_eq!(outcomes(corner, [WEST, NORTH]), [(0.5, corner, 0.0); 2]);
        // One's own goal is a wall.
        let own = Position { at: [at(1, 4), at(0, 0)], ball: 0 };
        assert_eq!(outcomes(own, [EAST, STAY]), [(0.5, own, 0.0); 2]);
    }

    /// The reference value to 1e-8, by sweeps that contract by 0.9, antisymmetric, with strategies that prove it.
    #[test]
    fn its_value() {
        let (game, positions) = game().unwrap();
        assert_eq!((game.num_states(), game.num_actions(Player::Row)), (760, 3800));
        let options = GameOptions { epsilon: 1e-9, ..GameOptions::default() };
        let solution = solve_game(&game, 0.9, &options).unwrap();
        assert_eq!(solution.status, Status::Certified);
        let index = |p: Position| positions.iter().position(|&q| q == p).unwrap();
        let (a, b) = (index(Position::start(0)), index(Position::start(1)));
        assert!((solution.values[a] - 0.218_484_448_2).abs() <= 1e-8, "{}", solution.values[a]);
        assert!((solution.values[b] + 0.218_484_448_2).abs() <= 1e-8, "{}", solution.values[b]);
        assert!(solution.changes.windows(2).all(|w| w[1] <= 0.9 * w[0] + 1e-14));
        assert!(solution.duality_gap <= 1e-9);
        assert!(solution.mixed_states >= 40 && solution.mixed_states <= 80, "{}", solution.mixed_states);
        for (s, &position) in positions.iter().enumerate() {
            let other = index(position.mirrored());
            assert!(solution.lower[s] <= -solution.lower[other] && -solution.upper[other] <= solution.upper[s]);
            assert!((solution.values[s] + solution.values[other]).abs() <= 1e-12, "{position:?}");
            assert!((-1.0..=1.0).contains(&solution.values[s]));
        }
        let strict = SolveOptions { epsilon: 1e-9, ..SolveOptions::default() };
        let (row, column) = (&solution.row_strategy, &solution.column_strategy);
        assert!(exploitability(&game, row, column, 0.9, &strict).unwrap().gap_upper() <= 4e-9);
    }

    /// The other method takes best responses in between, and fewer sweeps.
    #[test]
    fn hoffman_and_karp_agree() {
        let (game, positions) = game().unwrap();
        let options = GameOptions { epsilon: 1e-9, method: GameMethod::HoffmanKarp, ..GameOptions::default() };
        let solution = solve_game(&game, 0.9, &options).unwrap();
        let start = positions.iter().position(|&p| p == Position::start(0)).unwrap();
        assert_eq!(solution.status, Status::Certified);
        assert!((solution.values[start] - 0.218_484_448_2).abs() <= 1e-8);
        let sweeps =
            solve_game(&game, 0.9, &GameOptions { epsilon: 1e-9, ..GameOptions::default() }).unwrap().iterations;
        assert!(solution.iterations < sweeps, "{} {sweeps}", solution.iterations);
    }

    /// The environment is the game with the other player's strategy built in.
    #[test]
    fn against_random_moves() {
        let (game, positions) = game().unwrap();
        let built_in = response_mdp(&game, Player::Row, &game.uniform(Player::Column)).unwrap();
        let table = tabrl::mdp::enumerate(&SoccerAlone, 1000).unwrap();
        assert_eq!((table.mdp.num_states(), table.mdp.num_choices()), (760, 3800));
        let (theirs, own) = (discounted(&built_in, 0.9), discounted(&table.mdp, 0.9));
        assert_eq!(own.criterion, Criterion::Discounted { gamma: 0.9 });
        for (s, position) in table.states.iter().enumerate() {
            let t = positions.iter().position(|p| p == position).unwrap();
            assert!((own.values[s] - theirs.values[t]).abs() <= 1e-10);
        }
        assert!(own.initial(&table.mdp).lower > 0.5, "a random opponent loses");
    }
}
