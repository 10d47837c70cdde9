//! SQIRL against exact values, its oracles against each other, and GORP by sampling against GORP exactly.

use std::sync::Arc;

use super::*;
use crate::Error;
use crate::horizon::tests::{corridor, random_mdp, written_out};
use crate::horizon::{
    Estimate, ExactGorp, Player, Process, QTable, SampledGorp, SearchOptions, greedy_return, open_loop_return,
};
use crate::mdp::{Cell, DecisionRule, GridMap, MdpBuilder, Policy, evaluate_finite};
use crate::planning::{Criterion, SolveOptions, solve};
use crate::rng::{self, Purpose};

fn stream(index: u64) -> rng::Fast {
    rng::fast(11, Purpose::Environment, index)
}

#[test]
fn sampled_gorp_succeeds_as_often_as_the_exact_law_says() {
    let mdp = corridor(4);
    let process = Process::new(&mdp, 9, None).unwrap();
    let q_star = QTable::optimal(&process);
    let hesitant = Policy::stationary(&mdp, DecisionRule::Stochastic([0.6, 0.4].repeat(4))).unwrap();
    for (k, m, policy) in
        [(1, 1, None), (1, 8, None), (1, 8, Some(&hesitant)), (2, 3, None), (2, 3, Some(&hesitant)), (3, 2, None)]
    {
        let expected = ExactGorp::new(process, &q_star, policy).unwrap().success(k, m).probability;
        let mut gorp = SampledGorp::new(process, k, m, Estimate::Mean, u64::MAX).unwrap();
        if let Some(policy) = policy {
            gorp = gorp.exploring(policy).unwrap();
        }
        let runs = 600u32;
        let mut won = 0;
        for i in 0..runs {
            let run = gorp.run(&mut stream(u64::from(i)), |_, _| true);
            assert_eq!(run.actions.len(), 9);
            assert!(run.steps <= 81 * 2u64.pow(k as u32) * m);
            won += u32::from(open_loop_return(&process, &run.actions).unwrap() == 1.0);
        }
        let share = f64::from(won) / f64::from(runs);
        let deviation = (expected * (1.0 - expected) / f64::from(runs)).sqrt();
        assert!((share - expected).abs() <= 3.0 * deviation, "k = {k}, m = {m}: {share} against {expected}");
    }
}

/// The search's m is the exact least one wherever the law is not within the noise of the runs around 1/2.
#[test]
fn the_least_m_by_sampling_is_the_exact_one() {
    let mdp = corridor(4);
    let runs = 400;
    // Three standard errors of a share of one half.
    let noise = 1.5 / f64::from(runs).sqrt();
    for (horizon, k) in [(4, 1), (9, 1), (9, 2), (4, 3)] {
        let process = Process::new(&mdp, horizon, None).unwrap();
        let q_star = QTable::optimal(&process);
        let exact = ExactGorp::new(process, &q_star, None).unwrap();
        let least = exact.search(k, 1e6).unwrap();
        let gorp = SampledGorp::new(process, k, 1, Estimate::Mean, u64::MAX).unwrap();
        let options = SearchOptions { runs: runs as u64, seed: 3, max_steps: 1e6, threshold: 1.0 };
        let found = gorp.search(&options).unwrap().unwrap();
        assert!(2 * found.solved >= found.runs && found.runs == runs as u64);
        assert!(exact.success(k, found.m).probability >= 0.5 - noise, "T = {horizon}, k = {k}: {found:?} {least:?}");
        assert!(found.m == 1 || exact.success(k, found.m - 1).probability <= 0.5 + noise, "T = {horizon}, k = {k}");
        let clear = least.probability > 0.5 + noise && least.probability_below.is_none_or(|p| p < 0.5 - noise);
        assert!(!clear || found.m == least.m, "T = {horizon}, k = {k}: {found:?} {least:?}");
        // One step too few for m_k = least.m.
        let steps = (horizon * horizon) as f64 * 2f64.powi(k as i32) * (least.m as f64 / 2.0).floor();
        assert_eq!(gorp.search(&SearchOptions { max_steps: steps, ..options }).unwrap(), None);
    }
    // With sticky actions there is no exact law, but the sequences are still evaluated exactly.
    let sticky = Process::new(&mdp, 9, Some(0.25)).unwrap();
    let gorp = SampledGorp::new(sticky, 1, 1, Estimate::Mean, u64::MAX).unwrap();
    let with = |threshold| gorp.search(&SearchOptions { runs: 40, seed: 3, max_steps: 1e5, threshold }).unwrap();
    let best = QTable::optimal(&sticky).initial_max(&sticky);
    assert!(with(0.0).is_some_and(|found| found.m == 1) && with(best + 1e-9).is_none());
}

