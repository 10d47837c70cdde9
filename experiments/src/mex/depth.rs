//! DeepSea over its depth: after how many episodes an agent has solved it.
//!
//! The dynamics and all policies here are deterministic, so that the return of an episode is the exact value of its policy. A run
//! is solved in the first episode that makes half of the last twenty reach the goal, and stops there or at the cap.

use rand::Rng;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tabrl::exploration::{Setup, StageRules, Step, Truth};
use tabrl::rng::{self, Purpose};
use tabrl::simulation::{Dynamics, TableDynamics};
use tabrl::stats::median;

use super::fault;
use super::groups::{Player, agent};
use super::reference::{DEPTHS, EXPONENTS};
use crate::Result;
use crate::plot::{Axis, LineFigure, Series};
use crate::runner::{Checks, Claim, Experiment, Figure, Finished, Interval, Outcome, Table, Unit, record};

const SOURCE: &str = "an RL text book's code, 5 seeds, cap 4000";
const MEASURED: &str = "an independent implementation of tabular MEX";
/// Of so many last episodes half must reach the goal.
const WINDOW: usize = 20;

/// The settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Numbers of rows.
    pub depths: Vec<usize>,
    /// Most episodes.
    pub cap: u64,
    /// Seeds.
    pub seeds: u64,
    /// Agents as in a group, each with the largest depth at which it plays: `depth label: agent key=value ...`.
    pub agents: Vec<String>,
    /// Numbers of rows at which uniformly random choices play until they first reach the goal, with five times as many seeds.
    pub random: Vec<usize>,
}

/// The part.
pub struct Depths(pub Settings);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Record {
    label: String,
    depth: usize,
    /// Episodes until it is solved; for random choices until the first success. `None` if the cap came first.
    solved: Option<u64>,
    /// The regret until then.
    regret: f64,
    /// The least of what the agent believed minus the optimum less its penalty; `None` if it never said.
    least_optimism: Option<f64>,
}

const RANDOM: &str = "random";

impl Depths {
    fn tasks(&self) -> Result<Vec<(Option<Player>, usize, u64)>> {
        let mut tasks = Vec::new();
        for text in &self.0.agents {
            let Some((most, rest)) = text.split_once(' ').and_then(|(n, rest)| Some((n.parse::<usize>().ok()?, rest)))
            else {
                return fault(format!("agents = [\"{text}\"]: it must read `depth label: agent key=value ...`"));
            };
            let player = Player::parse(rest)?;
            for &depth in self.0.depths.iter().filter(|&&depth| depth <= most) {
                tasks.extend((0..self.0.seeds).map(|seed| (Some(player.clone()), depth, seed)));
            }
        }
        for &depth in &self.0.random {
            // The first success of random choices varies much.
            tasks.extend((0..5 * self.0.seeds).map(|seed| (None, depth, seed)));
        }
        Ok(tasks)
    }
}

