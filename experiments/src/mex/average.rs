//! UCRL2 and posterior sampling in one endless run, judged by the long-run average reward.
//!
//! ```text
//! Δ(T) = T g* − Σ_{t ≤ T} r(s_t, a_t)        UCRL2: Δ(T) ≤ 34 D S √(A T ln(T / δ)),  plans ≤ S A log₂(8 T / (S A))
//! ```
//! Posterior sampling plans as seldom as UCRL2 does: when the visits of a choice have doubled.

use rand::Rng;
use rand_distr::{Distribution, Gamma, StandardNormal};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tabrl::exploration::average::{AverageRun, run};
use tabrl::exploration::ucrl2::Ucrl2Params;
use tabrl::exploration::{Counting, Counts};
use tabrl::learning::EvaluationPoints;
use tabrl::mdp::{Mdp, MdpBuilder};
use tabrl::planning::analysis::diameter;
use tabrl::planning::{Criterion, SolveOptions, solve};
use tabrl::rng::{self, Fast, Purpose};
use tabrl::simulation::{Dynamics, TableDynamics};

use crate::Result;
use crate::plot::{Axis, LineFigure, Series};
use crate::runner::mean;
use crate::runner::{Checks, Claim, Experiment, Figure, Finished, Outcome, Table, Unit, record};

const THEOREM: &str = "Jaksch, Ortner and Auer (JMLR 2010)";
const PUBLISHED: &str = "Osband, Russo and Van Roy (NeurIPS 2013), the ordering alone";
/// Standard deviation of a reward in the posterior of PSRL.
const NOISE: f64 = 0.1;

/// The settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Steps of the run.
    pub steps: u64,
    /// Seeds.
    pub seeds: u64,
}

/// The part.
pub struct Averages(pub Settings);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Record {
    label: String,
    seed: u64,
    points: Vec<(u64, f64)>,
    plans: u64,
    diameter: f64,
}

const AGENTS: [&str; 2] = ["UCRL2", "PSRL"];

fn river_swim() -> Result<Mdp> {
    Ok(tabrl_envs::make("riverswim", &[])?.table(10)?.mdp)
}

/// The optimal rule of a model drawn from the posterior: `Dirichlet(1/S + n)` and normal rewards, prior `N(0, 1)`.
fn sample(mdp: &Mdp, counts: &Counts, draws: &mut Fast) -> Result<Vec<usize>> {
    let states = mdp.num_states();
    let mut builder = MdpBuilder::new(states);
    for s in 0..states {
        for (action, c) in mdp.choices(s).enumerate() {
            let mut weights = vec![1.0 / states as f64; states];
            counts.successors(c).iter().for_each(|&(t, n)| weights[t as usize] += f64::from(n));
            for weight in &mut weights {
                // A draw may underflow; a little of everything keeps the model communicating.
                *weight = Gamma::new(*weight, 1.0).map_or(0.0, |gamma| gamma.sample(draws)).max(1e-9);
            }
            let sum: f64 = weights.iter().sum();
            let n = f64::from(counts.visits(c));
            let precision = 1.0 + n / (NOISE * NOISE);
            let centre = if n > 0.0 { counts.mean_reward(c) * n / (NOISE * NOISE) / precision } else { 0.0 };
            let noise: f64 = StandardNormal.sample(draws);
            let reward = centre + noise / precision.sqrt();
            let branches: Vec<(f64, usize, f64)> = (0..states).map(|t| (weights[t] / sum, t, reward)).collect();
            builder.choice(s, action, &branches);
        }
    }
    let model = builder.build()?;
    let solution = solve(&model, Criterion::AverageReward, &SolveOptions { epsilon: 1e-4, ..SolveOptions::default() })?;
    let rule = solution.policy.rule(0);
    let best = |s: usize| {
        let row = model.choices(s);
        row.clone().max_by(|&a, &b| rule.probability(s, a).total_cmp(&rule.probability(s, b))).unwrap_or(row.start)
    };
    Ok((0..states).map(best).collect())
}

/// `(t, Δ(t))` and the number of plans.
fn posterior_sampling(mdp: &Mdp, gain: f64, steps: u64, seed: u64) -> Result<(Vec<(u64, f64)>, u64)> {
    let dynamics = TableDynamics::new(mdp)?;
    let (mut environment, mut draws) = (rng::fast(seed, Purpose::Environment, 0), rng::fast(seed, Purpose::Policy, 0));
    let mut counts = Counts::new(Counting::Pooled, mdp.num_choices(), 1);
    let mut before = vec![0u32; mdp.num_choices()];
    let (mut rule, mut plans, mut regret, mut points) = (Vec::new(), 0, 0.0, vec![(0, 0.0)]);
    let wanted = EvaluationPoints::Log(40).steps(steps);
    let mut wanted = wanted.iter().filter(|&&t| t > 0).peekable();
    let mut state = dynamics.reset(environment.next_u64());
    let mut stale = true;
    for t in 1..=steps {
        if stale {
            rule = sample(mdp, &counts, &mut draws)?;
            plans += 1;
            before.iter_mut().enumerate().for_each(|(c, before)| *before = counts.visits(c));
        }
        let choice: usize = rule[state as usize];
        let outcome = dynamics.step(state, choice as u32, environment.next_u64(), &mut ());
        counts.add(choice, outcome.reward, outcome.next as usize);
        stale = counts.visits(choice) - before[choice] >= before[choice].max(1);
        regret += gain - mdp.rewards()[choice];
        state = outcome.next;
        if wanted.next_if_eq(&&t).is_some() {
            points.push((t, regret));
        }
    }
    Ok((points, plans))
}

