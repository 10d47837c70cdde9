//! Every environment by name. Adding one touches its own file and one line here.

use tabrl::Error;

use crate::wrapped::{COMMON_PARAMS, wrap};
use crate::{Environment, Param, Result, Settings, Spec, minigrid, riverswim};

/// All environments, in the order in which they are listed.
pub fn registry() -> Vec<Spec> {
    let mut specs = vec![riverswim::spec()];
    specs.extend(minigrid::specs());
    specs
}

/// Builds the environment `name` with the parameters given; the others keep their defaults.
///
/// # Errors
/// An unknown name or parameter (the nearest one is suggested), or a value out of range.
pub fn make(name: &str, given: &[(&str, &str)]) -> Result<Box<dyn Environment>> {
    let specs = registry();
    match specs.iter().find(|spec| spec.name == name) {
        Some(spec) => {
            // An environment's own parameter hides the common one of the same name.
            let common = COMMON_PARAMS.into_iter().filter(|p| spec.params.iter().all(|own| own.name != p.name));
            let all: Vec<Param> = spec.params.iter().copied().chain(common).collect();
            let settings = Settings::new(name, &all, given)?;
            let base = (spec.build)(&settings)?;
            wrap(base, &settings.without(&spec.params, &COMMON_PARAMS))
        }
        None => Err(Error::unknown("environment", name, specs.iter().map(|spec| spec.name.as_str())).into()),
    }
}
