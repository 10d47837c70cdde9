//! Solving a Garnet of 20,000 and 200,000 states x 4 actions x 5 successors, discount 0.99, certified to 1e-6; ten thousand of 20
//! states, one after another; and single sweeps. The value vector of 131,072 states takes 1 MiB.
//!
//! Also what a solution costs from 10⁴ to 10⁷ branches.
//!
//! `cargo bench --bench solve`; the number of threads is set by `RAYON_NUM_THREADS`. Every method is timed from the finished
//! table to the certified solution. The sweeps are reported in bytes a second of the arrays they touch: each array is
//! counted once, gathers from the value vector as one more read of it.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tabrl::mdp::{CsrParts, Mdp};
use tabrl::planning::bellman::Sweeper;
use tabrl::planning::{self, Method, SolveOptions, Status};
use tabrl::rng::{self, Purpose};

const ACTIONS: usize = 4;
const SUCCESSORS: usize = 5;
const GAMMA: f64 = 0.99;

/// Any state may follow any other.
fn garnet(states: usize, seed: u64) -> Mdp {
    local_garnet(states, usize::MAX, seed)
}

/// Successors drawn with replacement among the `reach` states from each on, round the end; probabilities by cutting a stick at
/// uniform places, rewards uniform on [0, 1).
fn local_garnet(states: usize, reach: usize, seed: u64) -> Mdp {
    let rng = &mut rng::fast(seed, Purpose::Generation, states as u64);
    let choices = states * ACTIONS;
    let mut parts = CsrParts {
        choice_start: (0..=states).map(|s| (s * ACTIONS) as u32).collect(),
        branch_start: (0..=choices).map(|c| (c * SUCCESSORS) as u32).collect(),
        ..CsrParts::default()
    };
    for c in 0..choices {
        let mut cuts = [0.0; SUCCESSORS + 1];
        cuts[SUCCESSORS] = 1.0;
        cuts[1..SUCCESSORS].fill_with(|| rng::uniform(rng));
        cuts.sort_by(f64::total_cmp);
        parts.probability.extend(cuts.windows(2).map(|pair| pair[1] - pair[0]));
        let ahead = |_| (c / ACTIONS + rng::below(rng, states.min(reach))) % states;
        parts.next.extend((0..SUCCESSORS).map(ahead).map(|t| t as u32));
        parts.reward.push(rng::uniform(rng));
    }
    Mdp::from_csr(parts).expect("the pieces of a stick sum to one")
}

fn solving(criterion: &mut Criterion) {
    for states in [20_000, 200_000] {
        let mdp = garnet(states, 0);
        let mut group = criterion.benchmark_group(format!("garnet {states}"));
        group.sample_size(10);
        for method in [Method::ValueIteration, Method::ModifiedPolicyIteration, Method::PolicyIteration] {
            let options = SolveOptions { epsilon: 1e-6, method, ..SolveOptions::default() };
            group.bench_function(method.to_string(), |bencher| {
                bencher.iter(|| {
                    let solution = planning::solve(&mdp, planning::Criterion::Discounted { gamma: GAMMA }, &options)
                        .expect("the discount and the accuracy are in range");
                    assert_eq!(solution.status, Status::Certified);
                    black_box(solution)
                });
            });
        }
        group.finish();
    }
}

/// Divide by ten thousand for the time of one.
fn many_small_ones(criterion: &mut Criterion) {
    const STATES: usize = 20;
    let tables: Vec<Mdp> = (0..10_000).map(|seed| garnet(STATES, seed)).collect();
    let mut group = criterion.benchmark_group("10,000 tables of 20 states");
    group.sample_size(10);
    for method in [Method::Auto, Method::ModifiedPolicyIteration] {
        let options = SolveOptions { epsilon: 1e-6, method, ..SolveOptions::default() };
        group.bench_function(method.to_string(), |bencher| {
            bencher.iter(|| {
                for mdp in &tables {
                    let solution = planning::solve(mdp, planning::Criterion::Discounted { gamma: GAMMA }, &options)
                        .expect("the discount and the accuracy are in range");
                    assert_eq!(solution.status, Status::Certified);
                    black_box(solution);
                }
            });
        });
    }
    group.finish();
}

fn sweeping(criterion: &mut Criterion) {
    for states in [20_000, 131_072, 200_000] {
        let mdp = garnet(states, 0);
        let sweeper = Sweeper::new(&mdp, GAMMA);
        let v: Vec<f64> = (0..states).map(|s| (s % 97) as f64).collect();
        let (mut out, mut policy) = (v.clone(), vec![0u32; states]);
        // 8 bytes a state to gather from, 8 to compare with, 8 for the result, 4 for the choice.
        let improve = mdp.array_bytes() + 28 * states;
        // Of a policy: the choice, two row pointers, the reward and one row of branches a state.
        let evaluate = (28 + 8 + 8 + 12 * SUCCESSORS) * states;
        let mut group = criterion.benchmark_group(format!("sweep {states}"));
        group.throughput(Throughput::Bytes(improve as u64));
        group.bench_function("all choices", |bencher| {
            bencher.iter(|| sweeper.improve(black_box(&v), &mut out, &mut policy));
        });
        group.throughput(Throughput::Bytes(evaluate as u64));
        group.bench_function("one policy", |bencher| {
            bencher.iter(|| sweeper.evaluate(&policy, black_box(&v), &mut out));
        });
        group.finish();
    }
}

/// Sixteen iterations of value iteration, from the finished table to its bounds, at 10⁴ to 10⁷ branches: the time a branch and
/// sweep stays the same, but for where the values of successors come from (near ones from a cache, far ones from memory).
fn branches(criterion: &mut Criterion) {
    const SWEEPS: usize = 16;
    let mut group = criterion.benchmark_group("branches");
    group.sample_size(10);
    for (reach, name) in [(64, "near"), (usize::MAX, "far")] {
        for branches in [10_000, 100_000, 1_000_000, 10_000_000] {
            let mdp = local_garnet(branches / (ACTIONS * SUCCESSORS), reach, 0);
            assert_eq!(mdp.num_branches(), branches);
            let options = SolveOptions {
                epsilon: 1e-9,
                method: Method::ValueIteration,
                max_iterations: SWEEPS,
                ..SolveOptions::default()
            };
            group.throughput(Throughput::Elements((SWEEPS * branches) as u64));
            group.bench_function(format!("{name} {branches}"), |bencher| {
                bencher.iter(|| {
                    let solution = planning::solve(&mdp, planning::Criterion::Discounted { gamma: GAMMA }, &options)
                        .expect("the discount and the accuracy are in range");
                    assert_eq!((solution.status, solution.sweeps), (Status::IterationLimit, SWEEPS));
                    black_box(solution)
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, solving, many_small_ones, sweeping, branches);
criterion_main!(benches);
