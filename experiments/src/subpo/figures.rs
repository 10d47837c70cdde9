//! The figures.

use super::training::Trained;
use super::{Config, Results};
use crate::Result;
use crate::plot::{
    Axis, CellMark, DotFigure, Estimate, GridFigure, Group, LineFigure, Mark, Panel, Reference, Scale, Series,
};
use crate::runner::{Figure, mean};

/// All figures.
///
/// # Errors
/// A figure that cannot be drawn.
pub fn figures(config: &Config, results: &Results) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for group in ["fields", "two-rooms"] {
        figures.extend(walks(config, results, group)?);
    }
    for group in config.groups.keys().filter(|group| results.runs.iter().any(|run| run.group == **group)) {
        figures.push(curves(config, results, group)?);
    }
    if !results.runs.is_empty() {
        figures.push(shares(config, results)?);
    }
    if let Some(exact) = &results.exact {
        figures.push(estimators(&exact.estimators)?);
        figures.push(curvature(&exact.curvature)?);
    }
    Ok(figures)
}

fn labels(config: &Config, group: &str) -> Vec<String> {
    let methods = config.groups.get(group).map(|group| &group.methods[..]).unwrap_or_default();
    methods.iter().map(|text| text.split(':').next().unwrap_or(text).trim().to_owned()).collect()
}

/// Where the methods walk, on the map of the first seed.
fn walks(config: &Config, results: &Results, name: &str) -> Result<Option<Figure>> {
    let Some(first) = results.runs.iter().find(|run| run.group == name && run.seed == 0) else { return Ok(None) };
    let walk = config.groups[name].problem(0)?;
    let Some(map) = walk.map.clone() else { return Ok(None) };
    let panel = |title: String, states: &[usize]| {
        let mut cells = vec![vec![CellMark::default(); map.rows[0].len()]; map.rows.len()];
        for (s, &(r, c)) in walk.cells.iter().enumerate() {
            cells[r][c].value = Some(walk.worth[s]);
        }
        for &s in states {
            let (r, c) = walk.cells[s];
            cells[r][c].glyph = Some('●');
        }
        Panel { title, cells, scale: Scale::Linear }
    };
    let valued = |name: &str, value: f64| format!("{name}: {value:.1}");
    let mut panels = vec![
        panel(valued("greedy", first.greedy.0), &first.greedy.1),
        panel(valued(if first.is_optimum { "optimum" } else { "beam" }, first.plan.0), &first.plan.1),
        panel(valued("additive plan", first.modular.0), &first.modular.1),
    ];
    for method in labels(config, name).iter().filter(|method| !method.contains("released")) {
        let worth = |run: &Trained| tabrl::submodular::SetFunction::value(&walk.problem.function, &run.walk);
        if let Some(run) = results.of(name, method).find(|run| run.seed == 0) {
            panels.push(panel(valued(method, worth(run)), &run.walk));
        }
    }
    // Six maps in a row are as many as can be read.
    panels.retain(|panel| !panel.title.starts_with("SubPO-M scaled") && !panel.title.starts_with("SubPO-M table"));
    let figure = GridFigure {
        title: format!("Walks on {}", config.groups[name].problem),
        caption: "One walk a method; dots are visited cells, colours what a cell weighs, and the numbers what the walks are worth. Of trained \
                  policies, a walk of the last batch of seed 0."
            .into(),
        map: tabrl::mdp::GridMap {
            rows: map.rows.iter().map(|row| row.iter().map(|&c| if c == 'S' { '.' } else { c }).collect()).collect(),
        },
        panels,
    };
    Ok(Some(Figure { name: format!("walks-{name}"), caption: figure.caption.clone(), drawing: figure.draw()? }))
}

fn curves(config: &Config, results: &Results, name: &str) -> Result<Figure> {
    let mut series = Vec::new();
    let mut seeds = 0;
    for method in labels(config, name) {
        let runs: Vec<&Trained> = results.of(name, &method).collect();
        let Some(length) = runs.iter().map(|run| run.curve.len()).min() else { continue };
        seeds = runs.len();
        let (mut points, mut band) = (Vec::new(), Vec::new());
        for epoch in 0..length {
            let column: Vec<f64> = runs.iter().map(|run| run.curve[epoch]).collect();
            let (value, interval) = mean(&column)?;
            points.push((epoch as f64, value));
            band.push((interval.lower, interval.upper));
        }
        series.push(Series { band: (runs.len() > 1).then_some(band), ..Series::new(method, points) });
    }
    let first = results.runs.iter().find(|run| run.group == name);
    let fields = config.groups[name].fields;
    // Lines for planners only where all seeds share the problem.
    let references = first.filter(|_| !fields).map_or(Vec::new(), |run| {
        let best = if run.is_optimum { "optimum" } else { "best known" };
        vec![
            Reference { name: best.into(), value: run.best_known },
            Reference { name: "greedy".into(), value: run.greedy.0 },
        ]
    });
    let figure = LineFigure {
        title: format!("Learning on {}", config.groups[name].problem),
        caption: format!(
            "Mean value of a batch of {} walks and 95 % bootstrap interval over {seeds} seeds.{}",
            config.groups[name].batch,
            if fields { " Each seed has a problem of its own." } else { "" }
        ),
        x: Axis::linear("epoch (gradient steps)"),
        y: Axis::linear("value F of a walk"),
        series,
        references,
    };
    Ok(Figure { name: format!("learning-{name}"), caption: figure.caption.clone(), drawing: figure.draw()? })
}

