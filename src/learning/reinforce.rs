//! REINFORCE: a sampled policy gradient, one step an episode, for the tabular softmax policy.
//!
//! When an episode `s_0, a_0, r_0, …, s_L` ends, with `G_t = r_t + γ G_{t+1}`,
//! ```text
//! θ ← θ + η Σ_t γᵗ (G_t − b_t) ∇ log π_θ(a_t|s_t),      ∂ log π(a|s) / ∂θ(s, b) = 1[a = b] − π(b|s),
//! ```
//! all of it at the `θ` that the episode was played with. The baseline `b_t` is nothing, a running average of returns, or the
//! learnt value `V(s_t)`; each is fixed before the episode is used, hence independent of its choices, so that the expected
//! step is `η ∇J(θ)`, `J = μᵀ v_π`, for episodes that end by termination (with the factor `γᵗ`, which is often left out).
//! After the policy, `V(s_t) ← V(s_t) + β (G_t − V(s_t))` and the average moves likewise, in the order of the episode.
//!
//! A termination gives `G_L = 0`. A time limit is no end: there `G_L = V(s_L)`, the estimate before the episode, whatever the
//! baseline; the step is then as biased as `γᴸ⁻ᵗ V(s_L)` is wrong. Cost: O(actions) a step, O(length · actions) at the end.
//!
//! Without a baseline and with returns of one sign, every choice taken is reinforced, and with large `η` the policy may commit
//! to a poor choice before it has tried the others (with `η = 0.3` on a random problem of the tests it is at 55 and 63 % of the
//! optimal value after 10⁶ steps and after 4 · 10⁶, for the seeds 1 and 2).
//!
//! Reference: Williams 1992, Machine Learning 8, 229-256, section 4; Sutton and Barto 2018, Reinforcement Learning, 13.3-13.4.

use serde::{Deserialize, Serialize};

use super::agent::{Agent, Experience, Setup, Shape, check_choices, check_size, from_text, to_text};
use super::params::{Value, hyper_parameters};
use super::softmax::{check_theta, draw, normalise, probabilities};
use crate::mdp::DecisionRule;
use crate::rng::{self, Fast, Purpose};
use crate::{Error, Result};

/// What is subtracted from returns against variance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Baseline {
    /// Nothing.
    None,
    /// A running average of all returns `G_t`.
    Average,
    /// The learnt value of the state.
    Value,
}

impl Value for Baseline {
    fn read(text: &str) -> Option<Baseline> {
        [Baseline::None, Baseline::Average, Baseline::Value]
            .into_iter()
            .find(|baseline| baseline.write() == text.trim())
    }

    fn write(self) -> String {
        let word = match self {
            Baseline::None => "none",
            Baseline::Average => "average",
            Baseline::Value => "value",
        };
        word.into()
    }
}

hyper_parameters! {
    /// Hyper-parameters of REINFORCE.
    ReinforceParams {
        /// Step size `η` of the policy.
        step_size: f64 = 0.1, "above 0 and finite", |x: f64| x > 0.0 && x.is_finite();
        /// Step size `β` of the baseline and of the values at time limits.
        value_step_size: f64 = 0.1, "in (0, 1]", |x: f64| x > 0.0 && x <= 1.0;
        /// What is subtracted from returns.
        baseline: Baseline = Baseline::Value, "none, average or value", |_| true;
    }
}

/// Tabular REINFORCE.
#[derive(Debug, Clone)]
pub struct Reinforce {
    shape: Shape,
    discount: f64,
    params: ReinforceParams,
    memory: Memory,
    /// Scratch: probabilities in the states of an episode that just ended, `[C]`.
    probability: Vec<f64>,
    /// Scratch: the step of `θ`, `[C]`; all 0 between episodes.
    direction: Vec<f64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Memory {
    theta: Vec<f64>,
    /// `V`, `[S]`.
    values: Vec<f64>,
    /// The running average of returns.
    average: f64,
    /// `(state, choice, reward)` of the episode so far; the reward becomes the return when it ends.
    episode: Vec<(usize, usize, f64)>,
    rng: Fast,
}

impl Reinforce {
    /// A fresh agent at `θ = 0`, the uniform policy, with `V = 0`.
    ///
    /// # Errors
    /// A hyper-parameter or the discount out of range.
    pub fn new(setup: &Setup, params: &ReinforceParams) -> Result<Reinforce> {
        setup.validate()?;
        params.validate()?;
        let shape = Shape::of(setup.mdp);
        let zeros = vec![0.0; shape.num_choices()];
        let memory = Memory {
            theta: zeros.clone(),
            values: vec![0.0; shape.num_states()],
            average: 0.0,
            episode: Vec::new(),
            rng: rng::fast(setup.seed, Purpose::Policy, 0),
        };
        Ok(Reinforce {
            shape,
            discount: setup.discount,
            params: *params,
            memory,
            probability: zeros.clone(),
            direction: zeros,
        })
    }

