//! Finite classes of models: MEX is exact here, and what it does can be worked out.
//!
//! The pair: arm 0 has mean 0.5, arm 1 has 0.4 (the bad world) or 0.9 (the good one), and only pulls of arm 1 tell. MEX pulls it
//! while `0.4 ≥ (η/2) · log-likelihood ratio`; a small price pulls long in the bad world, a large one gives up in the good one. The
//! locks: every failed episode reveals a digit.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tabrl::exploration::mex::{FiniteMex, Selection, guessing, locks, pair};
use tabrl::exploration::{RegretCurve, RegretOptions, Setup, run};
use tabrl::learning::EvaluationPoints;
use tabrl::mdp::Mdp;
use tabrl::stats::wilson_interval;

use crate::Result;
use crate::plot::{Axis, LineFigure, Series};
use crate::runner::mean;
use crate::runner::{Checks, Claim, Experiment, Figure, Finished, Interval, Outcome, Table, Unit, record};

const SOURCE: &str = "an independent computation for finite classes, 2000 seeds";

/// The settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Prices of half the log-likelihood.
    pub prices: Vec<f64>,
    /// Runs in each world.
    pub runs: u64,
    /// Episodes of a run.
    pub episodes: u64,
}

/// The part.
pub struct Finite(pub Settings);

/// What a unit finds.
#[derive(Debug, Clone, Serialize, Deserialize)]
enum Record {
    Pair { eta: f64, pulls: Vec<f64>, abandoned: u64, optimism: f64 },
    Tie { regret: f64 },
    Locks { costly: Vec<(f64, u64)>, paying: Vec<(f64, u64)>, optimism: f64 },
    Guesses { worst: f64 },
}

/// `(models, truth)` for `(steps, episodes)` with a selection and a seed.
fn play(
    (models, truth): (&[Mdp], &Mdp),
    (horizon, episodes): (usize, u64),
    selection: Selection,
    seed: u64,
    points: usize,
) -> Result<RegretCurve> {
    let setup = Setup { mdp: truth, horizon, episodes, reward_range: (0.0, 1.0), seed };
    let mut agent = FiniteMex::new(&setup, models, selection)?;
    Ok(run(&setup, &mut agent, &RegretOptions { points: EvaluationPoints::Even(points) })?)
}

/// The least of the objective of what was selected minus that of the truth.
fn least(curve: &RegretCurve) -> f64 {
    curve.least_optimism.unwrap_or(f64::INFINITY)
}

impl Finite {
    fn pair(&self, eta: f64) -> Result<Record> {
        let Settings { runs, episodes, .. } = self.0;
        let models = pair()?;
        // The library's price is for the whole log-likelihood.
        let selection = Selection::Price(0.5 * eta);
        let (mut pulls, mut abandoned, mut optimism) = (Vec::new(), 0, f64::INFINITY);
        for seed in 0..runs {
            // A pull costs 0.1 in the bad world, abstaining 0.4 in the good one.
            let [bad, good] = [0, 1].map(|i| play((&models, &models[i]), (1, episodes), selection, seed, 1));
            let (bad, good) = (bad?, good?);
            pulls.push((bad.total() / 0.1).round());
            abandoned += u64::from(good.late > 0.39);
            optimism = optimism.min(least(&bad)).min(least(&good));
        }
        Ok(Record::Pair { eta, pulls, abandoned, optimism })
    }

    /// Regret and number of episodes with regret for each code, by a class in which a wrong digit costs, and by the true one.
    fn locks() -> Result<Record> {
        let truths = locks(6, 0.05)?;
        // The truth is in the second class only; nothing is claimed of optimism in the first.
        let mut optimism = f64::INFINITY;
        let mut all = |class: &[Mdp]| -> Result<Vec<(f64, u64)>> {
            let one = |(code, truth): (usize, &Mdp)| {
                let curve = play((class, truth), (9, 30), Selection::Price(0.01), code as u64, 30)?;
                optimism = optimism.min(least(&curve));
                let bad = curve.points.windows(2).filter(|w| w[1].regret > w[0].regret + 1e-9).count();
                Ok((curve.total(), bad as u64))
            };
            truths.iter().enumerate().map(one).collect()
        };
        let (costly, paying) = (all(&locks(6, -0.05)?)?, all(&truths)?);
        Ok(Record::Locks { costly, paying, optimism })
    }

