//! Rooms to explore: rlberry's benchmark gridworlds, with the rules of `gridworld/rlberry`.
//!
//! | name | cells | pays, for every action in the cell |
//! |---|---|---|
//! | `rooms/four` | 9 x 9, four rooms in a row through doors | 1 at the end; `difficulty=1` adds 0.1 in the first room, `2` also −0.005 elsewhere |
//! | `rooms/six` | 11 x 17, six rooms | 10 at the end, 0.1 in the first room, −0.001 elsewhere |
//! | `rooms/n` | `rooms` rooms, up to five a row, in the order of a snake | 1 in the centre of the last, 0.01 at the start (the middle room), 0.1 in the first |
//! | `apple-gold` | 13 x 17 with outer walls | 10 for the gold at the end; 1 for each of two apples; −0.05 among the rocks |
//!
//! An action taken in a final cell pays and ends the episode. With `traps=true` the cell next to the centre of every room ends it too,
//! without pay. Apples are not used up.
//!
//! ```text
//!   S . . . # . . . .     rooms/four: S start, G end, a the reward of difficulty 1
//!   . . . . # . . . .
//!   . . . . . . . . .
//!   . . . a # . . . .
//!   # # # # # # # . #
//!   . . . . # . . . .
//!   . . . . . . . . .
//!   . . . . # . . . .
//!   G . . . # . . . .
//! ```
//! Source: `FourRoom`, `SixRoom`, `NRoom` and `AppleGold` of rlberry 0.3.0 (the last after Guo et al. 2019).

use crate::rlberry_grid::RlberryGrid;
use crate::{Param, Spec, erase};

/// Cells of a map before it is finished.
type Map = Vec<Vec<char>>;

/// `rows` by `columns` free cells with walls where `wall` says so.
fn walled(rows: usize, columns: usize, wall: impl Fn(usize, usize) -> bool) -> Map {
    (0..rows).map(|r| (0..columns).map(|c| if wall(r, c) { '#' } else { '.' }).collect()).collect()
}

fn put(map: &mut Map, cells: &[((usize, usize), char)]) {
    for &((row, column), what) in cells {
        map[row][column] = what;
    }
}

fn four_rooms(difficulty: usize, slip: f64) -> RlberryGrid {
    let mut map = walled(9, 9, |r, c| (c == 4 && r != 2 && r != 6) || (r == 4 && c != 7));
    put(&mut map, &[((0, 0), 'S'), ((8, 0), 'G'), ((3, 3), 'a')]);
    let pays = move |cell| match cell {
        'G' => (1.0, true),
        'a' if difficulty > 0 => (0.1, false),
        _ => (if difficulty == 2 { -0.005 } else { 0.0 }, false),
    };
    RlberryGrid::from_map(map, pays, slip)
}

fn six_rooms(slip: f64) -> RlberryGrid {
    let mut map = walled(11, 17, |r, c| ((c == 5 || c == 11) && r != 2 && r != 8) || (r == 5 && c != 15));
    put(&mut map, &[((0, 0), 'S'), ((10, 0), 'G'), ((4, 4), 'a')]);
    let pays = |cell| match cell {
        'G' => (10.0, true),
        'a' => (0.1, false),
        _ => (-0.001, false),
    };
    RlberryGrid::from_map(map, pays, slip)
}

fn apple_gold(slip: f64) -> RlberryGrid {
    let mut map = walled(13, 17, |r, c| {
        let edge = r == 0 || r == 12 || c == 0 || c == 16;
        let upright = (c == 6 || c == 10) && ((r != 1 && r != 11) || (r, c) == (11, 6));
        edge || upright || (r == 6 && c != 1 && c != 15)
    });
    for row in &mut map[1..12] {
        row[7..16].iter_mut().filter(|cell| **cell == '.').for_each(|cell| *cell = '-');
    }
    put(&mut map, &[((5, 1), 'S'), ((7, 7), 'G'), ((8, 2), 'a'), ((10, 3), 'a')]);
    let pays = |cell| match cell {
        'G' => (10.0, true),
        'a' => (1.0, false),
        '-' => (-0.05, false),
        _ => (0.0, false),
    };
    RlberryGrid::from_map(map, pays, slip)
}

/// Most rooms in a row of `rooms/n`.
const PER_ROW: usize = 5;

/// `rooms >= 3` rooms of `size` by `size` cells.
fn n_rooms(rooms: usize, size: usize, traps: bool, slip: f64) -> RlberryGrid {
    let (down, across) = (rooms.div_ceil(PER_ROW), rooms.min(PER_ROW));
    let (pitch, middle) = (size + 1, size / 2);
    // Where the i-th room of the snake is, in rooms.
    let place = |i: usize| {
        let (row, along) = (i / PER_ROW, i % PER_ROW);
        (row, if row % 2 == 0 { along } else { across - 1 - along })
    };
    let mut map = walled(down * pitch - 1, across * pitch - 1, |r, c| {
        r % pitch == size || (c % pitch == size && r % pitch != middle)
    });
    // Doors from one row of rooms to the next.
    for i in (PER_ROW..rooms).step_by(PER_ROW) {
        let (row, column) = place(i - 1);
        map[row * pitch + size][column * pitch + middle] = '.';
    }
    // What is not needed of the last row is filled, with its doors.
    for i in rooms..down * across {
        let (row, column) = place(i);
        for r in map.iter_mut().skip(row * pitch) {
            let end = (column * pitch + size + 1).min(r.len());
            r[(column * pitch).saturating_sub(1)..end].fill('#');
        }
    }
    for i in 0..rooms {
        let (row, column) = place(i);
        let (r, c) = (row * pitch + middle, column * pitch + middle);
        if traps {
            map[r + 1][c + 1] = 'T';
        }
        map[r][c] = match i {
            _ if i == rooms - 1 => 'G',
            0 => 'a',
            _ if i == rooms / 2 => 'S',
            _ => '.',
        };
    }
    let pays = |cell| match cell {
        'G' => (1.0, true),
        'T' => (0.0, true),
        'S' => (0.01, false),
        'a' => (0.1, false),
        _ => (0.0, false),
    };
    RlberryGrid::from_map(map, pays, slip)
}

