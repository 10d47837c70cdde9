//! `tabrl solve`: the optimal value with certified bounds.

use std::path::{Path, PathBuf};

use ndarray::ArrayView1;
use ndarray_npy::WriteNpyExt;
use serde::Serialize;
use tabrl::mdp::files::write_atomically;
use tabrl::planning::{Criterion, Method, Solution, SolveOptions, Status, solve};

use super::problem::{CriterionArguments, Problem, ProblemArguments, load};
use crate::cli::Finish;
use crate::output::{self, Format};
use crate::{Error, Result};

/// Solves a problem exactly: the optimal value with certified lower and upper bounds.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    problem: ProblemArguments,
    #[command(flatten)]
    criterion: CriterionArguments,
    /// Largest gap between the bounds that is accepted.
    #[arg(long, value_name = "E", default_value_t = SolveOptions::default().epsilon, allow_negative_numbers = true)]
    epsilon: f64,
    /// Method (see `tabrl list solvers`).
    #[arg(long, value_name = "M", default_value_t = Method::Auto)]
    method: Method,
    /// Most improvement steps.
    #[arg(long, value_name = "N", default_value_t = SolveOptions::default().max_iterations)]
    max_iterations: usize,
    /// Number of threads; changes no result. Default: all processors.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// Write the value of every state to this .npy file.
    #[arg(long, value_name = "OUT.npy")]
    values: Option<PathBuf>,
    /// How to answer.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// The answer; the field names are the keys of the JSON.
#[derive(Serialize)]
struct Answer<'a> {
    problem: &'a str,
    states: usize,
    choices: usize,
    branches: usize,
    criterion: Criterion,
    method: String,
    reason: &'a str,
    status: Status,
    iterations: usize,
    sweeps: usize,
    value_initial: f64,
    lower_initial: f64,
    upper_initial: f64,
    max_gap: f64,
    load_seconds: f64,
    solve_seconds: f64,
    /// Largest memory of the process so far; `None` where the system does not tell.
    peak_bytes: Option<u64>,
}

/// Solves and prints. The finish is negative if the accuracy asked for could not be certified.
///
/// # Errors
/// A problem that cannot be built, options that do not fit, or a file that cannot be written.
pub fn run(arguments: &Arguments) -> Result<Finish> {
    let criterion = arguments.criterion.check(None)?;
    let options = SolveOptions {
        epsilon: arguments.epsilon,
        method: arguments.method,
        max_iterations: arguments.max_iterations,
        ..SolveOptions::default()
    };
    if let Some(path) = &arguments.values {
        check_values_path(path)?;
    }
    let problem = load(&arguments.problem)?;
    let solution = in_pool(arguments.threads, || solve(&problem.mdp, criterion, &options))??;
    if let Some(path) = &arguments.values {
        write_values(path, &solution.values)?;
    }
    let answer = answer(&problem, &solution);
    match arguments.format {
        Format::Json => output::json(&answer)?,
        Format::Text => output::text(&in_text(&answer))?,
    }
    if solution.status == Status::Certified {
        return Ok(Finish::Done);
    }
    let why = match solution.status {
        Status::RoundingLimit => "is finer than 64-bit numbers can certify here; ask for a larger --epsilon",
        _ => "was not reached within --max-iterations; the bounds printed are valid",
    };
    eprintln!("warning: the accuracy {} {why} (gap {:e})", arguments.epsilon, answer.max_gap);
    Ok(Finish::Negative)
}

/// Runs `work` on the number of threads asked for.
fn in_pool<T: Send>(threads: Option<u16>, work: impl FnOnce() -> T + Send) -> Result<T> {
    let Some(threads) = threads else { return Ok(work()) };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.into()).build();
    let pool = pool.map_err(|error| Error::Usage(format!("--threads {threads}: {error}")))?;
    Ok(pool.install(work))
}

fn check_values_path(path: &Path) -> Result<()> {
    let place = || format!("--values {}", path.display());
    if path.extension().is_none_or(|extension| extension != "npy") {
        return Err(Error::Config { place: place(), problem: "the file name must end in .npy".into() });
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder {
        Some(folder) if !folder.is_dir() => {
            let problem = format!("there is no folder {}; make it first", folder.display());
            Err(Error::Config { place: place(), problem })
        }
        _ => Ok(()),
    }
}

fn write_values(path: &Path, values: &[f64]) -> Result<()> {
    let fill = |file: &mut std::fs::File| {
        let mut writer = std::io::BufWriter::new(file);
        ArrayView1::from(values).write_npy(&mut writer).map_err(std::io::Error::other)?;
        std::io::Write::flush(&mut writer)
    };
    Ok(write_atomically(path, fill)?)
}

fn answer<'a>(problem: &'a Problem, solution: &'a Solution) -> Answer<'a> {
    let mdp = &problem.mdp;
    Answer {
        problem: &problem.name,
        states: mdp.num_states(),
        choices: mdp.num_choices(),
        branches: mdp.num_branches(),
        criterion: solution.criterion.clone(),
        method: solution.method.to_string(),
        reason: &solution.reason,
        status: solution.status,
        iterations: solution.iterations,
        sweeps: solution.sweeps,
        value_initial: mdp.initial_value(&solution.values),
        lower_initial: mdp.initial_value(&solution.lower),
        upper_initial: mdp.initial_value(&solution.upper),
        max_gap: solution.max_gap(),
        load_seconds: problem.load_seconds,
        solve_seconds: solution.seconds,
        peak_bytes: peak_bytes(),
    }
}

/// The process's largest resident memory, from Linux's `VmHWM`.
fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

fn in_text(answer: &Answer) -> String {
    let status = match answer.status {
        Status::Certified => "certified",
        Status::IterationLimit => "NOT certified: iteration limit",
        Status::RoundingLimit => "NOT certified: limit of 64-bit numbers",
        _ => "NOT certified",
    };
    let lines = [
        ("problem", answer.problem.to_owned()),
        ("size", format!("{} states, {} choices, {} branches", answer.states, answer.choices, answer.branches)),
        ("method", format!("{} ({})", answer.method, answer.reason)),
        ("status", format!("{status}, largest gap {:e}", answer.max_gap)),
        ("initial value", format!("{} in [{}, {}]", answer.value_initial, answer.lower_initial, answer.upper_initial)),
        ("work", format!("{} iterations, {} sweeps", answer.iterations, answer.sweeps)),
        ("time", format!("{:.3} s to load, {:.3} s to solve", answer.load_seconds, answer.solve_seconds)),
    ];
    lines.iter().map(|(key, value)| format!("{key:<15}{value}\n")).collect()
}
