//! Small walks that tests share: the reference instances that need no environment.

use super::function::{Coverage, GaussianInformation, Items};
use super::{Problem, SetFunction};
use crate::mdp::{Mdp, MdpBuilder};
use ndarray::Array2;

/// A grid without walls: stay, right, down, left, up; a move off the grid stays; with probability `slip` a uniform action instead.
pub(crate) fn grid(rows: usize, columns: usize, slip: f64, start: usize) -> Mdp {
    let mut builder = MdpBuilder::new(rows * columns);
    for s in 0..rows * columns {
        let (r, c) = (s / columns, s % columns);
        let to = |(down, right): (i64, i64)| {
            let (row, column) = (r as i64 + down, c as i64 + right);
            let inside = (0..rows as i64).contains(&row) && (0..columns as i64).contains(&column);
            if inside { row as usize * columns + column as usize } else { s }
        };
        let targets = [(0, 0), (0, 1), (1, 0), (0, -1), (-1, 0)].map(to);
        for (a, &target) in targets.iter().enumerate() {
            let mut row = vec![(1.0 - slip, target, 0.0)];
            row.extend(targets.iter().filter(|_| slip > 0.0).map(|&t| (slip / 5.0, t, 0.0)));
            builder.choice(s, a, &row);
        }
    }
    builder.initial(start, 1.0);
    builder.build().unwrap()
}

/// Instance A: weighted coverage on 5x5.
pub(crate) fn coverage(horizon: usize, slip: f64) -> Problem<Coverage> {
    let cells = |r: usize, c: usize| {
        let block = [(r, c), (r, c + 1), (r + 1, c), (r + 1, c + 1)];
        block.into_iter().filter(|&(r, c)| r < 5 && c < 5).map(|(r, c)| 5 * r + c).collect()
    };
    let footprints = (0..25).map(|s| cells(s / 5, s % 5)).collect();
    let weights = (0..25).map(|s| ((3 * (s / 5) + 5 * (s % 5)) % 7 + 1) as f64).collect();
    Problem::new(grid(5, 5, slip, 0), horizon, Coverage::new(footprints, weights).unwrap()).unwrap()
}

/// Instance B: a line on which the nearer reward is a trap.
pub(crate) fn trap() -> Problem<Coverage> {
    let weights = vec![0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 100.0];
    let function = Coverage::new((0..7).map(|s| vec![s]).collect(), weights).unwrap();
    Problem::new(grid(1, 7, 0.0, 3), 4, function).unwrap()
}

/// Instance C: information about a Gaussian process on 5x5.
pub(crate) fn gaussian() -> Problem<GaussianInformation> {
    let covariance = Array2::from_shape_fn((25, 25), |(i, j)| {
        let (dr, dc) = ((i / 5) as f64 - (j / 5) as f64, (i % 5) as f64 - (j % 5) as f64);
        (-(dr * dr + dc * dc) / (2.0 * 1.5 * 1.5)).exp()
    });
    Problem::new(grid(5, 5, 0.0, 12), 6, GaussianInformation::new(covariance, 0.1).unwrap()).unwrap()
}

/// Instance D: items of three groups on 5x5.
pub(crate) fn items(horizon: usize, slip: f64) -> Problem<Items> {
    let group = (0..25).map(|s| Some((2 * (s / 5) + 3 * (s % 5)) % 7).filter(|&k| k < 3)).collect();
    Problem::new(grid(5, 5, slip, 0), horizon, Items::new(group, vec![2, 2, 1]).unwrap()).unwrap()
}

/// Instance E: a chance move to A or B, then C, then a choice of A or B; what counts is how many of the two were seen.
pub(crate) fn markov_gap() -> Problem<Coverage> {
    let mut builder = MdpBuilder::new(4);
    builder.choice(0, 0, &[(0.5, 1, 0.0), (0.5, 2, 0.0)]);
    builder.choice(1, 0, &[(1.0, 3, 0.0)]).choice(2, 0, &[(1.0, 3, 0.0)]);
    builder.choice(3, 0, &[(1.0, 1, 0.0)]).choice(3, 1, &[(1.0, 2, 0.0)]);
    builder.initial(0, 1.0);
    let function = Coverage::new(vec![vec![], vec![0], vec![1], vec![]], vec![1.0, 1.0]).unwrap();
    Problem::new(builder.build().unwrap(), 4, function).unwrap()
}

/// Instance F's function: five states that cover seven weighted elements.
pub(crate) fn bandit_function() -> Coverage {
    let sets = vec![vec![0, 1, 2], vec![2, 3], vec![3, 4, 5], vec![5, 6], vec![0, 6, 7]];
    Coverage::new(sets, vec![1.0, 2.0, 1.0, 3.0, 1.0, 2.0, 1.0, 1.5]).unwrap()
}

/// Whether two numbers agree to the digits that a reference prints.
pub(crate) fn assert_close(what: &str, found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{what}: {found}, expected {expected}");
}

/// The gains of pushing a sequence equal gain() before each push; the sum is returned.
pub(crate) fn pushed<F: SetFunction>(function: &F, states: &[usize]) -> f64 {
    let mut collected = function.empty();
    let mut all = vec![0.0; function.num_states()];
    let mut sum = 0.0;
    for &s in states {
        function.gains(&collected, &mut all);
        let gain = function.gain(&collected, s);
        assert_close("gains of all", all[s], gain, 0.0);
        assert_close("pushed", function.push(&mut collected, s), gain, 1e-12);
        sum += gain;
    }
    sum
}
