//! Episodic agents against regrets that others measured (`mex.md` section 8: RiverSwim, p01 = 0.4, H = 20, K = 2000, exact
//! pseudo-regret; tolerance ±30 % for means).

use tabrl::exploration::{RegretOptions, Setup, make, run};
use tabrl::learning::EvaluationPoints;

/// The mean over seeds of the regret after 2000 episodes, and the fraction of runs that are stuck.
fn river_swim(agent: &str, set: &[(&str, &str)], seeds: u64) -> (f64, f64) {
    let mdp = tabrl_envs::make("riverswim", &[("p01", "0.4")]).unwrap().table(10).unwrap().mdp;
    let (mut total, mut stuck) = (0.0, 0.0);
    for seed in 0..seeds {
        let setup = Setup { mdp: &mdp, horizon: 20, episodes: 2000, reward_range: (0.0, 1.0), seed };
        let mut agent = make(agent, set, &setup).unwrap();
        let curve = run(&setup, agent.as_mut(), &RegretOptions { points: EvaluationPoints::Even(1) }).unwrap();
        assert!((curve.optimal - 3.064473).abs() < 1e-6);
        total += curve.total();
        stuck += f64::from(u8::from(curve.is_stuck()));
    }
    (total / seeds as f64, stuck / seeds as f64)
}

#[test]
fn ucbvi_has_the_published_regret() {
    for (counts, published) in [("staged", 132.0), ("pooled", 16.9)] {
        let (regret, stuck) = river_swim("ucbvi", &[("bonus", "0.3"), ("counts", counts)], 10);
        assert!((regret / published - 1.0).abs() < 0.3, "{counts}: {regret}");
        assert_eq!(stuck, 0.0, "{counts}");
    }
}
