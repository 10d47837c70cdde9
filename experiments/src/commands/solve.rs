//! `tabrl solve`: the optimal value with certified bounds.

use std::path::{Path, PathBuf};

use ndarray::ArrayView1;
use ndarray_npy::WriteNpyExt;
use tabrl::mdp::Mdp;
use tabrl::mdp::files::write_atomically;
use tabrl::planning::exact::{ExactSolution, Reading, solve_as_method};
use tabrl::planning::{Criterion, Method, Solution, SolveOptions, Status, solve, solve_regularised};

use super::numbers::whole;
use super::problem::{CriterionArguments, ProblemArguments, load};
use super::solve_answer::{Answer, in_text};
use super::solve_constrained::{self, Budget};
use crate::cli::Finish;
use crate::output::{self, Format};
use crate::plot::{SavedFigure, convergence};
use crate::{Error, Result};

/// Solves a problem exactly: the optimal value with certified lower and upper bounds.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    problem: ProblemArguments,
    #[command(flatten)]
    criterion: CriterionArguments,
    /// The reward to use, where a file holds several.
    #[arg(long, value_name = "NAME")]
    reward: Option<String>,
    /// Temperature of the policy's entropy, which is then part of the value (discounted, finite, or total with --goal).
    #[arg(long, value_name = "T", allow_negative_numbers = true)]
    temperature: Option<f64>,
    /// Largest share of discounted time allowed in the states of a label, such as lava=0.05 (repeatable; discounted only).
    #[arg(long, value_name = "LABEL=BOUND", allow_negative_numbers = true)]
    constraint: Vec<String>,
    /// Largest gap between the bounds that is accepted.
    #[arg(long, value_name = "E", default_value_t = SolveOptions::default().epsilon, allow_negative_numbers = true)]
    epsilon: f64,
    /// Method (see `tabrl list solvers`).
    #[arg(long, value_name = "M", default_value_t = Method::Auto)]
    method: Method,
    /// What --method exact takes the table's numbers for: what is `stored` (the default), or what was `intended`, 0.1 as 1/10.
    #[arg(long, value_enum, value_name = "R")]
    reading: Option<ReadingArgument>,
    /// Most improvement steps.
    #[arg(
        long, value_name = "N", default_value_t = SolveOptions::default().max_iterations,
        allow_negative_numbers = true, value_parser = whole::<usize>(0..=u64::MAX)
    )]
    max_iterations: usize,
    /// Number of threads; changes no result. Default: all processors.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u16>(1..=super::MOST_THREADS))]
    threads: Option<u16>,
    /// Write the value of every state to this .npy file.
    #[arg(long, value_name = "OUT.npy")]
    values: Option<PathBuf>,
    /// Answer with the value and both bounds of every state.
    #[arg(long)]
    bounds: bool,
    /// Draw the certified gap over time, as STEM.svg and STEM.png.
    #[arg(long, value_name = "STEM", num_args = 0..=1, default_missing_value = "results/solve/gap")]
    plot: Option<PathBuf>,
    /// How to answer.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// [`Reading`] on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ReadingArgument {
    /// The 64-bit numbers as they are.
    Stored,
    /// The simplest fractions that round to them.
    Intended,
}

/// Solves and prints. The finish is negative if the accuracy asked for could not be certified.
///
/// # Errors
/// A problem that cannot be built, options that do not fit, or a file that cannot be written.
pub fn run(arguments: &Arguments) -> Result<Finish> {
    let aim = arguments.criterion.check(None)?;
    let options = SolveOptions {
        epsilon: arguments.epsilon,
        objective: arguments.criterion.objective(),
        method: arguments.method,
        max_iterations: arguments.max_iterations,
    };
    if arguments.reading.is_some() && arguments.method != Method::Exact {
        let text = format!("--reading belongs to --method exact, not to --method {}", arguments.method);
        return Err(Error::Usage(text));
    }
    if let Some(path) = &arguments.values {
        check_values_path(path)?;
    }
    let budgets = budgets(arguments)?;
    let mut problem = load(&arguments.problem)?;
    if let Some(name) = &arguments.reward {
        problem.mdp = select_reward(problem.mdp, name)?;
    }
    let criterion = aim.criterion(&problem.mdp)?;
    if !budgets.is_empty() {
        let constrained =
            || solve_constrained::run(&problem, &criterion, &budgets, arguments.epsilon, arguments.format);
        return in_pool(arguments.threads, constrained)?;
    }
    let (solution, exact) =
        in_pool(arguments.threads, || solve_as_asked(arguments, &problem.mdp, criterion, &options))??;
    if let Some(path) = &arguments.values {
        write_values(path, &solution.values)?;
    }
    let saved = arguments.plot.as_ref().map(|stem| draw(stem, &problem.name, &solution)).transpose()?;
    let answer = Answer::new(&problem, &solution, exact.as_ref(), arguments.temperature, arguments.bounds, saved);
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
    output::note(&format!("warning: the accuracy {} {why} (gap {:e})", arguments.epsilon, solution.max_gap()));
    Ok(Finish::Negative)
}

/// The budgets asked for, and a refusal of what they do not go with.
fn budgets(arguments: &Arguments) -> Result<Vec<Budget>> {
    let alien = [
        ("--temperature", arguments.temperature.is_some()),
        ("--values", arguments.values.is_some()),
        ("--bounds", arguments.bounds),
        ("--plot", arguments.plot.is_some()),
        ("--minimise", arguments.criterion.minimise),
        ("--method", arguments.method != Method::Auto),
    ];
    match alien.iter().find(|(_, given)| *given) {
        Some((option, _)) if !arguments.constraint.is_empty() => {
            Err(Error::Usage(format!("{option} does not go with --constraint")))
        }
        _ => arguments.constraint.iter().map(|text| Budget::parse(text)).collect(),
    }
}

/// The solution, and the fractions of the exact method.
fn solve_as_asked(
    arguments: &Arguments,
    mdp: &Mdp,
    criterion: Criterion,
    options: &SolveOptions,
) -> Result<(Solution, Option<ExactSolution>)> {
    if let Some(temperature) = arguments.temperature {
        return Ok((solve_regularised(mdp, criterion, temperature, options)?, None));
    }
    if options.method != Method::Exact {
        return Ok((solve(mdp, criterion, options)?, None));
    }
    let reading = match arguments.reading {
        None | Some(ReadingArgument::Stored) => Reading::Stored,
        Some(ReadingArgument::Intended) => Reading::Intended,
    };
    let (solution, exact) = solve_as_method(mdp, criterion, options, reading)?;
    Ok((solution, Some(exact)))
}

/// The table with the reward asked for in use.
fn select_reward(mdp: Mdp, name: &str) -> Result<Mdp> {
    if mdp.reward_names().is_empty() {
        let problem = "the rewards of this table have no names; leave --reward out".to_owned();
        return Err(Error::Config { place: format!("--reward {name}"), problem });
    }
    Ok(mdp.select_reward(name)?)
}

fn draw(stem: &Path, name: &str, solution: &Solution) -> Result<SavedFigure> {
    convergence(name, solution)?.draw()?.save(stem)
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
