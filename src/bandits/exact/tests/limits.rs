//! What is refused, and what is left of beliefs and rules at the edge.

use super::policies::MYOPIC;
use crate::bandits::exact::{
    BlockBandit, GridSearch, RunLengthFilter, WindowRule, best_window, doors_value, myopic_doors_value, window_value,
};
use crate::rng::{self, Purpose};

#[test]
fn what_is_too_large_is_refused() {
    assert!(GridSearch::new(2, 2, None).unwrap().values(201).unwrap_err().to_string().contains("episodes = 201"));
    assert!(doors_value(usize::MAX, 1, 0.5).unwrap_err().to_string().contains("take fewer"));
    assert!(myopic_doors_value(10, usize::MAX, 0.5).is_err());
    let blocks = BlockBandit::new((1.0, 1.0), 10.0, 0.9).unwrap();
    assert!(blocks.optimal_reward(5000).unwrap_err().to_string().contains("beliefs"));
    assert!(blocks.policy_reward(5000, &MYOPIC).is_err() && blocks.optimal_reward(0).is_err());
}

/// A belief that holds an outcome impossible, by rounding or by its prior, goes on when it happens, and gives it no weight beforehand.
#[test]
fn impossible_outcomes_leave_a_belief() {
    for prior in [(1e-20, 1e-20), (1.0, 1e-17)] {
        let filter = RunLengthFilter::new(1, prior, 0.0).unwrap();
        let value = filter.optimal_value(3).unwrap();
        assert!((0.0..=3.0).contains(&value), "{prior:?}: {value}");
        let mut filter = filter;
        [true, false, false].into_iter().for_each(|paid| filter.observe(0, paid));
        assert!((filter.runs().map(|run| run.0).sum::<f64>() - 1.0).abs() < 1e-12 && filter.mean(0).is_finite());
    }
}

/// With two pulls of memory all 1024 rules are compared exactly: none is worth more than what is called the best, also where a polynomial of the degree of
/// the horizon needs more than a few nodes.
#[test]
fn the_best_window_beats_all_others_exactly() {
    let best = best_window(40, (2, 1), 1, 0).unwrap();
    assert!(best.exhaustive);
    for bits in 0..4usize {
        let rule = WindowRule::new(1, vec![bits & 1 == 1, bits >> 1 & 1 == 1]).unwrap();
        assert!(window_value(40, (2, 1), &rule).unwrap() <= best.value + 1e-12);
    }
    let best = best_window(40, (2, 1), 2, 0).unwrap();
    let mut rng = rng::fast(3, Purpose::Generation, 0);
    for _ in 0..100 {
        let rule = WindowRule::new(2, (0..10).map(|_| rng::below(&mut rng, 2) == 1).collect()).unwrap();
        assert!(window_value(40, (2, 1), &rule).unwrap() <= best.value + 1e-12, "{rule:?}");
    }
    assert!(WindowRule::new(2, vec![true; 9]).is_err() && WindowRule::new(4, vec![]).is_err());
}
