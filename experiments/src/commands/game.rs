//! `tabrl game`: the value of a two-player zero-sum game, with strategies that prove it.

use ndarray::Array2;
use serde::Serialize;
use serde_json::Value;
use tabrl::planning::games::{
    FiniteGameSolution, GameMethod, GameOptions, GameSolution, MarkovGame, MatrixSolution, solve_game,
    solve_game_finite, solve_matrix,
};
use tabrl::planning::{InitialValue, Status};
use tabrl_envs::games::{self, NamedGame};

use crate::cli::Finish;
use crate::output::{self, Format};
use crate::{Error, Result};

/// Solves a two-player zero-sum game: a matrix, or a Markov game by name.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// A Markov game (see `tabrl list games`).
    #[arg(value_name = "GAME")]
    game: Option<String>,
    /// A matrix game as JSON, what the row player receives: "[[0,1],[1,0]]".
    #[arg(long, value_name = "ROWS", allow_hyphen_values = true)]
    matrix: Option<String>,
    /// Discount factor of a Markov game, strictly between 0 and 1.
    #[arg(long, value_name = "G", allow_negative_numbers = true)]
    discount: Option<f64>,
    /// Number of steps of a Markov game, undiscounted.
    #[arg(long, value_name = "H")]
    horizon: Option<usize>,
    /// Method for a discounted game: Shapley's sweeps, or best responses in between (Hoffman and Karp).
    #[arg(long, value_enum, value_name = "M")]
    method: Option<MethodArgument>,
    /// Largest gap between the bounds that is accepted.
    #[arg(long, value_name = "E", allow_negative_numbers = true)]
    epsilon: Option<f64>,
    /// Most sweeps.
    #[arg(long, value_name = "N")]
    max_iterations: Option<usize>,
    /// How to answer.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// [`GameMethod`] on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum MethodArgument {
    /// Sweeps of the Shapley operator.
    Shapley,
    /// A best response after each sweep.
    HoffmanKarp,
}

/// The largest relative duality gap of a matrix game that counts as solved.
const ACCURACY: f64 = 1e-9;

/// Solves and prints.
///
/// # Errors
/// A matrix that is none, an unknown game, or options that do not fit.
pub fn run(arguments: &Arguments) -> Result<Finish> {
    match (&arguments.game, &arguments.matrix) {
        (None, Some(text)) => {
            if arguments.discount.is_some() || arguments.horizon.is_some() || !arguments.takes_defaults() {
                let text = "--discount, --horizon, --method, --epsilon and --max-iterations belong to Markov games; \
                            a matrix is played once";
                return Err(Error::Usage(text.into()));
            }
            matrix(&read_matrix(text)?, arguments.format)
        }
        (Some(name), None) => markov(name, arguments),
        (Some(name), Some(_)) => {
            Err(Error::Usage(format!("{name} and --matrix are two games; give a name or a matrix, one of them")))
        }
        (None, None) => {
            let names: Vec<&str> = games::registry().iter().map(|spec| spec.name).collect();
            let text = format!("which game? give --matrix \"[[0,1],[1,0]]\", or a name: {}", names.join(", "));
            Err(Error::Usage(text))
        }
    }
}

impl Arguments {
    /// Whether no option of the discounted solver is given.
    fn takes_defaults(&self) -> bool {
        self.method.is_none() && self.epsilon.is_none() && self.max_iterations.is_none()
    }
}

/// Reads `[[1, 2], [3, 4]]`.
fn read_matrix(text: &str) -> Result<Array2<f64>> {
    let fault = |problem: String| Error::Config { place: format!("--matrix {text}"), problem };
    let right = "it must be rows of numbers, all of the same length, such as [[0, 1], [1, 0]]";
    let value: Value = serde_json::from_str(text).map_err(|error| fault(format!("not JSON ({error}); {right}")))?;
    let rows = value.as_array().ok_or_else(|| fault(format!("not a list of rows; {right}")))?;
    let (mut entries, mut width) = (Vec::new(), 0);
    for (i, row) in rows.iter().enumerate() {
        let row = row.as_array().ok_or_else(|| fault(format!("row {} is {row}, not a list; {right}", i + 1)))?;
        if i > 0 && row.len() != width {
            let problem = format!("row {} has {} entries, but the first has {width}; {right}", i + 1, row.len());
            return Err(fault(problem));
        }
        width = row.len();
        for (j, entry) in row.iter().enumerate() {
            let number = entry.as_f64().filter(|x| x.is_finite());
            let problem = || fault(format!("row {}, column {} is {entry}, not a number; {right}", i + 1, j + 1));
            entries.push(number.ok_or_else(problem)?);
        }
    }
    Array2::from_shape_vec((rows.len(), width), entries).map_err(|error| fault(error.to_string()))
}

