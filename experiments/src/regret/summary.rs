//! From the regret of all agents and seeds to tables, the figure and the report's words.

use ndarray::{Array2, ArrayView1};
use tabrl::stats::{Aggregate, Bootstrap, Estimate, PROFILE_REPETITIONS};

use super::{Config, Record};
use crate::Result;
use crate::learn::Spacing;
use crate::plot::{self, AgentRuns, Axis, LearningCurves, Series, Unit};
use crate::runner::{Figure, Table};

/// What the runs found.
pub struct Summary<'a> {
    pub(super) config: &'a Config,
    /// Seed and run, agent by agent.
    pub(super) runs: Vec<(u64, Record)>,
}

/// Where an agent ended.
#[derive(Debug, Clone, PartialEq)]
pub struct End {
    /// Its name.
    pub agent: String,
    /// The mean regret after all episodes, with its interval if there are several seeds.
    pub regret: Estimate,
    /// The fraction of runs that still lost half of the optimum in the last tenth of the episodes.
    pub stuck: f64,
    /// The least of what it believed minus the optimum less its penalty, over all episodes and seeds; infinite if it never said.
    pub least_optimism: f64,
    /// Mean number of changes of policy.
    pub switches: f64,
}

impl Summary<'_> {
    /// Each agent's name with its runs.
    fn agents(&self) -> impl Iterator<Item = (&str, &[(u64, Record)])> {
        let seeds = self.config.seeds as usize;
        self.config.agents.iter().map(|agent| agent.name.as_str()).zip(self.runs.chunks(seeds))
    }

    fn mean(&self, column: ArrayView1<f64>) -> Result<Estimate> {
        let bootstrap =
            Bootstrap { repetitions: PROFILE_REPETITIONS, seed: self.config.first_seed, ..Bootstrap::default() };
        Ok(bootstrap.estimate_column(column, Aggregate::Mean)?)
    }

    /// Value of the optimal policy.
    pub fn optimal(&self) -> f64 {
        self.runs.first().map_or(f64::NAN, |(_, run)| run.optimal)
    }

    /// Where the agents ended, in their order.
    ///
    /// # Errors
    /// A number that is not finite.
    pub fn ends(&self) -> Result<Vec<End>> {
        let end = |(name, runs): (&str, &[(u64, Record)])| {
            let totals: Vec<f64> = runs.iter().map(|(_, run)| run.total()).collect();
            let mean =
                |of: &dyn Fn(&Record) -> f64| runs.iter().map(|(_, run)| of(run)).sum::<f64>() / runs.len() as f64;
            Ok(End {
                agent: name.to_owned(),
                regret: self.mean(ArrayView1::from(&totals))?,
                stuck: mean(&|run| f64::from(u8::from(run.stuck))),
                least_optimism: runs.iter().map(|(_, run)| run.least_optimism).fold(f64::INFINITY, f64::min),
                switches: mean(&|run| run.switches as f64),
            })
        };
        self.agents().map(end).collect()
    }

    pub(super) fn curves_table(&self) -> Table {
        let columns = [
            ("agent", "", "name of the agent"),
            ("seed", "", "seed of the environment and of the agent"),
            ("episode", "episodes", "episodes so far"),
            ("regret", "", "sum over them of the optimum minus the exact value of the policy played"),
        ];
        let mut table = Table::new("curves", "One row an agent, seed and record.", &columns);
        for (name, runs) in self.agents() {
            for (seed, run) in runs {
                for &(episode, regret) in &run.points {
                    table.row(vec![name.into(), (*seed).into(), episode.into(), regret.into()]);
                }
            }
        }
        table
    }

    pub(super) fn ends_table(&self) -> Result<Table> {
        let columns = [
            ("agent", "", "name of the agent"),
            ("seeds", "", "number of seeds"),
            ("regret", "", "mean regret after all episodes"),
            ("lower", "", "lower end of the 95 % bootstrap interval"),
            ("upper", "", "upper end"),
            ("stuck", "", "fraction of runs that lose half of the optimum in the last tenth of the episodes"),
            (
                "least_optimism",
                "",
                "least of the believed value minus the optimum less its penalty; empty if the agent states none",
            ),
            ("switches", "", "mean number of episodes whose policy differed from the one before"),
            ("optimal", "", "value of the optimal policy"),
        ];
        let mut table = Table::new("final", "One row an agent, after the last episode.", &columns);
        for End { agent, regret, stuck, least_optimism, switches } in self.ends()? {
            table.row(vec![
                agent.into(),
                self.config.seeds.into(),
                regret.value.into(),
                regret.interval.map(|(lower, _)| lower).into(),
                regret.interval.map(|(_, upper)| upper).into(),
                stuck.into(),
                least_optimism.is_finite().then_some(least_optimism).into(),
                switches.into(),
                self.optimal().into(),
            ]);
        }
        Ok(table)
    }

    pub(super) fn figure(&self) -> Result<Figure> {
        let log = self.config.spacing == Spacing::Log;
        // On a logarithmic axis there is no place for nought episodes.
        let shown = |points: &[(u64, f64)]| points.iter().filter(|p| !log || p.0 > 0).copied().collect::<Vec<_>>();
        let points: Vec<f64> =
            self.runs.first().map_or(Vec::new(), |(_, run)| shown(&run.points).iter().map(|p| p.0 as f64).collect());
        let runs = |runs: &[(u64, Record)]| {
            let rows: Vec<Vec<(u64, f64)>> = runs.iter().map(|(_, run)| shown(&run.points)).collect();
            Array2::from_shape_fn((rows.len(), points.len()), |(i, j)| rows[i].get(j).map_or(f64::NAN, |p| p.1))
        };
        let picture = LearningCurves {
            title: format!("Regret on {}", self.config.problem),
            unit: Unit::Episodes,
            measure: format!("regret [reward over {} steps, summed over episodes]", self.config.horizon),
            agents: self.agents().map(|(name, c)| AgentRuns { name: name.to_owned(), runs: runs(c) }).collect(),
            points: points.clone(),
            optimum: None,
        };
        let mut figure = picture.figure("mean and 95 % bootstrap interval", |column| {
            let Estimate { value, interval } = self.mean(column)?;
            Ok(plot::Estimate { value, interval })
        })?;
        let ends = self.ends()?;
        let least = ends.iter().map(|end| end.regret.value).fold(f64::INFINITY, f64::min);
        if let Some(&last) = points.last().filter(|_| least > 0.0) {
            // Growth like √K, through the end of the best agent.
            let guide = points.iter().map(|&k| (k, least * (k / last).sqrt())).collect();
            figure.series.push(Series::new("growth like √K", guide));
        }
        if log {
            figure.x = Axis::log(figure.x.label);
            figure.y = Axis::log(figure.y.label);
        }
        Ok(Figure { name: "regret".into(), caption: figure.caption.clone(), drawing: figure.draw()? })
    }

    /// Paragraphs for the report.
    pub(super) fn notes(&self) -> Result<Vec<String>> {
        let Config { problem, parameters, horizon, episodes, reward_range, seeds, first_seed, .. } = self.config;
        let with = match parameters.as_slice() {
            [] => String::new(),
            given => format!(" ({})", given.join(", ")),
        };
        let mut ends =
            "| agent | mean regret and 95 % bootstrap interval | stuck | least optimism | parameters | source |\n\
                        |---|---|---|---|---|---|\n"
                .to_owned();
        let known = tabrl::exploration::registry();
        for (End { agent, regret, stuck, least_optimism, .. }, config) in self.ends()?.iter().zip(&self.config.agents) {
            let interval = regret.interval.map_or("no interval".into(), |(a, b)| format!("[{a:.3}, {b:.3}]"));
            let source = known.iter().find(|spec| spec.name == agent).map_or("", |spec| spec.source);
            let optimism =
                if least_optimism.is_finite() { format!("{least_optimism:.4}") } else { "not stated".to_owned() };
            let set = config.set.join(", ");
            ends.push_str(&format!(
                "| {agent} | {:.3} {interval} | {stuck:.2} | {optimism} | {set} | {source} |\n",
                regret.value
            ));
        }
        let which = match seeds {
            1 => format!("The seed is {first_seed}."),
            _ => format!("The seeds are {first_seed} to {}.", first_seed.wrapping_add(seeds - 1)),
        };
        Ok(vec![
            format!(
                "Problem: `{problem}`{with}, {horizon} steps an episode, {episodes} episodes; an optimal policy earns \
                 {:.6} an episode. Agents assume rewards in [{}, {}].",
                self.optimal(),
                reward_range[0],
                reward_range[1]
            ),
            ends,
            format!(
                "Regret is the sum over episodes of the optimum minus the exact value of the policy played, so it has no \
                 sampling error of returns. Stuck: the fraction of runs that lose more than half of the optimum an episode, on \
                 average over the last tenth of the episodes. Least optimism: the least, over episodes and seeds, of what \
                 the agent believed minus the optimum less the penalty that its own objective gives the true model (MEX; others \
                 give none); not negative if it was optimistic in every episode, in the sense that it claims. All agents meet the same environment randomness at the same seed (common random numbers). {which} \
                 Intervals: percentile bootstrap over seeds with {PROFILE_REPETITIONS} repetitions.",
            ),
        ])
    }
}
