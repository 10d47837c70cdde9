//! Q-learning under potentials of different scale and shift.

use serde::{Deserialize, Serialize};
use tabrl::mdp::Mdp;
use tabrl::planning::{Criterion, SolveOptions, solve};
use tabrl::reward::shaping::{Exploration, LearnerSettings, Potential, steps_to_goal};

use crate::runner::{Checks, Claim, mean};
use crate::{Error, Result};

/// Settings of Q-learning.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Cells along a side of the grid.
    pub side: usize,
    /// Discount.
    pub gamma: f64,
    /// Step size.
    pub step_size: f64,
    /// Probability of a uniform action.
    pub epsilon: f64,
    /// Episodes.
    pub episodes: usize,
    /// Steps after which an episode is cut off.
    pub cap: usize,
    /// What is tried.
    pub potentials: Vec<Choice>,
}

/// A potential and the first action values.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// Its name.
    pub name: String,
    /// `none`, `distance` (minus the steps to the goal) or `optimum` (the optimal value).
    pub base: String,
    /// Factor.
    pub scale: f64,
    /// What is added.
    pub shift: f64,
    /// First action values.
    pub initial: f64,
}

/// Steps of each episode, by potential.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    /// `[potential][episode]`.
    pub steps: Vec<Vec<u64>>,
}

/// Of each potential: its name, that of its claim, and mean and standard error of the total steps, measured elsewhere with 20 seeds.
const REFERENCE: [(&str, &str, f64, f64); 7] = [
    ("none", "none", 5214.0, 270.0),
    ("−d", "distance", 9616.0, 2399.0),
    ("−0.05 d", "small-distance", 8850.0, 2435.0),
    ("18 − d", "shifted", 19291.0, 977.0),
    ("0.05 (18 − d)", "small-shifted", 695.0, 5.0),
    ("v*", "optimum", 937.0, 4.0),
    ("−d from 18", "distance-from-18", 19291.0, 977.0),
];

/// Runs every potential with one seed.
///
/// # Errors
/// Settings out of range, or a base that is not known.
pub fn measure(settings: &Settings, seed: u64) -> Result<Record> {
    let side = settings.side.to_string();
    let table = tabrl_envs::make("open-grid", &[("n", &side)])?.table(1_000_000)?;
    let learner = LearnerSettings {
        gamma: settings.gamma,
        step_size: settings.step_size,
        exploration: Exploration::Greedy(settings.epsilon),
    };
    let far = |cell: Option<tabrl::mdp::Cell>| cell.map_or(0, |c| 2 * (settings.side - 1) - c.row - c.column);
    let distance: Vec<f64> = table.cells.iter().map(|&cell| -(far(cell) as f64)).collect();
    let steps = settings.potentials.iter().map(|choice| {
        let potential = potential(settings, choice, &table.mdp, &distance)?;
        let length = (settings.episodes, settings.cap);
        Ok(steps_to_goal(&table.mdp, potential.as_ref(), learner, choice.initial, length, seed)?)
    });
    Ok(Record { steps: steps.collect::<Result<_>>()? })
}

fn potential(settings: &Settings, choice: &Choice, mdp: &Mdp, distance: &[f64]) -> Result<Option<Potential>> {
    let base = match choice.base.as_str() {
        "none" => return Ok(None),
        "distance" => distance.to_vec(),
        "optimum" => {
            let options = SolveOptions { epsilon: 1e-10, ..SolveOptions::default() };
            solve(mdp, Criterion::Discounted { gamma: settings.gamma }, &options)?.values
        }
        other => {
            let known = ["none", "distance", "optimum"];
            return Err(Error::from(tabrl::Error::unknown("base of a potential", other, known)));
        }
    };
    Ok(Some(Potential::new(mdp, base)?.rescaled(mdp, choice.scale, choice.shift)?))
}

/// Total steps of each seed.
pub fn totals(settings: &Settings, records: &[Record], name: &str) -> Vec<f64> {
    let Some(i) = settings.potentials.iter().position(|choice| choice.name == name) else { return Vec::new() };
    records.iter().map(|record| record.steps[i].iter().sum::<u64>() as f64).collect()
}

/// Whether everything is as where the references were measured.
fn comparable(settings: &Settings) -> bool {
    let Settings { side, gamma, step_size, epsilon, episodes, cap, .. } = settings;
    (*side, *gamma, *step_size, *epsilon, *episodes, *cap) == (10, 0.95, 0.1, 0.1, 30, 2000)
}

/// Judges what was found.
///
/// # Errors
/// Statistics that cannot be computed.
pub fn claims(settings: &Settings, records: &[Record]) -> Result<Vec<Claim>> {
    let mut claims = Vec::new();
    let source = "Müller and Kudenko (2025); steps measured independently";
    let of = |name: &str| totals(settings, records, name);
    let at = |name: &str| settings.potentials.iter().position(|choice| choice.name == name);
    if let (Some(shift), Some(start)) = (at("18 − d"), at("−d from 18")) {
        let mut checks = Checks::new();
        for (seed, record) in records.iter().enumerate() {
            checks.that(record.steps[shift] == record.steps[start], || format!("seed {seed} differs"));
        }
        let statement =
            "Q-learning with Φ = 18 − d takes exactly the steps of Φ = −d with first values 18, seed by seed";
        let note = "the goal's potential and value are 0 in both; greedy ties are those within 1e-9";
        claims.push(Claim::draft("shift-is-start", statement, source).note(note).all(&checks));
    }
    if !comparable(settings) || records.is_empty() {
        return Ok(claims);
    }
    for (id, less, more) in [
        ("order-scaled-ideal", "0.05 (18 − d)", "v*"),
        ("order-ideal-none", "v*", "none"),
        ("order-none-shifted", "none", "18 − d"),
    ] {
        let (less_steps, more_steps) = (of(less), of(more));
        if less_steps.is_empty() || more_steps.is_empty() {
            continue;
        }
        let differences: Vec<f64> = more_steps.iter().zip(&less_steps).map(|(m, l)| m - l).collect();
        let (measured, interval) = mean(&differences)?;
        let statement = format!("Total steps under {more} minus those under {less}");
        let note = format!("{} seeds, paired, bootstrap interval", records.len());
        claims.push(Claim::draft(id, statement, source).note(note).lies_in(0.0, f64::INFINITY, measured, interval));
    }
    let (plain, shifted) = (of("none"), of("18 − d"));
    if !plain.is_empty() && !shifted.is_empty() {
        let (base, _) = mean(&plain)?;
        let (measured, interval) = mean(&shifted.iter().map(|s| s / base).collect::<Vec<f64>>())?;
        let statement = "Shaping of a wrong scale impairs learning by more than 3 times: steps under 18 − d over mean steps without shaping";
        let note = format!("{} seeds, bootstrap interval of the numerator", records.len());
        claims.push(Claim::draft("impairs", statement, source).note(note).lies_in(
            3.0,
            f64::INFINITY,
            measured,
            interval,
        ));
    }
    for (name, id, expected, error) in REFERENCE {
        let numbers = of(name);
        if numbers.is_empty() {
            continue;
        }
        let (measured, interval) = mean(&numbers)?;
        let id = format!("steps-{id}");
        let statement = format!("Mean total steps of 30 episodes under the potential {name}");
        let note = format!("{} seeds; the slack is two standard errors of the reference", records.len());
        let claim = Claim::draft(&id, statement, "an independent implementation, 20 seeds").note(note);
        claims.push(claim.agrees(expected, 2.0 * error, measured, interval));
    }
    Ok(claims)
}