/// The registry's entries.
pub fn specs() -> Vec<Spec> {
    let slip = Param {
        name: "slip",
        default: "0.05",
        doc: "probability that a move goes to another free neighbour, in [0, 1]",
    };
    let source = "rlberry 0.3.0";
    vec![
        Spec {
            name: "rooms/four".into(),
            summary: "four rooms on the way to the reward".into(),
            source,
            params: vec![
                slip,
                Param { name: "difficulty", default: "0", doc: "0, 1 or 2: further rewards that lead astray" },
            ],
            build: Box::new(|settings| {
                Ok(erase(four_rooms(settings.count("difficulty", 0, 2)?, settings.probability("slip")?)))
            }),
        },
        Spec {
            name: "rooms/six".into(),
            summary: "six rooms on the way to the reward, with a small one nearby".into(),
            source,
            params: vec![slip],
            build: Box::new(|settings| Ok(erase(six_rooms(settings.probability("slip")?)))),
        },
        Spec {
            name: "rooms/n".into(),
            summary: "a snake of rooms, started in its middle".into(),
            source,
            params: vec![
                slip,
                Param { name: "rooms", default: "7", doc: "number of rooms, 3 to 10,000" },
                Param { name: "size", default: "5", doc: "rows and columns of a room, 3 to 101" },
                Param {
                    name: "traps",
                    default: "false",
                    doc: "whether a cell of every room ends the episode: true or false",
                },
            ],
            build: Box::new(|settings| {
                let (rooms, size) = (settings.count("rooms", 3, 10_000)?, settings.count("size", 3, 101)?);
                Ok(erase(n_rooms(rooms, size, settings.flag("traps")?, settings.probability("slip")?)))
            }),
        },
        Spec {
            name: "apple-gold".into(),
            summary: "gold behind rocks, and apples that keep one from looking for it".into(),
            source,
            params: vec![slip],
            build: Box::new(|settings| Ok(erase(apple_gold(settings.probability("slip")?)))),
        },
    ]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use crate::make;
    use crate::solved::{discounted, finite};

    /// Free cells; values over 20 and some more steps; and with discount 0.99. Computed by separate code from the definitions.
    #[test]
    fn reference_values() {
        type Reference<'a> = (&'a str, &'a [(&'a str, &'a str)], usize, [f64; 2], usize, f64);
        let all: [Reference; 8] = [
            ("rooms/four", &[], 67, [0.0, 0.9999999979395425], 50, 0.7872773331219388),
            ("rooms/four", &[("difficulty", "1")], 67, [1.3640690644199174, 4.364069054318789], 50, 9.38123668662563),
            ("rooms/four", &[("difficulty", "2")], 67, [1.3322725176409143, 4.3322725070347285], 50, 9.350298520956915),
            ("rooms/six", &[], 155, [1.1428816255299035, 10.38703917455218], 60, 9.174778458172806),
            ("rooms/n", &[], 181, [0.47684436044465706, 1.9139116948158337], 60, 3.91393317950165),
            ("rooms/n", &[("traps", "true")], 181, [0.47544351697983894, 1.8112519324060905], 60, 3.620433419083913),
            (
                "rooms/n",
                &[("rooms", "12"), ("size", "3")],
                119,
                [0.09549760466364449, 1.6045337652756608],
                60,
                3.671333769750831,
            ),
            (
                "rooms/n",
                &[("rooms", "4"), ("size", "4"), ("traps", "true")],
                67,
                [1.0303191934510383, 2.3055107996807465],
                60,
                4.002555726064813,
            ),
        ];
        for (name, given, cells, [twenty, more], steps, discounted_value) in all {
            let table = make(name, given).unwrap().table(1000).unwrap();
            let (mdp, map) = (&table.mdp, table.map.unwrap());
            let free = map.rows.iter().flatten().filter(|&&cell| cell != '#').count();
            assert_eq!(free, cells, "{name} {given:?}");
            let value = |v: &[f64]| mdp.initial_value(v);
            assert!((value(&finite(mdp, 20).values) - twenty).abs() < 1e-9, "{name} {given:?}");
            assert!((value(&finite(mdp, steps).values) - more).abs() < 1e-9, "{name} {given:?}");
            let found = value(&discounted(mdp, 0.99).values);
            assert!((found - discounted_value).abs() < 1e-8, "{name} {given:?}: {found}");
        }
    }

    /// The best return over 1000 steps is above the 470 that a published test of near-optimal value iteration asks for.
    #[test]
    fn apples() {
        let mdp = make("apple-gold", &[]).unwrap().table(1000).unwrap().mdp;
        for (steps, expected) in [(20, 7.657030497310497), (60, 27.066987219684602), (1000, 480.61408656257686)] {
            let v = mdp.initial_value(&finite(&mdp, steps).values);
            assert!((v - expected).abs() < 1e-8, "{steps}: {v}");
        }
        assert!((mdp.initial_value(&discounted(&mdp, 0.9).values) - 3.234909560764449).abs() < 1e-9);
    }
}