#[test]
fn literal_success_is_what_its_exact_law_says() {
    let mdp = corridor(3);
    let (horizon, runs) = (5, 1500u32);
    let process = Process::new(&mdp, horizon, None).unwrap();
    let q_star = QTable::optimal(&process);
    let exact = ExactGorp::new(process, &q_star, None).unwrap();
    for m in [1, 3, 8, 20] {
        let expected = exact.literal_success(m).unwrap().probability;
        let options = LiteralOptions { horizon, k: 1, m, budget: u64::MAX, exploration: None };
        let won = |i: u32| {
            let mut rng = stream(u64::from(i));
            let policy = literal(&mdp, &options, &mut TableOracle::default(), &mut rng).unwrap().policy(&mdp, horizon);
            let values = evaluate_finite(&mdp, &policy.unwrap().unwrap(), horizon).unwrap().values;
            u32::from(mdp.initial_value(&values) == 1.0)
        };
        let share = f64::from((0..runs).map(won).sum::<u32>()) / f64::from(runs);
        let deviation = (expected * (1.0 - expected) / f64::from(runs)).sqrt();
        assert!((share - expected).abs() <= 3.0 * deviation, "m = {m}: {share} against {expected}");
    }
    assert!(exact.literal_success(1_000_000).unwrap_err().to_string().contains("m = 1000000"));
}

#[test]
fn the_largest_return_finds_a_reward_that_the_mean_hides() {
    // Action 0 gives 0.4 for certain; action 1 gives 1 only if followed by 1, which random play does half of the time less.
    let mut builder = MdpBuilder::new(4);
    builder.choice(0, 0, &[(1.0, 1, 0.4)]).choice(0, 1, &[(1.0, 2, 0.0)]);
    builder.choice(1, 0, &[(1.0, 3, 0.2)]).choice(1, 1, &[(1.0, 3, 0.2)]);
    builder.choice(2, 0, &[(1.0, 3, 0.0)]).choice(2, 1, &[(1.0, 3, 1.0)]).terminal(3);
    let mdp = builder.build().unwrap();
    let process = Process::new(&mdp, 2, None).unwrap();
    let learned = |estimate| {
        let gorp = SampledGorp::new(process, 1, 200, estimate, u64::MAX).unwrap();
        gorp.run(&mut stream(0), |_, _| true).actions
    };
    assert_eq!(learned(Estimate::Mean)[0], 0);
    assert_eq!(learned(Estimate::Max), [1, 1]);
}

#[test]
fn action_sequences_are_evaluated_exactly_on_sticky_and_stochastic_processes() {
    for seed in 0..10 {
        let (mdp, horizon) = (random_mdp(seed, 6, 3, 1 + seed as usize % 3), 7);
        let actions: Vec<usize> = (0..horizon).map(|t| (seed as usize + t * t) % 3).collect();
        for sticky in [None, Some(0.25)] {
            let found = open_loop_return(&Process::new(&mdp, horizon, sticky).unwrap(), &actions).unwrap();
            let table = written_out(&mdp, sticky.unwrap_or(0.0));
            let rule = |&a: &usize| {
                let choice = |s: usize| table.choice_of(s, a).map_or(crate::mdp::NO_CHOICE, |c| c as u32);
                DecisionRule::Deterministic((0..table.num_states()).map(choice).collect())
            };
            let policy = Policy::time_indexed(&table, actions.iter().map(rule).collect()).unwrap();
            let expected = table.initial_value(&evaluate_finite(&table, &policy, horizon).unwrap().values);
            assert!((found - expected).abs() < 1e-12, "seed {seed}, {sticky:?}: {found} against {expected}");
        }
    }
}

