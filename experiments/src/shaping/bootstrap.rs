//! Bootstrapped shaping: fixed points, contraction and divergence.

use serde::{Deserialize, Serialize};
use tabrl::mdp::{Mdp, action_values};
use tabrl::planning::{Criterion, SolveOptions, solve};
use tabrl::reward::shaping::bootstrapped::{bootstrapped, largest_eta, modulus};

use super::random_table;
use crate::Result;
use crate::runner::{Checks, Claim};

/// Settings of bootstrapped shaping.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Discount.
    pub gamma: f64,
    /// Sweeps.
    pub sweeps: usize,
    /// Shares of the learner's values that are the potential.
    pub etas: Vec<f64>,
    /// Those of them whose errors are drawn.
    pub drawn: Vec<f64>,
}

/// What one `η` leads to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    /// `corridor` or `random`.
    pub table: String,
    /// `η`.
    pub eta: f64,
    /// `γ |1 + η| + |η|`.
    pub modulus: f64,
    /// `(sweep, ‖V − v*/(1 + η)‖∞)`, thinned; at most 1e300.
    pub errors: Vec<(u64, f64)>,
    /// `V / v*` of the start after the last sweep, cut to ±1e300.
    pub ratio: f64,
    /// Largest `|Q − (q* − η/(1 + η) v*)|` after the last sweep, at most 1e300.
    pub q_error: f64,
}

const LARGEST: f64 = 1e300;

/// Sweeps every `η` on both tables.
///
/// # Errors
/// Settings out of range.
pub fn measure(settings: &Settings) -> Result<Vec<Record>> {
    let corridor = tabrl_envs::make("corridor", &[])?.table(100)?.mdp;
    let random = random_table(8, 3, 1, 11)?.0;
    let mut records = Vec::new();
    for (name, mdp) in [("corridor", corridor), ("random", random)] {
        for &eta in &settings.etas {
            records.push(one(settings, name, &mdp, eta)?);
        }
    }
    Ok(records)
}

fn one(settings: &Settings, name: &str, mdp: &Mdp, eta: f64) -> Result<Record> {
    let gamma = settings.gamma;
    let options = SolveOptions { epsilon: 1e-12, ..SolveOptions::default() };
    let best = solve(mdp, Criterion::Discounted { gamma }, &options)?.values;
    let run = bootstrapped(mdp, gamma, eta, settings.sweeps, &best)?;
    let cut = |x: f64| if x.is_nan() { LARGEST } else { x.clamp(-LARGEST, LARGEST) };
    let start = mdp.initial()[0].0 as usize;
    let value = mdp.choices(start).map(|c| run.q[c]).fold(f64::NEG_INFINITY, f64::max);
    let mut q_error: f64 = 0.0;
    let q_best = action_values(mdp, &best, gamma);
    for s in 0..mdp.num_states() {
        for c in mdp.choices(s) {
            q_error = q_error.max(cut((run.q[c] - (q_best[c] - eta / (1.0 + eta) * best[s])).abs()));
        }
    }
    // All of the first hundred sweeps, then each that is 2 % later.
    let mut errors = Vec::new();
    let mut next = 1;
    for (k, &error) in run.errors.iter().enumerate() {
        if k + 1 >= next {
            errors.push((k as u64 + 1, cut(error)));
            next = (k + 2).max((1.02 * (k + 1) as f64) as usize);
        }
    }
    Ok(Record {
        table: name.into(),
        eta,
        modulus: modulus(gamma, eta),
        errors,
        ratio: cut(value / best[start]),
        q_error,
    })
}

/// Judges what was found.
pub fn claims(settings: &Settings, records: &[Record]) -> Vec<Claim> {
    let source = "Adamczyk et al. (2025); closed form derived independently";
    let (mut inside, mut outside, mut random) = (Checks::new(), Checks::new(), Checks::new());
    let mut beyond = Vec::new();
    for record in records {
        let last = record.errors.last().map_or(f64::NAN, |e| e.1);
        let what = || format!("η = {} on the {} table: {last:.1e}, {:.1e}", record.eta, record.table, record.q_error);
        if record.modulus < 1.0 {
            inside.that(last <= 1e-9 && record.q_error <= 1e-9, what);
        } else if record.eta == 1.0 || record.eta < -1.0 {
            outside.that(last > 1.0, what);
            if record.table == "random" {
                random.that(last > 1e6, what);
            }
        }
        if record.modulus >= 1.0 {
            beyond.push(format!("{} at {}: {last:.1e}", record.table, record.eta));
        }
    }
    let statement = format!(
        "Bootstrapped shaping reaches V = v*/(1 + η), Q = q* - η/(1 + η) v* for -1 < η < (1 - γ)/(1 + γ) = {:.4}",
        largest_eta(settings.gamma)
    );
    let note = format!("errors at most 1e-9 after {} sweeps, on both tables", settings.sweeps);
    let mut claims = vec![Claim::draft("bsrs-fixed-point", statement, source).note(note).all(&inside)];
    let statement = "Bootstrapped shaping diverges at η = 1 and at η = -1.2 on a random table";
    claims.push(Claim::draft("bsrs-divergence", statement, source).note("errors above 1e6").all(&random));
    let statement = "At η = 1 and η = -1.2 bootstrapped shaping does not converge on either table";
    let note = format!(
        "errors above 1; in the corridor, where staying bounds the values, η = 1 oscillates instead of diverging. The bound is not necessary: last \
         errors beyond it are {}",
        beyond.join(", ")
    );
    claims.push(Claim::draft("bsrs-no-convergence", statement, source).note(note).all(&outside));
    claims
}
