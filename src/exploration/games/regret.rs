//! The regret of an agent of games, episode by episode, computed exactly.
//!
//! The game is sampled as tables are: with the stream `(seed, Environment, 0)`, one word a step and one a reset, the
//! same for every agent with that seed. Joint choices are drawn with the stream `(seed, Policy, 1)`.

use rand::Rng;

use super::{GameAgent, GameSetup};
use crate::Result;
use crate::exploration::{RegretPoint, Step};
use crate::learning::EvaluationPoints;
use crate::planning::games::{Player, solve_game_finite, staged_response};
use crate::rng::{self, Purpose};
use crate::simulation::{Dynamics, TableDynamics};

/// The regret of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct GameCurve {
    /// By ascending number of episodes, from 0 to `K`.
    pub points: Vec<RegretPoint>,
    /// `V*_0` from the initial distribution.
    pub optimal: f64,
    /// Mean regret an episode over the last tenth of the episodes (at least one).
    pub late: f64,
    /// The least `V̂_0 − V*_0` over all episodes, where `V̂_0` is what the agent believes its strategy wins.
    pub least_optimism: Option<f64>,
    /// The mean of the row player's strategies over the episodes, `[H · actions]`.
    pub average: Vec<f64>,
    /// `V*_0 − min_ν V_0` of the mean strategy. Over one step that is the strategy of playing a random episode's; over
    /// more it is a strategy of its own.
    pub average_loss: f64,
}

impl GameCurve {
    /// The regret after all episodes.
    pub fn total(&self) -> f64 {
        self.points.last().map_or(0.0, |point| point.regret)
    }
}

/// Plays `setup.episodes` episodes, and records the regret at `points`.
///
/// # Errors
/// As [`GameSetup::validate`], an episode that may start in a terminal state, or values that overflow.
///
/// ```
/// use ndarray::arr2;
/// use tabrl::exploration::games::{GameSetup, MexMatrix, MexMatrixParams, run_game};
/// use tabrl::learning::EvaluationPoints;
/// use tabrl::planning::games::MarkovGame;
///
/// // Matching pennies.
/// let game = MarkovGame::one_shot(arr2(&[[1.0, 0.0], [0.0, 1.0]]).view())?;
/// let setup = GameSetup { game: &game, horizon: 1, episodes: 200, reward_range: (0.0, 1.0), seed: 0 };
/// let mut agent = MexMatrix::new(&setup, &MexMatrixParams::default())?;
/// let curve = run_game(&setup, &mut agent, EvaluationPoints::Even(4))?;
/// assert!((curve.optimal - 0.5).abs() < 1e-12 && curve.average_loss < 0.05);
/// # Ok::<(), tabrl::Error>(())
/// ```
pub fn run_game(setup: &GameSetup, agent: &mut dyn GameAgent, points: EvaluationPoints) -> Result<GameCurve> {
    setup.validate()?;
    let GameSetup { game, horizon, episodes, seed, .. } = *setup;
    let joint = game.joint();
    let optimal = solve_game_finite(game, horizon)?.initial(game).value;
    let dynamics = TableDynamics::new(joint)?;
    let mut environment = rng::fast(seed, Purpose::Environment, 0);
    let mut draws = rng::fast(seed, Purpose::Policy, 1);

    let size = horizon * game.num_actions(Player::Row);
    let mut v = vec![0.0; 2 * game.num_states()];
    let mut guaranteed = |strategy: &[f64]| {
        staged_response(game, horizon, Player::Column, strategy, &mut v);
        joint.initial_value(&v[..game.num_states()])
    };
    let (mut held, mut average) = (Vec::new(), vec![0.0; size]);
    let (mut regret, mut late, mut loss) = (0.0, 0.0, 0.0);
    let tail = (episodes / 10).max(1);
    let mut least_optimism: Option<f64> = None;
    let mut recorded = vec![RegretPoint { episode: 0, regret }];
    let wanted = points.steps(episodes);
    let mut wanted = wanted.iter().filter(|&&episode| episode > 0).peekable();
    for episode in 0..episodes {
        agent.begin(episode)?;
        if held != agent.row() {
            held.clear();
            held.extend_from_slice(agent.row());
            loss = (optimal - guaranteed(&held)).max(0.0);
        }
        if let Some(believed) = agent.optimistic_value() {
            let optimism = believed - optimal;
            least_optimism = Some(least_optimism.map_or(optimism, |least| least.min(optimism)));
        }
        average.iter_mut().zip(&held).for_each(|(a, p)| *a += p / episodes as f64);
        regret += loss;
        if episode + tail >= episodes {
            late += loss;
        }
        let mut state = dynamics.reset(environment.next_u64());
        for stage in 0..horizon {
            let choice = agent.draw(stage, state as usize, &mut draws);
            let outcome = dynamics.step(state, choice as u32, environment.next_u64(), &mut ());
            let (reward, next) = (outcome.reward, outcome.next as usize);
            agent.observe(&Step { stage, state: state as usize, choice, reward, next });
            state = outcome.next;
            if outcome.terminal {
                break;
            }
        }
        if wanted.next_if_eq(&&(episode + 1)).is_some() {
            recorded.push(RegretPoint { episode: episode + 1, regret });
        }
    }
    let average_loss = (optimal - guaranteed(&average)).max(0.0);
    Ok(GameCurve { points: recorded, optimal, late: late / tail as f64, least_optimism, average, average_loss })
}

/// An index of `weights`, which sum to one, drawn with one random word.
pub(super) fn draw(weights: &[f64], rng: &mut rng::Fast) -> usize {
    let mut left = rng::uniform(rng);
    for (k, weight) in weights.iter().enumerate() {
        left -= weight;
        if left < 0.0 {
            return k;
        }
    }
    // Rounding may leave a little: then the last with any weight.
    weights.iter().rposition(|&w| w > 0.0).unwrap_or(0)
}

/// An index of a smallest number, ties broken uniformly.
pub(super) fn least(numbers: &[f64], rng: &mut rng::Fast) -> usize {
    let (mut best, mut ties) = (0, 1usize);
    for j in 1..numbers.len() {
        if numbers[j] < numbers[best] {
            (best, ties) = (j, 1);
        } else if numbers[j] == numbers[best] {
            ties += 1;
            if rng::below(rng, ties) == 0 {
                best = j;
            }
        }
    }
    best
}
