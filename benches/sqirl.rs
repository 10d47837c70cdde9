//! Steps a second of pooled SQIRL on sticky KeyCorridorS3R1 (k = 1, 2, 3; m = 128, about a million steps a run), one run on each
//! processor at a time as in the experiment, next to the same number of steps of random play alone.
//!
//! `cargo bench --bench sqirl`. An element is an environment step; the ratio of the two rates is the share of stepping.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rayon::prelude::*;
use tabrl::horizon::sqirl::{Pooled, PooledOptions, TableOracle};
use tabrl::horizon::{Player, Process};
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
        let run = |seed: u64| {
            let mut rng = rng::fast(seed, Purpose::Environment, 0);
            pooled.run(&mut TableOracle::default(), &mut rng).expect("a table fits everything").total_steps()
        };
        let all = || (0..runs).into_par_iter().map(run).sum::<u64>();
        group.throughput(Throughput::Elements(all()));
        group.bench_function(format!("SQIRL, k = {k}"), |bencher| bencher.iter(|| black_box(all())));
    }
    let player = Player::new(process).expect("valid settings");
    let random = |seed: u64| {
        let mut rng = rng::fast(seed, Purpose::Environment, 0);
        let mut place = player.start(&mut rng);
        for step in 0..1_000_000 {
            let choice = player.random_choice(&place, &mut rng);
            if player.step(&mut place, choice, &mut rng).terminal || step % HORIZON == 0 {
                place = player.start(&mut rng);
            }
        }
        place.state as u64
    };
    let all = || (0..runs).into_par_iter().map(random).sum::<u64>();
    group.throughput(Throughput::Elements(1_000_000 * runs));
    group.bench_function("random play", |bencher| bencher.iter(|| black_box(all())));
    group.finish();
}

criterion_group!(benches, pooled);
criterion_main!(benches);
