//! The figures.

use tabrl::mdp::GridMap;

use super::measure::MapRecord;
use super::{Config, Results};
use crate::Result;
use crate::plot::{
    Axis, CellMark, Cloud, Dot, DotFigure, Drawing, Estimate, GridFigure, Group, Mark, Panel, Scale, ScatterFigure,
};
use crate::runner::Figure;

/// All figures for which the run has data.
///
/// # Errors
/// A figure that cannot be drawn.
pub fn figures(config: &Config, results: &Results) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    if !results.plain.is_empty() {
        figures.push(horizons(results)?);
        figures.push(bound_and_exact(results)?);
    }
    if !results.shaped.is_empty() {
        figures.push(shaping(results)?);
    }
    for (name, map) in &results.maps {
        figures.push(values(config, name, map)?);
    }
    Ok(figures)
}

fn finish(name: String, caption: &str, drawing: Drawing) -> Figure {
    Figure { name, caption: caption.to_owned(), drawing }
}

fn group(name: &str, values: impl Iterator<Item = Option<f64>>) -> Group {
    let estimate = |value: Option<f64>| Estimate { value: value.unwrap_or(f64::NAN), interval: None };
    Group { name: name.into(), values: values.map(estimate).collect() }
}

/// k and the effective horizon of every environment.
fn horizons(results: &Results) -> Result<Figure> {
    let rows = || results.plain.iter().map(|(_, row)| row);
    let whole = |n: usize| n as f64;
    let caption = "Deterministic MiniGrid, exact. k: least number of lookahead steps for which greedy on random play is \
                   optimal. H₁: exact effective horizon of GORP(1, m), where it was computed. W: planning window. The \
                   bound is the closed one, over all k.";
    let figure = DotFigure {
        title: "Effective horizon".into(),
        caption: caption.into(),
        rows: results.plain.iter().map(|(name, _)| name.clone()).collect(),
        axis: Axis::linear("steps").covering(&[0.0]),
        groups: vec![
            group("k", rows().map(|row| row.k_min.map(whole))),
            group("exact H₁", rows().map(|row| row.gorp.map(|gorp| gorp.effective_horizon))),
            group("W", rows().map(|row| Some(whole(row.epw)))),
            group("bound on H", rows().map(|row| row.h_simple)),
        ],
        mark: Mark::Dot,
    };
    Ok(finish("horizons".into(), caption, figure.draw()?))
}

/// The closed bound at k = 1 against the exact effective horizon.
fn bound_and_exact(results: &Results) -> Result<Figure> {
    let dot = |(name, row): &(String, super::measure::Record)| {
        let (x, y) = (row.gorp?.effective_horizon, row.bounds.first()?.effective_horizon);
        Some(Dot { x, y, label: name.clone() })
    };
    let caption = "One dot an environment, both exact. Above the line the bound holds; it is far from tight.";
    let figure = ScatterFigure {
        title: "Closed bound and exact effective horizon at k = 1".into(),
        caption: caption.into(),
        x: Axis::linear("exact H₁ = 1 + log_A m₁"),
        y: Axis::linear("closed bound on H₁"),
        clouds: vec![Cloud {
            name: "deterministic MiniGrid".into(),
            dots: results.plain.iter().filter_map(dot).collect(),
        }],
        diagonal: true,
    };
    Ok(finish("bound-and-exact".into(), caption, figure.draw()?))
}

/// k and the bound under each shaping.
fn shaping(results: &Results) -> Result<Figure> {
    let rows = || results.shaped.iter().map(|(_, _, row)| row);
    let caption = "Deterministic MiniGrid with shaped rewards, exact. Distance shaping raises k where the way to the goal \
                   first leads away from it, and no m ≤ 256 gives H₁ there; rewards for doors and objects lower the exact H₁. The \
                   closed bound need not follow it.";
    let figure = DotFigure {
        title: "Effective horizon and reward shaping".into(),
        caption: caption.into(),
        rows: results.shaped.iter().map(|(name, shaping, _)| format!("{name}, {shaping}")).collect(),
        axis: Axis::linear("steps").covering(&[0.0]),
        groups: vec![
            group("k", rows().map(|row| row.k_min.map(|k| k as f64))),
            group("exact H₁", rows().map(|row| row.gorp.map(|gorp| gorp.effective_horizon))),
            group("W", rows().map(|row| Some(row.epw as f64))),
            group("bound on H", rows().map(|row| row.h_simple)),
        ],
        mark: Mark::Dot,
    };
    Ok(finish("shaping".into(), caption, figure.draw()?))
}

/// Optimal and random values on a map.
fn values(config: &Config, name: &str, map: &MapRecord) -> Result<Figure> {
    let panel = |title: String, values: &[Vec<Option<f64>>], scale: Scale| Panel {
        title,
        cells: values.iter().map(|row| row.iter().map(|&value| CellMark { value, glyph: None }).collect()).collect(),
        scale,
    };
    let caption = format!(
        "A cell shows its best state, over headings, doors and objects. Left: optimal value with sticky actions {} and {} \
         steps to go, the length of the shortest solution. Right: largest action value of random play with {} steps to go.",
        config.sticky, map.window, config.horizon
    );
    let figure = GridFigure {
        title: format!("{name}: optimal and random play"),
        caption: caption.clone(),
        map: GridMap { rows: map.rows.iter().map(|row| row.chars().collect()).collect() },
        panels: vec![
            panel("V*, sticky [return]".into(), &map.optimal, Scale::Linear),
            panel("max Q of random play [return]".into(), &map.random, Scale::Log),
        ],
    };
    Ok(finish(format!("map-{name}"), &caption, figure.draw()?))
}