#[test]
fn sampled_returns_of_random_play_have_their_exact_mean() {
    let mdp = random_mdp(3, 6, 3, 2);
    for sticky in [None, Some(0.4)] {
        let process = Process::new(&mdp, 8, sticky).unwrap();
        let player = Player::new(process).unwrap();
        let (mut sum, mut squares, n) = (0.0, 0.0, 20_000);
        let mut rng = stream(1);
        for _ in 0..n {
            let (mut place, mut ret) = (player.start(&mut rng), 0.0);
            for _ in 0..8 {
                let choice = player.random_choice(&place, &mut rng);
                let step = player.step(&mut place, choice, &mut rng);
                ret += step.reward;
                if step.terminal {
                    break;
                }
            }
            sum += ret;
            squares += ret * ret;
        }
        let mean = sum / f64::from(n);
        let error = ((squares / f64::from(n) - mean * mean) / f64::from(n)).sqrt();
        let exact = QTable::exploration(&process, None).unwrap().initial_average(&process, None);
        assert!((mean - exact).abs() < 4.0 * error, "{sticky:?}: {mean} against {exact}");
    }
}

/// With lookahead over the whole episode and a table, the values at the first step are those of value iteration on the
/// empirical model, in which a pair has been made as often, and led as often to each state, as in the data of its step.
#[test]
fn full_lookahead_with_a_table_is_value_iteration_on_the_empirical_model() {
    for seed in 0..6 {
        let (mdp, horizon, m) = (random_mdp(seed, 5, 2, 2), 4, 40);
        let options = LiteralOptions { horizon, k: horizon, m, budget: u64::MAX, exploration: None };
        let mut learner = literal_learner(&mdp, &options);
        learner.collect(0, &options, &[], &mut stream(seed));
        learner.fit(0, &options, &mut TableOracle::default()).unwrap();

        // The same episodes again, written down as a table with a copy of the states for each step.
        let mut rng = stream(seed);
        let states = mdp.num_states();
        let mut counts = std::collections::BTreeMap::<(usize, usize), Vec<(usize, f64)>>::new();
        for _ in 0..m {
            let mut place = learner.player.start(&mut rng);
            for t in 0..horizon {
                let choice = learner.player.random_choice(&place, &mut rng);
                let step = learner.player.step(&mut place, choice, &mut rng);
                counts.entry((t, choice)).or_default().push((step.next, step.reward));
                if step.terminal {
                    break;
                }
            }
        }
        let end = (horizon + 1) * states;
        let mut builder = MdpBuilder::new(end + 1);
        for t in 0..=horizon {
            for s in 0..states {
                if t == horizon || mdp.is_terminal(s) {
                    builder.terminal(t * states + s);
                    continue;
                }
                for c in mdp.choices(s) {
                    let action = mdp.action_of(s, c);
                    match counts.get(&(t, c)) {
                        Some(seen) => {
                            let p = 1.0 / seen.len() as f64;
                            let law: Vec<_> =
                                seen.iter().map(|&(next, reward)| (p, (t + 1) * states + next, reward)).collect();
                            builder.choice(t * states + s, action, &law);
                        }
                        // What was never tried is worth 0.
                        None => {
                            builder.choice(t * states + s, action, &[(1.0, end, 0.0)]);
                        }
                    }
                }
            }
        }
        let empirical = builder.terminal(end).build().unwrap();
        let solution = solve(&empirical, Criterion::FiniteHorizon { horizon }, &SolveOptions::default()).unwrap();
        let start = mdp.initial()[0].0 as usize;
        let found = mdp.choices(start).map(|c| learner.values[c]).fold(f64::NEG_INFINITY, f64::max);
        assert!((found - solution.values[start]).abs() < 1e-9, "seed {seed}: {found} {}", solution.values[start]);
    }
}

