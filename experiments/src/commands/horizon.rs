//! `tabrl horizon`: how far a learner must look ahead.

use tabrl::horizon::{HorizonOptions, HorizonReport, analyse};

use super::numbers::whole;
use super::problem::{ProblemArguments, load};
use crate::Result;
use crate::cli::Finish;
use crate::output::{self, Format};

/// Analyses the effective horizon: how far one must look ahead before acting greedily on random play is optimal.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    problem: ProblemArguments,
    /// Number of steps T.
    #[arg(
        long, value_name = "T", default_value_t = 100,
        allow_negative_numbers = true, value_parser = whole::<usize>(1..=u64::MAX)
    )]
    horizon: usize,
    /// Probability that the last executed action is repeated.
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    sticky: Option<f64>,
    /// Largest k that is tested [default: T].
    #[arg(long, value_name = "K", allow_negative_numbers = true, value_parser = whole::<usize>(1..=u64::MAX))]
    max_k: Option<usize>,
    /// How to answer.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Analyses the problem and prints the report.
///
/// # Errors
/// A problem that cannot be built, or settings out of range.
pub fn run(arguments: &Arguments) -> Result<Finish> {
    let problem = load(&arguments.problem)?;
    let options =
        HorizonOptions { sticky: arguments.sticky, max_k: arguments.max_k, ..HorizonOptions::new(arguments.horizon) };
    let report = analyse(&problem.mdp, &options)?;
    match arguments.format {
        Format::Json => output::json(&report)?,
        Format::Text => output::text(&in_text(&problem.name, &report))?,
    }
    Ok(Finish::Done)
}

fn in_text(name: &str, report: &HorizonReport) -> String {
    let or_none = |value: Option<String>| value.unwrap_or_else(|| "–".to_owned());
    let count = |value: Option<usize>| or_none(value.map(|n| n.to_string()));
    let number = |value: Option<f64>| or_none(value.map(|x| x.to_string()));
    let returns: Vec<String> = report.greedy_returns.iter().map(ToString::to_string).collect();
    let lines = [
        ("environment", name.to_owned()),
        ("states, not terminal", report.states.to_string()),
        ("actions", report.actions.to_string()),
        ("horizon T", report.horizon.to_string()),
        ("sticky", number(report.sticky)),
        ("least k, QVI-solvable", count(report.k_min)),
        ("least k, 95 % of returns", count(report.k_return95)),
        ("planning window W", report.epw.to_string()),
        ("bound on H", number(report.h_simple)),
        ("return, optimal", report.j_optimal.to_string()),
        ("return, random", report.j_random.to_string()),
        ("return, worst", report.j_worst.to_string()),
        ("returns, greedy on Q^k", returns.join(", ")),
        ("GORP, least m at k = 1", or_none(report.gorp_m1.map(|m| m.to_string()))),
        ("GORP, its probability", number(report.gorp_p)),
        ("GORP, H at k = 1", number(report.gorp_h1)),
    ];
    lines.iter().map(|(key, value)| format!("{key:<26}{value}\n")).collect()
}
