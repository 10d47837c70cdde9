//! Training an agent, with exact evaluation along the way.
//!
//! The environment is sampled through the table; its randomness is the stream `(seed, Environment, 0)`, one word a step and
//! one a reset, the same for every agent with that seed (common random numbers). The agent's policy is evaluated exactly at the
//! evaluation points: `μᵀ v_π` for `γ < 1`, the undiscounted value over one episode of `time_limit` steps for `γ = 1`.

use rand::Rng;
use serde::{Deserialize, Serialize};

use super::{Agent, Experience};
use crate::mdp::{DecisionRule, Mdp, Policy, evaluate_discounted, evaluate_finite};
use crate::rng::{self, Fast, Purpose};
use crate::simulation::{Dynamics, TableDynamics};
use crate::{Error, Result};

/// Where a learning curve is evaluated (step 0 and the last step are always among the points).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvaluationPoints {
    /// So many points, evenly spaced.
    Even(usize),
    /// So many points, evenly spaced on a logarithmic axis from step 1.
    Log(usize),
}

impl EvaluationPoints {
    /// The steps at which to evaluate: ascending, without repetition, from 0 to `steps`.
    pub fn steps(self, steps: u64) -> Vec<u64> {
        let mut points = vec![0];
        match self {
            EvaluationPoints::Even(n) => {
                let n = n.max(1) as u128;
                points.extend((1..=n).map(|i| (u128::from(steps) * i / n) as u64));
            }
            EvaluationPoints::Log(n) => {
                let n = n.max(1);
                points.extend((0..n).map(|i| {
                    let share = if n == 1 { 1.0 } else { i as f64 / (n - 1) as f64 };
                    (steps as f64).powf(share).round() as u64
                }));
            }
        }
        points.push(steps);
        points.retain(|&p| p <= steps);
        points.sort_unstable();
        points.dedup();
        points
    }
}

/// How to train.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainOptions {
    /// Discount `γ` in (0, 1]; 1 needs a time limit.
    pub discount: f64,
    /// Steps after which an episode is interrupted (agents bootstrap there), if any.
    pub time_limit: Option<u64>,
    /// Environment steps.
    pub steps: u64,
    /// Where to evaluate.
    pub points: EvaluationPoints,
    /// Root seed of the environment's randomness.
    pub seed: u64,
}

/// One evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Environment steps so far.
    pub step: u64,
    /// Exact value of the agent's policy from the initial distribution.
    pub value: f64,
    /// Episodes finished so far.
    pub episodes: u64,
    /// Sum of the rewards received while training so far.
    pub reward_sum: f64,
}

/// A learning curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// The evaluations, by ascending step.
    pub points: Vec<CurvePoint>,
    /// The rule the agent ends with.
    pub rule: DecisionRule,
}

/// Trains `agent` on `mdp` for `options.steps` steps.
///
/// # Errors
/// A discount or time limit out of range, an initial state that is terminal, or an agent that learns from whole episodes on a
/// problem where they may never end.
///
/// ```
/// use tabrl::learning::{EvaluationPoints, Setup, TrainOptions, make, train};
/// use tabrl::mdp::MdpBuilder;
///
/// let mut builder = MdpBuilder::new(2);
/// builder.choice(0, 0, &[(1.0, 0, 0.0)]).choice(0, 1, &[(1.0, 1, 1.0)]).terminal(1);
/// let mdp = builder.build()?;
/// let mut agent = make("q-learning", &[("step_size", "0.5")], &Setup::new(&mdp, 0.9, 3))?;
/// let options =
///     TrainOptions { discount: 0.9, time_limit: Some(20), steps: 200, points: EvaluationPoints::Even(4), seed: 3 };
/// let curve = train(&mdp, agent.as_mut(), &options)?;
/// assert_eq!(curve.points.last().map(|p| (p.step, p.value)), Some((200, 1.0)));
/// # Ok::<(), tabrl::Error>(())
/// ```
pub fn train(mdp: &Mdp, agent: &mut dyn Agent, options: &TrainOptions) -> Result<Curve> {
    let mut trainer = check_training(mdp, agent, options)?;
    let mut points = Vec::new();
    for point in options.points.steps(options.steps) {
        trainer.run(agent, point - trainer.memory.step);
        points.push(CurvePoint {
            step: point,
            value: exact_value(mdp, agent.rule(), options)?,
            episodes: trainer.memory.episodes,
            reward_sum: trainer.memory.reward_sum,
        });
    }
    Ok(Curve { points, rule: agent.rule() })
}

/// Whether `agent` can be trained so; the environment it would be trained in.
///
/// # Errors
/// Options out of range, an agent that does not apply to the problem, or fewer steps than it needs to learn anything.
pub fn check_training(mdp: &Mdp, agent: &dyn Agent, options: &TrainOptions) -> Result<Trainer> {
    let trainer = Trainer::new(mdp, options)?;
    trainer.check_agent(agent)?;
    let least = agent.least_steps();
    if options.steps > 0 && options.steps < least {
        return Err(Error::NotApplicable {
            method: "training",
            reason: format!(
                "{} steps are fewer than one iteration of the agent, which takes {least} episodes; take more steps or a \
                 smaller m",
                options.steps
            ),
        });
    }
    Ok(trainer)
}

