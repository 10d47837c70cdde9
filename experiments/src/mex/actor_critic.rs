//! The optimistic actor-critic with rare switches (NORA), its hybrid and its non-optimistic variants.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tabrl::exploration::nora::{Nora, NoraParams};
use tabrl::exploration::{RegretOptions, Setup, make, run};
use tabrl::learning::EvaluationPoints;
use tabrl::mdp::Mdp;

use crate::Result;
use crate::plot::{Axis, LineFigure, Series};
use crate::runner::mean;
use crate::runner::{Checks, Claim, Experiment, Figure, Finished, Outcome, Table, Unit, record};

const PAPER: &str = "Tan, Fan and Wei (ICML 2025)";

/// The settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Episodes; a tenth of them on DeepSea.
    pub episodes: u64,
    /// Numbers of offline episodes, ascending from 0.
    pub offline: Vec<u64>,
    /// Seeds.
    pub seeds: u64,
}

/// The part.
pub struct ActorCritics(pub Settings);

/// A problem with the steps of its episodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Problem {
    Random,
    Lock,
    /// Twelve digits: not opened by chance.
    LongLock,
    /// Twenty rows.
    DeepSea,
}

impl Problem {
    fn name(self) -> &'static str {
        match self {
            Problem::Random => "random-mdp",
            Problem::Lock => "lock",
            Problem::LongLock => "lock-12",
            Problem::DeepSea => "deepsea-20",
        }
    }

    fn horizon(self) -> usize {
        match self {
            Problem::Random => 5,
            Problem::Lock => 9,
            Problem::LongLock => 15,
            Problem::DeepSea => 20,
        }
    }

    /// Of `all` episodes; the deep sea, whose many states cost time, gets a tenth.
    fn episodes(self, all: u64) -> u64 {
        if self == Problem::DeepSea { all / 10 } else { all }
    }

    fn table(self) -> Result<Mdp> {
        let (name, set): (_, &[_]) = match self {
            Problem::Random => ("random-mdp", &[]),
            Problem::Lock => ("lock", &[]),
            Problem::LongLock => ("lock", &[("n", "12")]),
            Problem::DeepSea => ("deepsea", &[("n", "20")]),
        };
        Ok(tabrl_envs::make(name, set)?.table(1000)?.mdp)
    }
}

/// Who plays; `None` is UCBVI with the bonus of the critic.
type Task = (Problem, String, Option<NoraParams>);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Record {
    problem: Problem,
    label: String,
    seed: u64,
    points: Vec<(u64, f64)>,
    late: f64,
    optimal: f64,
    switches: Option<u64>,
}

impl Record {
    fn total(&self) -> f64 {
        self.points.last().map_or(0.0, |p| p.1)
    }

    /// Exponent of the growth of the regret over the last three quarters of the episodes.
    fn slope(&self) -> f64 {
        let end = self.points.last().map_or(0, |p| p.0);
        let quarter = self.points.iter().find(|p| 4 * p.0 == end).map_or(f64::NAN, |p| p.1);
        (self.total() / quarter).ln() / 4f64.ln()
    }
}

const OPTIMISTIC: &str = "NORA";
const PLAIN: &str = "actor-critic without optimism";
const UCBVI: &str = "UCBVI";
const COVERED: &str = "hybrid without optimism, data cover the optimum";
const UNCOVERED: &str = "hybrid without optimism, random data";

impl ActorCritics {
    fn tasks(&self) -> Vec<Task> {
        let nora = NoraParams::default();
        let plain = NoraParams { optimism: false, ..nora };
        let mut tasks = Vec::new();
        for problem in [Problem::Random, Problem::Lock] {
            tasks.push((problem, OPTIMISTIC.into(), Some(nora)));
            tasks.push((problem, UCBVI.into(), None));
        }
        for problem in [Problem::Lock, Problem::LongLock, Problem::DeepSea] {
            tasks.push((problem, PLAIN.into(), Some(plain)));
        }
        for &offline in self.0.offline.iter().filter(|&&offline| offline > 0) {
            let params = NoraParams { offline, ..nora };
            tasks.push((Problem::Random, format!("{OPTIMISTIC}, {offline} offline"), Some(params)));
            tasks.push((Problem::Lock, format!("{OPTIMISTIC}, {offline} offline"), Some(params)));
        }
        if let Some(&offline) = self.0.offline.last().filter(|&&offline| offline > 0) {
            let hybrid = |coverage| NoraParams { offline, coverage, ..plain };
            tasks.push((Problem::DeepSea, COVERED.into(), Some(hybrid(0.9))));
            tasks.push((Problem::DeepSea, UNCOVERED.into(), Some(hybrid(0.0))));
        }
        tasks
    }
}

