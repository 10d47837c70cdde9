//! The tables, and what a reader must know to read them.

use super::learning::totals;
use super::{Config, Results};
use crate::Result;
use crate::runner::mean;
use crate::runner::{Cell, Table};

/// All tables.
///
/// # Errors
/// A number that is not finite.
pub fn tables(config: &Config, results: &Results) -> Result<Vec<Table>> {
    Ok(vec![identities(results), learning(config, results)?, bootstrapped(results), budgets(results)])
}

fn identities(results: &Results) -> Table {
    let columns = [("identity", "", "what is compared"), ("error", "", "largest absolute difference over all tables")];
    let mut table = Table::new("identities", "One row an identity of shaping.", &columns);
    for (name, &error) in results.identities.iter().flat_map(|found| &found.errors) {
        table.row(vec![name.as_str().into(), error.into()]);
    }
    table
}

fn learning(config: &Config, results: &Results) -> Result<Table> {
    let columns = [
        ("potential", "", "see the configuration"),
        ("seeds", "", "number of runs"),
        ("first", "steps", "mean steps of the first episode"),
        ("early", "steps", "mean steps of episodes 2 to 10"),
        ("late", "steps", "mean steps of the last 10 episodes"),
        ("total", "steps", "mean steps of all episodes"),
        ("lower", "steps", "lower end of the 95 % bootstrap interval of the total"),
        ("upper", "steps", "upper end"),
    ];
    let mut table = Table::new("learning", "One row a potential.", &columns);
    for (i, choice) in config.learning.potentials.iter().enumerate() {
        let numbers = totals(&config.learning, &results.learning, &choice.name);
        if numbers.is_empty() {
            continue;
        }
        let (total, interval) = mean(&numbers)?;
        let average = |from: usize, to: usize| {
            let runs = results.learning.iter().map(|record| &record.steps[i]);
            let steps: Vec<f64> =
                runs.flat_map(|steps| &steps[from.min(steps.len())..to.min(steps.len())]).map(|&n| n as f64).collect();
            if steps.is_empty() { Cell::Empty } else { (steps.iter().sum::<f64>() / steps.len() as f64).into() }
        };
        let episodes = config.learning.episodes;
        table.row(vec![
            choice.name.as_str().into(),
            numbers.len().into(),
            average(0, 1),
            average(1, 10),
            average(episodes.saturating_sub(10), episodes),
            total.into(),
            interval.lower.into(),
            interval.upper.into(),
        ]);
    }
    Ok(table)
}

fn bootstrapped(results: &Results) -> Table {
    let columns = [
        ("table", "", "the corridor SFFG or a random table"),
        ("eta", "", "share of the learner's value that is the potential"),
        ("modulus", "", "γ |1 + η| + |η|: a contraction below 1"),
        ("error", "", "largest |V - v*/(1 + η)| after the last sweep"),
        ("ratio", "", "V / v* of the start after the last sweep"),
    ];
    let mut table = Table::new("bootstrapped", "One row a table and η.", &columns);
    for record in &results.bootstrapped {
        table.row(vec![
            record.table.as_str().into(),
            record.eta.into(),
            record.modulus.into(),
            record.errors.last().map(|e| e.1).into(),
            record.ratio.into(),
        ]);
    }
    table
}

fn budgets(results: &Results) -> Table {
    let columns = [
        ("bound", "", "share of discounted time allowed in lava"),
        ("value", "", "the optimum; empty where no policy keeps the bound"),
        ("multiplier", "", "slope of the optimum in the bound"),
        ("randomised", "states", "states in which the optimal policy takes several actions"),
        ("gap", "", "proven bound less value"),
        ("least", "", "least cost, where no policy keeps the bound"),
    ];
    let mut table = Table::new("budgets", "One row a bound.", &columns);
    for point in results.constrained.iter().flat_map(|found| &found.known) {
        let kept = point.least.is_none();
        let number = |x: f64| kept.then_some(x).into();
        table.row(vec![
            point.bound.into(),
            number(point.value),
            number(point.multiplier),
            if kept { point.randomised.into() } else { Cell::Empty },
            number(point.gap),
            point.least.into(),
        ]);
    }
    table
}

/// Paragraphs for the report.
pub fn notes() -> Vec<String> {
    vec![
        "Everything is computed exactly but Q-learning, whose runs share the randomness of a seed across potentials. Greedy ties are values within \
         1e-9 of each other, since otherwise rounding would decide where two runs agree exactly."
            .into(),
        "The grid of Q-learning and the way through lava are problems of this toolkit; their reference values were computed independently, and \
         are no published numbers. Steps in Q-learning are compared by mean and interval, since the random numbers differ."
            .into(),
        "Not covered: the sample complexity of UCBVI with shaping (Gupta et al. 2022), team regularisation and GFlowNets of Roy's thesis, and CartPole and \
         MountainCar, for which no faithful table is at hand."
            .into(),
    ]
}