fn literal_learner<'a>(mdp: &'a crate::mdp::Mdp, options: &LiteralOptions) -> literal::Learner<'a> {
    literal::Learner {
        player: Player::new(Process::new(mdp, options.horizon, None).unwrap()).unwrap(),
        pools: vec![Pool::new(mdp.num_choices()); options.k],
        episode: Vec::new(),
        data: Data::default(),
        values: vec![0.0; mdp.num_choices()],
        next: vec![0.0; mdp.num_states()],
    }
}

/// With many episodes the literal algorithm earns what acting greedily on the exact `Q^k` earns.
#[test]
fn with_many_episodes_it_acts_as_the_exact_values_say() {
    for seed in 0..4 {
        let (mdp, horizon) = (random_mdp(seed, 5, 3, 2), 5);
        let process = Process::new(&mdp, horizon, None).unwrap();
        let mut exact = QTable::exploration(&process, None).unwrap();
        for k in 1..=3 {
            let options = LiteralOptions { horizon, k, m: 6_000, budget: u64::MAX, exploration: None };
            let run = literal(&mdp, &options, &mut TableOracle::default(), &mut stream(seed)).unwrap();
            let policy = run.policy(&mdp, horizon).unwrap().unwrap();
            let found = mdp.initial_value(&evaluate_finite(&mdp, &policy, horizon).unwrap().values);
            let expected = greedy_return(&process, &exact);
            assert!((found - expected).abs() < 0.02, "seed {seed}, k = {k}: {found} against {expected}");
            exact.qvi_step(&process);
        }
    }
}

/// A time-indexed policy that prefers some choices, and none for certain.
fn uneven_policy(mdp: &crate::mdp::Mdp, horizon: usize) -> Policy {
    let mut random = stream(99);
    let rule = |_| {
        let mut p: Vec<f64> = (0..mdp.num_choices()).map(|_| 0.2 + rng::uniform(&mut random).powi(3)).collect();
        for s in 0..mdp.num_states() {
            let total: f64 = p[mdp.choices(s)].iter().sum();
            p[mdp.choices(s)].iter_mut().for_each(|p| *p /= total);
        }
        DecisionRule::Stochastic(p)
    };
    Policy::time_indexed(mdp, (0..horizon).map(rule).collect()).unwrap()
}

/// Mean and standard error of samples.
fn estimate(samples: &[f64]) -> (f64, f64) {
    let n = samples.len() as f64;
    let mean = samples.iter().sum::<f64>() / n;
    let variance = samples.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, (variance / n).sqrt())
}

/// What the values of the first iteration of pooled SQIRL tend to: averages over the visits of the exploration policy at all
/// times, of its exact discounted action values (k = 1), then of backups (k - 1 times). `[k][C]`.
fn pooled_limit(
    mdp: &crate::mdp::Mdp,
    p: f64,
    policy: Option<&Policy>,
    horizon: usize,
    discount: f64,
) -> Vec<Vec<f64>> {
    let table = written_out(mdp, p);
    let (actions, pairs) = (mdp.num_actions(), mdp.num_actions() + 1);
    let plain = |c: usize| {
        let s = (0..table.num_states()).find(|&s| table.choices(s).contains(&c)).unwrap();
        mdp.choices(s / pairs).start + (c - table.choices(s).start)
    };
    let plain: Vec<usize> = (0..table.num_choices()).map(plain).collect();
    let share = |t: usize, s: usize, c: usize| match policy {
        Some(policy) => policy.rule(t).probability(s / pairs, plain[c]),
        None => 1.0 / actions as f64,
    };
    let mut occupancy = vec![vec![0.0; table.num_states()]; horizon + 1];
    occupancy[0][table.initial()[0].0 as usize] = 1.0;
    let mut value = vec![vec![0.0; table.num_states()]; horizon + 1];
    let mut q = vec![vec![0.0; table.num_choices()]; horizon];
    for t in 0..horizon {
        for s in 0..table.num_states() {
            for c in table.choices(s) {
                let mass = occupancy[t][s] * share(t, s, c);
                table.branches(c).for_each(|(next, p)| occupancy[t + 1][next] += mass * p);
            }
        }
    }
    for t in (0..horizon).rev() {
        for s in 0..table.num_states() {
            for c in table.choices(s) {
                let future: f64 = table.branches(c).map(|(next, p)| p * value[t + 1][next]).sum();
                q[t][c] = table.rewards()[c] + discount * future;
                value[t][s] += share(t, s, c) * q[t][c];
            }
        }
    }
    let average = |of: &dyn Fn(usize, usize) -> f64| {
        let (mut sum, mut weight) = (vec![0.0; mdp.num_choices()], vec![0.0; mdp.num_choices()]);
        for t in 0..horizon {
            for s in 0..table.num_states() {
                for c in table.choices(s) {
                    let mass = occupancy[t][s] * share(t, s, c);
                    sum[plain[c]] += mass * of(t, c);
                    weight[plain[c]] += mass;
                }
            }
        }
        sum.iter().zip(weight).map(|(sum, weight)| if weight > 0.0 { sum / weight } else { 0.0 }).collect::<Vec<f64>>()
    };
    let mut limits = vec![average(&|t, c| q[t][c])];
    for _ in 1..3 {
        let mut v = vec![0.0; mdp.num_states()];
        state_values(mdp.choice_starts(), &limits[limits.len() - 1], &mut v);
        limits.push(average(&|_, c| {
            table.rewards()[c] + discount * table.branches(c).map(|(next, p)| p * v[next / pairs]).sum::<f64>()
        }));
    }
    limits
}

