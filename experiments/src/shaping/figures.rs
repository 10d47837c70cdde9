//! The figures.

use super::budgets::Record;
use super::{Config, Results};
use crate::Result;
use crate::plot::{Axis, LineFigure, Reference, Series};
use crate::runner::Figure;

/// All figures.
///
/// # Errors
/// A figure that cannot be drawn.
pub fn figures(config: &Config, results: &Results) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    if !results.learning.is_empty() {
        figures.push(steps(config, results)?);
    }
    if !results.bootstrapped.is_empty() {
        figures.push(errors(config, results)?);
        figures.push(fixed_points(config, results)?);
    }
    if let Some(found) = &results.constrained {
        figures.push(front(config, found)?);
        figures.push(averages(config, found)?);
        figures.push(impossible(config, found)?);
    }
    Ok(figures)
}

fn drawn(name: &str, figure: &LineFigure) -> Result<Figure> {
    Ok(Figure { name: name.into(), caption: figure.caption.clone(), drawing: figure.draw()? })
}

/// Steps of each episode, a line a potential.
fn steps(config: &Config, results: &Results) -> Result<Figure> {
    let seeds = results.learning.len();
    let same = |i: usize, j: usize| results.learning.iter().all(|record| record.steps[i] == record.steps[j]);
    let (mut series, mut twins) = (Vec::new(), String::new());
    let potentials = &config.learning.potentials;
    for (i, choice) in potentials.iter().enumerate() {
        if let Some(j) = (0..i).find(|&j| same(i, j)) {
            twins = format!("{twins} {} is the same run as {}, seed by seed.", choice.name, potentials[j].name);
            continue;
        }
        let (mut points, mut band) = (Vec::new(), Vec::new());
        for episode in 0..config.learning.episodes {
            let column: Vec<f64> = results.learning.iter().map(|record| record.steps[i][episode] as f64).collect();
            let (value, interval) = crate::runner::mean(&column)?;
            points.push((episode as f64 + 1.0, value));
            band.push((interval.lower, interval.upper));
        }
        series.push(Series { band: (seeds > 1).then_some(band), ..Series::new(choice.name.clone(), points) });
    }
    let figure = LineFigure {
        title: "Potentials of the same shape: scale and shift decide".into(),
        caption: format!(
            "Q-learning on an open grid with {n} by {n} cells; d is the distance to the goal. Mean and 95 % bootstrap interval over {seeds} \
             seeds.{twins}",
            n = config.learning.side
        ),
        x: Axis::linear("episode"),
        y: Axis::log("steps to the goal"),
        series,
        references: Vec::new(),
    };
    drawn("steps", &figure)
}

/// Errors of bootstrapped shaping over sweeps, on the corridor.
fn errors(config: &Config, results: &Results) -> Result<Figure> {
    // Beyond these there is nothing to see: rounding below, overflow above.
    let shown = |&(k, error): &(u64, f64)| (1e-14..1e6).contains(&error).then_some((k as f64, error));
    let series = results
        .bootstrapped
        .iter()
        .filter(|record| record.table == "corridor" && config.bootstrapped.drawn.contains(&record.eta))
        .map(|record| Series::new(format!("η = {}", record.eta), record.errors.iter().filter_map(shown).collect()));
    let figure = LineFigure {
        title: "Bootstrapped shaping: contraction, oscillation, divergence".into(),
        caption: format!(
            "Largest |V - v*/(1 + η)| after each sweep on the corridor SFFG, γ = {}; contraction is certain for -1 < η < {:.4}. Cut at 1e-14 and 1e6.",
            config.bootstrapped.gamma,
            tabrl::reward::shaping::bootstrapped::largest_eta(config.bootstrapped.gamma)
        ),
        x: Axis::log("sweeps"),
        y: Axis::log("error of the state values"),
        series: series.filter(|series| !series.points.is_empty()).collect(),
        references: Vec::new(),
    };
    drawn("bootstrapped-errors", &figure)
}

