//! The tables and what a reader must know to read them.

use super::{Config, Results};
use crate::Result;
use crate::runner::{Table, mean};

/// All tables.
///
/// # Errors
/// A number that is not finite.
pub fn tables(_config: &Config, results: &Results) -> Result<Vec<Table>> {
    Ok(vec![facts(results), runs(results)?, deployed(results)])
}

fn facts(results: &Results) -> Table {
    let columns = [("name", "", "what was computed, see the notes"), ("value", "", "the number")];
    let mut table = Table::new("exact", "One row a computed number.", &columns);
    for (name, &value) in &results.facts {
        table.row(vec![name.as_str().into(), value.into()]);
    }
    table
}

fn runs(results: &Results) -> Result<Table> {
    let columns = [
        ("name", "", "what was simulated, see the notes"),
        ("runs", "", "number of runs"),
        ("mean", "", "mean over runs: regret after all steps, or reward"),
        ("lower", "", "lower end of the 95 % bootstrap interval"),
        ("upper", "", "upper end"),
    ];
    let mut table = Table::new("simulated", "One row a simulation.", &columns);
    for name in results.runs.keys().filter(|name| !name.starts_with("learnt ")) {
        let ends = results.ends(name);
        let (value, interval) = mean(&ends)?;
        let several = ends.len() > 1;
        table.row(vec![
            name.as_str().into(),
            (ends.len() as u64).into(),
            value.into(),
            several.then_some(interval.lower).into(),
            several.then_some(interval.upper).into(),
        ]);
    }
    Ok(table)
}

/// What trained agents do when deployed, by seed.
fn deployed(results: &Results) -> Table {
    let columns = [
        ("name", "", "what was trained"),
        ("seed", "", "its seed"),
        ("value", "", "expected reward of a block"),
        ("tried", "", "probability that the second arm (the unknown one, beside a safe arm) is pulled"),
        ("directed", "", "expected pulls of an arm whose posterior mean is the lower one"),
        ("entropy", "nats", "of the arms of the first two pulls"),
    ];
    let mut table = Table::new("deployed", "One row a trained agent; all numbers are exact.", &columns);
    for (name, runs) in results.runs.iter().filter(|(name, _)| name.starts_with("learnt ")) {
        for (seed, run) in runs.iter().enumerate() {
            let mut row = vec![name.as_str().into(), (seed as u64 + 1).into()];
            row.extend((0..4).map(|i| run.get(i).copied().into()));
            table.row(row);
        }
    }
    table
}

/// Paragraphs for the report.
pub fn notes() -> Vec<String> {
    vec![
        "Exact numbers. `value KxT policy`: expected successes of K uniform Bernoulli arms over T steps. `index γ s:f`: Gittins index \
         after s successes and f failures. `fresh n`: index of a fresh arm at 1 - 1/n. `block n`: reward a pull in blocks of mean \
         length n. `window k of T`: best value with a memory of k pulls; `leaves after` names windows from the last pull back, W or L \
         on the arm pulled last, w or l on the other. `safe q horizon`, `safe q discount`: from how many steps, and above which \
         discount, exploring pays beside a safe arm of mean q. `conditions`: expected successes of the optimal agent (full), and of \
         the best agent without structure, memory, or credit."
            .into(),
        "Simulated numbers. `regret group policy` and `bayes group policy`: pseudo-regret, that is the sum of the gaps of the arms \
         pulled; all policies meet the same means and the same reward randomness at the same seed. `noise KxT kind scale`: Bayes \
         regret of the arm of largest posterior mean plus noise. `rl2 KxT`: expected reward of Thompson sampling. `normal agent`: \
         expected reward a pull of three arms with N(0, 1) means. Finite regret may lie below C ln T: the bound is asymptotic."
            .into(),
        "The paper trains a language model with value learning; neither that model nor its gridworlds are rebuilt here, and its \
         settings are not fully known. What its conditions do to optimal agents is computed instead, on problems where that can be \
         done exactly; the grids, doors and safe arms are substitutes."
            .into(),
    ]
}
