//! Littman's soccer: its value, and what learnt strategies lose to a challenger that knows them.
//!
//! A deterministic strategy, as Q-learning finds it, can be stopped at every turn; minimax-Q learns to mix. Both are judged exactly:
//! by their value against the best response.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tabrl::learning::minimax_q::{MinimaxQ, MinimaxQParams, Opponent};
use tabrl::learning::{self, EvaluationPoints, TrainOptions, train};
use tabrl::planning::SolveOptions;
use tabrl::planning::games::{GameOptions, MarkovGame, Player, best_response, response_mdp, solve_game};

use crate::Result;
use crate::runner::mean;
use crate::runner::{Claim, Experiment, Finished, Outcome, Table, Tolerance, Unit, record};

const SOURCE: &str = "Littman (ICML 1994)";
const MEASURED: &str = "an independent linear-programming solution";
const GAMMA: f64 = 0.9;
/// The value when A has the ball.
const VALUE: f64 = 0.218_484_448_2;

/// The settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Steps of training.
    pub steps: u64,
    /// Seeds of the learners.
    pub seeds: u64,
}

/// The part.
pub struct SoccerPart(pub Settings);

#[derive(Debug, Clone, Serialize, Deserialize)]
enum Record {
    Value { with_ball: f64, without: f64, mixed: usize, sweeps: usize, asymmetry: f64 },
    Learner { label: String, seed: u64, guarantee: f64 },
}

/// Who learns, and against whom.
const LEARNERS: [&str; 3] = ["minimax-Q, self-play", "minimax-Q, random opponent", "Q-learning, random opponent"];

/// What the row player's strategy wins at least from the start.
fn guarantee(game: &MarkovGame, strategy: &[f64]) -> Result<f64> {
    let options = SolveOptions { epsilon: 1e-6, ..SolveOptions::default() };
    Ok(best_response(game, Player::Column, strategy, GAMMA, &options)?.initial(game.joint()).value)
}

/// The value of both starts, and how far the game is from being the same for both players there.
fn value(game: &MarkovGame) -> Result<Record> {
    let solution = solve_game(game, GAMMA, &GameOptions { epsilon: 1e-9, ..GameOptions::default() })?;
    // Episodes start with the ball at A or at B; A's value with the ball is the larger one.
    let starts: Vec<f64> = game.joint().initial().iter().map(|&(s, _)| solution.values[s as usize]).collect();
    let with_ball = starts.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let without = starts.iter().copied().fold(f64::INFINITY, f64::min);
    let (mixed, sweeps) = (solution.mixed_states, solution.iterations);
    Ok(Record::Value { with_ball, without, mixed, sweeps, asymmetry: (with_ball + without).abs() })
}

impl SoccerPart {
    fn learner(&self, game: &MarkovGame, which: usize, seed: u64) -> Result<Record> {
        let Settings { steps, .. } = self.0;
        let label = LEARNERS[which].to_owned();
        let strategy = if which < 2 {
            let opponent = if which == 0 { Opponent::Learner } else { Opponent::Uniform };
            let params = MinimaxQParams { decay_steps: steps, ..MinimaxQParams::default() };
            let mut learner = MinimaxQ::new(game, GAMMA, &params, opponent, seed)?;
            learner.train(steps)?;
            learner.strategy(Player::Row).to_vec()
        } else {
            let alone = response_mdp(game, Player::Row, &game.uniform(Player::Column))?;
            let set = [("step_size", "0.1"), ("epsilon", "0.2")];
            let mut agent = learning::make("q-learning", &set, &learning::Setup::new(&alone, GAMMA, seed))?;
            let points = EvaluationPoints::Even(1);
            train(&alone, agent.as_mut(), &TrainOptions { discount: GAMMA, time_limit: None, steps, points, seed })?;
            let rule = agent.rule();
            let mut strategy = vec![0.0; game.num_actions(Player::Row)];
            for s in 0..alone.num_states() {
                alone.choices(s).for_each(|c| strategy[c] = rule.probability(s, c));
            }
            strategy
        };
        Ok(Record::Learner { label, seed, guarantee: guarantee(game, &strategy)? })
    }
}