/// Where it converges, over `η`, against `1 / (1 + η)`.
fn fixed_points(config: &Config, results: &Results) -> Result<Figure> {
    let found = |table: &str| {
        let mut points: Vec<(f64, f64)> = results
            .bootstrapped
            .iter()
            .filter(|r| r.table == table && r.errors.last().is_some_and(|e| e.1 < 1e-6))
            .map(|r| (r.eta, r.ratio))
            .collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        Series { markers: true, ..Series::new(format!("{table}, after all sweeps"), points) }
    };
    let curve = (0..=120).map(|i| -0.92 + 1.44 * f64::from(i) / 120.0).map(|eta| (eta, 1.0 / (1.0 + eta))).collect();
    let series: Vec<Series> = [Series::new("1/(1 + η)", curve), found("corridor"), found("random")]
        .into_iter()
        .filter(|series| !series.points.is_empty())
        .collect();
    let figure = LineFigure {
        title: "Bootstrapped shaping scales values by 1/(1 + η)".into(),
        caption: format!(
            "Value of the start over its optimum after {} sweeps, for the η whose error fell below 1e-6.",
            config.bootstrapped.sweeps
        ),
        x: Axis::linear("η, share of the value that is the potential"),
        y: Axis::log("V / v* of the start"),
        series,
        references: Vec::new(),
    };
    drawn("bootstrapped-fixed-points", &figure)
}

/// The optimum within each bound, and the deterministic policies of scalar rewards.
fn front(config: &Config, found: &Record) -> Result<Figure> {
    let corners = Series { markers: true, ..Series::new("corners: policies of scalar rewards", found.corners.clone()) };
    let best = Series::new("optimum within the bound", found.front.clone());
    let figure = LineFigure {
        title: "What a budget of lava buys".into(),
        caption: format!(
            "Largest discounted return (γ = {}) with at most a share of time in lava. Only the corners are policies that some weight of the cost makes \
             optimal without ties; the edges between them need policies that randomise in one state.",
            config.constrained.gamma
        ),
        x: Axis::linear("share of discounted time in lava"),
        y: Axis::linear("discounted return"),
        series: vec![corners, best],
        references: Vec::new(),
    };
    drawn("front", &figure)
}

/// Costs of Lagrangian iterations: iterates and averages.
fn averages(config: &Config, found: &Record) -> Result<Figure> {
    let mut series = Vec::new();
    if let Some(run) = found.runs.iter().find(|run| run.name == "normalised") {
        let iterates = run.trace.iter().map(|p| (p.0 as f64, p.3)).collect();
        series.push(Series::new("iterates, normalised multipliers", iterates));
    }
    for run in found.runs.iter().filter(|run| !run.name.starts_with("impossible")) {
        if run.name == "soft" {
            let last = run.trace.iter().map(|p| (p.0 as f64, p.3)).collect();
            series.push(Series::new("last iterate, soft responses", last));
        } else {
            let mean = run.trace.iter().map(|p| (p.0 as f64, p.4)).collect();
            series.push(Series::new(format!("average, {} multipliers", run.name), mean));
        }
    }
    let figure = LineFigure {
        title: "Lagrangian iterations: averages come near the bound, greedy iterates jump".into(),
        caption: format!(
            "Cost of the way through lava under the bound {}; Adam with step size {}, exact best responses. Every fiftieth of the iterations so far is \
             shown.",
            config.constrained.bound, config.constrained.step_size
        ),
        x: Axis::log("iteration"),
        y: Axis::linear("share of discounted time in lava"),
        series,
        references: vec![Reference { name: "bound".into(), value: config.constrained.bound }],
    };
    drawn("lagrangian", &figure)
}

/// Multipliers under a bound that no policy keeps.
fn impossible(config: &Config, found: &Record) -> Result<Figure> {
    let series = found.runs.iter().filter_map(|run| {
        let kind = run.name.strip_prefix("impossible, ")?;
        Some(Series::new(kind, run.trace.iter().map(|p| (p.0 as f64, p.2)).collect()))
    });
    let figure = LineFigure {
        title: "A bound that no policy keeps".into(),
        caption: format!(
            "Multiplier of the cost under the bound {}, below the least cost of any policy. Raw multipliers grow without end, normalised ones stay below 1.",
            config.constrained.impossible
        ),
        x: Axis::linear("iteration"),
        y: Axis::linear("multiplier of the cost"),
        series: series.collect(),
        references: Vec::new(),
    };
    drawn("impossible", &figure)
}