#[derive(Serialize)]
struct MatrixAnswer {
    rows: usize,
    columns: usize,
    #[serde(flatten)]
    solution: MatrixSolution,
    duality_gap: f64,
}

fn matrix(payoffs: &Array2<f64>, format: Format) -> Result<Finish> {
    let solution = solve_matrix(payoffs.view())?;
    let (rows, columns) = payoffs.dim();
    let answer = MatrixAnswer { rows, columns, duality_gap: solution.duality_gap(), solution };
    match format {
        Format::Json => output::json(&answer)?,
        Format::Text => {
            let MatrixSolution { value, lower, upper, row_strategy, column_strategy, pivots } = &answer.solution;
            let list = |p: &[f64]| p.iter().map(f64::to_string).collect::<Vec<_>>().join(", ");
            let how =
                if *pivots == 0 { "a saddle point in pure strategies".into() } else { format!("{pivots} pivots") };
            output::text(&in_lines(&[
                ("problem", format!("matrix game, {rows} rows, {columns} columns")),
                ("value", format!("{value} in [{lower}, {upper}]")),
                ("row plays", list(row_strategy)),
                ("column plays", list(column_strategy)),
                ("duality gap", format!("{:e}", answer.duality_gap)),
                ("found by", how),
            ]))?;
        }
    }
    let scale = payoffs.iter().fold(1.0, |a: f64, b| a.max(b.abs()));
    if answer.duality_gap <= ACCURACY * scale {
        return Ok(Finish::Done);
    }
    output::note(&format!(
        "warning: the duality gap {:e} is not closed; the bounds printed are valid",
        answer.duality_gap
    ));
    Ok(Finish::Negative)
}

/// What is common to both criteria.
#[derive(Serialize)]
struct MarkovAnswer<'a> {
    game: &'a str,
    states: usize,
    joint_choices: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    discount: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    horizon: Option<usize>,
    method: &'static str,
    status: Status,
    iterations: usize,
    value_initial: f64,
    lower_initial: f64,
    upper_initial: f64,
    max_gap: f64,
    duality_gap: f64,
    /// States whose matrix game has no saddle point in pure strategies, in the last sweep.
    #[serde(skip_serializing_if = "Option::is_none")]
    mixed_states: Option<usize>,
    start: Vec<StartEntry<'a>>,
}

/// A state in which the game may start.
#[derive(Serialize)]
struct StartEntry<'a> {
    state: u32,
    name: &'a str,
    probability: f64,
    value: f64,
    lower: f64,
    upper: f64,
}