#[test]
fn pooled_values_tend_to_the_exact_ones_of_any_exploration_policy() {
    let (mdp, horizon, m, runs) = (random_mdp(6, 4, 3, 2), 5, 1_000, 30);
    let policy = uneven_policy(&mdp, horizon);
    for (sticky, discount) in [(None, 1.0), (Some(0.3), 0.9)] {
        let process = Process::new(&mdp, horizon, sticky).unwrap();
        let mut told_apart = false;
        for exploration in [None, Some(&policy)] {
            let limits = pooled_limit(&mdp, sticky.unwrap_or(0.0), exploration, horizon, discount);
            let others = pooled_limit(&mdp, sticky.unwrap_or(0.0), exploration.xor(Some(&policy)), horizon, discount);
            for k in 1..=3 {
                // The budget pays for one iteration.
                let options = PooledOptions { k, m, discount, budget: m * horizon as u64 };
                let mut pooled = Pooled::new(process, options).unwrap();
                if let Some(policy) = exploration {
                    pooled = pooled.exploring(policy).unwrap();
                }
                let run = |i| pooled.run(&mut TableOracle::default(), &mut stream(i)).unwrap();
                let values: Vec<Vec<f64>> = (0..runs).map(|i| run(i).values).collect();
                for c in 0..mdp.num_choices() {
                    let (mean, error) = estimate(&values.iter().map(|values| values[c]).collect::<Vec<_>>());
                    let off = (mean - limits[k - 1][c]).abs();
                    assert!(off <= 4.5 * error + 1e-12, "{sticky:?} k = {k} choice {c}: off {off}, error {error}");
                    told_apart |= (mean - others[k - 1][c]).abs() > 10.0 * error;
                }
            }
        }
        assert!(told_apart, "the two policies cannot be told apart, so this test cannot fail");
    }
}

#[test]
fn literal_values_tend_to_the_exact_ones_of_any_exploration_policy() {
    let (mdp, horizon, runs) = (random_mdp(8, 5, 3, 2), 4, 40);
    let process = Process::new(&mdp, horizon, None).unwrap();
    let policy = uneven_policy(&mdp, horizon);
    let sampler = crate::simulation::PolicySampler::new(&mdp, &policy, Some(horizon as u64)).unwrap();
    let mut exact = QTable::exploration(&process, Some(&policy)).unwrap();
    for k in 1..=3 {
        let options = LiteralOptions { horizon, k, m: 2_000, budget: u64::MAX, exploration: Some(&sampler) };
        let mut learner = literal_learner(&mdp, &options);
        let mut values = |i| {
            learner.collect(0, &options, &[], &mut stream(i));
            learner.fit(0, &options, &mut TableOracle::default()).unwrap();
            learner.values.clone()
        };
        let values: Vec<Vec<f64>> = (0..runs).map(&mut values).collect();
        for c in mdp.choices(mdp.initial()[0].0 as usize) {
            let (mean, error) = estimate(&values.iter().map(|values| values[c]).collect::<Vec<_>>());
            let off = (mean - exact.layer(0)[c]).abs();
            assert!(off <= 4.0 * error, "k = {k} choice {c}: off {off}, error {error}");
        }
        exact.qvi_step(&process);
    }
}