    fn guesses() -> Result<Record> {
        let models = guessing(7)?;
        let mut worst: f64 = 0.0;
        for (seed, truth) in models.iter().enumerate() {
            worst = worst.max(play((&models, truth), (1, 20), Selection::Price(1.0), seed as u64, 1)?.total());
        }
        Ok(Record::Guesses { worst })
    }
}

impl Experiment for Finite {
    fn units(&self) -> Result<Vec<Unit>> {
        let pairs = self.0.prices.iter().map(|eta| format!("finite pair eta={eta}"));
        let rest = ["finite tie", "finite locks", "finite guesses"].map(String::from);
        Ok(Unit::exact(&pairs.chain(rest).collect::<Vec<_>>()))
    }

    fn run(&self, unit: &Unit) -> Result<Value> {
        let prices = &self.0.prices;
        record(&match unit.setting.checked_sub(prices.len()) {
            None => self.pair(prices[unit.setting])?,
            Some(0) => {
                let models = pair()?;
                let selection = Selection::PessimisticLikelihood;
                let regret = play((&models, &models[1]), (1, self.0.episodes), selection, 0, 1)?.total();
                Record::Tie { regret }
            }
            Some(1) => Finite::locks()?,
            Some(_) => Finite::guesses()?,
        })
    }

    fn conclude(&self, finished: &[Finished]) -> Result<Outcome> {
        let columns = [
            ("eta", "", "price of half the log-likelihood"),
            ("runs", "", "runs in each world"),
            ("pulls", "", "mean number of pulls of arm 1 in the bad world"),
            ("lower", "", "lower end of the 95 % bootstrap interval"),
            ("upper", "", "upper end"),
            ("abandoned", "", "fraction of runs that do not pull arm 1 in the good world at the end"),
        ];
        let mut table = Table::new("finite", "One row a price: the pair of two-armed bandits.", &columns);
        let (mut claims, mut pulled, mut band, mut left) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut optimistic = Checks::new();
        for done in finished {
            match done.read::<Record>()? {
                Record::Pair { eta, pulls, abandoned, optimism } => {
                    optimistic.that(optimism >= -1e-9, || format!("eta = {eta}: {optimism:.3e}"));
                    let runs = pulls.len();
                    let (measured, interval) = mean(&pulls)?;
                    let share = abandoned as f64 / runs as f64;
                    let row = [eta.into(), runs.into(), measured.into(), interval.lower.into(), interval.upper.into()];
                    table.row(row.into_iter().chain([share.into()]).collect());
                    pulled.push((eta, measured));
                    band.push((interval.lower, interval.upper));
                    left.push((eta, share));
                    claims.extend(bad_world(eta, runs, measured, interval));
                    claims.extend(good_world(eta, runs as u64, abandoned)?);
                }
                Record::Tie { regret } => {
                    let statement =
                        "Maximum likelihood with ties broken against optimism never tries the good arm: regret 0.4 K";
                    let expected = 0.4 * self.0.episodes as f64;
                    let claim = Claim::draft("finite-tie", statement, SOURCE);
                    claims.push(claim.close(expected, regret, crate::runner::Tolerance::Relative(1e-12)));
                }
                Record::Locks { costly, paying, optimism } => {
                    optimistic.that(optimism >= -1e-9, || format!("locks: {optimism:.3e}"));
                    claims.extend(lock_claims(&costly, &paying)?);
                }
                Record::Guesses { worst } => {
                    let statement = "Guessing one of seven arms fails at most six times";
                    claims.push(Claim::draft("finite-guesses", statement, SOURCE).at_most(6.0, worst));
                }
            }
        }
        let statement =
            "In finite classes what MEX selects is at least as good an objective as the truth, in every episode";
        claims.push(Claim::draft("finite-optimism", statement, SOURCE).note("one check a setting").all(&optimistic));
        let figures = if pulled.is_empty() { Vec::new() } else { vec![figure(&self.0, pulled, band, left)?] };
        Ok(Outcome { claims, tables: vec![table], figures, notes: Vec::new() })
    }
}

fn bad_world(eta: f64, runs: usize, measured: f64, interval: Interval) -> Option<Claim> {
    let (_, expected, slack) = [(0.05, 22.43, 2.0), (0.1, 11.61, 1.0), (0.2, 6.57, 0.6), (0.5, 2.76, 0.3)]
        .into_iter()
        .find(|known| known.0 == eta)?;
    let statement = format!("Mean number of pulls of the worse arm until it is left, eta = {eta}");
    let claim = Claim::draft(&format!("finite-pulls-{eta}"), statement, SOURCE).note(format!("{runs} seeds"));
    Some(claim.agrees(expected, slack, measured, interval))
}

