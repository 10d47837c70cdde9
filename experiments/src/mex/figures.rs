//! The figures.

use std::collections::BTreeMap;

use ndarray::Array2;

use super::groups::Group;
use super::tables::players;
use super::{Config, Results};
use crate::Result;
use crate::plot::{AgentRuns, Axis, Estimate, LearningCurves, LineFigure, Series, Unit};
use crate::runner::mean;
use crate::runner::{Figure, Interval};

/// All figures.
///
/// # Errors
/// A figure that cannot be drawn.
pub fn figures(config: &Config, results: &Results) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for (name, group) in config.groups.iter().filter(|(name, _)| *name != PRICES) {
        figures.push(regret(name, group, results)?);
    }
    if let Some(group) = config.groups.get(PRICES) {
        figures.push(price(group, results)?);
    }
    Ok(figures)
}

/// The group whose agents differ in their price.
const PRICES: &str = "price";

/// Regret over the price, a line an agent.
fn price(group: &Group, results: &Results) -> Result<Figure> {
    let mut lines: BTreeMap<String, Vec<(f64, f64, Interval)>> = BTreeMap::new();
    for player in players(group)? {
        let eta = player.set.iter().find(|(key, _)| key == "eta").and_then(|(_, value)| value.parse::<f64>().ok());
        let regrets = results.regrets(PRICES, &player.label);
        if let (Some(eta), false) = (eta, regrets.is_empty()) {
            let (regret, interval) = mean(&regrets)?;
            lines.entry(player.agent).or_default().push((eta, regret, interval));
        }
    }
    let series = lines.into_iter().map(|(name, mut points)| {
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let band = (group.seeds > 1).then(|| points.iter().map(|p| (p.2.lower, p.2.upper)).collect());
        Series { band, markers: true, ..Series::new(name, points.iter().map(|p| (p.0, p.1)).collect()) }
    });
    let figure = LineFigure {
        title: "The price of disbelief".into(),
        caption: format!(
            "Mean regret after {} episodes and 95 % bootstrap interval over {} seeds. Cheap disbelief explores too long, dear disbelief \
             stops too early and some runs get stuck.",
            group.episodes, group.seeds
        ),
        x: Axis::log("price η"),
        y: Axis::log(format!("regret [reward over {} steps, summed over episodes]", group.horizon)),
        series: series.collect(),
        references: Vec::new(),
    };
    Ok(Figure { name: "price".into(), caption: figure.caption.clone(), drawing: figure.draw()? })
}

/// Regret over episodes on logarithmic axes, with a line that grows like the square root.
fn regret(name: &str, group: &Group, results: &Results) -> Result<Figure> {
    let mut points: Vec<f64> = Vec::new();
    let mut agents = Vec::new();
    for player in players(group)? {
        // On a logarithmic axis there is no place for nought episodes.
        let rows: Vec<Vec<(u64, f64)>> = results
            .of(name, &player.label)
            .map(|run| run.run.points.iter().copied().filter(|p| p.0 > 0).collect())
            .collect();
        if let Some(first) = rows.first() {
            points = first.iter().map(|p| p.0 as f64).collect();
        }
        let runs = Array2::from_shape_fn((rows.len(), points.len()), |(i, j)| rows[i].get(j).map_or(f64::NAN, |p| p.1));
        agents.push(AgentRuns { name: player.label, runs });
    }
    let least = agents.iter().filter_map(|a| a.runs.column(points.len() - 1).mean()).fold(f64::INFINITY, f64::min);
    let picture = LearningCurves {
        title: format!("Regret: {name}"),
        unit: Unit::Episodes,
        points: points.clone(),
        measure: format!("regret [reward over {} steps, summed over episodes]", group.horizon),
        agents,
        optimum: None,
    };
    let mut figure = picture.figure("mean and 95 % bootstrap interval", |column| {
        let (value, interval) = mean(&column.to_vec())?;
        Ok(Estimate { value, interval: Some((interval.lower, interval.upper)) })
    })?;
    if let Some(&last) = points.last().filter(|_| least > 0.0) {
        let guide = points.iter().map(|&k| (k, least * (k / last).sqrt())).collect();
        figure.series.push(Series::new("growth like √K", guide));
    }
    figure.x = Axis::log(figure.x.label);
    figure.y = Axis::log(figure.y.label);
    Ok(Figure { name: format!("regret-{name}"), caption: figure.caption.clone(), drawing: figure.draw()? })
}