impl Experiment for ActorCritics {
    fn units(&self) -> Result<Vec<Unit>> {
        let name = |(problem, label, _): &Task| format!("actor-critic {} {label}", problem.name());
        Ok(Unit::grid(&self.tasks().iter().map(name).collect::<Vec<_>>(), self.0.seeds))
    }

    fn run(&self, unit: &Unit) -> Result<Value> {
        let (problem, label, params) = self.tasks().swap_remove(unit.setting);
        let (mdp, seed) = (problem.table()?, unit.seed);
        let reward_range = (mdp.reward_range().0.min(0.0), 1.0);
        let episodes = problem.episodes(self.0.episodes);
        let setup = Setup { mdp: &mdp, horizon: problem.horizon(), episodes, reward_range, seed };
        let options = RegretOptions { points: EvaluationPoints::Even(40) };
        let (curve, switches) = match params {
            Some(params) => {
                let mut agent = Nora::new(&setup, &params)?;
                (run(&setup, &mut agent, &options)?, Some(agent.switches()))
            }
            None => {
                let bonus = NoraParams::default().bonus.to_string();
                let mut agent = make("ucbvi", &[("bonus", bonus.as_str())], &setup)?;
                (run(&setup, agent.as_mut(), &options)?, None)
            }
        };
        let points = curve.points.iter().map(|p| (p.episode, p.regret)).collect();
        record(&Record { problem, label, seed, points, late: curve.late, optimal: curve.optimal, switches })
    }

    fn conclude(&self, finished: &[Finished]) -> Result<Outcome> {
        let runs = finished.iter().map(Finished::read).collect::<Result<Vec<Record>>>()?;
        let columns = [
            ("problem", "", "environment"),
            ("agent", "", "variant"),
            ("seeds", "", "runs"),
            ("regret", "", "mean regret after all episodes"),
            ("slope", "", "mean exponent of its growth over the last three quarters"),
            ("late", "", "mean regret an episode over the last tenth, as a fraction of the optimum"),
            ("switches", "", "mean number of new critics; empty for UCBVI"),
        ];
        let mut table = Table::new("actor_critic", "One row a problem and agent.", &columns);
        for own in runs.chunk_by(|a, b| a.problem == b.problem && a.label == b.label) {
            let average = |of: &dyn Fn(&Record) -> f64| own.iter().map(of).sum::<f64>() / own.len() as f64;
            let slope = average(&Record::slope);
            table.row(vec![
                own[0].problem.name().into(),
                own[0].label.clone().into(),
                own.len().into(),
                average(&Record::total).into(),
                slope.is_finite().then_some(slope).into(),
                average(&|run| run.late / run.optimal).into(),
                own[0].switches.map(|_| average(&|run| run.switches.unwrap_or(0) as f64)).into(),
            ]);
        }
        if runs.is_empty() {
            return Ok(Outcome { tables: vec![table], ..Outcome::default() });
        }
        let claims = self.judge(&runs)?;
        let figures = vec![self.figure(&runs, Problem::Random)?, self.figure(&runs, Problem::Lock)?];
        Ok(Outcome { claims, tables: vec![table], figures, notes: Vec::new() })
    }
}