/// Plays until it is solved.
fn play(player: Option<&Player>, depth: usize, seed: u64, cap: u64) -> Result<Record> {
    let (n, mapping) = (depth.to_string(), seed.to_string());
    let set = [("n", n.as_str()), ("mapping_seed", mapping.as_str())];
    let mdp = tabrl_envs::make("deepsea", &set)?.table(1_000_000)?.mdp;
    let reward_range = (-0.01 / depth as f64, 1.0);
    let setup = Setup { mdp: &mdp, horizon: depth, episodes: cap, reward_range, seed };
    let dynamics = TableDynamics::new(&mdp)?;
    let mut environment = rng::fast(seed, Purpose::Environment, 0);
    let mut draws = rng::fast(seed, Purpose::Policy, 1);
    let label = player.map_or(RANDOM, |player| &player.label).to_owned();
    let mut found = Record { label, depth, solved: None, regret: 0.0, least_optimism: None };
    let truth = Truth::solve(&mdp, depth);
    let mut explorer = player.map(|player| agent(player, &setup)).transpose()?;
    let mut last = [false; WINDOW];
    for episode in 0..cap {
        if let Some(agent) = &mut explorer {
            agent.begin(episode);
            if let Some(believed) = agent.optimistic_value() {
                let optimism = believed - (truth.optimal() - agent.penalty_of_truth(&truth));
                found.least_optimism = Some(found.least_optimism.map_or(optimism, |least| least.min(optimism)));
            }
        }
        let (mut state, mut earned) = (dynamics.reset(environment.next_u64()), 0.0);
        for stage in 0..depth {
            let choice = match explorer.as_deref().map(|agent| agent.rules()) {
                Some(StageRules::Deterministic(rules)) => rules[stage * mdp.num_states() + state as usize],
                Some(StageRules::Stochastic(_)) => return fault(format!("{} does not commit to choices", found.label)),
                None => {
                    let row = mdp.choices(state as usize);
                    (row.start + rng::below(&mut draws, row.len())) as u32
                }
            };
            let outcome = dynamics.step(state, choice, environment.next_u64(), &mut ());
            earned += outcome.reward;
            if let Some(agent) = &mut explorer {
                let (state, choice, next) = (state as usize, choice as usize, outcome.next as usize);
                agent.observe(&Step { stage, state, choice, reward: outcome.reward, next });
            }
            state = outcome.next;
            if outcome.terminal {
                break;
            }
        }
        if let Some(agent) = &mut explorer {
            agent.end();
        }
        found.regret += 0.99 - earned;
        last[episode as usize % WINDOW] = earned > 0.5;
        let needed = if player.is_some() { WINDOW / 2 } else { 1 };
        if last.iter().filter(|&&success| success).count() >= needed {
            found.solved = Some(episode + 1);
            break;
        }
    }
    Ok(found)
}

impl Experiment for Depths {
    fn units(&self) -> Result<Vec<Unit>> {
        let unit = |(setting, (player, depth, seed)): (usize, (Option<Player>, usize, u64))| {
            let label = player.map_or(RANDOM.to_owned(), |player| player.label);
            Unit { id: format!("depth {label} n={depth} seed={seed}"), setting, seed }
        };
        Ok(self.tasks()?.into_iter().enumerate().map(unit).collect())
    }

    fn run(&self, unit: &Unit) -> Result<Value> {
        let (player, depth, seed) = &self.tasks()?[unit.setting];
        // Random choices get as long as it takes.
        let cap = if player.is_some() { self.0.cap } else { 100 << depth };
        record(&play(player.as_ref(), *depth, *seed, cap)?)
    }

    fn conclude(&self, finished: &[Finished]) -> Result<Outcome> {
        let runs = finished.iter().map(Finished::read).collect::<Result<Vec<Record>>>()?;
        let rows = summarise(&runs);
        let columns = [
            ("agent", "", "label in the configuration"),
            ("rows", "", "depth N"),
            ("seeds", "", "runs"),
            ("solved", "", "runs that were solved before the cap"),
            ("episodes", "", "median number of episodes until then (the cap for others)"),
            ("regret", "", "mean regret until then"),
        ];
        let mut table = Table::new("depth", "One row an agent and depth of DeepSea.", &columns);
        for row in &rows {
            table.row(vec![
                row.label.clone().into(),
                row.depth.into(),
                row.seeds.into(),
                row.solved.into(),
                row.median.into(),
                row.regret.into(),
            ]);
        }
        let claims = self.judge(&runs, &rows)?;
        let figures = if rows.is_empty() { Vec::new() } else { vec![figure(&self.0, &rows)?] };
        Ok(Outcome { claims, tables: vec![table], figures, notes: Vec::new() })
    }
}

/// An agent at a depth.
struct Row {
    label: String,
    depth: usize,
    seeds: usize,
    solved: usize,
    median: f64,
    least: f64,
    most: f64,
    regret: f64,
}

fn summarise(runs: &[Record]) -> Vec<Row> {
    let row = |runs: &[Record]| {
        let times: Vec<f64> = runs.iter().map(|run| run.solved.map_or(f64::INFINITY, |k| k as f64)).collect();
        let mut sorted = times.clone();
        sorted.sort_by(f64::total_cmp);
        Row {
            label: runs[0].label.clone(),
            depth: runs[0].depth,
            seeds: runs.len(),
            solved: times.iter().filter(|t| t.is_finite()).count(),
            least: sorted[0],
            most: sorted[sorted.len() - 1],
            median: median(&mut sorted),
            regret: runs.iter().map(|run| run.regret).sum::<f64>() / runs.len() as f64,
        }
    };
    runs.chunk_by(|a, b| a.label == b.label && a.depth == b.depth).map(row).collect()
}

