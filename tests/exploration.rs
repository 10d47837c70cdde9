//! Episodic agents against regrets that others measured (`mex.md` section 8: RiverSwim, p01 = 0.4, H = 20, K = 2000, exact
//! pseudo-regret; combination lock, H = 9, K = 30000), with their settings. Tolerance ±30 % for means.

use tabrl::exploration::{RegretOptions, Setup, make, run};
use tabrl::learning::EvaluationPoints;

/// The mean over seeds of the regret, and the fraction of runs that are stuck.
fn regret(env: (&str, &str, &str), shape: (usize, u64), agent: &str, set: &[(&str, &str)], seeds: u64) -> (f64, f64) {
    let mdp = tabrl_envs::make(env.0, &[(env.1, env.2)]).unwrap().table(10).unwrap().mdp;
    let (mut total, mut stuck) = (0.0, 0.0);
    for seed in 0..seeds {
        let (horizon, episodes) = shape;
        let setup = Setup { mdp: &mdp, horizon, episodes, reward_range: (0.0, 1.0), seed };
        let mut agent = make(agent, set, &setup).unwrap();
        let curve = run(&setup, agent.as_mut(), &RegretOptions { points: EvaluationPoints::Even(1) }).unwrap();
        total += curve.total();
        stuck += f64::from(u8::from(curve.is_stuck()));
    }
    (total / seeds as f64, stuck / seeds as f64)
}

fn river_swim(agent: &str, set: &[(&str, &str)], seeds: u64) -> (f64, f64) {
    regret(("riverswim", "p01", "0.4"), (20, 2000), agent, set, seeds)
}

fn near(found: f64, published: f64) {
    assert!((found / published - 1.0).abs() < 0.3, "{found}, published {published}");
}

#[test]
fn ucbvi_has_the_published_regret() {
    let (staged, stuck) = river_swim("ucbvi", &[("bonus", "0.3")], 8);
    near(staged, 132.0);
    assert_eq!(stuck, 0.0);
    let pooled = [("0.03", 15.4), ("0.3", 16.3), ("1", 33.4), ("3", 123.0)].map(|(bonus, published)| {
        let (regret, stuck) = river_swim("ucbvi", &[("bonus", bonus), ("counts", "pooled")], 20);
        near(regret, published);
        assert_eq!(stuck, 0.0, "{bonus}");
        regret
    });
    assert!(pooled[1] < pooled[2] && pooled[2] < pooled[3] && pooled[1] < staged);
}

#[test]
fn psrl_and_optimistic_q_learning_have_the_published_regret() {
    let (psrl, stuck) = river_swim("psrl", &[], 8);
    near(psrl, 46.7);
    assert_eq!(stuck, 0.0);
    let ucb_q =
        [("0.03", 455.0), ("0.1", 561.0), ("0.3", 629.0), ("1", 965.0), ("3", 2242.0)].map(|(bonus, published)| {
            let (regret, _) = river_swim("ucb-q", &[("bonus", bonus)], 20);
            near(regret, published);
            regret
        });
    assert!(ucb_q.is_sorted() && psrl < ucb_q[0], "{ucb_q:?}");
}

/// Without a bonus for what was tried, most runs never come back to the far end.
#[test]
fn certainty_equivalence_and_epsilon_greedy_get_stuck() {
    let (greedy, stuck) = river_swim("epsilon-greedy", &[], 5);
    near(greedy, 5944.0);
    assert_eq!(stuck, 1.0);
    let (_, stuck) = river_swim("certainty-equivalence", &[], 20);
    assert!((0.6..=0.95).contains(&stuck), "{stuck}, published 0.8");
}

/// PSRL is better than UCRL2 by more than a factor of 10.
#[test]
fn ucrl2_is_far_behind() {
    let (psrl, ucrl2) = (river_swim("psrl", &[], 5).0, river_swim("ucrl2", &[], 5).0);
    assert!(ucrl2 > 10.0 * psrl, "{ucrl2} {psrl}");
}

/// The lock: UCB-H with c = 1 never opens it, UCBVI does within the first episodes.
#[test]
fn the_lock() {
    let lock = |agent, set: &[(&str, &str)]| regret(("lock", "seed", "0"), (9, 30_000), agent, set, 1);
    let (ucbvi, stuck) = lock("ucbvi", &[("scaling", "horizon"), ("bonus", "0.1")]);
    near(ucbvi, 732.0);
    assert_eq!(stuck, 0.0);
    let (cautious, stuck) = lock("ucb-q", &[("scaling", "theory"), ("bonus", "1")]);
    near(cautious, 82_325.0);
    assert_eq!(stuck, 1.0);
    let (bold, stuck) = lock("ucb-q", &[("scaling", "theory"), ("bonus", "0.1")]);
    near(bold, 28_991.0);
    assert_eq!(stuck, 0.0);
}
