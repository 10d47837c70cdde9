#![allow(clippy::unwrap_used)]

mod bad_input;

use super::*;
use crate::mdp::{MdpBuilder, action_values};
use crate::planning::{Criterion, SolveOptions, solve};
use crate::rng::{self, Fast, Purpose};

const STATES: usize = 7;
const ACTIONS: usize = 3;
const GAMMA: f64 = 0.9;
const TAU: f64 = 0.3;

/// A table of random laws, the last `terminal` states of which end the episode, and two rewards in [-1, 1).
pub(super) fn instance(terminal: usize, seed: u64) -> (Mdp, Vec<f64>, Vec<f64>, Fast) {
    let mut rng = rng::fast(seed, Purpose::Generation, 7);
    let acting = STATES - terminal;
    let mut builder = MdpBuilder::new(STATES);
    for s in 0..acting {
        for a in 0..ACTIONS {
            let weights: Vec<f64> = (0..4).map(|_| 0.05 + rng::uniform(&mut rng)).collect();
            let total: f64 = weights.iter().sum();
            let law: Vec<_> = weights.iter().map(|w| (w / total, rng::below(&mut rng, STATES), 0.0)).collect();
            builder.choice(s, a, &law);
        }
        builder.initial(s, 1.0 / acting as f64);
    }
    (acting..STATES).for_each(|s| _ = builder.terminal(s));
    let mdp = builder.build().unwrap();
    let r = numbers(&mut rng, mdp.num_choices());
    let u = numbers(&mut rng, mdp.num_choices());
    (mdp, r, u, rng)
}

pub(super) fn numbers(rng: &mut Fast, n: usize) -> Vec<f64> {
    (0..n).map(|_| 2.0 * rng::uniform(rng) - 1.0).collect()
}

/// `(f(x + h) - f(x - h)) / 2h` in every entry, of fourth order.
pub(super) fn differences(x: &[f64], f: impl Fn(&[f64]) -> f64) -> Vec<f64> {
    differences_by(2e-3, x, f)
}

/// The same with a step `h`: smaller where a discount near 1 makes higher derivatives large.
fn differences_by(h: f64, x: &[f64], f: impl Fn(&[f64]) -> f64) -> Vec<f64> {
    let at = |i: usize, by: f64| {
        let mut moved = x.to_vec();
        moved[i] += by;
        f(&moved)
    };
    (0..x.len()).map(|i| (8.0 * (at(i, h) - at(i, -h)) - (at(i, 2.0 * h) - at(i, -2.0 * h))) / (12.0 * h)).collect()
}

pub(super) fn close(a: &[f64], b: &[f64], tolerance: f64, what: &str) {
    let size = b.iter().fold(1.0f64, |m, x| m.max(x.abs()));
    for (i, (x, y)) in a.iter().zip(b).enumerate() {
        assert!((x - y).abs() <= tolerance * size, "{what} {i}: {x} {y}");
    }
    assert_eq!(a.len(), b.len(), "{what}");
}

fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

fn optimum(mdp: &Mdp, r: &[f64]) -> SoftOptimum {
    soft_optimum(mdp, r, TAU, &Discount::Constant(GAMMA), None).unwrap()
}

fn outer_value(mdp: &Mdp, inner: &SoftOptimum, u: &[f64], gamma: f64) -> f64 {
    hypergradient(mdp, inner, u, gamma).unwrap().value
}

fn expected(mdp: &Mdp, v: &[f64]) -> Vec<f64> {
    (0..mdp.num_choices()).map(|c| mdp.expect(c, v)).collect()
}

/// The inner optimum as parameters of a tabular softmax.
fn logits(inner: &SoftOptimum) -> Vec<f64> {
    inner.action_values.iter().map(|q| q / inner.temperature).collect()
}

