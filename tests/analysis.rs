//! Known problems with known diameters and spans.

use tabrl::planning::analysis::{diameter, mixing_time, span, transition_rank};
use tabrl::planning::{Criterion, SolveOptions, solve};

/// RiverSwim with six states; the numbers were computed independently to the digits given.
#[test]
fn riverswim() {
    for (p01, steps, bias_span) in [("0.6", 14.72234, 6.31032), ("0.4", 15.69450, 6.72662)] {
        let mdp = tabrl_envs::make("riverswim", &[("p01", p01)]).unwrap().table(100).unwrap().mdp;
        let options = SolveOptions { epsilon: 1e-9, ..SolveOptions::default() };
        let found = diameter(&mdp, &options).unwrap();
        assert!((found.steps - steps).abs() <= 5.1e-6, "{found:?}");
        assert!(found.lower <= found.steps && found.steps <= found.upper && found.upper - found.lower <= 1e-9);
        assert_eq!((found.from, found.to), (0, 5), "upstream");
        // The discounted value tends to gain / (1 − γ) plus the bias, evenly over the states.
        let options = SolveOptions { epsilon: 1e-6, ..SolveOptions::default() };
        let nearly_average = solve(&mdp, Criterion::Discounted { gamma: 0.999_999 }, &options).unwrap();
        let spanned = span(&nearly_average.values);
        assert!((spanned - bias_span).abs() <= 1e-4, "{spanned}");
        // Upstream from everywhere: the slowest chain of all, and one that mixes.
        let mixing = mixing_time(&mdp, &nearly_average.policy, 0.25).unwrap();
        assert!(mixing.steps > 5 && mixing.stationary[5] > 0.3, "{mixing:?}");
    }
}

/// In FrozenLake the goal and the holes are never left; the ranks were computed in fractions.
#[test]
fn frozen_lake() {
    let mdp = tabrl_envs::make("frozenlake/4x4", &[]).unwrap().table(100).unwrap().mdp;
    assert!(diameter(&mdp, &SolveOptions::default()).unwrap().lower.is_infinite());
    let rank = transition_rank(&mdp).unwrap();
    assert_eq!((rank.transitions.rank, rank.linear.rank), (16, 16));
}
