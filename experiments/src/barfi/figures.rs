//! The figures.

use tabrl::mdp::GridMap;

use super::claims::best_rate;
use super::episodes::LEARNERS;
use super::exact::EVERY;
use super::maze::Maze;
use super::{Config, Results};
use crate::Result;
use crate::plot::{Axis, CellMark, Drawing, GridFigure, LineFigure, Panel, Reference, Scale, Series};
use crate::runner::Figure;
use crate::runner::mean;

/// Return of the best policy over an episode.
const OPTIMUM: f64 = 99.1226;

/// All figures.
///
/// # Errors
/// A figure that cannot be drawn.
pub fn figures(config: &Config, results: &Results) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    if !results.exact.is_empty() {
        figures.push(maps(config, results)?);
    }
    if results.episodes.len() > 1 {
        for auxiliary in ["bad", "good"] {
            figures.push(returns(config, results, auxiliary)?);
        }
    }
    if !results.exact.is_empty() && !results.climb.is_empty() {
        figures.push(exact(config, results)?);
    }
    if results.gradient.is_some() {
        figures.push(series(config, results)?);
    }
    if !results.leader.is_empty() {
        figures.push(leader(config, results)?);
    }
    if results.tables.is_some() {
        figures.push(plans(config, results)?);
    }
    Ok(figures)
}

fn finish(name: &str, caption: &str, drawing: Drawing) -> Figure {
    Figure { name: name.into(), caption: caption.into(), drawing }
}

fn line(name: &str, figure: &LineFigure) -> Result<Figure> {
    Ok(finish(name, &figure.caption, figure.draw()?))
}

/// The heuristic and the learnt reward on the map.
fn maps(config: &Config, results: &Results) -> Result<Figure> {
    let maze = Maze::new("bad")?;
    let table = tabrl_envs::make("barfi-grid", &[])?.table(1000)?;
    let map = GridMap { rows: table.map.as_ref().map_or_else(Vec::new, |map| map.rows.clone()) };
    let panel = |title: &str, numbers: &[f64]| {
        let mut cells = vec![vec![CellMark::default(); map.rows.first().map_or(0, Vec::len)]; map.rows.len()];
        for (s, place) in table.cells.iter().enumerate() {
            if let Some(cell) = place.filter(|_| !maze.mdp().is_terminal(s)) {
                cells[cell.row][cell.column].value = Some(numbers[s]);
            }
        }
        Panel { title: title.into(), cells, scale: Scale::Linear }
    };
    let mut panels = vec![panel("r_p + r_aux [a step]", &maze.by_state(&maze.sum(1.0)))];
    let solved = |r: &&super::exact::Run| {
        r.auxiliary == "bad" && r.method == "Neumann" && r.values.last().is_some_and(|v| *v > 98.0)
    };
    let mut caption = "Bad auxiliary reward: mean over actions of the plain sum".to_owned();
    if let Some(run) = results.exact.iter().find(solved) {
        panels.push(panel("learnt reward [a step]", &run.reward));
        caption += &format!(
            ", and of the reward that BARFI (Neumann, exact gradients, start {}) learns in {} outer steps",
            run.seed, config.exact.outer_steps
        );
    }
    if let Some(run) = results.converged.first() {
        panels.push(panel("learnt, inner solved [a step]", &run.reward));
        caption += ", and with the inner problem solved to the end, from the reward that counts";
    }
    caption += ". Blank: places where no action ends; C: the distraction, G: the goal. Learnt rewards are not unique.";
    let figure = GridFigure {
        title: "A distraction, and what is learnt of it".into(),
        caption: caption.clone(),
        map: map.clone(),
        panels,
    };
    Ok(finish("rewards", &caption, figure.draw()?))
}

/// Returns over episodes, a line a learner.
fn returns(config: &Config, results: &Results, auxiliary: &str) -> Result<Figure> {
    let settings = &config.episodes;
    let mut list = Vec::new();
    for learner in LEARNERS {
        let runs: Vec<&super::episodes::Run> = results
            .episodes
            .iter()
            .flat_map(|r| &r.runs)
            .filter(|r| r.auxiliary == auxiliary && r.learner == learner)
            .collect();
        let (mut points, mut band) = (Vec::new(), Vec::new());
        for b in 0..runs.first().map_or(0, |r| r.blocks.len()) {
            let (value, interval) = mean(&runs.iter().map(|r| r.blocks[b]).collect::<Vec<_>>())?;
            points.push((((b + 1) * settings.block) as f64, value));
            band.push((interval.lower, interval.upper));
        }
        list.push(Series { band: Some(band), ..Series::new(learner, points) });
    }
    let figure = LineFigure {
        title: format!("Learning from episodes with the {auxiliary} auxiliary reward"),
        caption: format!(
            "Return of the reward that counts, mean of {} episodes and 95 % bootstrap interval over {} seeds. BARFI as in the published code.",
            settings.block,
            results.episodes.len()
        ),
        x: Axis::linear("episode"),
        y: Axis::linear("return of an episode"),
        series: list,
        references: vec![Reference { name: "best policy".into(), value: OPTIMUM }],
    };
    line(&format!("returns-{auxiliary}"), &figure)
}