fn tasks<'a>(r: &'a [f64], u: &'a [f64]) -> (Task<'a>, Task<'a>) {
    (Task { reward: r, temperature: TAU, discount: GAMMA }, Task { reward: u, temperature: 0.0, discount: GAMMA })
}

#[test]
fn the_soft_optimum_is_that_of_the_planner() {
    for terminal in [0, 2] {
        let (mdp, r, ..) = instance(terminal, 1);
        let with = mdp.clone().with_rewards(r.clone()).unwrap();
        let options = SolveOptions { epsilon: 1e-9, ..SolveOptions::default() };
        let planned =
            crate::planning::solve_regularised(&with, Criterion::Discounted { gamma: GAMMA }, TAU, &options).unwrap();
        let found = optimum(&mdp, &r);
        close(&found.values, &planned.values, 1e-9, "values");
        assert!(found.residual <= 1e-13 && found.iterations <= 15, "{} {}", found.residual, found.iterations);
        // From another start, and at a temperature that makes it nearly greedy.
        let again = soft_optimum(&mdp, &r, TAU, &Discount::Constant(GAMMA), Some(&[50.0; STATES])).unwrap();
        close(&again.values, &found.values, 1e-12, "from another start");
        let sharp = soft_optimum(&mdp, &r, 1e-4, &Discount::Constant(GAMMA), None).unwrap();
        let hard = solve(&with, Criterion::Discounted { gamma: GAMMA }, &options).unwrap();
        close(&sharp.values, &hard.values, 1e-4 * 3f64.ln() / (1.0 - GAMMA), "sharp");
    }
}

#[test]
fn the_hypergradient_is_that_of_central_differences() {
    for (terminal, outer_gamma, seed) in [(0, GAMMA, 1), (2, GAMMA, 2), (0, 0.8, 3), (1, 0.95, 4)] {
        let (mdp, r, u, mut rng) = instance(terminal, seed);
        let inner = optimum(&mdp, &r);
        let found = hypergradient(&mdp, &inner, &u, outer_gamma).unwrap();
        let value = |r: &[f64]| outer_value(&mdp, &optimum(&mdp, r), &u, outer_gamma);
        close(&found.reward, &differences(&r, value), 1e-8, "W");
        let of_u = |u: &[f64]| outer_value(&mdp, &inner, u, outer_gamma);
        close(&found.occupancy, &differences(&u, of_u), 1e-9, "x");
        let at = |gamma: &Discount| soft_optimum(&mdp, &r, TAU, gamma, None).unwrap();
        let of_gamma = |g: &[f64]| outer_value(&mdp, &at(&Discount::Constant(g[0])), &u, outer_gamma);
        close(&[found.discount()], &differences_by(3e-4, &[GAMMA], of_gamma), 1e-7, "gamma");
        // A discount a state.
        let gammas: Vec<f64> = (0..STATES).map(|_| 0.5 + 0.45 * rng::uniform(&mut rng)).collect();
        let of_gammas = |g: &[f64]| outer_value(&mdp, &at(&Discount::PerState(g.to_vec())), &u, outer_gamma);
        let inner = at(&Discount::PerState(gammas.clone()));
        let found = hypergradient(&mdp, &inner, &u, outer_gamma).unwrap();
        close(&found.discounts, &differences_by(3e-4, &gammas, of_gammas), 1e-7, "gamma(s)");
        let per_state = Discount::PerState(gammas);
        let value = |r: &[f64]| {
            let inner = soft_optimum(&mdp, r, TAU, &per_state, None).unwrap();
            outer_value(&mdp, &inner, &u, outer_gamma)
        };
        close(&found.reward, &differences(&r, value), 1e-8, "W with gamma(s)");
    }
}

