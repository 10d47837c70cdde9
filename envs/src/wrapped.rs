//! The settings that every environment understands: `slip`, `sticky` and `horizon`, in this order from the inside out.
//!
//! They wrap the environment's table, read back as a model, so that one wrapped type serves every environment.

use tabrl::mdp::wrappers::{FiniteHorizon, Slip, Sticky};
use tabrl::mdp::{Branches, Cell, GridMap, Model};
use tabrl::simulation::conformance::{ConformanceOptions, ConformanceReport, check_model};
use tabrl::simulation::{ModelBatch, Simulator};

use crate::{EnvTable, Environment, Param, Result, Settings, erase};

/// The parameters themselves. An environment that declares one of the same name keeps its own.
pub const COMMON_PARAMS: [Param; 3] = [
    Param {
        name: "slip",
        default: "0",
        doc: "probability that a uniformly drawn action is executed instead, in [0, 1]",
    },
    Param { name: "sticky", default: "0", doc: "probability that the last executed action is repeated, in [0, 1]" },
    Param {
        name: "horizon",
        default: "0",
        doc: "steps after which the episode ends, as part of the state; 0 for none",
    },
];

/// Most states of a wrapped environment that is simulated: its table is needed for that, and has to fit in memory.
const TABLE_LIMIT: usize = 10_000_000;

/// An environment inside the common wrappers.
struct Wrapped {
    base: Box<dyn Environment>,
    slip: f64,
    sticky: f64,
    horizon: u32,
}

/// Wraps `base` as the settings say; gives it back untouched if they say nothing.
///
/// # Errors
/// A value out of range.
pub fn wrap(base: Box<dyn Environment>, settings: &Settings) -> Result<Box<dyn Environment>> {
    let slip = settings.probability("slip")?;
    let sticky = settings.probability("sticky")?;
    let horizon = settings.count("horizon", 0, 1_000_000)? as u32;
    if slip == 0.0 && sticky == 0.0 && horizon == 0 {
        return Ok(base);
    }
    Ok(Box::new(Wrapped { base, slip, sticky, horizon }))
}

impl Wrapped {
    /// Wraps a table, observed or not, from the inside out.
    fn wrap(&self, mut table: EnvTable, limit: usize) -> Result<EnvTable> {
        if self.slip > 0.0 {
            table = erase(Slip::new(table, self.slip)).observed_table(limit)?;
        }
        if self.sticky > 0.0 {
            table = erase(Sticky::new(table, self.sticky)).observed_table(limit)?;
        }
        if self.horizon > 0 {
            table = erase(FiniteHorizon::new(table, self.horizon)).observed_table(limit)?;
        }
        Ok(table)
    }
}

impl Environment for Wrapped {
    fn table(&self, limit: usize) -> Result<EnvTable> {
        self.wrap(self.base.table(limit)?, limit)
    }

    fn observed_table(&self, limit: usize) -> Result<EnvTable> {
        self.wrap(self.base.observed_table(limit)?, limit)
    }

    fn num_actions(&self) -> usize {
        self.base.num_actions()
    }

    fn simulate(&self, copies: usize, seed: u64, time_limit: Option<u64>) -> Result<Box<dyn Simulator + '_>> {
        // Wrapping needs the table of what is inside, so the copies step through that.
        Ok(Box::new(ModelBatch::from_model(self.table(TABLE_LIMIT)?, copies, seed, time_limit)?))
    }

    fn conformance(&self, options: &ConformanceOptions) -> Result<ConformanceReport> {
        Ok(check_model(&self.table(TABLE_LIMIT)?, options)?)
    }
}

/// A table with its names and its map, read back as a model.
impl Model for EnvTable {
    type State = u32;

    fn initial(&self) -> Vec<(f64, u32)> {
        Model::initial(&self.mdp)
    }
    fn num_actions(&self) -> usize {
        self.action_names.len()
    }
    fn allows(&self, state: u32, action: usize) -> bool {
        self.mdp.allows(state, action)
    }
    fn step_law(&self, state: u32, action: usize, out: &mut Branches<u32>) {
        self.mdp.step_law(state, action, out);
    }
    fn state_name(&self, state: u32) -> String {
        self.state_names[state as usize].clone()
    }
    fn action_name(&self, action: usize) -> String {
        self.action_names[action].clone()
    }
    fn action_glyph(&self, action: usize) -> char {
        self.action_glyphs[action]
    }
    fn map(&self) -> Option<GridMap> {
        self.map.clone()
    }
    fn cell(&self, state: u32) -> Option<Cell> {
        self.cells[state as usize]
    }
    fn observation(&self, state: u32) -> Vec<u32> {
        self.observations.get(state as usize).cloned().unwrap_or_default()
    }
    fn labels(&self, state: u32) -> Vec<String> {
        Model::labels(&self.mdp, state)
    }
    fn episode_length(&self) -> Option<usize> {
        self.episode_length
    }
}

#[cfg(test)]
mod tests {
    use crate::make;

    #[test]
    fn common_settings_wrap_any_environment() {
        let states = |given: &[(&str, &str)]| make("riverswim", given).unwrap().table(10_000).unwrap().mdp.num_states();
        assert_eq!(states(&[]), 6);
        assert_eq!(states(&[("slip", "0.1")]), 6);
        assert_eq!(states(&[("sticky", "0.25")]), 12); // (state, last action) but for (5, left), and the start
        assert_eq!(states(&[("horizon", "2")]), 1 + 2 + 3);
        let both = make("riverswim", &[("sticky", "0.25"), ("horizon", "3"), ("slip", "0.5")]).unwrap();
        let table = both.table(10_000).unwrap();
        assert!(table.state_names.iter().any(|name| name == "1 after right at step 1"), "{:?}", table.state_names);
        assert!(make("riverswim", &[("sticky", "1.5")]).is_err());
        assert!(make("riverswim", &[("stickyy", "0.5")]).is_err());
    }
}
