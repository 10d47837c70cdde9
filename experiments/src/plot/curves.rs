//! Learning curves of several agents, each run with several seeds.

use ndarray::{Array2, ArrayView1};

use super::{Axis, Estimate, LineFigure, Reference, Series, fault};
use crate::Result;

/// What is counted along a learning curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Steps of the environment, those of unfinished episodes included.
    EnvironmentSteps,
    /// Finished episodes.
    Episodes,
    /// Updates of the agent.
    Updates,
}

impl Unit {
    fn label(self) -> &'static str {
        match self {
            Unit::EnvironmentSteps => "environment steps",
            Unit::Episodes => "episodes",
            Unit::Updates => "updates",
        }
    }
}

/// The runs of one agent.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentRuns {
    /// Its name in the legend.
    pub name: String,
    /// What was measured, `[seeds, points]`, unsmoothed.
    pub runs: Array2<f64>,
}

/// Runs of several agents on the same points.
#[derive(Debug, Clone, PartialEq)]
pub struct LearningCurves {
    /// The title.
    pub title: String,
    /// What is counted along the curves.
    pub unit: Unit,
    /// Where the curves were measured, `[points]`, in that unit.
    pub points: Vec<f64>,
    /// What was measured, with its unit.
    pub measure: String,
    /// The agents; the legend keeps their order.
    pub agents: Vec<AgentRuns>,
    /// The best that can be reached, if it is known.
    pub optimum: Option<f64>,
}

impl LearningCurves {
    /// The figure of a summary over the seeds at each point.
    ///
    /// `summary` turns the measurements of all seeds at one point into a value and its interval, and `says` is its
    /// definition for the caption, such as `mean and 95 % bootstrap interval`. An agent with one seed is drawn without a
    /// band, whatever `summary` gives, and the caption says so.
    ///
    /// # Errors
    /// [`crate::Error::Figure`] if there is no agent, or one whose runs do not have one measurement for each point;
    /// whatever `summary` finds.
    pub fn figure(&self, says: &str, summary: impl Fn(ArrayView1<f64>) -> Result<Estimate>) -> Result<LineFigure> {
        if self.agents.is_empty() || self.points.is_empty() {
            return fault(&self.title, "it has no runs");
        }
        let mut series = Vec::with_capacity(self.agents.len());
        for agent in &self.agents {
            let (seeds, points) = agent.runs.dim();
            if seeds == 0 || points != self.points.len() {
                let problem = format!(
                    "`{}` has {seeds} seeds with {points} measurements each; at least one seed with {} is needed",
                    agent.name,
                    self.points.len()
                );
                return fault(&self.title, problem);
            }
            let estimates: Vec<Estimate> = agent.runs.columns().into_iter().map(&summary).collect::<Result<_>>()?;
            let band = estimates.iter().map(|e| e.interval.unwrap_or((f64::NAN, f64::NAN))).collect();
            let line = self.points.iter().zip(&estimates).map(|(&x, e)| (x, e.value)).collect();
            series.push(Series { band: (seeds > 1).then_some(band), ..Series::new(&agent.name, line) });
        }
        let optimum = self.optimum.map(|value| Reference { name: "optimal".into(), value });
        Ok(LineFigure {
            title: self.title.clone(),
            caption: self.caption(says),
            x: Axis::linear(self.unit.label()),
            y: Axis::linear(&self.measure),
            series,
            references: optimum.into_iter().collect(),
        })
    }

    fn caption(&self, says: &str) -> String {
        let seeds = || self.agents.iter().map(|a| a.runs.nrows());
        let (least, most) = (seeds().min().unwrap_or(0), seeds().max().unwrap_or(0));
        if most == 1 {
            return "One seed: no interval can be given. Not smoothed.".to_owned();
        }
        let mut initial = says.chars();
        let says: String = initial.next().into_iter().flat_map(char::to_uppercase).chain(initial).collect();
        let mut caption = match seeds().filter(|&n| n > 1).min() {
            Some(fewest) if fewest < most => {
                format!("{says} over {fewest} to {most} seeds, at each point. Not smoothed.")
            }
            _ => format!("{says} over {most} seeds, at each point. Not smoothed."),
        };
        if least == 1 {
            let single = self.agents.iter().filter(|a| a.runs.nrows() == 1).map(|a| a.name.as_str());
            caption.push_str(&format!(" One seed, no interval: {}.", single.collect::<Vec<_>>().join(", ")));
        }
        caption
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ndarray::arr2;

    use super::*;

    fn curves() -> LearningCurves {
        let agent = |name: &str, runs| AgentRuns { name: name.into(), runs };
        LearningCurves {
            title: "Learning".into(),
            unit: Unit::Episodes,
            points: vec![10.0, 20.0, 30.0],
            measure: "return".into(),
            agents: vec![
                agent("A", arr2(&[[0.0, 1.0, 2.0], [2.0, 3.0, 4.0]])),
                agent("B", arr2(&[[1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [4.0, 4.0, 4.0]])),
            ],
            optimum: Some(5.0),
        }
    }

    /// Mean and range.
    fn summary(column: ArrayView1<f64>) -> Result<Estimate> {
        let ends = column.iter().fold((f64::MAX, f64::MIN), |(low, high), &x| (low.min(x), high.max(x)));
        Ok(Estimate { value: column.sum() / column.len() as f64, interval: Some(ends) })
    }

    #[test]
    fn each_point_is_summarised_over_the_seeds() {
        let figure = curves().figure("mean and range", summary).unwrap();
        assert_eq!(figure.series[0].points, [(10.0, 1.0), (20.0, 2.0), (30.0, 3.0)]);
        assert_eq!(figure.series[0].band, Some(vec![(0.0, 2.0), (1.0, 3.0), (2.0, 4.0)]));
        assert_eq!(figure.series[1].points[2], (30.0, 2.0));
        assert_eq!(figure.caption, "Mean and range over 2 to 3 seeds, at each point. Not smoothed.");
        assert_eq!(figure.x.label, "episodes");
        assert!(figure.draw().unwrap().svg().contains("optimal"));
    }

    #[test]
    fn one_seed_has_no_band_and_says_so() {
        let mut curves = curves();
        curves.agents[0].runs = arr2(&[[0.0, 1.0, 2.0]]);
        let figure = curves.figure("mean and range", summary).unwrap();
        assert!(figure.series[0].band.is_none() && figure.series[1].band.is_some());
        let says = "Mean and range over 3 seeds, at each point. Not smoothed. One seed, no interval: A.";
        assert_eq!(figure.caption, says);
        curves.agents.pop();
        let figure = curves.figure("mean and range", summary).unwrap();
        assert_eq!(figure.caption, "One seed: no interval can be given. Not smoothed.");
    }

    #[test]
    fn shapes_are_checked() {
        let mut curves = curves();
        curves.points.pop();
        let message = curves.figure("mean", summary).unwrap_err().to_string();
        assert!(message.contains("`A` has 2 seeds with 3 measurements each"), "{message}");
        curves.agents.clear();
        assert!(curves.figure("mean", summary).is_err());
    }
}