    /// The parameters `θ`, `[C]`.
    pub fn theta(&self) -> &[f64] {
        &self.memory.theta
    }

    /// Learns from the episode, whose last state is worth `future`.
    fn learn(&mut self, future: f64) {
        let Memory { theta, values, average, episode, .. } = &mut self.memory;
        let (mut sum, beta) = (future, self.params.value_step_size);
        for (state, _, reward) in episode.iter_mut().rev() {
            sum = *reward + self.discount * sum;
            *reward = sum;
            let range = self.shape.choices(*state);
            let row = &mut self.probability[range.clone()];
            row.copy_from_slice(&theta[range]);
            normalise(row);
        }
        let mut weight = self.params.step_size;
        for &(state, choice, sum) in episode.iter() {
            let baseline = match self.params.baseline {
                Baseline::None => 0.0,
                Baseline::Average => *average,
                Baseline::Value => values[state],
            };
            let size = weight * (sum - baseline);
            for c in self.shape.choices(state) {
                self.direction[c] -= size * self.probability[c];
            }
            self.direction[choice] += size;
            weight *= self.discount;
        }
        for (state, _, sum) in episode.drain(..) {
            for c in self.shape.choices(state) {
                let moved = theta[c] + self.direction[c];
                if moved.is_finite() {
                    theta[c] = moved;
                }
                // A state may come again in the episode, but moves once.
                self.direction[c] = 0.0;
            }
            values[state] += beta * (sum - values[state]);
            *average += beta * (sum - *average);
        }
    }
}

impl Agent for Reinforce {
    fn act(&mut self, state: usize) -> usize {
        draw(&self.shape, &self.memory.theta, state, &mut self.memory.rng)
    }

    fn observe(&mut self, step: &Experience) {
        self.memory.episode.push((step.state, step.choice, step.reward));
        if step.terminated {
            self.learn(0.0);
        } else if step.truncated {
            self.learn(self.memory.values[step.next]);
        }
    }

    fn rule(&self) -> DecisionRule {
        DecisionRule::Stochastic(probabilities(&self.shape, &self.memory.theta))
    }

    fn needs_episodes(&self) -> bool {
        true
    }

    fn save(&self) -> String {
        to_text(&self.memory)
    }

