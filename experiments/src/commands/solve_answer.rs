//! What `tabrl solve` answers, as JSON and as text.

use std::path::PathBuf;

use serde::Serialize;
use tabrl::planning::exact::{ExactSolution, Reading, Value};
use tabrl::planning::{Criterion, Objective, Solution, Status};

use super::problem::Problem;
use crate::plot::{SavedFigure, size};
use crate::runner::real::{self, Real};

/// Most states that the text lists one by one.
const MOST_LISTED: usize = 200;

/// Most characters of a fraction that the text writes out.
const LONGEST_FRACTION: usize = 90;

/// The answer; the field names are the keys of the JSON.
#[derive(Serialize)]
pub(super) struct Answer<'a> {
    problem: &'a str,
    states: usize,
    choices: usize,
    branches: usize,
    criterion: &'a Criterion,
    objective: Objective,
    /// Name of the reward, if the table's rewards have names.
    reward: Option<&'a str>,
    /// Weight of the policy's entropy, if it is part of the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    method: String,
    reason: &'a str,
    status: Status,
    iterations: usize,
    sweeps: usize,
    #[serde(with = "real")]
    value_initial: f64,
    #[serde(with = "real")]
    lower_initial: f64,
    #[serde(with = "real")]
    upper_initial: f64,
    /// The fraction, of the exact method; `nan` for a mean of both infinities.
    #[serde(skip_serializing_if = "Option::is_none")]
    value_exact: Option<String>,
    /// What the exact method took the table's numbers for.
    #[serde(skip_serializing_if = "Option::is_none")]
    reading: Option<Reading>,
    #[serde(with = "real")]
    max_gap: f64,
    /// States whose value is infinite.
    infinite_states: usize,
    load_seconds: f64,
    solve_seconds: f64,
    bytes_moved: u64,
    /// Largest memory of the process so far; `None` where the system does not tell.
    peak_bytes: Option<u64>,
    #[serde(flatten)]
    bounds: Option<Bounds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    svg: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    png: Option<PathBuf>,
}

/// What `--bounds` adds, one entry a state.
#[derive(Serialize)]
struct Bounds {
    values: Vec<Real>,
    lower: Vec<Real>,
    upper: Vec<Real>,
    #[serde(skip_serializing_if = "Option::is_none")]
    values_exact: Option<Vec<String>>,
}

impl<'a> Answer<'a> {
    /// The answer, with the fractions if there are any, the bounds of every state if `bounds`, and where the figure was saved.
    pub fn new(
        problem: &'a Problem,
        solution: &'a Solution,
        exact: Option<&ExactSolution>,
        temperature: Option<f64>,
        bounds: bool,
        saved: Option<SavedFigure>,
    ) -> Answer<'a> {
        let mdp = &problem.mdp;
        let initial = solution.initial(mdp);
        let real = |values: &[f64]| values.iter().copied().map(Real).collect();
        let (svg, png) = saved.map_or((None, None), |saved| (Some(saved.svg), Some(saved.png)));
        Answer {
            problem: &problem.name,
            states: mdp.num_states(),
            choices: mdp.num_choices(),
            branches: mdp.num_branches(),
            criterion: &solution.criterion,
            objective: solution.objective,
            reward: mdp.reward_name(),
            temperature,
            method: solution.method.to_string(),
            reason: &solution.reason,
            status: solution.status,
            iterations: solution.iterations,
            sweeps: solution.sweeps,
            value_initial: initial.value,
            lower_initial: initial.lower,
            upper_initial: initial.upper,
            value_exact: exact.map(|exact| exact.initial(mdp).map_or("nan".to_owned(), |value| value.to_string())),
            reading: exact.map(|exact| exact.reading),
            max_gap: solution.max_gap(),
            infinite_states: solution.values.iter().filter(|x| x.is_infinite()).count(),
            load_seconds: problem.load_seconds,
            solve_seconds: solution.seconds,
            bytes_moved: solution.bytes,
            peak_bytes: peak_bytes(),
            bounds: bounds.then(|| Bounds {
                values: real(&solution.values),
                lower: real(&solution.lower),
                upper: real(&solution.upper),
                values_exact: exact.map(|exact| exact.values.iter().map(Value::to_string).collect()),
            }),
            svg,
            png,
        }
    }
}