#[test]
fn forward_derivatives_are_those_of_central_differences_and_of_the_adjoint() {
    for terminal in [0, 2] {
        let (mdp, r, u, mut rng) = instance(terminal, 5);
        let inner = optimum(&mdp, &r);
        let change = numbers(&mut rng, r.len());
        let moved = policy_derivative(&mdp, &inner, &change).unwrap();
        let along = |t: &[f64]| optimum(&mdp, &r.iter().zip(&change).map(|(r, d)| r + t[0] * d).collect::<Vec<_>>());
        for s in 0..STATES {
            close(&[moved.values[s]], &differences(&[0.0], |t| along(t).values[s]), 1e-9, "V");
        }
        for c in 0..r.len() {
            close(&[moved.policy[c]], &differences(&[0.0], |t| along(t).policy[c]), 1e-9, "policy");
        }
        // dF = Σ d A_u dπ = ⟨W, dr⟩.
        let found = hypergradient(&mdp, &inner, &u, GAMMA).unwrap();
        let forward: f64 =
            (0..r.len()).map(|c| found.occupancy[c] / inner.policy[c] * found.advantages[c] * moved.policy[c]).sum();
        assert!((forward - dot(&found.reward, &change)).abs() <= 1e-12);
        // The envelope theorem: μᵀ ∂V/∂r is the discounted occupancy.
        let visits = hypergradient(&mdp, &inner, &u, GAMMA).unwrap().occupancy;
        assert!((mdp.initial_value(&moved.values) - dot(&visits, &change)).abs() <= 1e-12);
    }
}

#[test]
fn the_hypergradient_is_a_flow_without_sources_blind_to_shaping() {
    for seed in 0..20 {
        let terminal = seed as usize % 2;
        let (mdp, r, u, mut rng) = instance(terminal, 100 + seed);
        let inner = optimum(&mdp, &r);
        let w = hypergradient(&mdp, &inner, &u, GAMMA).unwrap().reward;
        let mut arriving = [0.0; STATES];
        for c in 0..w.len() {
            mdp.branches(c).for_each(|(t, p)| arriving[t] += GAMMA * w[c] * p);
        }
        for s in (0..STATES).filter(|&s| !mdp.is_terminal(s)) {
            let leaving: f64 = mdp.choices(s).map(|c| w[c]).sum();
            assert!((leaving - arriving[s]).abs() <= 1e-12, "{seed} {s}");
        }
        if terminal == 0 {
            assert!(w.iter().sum::<f64>().abs() <= 1e-12, "{seed}");
        }
        // γ P Φ − Φ, with Φ = 0 at the end.
        let mut phi = numbers(&mut rng, STATES);
        (0..STATES).filter(|&s| mdp.is_terminal(s)).for_each(|s| phi[s] = 0.0);
        let mut shaping: Vec<f64> = expected(&mdp, &phi).iter().map(|x| GAMMA * x).collect();
        for s in 0..STATES {
            mdp.choices(s).for_each(|c| shaping[c] -= phi[s]);
        }
        assert!(dot(&w, &shaping).abs() <= 1e-13, "{seed}");
        let shaped = optimum(&mdp, &r.iter().zip(&shaping).map(|(r, f)| r + f).collect::<Vec<_>>());
        close(&shaped.policy, &inner.policy, 1e-12, "policy");
        let lower: Vec<f64> = inner.values.iter().zip(&phi).map(|(v, p)| v - p).collect();
        close(&shaped.values, &lower, 1e-12, "values");
    }
}

