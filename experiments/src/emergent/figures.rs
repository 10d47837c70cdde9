//! The figures.

use super::reference::NOISE_CELLS;
use super::sampled::points;
use super::{Config, Results};
use crate::Result;
use crate::plot::{Axis, DotFigure, Group, LineFigure, Mark, Reference, Series};
use crate::runner::Figure;
use crate::runner::mean;

/// All figures whose numbers were computed.
///
/// # Errors
/// A figure that cannot be drawn.
pub fn figures(config: &Config, results: &Results) -> Result<Vec<Figure>> {
    let mut figures =
        vec![conditions(config, results)?, phase(config, results)?, bonus(config, results)?, windows(config, results)?];
    figures.extend(contexts(config, results)?);
    for cell in NOISE_CELLS {
        figures.extend(noise(config, results, cell)?);
    }
    for name in config.regret.keys() {
        figures.push(regret(config, results, name)?);
    }
    Ok(figures)
}

fn line(name: &str, figure: &LineFigure) -> Result<Figure> {
    Ok(Figure { name: name.into(), caption: figure.caption.clone(), drawing: figure.draw()? })
}

fn seeds(count: u64) -> String {
    format!("{count} {}", if count == 1 { "seed" } else { "seeds" })
}

/// What is left of the reward when a condition is taken away.
fn conditions(config: &Config, results: &Results) -> Result<Figure> {
    let steps = config.conditions_horizon as f64;
    let group = |name: String, problem: &str| {
        let value = |what: &str| results.fact(&format!("conditions {problem} {what}")).map_or(f64::NAN, |v| v / steps);
        Group { name, values: ["full", "structure", "memory", "credit"].map(|what| value(what).into()).into() }
    };
    let learnt = ["all conditions", "no structure", "no memory", "no credit"].map(|what| {
        let found = super::learnt::values(results, &format!("network {what}"));
        (found.iter().sum::<f64>() / found.len() as f64 / steps).into()
    });
    let figure = DotFigure {
        title: "Taking a condition away".into(),
        caption: format!(
            "Exact reward of the best agent in blocks of {} pulls. Without structure arms are drawn anew at every pull; without memory \
             nothing is kept; without credit each pull maximises its own reward. Beside a safe arm of mean {} every condition is needed; \
             among arms that are alike, myopic play explores too. The network: exact value of its greedy policy after {} updates, \
             mean over {}.",
            config.conditions_horizon,
            config.conditions_safe,
            config.learnt.updates,
            seeds(config.learnt.network_seeds)
        ),
        rows: ["all conditions", "no structure", "no memory", "no credit"].map(String::from).into(),
        axis: Axis::linear("reward a pull [probability of success]"),
        groups: vec![
            group(format!("safe arm of mean {} and an unknown one", config.conditions_safe), "safe"),
            group("two unknown arms, alike".into(), "alike"),
            Group { name: "a trained network beside the safe arm".into(), values: learnt.into() },
        ],
        mark: Mark::Bar,
    };
    Ok(Figure { name: "conditions".into(), caption: figure.caption.clone(), drawing: figure.draw()? })
}

/// Where exploring pays: above γ = β*/(1 - 1/n).
fn phase(config: &Config, results: &Results) -> Result<Figure> {
    let mut series = Vec::new();
    for &safe in &config.safe {
        let Some(boundary) = results.fact(&format!("safe {safe} discount")).filter(|b| *b > 1e-3 && b.is_finite())
        else {
            continue;
        };
        // From the shortest block in which the undiscounted agent explores.
        let shortest = 1.0 / (1.0 - boundary);
        let lengths = (0..=60).map(|i| shortest * (200.0 / shortest).max(1.0).powf(f64::from(i) / 60.0));
        let line = lengths.map(|n| (n, boundary / (1.0 - 1.0 / n))).collect();
        series.push(Series::new(format!("safe mean {safe}"), line));
    }
    let figure = LineFigure {
        title: "Where exploring pays beside a safe arm".into(),
        caption: "An optimal agent tries the unknown arm above and to the right of the line of its safe arm, where the Gittins index of a \
                  fresh arm at γ(1 - 1/n) is above the safe mean. Exact."
            .into(),
        x: Axis::log("mean length n of a block [pulls]"),
        y: Axis::linear("discount γ from a pull to the next").covering(&[0.0, 1.0]),
        series,
        references: Vec::new(),
    };
    line("phase-diagram", &figure)
}