/// The exact value of a rule from the initial distribution, for the discount and time limit of `options`.
///
/// # Errors
/// A rule that does not fit the table, numbers out of range, or a value that is not known to a millionth of
/// the largest value or reward.
pub fn exact_value(mdp: &Mdp, rule: DecisionRule, options: &TrainOptions) -> Result<f64> {
    let policy = Policy::stationary(mdp, rule)?;
    let evaluation = match options.time_limit {
        Some(limit) if options.discount == 1.0 => evaluate_finite(mdp, &policy, limit as usize)?,
        _ => evaluate_discounted(mdp, &policy, options.discount)?,
    };
    let (low, high) = mdp.reward_range();
    let largest =
        evaluation.values.iter().chain(&[low, high, 1e-150]).fold(0.0, |largest: f64, x| largest.max(x.abs()));
    if evaluation.error_bound > 1e-6 * largest {
        return Err(Error::NotApplicable {
            method: "exact evaluation",
            reason: format!(
                "the linear system of the policy's value was not solved: values may be off by {:e}; lower the discount",
                evaluation.error_bound
            ),
        });
    }
    Ok(mdp.initial_value(&evaluation.values))
}

/// The environment's side of training, one copy, that can be stopped, saved and resumed at any step.
#[derive(Debug, Clone)]
pub struct Trainer {
    dynamics: TableDynamics,
    may_never_end: bool,
    time_limit: u64,
    memory: Memory,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Memory {
    state: u32,
    elapsed: u64,
    step: u64,
    episodes: u64,
    reward_sum: f64,
    rng: Fast,
}

impl Trainer {
    /// An environment in a fresh initial state.
    ///
    /// # Errors
    /// As [`train`].
    pub fn new(mdp: &Mdp, options: &TrainOptions) -> Result<Trainer> {
        let TrainOptions { discount, time_limit, seed, .. } = *options;
        if time_limit == Some(0) {
            return Err(Error::Parameter { name: "time_limit", value: 0.0, expected: "at least 1" });
        }
        super::Setup::new(mdp, discount, seed).validate()?;
        if discount == 1.0 && time_limit.is_none() {
            return Err(Error::NotApplicable {
                method: "training",
                reason: "a discount of 1 needs a time limit, over which policies are evaluated".into(),
            });
        }
        let dynamics = TableDynamics::new(mdp)?;
        let mut rng = rng::fast(seed, Purpose::Environment, 0);
        let state = dynamics.reset(rng.next_u64());
        Ok(Trainer {
            dynamics,
            may_never_end: time_limit.is_none() && mdp.num_terminal() == 0,
            time_limit: time_limit.unwrap_or(u64::MAX),
            memory: Memory { state, elapsed: 0, step: 0, episodes: 0, reward_sum: 0.0, rng },
        })
    }

    /// Whether `agent` can learn here.
    ///
    /// # Errors
    /// [`Error::NotApplicable`] for an agent that learns from whole episodes where no episode ends.
    pub fn check_agent(&self, agent: &dyn Agent) -> Result<()> {
        if agent.needs_episodes() && self.may_never_end {
            return Err(Error::NotApplicable {
                method: "an agent that learns from whole episodes",
                reason: "the problem has no terminal state; set a time limit".into(),
            });
        }
        if agent.lookahead() > self.time_limit {
            return Err(Error::NotApplicable {
                method: "this agent",
                reason: format!(
                    "its k = {} is larger than the {} steps of an episode; it must be at most that",
                    agent.lookahead(),
                    self.time_limit
                ),
            });
        }
        Ok(())
    }

    /// `steps` further steps.
    pub fn run(&mut self, agent: &mut dyn Agent, steps: u64) {
        let memory = &mut self.memory;
        for _ in 0..steps {
            let state = memory.state;
            let choice = agent.act(state as usize);
            debug_assert!(self.dynamics.check(state, choice as u32).is_ok(), "choice {choice} in state {state}");
            let outcome = self.dynamics.step(state, choice as u32, memory.rng.next_u64(), &mut ());
            memory.step += 1;
            memory.elapsed += 1;
            memory.reward_sum += outcome.reward;
            let truncated = !outcome.terminal && memory.elapsed >= self.time_limit;
            agent.observe(&Experience {
                state: state as usize,
                choice,
                reward: outcome.reward,
                next: outcome.next as usize,
                terminated: outcome.terminal,
                truncated,
            });
            memory.state = outcome.next;
            if outcome.terminal || truncated {
                memory.episodes += 1;
                memory.elapsed = 0;
                memory.state = self.dynamics.reset(memory.rng.next_u64());
            }
        }
    }

    /// Where the environment is, its random stream included, as text.
    pub fn save(&self) -> String {
        super::agent::to_text(&self.memory)
    }

    /// Goes back to a saved state of a trainer with the same table and options.
    ///
    /// # Errors
    /// [`Error::NotApplicable`] if the text is not such a state.
    pub fn load(&mut self, saved: &str) -> Result<()> {
        self.memory = super::agent::from_text("the trainer", saved)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evaluation_points_ascend_from_nought_to_the_end() {
        assert_eq!(EvaluationPoints::Even(4).steps(10), [0, 2, 5, 7, 10]);
        assert_eq!(EvaluationPoints::Log(4).steps(1000), [0, 1, 10, 100, 1000]);
        assert_eq!(EvaluationPoints::Log(1).steps(5), [0, 5]);
        assert_eq!(EvaluationPoints::Even(100).steps(3), [0, 1, 2, 3]);
        assert_eq!(EvaluationPoints::Log(3).steps(0), [0]);
    }
}
