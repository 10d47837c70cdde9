//! Row by row against Gymnasium's own tables.
//!
//! `gymnasium.json.gz` holds, for each environment, the initial distribution and the dictionary `P[s][a]` of outcomes
//! `[probability, next, reward, terminated]`, as Gymnasium 1.4.0 builds them. States are numbered as Gymnasium numbers them.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use flate2::read::GzDecoder;
use serde_json::Value;
use tabrl::mdp::{Mdp, enumerate};
use tabrl::planning::{Criterion, Method, SolveOptions, Status, methods, solve};
use tabrl_envs::make;
use tabrl_envs::taxi::Taxi;

/// Probability of each `(next, reward in thousandths, terminated)`.
type Law = BTreeMap<(u64, i64, bool), f64>;

fn thousandths(reward: f64) -> i64 {
    (reward * 1000.0).round() as i64
}

fn reference(name: &str) -> Value {
    let mut text = String::new();
    GzDecoder::new(&include_bytes!("gymnasium.json.gz")[..]).read_to_string(&mut text).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["tables"][name].take()
}

fn reference_law(table: &Value, s: u64, a: usize) -> Law {
    let mut law = Law::new();
    for outcome in table["P"][s as usize][a].as_array().unwrap() {
        let key =
            (outcome[1].as_u64().unwrap(), thousandths(outcome[2].as_f64().unwrap()), outcome[3].as_bool().unwrap());
        *law.entry(key).or_insert(0.0) += outcome[0].as_f64().unwrap();
    }
    law
}

/// `ids[i]` is Gymnasium's number of state `i` of `mdp`.
fn compare(name: &str, mdp: &Mdp, ids: &[u64]) {
    let table = reference(name);
    let initial = table["initial"].as_array().unwrap();
    let started: f64 = mdp
        .initial()
        .iter()
        .map(|&(s, p)| {
            assert!((initial[ids[s as usize] as usize].as_f64().unwrap() - p).abs() < 1e-15, "{name}");
            p
        })
        .sum();
    assert!((started - 1.0).abs() < 1e-12);

    let mut reached: BTreeSet<(u64, bool)> = mdp.initial().iter().map(|&(s, _)| (ids[s as usize], false)).collect();
    for s in (0..mdp.num_states()).filter(|&s| !mdp.is_terminal(s)) {
        assert_eq!(mdp.choices(s).len(), table["P"][0].as_array().unwrap().len(), "{name}");
        for (a, c) in mdp.choices(s).enumerate() {
            let mut law = Law::new();
            for b in mdp.branch_range(c) {
                let next = mdp.successors()[b] as usize;
                let key = (ids[next], thousandths(mdp.branch_reward(c, b)), mdp.is_terminal(next));
                *law.entry(key).or_insert(0.0) += mdp.probabilities()[b];
            }
            let expected = reference_law(&table, ids[s], a);
            assert!(law.keys().eq(expected.keys()), "{name}, state {}, action {a}: {law:?} {expected:?}", ids[s]);
            for (key, p) in &law {
                assert!(
                    (p - expected[key]).abs() < 1e-15,
                    "{name}, state {}, action {a}: {law:?} {expected:?}",
                    ids[s]
                );
            }
            reached.extend(expected.keys().map(|&(next, _, terminal)| (next, terminal)));
        }
    }
    // The table is exactly what can be reached.
    let ours: BTreeSet<(u64, bool)> = (0..mdp.num_states()).map(|s| (ids[s], mdp.is_terminal(s))).collect();
    assert_eq!(ours, reached, "{name}");
}

#[test]
fn gridworlds() {
    for name in [
        "frozenlake/4x4",
        "frozenlake/4x4 slippery=false",
        "frozenlake/4x4 success=0.8",
        "frozenlake/8x8",
        "frozenlake/8x8 slippery=false",
        "cliffwalking",
        "cliffwalking slippery=true",
    ] {
        let mut words = name.split(' ');
        let given: Vec<(&str, &str)> = words.clone().skip(1).filter_map(|word| word.split_once('=')).collect();
        let table = make(words.next().unwrap(), &given).unwrap().table(1000).unwrap();
        let width = table.map.as_ref().unwrap().rows[0].len();
        let ids: Vec<u64> =
            table.cells.iter().map(|cell| cell.map(|c| (c.row * width + c.column) as u64).unwrap()).collect();
        compare(name, &table.mdp, &ids);
    }
}

#[test]
fn taxi() {
    let table = enumerate(&Taxi, 1000).unwrap();
    assert_eq!((table.mdp.num_states(), table.mdp.num_terminal(), table.mdp.initial().len()), (404, 4, 300));
    let ids: Vec<u64> = table.states.iter().map(|&s| u64::from(s)).collect();
    compare("taxi", &table.mdp, &ids);
}