/// The process's largest resident memory, from Linux's `VmHWM`.
fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// A number with all its digits, with a power of ten where it would not fit a line.
fn exact(x: f64) -> String {
    if x == 0.0 || !x.is_finite() || (1e-5..1e17).contains(&x.abs()) { x.to_string() } else { format!("{x:e}") }
}

/// A fraction that fits a line, or how long it is.
fn fraction(text: &str) -> String {
    if text.len() <= LONGEST_FRACTION {
        return text.to_owned();
    }
    let digits = |part: &str| part.trim_start_matches('-').len();
    match text.split_once('/') {
        Some((n, d)) => format!("({} digits)/({} digits); --format json writes them out", digits(n), digits(d)),
        None => format!("{} digits; --format json writes them out", digits(text)),
    }
}

/// The answer for people.
pub(super) fn in_text(answer: &Answer) -> String {
    let status = match answer.status {
        Status::Certified => "certified",
        Status::IterationLimit => "NOT certified: iteration limit",
        Status::RoundingLimit => "NOT certified: limit of 64-bit numbers",
        _ => "NOT certified",
    };
    let direction = match answer.objective {
        Objective::Maximise => "largest",
        Objective::Minimise => "smallest",
    };
    let reward = answer.reward.map_or(String::new(), |name| format!(", reward `{name}`"));
    let entropy = answer.temperature.map_or(String::new(), |t| format!(", with entropy at temperature {t}"));
    let mut lines = vec![
        ("problem", answer.problem.to_owned()),
        ("size", format!("{} states, {} choices, {} branches", answer.states, answer.choices, answer.branches)),
        ("criterion", format!("{}, {direction}{reward}{entropy}", answer.criterion)),
        ("method", format!("{} ({})", answer.method, answer.reason)),
        ("status", format!("{status}, largest gap {:e}", answer.max_gap)),
        (
            "initial value",
            format!(
                "{} in [{}, {}]",
                exact(answer.value_initial),
                exact(answer.lower_initial),
                exact(answer.upper_initial)
            ),
        ),
        (
            "work",
            format!("{} iterations, {} sweeps, {} moved", answer.iterations, answer.sweeps, size(answer.bytes_moved)),
        ),
        ("time", format!("{:.3} s to load, {:.3} s to solve", answer.load_seconds, answer.solve_seconds)),
    ];
    if answer.infinite_states > 0 {
        lines.insert(
            6,
            ("infinite", {
                let counts = format!("{} of {} states", answer.infinite_states, answer.states);
                match answer.criterion {
                    Criterion::TotalReward { goal: Some(_) } => {
                        format!(
                            "{counts}: a policy that may miss the goal is worth an infinity, of the sign of the rewards"
                        )
                    }
                    _ => counts,
                }
            }),
        );
    }
    if let Some(value) = &answer.value_exact {
        lines.insert(6, ("exact value", fraction(value)));
    }
    if let (Some(svg), Some(png)) = (&answer.svg, &answer.png) {
        lines.push(("drawn as", format!("{} and {}", svg.display(), png.display())));
    }
    let mut text: String = lines.iter().map(|(key, value)| format!("{key:<15}{value}\n")).collect();
    if let Some(bounds) = &answer.bounds {
        text.push_str(&list(bounds));
    }
    text
}

/// One line a state.
fn list(bounds: &Bounds) -> String {
    let mut text = format!("{:>10}{:>26}{:>26}{:>26}\n", "state", "value", "lower", "upper");
    let rows = bounds.values.iter().zip(&bounds.lower).zip(&bounds.upper).enumerate();
    for (s, ((value, lower), upper)) in rows.take(MOST_LISTED) {
        text.push_str(&format!("{s:>10}{:>26}{:>26}{:>26}\n", exact(value.0), exact(lower.0), exact(upper.0)));
    }
    if let Some(rest) = bounds.values.len().checked_sub(MOST_LISTED).filter(|&rest| rest > 0) {
        text.push_str(&format!("{:>10}and {rest} more; --format json lists them all\n", ""));
    }
    text
}