/// Exact gradients: BARFI over outer steps, and fixed rewards over as many policy steps.
fn exact(config: &Config, results: &Results) -> Result<Figure> {
    let mut list = Vec::new();
    for (auxiliary, method) in [("bad", "Neumann"), ("bad", "first order"), ("good", "Neumann")] {
        let runs: Vec<_> = results.exact.iter().filter(|r| r.auxiliary == auxiliary && r.method == method).collect();
        let points = runs.first().map_or(0, |r| r.values.len());
        let at = |i: usize| ((i * EVERY).min(config.exact.outer_steps)) as f64;
        let (mut middle, mut band) = (Vec::new(), Vec::new());
        for i in 0..points {
            let mut column: Vec<f64> = runs.iter().map(|r| r.values[i]).collect();
            column.sort_by(f64::total_cmp);
            middle.push((at(i), tabrl::stats::median(&mut column)));
            let quarter = |q: f64| tabrl::stats::quantile(&mut column.clone(), q);
            band.push((quarter(0.25), quarter(0.75)));
        }
        list.push(Series { band: Some(band), ..Series::new(format!("BARFI, {method}, {auxiliary}"), middle) });
    }
    let figure = LineFigure {
        title: "BARFI with exact gradients".into(),
        caption: format!(
            "Return over an episode of the policy after each outer step (15 policy steps each, after 215 before the first). Median and quartiles over {} \
             starts of the reward; the naive sum with the bad auxiliary reward ends at {:.2}.",
            config.exact.starts,
            results
                .climb
                .iter()
                .find(|r| r.name == "naive sum, bad")
                .and_then(|r| r.values.last())
                .unwrap_or(&f64::NAN)
        ),
        x: Axis::linear("outer step"),
        y: Axis::linear("return of an episode"),
        series: list,
        references: vec![Reference { name: "best policy".into(), value: OPTIMUM }],
    };
    line("exact", &figure)
}

/// The error of the gradient over terms of the Neumann series.
fn series(config: &Config, results: &Results) -> Result<Figure> {
    let all = || results.gradient.iter().flat_map(|found| &found.series);
    let mut list = Vec::new();
    for &share in &config.gradient.shares {
        let (mut points, mut band) = (Vec::new(), Vec::new());
        for &terms in &config.gradient.terms {
            let mut errors: Vec<f64> =
                all().filter(|s| s.share == share && s.terms == terms).map(|s| s.error).collect();
            errors.sort_by(f64::total_cmp);
            points.push((terms as f64 + 1.0, tabrl::stats::median(&mut errors)));
            band.push((errors[0], errors[errors.len() - 1]));
        }
        list.push(Series {
            band: Some(band),
            markers: true,
            ..Series::new(format!("step {share} / |largest eigenvalue|"), points)
        });
    }
    let figure = LineFigure {
        title: "The Neumann series needs as many terms as the Hessian is flat".into(),
        caption: format!(
            "Relative error of the gradient by the reward; median and range over {} random tables with {} states, temperature {}. One term is first order.",
            config.gradient.tables, config.gradient.states, config.gradient.temperature
        ),
        x: Axis::log("terms of the series"),
        y: Axis::log("relative error of the gradient"),
        series: list,
        references: Vec::new(),
    };
    line("neumann", &figure)
}

/// The leader's value over iterations at price 1.
fn leader(config: &Config, results: &Results) -> Result<Figure> {
    let mut list = Vec::new();
    for &temperature in &config.leader.temperatures {
        let Some(&price) = config.leader.prices.first() else { continue };
        let Some((_, runs, _)) = best_rate(results, temperature, price) else { continue };
        let (mut points, mut band) = (Vec::new(), Vec::new());
        for i in 0..runs[0].trace.len() {
            let values: Vec<f64> = runs.iter().map(|r| r.trace[i].1).collect();
            points.push((runs[0].trace[i].0 as f64, values.iter().sum::<f64>() / values.len() as f64));
            band.push(values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v))));
        }
        list.push(Series { band: Some(band), ..Series::new(format!("temperature {temperature}"), points) });
    }
    let figure = LineFigure {
        title: "A leader steers a follower past a cell".into(),
        caption: format!(
            "Exact ascent of the leader in the four rooms of HPGD at price {} and the best rate; mean and range over {} starts. The plateaus are real.",
            config.leader.prices.first().unwrap_or(&f64::NAN),
            config.leader.starts
        ),
        x: Axis::linear("iteration"),
        y: Axis::linear("leader's value"),
        series: list,
        references: Vec::new(),
    };
    line("leader", &figure)
}

/// What is lost against the optimum, over the depth of plans.
fn plans(config: &Config, results: &Results) -> Result<Figure> {
    let names = ["the reward that counts", "learnt reward", "optimal advantages"];
    let mut list = Vec::new();
    for (i, name) in names.into_iter().enumerate() {
        let (mut points, mut band) = (Vec::new(), Vec::new());
        for &depth in &config.tables.depths {
            let runs = results.tables.iter().flat_map(|found| &found.planned).filter(|p| p.depth == depth);
            let losses: Vec<f64> = runs.map(|p| p.values[3] - p.values[i]).collect();
            let (value, interval) = mean(&losses)?;
            points.push((depth as f64, value));
            band.push((interval.lower, interval.upper));
        }
        list.push(Series { band: Some(band), markers: true, ..Series::new(name, points) });
    }
    let figure = LineFigure {
        title: "Short plans gain by another reward, long ones do not".into(),
        caption: format!(
            "Value of the best policy less that of an agent which plans to a depth with the reward named and chooses softly (κ = {}); mean and 95 % bootstrap \
             interval over {} random tables.",
            config.tables.sharpness, config.tables.tables
        ),
        x: Axis::log("depth of the plan [steps]"),
        y: Axis::linear("loss of value"),
        series: list,
        references: Vec::new(),
    };
    line("plans", &figure)
}
