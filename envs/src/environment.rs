//! The object-safe face of a model: what the command line and the runner need, whatever its state type.

use tabrl::mdp::{Cell, GridMap, Mdp, Model, View, enumerate};
use tabrl::simulation::conformance::{ConformanceOptions, ConformanceReport, check_model};
use tabrl::simulation::{ModelBatch, Simulator};

use crate::Result;

/// An environment's table with everything needed to draw it.
#[derive(Debug, Clone)]
pub struct EnvTable {
    /// The exact reading.
    pub mdp: Mdp,
    /// A name for each state, `[S]`.
    pub state_names: Vec<String>,
    /// A name for each action, `[A]`.
    pub action_names: Vec<String>,
    /// One character for each action, `[A]`.
    pub action_glyphs: Vec<char>,
    /// The map, if there is one.
    pub map: Option<GridMap>,
    /// Where each state is drawn on the map, `[S]`; several states may share a cell.
    pub cells: Vec<Option<Cell>>,
    /// What is seen of each state, `[S]`: only filled by [`Environment::observed_table`], since it takes much memory.
    pub observations: Vec<Vec<u32>>,
    /// Steps of an episode, if the problem is customarily studied over a fixed number of them.
    pub episode_length: Option<usize>,
}

impl EnvTable {
    /// A table of which nothing else is known: no names, no map.
    pub fn bare(mdp: Mdp) -> EnvTable {
        EnvTable {
            mdp,
            state_names: Vec::new(),
            action_names: Vec::new(),
            action_glyphs: Vec::new(),
            map: None,
            cells: Vec::new(),
            observations: Vec::new(),
            episode_length: None,
        }
    }

    /// What is known of the states beyond their numbers.
    pub fn view(&self) -> View<'_> {
        View { map: self.map.as_ref(), cells: &self.cells, observations: &self.observations }
    }
}

/// A named environment with its parameters set.
pub trait Environment: Send + Sync {
    /// Enumerates the reachable states.
    ///
    /// # Errors
    /// More than `limit` states, or a law that is not an MDP's.
    fn table(&self, limit: usize) -> Result<EnvTable>;

    /// The same table with what is seen of each state ([`Model::observation`]); empty where that is nothing.
    ///
    /// # Errors
    /// As [`Environment::table`].
    fn observed_table(&self, limit: usize) -> Result<EnvTable>;

    /// Number of actions.
    fn num_actions(&self) -> usize;

    /// `copies` copies that step straight from the law, without a table; see [`tabrl::simulation::Batch::new`].
    ///
    /// # Errors
    /// No copy, or a time limit of 0.
    fn simulate(&self, copies: usize, seed: u64, time_limit: Option<u64>) -> Result<Box<dyn Simulator + '_>>;

    /// Checks the promises of a model; see [`tabrl::simulation::conformance`].
    ///
    /// # Errors
    /// The first promise that is broken, with the state and the action.
    fn conformance(&self, options: &ConformanceOptions) -> Result<ConformanceReport>;
}

/// A model as an [`Environment`].
struct Erased<M>(M);

/// Hides a model's state type.
pub fn erase<M: Model + 'static>(model: M) -> Box<dyn Environment> {
    Box::new(Erased(model))
}

impl<M: Model> Erased<M> {
    fn enumerate(&self, limit: usize, observe: bool) -> Result<EnvTable> {
        let model = &self.0;
        let table = enumerate(model, limit)?;
        let actions = 0..model.num_actions();
        let seen = table.states.iter().filter(|_| observe).map(|&s| model.observation(s));
        let observations: Vec<Vec<u32>> = seen.take_while(|codes| !codes.is_empty()).collect();
        Ok(EnvTable {
            observations,
            state_names: table.states.iter().map(|&s| model.state_name(s)).collect(),
            cells: table.states.iter().map(|&s| model.cell(s)).collect(),
            action_names: actions.clone().map(|a| model.action_name(a)).collect(),
            action_glyphs: actions.map(|a| model.action_glyph(a)).collect(),
            map: model.map(),
            episode_length: model.episode_length(),
            mdp: table.mdp,
        })
    }
}

impl<M: Model> Environment for Erased<M> {
    fn table(&self, limit: usize) -> Result<EnvTable> {
        self.enumerate(limit, false)
    }

    fn observed_table(&self, limit: usize) -> Result<EnvTable> {
        self.enumerate(limit, true)
    }

    fn num_actions(&self) -> usize {
        self.0.num_actions()
    }
    fn simulate(&self, copies: usize, seed: u64, time_limit: Option<u64>) -> Result<Box<dyn Simulator + '_>> {
        Ok(Box::new(ModelBatch::from_model(&self.0, copies, seed, time_limit)?))
    }

    fn conformance(&self, options: &ConformanceOptions) -> Result<ConformanceReport> {
        Ok(check_model(&self.0, options)?)
    }
}