/// Abandoning has a probability of at most `exp(−0.8/η)` (Ville's inequality), 0.0003 at 0.1.
fn good_world(eta: f64, runs: u64, abandoned: u64) -> Result<Option<Claim>> {
    let (low, high) = match eta {
        x if x <= 0.1 => (0.0, 0.005),
        0.5 => (0.1, 1.0),
        _ => return Ok(None),
    };
    let (lower, upper) = wilson_interval(abandoned, runs, 0.95)?;
    let statement = format!("Fraction of runs that abandon the better arm, eta = {eta}");
    let note = format!("{runs} seeds, Wilson's interval; 0 to three digits at small prices, above 0.1 at 0.5");
    let claim = Claim::draft(&format!("finite-abandoned-{eta}"), statement, SOURCE).note(note);
    let interval = Interval { lower: lower.max(0.0), upper, level: 0.95 };
    Ok(Some(claim.lies_in(low, high, abandoned as f64 / runs as f64, interval)))
}

fn lock_claims(costly: &[(f64, u64)], paying: &[(f64, u64)]) -> Result<Vec<Claim>> {
    let mut checks = Checks::new();
    for (class, runs) in [("a wrong digit costs", costly), ("a wrong digit pays", paying)] {
        for (code, &(regret, bad)) in runs.iter().enumerate() {
            checks.that(regret <= 18.0, || format!("regret {regret} for code {code}, {class}"));
            checks.that(bad <= 6, || format!("{bad} bad episodes for code {code}, {class}"));
        }
    }
    let statement = "Each of 64 locks of six digits costs at most 18 and at most six bad episodes";
    let bound = Claim::draft("finite-locks", statement, SOURCE).all(&checks);
    let (measured, interval) = mean(&costly.iter().map(|run| run.0).collect::<Vec<_>>())?;
    let average = |runs: &[(f64, u64)], of: fn(&(f64, u64)) -> f64| runs.iter().map(of).sum::<f64>() / 64.0;
    let note = format!(
        "policies that dial the code to the end; {:.2} bad episodes on average (2.98 in the source). Policies that are optimal with \
         the true reward of a wrong digit dial wrong ones on purpose at the end, which reveals more: mean {:.2}",
        average(costly, |run| run.1 as f64),
        average(paying, |run| run.0)
    );
    let claim = Claim::draft("finite-locks-mean", "Mean regret over the 64 codes", SOURCE).note(note);
    Ok(vec![bound, claim.agrees(8.41, 1.0, measured, interval)])
}

fn figure(
    settings: &Settings,
    pulled: Vec<(f64, f64)>,
    band: Vec<(f64, f64)>,
    left: Vec<(f64, f64)>,
) -> Result<Figure> {
    // Without overshoot the ratio grows by kl(0.4‖0.9) = 0.7507 a pull.
    let predicted = pulled.iter().map(|&(eta, _)| (eta, 0.4 / (0.5 * eta * 0.750_7))).collect();
    let waste = pulled
        .iter()
        .zip(&left)
        .map(|(&(eta, pulls), &(_, share))| (eta, 0.1 * pulls + 0.4 * share * settings.episodes as f64));
    let marked = |name: &str, points| Series { markers: true, ..Series::new(name, points) };
    let figure = LineFigure {
        title: "A price for two worlds".into(),
        caption: format!(
            "Two arms, one of which is known. Pulls of the other one in the world where it is worse (with 95 % bootstrap interval), \
             their number without overshoot, and the regret that both worlds cost together: a pull 0.1, each of {} episodes 0.4 once \
             the better arm is abandoned.",
            settings.episodes
        ),
        x: Axis::log("price η of half the log-likelihood"),
        y: Axis::log("pulls; regret [reward]"),
        series: vec![
            Series { band: Some(band), ..marked("pulls in the bad world", pulled.clone()) },
            Series::new("0.4 / (η/2 · kl)", predicted),
            marked("regret of both worlds", waste.collect()),
        ],
        references: Vec::new(),
    };
    Ok(Figure { name: "finite-pair".into(), caption: figure.caption.clone(), drawing: figure.draw()? })
}
