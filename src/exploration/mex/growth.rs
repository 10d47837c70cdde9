//! The growth transform: an ascent on the model-based objective that also works where a law is shared between steps.
//!
//! ```text
//! P⁺(s' | row) ∝ η n(row, s') + P(s' | row) G(row, s')      G = ∂V_0 / ∂P(s' | row)
//!
//! a law for each step   G = d_h(s, a) V_{h+1}(s')           one law for all steps   G = Σ_h d_h(s, a) V_{h+1}(s')
//! discounted            G = γ m(s, a) V(s')                 m = Σ_t γ^t Pr(s_t, a_t)
//! ```
//! With rewards of at least 0, `V` is a power series in `P` with non-negative coefficients; `x ≥ 1 + log x` for each monomial
//! shows that `J` does not decrease. Rewards are shifted so that the least is 0, which changes `J` by a constant. Imagined
//! successors act as pseudo-counts weighted by their value. It needs a start without zeros, since a zero stays one.
//! Source: `mex.md` section 2.3 (C).

use nalgebra::DMatrix;

use super::super::optimism::Plan;
use super::ascent::AscentOptions;
use super::objective::{Law, Objective};
use crate::numeric::solve_dense;
use crate::rng::Fast;

/// The least reward of a step, at most 0 where an episode may end early (a step after the end earns 0).
pub(super) fn least_reward(objective: &Objective, law: &Law) -> f64 {
    let ends = if objective.setup.mdp.num_terminal() > 0 { 0.0 } else { f64::INFINITY };
    law.r.iter().copied().fold(ends, f64::min)
}

/// `∂V_0 / ∂P(s' | row)` under optimal rules of `plan`, `[rows · S]`, of the rewards less `shift` ([`least_reward`] makes
/// every one of them at least 0).
pub(super) fn gradient(objective: &Objective, law: &Law, plan: &Plan, shift: f64, out: &mut [f64]) {
    let (mdp, horizon) = (objective.setup.mdp, objective.setup.horizon);
    let states = mdp.num_states();
    let mut reach = vec![0.0; horizon * states];
    objective.reach(law, plan, &mut reach);
    out.fill(0.0);
    for stage in 0..horizon {
        let next = plan.values(stage + 1);
        let lift = -shift * (horizon - stage - 1) as f64;
        for s in (0..states).filter(|&s| !mdp.is_terminal(s)) {
            let weight = reach[stage * states + s];
            let row = objective.counts.row(stage, plan.rules[stage * states + s] as usize);
            for (g, v) in out[row * states..(row + 1) * states].iter_mut().zip(next) {
                *g += weight * (v + lift);
            }
        }
    }
}

/// Grows `law` and returns `J` before the first and after each iteration, ascending. Rewards are those of the law.
pub fn grow(objective: &Objective, law: &mut Law, options: &AscentOptions, rng: &mut Fast) -> Vec<f64> {
    let mdp = objective.setup.mdp;
    let states = mdp.num_states();
    let shift = least_reward(objective, law);
    let mut plan = Plan::new(objective.setup);
    let mut slope = vec![0.0; law.p.len()];
    let mut values = Vec::new();
    for iteration in 0..=options.iterations {
        objective.plan(law, &mut plan, rng);
        let value = plan.initial_value(objective.setup) - objective.penalty(law);
        let gain = values.last().map_or(f64::INFINITY, |before| value - before);
        values.push(value);
        if gain < options.tolerance || iteration == options.iterations {
            break;
        }
        gradient(objective, law, &plan, shift, &mut slope);
        for row in 0..objective.counts.num_rows() {
            let slope = &slope[row * states..(row + 1) * states];
            transform(objective.counts.successors(row), objective.eta, slope, law.row_mut(row));
        }
    }
    values
}

/// `p ← normalised (η n + p g)`; unchanged where that is 0 throughout.
pub(super) fn transform(successors: &[(u32, u32)], eta: f64, slope: &[f64], p: &mut [f64]) {
    let mass = |p: &[f64]| -> f64 {
        let grown: f64 = p.iter().zip(slope).map(|(p, g)| p * g).sum();
        grown + eta * successors.iter().map(|&(_, n)| f64::from(n)).sum::<f64>()
    };
    let sum = mass(p);
    if sum <= 0.0 {
        return;
    }
    for (p, g) in p.iter_mut().zip(slope) {
        *p *= g / sum;
    }
    for &(t, n) in successors {
        p[t as usize] += eta * f64::from(n) / sum;
    }
}

