//! The tables, and what a reader must know to read them.

use super::claims::{PUBLISHED, best_rate};
use super::episodes::{LEARNERS, VARIANTS};
use super::{Config, Results};
use crate::Result;
use crate::runner::mean;
use crate::runner::{Cell, Table};

/// All tables.
///
/// # Errors
/// A number that is not finite.
pub fn tables(config: &Config, results: &Results) -> Result<Vec<Table>> {
    Ok(vec![
        identities(results),
        series(results),
        exact(results),
        episodes(results)?,
        sweep(results)?,
        leader(config, results),
        weights(results),
        plans(results),
    ])
}

fn identities(results: &Results) -> Table {
    let columns = [("comparison", "", "what is compared"), ("error", "", "largest difference over all tables")];
    let mut table = Table::new("gradient", "One row a comparison of the exact gradient.", &columns);
    for (name, error) in results.gradient.iter().flat_map(|found| &found.errors) {
        table.row(vec![name.as_str().into(), (*error).into()]);
    }
    table
}

fn series(results: &Results) -> Table {
    let columns = [
        ("table", "", "seed of the random table"),
        ("share", "", "step of the series times the largest eigenvalue"),
        ("terms", "", "last power"),
        ("error", "", "relative error of the gradient"),
        ("cosine", "", "of the angle to it"),
    ];
    let mut table = Table::new("neumann", "One row a Neumann series.", &columns);
    for s in results.gradient.iter().flat_map(|found| &found.series) {
        table.row(vec![(s.table as usize).into(), s.share.into(), s.terms.into(), s.error.into(), s.cosine.into()]);
    }
    table
}

fn exact(results: &Results) -> Table {
    let columns = [
        ("auxiliary", "", "auxiliary reward"),
        ("method", "", "how the inverse Hessian is approximated"),
        ("start", "", "seed of the reward's parameters"),
        ("value", "return", "over an episode at the end, not discounted"),
        ("discount", "", "learnt discount at the end"),
    ];
    let mut table = Table::new("exact", "One row a run of BARFI with exact gradients.", &columns);
    for run in &results.exact {
        table.row(vec![
            run.auxiliary.as_str().into(),
            run.method.as_str().into(),
            (run.seed as usize).into(),
            run.values.last().copied().unwrap_or(f64::NAN).into(),
            run.discount.into(),
        ]);
    }
    table
}

fn episodes(results: &Results) -> Result<Table> {
    let columns = [
        ("auxiliary", "", "auxiliary reward"),
        ("learner", "", "who learns"),
        ("seeds", "", "number of runs"),
        ("all", "return", "mean of all episodes"),
        ("last", "return", "mean of the last episodes"),
        ("lower", "return", "lower end of the 95 % bootstrap interval of that"),
        ("upper", "return", "upper end"),
        ("value", "return", "mean over seeds of the exact value of the policy at the end"),
        ("discount", "", "mean inner discount at the end"),
    ];
    let mut table = Table::new(
        "episodes",
        "One row a learner from episodes; returns of the reward that counts, not discounted. The last four learners are BARFI, Neumann, with biases of its \
         inner learner taken away: steps weighed by γ^t, replayed rewards weighed by likelihood ratios, no replay, and all of these.",
        &columns,
    );
    for auxiliary in ["bad", "good"] {
        for learner in LEARNERS.into_iter().chain(VARIANTS.map(|(name, _)| name)) {
            let runs = || {
                let all = results.episodes.iter().flat_map(|r| &r.runs);
                all.filter(move |r| r.auxiliary == auxiliary && r.learner == learner)
            };
            let last: Vec<f64> = runs().map(|r| r.last).collect();
            if last.is_empty() {
                continue;
            }
            let (value, interval) = mean(&last)?;
            let average = |of: fn(&super::episodes::Run) -> f64| runs().map(of).sum::<f64>() / last.len() as f64;
            table.row(vec![
                auxiliary.into(),
                learner.into(),
                last.len().into(),
                average(|r| r.all).into(),
                value.into(),
                interval.lower.into(),
                interval.upper.into(),
                average(|r| r.value).into(),
                average(|r| r.discount).into(),
            ]);
        }
    }
    Ok(table)
}

