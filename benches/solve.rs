//! Solving a Garnet of 20,000 and 200,000 states x 4 actions x 5 successors, discount 0.99, certified to 1e-6; ten thousand of 20
//! states, one after another; and single sweeps. The value vector of 131,072 states takes 1 MiB.
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

/// Successors drawn with replacement, probabilities by cutting a stick at uniform places, rewards uniform on [0, 1).
fn garnet(states: usize, seed: u64) -> Mdp {
    let rng = &mut rng::fast(seed, Purpose::Generation, states as u64);
    let choices = states * ACTIONS;
    let mut parts = CsrParts {
        choice_start: (0..=states).map(|s| (s * ACTIONS) as u32).collect(),
        branch_start: (0..=choices).map(|c| (c * SUCCESSORS) as u32).collect(),
        ..CsrParts::default()
    };
    for _ in 0..choices {
        let mut cuts = [0.0; SUCCESSORS + 1];
        cuts[SUCCESSORS] = 1.0;
        cuts[1..SUCCESSORS].fill_with(|| rng::uniform(rng));
        cuts.sort_by(f64::total_cmp);
        parts.probability.extend(cuts.windows(2).map(|pair| pair[1] - pair[0]));
        parts.next.extend((0..SUCCESSORS).map(|_| rng::below(rng, states) as u32));
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

criterion_group!(benches, solving, many_small_ones, sweeping);
criterion_main!(benches);