/// The slope of `ln T` over `ln N` by least squares, from depth 10 on.
fn exponent(points: &[(f64, f64)]) -> Option<f64> {
    let logs: Vec<(f64, f64)> = points.iter().filter(|p| p.0 >= 10.0).map(|p| (p.0.ln(), p.1.ln())).collect();
    if logs.len() < 3 || logs.iter().any(|p| !p.1.is_finite()) {
        return None;
    }
    let n = logs.len() as f64;
    let (x, y) = (logs.iter().map(|p| p.0).sum::<f64>() / n, logs.iter().map(|p| p.1).sum::<f64>() / n);
    let spread: f64 = logs.iter().map(|p| (p.0 - x).powi(2)).sum();
    Some(logs.iter().map(|p| (p.0 - x) * (p.1 - y)).sum::<f64>() / spread)
}

impl Depths {
    fn judge(&self, runs: &[Record], rows: &[Row]) -> Result<Vec<Claim>> {
        let mut claims = Vec::new();
        let at = |label: &str, depth: usize| rows.iter().find(|row| row.label == label && row.depth == depth);
        for (label, depth, expected) in DEPTHS {
            if let Some(row) = at(label, depth) {
                let statement = format!("Median number of episodes until {label} solves DeepSea with {depth} rows");
                let interval =
                    Interval { lower: row.least, upper: row.most, level: 1.0 - 2f64.powi(1 - row.seeds as i32) };
                let prior = "; this PSRL draws laws over all states, with the prior mass of one visit, which the source may spread over \
                             the next row alone";
                let prior = if label == "PSRL" { prior } else { "" };
                let note = format!("{} seeds, from the least to the largest; the tolerance is 30 %{prior}", row.seeds);
                let claim = Claim::draft(&format!("depth-{}", label.to_lowercase()), statement, SOURCE).note(note);
                claims.push(claim.agrees(expected, 0.3 * expected, row.median, interval));
            }
        }
        // The exponents of the seeds give the interval.
        for (label, expected) in EXPONENTS {
            let of = |seed: usize| {
                let own = runs.iter().filter(|run| run.label == label);
                let all: Vec<&Record> = own.collect();
                let points = all.chunk_by(|a, b| a.depth == b.depth).filter_map(|chunk| chunk.get(seed));
                exponent(
                    &points
                        .map(|run| (run.depth as f64, run.solved.map_or(f64::INFINITY, |k| k as f64)))
                        .collect::<Vec<_>>(),
                )
            };
            let slopes: Vec<f64> = (0..self.0.seeds as usize).filter_map(of).collect();
            if slopes.len() > 1 && slopes.len() == self.0.seeds as usize {
                let (measured, interval) = crate::runner::mean(&slopes)?;
                let statement = format!("Exponent p of T ~ N^p for {label}, from 10 rows on");
                let note = format!("{} seeds, mean of their fits; tolerance 0.3", slopes.len());
                let claim = Claim::draft(&format!("exponent-{}", label.to_lowercase()), statement, SOURCE).note(note);
                claims.push(claim.agrees(expected, 0.3, measured, interval));
            }
        }
        let mut linear = Checks::new();
        for row in rows.iter().filter(|row| row.label == "MEX-MB") {
            let expected = 2.1 * row.depth as f64;
            linear.that(row.solved == row.seeds && (row.regret / expected - 1.0).abs() <= 0.3, || {
                format!("{:.1} with {} rows", row.regret, row.depth)
            });
        }
        let statement = "Model-based MEX with known rewards and layers loses about 2.1 N in all, within 30 %";
        claims.push(Claim::draft("depth-mex-mb", statement, MEASURED).all(&linear));
        let mut optimism = Checks::new();
        for run in runs {
            if let Some(least) = run.least_optimism {
                optimism.that(least >= -1e-9, || format!("{} with {} rows: {least:.3e}", run.label, run.depth));
            }
        }
        let statement = "In every episode on DeepSea the objective of MEX is at least that of the truth";
        claims.push(Claim::draft("depth-optimism", statement, MEASURED).note("one check a run").all(&optimism));
        let mut sooner = Checks::new();
        for row in rows.iter().filter(|row| row.label == "MEX-MF") {
            if let Some(other) = at("UCB-Q", row.depth) {
                sooner.that(row.median <= other.median, || {
                    format!("{} against {} with {} rows", row.median, other.median, row.depth)
                });
            }
        }
        let statement = "Model-free MEX at η = 2 solves DeepSea no later than UCB-Q at 0.1, in the median";
        claims.push(Claim::draft("depth-mex-mf", statement, MEASURED).all(&sooner));
        let mut random = Checks::new();
        for row in rows.iter().filter(|row| row.label == RANDOM) {
            // The first success is geometric with mean 2^N, whose median is 0.69 · 2^N.
            let expected = std::f64::consts::LN_2 * 2f64.powi(row.depth as i32);
            random.that((0.5 * expected..=2.0 * expected).contains(&row.median), || {
                format!("{} with {} rows, expected {expected:.0}", row.median, row.depth)
            });
        }
        let statement = "Random choices first succeed after 0.69 · 2^N episodes, in the median, up to a factor of 2";
        claims.push(Claim::draft("depth-random", statement, SOURCE).all(&random));
        Ok(claims)
    }
}

