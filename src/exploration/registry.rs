//! Every episodic agent by name. Adding one touches its own file and one line here.

use super::ucbvi::{Ucbvi, UcbviParams};
use super::{EpisodicAgent, Setup};
use crate::learning::Param;
use crate::{Error, Result};

/// An entry of the registry.
pub struct ExplorerSpec {
    /// Its name, such as `ucbvi`.
    pub name: &'static str,
    /// One line on what it is.
    pub summary: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// Its hyper-parameters.
    pub params: Vec<Param>,
    /// How to build it.
    build: Build,
}

/// Builds an agent from `(name, value)` pairs.
type Build = for<'a> fn(&[(&str, &str)], &Setup<'a>) -> Result<Box<dyn EpisodicAgent + 'a>>;

/// All episodic agents, in the order in which they are listed.
pub fn registry() -> Vec<ExplorerSpec> {
    let spec = |name, summary, source, params, build| ExplorerSpec { name, summary, source, params, build };
    vec![spec(
        "ucbvi",
        "value iteration on the empirical model with a bonus for what was tried little",
        "Azar, Osband and Munos 2017",
        UcbviParams::params(),
        |given, setup| Ok(Box::new(Ucbvi::new(setup, &UcbviParams::from_text(given)?)?)),
    )]
}

/// Builds the agent `name`; hyper-parameters not `given` keep their defaults.
///
/// # Errors
/// An unknown name or hyper-parameter (the nearest one is suggested), a value out of range, or a setup that is not valid.
pub fn make<'a>(name: &str, given: &[(&str, &str)], setup: &Setup<'a>) -> Result<Box<dyn EpisodicAgent + 'a>> {
    setup.validate()?;
    let specs = registry();
    match specs.iter().find(|spec| spec.name == name) {
        Some(spec) => (spec.build)(given, setup),
        None => Err(Error::unknown("episodic agent", name, specs.iter().map(|spec| spec.name))),
    }
}
