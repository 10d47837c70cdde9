//! Model-based MEX in a class of linear mixtures: the law of step `h` is `P_θ = Σ_i θ_{h,i} P_i` of known models `P_i`.
//!
//! ```text
//! J(θ) = V*_0(P_θ) − η Σ N KL(p̂ ‖ P_θ)          θ_h in the simplex
//!
//! θ_i⁺ ∝ θ_i Σ_{s,a,s'} [ η n_h(s, a, s') / P_θ(s' | s, a) + d_h(s, a) V_{h+1}(s') ] P_i(s' | s, a)
//! ```
//! The growth transform is monotone here too. Models that each send a choice to one successor give the tabular block back.
//! Source: `mex.md` section 2.5.

use super::super::certificate::Truth;
use super::super::optimism::Plan;
use super::super::{Counting, Counts, EpisodicAgent, Setup, StageRules, Step};
use super::ascent::AscentOptions;
use super::growth::{gradient, least_reward};
use super::objective::{Law, Objective, Rewards};
use crate::mdp::Mdp;
use crate::rng::{self, Fast, Purpose};
use crate::{Error, Result};

/// `P_θ` as a law for each step; `theta` is `[H · d]` for `d` models.
pub fn mixture_law(objective: &Objective, models: &[Mdp], theta: &[f64]) -> Law {
    let choices = objective.setup.mdp.num_choices();
    objective.law(|row, c, p| {
        let stage = row / choices;
        for (model, &share) in models.iter().zip(&theta[stage * models.len()..]) {
            model.branches(c).for_each(|(t, q)| p[t] += share * q);
        }
    })
}

/// Grows `theta` `[H · d]`, positive, and returns `J` before the first and after each iteration, ascending. Counts are staged.
pub fn grow_mixture(
    objective: &Objective,
    models: &[Mdp],
    theta: &mut [f64],
    options: &AscentOptions,
    rng: &mut Fast,
) -> Vec<f64> {
    let choices = objective.setup.mdp.num_choices();
    let states = objective.setup.mdp.num_states();
    let mut plan = Plan::new(objective.setup);
    let mut slope = vec![0.0; objective.setup.horizon * choices * states];
    let mut values = Vec::new();
    for iteration in 0..=options.iterations {
        let law = mixture_law(objective, models, theta);
        objective.plan(&law, &mut plan, rng);
        let value = plan.initial_value(objective.setup) - objective.penalty(&law);
        let gain = values.last().map_or(f64::INFINITY, |before| value - before);
        values.push(value);
        if gain < options.tolerance || iteration == options.iterations {
            break;
        }
        gradient(objective, &law, &plan, least_reward(objective, &law), &mut slope);
        for row in 0..objective.counts.num_rows() {
            let p = law.row(row);
            for &(t, n) in objective.counts.successors(row) {
                slope[row * states + t as usize] += objective.eta * f64::from(n) / p[t as usize];
            }
        }
        for (stage, theta) in theta.chunks_exact_mut(models.len()).enumerate() {
            for (share, model) in theta.iter_mut().zip(models) {
                let worth = |c: usize| model.expect(c, &slope[(stage * choices + c) * states..]);
                *share *= (0..choices).map(worth).sum::<f64>();
            }
            let sum: f64 = theta.iter().sum();
            if sum > 0.0 {
                theta.iter_mut().for_each(|share| *share /= sum);
            } else {
                // Nothing seen and nothing at stake at this step.
                theta.fill(1.0 / models.len() as f64);
            }
        }
    }
    values
}

/// The agent: grows from its last mixture, pulled a little towards the uniform one.
pub struct MixtureMex<'a> {
    setup: Setup<'a>,
    models: &'a [Mdp],
    eta: f64,
    counts: Counts,
    theta: Vec<f64>,
    value: f64,
    plan: Plan,
    rng: Fast,
}

impl<'a> MixtureMex<'a> {
    /// An agent that has seen nothing and knows the rewards of the setup's table.
    ///
    /// # Errors
    /// The setup out of range; [`Error::Parameter`] for a price that is not positive or no models; [`Error::NotApplicable`] for a
    /// model of another shape.
    pub fn new(setup: &Setup<'a>, models: &'a [Mdp], eta: f64) -> Result<MixtureMex<'a>> {
        setup.validate()?;
        if !(eta > 0.0 && eta.is_finite()) {
            return Err(Error::Parameter { name: "eta", value: eta, expected: "a positive number" });
        }
        if models.is_empty() {
            return Err(Error::Parameter { name: "models", value: 0.0, expected: "at least 1" });
        }
        if let Some(i) = models.iter().position(|model| model.choice_starts() != setup.mdp.choice_starts()) {
            let reason = format!("model {i} of the mixture does not have the states and actions of the table");
            return Err(Error::NotApplicable { method: "MEX on mixtures", reason });
        }
        Ok(MixtureMex {
            setup: *setup,
            models,
            eta,
            counts: Counts::new(Counting::Staged, setup.mdp.num_choices(), setup.horizon),
            theta: vec![1.0 / models.len() as f64; setup.horizon * models.len()],
            value: 0.0,
            plan: Plan::new(setup),
            rng: rng::fast(setup.seed, Purpose::Policy, 0),
        })
    }
}

