//! Blocks, memory, safe arms, doors, grids, switches.

use super::policies::MYOPIC;
use super::{UNIFORM, close};
use crate::bandits::Counts;
use crate::bandits::exact::{
    BetaBernoulli, BlockBandit, GittinsPolicy, GridSearch, RunLengthFilter, SafeArm, SafeExit, bernoulli_divergence,
    best_window, doors_value, exploration_horizon, exploration_pays, gittins_index, lai_robbins, myopic_doors_value,
    window_value,
};
use crate::mdp::{Branch, Branches, Model, enumerate};
use crate::planning::{Criterion, SolveOptions, solve};

/// Two arms in blocks: after each pull the block ends with probability 1/n, and after `longest` pulls for certain.
struct Blocks {
    length: f64,
    longest: u32,
}

impl Model for Blocks {
    type State = [Counts; 2];

    fn initial(&self) -> Vec<(f64, [Counts; 2])> {
        vec![(1.0, [Counts::default(); 2])]
    }

    fn num_actions(&self) -> usize {
        2
    }

    fn step_law(&self, arms: [Counts; 2], action: usize, out: &mut Branches<[Counts; 2]>) {
        let p = arms[action].posterior_mean(UNIFORM);
        for (success, p) in [(true, p), (false, 1.0 - p)] {
            let mut next = arms;
            next[action] = next[action].after(success);
            let reward = f64::from(u8::from(success));
            let ends = if next[0].pulls() + next[1].pulls() >= self.longest { 1.0 } else { 1.0 / self.length };
            out.push(Branch { probability: p * ends, next: [Counts::default(); 2], reward, terminal: false });
            out.push(Branch { probability: p * (1.0 - ends), next, reward, terminal: false });
        }
    }
}

/// The block bandit with its resets, solved as an MDP, against the discounted bandit and the policy of Gittins indices.
#[test]
fn geometric_blocks_are_a_discounted_bandit() {
    for (length, discount) in [(2.0, 0.95), (3.0, 0.8)] {
        let model = Blocks { length, longest: 16 };
        let table = enumerate(&model, 100_000).unwrap();
        let solution = solve(&table.mdp, Criterion::Discounted { gamma: discount }, &SolveOptions::default()).unwrap();
        let blocks = BlockBandit::new(UNIFORM, length, discount).unwrap();
        close(blocks.effective_discount(), discount * (1.0 - 1.0 / length), 1e-15);
        let (lower, upper) = blocks.optimal_reward(40).unwrap();
        assert!(lower <= upper && upper - lower < 1e-8, "{lower} {upper}");
        close(0.5 * (solution.lower[0] + solution.upper[0]) * (1.0 - discount), lower, 1e-5);
        // Where the two best actions differ by more than rounding, the larger index is pulled.
        let index = |arm: Counts| {
            let posterior = (f64::from(arm.successes) + 1.0, f64::from(arm.failures) + 1.0);
            gittins_index(posterior, blocks.effective_discount(), 1e-9).unwrap().value()
        };
        for (s, arms) in table.states.iter().enumerate().take(60) {
            let indices = arms.map(index);
            let better = usize::from(indices[1] > indices[0]);
            let choices = table.mdp.choices(s);
            if (indices[0] - indices[1]).abs() > 1e-6 {
                assert!(solution.policy.rule(0).probability(s, choices.start + better) > 0.5, "{arms:?}");
            }
        }
    }
}

#[test]
fn rewards_in_blocks_have_the_known_values() {
    let known =
        [(2.0, 0.545507, 0.545229), (3.0, 0.565668, 0.565039), (5.0, 0.586855, 0.585658), (10.0, 0.609641, 0.607198)];
    let mut last = 0.5;
    for (length, optimal, myopic) in known {
        let blocks = BlockBandit::new(UNIFORM, length, 1.0).unwrap();
        let depth = if length < 6.0 { 60 } else { 120 };
        let (lower, upper) = blocks.optimal_reward(depth).unwrap();
        assert!(upper - lower < 2e-6);
        close(lower, optimal, 1e-5);
        let gittins = GittinsPolicy::discounted(UNIFORM, blocks.effective_discount(), depth).unwrap();
        close(blocks.policy_reward(depth, &gittins).unwrap().0, lower, 1e-4);
        if length < 6.0 {
            let (low, high) = blocks.policy_reward(depth, &MYOPIC).unwrap();
            close(0.5 * (low + high), myopic, 1e-5);
            assert!(blocks.policy_reward(depth, &gittins).unwrap().1 >= lower - 1e-9);
        }
        assert!(lower > last);
        last = lower;
    }
    assert!(BlockBandit::new(UNIFORM, 0.5, 1.0).is_err() && BlockBandit::new(UNIFORM, 2.0, 1.1).is_err());
}

