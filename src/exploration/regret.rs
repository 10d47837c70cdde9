//! Regret of an agent, episode by episode, computed exactly.
//!
//! The environment is sampled through the table with the stream `(seed, Environment, 0)`, one word a step and one a reset: the
//! same for every agent with that seed. Before each episode the policy that the agent committed to is evaluated in the true
//! table (only if it changed), so that `V*_0 − V_0^{π_k}` has no sampling error; what is random is which policies are played.

use rand::Rng;

use super::{EpisodicAgent, Setup, StageRules, Step, Truth, evaluate};
use crate::Result;
use crate::learning::EvaluationPoints;
use crate::rng::{self, Purpose};
use crate::simulation::{Dynamics, TableDynamics};

/// What to record.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RegretOptions {
    /// After which numbers of episodes the regret is recorded.
    pub points: EvaluationPoints,
}

/// The regret after some episodes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RegretPoint {
    /// Episodes so far.
    pub episode: u64,
    /// `Σ (V*_0 − V_0^{π_k})` over them.
    pub regret: f64,
}

/// The regret of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct RegretCurve {
    /// By ascending number of episodes, from 0 to `K`.
    pub points: Vec<RegretPoint>,
    /// `V*_0` from the initial distribution.
    pub optimal: f64,
    /// Mean regret an episode over the last tenth of the episodes (at least one).
    pub late: f64,
    /// The least `V̂_0 − (V*_0 − penalty of the truth)` over all episodes, where `V̂_0` is what the agent believes can be earned: not
    /// negative if it was optimistic in every episode, in the sense that it claims. None for agents that claim nothing.
    pub least_optimism: Option<f64>,
    /// Number of episodes whose policy differed from the one before.
    pub switches: u64,
}

impl RegretCurve {
    /// The regret after all episodes.
    pub fn total(&self) -> f64 {
        self.points.last().map_or(0.0, |point| point.regret)
    }

    /// Whether the run never came close: in the last tenth of its episodes it still loses half of `|V*_0|`, which is half of what
    /// could be earned where rewards are not negative.
    pub fn is_stuck(&self) -> bool {
        self.late > 0.5 * self.optimal.abs()
    }
}

/// Plays `setup.episodes` episodes.
///
/// # Errors
/// As [`Setup::validate`], or an episode that may start in a terminal state.
///
/// ```
/// use tabrl::exploration::{RegretOptions, Setup, make, run};
/// use tabrl::learning::EvaluationPoints;
/// use tabrl::mdp::MdpBuilder;
///
/// // One state, two choices: nothing, or a reward of 1.
/// let mut builder = MdpBuilder::new(1);
/// builder.choice(0, 0, &[(1.0, 0, 0.0)]).choice(0, 1, &[(1.0, 0, 1.0)]);
/// let mdp = builder.build()?;
/// let setup = Setup { mdp: &mdp, horizon: 3, episodes: 100, reward_range: (0.0, 1.0), seed: 0 };
/// let mut agent = make("ucbvi", &[("bonus", "0.1")], &setup)?;
/// let curve = run(&setup, agent.as_mut(), &RegretOptions { points: EvaluationPoints::Even(4) })?;
/// assert_eq!(curve.optimal, 3.0);
/// assert!(curve.total() <= 6.0 && curve.late == 0.0);
/// # Ok::<(), tabrl::Error>(())
/// ```
pub fn run(setup: &Setup, agent: &mut dyn EpisodicAgent, options: &RegretOptions) -> Result<RegretCurve> {
    setup.validate()?;
    let Setup { mdp, horizon, episodes, .. } = *setup;
    let truth = Truth::solve(mdp, horizon);
    let optimal = truth.optimal();
    let dynamics = TableDynamics::new(mdp)?;
    let mut environment = rng::fast(setup.seed, Purpose::Environment, 0);
    let mut draws = rng::fast(setup.seed, Purpose::Policy, 1);

    let mut played = Played::new(mdp.num_states());
    let (mut regret, mut late, mut gap) = (0.0, 0.0, 0.0);
    let tail = (episodes / 10).max(1);
    let mut least_optimism: Option<f64> = None;
    let mut switches = 0;
    let mut points = vec![RegretPoint { episode: 0, regret }];
    let wanted = options.points.steps(episodes);
    let mut wanted = wanted.iter().filter(|&&episode| episode > 0).peekable();
    for episode in 0..episodes {
        agent.begin(episode);
        let rules = agent.rules();
        if played.replace(rules) {
            evaluate(mdp, horizon, rules, &mut played.values);
            gap = (optimal - mdp.initial_value(&played.values[..mdp.num_states()])).max(0.0);
            switches += u64::from(episode > 0);
        }
        if let Some(believed) = agent.optimistic_value() {
            let optimism = believed - (optimal - agent.penalty_of_truth(&truth));
            least_optimism = Some(least_optimism.map_or(optimism, |least| least.min(optimism)));
        }
        regret += gap;
        if episode + tail >= episodes {
            late += gap;
        }

        let mut state = dynamics.reset(environment.next_u64());
        for stage in 0..horizon {
            let choice = draw(agent.rules(), setup, stage, state as usize, &mut draws);
            let outcome = dynamics.step(state, choice as u32, environment.next_u64(), &mut ());
            let (reward, next) = (outcome.reward, outcome.next as usize);
            agent.observe(&Step { stage, state: state as usize, choice, reward, next });
            state = outcome.next;
            if outcome.terminal {
                break;
            }
        }
        agent.end();
        if wanted.next_if_eq(&&(episode + 1)).is_some() {
            points.push(RegretPoint { episode: episode + 1, regret });
        }
    }
    Ok(RegretCurve { points, optimal, late: late / tail as f64, least_optimism, switches })
}

/// The choice that the policy takes.
fn draw(rules: StageRules, setup: &Setup, stage: usize, state: usize, rng: &mut rng::Fast) -> usize {
    match rules {
        StageRules::Deterministic(rules) => rules[stage * setup.mdp.num_states() + state] as usize,
        StageRules::Stochastic(rules) => {
            let row = setup.choices(state);
            let first = stage * setup.mdp.num_choices();
            let mut left = rng::uniform(rng);
            let last = row.end - 1;
            for c in row {
                left -= rules[first + c];
                if left < 0.0 {
                    return c;
                }
            }
            last
        }
    }
}

/// The policy of the last episode, to see whether the next differs, and room for its values.
struct Played {
    choices: Vec<u32>,
    weights: Vec<f64>,
    values: Vec<f64>,
}

impl Played {
    fn new(states: usize) -> Played {
        Played { choices: Vec::new(), weights: Vec::new(), values: vec![0.0; 2 * states] }
    }

    /// Takes over a policy; whether it differs from the one held.
    fn replace(&mut self, rules: StageRules) -> bool {
        match rules {
            StageRules::Deterministic(rules) => replace(&mut self.choices, rules),
            StageRules::Stochastic(rules) => replace(&mut self.weights, rules),
        }
    }
}

fn replace<T: Copy + PartialEq>(held: &mut Vec<T>, new: &[T]) -> bool {
    let differs = held != new;
    if differs {
        held.clear();
        held.extend_from_slice(new);
    }
    differs
}
