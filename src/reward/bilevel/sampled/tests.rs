#![allow(clippy::unwrap_used)]

use super::super::policy_space::{Flow, Parametrisation};
use super::super::tests::{close, differences, instance, numbers};
use super::*;

fn features() -> Array2<f64> {
    Array2::from_shape_fn((7, 4), |(s, k)| if k == 3 { 1.0 } else { ((s + 1) as f64 * (k + 1) as f64).cos() })
}

fn settings(quirks: Quirks) -> SampledSettings {
    SampledSettings {
        quirks,
        horizon: 12,
        discount: 0.8,
        episodes: 60,
        warm_up: 9,
        first_steps: 4,
        ..Default::default()
    }
}

/// Curvature and mixed derivatives of one episode, against differences of its update.
#[test]
fn derivatives_of_the_update_are_differences() {
    let (mdp, r, u, mut rng) = instance(1, 3);
    let (mdp, features) = (mdp.with_rewards(u).unwrap(), features());
    let kept = Quirks { no_importance_weights: true, ..Quirks::NONE };
    for quirks in [Quirks::PUBLISHED, kept, Quirks::NONE] {
        let settings = settings(quirks);
        let mut run = Run::new(&mdp, &features, &r, &settings).unwrap();
        run.theta = numbers(&mut rng, run.theta.len());
        run.logit = [1.0];
        let episode = run.episode();
        run.episodes.push(episode);
        // By another policy than the one that made the episode, so that the ratios matter.
        run.theta = numbers(&mut rng, run.theta.len());
        let (v, held) = (numbers(&mut rng, run.theta.len()), run.episodes.clone());
        let update = |theta: &[f64], phi: &[f64], logit: f64| {
            let mut moved = Run::new(&mdp, &features, &r, &settings).unwrap();
            (moved.theta, moved.phi, moved.logit) = (theta.to_vec(), phi.to_vec(), [logit]);
            moved.episodes = held.clone();
            let mut gradient = vec![0.0; theta.len()];
            moved.add_update(0, settings.learner, &mut gradient, 1.0);
            gradient
        };
        let (theta, phi, logit) = (run.theta.clone(), run.phi.clone(), run.logit[0]);
        let mut product = vec![0.0; theta.len()];
        run.add_curvature(0, &v, &mut product, 1.0);
        // The update's Jacobian is symmetric: its policy part is a gradient in θ for fixed returns, which ratios are held fixed for.
        if quirks.no_importance_weights {
            close(&product, &differences(&theta, |t| dot(&v, &update(t, &phi, logit))), 1e-8, "curvature");
        }
        let mut by_reward = vec![0.0; phi.len()];
        let by_discount = run.add_mixed(0, &v, &mut by_reward, 1.0);
        close(&by_reward, &differences(&phi, |p| dot(&v, &update(&theta, p, logit))), 1e-8, "by the reward");
        let gamma = sigmoid(logit);
        let by_logit = differences(&[logit], |l| dot(&v, &update(&theta, &phi, l[0])));
        close(&[by_discount * gamma * (1.0 - gamma)], &by_logit, 1e-8, "by the discount");
    }
}

/// Without peculiarities the mean of sampled gradients is the exact one; so it is with importance weights under another policy.
#[test]
fn sampled_gradients_have_the_exact_mean() {
    let (mdp, r, u, mut rng) = instance(1, 4);
    let (mdp, features) = (mdp.with_rewards(u).unwrap(), features());
    // Episodes are cut after 10 steps: 0.3¹⁰ = 6e-6.
    let settings = SampledSettings { horizon: 10, discount: 0.3, entropy: 0.0, ..settings(Quirks::NONE) };
    let mut run = Run::new(&mdp, &features, &r, &settings).unwrap();
    let made_by = numbers(&mut rng, run.theta.len());
    // Far from it, so that ratios of the steps after an action, which its returns are weighed by too, matter.
    let theta: Vec<f64> = made_by.iter().map(|x| -0.3 * x).collect();
    let class = Parametrisation::Linear(features.clone());
    let flow = Flow::new(&mdp, &class.logits(&mdp, &theta).unwrap(), 0.3).unwrap();
    let exact = class.pull_back(&mdp, &flow.gradient(&flow.valued(mdp.rewards(), 0.0).unwrap())).unwrap();
    let n = 20_000;
    let (mut sum, mut squares) = (vec![0.0; exact.len()], vec![0.0; exact.len()]);
    for _ in 0..n {
        run.theta.clone_from(&made_by);
        let episode = run.episode();
        run.episodes = vec![episode];
        run.theta.clone_from(&theta);
        let mut gradient = vec![0.0; exact.len()];
        run.add_update(0, Learner::Primary, &mut gradient, 11.0);
        for i in 0..exact.len() {
            sum[i] += gradient[i];
            squares[i] += gradient[i] * gradient[i];
        }
    }
    for i in 0..exact.len() {
        let mean = sum[i] / f64::from(n);
        let error = ((squares[i] / f64::from(n) - mean * mean) / f64::from(n)).sqrt();
        assert!(error <= 0.03 && (mean - exact[i]).abs() <= 4.5 * error + 1e-4, "{i}: {mean} {} {error}", exact[i]);
    }
}

#[test]
fn runs_are_functions_of_their_settings() {
    let (mdp, r, u, _) = instance(1, 5);
    let (mdp, features) = (mdp.with_rewards(u).unwrap(), features());
    for learner in [
        Learner::Primary,
        Learner::NaiveSum,
        Learner::StatePotential,
        Learner::ActionPotential,
        Learner::Barfi { terms: 0, step: 1.0 },
        Learner::Barfi { terms: 5, step: 5e-4 },
    ] {
        for quirks in [Quirks::default(), Quirks::PUBLISHED, Quirks::NONE] {
            let settings = SampledSettings { learner, ..settings(quirks) };
            let run = |seed| sampled_barfi(&mdp, &features, &r, &SampledSettings { seed, ..settings.clone() }).unwrap();
            let first = run(1);
            assert_eq!(first, run(1));
            assert_ne!(first.returns, run(2).returns);
            assert_eq!(first.returns.len(), 60);
            assert!(first.theta.iter().chain(&first.phi).all(|x| x.is_finite()), "{learner:?} {quirks:?}");
        }
    }
    let bad = |settings: SampledSettings| sampled_barfi(&mdp, &features, &r, &settings).is_err();
    assert!(bad(SampledSettings { horizon: 0, ..Default::default() }));
    assert!(bad(SampledSettings { discount: 1.0, ..Default::default() }));
    assert!(sampled_barfi(&mdp, &features, &r[1..], &SampledSettings::default()).is_err());
}