fn markov(name: &str, arguments: &Arguments) -> Result<Finish> {
    let discounted = match (arguments.discount, arguments.horizon) {
        (Some(discount), None) => Some(discount),
        (None, Some(_)) if arguments.takes_defaults() => None,
        (None, Some(_)) => {
            let text = "--method, --epsilon and --max-iterations belong to --discount; over a horizon the answer is \
                        exact up to rounding";
            return Err(Error::Usage(text.into()));
        }
        (None, None) => {
            let text =
                "what is to be optimised? give --discount G, or --horizon H for the undiscounted sum over H steps";
            return Err(Error::Usage(text.into()));
        }
        (Some(_), Some(_)) => {
            return Err(Error::Usage("--discount and --horizon are different criteria; give one of them".into()));
        }
    };
    let named = games::make(name)?;
    let game = &named.game;
    let answer = match discounted {
        Some(discount) => {
            let defaults = GameOptions::default();
            let options = GameOptions {
                epsilon: arguments.epsilon.unwrap_or(defaults.epsilon),
                max_iterations: arguments.max_iterations.unwrap_or(defaults.max_iterations),
                method: match arguments.method {
                    Some(MethodArgument::HoffmanKarp) => GameMethod::HoffmanKarp,
                    Some(MethodArgument::Shapley) | None => GameMethod::Shapley,
                },
            };
            let solution = solve_game(game, discount, &options)?;
            let GameSolution { status, iterations, mixed_states, duality_gap, .. } = solution;
            MarkovAnswer {
                discount: Some(discount),
                method: match options.method {
                    GameMethod::Shapley => "shapley",
                    GameMethod::HoffmanKarp => "hoffman-karp",
                },
                status,
                iterations,
                duality_gap,
                mixed_states: Some(mixed_states),
                ..answer(name, &named, &solution.lower, &solution.upper)
            }
        }
        None => {
            let horizon = arguments.horizon.unwrap_or_default();
            let FiniteGameSolution { lower, upper, duality_gap, .. } = solve_game_finite(game, horizon)?;
            MarkovAnswer {
                horizon: Some(horizon),
                iterations: horizon,
                duality_gap,
                ..answer(name, &named, &lower, &upper)
            }
        }
    };
    match arguments.format {
        Format::Json => output::json(&answer)?,
        Format::Text => output::text(&in_text(&answer))?,
    }
    if answer.status == Status::Certified {
        return Ok(Finish::Done);
    }
    let why = match answer.status {
        Status::RoundingLimit => "is finer than 64-bit numbers can certify here; ask for a larger --epsilon",
        _ => "was not reached within --max-iterations; the bounds printed are valid",
    };
    output::note(&format!("warning: the accuracy asked for {why} (gap {:e})", answer.max_gap));
    Ok(Finish::Negative)
}

/// An answer with what the bounds of the states say; the rest is that of backward induction.
fn answer<'a>(name: &'a str, named: &'a NamedGame, lower: &[f64], upper: &[f64]) -> MarkovAnswer<'a> {
    let game: &MarkovGame = &named.game;
    let InitialValue { value, lower: low, upper: high } = InitialValue::of(game.joint(), lower, upper);
    let start = |&(state, probability): &(u32, f64)| {
        let s = state as usize;
        let (lower, upper) = (lower[s], upper[s]);
        let value = lower + 0.5 * (upper - lower);
        StartEntry { state, name: &named.state_names[s], probability, value, lower, upper }
    };
    MarkovAnswer {
        game: name,
        states: game.num_states(),
        joint_choices: game.joint().num_choices(),
        discount: None,
        horizon: None,
        method: "backward-induction",
        status: Status::Certified,
        iterations: 0,
        value_initial: value,
        lower_initial: low,
        upper_initial: high,
        max_gap: lower.iter().zip(upper).map(|(low, high)| high - low).fold(0.0, f64::max),
        duality_gap: 0.0,
        mixed_states: None,
        start: game.joint().initial().iter().map(start).collect(),
    }
}

fn in_text(answer: &MarkovAnswer) -> String {
    let criterion = match (answer.discount, answer.horizon) {
        (Some(discount), _) => format!("discounted by {discount}"),
        (None, horizon) => format!("total over {} steps", horizon.unwrap_or_default()),
    };
    let status = match answer.status {
        Status::Certified => "certified",
        Status::RoundingLimit => "NOT certified: limit of 64-bit numbers",
        _ => "NOT certified: iteration limit",
    };
    let mut lines = vec![
        ("game", answer.game.to_owned()),
        ("size", format!("{} states, {} joint choices", answer.states, answer.joint_choices)),
        ("criterion", format!("{criterion}, the row player maximises")),
        ("method", answer.method.to_owned()),
        ("status", format!("{status}, largest gap {:e}, largest duality gap {:e}", answer.max_gap, answer.duality_gap)),
        ("initial value", format!("{} in [{}, {}]", answer.value_initial, answer.lower_initial, answer.upper_initial)),
        ("work", format!("{} sweeps", answer.iterations)),
    ];
    if let Some(mixed) = answer.mixed_states {
        lines.push(("mixed", format!("{mixed} states without a saddle point in pure strategies")));
    }
    for start in &answer.start {
        lines.push(("start", format!("{} in [{}, {}]  {}", start.value, start.lower, start.upper, start.name)));
    }
    in_lines(&lines)
}

fn in_lines(lines: &[(&str, String)]) -> String {
    lines.iter().map(|(key, value)| format!("{key:<15}{value}\n")).collect()
}
