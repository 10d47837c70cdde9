#![allow(clippy::unwrap_used)]

use nalgebra::DMatrix;
use ndarray::Array2;

use super::check::random_states;
use super::*;
use crate::rng::{self, Purpose};
use crate::submodular::testing::{assert_close, bandit_function, coverage, gaussian, items, pushed};

fn random_matrix(rows: usize, columns: usize, seed: u64) -> Array2<f64> {
    let mut random = rng::fast(seed, Purpose::Generation, 0);
    Array2::from_shape_fn((rows, columns), |_| rng::uniform(&mut random))
}

#[test]
fn incremental_gains_are_batch_values() {
    let mut random = rng::fast(1, Purpose::Generation, 0);
    let (field, cells, things) = (gaussian().function, coverage(4, 0.0).function, items(4, 0.0).function);
    let features = random_matrix(25, 4, 2).mapv(|x| 2.0 * x - 1.0);
    let [determinant, trace] =
        [Criterion::Determinant, Criterion::Trace].map(|c| LinearDesign::new(features.clone(), 0.3, c).unwrap());
    let merit = random_matrix(25, 6, 3);
    let facility = FacilityLocation::new(merit.clone()).unwrap();
    for _ in 0..50 {
        let states = random_states(25, 8, &mut random);
        let covered: std::collections::BTreeSet<usize> = states
            .iter()
            .flat_map(|s| [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(r, c)| (s / 5 + r, s % 5 + c)))
            .filter(|&(r, c)| r < 5 && c < 5)
            .map(|(r, c)| (3 * r + 5 * c, 5 * r + c))
            .map(|(_, cell)| cell)
            .collect();
        let batch: f64 = covered.iter().map(|v| ((3 * (v / 5) + 5 * (v % 5)) % 7 + 1) as f64).sum();
        assert_close("coverage", pushed(&cells, &states), batch, 1e-12);

        let kernel = |i: usize, j: usize| {
            let (dr, dc) = ((i / 5) as f64 - (j / 5) as f64, (i % 5) as f64 - (j % 5) as f64);
            (-(dr * dr + dc * dc) / 4.5).exp()
        };
        let gram = DMatrix::from_fn(8, 8, |i, j| f64::from(u8::from(i == j)) + kernel(states[i], states[j]) / 0.1);
        assert_close("information", pushed(&field, &states), 0.5 * gram.determinant().ln(), 1e-9);

        let phi = |i: usize| features.row(states[i]);
        let precision = DMatrix::from_fn(4, 4, |a, b| {
            f64::from(u8::from(a == b)) + (0..8).map(|i| phi(i)[a] * phi(i)[b]).sum::<f64>() / 0.3
        });
        let inverse = precision.clone().try_inverse().unwrap();
        assert_close("D", pushed(&determinant, &states), 0.5 * precision.determinant().ln(), 1e-9);
        assert_close("A", pushed(&trace, &states), 4.0 - inverse.trace(), 1e-9);

        let best = |i| states.iter().map(|&s| merit[[s, i]]).fold(0.0, f64::max);
        assert_close("facility", pushed(&facility, &states), (0..6).map(best).sum(), 1e-12);

        let visited: std::collections::BTreeSet<usize> = states.iter().copied().collect();
        let of = |k| visited.iter().filter(|&s| (2 * (s / 5) + 3 * (s % 5)) % 7 == k).count();
        assert_close("items", pushed(&things, &states), (of(0).min(2) + of(1).min(2) + of(2).min(1)) as f64, 0.0);

        let mixture = Mixture::new(bandit_function(), 0.3).unwrap();
        let few = random_states(5, 4, &mut random);
        let alone: f64 = few.iter().map(|&s| bandit_function().value(&[s])).sum();
        assert_close("mixture", pushed(&mixture, &few), 0.3 * bandit_function().value(&few) + 0.7 * alone, 1e-12);
    }
}

#[test]
fn equal_keys_have_equal_gains() {
    let mut random = rng::fast(2, Purpose::Generation, 0);
    let things = items(4, 0.0).function;
    let mut known: std::collections::HashMap<u128, Vec<f64>> = Default::default();
    for _ in 0..2000 {
        let mut taken = things.empty();
        random_states(25, 6, &mut random).iter().for_each(|&s| {
            things.push(&mut taken, s);
        });
        let mut gains = vec![0.0; 25];
        things.gains(&taken, &mut gains);
        assert_eq!(known.entry(things.key(&taken).unwrap()).or_insert(gains.clone()), &gains);
    }
    let field = gaussian().function;
    let key = |states: &[usize]| {
        let mut measured = field.empty();
        states.iter().for_each(|&s| {
            field.push(&mut measured, s);
        });
        field.key(&measured)
    };
    assert_eq!(key(&[3, 4, 3]), key(&[3, 3, 4]));
    assert_ne!(key(&[3, 4, 3]), key(&[3, 4, 4]));
    assert_eq!(key(&[3; 40]), None);
}

