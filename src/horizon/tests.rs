//! Identities that hold for every MDP, on random ones; a chain with known answers; GORP against sampling.

use rand::Rng;

use super::*;
use crate::Error;
use crate::mdp::{DecisionRule, Mdp, MdpBuilder, Policy};
use crate::rng::{self, Purpose};

/// A random MDP: `branches = 1` makes it deterministic. The last state is terminal.
pub(super) fn random_mdp(seed: u64, states: usize, actions: usize, branches: usize) -> Mdp {
    let mut rng = rng::fast(seed, Purpose::Generation, 0);
    let mut builder = MdpBuilder::new(states + 1);
    for s in 0..states {
        for a in 0..actions {
            let reward = rng::uniform(&mut rng) - 0.4;
            let weights: Vec<f64> = (0..branches).map(|_| rng::uniform(&mut rng) + 0.01).collect();
            let total: f64 = weights.iter().sum();
            let law: Vec<_> =
                weights.iter().map(|w| (w / total, (rng.next_u64() % (states as u64 + 1)) as usize, reward)).collect();
            builder.choice(s, a, &law);
        }
    }
    builder.terminal(states).build().unwrap()
}

/// A corridor of `n` cells with actions "back to the start" and "on"; reward 1 on leaving the last cell.
pub(super) fn corridor(n: usize) -> Mdp {
    let mut builder = MdpBuilder::new(n + 1);
    for s in 0..n {
        builder.choice(s, 0, &[(1.0, 0, 0.0)]);
        builder.choice(s, 1, &[(1.0, s + 1, if s + 1 == n { 1.0 } else { 0.0 })]);
    }
    builder.terminal(n).build().unwrap()
}

/// The sticky process written out over pairs `(s, b)`, with a fresh start for each state in which nothing is repeated.
pub(super) fn written_out(mdp: &Mdp, p: f64) -> Mdp {
    let (states, actions) = (mdp.num_states(), mdp.num_actions());
    let pair = |s: usize, b: usize| s * (actions + 1) + b; // b = A: nothing has been executed yet
    let mut builder = MdpBuilder::new(states * (actions + 1));
    for s in 0..states {
        for b in 0..=actions {
            if mdp.is_terminal(s) {
                builder.terminal(pair(s, b));
                continue;
            }
            for a in 0..actions {
                let mut law = Vec::new();
                for (executed, weight) in if b == actions { vec![(a, 1.0)] } else { vec![(a, 1.0 - p), (b, p)] } {
                    let c = mdp.choice_of(s, executed).unwrap();
                    law.extend(mdp.branches(c).map(|(t, q)| (weight * q, pair(t, executed), mdp.rewards()[c])));
                }
                builder.choice(pair(s, b), a, &law);
            }
        }
    }
    builder.initial(pair(mdp.initial()[0].0 as usize, actions), 1.0).build().unwrap()
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-12 * a.abs().max(b.abs()).max(1.0)
}

#[test]
fn qvi_rises_to_the_optimum() {
    for seed in 0..20 {
        let mdp = random_mdp(seed, 7, 3, 1 + seed as usize % 3);
        for sticky in [None, Some(0.25)] {
            let process = Process::new(&mdp, 6, sticky).unwrap();
            let q_star = QTable::optimal(&process);
            let mut q = QTable::exploration(&process, None).unwrap();
            for k in 1..=6 {
                let before = q.clone();
                for t in 0..6 {
                    assert!(q.layer(t).iter().zip(q_star.layer(t)).all(|(x, y)| *x <= y + 1e-12), "seed {seed} k {k}");
                }
                if k == 6 {
                    assert_eq!(q, q_star);
                    assert!(is_solvable(&process, &q, &q_star));
                    assert_eq!(greedy_return(&process, &q), q.initial_max(&process));
                }
                q.qvi_step(&process);
                for t in 0..6 {
                    assert!(before.layer(t).iter().zip(q.layer(t)).all(|(x, y)| *x <= y + 1e-12), "seed {seed} k {k}");
                }
            }
        }
    }
}

#[test]
fn no_stickiness_is_the_deterministic_process() {
    for seed in 0..10 {
        let mdp = random_mdp(100 + seed, 9, 3, 1);
        let plain = analyse(&mdp, &HorizonOptions::new(8)).unwrap();
        let sticky = HorizonOptions { sticky: Some(0.0), ..HorizonOptions::new(8) };
        let mut sticky = analyse(&mdp, &sticky).unwrap();
        assert!(sticky.sticky_states.is_some());
        (sticky.sticky, sticky.sticky_states) = (None, None);
        assert_eq!(plain, sticky);
    }
}