impl Experiment for SoccerPart {
    fn units(&self) -> Result<Vec<Unit>> {
        let mut units = Unit::exact(&["soccer value"]);
        for (i, learner) in LEARNERS.iter().enumerate() {
            let unit = |seed| Unit { id: format!("soccer {learner} seed={seed}"), setting: i + 1, seed };
            units.extend((0..self.0.seeds).map(unit));
        }
        Ok(units)
    }

    fn run(&self, unit: &Unit) -> Result<Value> {
        let game = tabrl_envs::games::make("soccer")?.game;
        record(&match unit.setting.checked_sub(1) {
            None => value(&game)?,
            Some(which) => self.learner(&game, which, unit.seed)?,
        })
    }

    fn conclude(&self, finished: &[Finished]) -> Result<Outcome> {
        let columns = [
            ("learner", "", "how the strategy was learnt"),
            ("seed", "", "seed"),
            ("guarantee", "", "discounted value of the strategy against its best response, from the start"),
        ];
        let mut table =
            Table::new("soccer", "One row a learnt strategy of player A; the value of the game is 0.", &columns);
        let mut claims = Vec::new();
        let mut guarantees: [Vec<f64>; 3] = Default::default();
        for done in finished {
            match done.read::<Record>()? {
                Record::Value { with_ball, without, mixed, sweeps, asymmetry } => {
                    let note =
                        format!("{mixed} states mix, {sweeps} sweeps; the starts differ in sign by {asymmetry:.1e}");
                    for (id, sign, found) in [("soccer", 1.0, with_ball), ("soccer-without", -1.0, without)] {
                        let statement = format!(
                            "Value of soccer {} the ball, discount 0.9",
                            if sign > 0.0 { "with" } else { "without" }
                        );
                        let claim = Claim::draft(id, statement, MEASURED).note(note.clone());
                        claims.push(claim.close(sign * VALUE, found, Tolerance::Absolute(1e-8)));
                    }
                }
                Record::Learner { label, seed, guarantee } => {
                    if let Some(i) = LEARNERS.iter().position(|&learner| learner == label) {
                        guarantees[i].push(guarantee);
                    }
                    table.row(vec![label.into(), seed.into(), guarantee.into()]);
                }
            }
        }
        claims.extend(self.challenged(&guarantees)?);
        Ok(Outcome { claims, tables: vec![table], ..Outcome::default() })
    }
}

impl SoccerPart {
    /// What challengers that know the strategies take from them.
    fn challenged(&self, guarantees: &[Vec<f64>; 3]) -> Result<Vec<Claim>> {
        let [self_play, random, fixed] = guarantees;
        if fixed.is_empty() {
            return Ok(Vec::new());
        }
        let (measured, interval) = mean(fixed)?;
        let statement = "A strategy of Q-learning against a random opponent, which is deterministic, loses to a challenger: its value";
        let note = format!("{} seeds, {} steps; the source's loses every game that ends", fixed.len(), self.0.steps);
        let claim = Claim::draft("soccer-q", statement, SOURCE).note(note);
        let mut claims = vec![claim.lies_in(f64::NEG_INFINITY, -0.5, measured, interval)];
        let never = "; the challenger knows the strategy, and leads into states that self-play hardly visits, where nothing was learnt \
                     (the source's challengers were learnt by Q-learning)";
        for (id, who, mixing, why) in [
            ("random", "trained against random moves", random, ""),
            ("self-play", "trained in self-play", self_play, never),
        ] {
            let more: Vec<f64> = mixing.iter().zip(fixed).map(|(m, f)| m - f).collect();
            let (measured, interval) = mean(&more)?;
            let (own, _) = mean(mixing)?;
            let statement = format!(
                "Minimax-Q {who} keeps more against a challenger than Q-learning does: difference of the values"
            );
            let note = format!("minimax-Q wins {own:.3} at least, the value of the game is 0{why}");
            let claim = Claim::draft(&format!("soccer-minimax-q-{id}"), statement, SOURCE).note(note);
            claims.push(claim.lies_in(0.0, f64::INFINITY, measured, interval));
        }
        Ok(claims)
    }
}
