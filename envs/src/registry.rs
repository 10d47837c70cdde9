//! Every environment by name. Adding one touches its own file and one line here.

use tabrl::Error;

use crate::wrapped::{COMMON_PARAMS, wrap};
use crate::{
    Environment, Param, Result, Settings, Spec, bandit, bandit_mdp, barfi_grid, chain, cliffwalking, control,
    dark_room, deepsea, double_chain, fourrooms, frozenlake, garnet, grid, hidden_goal, hpgd_rooms, lava_grid, lock,
    minigrid, random_lake, random_mdp, riverswim, rlberry_grid, rlberry_rooms, sixarms, small_worlds, soccer, taxi,
    toy3d,
};

/// All environments, in the order in which they are listed.
pub fn registry() -> Vec<Spec> {
    let mut specs = vec![riverswim::spec(), sixarms::spec()];
    specs.extend(chain::specs());
    specs.extend(bandit_mdp::specs());
    specs.extend(bandit::specs());
    specs.extend([
        toy3d::spec(),
        double_chain::spec(),
        lock::spec(),
        deepsea::spec(),
        garnet::spec(),
        random_mdp::spec(),
    ]);
    specs.extend(frozenlake::specs());
    specs.push(random_lake::spec());
    specs.extend(hidden_goal::specs());
    specs.push(dark_room::spec());
    specs.extend(control::specs());
    specs.extend([taxi::spec(), cliffwalking::spec(), fourrooms::spec(), grid::spec(), rlberry_grid::spec()]);
    specs.extend(rlberry_rooms::specs());
    specs.extend([soccer::spec(), barfi_grid::spec(), hpgd_rooms::spec(), lava_grid::spec()]);
    specs.extend(small_worlds::specs());
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use tabrl::simulation::conformance::ConformanceOptions;

    use super::*;
    use crate::EnvError;

    /// The environments of this crate that are small with their default parameters.
    fn small() -> impl Iterator<Item = Spec> {
        registry().into_iter().filter(|spec| !spec.name.starts_with("minigrid/"))
    }

    #[test]
    fn names_are_unique_and_every_default_builds() {
        let specs = registry();
        let names: std::collections::BTreeSet<&str> = specs.iter().map(|spec| spec.name.as_str()).collect();
        assert_eq!(names.len(), specs.len());
        for spec in &specs {
            assert!(!spec.summary.is_empty() && !spec.source.is_empty(), "{}", spec.name);
            make(&spec.name, &[]).unwrap_or_else(|error| panic!("{}: {error}", spec.name));
            // Saying a default aloud changes nothing about its being accepted.
            for param in &spec.params {
                make(&spec.name, &[(param.name, param.default)])
                    .unwrap_or_else(|error| panic!("{}: {error}", spec.name));
            }
        }
    }

    #[test]
    fn tables_have_names_and_cells_for_everything() {
        for spec in small() {
            let env = make(&spec.name, &[]).unwrap();
            let table = env.table(300_000).unwrap_or_else(|error| panic!("{}: {error}", spec.name));
            let (states, actions) = (table.mdp.num_states(), env.num_actions());
            assert_eq!((table.state_names.len(), table.cells.len()), (states, states), "{}", spec.name);
            assert_eq!((table.action_names.len(), table.action_glyphs.len()), (actions, actions), "{}", spec.name);
            assert_eq!(table.mdp.num_actions(), actions, "{}", spec.name);
            // Terminal copies of a state share its name; no two other states do.
            let named: std::collections::BTreeSet<(&str, bool)> =
                (0..states).map(|s| (table.state_names[s].as_str(), table.mdp.is_terminal(s))).collect();
            assert_eq!(named.len(), states, "{}", spec.name);
            for cell in table.cells.iter().flatten() {
                let map = table.map.as_ref().unwrap();
                assert_ne!(map.rows[cell.row][cell.column], '#', "{}", spec.name);
            }
        }
    }

    #[test]
    fn unknown_words_get_the_nearest_known_one() {
        let message = |name: &str, given: &[(&str, &str)]| make(name, given).err().unwrap().to_string();
        assert_eq!(
            message("frozenlake/4x5", &[]),
            "unknown environment `frozenlake/4x5`; did you mean `frozenlake/4x4`?"
        );
        assert_eq!(message("riverswim", &[("p_01", "0.4")]), "unknown parameter `p_01`; did you mean `p01`?");
        assert_eq!(
            message("riverswim", &[("n", "1")]),
            "parameter n=1 of environment riverswim: must be a whole number from 2 to 1000000000"
        );
    }

    /// Every parameter either takes a strange value, or says which parameter it was, what it was, and what would be right.
    #[test]
    fn strange_values_are_refused_in_words() {
        for spec in registry() {
            for param in &spec.params {
                for value in ["no-such-value", "", "-1", "NaN", "inf", "1e300", "18446744073709551616", "1/0"] {
                    match make(&spec.name, &[(param.name, value)]) {
                        Err(EnvError::Setting { environment, name, value: said, expected }) => {
                            assert_eq!(
                                (environment.as_str(), name.as_str(), said.as_str()),
                                (spec.name.as_str(), param.name, value)
                            );
                            assert!(!expected.is_empty());
                        }
                        Err(EnvError::Map { map, .. }) => assert_eq!((param.name, map.as_str()), ("map", value)),
                        Err(other) => panic!("{} {}={value}: {other}", spec.name, param.name),
                        Ok(_) => assert!(param.name.ends_with("_reward"), "{} took {}={value}", spec.name, param.name),
                    }
                }
            }
        }
    }

    /// The largest values build without their table, and their table stops at the limit instead of filling the memory.
    #[test]
    fn huge_environments_stop_at_the_limit() {
        for (name, given) in [
            ("riverswim", [("n", "1000000000")].as_slice()),
            ("chain", &[("n", "1000000000")]),
            ("doublechain", &[("n", "1000000000")]),
            ("lock", &[("n", "1000000"), ("actions", "1000")]),
            ("deepsea", &[("n", "10000")]),
            ("garnet", &[("states", "10000000"), ("actions", "20")]),
            ("random-mdp", &[("states", "10000"), ("actions", "10")]),
        ] {
            let error = make(name, given).unwrap().table(1000).unwrap_err();
            assert!(matches!(error, EnvError::Library(Error::StateLimit { limit: 1000 })), "{name}: {error}");
        }
        assert!(make("garnet", &[("states", "10000000"), ("branches", "10000000")]).is_err());
        assert!(make("random-mdp", &[("states", "10000"), ("actions", "1000")]).is_err());
    }

    #[test]
    fn every_environment_keeps_the_promises_of_a_model() {
        let options = ConformanceOptions { states: 300, samples: 200, ..ConformanceOptions::default() };
        for spec in registry() {
            let report = make(&spec.name, &[]).unwrap().conformance(&options);
            let report = report.unwrap_or_else(|error| panic!("{}: {error}", spec.name));
            assert!(report.complete || report.states == 300, "{}: {report:?}", spec.name);
        }
        let wrapped = make("frozenlake/8x8", &[("sticky", "0.25"), ("slip", "0.1"), ("horizon", "9")]).unwrap();
        assert!(wrapped.conformance(&options).unwrap().stochastic > 0);
    }
}