impl EpisodicAgent for MixtureMex<'_> {
    fn begin(&mut self, _episode: u64) {
        let uniform = 1.0 / self.models.len() as f64;
        self.theta.iter_mut().for_each(|share| *share = 0.95 * *share + 0.05 * uniform);
        let options = AscentOptions { tolerance: 1e-8, iterations: 100 };
        let Self { setup, models, eta, counts, theta, plan, rng, .. } = self;
        let objective = Objective { setup, counts, eta: *eta, rewards: Rewards::Known };
        let values = grow_mixture(&objective, models, theta, &options, rng);
        objective.plan(&mixture_law(&objective, models, theta), plan, rng);
        self.value = values[values.len() - 1];
    }

    fn rules(&self) -> StageRules<'_> {
        StageRules::Deterministic(&self.plan.rules)
    }

    fn observe(&mut self, step: &Step) {
        self.counts.add(self.counts.row(step.stage, step.choice), step.reward, step.next);
    }

    fn optimistic_value(&self) -> Option<f64> {
        Some(self.value)
    }

    fn penalty_of_truth(&self, truth: &Truth) -> f64 {
        let objective = Objective { setup: &self.setup, counts: &self.counts, eta: self.eta, rewards: Rewards::Known };
        objective.penalty_of_table(truth.mdp)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::{RegretOptions, run};
    use super::super::block::{Block, Worths};
    use super::super::testing::{explore, random_mdp};
    use super::*;
    use crate::learning::EvaluationPoints;
    use crate::mdp::MdpBuilder;

    /// State 0 leads to one of three states that pay 0.2, 0.5 and 1 a step for ever; model `i` leads to the `i`-th.
    fn fork(target: usize) -> Mdp {
        let mut builder = MdpBuilder::new(4);
        builder.choice(0, 0, &[(1.0, 1 + target, 0.0)]);
        for (s, reward) in [(1, 0.2), (2, 0.5), (3, 1.0)] {
            builder.choice(s, 0, &[(1.0, s, reward)]);
        }
        builder.build().unwrap()
    }

    #[test]
    fn models_of_one_successor_each_give_the_tabular_block() {
        let models: Vec<Mdp> = (0..3).map(fork).collect();
        let setup = Setup { mdp: &models[0], horizon: 3, episodes: 1, reward_range: (0.0, 1.0), seed: 0 };
        for (eta, seen) in [(0.1, [4u32, 3, 2]), (0.5, [1, 5, 1]), (0.2, [3, 2, 0])] {
            let mut counts = Counts::new(Counting::Staged, 4, 3);
            for (i, &n) in seen.iter().enumerate() {
                (0..n).for_each(|_| counts.add(0, 0.0, 1 + i));
                (0..n).for_each(|_| counts.add(counts.row(1, 1 + i), 0.0, 1 + i));
            }
            let objective = Objective { setup: &setup, counts: &counts, eta, rewards: Rewards::Known };
            let mut theta = vec![1.0 / 3.0; 9];
            let options = AscentOptions { tolerance: -1.0, iterations: 3000 };
            grow_mixture(&objective, &models, &mut theta, &options, &mut rng::fast(0, Purpose::Policy, 0));
            let v = [0.0, 0.4, 1.0, 2.0];
            let block = Block::solve(counts.successors(0), eta, 1.0, Worths::new(&v));
            let mut p = [0.0; 4];
            block.write(counts.successors(0), &v, &mut p);
            for i in 0..3 {
                assert!((theta[i] - p[1 + i]).abs() < 1e-6, "{theta:?} {p:?}");
            }
        }
    }

    #[test]
    fn growth_never_decreases_the_objective_of_a_mixture() {
        for seed in 0..10 {
            let models: Vec<Mdp> = (0..4).map(|i| random_mdp(3, 2, 100 * seed + i)).collect();
            let mdp = random_mdp(3, 2, 100 * seed);
            let setup = Setup { mdp: &mdp, horizon: 4, episodes: 1, reward_range: (0.0, 1.0), seed };
            let mut counts = Counts::new(Counting::Staged, 6, 4);
            let mut rng = rng::fast(seed, Purpose::Generation, 4);
            explore(&setup, &mut counts, 10, &mut rng);
            let objective = Objective { setup: &setup, counts: &counts, eta: 0.1, rewards: Rewards::Known };
            let mut theta = vec![0.25; 16];
            let values = grow_mixture(&objective, &models, &mut theta, &AscentOptions::default(), &mut rng);
            assert!(values.windows(2).all(|pair| pair[1] > pair[0] - 1e-12), "{values:?}");
        }
    }

    #[test]
    fn the_agent_finds_the_model_that_is_true() {
        let models: Vec<Mdp> = (0..3).map(|i| random_mdp(4, 2, i)).collect();
        let mdp = random_mdp(4, 2, 1);
        let setup = Setup { mdp: &mdp, horizon: 4, episodes: 60, reward_range: (0.0, 1.0), seed: 0 };
        let mut agent = MixtureMex::new(&setup, &models, 0.3).unwrap();
        let curve = run(&setup, &mut agent, &RegretOptions { points: EvaluationPoints::Even(1) }).unwrap();
        assert!(curve.late < 0.05, "{curve:?}");
        assert!(curve.least_optimism.unwrap() > -1e-6, "{curve:?}");
    }
}