#[test]
fn sticky_actions_equal_the_written_out_process() {
    for seed in 0..30 {
        let mdp = random_mdp(200 + seed, 6, 3, 1 + seed as usize % 2);
        let options = HorizonOptions { gorp_ks: 0, ..HorizonOptions::new(7) };
        let short = analyse(&mdp, &HorizonOptions { sticky: Some(0.25), ..options.clone() }).unwrap();
        let long = analyse(&written_out(&mdp, 0.25), &options).unwrap();
        assert!(close(short.j_optimal, long.j_optimal) && close(short.j_random, long.j_random));
        assert!(close(short.j_worst, long.j_worst));
        assert_eq!((short.k_min, short.epw, short.k_return95), (long.k_min, long.epw, long.k_return95), "seed {seed}");
        for (a, b) in short.greedy_returns.iter().zip(&long.greedy_returns) {
            assert!(close(*a, *b), "seed {seed}: {a} {b}");
        }
        for (a, b) in short.stochastic.iter().zip(&long.stochastic) {
            assert!((a.gap_greedy / b.gap_greedy - 1.0).abs() < 1e-6, "seed {seed}: {a:?} {b:?}");
            // The written-out process has (s, b) with every b; what can be visited is the same.
            assert!((a.gap_visitable / b.gap_visitable - 1.0).abs() < 1e-6, "seed {seed}: {a:?} {b:?}");
        }
    }
}

#[test]
fn reports_are_consistent() {
    for seed in 0..20 {
        let mdp = random_mdp(300 + seed, 8, 2, 1 + seed as usize % 2);
        let report = analyse(&mdp, &HorizonOptions::new(6)).unwrap();
        assert!(report.j_worst <= report.j_random && report.j_random <= report.j_optimal);
        assert!(report.greedy_returns.iter().all(|&j| report.j_worst <= j + 1e-12 && j <= report.j_optimal + 1e-12));
        let k = report.k_min.unwrap();
        assert!(k <= 6 && report.epw <= 6);
        if k <= 5 {
            assert!(report.j_optimal - report.greedy_returns[k - 1] <= 6.0 * OPTIMALITY_TOLERANCE);
        }
        assert_eq!(report.h_simple.is_some(), seed % 2 == 0);
        assert!(report.stochastic.iter().all(|h| h.gap_visitable <= h.gap_greedy && h.gap_visitable > 0.0));
    }
}

#[test]
fn a_corridor_needs_to_be_seen_to_its_end() {
    let mdp = corridor(4);
    let report = analyse(&mdp, &HorizonOptions::new(4)).unwrap();
    assert_eq!((report.states, report.actions, report.k_min, report.epw), (4, 2, Some(1), 4));
    assert_eq!((report.j_optimal, report.j_random, report.j_worst), (1.0, 1.0 / 16.0, 0.0));
    // Only the right sequence pays, so GORP(1, m) needs a hit at every step: with m = 1, action 1 wins the first step with
    // probability 1/8, the second with 1/4, the third with 1/2.
    let process = Process::new(&mdp, 4, None).unwrap();
    let q_star = QTable::optimal(&process);
    let gorp = ExactGorp::new(process, &q_star, None).unwrap();
    assert!((gorp.success(1, 1).probability - 1.0 / 64.0).abs() < 1e-15);
    assert_eq!(gorp.success(4, 1).probability, 1.0);
    let expected: f64 = [8.0, 4.0, 2.0].iter().map(|n: &f64| 1.0 - (1.0 - 1.0 / n).powi(9)).product();
    assert!((gorp.success(1, 9).probability - expected).abs() < 1e-14);
    let search = gorp.search(1, 1e8).unwrap();
    let least = (1..).find(|&m| gorp.success(1, m).probability >= 0.5).unwrap();
    assert_eq!(search.m, least);
    assert_eq!(search.probability_below, Some(gorp.success(1, least - 1).probability));
    assert_eq!(gorp.search(1, 31.0), None); // T² A = 32 steps are needed for m = 1
}

/// The return of the sequence that GORP finds, run as one would; terminal states absorb.
fn run_gorp(mdp: &Mdp, horizon: usize, k: usize, m: u64, rng: &mut impl Rng) -> f64 {
    let actions = mdp.num_actions();
    let play = |s: &mut usize, total: &mut f64, a: usize| {
        if !mdp.is_terminal(*s) {
            let c = mdp.choice_of(*s, a).unwrap();
            *total += mdp.rewards()[c];
            *s = mdp.successors()[c] as usize;
        }
    };
    let mut prefix = Vec::new();
    for i in 0..horizon {
        let length = k.min(horizon - i);
        let mut best = (f64::NEG_INFINITY, 0);
        for code in 0..actions.pow(length as u32) {
            let digits: Vec<usize> = (0..length).rev().map(|d| code / actions.pow(d as u32) % actions).collect();
            let mut sum = 0.0;
            for _ in 0..m {
                let mut s = 0;
                for t in 0..horizon {
                    let random = (rng.next_u64() % actions as u64) as usize;
                    let a = prefix.get(t).or(digits.get(t.wrapping_sub(i))).copied().unwrap_or(random);
                    play(&mut s, &mut sum, a);
                }
            }
            if sum > best.0 {
                best = (sum, digits[0]);
            }
        }
        prefix.push(best.1);
    }
    let (mut s, mut total) = (0, 0.0);
    prefix.iter().for_each(|&a| play(&mut s, &mut total, a));
    total
}