#[test]
fn replaying_a_run_takes_its_steps() {
    let mdp = corridor(5);
    let process = Process::new(&mdp, 8, Some(0.25)).unwrap();
    let pooled = Pooled::new(process, PooledOptions { k: 2, m: 20, discount: 1.0, budget: 20 * 8 }).unwrap();
    let run = pooled.run(&mut TableOracle::default(), &mut stream(1)).unwrap();
    assert_eq!((run.rules.len(), run.explored), (1, run.total_steps()));
    assert_eq!(pooled.replay(&run, &mut stream(1)), run.total_steps());
}

#[test]
fn an_exploration_policy_replaces_random_play() {
    // Random play reaches the end of this corridor once in 2^12 episodes; a policy that goes on nine times in ten, often.
    let (mdp, horizon) = (corridor(12), 12);
    let forward: Vec<f64> = (0..mdp.num_choices()).map(|c| if c % 2 == 1 { 0.9 } else { 0.1 }).collect();
    let policy = Policy::stationary(&mdp, DecisionRule::Stochastic(forward)).unwrap();
    let sampler = crate::simulation::PolicySampler::new(&mdp, &policy, Some(12)).unwrap();
    let earned = |exploration| {
        let options = LiteralOptions { horizon, k: 1, m: 50, budget: u64::MAX, exploration };
        let run = literal(&mdp, &options, &mut TableOracle::default(), &mut stream(5)).unwrap();
        let policy = run.policy(&mdp, horizon).unwrap().unwrap();
        mdp.initial_value(&evaluate_finite(&mdp, &policy, horizon).unwrap().values)
    };
    assert_eq!((earned(None), earned(Some(&sampler))), (0.0, 1.0));
}