#[test]
fn products_with_the_hessian_are_differences_of_gradients() {
    for (terminal, class) in [
        (0, Parametrisation::Tabular),
        (2, Parametrisation::Tabular),
        (
            1,
            Parametrisation::Linear(ndarray::Array2::from_shape_fn((STATES, 3), |(s, k)| {
                ((s + 1) as f64 * (k + 1) as f64).sin()
            })),
        ),
    ] {
        let (mdp, r, _, mut rng) = instance(terminal, 11);
        let theta = numbers(&mut rng, class.dimension(&mdp));
        let flow = |theta: &[f64]| Flow::new(&mdp, &class.logits(&mdp, theta).unwrap(), GAMMA).unwrap();
        let value = |theta: &[f64]| flow(theta).valued(&r, TAU).unwrap().objective;
        let gradient = |theta: &[f64]| {
            let flow = flow(theta);
            class.pull_back(&mdp, &flow.gradient(&flow.valued(&r, TAU).unwrap())).unwrap()
        };
        close(&gradient(&theta), &differences(&theta, value), 1e-9, "gradient");
        let h = hessian(&mdp, &class, &theta, Task { reward: &r, temperature: TAU, discount: GAMMA }).unwrap();
        for i in 0..theta.len() {
            let row: Vec<f64> = h.row(i).iter().copied().collect();
            close(&row, &differences(&theta, |t| gradient(t)[i]), 1e-8, "Hessian");
        }
        // The mixed derivative is the change of the occupancy.
        let direction = numbers(&mut rng, theta.len());
        let here = flow(&theta);
        let change = here.change(&here.valued(&r, TAU).unwrap(), &class.logits(&mdp, &direction).unwrap()).unwrap();
        for c in 0..r.len() {
            let along = |t: &[f64]| {
                flow(&theta.iter().zip(&direction).map(|(x, d)| x + t[0] * d).collect::<Vec<_>>()).occupancy()[c]
            };
            close(&[change.occupancy[c]], &differences(&[0.0], along), 1e-8, "occupancy");
        }
    }
}

#[test]
fn the_implicit_function_theorem_gives_the_same_gradient() {
    for (terminal, seed) in [(0, 21), (2, 22), (0, 23)] {
        let (mdp, r, u, _) = instance(terminal, seed);
        let inner = optimum(&mdp, &r);
        let adjoint = hypergradient(&mdp, &inner, &u, GAMMA).unwrap();
        let (task, outer) = tasks(&r, &u);
        let class = Parametrisation::Tabular;
        let by = |inverse| implicit(&mdp, &class, &logits(&inner), (task, 1.0), outer, inverse);
        for inverse in
            [Inverse::PseudoInverse { cutoff: 1e-10 }, Inverse::ConjugateGradients { tolerance: 1e-12, most: 500 }]
        {
            let found = by(inverse).unwrap();
            assert!(found.slope <= 1e-12, "{}", found.slope);
            close(&found.reward, &adjoint.reward, 1e-8, "W");
            close(&[found.discount], &[adjoint.discount()], 1e-8, "gamma");
            assert!((found.value - adjoint.value).abs() <= 1e-12);
        }
        // A ridge makes it regular, at a price; a multiple of the inner objective changes nothing.
        let ridge = by(Inverse::Exact { ridge: 1e-7 }).unwrap();
        close(&ridge.reward, &adjoint.reward, 1e-2, "with a ridge");
        let scaled =
            implicit(&mdp, &class, &logits(&inner), (task, 0.02), outer, Inverse::PseudoInverse { cutoff: 1e-10 });
        close(&scaled.unwrap().reward, &adjoint.reward, 1e-8, "scaled");
        // One zero eigenvalue a state.
        let eigenvalues = hessian(&mdp, &class, &logits(&inner), task).unwrap().symmetric_eigenvalues();
        let largest = eigenvalues.iter().fold(0.0f64, |m, x| m.max(x.abs()));
        assert!(eigenvalues.iter().all(|x| *x <= 1e-13 * largest));
        assert_eq!(eigenvalues.iter().filter(|x| x.abs() <= 1e-12 * largest).count(), STATES - terminal);
        let message = by(Inverse::Exact { ridge: 0.0 }).unwrap_err().to_string();
        assert!(message.contains("singular") && message.contains("ridge"), "{message}");
    }
}