#[test]
fn the_checkers_find_what_is_not_so() {
    let search = Search::default();
    assert_eq!(violation(&coverage(4, 0.0).function, &search, true), None);
    assert_eq!(violation(&gaussian().function, &search, true), None);
    assert_eq!(violation(&items(4, 0.0).function, &search, true), None);
    let facility = FacilityLocation::new(random_matrix(9, 4, 5)).unwrap();
    assert_eq!(violation(&facility, &search, true), None);
    let features = random_matrix(12, 3, 4).mapv(|x| 2.0 * x - 1.0);
    let determinant = LinearDesign::new(features.clone(), 0.1, Criterion::Determinant).unwrap();
    assert_eq!(violation(&determinant, &search, true), None);
    // The reduction of variance grows with every measurement, but not with diminishing returns.
    let trace = LinearDesign::new(features, 0.1, Criterion::Trace).unwrap();
    assert_eq!(violation(&trace, &search, false), None);
    let wide = Search { samples: 50_000, ..search };
    let found = violation(&trace, &wide, true);
    assert!(matches!(found, Some(Violation::NotSubmodular { .. })), "{found:?}");

    let error = require(&Cut, "greedy", true).unwrap_err().to_string();
    assert!(error.contains("not monotone: adding state") && error.contains("to the set ["), "{error}");
}

/// The cut of a star: submodular, but once the middle is in, each ray lowers it.
struct Cut;

impl SetFunction for Cut {
    type Collected = [bool; 4];

    fn num_states(&self) -> usize {
        4
    }
    fn empty(&self) -> [bool; 4] {
        [false; 4]
    }
    fn clear(&self, collected: &mut [bool; 4]) {
        *collected = [false; 4];
    }
    fn gain(&self, collected: &[bool; 4], state: usize) -> f64 {
        let cut = |set: &[bool; 4]| (1..4).filter(|&i| set[i] != set[0]).count() as f64;
        let mut after = *collected;
        after[state] = true;
        cut(&after) - cut(collected)
    }
    fn push(&self, collected: &mut [bool; 4], state: usize) -> f64 {
        let gain = self.gain(collected, state);
        collected[state] = true;
        gain
    }
    fn key(&self, _: &[bool; 4]) -> Option<u128> {
        None
    }
}

#[test]
fn curvature_is_what_the_mixture_says() {
    // States that cover the same cell: the second one gains nothing.
    let double = Coverage::new(vec![vec![0], vec![0, 1]], vec![1.0, 1.0]).unwrap();
    for lambda in [0.0, 0.3, 1.0] {
        let mixture = Mixture::new(double.clone(), lambda).unwrap();
        assert_close("curvature", curvature(&mixture, 1), lambda, 1e-12);
        assert_close("curvature over time", curvature(&mixture, 3), lambda, 1e-12);
    }
    let apart = Coverage::new(vec![vec![0], vec![1]], vec![1.0, 2.0]).unwrap();
    assert_eq!((curvature(&apart, 1), curvature(&apart, 2)), (0.0, 1.0));
    assert_eq!(items(4, 0.0).function.most(), 5.0);
}

#[test]
fn bad_input_is_named() {
    let said = |error: crate::Error| error.to_string();
    assert!(said(Coverage::new(vec![vec![0, 7]], vec![1.0; 3]).unwrap_err()).contains("state 0 has cell 7"));
    assert!(said(Coverage::new(vec![vec![0]], vec![-1.0]).unwrap_err()).contains("cell 0 has weight -1"));
    assert!(said(Items::new(vec![Some(4)], vec![1, 1]).unwrap_err()).contains("group 4"));
    let square = |rows: &[[f64; 2]; 2]| Array2::from_shape_fn((2, 2), |(i, j)| rows[i][j]);
    let of = |rows| said(GaussianInformation::new(square(rows), 0.1).unwrap_err());
    assert!(of(&[[1.0, 2.0], [2.0, 1.0]]).contains("not positive definite"));
    assert!(of(&[[1.0, 0.5], [0.4, 1.0]]).contains("states 1 and 0 is 0.4 one way and 0.5"));
    assert!(GaussianInformation::new(square(&[[1.0, 0.0], [0.0, 1.0]]), 0.0).is_err());
    assert!(GaussianInformation::new(Array2::zeros((2, 3)), 0.1).is_err());
    assert!(LinearDesign::new(Array2::from_elem((1, 1), f64::NAN), 0.1, Criterion::Trace).is_err());
    assert!(FacilityLocation::new(Array2::from_elem((1, 1), -1.0)).is_err());
    assert!(Mixture::new(bandit_function(), 1.1).is_err());
}

/// What the searches for violations and the constructors must not let through.
#[test]
fn odd_numbers_are_not_let_through() {
    struct Constant(f64);
    impl SetFunction for Constant {
        type Collected = ();
        fn num_states(&self) -> usize {
            3
        }
        fn empty(&self) {}
        fn clear(&self, (): &mut ()) {}
        fn gain(&self, (): &(), _: usize) -> f64 {
            self.0
        }
        fn push(&self, (): &mut (), _: usize) -> f64 {
            self.0
        }
        fn key(&self, (): &()) -> Option<u128> {
            None
        }
    }
    let short = Search { length: 1, samples: 20, ..Search::default() };
    assert!(matches!(violation(&Constant(-1.0), &short, false), Some(Violation::NotMonotone { .. })));
    assert!(matches!(violation(&Constant(f64::NAN), &short, true), Some(Violation::NotMonotone { .. })));
    assert!(violation(&Constant(1.0), &short, true).is_none());
    for bad in [f64::NAN, f64::INFINITY] {
        let covariance = Array2::from_elem((1, 1), bad);
        assert!(GaussianInformation::new(covariance, 1.0).unwrap_err().to_string().contains("finite"));
    }
    assert!(LinearDesign::new(Array2::zeros((3, 0)), 1.0, Criterion::Determinant).is_err());
}