#[test]
fn oracles_agree_where_they_span_the_same_functions() {
    let mdp = random_mdp(2, 8, 3, 2);
    let features = Arc::new(Features::one_hot(mdp.num_states()));
    let mut data = Data::default();
    let mut random = stream(0);
    for c in (0..mdp.num_choices()).filter(|c| c % 4 != 1) {
        data.push(c, 1.0 + rng::below(&mut random, 9) as f64, rng::uniform(&mut random) - 0.5);
    }
    let fitted = |oracle: &mut dyn RegressionOracle| {
        let mut values = vec![f64::NAN; mdp.num_choices()];
        oracle.fit(&data, &mut values).unwrap();
        values
    };
    let table = fitted(&mut TableOracle::default());
    let ridge = fitted(&mut Ridge::new(&mdp, &features, 1e-12).unwrap());
    let nearest = fitted(&mut NearestNeighbours::new(&mdp, &features, 1).unwrap());
    let grown = fitted(&mut Trees::new(&mdp, &features, 0).unwrap());
    // The number of the state alone tells as much to a tree and to the nearest neighbour, though not to a line.
    let numbered: Vec<Vec<f64>> = (0..mdp.num_states()).map(|s| vec![s as f64]).collect();
    let numbered = Arc::new(Features::from_rows(&numbered).unwrap());
    let along = fitted(&mut Trees::new(&mdp, &numbered, 0).unwrap());
    let nearest_along = fitted(&mut NearestNeighbours::new(&mdp, &numbered, 1).unwrap());
    for c in 0..mdp.num_choices() {
        assert!((table[c] - ridge[c]).abs() < 1e-9, "choice {c}: {} {}", table[c], ridge[c]);
    }
    for c in data.choices.iter().map(|&c| c as usize) {
        for (name, values) in [("nearest", &nearest), ("grown", &grown), ("along", &along), ("near", &nearest_along)] {
            assert!((table[c] - values[c]).abs() < 1e-14, "choice {c}: {} {name} {}", table[c], values[c]);
        }
    }
    // All samples of an action: their mean.
    let all = fitted(&mut NearestNeighbours::new(&mdp, &features, u64::MAX).unwrap());
    let (data, rows) = (&data, data.choices.len());
    let of_action = |a: usize| (0..rows).filter(move |&i| data.choices[i] as usize % 3 == a);
    for (c, found) in all.iter().enumerate() {
        let weight: f64 = of_action(c % 3).map(|i| data.weights[i]).sum();
        let mean = of_action(c % 3).map(|i| data.weights[i] * data.targets[i]).sum::<f64>() / weight;
        assert!((found - mean).abs() < 1e-12);
    }
    // So does the whole algorithm, as long as ties do not depend on rounding.
    let process = Process::new(&mdp, 6, None).unwrap();
    let options = PooledOptions { k: 2, m: 30, discount: 0.9, budget: u64::MAX };
    let pooled = Pooled::new(process, options).unwrap();
    let by_table = pooled.run(&mut TableOracle::default(), &mut stream(9)).unwrap();
    let by_ridge = pooled.run(&mut Ridge::new(&mdp, &features, 1e-12).unwrap(), &mut stream(9)).unwrap();
    assert_eq!(by_table.rules.last(), by_ridge.rules.last());
    for features in [&features, &numbered] {
        let by_trees = pooled.run(&mut Trees::new(&mdp, features, 0).unwrap(), &mut stream(9)).unwrap();
        let mut nearest = NearestNeighbours::new(&mdp, features, 1).unwrap();
        let by_neighbours = pooled.run(&mut nearest, &mut stream(9)).unwrap();
        assert_eq!(by_table.rules.last(), by_trees.rules.last());
        assert_eq!(by_table.rules.last(), by_neighbours.rules.last());
    }
}

/// The features of a state, zeros included.
fn dense(features: &Features, s: usize) -> Vec<f64> {
    let mut row = vec![0.0; features.width()];
    features.of(s).iter().for_each(|&(column, x)| row[column as usize] = x);
    row
}

#[test]
fn features_of_a_map() {
    let map = GridMap { rows: vec!["....".chars().collect(), "....".chars().collect(), "....".chars().collect()] };
    let cells = [Some(Cell { row: 2, column: 3 }), None, Some(Cell { row: 0, column: 1 })];
    let at = Features::coordinates(&map, &cells);
    assert_eq!((at.width(), dense(&at, 0), dense(&at, 1)), (3, vec![1.0, 1.0, 1.0], vec![0.0; 3]));
    assert_eq!((dense(&at, 2), at.of(2)), (vec![1.0, 0.0, 1.0 / 3.0], &[(0, 1.0), (2, 1.0 / 3.0)][..]));
    let tiles = Features::tiles(&map, &cells, 2).unwrap();
    assert_eq!((dense(&tiles, 0), dense(&tiles, 1)), (vec![0.0, 0.0, 0.0, 1.0], vec![0.0; 4]));
    let codes = Features::indicators(&[vec![5, 1, 9], vec![5, 2, 4], vec![5, 1, 7]]).unwrap();
    assert_eq!(
        (dense(&codes, 0), dense(&codes, 1)),
        (vec![1.0, 1.0, 0.0, 0.0, 0.0, 1.0], vec![1.0, 0.0, 1.0, 1.0, 0.0, 0.0])
    );
    assert!(Features::indicators(&[vec![5, 1], vec![5]]).unwrap_err().to_string().contains("the codes of state 1"));
    let rows = [vec![0.0, 2.0], vec![3.0, 0.0]];
    let given = Features::from_rows(&rows).unwrap();
    assert_eq!([dense(&given, 0), dense(&given, 1)], rows);
    assert!(matches!(Features::tiles(&map, &cells, 0), Err(Error::Parameter { name: "size", .. })));
    let uneven = Features::from_rows(&[vec![1.0], vec![1.0, 2.0]]).unwrap_err().to_string();
    assert!(uneven.contains("the features of state 1"), "{uneven}");
}

