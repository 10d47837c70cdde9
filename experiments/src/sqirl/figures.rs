//! The figures.

use ndarray::Array2;
use tabrl::stats::{Aggregate, Bootstrap};

use super::baselines::CurveRecord;
use super::summary::Attempt;
use super::{Config, Results, reference};
use crate::Result;
use crate::plot::{Axis, Cloud, Dot, DotFigure, Estimate, Group, LineFigure, Mark, Reference, ScatterFigure, Series};
use crate::runner::Figure;

/// All figures for which the run has data.
///
/// # Errors
/// A figure that cannot be drawn.
pub fn figures(config: &Config, results: &Results) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    if !results.pooled.is_empty() {
        figures.extend(complexity(config, results)?);
        figures.push(solved(config, results)?);
    }
    for environment in &config.curves {
        let curves: Vec<&CurveRecord> = results.curves.iter().filter(|row| row.environment == *environment).collect();
        if !curves.is_empty() {
            figures.push(learning(config, environment, &curves)?);
        }
    }
    if !results.baselines.is_empty() && !results.pooled.is_empty() {
        figures.push(against(config, results)?);
    }
    if !results.open_loop.is_empty() {
        figures.push(open_loop(results)?);
    }
    if results.literal.iter().any(|row| row.bound.is_some()) {
        figures.extend(bound(config, results)?);
    }
    Ok(figures)
}

fn finish(name: &str, caption: String, drawing: crate::plot::Drawing) -> Figure {
    Figure { name: name.into(), caption, drawing }
}

/// Steps of the best k, or `None`.
fn best(config: &Config, results: &Results, environment: &str) -> Option<f64> {
    let rows = results.pooled.iter().filter(|row| row.environment == environment);
    rows.filter_map(|row| row.solved(config)).map(Attempt::median_steps).min_by(f64::total_cmp)
}

/// Measured sample complexity against the exact effective horizon.
fn complexity(config: &Config, results: &Results) -> Result<Option<Figure>> {
    let (mut solved, mut censored) = (Vec::new(), Vec::new());
    for row in results.pooled.iter().filter(|row| config.ks.first() == Some(&row.k)) {
        let Some(h) = row.gorp_h1 else { continue };
        let (x, label) = ((row.actions as f64).powf(h), row.environment.clone());
        match best(config, results, &row.environment) {
            Some(y) => solved.push(Dot { x, y, label }),
            None => censored.push(Dot { x, y: config.budget as f64, label }),
        }
    }
    if solved.is_empty() && censored.is_empty() {
        return Ok(None);
    }
    let caption = "Horizontal: exact effective horizon of the deterministic environment (GORP, k = 1). Vertical: median steps of \
                   pooled SQIRL with sticky actions at its best k and least m. Environments that no k solves are drawn at the \
                   budget, in their own colour; their true value lies above it."
        .to_owned();
    let mut clouds = vec![Cloud { name: "solved".into(), dots: solved }];
    if !censored.is_empty() {
        clouds.push(Cloud { name: "beyond the budget".into(), dots: censored });
    }
    let figure = ScatterFigure {
        title: "Sample complexity and the effective horizon".into(),
        caption: caption.clone(),
        x: Axis::log("A^H₁ = A · m₁ [episodes a step of time]"),
        y: Axis::log("steps of SQIRL to a near-optimal policy"),
        clouds,
        diagonal: false,
    };
    Ok(Some(finish("complexity", caption, figure.draw()?)))
}

/// How many environments each k solves.
fn solved(config: &Config, results: &Results) -> Result<Figure> {
    let count = |k: usize, within: &dyn Fn(&super::pooled::PooledRecord) -> bool| {
        results.pooled.iter().filter(|row| row.k == k && within(row)).count() as f64
    };
    let measured = |&k: &usize| Estimate::from(count(k, &|row| row.solved(config).is_some()));
    let expected = |&k: &usize| {
        let known = |m: Option<u64>| m.is_some_and(|m| m <= config.m_max);
        Estimate::from(count(k, &|row| reference::pooled(&row.environment, row.k).is_some_and(known)))
    };
    let caption = format!(
        "Of {} sticky environments, within {} steps and m ≤ {}. Larger k helps the table: bootstrapping spreads what it knows.",
        config.environments.len(),
        config.budget,
        config.m_max
    );
    let figure = DotFigure {
        title: "Environments solved by pooled SQIRL".into(),
        caption: caption.clone(),
        rows: config.ks.iter().map(|k| format!("k = {k}")).collect(),
        axis: Axis::linear("environments").covering(&[0.0, config.environments.len() as f64]),
        groups: vec![
            Group { name: "measured".into(), values: config.ks.iter().map(measured).collect() },
            Group { name: "reference".into(), values: config.ks.iter().map(expected).collect() },
        ],
        mark: Mark::Bar,
    };
    Ok(finish("solved", caption, figure.draw()?))
}

