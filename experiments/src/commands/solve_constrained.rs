//! `tabrl solve --constraint`: the most reward within a budget of time spent in labelled states.

use std::time::Instant;

use serde::Serialize;
use tabrl::mdp::Mdp;
use tabrl::planning::constrained::{dual, randomised_states, share_of_time};
use tabrl::planning::linear_program::Constraint;
use tabrl::planning::{Criterion, Status, occupancy_lp};

use super::problem::Problem;
use crate::cli::Finish;
use crate::output::{self, Format};
use crate::runner::real;
use crate::{Error, Result};

/// A budget as it was given.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Budget {
    label: String,
    bound: f64,
}

impl Budget {
    /// Reads `LABEL=BOUND`.
    ///
    /// # Errors
    /// Text of another form.
    pub fn parse(text: &str) -> Result<Budget> {
        let read = text.rsplit_once('=').and_then(|(label, bound)| Some((label, bound.trim().parse().ok()?)));
        match read {
            Some((label, bound)) if !label.trim().is_empty() => Ok(Budget { label: label.trim().to_owned(), bound }),
            _ => {
                let problem =
                    "write LABEL=BOUND, the share of time allowed in the states of a label, such as lava=0.05";
                Err(Error::Config { place: format!("--constraint {text}"), problem: problem.into() })
            }
        }
    }
}

/// The answer; the field names are the keys of the JSON.
#[derive(Serialize)]
struct Answer<'a> {
    problem: &'a str,
    states: usize,
    choices: usize,
    branches: usize,
    criterion: &'a Criterion,
    method: &'static str,
    reason: &'static str,
    status: Status,
    #[serde(with = "real")]
    value_initial: f64,
    #[serde(with = "real")]
    lower_initial: f64,
    #[serde(with = "real")]
    upper_initial: f64,
    #[serde(with = "real")]
    max_gap: f64,
    /// `(1 − γ) E Σ γᵗ 1{s_t ∈ label}` of the first constraint.
    #[serde(with = "real")]
    cost: f64,
    /// By how much the value rises with its bound.
    #[serde(with = "real")]
    multiplier: f64,
    /// Number of states in which the policy takes more than one choice.
    randomised_states: usize,
    /// Which these are.
    randomised_in: Vec<usize>,
    /// All of them.
    constraints: Vec<Kept<'a>>,
    load_seconds: f64,
    solve_seconds: f64,
}

/// A constraint with what it came to.
#[derive(Serialize)]
struct Kept<'a> {
    #[serde(flatten)]
    budget: &'a Budget,
    #[serde(with = "real")]
    cost: f64,
    #[serde(with = "real")]
    multiplier: f64,
}

/// What either method finds.
struct Found {
    value: f64,
    upper: f64,
    costs: Vec<f64>,
    multipliers: Vec<f64>,
    randomised: Vec<usize>,
}

/// Solves within the budgets and prints. The finish is negative if the accuracy asked for could not be certified.
///
/// # Errors
/// A criterion other than the discounted one, an unknown label, budgets that no policy keeps (with the least cost).
pub(super) fn run(
    problem: &Problem,
    criterion: &Criterion,
    budgets: &[Budget],
    epsilon: f64,
    format: Format,
) -> Result<Finish> {
    let started = Instant::now();
    let &Criterion::Discounted { gamma } = criterion else {
        return Err(Error::Usage(format!(
            "--constraint belongs to the discounted criterion (--discount G), not to {}",
            criterion.name()
        )));
    };
    let mdp = &problem.mdp;
    let constraint = |b: &Budget| share_of_time(mdp, gamma, &b.label, b.bound);
    let constraints: Vec<Constraint> = budgets.iter().map(constraint).collect::<tabrl::Result<_>>()?;
    let found = solve(mdp, gamma, &constraints).map_err(|error| by_label(error, budgets))?;
    let gap = (found.upper - found.value).max(0.0);
    let kept = budgets.iter().zip(found.costs.iter().zip(&found.multipliers));
    let answer = Answer {
        problem: &problem.name,
        states: mdp.num_states(),
        choices: mdp.num_choices(),
        branches: mdp.num_branches(),
        criterion,
        method: if budgets.len() == 1 { "dual" } else { "linear-programming" },
        reason: if budgets.len() == 1 { "one constraint: the kink of its dual" } else { "several constraints" },
        status: if gap <= epsilon { Status::Certified } else { Status::RoundingLimit },
        value_initial: found.value,
        lower_initial: found.value,
        upper_initial: found.upper,
        max_gap: gap,
        cost: found.costs[0],
        multiplier: found.multipliers[0],
        randomised_states: found.randomised.len(),
        randomised_in: found.randomised,
        constraints: kept.map(|(budget, (&cost, &multiplier))| Kept { budget, cost, multiplier }).collect(),
        load_seconds: problem.load_seconds,
        solve_seconds: started.elapsed().as_secs_f64(),
    };
    match format {
        Format::Json => output::json(&answer)?,
        Format::Text => output::text(&in_text(&answer))?,
    }
    if answer.status == Status::Certified {
        return Ok(Finish::Done);
    }
    output::note(&format!(
        "warning: the accuracy {epsilon} was not reached (gap {gap:e}); the bounds printed are valid"
    ));
    Ok(Finish::Negative)
}

/// Says which label's budget cannot be kept.
fn by_label(error: Error, budgets: &[Budget]) -> Error {
    let Error::Library(tabrl::Error::Infeasible { constraint, bound, least }) = error else { return error };
    let label = &budgets[constraint].label;
    let others = if constraint == 0 { "" } else { ", the budgets before it kept," };
    Error::Config {
        place: format!("--constraint {label}={bound}"),
        problem: format!(
            "no policy spends so little time in `{label}`; the least possible{others} is about {least}: allow that"
        ),
    }
}

fn solve(mdp: &Mdp, gamma: f64, constraints: &[Constraint]) -> Result<Found> {
    if let [constraint] = constraints {
        let solution = dual(mdp, gamma, constraint)?;
        return Ok(Found {
            value: solution.value,
            upper: solution.upper,
            costs: vec![solution.cost],
            multipliers: vec![solution.multiplier],
            randomised: solution.randomised_states,
        });
    }
    let solution = occupancy_lp(mdp, gamma, constraints)?;
    Ok(Found {
        value: solution.value,
        upper: solution.upper,
        randomised: randomised_states(mdp, &solution.policy, &solution.occupancy),
        costs: solution.costs,
        multipliers: solution.multipliers,
    })
}

/// The answer for people.
fn in_text(answer: &Answer) -> String {
    let mut lines = vec![
        format!("problem        {}", answer.problem),
        format!("size           {} states, {} choices, {} branches", answer.states, answer.choices, answer.branches),
        format!("criterion      {}, largest", answer.criterion),
        format!("method         {} ({})", answer.method, answer.reason),
        format!("initial value  {} in [{}, {}]", answer.value_initial, answer.lower_initial, answer.upper_initial),
    ];
    for kept in &answer.constraints {
        let Kept { budget: Budget { label, bound }, cost, multiplier } = kept;
        lines.push(format!("constraint     {label}: {cost} of the time, at most {bound}; multiplier {multiplier}"));
    }
    lines.push(match &answer.randomised_in[..] {
        [] => "policy         deterministic where it comes".to_owned(),
        states => {
            let listed: Vec<String> = states.iter().map(usize::to_string).collect();
            format!(
                "policy         randomises in {} {}",
                if states.len() == 1 { "state" } else { "states" },
                listed.join(", ")
            )
        }
    });
    lines.join("\n") + "\n"
}
