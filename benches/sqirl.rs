//! Steps a second of pooled SQIRL on sticky KeyCorridorS3R1 (k = 1, 2, 3; m = 128, about a million steps a run), one run on each
//! processor at a time as in the experiment, next to the same episodes without learning.
//!
//! `cargo bench --bench sqirl`. An element is an environment step; the ratio of the two rates of a k is the share of stepping.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rayon::prelude::*;
use tabrl::horizon::Process;
use tabrl::horizon::sqirl::{Pooled, PooledOptions, PooledRun, TableOracle};
use tabrl::rng::{self, Purpose};

const HORIZON: usize = 100;

fn pooled(criterion: &mut Criterion) {
    let env = tabrl_envs::make("minigrid/KeyCorridorS3R1", &[]).expect("the registry has this environment");
    let mdp = env.table(1_000).expect("it has far fewer states").mdp;
    let process = Process::new(&mdp, HORIZON, Some(0.25)).expect("valid settings");
    let runs = rayon::current_num_threads() as u64;
    let mut group = criterion.benchmark_group("sticky KeyCorridorS3R1");
    group.sample_size(10);
    for k in [1, 2, 3] {
        let options = PooledOptions { k, m: 128, discount: 0.99, budget: u64::MAX };
        let pooled = Pooled::new(process, options).expect("valid settings");
        let stream = |seed| rng::fast(seed, Purpose::Environment, 0);
        let run = |seed| pooled.run(&mut TableOracle::default(), &mut stream(seed)).expect("a table fits everything");
        let finished: Vec<PooledRun> = (0..runs).into_par_iter().map(run).collect();
        let learning = || (0..runs).into_par_iter().map(|seed| run(seed).total_steps()).sum::<u64>();
        group.throughput(Throughput::Elements(learning()));
        group.bench_function(format!("SQIRL, k = {k}"), |bencher| bencher.iter(|| black_box(learning())));
        let replay = |seed: u64| pooled.replay(&finished[seed as usize], &mut stream(seed));
        let stepping = || (0..runs).into_par_iter().map(replay).sum::<u64>();
        group.throughput(Throughput::Elements(stepping()));
        group.bench_function(format!("its steps alone, k = {k}"), |bencher| bencher.iter(|| black_box(stepping())));
    }
    group.finish();
}

criterion_group!(benches, pooled);
criterion_main!(benches);