#[test]
fn without_structure_there_is_nothing_to_explore() {
    let blocks = BlockBandit::new(UNIFORM, 1.0, 1.0).unwrap();
    assert_eq!((blocks.effective_discount(), blocks.optimal_reward(5).unwrap()), (0.0, (0.5, 0.5)));
    let fresh = |length: f64| gittins_index(UNIFORM, 1.0 - 1.0 / length, 1e-6).unwrap().value();
    close(fresh(1.0), 0.5, 1e-6);
    let known = [
        (2.0, 0.5590),
        (3.0, 0.5951),
        (4.0, 0.6211),
        (5.0, 0.6413),
        (6.0, 0.6578),
        (7.0, 0.6716),
        (8.0, 0.6834),
        (10.0, 0.7029),
        (12.0, 0.7187),
        (15.0, 0.7378),
        (20.0, 0.7614),
        (30.0, 0.7927),
        (50.0, 0.8284),
        (100.0, 0.8699),
    ];
    let mut last = 0.5;
    for (length, expected) in known {
        let index = fresh(length);
        close(index, expected, 2e-4);
        assert!(index > last);
        last = index;
    }
}

#[test]
fn memory_is_worth_what_is_known() {
    let best = |horizon, memory| best_window(horizon, (1, 1), memory, if horizon < 10 { 60 } else { 12 }).unwrap();
    let (mut last, full) = (0.0, BetaBernoulli::new(2, 10, UNIFORM).unwrap().optimal_value());
    for (memory, expected) in [(0, 5.0), (1, 5.79620), (2, 5.96134), (3, 5.99927)] {
        let found = best(10, memory);
        close(found.value, expected, 1e-5);
        assert!(found.value >= last && found.value < full && found.exhaustive == (memory < 3));
        last = found.value;
        close(window_value(10, (1, 1), &found.rule).unwrap(), found.value, 1e-12);
    }
    // Win-stay, lose-shift; then leave after two losses in a row on the same arm.
    assert_eq!(best(10, 1).rule.switch_names(), ["L"]);
    let two = best(10, 2).rule;
    assert!(
        two.switch_names().contains(&"LL".to_owned()) && !two.switch_names().iter().any(|name| name.starts_with('W'))
    );
    for (horizon, memory, expected) in
        [(5, 1, 2.84444), (5, 2, 2.87778), (5, 3, 2.88889), (20, 1, 11.70391), (20, 2, 12.18577)]
    {
        close(best(horizon, memory).value, expected, 1e-5);
    }
    let message = |horizon, memory| best_window(horizon, (1, 1), memory, 1).unwrap_err().to_string();
    assert!(message(2, 3).contains("longer than the horizon") && message(9, 4).contains("window = 4"));
    assert!(message(0, 0).contains("horizon"));
}

#[test]
fn a_safe_arm_is_left_only_if_there_is_time() {
    for (safe, expected) in
        [(0.5, 2), (0.55, 2), (0.6, 4), (0.65, 6), (0.7, 11), (0.75, 19), (0.8, 35), (0.85, 73), (0.9, 190)]
    {
        assert_eq!(exploration_horizon(safe, UNIFORM, 200).unwrap(), Some(expected), "{safe}");
    }
    assert_eq!(exploration_horizon(0.9, UNIFORM, 189).unwrap(), None);
    let solved = SafeArm::new(0.6, UNIFORM, 100).unwrap();
    for (steps, expected) in
        [(3, 1.8), (4, 2.433333), (5, 3.086667), (10, 6.369091), (20, 12.990106), (50, 33.046691), (100, 66.760039)]
    {
        close(solved.optimal_value(steps), expected, 1e-6);
        close(solved.myopic_value(steps), 0.6 * steps as f64, 1e-9);
        close(solved.oracle_value(steps), 0.68 * steps as f64, 1e-9);
    }
    // A worse safe arm is no better than none: with mean 0 all that is left is the unknown arm.
    close(SafeArm::new(0.0, (2.0, 1.0), 9).unwrap().optimal_value(9), 6.0, 1e-12);
    assert!(SafeArm::new(1.5, UNIFORM, 9).is_err() && SafeArm::new(0.5, UNIFORM, 0).is_err());
}

