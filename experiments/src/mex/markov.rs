//! MEX and Nash-VI in random zero-sum Markov games over a few steps, by self-play.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tabrl::exploration::games::{GameAgent, GameSetup, MexGame, MexGameParams, NashVi, NashViParams, run_game};
use tabrl::exploration::{Counting, Step};
use tabrl::learning::EvaluationPoints;
use tabrl::mdp::MdpBuilder;
use tabrl::planning::games::{MarkovGame, solve_game_finite};
use tabrl::rng::{self, Fast, Purpose};

use crate::Result;
use crate::plot::{Axis, LineFigure, Series};
use crate::runner::mean;
use crate::runner::{Checks, Claim, Experiment, Figure, Finished, Outcome, Table, Unit, record};

const PAPER: &str = "Liu et al. (NeurIPS 2023), self-play";
const STATES: usize = 4;
const ACTIONS: usize = 2;

/// The settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Prices of MEX.
    pub prices: Vec<f64>,
    /// Factors of Nash-VI's bonus.
    pub bonuses: Vec<f64>,
    /// Steps of an episode.
    pub horizon: usize,
    /// Episodes.
    pub episodes: u64,
    /// Seeds: each is a game of its own.
    pub seeds: u64,
}

/// The part.
pub struct Markov(pub Settings);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Record {
    label: String,
    seed: u64,
    points: Vec<(u64, f64)>,
    optimal: f64,
    /// The least of MEX's objective minus that of the truth, over all episodes.
    optimism: Option<f64>,
}

/// MEX with its objective compared with that of the truth in every episode.
struct Watched<'a> {
    agent: MexGame<'a>,
    game: &'a MarkovGame,
    horizon: usize,
    eta: f64,
    optimal: f64,
    optimism: f64,
}

impl Watched<'_> {
    /// `η Σ N KL(p̂ ‖ P)` of the true game.
    fn price_of_truth(&self) -> f64 {
        let (joint, counts) = (self.game.joint(), self.agent.counts());
        let mut loss = 0.0;
        for (stage, choice) in (0..self.horizon).flat_map(|h| (0..joint.num_choices()).map(move |c| (h, c))) {
            let row = counts.row(stage, choice);
            for &(s, n) in counts.successors(row) {
                let truth: f64 = joint.branches(choice).filter(|&(t, _)| t == s as usize).map(|(_, p)| p).sum();
                let n = f64::from(n);
                loss += n * (n / (f64::from(counts.visits(row)) * truth)).ln();
            }
        }
        self.eta * loss
    }
}

impl GameAgent for Watched<'_> {
    fn begin(&mut self, episode: u64) -> tabrl::Result<()> {
        self.agent.begin(episode)?;
        let margin = self.agent.bounds().1 - (self.optimal - self.price_of_truth());
        self.optimism = self.optimism.min(margin);
        Ok(())
    }

    fn row(&self) -> &[f64] {
        self.agent.row()
    }

    fn draw(&mut self, stage: usize, state: usize, rng: &mut Fast) -> usize {
        self.agent.draw(stage, state, rng)
    }

    fn observe(&mut self, step: &Step) {
        self.agent.observe(step);
    }
}

/// Full rows drawn as normalised exponentials, rewards in [0, 1], from state 0.
fn random_game(seed: u64) -> Result<MarkovGame> {
    let mut rng = rng::fast(seed, Purpose::Generation, 0);
    let mut builder = MdpBuilder::new(STATES);
    for s in 0..STATES {
        for joint in 0..ACTIONS * ACTIONS {
            let weights: [f64; STATES] = std::array::from_fn(|_| -(1.0 - rng::uniform(&mut rng)).ln());
            let (sum, reward) = (weights.iter().sum::<f64>(), rng::uniform(&mut rng));
            let branches: Vec<(f64, usize, f64)> = (0..STATES).map(|t| (weights[t] / sum, t, reward)).collect();
            builder.choice(s, joint, &branches);
        }
    }
    Ok(MarkovGame::new(builder.build()?, &[(ACTIONS, ACTIONS); STATES])?)
}

impl Markov {
    fn labels(&self) -> Vec<String> {
        let mex = self.0.prices.iter().map(|eta| format!("MEX {eta}"));
        mex.chain(self.0.bonuses.iter().map(|bonus| format!("Nash-VI {bonus}"))).collect()
    }
}

impl Experiment for Markov {
    fn units(&self) -> Result<Vec<Unit>> {
        let names: Vec<String> = self.labels().iter().map(|label| format!("markov {label}")).collect();
        Ok(Unit::grid(&names, self.0.seeds))
    }

    fn run(&self, unit: &Unit) -> Result<Value> {
        let Settings { prices, bonuses, horizon, episodes, .. } = &self.0;
        let game = random_game(unit.seed)?;
        let (horizon, episodes, seed) = (*horizon, *episodes, unit.seed);
        let setup = GameSetup { game: &game, horizon, episodes, reward_range: (0.0, 1.0), seed };
        let counts = Counting::Staged;
        let points = EvaluationPoints::Log(40);
        let (curve, optimism) = match unit.setting.checked_sub(prices.len()) {
            None => {
                let eta = prices[unit.setting];
                let agent = MexGame::new(&setup, &MexGameParams { eta, counts })?;
                let optimal = solve_game_finite(&game, horizon)?.initial(&game).value;
                let mut watched = Watched { agent, game: &game, horizon, eta, optimal, optimism: f64::INFINITY };
                (run_game(&setup, &mut watched, points)?, Some(watched.optimism))
            }
            Some(i) => {
                let params = NashViParams { bonus: bonuses[i], counts, ..NashViParams::default() };
                (run_game(&setup, &mut NashVi::new(&setup, &params)?, points)?, None)
            }
        };
        let points = curve.points.iter().map(|p| (p.episode, p.regret)).collect();
        record(&Record { label: self.labels()[unit.setting].clone(), seed, points, optimal: curve.optimal, optimism })
    }