/// The same for the discounted value `V_γ` with pooled counts: `J = μ·V_γ − η Σ N KL`. Returns `J` before the first and after each
/// iteration. Rewards are those of the law; a table without terminal states.
pub fn grow_discounted(objective: &Objective, law: &mut Law, gamma: f64, options: &AscentOptions) -> Vec<f64> {
    let mdp = objective.setup.mdp;
    let states = mdp.num_states();
    let shift = law.r.iter().copied().fold(f64::INFINITY, f64::min) / (1.0 - gamma);
    let mut rules: Vec<usize> = (0..states).map(|s| mdp.choices(s).start).collect();
    let mut values = Vec::new();
    for iteration in 0..=options.iterations {
        let v = optimal_discounted(objective, law, gamma, &mut rules);
        let value = mdp.initial_value(&v) - objective.penalty(law);
        let gain = values.last().map_or(f64::INFINITY, |before| value - before);
        values.push(value);
        if gain < options.tolerance || iteration == options.iterations {
            break;
        }
        let mut start = vec![0.0; states];
        mdp.initial().iter().for_each(|&(s, p)| start[s as usize] = p);
        let visits = resolvent(law, gamma, &rules, &start, true);
        let mut slope = vec![0.0; states];
        for row in 0..objective.counts.num_rows() {
            match rules.iter().position(|&c| c == row) {
                Some(s) => slope.iter_mut().zip(&v).for_each(|(g, v)| *g = gamma * visits[s] * (v - shift)),
                None => slope.fill(0.0),
            }
            transform(objective.counts.successors(row), objective.eta, &slope, law.row_mut(row));
        }
    }
    values
}

/// Optimal discounted values of a law by policy iteration from `rules`, which become optimal.
fn optimal_discounted(objective: &Objective, law: &Law, gamma: f64, rules: &mut [usize]) -> Vec<f64> {
    loop {
        let rewards: Vec<f64> = rules.iter().map(|&c| law.r[c]).collect();
        let v = resolvent(law, gamma, rules, &rewards, false);
        let worth = |c: usize| law.r[c] + gamma * law.row(c).iter().zip(&v).map(|(p, v)| p * v).sum::<f64>();
        let mut improved = false;
        for (s, rule) in rules.iter_mut().enumerate() {
            for c in objective.setup.mdp.choices(s) {
                if worth(c) > worth(*rule) + 1e-12 {
                    *rule = c;
                    improved = true;
                }
            }
        }
        if !improved {
            return v;
        }
    }
}

/// `(I − γ P_π)⁻¹ b`, or its transpose applied to `b`.
fn resolvent(law: &Law, gamma: f64, rules: &[usize], b: &[f64], transposed: bool) -> Vec<f64> {
    let n = rules.len();
    let a = DMatrix::from_fn(n, n, |i, j| {
        let (from, to) = if transposed { (j, i) } else { (i, j) };
        f64::from(u8::from(i == j)) - gamma * law.row(rules[from])[to]
    });
    solve_dense(&a, b).expect("I − γP is diagonally dominant")
}

#[cfg(test)]
mod tests {
    use super::super::super::{Counting, Counts, Setup};
    use super::super::objective::Rewards;
    use super::super::testing::{explore, random_mdp};
    use super::*;
    use crate::mdp::Mdp;
    use crate::rng::{self, Purpose};

    /// A random problem with a few episodes of data, and a random law without zeros.
    fn with_data(seed: u64, counting: Counting, check: impl FnOnce(&Objective, Law, &mut Fast)) {
        let mdp: Mdp = random_mdp(4, 2, seed);
        let setup = Setup { mdp: &mdp, horizon: 4, episodes: 1, reward_range: (0.0, 1.0), seed };
        let mut rng = rng::fast(seed, Purpose::Generation, 5);
        let mut counts = Counts::new(counting, 8, 4);
        explore(&setup, &mut counts, 6, &mut rng);
        let objective = Objective { setup: &setup, counts: &counts, eta: 0.1, rewards: Rewards::Known };
        let law = objective.law(|_, _, p| {
            p.iter_mut().for_each(|x| *x = 0.05 + rng::uniform(&mut rng));
            let sum: f64 = p.iter().sum();
            p.iter_mut().for_each(|x| *x /= sum);
        });
        check(&objective, law, &mut rng);
    }

    #[test]
    fn growth_never_decreases_the_objective() {
        for seed in 0..20 {
            let options = AscentOptions { tolerance: -1.0, iterations: 100 };
            let rises = |values: &[f64]| values.windows(2).all(|pair| pair[1] > pair[0] - 1e-12);
            for counting in [Counting::Staged, Counting::Pooled] {
                with_data(seed, counting, |objective, mut law, rng| {
                    let values = grow(objective, &mut law, &options, rng);
                    assert!(rises(&values) && values[100] > values[0], "{counting:?} {values:?}");
                });
            }
            with_data(seed, Counting::Pooled, |objective, mut law, _| {
                let values = grow_discounted(objective, &mut law, 0.9, &options);
                assert!(rises(&values) && values[100] > values[0], "discounted {values:?}");
            });
        }
    }