#[test]
fn the_phase_diagram_is_that_of_the_index() {
    let explores = |length, discount, safe| exploration_pays(safe, UNIFORM, length, discount).unwrap();
    let first = |safe: f64| (1..200).find(|&n| explores(f64::from(n), 1.0, safe) == Some(true));
    assert_eq!((first(0.6), first(0.7)), (Some(4), Some(10)));
    assert!((1..100).all(|n| explores(f64::from(n), 0.0, 0.6) == Some(false)));
    // Against the value: the block is a discounted stopping problem, so exploring pays iff the first pull of a long block does.
    for (length, discount, safe) in [(5.0, 0.9, 0.6), (5.0, 1.0, 0.6), (12.0, 0.95, 0.7), (12.0, 1.0, 0.7)] {
        let beta: f64 = discount * (1.0 - 1.0 / length);
        let mut value = vec![safe / (1.0 - beta); 302];
        for n in (0..300).rev() {
            for s in 0..=n {
                let p = (s as f64 + 1.0) / (n as f64 + 2.0);
                value[s] = (safe / (1.0 - beta)).max(p * (1.0 + beta * value[s + 1]) + (1.0 - p) * beta * value[s]);
            }
        }
        assert_eq!(explores(length, discount, safe), Some(value[0] > safe / (1.0 - beta) + 1e-9));
    }
    assert!(exploration_pays(0.5, UNIFORM, 0.0, 1.0).is_err() && exploration_pays(0.5, UNIFORM, 2.0, 1.5).is_err());
}

#[test]
fn doors_have_the_known_values() {
    for (doors, safe, pulls, expected) in [
        (4, 0.4, 1, 0.4),
        (4, 0.4, 2, 0.8),
        (4, 0.4, 3, 1.5),
        (4, 0.4, 4, 2.5),
        (4, 0.4, 5, 3.5),
        (4, 0.4, 10, 8.5),
        (8, 0.3, 3, 0.9),
        (8, 0.3, 4, 1.325),
        (8, 0.3, 5, 1.9),
        (8, 0.3, 6, 2.625),
        (8, 0.3, 8, 4.5),
        (8, 0.3, 10, 6.5),
        (8, 0.8, 10, 8.0),
        (8, 0.8, 20, 16.5),
    ] {
        close(doors_value(doors, pulls, safe).unwrap(), expected, 1e-12);
        close(myopic_doors_value(doors, pulls, safe).unwrap(), safe * pulls as f64, 1e-12);
    }
    assert!(doors_value(0, 1, 0.5).is_err() && doors_value(3, 1, 1.5).is_err());
}

#[test]
fn a_hidden_goal_is_found_without_credit_across_episodes() {
    let three = GridSearch::new(3, 4, None).unwrap().values(6).unwrap();
    (1..=6).for_each(|m| close(three.optimal[m], m as f64 - 0.5, 1e-12));
    let four = GridSearch::new(4, 6, None).unwrap().values(5).unwrap();
    [0.4, 1.2, 2.2, 3.2, 4.2].into_iter().enumerate().for_each(|(i, v)| close(four.optimal[i + 1], v, 1e-12));
    for values in [three, four] {
        for (optimal, myopic) in values.optimal.iter().zip(&values.myopic) {
            close(*myopic, *optimal, 1e-12);
        }
    }
    let long = GridSearch::new(4, 10, None).unwrap().values(2).unwrap();
    close(long.optimal[1], 2.0 / 3.0, 1e-12);
    close(long.optimal[2], 5.0 / 3.0, 1e-12);
    assert!(GridSearch::new(9, 4, None).is_err() && GridSearch::new(3, 0, None).is_err());
}

#[test]
fn a_safe_exit_holds_a_myopic_searcher_back() {
    let values = |reward| GridSearch::new(3, 4, Some(SafeExit { cell: (0, 1), reward })).unwrap().values(8).unwrap();
    for (reward, m, optimal, myopic) in [
        (0.5, 2, 1.57143, 1.35714),
        (0.5, 5, 4.57143, 4.35714),
        (0.6, 2, 1.57143, 1.42857),
        (0.6, 5, 4.57143, 3.57143),
        (0.6, 8, 7.57143, 5.71429),
        (0.7, 5, 4.57143, 3.92857),
        (0.9, 3, 2.78571, 2.78571),
        (0.9, 8, 7.64286, 7.42857),
    ] {
        let values = values(reward);
        close(values.optimal[m], optimal, 1e-5);
        close(values.myopic[m], myopic, 1e-5);
    }
    assert!(GridSearch::new(3, 4, Some(SafeExit { cell: (0, 0), reward: 0.5 })).is_err());
    assert!(GridSearch::new(3, 4, Some(SafeExit { cell: (0, 1), reward: 1.5 })).is_err());
}