/// Optimal discounted values from the start, computed from Gymnasium's tables: 6000 sweeps, then the linear system of the greedy policy.
#[test]
fn optimal_values() {
    for (name, given, gamma, expected) in [
        ("frozenlake/4x4", [].as_slice(), 0.99, 0.5420259320004736),
        ("frozenlake/4x4", &[("success", "0.8")], 0.99, 0.7163226377010581),
        ("frozenlake/4x4", &[("slippery", "false")], 0.99, 0.9509900498999999),
        ("frozenlake/8x8", &[], 0.99, 0.4146403617999881),
        ("frozenlake/8x8", &[], 0.9, 0.006411114261567718),
        ("cliffwalking", &[], 0.99, -12.247897700103202),
        ("cliffwalking", &[("slippery", "true")], 0.99, -46.35267218165212),
        ("taxi", &[], 0.99, 6.327464314919367),
        ("taxi", &[], 0.9, -1.2633230990396556),
    ] {
        let mdp = make(name, given).unwrap().table(1000).unwrap().mdp;
        let options = SolveOptions { epsilon: 1e-10, ..SolveOptions::default() };
        let solution = solve(&mdp, Criterion::Discounted { gamma }, &options).unwrap();
        assert_eq!(solution.status, Status::Certified);
        let (low, high) = (mdp.initial_value(&solution.lower), mdp.initial_value(&solution.upper));
        assert!(low <= expected && expected <= high, "{name} {given:?} {gamma}: {low} to {high}");
    }
}

/// Gymnasium's own table solved by what shares nothing with the library: policy iteration by Gaussian elimination.
/// The value of every state, where the episode goes on.
fn howard(table: &Value, gamma: f64) -> Vec<f64> {
    let rows: Vec<Vec<Law>> = (0..table["P"].as_array().unwrap().len() as u64)
        .map(|s| (0..table["P"][s as usize].as_array().unwrap().len()).map(|a| reference_law(table, s, a)).collect())
        .collect();
    let n = rows.len();
    let mut policy = vec![0; n];
    loop {
        let mut a = vec![vec![0.0; n + 1]; n];
        for s in 0..n {
            a[s][s] = 1.0;
            for (&(t, reward, done), p) in &rows[s][policy[s]] {
                a[s][n] += p * reward as f64 / 1000.0;
                if !done {
                    a[s][t as usize] -= gamma * p;
                }
            }
        }
        for k in 0..n {
            let pivot = (k..n).max_by(|&i, &j| a[i][k].abs().total_cmp(&a[j][k].abs())).unwrap();
            a.swap(k, pivot);
            let (above, below) = a.split_at_mut(k + 1);
            for row in below {
                let factor = row[k] / above[k][k];
                if factor != 0.0 {
                    (k..=n).for_each(|j| row[j] -= factor * above[k][j]);
                }
            }
        }
        let mut v = vec![0.0; n];
        for k in (0..n).rev() {
            v[k] = (a[k][n] - (k + 1..n).map(|j| a[k][j] * v[j]).sum::<f64>()) / a[k][k];
        }
        let q = |s: usize, a: usize| -> f64 {
            let next = |t: u64, done: bool| if done { 0.0 } else { gamma * v[t as usize] };
            rows[s][a].iter().map(|(&(t, reward, done), p)| p * (reward as f64 / 1000.0 + next(t, done))).sum()
        };
        let mut changed = false;
        for s in 0..n {
            let best = (0..rows[s].len()).max_by(|&a, &b| q(s, a).total_cmp(&q(s, b))).unwrap();
            if q(s, best) > q(s, policy[s]) + 1e-11 {
                (policy[s], changed) = (best, true);
            }
        }
        if !changed {
            return v;
        }
    }
}

#[test]
fn every_state_has_the_value_of_an_independent_solution() {
    for (name, words, gammas) in [
        ("frozenlake/4x4", "", [0.9, 0.99]),
        ("frozenlake/4x4", " slippery=false", [0.9, 0.99]),
        ("frozenlake/8x8", "", [0.9, 0.99]),
        ("frozenlake/8x8", " slippery=false", [0.9, 0.99]),
        ("cliffwalking", "", [0.9, 0.99]),
        ("cliffwalking", " slippery=true", [0.9, 0.99]),
        ("taxi", "", [0.9, 0.99]),
    ] {
        let given: Vec<(&str, &str)> = words.trim().split_once('=').into_iter().collect();
        let (mdp, ids): (Mdp, Vec<u64>) = if name == "taxi" {
            let table = enumerate(&Taxi, 1000).unwrap();
            (table.mdp, table.states.iter().map(|&s| u64::from(s)).collect())
        } else {
            let table = make(name, &given).unwrap().table(1000).unwrap();
            let width = table.map.as_ref().unwrap().rows[0].len();
            let place = |cell: &Option<tabrl::mdp::Cell>| cell.map(|c| (c.row * width + c.column) as u64).unwrap();
            (table.mdp, table.cells.iter().map(place).collect())
        };
        let reference = reference(&format!("{name}{words}"));
        for gamma in gammas {
            let truth = howard(&reference, gamma);
            for info in methods().iter().filter(|info| info.criteria.contains("discounted")) {
                if matches!(info.method, Method::Exact | Method::LinearProgramming) {
                    continue; // for smaller tables
                }
                let options = SolveOptions { method: info.method, epsilon: 1e-10, ..SolveOptions::default() };
                let solution = solve(&mdp, Criterion::Discounted { gamma }, &options).unwrap();
                assert_eq!(solution.status, Status::Certified, "{name}{words} {gamma} {}", info.name);
                for s in (0..mdp.num_states()).filter(|&s| !mdp.is_terminal(s)) {
                    let (found, truth) = (solution.values[s], truth[ids[s] as usize]);
                    assert!(
                        (found - truth).abs() <= 1e-9,
                        "{name}{words} {gamma} {}, state {s}: {found} {truth}",
                        info.name
                    );
                }
            }
        }
    }
}
