//! What training and exact tools of the learning rooms cost: submodular policy gradients, bi-level rewards, bandits.
//!
//! `cargo bench --bench learning`. One thread; an element is a step of a walk or an episode where a rate is shown.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tabrl::bandits::agent::Task as Blocks;
use tabrl::bandits::agent::deep::{self, Architecture};
use tabrl::bandits::exact::BetaBernoulli;
use tabrl::bandits::policy::make;
use tabrl::reward::bilevel::{
    BarfiSettings, Discount, Inverse, Learner, OuterStep, SampledSettings, exact_barfi, hypergradient, sampled_barfi,
    soft_optimum,
};
use tabrl::submodular::subpo::{Inputs, Memory, Options, Parameters, train};
use tabrl_envs::submodular::{Given, make as walk};
use tabrl_experiments::barfi::maze::Maze;

/// A field of 30 x 30, 40 states a walk, 140 gradient steps of 500 walks each: 2.7 million steps.
fn subpo(criterion: &mut Criterion) {
    let walk = walk("submodular/field-30x30", &Given::default()).expect("the registry has this problem");
    let mut group = criterion.benchmark_group("SubPO, field 30x30");
    group.sample_size(10).throughput(Throughput::Elements(140 * 500 * 39));
    for (name, memory, parameters, step_size) in [
        ("table", Memory::Markov, Parameters::Table, 0.1),
        ("network", Memory::Markov, Parameters::Network(Inputs::Raw), 1e-3),
        ("network of histories", Memory::History, Parameters::Network(Inputs::Raw), 1e-3),
    ] {
        let options = Options { memory, parameters, step_size, epochs: 140, batch: 500, ..Options::default() };
        let run = || train(&walk.problem, &options).expect("valid options").curve;
        group.bench_function(name, |bencher| bencher.iter(|| black_box(run())));
    }
    group.finish();
}

/// The maze of BARFI, 265 states and 4 actions.
fn bilevel(criterion: &mut Criterion) {
    let maze = Maze::new("bad").expect("a known auxiliary reward");
    let (mdp, own) = (maze.mdp(), maze.mdp().rewards().to_vec());
    let discount = Discount::Constant(0.99);
    let mut group = criterion.benchmark_group("maze of 265 states");
    group.sample_size(10);
    let inner = soft_optimum(mdp, &own, 0.5, &discount, None).expect("a soft optimum");
    group.bench_function("gradient at a soft optimum", |bencher| {
        bencher.iter(|| black_box(hypergradient(mdp, &inner, &own, 0.99).expect("a gradient").value));
    });
    group.bench_function("soft optimum and gradient", |bencher| {
        bencher.iter(|| {
            let inner = soft_optimum(mdp, &own, 0.5, &discount, None).expect("a soft optimum");
            black_box(hypergradient(mdp, &inner, &own, 0.99).expect("a gradient").value)
        });
    });
    let outer = OuterStep::Implicit(Inverse::Neumann { terms: 5, step: 5e-4 });
    let options = BarfiSettings { outer, outer_steps: 250, ..BarfiSettings::default() };
    group.bench_function("BARFI, 250 outer steps, exact", |bencher| {
        let run = || exact_barfi(mdp, &maze.features, &maze.tables.auxiliary, &options).expect("valid settings");
        bencher.iter(|| black_box(run().discounts));
    });
    let options = SampledSettings {
        learner: Learner::Barfi { terms: 5, step: 5e-4 },
        episodes: 2000,
        horizon: 50,
        ..SampledSettings::default()
    };
    group.throughput(Throughput::Elements(2000));
    group.bench_function("BARFI, 2000 episodes", |bencher| {
        let run = || sampled_barfi(mdp, &maze.features, &maze.tables.auxiliary, &options).expect("valid settings");
        bencher.iter(|| black_box(run().returns));
    });
    group.finish();
}

/// Two Bernoulli arms over 100 steps, exactly; networks on a tenth of the updates that the experiment has.
fn bandits(criterion: &mut Criterion) {
    let problem = BetaBernoulli::new(2, 100, (1.0, 1.0)).expect("small enough");
    let mut group = criterion.benchmark_group("two arms, 100 steps");
    group.sample_size(10);
    group.bench_function("optimum", |bencher| bencher.iter(|| black_box(problem.optimal_value())));
    for name in ["thompson", "kl-ucb", "bayes-ucb", "ids"] {
        let policy = make(name, (1.0, 1.0), 100).expect("a known policy");
        group.bench_function(name, |bencher| bencher.iter(|| black_box(problem.policy_value(policy.as_ref()))));
    }
    group.finish();
    let task = Blocks::safe_arm(0.6, 20).expect("a probability");
    let mut group = criterion.benchmark_group("safe arm, 300 updates of 64 blocks of 20 pulls");
    group.sample_size(10).throughput(Throughput::Elements(300 * 64 * 20));
    for (name, architecture) in [
        ("recurrent", Architecture::Recurrent { memory: true }),
        ("attention to 20 pulls", Architecture::Attention { context: 20 }),
    ] {
        let options = deep::Options { architecture, updates: 300, ..deep::Options::default() };
        group.bench_function(name, |bencher| {
            bencher.iter(|| black_box(deep::train(&task, &options).expect("valid options")));
        });
    }
    group.finish();
}

criterion_group!(benches, subpo, bilevel, bandits);
criterion_main!(benches);
