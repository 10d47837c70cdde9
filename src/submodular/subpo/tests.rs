#![allow(clippy::unwrap_used)]

use super::exact::{expected_gradient, natural_ascent, softmax};
use super::*;
use crate::mdp::MdpBuilder;
use crate::rng::{self, Purpose};
use crate::submodular::function::Coverage;
use crate::submodular::testing::{assert_close, coverage, items, trap};
use crate::submodular::{Lattice, Problem, SetFunction};

/// Four states, two actions, H = 4, random transitions and footprints.
fn random_problem(seed: u64) -> Problem<Coverage> {
    let mut random = rng::fast(seed, Purpose::Generation, 0);
    let mut builder = MdpBuilder::new(4);
    for (s, a) in (0..4).flat_map(|s| [(s, 0), (s, 1)]) {
        let weights: Vec<f64> = (0..4).map(|_| rng::uniform(&mut random)).collect();
        let sum: f64 = weights.iter().sum();
        let row: Vec<(f64, usize, f64)> = weights.iter().enumerate().map(|(t, w)| (w / sum, t, 0.0)).collect();
        builder.choice(s, a, &row);
    }
    builder.initial(0, 1.0);
    let footprints = (0..4).map(|_| (0..3).map(|_| rng::below(&mut random, 6)).collect()).collect();
    let weights = (0..6).map(|_| rng::uniform(&mut random)).collect();
    Problem::new(builder.build().unwrap(), 4, Coverage::new(footprints, weights).unwrap()).unwrap()
}

fn random_logits(count: usize, seed: u64) -> Vec<f64> {
    let mut random = rng::fast(seed, Purpose::Initialisation, 1);
    (0..count).map(|_| 2.0 * rng::uniform(&mut random) - 1.0).collect()
}

/// Reward-to-go and the full return are the gradient; the prefix of the released code is the myopic weight, which is not, but for the
/// last action.
#[test]
fn the_estimators_are_what_they_are_said_to_be() {
    for seed in 0..5 {
        let problem = random_problem(seed);
        let (mdp, lattice) = (&problem.mdp, Lattice::new(&problem).unwrap());
        let mut logits = random_logits(24, seed);
        let policy = softmax(mdp, 4, &logits);
        let tables = lattice.tables(&policy);
        let of = |estimator| expected_gradient(mdp, &policy, &tables, estimator);
        let [to_go, full, prefix, myopic] =
            [Estimator::RewardToGo, Estimator::Full, Estimator::Prefix, Estimator::Myopic].map(of);
        let mut off = 0.0f64;
        for i in 0..24 {
            let middle = logits[i];
            let mut at = |x| {
                logits[i] = x;
                lattice.value(&softmax(mdp, 4, &logits))
            };
            let slope = (at(middle + 1e-5) - at(middle - 1e-5)) / 2e-5;
            at(middle);
            assert_close("reward-to-go", to_go[i], slope, 1e-8);
            assert_close("full return", full[i], slope, 1e-8);
            assert_close("prefix and myopic", prefix[i], myopic[i], 1e-12);
            off = off.max((prefix[i] - slope).abs());
            if i >= 16 {
                assert_close("the last action", prefix[i], slope, 1e-8);
            }
        }
        assert!(off > 1e-3, "the prefix is off by {off} at most");
    }
}

/// The length of sampled gradients agrees with that of their expectation within four standard errors.
#[test]
fn sampled_gradients_have_the_exact_mean() {
    let problem = coverage(5, 0.1);
    let lattice = Lattice::new(&problem).unwrap();
    let uniform = crate::submodular::MarkovPolicy::uniform(&problem.mdp, 5);
    let tables = lattice.tables(&uniform);
    for estimator in [Estimator::RewardToGo, Estimator::Full, Estimator::Prefix, Estimator::Myopic] {
        let exact = expected_gradient(&problem.mdp, &uniform, &tables, estimator);
        let norm = exact.iter().map(|g| g * g).sum::<f64>().sqrt();
        let (variance, measured) =
            variance(&problem, &Options { estimator, batch: 20_000, seed: 1, ..Options::default() }).unwrap();
        // ‖mean‖² is above ‖E‖² by the trace of the covariance over the number of walks, in expectation.
        let expected = (norm * norm + variance / 20_000.0).sqrt();
        assert_close(estimator.name(), measured, expected, 4.0 * (variance / 20_000.0).sqrt());
    }
}

/// Target 11: the variance of a single walk's estimate on instance A, H = 8, to 5 %, and its order.
#[test]
fn the_variance_of_the_estimators() {
    let problem = coverage(8, 0.0);
    let of =
        |estimator| variance(&problem, &Options { estimator, batch: 20_000, seed: 2, ..Options::default() }).unwrap().0;
    for (estimator, reference) in [
        (Estimator::Full, 8063.0),
        (Estimator::FullBaseline, 556.0),
        (Estimator::RewardToGo, 1458.0),
        (Estimator::RewardToGoBaseline, 352.0),
        (Estimator::Prefix, 4929.0),
        (Estimator::Myopic, 173.0),
        (Estimator::MyopicBaseline, 107.0),
    ] {
        assert_close(estimator.name(), of(estimator), reference, 0.05 * reference);
    }
}

/// Instance B: whoever weighs with what has been collected so far, or with the next gain, takes the bait.
#[test]
fn the_trap_tells_the_estimators_apart() {
    let problem = trap();
    let late = |estimator| {
        let options = Options { estimator, epochs: 200, batch: 500, seed: 3, ..Options::default() };
        train(&problem, &options).unwrap().late(10)
    };
    for estimator in [Estimator::RewardToGo, Estimator::RewardToGoBaseline] {
        assert!(late(estimator) > 99.0);
    }
    for estimator in [Estimator::Prefix, Estimator::Myopic] {
        assert!(late(estimator) < 3.0);
    }
}