/// Every method over the best known value.
fn shares(config: &Config, results: &Results) -> Result<Figure> {
    let (mut rows, mut trained, mut greedy, mut modular) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for name in config.groups.keys() {
        for method in labels(config, name) {
            let runs: Vec<&Trained> = results.of(name, &method).collect();
            if runs.is_empty() {
                continue;
            }
            let of = |f: &dyn Fn(&Trained) -> f64| -> Result<Estimate> {
                let (value, interval) = mean(&runs.iter().map(|run| f(run) / run.best_known).collect::<Vec<f64>>())?;
                Ok(Estimate { value, interval: (runs.len() > 1).then_some((interval.lower, interval.upper)) })
            };
            rows.push(format!("{name}: {method}"));
            trained.push(of(&Trained::late)?);
            greedy.push(of(&|run| run.greedy.0)?);
            modular.push(of(&|run| run.modular.0)?);
        }
    }
    let group = |name: &str, values| Group { name: name.into(), values };
    let figure = DotFigure {
        title: "How much of the best known value".into(),
        caption: "Mean over seeds of the value over the best known one, with 95 % bootstrap intervals. Greedy walks and the walk of the \
                  additive optimum are repeated for each method of a problem."
            .into(),
        rows,
        axis: Axis::linear("value / best known value"),
        groups: vec![group("this method", trained), group("greedy", greedy), group("additive plan", modular)],
        mark: Mark::Dot,
    };
    Ok(Figure { name: "shares".into(), caption: figure.caption.clone(), drawing: figure.draw()? })
}

fn estimators(found: &[super::exact::EstimatorRecord]) -> Result<Figure> {
    let values = |of: &dyn Fn(&super::exact::EstimatorRecord) -> f64| found.iter().map(|e| of(e).into()).collect();
    let shown = |x: f64| if x > 1e-6 { x } else { f64::NAN };
    let figure = DotFigure {
        title: "Estimators of the policy gradient: variance and bias".into(),
        caption: "Uniform policy on weighted coverage, H = 8. Variance: trace of the covariance of a single walk's estimate. Bias: distance of \
                  the exact mean from the gradient, over the gradient's length; estimators without a dot have none."
            .into(),
        rows: found.iter().map(|e| e.name.clone()).collect(),
        axis: Axis::log("variance [value²], bias [share of the gradient]"),
        groups: vec![
            Group { name: "variance".into(), values: values(&|e| e.variance) },
            Group { name: "bias".into(), values: values(&|e| shown(e.bias)) },
        ],
        mark: Mark::Dot,
    };
    Ok(Figure { name: "estimators".into(), caption: figure.caption.clone(), drawing: figure.draw()? })
}

fn curvature(found: &[super::exact::CurvatureRecord]) -> Result<Figure> {
    let line = |name: &str, of: &dyn Fn(&super::exact::CurvatureRecord) -> f64| Series {
        markers: true,
        ..Series::new(name, found.iter().map(|r| (r.lambda, of(r))).collect())
    };
    let figure = LineFigure {
        title: "Curvature: what additive planning is sure of, and what it gets".into(),
        caption: "Mixtures of coverage and its additive version with curvature λ, H = 6; values over the exact optimum. SubPO: mean over seeds."
            .into(),
        x: Axis::linear("curvature λ"),
        y: Axis::linear("value / optimum"),
        series: vec![
            line("SubPO-M", &|r| r.subpo.iter().sum::<f64>() / r.subpo.len() as f64 / r.optimum),
            line("additive plan", &|r| r.modular / r.optimum),
            line("guarantee 1 - λ", &|r| 1.0 - r.lambda),
        ],
        references: Vec::new(),
    };
    Ok(Figure { name: "curvature".into(), caption: figure.caption.clone(), drawing: figure.draw()? })
}
