#![allow(clippy::unwrap_used)]

use tabrl::mdp::{Model, enumerate};
use tabrl::planning::{Criterion, SolveOptions, solve};

use super::*;

#[test]
fn corners_keep_the_mean() {
    let axes = Axes::new([(-1.0, 1.0, 5), (0.0, 3.0, 4)]);
    for place in [[0.1, 0.7], [-1.0, 3.0], [0.5, 2.9], [1.0, 0.0]] {
        let (mut mean, mut total) = ([0.0; 2], 0.0);
        axes.corners(&place, |point, weight| {
            let at = axes.place(point);
            (0..2).for_each(|d| mean[d] += weight * at[d]);
            total += weight;
        });
        assert!((total - 1.0f64).abs() < 1e-12);
        (0..2).for_each(|d| assert!((mean[d] - place[d]).abs() < 1e-12, "{mean:?} {place:?}"));
    }
    // Outside, the nearest end.
    assert_eq!(axes.value(&[9.0, -1.0], f64::from), 4.0);
}

/// Values of points by backward induction over `horizon` steps, and the continuous problem under the controller that looks one step ahead.
fn compare<const D: usize, M: Model<State = u32>>(
    model: &M,
    axes: &Axes<D>,
    step: impl Fn([f64; D], usize) -> Arrival<D>,
    (start, horizon): ([f64; D], usize),
    reward: f64,
) -> (f64, usize) {
    let table = enumerate(model, 2_000_000).unwrap();
    let found = solve(&table.mdp, Criterion::Discounted { gamma: 0.999 }, &SolveOptions::default()).unwrap();
    let mut values = std::collections::HashMap::new();
    for (s, &state) in table.states.iter().enumerate() {
        values.insert(state, found.values[s]);
    }
    let value = |place: &[f64; D]| axes.value(place, |point| values.get(&point).copied().unwrap_or(0.0));
    let mut place = start;
    for t in 0..horizon {
        let ahead = |action: usize| match step(place, action) {
            Arrival::End => reward,
            Arrival::At(next) => reward + 0.999 * value(&next),
        };
        let best = (0..model.num_actions()).max_by(|&a, &b| ahead(a).total_cmp(&ahead(b))).unwrap();
        match step(place, best) {
            Arrival::End => return (value(&start), t + 1),
            Arrival::At(next) => place = next,
        }
    }
    (value(&start), horizon)
}

/// The table's value, discounted with 0.999, and the number of steps of the continuous car that follows it; 102 steps is the best known here.
#[test]
fn the_car_on_a_grid_is_the_car() {
    for (points, apart, most) in [(61, 0.05, 106), (101, 0.02, 104)] {
        let car = MountainCar::new(points, false);
        let (value, steps) = compare(&car, car.axes(), |p, a| car.step(p, a), ([-0.5, 0.0], 500), -1.0);
        let paid = -(1.0 - 0.999f64.powi(steps as i32)) / 0.001;
        assert!(steps <= most && (value / paid - 1.0).abs() < apart, "{points}: {value}, {steps} steps, {paid}");
    }
}

/// The coarsest grid makes a controller that keeps the pole up as long as an episode lasts, though the noise of the grid makes the pole of
/// the table fall long before.
#[test]
fn the_pole_on_a_grid_falls_but_its_controller_does_not() {
    let cart = CartPole::new(1);
    let (value, steps) = compare(&cart, cart.axes(), |p, a| cart.step(p, a), ([0.0, 0.0, 0.03, 0.0], 500), 1.0);
    let upright = (1.0 - 0.999f64.powi(500)) / 0.001;
    assert_eq!(steps, 500);
    assert!(value > 100.0 && value < 0.4 * upright, "{value} of {upright}");
}