#[test]
fn exact_gorp_agrees_with_running_it() {
    // A ring of 5 cells with three actions: stay, left, and right; leaving cell 2 to the right pays 1. Graded: going left
    // costs a half, cell 1 to cell 2 pays a half.
    let ring = |graded: f64| {
        let mut builder = MdpBuilder::new(6);
        for s in 0..5usize {
            builder.choice(s, 0, &[(1.0, s, 0.0)]).choice(s, 1, &[(1.0, (s + 4) % 5, -graded)]);
            let pay = [0.0, graded, 1.0, 0.0, 0.0][s];
            builder.choice(s, 2, &[(1.0, if s == 2 { 5 } else { (s + 1) % 5 }, pay)]);
        }
        builder.terminal(5).build().unwrap()
    };
    let mut rng = rng::fast(11, Purpose::Evaluation, 0);
    let runs = 4000;
    for graded in [0.0, 0.5] {
        let mdp = ring(graded);
        let process = Process::new(&mdp, 6, None).unwrap();
        let q_star = QTable::optimal(&process);
        let gorp = ExactGorp::new(process, &q_star, None).unwrap();
        let j_optimal = q_star.initial_max(&process);
        for (k, m) in [(1, 1), (1, 4), (2, 1), (2, 3), (3, 1)] {
            let exact = gorp.success(k, m).probability;
            let wins = (0..runs).filter(|_| run_gorp(&mdp, 6, k, m, &mut rng) > j_optimal - 1e-9).count();
            let error = (wins as f64 / runs as f64 - exact).abs();
            let allowed = 3.5 * (exact * (1.0 - exact) / runs as f64).sqrt();
            assert!(error <= allowed, "graded {graded} k {k} m {m}: exact {exact}, off {error}");
        }
    }
}

#[test]
fn gorp_refuses_what_it_cannot_evaluate() {
    let refused = |mdp: &Mdp, horizon, sticky| {
        let process = Process::new(mdp, horizon, sticky).unwrap();
        let q_star = QTable::optimal(&process);
        ExactGorp::new(process, &q_star, None).err().map(|e| e.to_string())
    };
    assert!(refused(&corridor(3), 5, Some(0.25)).unwrap().contains("deterministic"));
    assert!(refused(&random_mdp(1, 4, 2, 2), 5, None).unwrap().contains("deterministic"));
    assert!(refused(&random_mdp(1, 4, 2, 1), 5, None).unwrap().contains("multiples of one unit"));
    let rewards = |x: f64| corridor(3).with_rewards(vec![0.0, x, 0.0, 0.0, 0.0, 7.5]).unwrap();
    assert!(refused(&rewards(0.001), 5, None).unwrap().contains("multiples of one unit"));
    assert_eq!(refused(&rewards(0.0), 5, None), None);
    assert_eq!(refused(&rewards(-2.5), 5, None), None);
}

#[test]
fn an_exploration_policy_replaces_random_play() {
    let mdp = corridor(4);
    let good = DecisionRule::Stochastic(vec![0.1, 0.9, 0.1, 0.9, 0.1, 0.9, 0.1, 0.9]);
    let rules = Policy::time_indexed(&mdp, vec![good.clone(); 4]).unwrap();
    for policy in [Policy::stationary(&mdp, good).unwrap(), rules] {
        let options = HorizonOptions { exploration: Some(policy), ..HorizonOptions::new(4) };
        let report = analyse(&mdp, &options).unwrap();
        assert!((report.j_random - 0.9f64.powi(4)).abs() < 1e-15);
        assert_eq!(report.gorp_m1, Some(1));
    }
    let short = Policy::time_indexed(&mdp, vec![DecisionRule::Stochastic(vec![0.5; 8]); 3]).unwrap();
    let options = HorizonOptions { exploration: Some(short), ..HorizonOptions::new(4) };
    assert!(matches!(analyse(&mdp, &options), Err(Error::Shape { .. })));
}

#[test]
fn uneven_actions_are_refused() {
    let mut builder = MdpBuilder::new(3);
    builder.choice(0, 0, &[(1.0, 1, 0.0)]).choice(0, 1, &[(1.0, 2, 0.5)]);
    builder.choice(1, 0, &[(1.0, 2, 1.0)]).terminal(2);
    let error = analyse(&builder.build().unwrap(), &HorizonOptions::new(2)).unwrap_err();
    assert!(matches!(error, Error::NotApplicable { .. }), "{error}");
}

#[test]
fn one_action_needs_no_choice() {
    let mut builder = MdpBuilder::new(2);
    builder.choice(0, 0, &[(1.0, 1, 1.0)]).terminal(1);
    let report = analyse(&builder.build().unwrap(), &HorizonOptions::new(3)).unwrap();
    assert_eq!((report.k_min, report.epw, report.h_simple), (Some(1), 1, Some(1.0)));
    assert_eq!((report.gorp_m1, report.gorp_h1), (Some(1), Some(1.0)));
}