#[test]
fn lai_robbins_constants_have_the_known_values() {
    // Near each other kl = (p - q)²/(2 p (1 - p)), which does not cancel; equal arms have no cost, and 0 is not -0.
    close(lai_robbins(&[0.5, 0.5 + 1e-8]).unwrap() / 5e7, 1.0, 1e-6);
    assert!(lai_robbins(&[0.5, 0.5]).unwrap().is_sign_positive());
    assert!(bernoulli_divergence(0.5, 1.5).is_nan() && bernoulli_divergence(f64::NAN, 0.5).is_nan());
    // A concentrated arm beside a safe one.
    let told = |a: f64| SafeArm::new(0.5, (a, a), 1).unwrap().oracle_value(1);
    close(told(1.0), 0.625, 1e-14);
    let deviation = (0.25 / (2e7 + 1.0f64)).sqrt();
    close(told(1e7), 0.5 + deviation / (2.0 * std::f64::consts::PI).sqrt(), 1e-4 * deviation);
    let repeat = |groups: &[(f64, usize)]| groups.iter().flat_map(|&(mean, n)| vec![mean; n]).collect::<Vec<f64>>();
    for (means, expected, tolerance) in [
        (vec![0.9, 0.8], 2.2521, 1e-3),
        (vec![0.7, 0.8, 0.9], 3.5536, 1e-3),
        ((1..10).map(|i| f64::from(i) / 10.0).collect(), 7.5165, 1e-3),
        (repeat(&[(0.1, 1), (0.05, 3), (0.02, 3), (0.01, 3)]), 17.4452, 1e-3),
        (repeat(&[(0.5, 1), (0.4, 9)]), 44.6971, 1e-3),
        (vec![0.01, 0.02, 0.3, 0.4, 0.5, 0.6, 0.795, 0.8, 0.805], 101.0, 1.0),
        (repeat(&[(0.01, 3), (0.02, 3), (0.05, 2), (0.1, 1)]), 14.5, 0.1),
    ] {
        close(lai_robbins(&means).unwrap(), expected, tolerance);
    }
    assert_eq!(lai_robbins(&[1.0, 0.5]).unwrap(), 0.0);
    assert!(lai_robbins(&[1.2]).is_err() && lai_robbins(&[]).is_err());
}

/// The probability of a history under every set of switches, added up.
#[test]
fn the_run_length_filter_is_bayes_rule() {
    let history = [(0, true), (1, false), (0, true), (0, false), (1, true)];
    for hazard in [0.0, 0.3, 1.0] {
        let mut filter = RunLengthFilter::new(2, UNIFORM, hazard).unwrap();
        history.iter().for_each(|&(arm, success)| filter.observe(arm, success));
        let (mut total, mut pays) = (0.0, 0.0);
        for switches in 0..1u32 << history.len() {
            let (mut weight, mut counts) = (1.0, [Counts::default(); 2]);
            for (t, &(arm, success)) in history.iter().enumerate() {
                let p = counts[arm].posterior_mean(UNIFORM);
                weight *= if success { p } else { 1.0 - p };
                counts[arm] = counts[arm].after(success);
                let switch = switches >> t & 1 == 1;
                weight *= if switch { hazard } else { 1.0 - hazard };
                if switch {
                    counts = [Counts::default(); 2];
                }
            }
            total += weight;
            pays += weight * counts[0].posterior_mean(UNIFORM);
        }
        close(filter.mean(0), pays / total, 1e-12);
        close(filter.runs().map(|run| run.0).sum::<f64>(), 1.0, 1e-12);
    }
    // Never a switch: the stationary bandit. Always one: nothing to learn. In between, not to be told costs.
    let unsignalled = |hazard| RunLengthFilter::new(2, UNIFORM, hazard).unwrap().optimal_value(6).unwrap();
    close(unsignalled(0.0), BetaBernoulli::new(2, 6, UNIFORM).unwrap().optimal_value(), 1e-12);
    close(unsignalled(1.0), 3.0, 1e-12);
    assert!(unsignalled(0.2) < unsignalled(0.0) && unsignalled(0.2) > 3.0);
    assert!(RunLengthFilter::new(2, UNIFORM, 1.2).is_err());
    assert!(RunLengthFilter::new(5, UNIFORM, 0.2).unwrap().optimal_value(30).is_err());
}