    #[test]
    fn the_gradient_is_that_of_finite_differences() {
        for (seed, counting) in [(1, Counting::Staged), (2, Counting::Pooled)] {
            with_data(seed, counting, |objective, law, rng| {
                let mut plan = Plan::new(objective.setup);
                objective.plan(&law, &mut plan, rng);
                let mut slope = vec![0.0; law.p.len()];
                gradient(objective, &law, &plan, 0.0, &mut slope);
                let value = |p: &[f64]| {
                    let (mut plan, mut other) = (Plan::new(objective.setup), law.clone());
                    other.p.copy_from_slice(p);
                    objective.plan(&other, &mut plan, &mut rng::fast(0, Purpose::Policy, 0));
                    plan.initial_value(objective.setup)
                };
                let step = 1e-6;
                for i in 0..law.p.len() {
                    let (mut up, mut down) = (law.p.clone(), law.p.clone());
                    (up[i], down[i]) = (up[i] + step, down[i] - step);
                    let difference = (value(&up) - value(&down)) / (2.0 * step);
                    assert!((difference - slope[i]).abs() < 1e-7, "{counting:?} {i}: {difference} {}", slope[i]);
                }
                // With softmax logits: ∂J/∂θ = p (G − p·G) + η (n − N p), here along one logit at a time.
                let (row, states) = (1, 4);
                let p = law.row(row).to_vec();
                let g = &slope[row * states..(row + 1) * states];
                let mean: f64 = p.iter().zip(g).map(|(p, g)| p * g).sum();
                for t in 0..states {
                    let moved = |by: f64| {
                        let mut other = law.clone();
                        let weights: Vec<f64> =
                            p.iter().enumerate().map(|(i, p)| if i == t { p * f64::exp(by) } else { *p }).collect();
                        let sum: f64 = weights.iter().sum();
                        other.row_mut(row).iter_mut().zip(&weights).for_each(|(p, w)| *p = w / sum);
                        objective.value(&other, &mut rng::fast(0, Purpose::Policy, 0))
                    };
                    let seen = objective.counts.successors(row);
                    let n = seen.iter().find(|pair| pair.0 as usize == t).map_or(0.0, |pair| f64::from(pair.1));
                    let visits = f64::from(objective.counts.visits(row));
                    let exact = p[t] * (g[t] - mean) + objective.eta * (n - visits * p[t]);
                    let difference = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                    assert!((difference - exact).abs() < 1e-7, "{difference} {exact}");
                }
            });
        }
    }

    /// The deep code weighs model log-likelihoods by advantages: `E[ Σ ∇log P(s'|s,a) Â ]` is the gradient of the value in the model,
    /// here with logits of one row and the advantage `r + V(s') − V(s)` (`mex.md` section 4).
    #[test]
    fn the_score_function_estimates_the_gradient_in_the_model() {
        with_data(3, Counting::Staged, |objective, law, rng| {
            let (states, horizon) = (4, objective.setup.horizon);
            let mut plan = Plan::new(objective.setup);
            objective.plan(&law, &mut plan, rng);
            let mut slope = vec![0.0; law.p.len()];
            gradient(objective, &law, &plan, 0.0, &mut slope);
            let row = objective.counts.row(1, plan.rules[states] as usize); // what is taken in state 0 at the second step
            let (n, mut sums, mut squares) = (20_000, [0.0; 4], [0.0; 4]);
            for _ in 0..n {
                let mut s = 0;
                for stage in 0..horizon {
                    let taken = objective.counts.row(stage, plan.rules[stage * states + s] as usize);
                    let mut left = rng::uniform(rng);
                    let next = (0..states - 1)
                        .find(|&t| {
                            left -= law.row(taken)[t];
                            left < 0.0
                        })
                        .unwrap_or(states - 1);
                    if taken == row {
                        let advantage = law.r[row] + plan.values(stage + 1)[next] - plan.values(stage)[s];
                        for t in 0..states {
                            let score = (f64::from(u8::from(t == next)) - law.row(row)[t]) * advantage;
                            sums[t] += score;
                            squares[t] += score * score;
                        }
                    }
                    s = next;
                }
            }
            let (p, g) = (law.row(row), &slope[row * states..(row + 1) * states]);
            let mean: f64 = p.iter().zip(g).map(|(p, g)| p * g).sum();
            for t in 0..states {
                let estimate = sums[t] / f64::from(n);
                let error = (squares[t] / f64::from(n) - estimate * estimate).sqrt() / f64::from(n).sqrt();
                let exact = p[t] * (g[t] - mean);
                assert!(
                    (estimate - exact).abs() < 4.5 * error && error < 0.1 * slope[row * states].abs(),
                    "{estimate} {exact}"
                );
            }
        });
    }
}