/// The series comes nearer with every term and, until it has converged, with a larger step; first order points the right way.
#[test]
fn the_neumann_series_converges_monotonically() {
    for seed in 31..36 {
        let (mdp, r, u, _) = instance(0, seed);
        let inner = optimum(&mdp, &r);
        let exact = hypergradient(&mdp, &inner, &u, GAMMA).unwrap().reward;
        let (task, outer) = tasks(&r, &u);
        let class = Parametrisation::Tabular;
        let largest = hessian(&mdp, &class, &logits(&inner), task)
            .unwrap()
            .symmetric_eigenvalues()
            .iter()
            .fold(0.0f64, |m, x| m.max(x.abs()));
        let error = |terms, step| {
            let found = implicit(&mdp, &class, &logits(&inner), (task, 1.0), outer, Inverse::Neumann { terms, step });
            let found = found.unwrap().reward;
            let apart: Vec<f64> = found.iter().zip(&exact).map(|(a, b)| a - b).collect();
            (norm(&apart) / norm(&exact), dot(&found, &exact) / norm(&found) / norm(&exact))
        };
        let steps = [0.2 / largest, 0.5 / largest, 1.0 / largest];
        let table: Vec<Vec<(f64, f64)>> =
            steps.iter().map(|&step| [0, 5, 50, 500].iter().map(|&n| error(n, step)).collect()).collect();
        for row in &table {
            assert!(row.windows(2).all(|w| w[1].0 < w[0].0), "{seed}: {table:?}");
            assert!(row[0].1 > 0.7 && row[3].1 > 0.98, "{seed}: {table:?}");
        }
        for n in 0..3 {
            assert!(table[0][n].0 > table[1][n].0 && table[1][n].0 > table[2][n].0, "{seed}: {table:?}");
        }
        // Beyond 2 / |λ| it diverges.
        assert!(error(500, 2.2 / largest).0 > error(50, 2.2 / largest).0);
    }
}

#[test]
fn unrolling_differentiates_the_learner() {
    let (mdp, r, u, mut rng) = instance(1, 41);
    let (task, outer) = tasks(&r, &u);
    let outer = Task { discount: 0.8, ..outer };
    let class = Parametrisation::Tabular;
    let theta = numbers(&mut rng, mdp.num_choices());
    let run = |r: &[f64], gamma: f64| {
        let inner = Task { reward: r, discount: gamma, ..task };
        unrolled(&mdp, &class, &theta, inner, outer, (4, 0.7)).unwrap()
    };
    let found = run(&r, GAMMA);
    close(&found.reward, &differences(&r, |r| run(r, GAMMA).value), 1e-9, "W");
    close(&[found.discount], &differences_by(3e-4, &[GAMMA], |g| run(&r, g[0]).value), 1e-7, "gamma");

    // From the inner optimum, k steps are k terms of the Neumann series; one is first order, the direction of LIRPG.
    let inner = optimum(&mdp, &r);
    for (steps, step) in [(1, 0.3), (6, 0.3)] {
        let stepped = unrolled(&mdp, &class, &logits(&inner), task, outer, (steps, step)).unwrap();
        let series = Inverse::Neumann { terms: steps - 1, step };
        let series = implicit(&mdp, &class, &logits(&inner), (task, 1.0), outer, series).unwrap();
        close(&stepped.reward, &series.reward, 1e-12, "series");
        close(&[stepped.discount], &[series.discount], 1e-12, "series, gamma");
        if steps == 1 {
            let first = implicit(&mdp, &class, &logits(&inner), (task, 1.0), outer, Inverse::Identity).unwrap();
            let scaled: Vec<f64> = first.reward.iter().map(|x| step * x).collect();
            close(&stepped.reward, &scaled, 1e-12, "first order");
        }
    }
    // Many steps are the implicit gradient.
    let many = unrolled(&mdp, &class, &logits(&inner), task, outer, (3000, 2.0)).unwrap();
    let exact = hypergradient(&mdp, &inner, &u, 0.8).unwrap();
    close(&many.reward, &exact.reward, 1e-3, "many steps");
}

