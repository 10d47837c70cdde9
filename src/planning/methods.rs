//! Which methods there are, and the entrance to all of them.

use std::fmt;
use std::str::FromStr;
use std::time::Instant;

use super::progress::Outcome;
use super::selection::pick;
use super::{
    Criterion, Method, Objective, Solution, SolveOptions, average, backward_induction, discounted, exact, total,
};
use crate::mdp::Mdp;
use crate::{Error, Result};

/// An entry of the registry of methods.
#[derive(Debug, Clone, Copy)]
pub struct MethodInfo {
    /// The method.
    pub method: Method,
    /// Its name on the command line.
    pub name: &'static str,
    /// One line on what it does.
    pub summary: &'static str,
    /// The criteria it solves.
    pub criteria: &'static str,
}

/// All methods.
pub fn methods() -> &'static [MethodInfo] {
    const METHODS: [MethodInfo; 15] = [
        MethodInfo {
            method: Method::Auto,
            name: "auto",
            summary: "picks by criterion, size and structure, and says why",
            criteria: "discounted, finite, total, reach, average",
        },
        MethodInfo {
            method: Method::ValueIteration,
            name: "value-iteration",
            summary: "Jacobi sweeps of the optimality operator until the bounds are close",
            criteria: "discounted, total, reach, average",
        },
        MethodInfo {
            method: Method::GaussSeidel,
            name: "gauss-seidel",
            summary: "sweeps in place, backwards from the end, with sweeps of the policy in between",
            criteria: "discounted, total, reach",
        },
        MethodInfo {
            method: Method::Topological,
            name: "topological",
            summary: "one strongly connected component after another, successors first",
            criteria: "discounted, total, reach",
        },
        MethodInfo {
            method: Method::ModifiedPolicyIteration,
            name: "modified-policy-iteration",
            summary: "improvement, then cheap evaluation sweeps until the span has fallen tenfold",
            criteria: "discounted, total, reach, average",
        },
        MethodInfo {
            method: Method::PolicyIteration,
            name: "policy-iteration",
            summary: "exact evaluation by LU or preconditioned BiCGSTAB, then improvement",
            criteria: "discounted, total, reach, average",
        },
        MethodInfo {
            method: Method::InexactPolicyIteration,
            name: "inexact-policy-iteration",
            summary: "policies evaluated only as accurately as the next improvement can use",
            criteria: "discounted, total, reach",
        },
        MethodInfo {
            method: Method::PrioritisedSweeping,
            name: "prioritised-sweeping",
            summary: "the state whose value would change most comes first",
            criteria: "discounted, total, reach",
        },
        MethodInfo {
            method: Method::Anderson,
            name: "anderson",
            summary: "value iteration with safeguarded Anderson acceleration",
            criteria: "discounted, total, reach",
        },
        MethodInfo {
            method: Method::ActionElimination,
            name: "action-elimination",
            summary: "value iteration that drops choices proven worse than others",
            criteria: "discounted",
        },
        MethodInfo {
            method: Method::IntervalIteration,
            name: "interval-iteration",
            summary: "sweeps from a proven lower and a proven upper bound towards each other",
            criteria: "total, reach",
        },
        MethodInfo {
            method: Method::OptimisticValueIteration,
            name: "optimistic-value-iteration",
            summary: "sweeps from below, and guesses of an upper bound that a few sweeps prove or refute",
            criteria: "total, reach",
        },
        MethodInfo {
            method: Method::LinearProgramming,
            name: "linear-programming",
            summary: "an interior point of the linear program, then policy iteration from there",
            criteria: "discounted, total, reach, average",
        },
        MethodInfo {
            method: Method::BackwardInduction,
            name: "backward-induction",
            summary: "dynamic programming backwards from the horizon",
            criteria: "finite",
        },
        MethodInfo {
            method: Method::Exact,
            name: "exact",
            summary: "policy iteration in rational numbers, for small tables; bounds are the nearest 64-bit numbers",
            criteria: "discounted, finite, total, reach, average",
        },
    ];
    &METHODS
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(name(*self))
    }
}

impl FromStr for Method {
    type Err = Error;

    fn from_str(text: &str) -> Result<Method> {
        let text = if text == "rational" { "exact" } else { text };
        let found = methods().iter().find(|info| info.name == text);
        found.map(|info| info.method).ok_or_else(|| Error::unknown("method", text, methods().iter().map(|i| i.name)))
    }
}

/// Solves `mdp`: values, a policy, and certified bounds no further apart than `options.epsilon`, or a status that says why
/// not.
///
/// # Errors
/// - [`Error::Parameter`]: a discount outside (0, 1), a horizon of 0, an accuracy that is not a positive number, an
///   iteration limit of 0.
/// - [`Error::NotApplicable`]: the method does not solve the criterion, a row sum outweighs the discount, values leave the
///   range of 64-bit numbers, or a time-indexed policy would not fit into memory.
pub fn solve(mdp: &Mdp, criterion: Criterion, options: &SolveOptions) -> Result<Solution> {
    let began = Instant::now();
    criterion.validate()?;
    options.validate()?;
    criterion.validate_goal(mdp)?;
    let (method, reason) = pick(mdp, &criterion, options.method);
    let outcome = match &criterion {
        _ if method == Method::Exact => exact::run(mdp, &criterion, options),
        Criterion::Discounted { gamma } if solves(method, criterion.name()) => {
            maximising(mdp, options, |mdp| discounted::run(mdp, *gamma, options, method))
        }
        Criterion::FiniteHorizon { horizon } if method == Method::BackwardInduction => {
            maximising(mdp, options, |mdp| backward_induction::run(mdp, *horizon, options))
        }
        Criterion::TotalReward { .. } | Criterion::Reachability { .. } if solves(method, criterion.name()) => {
            total::run(mdp, &criterion, options, method)
        }
        Criterion::AverageReward if solves(method, criterion.name()) => {
            maximising(mdp, options, |mdp| average::run(mdp, options, method))
        }
        _ => Err(refused(method, &criterion)),
    }?;
    Ok(outcome.into_solution(criterion, options, method, reason, began))
}

/// Whether the registry lists `criterion` under `method`.
fn solves(method: Method, criterion: &str) -> bool {
    methods().iter().any(|info| info.method == method && info.criteria.split(", ").any(|name| name == criterion))
}

/// Says which methods solve the criterion.
fn refused(method: Method, criterion: &Criterion) -> Error {
    let able = methods().iter().filter(|info| info.method != Method::Auto && solves(info.method, criterion.name()));
    let able: Vec<&str> = able.map(|info| info.name).collect();
    let others = match able.split_last() {
        Some((last, [])) => format!("use {last}"),
        Some((last, others)) => format!("use {} or {last}", others.join(", ")),
        None => "no method does yet".to_owned(),
    };
    let reason = format!("it does not solve the criterion {criterion}; {others}");
    Error::NotApplicable { method: name(method), reason }
}

fn name(method: Method) -> &'static str {
    methods().iter().find(|info| info.method == method).map_or("the method", |info| info.name)
}

/// Solves a problem by a method that maximises: to minimise, with all rewards turned.
pub(super) fn maximising(mdp: &Mdp, options: &SolveOptions, run: impl Fn(&Mdp) -> Result<Outcome>) -> Result<Outcome> {
    match options.objective {
        Objective::Maximise => run(mdp),
        Objective::Minimise => {
            let turned = mdp.rewards().iter().map(|r| 0.0 - r).collect();
            run(&mdp.clone().with_rewards(turned)?).map(Outcome::negated)
        }
    }
}