fn figure(settings: &Settings, rows: &[Row]) -> Result<Figure> {
    let series = rows.chunk_by(|a, b| a.label == b.label).map(|own| {
        let cap = |x: f64| if x.is_finite() { x } else { settings.cap as f64 };
        let solved: Vec<&Row> = own.iter().filter(|row| row.median.is_finite()).collect();
        let points: Vec<(f64, f64)> = solved.iter().map(|row| (row.depth as f64, row.median)).collect();
        let name = match exponent(&points) {
            Some(p) => format!("{} (N^{p:.2})", own[0].label),
            None => own[0].label.clone(),
        };
        let band = Some(solved.iter().map(|row| (row.least, cap(row.most))).collect());
        Series { band, markers: true, ..Series::new(name, points) }
    });
    let figure = LineFigure {
        title: "DeepSea: episodes until it is solved".into(),
        caption: format!(
            "Median over {} seeds, from the least to the largest; the exponents are fitted from 10 rows on. Solved: half of the last \
             twenty episodes reach the goal (random choices: the first success). Each seed has its own map of actions.",
            settings.seeds
        ),
        x: Axis::log("rows N"),
        y: Axis::log("episodes"),
        series: series.filter(|series| !series.points.is_empty()).collect(),
        references: Vec::new(),
    };
    Ok(Figure { name: "depth".into(), caption: figure.caption.clone(), drawing: figure.draw()? })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_exponent_of_a_power_is_found_from_ten_rows_on() {
        let points: Vec<(f64, f64)> =
            [5.0f64, 10.0, 20.0, 40.0].map(|n| (n, if n < 10.0 { 1e9 } else { 3.0 * n.powf(1.7) })).to_vec();
        assert!((exponent(&points).unwrap() - 1.7).abs() < 1e-12);
        assert_eq!(
            (exponent(&points[..3]), exponent(&[(10.0, 1.0), (20.0, f64::INFINITY), (40.0, 9.0)])),
            (None, None)
        );
    }

    /// The agent that is told the layers of the sea loses about two episodes a row, and stops when it has solved it.
    #[test]
    fn a_run_stops_when_it_is_solved() {
        let player = Player::parse("MEX: mex-mb eta=0.1 successors=layered").unwrap();
        let record = play(Some(&player), 6, 0, 1000).unwrap();
        assert!(record.solved.is_some_and(|k| k < 40) && record.regret < 20.0, "{record:?}");
        assert!(record.least_optimism.unwrap() >= -1e-9);
        assert_eq!(play(Some(&player), 6, 0, 3).unwrap().solved, None);
        let greedy = Player::parse("greedy: epsilon-greedy").unwrap();
        assert!(play(Some(&greedy), 6, 0, 3).unwrap_err().to_string().contains("commit to choices"));
    }
}