#[test]
fn problems_with_parameters_have_the_gradient_of_differences() {
    let (mdp, r, u, mut rng) = instance(1, 51);
    let features =
        ndarray::Array2::from_shape_fn((STATES, 4), |(s, k)| if k == 3 { 1.0 } else { ((s * k) as f64).cos() });
    for blend in [Blend::AroundPrimary, Blend::Full] {
        let model = LinearReward::blend(&mdp, &features, &u, &r, blend).unwrap();
        let mut point = numbers(&mut rng, model.dimension());
        point.push(1.5);
        let regulariser = Regulariser { reward: 0.1, discount: 0.3 };
        let problem = SoftProblem::new(&mdp, model, TAU, Discount::Constant(0.0), u.clone(), GAMMA).unwrap();
        let problem = problem.learning_discount(regulariser).unwrap();
        let gradient = problem.clone().evaluate(&point).unwrap().1;
        let value = |x: &[f64]| problem.clone().evaluate(x).unwrap().0;
        close(&gradient, &differences(&point, value), 1e-8, "blend");
        assert!(problem.optimum(&point[1..]).is_err());
    }
}

/// Weights on a shaping reward, as in BiPaRS: helpful advice is used, harmful advice is turned round.
#[test]
fn weights_use_good_advice_and_invert_bad_advice() {
    for seed in 61..64 {
        let (mdp, _, u, _) = instance(1, seed);
        let with = mdp.clone().with_rewards(u.clone()).unwrap();
        let best = solve(&with, Criterion::Discounted { gamma: GAMMA }, &SolveOptions::default()).unwrap();
        let advantage: Vec<f64> = {
            let q = action_values(&with, &best.values, GAMMA);
            (0..STATES).flat_map(|s| mdp.choices(s).map(move |c| (s, c))).map(|(s, c)| q[c] - best.values[s]).collect()
        };
        let optimum = mdp.initial_value(&best.values);
        for sign in [1.0, -1.0] {
            let f: Vec<f64> = advantage.iter().map(|a| sign * a).collect();
            for model in [LinearReward::weights(u.clone(), &f).unwrap(), LinearReward::scalar(u.clone(), &f).unwrap()] {
                let n = model.dimension();
                let mut problem =
                    SoftProblem::new(&mdp, model, TAU, Discount::Constant(GAMMA), u.clone(), GAMMA).unwrap();
                let settings = Armijo { steps: 40, ..Armijo::default() };
                let found = armijo(|z| problem.evaluate(z), vec![0.0; n], &settings).unwrap();
                assert!(found.trace.windows(2).all(|w| w[1] > w[0]));
                assert!(found.value > found.trace[0] && found.value <= optimum + 1e-9, "{seed}");
                let mean = found.point.iter().sum::<f64>() / n as f64;
                assert!(sign * mean > 0.0, "{seed} {sign}: {mean}");
            }
        }
    }
}