impl Experiment for Averages {
    fn units(&self) -> Result<Vec<Unit>> {
        Ok(Unit::grid(&AGENTS.map(|agent| format!("average {agent}")), self.0.seeds))
    }

    fn run(&self, unit: &Unit) -> Result<Value> {
        let mdp = river_swim()?;
        let (steps, seed) = (self.0.steps, unit.seed);
        let diameter = diameter(&mdp, &SolveOptions::default())?.steps;
        let label = AGENTS[unit.setting].to_owned();
        let (points, plans) = if unit.setting == 0 {
            let points = EvaluationPoints::Log(40);
            let AverageRun { points, plans, .. } = run(&mdp, (0.0, 1.0), steps, seed, &Ucrl2Params::default(), points)?;
            (points, plans)
        } else {
            let accurate = SolveOptions { epsilon: 1e-9, ..SolveOptions::default() };
            let gain = solve(&mdp, Criterion::AverageReward, &accurate)?.values[0];
            posterior_sampling(&mdp, gain, steps, seed)?
        };
        record(&Record { label, seed, points, plans, diameter })
    }

    fn conclude(&self, finished: &[Finished]) -> Result<Outcome> {
        let runs = finished.iter().map(Finished::read).collect::<Result<Vec<Record>>>()?;
        let columns = [
            ("agent", "", "UCRL2 with the constants of theory, or posterior sampling"),
            ("seed", "", "seed"),
            ("step", "steps", "steps so far"),
            ("regret", "", "steps times the optimal gain, less the mean rewards of what was taken"),
        ];
        let mut table = Table::new("average", "One row an agent, seed and record on RiverSwim.", &columns);
        let (mut bounded, mut seldom) = (Checks::new(), Checks::new());
        let (states, actions, delta) = (6.0, 2.0, 0.1);
        for run in &runs {
            for &(t, regret) in &run.points {
                table.row(vec![run.label.clone().into(), run.seed.into(), t.into(), regret.into()]);
                if run.label == "UCRL2" && t > 1 {
                    let time = t as f64;
                    let bound = 34.0 * run.diameter * states * (actions * time * (time / delta).ln()).sqrt();
                    bounded.that(regret <= bound, || format!("{regret} after {t} steps, seed {}", run.seed));
                }
            }
            let pairs: f64 = states * actions;
            let most = pairs * (8.0 * self.0.steps as f64 / pairs).log2();
            seldom
                .that(run.plans as f64 <= most, || format!("{} plans of {}, seed {}", run.plans, run.label, run.seed));
        }
        let total = |label: &str| -> Vec<f64> {
            let own = runs.iter().filter(|run| run.label == label);
            own.map(|run| run.points.last().map_or(0.0, |p| p.1)).collect()
        };
        let (ucrl2, psrl) = (total("UCRL2"), total("PSRL"));
        let mut claims = vec![
            Claim::draft("ucrl2-bound", "UCRL2's regret is never above 34 D S √(A T ln(T/δ)) on RiverSwim", THEOREM)
                .all(&bounded),
            Claim::draft("ucrl2-plans", "UCRL2 and PSRL plan at most S A log₂(8T/(SA)) times", THEOREM).all(&seldom),
        ];
        let mut figures = Vec::new();
        if !psrl.is_empty() {
            let average = |regrets: &[f64]| regrets.iter().sum::<f64>() / regrets.len() as f64;
            // Pairs of seeds; the mean of PSRL's may be near 0, that of its ratios is not used.
            let differences: Vec<f64> = ucrl2.iter().zip(&psrl).map(|(u, p)| u - 10.0 * p).collect();
            let (measured, interval) = mean(&differences)?;
            let statement = "UCRL2's regret on RiverSwim exceeds ten times PSRL's: difference";
            let note = format!(
                "{} seeds, {} steps: {:.0} and {:.0}; published 3640 and 106 after other numbers of steps",
                psrl.len(),
                self.0.steps,
                average(&ucrl2),
                average(&psrl)
            );
            let claim = Claim::draft("psrl-ucrl2", statement, PUBLISHED).note(note);
            claims.push(claim.lies_in(0.0, f64::INFINITY, measured, interval));
            figures.push(self.figure(&runs)?);
        }
        Ok(Outcome { claims, tables: vec![table], figures, notes: Vec::new() })
    }
}

impl Averages {
    fn figure(&self, runs: &[Record]) -> Result<Figure> {
        let mut series = Vec::new();
        for own in runs.chunk_by(|a, b| a.label == b.label) {
            let (mut points, mut band) = (Vec::new(), Vec::new());
            for (i, &(t, _)) in own[0].points.iter().enumerate().filter(|(_, p)| p.0 > 0) {
                let (regret, interval) = mean(&own.iter().map(|run| run.points[i].1).collect::<Vec<_>>())?;
                points.push((t as f64, regret));
                band.push((interval.lower, interval.upper));
            }
            series.push(Series { band: (own.len() > 1).then_some(band), ..Series::new(own[0].label.clone(), points) });
        }
        let figure = LineFigure {
            title: "Regret in one endless run: RiverSwim".into(),
            caption: format!("Mean and 95 % bootstrap interval over {} seeds.", self.0.seeds),
            x: Axis::log("steps"),
            y: Axis::log("regret [reward]"),
            series,
            references: Vec::new(),
        };
        Ok(Figure { name: "average".into(), caption: figure.caption.clone(), drawing: figure.draw()? })
    }
}
