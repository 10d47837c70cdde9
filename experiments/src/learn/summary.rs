//! From the curves of all agents and seeds to tables, the figure and the report's words.

use ndarray::{Array2, ArrayView1};
use tabrl::stats::{Bootstrap, Estimate, PROFILE_REPETITIONS};

use super::{Config, Point};
use crate::Result;
use crate::plot::{self, AgentRuns, LearningCurves, Unit};
use crate::runner::{Figure, Table};

/// The curves of all agents.
pub struct Summary<'a> {
    pub(super) config: &'a Config,
    pub(super) optimal: f64,
    /// Seed and curve, agent by agent.
    pub(super) curves: Vec<(u64, Vec<Point>)>,
}

/// Where an agent ended.
#[derive(Debug, Clone, PartialEq)]
pub struct End {
    /// Its name.
    pub agent: String,
    /// The aggregate over the seeds of the value of its last policy, with the interval if there are several seeds.
    pub value: Estimate,
}

impl Summary<'_> {
    /// Each agent's name with its curves.
    fn agents(&self) -> impl Iterator<Item = (&str, &[(u64, Vec<Point>)])> {
        let seeds = self.config.seeds as usize;
        self.config.agents.iter().map(|agent| agent.name.as_str()).zip(self.curves.chunks(seeds))
    }

    fn aggregate(&self, column: ArrayView1<f64>) -> Result<Estimate> {
        let bootstrap =
            Bootstrap { repetitions: PROFILE_REPETITIONS, seed: self.config.first_seed, ..Bootstrap::default() };
        Ok(bootstrap.estimate_column(column, self.config.aggregate.statistic())?)
    }

    /// Where the agents ended, in their order.
    ///
    /// # Errors
    /// A value that is not finite.
    pub fn ends(&self) -> Result<Vec<End>> {
        let last = |curve: &[Point]| curve.last().map_or(f64::NAN, |p| p.value);
        let end = |(name, curves): (&str, &[(u64, Vec<Point>)])| {
            let values: Vec<f64> = curves.iter().map(|(_, curve)| last(curve)).collect();
            Ok(End { agent: name.to_owned(), value: self.aggregate(ArrayView1::from(&values))? })
        };
        self.agents().map(end).collect()
    }

    pub(super) fn curves_table(&self) -> Table {
        let columns = [
            ("agent", "", "name of the agent"),
            ("seed", "", "seed of the environment and of the agent"),
            ("step", "steps", "environment steps so far"),
            ("episodes", "", "episodes finished so far"),
            ("value", "", "exact value of the agent's policy from the start"),
            ("reward_sum", "", "sum of the rewards received while training"),
        ];
        let mut table = Table::new("curves", "One row an agent, seed and evaluation.", &columns);
        for (name, curves) in self.agents() {
            for (seed, curve) in curves {
                for p in curve {
                    table.row(vec![
                        name.into(),
                        (*seed).into(),
                        p.step.into(),
                        p.episodes.into(),
                        p.value.into(),
                        p.reward_sum.into(),
                    ]);
                }
            }
        }
        table
    }

    pub(super) fn ends_table(&self) -> Result<Table> {
        let columns = [
            ("agent", "", "name of the agent"),
            ("seeds", "", "number of seeds"),
            ("value", "", "value of the last policy, aggregated over the seeds"),
            ("lower", "", "lower end of the 95 % bootstrap interval"),
            ("upper", "", "upper end"),
            ("optimal", "", "value of the optimal policy"),
        ];
        let mut table = Table::new("final", "One row an agent, after the last step.", &columns);
        for End { agent, value } in self.ends()? {
            table.row(vec![
                agent.into(),
                self.config.seeds.into(),
                value.value.into(),
                value.interval.map(|(lower, _)| lower).into(),
                value.interval.map(|(_, upper)| upper).into(),
                self.optimal.into(),
            ]);
        }
        Ok(table)
    }

    pub(super) fn figure(&self) -> Result<Figure> {
        let steps = self.curves.first().map(|(_, curve)| curve.iter().map(|p| p.step as f64).collect::<Vec<_>>());
        let points = steps.unwrap_or_default();
        let runs = |curves: &[(u64, Vec<Point>)]| {
            Array2::from_shape_fn((curves.len(), points.len()), |(i, j)| {
                curves[i].1.get(j).map_or(f64::NAN, |p| p.value)
            })
        };
        let picture = LearningCurves {
            title: format!("Learning {}", self.config.problem),
            unit: Unit::EnvironmentSteps,
            measure: self.measure(),
            agents: self.agents().map(|(name, c)| AgentRuns { name: name.to_owned(), runs: runs(c) }).collect(),
            points: points.clone(),
            optimum: Some(self.optimal),
        };
        let figure = picture.figure(self.config.aggregate.says(), |column| {
            let Estimate { value, interval } = self.aggregate(column)?;
            Ok(plot::Estimate { value, interval })
        })?;
        Ok(Figure { name: "curves".into(), caption: figure.caption.clone(), drawing: figure.draw()? })
    }

    /// What the value of a policy is, with its unit.
    fn measure(&self) -> String {
        match self.config.time_limit() {
            Some(horizon) if self.config.discount == 1.0 => {
                format!("value of the policy [reward over {horizon} steps]")
            }
            _ => format!("value of the policy [reward discounted by {}]", self.config.discount),
        }
    }

    /// Paragraphs for the report.
    pub(super) fn notes(&self) -> Result<Vec<String>> {
        let Config { problem, parameters, steps, seeds, first_seed, .. } = self.config;
        let with = match parameters.as_slice() {
            [] => String::new(),
            given => format!(" ({})", given.join(", ")),
        };
        let mut ends = format!(
            "| agent | {} over {seeds} seed{} | parameters | source |\n|---|---|---|---|\n",
            self.config.aggregate.says(),
            if *seeds == 1 { "" } else { "s" }
        );
        let known = tabrl::learning::registry();
        for (End { agent, value }, config) in self.ends()?.iter().zip(&self.config.agents) {
            let interval = value.interval.map_or("no interval".into(), |(a, b)| format!("[{a:.6}, {b:.6}]"));
            let source = known.iter().find(|spec| spec.name == agent).map_or("", |spec| spec.source);
            let set = config.set.join(", ");
            ends.push_str(&format!("| {agent} | {:.6} {interval} | {set} | {source} |\n", value.value));
        }
        ends.push_str(&format!("| optimal | {:.6} | | |", self.optimal));
        let which = match seeds {
            1 => format!("the seed is {first_seed}"),
            _ => format!("the seeds are {first_seed} to {}", first_seed.wrapping_add(seeds - 1)),
        };
        let ends = format!("{}, after {steps} environment steps:\n\n{ends}", capital(&self.measure()));
        Ok(vec![
            format!("Problem: `{problem}`{with}."),
            ends,
            format!(
                "The value at each point is the exact value of the agent's policy from the initial distribution, not a \
                 sampled return. All agents meet the same environment randomness at the same seed (common random \
                 numbers); {which}. Intervals: percentile bootstrap over seeds with \
                 {PROFILE_REPETITIONS} repetitions, at each point.",
            ),
        ])
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}
