//! The tables, and what a reader must know to read them.

use super::{Config, Results};
use crate::Result;
use crate::runner::{Table, mean};

/// All tables.
///
/// # Errors
/// A number that is not finite.
pub fn tables(config: &Config, results: &Results) -> Result<Vec<Table>> {
    Ok(vec![methods(config, results)?, curves(results), exact(results), estimators(results)])
}

fn methods(config: &Config, results: &Results) -> Result<Table> {
    let columns = [
        ("group", "", "problem, see the configuration"),
        ("method", "", "label in the configuration"),
        ("seeds", "", "number of runs"),
        ("value", "", "mean over seeds of the mean value of the last five epochs"),
        ("lower", "", "lower end of the 95 % bootstrap interval"),
        ("upper", "", "upper end"),
        ("share", "", "mean of the value over the best known one"),
        ("best_known", "", "mean of the best known values"),
        ("optimum", "", "whether that is the optimum in every run"),
        ("greedy", "", "mean value of greedy walks, ties to the first choice"),
        ("modular", "", "mean value of the walk that is best for the additive version"),
        ("uniform", "", "mean value of uniform walks"),
    ];
    let mut table = Table::new("methods", "One row a group and method.", &columns);
    for (group, settings) in &config.groups {
        for text in &settings.methods {
            let method = text.split(':').next().unwrap_or(text).trim();
            let runs: Vec<_> = results.of(group, method).collect();
            if runs.is_empty() {
                continue;
            }
            let average =
                |of: &dyn Fn(&super::Trained) -> f64| runs.iter().map(|run| of(run)).sum::<f64>() / runs.len() as f64;
            let (value, interval) = mean(&results.values(group, method))?;
            let several = runs.len() > 1;
            table.row(vec![
                group.as_str().into(),
                method.into(),
                settings.seeds.into(),
                value.into(),
                several.then_some(interval.lower).into(),
                several.then_some(interval.upper).into(),
                average(&|run| run.late() / run.best_known).into(),
                average(&|run| run.best_known).into(),
                if runs.iter().all(|run| run.is_optimum) { "yes" } else { "no" }.into(),
                average(&|run| run.greedy.0).into(),
                average(&|run| run.modular.0).into(),
                average(&|run| run.uniform).into(),
            ]);
        }
    }
    Ok(table)
}

fn curves(results: &Results) -> Table {
    let columns = [
        ("group", "", "problem, see the configuration"),
        ("method", "", "label in the configuration"),
        ("seed", "", "seed"),
        ("epoch", "", "gradient steps so far"),
        ("value", "", "mean of F over the walks of the batch"),
    ];
    let mut table = Table::new("curves", "One row a run and epoch.", &columns);
    for run in &results.runs {
        for (epoch, value) in run.curve.iter().enumerate() {
            let (group, method) = (run.group.as_str(), run.method.as_str());
            table.row(vec![group.into(), method.into(), run.seed.into(), (epoch as u64).into(), (*value).into()]);
        }
    }
    table
}

fn exact(results: &Results) -> Table {
    let columns = [("name", "", "instance and quantity"), ("value", "", "exact value")];
    let mut table = Table::new("exact", "Reference instances.", &columns);
    for (name, value) in results.exact.iter().flat_map(|exact| &exact.values) {
        table.row(vec![name.as_str().into(), (*value).into()]);
    }
    table
}

fn estimators(results: &Results) -> Table {
    let columns = [
        ("estimator", "", "name"),
        ("variance", "", "trace of the covariance of a single walk's gradient estimate"),
        ("bias", "", "distance of its mean from the gradient, over the length of the gradient"),
        ("last_bias", "", "the same for the part of the last action"),
    ];
    let mut table = Table::new("estimators", "Uniform policy on weighted coverage, H = 8.", &columns);
    for e in results.exact.iter().flat_map(|exact| &exact.estimators) {
        table.row(vec![e.name.as_str().into(), e.variance.into(), e.bias.into(), e.last_bias.into()]);
    }
    table
}

/// Paragraphs for the report.
pub fn notes(config: &Config) -> Vec<String> {
    vec![
        "H counts states, as in the authors' code: a walk takes H - 1 actions. Values are means over a batch of walks of the policy \
         before the step. All methods of a group with the same seed meet the same problem, and their walks draw from the same streams."
            .into(),
        format!(
            "The best known value is the optimum where dynamic programming over collected sets can find it or a beam of width {} reaches \
             what cannot be exceeded; else the best of the beam, the greedy walk and all walks seen in training, a lower bound.",
            config.beam_width
        ),
        "Deviations from the authors' code, on purpose: the weights are the paper's reward-to-go, the code's prefix is a named estimator; \
         slip scores the action that was chosen, not the one that slipped; states of maps with walls are numbered without the walls; \
         fields whose draw goes below -3 are shifted up, where the code has a wrong sign; weights are not divided by a largest return, which \
         Adam is indifferent to; information is in nats, without the code's constant."
            .into(),
    ]
}
