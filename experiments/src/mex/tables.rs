//! The tables and what a reader must know to read them.

use super::groups::{Group, GroupRecord, Player};
use super::{Config, Results};
use crate::Result;
use crate::runner::{Table, mean};

/// The players of a group, in its order.
///
/// # Errors
/// Text of another form.
pub fn players(group: &Group) -> Result<Vec<Player>> {
    group.agents.iter().map(|text| Player::parse(text)).collect()
}

/// All tables.
///
/// # Errors
/// A number that is not finite.
pub fn tables(config: &Config, results: &Results) -> Result<Vec<Table>> {
    Ok(vec![regrets(config, results)?, curves(results)])
}

fn regrets(config: &Config, results: &Results) -> Result<Table> {
    let columns = [
        ("group", "", "problem, see the configuration"),
        ("agent", "", "label in the configuration"),
        ("seeds", "", "number of runs"),
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
    let mut table = Table::new("regret", "One row a group and agent.", &columns);
    for (name, group) in &config.groups {
        for player in players(group)? {
            let runs: Vec<&GroupRecord> = results.of(name, &player.label).collect();
            let average =
                |of: &dyn Fn(&GroupRecord) -> f64| runs.iter().map(|run| of(run)).sum::<f64>() / runs.len() as f64;
            let (regret, interval) = mean(&results.regrets(name, &player.label))?;
            let optimism = runs.iter().map(|run| run.run.least_optimism).fold(f64::INFINITY, f64::min);
            let several = runs.len() > 1;
            table.row(vec![
                name.as_str().into(),
                player.label.clone().into(),
                group.seeds.into(),
                regret.into(),
                several.then_some(interval.lower).into(),
                several.then_some(interval.upper).into(),
                average(&|run| f64::from(u8::from(run.run.stuck))).into(),
                optimism.is_finite().then_some(optimism).into(),
                average(&|run| run.run.switches as f64).into(),
                average(&|run| run.run.optimal).into(),
            ]);
        }
    }
    Ok(table)
}

fn curves(results: &Results) -> Table {
    let columns = [
        ("group", "", "problem, see the configuration"),
        ("agent", "", "label in the configuration"),
        ("seed", "", "seed"),
        ("episode", "episodes", "episodes so far"),
        ("regret", "", "sum over them of the optimum minus the exact value of the policy played"),
    ];
    let mut table = Table::new("curves", "One row a group, agent, seed and record.", &columns);
    for run in &results.runs {
        for &(episode, regret) in &run.run.points {
            table.row(vec![
                run.group.as_str().into(),
                run.label.as_str().into(),
                run.seed.into(),
                episode.into(),
                regret.into(),
            ]);
        }
    }
    table
}

/// Paragraphs for the report.
pub fn notes(config: &Config) -> Vec<String> {
    let mut groups =
        "| group | problem | steps | episodes | seeds | rewards assumed in |\n|---|---|---|---|---|---|\n".to_owned();
    for (name, group) in &config.groups {
        let set = if group.set.is_empty() { String::new() } else { format!(" ({})", group.set.join(", ")) };
        let [low, high] = group.reward_range;
        groups.push_str(&format!(
            "| {name} | {}{set} | {} | {} | {} | [{low}, {high}] |\n",
            group.environment, group.horizon, group.episodes, group.seeds
        ));
    }
    vec![
        "Regret is the sum over episodes of the optimum minus the exact value of the policy played. All agents of a group meet \
         the same environment randomness at the same seed (common random numbers). Intervals are 95 % percentile bootstrap \
         intervals over seeds. A run is stuck if it still loses more than half of the optimum an episode, on average over the \
         last tenth of its episodes."
            .into(),
        groups,
        "Where this differs from its sources: MEX by ascent takes the best of ten starts and the law of the episode before (the source \
         three). The random MDP is a draw of this toolkit; of its first hundred draws the one whose optimum is nearest to the published \
         one is played for long. Posterior sampling on DeepSea draws laws over all states. Actor-critics without optimism play a lock of \
         twelve digits and DeepSea with twenty rows, since six digits are found by chance now and then. Reward-free exploration scales \
         the logarithmic term of its bounds by the configured factor. Soccer's challengers are exact best responses, not learnt ones."
            .into(),
    ]
}