fn sweep(results: &Results) -> Result<Table> {
    let columns = [
        ("learner", "", "who learns"),
        ("policy_rate", "", "rate of the policy"),
        ("discount_regulariser", "", "λ_γ"),
        ("reward_regulariser", "", "λ_φ"),
        ("seeds", "", "number of runs"),
        ("last", "return", "mean of the last episodes"),
        ("lower", "return", "lower end of the 95 % bootstrap interval of that"),
        ("upper", "return", "upper end"),
    ];
    let mut table =
        Table::new("sweep", "One row a setting of a learner from episodes, with the bad auxiliary reward.", &columns);
    let mut cells: Vec<(&str, [f64; 3])> = Vec::new();
    for run in &results.sweep {
        if !cells.contains(&(&run.learner, run.setting)) {
            cells.push((&run.learner, run.setting));
        }
    }
    for (learner, setting) in cells {
        let same = results.sweep.iter().filter(|run| run.learner == learner && run.setting == setting);
        let last: Vec<f64> = same.map(|run| run.last).collect();
        let (value, interval) = mean(&last)?;
        let mut row: Vec<Cell> = vec![learner.into()];
        row.extend(setting.map(Cell::from));
        row.extend([last.len().into(), value.into(), interval.lower.into(), interval.upper.into()]);
        table.row(row);
    }
    Ok(table)
}

fn leader(config: &Config, results: &Results) -> Table {
    let columns = [
        ("temperature", "", "of the follower"),
        ("price", "", "of penalties"),
        ("score", "value", "mean over starts of the last iterates, best rate"),
        ("best", "value", "best iterate of any start and rate"),
        ("rate", "", "the best rate"),
        ("hpgd", "value", "published score of HPGD"),
        ("amd", "value", "published score of AMD"),
        ("zero_order", "value", "published score of the zero-order method"),
    ];
    let mut table =
        Table::new("leader", "One row a cell of the table of HPGD, by exact ascent in the matrix model.", &columns);
    for ([temperature, price], [hpgd, amd, zero]) in PUBLISHED {
        let Some((score, _, cell)) = best_rate(results, temperature, price) else { continue };
        let same = results.leader.iter().filter(|r| (r.cell.temperature, r.cell.price) == (temperature, price));
        let best = same.map(|r| r.best).fold(f64::NEG_INFINITY, f64::max);
        let numbers = [temperature, price, score, best, cell.rate, hpgd, amd, zero];
        table.row(numbers.into_iter().map(Cell::from).collect());
    }
    table.caption += &format!(" {} iterations.", config.leader.iterations);
    table
}

fn weights(results: &Results) -> Table {
    let columns = [
        ("table", "", "seed of the random table"),
        ("shaping", "", "shaping reward"),
        ("weights", "", "one weight a choice, or one for all"),
        ("without", "value", "without shaping"),
        ("plain", "value", "with weights 1"),
        ("learnt", "value", "with learnt weights"),
        ("optimum", "value", "of the best policy"),
        ("mean", "", "mean learnt weight"),
    ];
    let mut table = Table::new("weights", "One row a learning of weights of a shaping reward.", &columns);
    for run in results.tables.iter().flat_map(|found| &found.weighted) {
        let mut row: Vec<Cell> = vec![
            (run.table as usize).into(),
            run.shaping.as_str().into(),
            if run.scalar { "one" } else { "each" }.into(),
        ];
        row.extend(run.values.iter().chain([&run.mean]).map(|&x| Cell::from(x)));
        table.row(row);
    }
    table
}

fn plans(results: &Results) -> Table {
    let columns = [
        ("table", "", "seed of the random table"),
        ("depth", "steps", "of the plan"),
        ("own", "value", "with the reward that counts"),
        ("learnt", "value", "with the learnt reward"),
        ("advantages", "value", "with the optimal advantages as reward"),
        ("optimum", "value", "of the best policy"),
    ];
    let mut table = Table::new("plans", "One row a depth of an agent's plan.", &columns);
    for run in results.tables.iter().flat_map(|found| &found.planned) {
        let mut row: Vec<Cell> = vec![(run.table as usize).into(), run.depth.into()];
        row.extend(run.values.iter().map(|&x| Cell::from(x)));
        table.row(row);
    }
    table
}

/// What a reader must know.
pub fn notes() -> Vec<String> {
    vec![
        "Returns in the maze are those of the reward that counts over 50 actions, not discounted, unless said otherwise; the best policy has 99.1226.".into(),
        "Learnt rewards are not unique: potentials, and more, leave behaviour as it is. What they lead to is compared, and maps of them are only shown.".into(),
        "With exact gradients the policy follows the discounted objective with an entropy that counts for later steps too; the published code drops the weight of later steps and takes the entropy of visited states alone. Learning from episodes is as in the published code.".into(),
        "No returns of the paper are asserted: only the ordering that it claims.".into(),
        "State potential: the mean auxiliary reward over actions, 0 at the end. Action potential: the auxiliary reward of the action, as in the published code; it is no potential.".into(),
    ]
}