#[test]
fn short_plans_gain_by_their_reward_and_long_ones_do_not() {
    let (mdp, r, u, _) = instance(1, 71);
    let outer = Task { reward: &u, temperature: 0.0, discount: GAMMA };
    for (depth, backup) in [(1, Backup::Max), (3, Backup::Max), (4, Backup::Soft { temperature: 0.2 })] {
        let agent = DepthLimited { depth, sharpness: 2.0, discount: GAMMA, backup };
        let value = |r: &[f64]| depth_limited(&mdp, &agent, r, outer).unwrap().value;
        let found = depth_limited(&mdp, &agent, &r, outer).unwrap();
        close(&found.reward, &differences(&r, value), 1e-8, "W");
        let of_gamma =
            |g: &[f64]| depth_limited(&mdp, &DepthLimited { discount: g[0], ..agent }, &r, outer).unwrap().value;
        close(&[found.discount()], &differences_by(3e-4, &[GAMMA], of_gamma), 1e-7, "gamma");
    }
    let with = mdp.clone().with_rewards(u.clone()).unwrap();
    let best = solve(
        &with,
        Criterion::Discounted { gamma: GAMMA },
        &SolveOptions { epsilon: 1e-10, ..SolveOptions::default() },
    )
    .unwrap();
    let optimum = mdp.initial_value(&best.values);
    let q = action_values(&with, &best.values, GAMMA);
    let shaped: Vec<f64> =
        (0..STATES).flat_map(|s| mdp.choices(s).map(move |c| (s, c))).map(|(s, c)| q[c] - best.values[s]).collect();
    let agent = |depth| DepthLimited { depth, sharpness: 1e4, discount: GAMMA, backup: Backup::Max };
    let one_step = depth_limited(&mdp, &agent(1), &shaped, outer).unwrap().value;
    assert!((one_step - optimum).abs() <= 1e-6, "{one_step} {optimum}");
    let own = |depth| depth_limited(&mdp, &agent(depth), &u, outer).unwrap().value;
    assert!(own(1) < optimum - 1e-2 && (own(200) - optimum).abs() <= 1e-6, "{} {}", own(1), own(200));
}

#[test]
fn rmsprop_starts_from_zero_squares() {
    let mut optimiser = RmsProp::new(2, 0.005).unwrap();
    let mut x = vec![1.0, 1.0];
    optimiser.ascend(&mut x, &[3.0, -1e-3]);
    // Ten times the rate, but for ε, which is added to the root.
    let second = 1.0 - 0.005 * 1e-3 / (1e-4 + 1e-8);
    close(&x, &[1.05, second], 1e-8, "the first step");
    optimiser.ascend(&mut x, &[3.0, 0.0]);
    close(&x, &[1.05 + 0.005 / 0.0199f64.sqrt(), second], 1e-8, "the second");
    assert!(RmsProp::new(1, -1.0).is_err());
}

#[test]
fn barfi_learns_past_a_distraction() {
    // Three cells in a row; left of the start a payment that can be had for ever, right of it the goal.
    let mut builder = MdpBuilder::new(4);
    builder.choice(0, 0, &[(1.0, 0, -0.1)]).choice(0, 1, &[(1.0, 1, -0.1)]);
    builder.choice(1, 0, &[(1.0, 0, -0.1)]).choice(1, 1, &[(1.0, 2, -0.1)]);
    builder.choice(2, 0, &[(1.0, 1, -0.1)]).choice(2, 1, &[(1.0, 3, 1.0)]);
    builder.terminal(3).initial(1, 1.0);
    let mdp = builder.build().unwrap();
    let features = ndarray::Array2::from_shape_fn((4, 5), |(s, k)| if k == 4 || k == s { 1.0 } else { 0.0 });
    let auxiliary = [1.0, 0.0, 1.0, 0.0, 0.0, 0.0];
    let settings = BarfiSettings {
        outer: OuterStep::Implicit(Inverse::Identity),
        outer_discount: GAMMA,
        discount_logit: 2.0,
        entropy: 0.05,
        outer_rate: 0.02,
        policy_rate: 0.02,
        outer_steps: 150,
        ..BarfiSettings::default()
    };
    let run = exact_barfi(&mdp, &features, &auxiliary, &settings).unwrap();
    assert_eq!((run.values.len(), run.thetas.len(), run.phi.len()), (151, 151, 10));
    let naive: Vec<f64> = mdp.rewards().iter().zip(&auxiliary).map(|(p, a)| p + a).collect();
    let task = Task { reward: &naive, temperature: 0.05, discount: GAMMA };
    let class = Parametrisation::Linear(features.clone());
    let thetas = naive_ascent(&mdp, &class, task, (0.02, 1.0, 500)).unwrap();
    let flow = Flow::new(&mdp, &class.logits(&mdp, thetas.last().unwrap()).unwrap(), GAMMA).unwrap();
    let naive = flow.valued(mdp.rewards(), 0.0).unwrap().objective;
    assert!(naive < -0.5 && *run.values.last().unwrap() > 0.7, "{naive} {:?}", run.values.last());
    assert_eq!(run, exact_barfi(&mdp, &features, &auxiliary, &settings).unwrap());
    let unrolled = BarfiSettings { outer: OuterStep::Unrolled { steps: 3, step: 0.1 }, outer_steps: 3, ..settings };
    let run = exact_barfi(&mdp, &features, &auxiliary, &unrolled).unwrap();
    for (theta, value) in run.thetas.iter().zip(&run.values) {
        let flow = Flow::new(&mdp, &class.logits(&mdp, theta).unwrap(), GAMMA).unwrap();
        assert_eq!(flow.valued(mdp.rewards(), 0.0).unwrap().objective, *value);
    }
    assert!(exact_barfi(&mdp, &features, &auxiliary[1..], &unrolled).is_err());
}