    fn conclude(&self, finished: &[Finished]) -> Result<Outcome> {
        let runs = finished.iter().map(Finished::read).collect::<Result<Vec<Record>>>()?;
        let columns = [
            ("agent", "", "MEX with its price, Nash-VI with the factor of its bonus"),
            ("seed", "", "seed of the game and of the agent"),
            ("episode", "episodes", "episodes so far"),
            ("regret", "", "sum over them of the value less what the row strategy wins at least"),
        ];
        let mut table = Table::new("markov", "One row an agent, game and record.", &columns);
        for run in &runs {
            for &(episode, regret) in &run.points {
                table.row(vec![run.label.clone().into(), run.seed.into(), episode.into(), regret.into()]);
            }
        }
        let (claims, figures) =
            if runs.is_empty() { Default::default() } else { (self.judge(&runs)?, vec![self.figure(&runs)?]) };
        Ok(Outcome { claims, tables: vec![table], figures, notes: Vec::new() })
    }
}

impl Markov {
    fn totals(runs: &[Record], label: &str) -> Vec<f64> {
        let own = runs.iter().filter(|run| run.label == label);
        own.map(|run| run.points.last().map_or(0.0, |p| p.1)).collect()
    }

    /// The label with the least total among those that start with a word.
    fn best(&self, runs: &[Record], word: &str) -> Option<String> {
        let total = |label: &String| Self::totals(runs, label).iter().sum::<f64>();
        let own = self.labels().into_iter().filter(|label| label.starts_with(word));
        own.min_by(|a, b| total(a).total_cmp(&total(b)))
    }

    fn judge(&self, runs: &[Record]) -> Result<Vec<Claim>> {
        let mut optimistic = Checks::new();
        for run in runs {
            if let Some(least) = run.optimism {
                optimistic.that(least >= -1e-9, || format!("{} seed {}: {least:.3e}", run.label, run.seed));
            }
        }
        let statement = "In Markov games MEX's relaxed objective is at least that of the truth, in every episode";
        let note = "one check a run: the least over its episodes";
        let mut claims = vec![Claim::draft("markov-optimism", statement, PAPER).note(note).all(&optimistic)];
        let (Some(mex), Some(nash)) = (self.best(runs, "MEX"), self.best(runs, "Nash-VI")) else { return Ok(claims) };
        let half = self.0.episodes as f64 / 2.0;
        // The share of the regret that falls into the second half: a half if nothing is learnt, 0.29 for growth like a root.
        let late = |run: &Record| {
            let total = run.points.last().map_or(0.0, |p| p.1);
            let before = run.points.iter().rev().find(|p| p.0 as f64 <= half).map_or(0.0, |p| p.1);
            (total - before) / total.max(1e-12)
        };
        let shares: Vec<f64> = runs.iter().filter(|run| run.label == mex).map(late).collect();
        let (measured, interval) = mean(&shares)?;
        let note =
            format!("{} games with {STATES} states, {ACTIONS} actions each and {} steps", shares.len(), self.0.horizon);
        let statement = format!("Share of the exploitability regret of {mex} in the second half of the episodes");
        let claim = Claim::draft("markov-sublinear", statement, PAPER).note(note);
        claims.push(claim.lies_in(0.0, 0.35, measured, interval));
        let ratios: Vec<f64> =
            Self::totals(runs, &mex).iter().zip(Self::totals(runs, &nash)).map(|(a, b)| a / b.max(1e-12)).collect();
        let (measured, interval) = mean(&ratios)?;
        let note = "each at the best of its settings; the claim of comparable regret is this report's";
        let statement = format!("Regret of {mex} over that of {nash}, mean of the ratios of the games");
        claims.push(Claim::draft("markov-nash-vi", statement, PAPER).note(note).lies_in(0.0, 2.0, measured, interval));
        Ok(claims)
    }

    fn figure(&self, runs: &[Record]) -> Result<Figure> {
        let mut series = Vec::new();
        for label in self.labels() {
            let own: Vec<&Record> = runs.iter().filter(|run| run.label == label).collect();
            let (mut points, mut band) = (Vec::new(), Vec::new());
            for (i, &(episode, _)) in own[0].points.iter().enumerate().filter(|(_, p)| p.0 > 0) {
                let column: Vec<f64> = own.iter().map(|run| run.points[i].1).collect();
                let (regret, interval) = mean(&column)?;
                points.push((episode as f64, regret));
                band.push((interval.lower, interval.upper));
            }
            series.push(Series { band: (own.len() > 1).then_some(band), ..Series::new(label, points) });
        }
        let figure = LineFigure {
            title: "Self-play in random Markov games".into(),
            caption: format!(
                "What the row player's strategies lose to best responses, mean and 95 % bootstrap interval over {} games with {STATES} \
                 states, {ACTIONS} actions for each player and {} steps.",
                self.0.seeds, self.0.horizon
            ),
            x: Axis::log("episodes"),
            y: Axis::log("exploitability [payoff, summed over episodes]"),
            series,
            references: Vec::new(),
        };
        Ok(Figure { name: "markov".into(), caption: figure.caption.clone(), drawing: figure.draw()? })
    }
}
