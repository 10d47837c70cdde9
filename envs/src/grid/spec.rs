//! `gridworld`: any gridworld, from a text file or a built-in map.

use super::{Entering, GridWorld, Layout, Move, SlipTo};
use crate::{Param, Spec, erase};

/// The registry's entry.
pub fn spec() -> Spec {
    Spec {
        name: "gridworld".into(),
        summary: "any gridworld from a text file of walls, starts, goals, holes and cliffs".into(),
        source: "built-in maps: Russell and Norvig (aima), Sutton and Barto (dyna-maze, cliffwalking) and others",
        params: vec![
            Param {
                name: "map",
                default: "dyna-maze",
                doc: "path of a text file (# wall, . free, S start, G goal, H hole, C cliff), or aima, cliffwalking, \
                      dyna-maze, fourrooms, frozenlake-4x4, frozenlake-8x8",
            },
            Param { name: "slip", default: "0", doc: "probability that a move goes another way, in [0, 1]" },
            Param {
                name: "slip_to",
                default: "sideways",
                doc: "where a slip leads: sideways (half to each side) or others (a third in each other direction)",
            },
            Param { name: "free_reward", default: "0", doc: "reward of entering a free cell, or of staying" },
            Param { name: "goal_reward", default: "1", doc: "reward of entering a goal" },
            Param { name: "hole_reward", default: "-1", doc: "reward of entering a hole" },
            Param { name: "cliff_reward", default: "-1", doc: "reward of stepping into a cliff" },
        ],
        build: Box::new(|settings| {
            let slip_to = match settings.word("slip_to", &["sideways", "others"])? {
                "others" => SlipTo::Others,
                _ => SlipTo::Sideways,
            };
            let slip = settings.probability("slip")?;
            let entering = Entering {
                free: settings.number("free_reward")?,
                goal: settings.number("goal_reward")?,
                hole: settings.number("hole_reward")?,
                cliff: settings.number("cliff_reward")?,
            };
            let moves = [Move::Up, Move::Right, Move::Down, Move::Left];
            let layout = Layout::load(settings.text("map"))?;
            Ok(erase(GridWorld::new(layout, moves, slip, slip_to, entering)))
        }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use approx::assert_relative_eq;

    use crate::solved::{discounted, finite};
    use crate::{EnvError, make};

    /// Utilities of Russell and Norvig, "Artificial Intelligence", figure of the 4x3 world (three decimals, no discount).
    #[test]
    fn the_4x3_world() {
        let given = [
            ("map", "aima"),
            ("slip", "0.2"),
            ("free_reward", "-0.04"),
            ("goal_reward", "0.96"),
            ("hole_reward", "-1.04"),
        ];
        let table = make("gridworld", &given).unwrap().table(100).unwrap();
        let v = finite(&table.mdp, 500).values;
        let expected = [
            [0.812, 0.868, 0.918, 0.0], // the ends hold no value: their ±1 is paid on entering
            [0.762, f64::NAN, 0.660, 0.0],
            [0.705, 0.655, 0.611, 0.388],
        ];
        for (s, cell) in table.cells.iter().enumerate() {
            let cell = cell.unwrap();
            assert!((v[s] - expected[cell.row][cell.column]).abs() < 0.0006, "{cell:?}: {}", v[s]);
        }
        assert_eq!(table.mdp.num_states(), 11);
    }

    /// Fourteen steps: Sutton and Barto, "Reinforcement Learning", Example 8.1.
    #[test]
    fn the_maze_takes_fourteen_steps() {
        let table = make("gridworld", &[]).unwrap().table(100).unwrap();
        assert_relative_eq!(
            table.mdp.initial_value(&discounted(&table.mdp, 0.95).values),
            0.95f64.powi(13),
            max_relative = 1e-12
        );
        assert_eq!(table.mdp.num_states(), 54 - 7);
    }

    #[test]
    fn maps_from_files() {
        let path = std::env::temp_dir().join(format!("tabrl-map-{}.txt", std::process::id()));
        let name = path.to_str().unwrap().to_owned();
        std::fs::write(&path, "S.G\n").unwrap();
        assert_eq!(make("gridworld", &[("map", &name)]).unwrap().table(10).unwrap().mdp.num_states(), 3);
        std::fs::write(&path, "S.G\n.?.\n").unwrap();
        let Err(EnvError::Map { map, problem }) = make("gridworld", &[("map", &name)]) else { panic!("no map error") };
        std::fs::remove_file(&path).unwrap();
        assert_eq!(map, name);
        assert!(problem.starts_with("row 2, column 2: unknown character '?'"), "{problem}");
    }
}