/// At a tiny temperature the policy is saturated and the gradient vanishes: what rounding leaves of the advantages of the choices taken, divided by
/// the temperature, must not stand in for it.
#[test]
fn a_saturated_policy_has_no_gradient_of_rounding() {
    for seed in 0..20 {
        let (mdp, r, u, mut rng) = instance(0, 300 + seed);
        let inner = soft_optimum(&mdp, &r, 1e-9, &Discount::Constant(GAMMA), None).unwrap();
        assert!(inner.policy.iter().all(|&p| p == 0.0 || p == 1.0));
        let found = hypergradient(&mdp, &inner, &u, GAMMA).unwrap();
        assert!(found.reward.iter().chain(&found.discounts).all(|&w| w == 0.0), "{seed}: {:?}", found.reward);
        let moved = policy_derivative(&mdp, &inner, &numbers(&mut rng, r.len())).unwrap();
        assert!(moved.policy.iter().all(|&x| x == 0.0), "{seed}: {:?}", moved.policy);
        let agent = DepthLimited { depth: 3, sharpness: 1e9, discount: GAMMA, backup: Backup::Max };
        let found = depth_limited(&mdp, &agent, &r, Task { reward: &u, temperature: 0.0, discount: GAMMA }).unwrap();
        assert!(found.reward.iter().all(|&w| w == 0.0), "{seed}: {:?}", found.reward);
    }
}

/// Where the inner problem visits only the start, the parameters of other states are not determined: the theorem misses what they earn.
#[test]
fn without_a_future_only_the_start_has_a_gradient_through_parameters() {
    let (mdp, r, u, _) = instance(1, 24);
    let mut builder = MdpBuilder::new(STATES);
    for s in (0..STATES).filter(|&s| !mdp.is_terminal(s)) {
        for c in mdp.choices(s) {
            let law: Vec<_> = mdp.branches(c).map(|(t, p)| (p, t, 0.0)).collect();
            builder.choice(s, mdp.action_of(s, c), &law);
        }
    }
    let mdp = builder.terminal(STATES - 1).initial(0, 1.0).build().unwrap();
    let inner = soft_optimum(&mdp, &r, TAU, &Discount::Constant(0.0), None).unwrap();
    let adjoint = hypergradient(&mdp, &inner, &u, GAMMA).unwrap().reward;
    let (task, outer) = tasks(&r, &u);
    let task = Task { discount: 0.0, ..task };
    let inverse = Inverse::PseudoInverse { cutoff: 1e-10 };
    let found = implicit(&mdp, &Parametrisation::Tabular, &logits(&inner), (task, 1.0), outer, inverse).unwrap().reward;
    let start = mdp.choices(0).len();
    close(&found[..start], &adjoint[..start], 1e-10, "at the start");
    assert!(found[start..].iter().all(|x| *x == 0.0) && adjoint[start..].iter().any(|x| x.abs() > 1e-3));
}
