//! Steps a second of 8,192 copies under a random policy with automatic reset, read from the table and from the model.
//!
//! `cargo bench --bench simulation`; the number of threads is set by `RAYON_NUM_THREADS`. Criterion reports elements a second, and
//! an element is one step of one copy.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tabrl::simulation::TableBatch;

const COPIES: usize = 8_192;
const STEPS: usize = 500;

fn stepping(criterion: &mut Criterion) {
    for name in ["frozenlake/8x8", "minigrid/DoorKey-8x8"] {
        let env = tabrl_envs::make(name, &[]).expect("the registry has this environment");
        let mdp = env.table(10_000_000).expect("it has far fewer states").mdp;
        let mut group = criterion.benchmark_group(name);
        group.sample_size(10).throughput(Throughput::Elements((COPIES * STEPS) as u64));
        let mut batch = TableBatch::from_mdp(&mdp, COPIES, 1, Some(1_000)).expect("valid options");
        group.bench_function("table, fused", |bencher| bencher.iter(|| batch.run_random(black_box(STEPS))));
        let mut batch = TableBatch::from_mdp(&mdp, COPIES, 1, Some(1_000)).expect("valid options");
        let mut actions = vec![0u32; COPIES];
        group.bench_function("table, step by step", |bencher| {
            bencher.iter(|| {
                for _ in 0..STEPS {
                    for (action, &state) in actions.iter_mut().zip(batch.states()) {
                        *action = mdp.choice_starts()[state as usize];
                    }
                    batch.step(black_box(&actions)).expect("the first choice of a state is allowed");
                }
            });
        });
        let mut simulator = env.simulate(COPIES, 1, Some(1_000)).expect("valid options");
        group.bench_function("model, fused", |bencher| {
            bencher.iter(|| simulator.run_random(black_box(STEPS / 10) * 10))
        });
        group.finish();
    }
}

criterion_group!(benches, stepping);
criterion_main!(benches);
