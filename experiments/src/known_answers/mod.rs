//! Known problems with known answers: the optimal values that papers print, found again by every method that applies.
//!
//! A unit of work is a case solved by one method. Two claims are judged for a case: its value is the published one, and the
//! certified intervals of all methods share a point (they contain the same optimal value, so they must).

mod claims;
mod puterman;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tabrl::mdp::Mdp;
use tabrl::planning::{Criterion, Method, SolveOptions, Status, solve};
use tabrl_envs::Environment;

use crate::runner::{Claim, Experiment, Finished, Outcome, Settings, Spec, Table, Unit, record, split_settings};
use crate::{Error, Result};

/// Most states a case may have.
const STATE_LIMIT: usize = 10_000_000;

/// The registry's entry.
pub fn spec() -> Spec {
    Spec {
        name: "known-answers",
        title: "Known problems with known answers",
        source: "the papers named at each claim",
        config: include_str!("../../configs/known-answers.toml"),
        build: |settings| Ok(Box::new(KnownAnswers::new(settings)?)),
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    epsilon: f64,
    case: BTreeMap<String, Case>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    environment: String,
    set: Vec<String>,
    criterion: Aim,
    expected: Option<f64>,
    #[serde(default)]
    tolerance: f64,
    source: String,
}

/// What is maximised.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Aim {
    Discount(f64),
    Horizon(usize),
}

impl Aim {
    fn criterion(self) -> Criterion {
        match self {
            Aim::Discount(gamma) => Criterion::Discounted { gamma },
            Aim::Horizon(horizon) => Criterion::FiniteHorizon { horizon },
        }
    }

    fn methods(self) -> &'static [Method] {
        match self {
            Aim::Discount(_) => &[Method::PolicyIteration, Method::ModifiedPolicyIteration, Method::ValueIteration],
            Aim::Horizon(_) => &[Method::BackwardInduction],
        }
    }
}

impl std::fmt::Display for Aim {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Aim::Discount(gamma) => write!(f, "discount {gamma}"),
            Aim::Horizon(horizon) => write!(f, "{horizon} steps"),
        }
    }
}

/// What one method gave on one case; the values are those of the initial distribution.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Answer {
    states: usize,
    choices: usize,
    value: f64,
    lower: f64,
    upper: f64,
    max_gap: f64,
    certified: bool,
    iterations: usize,
    sweeps: usize,
}

struct KnownAnswers {
    epsilon: f64,
    cases: Vec<(String, Case)>,
}

impl KnownAnswers {
    fn new(settings: &Settings) -> Result<KnownAnswers> {
        let config: Config = settings.parse()?;
        SolveOptions { epsilon: config.epsilon, ..SolveOptions::default() }.validate()?;
        // A wrong name is told before any work, not after that of other cases.
        for (id, case) in &config.case {
            let in_case = |problem: String| Error::Config { place: format!("case {id}"), problem };
            case.criterion.criterion().validate().map_err(|error| in_case(error.to_string()))?;
            environment_of(case).map_err(|error| in_case(error.to_string()))?;
        }
        Ok(KnownAnswers { epsilon: config.epsilon, cases: config.case.into_iter().collect() })
    }

    /// Every case with every method that applies to it.
    fn work(&self) -> impl Iterator<Item = (&str, &Case, Method)> {
        self.cases.iter().flat_map(|(id, case)| case.criterion.methods().iter().map(move |&m| (id.as_str(), case, m)))
    }
}

/// The environment of a case; none is the example of Puterman's book.
fn environment_of(case: &Case) -> Result<Option<Box<dyn Environment>>> {
    if case.environment == "puterman" {
        return Ok(None);
    }
    Ok(Some(tabrl_envs::make(&case.environment, &split_settings(&case.set)?)?))
}

fn table_of(case: &Case) -> Result<Mdp> {
    match environment_of(case)? {
        Some(environment) => Ok(environment.table(STATE_LIMIT)?.mdp),
        None => Ok(puterman::table()?),
    }
}

impl Experiment for KnownAnswers {
    fn units(&self) -> Result<Vec<Unit>> {
        let ids: Vec<String> = self.work().map(|(id, _, method)| format!("{id} {method}")).collect();
        Ok(Unit::exact(&ids))
    }

    fn run(&self, unit: &Unit) -> Result<Value> {
        let Some((_, case, method)) = self.work().nth(unit.setting) else {
            return Err(Error::Usage(format!("{} is no unit of known-answers", unit.id)));
        };
        let mdp = table_of(case)?;
        let options = SolveOptions { epsilon: self.epsilon, method, ..SolveOptions::default() };
        let solution = solve(&mdp, case.criterion.criterion(), &options)?;
        record(&Answer {
            states: mdp.num_states(),
            choices: mdp.num_choices(),
            value: mdp.initial_value(&solution.values),
            lower: mdp.initial_value(&solution.lower),
            upper: mdp.initial_value(&solution.upper),
            max_gap: solution.max_gap(),
            certified: solution.status == Status::Certified,
            iterations: solution.iterations,
            sweeps: solution.sweeps,
        })
    }

    fn conclude(&self, results: &[Finished]) -> Result<Outcome> {
        let mut table = Table::new(
            "values",
            "one row per case and method; values are those of the initial distribution",
            &[
                ("case", "", "name of the case"),
                ("method", "", "what solved it"),
                ("states", "", "number of states"),
                ("choices", "", "number of state-action pairs"),
                ("expected", "", "published value"),
                ("value", "", "midpoint of the bounds"),
                ("lower", "", "certified lower bound"),
                ("upper", "", "certified upper bound"),
                ("max_gap", "", "largest difference of the bounds over all states"),
                ("iterations", "", "improvement steps"),
                ("sweeps", "", "sweeps over the table"),
            ],
        );
        let mut answers: BTreeMap<&str, Vec<(Method, Answer)>> = BTreeMap::new();
        for (finished, (id, case, method)) in results.iter().zip(self.work()) {
            let answer: Answer = finished.read()?;
            table.row(vec![
                id.into(),
                method.to_string().into(),
                answer.states.into(),
                answer.choices.into(),
                case.expected.into(),
                answer.value.into(),
                answer.lower.into(),
                answer.upper.into(),
                answer.max_gap.into(),
                answer.iterations.into(),
                answer.sweeps.into(),
            ]);
            answers.entry(id).or_default().push((method, answer));
        }
        let claims: Vec<Claim> = self
            .cases
            .iter()
            .filter_map(|(id, case)| claims::value(id, case, answers.get(id.as_str())?))
            .chain([claims::certified(&answers), claims::agreement(&answers)])
            .collect();
        Ok(Outcome { claims, tables: vec![table], ..Outcome::default() })
    }
}
