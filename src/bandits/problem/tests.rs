#![allow(clippy::unwrap_used)]

use ndarray::{arr1, arr2};

use super::*;
use crate::rng::{self, Purpose};

/// Mean of `f` over many draws, with six standard errors.
fn average(n: u32, mut f: impl FnMut() -> f64) -> (f64, f64) {
    let (mut sum, mut squares) = (0.0, 0.0);
    for _ in 0..n {
        let x = f();
        sum += x;
        squares += x * x;
    }
    let mean = sum / f64::from(n);
    (mean, 6.0 * ((squares / f64::from(n) - mean * mean).max(0.0) / f64::from(n)).sqrt() + 1e-12)
}

fn pays_its_means(arms: &impl Arms, gaps: &[f64]) {
    let mut rng = rng::fast(1, Purpose::Environment, 0);
    for (arm, gap) in gaps.iter().enumerate() {
        let (mean, slack) = average(20_000, || arms.pull(arm, &mut rng));
        assert!((mean - arms.mean(arm)).abs() <= slack);
        assert!((arms.gap(arm) - gap).abs() < 1e-12);
    }
    assert_eq!(arms.num_arms(), gaps.len());
}

#[test]
fn arms_pay_their_means() {
    pays_its_means(&Bernoulli::new(vec![0.9, 0.2, 1.0]).unwrap(), &[0.1, 0.8, 0.0]);
    pays_its_means(&Gaussian::new(vec![-1.0, 2.0], 0.5).unwrap(), &[3.0, 0.0]);
    let linear = Linear::new(arr2(&[[1.0, 0.0], [1.0, 1.0]]), &arr1(&[0.5, -1.0]), 0.3).unwrap();
    assert_eq!(linear.features().dim(), (2, 2));
    pays_its_means(&linear, &[0.0, 1.0]);
}

#[test]
fn tasks_and_blocks_follow_their_laws() {
    let task = Task::new(vec![MeanPrior::Beta(2.0, 1.0), MeanPrior::Normal(-1.0, 2.0), MeanPrior::Known(0.6)]).unwrap();
    let mut rng = rng::fast(2, Purpose::Environment, 0);
    let mut means = vec![0.0; task.num_arms()];
    for (arm, expected) in [2.0 / 3.0, -1.0, 0.6].into_iter().enumerate() {
        let (mean, slack) = average(20_000, || {
            task.draw(&mut rng, &mut means);
            means[arm]
        });
        assert!((mean - expected).abs() <= slack, "{arm}: {mean}");
    }
    let geometric = Blocks::new(BlockLaw::Geometric(7.0), true).unwrap();
    let (mean, slack) = average(20_000, || (1..).find(|&n| geometric.ends(n, &mut rng)).unwrap() as f64);
    assert!((mean - 7.0).abs() <= slack, "{mean}");
    let fixed = Blocks::new(BlockLaw::Fixed(3), false).unwrap();
    assert_eq!((1..).find(|&n| fixed.ends(n, &mut rng)), Some(3));
}

#[test]
fn what_makes_no_sense_is_refused() {
    assert!(Bernoulli::new(vec![0.5, 1.5]).unwrap_err().to_string().contains("mean = 1.5"));
    assert!(Bernoulli::new(vec![]).is_err() && Bernoulli::new(vec![f64::NAN]).is_err());
    assert!(Gaussian::new(vec![0.0], -1.0).unwrap_err().to_string().contains("noise = -1"));
    assert!(Gaussian::new(vec![f64::INFINITY], 1.0).is_err());
    assert!(Linear::new(arr2(&[[1.0, 0.0]]), &arr1(&[1.0]), 1.0).unwrap_err().to_string().contains("theta"));
    assert!(Task::new(vec![MeanPrior::Beta(0.0, 1.0)]).is_err() && Task::new(vec![]).is_err());
    assert!(
        Task::new(vec![MeanPrior::Normal(0.0, -1.0)]).is_err() && Task::new(vec![MeanPrior::Known(f64::NAN)]).is_err()
    );
    assert!(Blocks::new(BlockLaw::Fixed(0), true).is_err() && Blocks::new(BlockLaw::Geometric(0.5), true).is_err());
}