#[test]
fn training_on_weighted_coverage_ends_where_the_reference_does() {
    let problem = coverage(6, 0.0);
    let late = |estimator, pay| {
        let runs = (0..3).map(|seed| train(&problem, &Options { estimator, pay, seed, ..Options::default() }).unwrap());
        runs.map(|run| run.late(10)).sum::<f64>() / 3.0
    };
    assert_close("rtgb", late(Estimator::RewardToGoBaseline, Pay::Submodular), 59.96, 0.1);
    assert_close("myopic", late(Estimator::Myopic, Pay::Submodular), 58.92, 0.2);
    assert_close("ModPO", late(Estimator::RewardToGoBaseline, Pay::Modular), 24.06, 0.3);
}

/// A history-dependent table gains what no Markovian one can.
#[test]
fn memory_pays_where_chance_decides() {
    let problem = crate::submodular::testing::markov_gap();
    let late = |memory| train(&problem, &Options { memory, seed: 1, ..Options::default() }).unwrap().late(10);
    assert_close("Markov", late(Memory::Markov), 1.5, 0.05);
    assert!(late(Memory::History) > 1.97);
}

#[test]
fn a_network_learns_and_a_run_is_a_function_of_its_seed() {
    let problem = items(7, 0.0);
    for (memory, inputs) in [(Memory::Markov, Inputs::Scaled), (Memory::History, Inputs::Raw)] {
        let parameters = Parameters::Network(inputs);
        let options = Options { memory, parameters, epochs: 60, batch: 100, step_size: 0.01, ..Options::default() };
        let run = train(&problem, &options).unwrap();
        assert!(run.late(5) > run.curve[0] + 0.8, "{memory:?}: from {} to {}", run.curve[0], run.late(5));
        assert_eq!(run, train(&problem, &options).unwrap());
        assert_ne!(run, train(&problem, &Options { seed: 1, ..options }).unwrap());
        assert_close("best", problem.function.value(&run.best.0), run.best.1, 1e-12);
    }
}

#[test]
fn the_networks_gradient_agrees_with_finite_differences() {
    for (memory, count) in [(Memory::Markov, 2437), (Memory::History, 4805)] {
        let mut network = Network::new((memory, Inputs::Scaled), (900, 39, 5), 0.1, 4);
        assert_eq!(network.parameters(), count);
        let history: Vec<u32> = vec![34, 35, 65, 66, 96];
        let slopes = [0.3, -1.0, 0.5, 0.7, -0.2];
        network.add_gradient(4, &history, &slopes);
        let gradient = network.weights_and_gradient().1.to_vec();
        let mut out = [0.0; 5];
        for i in (0..count).step_by(37) {
            let middle = network.weights_and_gradient().0[i];
            let mut at = |x: f64| {
                network.weights_and_gradient().0[i] = x;
                network.logits(4, &history, &mut out);
                out.iter().zip(&slopes).map(|(y, d)| y * d).sum::<f64>()
            };
            let slope = (at(middle + 1e-6) - at(middle - 1e-6)) / 2e-6;
            at(middle);
            assert_close("slope", gradient[i], slope, 1e-8);
        }
    }
}

/// The entropy's gradient, through an ascent of nothing else, makes a policy more even.
#[test]
fn entropy_is_climbed() {
    let problem = coverage(4, 0.0);
    let late = |entropy| train(&problem, &Options { entropy, epochs: 100, ..Options::default() }).unwrap().late(5);
    // A large weight keeps the policy near uniform, at a cost.
    assert!(late(1e4) < late(0.0) - 5.0);
}

#[test]
fn natural_ascent_does_not_descend() {
    let problem = coverage(6, 0.1);
    let lattice = Lattice::new(&problem).unwrap();
    let values = natural_ascent(&lattice, &problem.mdp, 6, 0.02, 100);
    assert!(values.windows(2).all(|pair| pair[1] >= pair[0] - 1e-9));
    assert!(values[100] > 56.0 && values[100] <= lattice.optimum().value, "{}", values[100]);
}

/// With one walk the mean of the batch is the walk itself; variances exist for walks without an action too.
#[test]
fn a_batch_of_one_has_no_baseline() {
    let problem = coverage(4, 0.0);
    let options = Options { batch: 1, epochs: 2, ..Options::default() };
    assert!(train(&problem, &options).unwrap_err().to_string().contains("batch = 1"));
    train(&problem, &Options { estimator: Estimator::RewardToGo, ..options }).unwrap();
    let alone = coverage(1, 0.0);
    assert_eq!(variance(&alone, &Options { batch: 5, ..Options::default() }).unwrap(), (0.0, 0.0));
}

#[test]
fn bad_options_are_named() {
    let problem = coverage(4, 0.0);
    let said = |options| train(&problem, &options).unwrap_err().to_string();
    assert!(said(Options { epochs: 0, ..Options::default() }).contains("epochs = 0"));
    assert!(said(Options { batch: 0, ..Options::default() }).contains("batch = 0"));
    assert!(said(Options { step_size: 0.0, ..Options::default() }).contains("step_size = 0"));
    assert!(said(Options { entropy: -1.0, ..Options::default() }).contains("entropy = -1"));
    assert_eq!(Estimator::named("prefx").unwrap_err().to_string(), "unknown estimator `prefx`; did you mean `prefix`?");
    assert!(ESTIMATORS.iter().all(|(name, estimator)| estimator.name() == *name));
}