#[test]
fn bad_settings_are_named() {
    let mdp = corridor(3);
    let process = Process::new(&mdp, 5, None).unwrap();
    let parameter = |error: Error| match error {
        Error::Parameter { name, .. } => name,
        other => panic!("{other}"),
    };
    let pooled = |k, m, discount, budget| Pooled::new(process, PooledOptions { k, m, discount, budget }).err().unwrap();
    assert_eq!(parameter(pooled(0, 1, 1.0, 100)), "k");
    assert_eq!(parameter(pooled(6, 1, 1.0, 100)), "k");
    assert_eq!(parameter(pooled(1, 0, 1.0, 100)), "m");
    assert_eq!(parameter(pooled(1, 4, 1.0, 19)), "budget");
    assert_eq!(parameter(pooled(1, 4, 0.0, 100)), "discount");
    let gorp = |k, m, budget| SampledGorp::new(process, k, m, Estimate::Mean, budget).err().unwrap();
    assert_eq!(parameter(gorp(0, 1, 100)), "k");
    assert_eq!(parameter(gorp(6, 1, 10_000)), "k");
    assert_eq!(parameter(gorp(1, 0, 100)), "m");
    assert_eq!(parameter(gorp(2, 1, 19)), "budget");
    let unrewarded = mdp.clone().with_rewards(vec![0.0; mdp.num_choices()]).unwrap();
    let options = LiteralOptions { horizon: 5, k: 1, m: 1, budget: 100, exploration: None };
    let said = literal(&unrewarded, &options, &mut TableOracle::default(), &mut stream(0)).unwrap_err().to_string();
    assert!(said.contains("every reward is 0"), "{said}");
    let narrow = Arc::new(Features::one_hot(2));
    let said = Ridge::new(&mdp, &narrow, 1.0).err().unwrap().to_string();
    assert!(said.contains("features") && said.contains('4'), "{said}");
    assert!(NearestNeighbours::new(&mdp, &narrow, 1).is_err());
    assert!(matches!(open_loop_return(&process, &[2]), Err(Error::Parameter { name: "action", .. })));
}

#[test]
fn the_bound_follows_its_formula_and_covers_a_run() {
    let bound = SampleBound::new(1, 10, 3, 20, 0.1, 0.05).unwrap();
    let episodes = 4.0 * 3.0 * 10.0 * (0.5 + (-1f64).exp()) * 60.0 / (0.05 * 0.01);
    assert!((bound.episodes - episodes).abs() <= 1.0 && bound.steps == bound.episodes * 100.0);
    let deeper = SampleBound::new(2, 10, 3, 20, 0.1, 0.05).unwrap();
    assert!((deeper.episodes / bound.episodes - 8.0).abs() < 1e-6, "2A + 2 times as many episodes");
    assert!(SampleBound::new(1, 10, 3, 20, 0.0, 0.05).is_err() && SampleBound::new(11, 10, 3, 20, 0.1, 0.1).is_err());

    // The regression step alone: the mean squared error under the data law stays below c|X|A/m.
    let mdp = corridor(3);
    let (horizon, m) = (4, 25u64);
    let process = Process::new(&mdp, horizon, None).unwrap();
    let exact = QTable::exploration(&process, None).unwrap();
    let options = LiteralOptions { horizon, k: 1, m, budget: u64::MAX, exploration: None };
    let mut learner = literal_learner(&mdp, &options);
    let (mut error, runs) = (0.0, 400);
    for run in 0..runs {
        learner.collect(0, &options, &[], &mut stream(run));
        learner.fit(0, &options, &mut TableOracle::default()).unwrap();
        error += (0..2).map(|c| 0.5 * (learner.values[c] - exact.layer(0)[c]).powi(2)).sum::<f64>();
    }
    assert!(error / runs as f64 <= 0.868 * 2.0 / m as f64, "{error}");
}