/// What exploring is worth, over the length of a block.
fn bonus(config: &Config, results: &Results) -> Result<Figure> {
    let point = |&length: &usize| results.fact(&format!("fresh {length}")).map(|index| (length as f64, index - 0.5));
    let points = config.lengths.iter().filter_map(point).collect();
    let figure = LineFigure {
        title: "The bonus that nobody added".into(),
        caption: "Gittins index minus mean of an arm with uniform prior at discount 1 - 1/n. Exact.".into(),
        x: Axis::log("mean length n of a block [pulls]"),
        y: Axis::linear("index minus mean [reward a pull]"),
        series: vec![Series { markers: true, ..Series::new("fresh arm", points) }],
        references: Vec::new(),
    };
    line("bonus", &figure)
}

/// Value over memory.
fn windows(config: &Config, results: &Results) -> Result<Figure> {
    let mut series = Vec::new();
    for &horizon in &config.windows {
        let Some(best) = results.fact(&format!("value 2x{horizon} optimal")) else { continue };
        let share = |memory: u32| {
            results.fact(&format!("window {memory} of {horizon}")).map(|value| (f64::from(memory), value / best))
        };
        let points = (0..=3).filter_map(share).collect();
        series.push(Series { markers: true, ..Series::new(format!("{horizon} steps"), points) });
    }
    let figure = LineFigure {
        title: "Value against memory".into(),
        caption: "Best rule that remembers the last k pulls, relative to the optimum with full memory; two uniform arms. Exact up to k = 2, \
                  a lower bound by local search at k = 3."
            .into(),
        x: Axis::linear("memory k [pulls]"),
        y: Axis::linear("value relative to the optimum"),
        series,
        references: vec![Reference { name: "full memory".into(), value: 1.0 }],
    };
    line("memory", &figure)
}

/// What trained networks make of longer contexts, where any was trained.
fn contexts(config: &Config, results: &Results) -> Result<Option<Figure>> {
    let (mut points, mut band) = (Vec::new(), Vec::new());
    for &context in &config.learnt.contexts {
        let found = super::learnt::values(results, &format!("attention {context} pulls"));
        if !found.is_empty() {
            let (value, interval) = mean(&found)?;
            points.push((context as f64, value));
            band.push((interval.lower, interval.upper));
        }
    }
    if points.is_empty() {
        return Ok(None);
    }
    let several = config.learnt.network_seeds > 1;
    let series = Series { band: several.then_some(band), markers: true, ..Series::new("trained network", points) };
    let safe = config.conditions_safe * config.conditions_horizon as f64;
    let mut references = vec![Reference { name: "the safe arm alone".into(), value: safe }];
    references.extend(
        results.fact("conditions safe full").map(|value| Reference { name: "optimum, full memory".into(), value }),
    );
    let figure = LineFigure {
        title: "What a network makes of its context".into(),
        caption: format!(
            "Exact value of the greedy policy of a network that attends to the last X pulls, beside a safe arm of mean {}; mean and 95 % \
             bootstrap interval over {}, {} updates each. With few pulls in view, histories that look alike share a value, which misleads.",
            config.conditions_safe,
            seeds(config.learnt.network_seeds),
            config.learnt.updates
        ),
        x: Axis::linear("context X [pulls]"),
        y: Axis::linear(format!("reward of a block of {} pulls", config.conditions_horizon)),
        series: vec![series],
        references,
    };
    Ok(Some(line("context", &figure)?))
}