/// Learning curves on one environment.
fn learning(config: &Config, environment: &str, curves: &[&CurveRecord]) -> Result<Figure> {
    let bootstrap = Bootstrap { repetitions: tabrl::stats::PROFILE_REPETITIONS, confidence: 0.95, seed: 0 };
    let mut series = Vec::new();
    for curve in curves {
        let (seeds, points) = (curve.returns.len(), curve.steps.len());
        let runs = Array2::from_shape_fn((seeds, points), |(i, j)| curve.returns[i][j]);
        let (mut line, mut band) = (Vec::new(), Vec::new());
        for (column, &step) in runs.columns().into_iter().zip(&curve.steps) {
            // A logarithmic axis has no place for the start.
            if step == 0 {
                continue;
            }
            let estimate = bootstrap.estimate_column(column, Aggregate::Mean)?;
            line.push((step as f64, estimate.value));
            band.push(estimate.interval.unwrap_or((f64::NAN, f64::NAN)));
        }
        series.push(Series { band: (seeds > 1).then_some(band), ..Series::new(&curve.learner, line) });
    }
    let caption = format!(
        "Sticky actions; exact returns; mean and 95 % bootstrap interval over {} seeds. SQIRL has the least m that solves (the \
         largest tried, if none does) and stops after {} iterations; its policy before the first is random play.",
        config.seeds, config.horizon
    );
    let figure = LineFigure {
        title: format!("{environment}: learning curves"),
        caption: caption.clone(),
        x: Axis::log("environment steps"),
        y: Axis::linear("return").covering(&[0.0, 1.0]),
        series,
        references: vec![Reference { name: "optimal".into(), value: curves[0].j_optimal }],
    };
    Ok(finish(&format!("curves-{environment}"), caption, figure.draw()?))
}

/// SQIRL against every baseline.
fn against(config: &Config, results: &Results) -> Result<Figure> {
    let mut clouds: Vec<Cloud> = Vec::new();
    let beyond = 2.0 * config.budget as f64;
    for row in &results.baselines {
        let y = best(config, results, &row.environment).unwrap_or(beyond);
        let x = if row.median_steps().is_finite() { row.median_steps() } else { beyond };
        let dot = Dot { x, y, label: row.environment.clone() };
        match clouds.iter_mut().find(|cloud| cloud.name == row.learner) {
            Some(cloud) => cloud.dots.push(dot),
            None => clouds.push(Cloud { name: row.learner.clone(), dots: vec![Dot { ..dot }] }),
        }
    }
    // The same environment appears once for each learner; one name for it is enough.
    for cloud in clouds.iter_mut().skip(1) {
        cloud.dots.iter_mut().for_each(|dot| dot.label.clear());
    }
    let caption = format!(
        "Median steps to a near-optimal policy with sticky actions, SQIRL at its best k and least m. Below the line SQIRL is \
         faster. What is not solved within the budget of {} steps is drawn at twice the budget. Names stand at the first \
         learner's dots; the others of an environment are at the same height.",
        config.budget
    );
    let figure = ScatterFigure {
        title: "SQIRL and other learners".into(),
        caption: caption.clone(),
        x: Axis::log("steps of the other learner"),
        y: Axis::log("steps of SQIRL"),
        clouds,
        diagonal: true,
    };
    Ok(finish("against", caption, figure.draw()?))
}

/// GORP without and with sticky actions.
fn open_loop(results: &Results) -> Result<Figure> {
    let first = results.open_loop.iter().map(|row| row.k).min().unwrap_or(1);
    let rows: Vec<_> = results.open_loop.iter().filter(|row| row.k == first).collect();
    let summary = |values: &[f64]| {
        let mut sorted = values.to_vec();
        let value = tabrl::stats::median(&mut sorted);
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Estimate { value, interval: Some((low, high)) }
    };
    let caption = format!(
        "GORP with k = {first}; median and range over seeds of the exact return of the action sequence. A sequence of actions \
         cannot react to chance."
    );
    let figure = DotFigure {
        title: "Open loop under sticky actions".into(),
        caption: caption.clone(),
        rows: rows.iter().map(|row| row.environment.clone()).collect(),
        axis: Axis::linear("return").covering(&[0.0, 1.0]),
        groups: vec![
            Group {
                name: "deterministic".into(),
                values: rows.iter().map(|row| summary(&row.deterministic)).collect(),
            },
            Group { name: "sticky".into(), values: rows.iter().map(|row| summary(&row.sticky)).collect() },
            Group { name: "best policy, sticky".into(), values: rows.iter().map(|row| row.j_sticky.into()).collect() },
        ],
        mark: Mark::Dot,
    };
    Ok(finish("open-loop", caption, figure.draw()?))
}

/// The bound against what was measured.
fn bound(config: &Config, results: &Results) -> Result<Option<Figure>> {
    let dots = |sticky: bool| {
        let rows = results.literal.iter().filter(move |row| row.sticky == sticky);
        let dot = |row: &super::literal::LiteralRecord| {
            let x = super::summary::least(&row.attempts, config.share * row.j_optimal)?.median_steps();
            let label = if row.k == 1 { format!("{} T={}", row.environment, row.horizon) } else { String::new() };
            Some(Dot { x, y: row.bound?.steps, label })
        };
        rows.filter_map(dot).collect::<Vec<_>>()
    };
    let clouds: Vec<Cloud> = [("deterministic", false), ("sticky", true)]
        .into_iter()
        .map(|(name, sticky)| Cloud { name: name.into(), dots: dots(sticky) })
        .filter(|cloud| !cloud.dots.is_empty())
        .collect();
    if clouds.is_empty() {
        return Ok(None);
    }
    let caption = "Literal SQIRL with a table; names at k = 1, dots without one are larger k. The bound is loose by many orders of \
                   magnitude, since it pays for the smallest gap in every state at once; what it should do is to rank."
        .to_owned();
    let figure = ScatterFigure {
        title: "The sample-complexity bound and the measured steps".into(),
        caption: caption.clone(),
        x: Axis::log("measured steps (median)"),
        y: Axis::log("bound [steps]"),
        clouds,
        diagonal: false,
    };
    Ok(Some(finish("bound", caption, figure.draw()?)))
}
