//! Every experiment by name. Adding a paper takes one folder and one line here.

use crate::runner::Spec;
use crate::{Result, barfi, effective_horizon, emergent, known_answers, learn, mex, regret, shaping, sqirl, subpo};

/// All experiments, in the order in which they are listed and run by `tabrl reproduce all`.
pub fn experiments() -> Vec<Spec> {
    vec![
        effective_horizon::spec(),
        sqirl::spec(),
        mex::spec(),
        subpo::spec(),
        shaping::spec(),
        barfi::spec(),
        emergent::spec(),
        known_answers::spec(),
    ]
}

/// What a stored run with the name `name` in its configuration is a run of: an experiment, or a command that leaves runs.
///
/// # Errors
/// As [`experiment`].
pub fn stored(name: &str) -> Result<Spec> {
    match [learn::spec(), regret::spec()].into_iter().find(|spec| spec.name == name) {
        Some(spec) => Ok(spec),
        None => experiment(name),
    }
}

/// The experiment `name`.
///
/// # Errors
/// An unknown name; the nearest one is suggested.
pub fn experiment(name: &str) -> Result<Spec> {
    let mut all = experiments();
    match all.iter().position(|spec| spec.name == name) {
        Some(index) => Ok(all.swap_remove(index)),
        None => {
            let known = all.iter().map(|spec| spec.name).chain(["all"]);
            Err(tabrl::Error::unknown("experiment", name, known).into())
        }
    }
}
