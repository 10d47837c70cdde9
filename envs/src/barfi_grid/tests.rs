#![allow(clippy::unwrap_used)]

use tabrl::mdp::{DecisionRule, Policy, action_values, evaluate_finite, occupancy};

use super::*;
use crate::solved::{discounted, finite};

/// The authors' rules in their own continuous coordinates.
fn simulate(x: f64, y: f64, action: usize, auxiliary: Auxiliary) -> (f64, f64, f64, f64, bool) {
    let (mut x, mut y, mut reward, mut extra) = (x, y, -0.1, 0.0);
    let (dx, dy) = [(0.0, 0.045), (0.045, 0.0), (0.0, -0.045), (-0.045, 0.0)][action];
    for _ in 0..(0.2f64 / 0.045) as usize {
        let (u, v) = (x + dx, y + dy);
        if !(0.0..=1.0).contains(&u) || !(0.0..=1.0).contains(&v) {
            break;
        }
        (x, y) = (u, v);
        extra += auxiliary.at(x, y);
        if (0.75..=0.99).contains(&x) && (0.75..=0.99).contains(&y) {
            reward += 100.0;
            return (x, y, reward, extra, true);
        }
    }
    (x, y, reward, extra, false)
}

#[test]
fn the_lattice_is_the_continuous_maze() {
    let mut cases = 0;
    for auxiliary in [Auxiliary::None, Auxiliary::Bad, Auxiliary::Good, Auxiliary::GoodFixed] {
        let grid = BarfiGrid::new(0.0, auxiliary);
        for s in (0..POINTS * POINTS).filter(|s| s % POINTS < 16 || s / POINTS < 16) {
            for action in 0..4 {
                let (x, y, reward, extra, ends) =
                    simulate(coordinate(s % POINTS), coordinate(s / POINTS), action, auxiliary);
                let (next, r, e) = grid.outcome(s, action);
                assert_eq!(next == GOAL, ends);
                if !ends {
                    let apart = (coordinate(next % POINTS) - x).abs() + (coordinate(next / POINTS) - y).abs();
                    assert!(apart < 1e-12);
                }
                assert!(r == reward && (e - extra).abs() < 1e-12, "{s} {action}");
                cases += 1;
            }
        }
    }
    assert_eq!(cases, 2 * 3584);
}

/// The table that pays both rewards.
fn both(tables: &BarfiTables) -> Mdp {
    let sum = tables.mdp.rewards().iter().zip(&tables.auxiliary).map(|(r, a)| r + a).collect();
    tables.mdp.clone().with_rewards(sum).unwrap()
}

/// `(undiscounted, γ = 0.99)` values of a time-indexed policy over 50 steps.
fn over_fifty(mdp: &Mdp, policy: &Policy) -> [f64; 2] {
    let flow = occupancy::per_step(mdp, policy, 50).unwrap();
    let earned = |t: usize, s: usize| -> f64 {
        mdp.choices(s).map(|c| policy.rule(t).probability(s, c) * mdp.rewards()[c]).sum()
    };
    let step = |t: usize| -> f64 { (0..mdp.num_states()).map(|s| flow[[t, s]] * earned(t, s)).sum() };
    [(0..50).map(step).sum(), (0..50).map(|t| 0.99f64.powi(t as i32) * step(t)).sum()]
}

/// The optimum of 50 steps with the discount 0.99, by backward induction, and its policy.
fn discounted_fifty(mdp: &Mdp) -> (f64, Policy) {
    let mut v = vec![0.0; mdp.num_states()];
    let mut rules = Vec::new();
    for _ in 0..50 {
        let q = action_values(mdp, &v, 0.99);
        let best = |s: usize| mdp.choices(s).max_by(|&a, &b| q[a].total_cmp(&q[b]));
        rules.push(DecisionRule::Stochastic((0..mdp.num_choices()).map(|_| 0.0).collect()));
        if let Some(DecisionRule::Stochastic(rule)) = rules.last_mut() {
            (0..v.len()).filter_map(best).for_each(|c| rule[c] = 1.0);
        }
        v = (0..v.len()).map(|s| best(s).map_or(0.0, |c| q[c])).collect();
    }
    rules.reverse();
    (mdp.initial_value(&v), Policy::time_indexed(mdp, rules).unwrap())
}

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-4, "{found} instead of {expected}");
}

#[test]
fn known_values() {
    let bad = tables(0.1, Auxiliary::Bad).unwrap();
    let (mdp, start) = (&bad.mdp, bad.mdp.initial()[0].0 as usize);
    assert_eq!((mdp.num_states(), mdp.num_terminal()), (265, 1));

    let optimum = finite(mdp, 50);
    close(optimum.values[start], 99.12256);
    close(discounted_fifty(mdp).0, 91.64797);
    close(discounted(mdp, 0.99).values[start], 91.64797);
    let actions = |policy: &Policy| occupancy::total(mdp, policy, 50).unwrap().choices.iter().sum::<f64>();
    close(actions(&optimum.policy), 8.77435);

    let uniform = Policy::uniform(mdp);
    close(evaluate_finite(mdp, &uniform, 50).unwrap().values[start], 33.66038);
    close(over_fifty(mdp, &uniform)[1], 24.68078);
    // 100 on entering, and 0.1 an action: the value says how often the goal is reached.
    close((33.66038 + 0.1 * actions(&uniform)) / 100.0, 0.379531);
    let extra = mdp.clone().with_rewards(bad.auxiliary.clone()).unwrap();
    let [total, discounted_total] = over_fifty(&extra, &uniform);
    close(total, 174.18878);
    close(discounted_total, 136.08298);

    // The sum of both rewards is a trap.
    let naive = both(&bad);
    let trap = finite(&naive, 50);
    close(trap.values[start], 6899.23451);
    close(over_fifty(mdp, &trap.policy)[0], -4.65526);
    let (value, policy) = discounted_fifty(&naive);
    close(value, 5295.81639);
    close(over_fifty(mdp, &policy)[1], -3.71450);
    let forever = discounted(&naive, 0.99);
    assert!((forever.values[start] - 14576.852).abs() <= 1e-3);
    let own = tabrl::mdp::evaluate_discounted(mdp, &forever.policy, 0.99).unwrap();
    close(own.values[start], -9.74121);
    close(over_fifty(mdp, &forever.policy)[0], -4.88989);

    let good = tables(0.1, Auxiliary::Good).unwrap();
    let harmless = both(&good);
    close(over_fifty(&good.mdp, &finite(&harmless, 50).policy)[0], 99.11735);
    close(over_fifty(&good.mdp, &discounted_fifty(&harmless).1)[1], 91.59465);
    let extra = good.mdp.clone().with_rewards(good.auxiliary).unwrap();
    assert!((over_fifty(&extra, &uniform)[0] + 48.56).abs() <= 0.005);
}