/// Regret over the size of the error, where it was simulated.
fn noise(config: &Config, results: &Results, cell: &str) -> Result<Option<Figure>> {
    let curve = |name: &str, kind: &str, scales: &[f64]| -> Result<Option<Series>> {
        let (mut points, mut band) = (Vec::new(), Vec::new());
        for &scale in scales {
            let ends = results.ends(&format!("noise {cell} {kind} {scale}"));
            if ends.len() > 1 {
                let (value, interval) = mean(&ends)?;
                points.push((scale, value));
                band.push((interval.lower, interval.upper));
            }
        }
        let series = Series { band: Some(band), markers: true, ..Series::new(name, points) };
        Ok((!series.points.is_empty()).then_some(series))
    };
    let settings = &config.noise;
    let mut series = Vec::new();
    series.extend(curve("fresh, size of the posterior", "fresh", &settings.scales)?);
    series.extend(curve("fresh, constant size", "constant", &settings.constant)?);
    series.extend(curve("frozen for a run, size of the posterior", "frozen", &settings.frozen)?);
    if series.is_empty() {
        return Ok(None);
    }
    let mut references = Vec::new();
    let thompson = results.ends("bayes ten thompson");
    if cell == "10x1000" && thompson.len() > 1 {
        references.push(Reference { name: "Thompson sampling".into(), value: mean(&thompson)?.0 });
    }
    let (arms, steps) = cell.split_once('x').unwrap_or((cell, ""));
    let figure = LineFigure {
        title: format!("Myopic play with an error: {arms} arms, {steps} steps"),
        caption: format!(
            "Mean Bayes regret and 95 % bootstrap interval over {} runs of pulling the arm of largest posterior mean plus noise, drawn afresh at \
             every step or once for the run. What follows from it is judged among the claims.",
            settings.runs
        ),
        x: Axis::linear("scale of the noise [standard deviations]"),
        y: Axis::linear(format!("Bayes regret [reward over {steps} steps]")),
        series,
        references,
    };
    Ok(Some(line(&format!("pseudo-thompson-{cell}"), &figure)?))
}

/// Regret over steps, with the Lai–Robbins line.
fn regret(config: &Config, results: &Results, name: &str) -> Result<Figure> {
    let group = &config.regret[name];
    let steps = points(group.horizon);
    let mut series = Vec::new();
    for policy in &group.policies {
        let Some(runs) = results.runs.get(&format!("regret {name} {policy}")) else { continue };
        let (mut line, mut band) = (Vec::new(), Vec::new());
        for (i, &step) in steps.iter().enumerate() {
            let column: Vec<f64> = runs.iter().filter_map(|row| row.get(i).copied()).collect();
            let (value, interval) = mean(&column)?;
            line.push((step as f64, value));
            band.push((interval.lower, interval.upper));
        }
        let band = (runs.len() > 1).then_some(band);
        series.push(Series { band, ..Series::new(policy, line) });
    }
    if let Some(constant) = results.fact(&format!("lai-robbins {name}")) {
        let bound = steps.iter().map(|&step| (step as f64, constant * (step as f64).ln())).collect();
        series.push(Series::new("Lai–Robbins: C ln t", bound));
    }
    let means: Vec<String> = group.means.iter().map(f64::to_string).collect();
    let figure = LineFigure {
        title: format!("Regret: {name}"),
        caption: format!(
            "Mean pseudo-regret and 95 % bootstrap interval over {} runs; Bernoulli arms of means {}. The line C ln t bounds the growth of \
             regret as t goes to infinity, not its value at any t.",
            group.runs,
            means.join(", ")
        ),
        x: Axis::log("step"),
        y: Axis::linear("pseudo-regret [reward]"),
        series,
        references: Vec::new(),
    };
    line(&format!("regret-{name}"), &figure)
}
