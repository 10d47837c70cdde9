//! Known problems with known answers: the optimal values that papers print, found again.
//!
//! Each case is exact, so a unit of work is a case.

mod claims;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tabrl::horizon::{Process, QTable};

use crate::Result;
use crate::runner::{Cell, Experiment, Finished, Outcome, Settings, Spec, Table, Unit, record};

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
    case: BTreeMap<String, Case>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    environment: String,
    set: Vec<String>,
    horizon: usize,
    expected: f64,
    tolerance: f64,
    source: String,
}

/// What a case gave.
#[derive(Debug, Serialize, Deserialize)]
struct Answer {
    states: usize,
    value: f64,
}

struct KnownAnswers {
    cases: Vec<(String, Case)>,
}

impl KnownAnswers {
    fn new(settings: &Settings) -> Result<KnownAnswers> {
        let config: Config = settings.parse()?;
        Ok(KnownAnswers { cases: config.case.into_iter().collect() })
    }
}

impl Experiment for KnownAnswers {
    fn units(&self) -> Result<Vec<Unit>> {
        let ids: Vec<&str> = self.cases.iter().map(|(id, _)| id.as_str()).collect();
        Ok(Unit::exact(&ids))
    }

    fn run(&self, unit: &Unit) -> Result<Value> {
        let case = &self.cases[unit.setting].1;
        let given: Result<Vec<(&str, &str)>> = case.set.iter().map(|text| crate::runner::split_setting(text)).collect();
        let mdp = tabrl_envs::make(&case.environment, &given?)?.table(1_000_000)?.mdp;
        let process = Process::new(&mdp, case.horizon, None)?;
        let value = QTable::optimal(&process).initial_max(&process);
        record(&Answer { states: mdp.num_states(), value })
    }

    fn conclude(&self, results: &[Finished]) -> Result<Outcome> {
        let mut table = Table::new(
            "values",
            "one row per case",
            &[
                ("case", "", "name of the case"),
                ("environment", "", "its environment"),
                ("horizon", "steps", "number of steps"),
                ("states", "", "number of states"),
                ("expected", "", "published value of the initial distribution"),
                ("value", "", "computed value of the initial distribution"),
            ],
        );
        let mut judged = Vec::new();
        for (finished, (id, case)) in results.iter().zip(&self.cases) {
            let answer: Answer = finished.read()?;
            let row: Vec<Cell> = vec![
                id.as_str().into(),
                case.environment.as_str().into(),
                case.horizon.into(),
                answer.states.into(),
                case.expected.into(),
                answer.value.into(),
            ];
            table.row(row);
            judged.push(claims::value(id, case, &answer));
        }
        Ok(Outcome { claims: judged, tables: vec![table], ..Outcome::default() })
    }
}