    fn load(&mut self, saved: &str) -> Result<()> {
        const NAME: &str = "reinforce";
        let memory: Memory = from_text(NAME, saved)?;
        check_theta(NAME, &memory.theta, &self.shape)?;
        check_size(NAME, memory.values.len(), self.shape.num_states())?;
        check_choices(NAME, memory.episode.iter().map(|(_, choice, _)| *choice), self.shape.num_choices())?;
        for &(state, choice, _) in &memory.episode {
            if state >= self.shape.num_states() || !self.shape.choices(state).contains(&choice) {
                let reason = format!("the saved state takes choice {choice} in state {state}, which does not have it");
                return Err(Error::NotApplicable { method: NAME, reason });
            }
        }
        self.memory = memory;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::policy_gradient::policy_gradient;
    use super::super::tests::{GAMMA, chain};
    use super::super::{EvaluationPoints, TrainOptions, Trainer};
    use super::*;

    /// The mean step over 40 000 episodes (seeds 1..) is within 4.5 standard errors of the exact gradient in each of the eight
    /// entries, which fails by chance with probability 5e-5 a baseline; `θ`, `V` and the average are not zero.
    #[test]
    fn the_mean_step_is_the_exact_gradient() {
        let mdp = chain();
        let theta = [0.4, 0.1, -0.3, 0.5, 0.2, -0.2, 0.0, 0.7];
        let exact = policy_gradient(&mdp, &theta, GAMMA).unwrap();
        for baseline in [Baseline::None, Baseline::Average, Baseline::Value] {
            let params = ReinforceParams { step_size: 1.0, baseline, ..ReinforceParams::default() };
            let mut fresh = Reinforce::new(&Setup::new(&mdp, GAMMA, 1), &params).unwrap();
            fresh.memory.theta.copy_from_slice(&theta);
            fresh.memory.values.copy_from_slice(&[0.3, 0.5, 0.2, 0.9, 0.0, 0.0]);
            fresh.memory.average = 0.4;
            let points = EvaluationPoints::Even(1);
            let options = TrainOptions { discount: GAMMA, time_limit: None, steps: 0, points, seed: 1 };
            let mut trainer = Trainer::new(&mdp, &options).unwrap();
            let (episodes, mut sum, mut squares) = (40_000, [0.0; 8], [0.0; 8]);
            for _ in 0..episodes {
                let mut agent = fresh.clone();
                trainer.run(&mut agent, 1);
                while !agent.memory.episode.is_empty() {
                    trainer.run(&mut agent, 1);
                }
                fresh.memory.rng = agent.memory.rng.clone();
                for c in 0..8 {
                    let step = agent.memory.theta[c] - theta[c];
                    sum[c] += step;
                    squares[c] += step * step;
                }
            }
            let n = f64::from(episodes);
            for c in 0..8 {
                let mean = sum[c] / n;
                let error = ((squares[c] / n - mean * mean) / n).sqrt();
                assert!(error > 0.0 && (mean - exact[c]).abs() <= 4.5 * error, "{baseline:?} {c}: {mean} {}", exact[c]);
            }
        }
    }

    /// Two steps in state 0 of the chain, `θ = 0`, `γ = ½`, `η = 1`, `β = ½`, `V = 2` where the episode goes on.
    fn after(baseline: Baseline, terminated: bool) -> Vec<f64> {
        let params = ReinforceParams { step_size: 1.0, value_step_size: 0.5, baseline };
        let mut agent = Reinforce::new(&Setup::new(&chain(), 0.5, 1), &params).unwrap();
        (agent.memory.values[0], agent.memory.values[1], agent.memory.average) = (1.0, 2.0, 3.0);
        let first = Experience { state: 0, choice: 1, reward: 1.0, next: 0, terminated: false, truncated: false };
        agent.observe(&first);
        agent.observe(&Experience { choice: 0, reward: 4.0, next: 1, terminated, truncated: !terminated, ..first });
        assert!(agent.memory.episode.is_empty() && agent.theta()[0] == -agent.theta()[1]);
        vec![agent.theta()[1], agent.memory.values[0], agent.memory.average]
    }

    #[test]
    fn steps_by_hand_at_terminations_and_time_limits() {
        // Returns 1 + 4/2 = 3 and 4: θ(0, 1) = ½ (3 − b) − ½ · ½ (4 − b); V: 1, 2, 3; average: 3, 3, 3.5.
        assert_eq!(after(Baseline::None, true), [0.5, 3.0, 3.5]);
        assert_eq!(after(Baseline::Average, true), [-0.25, 3.0, 3.5]);
        assert_eq!(after(Baseline::Value, true), [0.25, 3.0, 3.5]);
        // Returns 1 + 5/2 = 3.5 and 4 + 2/2 = 5: θ(0, 1) = ½ · 3.5 − ½ · ½ · 5.
        assert_eq!(after(Baseline::None, false), [0.5, 3.625, 4.125]);
    }

    #[test]
    fn baselines_are_read_from_text() {
        for baseline in [Baseline::None, Baseline::Average, Baseline::Value] {
            assert_eq!(Baseline::read(&baseline.write()), Some(baseline));
        }
        let message = ReinforceParams::from_text(&[("baseline", "critic")]).unwrap_err().to_string();
        assert_eq!(message, "baseline = critic is not valid: it must be none, average or value");
    }
}