impl ActorCritics {
    fn judge(&self, runs: &[Record]) -> Result<Vec<Claim>> {
        let of = |problem: Problem, label: &str, number: &dyn Fn(&Record) -> f64| -> Vec<f64> {
            runs.iter().filter(|run| run.problem == problem && run.label == label).map(number).collect()
        };
        let note = format!("{} seeds, {} episodes", self.0.seeds, self.0.episodes);
        let draft = |id: &str, text: &str| Claim::draft(id, text, PAPER).note(note.clone());
        let mut claims = Vec::new();
        let (measured, interval) = mean(&of(Problem::Random, OPTIMISTIC, &Record::slope))?;
        let slope = draft("nora-slope", "Exponent of the growth of NORA's regret on a random MDP");
        claims.push(slope.lies_in(f64::NEG_INFINITY, 0.6, measured, interval));
        let mut rare = Checks::new();
        for run in runs.iter().filter(|run| run.label.starts_with(OPTIMISTIC)) {
            let pairs = match run.problem {
                Problem::Random => 15.0 * 5.0,
                _ => 14.0 * 9.0,
            };
            let bound = pairs * (1.0 + (self.0.episodes as f64).ln() / 5f64.ln());
            let switches = run.switches.unwrap_or(0) as f64;
            rare.that(switches <= bound, || format!("{switches} on {}, bound {bound:.0}", run.problem.name()));
        }
        claims
            .push(draft("nora-switches", "NORA switches its critic at most S A H (1 + ln K / ln 5) times").all(&rare));
        let optimism = of(Problem::Lock, OPTIMISTIC, &Record::total);
        let ratios: Vec<f64> =
            optimism.iter().zip(of(Problem::Lock, UCBVI, &Record::total)).map(|(a, b)| a / b).collect();
        let (measured, interval) = mean(&ratios)?;
        let claim = draft("nora-ucbvi", "NORA's regret on the lock over that of UCBVI with the same bonus");
        claims.push(claim.lies_in(0.0, 3.0, measured, interval));
        // Six digits are found by chance now and then; that row is in the table and not judged.
        for problem in [Problem::LongLock, Problem::DeepSea] {
            let (measured, interval) = mean(&of(problem, PLAIN, &Record::slope))?;
            let text = format!("Without optimism the regret grows linearly on {}: its exponent", problem.name());
            claims.push(draft(&format!("plain-{}", problem.name()), &text).lies_in(0.9, 1.1, measured, interval));
        }
        for problem in [Problem::Random, Problem::Lock] {
            let mut falling = Checks::new();
            let labels = self
                .0
                .offline
                .iter()
                .map(|n| if *n == 0 { OPTIMISTIC.to_owned() } else { format!("{OPTIMISTIC}, {n} offline") });
            let means: Vec<f64> =
                labels.map(|label| mean(&of(problem, &label, &Record::total)).map(|m| m.0)).collect::<Result<_>>()?;
            for (pair, sizes) in means.windows(2).zip(self.0.offline.windows(2)) {
                falling.that(pair[1] < pair[0], || {
                    format!("{:.2} with {}, {:.2} with {}", pair[0], sizes[0], pair[1], sizes[1])
                });
            }
            let text = format!("More offline episodes leave less regret on {}, in the mean", problem.name());
            claims.push(draft(&format!("hybrid-{}", problem.name()), &text).all(&falling));
        }
        let late = |run: &Record| run.late / run.optimal;
        let (covered, uncovered) = (of(Problem::DeepSea, COVERED, &late), of(Problem::DeepSea, UNCOVERED, &late));
        if !covered.is_empty() {
            let (measured, interval) = mean(&covered)?;
            let text = "Without optimism, offline data that cover the optimum are enough on DeepSea: late regret over the optimum";
            claims.push(draft("hybrid-covered", text).lies_in(0.0, 0.1, measured, interval));
            let (measured, interval) = mean(&uncovered)?;
            let text = "Without optimism, random offline data are not enough on DeepSea: late regret over the optimum";
            claims.push(draft("hybrid-uncovered", text).lies_in(0.9, 1.1, measured, interval));
        }
        Ok(claims)
    }

    fn figure(&self, runs: &[Record], problem: Problem) -> Result<Figure> {
        let mut series = Vec::new();
        for own in runs.chunk_by(|a, b| a.problem == b.problem && a.label == b.label) {
            if own[0].problem != problem {
                continue;
            }
            let (mut points, mut band) = (Vec::new(), Vec::new());
            for (i, &(episode, _)) in own[0].points.iter().enumerate().filter(|(_, p)| p.0 > 0) {
                let column: Vec<f64> = own.iter().map(|run| run.points[i].1).collect();
                let (regret, interval) = mean(&column)?;
                points.push((episode as f64, regret));
                band.push((interval.lower, interval.upper));
            }
            series.push(Series { band: (own.len() > 1).then_some(band), ..Series::new(own[0].label.clone(), points) });
        }
        let figure = LineFigure {
            title: format!("Actor-critics: {}", problem.name()),
            caption: format!(
                "Mean regret and 95 % bootstrap interval over {} seeds; offline episodes take an optimal choice with probability ½.",
                self.0.seeds
            ),
            x: Axis::log("episodes"),
            y: Axis::log(format!("regret [reward over {} steps, summed over episodes]", problem.horizon())),
            series,
            references: Vec::new(),
        };
        let name = format!("actor-critic-{}", problem.name());
        Ok(Figure { name, caption: figure.caption.clone(), drawing: figure.draw()? })
    }
}
